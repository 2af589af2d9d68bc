// Sums over rows: a block takes a band of 32 columns and a range of rows; its sums, one row per range, go to `sums`,
// where a second launch with one range adds them up. Every sum has a fixed order: same input, same bits.

static __device__ inline float widen(float value) { return value; }

static __device__ inline float widen(unsigned short bf16) {
    return __uint_as_float(static_cast<unsigned>(bf16) << 16);
}

template <typename T>
static __device__ void column_sum(const T* x, float* sums, unsigned rows, unsigned columns, long long pitch,
                                  unsigned rows_per_block) {
    __shared__ float partial[8][33];
    const unsigned column = blockIdx.x * 32 + threadIdx.x;
    const unsigned first = blockIdx.y * rows_per_block;
    const unsigned end = min(first + rows_per_block, rows);

    float sum = 0.0f;
    if (column < columns) {
        for (unsigned row = first + threadIdx.y; row < end; row += 8) {
            sum += widen(x[row * pitch + column]);
        }
    }
    partial[threadIdx.y][threadIdx.x] = sum;
    __syncthreads();

    if (threadIdx.y == 0 && column < columns) {
        for (int lane = 1; lane < 8; ++lane) {
            sum += partial[lane][threadIdx.x];
        }
        sums[static_cast<long long>(blockIdx.y) * columns + column] = sum;
    }
}

extern "C" __global__ void column_sum_f32(const float* x, float* sums, unsigned rows, unsigned columns,
                                          long long pitch, unsigned rows_per_block) {
    column_sum(x, sums, rows, columns, pitch, rows_per_block);
}

extern "C" __global__ void column_sum_bf16(const unsigned short* x, float* sums, unsigned rows, unsigned columns,
                                           long long pitch, unsigned rows_per_block) {
    column_sum(x, sums, rows, columns, pitch, rows_per_block);
}

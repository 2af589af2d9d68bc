// log Σ e^x of each row in one pass. `blockDim.x` threads share a row and `blockDim.y` rows share a block; a thread
// keeps the largest number it has met and the sum of the exponentials relative to it.

static __device__ inline float widen(float value) { return value; }

static __device__ inline float widen(unsigned short bf16) {
    return __uint_as_float(static_cast<unsigned>(bf16) << 16);
}

struct Sum {
    float largest;
    float sum;
};

static __device__ inline float infinity() { return __uint_as_float(0x7f800000u); }

static __device__ inline Sum join(Sum a, Sum b) {
    const float largest = fmaxf(a.largest, b.largest);
    if (largest == -infinity()) {
        // Nothing met yet; a sum that is not a number must stay one.
        return Sum{largest, a.sum + b.sum};
    }
    return Sum{largest, a.sum * expf(a.largest - largest) + b.sum * expf(b.largest - largest)};
}

template <typename T>
static __device__ void log_sum_exp(const T* x, float* out, unsigned rows, unsigned columns, long long pitch) {
    __shared__ Sum shared[32];
    const unsigned row = blockIdx.x * blockDim.y + threadIdx.y;
    Sum own{-infinity(), 0.0f};
    if (row < rows) {
        const T* line = x + row * pitch;
        for (unsigned column = threadIdx.x; column < columns; column += blockDim.x) {
            const float value = widen(line[column]);
            if (value > own.largest) {
                own.sum = own.sum * expf(own.largest - value) + 1.0f;
                own.largest = value;
            } else if (value != -infinity()) {
                own.sum += expf(value - own.largest);
            }
        }
    }
    for (int offset = 16; offset > 0; offset /= 2) {
        own = join(own, Sum{__shfl_xor_sync(0xffffffffu, own.largest, offset),
                            __shfl_xor_sync(0xffffffffu, own.sum, offset)});
    }
    // More than one warp to a row means one row to a block.
    if (blockDim.x > 32) {
        if (threadIdx.x % 32 == 0) {
            shared[threadIdx.x / 32] = own;
        }
        __syncthreads();
        own = shared[0];
        for (unsigned warp = 1; warp < blockDim.x / 32; ++warp) {
            own = join(own, shared[warp]);
        }
    }
    if (row < rows && threadIdx.x == 0) {
        out[row] = own.largest + logf(own.sum);
    }
}

extern "C" __global__ void log_sum_exp_f32(const float* x, float* out, unsigned rows, unsigned columns,
                                           long long pitch) {
    log_sum_exp(x, out, rows, columns, pitch);
}

extern "C" __global__ void log_sum_exp_bf16(const unsigned short* x, float* out, unsigned rows, unsigned columns,
                                            long long pitch) {
    log_sum_exp(x, out, rows, columns, pitch);
}

#include "packs.cuh"

// Rows added up where they belong: a block takes 32 rows of the result, a band of columns and a share of what is added.
// It lists the places of its rows in their order, and each of its threads adds them up in columns of its own; shares are
// joined in their order. So every sum has a fixed order: same input, same bits.

constexpr int ROWS = 32;
constexpr int THREADS = 128;
// Places that a thread looks at in one go, and numbers that it has on the way from memory.
constexpr int LOOK = 8, AHEAD = 8;

// A row of the block's own, and where what is added to it lies.
struct Entry { int row, place; };

// Lists the places from `base` on, below `end`, whose rows are this block's; returns how many there are.
static __device__ int list(const int* ids, int base, int end, int first_row, Entry* entries, int* of_warps) {
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    const int from = base + LOOK * static_cast<int>(threadIdx.x);
    int row[LOOK], own = 0;
#pragma unroll
    for (int at = 0; at < LOOK; ++at) {
        row[at] = from + at < end ? ids[from + at] - first_row : -1;
        own += static_cast<unsigned>(row[at]) < ROWS;
    }
    int up_to = own;
#pragma unroll
    for (int step = 1; step < 32; step *= 2) {
        const int before = __shfl_up_sync(0xffffffff, up_to, step);
        up_to += lane >= step ? before : 0;
    }
    if (lane == 31) { of_warps[warp] = up_to; }
    __syncthreads();
    int next = up_to - own, total = 0;
#pragma unroll
    for (int other = 0; other < THREADS / 32; ++other) {
        next += other < warp ? of_warps[other] : 0;
        total += of_warps[other];
    }
#pragma unroll
    for (int at = 0; at < LOOK; ++at) {
        if (static_cast<unsigned>(row[at]) < ROWS) { entries[next++] = Entry{row[at], from + at}; }
    }
    __syncthreads();
    return total;
}

template <int LANES, typename T, typename Out>
static __device__ void add_rows(const T* x, const int* ids, Out* out, int count, int rows, int width, long long pitch,
                                int share) {
    __shared__ alignas(16) float sums[ROWS][THREADS * LANES];
    __shared__ Entry entries[THREADS * LOOK];
    __shared__ int of_warps[THREADS / 32];
    const int first_row = blockIdx.x * ROWS;
    const int inner = LANES * static_cast<int>(threadIdx.x);
    const int column = blockIdx.z * THREADS * LANES + inner;
    const bool has_column = column < width;
    const int end = min(static_cast<int>(blockIdx.y + 1) * share, count);

    for (int row = 0; row < ROWS; ++row) { store(&sums[row][inner], Pack<float, LANES>{}); }
    for (int base = blockIdx.y * share; base < end; base += THREADS * LOOK) {
        const int total = list(ids, base, end, first_row, entries, of_warps);
        for (int at = 0; has_column && at < total; at += AHEAD) {
            Pack<T, LANES> coming[AHEAD];
#pragma unroll
            for (int next = 0; next < AHEAD; ++next) {
                if (at + next < total) { coming[next] = load<LANES>(x + entries[at + next].place * pitch + column); }
            }
#pragma unroll
            for (int next = 0; next < AHEAD; ++next) {
                if (at + next < total) {
                    float* const sum = &sums[entries[at + next].row][inner];
#pragma unroll
                    for (int lane = 0; lane < LANES; ++lane) { sum[lane] += widen(coming[next].lane[lane]); }
                }
            }
        }
        // Nobody may list the next places before all have added these.
        __syncthreads();
    }
    if (!has_column) { return; }
    Out* const to = out + static_cast<long long>(blockIdx.y) * rows * width + column;
    for (int row = 0; row < min(ROWS, rows - first_row); ++row) {
        Pack<Out, LANES> result;
#pragma unroll
        for (int lane = 0; lane < LANES; ++lane) { narrow(sums[row][inner + lane], result.lane[lane]); }
        store(to + static_cast<long long>(first_row + row) * width, result);
    }
}

// `out[i] = Σ parts[s][i]` over `shares` parts of `size` numbers.
template <typename Out>
static __device__ void join(const float* parts, Out* out, int shares, long long size) {
    const long long step = static_cast<long long>(gridDim.x) * blockDim.x;
    for (long long at = blockIdx.x * static_cast<long long>(blockDim.x) + threadIdx.x; at < size; at += step) {
        float sum = 0.0f;
        for (int part = 0; part < shares; ++part) { sum += parts[part * size + at]; }
        narrow(sum, out[at]);
    }
}

#define ADD_ROWS(NAME, LANES, T, OUT)                                                                              \
    extern "C" __global__ void __launch_bounds__(THREADS) NAME(const T* x, const int* ids, OUT* out, int count,    \
                                                               int rows, int width, long long pitch, int share) { \
        add_rows<LANES>(x, ids, out, count, rows, width, pitch, share);                                            \
    }

ADD_ROWS(add_rows_f32_f32, 1, float, float)
ADD_ROWS(add_rows_f32_f32_packed, 2, float, float)
ADD_ROWS(add_rows_bf16_f32, 1, bf16, float)
ADD_ROWS(add_rows_bf16_f32_packed, 2, bf16, float)
ADD_ROWS(add_rows_bf16_bf16, 1, bf16, bf16)
ADD_ROWS(add_rows_bf16_bf16_packed, 2, bf16, bf16)

extern "C" __global__ void join_f32(const float* parts, float* out, int shares, long long size) {
    join(parts, out, shares, size);
}

extern "C" __global__ void join_bf16(const float* parts, bf16* out, int shares, long long size) {
    join(parts, out, shares, size);
}

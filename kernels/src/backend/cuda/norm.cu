// Root-mean-square norms of the rows of a matrix, each shared by `blockDim.x` threads: one warp with several rows to a
// block (`blockDim.y`), or several warps with one row to a block. Numbers are read and written 16 bytes at a time where
// the rows allow it; sums are f32 and have a fixed order.

#include "packs.cuh"

// Two plain sums.
struct Sums { float first, second; };

// What the threads of a row hold, added up; every thread gets it. All threads of the block must come here.
static __device__ Sums over_row(Sums own) {
    for (int offset = 16; offset > 0; offset /= 2) {
        own.first += __shfl_xor_sync(0xffffffffu, own.first, offset);
        own.second += __shfl_xor_sync(0xffffffffu, own.second, offset);
    }
    if (blockDim.x > 32) {
        __shared__ Sums shared[32];
        if (threadIdx.x % 32 == 0) {
            shared[threadIdx.x / 32] = own;
        }
        __syncthreads();
        own = shared[0];
        for (unsigned warp = 1; warp < blockDim.x / 32; ++warp) {
            own.first += shared[warp].first;
            own.second += shared[warp].second;
        }
    }
    return own;
}

// y = s / √(mean s² + ε) · gain of s = x, or of s = x + change as it is rounded, which is written too.
template <bool ADDED, bool GAINED, int LANES, typename T>
static __device__ void rms_norm(const T* x, const T* change, const T* gain, T* sum, T* y, unsigned rows,
                                unsigned columns, long long x_pitch, long long change_pitch, float epsilon) {
    const unsigned row = blockIdx.x * blockDim.y + threadIdx.y;
    const bool present = row < rows;
    const T* line = x + row * x_pitch;
    const T* changes = change + row * change_pitch;
    T* sums = sum + static_cast<long long>(row) * columns;
    const unsigned first = threadIdx.x * LANES, stride = blockDim.x * LANES;
    Sums own{0.0f, 0.0f};
    for (unsigned column = first; present && column < columns; column += stride) {
        Pack<T, LANES> values = load<LANES>(line + column);
        if (ADDED) {
            const Pack<T, LANES> added = load<LANES>(changes + column);
            #pragma unroll
            for (int lane = 0; lane < LANES; ++lane) {
                narrow(widen(values.lane[lane]) + widen(added.lane[lane]), values.lane[lane]);
            }
            store(sums + column, values);
        }
        #pragma unroll
        for (int lane = 0; lane < LANES; ++lane) {
            own.first += widen(values.lane[lane]) * widen(values.lane[lane]);
        }
    }
    const float factor = 1.0f / sqrtf(over_row(own).first / columns + epsilon);
    T* out = y + static_cast<long long>(row) * columns;
    for (unsigned column = first; present && column < columns; column += stride) {
        // Each thread reads again what it has read or written itself.
        Pack<T, LANES> values = load<LANES>((ADDED ? sums : line) + column);
        if (GAINED) {
            const Pack<T, LANES> gains = load<LANES>(gain + column);
            #pragma unroll
            for (int lane = 0; lane < LANES; ++lane) {
                narrow(widen(values.lane[lane]) * factor * widen(gains.lane[lane]), values.lane[lane]);
            }
        } else {
            #pragma unroll
            for (int lane = 0; lane < LANES; ++lane) {
                narrow(widen(values.lane[lane]) * factor, values.lane[lane]);
            }
        }
        store(out + column, values);
    }
}

// dx = f·(g − f²·x·mean(g·x)), f = 1 / √(mean x² + ε).
template <int LANES, typename T>
static __device__ void rms_norm_backward(const T* x, const T* g, T* dx, unsigned rows, unsigned columns,
                                         long long x_pitch, long long g_pitch, float epsilon) {
    const unsigned row = blockIdx.x * blockDim.y + threadIdx.y;
    const bool present = row < rows;
    const T* line = x + row * x_pitch;
    const T* gradients = g + row * g_pitch;
    const unsigned first = threadIdx.x * LANES, stride = blockDim.x * LANES;
    Sums own{0.0f, 0.0f};
    for (unsigned column = first; present && column < columns; column += stride) {
        const Pack<T, LANES> values = load<LANES>(line + column);
        const Pack<T, LANES> grads = load<LANES>(gradients + column);
        #pragma unroll
        for (int lane = 0; lane < LANES; ++lane) {
            const float value = widen(values.lane[lane]);
            own.first += value * value;
            own.second += value * widen(grads.lane[lane]);
        }
    }
    own = over_row(own);
    const float factor = 1.0f / sqrtf(own.first / columns + epsilon);
    const float pull = factor * factor * own.second / columns;
    T* out = dx + static_cast<long long>(row) * columns;
    for (unsigned column = first; present && column < columns; column += stride) {
        const Pack<T, LANES> values = load<LANES>(line + column);
        Pack<T, LANES> grads = load<LANES>(gradients + column);
        #pragma unroll
        for (int lane = 0; lane < LANES; ++lane) {
            narrow(factor * (widen(grads.lane[lane]) - pull * widen(values.lane[lane])), grads.lane[lane]);
        }
        store(out + column, grads);
    }
}

#define NORM(NAME, ADDED, GAINED, T, SUFFIX, LANES)                                                              \
    extern "C" __global__ void NAME##_##SUFFIX(const T* x, const T* change, const T* gain, T* sum, T* y,         \
                                               unsigned rows, unsigned columns, long long x_pitch,               \
                                               long long change_pitch, float epsilon) {                          \
        rms_norm<ADDED, GAINED, LANES>(x, change, gain, sum, y, rows, columns, x_pitch, change_pitch, epsilon);  \
    }
#define ALL(T, SUFFIX, LANES)                                                                                    \
    NORM(rms_norm, false, false, T, SUFFIX, LANES)                                                               \
    NORM(gained_rms_norm, false, true, T, SUFFIX, LANES)                                                         \
    NORM(add_rms_norm, true, false, T, SUFFIX, LANES)                                                            \
    NORM(add_gained_rms_norm, true, true, T, SUFFIX, LANES)                                                      \
    extern "C" __global__ void rms_norm_backward_##SUFFIX(const T* x, const T* g, T* dx, unsigned rows,          \
                                                          unsigned columns, long long x_pitch,                   \
                                                          long long g_pitch, float epsilon) {                    \
        rms_norm_backward<LANES>(x, g, dx, rows, columns, x_pitch, g_pitch, epsilon);                            \
    }

ALL(float, f32, 1)
ALL(float, f32_packed, 4)
ALL(bf16, bf16, 1)
ALL(bf16, bf16_packed, 8)

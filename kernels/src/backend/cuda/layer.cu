// Work between the products of a transformer's layers, number by number: bound by memory, which is read and written
// 16 bytes at a time where the shapes allow it. Everything is computed in f32 and rounded once.

#include "packs.cuh"

// The halves x₁, x₂ of every head's vector at every place: y₁ = x₁·cos − x₂·sin, y₂ = x₂·cos + x₁·sin.
//
// x [batch, length, heads, 2·half] by strides, cos and sin [length, half], y dense; `total` threads for LANES pairs each.
template <int LANES, typename T>
static __device__ void rotate(const T* x, const float* cosines, const float* sines, T* y, unsigned length,
                              unsigned heads, unsigned half, long long batch_stride, long long place_stride,
                              long long head_stride, unsigned long long total) {
    const unsigned packs = half / LANES;
    const unsigned long long step = static_cast<unsigned long long>(gridDim.x) * blockDim.x;
    for (unsigned long long at = static_cast<unsigned long long>(blockIdx.x) * blockDim.x + threadIdx.x; at < total;
         at += step) {
        const unsigned long long vector = at / packs;
        const unsigned pair = static_cast<unsigned>(at - vector * packs) * LANES;
        const unsigned long long place = vector / heads;
        const unsigned head = static_cast<unsigned>(vector - place * heads);
        const unsigned long long sample = place / length;
        const unsigned position = static_cast<unsigned>(place - sample * length);

        const T* from = x + sample * batch_stride + position * place_stride + head * head_stride + pair;
        Pack<T, LANES> first = load<LANES>(from), second = load<LANES>(from + half);
        const unsigned long long turn = static_cast<unsigned long long>(position) * half + pair;
        const Pack<float, LANES> cosine = load<LANES>(cosines + turn), sine = load<LANES>(sines + turn);
        #pragma unroll
        for (int lane = 0; lane < LANES; ++lane) {
            const float a = widen(first.lane[lane]), b = widen(second.lane[lane]);
            narrow(a * cosine.lane[lane] - b * sine.lane[lane], first.lane[lane]);
            narrow(b * cosine.lane[lane] + a * sine.lane[lane], second.lane[lane]);
        }
        T* to = y + vector * (2 * half) + pair;
        store(to, first);
        store(to + half, second);
    }
}

static __device__ inline float sigmoid(float x) { return 1.0f / (1.0f + expf(-x)); }

// y = silu(gate)·up.
template <int LANES, typename T>
static __device__ void swiglu(const T* gate, const T* up, T* y, unsigned columns, long long gate_pitch,
                              long long up_pitch, unsigned long long total) {
    const unsigned packs = columns / LANES;
    const unsigned long long step = static_cast<unsigned long long>(gridDim.x) * blockDim.x;
    for (unsigned long long at = static_cast<unsigned long long>(blockIdx.x) * blockDim.x + threadIdx.x; at < total;
         at += step) {
        const unsigned long long row = at / packs;
        const unsigned column = static_cast<unsigned>(at - row * packs) * LANES;
        const Pack<T, LANES> gates = load<LANES>(gate + row * gate_pitch + column);
        Pack<T, LANES> ups = load<LANES>(up + row * up_pitch + column);
        #pragma unroll
        for (int lane = 0; lane < LANES; ++lane) {
            const float g = widen(gates.lane[lane]);
            narrow(g * sigmoid(g) * widen(ups.lane[lane]), ups.lane[lane]);
        }
        store(y + row * columns + column, ups);
    }
}

// dgate = dy·up·s·(1 + gate·(1 − s)), dup = dy·gate·s, with s = sigmoid(gate).
template <int LANES, typename T>
static __device__ void swiglu_backward(const T* gate, const T* up, const T* dy, T* dgate, T* dup, unsigned columns,
                                       long long gate_pitch, long long up_pitch, long long dy_pitch,
                                       unsigned long long total) {
    const unsigned packs = columns / LANES;
    const unsigned long long step = static_cast<unsigned long long>(gridDim.x) * blockDim.x;
    for (unsigned long long at = static_cast<unsigned long long>(blockIdx.x) * blockDim.x + threadIdx.x; at < total;
         at += step) {
        const unsigned long long row = at / packs;
        const unsigned column = static_cast<unsigned>(at - row * packs) * LANES;
        Pack<T, LANES> gates = load<LANES>(gate + row * gate_pitch + column);
        Pack<T, LANES> ups = load<LANES>(up + row * up_pitch + column);
        const Pack<T, LANES> grads = load<LANES>(dy + row * dy_pitch + column);
        #pragma unroll
        for (int lane = 0; lane < LANES; ++lane) {
            const float g = widen(gates.lane[lane]), u = widen(ups.lane[lane]), d = widen(grads.lane[lane]);
            const float s = sigmoid(g);
            narrow(d * u * s * (1.0f + g * (1.0f - s)), gates.lane[lane]);
            narrow(d * g * s, ups.lane[lane]);
        }
        store(dgate + row * columns + column, gates);
        store(dup + row * columns + column, ups);
    }
}

#define ALL(T, SUFFIX, LANES)                                                                                    \
    extern "C" __global__ void rotate_##SUFFIX(const T* x, const float* cosines, const float* sines, T* y,       \
                                               unsigned length, unsigned heads, unsigned half,                   \
                                               long long batch_stride, long long place_stride,                   \
                                               long long head_stride, unsigned long long total) {                \
        rotate<LANES>(x, cosines, sines, y, length, heads, half, batch_stride, place_stride, head_stride, total);\
    }                                                                                                            \
    extern "C" __global__ void swiglu_##SUFFIX(const T* gate, const T* up, T* y, unsigned columns,               \
                                               long long gate_pitch, long long up_pitch,                         \
                                               unsigned long long total) {                                       \
        swiglu<LANES>(gate, up, y, columns, gate_pitch, up_pitch, total);                                        \
    }                                                                                                            \
    extern "C" __global__ void swiglu_backward_##SUFFIX(const T* gate, const T* up, const T* dy, T* dgate,       \
                                                        T* dup, unsigned columns, long long gate_pitch,          \
                                                        long long up_pitch, long long dy_pitch,                  \
                                                        unsigned long long total) {                              \
        swiglu_backward<LANES>(gate, up, dy, dgate, dup, columns, gate_pitch, up_pitch, dy_pitch, total);        \
    }

ALL(float, f32, 1)
ALL(float, f32_packed, 4)
ALL(bf16, bf16, 1)
ALL(bf16, bf16_packed, 8)

// Normalisation of groups of channels in pictures whose channels lie innermost: sums, then factors, then the result.
// A thread keeps to eight channels and goes from position to position; sums have a fixed order, and are taken relative
// to a number of the group itself, so that a mean far from 0 does not swallow the spread.

typedef unsigned short bf16;

static constexpr int THREADS = 256, LANES = 8;
static constexpr int CHANNELS_MAX = THREADS * LANES;

struct Work {
    int positions, channels, groups;
    int chunk; // positions of a block
};

struct Eight { float at[LANES]; };

static __device__ inline float widen(float value) { return value; }
static __device__ inline float widen(bf16 value) { return __uint_as_float(static_cast<unsigned>(value) << 16); }

static __device__ inline Eight load(const float* x) {
    const float4 a = *reinterpret_cast<const float4*>(x), b = *reinterpret_cast<const float4*>(x + 4);
    return Eight{{a.x, a.y, a.z, a.w, b.x, b.y, b.z, b.w}};
}

static __device__ inline Eight load(const bf16* x) {
    const uint4 packed = *reinterpret_cast<const uint4*>(x);
    const unsigned words[4] = {packed.x, packed.y, packed.z, packed.w};
    Eight eight;
#pragma unroll
    for (int i = 0; i < 4; ++i) {
        eight.at[2 * i] = __uint_as_float(words[i] << 16);
        eight.at[2 * i + 1] = __uint_as_float(words[i] & 0xffff0000u);
    }
    return eight;
}

static __device__ inline void store(const Eight& eight, float* y) {
    const float* n = eight.at;
    *reinterpret_cast<float4*>(y) = make_float4(n[0], n[1], n[2], n[3]);
    *reinterpret_cast<float4*>(y + 4) = make_float4(n[4], n[5], n[6], n[7]);
}

static __device__ inline unsigned pair(float low, float high) {
    unsigned both;
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(both) : "f"(high), "f"(low));
    return both;
}

static __device__ inline void store(const Eight& eight, bf16* y) {
    const float* n = eight.at;
    *reinterpret_cast<uint4*>(y) = make_uint4(pair(n[0], n[1]), pair(n[2], n[3]), pair(n[4], n[5]), pair(n[6], n[7]));
}

// Which channels and positions are a thread's.
struct Own { int channel, lane, lanes, start, end; };

static __device__ inline Own own_part(const Work& work) {
    const int slots = work.channels / LANES;
    const int start = static_cast<int>(blockIdx.x) * work.chunk;
    return Own{static_cast<int>(threadIdx.x) % slots * LANES, static_cast<int>(threadIdx.x) / slots, THREADS / slots,
               start, min(start + work.chunk, work.positions)};
}

// `sums [pictures, blocks, groups]` of what differs from the group's first number, and of its square.
template <typename T> static __device__ void sum(const T* x, float2* sums, const Work& work) {
    __shared__ float2 shared[CHANNELS_MAX];
    const Own own = own_part(work);
    const int size = work.channels / work.groups;
    x += static_cast<long long>(blockIdx.y) * work.positions * work.channels;
    if (own.lane < own.lanes) {
        Eight base, first = {}, second = {};
#pragma unroll
        for (int i = 0; i < LANES; ++i) {
            base.at[i] = widen(x[(own.channel + i) / size * size]);
        }
#pragma unroll 4
        for (int position = own.start + own.lane; position < own.end; position += own.lanes) {
            const Eight eight = load(x + static_cast<long long>(position) * work.channels + own.channel);
#pragma unroll
            for (int i = 0; i < LANES; ++i) {
                const float apart = eight.at[i] - base.at[i];
                first.at[i] += apart;
                second.at[i] = fmaf(apart, apart, second.at[i]);
            }
        }
#pragma unroll
        for (int i = 0; i < LANES; ++i) {
            shared[own.lane * work.channels + own.channel + i] = make_float2(first.at[i], second.at[i]);
        }
    }
    __syncthreads();
    for (int channel = threadIdx.x; channel < work.channels; channel += THREADS) {
        float2 all = shared[channel];
        for (int lane = 1; lane < own.lanes; ++lane) {
            const float2 more = shared[lane * work.channels + channel];
            all = make_float2(all.x + more.x, all.y + more.y);
        }
        shared[channel] = all;
    }
    __syncthreads();
    for (int group = threadIdx.x; group < work.groups; group += THREADS) {
        float2 all = make_float2(0.0f, 0.0f);
        for (int channel = group * size; channel < (group + 1) * size; ++channel) {
            all = make_float2(all.x + shared[channel].x, all.y + shared[channel].y);
        }
        sums[(static_cast<long long>(blockIdx.y) * gridDim.x + blockIdx.x) * work.groups + group] = all;
    }
}

// `factors [pictures, channels]`: what to multiply a number with, and what to add then. A warp to each group.
template <typename T>
static __device__ void settle(const T* x, const float2* sums, const float* gain, const float* shift, float2* factors,
                              const Work& work, int blocks, float epsilon) {
    const int size = work.channels / work.groups;
    const int group = static_cast<int>(blockIdx.x * blockDim.y + threadIdx.y);
    if (group >= work.groups) {
        return;
    }
    x += static_cast<long long>(blockIdx.y) * work.positions * work.channels;
    double first = 0.0, second = 0.0;
    for (int block = threadIdx.x; block < blocks; block += 32) {
        const float2 some = sums[(static_cast<long long>(blockIdx.y) * blocks + block) * work.groups + group];
        first += some.x;
        second += some.y;
    }
    for (int offset = 16; offset > 0; offset /= 2) {
        first += __shfl_xor_sync(0xffffffffu, first, offset);
        second += __shfl_xor_sync(0xffffffffu, second, offset);
    }
    const double count = static_cast<double>(work.positions) * size, apart = first / count;
    const float mean = widen(x[group * size]) + static_cast<float>(apart);
    const float variance = static_cast<float>(fmax(second / count - apart * apart, 0.0));
    const float scale = 1.0f / sqrtf(variance + epsilon);
    for (int channel = group * size + threadIdx.x; channel < (group + 1) * size; channel += 32) {
        const float factor = gain[channel] * scale;
        factors[static_cast<long long>(blockIdx.y) * work.channels + channel] =
            make_float2(factor, fmaf(-mean, factor, shift[channel]));
    }
}

// `y·σ(y)`.
static __device__ inline float silu(float y) { return y / (1.0f + expf(-y)); }

template <typename T>
static __device__ void apply(const T* x, T* y, const float2* factors, const Work& work, int activated) {
    const Own own = own_part(work);
    if (own.lane >= own.lanes) {
        return;
    }
    const long long picture = static_cast<long long>(blockIdx.y) * work.positions * work.channels;
    float2 factor[LANES];
#pragma unroll
    for (int i = 0; i < LANES; ++i) {
        factor[i] = factors[static_cast<long long>(blockIdx.y) * work.channels + own.channel + i];
    }
#pragma unroll 4
    for (int position = own.start + own.lane; position < own.end; position += own.lanes) {
        const long long at = picture + static_cast<long long>(position) * work.channels + own.channel;
        Eight eight = load(x + at);
#pragma unroll
        for (int i = 0; i < LANES; ++i) {
            const float value = fmaf(eight.at[i], factor[i].x, factor[i].y);
            eight.at[i] = activated ? silu(value) : value;
        }
        store(eight, y + at);
    }
}

#define KERNELS(T)                                                                                                 \
    extern "C" __global__ void __launch_bounds__(256) sum_##T(const T* x, float2* sums, Work work) {               \
        sum(x, sums, work);                                                                                        \
    }                                                                                                              \
    extern "C" __global__ void settle_##T(const T* x, const float2* sums, const float* gain, const float* shift,   \
                                          float2* factors, Work work, int blocks, float epsilon) {                 \
        settle(x, sums, gain, shift, factors, work, blocks, epsilon);                                              \
    }                                                                                                              \
    extern "C" __global__ void __launch_bounds__(256)                                                              \
        apply_##T(const T* x, T* y, const float2* factors, Work work, int activated) {                             \
        apply(x, y, factors, work, activated);                                                                     \
    }
KERNELS(float)
KERNELS(bf16)

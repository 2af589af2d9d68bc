// The row work of the fused cross-entropy: what is done to a chunk of logits between the matrix products.
//
// A row's reference is the largest logit of the first chunk, and moves up when a later one exceeds it by far; `pull`
// corrects what was kept before.

#include "cross_entropy.cuh"

// Of a block that works on a row.
constexpr unsigned THREADS = 128;
// How far above the reference a logit may lie, in nats.
constexpr float HEADROOM = 20.0f;

static __device__ inline float widen(float value) { return value; }

static __device__ inline float widen(bf16 value) { return __uint_as_float(static_cast<unsigned>(value) << 16); }

static __device__ inline void narrow(float value, float& out) { out = value; }

// To nearest, ties to even; a NaN stays one.
static __device__ inline void narrow(float value, bf16& out) {
    asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(out) : "f"(value));
}

// Four numbers at once, to an address that allows it, past what the cache had better hold.
static __device__ inline void store(float* out, float4 value) {
    asm volatile("st.global.cs.v4.f32 [%0], {%1, %2, %3, %4};"
                 :: "l"(out), "f"(value.x), "f"(value.y), "f"(value.z), "f"(value.w) : "memory");
}

static __device__ inline void store(bf16* out, float4 value) {
    unsigned low, high;
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(low) : "f"(value.y), "f"(value.x));
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(high) : "f"(value.w), "f"(value.z));
    asm volatile("st.global.cs.v2.b32 [%0], {%1, %2};" :: "l"(out), "r"(low), "r"(high) : "memory");
}

// A sum, and the largest number met.
struct Total { float sum, largest; };

// What all threads of the block hold, joined in a fixed order; all of them must come here.
static __device__ Total over_block(Total own) {
    __shared__ Total shared[THREADS / 32];
    for (int offset = 16; offset > 0; offset /= 2) {
        own.sum += __shfl_xor_sync(0xffffffffu, own.sum, offset);
        own.largest = fmaxf(own.largest, __shfl_xor_sync(0xffffffffu, own.largest, offset));
    }
    if (threadIdx.x % 32 == 0) {
        shared[threadIdx.x / 32] = own;
    }
    __syncthreads();
    own = shared[0];
    for (unsigned warp = 1; warp < THREADS / 32; ++warp) {
        own.sum += shared[warp].sum;
        own.largest = fmaxf(own.largest, shared[warp].largest);
    }
    __syncthreads();
    return own;
}

// The sum with `more` exponentials relative to another reference, which becomes the reference.
static __device__ inline Exponentials moved(Exponentials old, float reference, float more) {
    const float before = old.reference == -infinity() ? 0.0f : old.sum * expf(old.reference - reference);
    return Exponentials{reference, before + more};
}

// Four logits from an address that allows it; −∞ beyond the end of the line.
static __device__ inline float4 four_of(const float* line, int column, int width) {
    if (column + 3 < width) {
        return *reinterpret_cast<const float4*>(line + column);
    }
    float4 value = make_float4(-infinity(), -infinity(), -infinity(), -infinity());
    if (column < width) value.x = line[column];
    if (column + 1 < width) value.y = line[column + 1];
    if (column + 2 < width) value.z = line[column + 2];
    return value;
}

// Exponentials of a line relative to `reference`: their sum over the block, and the largest logit. Keeps them in `out`
// unless that is null.
template <typename T>
static __device__ Total exponentials(const float* line, int width, float reference, T* out) {
    const float shift = SHIFT - reference * LOG2_E;
    Total own{0.0f, -infinity()};
#pragma unroll 4
    for (int column = 4 * threadIdx.x; column < width; column += 4 * THREADS) {
        float4 value = four_of(line, column, width);
        own.largest = fmaxf(own.largest, fmaxf(fmaxf(value.x, value.y), fmaxf(value.z, value.w)));
        value.x = exp2_fast(fmaf(value.x, LOG2_E, shift));
        value.y = exp2_fast(fmaf(value.y, LOG2_E, shift));
        value.z = exp2_fast(fmaf(value.z, LOG2_E, shift));
        value.w = exp2_fast(fmaf(value.w, LOG2_E, shift));
        own.sum += (value.x + value.y) + (value.z + value.w);
        if (out != nullptr) {
            if (column + 3 < width) {
                store(out + column, value);
            } else {
                narrow(value.x, out[column]);
                if (column + 1 < width) narrow(value.y, out[column + 1]);
                if (column + 2 < width) narrow(value.z, out[column + 2]);
            }
        }
    }
    return over_block(own);
}

// Takes a chunk of f32 logits into account: [gridDim.x, width], `offset` codes from the start of the vocabulary. Keeps
// the exponentials in `kept` unless that is null, and writes which reference they have to `references`. A block to
// each row.
template <typename T>
static __device__ void take_chunk(const float* logits, long long pitch, int width, int offset, T* kept,
                                  long long kept_pitch, float* references, const Rows& rows, const Levels& levels) {
    const unsigned row = blockIdx.x;
    const float* line = logits + row * pitch;
    T* out = kept == nullptr ? nullptr : kept + row * kept_pitch;
    const Exponentials before = rows.all[row];
    float reference = before.reference;
    if (reference == -infinity()) {
        Total own{0.0f, -infinity()};
        for (int column = threadIdx.x; column < width; column += THREADS) {
            own.largest = fmaxf(own.largest, line[column]);
        }
        reference = over_block(own).largest;
    }
    Total total = exponentials(line, width, reference, out);
    if (total.largest > reference + HEADROOM) {
        reference = total.largest;
        total = exponentials(line, width, reference, out);
    }
    if (threadIdx.x == 0) {
        rows.all[row] = moved(before, reference, total.sum * exp2f(-SHIFT));
        references[row] = reference;
    }

    const int* picks = rows.picks + static_cast<long long>(row) * rows.count;
    for (int pick = threadIdx.x; pick < rows.count; pick += THREADS) {
        const int column = picks[pick] - offset;
        if (column >= 0 && column < width) {
            rows.picked[static_cast<long long>(row) * rows.count + pick] = line[column];
        }
    }
    for (int level = 0; level < levels.count; ++level) {
        const Range group = group_of(picks[0], levels.sizes[level], offset, width);
        if (group.first >= group.end) {
            continue;
        }
        Exponentials* known = rows.groups + static_cast<long long>(row) * levels.count + level;
        Total own{0.0f, known->reference};
        for (int column = group.first + threadIdx.x; column < group.end; column += THREADS) {
            own.largest = fmaxf(own.largest, line[column]);
        }
        const float base = over_block(own).largest;
        for (int column = group.first + threadIdx.x; column < group.end; column += THREADS) {
            own.sum += expf(line[column] - base);
        }
        const float share = over_block(own).sum;
        if (threadIdx.x == 0) {
            *known = moved(*known, base, share);
        }
    }
}

#define TAKE_CHUNK(NAME, T)                                                                                        \
    extern "C" __global__ void __launch_bounds__(THREADS) NAME(                                                    \
        const float* logits, long long pitch, int width, int offset, T* kept, long long kept_pitch,                \
        float* references, Rows rows, Levels levels) {                                                             \
        take_chunk(logits, pitch, width, offset, kept, kept_pitch, references, rows, levels);                      \
    }

TAKE_CHUNK(cross_entropy_take_f32, float)
TAKE_CHUNK(cross_entropy_take_bf16, bf16)

// Matrices that a logit is the product of.
template <typename T>
struct Operands {
    const T* hidden;
    const T* weight;
    long long hidden_pitch, weight_pitch;
    int width;

    // z by its definition, for an exponential too small to keep. One thread.
    __device__ float logit(unsigned row, int code) const {
        const T* h = hidden + row * hidden_pitch;
        const T* w = weight + code * weight_pitch;
        float z = 0.0f;
        for (int at = 0; at < width; ++at) {
            z = fmaf(widen(h[at]), widen(w[at]), z);
        }
        return z;
    }

    // The same by all threads of a warp, each of which gets it.
    __device__ float logit_of_warp(unsigned row, int code) const {
        const T* h = hidden + row * hidden_pitch;
        const T* w = weight + code * weight_pitch;
        float z = 0.0f;
        for (int at = threadIdx.x % 32; at < width; at += 32) {
            z = fmaf(widen(h[at]), widen(w[at]), z);
        }
        for (int offset = 16; offset > 0; offset /= 2) {
            z += __shfl_xor_sync(0xffffffffu, z, offset);
        }
        return z;
    }
};

// Before the first chunk.
extern "C" __global__ void cross_entropy_begin(Exponentials* sums, unsigned count) {
    const unsigned at = blockIdx.x * blockDim.x + threadIdx.x;
    if (at < count) {
        sums[at] = Exponentials{-infinity(), 0.0f};
    }
}

// Largest sum over a tile that is taken for one: far enough below the end of bf16.
constexpr float SUM_MAX = 0x1p120f;

// Least sum over whole tiles of a group that is: what was lost below 2^-126 is nothing beside it.
constexpr float SUM_MIN = 0x1p-80f;

// Before logits are worked on in tiles: the reference of each row, which is the largest of some logits [rows, width] and
// of those of its picks, which are written as well. A block to each row.
extern "C" __global__ void __launch_bounds__(THREADS) cross_entropy_reference(const float* some, int width, int codes,
                                                                            Rows rows, Operands<bf16> operands) {
    const unsigned row = blockIdx.x;
    Total own{0.0f, -infinity()};
    for (int column = threadIdx.x; column < width; column += THREADS) {
        own.largest = fmaxf(own.largest, some[static_cast<long long>(row) * width + column]);
    }
    const long long first = static_cast<long long>(row) * rows.count;
    for (int pick = threadIdx.x / 32; pick < rows.count; pick += THREADS / 32) {
        const int code = rows.picks[first + pick];
        const bool known = code >= 0 && code < codes;
        const float z = known ? operands.logit_of_warp(row, code) : __uint_as_float(0x7fc00000u);
        rows.picked[first + pick] = z;
        own.largest = fmaxf(own.largest, z);
    }
    own = over_block(own);
    if (threadIdx.x == 0) {
        rows.all[row] = Exponentials{own.largest, 0.0f};
    }
}

// Two sums together, relative to the larger reference.
static __device__ inline Exponentials joined(Exponentials a, Exponentials b) {
    if (b.reference == -infinity()) {
        return a;
    }
    const float reference = fmaxf(a.reference, b.reference);
    return moved(a, reference, b.sum * expf(b.reference - reference));
}

// The sum over all threads of a warp, in a fixed order.
static __device__ inline float over_warp(float sum) {
    for (int offset = 16; offset > 0; offset /= 2) {
        sum += __shfl_xor_sync(0xffffffffu, sum, offset);
    }
    return sum;
}

// The sum over some codes of a row, logit by logit. A warp.
static __device__ Exponentials counted(unsigned row, int first, int end, const Operands<bf16>& operands) {
    Exponentials sum{-infinity(), 0.0f};
    for (int code = first; code < end; ++code) {
        sum = joined(sum, Exponentials{operands.logit_of_warp(row, code), 1.0f});
    }
    return sum;
}

// What a row with logits far above its reference has: exponentials that no number holds are counted and kept again,
// relative to the largest logit, and the others brought to it. A warp.
static __device__ Exponentials counted_again(const float* sums, int tiles, int width, unsigned row, float reference,
                                             const Kept<bf16>& kept, const Operands<bf16>& operands) {
    float largest = reference;
    for (int tile = 0; tile < tiles; ++tile) {
        const int first = tile * width, end = min(first + width, kept.codes);
        for (int code = first; sums[tile] > SUM_MAX && code < end; ++code) {
            largest = fmaxf(largest, operands.logit_of_warp(row, code));
        }
    }
    const float less = expf(reference - largest);
    float total = 0.0f;
    for (int tile = 0; tile < tiles; ++tile) {
        const int first = tile * width, end = min(first + width, kept.codes);
        const bool again = sums[tile] > SUM_MAX;
        for (int code = first; again && code < end; ++code) {
            const float e = exp2f(fmaf(operands.logit_of_warp(row, code) - largest, LOG2_E, SHIFT));
            total += e;
            if (kept.first != nullptr && threadIdx.x % 32 == 0) {
                narrow(e, *kept.at(row, code));
            }
        }
        if (again) {
            continue;
        }
        total += sums[tile] * less;
        for (int code = first + threadIdx.x % 32; kept.first != nullptr && code < end; code += 32) {
            bf16* e = kept.at(row, code);
            narrow(widen(*e) * less, *e);
        }
    }
    return Exponentials{largest, total * exp2f(-SHIFT)};
}

// After all tiles: the sums of each row and of its groups. A warp to each row.
extern "C" __global__ void __launch_bounds__(THREADS) cross_entropy_join(Tiled tiled, Rows rows, Levels levels,
                                                                       Kept<bf16> kept, float* references,
                                                                       Operands<bf16> operands, int row_count) {
    const int row = blockIdx.x * (THREADS / 32) + threadIdx.x / 32;
    if (row >= row_count) {
        return;
    }
    const int lane = threadIdx.x % 32, width = tiled.width;
    const int tiles = (kept.codes + width - 1) / width;
    const float* sums = tiled.sums + static_cast<long long>(row) * tiles;
    const float reference = rows.all[row].reference;

    float own = 0.0f;
    bool far = false;
    for (int tile = lane; tile < tiles; tile += 32) {
        own += sums[tile];
        far |= sums[tile] > SUM_MAX;
    }
    far = __any_sync(0xffffffffu, far);
    Exponentials all{reference, over_warp(own) * exp2f(-SHIFT)};
    if (far) {
        all = counted_again(sums, tiles, width, row, reference, kept, operands);
    }

    const int target = rows.picks[static_cast<long long>(row) * rows.count];
    for (int level = 0; level < levels.count; ++level) {
        const Range group = group_of(target, levels.sizes[level], 0, kept.codes);
        const Exponentials* edges = tiled.edges + 2 * (static_cast<long long>(row) * levels.count + level);
        Exponentials sum{-infinity(), 0.0f};
        // Tiles that the group holds the whole of: [first, end).
        int first = group.first / width, end = (group.end + width - 1) / width;
        for (const int tile : {first, end - 1}) {
            const int start = tile * width, codes = min(width, kept.codes - start);
            const Range within = group_of(target, levels.sizes[level], start, codes);
            if (tile < first || tile >= end || within.end - within.first == codes) {
                continue;
            }
            sum = joined(sum, edges[within.first == 0]);
            if (tile == first) ++first; else --end;
        }
        float inside = 0.0f;
        for (int tile = first + lane; tile < end; tile += 32) {
            inside += sums[tile];
        }
        inside = over_warp(inside);
        if (first < end && (far || inside < SUM_MIN)) {
            sum = joined(sum, counted(row, first * width, min(end * width, kept.codes), operands));
        } else if (first < end) {
            sum = joined(sum, Exponentials{reference, inside * exp2f(-SHIFT)});
        }
        if (lane == 0) {
            rows.groups[static_cast<long long>(row) * levels.count + level] = sum;
        }
    }
    if (lane == 0) {
        rows.all[row] = all;
        references[row] = all.reference;
    }
}

// After the last chunk: the loss of each row,
//
//     scale·lse − Σ share·z − Σ λ·lse_C − neighbours·lse_N,
//
// with N the picks from `shared` on. Leaves log-sum-exps in the place of sums, in `shares` how strongly each pick pulls,
// and in `factors` what turns kept exponentials into weight·scale·p. A thread to each row.
extern "C" __global__ void cross_entropy_settle(Rows rows, Levels levels, const float* shares, float* pulls,
                                                int shared, float neighbours, float scale, const float* weights,
                                                float* losses, float* factors, int row_count) {
    const int row = blockIdx.x * blockDim.x + threadIdx.x;
    if (row >= row_count) {
        return;
    }
    const float reference = rows.all[row].reference;
    const float lse = reference + logf(rows.all[row].sum);
    float loss = scale * lse;
    for (int level = 0; level < levels.count; ++level) {
        Exponentials* group = rows.groups + static_cast<long long>(row) * levels.count + level;
        group->sum = group->reference + logf(group->sum);
        loss -= levels.weights[level] * group->sum;
    }
    const long long first = static_cast<long long>(row) * rows.count;
    const float* picked = rows.picked + first;
    float top = -infinity();
    for (int pick = shared; pick < rows.count; ++pick) {
        top = fmaxf(top, picked[pick]);
    }
    float near = 0.0f;
    for (int pick = shared; pick < rows.count; ++pick) {
        near += expf(picked[pick] - top);
    }
    const float near_lse = top + logf(near);
    if (shared < rows.count) {
        loss -= neighbours * near_lse;
    }
    for (int pick = 0; pick < rows.count; ++pick) {
        const float share = shares[first + pick];
        loss -= share * picked[pick];
        if (pulls != nullptr) {
            pulls[first + pick] = pick < shared ? share : share + neighbours * expf(picked[pick] - near_lse);
        }
    }
    losses[row] = loss;
    rows.all[row].sum = lse;
    if (factors != nullptr) {
        factors[row] = weights[row] * scale * expf(reference - lse) * exp2f(-SHIFT);
    }
}

// Turns kept exponentials into the gradient in the logits, divided by the row's factor: brings them to the row's last
// reference, and subtracts what groups and picks pull. A block to each row.
template <typename T>
static __device__ void pull(const Kept<T>& kept, const float* references, int chunk, const Rows& rows,
                            const Levels& levels, const float* pulls, float scale, const Operands<T>& operands) {
    const unsigned row = blockIdx.x;
    const float reference = rows.all[row].reference, lse = rows.all[row].sum;
    // One over the row's factor, but for its weight.
    const float whole = expf(lse - reference) * exp2f(SHIFT) / scale;

    for (int index = 0, start = 0; start < kept.codes; ++index, start += chunk) {
        const float old = references[static_cast<long long>(index) * gridDim.x + row];
        if (old != reference) {
            const float less = expf(old - reference);
            for (int code = start + threadIdx.x; code < min(start + chunk, kept.codes); code += blockDim.x) {
                T* e = kept.at(row, code);
                narrow(widen(*e) * less, *e);
            }
        }
    }
    __syncthreads();

    const int* picks = rows.picks + static_cast<long long>(row) * rows.count;
    const Exponentials* groups = rows.groups + static_cast<long long>(row) * levels.count;
    for (int level = 0; level < levels.count; ++level) {
        const Range group = group_of(picks[0], levels.sizes[level], 0, kept.codes);
        for (int code = group.first + threadIdx.x; code < group.end; code += blockDim.x) {
            bool done = false;
            for (int earlier = 0; earlier < level; ++earlier) {
                const Range other = group_of(picks[0], levels.sizes[earlier], 0, kept.codes);
                done |= code >= other.first && code < other.end;
            }
            if (done) {
                continue;
            }
            T* e = kept.at(row, code);
            const float value = widen(*e);
            const float z =
                value > 0.0f ? (log2f(value) - SHIFT) / LOG2_E + reference : operands.logit(row, code);
            float total = 0.0f;
            for (int other = level; other < levels.count; ++other) {
                const Range range = group_of(picks[0], levels.sizes[other], 0, kept.codes);
                if (code >= range.first && code < range.end) {
                    total += levels.weights[other] * expf(z - groups[other].sum);
                }
            }
            narrow(value - whole * total, *e);
        }
    }
    __syncthreads();

    const float* own_pulls = pulls + static_cast<long long>(row) * rows.count;
    for (int pick = threadIdx.x; pick < rows.count; pick += blockDim.x) {
        float total = 0.0f;
        bool first = true;
        for (int other = 0; other < rows.count; ++other) {
            if (picks[other] == picks[pick]) {
                first &= other >= pick;
                total += own_pulls[other];
            }
        }
        if (first && picks[pick] >= 0 && picks[pick] < kept.codes) {
            T* e = kept.at(row, picks[pick]);
            narrow(widen(*e) - whole * total, *e);
        }
    }
}

#define PULL(NAME, T)                                                                                              \
    extern "C" __global__ void NAME(Kept<T> kept, const float* references, int chunk, Rows rows, Levels levels,    \
                                    const float* pulls, float scale, Operands<T> operands) {                       \
        pull(kept, references, chunk, rows, levels, pulls, scale, operands);                                       \
    }

PULL(cross_entropy_pull_f32, float)
PULL(cross_entropy_pull_bf16, bf16)

// Each row times its factor. A block to each row.
template <typename From, typename To>
static __device__ void times_factor(const From* from, long long pitch, To* to, int width, const float* factors) {
    const unsigned row = blockIdx.x;
    const float factor = factors[row];
    for (int column = threadIdx.x; column < width; column += blockDim.x) {
        narrow(widen(from[row * pitch + column]) * factor, to[static_cast<long long>(row) * width + column]);
    }
}

#define TIMES_FACTOR(NAME, FROM, TO)                                                                               \
    extern "C" __global__ void NAME(const FROM* from, long long pitch, TO* to, int width, const float* factors) {  \
        times_factor(from, pitch, to, width, factors);                                                             \
    }

TIMES_FACTOR(cross_entropy_scale_f32_f32, float, float)
TIMES_FACTOR(cross_entropy_scale_bf16_bf16, bf16, bf16)
TIMES_FACTOR(cross_entropy_scale_f32_bf16, float, bf16)

// All numbers times one, which is mostly 1 and then costs nothing.
template <typename T>
static __device__ void times(T* numbers, unsigned long long count, const float* factor) {
    if (*factor == 1.0f) {
        return;
    }
    const unsigned long long step = static_cast<unsigned long long>(gridDim.x) * blockDim.x;
    for (unsigned long long at = blockIdx.x * static_cast<unsigned long long>(blockDim.x) + threadIdx.x; at < count;
         at += step) {
        narrow(widen(numbers[at]) * *factor, numbers[at]);
    }
}

extern "C" __global__ void times_f32(float* numbers, unsigned long long count, const float* factor) {
    times(numbers, count, factor);
}

extern "C" __global__ void times_bf16(bf16* numbers, unsigned long long count, const float* factor) {
    times(numbers, count, factor);
}

// The rows of attention, which the threads of a warp hold in registers alike on every card: of a product's 16 rows and
// 8 columns, a thread has two neighbours of row `lane / 4`, then two of row `lane / 4 + 8`.

typedef unsigned long long u64;

#define INFINITE __int_as_float(0x7f800000)

#define LN_2 0.69314718056f

// Sizes of the tensors: queries and results `[batch, length, heads, width]`, keys and values
// `[batch, positions, heads / group, width]`.
struct Sizes {
    unsigned batch, length, positions, heads, group, width;
    // The scale, for exponentials of base two.
    float scale;
};

__device__ inline float power_of_two(float x) {
    float y;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
}

__device__ inline unsigned pack(float low, float high) {
    unsigned both;
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(both) : "f"(high), "f"(low));
    return both;
}

__device__ inline unsigned exchange(unsigned value, int lanes) {
    return __shfl_xor_sync(0xffffffffu, value, lanes);
}

// The largest number, or the sum, of the four threads that share rows.
__device__ inline float largest_of_four(float x) {
    x = fmaxf(x, __shfl_xor_sync(0xffffffffu, x, 1));
    return fmaxf(x, __shfl_xor_sync(0xffffffffu, x, 2));
}
__device__ inline float sum_of_four(float x) {
    x += __shfl_xor_sync(0xffffffffu, x, 1);
    return x + __shfl_xor_sync(0xffffffffu, x, 2);
}

// Thread `i` of four gets the `i`-th word of each.
__device__ inline void transpose_words(unsigned (&words)[4], int lane) {
    const bool odd = lane & 1;
    const bool upper = lane & 2;
    const unsigned a = exchange(odd ? words[0] : words[1], 1);
    const unsigned b = exchange(odd ? words[2] : words[3], 1);
    if (odd) { words[0] = a; words[2] = b; } else { words[1] = a; words[3] = b; }
    const unsigned c = exchange(upper ? words[0] : words[2], 2);
    const unsigned d = exchange(upper ? words[1] : words[3], 2);
    if (upper) { words[0] = c; words[1] = d; } else { words[2] = c; words[3] = d; }
}

// A row's running maximum and the thread's share of its sum of exponentials.
struct Row {
    float largest = -INFINITE;
    float sum = 0.0f;
};

// Turns a tile's scores into exponentials; gives what older exponentials must be multiplied by.
// A thread has two rows, of which pairs of scores take turns.
template <int count>
__device__ inline void exponentials(float (&scores)[count], Row (&rows)[2], float (&shrink)[2], float scale) {
#pragma unroll
    for (int row = 0; row < 2; ++row) {
        float largest = rows[row].largest;
#pragma unroll
        for (int i = 2 * row; i < count; i += 4) {
            largest = fmaxf(largest, fmaxf(scores[i], scores[i + 1]));
        }
        largest = largest_of_four(largest);
        const float base = largest * scale;
        shrink[row] = power_of_two(rows[row].largest * scale - base);
        rows[row].largest = largest;
        float sum = rows[row].sum * shrink[row];
#pragma unroll
        for (int i = 2 * row; i < count; i += 4) {
            scores[i] = power_of_two(fmaf(scores[i], scale, -base));
            scores[i + 1] = power_of_two(fmaf(scores[i + 1], scale, -base));
            sum += scores[i] + scores[i + 1];
        }
        rows[row].sum = sum;
    }
}

// Scores of columns from `valid` on count for nothing.
template <int count> static __device__ inline void forget(float (&scores)[count], int valid) {
    const int first = threadIdx.x % 4 * 2;
#pragma unroll
    for (int i = 0; i < count; ++i) {
        if (i / 4 * 8 + first + i % 2 >= valid) { scores[i] = -INFINITE; }
    }
}

// Writes a warp's 16 rows, as many as are `inside`, times a factor each: four threads bring 64 bytes of a row together.
template <int width>
__device__ inline void store(const float (&sums)[width / 2], const float (&factors)[2], unsigned short* out, u64 pitch,
                             int inside, unsigned true_width) {
    const int lane = threadIdx.x % 32;
#pragma unroll
    for (int row = 0; row < 2; ++row) {
        const int line = lane / 4 + 8 * row;
#pragma unroll
        for (int i = 0; i < width / 32; ++i) {
            unsigned words[4];
#pragma unroll
            for (int j = 0; j < 4; ++j) {
                const int at = 16 * i + 4 * j + 2 * row;
                words[j] = pack(sums[at] * factors[row], sums[at + 1] * factors[row]);
            }
            transpose_words(words, lane);
            const unsigned column = 32 * i + 8 * (lane % 4);
            if (line < inside && column < true_width) {
                *reinterpret_cast<uint4*>(out + line * pitch + column) =
                    make_uint4(words[0], words[1], words[2], words[3]);
            }
        }
    }
}

// Writes what 16 queries of a warp found, from `first_query` on, and the logarithms of their sums of exponentials.
template <int width>
__device__ inline void settle(const float (&sums)[width / 2], const Row (&rows)[2], const Sizes& sizes, unsigned batch,
                              unsigned head, unsigned first_query, unsigned short* out, float* lse) {
    const int lane = threadIdx.x % 32;
    const int inside = static_cast<int>(sizes.length) - static_cast<int>(first_query);
    const u64 line = static_cast<u64>(batch) * sizes.length + first_query;
    const u64 place = (static_cast<u64>(batch) * sizes.heads + head) * sizes.length + first_query;
    float factors[2];
#pragma unroll
    for (int row = 0; row < 2; ++row) {
        const float sum = sum_of_four(rows[row].sum);
        factors[row] = 1.0f / sum;
        if (lane % 4 == 0 && lane / 4 + 8 * row < inside) {
            lse[place + lane / 4 + 8 * row] = (rows[row].largest * sizes.scale + __log2f(sum)) * LN_2;
        }
    }
    const u64 pitch = static_cast<u64>(sizes.heads) * sizes.width;
    store<width>(sums, factors, out + line * pitch + head * sizes.width, pitch, inside, sizes.width);
}

// The gradients of attention for bf16 on any card from Ampere on, without stored scores.
//
// With P the weights, G the gradient of what was found, and S = P·(G·vᵀ − slopes), where a query's slope is the sum of
// G times what it found: dv = Pᵀ·G, dk = scale·Sᵀ·q, dq = scale·S·k. A block owns 64 rows of a gradient, 16 to each of
// its four warps: keys, and queries pass by, of all heads that share them; or queries, and keys pass by. Either way the
// scores of a tile are made again, with the block's rows as their rows, and are at once the left operand of the next
// product. Nothing is added up by several blocks, so the same input gives the same bits.
//
// Source: Dao, "FlashAttention-2: faster attention with better parallelism and work partitioning", 2023.

#include "attention.cuh"
#include "attention_tiles.cuh"

static constexpr int ROWS = 64;

// A bf16 tensor `[batch, places, heads, width]`.
struct Given { const unsigned short* at; Strides strides; };

struct Operands {
    Given queries, keys, values, grad;
    // `[batch, heads, length]`
    const float *lse, *slopes;
};

static __device__ inline const unsigned short* head_of(const Given& given, unsigned batch, unsigned head) {
    return given.at + batch * given.strides.batch + head * given.strides.head;
}

// A query's slope is the sum of its gradient times what it found; a warp for each.
extern "C" __global__ void __launch_bounds__(128)
    attention_slopes(Given found, Given grad, float* slopes, Sizes sizes, unsigned queries) {
    const unsigned number = blockIdx.x * 4 + threadIdx.x / 32;
    if (number >= queries) { return; }
    const unsigned line = number / sizes.length;
    const unsigned query = number - line * sizes.length;
    const unsigned batch = line / sizes.heads;
    const unsigned head = line - batch * sizes.heads;
    const unsigned short* left = head_of(found, batch, head) + query * found.strides.place;
    const unsigned short* right = head_of(grad, batch, head) + query * grad.strides.place;
    float sum = 0.0f;
    for (unsigned column = threadIdx.x % 32 * 2; column < sizes.width; column += 64) {
        const unsigned a = *reinterpret_cast<const unsigned*>(left + column);
        const unsigned b = *reinterpret_cast<const unsigned*>(right + column);
        sum = fmaf(__uint_as_float(a << 16), __uint_as_float(b << 16), sum);
        sum = fmaf(__uint_as_float(a & 0xffff0000u), __uint_as_float(b & 0xffff0000u), sum);
    }
    for (int lanes = 16; lanes > 0; lanes /= 2) { sum += __shfl_xor_sync(0xffffffffu, sum, lanes); }
    if (threadIdx.x % 32 == 0) { slopes[number] = sum; }
}

// A query's logarithm, for exponentials of base two, and its slope; one that is not there gets no weights.
struct Query {
    float lse, slope;
    __device__ inline Query(const Operands& operands, const Sizes& sizes, u64 first, unsigned query) {
        const bool inside = query < sizes.length;
        lse = inside ? operands.lse[first + query] * (1.0f / LN_2) : INFINITE;
        slope = inside ? operands.slopes[first + query] : 0.0f;
    }
};

// The gradient in keys (`in_keys`), values (`in_values`) or both, or that in queries (neither).
template <int width, int tile, bool in_keys, bool in_values>
static __device__ void differentiate(const Operands& operands, unsigned short* first_out, unsigned short* second_out,
                                     const Sizes& sizes) {
    constexpr bool ROWS_ARE_KEYS = in_keys || in_values;
    constexpr bool SLOPES = !in_values || in_keys;
    constexpr int OWN = ROWS * width * 2;
    constexpr int TILE = tile * width * 2;
    extern __shared__ unsigned char memory[];
    const unsigned own_first = shared_address(memory);
    const unsigned own_second = own_first + OWN;
    const unsigned passing_first = own_second + OWN;
    const unsigned passing_second = passing_first + 2 * TILE;

    const unsigned key_heads = sizes.heads / sizes.group;
    const unsigned rows = ROWS_ARE_KEYS ? sizes.positions : sizes.length;
    const unsigned columns = ROWS_ARE_KEYS ? sizes.length : sizes.positions;
    const unsigned heads = ROWS_ARE_KEYS ? key_heads : sizes.heads;
    const unsigned blocks_of_head = (rows + ROWS - 1) / ROWS;
    const unsigned rest = blockIdx.x / blocks_of_head;
    const unsigned first_row = (blockIdx.x - rest * blocks_of_head) * ROWS;
    const unsigned batch = rest / heads;
    const unsigned head = rest - batch * heads;

    // Products of the first operands make scores, those of the second their gradients.
    const Given& first = ROWS_ARE_KEYS ? operands.keys : operands.queries;
    const Given& second = ROWS_ARE_KEYS ? operands.values : operands.grad;
    const Given& other_first = ROWS_ARE_KEYS ? operands.queries : operands.keys;
    const Given& other_second = ROWS_ARE_KEYS ? operands.grad : operands.values;
    const int tiles_of_head = (columns + tile - 1) / tile;
    const int tiles = ROWS_ARE_KEYS ? tiles_of_head * sizes.group : tiles_of_head;
    const auto other_head = [&](int at) {
        return ROWS_ARE_KEYS ? head * sizes.group + at / tiles_of_head : head / sizes.group;
    };
    const auto bring_tile = [&](int at) {
        const int from = at % tiles_of_head * tile;
        const unsigned stage = at % 2 * TILE;
        bring<width, tile>(passing_first + stage,
                           head_of(other_first, batch, other_head(at)) + from * other_first.strides.place,
                           other_first.strides.place, columns - from, sizes.width);
        bring<width, tile>(passing_second + stage,
                           head_of(other_second, batch, other_head(at)) + from * other_second.strides.place,
                           other_second.strides.place, columns - from, sizes.width);
    };
    bring<width, ROWS>(own_first, head_of(first, batch, head) + first_row * first.strides.place, first.strides.place,
                       rows - first_row, sizes.width);
    bring<width, ROWS>(own_second, head_of(second, batch, head) + first_row * second.strides.place,
                       second.strides.place, rows - first_row, sizes.width);
    bring_tile(0);
    bring_commit();

    const unsigned lane = threadIdx.x % 32;
    const unsigned line = threadIdx.x / 32 * 16 + lane / 4;
    const u64 lines = static_cast<u64>(batch) * sizes.heads;
    const u64 own_queries = (lines + head) * sizes.length;
    const Query own[2] = {
        Query(operands, sizes, own_queries, ROWS_ARE_KEYS ? sizes.length : first_row + line),
        Query(operands, sizes, own_queries, ROWS_ARE_KEYS ? sizes.length : first_row + line + 8),
    };
    float first_sums[SLOPES ? width / 2 : 1] = {};
    float second_sums[in_values ? width / 2 : 1] = {};
    for (int at = 0; at < tiles; ++at) {
        if (at + 1 < tiles) { bring_tile(at + 1); }
        bring_commit();
        bring_wait<1>();
        __syncthreads();

        const unsigned stage = at % 2 * TILE;
        const unsigned from = at % tiles_of_head * tile;
        float weights[tile / 2];
        score<width, tile>(weights, own_first, passing_first + stage, sizes.width);
        float pulls[tile / 2];
        if constexpr (SLOPES) { score<width, tile>(pulls, own_second, passing_second + stage, sizes.width); }
        const u64 others = (lines + other_head(at)) * sizes.length;
#pragma unroll
        for (int i = 0; i < tile / 8; ++i) {
#pragma unroll
            for (int right = 0; right < 2; ++right) {
                const unsigned column = from + i * 8 + lane % 4 * 2 + right;
                const Query other(operands, sizes, others, ROWS_ARE_KEYS ? column : sizes.length);
#pragma unroll
                for (int down = 0; down < 2; ++down) {
                    const Query& query = ROWS_ARE_KEYS ? other : own[down];
                    const int place = 4 * i + 2 * down + right;
                    const float weight = power_of_two(fmaf(weights[place], sizes.scale, -query.lse));
                    weights[place] = column < columns ? weight : 0.0f;
                    if constexpr (SLOPES) { pulls[place] = weights[place] * (pulls[place] - query.slope); }
                }
            }
        }
        if constexpr (in_values) { mix<width, tile>(second_sums, weights, passing_second + stage, sizes.width); }
        if constexpr (SLOPES) { mix<width, tile>(first_sums, pulls, passing_first + stage, sizes.width); }
        __syncthreads();
    }

    const unsigned warp_row = first_row + threadIdx.x / 32 * 16;
    const int inside = static_cast<int>(rows) - static_cast<int>(warp_row);
    const u64 pitch = static_cast<u64>(heads) * sizes.width;
    const u64 place = (static_cast<u64>(batch) * rows + warp_row) * pitch + head * sizes.width;
    if constexpr (SLOPES) {
        const float scale = sizes.scale * LN_2;
        const float factors[2] = {scale, scale};
        store<width>(first_sums, factors, first_out + place, pitch, inside, sizes.width);
    }
    if constexpr (in_values) {
        const float factors[2] = {1.0f, 1.0f};
        store<width>(second_sums, factors, second_out + place, pitch, inside, sizes.width);
    }
}

#define KERNEL(name, width, tile, in_keys, in_values)                                                            \
    extern "C" __global__ void __launch_bounds__(128)                                                            \
        name(Operands operands, unsigned short* first_out, unsigned short* second_out, Sizes sizes) {            \
        differentiate<width, tile, in_keys, in_values>(operands, first_out, second_out, sizes);                  \
    }

KERNEL(attention_queries_64, 64, 64, false, false)
KERNEL(attention_queries_128, 128, 32, false, false)
KERNEL(attention_queries_192, 192, 16, false, false)
KERNEL(attention_queries_256, 256, 16, false, false)
KERNEL(attention_keys_values_64, 64, 32, true, true)
KERNEL(attention_keys_values_128, 128, 32, true, true)
// Both gradients of wider heads are too much for the registers.
KERNEL(attention_keys_192, 192, 16, true, false)
KERNEL(attention_values_192, 192, 16, false, true)
KERNEL(attention_keys_256, 256, 16, true, false)
KERNEL(attention_values_256, 256, 16, false, true)

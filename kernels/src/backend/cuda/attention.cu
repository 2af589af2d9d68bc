// Attention, forward, on any card from Ampere on: softmax(q·kᵀ·scale)·v for bf16, without ever storing the scores.
//
// A block owns 64 queries of a head, 16 to each of its four warps. Tiles of keys and values come to shared memory while
// the tile before is worked on. A tile's scores stay in registers, become exponentials below a running maximum there,
// and are at once the left operand of the product with the values; what was summed below an older maximum is scaled
// down.
//
// Source: Dao, "FlashAttention-2: faster attention with better parallelism and work partitioning", 2023.

#include "attention.cuh"
#include "attention_tiles.cuh"

static constexpr int QUERIES = 64;

template <int width, int tile>
static __device__ void attend(const unsigned short* queries, const unsigned short* keys, const unsigned short* values,
                              unsigned short* out, float* lse, Strides query_strides, Strides key_strides,
                              Strides value_strides, const Sizes& sizes) {
    extern __shared__ unsigned char memory[];
    const unsigned shared = shared_address(memory);
    constexpr int TILE = tile * width * 2;
    const unsigned key_room = shared + QUERIES * width * 2;
    const unsigned value_room = key_room + 2 * TILE;

    const unsigned blocks_of_head = (sizes.length + QUERIES - 1) / QUERIES;
    const unsigned rest = blockIdx.x / blocks_of_head;
    const unsigned first_query = (blockIdx.x - rest * blocks_of_head) * QUERIES;
    const unsigned batch = rest / sizes.heads;
    const unsigned head = rest - batch * sizes.heads;
    const unsigned key_head = head / sizes.group;
    queries += batch * query_strides.batch + first_query * query_strides.place + head * query_strides.head;
    keys += batch * key_strides.batch + key_head * key_strides.head;
    values += batch * value_strides.batch + key_head * value_strides.head;

    const int positions = sizes.positions;
    const int tiles = (positions + tile - 1) / tile;
    const auto bring_tile = [&](int at) {
        const int first = at * tile;
        bring<width, tile>(key_room + at % 2 * TILE, keys + first * key_strides.place, key_strides.place,
                           positions - first, sizes.width);
        bring<width, tile>(value_room + at % 2 * TILE, values + first * value_strides.place, value_strides.place,
                           positions - first, sizes.width);
    };
    bring<width, QUERIES>(shared, queries, query_strides.place, sizes.length - first_query, sizes.width);
    bring_tile(0);
    bring_commit();

    Row rows[2];
    float sums[width / 2] = {};
    for (int at = 0; at < tiles; ++at) {
        if (at + 1 < tiles) { bring_tile(at + 1); }
        bring_commit();
        bring_wait<1>();
        __syncthreads();

        float scores[tile / 2];
        float shrink[2];
        score<width, tile>(scores, shared, key_room + at % 2 * TILE, sizes.width);
        const int valid = positions - at * tile;
        if (valid < tile) { forget(scores, valid); }
        exponentials(scores, rows, shrink, sizes.scale);
#pragma unroll
        for (int i = 0; i < width / 2; ++i) { sums[i] *= shrink[i / 2 % 2]; }
        mix<width, tile>(sums, scores, value_room + at % 2 * TILE, sizes.width);
        __syncthreads();
    }

    settle<width>(sums, rows, sizes, batch, head, first_query + threadIdx.x / 32 * 16, out, lse);
}

#define KERNEL(width, tile)                                                                                      \
    extern "C" __global__ void __launch_bounds__(128) attention_##width(                                         \
        const unsigned short* queries, const unsigned short* keys, const unsigned short* values,                 \
        unsigned short* out, float* lse, Strides query_strides, Strides key_strides, Strides value_strides,      \
        Sizes sizes) {                                                                                           \
        attend<width, tile>(queries, keys, values, out, lse, query_strides, key_strides, value_strides, sizes);  \
    }

KERNEL(64, 64)
KERNEL(128, 32)
KERNEL(192, 32)
KERNEL(256, 32)

// Attention on Hopper, forward: softmax(q·kᵀ·scale)·v for bf16, without ever storing the scores.
//
// A block owns 128 queries of a head at a time. One thread lets the card's copy engine bring tiles of keys and values
// into shared memory; two groups of 128 threads multiply 64 queries each. A tile's scores stay in registers, become
// exponentials below a running maximum there, and are at once the left operand of the product with the values; what
// was summed below an older maximum is scaled down. While one group takes exponentials, the other one multiplies, and
// within a group the scores of the next tile are under way as well.
//
// Source: Shah et al., "FlashAttention-3: fast and accurate attention with asynchrony and low-precision", 2024.
// Other cards, and wider heads, have `attention.cu`.

#include "hopper.cuh"
#include "attention.cuh"
#include "attention_products.cuh"

#if defined(__CUDA_ARCH_FEAT_SM90_ALL)

static constexpr int QUERIES = 128;
static constexpr int STAGES = 2;
static constexpr int CONSUMERS = 2;

// The two groups take turns to hand products to the tensor cores.
static __device__ inline void turn_wait(int group) {
    asm volatile("bar.sync %0, 256;" ::"r"(1 + group) : "memory");
}
static __device__ inline void turn_give(int group) {
    asm volatile("bar.arrive %0, 256;" ::"r"(2 - group) : "memory");
}

// Shared memory: queries, then the stages of keys, then those of values; each in chunks of 64 columns.
template <int width, int tile> struct Room {
    static constexpr int CHUNKS = width / 64;
    static constexpr int QUERY_CHUNK = QUERIES * 128;
    static constexpr int TILE_CHUNK = tile * 128;
    static constexpr int TILE = CHUNKS * TILE_CHUNK;
    static constexpr int KEYS = CHUNKS * QUERY_CHUNK;
    static constexpr int VALUES = KEYS + STAGES * TILE;
};

// Addresses of the barriers.
struct Barriers {
    unsigned first;
    __device__ unsigned queries_full() const { return first; }
    __device__ unsigned queries_free() const { return first + 8; }
    __device__ unsigned keys_full(int stage) const { return first + 16 + 8 * stage; }
    __device__ unsigned keys_free(int stage) const { return first + 32 + 8 * stage; }
    __device__ unsigned values_full(int stage) const { return first + 48 + 8 * stage; }
    __device__ unsigned values_free(int stage) const { return first + 64 + 8 * stage; }
};

// Counts through the stages.
struct Stage {
    int index = 0;
    unsigned phase = 0;
    __device__ void advance() {
        if (++index == STAGES) { index = 0; phase ^= 1; }
    }
};

// The work of one block at one time.
struct Work {
    unsigned first_query, head, batch;
    __device__ Work(unsigned number, const Sizes& sizes) {
        const unsigned blocks = (sizes.length + QUERIES - 1) / QUERIES;
        const unsigned rest = number / blocks;
        first_query = (number - rest * blocks) * QUERIES;
        batch = rest / sizes.heads;
        head = rest - batch * sizes.heads;
    }
};

static __device__ inline unsigned works(const Sizes& sizes) {
    return (sizes.length + QUERIES - 1) / QUERIES * sizes.heads * sizes.batch;
}

// One thread orders all tiles, the last one of a row of keys first.
template <int width, int tile>
static __device__ void produce(const TensorMap* queries, const TensorMap* keys, const TensorMap* values,
                               const Sizes& sizes, unsigned shared, Barriers barriers) {
    typedef Room<width, tile> Room;
    Stage key_stage, value_stage;
    unsigned query_phase = 0;
    const auto bring = [&](const TensorMap* map, unsigned at, unsigned head, unsigned row, unsigned batch,
                           unsigned barrier) {
        barrier_expect(barrier, Room::TILE);
        for (int chunk = 0; chunk < Room::CHUNKS; ++chunk) {
            load_box(at + chunk * Room::TILE_CHUNK, map, barrier, chunk * 64, head, row, batch);
        }
    };
    for (unsigned number = blockIdx.x; number < works(sizes); number += gridDim.x) {
        const Work work(number, sizes);
        const unsigned key_head = work.head / sizes.group;
        const int last = (sizes.positions - 1) / tile;

        barrier_wait(barriers.queries_free(), query_phase ^ 1);
        barrier_expect(barriers.queries_full(), Room::KEYS);
        for (int chunk = 0; chunk < Room::CHUNKS; ++chunk) {
            load_box(shared + chunk * Room::QUERY_CHUNK, queries, barriers.queries_full(), chunk * 64, work.head,
                     work.first_query, work.batch);
        }
        query_phase ^= 1;

        for (int at = last; at >= -1; --at) {
            if (at >= 0) {
                barrier_wait(barriers.keys_free(key_stage.index), key_stage.phase ^ 1);
                bring(keys, shared + Room::KEYS + key_stage.index * Room::TILE, key_head, at * tile, work.batch,
                      barriers.keys_full(key_stage.index));
                key_stage.advance();
            }
            if (at < last) {
                barrier_wait(barriers.values_free(value_stage.index), value_stage.phase ^ 1);
                bring(values, shared + Room::VALUES + value_stage.index * Room::TILE, key_head, (at + 1) * tile,
                      work.batch, barriers.values_full(value_stage.index));
                value_stage.advance();
            }
        }
    }
}

template <int width, int tile>
static __device__ void consume(const Sizes& sizes, unsigned shared, Barriers barriers, int group, unsigned short* out,
                               float* lse) {
    typedef Room<width, tile> Room;
    const bool speaks = threadIdx.x % 32 == 0;
    const unsigned queries = shared + group * 64 * 128;
    Stage key_stage, value_stage;
    unsigned query_phase = 0;
    const auto free = [&](unsigned barrier) {
        if (speaks) { barrier_arrive(barrier); }
    };
    float scores[tile / 2];
    float sums[width / 2];
    unsigned weights[tile / 16][4];
    float shrink[2];

    if (group == 1) { turn_give(group); }
    for (unsigned number = blockIdx.x; number < works(sizes); number += gridDim.x) {
        const Work work(number, sizes);
        const int tiles = (sizes.positions + tile - 1) / tile;
        Row rows[2];
#pragma unroll
        for (int i = 0; i < width / 2; ++i) { sums[i] = 0.0f; }

        barrier_wait(barriers.queries_full(), query_phase);
        query_phase ^= 1;
        barrier_wait(barriers.keys_full(key_stage.index), key_stage.phase);
        hold(scores);
        product_fence();
        score<width, tile>(scores, queries, shared + Room::KEYS + key_stage.index * Room::TILE);
        product_commit();
        product_wait<0>();
        hold(scores);
        free(barriers.keys_free(key_stage.index));
        key_stage.advance();
        if (tiles == 1) { free(barriers.queries_free()); }

        // The last tile comes first: it alone may reach beyond the keys.
        const int valid = sizes.positions - (tiles - 1) * tile;
        if (valid < tile) { forget(scores, valid); }
        exponentials(scores, rows, shrink, sizes.scale);
        round_all(scores, weights);

        for (int at = 1; at < tiles; ++at) {
            barrier_wait(barriers.keys_full(key_stage.index), key_stage.phase);
            turn_wait(group);
            hold(scores);
            hold(sums);
            product_fence();
            score<width, tile>(scores, queries, shared + Room::KEYS + key_stage.index * Room::TILE);
            product_commit();
            barrier_wait(barriers.values_full(value_stage.index), value_stage.phase);
            mix<width, tile>(sums, weights, shared + Room::VALUES + value_stage.index * Room::TILE);
            product_commit();
            turn_give(group);
            product_wait<1>();
            hold(scores);
            free(barriers.keys_free(key_stage.index));
            key_stage.advance();
            if (at == tiles - 1) { free(barriers.queries_free()); }

            exponentials(scores, rows, shrink, sizes.scale);
            product_wait<0>();
            hold(sums);
            free(barriers.values_free(value_stage.index));
            value_stage.advance();
            round_all(scores, weights);
#pragma unroll
            for (int i = 0; i < width / 2; ++i) { sums[i] *= shrink[i / 2 % 2]; }
        }

        barrier_wait(barriers.values_full(value_stage.index), value_stage.phase);
        hold(sums);
        product_fence();
        mix<width, tile>(sums, weights, shared + Room::VALUES + value_stage.index * Room::TILE);
        product_commit();
        product_wait<0>();
        hold(sums);
        free(barriers.values_free(value_stage.index));
        value_stage.advance();
        const unsigned first = work.first_query + 64 * group + threadIdx.x / 32 % 4 * 16;
        settle<width>(sums, rows, sizes, work.batch, work.head, first, out, lse);
    }
}

template <int width, int tile>
static __device__ void attend(const TensorMap* queries, const TensorMap* keys, const TensorMap* values,
                              unsigned short* out, float* lse, const Sizes& sizes) {
    extern __shared__ unsigned char memory[];
    __shared__ alignas(8) u64 room_of_barriers[10];
    // Swizzled tiles begin at multiples of 1024 bytes.
    const unsigned shared = (shared_address(memory) + 1023) & ~1023u;
    const Barriers barriers{shared_address(room_of_barriers)};
    if (threadIdx.x == 0) {
        barrier_init(barriers.queries_full(), 1);
        barrier_init(barriers.queries_free(), 4 * CONSUMERS);
        for (int stage = 0; stage < STAGES; ++stage) {
            barrier_init(barriers.keys_full(stage), 1);
            barrier_init(barriers.keys_free(stage), 4 * CONSUMERS);
            barrier_init(barriers.values_full(stage), 1);
            barrier_init(barriers.values_free(stage), 4 * CONSUMERS);
        }
        barrier_init_fence();
    }
    __syncthreads();

    const int group = static_cast<int>(threadIdx.x / 128) - 1;
    if (group < 0) {
        registers_fewer<24>();
        if (threadIdx.x == 0) { produce<width, tile>(queries, keys, values, sizes, shared, barriers); }
    } else {
        registers_more<240>();
        consume<width, tile>(sizes, shared, barriers, group, out, lse);
    }
}

#define KERNEL(name, width, tile)                                                                                \
    extern "C" __global__ void __launch_bounds__(384, 1)                                                         \
        name(const __grid_constant__ TensorMap queries, const __grid_constant__ TensorMap keys,                  \
             const __grid_constant__ TensorMap values, unsigned short* out, float* lse, const Sizes sizes) {     \
        attend<width, tile>(&queries, &keys, &values, out, lse, sizes);                                          \
    }

KERNEL(attention_hopper_64, 64, 128)
KERNEL(attention_hopper_128, 128, 128)

#endif

// The gradients of attention on Hopper for bf16, without stored scores: what `attention_backward.cu` does, with 128 rows
// to a block.
//
// One thread lets the card's copy engine bring the block's own rows and the tiles that pass by; two groups of 128
// threads multiply 64 rows each: while one makes exponentials, the other one's products are under way.
//
// Source: Shah et al., "FlashAttention-3: fast and accurate attention with asynchrony and low-precision", 2024.

#include "hopper.cuh"
#include "attention.cuh"
#include "attention_products.cuh"

#if defined(__CUDA_ARCH_FEAT_SM90_ALL)

static constexpr int ROWS = 128;
static constexpr int CONSUMERS = 2;

// For each query `[batch, heads, length]`: the logarithm of its sum of exponentials, and its slope.
struct Queries { const float *lse, *slopes; };

template <int width, int tile, int stages> struct Room {
    static constexpr int CHUNKS = width / 64;
    static constexpr int OWN = ROWS * width * 2;
    static constexpr int TILE = tile * width * 2;
    static constexpr int PASSING = 2 * OWN;
    // Logarithms, then slopes, of the queries of each stage.
    static constexpr int NUMBERS = PASSING + stages * 2 * TILE;
};

// What a block makes.
struct Work {
    unsigned rows, columns, heads, first_row, batch, head;
    int tiles_of_head, tiles;
    __device__ Work(const Sizes& sizes, bool of_keys, int tile) {
        rows = of_keys ? sizes.positions : sizes.length;
        columns = of_keys ? sizes.length : sizes.positions;
        heads = of_keys ? sizes.heads / sizes.group : sizes.heads;
        const unsigned blocks = (rows + ROWS - 1) / ROWS;
        const unsigned rest = blockIdx.x / blocks;
        first_row = (blockIdx.x - rest * blocks) * ROWS;
        batch = rest / heads;
        head = rest - batch * heads;
        tiles_of_head = (columns + tile - 1) / tile;
        tiles = of_keys ? tiles_of_head * sizes.group : tiles_of_head;
    }
    // The head that passes by with a tile.
    __device__ unsigned other_head(const Sizes& sizes, bool of_keys, int at) const {
        return of_keys ? head * sizes.group + at / tiles_of_head : head / sizes.group;
    }
};

// Counts through the stages.
template <int stages> struct Stage {
    int index = 0;
    unsigned phase = 0;
    __device__ void advance() {
        if (++index == stages) { index = 0; phase ^= 1; }
    }
};

// Addresses of the barriers.
template <int stages> struct Barriers {
    unsigned first;
    __device__ unsigned own() const { return first; }
    __device__ unsigned full(int stage) const { return first + 8 + 8 * stage; }
    __device__ unsigned free(int stage) const { return first + 8 + 8 * stages + 8 * stage; }
};

// Products of the first tensors make scores, those of the second their gradients.
struct Maps { const TensorMap *first, *second, *other_first, *other_second; };

// One thread orders all tiles.
template <int width, int tile, int stages, bool of_keys>
static __device__ void produce(const Maps& maps, const Sizes& sizes, unsigned shared, Barriers<stages> barriers) {
    typedef Room<width, tile, stages> Room;
    const Work work(sizes, of_keys, tile);
    Stage<stages> stage;
    barrier_expect(barriers.own(), 2 * Room::OWN);
    for (int chunk = 0; chunk < Room::CHUNKS; ++chunk) {
        const unsigned at = shared + chunk * ROWS * 128;
        load_box(at, maps.first, barriers.own(), chunk * 64, work.head, work.first_row, work.batch);
        load_box(at + Room::OWN, maps.second, barriers.own(), chunk * 64, work.head, work.first_row, work.batch);
    }
    for (int at = 0; at < work.tiles; ++at, stage.advance()) {
        const unsigned full = barriers.full(stage.index);
        const unsigned head = work.other_head(sizes, of_keys, at);
        const unsigned row = at % work.tiles_of_head * tile;
        barrier_wait(barriers.free(stage.index), stage.phase ^ 1);
        barrier_expect(full, 2 * Room::TILE);
        for (int chunk = 0; chunk < Room::CHUNKS; ++chunk) {
            const unsigned to = shared + Room::PASSING + stage.index * 2 * Room::TILE + chunk * tile * 128;
            load_box(to, maps.other_first, full, chunk * 64, head, row, work.batch);
            load_box(to + Room::TILE, maps.other_second, full, chunk * 64, head, row, work.batch);
        }
    }
}

// A warp brings what belongs to the queries that pass by; one that is not there gets no weights.
template <int width, int tile, int stages>
static __device__ void produce_numbers(const Queries& queries, const Sizes& sizes, float* numbers,
                                       Barriers<stages> barriers) {
    const Work work(sizes, true, tile);
    Stage<stages> stage;
    for (int at = 0; at < work.tiles; ++at, stage.advance()) {
        const unsigned head = work.other_head(sizes, true, at);
        const u64 first = (static_cast<u64>(work.batch) * sizes.heads + head) * sizes.length;
        const unsigned row = at % work.tiles_of_head * tile;
        barrier_wait(barriers.free(stage.index), stage.phase ^ 1);
        for (unsigned i = threadIdx.x % 32; i < tile; i += 32) {
            const unsigned query = row + i;
            const bool inside = query < sizes.length;
            numbers[stage.index * 2 * tile + i] = inside ? queries.lse[first + query] * (1.0f / LN_2) : INFINITE;
            numbers[stage.index * 2 * tile + tile + i] = inside ? queries.slopes[first + query] : 0.0f;
        }
        __syncwarp();
        if (threadIdx.x % 32 == 0) { barrier_arrive(barriers.full(stage.index)); }
    }
}

template <int width, int tile, int stages, bool of_keys>
static __device__ void consume(const Queries& queries, const Sizes& sizes, unsigned shared, const float* numbers,
                               Barriers<stages> barriers, int group, unsigned short* first_out,
                               unsigned short* second_out) {
    typedef Room<width, tile, stages> Room;
    const Work work(sizes, of_keys, tile);
    const unsigned lane = threadIdx.x % 32;
    const unsigned warp_row = work.first_row + 64 * group + threadIdx.x / 32 % 4 * 16;
    const unsigned own_first = shared + group * 64 * 128;
    const unsigned own_second = own_first + Room::OWN;
    const auto free = [&](int stage) {
        if (lane == 0) { barrier_arrive(barriers.free(stage)); }
    };

    float lse[2] = {INFINITE, INFINITE};
    float slopes[2] = {};
    if constexpr (!of_keys) {
        const u64 first = (static_cast<u64>(work.batch) * sizes.heads + work.head) * sizes.length;
        for (int down = 0; down < 2; ++down) {
            const unsigned query = warp_row + lane / 4 + 8 * down;
            if (query < sizes.length) {
                lse[down] = queries.lse[first + query] * (1.0f / LN_2);
                slopes[down] = queries.slopes[first + query];
            }
        }
    }
    float weights[tile / 2];
    float pulls[tile / 2];
    unsigned weight_operands[of_keys ? tile / 16 : 1][4];
    unsigned pull_operands[tile / 16][4];
    float first_sums[width / 2];
    float second_sums[of_keys ? width / 2 : 1];
#pragma unroll
    for (int i = 0; i < width / 2; ++i) {
        first_sums[i] = 0.0f;
        if constexpr (of_keys) { second_sums[i] = 0.0f; }
    }
    const auto hold_sums = [&] {
        hold(first_sums);
        if constexpr (of_keys) { hold(second_sums); }
    };

    const auto passing = [&](int stage) { return shared + Room::PASSING + stage * 2 * Room::TILE; };
    // From scores to weights.
    const auto weigh = [&](int stage, int at) {
        const float* columns = numbers + stage * 2 * tile + lane % 4 * 2;
        const int valid = work.columns - at % work.tiles_of_head * tile;
        if (!of_keys && valid < tile) { forget(weights, valid); }
#pragma unroll
        for (int i = 0; i < tile / 2; ++i) {
            const float of_query = of_keys ? columns[i / 4 * 8 + i % 2] : lse[i / 2 % 2];
            weights[i] = power_of_two(fmaf(weights[i], sizes.scale, -of_query));
        }
    };
    // From gradients of weights to those of scores.
    const auto pull = [&](int stage) {
        const float* columns = numbers + stage * 2 * tile + tile + lane % 4 * 2;
#pragma unroll
        for (int i = 0; i < tile / 2; ++i) {
            const float of_query = of_keys ? columns[i / 4 * 8 + i % 2] : slopes[i / 2 % 2];
            pulls[i] = weights[i] * (pulls[i] - of_query);
        }
        round_all(pulls, pull_operands);
    };

    Stage<stages> stage;
    barrier_wait(barriers.own(), 0);
    for (int at = 0; at < work.tiles; ++at, stage.advance()) {
        barrier_wait(barriers.full(stage.index), stage.phase);
        hold(weights);
        hold(pulls);
        hold_sums();
        product_fence();
        score<width, tile>(weights, own_first, passing(stage.index));
        product_commit();
        score<width, tile>(pulls, own_second, passing(stage.index) + Room::TILE);
        product_commit();
        product_wait<1>();
        hold(weights);
        weigh(stage.index, at);
        if constexpr (of_keys) {
            round_all(weights, weight_operands);
            product_fence();
            mix<width, tile>(second_sums, weight_operands, passing(stage.index) + Room::TILE);
            product_commit();
            product_wait<1>();
        } else {
            product_wait<0>();
        }
        hold(pulls);
        pull(stage.index);
        product_fence();
        mix<width, tile>(first_sums, pull_operands, passing(stage.index));
        product_commit();
        product_wait<0>();
        hold_sums();
        free(stage.index);
    }

    const int inside = static_cast<int>(work.rows) - static_cast<int>(warp_row);
    const u64 pitch = static_cast<u64>(work.heads) * sizes.width;
    const u64 place = (static_cast<u64>(work.batch) * work.rows + warp_row) * pitch + work.head * sizes.width;
    const float scale = sizes.scale * LN_2;
    const float scales[2] = {scale, scale};
    store<width>(first_sums, scales, first_out + place, pitch, inside, sizes.width);
    if constexpr (of_keys) {
        const float ones[2] = {1.0f, 1.0f};
        store<width>(second_sums, ones, second_out + place, pitch, inside, sizes.width);
    }
}

template <int width, int tile, int stages, bool of_keys>
static __device__ void differentiate(const Maps& maps, const Queries& queries, unsigned short* first_out,
                                     unsigned short* second_out, const Sizes& sizes) {
    typedef Room<width, tile, stages> Room;
    extern __shared__ unsigned char memory[];
    __shared__ alignas(8) u64 room_of_barriers[1 + 2 * stages];
    // Swizzled tiles begin at multiples of 1024 bytes.
    const unsigned start = shared_address(memory);
    const unsigned shared = (start + 1023) & ~1023u;
    float* numbers = reinterpret_cast<float*>(memory + (shared - start) + Room::NUMBERS);
    const Barriers<stages> barriers{shared_address(room_of_barriers)};
    if (threadIdx.x == 0) {
        barrier_init(barriers.own(), 1);
        for (int stage = 0; stage < stages; ++stage) {
            barrier_init(barriers.full(stage), of_keys ? 2 : 1);
            barrier_init(barriers.free(stage), 4 * CONSUMERS);
        }
        barrier_init_fence();
    }
    __syncthreads();

    const int group = static_cast<int>(threadIdx.x / 128) - 1;
    if (group < 0) {
        registers_fewer<24>();
        if (threadIdx.x == 0) { produce<width, tile, stages, of_keys>(maps, sizes, shared, barriers); }
        if (of_keys && threadIdx.x / 32 == 1) {
            produce_numbers<width, tile, stages>(queries, sizes, numbers, barriers);
        }
    } else {
        registers_more<240>();
        consume<width, tile, stages, of_keys>(queries, sizes, shared, numbers, barriers, group, first_out, second_out);
    }
}

#define KERNEL(name, width, tile, stages, of_keys)                                                               \
    extern "C" __global__ void __launch_bounds__(384, 1)                                                         \
        name(const __grid_constant__ TensorMap first, const __grid_constant__ TensorMap second,                  \
             const __grid_constant__ TensorMap other_first, const __grid_constant__ TensorMap other_second,      \
             const Queries queries, unsigned short* first_out, unsigned short* second_out, const Sizes sizes) {  \
        const Maps maps{&first, &second, &other_first, &other_second};                                           \
        differentiate<width, tile, stages, of_keys>(maps, queries, first_out, second_out, sizes);                \
    }

KERNEL(attention_hopper_queries_64, 64, 128, 2, false)
KERNEL(attention_hopper_queries_128, 128, 64, 3, false)
KERNEL(attention_hopper_keys_values_64, 64, 64, 3, true)
KERNEL(attention_hopper_keys_values_128, 128, 64, 2, true)

#endif

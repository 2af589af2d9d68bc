// 3×3 convolutions on Hopper: pictures with the channels innermost, bf16, multiplied without being unfolded.
//
// A block owns tiles of 8 × 32 positions and `WIDE` outputs. One thread lets the card's copy engine bring 64 channels
// of such a tile with the positions around it, zero beyond the border, and the weights of one tap after the other; two
// groups of 128 threads multiply half the positions each. All taps read the same tile from another place on: eight
// positions of a line are eight rows of 128 bytes, whichever of them is the first, and the swizzle depends on the
// address alone. Results leave through shared memory, so that the next tile is multiplied while they are written; what
// is to be added to them comes the same way.
//
// Where every position stands for four of the result (nearest neighbours), the nine taps of each of the four meet only
// four positions: their weights were added up beforehand, and each of the four is a convolution of 2×2 taps.

#include "hopper.cuh"

#if defined(__CUDA_ARCH_FEAT_SM90_ALL)

typedef unsigned short bf16;

static constexpr int ACROSS = 8, DOWN = 32, POSITIONS = ACROSS * DOWN;
static constexpr int LINE = 128; // bytes of 64 channels

struct Shape {
    int batch, height, width; // positions that tiles are made of
    int channels, outputs;
    int side;   // taps across and down
    int halved; // whether only every second position has a result, the lower right one of its cell in the middle
    int copies; // results across and down that a position stands for
};

static __device__ inline void load_picture(unsigned to, const TensorMap* map, unsigned barrier, int channel, int x,
                                           int odd, int y, int picture) {
    asm volatile(
        "cp.async.bulk.tensor.5d.shared::cluster.global.mbarrier::complete_tx::bytes "
        "[%0], [%1, {%3, %4, %5, %6, %7}], [%2];"
        :: "r"(to), "l"(map), "r"(barrier), "r"(channel), "r"(x), "r"(odd), "r"(y), "r"(picture) : "memory");
}

static __device__ inline void load_weights(unsigned to, const TensorMap* map, unsigned barrier, int channel, int tap,
                                           int output, int copy) {
    asm volatile(
        "cp.async.bulk.tensor.4d.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1, {%3, %4, %5, %6}], [%2];"
        :: "r"(to), "l"(map), "r"(barrier), "r"(channel), "r"(tap), "r"(output), "r"(copy) : "memory");
}

static __device__ inline void store_picture(const TensorMap* map, unsigned from, int channel, int x, int odd, int y,
                                            int picture) {
    asm volatile(
        "cp.async.bulk.tensor.5d.global.shared::cta.bulk_group [%0, {%2, %3, %4, %5, %6}], [%1];"
        :: "l"(map), "r"(from), "r"(channel), "r"(x), "r"(odd), "r"(y), "r"(picture) : "memory");
}

static __device__ inline void store_commit() { asm volatile("cp.async.bulk.commit_group;" ::: "memory"); }

// Waits until this thread's stores have read what they write.
static __device__ inline void store_wait() { asm volatile("cp.async.bulk.wait_group.read 0;" ::: "memory"); }

// Shows what threads wrote to shared memory to the copy engine.
static __device__ inline void store_fence() { asm volatile("fence.proxy.async.shared::cta;" ::: "memory"); }

// Waits for the other threads of a group.
static __device__ inline void group_sync(int group) { asm volatile("bar.sync %0, 128;" :: "r"(1 + group) : "memory"); }

static __device__ inline unsigned shared_word(unsigned at) {
    unsigned word;
    asm volatile("ld.shared.b32 %0, [%1];" : "=r"(word) : "r"(at) : "memory");
    return word;
}

static __device__ inline void set_shared_word(unsigned at, unsigned word) {
    asm volatile("st.shared.b32 [%0], %1;" :: "r"(at), "r"(word) : "memory");
}

static __device__ inline unsigned pair(float low, float high) {
    unsigned both;
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(both) : "f"(high), "f"(low));
    return both;
}

static __device__ inline float low(unsigned both) { return __uint_as_float(both << 16); }
static __device__ inline float high(unsigned both) { return __uint_as_float(both & 0xffff0000u); }

// Rows of 128 bytes, swizzled; `eight` bytes lead from eight of them to the next eight.
static __device__ inline unsigned long long operand(unsigned address, unsigned eight) {
    return 1ull << 62 | static_cast<unsigned long long>(eight >> 4) << 32 | 1ull << 16 | (address & 0x3ffff) >> 4;
}

// `sum += a·bᵀ` over 16 channels, of 64 positions; `add` 0 forgets what was there.
#define PRODUCT(outputs, count, a_at, b_at, add_at)                                                                \
    static __device__ inline void multiply(float (&sum)[count], unsigned long long a, unsigned long long b, int add) { \
        asm volatile("{\n.reg .pred add;\nsetp.ne.b32 add, %" add_at ", 0;\n"                                      \
                     "wgmma.mma_async.sync.aligned.m64n" outputs "k16.f32.bf16.bf16 {" REGISTERS_##count "}, "     \
                     "%" a_at ", %" b_at ", add, 1, 1, 0, 0;\n}"                                                   \
                     : HELD_##count(sum) : "l"(a), "l"(b), "r"(add) : "memory");                                   \
    }
PRODUCT("128", 64, "64", "65", "66")
PRODUCT("64", 32, "32", "33", "34")

// What a block makes at a time: the first of its outputs, which of a position's copies, and its first position.
struct Tile { int output, copy, picture, y, x; };

static __device__ inline Tile tile_of(long long at, const Shape& shape, int wide) {
    const int parts = (shape.outputs + wide - 1) / wide, kinds = parts * shape.copies * shape.copies;
    const int columns = (shape.width + ACROSS - 1) / ACROSS, lines = (shape.height + DOWN - 1) / DOWN;
    const int kind = static_cast<int>(at % kinds);
    const long long place = at / kinds, line = place / columns;
    return Tile{kind % parts * wide, kind / parts, static_cast<int>(line / lines),
                static_cast<int>(line % lines) * DOWN, static_cast<int>(place % columns) * ACROSS};
}

// A place in a ring of buffers, and the parity of its barriers there.
template <int COUNT> struct Ring {
    int at;
    unsigned parity;
    __device__ inline void next() {
        if (++at == COUNT) {
            at = 0;
            parity ^= 1;
        }
    }
};

template <int WIDE> struct Memory {
    static constexpr int PICTURES = 2;
    static constexpr int PICTURE = ((ACROSS + 2) * (DOWN + 2) * LINE + 1023) / 1024 * 1024;
    static constexpr int WEIGHT = WIDE * LINE, WEIGHTS = 65536 / WEIGHT;
    static constexpr int PANEL = POSITIONS * LINE, PANELS = WIDE / 64;
    // Where things begin: pictures, weights, results.
    unsigned pictures, weights, results;
    // Barriers.
    unsigned picture_full, picture_empty, weight_full, weight_empty, results_full, results_empty;

    static constexpr int BARRIERS = 2 * PICTURES + 2 * WEIGHTS + 2;

    __device__ inline Memory(const unsigned char* dynamic, const unsigned long long* barriers) {
        pictures = (shared_address(dynamic) + 1023) & ~1023u;
        weights = pictures + PICTURES * PICTURE;
        results = weights + WEIGHTS * WEIGHT;
        picture_full = shared_address(barriers);
        picture_empty = picture_full + 8 * PICTURES;
        weight_full = picture_empty + 8 * PICTURES;
        weight_empty = weight_full + 8 * WEIGHTS;
        results_full = weight_empty + 8 * WEIGHTS;
        results_empty = results_full + 8;
    }

    // One arrival of the thread that loads; one of each group that has read.
    __device__ inline void init() const {
        for (int at = 0; at < PICTURES; ++at) {
            barrier_init(picture_full + 8 * at, 1);
            barrier_init(picture_empty + 8 * at, 2);
        }
        for (int at = 0; at < WEIGHTS; ++at) {
            barrier_init(weight_full + 8 * at, 1);
            barrier_init(weight_empty + 8 * at, 2);
        }
        barrier_init(results_full, 1);
        barrier_init(results_empty, 2);
        barrier_init_fence();
    }
};

struct Maps { const TensorMap *picture, *weight, *addend, *result; };

// What the loading thread does.
template <int WIDE>
static __device__ void load(const Memory<WIDE>& memory, const Maps& maps, const Shape& shape, bool adds, long long tiles) {
    using M = Memory<WIDE>;
    const int chunks = (shape.channels + 63) / 64, side = shape.side;
    const unsigned bytes = shape.halved ? POSITIONS * LINE : (ACROSS + side - 1) * (DOWN + side - 1) * LINE;
    Ring<M::PICTURES> picture{0, 1};
    Ring<M::WEIGHTS> weight{0, 1};
    unsigned parity = 0;
    for (long long at = blockIdx.x; at < tiles; at += gridDim.x, parity ^= 1) {
        const Tile tile = tile_of(at, shape, WIDE);
        const int y = tile.y + (tile.copy >> 1) - 1, x = tile.x + (tile.copy & 1) - 1;
        for (int chunk = 0; chunk < chunks; ++chunk) {
            for (int tap = 0; tap < side * side; ++tap) {
                if (shape.halved || tap == 0) {
                    const unsigned to = memory.pictures + picture.at * M::PICTURE;
                    const unsigned barrier = memory.picture_full + 8 * picture.at;
                    barrier_wait(memory.picture_empty + 8 * picture.at, picture.parity);
                    barrier_expect(barrier, bytes);
                    if (shape.halved) {
                        const int v = tap / 3, u = tap % 3;
                        load_picture(to, maps.picture, barrier, (u & 1) * shape.channels + chunk * 64,
                                     tile.x + (u >> 1), v & 1, tile.y + (v >> 1), tile.picture);
                    } else {
                        load_picture(to, maps.picture, barrier, chunk * 64, x, 0, y, tile.picture);
                    }
                    picture.next();
                }
                const unsigned barrier = memory.weight_full + 8 * weight.at;
                barrier_wait(memory.weight_empty + 8 * weight.at, weight.parity);
                barrier_expect(barrier, M::WEIGHT);
                load_weights(memory.weights + weight.at * M::WEIGHT, maps.weight, barrier, chunk * 64, tap,
                             tile.output, tile.copy);
                weight.next();
            }
            if (adds && chunk == 0) {
                barrier_wait(memory.results_empty, parity);
                barrier_expect(memory.results_full, M::PANELS * M::PANEL);
                for (int part = 0; part < 2 * M::PANELS; ++part) {
                    load_picture(memory.results + part * (M::PANEL / 2), maps.addend, memory.results_full,
                                 tile.output + part / 2 * 64, tile.x, 0, tile.y + part % 2 * (DOWN / 2), tile.picture);
                }
            }
        }
    }
}

// Adds bias and addend and rounds, in shared memory; then one thread stores what its group has made.
template <int WIDE>
static __device__ void put(const Memory<WIDE>& memory, const Maps& maps, const Shape& shape, const float* bias, bool adds,
                           const Tile& tile, const float (&sum)[2][WIDE / 2]) {
    using M = Memory<WIDE>;
    const int group = threadIdx.x / 128 - 1, warp = threadIdx.x / 32 % 4, lane = threadIdx.x % 32;
    const unsigned own = memory.results + group * (M::PANEL / 2);
#pragma unroll
    for (int j = 0; j < WIDE / 8; ++j) {
        const int output = tile.output + 8 * j + lane % 4 * 2;
        const float left = bias && output < shape.outputs ? bias[output] : 0.0f;
        const float right = bias && output < shape.outputs ? bias[output + 1] : 0.0f;
        // Eight rows have their eight pieces of 16 bytes in eight orders.
        const unsigned column = j / 8 * M::PANEL + (j % 8 ^ lane / 4) * 16 + lane % 4 * 4;
#pragma unroll
        for (int part = 0; part < 4; ++part) {
            const unsigned at = own + column + (part / 2 * 64 + warp * 16 + part % 2 * 8 + lane / 4) * LINE;
            const unsigned more = adds ? shared_word(at) : 0;
            const float* numbers = sum[part / 2] + 4 * j + part % 2 * 2;
            set_shared_word(at, pair(numbers[0] + left + low(more), numbers[1] + right + high(more)));
        }
    }
    store_fence();
    group_sync(group);
    if (threadIdx.x % 128 == 0) {
        for (int panel = 0; panel < M::PANELS && tile.output + panel * 64 < shape.outputs; ++panel) {
            store_picture(maps.result, own + panel * M::PANEL,
                          (tile.copy & 1) * shape.outputs + tile.output + panel * 64, tile.x, tile.copy >> 1,
                          tile.y + group * (DOWN / 2), tile.picture);
        }
        store_commit();
    }
}

// The same number by number, where a position's outputs do not begin at a multiple of 16 bytes.
template <int WIDE>
static __device__ void put_singly(const Shape& shape, const float* bias, const bf16* addend, bf16* out, const Tile& tile,
                                  const float (&sum)[2][WIDE / 2]) {
    const int group = threadIdx.x / 128 - 1, warp = threadIdx.x / 32 % 4, lane = threadIdx.x % 32;
#pragma unroll
    for (int part = 0; part < 4; ++part) {
        const int row = part / 2 * 64 + warp * 16 + part % 2 * 8 + lane / 4;
        const int y = tile.y + group * (DOWN / 2) + row / ACROSS, x = tile.x + row % ACROSS;
        const long long place = (static_cast<long long>(tile.picture) * shape.height + y) * shape.width + x;
#pragma unroll
        for (int number = 0; number < WIDE / 4; ++number) {
            const int output = tile.output + number / 2 * 8 + lane % 4 * 2 + number % 2;
            if (y < shape.height && x < shape.width && output < shape.outputs) {
                const long long at = place * shape.outputs + output;
                const float more = addend ? low(addend[at]) : 0.0f;
                const float value = sum[part / 2][number / 2 * 4 + part % 2 * 2 + number % 2];
                out[at] = static_cast<bf16>(pair(value + (bias ? bias[output] : 0.0f) + more, 0.0f));
            }
        }
    }
}

// What a multiplying thread does.
template <int WIDE>
static __device__ void multiply_tiles(const Memory<WIDE>& memory, const Maps& maps, const Shape& shape, const float* bias,
                                      const bf16* addend, bf16* out, long long tiles) {
    using M = Memory<WIDE>;
    const int chunks = (shape.channels + 63) / 64, taps = shape.side * shape.side, group = threadIdx.x / 128 - 1;
    const bool speaks = threadIdx.x % 128 == 0, whole = shape.outputs % 8 == 0, adds = whole && addend != nullptr;
    const unsigned line = (shape.halved ? ACROSS : ACROSS + shape.side - 1) * LINE;
    Ring<M::PICTURES> picture{0, 0};
    Ring<M::WEIGHTS> weight{0, 0};
    unsigned parity = 0;
    float sum[2][WIDE / 2];
    for (long long at = blockIdx.x; at < tiles; at += gridDim.x, parity ^= 1) {
        const Tile tile = tile_of(at, shape, WIDE);
        // What is read no more once the products begun last are done.
        unsigned read_weight = 0, read_picture = 0;
        for (int chunk = 0; chunk < chunks; ++chunk) {
            for (int tap = 0; tap < taps; ++tap) {
                if (shape.halved || tap == 0) {
                    barrier_wait(memory.picture_full + 8 * picture.at, picture.parity);
                }
                barrier_wait(memory.weight_full + 8 * weight.at, weight.parity);
                unsigned a = memory.pictures + picture.at * M::PICTURE + group * (DOWN / 2) * line;
                if (!shape.halved) {
                    a += tap / shape.side * line + tap % shape.side * LINE;
                }
                const unsigned b = memory.weights + weight.at * M::WEIGHT;
                product_fence();
#pragma unroll
                for (int k = 0; k < 4; ++k) {
                    const unsigned long long weights = operand(b + k * 32, 8 * LINE);
                    multiply(sum[0], operand(a + k * 32, line), weights, chunk | tap | k);
                    multiply(sum[1], operand(a + 8 * line + k * 32, line), weights, chunk | tap | k);
                }
                product_commit();
                product_wait<1>();
                if (speaks) {
                    if (read_weight) barrier_arrive(read_weight);
                    if (read_picture) barrier_arrive(read_picture);
                    if (chunk == 0 && tap == 3) {
                        // By now the last tile's results have been read; the loading thread counts on it.
                        store_wait();
                        if (adds) barrier_arrive(memory.results_empty);
                    }
                }
                read_weight = memory.weight_empty + 8 * weight.at;
                read_picture = 0;
                weight.next();
                if (shape.halved || tap == taps - 1) {
                    read_picture = memory.picture_empty + 8 * picture.at;
                    picture.next();
                }
            }
        }
        product_wait<0>();
        if (speaks) {
            barrier_arrive(read_weight);
            barrier_arrive(read_picture);
        }
        if (!whole) {
            put_singly<WIDE>(shape, bias, addend, out, tile, sum);
            continue;
        }
        if (adds) barrier_wait(memory.results_full, parity);
        group_sync(group);
        put<WIDE>(memory, maps, shape, bias, adds, tile, sum);
    }
    if (speaks) {
        store_wait();
    }
}

template <int WIDE>
static __device__ void convolve(const Maps& maps, const float* bias, const bf16* addend, bf16* out, const Shape& shape,
                                long long tiles) {
    extern __shared__ unsigned char dynamic[];
    __shared__ alignas(8) unsigned long long barriers[Memory<WIDE>::BARRIERS];
    const Memory<WIDE> memory(dynamic, barriers);
    if (threadIdx.x == 0) {
        memory.init();
    }
    __syncthreads();
    if (threadIdx.x < 128) {
        registers_fewer<40>();
        if (threadIdx.x == 0) {
            load<WIDE>(memory, maps, shape, addend != nullptr && shape.outputs % 8 == 0, tiles);
        }
    } else {
        registers_more<232>();
        multiply_tiles<WIDE>(memory, maps, shape, bias, addend, out, tiles);
    }
}

#define KERNEL(WIDE)                                                                                               \
    extern "C" __global__ void __launch_bounds__(384, 1) convolve_##WIDE(                                          \
        const __grid_constant__ TensorMap picture, const __grid_constant__ TensorMap weight,                       \
        const __grid_constant__ TensorMap addend_map, const __grid_constant__ TensorMap result, const float* bias, \
        const bf16* addend, bf16* out, Shape shape, long long tiles) {                                             \
        convolve<WIDE>(Maps{&picture, &weight, &addend_map, &result}, bias, addend, out, shape, tiles);            \
    }
KERNEL(128)
KERNEL(64)

#endif

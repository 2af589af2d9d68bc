// Products of 128 × 256 tiles on Hopper, through stages in shared memory that one warpgroup fills and two empty.

#include "hopper.cuh"

#if defined(__CUDA_ARCH_FEAT_SM90_ALL)

constexpr int TALL = 128, WIDE = 256, DEPTH = 64, STAGES = 4;
constexpr unsigned BOX_BYTES = 64 * DEPTH * 2, LEFT_BYTES = TALL / 64 * BOX_BYTES, RIGHT_BYTES = WIDE / 64 * BOX_BYTES;
constexpr unsigned STAGE_BYTES = LEFT_BYTES + RIGHT_BYTES;
constexpr unsigned ALL = 0xffffffffu;

// Where stages lie in shared memory, and the barriers of each.
struct Stages {
    unsigned tiles, full, empty;

    __device__ unsigned left(int stage) const { return tiles + stage * STAGE_BYTES; }
    __device__ unsigned right(int stage) const { return left(stage) + LEFT_BYTES; }
    __device__ unsigned filled(int stage) const { return full + 8 * stage; }
    __device__ unsigned emptied(int stage) const { return empty + 8 * stage; }
};

// The stages of this block. All threads of it.
__device__ inline Stages begin_stages() {
    extern __shared__ unsigned char memory[];
    __shared__ alignas(8) unsigned long long barriers[2 * STAGES];
    const unsigned full = shared_address(barriers);
    const Stages stages{(shared_address(memory) + 1023) & ~1023u, full, full + 8 * STAGES};
    if (threadIdx.x == 0) {
        for (int stage = 0; stage < STAGES; ++stage) {
            barrier_init(stages.filled(stage), 1);
            barrier_init(stages.emptied(stage), 2);
        }
        barrier_init_fence();
    }
    __syncthreads();
    return stages;
}

// A stage, and the parity of how often all of them have been used.
struct Place {
    int stage = 0;
    unsigned phase = 0;

    __device__ void next() {
        if (++stage == STAGES) {
            stage = 0;
            phase ^= 1;
        }
    }
};

// 64 × 256 products over `steps` stages, more than none, of which this warpgroup's half of the left tile begins at byte
// `from`. All threads of a warpgroup.
template <bool LEFT_COLUMNS, bool RIGHT_COLUMNS>
__device__ inline void multiply(float (&sum)[128], unsigned from, int steps, const Stages& stages, Place& place) {
    int last = place.stage;
    for (int step = 0; step < steps; ++step) {
        barrier_wait(stages.filled(place.stage), place.phase);
        const unsigned long long left = tile_descriptor(stages.left(place.stage) + from, BOX_BYTES);
        const unsigned long long right = tile_descriptor(stages.right(place.stage), BOX_BYTES);
        product_fence();
#pragma unroll
        for (int k = 0; k < DEPTH / 16; ++k) {
            product_64x256x16<LEFT_COLUMNS, RIGHT_COLUMNS>(sum, left + (LEFT_COLUMNS ? 128 : 2) * k,
                                                           right + (RIGHT_COLUMNS ? 128 : 2) * k, step > 0 || k > 0);
        }
        product_commit();
        if (step > 0) {
            product_wait<1>();
            if (threadIdx.x % 128 == 0) barrier_arrive(stages.emptied(last));
        }
        last = place.stage;
        place.next();
    }
    product_wait<0>();
    if (threadIdx.x % 128 == 0) barrier_arrive(stages.emptied(last));
}

// Of the 64 × 256 numbers of a warpgroup a thread holds, of two rows eight apart, `half` 0 and 1, the columns 8j and
// 8j + 1 from its first one on.
struct Held {
    float numbers[128];

    __device__ float& at(int half, int j, int next) { return numbers[4 * j + 2 * half + next]; }
};

// This thread's first row in the block's tile, and its first column.
__device__ inline int own_row() { return (threadIdx.x / 128 - 1) * 64 + threadIdx.x % 128 / 32 * 16 + threadIdx.x % 32 / 4; }
__device__ inline int own_column() { return threadIdx.x % 4 * 2; }

__device__ inline unsigned narrow_two(float low, float high) {
    unsigned both;
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(both) : "f"(high), "f"(low));
    return both;
}

#endif

// Gradients of the fused cross-entropy on Hopper from tiles of probabilities that matter: those where no row has more
// than a little are left out of both products.

#include "pipeline.cuh"
#include "cross_entropy.cuh"

#if defined(__CUDA_ARCH_FEAT_SM90_ALL)

// Which tiles take part: a byte for each, [tiles of rows, tiles of codes]. A block to each, a thread to each row.
//
// A tile does where a row has a pick in it, or where what its probabilities and those of its groups pull adds up to
// `skip` or more.
extern "C" __global__ void __launch_bounds__(TALL) cross_entropy_mark(Tiled tiled, Rows rows, Levels levels, float scale,
                                                                    float skip, int codes, unsigned char* marks,
                                                                    int row_count) {
    const int row = blockIdx.y * TALL + threadIdx.x, start = blockIdx.x * WIDE, width = min(WIDE, codes - start);
    bool taken = false;
    if (row < row_count) {
        const Exponentials all = rows.all[row];
        const float sum = tiled.sums[static_cast<long long>(row) * gridDim.x + blockIdx.x] * exp2f(-SHIFT);
        float part = scale * sum * expf(all.reference - all.sum);
        const int* picks = rows.picks + static_cast<long long>(row) * rows.count;
        for (int level = 0; level < levels.count; ++level) {
            const long long place = static_cast<long long>(row) * levels.count + level;
            const Range group = group_of(picks[0], levels.sizes[level], start, width);
            if (group.first >= group.end) {
                continue;
            }
            const bool whole = group.end - group.first == width;
            const Exponentials edge = tiled.edges[2 * place + (group.first == 0)];
            const Exponentials own = whole ? Exponentials{all.reference, sum} : edge;
            part += levels.weights[level] * own.sum * expf(own.reference - rows.groups[place].sum);
        }
        // A comparison that a number which is none does not pass.
        taken = !(part < skip);
        for (int pick = 0; pick < rows.count; ++pick) {
            taken |= picks[pick] >= start && picks[pick] < start + width;
        }
    }
    taken = __syncthreads_or(taken);
    if (threadIdx.x == 0) {
        marks[static_cast<long long>(blockIdx.y) * gridDim.x + blockIdx.x] = taken;
    }
}

// Numbers of tiles that take part, in order, [lists, most], and how many there are in each list.
struct Lists {
    int* counts;
    int* numbers;
    int most;
};

// Makes lists of marks: of tiles of codes for each tile of rows, and of tiles of rows for each tile of codes. A thread to
// each list.
extern "C" __global__ void cross_entropy_list(const unsigned char* marks, Lists rows, Lists codes) {
    const int at = blockIdx.x * blockDim.x + threadIdx.x, tall = codes.most, wide = rows.most;
    if (at >= tall + wide) {
        return;
    }
    const bool row = at < tall;
    const int own = row ? at : at - tall;
    const Lists lists = row ? rows : codes;
    int count = 0;
    for (int other = 0; other < lists.most; ++other) {
        const long long mark = row ? static_cast<long long>(own) * wide + other : static_cast<long long>(other) * wide + own;
        if (marks[mark]) {
            lists.numbers[static_cast<long long>(own) * lists.most + count++] = other;
        }
    }
    lists.counts[own] = count;
}

// What is multiplied, and what comes of it: for the hidden vectors rows × width, over tiles of codes; for the head
// codes × width, over tiles of rows.
template <bool HEAD>
struct Job {
    Lists lists;
    int tall, width;

    // Stages that a tile of the other side takes.
    static constexpr int STEPS = (HEAD ? TALL : WIDE) / DEPTH;

    __device__ int tiles() const { return (tall + TALL - 1) / TALL * ((width + WIDE - 1) / WIDE); }
    __device__ int first_row(int tile) const { return tile % ((tall + TALL - 1) / TALL) * TALL; }
    __device__ int first_column(int tile) const { return tile / ((tall + TALL - 1) / TALL) * WIDE; }
    __device__ int list(int tile) const { return first_row(tile) / (HEAD ? WIDE : TALL); }
    __device__ int steps(int tile) const { return lists.counts[list(tile)] * STEPS; }

    // The first row or code of the other side in a step.
    __device__ int other(int tile, int step) const {
        const int number = lists.numbers[static_cast<long long>(list(tile)) * lists.most + step / STEPS];
        return number * (HEAD ? TALL : WIDE) + step % STEPS * DEPTH;
    }
};

// One thread fetches what the block multiplies.
template <bool HEAD>
static __device__ inline void fetch(const TensorMap* kept, const TensorMap* right, const Job<HEAD>& job,
                                    const Stages& stages) {
    Place place;
    for (int tile = blockIdx.x; tile < job.tiles(); tile += gridDim.x) {
        const int steps = job.steps(tile), row = job.first_row(tile), column = job.first_column(tile);
        for (int step = 0; step < steps; ++step) {
            const int other = job.other(tile, step);
            barrier_wait(stages.emptied(place.stage), place.phase ^ 1);
            const unsigned barrier = stages.filled(place.stage);
            barrier_expect(barrier, STAGE_BYTES);
            for (int box = 0; box < TALL / 64; ++box) {
                const int x = HEAD ? row + 64 * box : other, y = HEAD ? other : row + 64 * box;
                load_box(stages.left(place.stage) + box * BOX_BYTES, kept, barrier, x, y);
            }
            for (int box = 0; box < WIDE / 64; ++box) {
                load_box(stages.right(place.stage) + box * BOX_BYTES, right, barrier, column + 64 * box, other);
            }
            place.next();
        }
    }
}

static __device__ inline void write_two(bf16* to, float low, float high, bool add) {
    if (add) {
        unsigned old;
        asm volatile("ld.global.b32 %0, [%1];" : "=r"(old) : "l"(to) : "memory");
        low += __uint_as_float(old << 16);
        high += __uint_as_float(old & 0xffff0000u);
    }
    asm volatile("st.global.b32 [%0], %1;" :: "l"(to), "r"(narrow_two(low, high)) : "memory");
}

static __device__ inline void write_two(float* to, float low, float high, bool add) {
    if (add) {
        float first, next;
        asm volatile("ld.global.v2.f32 {%0, %1}, [%2];" : "=f"(first), "=f"(next) : "l"(to) : "memory");
        low += first;
        high += next;
    }
    asm volatile("st.global.v2.f32 [%0], {%1, %2};" :: "l"(to), "f"(low), "f"(high) : "memory");
}

// Zeros where nothing takes part. A warpgroup, each its half of the tile.
template <bool HEAD, typename T>
static __device__ inline void blank(const Job<HEAD>& job, int tile, T* out) {
    const int row = job.first_row(tile) + (threadIdx.x / 128 - 1) * 64, column = job.first_column(tile);
    const int rows = min(64, job.tall - row), columns = min(WIDE, job.width - column);
    for (int at = threadIdx.x % 128; at < rows * WIDE; at += 128) {
        if (at % WIDE < columns) {
            out[static_cast<long long>(row + at / WIDE) * job.width + column + at % WIDE] = T(0);
        }
    }
}

// The gradient in `job.tall` rows of `job.width` numbers, times the factor of each unless `factors` is null; added to
// what is there where `add`.
template <bool HEAD, typename T>
static __device__ __forceinline__ void gradient(const TensorMap* kept, const TensorMap* right, const Job<HEAD>& job,
                                                const float* factors, T* out, bool add) {
    const Stages stages = begin_stages();
    if (threadIdx.x < 128) {
        registers_fewer<40>();
        if (threadIdx.x == 0) {
            fetch(kept, right, job, stages);
        }
        return;
    }
    registers_more<232>();
    Place place;
    for (int tile = blockIdx.x; tile < job.tiles(); tile += gridDim.x) {
        const int steps = job.steps(tile);
        if (steps == 0) {
            if (!add) blank(job, tile, out);
            continue;
        }
        Held sums;
        multiply<HEAD, true>(sums.numbers, (threadIdx.x / 128 - 1) * BOX_BYTES, steps, stages, place);
#pragma unroll
        for (int half = 0; half < 2; ++half) {
            const int row = job.first_row(tile) + own_row() + 8 * half, column = job.first_column(tile) + own_column();
            const bool there = row < job.tall;
            const float factor = there && factors != nullptr ? factors[row] : 1.0f;
            T* line = out + static_cast<long long>(row) * job.width + column;
            const int rest = there ? job.width - column : 0;
#pragma unroll
            for (int j = 0; j < 32; ++j) {
                if (8 * j < rest) {
                    write_two(line + 8 * j, sums.at(half, j, 0) * factor, sums.at(half, j, 1) * factor, add);
                }
            }
        }
    }
}

// Σ over tiles of codes of kept exponentials times the head, each row times its factor.
extern "C" __global__ void __launch_bounds__(384, 1) cross_entropy_hidden(
    const __grid_constant__ TensorMap kept, const __grid_constant__ TensorMap weight, const Lists lists, int rows, int width,
    const float* factors, bf16* out) {
    gradient(&kept, &weight, Job<false>{lists, rows, width}, factors, out, false);
}

// Σ over tiles of rows of kept exponentials times hidden vectors that have their factors already.
#define HEAD_GRADIENT(NAME, T)                                                                                     \
    extern "C" __global__ void __launch_bounds__(384, 1) NAME(                                                     \
        const __grid_constant__ TensorMap kept, const __grid_constant__ TensorMap hidden, const Lists lists,       \
        int codes, int width, T* out, int add) {                                                                   \
        gradient(&kept, &hidden, Job<true>{lists, codes, width}, nullptr, out, add != 0);                          \
    }

HEAD_GRADIENT(cross_entropy_head_bf16, bf16)
HEAD_GRADIENT(cross_entropy_head_f32, float)

#endif

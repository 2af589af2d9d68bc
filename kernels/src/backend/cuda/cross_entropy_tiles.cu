// The forward part of the fused cross-entropy on Hopper: logits become exponentials while they are still in registers.
//
// A block has three warpgroups: one fetches tiles of hidden vectors and of the head, two multiply them. It goes through
// tiles of 128 rows × 256 codes, rows first, so that what several blocks read of the head they read at about one time.

#include "pipeline.cuh"
#include "cross_entropy.cuh"

#if defined(__CUDA_ARCH_FEAT_SM90_ALL)

// The sum over the four threads that share a row.
static __device__ inline float over_row(float sum) {
    sum += __shfl_xor_sync(ALL, sum, 1);
    return sum + __shfl_xor_sync(ALL, sum, 2);
}

// How tiles are numbered.
struct Tiles {
    int rows, codes, steps;

    __device__ int count() const { return rows * codes; }
    __device__ int row(int tile) const { return tile % rows * TALL; }
    __device__ int code(int tile) const { return tile / rows * WIDE; }
};

// One thread fetches what the block multiplies.
static __device__ void fetch(const TensorMap* hidden, const TensorMap* weight, const Tiles& tiles, const Stages& stages) {
    Place place;
    for (int tile = blockIdx.x; tile < tiles.count(); tile += gridDim.x) {
        for (int step = 0; step < tiles.steps; ++step) {
            barrier_wait(stages.emptied(place.stage), place.phase ^ 1);
            const unsigned barrier = stages.filled(place.stage);
            barrier_expect(barrier, STAGE_BYTES);
            load_box(stages.left(place.stage), hidden, barrier, step * DEPTH, tiles.row(tile));
            load_box(stages.right(place.stage), weight, barrier, step * DEPTH, tiles.code(tile));
            place.next();
        }
    }
}

// Sums over groups that a tile holds only a part of: [rows, levels, 2], the end of the tile first. Whether a row is
// `there` is the same for the four threads that share it.
static __device__ inline void take_edges(Held& logits, int half, int row, bool there, int code, int width,
                                         const Rows& rows, const Levels& levels, Exponentials* edges) {
    const int target = there ? rows.picks[static_cast<long long>(row) * rows.count] : 0;
    const int own = own_column();
    for (int level = 0; level < levels.count; ++level) {
        const Range group = group_of(target, levels.sizes[level], code, width);
        const bool cut = there && group.first < group.end && group.end - group.first < width;
        if (!__any_sync(ALL, cut)) {
            continue;
        }
        float largest = -infinity();
#pragma unroll
        for (int at = 0; at < 64; ++at) {
            const int column = at / 2 * 8 + own + at % 2;
            const bool in = column >= group.first && column < group.end;
            largest = fmaxf(largest, in ? logits.at(half, at / 2, at % 2) : -infinity());
        }
        largest = fmaxf(largest, __shfl_xor_sync(ALL, largest, 1));
        largest = fmaxf(largest, __shfl_xor_sync(ALL, largest, 2));
        float sum = 0.0f;
#pragma unroll
        for (int at = 0; at < 64; ++at) {
            const int column = at / 2 * 8 + own + at % 2;
            const bool in = column >= group.first && column < group.end;
            sum += in ? exp2_fast((logits.at(half, at / 2, at % 2) - largest) * LOG2_E) : 0.0f;
        }
        sum = over_row(sum);
        if (cut && threadIdx.x % 4 == 0) {
            const long long place = static_cast<long long>(row) * levels.count + level;
            edges[2 * place + (group.first == 0)] = Exponentials{largest, sum};
        }
    }
}

// Logits of a row become exponentials relative to `reference`. Their sum over the tile.
static __device__ inline float exponentials(Held& logits, int half, float reference) {
    const float shift = fmaf(reference, -LOG2_E, SHIFT);
    float even = 0.0f, odd = 0.0f;
#pragma unroll
    for (int j = 0; j < 32; ++j) {
        float& first = logits.at(half, j, 0);
        float& next = logits.at(half, j, 1);
        first = exp2_fast(fmaf(first, LOG2_E, shift));
        next = exp2_fast(fmaf(next, LOG2_E, shift));
        even += first;
        odd += next;
    }
    return over_row(even + odd);
}

// Writes a row's exponentials, `width` of them and what fills up eight; neighbouring threads first exchange every other
// pair, so that each has four side by side and a sector of memory is written at once.
static __device__ inline void keep(Held& logits, int half, bool there, bf16* out, int width) {
    const bool odd = threadIdx.x % 2 == 1;
    const int own = (odd ? 8 : 0) + (threadIdx.x & 2) * 2;
#pragma unroll
    for (int j = 0; j < 32; j += 2) {
        unsigned low = narrow_two(logits.at(half, j, 0), logits.at(half, j, 1));
        unsigned high = narrow_two(logits.at(half, j + 1, 0), logits.at(half, j + 1, 1));
        const unsigned other = __shfl_xor_sync(ALL, odd ? low : high, 1);
        (odd ? low : high) = other;
        const int column = 8 * j + own;
        if (there && column < width) {
            asm volatile("st.global.cs.v2.b32 [%0], {%1, %2};" :: "l"(out + column), "r"(low), "r"(high) : "memory");
        }
    }
}

// Takes all codes into account: keeps exponentials unless `kept` has no place for them, and writes their sums over each
// tile to `sums`, [rows, tiles of codes], and over parts of groups to `edges`.
extern "C" __global__ void __launch_bounds__(384, 1) cross_entropy_tiles(
    const __grid_constant__ TensorMap hidden, const __grid_constant__ TensorMap weight, int row_count, int width,
    Kept<bf16> kept, Rows rows, const __grid_constant__ Levels levels, float* sums, Exponentials* edges) {
    const Stages stages = begin_stages();
    const Tiles tiles{(row_count + TALL - 1) / TALL, (kept.codes + WIDE - 1) / WIDE, (width + DEPTH - 1) / DEPTH};
    if (threadIdx.x < 128) {
        registers_fewer<40>();
        if (threadIdx.x == 0) {
            fetch(&hidden, &weight, tiles, stages);
        }
        return;
    }
    registers_more<232>();
    const unsigned from = (threadIdx.x / 128 - 1) * BOX_BYTES;
    Place place;
    for (int tile = blockIdx.x; tile < tiles.count(); tile += gridDim.x) {
        Held logits;
        multiply<false, false>(logits.numbers, from, tiles.steps, stages, place);
        const int code = tiles.code(tile), codes = min(WIDE, kept.codes - code);
        if (codes < WIDE) {
#pragma unroll
            for (int at = 0; at < 128; ++at) {
                const int column = at / 4 * 8 + own_column() + at % 2;
                logits.numbers[at] = column < codes ? logits.numbers[at] : -infinity();
            }
        }
#pragma unroll
        for (int half = 0; half < 2; ++half) {
            const int row = tiles.row(tile) + own_row() + 8 * half;
            const bool there = row < row_count;
            take_edges(logits, half, row, there, code, codes, rows, levels, edges);
            const float sum = exponentials(logits, half, there ? rows.all[row].reference : 0.0f);
            if (there && threadIdx.x % 4 == 0) {
                sums[static_cast<long long>(row) * tiles.codes + code / WIDE] = sum;
            }
            if (kept.first != nullptr) {
                keep(logits, half, there, there ? kept.at(row, code) : nullptr, codes);
            }
        }
    }
}

#endif

// Tiles of attention in shared memory, on any card from Ampere on: rows of `width` numbers, in pieces of eight that are
// swapped about so that eight rows' pieces of one column lie in different banks.

static constexpr int THREADS = 128;

// Where a tensor `[batch, places, heads, width]` lies: elements from batch to batch, place to place, head to head.
struct Strides { long long batch, place, head; };

__device__ inline unsigned shared_address(const void* pointer) {
    return static_cast<unsigned>(__cvta_generic_to_shared(pointer));
}

template <int width> __device__ inline unsigned piece(unsigned row, unsigned column) {
    return (row * (width / 8) + (column ^ (row & 7))) * 16;
}

// Begins to bring rows of a tensor; what lies beyond `rows` or the true width becomes zero.
template <int width, int tile>
__device__ inline void bring(unsigned target, const unsigned short* source, long long pitch, int rows,
                             unsigned true_width) {
    constexpr unsigned PIECES = width / 8;
#pragma unroll
    for (unsigned at = threadIdx.x; at < tile * PIECES; at += THREADS) {
        const unsigned row = at / PIECES;
        const unsigned column = at % PIECES;
        const bool inside = static_cast<int>(row) < rows && column * 8 < true_width;
        const unsigned short* from = inside ? source + row * pitch + column * 8 : source;
        asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(target + piece<width>(row, column)),
                     "l"(from), "r"(inside ? 16 : 0) : "memory");
    }
}
__device__ inline void bring_commit() { asm volatile("cp.async.commit_group;" ::: "memory"); }
template <int pending> __device__ inline void bring_wait() {
    asm volatile("cp.async.wait_group %0;" ::"n"(pending) : "memory");
}

// Four 8×8 blocks, from the rows whose addresses the lanes give.
__device__ inline void blocks(unsigned (&words)[4], unsigned address) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(words[0]), "=r"(words[1]), "=r"(words[2]), "=r"(words[3]) : "r"(address) : "memory");
}
__device__ inline void blocks_transposed(unsigned (&words)[4], unsigned address) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(words[0]), "=r"(words[1]), "=r"(words[2]), "=r"(words[3]) : "r"(address) : "memory");
}

// `x += a·b`: 16×16 by 16×8.
__device__ inline void multiply(float* x, const unsigned (&a)[4], unsigned b_0, unsigned b_1) {
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
                 "{%0, %1, %2, %3};"
                 : "+f"(x[0]), "+f"(x[1]), "+f"(x[2]), "+f"(x[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b_0), "r"(b_1));
}

// `scores = q·kᵀ` of the warp's 16 rows.
template <int width, int tile>
__device__ inline void score(float (&scores)[tile / 2], unsigned queries, unsigned keys, unsigned true_width) {
    const unsigned lane = threadIdx.x % 32;
    const unsigned warp = threadIdx.x / 32;
#pragma unroll
    for (int i = 0; i < tile / 2; ++i) { scores[i] = 0.0f; }
#pragma unroll
    for (int step = 0; step < width / 16; ++step) {
        if (step * 16 >= true_width) { break; }
        unsigned asking[4];
        blocks(asking, queries + piece<width>(16 * warp + lane % 16, 2 * step + lane / 16));
#pragma unroll
        for (int pair = 0; pair < tile / 16; ++pair) {
            unsigned asked[4];
            blocks(asked, keys + piece<width>(16 * pair + lane % 8 + lane / 16 * 8, 2 * step + lane / 8 % 2));
            multiply(&scores[8 * pair], asking, asked[0], asked[1]);
            multiply(&scores[8 * pair + 4], asking, asked[2], asked[3]);
        }
    }
}

// `sums += weights·v`, the weights rounded.
template <int width, int tile>
__device__ inline void mix(float (&sums)[width / 2], const float (&weights)[tile / 2], unsigned values,
                                  unsigned true_width) {
    const unsigned lane = threadIdx.x % 32;
#pragma unroll
    for (int step = 0; step < tile / 16; ++step) {
        unsigned shares[4];
#pragma unroll
        for (int i = 0; i < 4; ++i) {
            shares[i] = pack(weights[8 * step + 2 * i], weights[8 * step + 2 * i + 1]);
        }
#pragma unroll
        for (int pair = 0; pair < width / 16; ++pair) {
            if (pair * 16 >= true_width) { break; }
            unsigned mixed[4];
            blocks_transposed(mixed, values + piece<width>(16 * step + lane % 16, 2 * pair + lane / 16));
            multiply(&sums[8 * pair], shares, mixed[0], mixed[1]);
            multiply(&sums[8 * pair + 4], shares, mixed[2], mixed[3]);
        }
    }
}

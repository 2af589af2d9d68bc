// Products of tiles on Hopper, by 128 threads together: 64 rows, in registers.
//
// A tile in shared memory lies in chunks of 64 columns, each with all rows behind one another.

#if defined(__CUDA_ARCH_FEAT_SM90_ALL)

// Keeps the compiler from moving reads and writes of registers that products are made in.
template <int count> __device__ inline void hold(float (&registers)[count]) {
#pragma unroll
    for (int i = 0; i < count; ++i) {
        asm volatile("" : "+f"(registers[i])::"memory");
    }
}

// `x = a·bᵀ`, or `x += a·bᵀ`, of 16 columns of both operands in shared memory.
#define SHARED_PRODUCT(columns, count, a_at, b_at, add_at)                                                       \
    __device__ inline void multiply(float (&x)[count], u64 a, u64 b, int add) {                           \
        asm volatile("{\n.reg .pred add;\nsetp.ne.b32 add, %" add_at ", 0;\n"                                    \
                     "wgmma.mma_async.sync.aligned.m64n" columns "k16.f32.bf16.bf16 {" REGISTERS_##count "}, "   \
                     "%" a_at ", %" b_at ", add, 1, 1, 0, 0;\n}"                                                 \
                     : HELD_##count(x)                                                                           \
                     : "l"(a), "l"(b), "r"(add));                                                                \
    }
// `x += a·b` of 16 columns of `a` in registers and 16 rows of `b` in shared memory.
#define REGISTER_PRODUCT(columns, count, a_0, a_1, a_2, a_3, b_at)                                               \
    __device__ inline void multiply(float (&x)[count], const unsigned (&a)[4], u64 b) {                   \
        asm volatile("wgmma.mma_async.sync.aligned.m64n" columns "k16.f32.bf16.bf16 {" REGISTERS_##count "}, "   \
                     "{%" a_0 ", %" a_1 ", %" a_2 ", %" a_3 "}, %" b_at ", 1, 1, 1, 1;\n"                        \
                     : HELD_##count(x)                                                                           \
                     : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b));                                      \
    }

SHARED_PRODUCT("128", 64, "64", "65", "66")
SHARED_PRODUCT("64", 32, "32", "33", "34")
REGISTER_PRODUCT("128", 64, "64", "65", "66", "67", "68")
REGISTER_PRODUCT("64", 32, "32", "33", "34", "35", "36")

// Numbers of a product as left operands of 16 columns each.
template <int count>
__device__ inline void round_all(const float (&scores)[count], unsigned (&weights)[count / 8][4]) {
#pragma unroll
    for (int i = 0; i < count / 2; ++i) {
        weights[i / 4][i % 4] = pack(scores[2 * i], scores[2 * i + 1]);
    }
}

// `scores = a·bᵀ` for 64 of 128 rows at `a`.
template <int width, int tile> __device__ inline void score(float (&scores)[tile / 2], unsigned a, unsigned b) {
#pragma unroll
    for (int step = 0; step < width / 16; ++step) {
        const unsigned chunk = step / 4, inside = step % 4 * 32;
        multiply(scores, tile_descriptor(a + chunk * 128 * 128 + inside),
                 tile_descriptor(b + chunk * tile * 128 + inside), step > 0);
    }
}

// `sums += weights·b`.
template <int width, int tile>
__device__ inline void mix(float (&sums)[width / 2], const unsigned (&weights)[tile / 16][4], unsigned b) {
#pragma unroll
    for (int step = 0; step < tile / 16; ++step) {
        multiply(sums, weights[step], tile_descriptor(b + step * 16 * 128, tile * 128));
    }
}

#endif

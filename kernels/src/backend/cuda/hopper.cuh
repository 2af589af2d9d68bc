// Hopper's ways of moving and multiplying tiles, one function to an instruction.
//
// Tiles are rows of 64 bf16 numbers (128 bytes), as the tensor memory accelerator lays them with its 128-byte swizzle;
// each begins at a multiple of 1024 bytes of shared memory.

#if defined(__CUDA_ARCH_FEAT_SM90_ALL)

// A description of a matrix in memory, made by the driver.
struct alignas(64) TensorMap { unsigned char opaque[128]; };

__device__ inline unsigned shared_address(const void* at) {
    return static_cast<unsigned>(__cvta_generic_to_shared(at));
}

__device__ inline void barrier_init(unsigned barrier, unsigned arrivals) {
    asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" :: "r"(barrier), "r"(arrivals) : "memory");
}

// Makes initialised barriers known to the copy engine.
__device__ inline void barrier_init_fence() {
    asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
}

// Arrives, and lets the phase wait for so many bytes.
__device__ inline void barrier_expect(unsigned barrier, unsigned bytes) {
    asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" :: "r"(barrier), "r"(bytes) : "memory");
}

__device__ inline void barrier_arrive(unsigned barrier) {
    asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" :: "r"(barrier) : "memory");
}

// Waits until the phase with this parity is over.
__device__ inline void barrier_wait(unsigned barrier, unsigned parity) {
    asm volatile(
        "{\n\t.reg .pred done;\n\t"
        "again:\n\t"
        "mbarrier.try_wait.parity.shared::cta.b64 done, [%0], %1;\n\t"
        "@done bra over;\n\t"
        "bra again;\n\t"
        "over:\n\t}"
        :: "r"(barrier), "r"(parity) : "memory");
}

// Copies the box that begins at column x of row y; zero beyond the matrix. One thread.
__device__ inline void load_box(unsigned to, const TensorMap* map, unsigned barrier, int x, int y) {
    asm volatile(
        "cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1, {%3, %4}], [%2];"
        :: "r"(to), "l"(map), "r"(barrier), "r"(x), "r"(y) : "memory");
}

// The same of an array of four dimensions, the innermost first.
__device__ inline void load_box(unsigned to, const TensorMap* map, unsigned barrier, int x, int y, int z, int w) {
    asm volatile(
        "cp.async.bulk.tensor.4d.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1, {%3, %4, %5, %6}], [%2];"
        :: "r"(to), "l"(map), "r"(barrier), "r"(x), "r"(y), "r"(z), "r"(w) : "memory");
}

// What a product wants to know of a tile, in units of 16 bytes: its rows are 128 bytes, swizzled, eight of them 1024.
// Where it multiplies along the rows, 16 numbers further on is 2 units further on.
// Where it multiplies along the columns, that is 128 units, and the next 64 columns lie `next` bytes on.
__device__ inline unsigned long long tile_descriptor(unsigned address, unsigned next = 16) {
    constexpr unsigned long long SWIZZLE_128 = 1ull << 62, EIGHT_ROWS = (1024ull >> 4) << 32;
    return SWIZZLE_128 | EIGHT_ROWS | static_cast<unsigned long long>(next >> 4) << 16 | ((address & 0x3ffff) >> 4);
}

__device__ inline void product_fence() { asm volatile("wgmma.fence.sync.aligned;" ::: "memory"); }

__device__ inline void product_commit() { asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory"); }

// Waits until no more than COUNT committed groups are unfinished.
template <int COUNT>
__device__ inline void product_wait() {
    asm volatile("wgmma.wait_group.sync.aligned %0;" :: "n"(COUNT) : "memory");
}

template <int COUNT>
__device__ inline void registers_more() {
    asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" :: "n"(COUNT));
}

template <int COUNT>
__device__ inline void registers_fewer() {
    asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" :: "n"(COUNT));
}

// Operands of products: numbers of 32 or 64 registers, and what a thread holds in them.
#define REGISTERS_32 "%0,%1,%2,%3,%4,%5,%6,%7,%8,%9,%10,%11,%12,%13,%14,%15," \
    "%16,%17,%18,%19,%20,%21,%22,%23,%24,%25,%26,%27,%28,%29,%30,%31"
#define REGISTERS_64 REGISTERS_32 ",%32,%33,%34,%35,%36,%37,%38,%39,%40,%41,%42,%43,%44,%45,%46,%47," \
    "%48,%49,%50,%51,%52,%53,%54,%55,%56,%57,%58,%59,%60,%61,%62,%63"
#define EIGHT(x, i)                                                                                              \
    "+f"(x[i]), "+f"(x[i + 1]), "+f"(x[i + 2]), "+f"(x[i + 3]), "+f"(x[i + 4]), "+f"(x[i + 5]), "+f"(x[i + 6]),  \
        "+f"(x[i + 7])
#define HELD_32(x) EIGHT(x, 0), EIGHT(x, 8), EIGHT(x, 16), EIGHT(x, 24)
#define HELD_64(x) HELD_32(x), EIGHT(x, 32), EIGHT(x, 40), EIGHT(x, 48), EIGHT(x, 56)

#define SUMS_4(n) "+f"(sum[n]), "+f"(sum[n + 1]), "+f"(sum[n + 2]), "+f"(sum[n + 3])
#define SUMS_16(n) SUMS_4(n), SUMS_4(n + 4), SUMS_4(n + 8), SUMS_4(n + 12)
#define SUMS_64(n) SUMS_16(n), SUMS_16(n + 16), SUMS_16(n + 32), SUMS_16(n + 48)

// 64 × 256 sums more: sum += A·Bᵀ over 16 numbers along the rows of two tiles, or along the columns of such a one;
// without `add` what was there is forgotten.
template <bool A_COLUMNS, bool B_COLUMNS>
__device__ inline void product_64x256x16(float (&sum)[128], unsigned long long a, unsigned long long b, bool add) {
    asm volatile(
        "{\n\t.reg .pred add;\n\tsetp.ne.b32 add, %130, 0;\n\t"
        "wgmma.mma_async.sync.aligned.m64n256k16.f32.bf16.bf16 {"
        "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, %20, %21, "
        "%22, %23, %24, %25, %26, %27, %28, %29, %30, %31, %32, %33, %34, %35, %36, %37, %38, %39, %40, %41, "
        "%42, %43, %44, %45, %46, %47, %48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, "
        "%62, %63, %64, %65, %66, %67, %68, %69, %70, %71, %72, %73, %74, %75, %76, %77, %78, %79, %80, %81, "
        "%82, %83, %84, %85, %86, %87, %88, %89, %90, %91, %92, %93, %94, %95, %96, %97, %98, %99, %100, %101, "
        "%102, %103, %104, %105, %106, %107, %108, %109, %110, %111, %112, %113, %114, %115, %116, %117, %118, "
        "%119, %120, %121, %122, %123, %124, %125, %126, %127"
        "}, %128, %129, add, 1, 1, %131, %132;\n\t}"
        : SUMS_64(0), SUMS_64(64)
        : "l"(a), "l"(b), "r"(static_cast<int>(add)), "n"(static_cast<int>(A_COLUMNS)),
          "n"(static_cast<int>(B_COLUMNS)));
}

#endif

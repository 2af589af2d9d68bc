// Numbers of f32 and bf16, read and written one by one or 16 bytes at a time.

typedef unsigned short bf16;

static __device__ inline float widen(float value) { return value; }

static __device__ inline float widen(bf16 value) { return __uint_as_float(static_cast<unsigned>(value) << 16); }

static __device__ inline void narrow(float value, float& out) { out = value; }

// To nearest, ties to even; a NaN stays one.
static __device__ inline void narrow(float value, bf16& out) {
    asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(out) : "f"(value));
}

// Numbers side by side that are read and written at once.
template <typename T, int LANES>
struct alignas(sizeof(T) * LANES < 16 ? sizeof(T) * LANES : 16) Pack { T lane[LANES]; };

template <int LANES, typename T>
static __device__ inline Pack<T, LANES> load(const T* from) {
    return *reinterpret_cast<const Pack<T, LANES>*>(from);
}

template <typename T, int LANES>
static __device__ inline void store(T* to, const Pack<T, LANES>& values) {
    *reinterpret_cast<Pack<T, LANES>*>(to) = values;
}

// Work on the rows of a matrix, each shared by `blockDim.x` threads: one warp with several rows to a block
// (`blockDim.y`), or several warps with one row to a block. Sums are f32 and have a fixed order.

static __device__ inline float widen(float value) { return value; }

static __device__ inline float widen(unsigned short bf16) {
    return __uint_as_float(static_cast<unsigned>(bf16) << 16);
}

static __device__ inline void narrow(float value, float& out) { out = value; }

// To nearest, ties to even; a NaN stays one.
static __device__ inline void narrow(float value, unsigned short& out) {
    const unsigned bits = __float_as_uint(value);
    out = (bits & 0x7fffffffu) > 0x7f800000u
        ? static_cast<unsigned short>(0x7fffu)
        : static_cast<unsigned short>((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
}

static __device__ inline float infinity() { return __uint_as_float(0x7f800000u); }

static __device__ inline unsigned own_row() { return blockIdx.x * blockDim.y + threadIdx.y; }

// Plain numbers are added up.
static __device__ inline float join(float a, float b) { return a + b; }

static __device__ inline float shuffle(float own, int offset) { return __shfl_xor_sync(0xffffffffu, own, offset); }

// What the threads of a row hold, joined; every thread gets it. All threads of the block must come here.
template <typename S>
static __device__ S join_row(S own) {
    for (int offset = 16; offset > 0; offset /= 2) {
        own = join(own, shuffle(own, offset));
    }
    if (blockDim.x > 32) {
        __shared__ S shared[32];
        if (threadIdx.x % 32 == 0) {
            shared[threadIdx.x / 32] = own;
        }
        __syncthreads();
        own = shared[0];
        for (unsigned warp = 1; warp < blockDim.x / 32; ++warp) {
            own = join(own, shared[warp]);
        }
        __syncthreads();
    }
    return own;
}

// The largest number met, and the sum of the exponentials relative to it.
struct Exponentials { float largest, sum; };

static __device__ inline Exponentials join(Exponentials a, Exponentials b) {
    const float largest = fmaxf(a.largest, b.largest);
    if (largest == -infinity()) {
        // Nothing met yet; a sum that is not a number must stay one.
        return Exponentials{largest, a.sum + b.sum};
    }
    return Exponentials{largest, a.sum * expf(a.largest - largest) + b.sum * expf(b.largest - largest)};
}

static __device__ inline Exponentials shuffle(Exponentials own, int offset) {
    return Exponentials{__shfl_xor_sync(0xffffffffu, own.largest, offset),
                        __shfl_xor_sync(0xffffffffu, own.sum, offset)};
}

// The largest number met.
struct Most { float number; };

static __device__ inline Most join(Most a, Most b) { return Most{fmaxf(a.number, b.number)}; }

static __device__ inline Most shuffle(Most own, int offset) {
    return Most{__shfl_xor_sync(0xffffffffu, own.number, offset)};
}

// The largest number met, and the first place where it is.
struct Largest { float number; unsigned at; };

static __device__ inline Largest join(Largest a, Largest b) {
    return b.number > a.number || (b.number == a.number && b.at < a.at) ? b : a;
}

static __device__ inline Largest shuffle(Largest own, int offset) {
    return Largest{__shfl_xor_sync(0xffffffffu, own.number, offset), __shfl_xor_sync(0xffffffffu, own.at, offset)};
}

template <typename T>
static __device__ Exponentials exponentials(const T* line, bool present, unsigned columns, float scale) {
    Exponentials own{-infinity(), 0.0f};
    for (unsigned column = threadIdx.x; present && column < columns; column += blockDim.x) {
        const float value = widen(line[column]) * scale;
        if (value > own.largest) {
            own.sum = own.sum * expf(own.largest - value) + 1.0f;
            own.largest = value;
        } else if (value != -infinity()) {
            own.sum += expf(value - own.largest);
        }
    }
    return join_row(own);
}

// number·Σ x.
template <typename T>
static __device__ void weighted_sum(const T* x, float* out, unsigned rows, unsigned columns, long long pitch,
                                    float number) {
    const unsigned row = own_row();
    float own = 0.0f;
    for (unsigned column = threadIdx.x; row < rows && column < columns; column += blockDim.x) {
        own += widen(x[row * pitch + column]);
    }
    own = join_row(own);
    if (row < rows && threadIdx.x == 0) {
        out[row] = own * number;
    }
}

// log Σ e^x.
template <typename T>
static __device__ void log_sum_exp(const T* x, float* out, unsigned rows, unsigned columns, long long pitch) {
    const unsigned row = own_row();
    const Exponentials all = exponentials(x + row * pitch, row < rows, columns, 1.0f);
    if (row < rows && threadIdx.x == 0) {
        out[row] = all.largest + logf(all.sum);
    }
}

// The first place of the largest number; 0 in a row without one.
template <typename T>
static __device__ void argmax(const T* x, int* out, unsigned rows, unsigned columns, long long pitch) {
    const unsigned row = own_row();
    Largest own{-infinity(), 0xffffffffu};
    for (unsigned column = threadIdx.x; row < rows && column < columns; column += blockDim.x) {
        own = join(own, Largest{widen(x[row * pitch + column]), column});
    }
    own = join_row(own);
    if (row < rows && threadIdx.x == 0) {
        out[row] = own.at < columns ? static_cast<int>(own.at) : 0;
    }
}

// y = softmax(scale·x).
template <typename T>
static __device__ void softmax(const T* x, T* y, unsigned rows, unsigned columns, long long pitch, float scale) {
    const unsigned row = own_row();
    const T* line = x + row * pitch;
    const Exponentials all = exponentials(line, row < rows, columns, scale);
    const float share = 1.0f / all.sum;
    for (unsigned column = threadIdx.x; row < rows && column < columns; column += blockDim.x) {
        narrow(expf(widen(line[column]) * scale - all.largest) * share,
               y[static_cast<long long>(row) * columns + column]);
    }
}

// dx = scale·y·(g − Σ g·y).
template <typename T>
static __device__ void softmax_backward(const T* y, const T* g, T* dx, unsigned rows, unsigned columns,
                                        long long y_pitch, long long g_pitch, float scale) {
    const unsigned row = own_row();
    const T* values = y + row * y_pitch;
    const T* gradients = g + row * g_pitch;
    float own = 0.0f;
    for (unsigned column = threadIdx.x; row < rows && column < columns; column += blockDim.x) {
        own += widen(values[column]) * widen(gradients[column]);
    }
    const float dot = join_row(own);
    for (unsigned column = threadIdx.x; row < rows && column < columns; column += blockDim.x) {
        narrow(scale * widen(values[column]) * (widen(gradients[column]) - dot),
               dx[static_cast<long long>(row) * columns + column]);
    }
}

// x, but −∞ where own < max(own) + distance; what is not a number stays so.
template <typename T>
static __device__ void plausible(const T* x, const T* own, T* out, unsigned rows, unsigned columns,
                                 long long x_pitch, long long own_pitch, float distance) {
    const unsigned row = own_row();
    const T* values = x + row * x_pitch;
    const T* alone = own + row * own_pitch;
    Most most{-infinity()};
    for (unsigned column = threadIdx.x; row < rows && column < columns; column += blockDim.x) {
        most = join(most, Most{widen(alone[column])});
    }
    const float least = join_row(most).number + distance;
    for (unsigned column = threadIdx.x; row < rows && column < columns; column += blockDim.x) {
        const float value = widen(values[column]);
        narrow(widen(alone[column]) < least ? value - infinity() : value,
               out[static_cast<long long>(row) * columns + column]);
    }
}

// scale·round(x/scale), where scale = max |x| / steps.
template <typename T>
static __device__ void round_rows(const T* x, float* out, unsigned rows, unsigned columns, long long pitch,
                                  float steps) {
    const unsigned row = own_row();
    const T* values = x + row * pitch;
    Most most{0.0f};
    for (unsigned column = threadIdx.x; row < rows && column < columns; column += blockDim.x) {
        most = join(most, Most{fabsf(widen(values[column]))});
    }
    // A row of zeros stays one.
    const float scale = fmaxf(join_row(most).number / steps, __uint_as_float(0x00800000u));
    for (unsigned column = threadIdx.x; row < rows && column < columns; column += blockDim.x) {
        out[static_cast<long long>(row) * columns + column] = rintf(widen(values[column]) / scale) * scale;
    }
}

// out = code·scale.
template <typename T>
static __device__ void dequantise(const signed char* codes, const float* scales, T* out, unsigned rows,
                                  unsigned columns, long long pitch) {
    const unsigned row = own_row();
    for (unsigned column = threadIdx.x; row < rows && column < columns; column += blockDim.x) {
        narrow(codes[row * pitch + column] * scales[row], out[static_cast<long long>(row) * columns + column]);
    }
}

#define FORWARD(NAME, T, SUFFIX, OUT)                                                                            \
    extern "C" __global__ void NAME##_##SUFFIX(const T* x, OUT* out, unsigned rows, unsigned columns,            \
                                               long long pitch, float) {                                         \
        NAME(x, out, rows, columns, pitch);                                                                      \
    }
#define FORWARD_WITH(NAME, T, SUFFIX, TO)                                                                        \
    extern "C" __global__ void NAME##_##SUFFIX(const T* x, TO* out, unsigned rows, unsigned columns,             \
                                               long long pitch, float number) {                                  \
        NAME(x, out, rows, columns, pitch, number);                                                              \
    }
#define OF_TWO(NAME, T, SUFFIX)                                                                                  \
    extern "C" __global__ void NAME##_##SUFFIX(const T* a, const T* b, T* out, unsigned rows, unsigned columns,  \
                                               long long a_pitch, long long b_pitch, float number) {             \
        NAME(a, b, out, rows, columns, a_pitch, b_pitch, number);                                                \
    }
#define DEQUANTISE(T, SUFFIX)                                                                                    \
    extern "C" __global__ void dequantise_##SUFFIX(const signed char* codes, const float* scales, T* out,        \
                                                   unsigned rows, unsigned columns, long long pitch) {           \
        dequantise(codes, scales, out, rows, columns, pitch);                                                    \
    }
#define ALL(T, SUFFIX)                                                                                           \
    FORWARD(log_sum_exp, T, SUFFIX, float)                                                                       \
    FORWARD(argmax, T, SUFFIX, int)                                                                              \
    DEQUANTISE(T, SUFFIX)                                                                                        \
    FORWARD_WITH(weighted_sum, T, SUFFIX, float)                                                                 \
    FORWARD_WITH(round_rows, T, SUFFIX, float)                                                                   \
    FORWARD_WITH(softmax, T, SUFFIX, T)                                                                          \
    OF_TWO(softmax_backward, T, SUFFIX)                                                                          \
    OF_TWO(plausible, T, SUFFIX)

ALL(float, f32)
ALL(unsigned short, bf16)

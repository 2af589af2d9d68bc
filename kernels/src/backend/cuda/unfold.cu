// The 3×3 neighbourhood (im2col with the channels innermost) and its adjoint, which gathers instead of scattering:
// no atomics, so the same input gives the same bits. One thread moves one vector of channels; vectors are 16 bytes
// where the channels allow it, else single elements.

struct alignas(16) Bytes16 { unsigned words[4]; };

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

// Where a picture tensor lies: elements from picture to picture, row to row, position to position.
struct Strides { long long batch, row, column; };

// `V` is a vector of `lanes` elements; sizes and strides count vectors. Output is dense.
template <typename V>
static __device__ void unfold(const V* x, V* out, unsigned height, unsigned width, unsigned channels,
                              Strides strides, unsigned long long total) {
    const unsigned long long step = static_cast<unsigned long long>(gridDim.x) * blockDim.x;
    for (unsigned long long at = static_cast<unsigned long long>(blockIdx.x) * blockDim.x + threadIdx.x; at < total;
         at += step) {
        unsigned long long rest = at / channels;
        const unsigned channel = static_cast<unsigned>(at - rest * channels);
        const unsigned tap = static_cast<unsigned>(rest % 9);
        rest /= 9;
        const unsigned long long line = rest / width;
        const int column = static_cast<int>(rest - line * width) + static_cast<int>(tap % 3) - 1;
        const unsigned long long picture = line / height;
        const int row = static_cast<int>(line - picture * height) + static_cast<int>(tap / 3) - 1;

        V value = {};
        if (row >= 0 && row < static_cast<int>(height) && column >= 0 && column < static_cast<int>(width)) {
            value = x[picture * strides.batch + row * strides.row + column * strides.column + channel];
        }
        out[at] = value;
    }
}

// `x` is `[batch, height, width, 9·channels]`, `out` dense `[batch, height, width, channels]`; sums in f32.
template <typename V, typename T, int lanes>
static __device__ void fold(const V* x, V* out, unsigned height, unsigned width, unsigned channels,
                            Strides strides, unsigned long long total) {
    const unsigned long long step = static_cast<unsigned long long>(gridDim.x) * blockDim.x;
    for (unsigned long long at = static_cast<unsigned long long>(blockIdx.x) * blockDim.x + threadIdx.x; at < total;
         at += step) {
        const unsigned long long rest = at / channels;
        const unsigned channel = static_cast<unsigned>(at - rest * channels);
        const unsigned long long line = rest / width;
        const int column = static_cast<int>(rest - line * width);
        const unsigned long long picture = line / height;
        const int row = static_cast<int>(line - picture * height);

        float sums[lanes] = {};
        for (int tap = 0; tap < 9; ++tap) {
            // The position whose tap `tap` is this one.
            const int y = row + 1 - tap / 3;
            const int u = column + 1 - tap % 3;
            if (y < 0 || y >= static_cast<int>(height) || u < 0 || u >= static_cast<int>(width)) {
                continue;
            }
            const V value = x[picture * strides.batch + y * strides.row + u * strides.column
                              + static_cast<long long>(tap) * channels + channel];
            const T* elements = reinterpret_cast<const T*>(&value);
            for (int lane = 0; lane < lanes; ++lane) {
                sums[lane] += widen(elements[lane]);
            }
        }
        V result;
        T* elements = reinterpret_cast<T*>(&result);
        for (int lane = 0; lane < lanes; ++lane) {
            narrow(sums[lane], elements[lane]);
        }
        out[at] = result;
    }
}

#define ARGUMENTS(V)                                                                                             \
    const V *x, V *out, unsigned height, unsigned width, unsigned channels, long long batch_stride,              \
        long long row_stride, long long column_stride, unsigned long long total
#define STRIDES Strides{batch_stride, row_stride, column_stride}

extern "C" __global__ void unfold_vectors(ARGUMENTS(Bytes16)) {
    unfold(x, out, height, width, channels, STRIDES, total);
}
extern "C" __global__ void unfold_f32(ARGUMENTS(float)) {
    unfold(x, out, height, width, channels, STRIDES, total);
}
extern "C" __global__ void unfold_bf16(ARGUMENTS(unsigned short)) {
    unfold(x, out, height, width, channels, STRIDES, total);
}

extern "C" __global__ void fold_vectors_f32(ARGUMENTS(Bytes16)) {
    fold<Bytes16, float, 4>(x, out, height, width, channels, STRIDES, total);
}
extern "C" __global__ void fold_vectors_bf16(ARGUMENTS(Bytes16)) {
    fold<Bytes16, unsigned short, 8>(x, out, height, width, channels, STRIDES, total);
}
extern "C" __global__ void fold_f32(ARGUMENTS(float)) {
    fold<float, float, 1>(x, out, height, width, channels, STRIDES, total);
}
extern "C" __global__ void fold_bf16(ARGUMENTS(unsigned short)) {
    fold<unsigned short, unsigned short, 1>(x, out, height, width, channels, STRIDES, total);
}

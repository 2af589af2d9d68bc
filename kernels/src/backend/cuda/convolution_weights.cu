// The weight of a 3×3 convolution as the products want it: bf16, and where every position is doubled, the taps that meet
// the same position added up. One thread makes one number.

static __device__ inline float widen(float value) { return value; }

static __device__ inline float widen(unsigned short bf16) {
    return __uint_as_float(static_cast<unsigned>(bf16) << 16);
}

// To nearest, ties to even; a NaN stays one.
static __device__ inline unsigned short narrow(float value) {
    const unsigned bits = __float_as_uint(value);
    return (bits & 0x7fffffffu) > 0x7f800000u
        ? static_cast<unsigned short>(0x7fffu)
        : static_cast<unsigned short>((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
}

// The rows of taps, as a first one and one behind the last, that row `tap` of two meets for the upper or lower copy.
struct Taps { int first, end; };

static __device__ inline Taps taps_of(int tap, int copy) {
    if (copy == 0) {
        return tap == 0 ? Taps{0, 1} : Taps{1, 3};
    }
    return tap == 0 ? Taps{0, 2} : Taps{2, 3};
}

// `weight [outputs, 9·channels]` to `laid [copies², outputs, taps, channels]`.
template <typename T>
static __device__ void lay(const T* weight, unsigned short* laid, int outputs, int channels, int copies,
                           unsigned long long total) {
    const int side = copies == 2 ? 2 : 3;
    const unsigned long long step = static_cast<unsigned long long>(gridDim.x) * blockDim.x;
    for (unsigned long long at = static_cast<unsigned long long>(blockIdx.x) * blockDim.x + threadIdx.x; at < total;
         at += step) {
        const int channel = static_cast<int>(at % channels);
        unsigned long long rest = at / channels;
        const int tap = static_cast<int>(rest % (side * side));
        rest /= side * side;
        const int output = static_cast<int>(rest % outputs), copy = static_cast<int>(rest / outputs);
        const T* own = weight + (static_cast<long long>(output) * 9 * channels + channel);
        if (copies == 1) {
            laid[at] = narrow(widen(own[static_cast<long long>(tap) * channels]));
            continue;
        }
        const Taps down = taps_of(tap / 2, copy / 2), across = taps_of(tap % 2, copy % 2);
        float sum = 0.0f;
        for (int v = down.first; v < down.end; ++v) {
            for (int u = across.first; u < across.end; ++u) {
                sum += widen(own[static_cast<long long>(v * 3 + u) * channels]);
            }
        }
        laid[at] = narrow(sum);
    }
}

#define ARGUMENTS(T) \
    const T *weight, unsigned short *laid, int outputs, int channels, int copies, unsigned long long total

extern "C" __global__ void lay_f32(ARGUMENTS(float)) { lay(weight, laid, outputs, channels, copies, total); }
extern "C" __global__ void lay_bf16(ARGUMENTS(unsigned short)) { lay(weight, laid, outputs, channels, copies, total); }

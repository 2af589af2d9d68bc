// What the programs of the fused cross-entropy share.
//
// The exponentials e = 2^SHIFT·exp(z − reference) of a row are kept instead of its logits, relative to one reference
// for the whole row, so that products with them need nothing but a factor for each row.

typedef unsigned short bf16;

constexpr float LOG2_E = 1.4426950408889634f;

// Leaves 115 nats below the reference before bf16 and f32 lose a number, and room for sums above it.
constexpr float SHIFT = 40.0f;

__device__ inline float infinity() { return __uint_as_float(0x7f800000u); }

// 2^x to 22 bits; zero below 2^-126.
__device__ inline float exp2_fast(float x) {
    float y;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
}

// A sum of exponentials relative to a reference: log Σ = reference + log sum.
struct alignas(8) Exponentials { float reference, sum; };

// Group of a code: [first, end), cut to the `width` codes that start at `offset`, counted from there.
struct Range { int first, end; };

__device__ inline Range group_of(int code, int size, int offset, int width) {
    const int first = code / size * size;
    return Range{max(first - offset, 0), static_cast<int>(min(static_cast<long long>(first) + size - offset,
                                                              static_cast<long long>(width)))};
}

// Levels of groups, the same for all rows.
struct Levels {
    int count;
    int sizes[8];
    float weights[8];  // λ
};

// What is known of each row after some chunks.
struct Rows {
    Exponentials* all;     // over all codes, relative to the row's reference
    Exponentials* groups;  // [levels] over the group of the first pick
    float* picked;         // [picks] logits
    const int* picks;      // [picks] codes
    int count;             // picks of a row
};

// Sums over tiles of `width` codes, as `cross_entropy_tiles` leaves them.
struct Tiled {
    const float* sums;          // [rows, tiles]
    const Exponentials* edges;  // [rows, levels, 2] over parts of groups in tiles that hold an end of one
    int width;
};

// Where kept exponentials lie: the first `columns` codes of all rows in one matrix, the next in another, and so on.
template <typename T>
struct Kept {
    T* first;           // the first matrix
    T* rest;            // the second one; further ones lie `step` apart
    long long step;
    int columns;        // of all matrices but the last
    int last_pitch;     // elements from row to row in the last matrix
    int codes;

    __device__ T* at(unsigned row, int code) const {
        const int matrix = code / columns, last = (codes - 1) / columns;
        const long long pitch = matrix == last ? last_pitch : columns;
        T* start = matrix == 0 ? first : rest + (matrix - 1) * step;
        return start + row * pitch + code % columns;
    }
};

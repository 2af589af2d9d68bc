// The token of each row of f32 logits, and how probable it is: one block to a row, which is read once, and what it is
// judged by twice.

constexpr unsigned THREADS = 256;
constexpr unsigned WARPS = THREADS / 32;

// Codes that a warp looks at together.
constexpr unsigned CHUNK = 128;

static __device__ inline float infinity() { return __uint_as_float(0x7f800000u); }

static __device__ inline float not_a_number() { return __uint_as_float(0x7fffffffu); }

// Four numbers from `column` on, −∞ behind the end; `packed` where every row starts at a multiple of 16 bytes.
static __device__ inline float4 four(const float* line, unsigned column, unsigned end, bool packed) {
    if (packed && column + 4 <= end) {
        return *reinterpret_cast<const float4*>(line + column);
    }
    const float none = -infinity();
    return float4{column < end ? line[column] : none, column + 1 < end ? line[column + 1] : none,
                  column + 2 < end ? line[column + 2] : none, column + 3 < end ? line[column + 3] : none};
}

// A row of logits. Where it is judged by other ones, its tokens that are below `least` there count as −∞.
struct Row {
    const float* logits;
    const float* own;
    float least;
    bool packed;
};

static __device__ inline float judged(float logit, float own, float least) {
    return own < least ? -infinity() : logit;
}

static __device__ inline float4 four(const Row& row, unsigned column, unsigned end) {
    if (row.own == nullptr) {
        return four(row.logits, column, end, row.packed);
    }
    const float4 own = four(row.own, column, end, row.packed);
    const float least = row.least, none = -infinity();
    if (own.x < least && own.y < least && own.z < least && own.w < least) {
        return float4{none, none, none, none};
    }
    const float4 logits = four(row.logits, column, end, row.packed);
    return float4{judged(logits.x, own.x, least), judged(logits.y, own.y, least),
                  judged(logits.z, own.z, least), judged(logits.w, own.w, least)};
}

static __device__ inline float one(const Row& row, unsigned column) {
    return row.own == nullptr ? row.logits[column] : judged(row.logits[column], row.own[column], row.least);
}

// Relative to the largest: nothing for −∞, and NaN for NaN.
static __device__ inline float share(float logit, float largest, float inverse) {
    return logit == -infinity() ? 0.0f : expf((logit - largest) * inverse);
}

// The largest logit met and its first place, and the sums of exponentials relative to it, as they are and tempered.
struct Met { float largest; unsigned at; float plain, tempered; };

static __device__ inline Met join(const Met& a, const Met& b, float inverse) {
    const bool second = b.largest > a.largest || (b.largest == a.largest && b.at < a.at);
    const float largest = second ? b.largest : a.largest;
    if (largest == -infinity()) {
        // Nothing met yet; a sum that is not a number must stay one.
        return Met{largest, second ? b.at : a.at, a.plain + b.plain, a.tempered + b.tempered};
    }
    const float first = expf(a.largest - largest), other = expf(b.largest - largest);
    const float warm = expf((a.largest - largest) * inverse), cold = expf((b.largest - largest) * inverse);
    return Met{largest, second ? b.at : a.at, a.plain * first + b.plain * other,
               a.tempered * warm + b.tempered * cold};
}

static __device__ inline Met shuffle(const Met& own, int offset) {
    return Met{__shfl_xor_sync(0xffffffffu, own.largest, offset), __shfl_xor_sync(0xffffffffu, own.at, offset),
               __shfl_xor_sync(0xffffffffu, own.plain, offset), __shfl_xor_sync(0xffffffffu, own.tempered, offset)};
}

// Takes four logits into what a thread has met.
template <bool TEMPERED>
static __device__ inline void take(Met& own, float4 logits, unsigned column, float inverse) {
    const float values[4] = {logits.x, logits.y, logits.z, logits.w};
    const float most = fmaxf(fmaxf(logits.x, logits.y), fmaxf(logits.z, logits.w));
    if (most > own.largest) {
        // The first four find sums of zero, which nothing changes.
        own.plain *= expf(own.largest - most);
        if (TEMPERED) {
            own.tempered *= expf((own.largest - most) * inverse);
        }
        own.largest = most;
        own.at = column + (values[0] == most ? 0 : values[1] == most ? 1 : values[2] == most ? 2 : 3);
    }
    #pragma unroll
    for (int lane = 0; lane < 4; ++lane) {
        own.plain += share(values[lane], own.largest, 1.0f);
        if (TEMPERED) {
            own.tempered += share(values[lane], own.largest, inverse);
        }
    }
}

// What a warp has met of the columns from `first` to `end`; every thread gets it.
template <bool TEMPERED>
static __device__ Met over_warp(const Row& row, unsigned first, unsigned end, float inverse) {
    Met own{-infinity(), 0xffffffffu, 0.0f, 0.0f};
    for (unsigned column = first + 4 * (threadIdx.x % 32); column < end; column += CHUNK) {
        take<TEMPERED>(own, four(row, column, end), column, inverse);
    }
    for (int offset = 16; offset > 0; offset /= 2) {
        own = join(own, shuffle(own, offset), inverse);
    }
    return own;
}

// The columns of each warp: as many whole chunks for each as it takes.
static __device__ inline unsigned span(unsigned columns) {
    return (columns + CHUNK * WARPS - 1) / (CHUNK * WARPS) * CHUNK;
}

// The largest of a whole row; every thread of the block gets it.
static __device__ float largest_of(const float* line, unsigned columns, bool packed) {
    __shared__ float largest[WARPS];
    float own = -infinity();
    for (unsigned column = 4 * threadIdx.x; column < columns; column += 4 * THREADS) {
        const float4 values = four(line, column, columns, packed);
        own = fmaxf(own, fmaxf(fmaxf(values.x, values.y), fmaxf(values.z, values.w)));
    }
    for (int offset = 16; offset > 0; offset /= 2) {
        own = fmaxf(own, __shfl_xor_sync(0xffffffffu, own, offset));
    }
    if (threadIdx.x % 32 == 0) {
        largest[threadIdx.x / 32] = own;
    }
    __syncthreads();
    for (unsigned other = 0; other < WARPS; ++other) {
        own = fmaxf(own, largest[other]);
    }
    return own;
}

// The first place of the largest logit of each row, and its share of all exponentials.
extern "C" __global__ void __launch_bounds__(THREADS)
likeliest(const float* logits, int* token, float* confidence, unsigned columns, long long pitch, unsigned packed) {
    __shared__ Met met[WARPS];
    const Row row{logits + blockIdx.x * pitch, nullptr, 0.0f, packed != 0};
    const unsigned warp = threadIdx.x / 32, width = span(columns);
    const unsigned first = min(warp * width, columns), end = min(first + width, columns);
    const Met own = over_warp<false>(row, first, end, 1.0f);
    if (threadIdx.x % 32 == 0) {
        met[warp] = own;
    }
    __syncthreads();
    if (threadIdx.x == 0) {
        Met all = met[0];
        for (unsigned other = 1; other < WARPS; ++other) {
            all = join(all, met[other], 1.0f);
        }
        token[blockIdx.x] = all.at < columns ? static_cast<int>(all.at) : 0;
        confidence[blockIdx.x] = all.largest == -infinity() ? not_a_number() : 1.0f / all.plain;
    }
}

// The first code of each row at which the tempered probabilities summed up reach the row's uniform number, and its
// share of all exponentials as they are. Where there are logits to judge by, codes that are further than `distance` below
// the largest of those are left out.
extern "C" __global__ void __launch_bounds__(THREADS)
draw(const float* logits, const float* judge, const float* uniforms, int* token, float* confidence, unsigned columns,
     long long pitch, unsigned packed, float inverse, long long judge_pitch, float distance) {
    __shared__ Met met[WARPS];
    Row row{logits + blockIdx.x * pitch, nullptr, 0.0f, packed != 0};
    if (judge != nullptr) {
        row.own = judge + blockIdx.x * judge_pitch;
        row.least = largest_of(row.own, columns, row.packed) + distance;
    }
    const unsigned warp = threadIdx.x / 32, lane = threadIdx.x % 32, width = span(columns);
    const unsigned first = min(warp * width, columns), end = min(first + width, columns);
    const Met own = over_warp<true>(row, first, end, inverse);
    if (lane == 0) {
        met[warp] = own;
    }
    __syncthreads();

    Met all = met[0];
    for (unsigned other = 1; other < WARPS; ++other) {
        all = join(all, met[other], inverse);
    }
    // Rounding may leave a rest that no sum reaches: then the last warp with anything takes it.
    const float target = uniforms[blockIdx.x] * all.tempered;
    float before = 0.0f, rest = target;
    unsigned chosen = 0;
    bool found = false;
    for (unsigned other = 0; other < WARPS && !found; ++other) {
        const float sum = met[other].largest == -infinity()
            ? 0.0f
            : met[other].tempered * expf((met[other].largest - all.largest) * inverse);
        if (sum > 0.0f || other == 0) {
            chosen = other;
            rest = target - before;
        }
        before += sum;
        found = before >= target;
    }
    if (warp != chosen) {
        return;
    }

    float reached = 0.0f;
    unsigned last = first;
    for (unsigned start = first; start < end; start += CHUNK) {
        const unsigned column = start + 4 * lane;
        const float4 values = four(row, column, end);
        const float shares[4] = {share(values.x, all.largest, inverse), share(values.y, all.largest, inverse),
                                 share(values.z, all.largest, inverse), share(values.w, all.largest, inverse)};
        const float sum = shares[0] + shares[1] + shares[2] + shares[3];
        float running = sum;
        for (int offset = 1; offset < 32; offset *= 2) {
            const float below = __shfl_up_sync(0xffffffffu, running, offset);
            running += lane >= offset ? below : 0.0f;
        }
        const unsigned there = __ballot_sync(0xffffffffu, reached + running >= rest);
        const unsigned some = __ballot_sync(0xffffffffu, sum > 0.0f);
        // The lane that decides: the first that reaches the rest, else the last with anything so far.
        const unsigned decides = there != 0 ? __ffs(there) - 1 : 31 - __clz(some);
        if (there != 0 || some != 0) {
            float passed = reached + running - sum;
            unsigned place = 0;
            for (unsigned at = 0; at < 4; ++at) {
                passed += shares[at];
                place = shares[at] > 0.0f || at == 0 ? at : place;
                if (there != 0 && passed >= rest) {
                    break;
                }
            }
            last = __shfl_sync(0xffffffffu, column + place, decides);
        }
        if (there != 0) {
            break;
        }
        reached += __shfl_sync(0xffffffffu, running, 31);
    }
    if (lane == 0) {
        token[blockIdx.x] = static_cast<int>(min(last, columns - 1));
        confidence[blockIdx.x] = all.largest == -infinity()
            ? not_a_number()
            : share(one(row, min(last, columns - 1)), all.largest, 1.0f) / all.plain;
    }
}

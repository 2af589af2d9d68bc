// What a step of the sampler lays and replaces in a picture: one block to a picture, of at most 4096 positions.
//
// Sums and products are rounded one by one, as processors do them: one bit may decide between two positions.

// Positions that a thread holds.
constexpr unsigned HELD = 4;

// Words of a rule, and what stands in them.
constexpr unsigned RULE = 8;
enum Word { POLICY, LEAVES, NUMBER, TEMPERATURE, EDITS, THRESHOLD, LIMIT, BEGAN };
enum Policy { NOTHING, CONFIDENCE, CONFIDENCE_WITH_TIES, PROPORTIONAL, ORDERED };

using Key = unsigned long long;

// Bits of a key: a number, and a position.
constexpr int KEY_BITS = 48;

// The whole number that is larger the larger the number is, −0 before 0 and what is no number behind all.
static __device__ inline unsigned rising(float number) {
    const int bits = __float_as_int(number);
    return static_cast<unsigned>(bits ^ static_cast<int>(static_cast<unsigned>(bits >> 31) >> 1)) ^ 0x80000000u;
}

// The number that `rising` made such a key of.
static __device__ inline float number_of(Key key) {
    const int bits = static_cast<int>(static_cast<unsigned>(key >> 16) ^ 0x80000000u);
    return __int_as_float(bits ^ static_cast<int>(static_cast<unsigned>(bits >> 31) >> 1));
}

// Larger for the larger number, and among equals for the first position; never 0.
static __device__ inline Key key_of(unsigned number, unsigned position) {
    return static_cast<Key>(number) << 16 | (0xffffu - position);
}

// As `kernels::sampling`'s logarithm: the same operations in the same order.
static __device__ inline float logarithm(float x) {
    const unsigned first = 0x3f3504f3u, above = __float_as_uint(x) - first;
    const double power = static_cast<int>(above) >> 23;
    const double m = __uint_as_float((above & 0x007fffffu) + first);
    const double s = __ddiv_rn(__dsub_rn(m, 1.0), __dadd_rn(m, 1.0)), square = __dmul_rn(s, s);
    double sum = 1.0 / 15.0;
    const double terms[7] = {1.0 / 13.0, 1.0 / 11.0, 1.0 / 9.0, 1.0 / 7.0, 1.0 / 5.0, 1.0 / 3.0, 1.0};
    #pragma unroll
    for (int term = 0; term < 7; ++term) {
        sum = __dadd_rn(__dmul_rn(sum, square), terms[term]);
    }
    const double powers = __dmul_rn(power, 0.693147180559945309417232121458);
    return __double2float_rn(__dadd_rn(powers, __dmul_rn(__dmul_rn(2.0, s), sum)));
}

// How readily a policy lays a position, but for policies with an order.
static __device__ inline float score(int policy, float confidence, float temperature, float noise) {
    if (policy == PROPORTIONAL) {
        return temperature > 0.0f ? __fadd_rn(__fdiv_rn(confidence, temperature), noise) : confidence;
    }
    const float chance = temperature > 0.0f ? noise : 0.0f;
    return __fadd_rn(logarithm(fmaxf(confidence, 1e-20f)), __fmul_rn(temperature, chance));
}

// How many of the block's keys are not below `least`.
static __device__ inline unsigned not_below(const Key (&keys)[HELD], Key least, unsigned held) {
    unsigned count = 0;
    #pragma unroll
    for (unsigned at = 0; at < HELD; ++at) {
        if (at < held) {
            count += __syncthreads_count(keys[at] >= least);
        }
    }
    return count;
}

// The `wanted`-th largest of the block's keys, which is 0 where there are not as many; at least one is wanted.
static __device__ Key cut(const Key (&keys)[HELD], unsigned wanted, unsigned held) {
    Key least = 0;
    for (int bit = KEY_BITS - 1; bit >= 0; --bit) {
        const Key higher = least | static_cast<Key>(1) << bit;
        if (not_below(keys, higher, held) >= wanted) {
            least = higher;
        }
    }
    return least;
}

// Writes four blocks: the codes as the denoiser reads them, and by positions the choice, the bits of its probability and
// the codes again.
extern "C" __global__ void __launch_bounds__(1024)
step(const int* tokens, const float* confidence, const int* codes, const int* frames, const int* turns, int* out,
     unsigned positions, int mask) {
    const long long first = static_cast<long long>(blockIdx.x) * positions;
    const long long block = static_cast<long long>(gridDim.x) * positions;
    const int* fixed = frames + 3 * first;
    const int* ranks = fixed + positions;
    const int* places = ranks + positions;
    const int* turn = turns + 2 * first + static_cast<long long>(blockIdx.x) * RULE;
    const float* noise = reinterpret_cast<const float*>(turn + positions);
    const int* rule = turn + 2 * positions;
    // As many positions for each thread as it takes: no barrier is passed for those beyond.
    const unsigned held = (positions + blockDim.x - 1) / blockDim.x;

    int own[HELD], token[HELD];
    float sure[HELD];
    long long place[HELD];
    bool masked[HELD];
    unsigned open = 0;
    #pragma unroll
    for (unsigned at = 0; at < HELD; ++at) {
        const unsigned position = at * blockDim.x + threadIdx.x;
        const bool inside = position < positions;
        place[at] = first + (inside ? places[position] : 0);
        own[at] = inside ? codes[place[at]] : 0;
        token[at] = inside ? tokens[place[at]] : 0;
        sure[at] = inside ? confidence[place[at]] : 0.0f;
        masked[at] = inside && own[at] == mask;
        if (at < held) {
            open += __syncthreads_count(masked[at]);
        }
    }

    const int policy = rule[BEGAN] != 0 && open == 0 ? NOTHING : rule[POLICY];
    const bool edits = policy != NOTHING && rule[EDITS] != 0;
    const float temperature = __int_as_float(rule[TEMPERATURE]), threshold = __int_as_float(rule[THRESHOLD]);
    const unsigned number = rule[NUMBER], limit = rule[LIMIT];
    // A step that leaves some leaves one at least, and lays one at least where there are two.
    const unsigned most = open > 0 ? open - 1 : 0;
    const unsigned wanted = rule[LEAVES] != 0 ? open - min(max(min(number, most), 1u), open) : min(number, open);

    Key keys[HELD];
    bool laid[HELD], edited[HELD];
    #pragma unroll
    for (unsigned at = 0; at < HELD; ++at) {
        const unsigned position = at * blockDim.x + threadIdx.x;
        keys[at] = 0;
        if (masked[at]) {
            const unsigned readily = policy == ORDERED
                ? 0xffffffffu - static_cast<unsigned>(ranks[position])
                : rising(score(policy, sure[at], temperature, noise[position]));
            keys[at] = key_of(readily, position);
        }
    }
    const bool lays = policy != NOTHING && wanted > 0;
    const Key last = lays ? cut(keys, wanted, held) : 0;
    #pragma unroll
    for (unsigned at = 0; at < HELD; ++at) {
        const bool tied = policy == CONFIDENCE_WITH_TIES && number_of(keys[at]) == number_of(last);
        laid[at] = lays && masked[at] && (keys[at] >= last || tied);
        const unsigned position = at * blockDim.x + threadIdx.x;
        const bool other = position < positions && !masked[at] && fixed[position] == 0 && token[at] != own[at];
        edited[at] = edits && other && sure[at] > threshold;
        keys[at] = edited[at] ? key_of(rising(sure[at]), position) : 0;
    }
    if (edits && limit > 0) {
        const Key least = cut(keys, limit, held);
        #pragma unroll
        for (unsigned at = 0; at < HELD; ++at) {
            edited[at] = edited[at] && keys[at] >= least;
        }
    }

    #pragma unroll
    for (unsigned at = 0; at < HELD; ++at) {
        const unsigned position = at * blockDim.x + threadIdx.x;
        if (position >= positions) {
            continue;
        }
        const bool asked = policy != NOTHING
            && (edits ? fixed[position] == 0 : policy == ORDERED ? laid[at] : masked[at]);
        const int after = laid[at] || edited[at] ? token[at] : own[at];
        out[place[at]] = after;
        out[block + first + position] = asked ? token[at] : own[at];
        out[2 * block + first + position] = asked ? __float_as_int(sure[at]) : 0;
        out[3 * block + first + position] = after;
    }
}

//! The Mersenne Twister as Python's `random` seeds and reads it: published orders were drawn with it.

/// Words of the state.
const LENGTH: usize = 624;

/// How far a word's partner in the recurrence lies ahead.
const AHEAD: usize = 397;

/// A generator in the state that `random.seed(seed)` leaves.
///
/// Source: Matsumoto and Nishimura, MT19937 (1998), with `init_by_array`; CPython, `random.py`.
pub(super) struct Twister {
    state: [u32; LENGTH],
    next: usize,
}

impl Twister {
    /// The generator of a seed of one word.
    pub(super) fn new(seed: u32) -> Self {
        let mut state = [0_u32; LENGTH];
        state[0] = 19_650_218;
        for at in 1..LENGTH {
            let before = state[at - 1];
            state[at] = 1_812_433_253_u32
                .wrapping_mul(before ^ (before >> 30))
                .wrapping_add(at as u32);
        }

        // `init_by_array` with the one key `seed`.
        let mut at = 1;
        for _ in 0..LENGTH {
            let before = state[at - 1];
            let mixed = (before ^ (before >> 30)).wrapping_mul(1_664_525);
            state[at] = (state[at] ^ mixed).wrapping_add(seed);
            at = advance(&mut state, at);
        }
        for _ in 0..LENGTH - 1 {
            let before = state[at - 1];
            let mixed = (before ^ (before >> 30)).wrapping_mul(1_566_083_941);
            state[at] = (state[at] ^ mixed).wrapping_sub(at as u32);
            at = advance(&mut state, at);
        }
        state[0] = 0x8000_0000;
        Self {
            state,
            next: LENGTH,
        }
    }

    /// A whole number below `bound`, as `randrange(bound)` draws it.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        let bits = usize::BITS - bound.leading_zeros();
        loop {
            let number = (self.word() >> (32 - bits)) as usize;
            if number < bound {
                return number;
            }
        }
    }

    /// Brings `items` into the order that `shuffle` would.
    pub(super) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let other = self.below(last + 1);
            items.swap(last, other);
        }
    }

    /// The next 32 bits.
    fn word(&mut self) -> u32 {
        if self.next == LENGTH {
            self.turn();
        }
        let mut word = self.state[self.next];
        self.next += 1;
        word ^= word >> 11;
        word ^= (word << 7) & 0x9D2C_5680;
        word ^= (word << 15) & 0xEFC6_0000;
        word ^ (word >> 18)
    }

    /// Makes the next words.
    fn turn(&mut self) {
        for at in 0..LENGTH {
            let high = self.state[at] & 0x8000_0000;
            let low = self.state[(at + 1) % LENGTH] & 0x7FFF_FFFF;
            let joined = high | low;
            let odd = if joined & 1 == 1 { 0x9908_B0DF } else { 0 };
            self.state[at] = self.state[(at + AHEAD) % LENGTH] ^ (joined >> 1) ^ odd;
        }
        self.next = 0;
    }
}

/// The next place of `init_by_array`, which goes round without meeting word 0.
fn advance(state: &mut [u32; LENGTH], at: usize) -> usize {
    if at + 1 < LENGTH {
        return at + 1;
    }
    state[0] = state[LENGTH - 1];
    1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seed_42_draws_what_python_draws() {
        // [random.getrandbits(32) for _ in range(3)] after random.seed(42).
        let mut twister = Twister::new(42);
        let words = [twister.word(), twister.word(), twister.word()];
        assert_eq!(words, [2_746_317_213, 478_163_327, 107_420_369]);
    }

    #[test]
    fn seed_7_shuffles_as_python_shuffles() {
        // random.seed(7); items = list(range(10)); random.shuffle(items); [random.randrange(n) for n in (1, 5, 100)]
        let mut twister = Twister::new(7);
        let mut items: Vec<usize> = (0..10).collect();
        twister.shuffle(&mut items);
        assert_eq!(items, [8, 3, 1, 4, 7, 0, 9, 6, 2, 5]);
        assert_eq!([1, 5, 100].map(|bound| twister.below(bound)), [0, 0, 11]);
    }
}

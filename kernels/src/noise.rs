//! Numbers for checks and benchmarks: a function of seed and position, the same on every device.

/// An endless row of random numbers that starts at `seed`.
#[derive(Clone, Debug)]
pub struct Noise {
    state: u64,
}

impl Noise {
    /// The row of `seed`.
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// 64 random bits (SplitMix64: a hash of a counter).
    ///
    /// Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
    pub fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.state;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }

    /// A whole number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.bits() % bound as u64) as usize
    }

    /// `count` numbers of (−1, 1) that f32 needs all its bits for.
    pub fn fine(&mut self, count: usize) -> Vec<f32> {
        (0..count)
            .map(|_| (self.bits() >> 40) as f32 / 8_388_608.0 - 1.0)
            .collect()
    }

    /// `count` multiples of 1/64 in [−1, 1], which bf16 holds exactly.
    pub fn coarse(&mut self, count: usize) -> Vec<f32> {
        (0..count)
            .map(|_| (self.below(129) as f32 - 64.0) / 64.0)
            .collect()
    }

    /// `count` powers of two from 1/8 to 1 of either sign: products with them are rounded nowhere.
    pub fn powers(&mut self, count: usize) -> Vec<f32> {
        (0..count)
            .map(|_| {
                let drawn = self.below(8);
                let power = 1.0 / (1 << (drawn / 2)) as f32;
                if drawn.is_multiple_of(2) {
                    power
                } else {
                    -power
                }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bits_of_seed_zero_are_those_of_the_published_generator() {
        let mut noise = Noise::new(0);
        assert_eq!(
            [noise.bits(), noise.bits()],
            [0xE220_A839_7B1D_CDAF, 0x6E78_9E6A_A1B9_65F4]
        );
    }
}

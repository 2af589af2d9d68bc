//! Randomness that depends on nothing but where it is used: the generator that the header spells out.
//!
//! Philox 4×32 with ten rounds: a draw is a function of (seed, stream, sample, step, position),
//! the same in every plugin and in the host.
//!
//! Source: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011.

use crate::param::Seed;

const MULTIPLIERS: [u32; 2] = [0xD251_1F53, 0xCD9E_8D57];
const WEYL: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];
const ROUNDS: usize = 10;

/// All the randomness of one seed.
#[derive(Clone, Copy, Debug)]
pub struct Random {
    key: [u32; 2],
}

impl Random {
    /// The randomness of `seed`.
    pub fn new(seed: Seed) -> Self {
        Self {
            key: [seed.0 as u32, (seed.0 >> 32) as u32],
        }
    }

    /// The draws made for one purpose; give every purpose within a node a number of its own.
    pub fn stream(self, stream: u32) -> Stream {
        Stream {
            key: self.key,
            stream,
        }
    }
}

/// The draws made for one purpose.
#[derive(Clone, Copy, Debug)]
pub struct Stream {
    key: [u32; 2],
    stream: u32,
}

impl Stream {
    /// 32 random bits for one `position` of one `sample` at one `step`.
    pub fn bits(&self, sample: u32, step: u32, position: u32) -> u32 {
        self.block(sample, step, position / 4)[position as usize % 4]
    }

    /// A number strictly between 0 and 1.
    pub fn uniform(&self, sample: u32, step: u32, position: u32) -> f32 {
        unit(self.bits(sample, step, position))
    }

    /// The first `count` numbers of [`Stream::uniform`], four at the price of one.
    pub fn uniforms(&self, sample: u32, step: u32, count: usize) -> Vec<f32> {
        let mut numbers = Vec::with_capacity(count + 3);
        for block in 0..count.div_ceil(4) {
            numbers.extend(self.block(sample, step, block as u32).map(unit));
        }
        numbers.truncate(count);
        numbers
    }

    /// A whole number below `limit`, which must not be 0.
    pub fn below(&self, limit: u32, sample: u32, step: u32, position: u32) -> u32 {
        let bits = self.bits(sample, step, position);
        ((u64::from(bits) * u64::from(limit)) >> 32) as u32
    }

    fn block(&self, sample: u32, step: u32, block: u32) -> [u32; 4] {
        philox(self.key, [block, step, sample, self.stream])
    }
}

/// The middle of one of 2²³ equal parts of the unit interval: exact in `f32`, so never 0 nor 1.
fn unit(bits: u32) -> f32 {
    ((bits >> 9) as f32 + 0.5) * (1.0 / 8_388_608.0)
}

fn philox(mut key: [u32; 2], mut counter: [u32; 4]) -> [u32; 4] {
    for _ in 0..ROUNDS {
        let left = u64::from(MULTIPLIERS[0]) * u64::from(counter[0]);
        let right = u64::from(MULTIPLIERS[1]) * u64::from(counter[2]);
        counter = [
            (right >> 32) as u32 ^ counter[1] ^ key[0],
            right as u32,
            (left >> 32) as u32 ^ counter[3] ^ key[1],
            left as u32,
        ];
        key = [key[0].wrapping_add(WEYL[0]), key[1].wrapping_add(WEYL[1])];
    }
    counter
}

#[cfg(test)]
mod tests {
    use super::{Random, philox};
    use crate::param::Seed;

    #[test]
    fn agrees_with_the_published_test_vectors() {
        assert_eq!(
            philox([0, 0], [0; 4]),
            [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]
        );
        assert_eq!(
            philox(
                [0xa409_3822, 0x299f_31d0],
                [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344]
            ),
            [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
        );
    }

    #[test]
    fn a_draw_depends_on_where_it_is_used_alone() {
        let stream = Random::new(Seed(7)).stream(1);
        let many = stream.uniforms(2, 3, 10);
        let one_by_one: Vec<f32> = (0..10).map(|at| stream.uniform(2, 3, at)).collect();
        assert_eq!(many, one_by_one);
        assert_ne!(many, stream.uniforms(3, 3, 10));
        assert_ne!(many, Random::new(Seed(8)).stream(1).uniforms(2, 3, 10));
        assert!((0..100).all(|at| stream.below(3, 0, 0, at) < 3));
    }
}

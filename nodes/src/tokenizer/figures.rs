//! What is measured of a tokenizer.

/// How far a reconstruction is from its picture, in decibels, from the mean square of the differences of values from
/// 0 to 1; a perfect one counts as 100 dB.
///
/// `PSNR = −10·log₁₀(mean square)`
pub fn psnr(mean_square: f64) -> f64 {
    -10.0 * mean_square.max(1e-10).log10()
}

/// Which codes were seen, and how often.
#[derive(Clone, Debug)]
pub struct Usage {
    seen: Vec<u64>,
}

impl Usage {
    /// Nothing seen yet of a codebook of this size.
    pub fn new(codebook: usize) -> Self {
        Self {
            seen: vec![0; codebook],
        }
    }

    /// Counts `codes`; those beyond the codebook are left out.
    pub fn count(&mut self, codes: impl IntoIterator<Item = u32>) {
        for code in codes {
            if let Some(seen) = self.seen.get_mut(code as usize) {
                *seen += 1;
            }
        }
    }

    /// How many different codes were seen.
    pub fn used(&self) -> usize {
        self.seen.iter().filter(|seen| **seen > 0).count()
    }

    /// The share of all codes that were seen.
    pub fn share(&self) -> f64 {
        self.used() as f64 / self.seen.len() as f64
    }

    /// How many codes would be seen as evenly as these carry information: the exponential of the entropy.
    pub fn perplexity(&self) -> f64 {
        let total: u64 = self.seen.iter().sum();
        let entropy: f64 = self
            .seen
            .iter()
            .filter(|seen| **seen > 0)
            .map(|seen| *seen as f64 / total as f64)
            .map(|share| -share * share.ln())
            .sum();
        entropy.exp()
    }

    /// The codes that were never seen.
    pub fn unseen(&self) -> impl Iterator<Item = usize> {
        let codes = self.seen.iter().enumerate();
        codes.filter(|(_, seen)| **seen == 0).map(|(code, _)| code)
    }
}

#[cfg(test)]
mod tests {
    use super::{Usage, psnr};

    #[test]
    fn decibels_of_known_errors() {
        assert!((psnr(0.01) - 20.0).abs() < 1e-9);
        assert!((psnr(0.0) - 100.0).abs() < 1e-9);
    }

    #[test]
    fn codes_are_counted_once_for_the_share_and_by_weight_for_the_perplexity() {
        let mut usage = Usage::new(4);
        usage.count([0, 0, 2, 2, 9]);
        assert_eq!(usage.used(), 2);
        assert!((usage.share() - 0.5).abs() < 1e-12);
        assert!((usage.perplexity() - 2.0).abs() < 1e-12);
        assert_eq!(usage.unseen().collect::<Vec<_>>(), [1, 3]);
    }
}

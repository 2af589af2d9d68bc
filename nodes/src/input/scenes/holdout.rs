//! Which pairs of concepts training never shows together.

/// What share of pairs is held out: one in so many.
const ONE_IN: u64 = 10;

/// The pairs of `n` concepts, parted in two by a salted hash of their names.
///
/// The hash does not depend on which other concepts there are, so a subset of the concepts has the same pairs held out.
#[derive(Clone, Debug)]
pub struct Holdout {
    concepts: usize,
    held_out: Vec<bool>,
    /// Held-out pairs, the lower number first.
    pairs: Vec<(u32, u32)>,
}

impl Holdout {
    /// Parts the pairs of `concepts`.
    pub fn new(concepts: &[&str], salt: &str) -> Self {
        let count = concepts.len();
        let mut held_out = vec![false; count * count];
        let mut pairs = Vec::new();
        for first in 0..count {
            for second in first + 1..count {
                if is_held_out(concepts[first], concepts[second], salt) {
                    held_out[first * count + second] = true;
                    held_out[second * count + first] = true;
                    pairs.push((first as u32, second as u32));
                }
            }
        }
        Self {
            concepts: count,
            held_out,
            pairs,
        }
    }

    /// Whether training never shows the two together.
    pub fn contains(&self, first: usize, second: usize) -> bool {
        self.held_out[first * self.concepts + second]
    }

    /// All pairs held out.
    pub fn pairs(&self) -> &[(u32, u32)] {
        &self.pairs
    }

    /// Whether a concept is left with which `first` may be shown in training, for some `first`.
    pub fn leaves_pairs(&self) -> bool {
        self.pairs.len() < self.concepts * self.concepts.saturating_sub(1) / 2
    }
}

/// Whether the pair is held out, whichever stands first.
pub fn is_held_out(first: &str, second: &str, salt: &str) -> bool {
    let (low, high) = if first < second {
        (first, second)
    } else {
        (second, first)
    };
    hash(&[salt, low, high]).is_multiple_of(ONE_IN)
}

/// A number that depends on every part and on where one part ends.
pub fn hash(parts: &[&str]) -> u64 {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        let _ = hasher.update(part.as_bytes()).update(&[0]);
    }
    let digest = hasher.finalize();
    let mut number = [0; 8];
    number.copy_from_slice(&digest.as_bytes()[..8]);
    u64::from_le_bytes(number)
}

#[cfg(test)]
mod tests {
    use super::{Holdout, hash, is_held_out};

    #[test]
    fn a_tenth_of_all_pairs_is_held_out_in_either_order() {
        let names: Vec<String> = (0..200).map(|number| format!("thing {number}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let holdout = Holdout::new(&names, "smalto");
        let share = holdout.pairs().len() as f64 / (200.0 * 199.0 / 2.0);
        assert!((share - 0.1).abs() < 0.01, "{share}");
        for (first, second) in holdout.pairs() {
            let (first, second) = (*first as usize, *second as usize);
            assert!(holdout.contains(second, first));
            assert!(is_held_out(names[second], names[first], "smalto"));
        }
        assert_ne!(holdout.pairs(), Holdout::new(&names, "other").pairs());
    }

    #[test]
    fn the_hash_is_for_ever() {
        // Another value would let pairs that older models were trained on be called held out.
        assert_eq!(
            hash(&["smalto", "frog", "teapot"]),
            1_305_403_134_539_267_632
        );
        assert_ne!(hash(&["ab", "c"]), hash(&["a", "bc"]));
    }
}

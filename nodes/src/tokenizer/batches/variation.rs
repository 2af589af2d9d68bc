//! Pictures that differ a little from those that were read.

/// How pictures are varied at random.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Variation {
    /// Whether half of them are mirrored.
    pub mirror: bool,
    /// By how many pixels they are moved at most, downwards and to the right.
    pub shift: usize,
}

impl Variation {
    /// Copies `from` to `to`, varied; `draw` gives a number between 0 and 1 for each purpose.
    ///
    /// Shapes: both pictures `height × width × 3` bytes.
    pub fn apply(self, from: &[u8], to: &mut [u8], width: usize, draw: impl Fn(u32) -> f32) {
        let height = from.len() / (width * 3);
        let distance = |purpose: u32, side: usize| {
            let most = self.shift.min(side - 1);
            ((draw(purpose) * (most + 1) as f32) as usize).min(most)
        };
        if self.shift == 0 {
            to.copy_from_slice(from);
        } else {
            shift(from, to, width, [distance(1, height), distance(2, width)]);
        }
        if self.mirror && draw(0) < 0.5 {
            to.chunks_exact_mut(width * 3).for_each(mirror);
        }
    }
}

/// Copies a picture moved down and to the right; what leaves at one side comes in at the other.
fn shift(from: &[u8], to: &mut [u8], width: usize, [down, right]: [usize; 2]) {
    let line = width * 3;
    let height = from.len() / line;
    for (y, to) in to.chunks_exact_mut(line).enumerate() {
        let row = (y + height - down) % height;
        let (staying, leaving) = from[row * line..][..line].split_at(line - right * 3);
        let (first, last) = to.split_at_mut(leaving.len());
        first.copy_from_slice(leaving);
        last.copy_from_slice(staying);
    }
}

/// A row of pixels from right to left.
fn mirror(row: &mut [u8]) {
    row.reverse();
    // The channels were reversed too.
    row.chunks_exact_mut(3).for_each(<[u8]>::reverse);
}

#[cfg(test)]
mod tests {
    use super::Variation;

    /// Three rows of two pixels, whose channels are n, 10·n and 100 + n.
    fn picture() -> Vec<u8> {
        (1..=6).flat_map(|n| [n, 10 * n, 100 + n]).collect()
    }

    /// The first channel of the picture after `variation`, with the same number for every draw.
    fn varied(variation: Variation, draw: f32) -> Vec<u8> {
        let mut to = vec![0; 18];
        variation.apply(&picture(), &mut to, 2, |_| draw);
        for pixel in to.chunks(3) {
            assert_eq!(pixel[1..], [10 * pixel[0], 100 + pixel[0]], "the colours");
        }
        to.iter().step_by(3).copied().collect()
    }

    #[test]
    fn without_variation_a_picture_stays_as_it_is() {
        assert_eq!(varied(Variation::default(), 0.1), [1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn half_of_the_pictures_are_mirrored() {
        let mirrored = Variation {
            mirror: true,
            shift: 0,
        };
        assert_eq!(varied(mirrored, 0.49), [2, 1, 4, 3, 6, 5]);
        assert_eq!(varied(mirrored, 0.51), [1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn what_is_moved_out_at_one_side_comes_in_at_the_other() {
        let by = |shift| Variation {
            mirror: false,
            shift,
        };
        assert_eq!(varied(by(1), 0.49), [1, 2, 3, 4, 5, 6]);
        assert_eq!(varied(by(1), 0.51), [6, 5, 2, 1, 4, 3]);
        // Two rows down of three at most, one column of two at most.
        assert_eq!(varied(by(9), 0.99), [4, 3, 6, 5, 2, 1]);
    }
}

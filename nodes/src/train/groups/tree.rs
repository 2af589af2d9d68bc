//! A balanced binary tree over vectors.

/// The numbers of `codes × dimensions` vectors, those close to each other side by side.
///
/// Each node of the tree splits its codes into halves, at the median of their projections on their first principal
/// direction; a half holds the next power of two of its codes where they are no power of two, so that groups of
/// 2, 4, 8, … codes are whole branches. Ties go by number, so that the order depends on the vectors alone.
pub fn order(values: &[f32], [codes, dimensions]: [usize; 2], iterations: u32) -> Vec<u32> {
    let mut order: Vec<u32> = (0..codes as u32).collect();
    let vectors = Vectors { values, dimensions };
    split(&vectors, &mut order, iterations);
    order
}

struct Vectors<'a> {
    values: &'a [f32],
    dimensions: usize,
}

impl Vectors<'_> {
    fn of(&self, code: u32) -> &[f32] {
        let start = code as usize * self.dimensions;
        &self.values[start..start + self.dimensions]
    }

    fn mean(&self, codes: &[u32]) -> Vec<f64> {
        let mut mean = vec![0.0; self.dimensions];
        for code in codes {
            for (sum, value) in mean.iter_mut().zip(self.of(*code)) {
                *sum += f64::from(*value);
            }
        }
        mean.iter().map(|sum| sum / codes.len() as f64).collect()
    }

    fn projection(&self, code: u32, mean: &[f64], direction: &[f64]) -> f64 {
        let pairs = self.of(code).iter().zip(mean).zip(direction);
        pairs
            .map(|((value, mean), along)| (f64::from(*value) - mean) * along)
            .sum()
    }

    /// The direction in which `codes` differ most, by power iteration.
    fn direction(&self, codes: &[u32], mean: &[f64], iterations: u32) -> Vec<f64> {
        // Starting along the vector that is farthest from the mean, which is no mere chance and hardly ever orthogonal
        // to the answer.
        let distance = |code: &u32| -> f64 {
            let pairs = self.of(*code).iter().zip(mean);
            pairs
                .map(|(value, mean)| (f64::from(*value) - mean).powi(2))
                .sum()
        };
        let farthest = codes
            .iter()
            .fold((codes[0], -1.0), |best, code| {
                let own = distance(code);
                if own > best.1 { (*code, own) } else { best }
            })
            .0;
        let start = self.of(farthest).iter().zip(mean);
        let mut direction: Vec<f64> = start
            .map(|(value, mean)| f64::from(*value) - mean)
            .collect();
        for _ in 0..iterations {
            let mut next = vec![0.0; self.dimensions];
            for code in codes {
                let along = self.projection(*code, mean, &direction);
                for ((sum, value), mean) in next.iter_mut().zip(self.of(*code)).zip(mean) {
                    *sum += along * (f64::from(*value) - mean);
                }
            }
            let length = next.iter().map(|value| value * value).sum::<f64>().sqrt();
            if length < 1e-30 {
                break;
            }
            direction = next.iter().map(|value| value / length).collect();
        }
        direction
    }
}

fn split(vectors: &Vectors<'_>, codes: &mut [u32], iterations: u32) {
    if codes.len() < 2 {
        return;
    }
    let mean = vectors.mean(codes);
    let direction = vectors.direction(codes, &mean, iterations);
    let mut placed: Vec<(f64, u32)> = codes
        .iter()
        .map(|code| (vectors.projection(*code, &mean, &direction), *code))
        .collect();
    placed.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    for (to, (_, code)) in codes.iter_mut().zip(placed) {
        *to = code;
    }
    let half = codes.len().next_power_of_two() / 2;
    let (left, right) = codes.split_at_mut(half);
    split(vectors, left, iterations);
    split(vectors, right, iterations);
}

#[cfg(test)]
mod tests {
    use super::order;

    #[test]
    fn codes_on_a_line_are_sorted() {
        let values = [5.0, 1.0, 7.0, 3.0, 0.0, 6.0, 2.0, 4.0];
        let mut found = order(&values, [8, 1], 10);
        if found[0] == 2 {
            found.reverse();
        }
        let sorted: Vec<f32> = found.iter().map(|code| values[*code as usize]).collect();
        assert_eq!(sorted[..4].iter().sum::<f32>(), 6.0, "{sorted:?}");
        for pair in sorted.chunks_exact(2) {
            assert!((pair[0] - pair[1]).abs() == 1.0, "{sorted:?}");
        }
    }

    #[test]
    fn clusters_become_groups() {
        // Four clusters of four, far apart in two directions, one of them much longer than the other.
        let centres = [[0.0, 0.0], [100.0, 0.0], [0.0, 10.0], [100.0, 10.0]];
        let mut values = Vec::new();
        for code in 0..16 {
            let [x, y] = centres[code % 4];
            let nudge = (code / 4) as f32 * 0.1;
            values.extend([x + nudge, y - nudge]);
        }
        let found = order(&values, [16, 2], 50);
        for group in found.chunks_exact(4) {
            assert!(
                group.iter().all(|code| code % 4 == group[0] % 4),
                "{found:?}"
            );
        }
        let halves = found.chunks_exact(8);
        for half in halves {
            assert!(half.iter().all(|code| code % 2 == half[0] % 2), "{found:?}");
        }
    }

    #[test]
    fn equal_vectors_and_odd_numbers_lose_no_code() {
        for codes in [1, 3, 7, 100] {
            let mut found = order(&vec![1.0; codes * 3], [codes, 3], 5);
            found.sort_unstable();
            assert!(
                found
                    .iter()
                    .enumerate()
                    .all(|(at, code)| at as u32 == *code)
            );
        }
    }
}

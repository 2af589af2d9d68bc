//! One axis of a plot: from where to where it goes, and which numbers stand at it.

/// From where to where an axis goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Axis {
    low: f64,
    high: f64,
}

/// From 0 to 1.
impl Default for Axis {
    fn default() -> Self {
        Self {
            low: 0.0,
            high: 1.0,
        }
    }
}

impl Axis {
    /// An axis over all `values` that are finite; `None` where there are none.
    ///
    /// Where they are all the same, the axis is that much longer that they lie in its middle.
    pub fn over(values: impl Iterator<Item = f64>) -> Option<Self> {
        let values = values.filter(|value| value.is_finite());
        let (low, high) = values.fold(None, |found, value| match found {
            None => Some((value, value)),
            Some((low, high)) => Some((value.min(low), value.max(high))),
        })?;
        if low < high {
            return Some(Self { low, high });
        }
        let beside = if low == 0.0 { 1.0 } else { low.abs() / 2.0 };
        Some(Self {
            low: low - beside,
            high: high + beside,
        })
    }

    /// The same axis, a little longer at both ends.
    #[must_use]
    pub fn padded(self) -> Self {
        let beside = (self.high - self.low) * 0.04;
        Self {
            low: self.low - beside,
            high: self.high + beside,
        }
    }

    /// Which share of the axis lies before `value`.
    pub fn share(self, value: f64) -> f32 {
        ((value - self.low) / (self.high - self.low)) as f32
    }

    /// The value behind which `share` of the axis lies.
    pub fn value(self, share: f32) -> f64 {
        self.low + f64::from(share) * (self.high - self.low)
    }

    /// At most about `most` round numbers along the axis, and at least two, with how they are written.
    pub fn ticks(self, most: usize) -> (Vec<f64>, Vec<String>) {
        let step = round_step((self.high - self.low) / most.max(2) as f64);
        if !(step.is_finite() && step > 0.0) {
            return (Vec::new(), Vec::new());
        }
        // A hair beyond each end, so that rounding loses no number that stands at the very end.
        let first = (self.low / step - 1e-9).ceil();
        let last = (self.high / step + 1e-9).floor();
        let count = (last - first).clamp(0.0, 100.0) as usize;
        let values: Vec<f64> = (0..=count).map(|at| (first + at as f64) * step).collect();
        let words = values.iter().map(|value| written(*value, step)).collect();
        (values, words)
    }
}

/// The smallest of 1, 2 and 5 times a power of ten that is no less than `step`.
fn round_step(step: f64) -> f64 {
    let power = 10_f64.powf(step.log10().floor());
    let found = [1.0, 2.0, 5.0].into_iter().map(|times| times * power);
    // A little less will do, or what is round already would be made larger.
    let mut found = found.filter(|round| *round >= step * 0.999_999);
    found.next().unwrap_or(10.0 * power)
}

/// A number at an axis whose numbers are `step` apart.
fn written(value: f64, step: f64) -> String {
    let largest = value.abs().max(step);
    if !(1e-4..1e6).contains(&largest) {
        return format!("{value:.1e}");
    }
    let digits = (-step.log10().floor()).clamp(0.0, 8.0) as usize;
    let text = format!("{value:.digits$}");
    if text
        .trim_start_matches('-')
        .chars()
        .all(|digit| matches!(digit, '0' | '.'))
    {
        text.trim_start_matches('-').to_owned()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::Axis;

    fn ticks(low: f64, high: f64, most: usize) -> Vec<String> {
        let axis = Axis::over([high, low].into_iter()).expect("there are values");
        axis.ticks(most).1
    }

    #[test]
    fn round_numbers_stand_at_an_axis() {
        assert_eq!(
            ticks(0.0, 1000.0, 5),
            ["0", "200", "400", "600", "800", "1000"]
        );
        assert_eq!(ticks(0.13, 0.92, 4), ["0.2", "0.4", "0.6", "0.8"]);
        assert_eq!(
            ticks(-0.02, 0.02, 4),
            ["-0.02", "-0.01", "0.00", "0.01", "0.02"]
        );
        assert_eq!(ticks(0.0, 4000.0, 5), ["0", "1000", "2000", "3000", "4000"]);
        assert_eq!(ticks(0.15, 3.0, 5), ["1", "2", "3"]);
        assert_eq!(ticks(-0.1, 0.3, 5), ["-0.1", "0.0", "0.1", "0.2", "0.3"]);
        assert_eq!(
            ticks(1.503, 1.512, 5),
            ["1.504", "1.506", "1.508", "1.510", "1.512"]
        );
        assert_eq!(ticks(0.0, 3e7, 3), ["0.0e0", "1.0e7", "2.0e7", "3.0e7"]);
    }

    #[test]
    fn an_axis_of_one_value_has_it_in_the_middle() {
        for value in [0.0, 7.0, -3.0] {
            let axis = Axis::over([value, value].into_iter()).expect("there is a value");
            assert_eq!(axis.share(value), 0.5);
        }
        assert_eq!(Axis::over([f64::NAN, f64::INFINITY].into_iter()), None);
    }

    #[test]
    fn a_place_on_the_axis_is_a_value_and_back() {
        let axis = Axis::over([10.0, 30.0].into_iter()).expect("there are values");
        assert_eq!(axis.share(15.0), 0.25);
        assert_eq!(axis.value(0.25), 15.0);
        let padded = axis.padded();
        assert!(padded.share(10.0) > 0.0 && padded.share(30.0) < 1.0);
    }
}

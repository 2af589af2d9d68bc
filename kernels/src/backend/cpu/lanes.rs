//! Loops over numbers side by side, in the widest registers that the processor has.

/// Numbers that are worked on side by side: two registers of AVX2.
const LANES: usize = 16;

/// `log₂ e`
const PER_DOUBLING: f32 = std::f32::consts::LOG2_E;

/// `ln 2` as a number of few bits and the rest, so that multiples of the first are exact.
const DOUBLING: [f32; 2] = [0.693_359_4, -0.000_212_194_44];

/// Added to a number and taken away again, rounds it to a whole one: 1.5 · 2²³.
const ROUNDER: f32 = 12_582_912.0;

/// Does `work` with AVX2 where the processor has it; what is inlined into it uses its registers too.
#[inline]
#[cfg_attr(
    target_arch = "x86_64",
    expect(
        unsafe_code,
        reason = "a processor must have what code is compiled for"
    )
)]
pub(super) fn wide<R>(work: impl FnOnce() -> R) -> R {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
        // SAFETY: the processor has both.
        return unsafe { with_avx2(work) };
    }
    work()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn with_avx2<R>(work: impl FnOnce() -> R) -> R {
    work()
}

/// `e^x`, to three units of the last place: 0 below −87, infinite above 88.
///
/// `e^x = 2^n · e^r` with a whole `n` and `|r| ≤ ln 2 / 2`, where eight terms of the series are enough.
#[inline(always)]
pub(super) fn exp(x: f32) -> f32 {
    let shifted = x * PER_DOUBLING + ROUNDER;
    let n = shifted - ROUNDER;
    let r = x - n * DOUBLING[0] - n * DOUBLING[1];
    let series = 1.0 / 5040.0;
    let series = series * r + 1.0 / 720.0;
    let series = series * r + 1.0 / 120.0;
    let series = series * r + 1.0 / 24.0;
    let series = series * r + 1.0 / 6.0;
    let series = series * r + 0.5;
    let series = series * r * r + r + 1.0;
    // The low bits of the shifted number are `n`, and those of a power of two its exponent.
    let power = f32::from_bits(shifted.to_bits().wrapping_add(127) << 23);
    let result = series * power;
    let result = if x < -87.0 { 0.0 } else { result };
    if x > 88.0 { f32::INFINITY } else { result }
}

/// `Σ of(x)`
#[inline(always)]
pub(super) fn sum(x: &[f32], of: impl Fn(f32) -> f32) -> f32 {
    let mut sums = [0.0; LANES];
    let (parts, rest) = x.as_chunks::<LANES>();
    for part in parts {
        for (sum, x) in sums.iter_mut().zip(part) {
            *sum += of(*x);
        }
    }
    for (sum, x) in sums.iter_mut().zip(rest) {
        *sum += of(*x);
    }
    sums.iter().sum()
}

/// `Σ of(x, y)`, of as many as both have.
#[inline(always)]
pub(super) fn sum_of_pairs(x: &[f32], y: &[f32], of: impl Fn(f32, f32) -> f32) -> f32 {
    let mut sums = [0.0; LANES];
    let (parts, rest) = x.as_chunks::<LANES>();
    let (others, other) = y.as_chunks::<LANES>();
    for (part, others) in parts.iter().zip(others) {
        for ((sum, x), y) in sums.iter_mut().zip(part).zip(others) {
            *sum += of(*x, *y);
        }
    }
    for ((sum, x), y) in sums.iter_mut().zip(rest).zip(other) {
        *sum += of(*x, *y);
    }
    sums.iter().sum()
}

/// The largest number, at least that of `f32::MIN`; numbers that are none do not count.
#[inline(always)]
pub(super) fn largest(x: &[f32]) -> f32 {
    let mut most = [f32::MIN; LANES];
    let (parts, rest) = x.as_chunks::<LANES>();
    for part in parts {
        for (most, x) in most.iter_mut().zip(part) {
            *most = if *x > *most { *x } else { *most };
        }
    }
    let both = most.iter().chain(rest);
    both.fold(f32::MIN, |most, x| if *x > most { *x } else { most })
}

/// `log Σ e^x`; −∞ for −∞ alone.
#[inline(always)]
pub(super) fn log_sum_exp(x: &[f32]) -> f32 {
    let most = largest(x);
    most + sum(x, |x| exp(x - most)).ln()
}

#[cfg(test)]
mod tests {
    use super::{LANES, exp, largest, log_sum_exp, sum, sum_of_pairs, wide};

    #[test]
    fn exponentials_are_right_to_three_units_of_the_last_place() {
        let places = (-870_000..880_000).map(|at| at as f32 * 1e-4);
        let furthest = wide(|| {
            places.fold(0.0_f64, |most, x| {
                let right = f64::from(x).exp();
                most.max((f64::from(exp(x)) - right).abs() / right)
            })
        });
        assert!(
            furthest < 3.0 * f64::from(f32::EPSILON) / 2.0,
            "{furthest:e}"
        );
        assert_eq!(exp(0.0), 1.0);
    }

    #[test]
    fn exponentials_end_in_nothing_and_in_infinity() {
        assert_eq!([-87.1, -1e9, f32::NEG_INFINITY].map(exp), [0.0; 3]);
        assert_eq!([88.1, 1e9, f32::INFINITY].map(exp), [f32::INFINITY; 3]);
        assert!(exp(f32::NAN).is_nan());
    }

    #[test]
    fn every_number_counts_once() {
        for count in [0, 1, LANES - 1, LANES, 3 * LANES + 5] {
            let x: Vec<f32> = (0..count).map(|x| x as f32).collect();
            let expected = (count * count.saturating_sub(1) / 2) as f32;
            assert_eq!(sum(&x, |x| x), expected);
            let y = vec![2.0; count];
            assert_eq!(sum_of_pairs(&x, &y, |x, y| x * y), 2.0 * expected);
            assert_eq!(largest(&x), x.last().copied().unwrap_or(f32::MIN));
        }
    }

    #[test]
    fn what_is_no_number_shows_in_sums_alone() {
        let x = [1.0, f32::NAN, 3.0];
        assert_eq!(largest(&x), 3.0);
        assert!(log_sum_exp(&x).is_nan());
        assert_eq!(log_sum_exp(&[f32::NEG_INFINITY; 20]), f32::NEG_INFINITY);
        assert!((log_sum_exp(&[0.5; 40]) - (0.5 + 40.0_f32.ln())).abs() < 1e-6);
    }
}

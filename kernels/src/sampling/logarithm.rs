//! A logarithm that every device makes alike.

/// `ln x` of a number that is neither 0 nor below, nor smaller than [`f32::MIN_POSITIVE`].
///
/// `x = m·2ᵏ` with `m` around 1, and `ln x = k·ln 2 + 2·(s + s³/3 + … + s¹⁵/15)` with `s = (m − 1) / (m + 1)`, in f64 and
/// rounded once: nothing but sums, products and one quotient, which are the same on processors and cards. Libraries
/// round the last bit of theirs each in its own way, and one bit may decide between two positions.
pub(crate) fn ln(x: f32) -> f32 {
    /// The bits of `√½`, where `m` begins.
    const FIRST: u32 = 0x3f35_04f3;
    let above = x.to_bits().wrapping_sub(FIRST);
    let power = above.cast_signed() >> 23;
    let m = f64::from(f32::from_bits((above & 0x007f_ffff) + FIRST));
    let s = (m - 1.0) / (m + 1.0);
    let square = s * s;
    let series = [13.0, 11.0, 9.0, 7.0, 5.0, 3.0, 1.0];
    let sum = series
        .iter()
        .fold(1.0 / 15.0, |sum, odd| sum * square + 1.0 / odd);
    (f64::from(power) * std::f64::consts::LN_2 + 2.0 * s * sum) as f32
}

#[cfg(test)]
mod tests {
    use super::ln;

    #[test]
    fn it_is_the_logarithm_rounded_once() {
        let (first, last) = (1e-20_f32.to_bits(), 1.0_f32.to_bits());
        // A prime, so that all bits take part.
        for bits in (first..=last).step_by(10_007).chain([last - 1, last]) {
            let x = f32::from_bits(bits);
            let expected = f64::from(x).ln() as f32;
            assert_eq!(ln(x).to_bits(), expected.to_bits(), "ln {x:e}");
        }
        assert_eq!(ln(1.5), 1.5_f64.ln() as f32);
        assert_eq!(
            ln(f32::MIN_POSITIVE),
            f64::from(f32::MIN_POSITIVE).ln() as f32
        );
    }
}

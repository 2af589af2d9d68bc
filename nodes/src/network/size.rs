//! How large the sizes of a configuration may be.

/// The most that any size may be, so that a damaged file asks for no absurd memory.
pub const LARGEST: usize = 1 << 20;

/// The first of `sizes` that is not from `least` to [`LARGEST`]: its field, what it must be, and what it is.
pub fn out_of_range(
    least: usize,
    sizes: &[(&'static str, usize)],
) -> Option<(&'static str, String, usize)> {
    let (field, found) = sizes
        .iter()
        .find(|(_, size)| !(least..=LARGEST).contains(size))?;
    Some((field, format!("from {least} to {LARGEST}"), *found))
}

#[cfg(test)]
mod tests {
    use super::out_of_range;

    #[test]
    fn the_first_size_out_of_range_is_told() {
        assert_eq!(out_of_range(1, &[("width", 1), ("layers", 1 << 20)]), None);
        assert_eq!(
            out_of_range(2, &[("width", 2), ("layers", 1), ("heads", 0)]),
            Some(("layers", "from 2 to 1048576".into(), 1))
        );
        let found = out_of_range(1, &[("width", usize::MAX)]);
        assert_eq!(found.map(|(field, _, _)| field), Some("width"));
    }
}

//! The colours of backgrounds, by name.

/// Backgrounds, each with its name in captions; far enough from one another that a blurred one is still told apart.
pub const BACKGROUNDS: [(&str, [u8; 3]); 8] = [
    ("white", [255, 255, 255]),
    ("gray", [150, 150, 150]),
    ("pink", [255, 175, 205]),
    ("orange", [255, 160, 70]),
    ("yellow", [255, 230, 110]),
    ("green", [130, 205, 130]),
    ("blue", [110, 170, 240]),
    ("purple", [170, 120, 220]),
];

/// The name of the background whose colour is nearest to `colour`.
pub fn nearest(colour: [u8; 3]) -> &'static str {
    let distance = |other: [u8; 3]| -> i32 {
        (0..3)
            .map(|channel| (i32::from(colour[channel]) - i32::from(other[channel])).pow(2))
            .sum()
    };
    BACKGROUNDS
        .iter()
        .min_by_key(|(_, other)| distance(*other))
        .map_or("", |(name, _)| name)
}

/// The colour called `name`: one of [`BACKGROUNDS`], `black`, or `#rrggbb`.
pub fn named(name: &str) -> Option<[u8; 3]> {
    if name == "black" {
        return Some([0; 3]);
    }
    if let Some(digits) = name.strip_prefix('#') {
        let number = u32::from_str_radix(digits, 16).ok()?;
        let [_, red, green, blue] = number.to_be_bytes();
        return (digits.len() == 6).then_some([red, green, blue]);
    }
    BACKGROUNDS
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, colour)| *colour)
}

#[cfg(test)]
mod tests {
    use super::{BACKGROUNDS, named, nearest};

    #[test]
    fn every_background_survives_a_shift_of_thirty_levels() {
        for (name, colour) in BACKGROUNDS {
            for shift in [-30, 30] {
                for channel in 0..3 {
                    let mut shifted = colour;
                    shifted[channel] = (i32::from(colour[channel]) + shift).clamp(0, 255) as u8;
                    assert_eq!(nearest(shifted), name, "{shifted:?}");
                }
            }
        }
    }

    #[test]
    fn colours_have_names_and_numbers() {
        assert_eq!(named("pink"), Some([255, 175, 205]));
        assert_eq!(named("#0a10ff"), Some([10, 16, 255]));
        assert_eq!(named("#0a1"), None);
        assert_eq!(named("mauve"), None);
    }
}

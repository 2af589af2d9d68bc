//! The colours of confidence: equal steps of confidence look like equal steps of colour.

use std::sync::LazyLock;

use iced::Color;

/// A colour in Oklab, where distances are as large as they look: lightness, green to red, blue to yellow.
type Lab = [f32; 3];

// From indigo through teal to yellow: lightness rises all the way, so that it reads without seeing hues,
// and it keeps clear of the greys that stand for what is masked.
const UNSURE: Lab = [0.36, 0.045, -0.135];
const BEND: Lab = [0.62, -0.20, 0.0];
const SURE: Lab = [0.92, -0.035, 0.165];

/// How many pieces the way from unsure to sure is measured in.
const PIECES: usize = 64;

/// The colour of a code that the denoiser is `confidence` sure of, from 0 to 1.
pub fn colour(confidence: f32) -> Color {
    let share = if confidence.is_nan() {
        0.0
    } else {
        confidence.clamp(0.0, 1.0)
    };
    to_colour(at(share))
}

/// Eight colours, evenly spaced from unsure to sure: as many as a gradient takes.
pub fn stops() -> [(f32, Color); 8] {
    std::array::from_fn(|stop| {
        let share = stop as f32 / 7.0;
        (share, colour(share))
    })
}

/// The point where `share` of the way from unsure to sure is done.
fn at(share: f32) -> Lab {
    // Every cell of every grid asks for its colour in every frame.
    static LENGTHS: LazyLock<[f32; PIECES + 1]> = LazyLock::new(lengths);
    let lengths = &*LENGTHS;
    let wanted = share * lengths[PIECES];
    let piece = lengths.partition_point(|length| *length < wanted).max(1);
    let (start, end) = (lengths[piece - 1], lengths[piece.min(PIECES)]);
    let within = if end > start {
        (wanted - start) / (end - start)
    } else {
        0.0
    };
    curve(((piece - 1) as f32 + within) / PIECES as f32)
}

/// How long the way from unsure is up to the end of each piece.
fn lengths() -> [f32; PIECES + 1] {
    let mut lengths = [0.0; PIECES + 1];
    let mut before = UNSURE;
    for piece in 1..=PIECES {
        let point = curve(piece as f32 / PIECES as f32);
        lengths[piece] = lengths[piece - 1] + distance(before, point);
        before = point;
    }
    lengths
}

/// A quadratic Bézier curve.
fn curve(at: f32) -> Lab {
    let back = 1.0 - at;
    std::array::from_fn(|axis| {
        back * back * UNSURE[axis] + 2.0 * at * back * BEND[axis] + at * at * SURE[axis]
    })
}

fn distance(one: Lab, other: Lab) -> f32 {
    let squares = one
        .iter()
        .zip(other)
        .map(|(one, other)| (one - other).powi(2));
    squares.sum::<f32>().sqrt()
}

/// Source: Björn Ottosson, "A perceptual color space for image processing", 2020.
fn to_colour([lightness, a, b]: Lab) -> Color {
    let long = (lightness + 0.396_337_78 * a + 0.215_803_76 * b).powi(3);
    let medium = (lightness - 0.105_561_346 * a - 0.063_854_17 * b).powi(3);
    let short = (lightness - 0.089_484_18 * a - 1.291_485_5 * b).powi(3);
    Color::from_linear_rgba(
        (4.076_741_7 * long - 3.307_711_6 * medium + 0.230_969_94 * short).clamp(0.0, 1.0),
        (-1.268_438 * long + 2.609_757_4 * medium - 0.341_319_38 * short).clamp(0.0, 1.0),
        (-0.004_196_086_3 * long - 0.703_418_6 * medium + 1.707_614_7 * short).clamp(0.0, 1.0),
        1.0,
    )
}

#[cfg(test)]
mod tests {
    use super::{at, colour, distance, stops};

    #[test]
    fn the_ends_are_indigo_and_yellow() {
        let hex = |confidence| colour(confidence).into_rgba8();
        assert_eq!(hex(0.0), [0x3e, 0x28, 0x81, 0xff]);
        assert_eq!(hex(1.0), [0xfb, 0xe8, 0x4c, 0xff]);
        assert_eq!(hex(7.0), hex(1.0));
        assert_eq!(hex(f32::NAN), hex(0.0));
    }

    #[test]
    fn equal_steps_of_confidence_look_equally_large() {
        let steps: Vec<f32> = (0..20)
            .map(|step| distance(at(step as f32 / 20.0), at((step + 1) as f32 / 20.0)))
            .collect();
        let (least, most) = steps
            .iter()
            .fold((f32::MAX, 0.0_f32), |(least, most), step| {
                (least.min(*step), most.max(*step))
            });
        assert!(most / least < 1.02, "{steps:?}");
    }

    #[test]
    fn it_gets_lighter_all_the_way_so_that_hues_need_not_be_seen() {
        let lightness = |share: f32| at(share)[0];
        for step in 0..20 {
            let (one, next) = (
                lightness(step as f32 / 20.0),
                lightness((step + 1) as f32 / 20.0),
            );
            assert!(next - one > 0.02, "{one} to {next} at step {step}");
        }
    }

    #[test]
    fn no_colour_is_a_grey() {
        for (share, colour) in stops() {
            let [red, green, blue, _] = colour.into_rgba8();
            let spread = red.max(green).max(blue) - red.min(green).min(blue);
            assert!(spread > 60, "{share}: {red} {green} {blue}");
        }
    }
}

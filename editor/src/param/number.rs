//! How numbers are shown, and how a slider lies over their range.

use graph::param::{ParamKind, ParamSpec, ParamValue};

/// The widest range of whole numbers that a slider is laid over.
const WIDEST_WHOLE: f64 = 20_000.0;
/// The widest range of other numbers that a slider is laid over.
const WIDEST: f64 = 1_000.0;
/// Up to this range a slider is even; beyond it, it is finer where the default is.
const EVEN: f64 = 32.0;

/// `number` in as few digits as tell it apart from its neighbours.
///
/// Numbers that came from 32 bits are shown as such: 0.9, and not 0.8999999761581421.
pub fn show(number: f64) -> String {
    let short = number as f32;
    let is_short = f64::from(short) == number;
    let size = number.abs();
    if size != 0.0 && !(1e-5..1e15).contains(&size) {
        return if is_short {
            format!("{short:e}")
        } else {
            format!("{number:e}")
        };
    }
    // Past the whole numbers that 32 bits can count, their digits are no longer the number's own.
    if is_short && size < 16_777_216.0 {
        format!("{short}")
    } else {
        format!("{number}")
    }
}

/// Reads what was typed, where a comma may stand for the point.
pub fn read(text: &str) -> String {
    let text = text.trim();
    let is_decimal = text.matches(',').count() == 1 && !text.contains('.');
    let text = if is_decimal {
        text.replace(',', ".")
    } else {
        text.to_owned()
    };
    // The minus of typography, as copied from a paper.
    text.replace('\u{2212}', "-")
}

/// How a slider lies over the range of a parameter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    min: f64,
    max: f64,
    /// The value at `t` is `min + (max - min) · t^bend`.
    bend: f64,
    /// The smallest difference that is worth a stop.
    stop: f64,
    whole: bool,
}

impl Scale {
    /// The slider of `spec`; `None` where it is no number, or where its range is too wide for one.
    pub fn of(spec: &ParamSpec) -> Option<Self> {
        let (min, max, whole) = match spec.kind {
            ParamKind::Int { min, max } => (min as f64, max as f64, true),
            ParamKind::Float { min, max } => (min, max, false),
            ParamKind::Bool
            | ParamKind::Text { .. }
            | ParamKind::Choice { .. }
            | ParamKind::Path { .. }
            | ParamKind::Seed => return None,
        };
        let span = max - min;
        let widest = if whole { WIDEST_WHOLE } else { WIDEST };
        if !(span > 0.0 && span <= widest) {
            return None;
        }
        let default = spec.default.as_ref().and_then(number);
        let stop = match default {
            _ if whole => 1.0,
            _ if span <= EVEN => round_stop(span / 100.0),
            Some(default) if default > min => round_stop((default - min) / 20.0),
            Some(_) | None => round_stop(span / 1000.0),
        };
        let bend = if span <= EVEN {
            1.0
        } else {
            bend(default.map_or(0.0, |default| (default - min) / span))
        };
        Some(Self {
            min,
            max,
            bend,
            stop,
            whole,
        })
    }

    /// How many stops the slider is worth; pressing an arrow key goes from one to the next.
    pub fn stops(&self) -> f64 {
        if self.bend > 1.0 {
            200.0
        } else {
            ((self.max - self.min) / self.stop)
                .round()
                .clamp(1.0, 200.0)
        }
    }

    /// Where `value` lies, from 0 to 1.
    pub fn position(&self, value: f64) -> f64 {
        let share = ((value - self.min) / (self.max - self.min)).clamp(0.0, 1.0);
        share.powf(1.0 / self.bend)
    }

    /// The value at `position`, rounded to one that somebody would type.
    pub fn value(&self, position: f64) -> ParamValue {
        // The ends are the ends, however odd the numbers there.
        if position <= 0.0 {
            return self.as_value(self.min);
        }
        if position >= 1.0 {
            return self.as_value(self.max);
        }
        let exact = self.min + (self.max - self.min) * position.powf(self.bend);
        // Two digits are all that a hand can tell apart on a slider.
        let digits = if exact.abs() > 0.0 && self.bend > 1.0 {
            10_f64.powf(exact.abs().log10().floor() - 1.0)
        } else {
            0.0
        };
        let stop = self.stop.max(digits);
        self.as_value(nearest(exact, stop).clamp(self.min, self.max))
    }

    fn as_value(&self, number: f64) -> ParamValue {
        if self.whole {
            ParamValue::Int(number.round() as i64)
        } else {
            ParamValue::Float(number)
        }
    }
}

/// `value` so many stops higher; `None` where `spec` is no number.
pub fn nudged(spec: &ParamSpec, value: &ParamValue, stops: i32) -> Option<ParamValue> {
    let from = number(value)?;
    match spec.kind {
        ParamKind::Int { min, max } => {
            let ParamValue::Int(from) = value else {
                return None;
            };
            let to = from.saturating_add(i64::from(stops)).clamp(min, max);
            Some(ParamValue::Int(to))
        }
        ParamKind::Seed => {
            let ParamValue::Int(from) = value else {
                return None;
            };
            Some(ParamValue::Int(
                from.saturating_add(i64::from(stops)).max(0),
            ))
        }
        ParamKind::Float { min, max } => {
            let stop = match Scale::of(spec) {
                Some(scale) => scale.stop,
                None => round_stop(from.abs().clamp(1e-6, 1e15) / 10.0),
            };
            let to = nearest(from + f64::from(stops) * stop, stop).clamp(min, max);
            Some(ParamValue::Float(to))
        }
        ParamKind::Bool
        | ParamKind::Text { .. }
        | ParamKind::Choice { .. }
        | ParamKind::Path { .. } => None,
    }
}

/// The multiple of `stop` nearest to `exact`, without the dust of binary fractions.
fn nearest(exact: f64, stop: f64) -> f64 {
    let count = (exact / stop).round();
    if stop >= 1.0 {
        count * stop.round()
    } else {
        // Dividing by a whole number gives the very number that its decimals would be read as.
        count * (stop * (1.0 / stop).round()).round() / (1.0 / stop).round()
    }
}

/// The nearest of …, 0.01, 0.02, 0.05, 0.1, … that is at most `rough`.
fn round_stop(rough: f64) -> f64 {
    let power = 10_f64.powi((rough * 1.000_001).log10().floor() as i32);
    let digit = rough * 1.000_001 / power;
    let digit = if digit >= 5.0 {
        5.0
    } else if digit >= 2.0 {
        2.0
    } else {
        1.0
    };
    digit * power
}

/// The bend that lays the default, a `share` of the range, in the middle.
fn bend(share: f64) -> f64 {
    if share <= 0.0 || share >= 1.0 {
        return 3.0;
    }
    (share.ln() / 0.5_f64.ln()).clamp(1.0, 8.0)
}

/// The number that `value` is, if it is one.
pub fn number(value: &ParamValue) -> Option<f64> {
    match value {
        ParamValue::Int(number) => Some(*number as f64),
        ParamValue::Float(number) => Some(*number),
        ParamValue::Bool(_) | ParamValue::Text(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use graph::param::{ParamKind, ParamSpec, ParamValue};

    use super::{Scale, nudged, read, show};

    #[test]
    fn numbers_are_shown_shortly() {
        let check = |number: f64, shown: &str| assert_eq!(show(number), shown);
        check(f64::from(0.9_f32), "0.9");
        check(0.9, "0.9");
        check(0.1 + 0.2, "0.30000000000000004");
        check(0.0, "0");
        check(-2.5, "-2.5");
        check(10_000.0, "10000");
        check(4_000_000_001.0, "4000000001");
        check(1e-6, "1e-6");
        check(f64::from(1e-6_f32), "1e-6");
        check(f64::MAX, "1.7976931348623157e308");
    }

    #[test]
    fn a_comma_stands_for_the_point_where_it_can_be_nothing_else() {
        assert_eq!(read(" 0,5 "), "0.5");
        assert_eq!(read("1,000.5"), "1,000.5");
        assert_eq!(read("\u{2212}3"), "-3");
    }

    fn float(min: f64, max: f64, default: f64) -> ParamSpec {
        ParamSpec {
            name: "x".into(),
            doc: "A number.".into(),
            kind: ParamKind::Float { min, max },
            default: Some(ParamValue::Float(default)),
            unit: None,
        }
    }

    fn whole(min: i64, max: i64, default: i64) -> ParamSpec {
        ParamSpec {
            kind: ParamKind::Int { min, max },
            default: Some(ParamValue::Int(default)),
            ..float(0.0, 1.0, 0.0)
        }
    }

    #[test]
    fn an_even_slider_stops_at_hundredths() {
        let scale = Scale::of(&float(0.0, 1.0, 0.9)).expect("a slider");
        assert_eq!(scale.value(0.0), ParamValue::Float(0.0));
        assert_eq!(scale.value(0.304), ParamValue::Float(0.3));
        assert_eq!(scale.value(0.5678), ParamValue::Float(0.57));
        assert_eq!(scale.value(1.0), ParamValue::Float(1.0));
        assert_eq!(scale.position(0.25), 0.25);
    }

    #[test]
    fn a_wide_slider_is_finest_where_the_default_is() {
        let guidance = Scale::of(&float(0.0, 100.0, 5.0)).expect("a slider");
        assert!((guidance.position(5.0) - 0.5).abs() < 1e-9);
        assert_eq!(guidance.value(0.5), ParamValue::Float(5.0));
        assert_eq!(guidance.value(0.52), ParamValue::Float(6.0));
        assert_eq!(guidance.value(1.0), ParamValue::Float(100.0));

        let width = Scale::of(&whole(8, 16_384, 256)).expect("a slider");
        assert_eq!(width.value(0.0), ParamValue::Int(8));
        assert_eq!(width.value(0.5), ParamValue::Int(260));
        assert_eq!(width.value(1.0), ParamValue::Int(16_384));
    }

    #[test]
    fn every_value_of_a_slider_may_be_set() {
        let specs = [
            float(0.0, 1.0, 0.6),
            float(1e-6, 1.0, 0.6),
            float(0.01, 100.0, 0.86),
            float(0.0, 100.0, 0.0),
            float(0.0, 0.99999, 0.999),
            whole(1, 4096, 64),
            whole(0, 256, 4),
            whole(2, 1024, 16),
            whole(20, 10_000, 100),
        ];
        for spec in specs {
            let scale = Scale::of(&spec).expect("a slider");
            for stop in 0..=1000 {
                let value = scale.value(f64::from(stop) / 1000.0);
                assert_eq!(spec.check(&value), Ok(value.clone()), "{spec:?}");
            }
        }
    }

    #[test]
    fn arrows_go_from_stop_to_stop_and_no_farther_than_the_range() {
        let check = |spec: &ParamSpec, from: ParamValue, stops, to: ParamValue| {
            assert_eq!(nudged(spec, &from, stops), Some(to));
        };
        let share = float(0.0, 1.0, 0.9);
        check(&share, ParamValue::Float(0.6), 1, ParamValue::Float(0.61));
        check(&share, ParamValue::Float(0.6), -10, ParamValue::Float(0.5));
        check(&share, ParamValue::Float(0.995), 1, ParamValue::Float(1.0));
        let weight = float(0.0, f64::MAX, 4.0);
        check(&weight, ParamValue::Float(4.0), 1, ParamValue::Float(4.2));
        let steps = whole(1, 4096, 64);
        check(&steps, ParamValue::Int(4095), 10, ParamValue::Int(4096));
        check(&steps, ParamValue::Int(2), -1, ParamValue::Int(1));
    }

    #[test]
    fn too_wide_a_range_has_no_slider() {
        assert_eq!(Scale::of(&float(f64::MIN, f64::MAX, 0.0)), None);
        assert_eq!(Scale::of(&float(0.0, f64::MAX, 1.0)), None);
        assert_eq!(Scale::of(&whole(0, 1_048_576, 0)), None);
        assert_eq!(Scale::of(&whole(0, i64::MAX, 0)), None);
        assert_eq!(Scale::of(&whole(3, 3, 3)), None, "nothing can be moved");
    }
}

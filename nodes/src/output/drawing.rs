//! A curve as an SVG drawing: a panel for each line, for lines share an axis but seldom a unit.

use std::fmt::Write;

use graph::preview::Line;

use crate::value::Curve;

/// Sizes, in pixels.
const WIDTH: f64 = 720.0;
const PANEL: f64 = 200.0;
const LEFT: f64 = 80.0;
const RIGHT: f64 = 20.0;
const ABOVE: f64 = 34.0;
const BELOW: f64 = 30.0;
/// How many numbers stand at an axis, about.
const TICKS: f64 = 5.0;

/// The smallest and the largest of some numbers, never equal.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Range {
    from: f64,
    to: f64,
}

impl Range {
    fn of(numbers: impl Iterator<Item = f64>) -> Self {
        let numbers = numbers.filter(|number| number.is_finite());
        let (from, to) = numbers.fold((f64::INFINITY, f64::NEG_INFINITY), |(from, to), number| {
            (from.min(number), to.max(number))
        });
        if from < to {
            Self { from, to }
        } else if from.is_finite() {
            let about = from.abs().max(1.0) * 0.5;
            Self {
                from: from - about,
                to: from + about,
            }
        } else {
            Self { from: 0.0, to: 1.0 }
        }
    }

    /// Where `number` lies, from 0 to 1.
    fn share(self, number: f64) -> f64 {
        (number - self.from) / (self.to - self.from)
    }

    /// How far apart the numbers at the axis are: 1, 2 or 5, times a power of ten.
    fn step(self) -> f64 {
        let wanted = (self.to - self.from) / TICKS;
        let power = 10_f64.powf(wanted.log10().floor());
        let round = [1.0, 2.0, 5.0].map(|times| times * power);
        round
            .into_iter()
            .find(|step| *step >= wanted)
            .unwrap_or(10.0 * power)
    }

    /// The round numbers of the range.
    fn ticks(self) -> impl Iterator<Item = f64> {
        let step = self.step();
        // A hair beyond each end, so that rounding loses no tick that stands at the very end.
        let first = (self.from / step - 1e-9).ceil() as i64;
        let last = (self.to / step + 1e-9).floor() as i64;
        (first..=last).map(move |tick| tick as f64 * step)
    }
}

/// The curve as an SVG drawing.
pub fn svg(curve: &Curve) -> String {
    let points = curve.lines.iter().flat_map(|line| &line.points);
    let across = Range::of(points.map(|(x, _)| *x));
    let height = PANEL * curve.lines.len().max(1) as f64;
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
         font-family=\"sans-serif\" font-size=\"11\" fill=\"#333\">\n\
         <rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#fff\"/>\n"
    );
    for (at, line) in curve.lines.iter().enumerate() {
        // Writing to a text never fails.
        let _ = writeln!(text, "<g transform=\"translate(0 {})\">", PANEL * at as f64);
        panel(&mut text, line, across, &curve.axis);
        text.push_str("</g>\n");
    }
    text.push_str("</svg>\n");
    text
}

fn panel(text: &mut String, line: &Line, across: Range, axis: &str) {
    let up = Range::of(line.points.iter().map(|(_, y)| *y));
    let x = |number: f64| LEFT + across.share(number) * (WIDTH - LEFT - RIGHT);
    let y = |number: f64| PANEL - BELOW - up.share(number) * (PANEL - ABOVE - BELOW);

    let title = escaped(&line.name);
    let _ = writeln!(
        text,
        "<text x=\"{LEFT}\" y=\"20\" font-size=\"13\">{title}</text>"
    );
    for tick in up.ticks() {
        let (at, end) = (y(tick), WIDTH - RIGHT);
        let label = short(tick, up);
        let _ = writeln!(
            text,
            "<path d=\"M{LEFT} {at:.1}H{end}\" stroke=\"#ddd\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{label}</text>",
            LEFT - 6.0,
            at + 4.0
        );
    }
    for tick in across.ticks() {
        let label = short(tick, across);
        let _ = writeln!(
            text,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{label}</text>",
            x(tick),
            PANEL - BELOW + 14.0
        );
    }
    let (end, foot) = (WIDTH - RIGHT, PANEL - 4.0);
    let axis = escaped(axis);
    let _ = writeln!(
        text,
        "<text x=\"{end}\" y=\"{foot}\" text-anchor=\"end\">{axis}</text>"
    );

    let mut way = String::new();
    for (at, height) in line.points.iter().filter(|(_, y)| y.is_finite()) {
        let step = if way.is_empty() { 'M' } else { 'L' };
        let _ = write!(way, "{step}{:.1} {:.1}", x(*at), y(*height));
    }
    let _ = writeln!(
        text,
        "<path d=\"{way}\" fill=\"none\" stroke=\"#1f77b4\" stroke-width=\"1.5\"/>"
    );
}

/// A number with as many digits as tell the ticks of `range` apart.
fn short(number: f64, range: Range) -> String {
    let digits = (-range.step().log10() - 1e-9).ceil().clamp(0.0, 8.0) as usize;
    // What is nearly zero would otherwise read `-0`.
    let number = if number.abs() < range.step() * 1e-6 {
        0.0
    } else {
        number
    };
    format!("{number:.digits$}")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use crate::value::Curve;
    use graph::preview::Line;

    use super::{Range, short, svg};

    #[test]
    fn every_line_has_its_panel() {
        let line = |name: &str, points: &[(f64, f64)]| Line {
            name: name.into(),
            points: points.into(),
        };
        let curve = Curve {
            axis: "step".into(),
            lines: vec![
                line("loss < 1", &[(0.0, 3.0), (100.0, 1.0)]),
                line("PSNR", &[(0.0, 20.0), (50.0, f64::NAN), (100.0, 20.0)]),
            ],
        };
        let drawn = svg(&curve);
        assert_eq!(drawn.matches("<g transform").count(), 2);
        assert!(drawn.contains("loss &lt; 1"));
        assert!(drawn.contains("M80.0 34.0L700.0 170.0"), "{drawn}");
        assert!(drawn.contains("M80.0 102.0L700.0 102.0"), "{drawn}");
        assert!(!drawn.contains("NaN"));
        assert!(!svg(&Curve::default()).contains("NaN"));
    }

    #[test]
    fn axes_bear_round_numbers() {
        let check = |from: f64, to: f64, expected: &[&str]| {
            let range = Range { from, to };
            let labels: Vec<String> = range.ticks().map(|tick| short(tick, range)).collect();
            assert_eq!(labels, expected, "{from} to {to}");
        };
        check(0.0, 4000.0, &["0", "1000", "2000", "3000", "4000"]);
        check(0.0, 19.0, &["0", "5", "10", "15"]);
        check(0.15, 3.0, &["1", "2", "3"]);
        check(-0.1, 0.3, &["-0.1", "0.0", "0.1", "0.2", "0.3"]);
        check(1.503, 1.512, &["1.504", "1.506", "1.508", "1.510", "1.512"]);
    }
}

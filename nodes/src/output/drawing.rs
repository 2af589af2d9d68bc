//! A curve as an SVG drawing: a panel for each line, for lines share an axis but seldom a unit.

use std::fmt::Write;

use graph::preview::{Axis, Line};

use crate::value::Curve;

/// Sizes, in pixels.
const WIDTH: f64 = 720.0;
const PANEL: f64 = 200.0;
const LEFT: f64 = 80.0;
const RIGHT: f64 = 20.0;
const ABOVE: f64 = 34.0;
const BELOW: f64 = 30.0;
/// How many numbers stand at an axis, about.
const TICKS: usize = 5;

/// The curve as an SVG drawing.
pub fn svg(curve: &Curve) -> String {
    let points = curve.lines.iter().flat_map(|line| &line.points);
    let across = axis_over(points.map(|(x, _)| *x));
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

fn panel(text: &mut String, line: &Line, across: Axis, axis: &str) {
    let up = axis_over(line.points.iter().map(|(_, y)| *y));
    let x = |number: f64| LEFT + f64::from(across.share(number)) * (WIDTH - LEFT - RIGHT);
    let y = |number: f64| PANEL - BELOW - f64::from(up.share(number)) * (PANEL - ABOVE - BELOW);

    let title = escaped(&line.name);
    let _ = writeln!(
        text,
        "<text x=\"{LEFT}\" y=\"20\" font-size=\"13\">{title}</text>"
    );
    let (ticks, labels) = up.ticks(TICKS);
    for (tick, label) in ticks.into_iter().zip(labels) {
        let (at, end) = (y(tick), WIDTH - RIGHT);
        let _ = writeln!(
            text,
            "<path d=\"M{LEFT} {at:.1}H{end}\" stroke=\"#ddd\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{label}</text>",
            LEFT - 6.0,
            at + 4.0
        );
    }
    let (ticks, labels) = across.ticks(TICKS);
    for (tick, label) in ticks.into_iter().zip(labels) {
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

/// The axis over `values`, from 0 to 1 where none of them is finite.
fn axis_over(values: impl Iterator<Item = f64>) -> Axis {
    Axis::over(values).unwrap_or_default()
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

    use super::svg;

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
}

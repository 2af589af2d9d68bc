//! Figures over a common axis.

use graph::preview::{Line, Preview};
use graph::value::{Footprint, WireValue};

/// Figures over a common axis, such as losses over steps.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curve {
    /// What the axis shows, with its unit.
    pub axis: String,
    /// One line for each figure.
    pub lines: Vec<Line>,
}

impl Curve {
    /// Adds the point `(x, y)` to the line called `name`.
    pub fn push(&mut self, name: &str, x: f64, y: f64) {
        match self.lines.iter_mut().find(|line| line.name == name) {
            Some(line) => line.points.push((x, y)),
            None => self.lines.push(Line {
                name: name.into(),
                points: vec![(x, y)],
            }),
        }
    }
}

impl WireValue for Curve {
    const KIND: &'static str = "curve";

    fn preview(&self) -> Preview {
        Preview::Curve(self.lines.clone())
    }

    fn footprint(&self) -> Footprint {
        Footprint::host(self.lines.iter().map(|line| line.points.len() * 16).sum())
    }
}

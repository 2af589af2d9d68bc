//! Whether a picture shows what its caption says.

use std::collections::BTreeMap;

use serde::Serialize;

use super::checker::{Seen, SeenObject};
use crate::value::Truth;

/// Which statements of a caption hold; `None` where it does not make such a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// The background has the colour said.
    pub background: bool,
    /// There are as many objects as said.
    pub count: bool,
    /// The objects are those said, no more and no fewer.
    pub objects: bool,
    /// The first lies to the second as said.
    pub relation: Option<bool>,
    /// The object is as large as said.
    pub size: Option<bool>,
}

impl Judgement {
    /// Whether all statements hold.
    pub fn is_right(&self) -> bool {
        self.background
            && self.count
            && self.objects
            && self.relation.unwrap_or(true)
            && self.size.unwrap_or(true)
    }
}

/// Small things are shorter than this share of the picture's side, large ones longer than the other.
const SMALL_BELOW: f32 = 0.32;
const LARGE_ABOVE: f32 = 0.50;

/// Judges what was `seen` in a picture `side` pixels long by the `truth` of a picture `true_side` pixels long.
pub fn judge(seen: &Seen, side: usize, truth: &Truth, true_side: usize) -> Judgement {
    let mut names: Vec<&str> = seen
        .objects
        .iter()
        .map(|object| object.name.as_str())
        .collect();
    let mut wanted: Vec<&str> = truth
        .objects
        .iter()
        .map(|object| object.name.as_str())
        .collect();
    names.sort_unstable();
    wanted.sort_unstable();
    Judgement {
        background: seen.background == truth.background,
        count: names.len() == wanted.len(),
        objects: names == wanted,
        relation: (!truth.relation.is_empty()).then(|| relation_holds(seen, truth)),
        size: (truth.category == "size").then(|| size_holds(seen, side, truth, true_side)),
    }
}

fn relation_holds(seen: &Seen, truth: &Truth) -> bool {
    let find = |at: usize| -> Option<&SeenObject> {
        let name = &truth.objects.get(at)?.name;
        seen.objects.iter().find(|object| object.name == *name)
    };
    let (Some(first), Some(second)) = (find(0), find(1)) else {
        return false;
    };
    let ([x1, y1], [x2, y2]) = (first.region.middle(), second.region.middle());
    let (right, down) = (x2 - x1, y2 - y1);
    match truth.relation.as_str() {
        "left of" => right > down.abs(),
        "right of" => -right > down.abs(),
        "above" => down > right.abs(),
        "below" => -down > right.abs(),
        _ => false,
    }
}

fn size_holds(seen: &Seen, side: usize, truth: &Truth, true_side: usize) -> bool {
    let share = |length: usize, side: usize| length as f32 / side as f32;
    let (Some(wanted), Some(object)) = (truth.objects.first(), seen.objects.first()) else {
        return false;
    };
    let length = share(object.region.width().max(object.region.height()), side);
    if share(wanted.size as usize, true_side) < SMALL_BELOW {
        length < SMALL_BELOW
    } else {
        length > LARGE_ABOVE
    }
}

/// How many of how many are right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Share {
    /// Those that are right.
    pub right: usize,
    /// All.
    pub of: usize,
    /// The share.
    pub score: f64,
}

impl Share {
    fn add(&mut self, right: bool) {
        self.right += usize::from(right);
        self.of += 1;
        self.score = self.right as f64 / self.of as f64;
    }
}

/// How pictures do over all.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Score {
    /// Pictures of which everything said holds.
    pub overall: Share,
    /// The same for each kind of caption.
    pub categories: BTreeMap<String, Share>,
    /// Each kind of statement, over the captions that make it.
    pub statements: BTreeMap<&'static str, Share>,
}

impl Score {
    /// Counts one picture.
    pub fn add(&mut self, category: &str, judgement: &Judgement) {
        self.overall.add(judgement.is_right());
        self.categories
            .entry(category.into())
            .or_default()
            .add(judgement.is_right());
        let statements = [
            ("background", Some(judgement.background)),
            ("count", Some(judgement.count)),
            ("objects", Some(judgement.objects)),
            ("relation", judgement.relation),
            ("size", judgement.size),
        ];
        for (name, holds) in statements {
            if let Some(holds) = holds {
                self.statements.entry(name).or_default().add(holds);
            }
        }
    }
}

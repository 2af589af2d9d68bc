//! Parameters that are changed in the node: numbers by moving sideways, seeds by dice.

use std::hash::{BuildHasher, RandomState};

use graph::document::PortRef;
use graph::edit::Edit;
use graph::param::{ParamKind, ParamSpec, ParamValue};

use crate::canvas::{Action, Held, View};
use crate::space::ScreenPoint;

/// How much slower a number changes while shift is held.
const FINE: f64 = 0.1;

/// A number that changes as the pointer moves.
#[derive(Clone, Debug)]
pub struct Scrub {
    target: PortRef,
    /// Where the pointer was last.
    last: ScreenPoint,
    /// The number before it is rounded.
    exact: f64,
    value: ParamValue,
    range: Range,
    has_moved: bool,
}

/// What a number may be, and how fast it changes.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Range {
    min: f64,
    max: f64,
    /// By how much it changes for each logical pixel.
    pace: f64,
    is_whole: bool,
}

impl Scrub {
    /// A drag of the number `target`, begun at `at`; `None` where it is no number.
    pub(super) fn new(target: &PortRef, at: ScreenPoint, view: &View<'_>) -> Option<Self> {
        let node = view.scene.node(&target.node)?;
        let row = node.param(&target.port)?;
        let value = row.value.clone()?;
        let exact = number(&value)?;
        Some(Self {
            target: target.clone(),
            last: at,
            exact,
            range: Range::of(node.spec(row)?, exact)?,
            value,
            has_moved: false,
        })
    }

    /// Whether anything has come of it.
    pub fn has_moved(&self) -> bool {
        self.has_moved
    }

    /// The pointer is at `at` now.
    pub(super) fn to(&mut self, at: ScreenPoint, held: Held) -> Action {
        let fine = if held.shift { FINE } else { 1.0 };
        let way = f64::from(at.x - self.last.x);
        self.last = at;
        let range = self.range;
        self.exact = (self.exact + way * range.pace * fine).clamp(range.min, range.max);
        let value = range.rounded(self.exact, fine);
        if value == self.value {
            return Action::None;
        }
        self.value = value.clone();
        self.has_moved = true;
        Action::Merge(Edit::set(&self.target, value))
    }
}

impl Range {
    fn of(spec: &ParamSpec, now: f64) -> Option<Self> {
        let (min, max, is_whole) = match spec.kind {
            ParamKind::Int { min, max } => (min as f64, max as f64, true),
            ParamKind::Seed => (0.0, i64::MAX as f64, true),
            ParamKind::Float { min, max } => (min, max, false),
            ParamKind::Bool
            | ParamKind::Text { .. }
            | ParamKind::Choice { .. }
            | ParamKind::Path { .. } => return None,
        };
        // A narrow range is crossed in a hand's breadth; in a wide one a number changes by a share of itself.
        let span = max - min;
        let pace = if span <= 20.0 {
            span / 250.0
        } else if is_whole {
            now.abs().max(10.0) / 100.0
        } else {
            now.abs().max(1.0) / 100.0
        };
        Some(Self {
            min,
            max,
            pace,
            is_whole,
        })
    }

    /// `exact` as a value that reads well: in steps of a power of ten that are no longer than the pace.
    fn rounded(self, exact: f64, fine: f64) -> ParamValue {
        if self.is_whole {
            return ParamValue::Int(exact.round() as i64);
        }
        let places = (-(self.pace * fine).log10().floor()).clamp(0.0, 9.0);
        let scale = 10_f64.powi(places as i32);
        let rounded = (exact * scale).round() / scale;
        ParamValue::Float(rounded.clamp(self.min, self.max))
    }
}

fn number(value: &ParamValue) -> Option<f64> {
    match value {
        ParamValue::Int(number) => Some(*number as f64),
        ParamValue::Float(number) => Some(*number),
        ParamValue::Bool(_) | ParamValue::Text(_) => None,
    }
}

/// The other of yes and no.
pub(super) fn other(value: Option<&ParamValue>) -> ParamValue {
    ParamValue::Bool(value != Some(&ParamValue::Bool(true)))
}

/// What seeds are rolled with.
#[derive(Clone, Copy, Debug)]
pub struct Dice {
    state: u64,
}

impl Dice {
    /// Dice that fall another way each time the program runs.
    pub(in crate::canvas) fn new() -> Self {
        Self::loaded(RandomState::new().hash_one(0))
    }

    /// Dice that always fall the same way.
    pub(in crate::canvas) fn loaded(state: u64) -> Self {
        Self { state }
    }

    /// A seed that is short enough to be read out.
    pub(super) fn roll(&mut self) -> ParamValue {
        // SplitMix64 (Steele, Lea and Flood 2014).
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.state;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^= bits >> 31;
        ParamValue::Int(i64::from((bits >> 32) as u32))
    }
}

//! What was expected, what came out, and how far apart they are.

use serde::Serialize;

use super::folder::Values;
use super::tolerance::Bound;
use super::{Computed, Family, Folder, Found, Tolerances};

/// How far numbers of a card may be off, as a share of the largest: its products are summed in another order.
const ON_CARD: f64 = 1e-3;

/// How far numbers may be off that follow from sizes alone, as a share: two units in the last place of f32.
const EXACT: f64 = 2.4e-7;

/// What became of a golden folder.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// What the folder is about.
    pub family: &'static str,
    /// One row for each array that was expected or came out.
    pub rows: Vec<Row>,
}

/// What became of one array.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// What the array is called.
    pub name: String,
    /// What was found.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// Whether it is as it should be.
    pub ok: bool,
}

/// How an array compares.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "compared", rename_all = "kebab-case")]
pub enum Verdict {
    /// Numbers.
    Numbers {
        /// How far the worst of them is off; absent where one of them is not a number.
        largest_error: Option<f64>,
        /// How far it may be off, in the same measure.
        tolerance: f64,
        /// Whether both are shares of the expected number.
        relative: bool,
    },
    /// Whole numbers, or values of pixels.
    Integers {
        /// How many are not as they should be.
        different: usize,
        /// How many there are.
        of: usize,
    },
    /// The case has an array that nobody computes.
    Unknown,
    /// The arrays have different sizes or types.
    Misshapen {
        /// How many values the case has.
        expected: usize,
        /// How many came out.
        found: usize,
    },
    /// The case lacks an array that this family has.
    Absent,
}

impl Report {
    /// Compares all arrays of a case with what was computed.
    pub fn new(
        family: Family,
        folder: &Folder,
        computed: &Computed,
        tolerances: &Tolerances,
        on_card: bool,
    ) -> Self {
        let case = folder.case().iter();
        let expected = case
            .map(|(name, recorded)| (name, &recorded.values))
            .filter(|(name, _)| !computed.inputs.contains(name))
            .chain(&computed.recorded);
        let mut rows: Vec<Row> = expected
            .map(|(name, recorded)| {
                let (verdict, ok) = match computed.found.get(name) {
                    None => (Verdict::Unknown, false),
                    Some(found) => compare(name, recorded, found, tolerances, on_card),
                };
                let name = name.clone();
                Row { name, verdict, ok }
            })
            .collect();
        let absent = computed.found.keys();
        let absent = absent.filter(|name| {
            !folder.case().contains_key(*name) && !computed.recorded.contains_key(*name)
        });
        rows.extend(absent.map(|name| Row {
            name: name.clone(),
            verdict: Verdict::Absent,
            ok: false,
        }));
        Self {
            family: family.name(),
            rows,
        }
    }

    /// Whether something was compared, and all of it holds.
    pub fn holds(&self) -> bool {
        !self.rows.is_empty() && self.rows.iter().all(|row| row.ok)
    }
}

fn compare(
    name: &str,
    expected: &Values,
    found: &Found,
    tolerances: &Tolerances,
    on_card: bool,
) -> (Verdict, bool) {
    match (expected, found) {
        (Values::Numbers(expected), Found::Numbers { values, like }) => {
            if expected.len() != values.len() {
                return misshapen(expected.len(), values.len());
            }
            let bound = tolerances.bound(like.unwrap_or(name));
            numbers(expected, values, bound, on_card)
        }
        (Values::Numbers(expected), Found::Exact(found)) => {
            if expected.len() != found.len() {
                return misshapen(expected.len(), found.len());
            }
            numbers(expected, found, Bound::Relative(EXACT), false)
        }
        (Values::Integers(expected), Found::Integers(found)) => {
            if expected.len() != found.len() {
                return misshapen(expected.len(), found.len());
            }
            let pairs = expected.iter().zip(found);
            integers(pairs.map(|(wanted, found)| wanted == found))
        }
        (Values::Bytes(expected), Found::Pixels(found)) => {
            if expected.len() != found.len() {
                return misshapen(expected.len(), found.len());
            }
            let pairs = expected.iter().zip(found);
            integers(pairs.map(|(wanted, found)| wanted.abs_diff(*found) <= 1))
        }
        (expected, found) => misshapen(expected.len(), found.len()),
    }
}

fn misshapen(expected: usize, found: usize) -> (Verdict, bool) {
    (Verdict::Misshapen { expected, found }, false)
}

fn integers(right: impl Iterator<Item = bool>) -> (Verdict, bool) {
    let (mut different, mut of) = (0, 0);
    for right in right {
        of += 1;
        different += usize::from(!right);
    }
    (
        Verdict::Integers { different, of },
        different == 0 && of > 0,
    )
}

fn numbers(expected: &[f32], found: &[f32], bound: Bound, on_card: bool) -> (Verdict, bool) {
    let (tolerance, relative) = match bound {
        Bound::Absolute(value) => (value, false),
        Bound::Relative(value) => (value, true),
    };
    let largest = expected
        .iter()
        .fold(0.0_f64, |most, value| most.max(f64::from(value.abs())));
    // A relative bound is that of the single number, and of numbers near zero that of the largest one's rounding.
    let scale = |wanted: f64| {
        if relative {
            wanted.abs().max(1e-6 * largest)
        } else {
            1.0
        }
    };
    let tolerance = match (on_card, relative) {
        (false, _) => tolerance,
        (true, true) => tolerance.max(ON_CARD),
        (true, false) => tolerance.max(ON_CARD * largest),
    };
    let mut worst = Some(0.0_f64);
    for (wanted, found) in expected.iter().zip(found) {
        let (wanted, found) = (f64::from(*wanted), f64::from(*found));
        let off = if wanted == found {
            0.0
        } else {
            (wanted - found).abs() / scale(wanted)
        };
        worst = worst.filter(|_| !off.is_nan()).map(|worst| worst.max(off));
    }
    let verdict = Verdict::Numbers {
        largest_error: worst,
        tolerance,
        relative,
    };
    let ok = !expected.is_empty() && worst.is_some_and(|worst| worst <= tolerance);
    (verdict, ok)
}

impl Values {
    fn len(&self) -> usize {
        match self {
            Self::Numbers(values) => values.len(),
            Self::Integers(values) => values.len(),
            Self::Bytes(values) => values.len(),
        }
    }
}

impl Found {
    fn len(&self) -> usize {
        match self {
            Self::Numbers { values, .. } | Self::Exact(values) => values.len(),
            Self::Integers(values) => values.len(),
            Self::Pixels(values) => values.len(),
        }
    }
}

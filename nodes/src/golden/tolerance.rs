//! How exact a golden folder's numbers are, as its README says.

/// How many times the difference between f32 and f64 an implementation in f32 may be off.
const ROUNDING: f64 = 10.0;

/// How far numbers may be off.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bound {
    /// At most this far.
    Absolute(f64),
    /// At most this share of the expected number.
    Relative(f64),
}

/// How far the numbers of a golden folder may be off, by words that their names hold.
///
/// A README states this in one of three ways, and they count in this order:
///
/// - `use atol 2e-5 hidden/logits, 2e-4 guided`
/// - `expect <= 2e-6 relative on losses, <= 1e-5 absolute on gradients`
/// - `fp32 vs fp64: latents 6.4e-06, decoded 2.7e-06`, of which ten times is allowed
#[derive(Clone, Debug, PartialEq)]
pub struct Tolerances {
    /// Words and their bounds, the more particular ones last.
    words: Vec<(String, Bound)>,
    /// What holds where no word does.
    otherwise: Bound,
}

impl Tolerances {
    /// What `readme` states, or `None` where it states nothing.
    pub fn of(readme: &str) -> Option<Self> {
        let stated = phrase(readme, "use atol ").map(|text| {
            let parts = text.split(',').filter_map(|part| {
                let mut words = part.split_whitespace();
                let bound = Bound::Absolute(number(words.next()?)?);
                let names = words.next()?.split('/');
                Some(names.map(move |name| (plain(name), bound)).collect())
            });
            parts.collect::<Vec<Vec<_>>>()
        });
        if let Some(words) = stated.filter(|parts| !parts.is_empty()) {
            let otherwise = words[0].first()?.1;
            let words = words.into_iter().flatten().collect();
            return Some(Self { words, otherwise });
        }
        let expected = phrase(readme, "expect <= ").map(|text| {
            let parts = text.split("<=").filter_map(|part| {
                let words: Vec<&str> = part.split_whitespace().collect();
                let [value, way, "on", name, ..] = words.as_slice() else {
                    return None;
                };
                let value = number(value)?;
                let bound = match *way {
                    "relative" => Bound::Relative(value),
                    "absolute" => Bound::Absolute(value),
                    _ => return None,
                };
                Some((plain(name), bound))
            });
            parts.collect::<Vec<_>>()
        });
        if let Some(words) = expected.filter(|words| !words.is_empty()) {
            let otherwise = words[0].1;
            return Some(Self { words, otherwise });
        }
        Self::from_rounding(readme)
    }

    /// Ten times the differences between f32 and f64.
    fn from_rounding(readme: &str) -> Option<Self> {
        let text = phrase(readme, "fp32 vs fp64")?;
        let text = text.split('(').next()?.trim_start_matches(':');
        let mut words = Vec::new();
        let mut name = String::new();
        for word in text.split_whitespace() {
            match number(word) {
                Some(value) => words.push((plain(&name), Bound::Absolute(value * ROUNDING))),
                None => name = word.into(),
            }
        }
        let largest = words.iter().map(|(_, bound)| match bound {
            Bound::Absolute(value) | Bound::Relative(value) => *value,
        });
        let otherwise = Bound::Absolute(largest.reduce(f64::max)?);
        Some(Self { words, otherwise })
    }

    /// How far the array called `name` may be off.
    pub fn bound(&self, name: &str) -> Bound {
        let named = self.words.iter().rev();
        let named = named.filter(|(word, _)| name.contains(word.as_str()));
        named
            .map(|(_, bound)| *bound)
            .next()
            .unwrap_or(self.otherwise)
    }
}

/// What stands behind `start`, up to the end of the clause.
fn phrase<'a>(text: &'a str, start: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(start)?;
    let end = rest.find([';', '\n']).unwrap_or(rest.len());
    Some(&rest[..end])
}

/// A number in the manner of `6.4e-06`, whatever stop stands behind it.
fn number(word: &str) -> Option<f64> {
    let word = word.trim_end_matches([',', '.', ':']);
    word.parse().ok().filter(|value: &f64| *value > 0.0)
}

/// A word without what stands around it, and in the singular.
fn plain(word: &str) -> String {
    let word = word.trim_matches(|letter: char| !letter.is_alphanumeric());
    match word {
        "losses" => "loss".into(),
        "gradients" => "gradient".into(),
        _ => word.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Bound, Tolerances};

    #[test]
    fn stated_bounds_go_by_the_words_of_a_name() {
        let readme =
            "fp32 vs fp64: guided logits 2.1e-05; use atol 2e-5 hidden/logits, 2e-4 guided.";
        let tolerances = Tolerances::of(readme).expect("it states some");
        assert_eq!(tolerances.bound("hidden_cond"), Bound::Absolute(2e-5));
        assert_eq!(tolerances.bound("logits_guided_g5"), Bound::Absolute(2e-4));
        assert_eq!(tolerances.bound("rope_cos"), Bound::Absolute(2e-5));
    }

    #[test]
    fn rounding_is_allowed_ten_times() {
        let readme = "Tolerance: 1 vs 2 threads 2.4e-06; fp32 vs fp64 latents 1.1e-05, decoded 4.2e-06 (std 0.83).";
        let tolerances = Tolerances::of(readme).expect("it states some");
        let Bound::Absolute(latents) = tolerances.bound("latents") else {
            panic!("the figures are absolute");
        };
        assert!((latents - 1.1e-4).abs() < 1e-12);
        let Bound::Absolute(decoded) = tolerances.bound("rand_decoded") else {
            panic!("the figures are absolute");
        };
        assert!((decoded - 4.2e-5).abs() < 1e-12);
        assert_eq!(tolerances.bound("quant"), tolerances.bound("latents"));
    }

    #[test]
    fn losses_and_gradients_have_bounds_of_their_own() {
        let readme =
            "1.4e-06; expect <= 2e-6 relative on losses, <= 1e-5 absolute on gradients in f32.";
        let tolerances = Tolerances::of(readme).expect("it states some");
        assert_eq!(tolerances.bound("ce.loss_row"), Bound::Relative(2e-6));
        assert_eq!(tolerances.bound("gradient"), Bound::Absolute(1e-5));
    }

    #[test]
    fn a_readme_without_figures_states_nothing() {
        assert_eq!(Tolerances::of("All numbers are right."), None);
    }
}

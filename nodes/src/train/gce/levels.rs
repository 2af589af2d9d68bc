//! Group levels as text.

use graph::param::ParamError;
use kernels::{GroupLevel, LEVELS_MAX};

/// The levels that `text` lists as `groups:weight`, separated by commas, as sizes of groups of a codebook.
///
/// Without a codebook only the form is checked.
///
/// Errors: a part is no pair of numbers, or asks for more groups than there are codes; or there are too many parts.
pub fn group_levels(text: &str, codebook: Option<u32>) -> Result<Vec<GroupLevel>, ParamError> {
    let invalid = |expected: &str| ParamError::Invalid {
        param: "levels".into(),
        expected: expected.into(),
        found: format!("{text:?}"),
    };
    let parts: Vec<_> = text
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect();
    if parts.len() > LEVELS_MAX {
        return Err(invalid(&format!("at most {LEVELS_MAX} levels")));
    }
    parts
        .into_iter()
        .map(|part| {
            let pair = part.split_once(':').and_then(|(groups, weight)| {
                let groups: usize = groups.trim().parse().ok()?;
                let weight: f32 = weight.trim().parse().ok()?;
                (groups > 0 && weight.is_finite() && weight > 0.0).then_some((groups, weight))
            });
            let Some((groups, weight)) = pair else {
                return Err(invalid(
                    "pairs of a number of groups and a positive weight, as in 512:0.2, 64:0.1",
                ));
            };
            let codes = codebook.map_or(groups, |codes| codes as usize);
            if groups > codes {
                return Err(invalid(&format!(
                    "at most as many groups as codes, {codes}"
                )));
            }
            Ok(GroupLevel {
                size: codes.div_ceil(groups),
                weight,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::group_levels;

    #[test]
    fn levels_are_read() {
        let levels = group_levels("512:0.2, 64 : 0.1", Some(4096)).expect("both are fine");
        let levels: Vec<_> = levels
            .iter()
            .map(|level| (level.size, level.weight))
            .collect();
        assert_eq!(levels, [(8, 0.2), (64, 0.1)]);
        assert_eq!(group_levels("", Some(8)).map(|levels| levels.len()), Ok(0));
        let nine = ["2:0.1"; 9].join(",");
        let refused = group_levels(&nine, Some(8)).expect_err("eight are the most");
        assert!(
            refused.to_string().contains("at most 8 levels"),
            "{refused}"
        );
    }

    #[test]
    fn wrong_levels_are_refused() {
        for text in ["512", "0:1", "8:-1", "8:x", "8:inf", "16:0.2"] {
            let error = group_levels(text, Some(8))
                .expect_err("it is wrong")
                .to_string();
            assert!(error.starts_with("parameter `levels` must be"), "{error}");
        }
    }
}

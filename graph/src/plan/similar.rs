//! Did you mean …?

/// The one of `known` that is nearly `name`, if there is one.
pub fn similar<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    let name: Vec<char> = name.chars().take(64).collect();
    // A third of the letters may differ; of short names one.
    let limit = (name.len() / 3).max(1);
    known
        .map(|other| (distance(&name, other), other))
        .filter(|(distance, other)| *distance <= limit && *distance < other.chars().count())
        .min()
        .map(|(_, other)| other.to_owned())
}

/// How many letters have to be added, removed or changed (Levenshtein).
fn distance(left: &[char], right: &str) -> usize {
    let mut row: Vec<usize> = (0..=left.len()).collect();
    for (line, letter) in right.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for at in 0..left.len() {
            let changed = diagonal + usize::from(left[at] != letter);
            diagonal = row[at + 1];
            row[at + 1] = changed.min(row[at] + 1).min(diagonal + 1);
        }
    }
    row[left.len()]
}

#[cfg(test)]
mod tests {
    use super::similar;

    #[test]
    fn finds_names_with_a_slip_and_no_others() {
        let check = |name: &str, expected: Option<&str>| {
            let known = ["steps", "seed", "sample.edit", "input.text", "x"];
            assert_eq!(
                similar(name, known.into_iter()).as_deref(),
                expected,
                "{name}"
            );
        };
        check("step", Some("steps"));
        check("sampler.edit", Some("sample.edit"));
        check("inptu.text", Some("input.text"));
        check("sede", None);
        check("colour", None);
        check("y", None);
        check("", None);
    }
}

//! Counts and long texts in few words.

/// How many of something there are: `1 node`, `2 nodes`.
pub fn counted(count: usize, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    }
}

/// The beginning of the first line of `text`, with a sign where there would be more.
pub fn shortened(text: &str, letters: usize) -> String {
    let line = text.lines().next().unwrap_or_default();
    if line.chars().count() <= letters && line.len() == text.len() {
        return line.to_owned();
    }
    let begin: String = line.chars().take(letters - 1).collect();
    begin.trim_end().to_owned() + "…"
}

#[cfg(test)]
mod tests {
    use super::{counted, shortened};

    #[test]
    fn one_is_told_apart_from_many() {
        let told = [0, 1, 2].map(|count| counted(count, "node"));
        assert_eq!(told, ["0 nodes", "1 node", "2 nodes"]);
    }

    #[test]
    fn a_long_text_is_cut_where_its_place_ends() {
        assert_eq!(shortened("portrait", 19), "portrait");
        assert_eq!(shortened("nineteen letters ha", 19), "nineteen letters ha");
        assert_eq!(
            shortened("nineteen letters have", 19),
            "nineteen letters h…"
        );
        assert_eq!(shortened("ends with a blank then", 13), "ends with a…");
        assert_eq!(shortened("a fox\nin the snow", 19), "a fox…");
    }
}

//! What a derive makes of names and of `///` lines.

/// What a literal of a text holds: `"a \"b\""` → `a "b"`; `None` where it is none.
pub fn unquoted(literal: &str) -> Option<String> {
    if let Some(raw) = literal.strip_prefix('r') {
        let raw = raw.trim_matches('#');
        return Some(raw.strip_prefix('"')?.strip_suffix('"')?.to_owned());
    }
    let inner = literal.strip_prefix('"')?.strip_suffix('"')?;
    let mut text = String::new();
    let mut letters = inner.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            text.push(letter);
            continue;
        }
        text.push(match letters.next()? {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            '0' => '\0',
            'u' => {
                let code: String = letters.by_ref().take_while(|l| *l != '}').collect();
                char::from_u32(u32::from_str_radix(code.trim_start_matches('{'), 16).ok()?)?
            }
            other => other,
        });
    }
    Some(text)
}

/// The lines of a documentation as one text, paragraphs kept.
pub fn joined(lines: &[String]) -> String {
    let mut text = String::new();
    for line in lines {
        let line = line.trim();
        if line.is_empty() {
            text.push_str("\n\n");
        } else {
            if !text.is_empty() && !text.ends_with('\n') {
                text.push(' ');
            }
            text.push_str(line);
        }
    }
    text.trim().to_owned()
}

/// `EditSampler` → `edit_sampler`.
pub fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}

/// `EditSampler` → `Edit sampler`.
pub fn title(name: &str) -> String {
    let words = snake_case(name).replace('_', " ");
    let mut letters = words.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => words,
    }
}

#[cfg(test)]
mod tests {
    use super::{joined, snake_case, title, unquoted};

    #[test]
    fn a_literal_gives_the_text_that_it_holds() {
        let check = |literal: &str, text: Option<&str>| {
            assert_eq!(unquoted(literal).as_deref(), text, "{literal}");
        };
        check(r#"" Softens \"it\".""#, Some(" Softens \"it\"."));
        check(r#""a\\b\n\u{e9}""#, Some("a\\b\né"));
        check(r##"r#"as "it" is \n"#"##, Some("as \"it\" is \\n"));
        check("16", None);
    }

    #[test]
    fn lines_are_joined_and_paragraphs_kept() {
        let lines = [" One", " sentence.", "", " Another."].map(String::from);
        assert_eq!(joined(&lines), "One sentence.\n\nAnother.");
    }

    #[test]
    fn names_become_words() {
        assert_eq!(snake_case("MaskGit"), "mask_git");
        assert_eq!(title("EditSampler"), "Edit sampler");
    }
}

//! What is known of plugins and what was found wrong with them, as people read it.

use std::fmt::Write;

use crate::check::Report;
use crate::plugins::{Plugin, State};
use crate::search::Places;

/// A line or two about each plugin, or where they are looked for where there is none.
pub fn plugins(found: &[Plugin], places: &Places) -> String {
    let mut text = String::new();
    if found.is_empty() {
        text.push_str("there are no plugins; they are looked for in\n");
        for place in &places.search {
            // Writing to a text cannot fail.
            let _ = writeln!(text, "  {}", place.display());
        }
        return text;
    }
    for plugin in found {
        let version = plugin.version.as_deref().unwrap_or("?");
        let state = match &plugin.state {
            State::Ready(_) if plugin.in_process => "ready, in the program itself",
            State::Ready(_) => "ready",
            State::Untrusted => "not trusted",
            State::Quarantined(_) => "quarantined",
            State::Broken(_) => "broken",
        };
        let _ = writeln!(text, "{} {version}: {state}", plugin.id);
        let _ = writeln!(text, "  {}", plugin.folder.display());
        if !plugin.kinds.is_empty() {
            let _ = writeln!(text, "  nodes: {}", plugin.kinds.join(", "));
        }
        if let Some(obstacle) = plugin.obstacle() {
            let _ = writeln!(text, "  {}", obstacle.problem);
            let _ = writeln!(text, "  help: {}", obstacle.hint);
        }
    }
    plain(&text)
}

/// The findings of a validator, one a paragraph, and what it made sure of.
pub fn report(report: &Report) -> String {
    let mut text = String::new();
    for finding in &report.findings {
        let _ = writeln!(text, "error: {}: {}", finding.place, finding.problem);
        let _ = writeln!(text, "  help: {}", finding.hint);
    }
    for note in &report.notes {
        let _ = writeln!(text, "note: {note}");
    }
    let name = match &report.description {
        Some(description) => format!("{} {}", description.id, description.version),
        None => report.folder.display().to_string(),
    };
    let _ = match report.findings.len() {
        0 => writeln!(text, "{name}: nothing is wrong"),
        1 => writeln!(text, "{name}: 1 thing is wrong"),
        count => writeln!(text, "{name}: {count} things are wrong"),
    };
    plain(&text)
}

/// The same text, with what would steer a terminal made visible: a plugin that nobody trusts yet has written some of it.
fn plain(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_control() && letter != '\n' {
            shown.extend(letter.escape_unicode());
        } else {
            shown.push(letter);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn what_would_steer_a_terminal_is_shown() {
        let text = "`id` is `\u{1b}[2J`\n  help: ü";
        assert_eq!(plain(text), "`id` is `\\u{1b}[2J`\n  help: ü");
    }
}

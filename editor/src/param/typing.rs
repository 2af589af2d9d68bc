//! A text that is being typed, and how it was typed.

/// A text that is being typed, with the way back to what stood there before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Typing {
    text: String,
    past: Vec<String>,
    future: Vec<String>,
    /// Whether the last change was a letter of a word that may go on.
    is_word: bool,
}

impl Typing {
    /// A text of which nothing was typed yet.
    pub fn new(text: String) -> Self {
        Self {
            text,
            past: Vec::new(),
            future: Vec::new(),
            is_word: false,
        }
    }

    /// The text as it is now.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Takes in the text after a change; the letters of a word are one step.
    pub fn set(&mut self, text: String) {
        if text == self.text {
            return;
        }
        let change = Change::between(&self.text, &text);
        let is_word = change.letter.is_some_and(char::is_alphanumeric);
        if !(is_word && self.is_word && change.removed == 0) {
            self.past.push(self.text.clone());
        }
        self.is_word = is_word;
        self.future.clear();
        self.text = text;
    }

    /// Takes the last step back; `false` where there is none.
    pub fn undo(&mut self) -> bool {
        let Some(before) = self.past.pop() else {
            return false;
        };
        self.future.push(std::mem::replace(&mut self.text, before));
        self.is_word = false;
        true
    }

    /// Makes the step again that was taken back; `false` where there is none.
    pub fn redo(&mut self) -> bool {
        let Some(after) = self.future.pop() else {
            return false;
        };
        self.past.push(std::mem::replace(&mut self.text, after));
        self.is_word = false;
        true
    }
}

/// What was done to a text at once.
#[derive(Debug, PartialEq, Eq)]
struct Change {
    /// How many letters were taken away.
    removed: usize,
    /// The letter that came in their place, where it is a single one.
    letter: Option<char>,
}

impl Change {
    fn between(before: &str, after: &str) -> Self {
        let before: Vec<char> = before.chars().collect();
        let after: Vec<char> = after.chars().collect();
        let same = |(one, other): &(&char, &char)| one == other;
        let head = before.iter().zip(&after).take_while(same).count();
        let tail = before[head..].iter().rev().zip(after[head..].iter().rev());
        let tail = tail.take_while(same).count();
        let letter = match &after[head..after.len() - tail] {
            [letter] => Some(*letter),
            _ => None,
        };
        Self {
            removed: before.len() - tail - head,
            letter,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Change, Typing};

    #[test]
    fn words_are_taken_back_one_by_one_and_come_again() {
        let mut typing = Typing::new("a fox".into());
        for length in 6..="a fox in the snow".len() {
            typing.set("a fox in the snow"[..length].into());
        }
        let mut texts = Vec::new();
        while typing.undo() {
            texts.push(typing.text().to_owned());
        }
        let expected = [
            "a fox in the ",
            "a fox in the",
            "a fox in ",
            "a fox in",
            "a fox ",
            "a fox",
        ];
        assert_eq!(texts, expected);
        while typing.redo() {}
        assert_eq!(typing.text(), "a fox in the snow");
    }

    #[test]
    fn what_is_typed_after_undo_takes_the_place_of_what_was_taken_back() {
        let mut typing = Typing::new("16".into());
        typing.set("1".into());
        typing.set(String::new());
        assert!(typing.undo());
        typing.set("12".into());
        assert!(!typing.redo());
        assert!(typing.undo());
        assert_eq!(typing.text(), "1");
        assert!(typing.undo());
        assert_eq!(typing.text(), "16");
        assert!(!typing.undo());
    }

    #[test]
    fn a_letter_in_place_of_what_was_selected_begins_a_word() {
        let mut typing = Typing::new("16".into());
        typing.set("3".into());
        typing.set("32".into());
        assert!(typing.undo());
        assert_eq!(typing.text(), "16");
    }

    #[test]
    fn a_letter_is_found_wherever_it_was_typed() {
        let check = |before, after, removed, letter| {
            let expected = Change { removed, letter };
            assert_eq!(Change::between(before, after), expected, "{before} {after}");
        };
        check("ac", "abc", 0, Some('b'));
        check("", "ä", 0, Some('ä'));
        check("aa", "aaa", 0, Some('a'));
        check("abc", "ac", 1, None);
        check("ac", "abbc", 0, None);
        check("a fox", "a d", 3, Some('d'));
    }
}

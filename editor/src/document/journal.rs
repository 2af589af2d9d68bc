//! What has not been saved yet, as text: a workflow file with a few lines of comment before it.

use std::fmt::Write;
use std::path::PathBuf;

use super::file::Fingerprint;
use super::naming;

/// The ending of journals.
pub const ENDING: &str = "journal";

/// What every journal begins with.
const HEADING: &str =
    "// Changes that have not been saved; Smalto offers them when it opens the workflow again.\n";

/// The state of a document that is in no file yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Journal {
    /// The file that it will be saved in; none before it was saved first.
    pub file: Option<PathBuf>,
    /// What stood in the file when the document was read from it or saved in it.
    pub saved: Option<Fingerprint>,
    /// What the document is called.
    pub title: String,
    /// Where relative paths start.
    pub base: PathBuf,
    /// The workflow.
    pub text: String,
}

impl Journal {
    /// The journal as text.
    pub fn to_text(&self) -> String {
        let mut text = HEADING.to_owned();
        if let Some(file) = &self.file {
            let _ = writeln!(text, "// file: {}", naming::to_line(file));
        }
        if let Some(saved) = self.saved {
            let _ = writeln!(text, "// saved: {saved}");
        }
        let _ = writeln!(
            text,
            "// title: {}",
            self.title.replace(char::is_control, " ")
        );
        let _ = writeln!(text, "// base: {}", naming::to_line(&self.base));
        text.push_str(&self.text);
        text
    }

    /// The journal that `text` is; nothing where it does not begin like one.
    ///
    /// What stands behind the first lines is not judged here.
    pub fn parse(text: &str) -> Option<Self> {
        let mut rest = text.strip_prefix(HEADING)?;
        let mut journal = Self {
            file: None,
            saved: None,
            title: String::new(),
            base: PathBuf::from("."),
            text: String::new(),
        };
        while let Some((line, behind)) = rest.split_once('\n') {
            let Some((name, value)) = line
                .strip_prefix("// ")
                .and_then(|line| line.split_once(": "))
            else {
                break;
            };
            match name {
                "file" => journal.file = Some(naming::from_line(value)?),
                "saved" => journal.saved = Some(value.parse().ok()?),
                "title" => journal.title = value.into(),
                "base" => journal.base = naming::from_line(value)?,
                // A newer program may have more to say.
                _ => {}
            }
            rest = behind;
        }
        journal.text = rest.into();
        Some(journal)
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::Journal;
    use crate::document::file::Fingerprint;

    #[test]
    fn a_journal_comes_back_as_it_was() {
        let mut journal = Journal {
            file: Some(PathBuf::from("/flows/100%.ron")),
            saved: Some(Fingerprint::of(b"x")),
            title: "100%".into(),
            base: PathBuf::from("/flows"),
            text: "(\n    format: 1,\n)\n".into(),
        };
        let text = journal.to_text();
        assert_eq!(
            text,
            "// Changes that have not been saved; Smalto offers them when it opens the workflow again.\n\
             // file: /flows/100%25.ron\n// saved: af63f54c86021707\n// title: 100%\n// base: /flows\n\
             (\n    format: 1,\n)\n"
        );
        assert_eq!(Journal::parse(&text), Some(journal.clone()));
        journal.file = None;
        journal.saved = None;
        assert_eq!(Journal::parse(&journal.to_text()), Some(journal));
    }

    #[test]
    fn what_is_no_journal_is_none() {
        assert_eq!(Journal::parse(""), None);
        assert_eq!(Journal::parse("(format: 1)"), None);
        let good = "// Changes that have not been saved; Smalto offers them when it opens the workflow again.\n";
        assert_eq!(Journal::parse(&format!("{good}// saved: fox\n")), None);
        let cut = Journal::parse(good).expect("it begins like one");
        assert_eq!(cut.text, "", "which is no workflow, and told as such");
        let newer = Journal::parse(&format!("{good}// mood: fine\n()")).expect("it is a journal");
        assert_eq!(newer.text, "()");
    }
}

//! What is found where pictures are looked for.

use std::path::Path;

use graph::error::NodeError;
use graph::run::Run;

use super::store::Entry;

/// How many of the things that are left out are named.
const NAMED: usize = 5;

/// Pictures, and captions of pictures that are not there.
#[derive(Debug, Default)]
pub struct Found {
    /// The pictures, none of which is decoded yet.
    pub entries: Vec<Entry>,
    /// Where captions without a picture stand, or which picture they are of.
    pub lone_captions: Vec<String>,
}

impl Found {
    /// What was found, and tells of captions without a picture.
    ///
    /// Errors: there is no picture; `what` was looked through.
    pub fn pictures(
        self,
        path: &Path,
        what: &str,
        hint: &str,
        run: &Run,
    ) -> Result<Vec<Entry>, NodeError> {
        let captions = self.lone_captions.len();
        if self.entries.is_empty() {
            let but = match captions {
                0 => String::new(),
                _ => format!(", but captions of {captions}: {}", few(&self.lone_captions)),
            };
            return Err(NodeError::file(
                path,
                format!("the {what} holds no picture{but}"),
                hint,
            ));
        }
        if captions > 0 {
            run.note(format!(
                "captions of pictures that are not there are left out, {captions} in all: {}",
                few(&self.lone_captions)
            ));
        }
        Ok(self.entries)
    }
}

/// The first few of many.
pub fn few(things: &[String]) -> String {
    let shown = things[..things.len().min(NAMED)].join("; ");
    match things.len().saturating_sub(NAMED) {
        0 => shown,
        more => format!("{shown}; and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::few;

    #[test]
    fn not_all_of_many_are_named() {
        let things =
            |count: usize| -> Vec<String> { (0..count).map(|at| at.to_string()).collect() };
        assert_eq!(few(&things(2)), "0; 1");
        assert_eq!(few(&things(8)), "0; 1; 2; 3; 4; and 3 more");
    }
}

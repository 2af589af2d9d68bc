//! The keymap file: a RON map from the names of commands to lists of keys.

use std::collections::BTreeMap;
use std::fmt::{self, Write};
use std::io;
use std::path::PathBuf;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};

use super::{Chord, Command, Keymap, KeymapProblem};

/// What stands above the keys that are written.
const HEADING: &str =
    "// Keys that are not the default ones; F1 in the editor lists all commands and their names.\n";

/// The entries of the file in its order.
struct Entries(Vec<(String, Vec<String>)>);

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EntriesVisitor)
    }
}

/// A map with the same key twice would otherwise lose one of the two without a word.
struct EntriesVisitor;

impl<'de> Visitor<'de> for EntriesVisitor {
    type Value = Entries;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a map such as `{\"file.save\": [\"Ctrl+S\"]}`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries, A::Error> {
        let mut entries: Vec<(String, Vec<String>)> = Vec::new();
        while let Some(id) = map.next_key::<String>()? {
            if entries.iter().any(|(other, _)| *other == id) {
                return Err(A::Error::custom(format!("{id:?} stands twice")));
            }
            entries.push((id, map.next_value()?));
        }
        Ok(Entries(entries))
    }
}

impl Keymap {
    /// Takes what the file sets.
    pub(super) fn read(&mut self) -> Vec<KeymapProblem> {
        let (Entries(entries), text) = match self.file.read() {
            Ok(Some(found)) => found,
            Ok(None) => return Vec::new(),
            Err(error) => return vec![error.into()],
        };
        let mut problems = Vec::new();
        for (id, spelled) in entries {
            let start = text.find(&format!("\"{id}\"")).unwrap_or(0);
            let Some(command) = Command::from_id(&id) else {
                let (line, column) = place(&text, start);
                let _ = self.kept.insert(id.clone(), spelled);
                problems.push(KeymapProblem::UnknownCommand { line, column, id });
                continue;
            };
            let mut chords = Vec::new();
            for chord in spelled {
                match chord.parse::<Chord>() {
                    Ok(chord) => chords.push(chord),
                    Err(error) => {
                        let quoted = format!("\"{chord}\"");
                        let behind = text[start..].find(&quoted).unwrap_or(0);
                        let (line, column) = place(&text, start + behind);
                        self.kept.entry(id.clone()).or_default().push(chord);
                        problems.push(KeymapProblem::Chord {
                            line,
                            column,
                            error,
                        });
                    }
                }
            }
            // Where nothing is understood the defaults are better than no keys, unless none are wanted.
            if !chords.is_empty() || !self.kept.contains_key(&id) {
                let _ = self.set.insert(command, chords);
            }
        }
        problems
    }

    /// Writes what is set; returns where a file was moved that could not be understood.
    pub(super) fn write(&mut self) -> io::Result<Option<PathBuf>> {
        let mut entries: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (command, chords) in &self.set {
            let chords = chords.iter().map(ToString::to_string).collect();
            let _ = entries.insert(command.id(), chords);
        }
        for (id, spelled) in &self.kept {
            entries.entry(id).or_default().extend(spelled.clone());
        }
        let mut text = format!("{HEADING}{{\n");
        for (id, spelled) in entries {
            let _ = writeln!(text, "    {id:?}: {spelled:?},");
        }
        text.push_str("}\n");
        self.file.write(&text)
    }
}

/// The line and column of a byte of `text`, both counted from 1.
fn place(text: &str, at: usize) -> (usize, usize) {
    let before = &text[..at];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = 1 + before.matches('\n').count();
    (line, 1 + before[line_start..].chars().count())
}

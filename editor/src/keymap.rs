//! Which keys give which commands.

mod chord;
mod file;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use crate::command::Command;
use crate::settings::file::{ConfigError, ConfigFile};
use iced::keyboard::Event;

pub use chord::{Chord, ChordError, Platform};

/// The keys of all commands: those that somebody has set, and the defaults of the others.
#[derive(Clone, Debug)]
pub struct Keymap {
    commands: BTreeMap<Chord, Command>,
    keys: BTreeMap<Command, Vec<Chord>>,
    /// What somebody has set, as far as it is understood.
    set: BTreeMap<Command, Vec<Chord>>,
    /// What is not understood stays in the file: a newer program may know it.
    kept: BTreeMap<String, Vec<String>>,
    file: ConfigFile,
}

/// What is wrong with a keymap file; everything else in it holds.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeymapProblem {
    /// The file cannot be used at all.
    #[error(transparent)]
    File(#[from] ConfigError),
    /// No command is called that.
    #[error("line {line}, column {column}: there is no command {id:?}; F1 lists those there are")]
    UnknownCommand {
        /// Where, counted from 1.
        line: usize,
        /// Where in the line, counted from 1.
        column: usize,
        /// What the file calls it.
        id: String,
    },
    /// A text names no keys.
    #[error("line {line}, column {column}: {error}")]
    Chord {
        /// Where, counted from 1.
        line: usize,
        /// Where in the line, counted from 1.
        column: usize,
        /// What is wrong with it.
        error: ChordError,
    },
    /// The file gives the same keys to two commands.
    #[error("`{chord}` is given to both `{}` and `{}`: it is the first that it does", kept.id(), lost.id())]
    Conflict {
        /// The keys.
        chord: Chord,
        /// What they do.
        kept: Command,
        /// What they do not.
        lost: Command,
    },
}

/// What came of giving a command other keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rebound {
    /// The commands that had one of the keys, and have it no more.
    pub taken_from: Vec<Command>,
    /// Where the file was moved that could not be understood.
    pub set_aside: Option<PathBuf>,
}

impl Keymap {
    /// The keys that the file at `path` sets, and all that is wrong with it; the file stays as it is.
    pub fn load(path: &Path) -> (Self, Vec<KeymapProblem>) {
        let mut keymap = Self {
            commands: BTreeMap::new(),
            keys: BTreeMap::new(),
            set: BTreeMap::new(),
            kept: BTreeMap::new(),
            file: ConfigFile::new(path),
        };
        let mut problems = keymap.read();
        problems.extend(keymap.settle());
        (keymap, problems)
    }

    /// What the press of a key asks for.
    pub fn command(&self, event: &Event) -> Option<Command> {
        Chord::pressed(event, Platform::THIS)
            .iter()
            .find_map(|chord| self.command_of(chord))
    }

    /// What `chord` asks for.
    pub fn command_of(&self, chord: &Chord) -> Option<Command> {
        self.commands.get(chord).copied()
    }

    /// The keys of `command`, the one to show first.
    pub fn keys(&self, command: Command) -> &[Chord] {
        self.keys.get(&command).map_or(&[], Vec::as_slice)
    }

    /// The first keys of `command` as they stand on the keys of this computer; empty where it has none.
    pub fn label(&self, command: Command) -> String {
        self.keys(command)
            .first()
            .map_or_else(String::new, |chord| chord.label(Platform::THIS))
    }

    /// Whether somebody has set the keys of `command`.
    pub fn is_set(&self, command: Command) -> bool {
        self.set.contains_key(&command)
    }

    /// Gives `command` these keys and no others, takes them from all other commands, and writes the file.
    ///
    /// Errors: the file cannot be written; the keys hold all the same until the editor ends.
    pub fn rebind(&mut self, command: Command, chords: Vec<Chord>) -> io::Result<Rebound> {
        let before: Vec<Command> = chords
            .iter()
            .filter_map(|chord| self.command_of(chord))
            .filter(|other| *other != command)
            .collect();
        for (_, others) in self.set.iter_mut().filter(|(other, _)| **other != command) {
            others.retain(|chord| !chords.contains(chord));
        }
        let mut chords = chords;
        let mut seen = Vec::new();
        chords.retain(|chord| {
            let new = !seen.contains(chord);
            seen.push(chord.clone());
            new
        });
        if chords == defaults(command) {
            let _ = self.set.remove(&command);
        } else {
            let _ = self.set.insert(command, chords);
        }
        let conflicts = self.settle();
        debug_assert!(conflicts.is_empty(), "each key was taken from all others");
        let mut taken_from = before;
        taken_from.sort();
        taken_from.dedup();
        Ok(Rebound {
            taken_from,
            set_aside: self.write()?,
        })
    }

    /// Gives `command` its default keys again, as [`Keymap::rebind`] gives others.
    ///
    /// Errors: those of [`Keymap::rebind`].
    pub fn reset(&mut self, command: Command) -> io::Result<Rebound> {
        self.rebind(command, defaults(command))
    }

    /// Works out what holds: first what is set, then the defaults that are still free.
    fn settle(&mut self) -> Vec<KeymapProblem> {
        self.commands.clear();
        self.keys.clear();
        let mut problems = Vec::new();
        for command in Command::all() {
            for chord in self.set.get(&command).into_iter().flatten() {
                match self.commands.get(chord) {
                    None => {
                        let _ = self.commands.insert(chord.clone(), command);
                        self.keys.entry(command).or_default().push(chord.clone());
                    }
                    Some(kept) if *kept == command => {}
                    Some(kept) => problems.push(KeymapProblem::Conflict {
                        chord: chord.clone(),
                        kept: *kept,
                        lost: command,
                    }),
                }
            }
        }
        for command in Command::all().filter(|command| !self.set.contains_key(command)) {
            for chord in defaults(command) {
                if !self.commands.contains_key(&chord) {
                    let _ = self.commands.insert(chord.clone(), command);
                    self.keys.entry(command).or_default().push(chord);
                }
            }
        }
        problems
    }
}

/// The keys of `command` until somebody sets others.
fn defaults(command: Command) -> Vec<Chord> {
    let keys = command.default_keys().iter();
    keys.map(|key| {
        key.parse()
            .expect("the table of commands spells its keys rightly")
    })
    .collect()
}

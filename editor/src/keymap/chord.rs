//! Keys held down together, and how they are spelled.

use std::fmt;
use std::str::FromStr;

use iced::keyboard::key::Named;
use iced::keyboard::{Event, Key, Modifiers};

/// A key and what is held down with it, spelled as `Ctrl+Shift+S`.
///
/// `Ctrl` is the key that commands are given with: on a Mac the command key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Chord {
    modifiers: Modifiers,
    key: Key,
}

/// How the keys of a computer are labelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Platform {
    /// With words.
    Pc,
    /// With signs.
    Mac,
}

/// Why a text names no keys.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChordError {
    /// It names no key.
    #[error(
        "{found:?} names no key: expected a key such as \"F2\", or several such as \"Ctrl+Shift+S\""
    )]
    NoKey {
        /// What was found.
        found: String,
    },
    /// What is held down is not known.
    #[error(
        "{found:?} cannot be held down with another key: expected \"Ctrl\", \"Shift\", \"Alt\" or \"Super\""
    )]
    UnknownModifier {
        /// What was found.
        found: String,
    },
    /// The key is not known.
    #[error(
        "{found:?} is no key: expected one letter or sign, or a name such as \"Enter\", \"Left\" or \"F2\""
    )]
    UnknownKey {
        /// What was found.
        found: String,
    },
}

/// Named keys: the name in files, the sign on a Mac.
const NAMED: &[(Named, &str, &str)] = &[
    (Named::Enter, "Enter", "↩"),
    (Named::Escape, "Esc", "⎋"),
    (Named::Tab, "Tab", "⇥"),
    (Named::Space, "Space", "␣"),
    (Named::Backspace, "Backspace", "⌫"),
    (Named::Delete, "Delete", "⌦"),
    (Named::Insert, "Insert", "Insert"),
    (Named::Home, "Home", "↖"),
    (Named::End, "End", "↘"),
    (Named::PageUp, "PageUp", "⇞"),
    (Named::PageDown, "PageDown", "⇟"),
    (Named::ArrowLeft, "Left", "←"),
    (Named::ArrowRight, "Right", "→"),
    (Named::ArrowUp, "Up", "↑"),
    (Named::ArrowDown, "Down", "↓"),
    (Named::ContextMenu, "Menu", "Menu"),
    (Named::F1, "F1", "F1"),
    (Named::F2, "F2", "F2"),
    (Named::F3, "F3", "F3"),
    (Named::F4, "F4", "F4"),
    (Named::F5, "F5", "F5"),
    (Named::F6, "F6", "F6"),
    (Named::F7, "F7", "F7"),
    (Named::F8, "F8", "F8"),
    (Named::F9, "F9", "F9"),
    (Named::F10, "F10", "F10"),
    (Named::F11, "F11", "F11"),
    (Named::F12, "F12", "F12"),
];

/// Names that people use as well.
const ALIASES: &[(&str, &str)] = &[
    ("escape", "esc"),
    ("return", "enter"),
    ("del", "delete"),
    ("pgup", "pageup"),
    ("pgdown", "pagedown"),
];

/// What can be held down, in the order in which it is written: the name in files, and on a Mac.
const HELD: &[(Modifiers, &str, &str)] = &[
    (Modifiers::LOGO, "Super", "⌃"),
    (Modifiers::CTRL, "Ctrl", "⌘"),
    (Modifiers::ALT, "Alt", "⌥"),
    (Modifiers::SHIFT, "Shift", "⇧"),
];

impl Platform {
    /// The platform that this program is built for.
    pub const THIS: Self = if cfg!(target_os = "macos") {
        Self::Mac
    } else {
        Self::Pc
    };

    /// What is held down, as if it were held down on a PC.
    fn held(self, modifiers: Modifiers) -> Modifiers {
        match self {
            Self::Pc => modifiers,
            Self::Mac => {
                let mut held = modifiers;
                held.set(Modifiers::CTRL, modifiers.logo());
                held.set(Modifiers::LOGO, modifiers.control());
                held
            }
        }
    }
}

impl Chord {
    /// The chords that a press of a key may mean, the likeliest first; none for other events.
    ///
    /// A sign counts as such wherever a keyboard has it: `?` is `?`, not shift and something else.
    /// Letters of other alphabets count as the Latin letters on the same keys.
    pub fn pressed(event: &Event, platform: Platform) -> Vec<Self> {
        let Event::KeyPressed {
            key,
            modified_key,
            physical_key,
            modifiers,
            ..
        } = event
        else {
            return Vec::new();
        };
        let held = platform.held(*modifiers);
        let mut chords = Vec::new();
        let mut add = |modifiers: Modifiers, key: Option<Key>| {
            if let Some(key) = key {
                chords.push(Self { modifiers, key });
            }
        };
        add(held, known(key));
        let sign = match modified_key {
            Key::Character(text) => text.chars().all(|letter| !letter.is_alphanumeric()),
            Key::Named(_) | Key::Unidentified => false,
        };
        if sign && modified_key != key {
            // Whatever had to be held down to type the sign says nothing.
            let typed = Modifiers::SHIFT | Modifiers::ALT;
            add(held - Modifiers::SHIFT, known(modified_key));
            add(held - typed, known(modified_key));
        }
        let latin = key.to_latin(*physical_key).map(String::from);
        add(
            held,
            latin.and_then(|letter| known(&Key::Character(letter.into()))),
        );
        chords.dedup();
        chords
    }

    /// How the chord stands on the keys of a computer.
    pub fn label(&self, platform: Platform) -> String {
        match platform {
            Platform::Pc => self.to_string(),
            Platform::Mac => {
                let held = HELD
                    .iter()
                    .filter(|(modifier, ..)| self.modifiers.contains(*modifier));
                let held: String = held.map(|(_, _, sign)| *sign).collect();
                let key = match &self.key {
                    Key::Named(named) => NAMED
                        .iter()
                        .find(|(other, ..)| other == named)
                        .map_or_else(String::new, |(_, _, sign)| (*sign).to_owned()),
                    Key::Character(letter) => capital(letter),
                    Key::Unidentified => String::new(),
                };
                held + &key
            }
        }
    }
}

/// The key as chords hold it, where it is one that can be spelled.
fn known(key: &Key) -> Option<Key> {
    match key {
        Key::Named(named) => NAMED
            .iter()
            .any(|(other, ..)| other == named)
            .then_some(Key::Named(*named)),
        Key::Character(text) => {
            let mut letters = text.chars().flat_map(char::to_lowercase);
            let letter = letters.next()?;
            let single =
                letters.next().is_none() && !letter.is_whitespace() && !letter.is_control();
            single.then(|| Key::Character(letter.to_string().into()))
        }
        Key::Unidentified => None,
    }
}

/// The letter as it stands on a key, where it has a single capital.
fn capital(letter: &str) -> String {
    let capital = letter.to_uppercase();
    if capital.chars().count() == 1 {
        capital
    } else {
        letter.into()
    }
}

fn key_called(name: &str) -> Option<Key> {
    let lower = name.to_lowercase();
    let lower = ALIASES
        .iter()
        .find(|(alias, _)| *alias == lower)
        .map_or(lower.as_str(), |(_, name)| *name);
    if lower == "plus" {
        return Some(Key::Character("+".into()));
    }
    let named = NAMED
        .iter()
        .find(|(_, name, _)| name.to_lowercase() == lower);
    match named {
        Some((named, ..)) => Some(Key::Named(*named)),
        None => known(&Key::Character(lower.into())),
    }
}

impl FromStr for Chord {
    type Err = ChordError;

    fn from_str(text: &str) -> Result<Self, ChordError> {
        let text = text.trim();
        // The sign between the keys may be a key itself.
        let (held, key) = match text.strip_suffix('+') {
            Some("") => ("", "+"),
            Some(held) => (held.strip_suffix('+').unwrap_or(held), "+"),
            None => text.rsplit_once('+').unwrap_or(("", text)),
        };
        if key.trim().is_empty() || (key == "+" && !text.ends_with("++") && text != "+") {
            return Err(ChordError::NoKey { found: text.into() });
        }
        let mut modifiers = Modifiers::empty();
        for name in held.split('+').filter(|_| !held.is_empty()) {
            modifiers |= match name.trim().to_lowercase().as_str() {
                "ctrl" | "control" | "cmd" | "command" => Modifiers::CTRL,
                "shift" => Modifiers::SHIFT,
                "alt" | "option" => Modifiers::ALT,
                "super" | "win" | "meta" => Modifiers::LOGO,
                _ => return Err(ChordError::UnknownModifier { found: name.into() }),
            };
        }
        let key = key.trim();
        let key = key_called(key).ok_or_else(|| ChordError::UnknownKey { found: key.into() })?;
        Ok(Self { modifiers, key })
    }
}

impl fmt::Display for Chord {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (modifier, name, _) in HELD {
            if self.modifiers.contains(*modifier) {
                write!(out, "{name}+")?;
            }
        }
        match &self.key {
            Key::Character(letter) if letter == "+" => out.write_str("Plus"),
            Key::Character(letter) => out.write_str(&capital(letter)),
            Key::Named(named) => {
                let name = NAMED.iter().find(|(other, ..)| other == named);
                out.write_str(name.map_or("", |(_, name, _)| name))
            }
            Key::Unidentified => Ok(()),
        }
    }
}

//! What keys do in the viewer.

use iced::keyboard::key::Named;
use iced::keyboard::{Key, Modifiers};

use super::{Message, Viewer};

/// What keys do, for whoever asks: the keys, and what they do.
pub const HELP: [(&str, &str); 7] = [
    ("F", "Fit"),
    ("1", "The picture's own size"),
    ("+, -", "Closer, farther away"),
    ("Left, Right, Home, End", "Other pictures of the batch"),
    ("C", "Compare: wipe, side by side, not at all"),
    ("Ctrl+S", "Save as PNG"),
    ("Escape", "Close"),
];

impl Viewer {
    /// What a key does here; `None` where it is left to others.
    pub fn key(&self, key: &Key, modifiers: Modifiers) -> Option<Message> {
        let plain = !modifiers.command() && !modifiers.control() && !modifiers.alt();
        match key {
            Key::Named(named) if plain => match named {
                Named::ArrowLeft => Some(Message::Stepped(-1)),
                Named::ArrowRight => Some(Message::Stepped(1)),
                Named::Home => Some(Message::Chosen(0)),
                Named::End => Some(Message::Chosen(usize::MAX)),
                Named::Escape => Some(Message::Closed),
                _ => None,
            },
            Key::Character(letter) => match (letter.to_lowercase().as_str(), plain) {
                ("f" | ".", true) => Some(Message::FitChosen),
                ("1", true) => Some(Message::ActualChosen),
                ("+" | "=", true) => Some(Message::ZoomedIn),
                ("-", true) => Some(Message::ZoomedOut),
                ("c", true) => Some(Message::CompareCycled),
                ("s", false) if modifiers.command() => Some(Message::SaveAsked),
                (_, true | false) => None,
            },
            Key::Named(_) | Key::Unidentified => None,
        }
    }
}

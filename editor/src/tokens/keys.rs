//! What keys do in the token view.

use iced::keyboard::key::Named;
use iced::keyboard::{Key, Modifiers};

use super::paint::Tool;
use super::{Message, Pane, TokenView};

/// How many steps a leap is.
const LEAP: isize = 5;

/// What keys do, for whoever asks: the keys, and what they do.
pub const HELP: [(&str, &str); 14] = [
    ("Space", "Play or pause"),
    ("Left, Right", "One step; with Shift five"),
    ("Home, End", "First and last step"),
    ("Up, Down", "Faster and slower"),
    ("B, E, R", "Brush, eraser, rectangle"),
    ("Alt+arrows", "Point at another cell"),
    ("P", "Paint the cell that is pointed at"),
    ("[, ]", "Narrower and wider brush"),
    ("I, Delete", "Invert and clear the paint"),
    ("U", "Paint the unsure codes"),
    ("Ctrl+Z, Ctrl+Shift+Z", "Take a stroke back, make it again"),
    ("D", "Show where two samplers differ"),
    ("V", "Open the picture in a viewer"),
    ("Enter", "Resume from this step"),
];

impl TokenView {
    /// What a key does here; `None` where it is left to others.
    pub fn key(&self, key: &Key, modifiers: Modifiers) -> Option<Message> {
        let plain = !modifiers.command() && !modifiers.control() && !modifiers.alt();
        match key {
            Key::Named(named) if modifiers == Modifiers::ALT => match named {
                Named::ArrowUp => Some(Message::CellMoved(-1, 0)),
                Named::ArrowDown => Some(Message::CellMoved(1, 0)),
                Named::ArrowLeft => Some(Message::CellMoved(0, -1)),
                Named::ArrowRight => Some(Message::CellMoved(0, 1)),
                _ => None,
            },
            Key::Named(named) if plain => self.named(*named, modifiers.shift()),
            Key::Character(letter) => {
                let letter = letter.to_lowercase();
                match (letter.as_str(), plain, modifiers.shift()) {
                    ("z", false, false) if modifiers.command() => Some(Message::PaintUndone),
                    ("z", false, true) if modifiers.command() => Some(Message::PaintRedone),
                    ("y", false, false) if modifiers.command() => Some(Message::PaintRedone),
                    (letter, true, _) => self.letter(letter),
                    (_, false, _) => None,
                }
            }
            Key::Named(_) | Key::Unidentified => None,
        }
    }

    fn named(&self, named: Named, shift: bool) -> Option<Message> {
        let far = if shift { LEAP } else { 1 };
        match named {
            Named::Space => Some(Message::PlayToggled),
            Named::ArrowLeft => Some(Message::Stepped(-far)),
            Named::ArrowRight => Some(Message::Stepped(far)),
            Named::ArrowUp => Some(Message::SpeedChosen(self.scrubber.speed().faster())),
            Named::ArrowDown => Some(Message::SpeedChosen(self.scrubber.speed().slower())),
            Named::Home => Some(Message::FirstChosen),
            Named::End => Some(Message::LastChosen),
            Named::Enter => Some(Message::Resumed),
            Named::Delete | Named::Backspace => Some(Message::PaintCleared),
            Named::Escape => Some(Message::Closed),
            _ => None,
        }
    }

    fn letter(&self, letter: &str) -> Option<Message> {
        let diameter = self.paint.diameter();
        match letter {
            " " => Some(Message::PlayToggled),
            "b" => Some(Message::ToolChosen(Tool::Brush)),
            "e" => Some(Message::ToolChosen(Tool::Eraser)),
            "r" => Some(Message::ToolChosen(Tool::Rectangle)),
            "[" => Some(Message::BrushSized(diameter - 1)),
            "]" => Some(Message::BrushSized(diameter + 1)),
            "p" => Some(Message::CellPainted),
            "i" => Some(Message::PaintInverted),
            "u" => Some(Message::UnsurePainted),
            "d" if self.right.is_some() => Some(Message::DifferencesToggled),
            "v" => Some(Message::PictureOpened(Pane::Left)),
            _ => None,
        }
    }
}

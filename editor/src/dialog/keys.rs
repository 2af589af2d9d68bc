//! Every command with its keys, which can be given other ones here.

mod view;

#[cfg(test)]
mod tests;

use iced::keyboard::{self, Key, key::Named};

use crate::command::{Command, Group};
use crate::keymap::{Chord, Keymap, Platform};

/// The list of all commands with their keys.
#[derive(Clone, Debug)]
pub struct Keys {
    query: String,
    rows: Vec<Command>,
    chosen: usize,
    listening: Option<Listening>,
}

/// Keys are awaited for a command.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Listening {
    command: Command,
    /// Whether they come beside those that it has.
    adds: bool,
    /// Keys that another command has; it has to be said once more that they are wanted.
    taken: Option<(Chord, Command)>,
}

/// What can happen in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// The query is another.
    Typed(String),
    /// The line that is so many below is chosen.
    Moved(isize),
    /// This command is to get other keys.
    Picked(Command),
    /// This command is to get more keys.
    Added(Command),
    /// This command is to have no keys.
    Cleared(Command),
    /// This command is to have the keys again that it had at first.
    Reset(Command),
    /// The chosen command is to get other keys.
    Submitted,
    /// A key was pressed while keys were awaited.
    Pressed(keyboard::Event),
    /// The keys stay as they are; or, where none are awaited, the list is not wanted any more.
    Dismissed,
}

/// What the parent shall do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Nothing.
    None,
    /// Close the list.
    Close,
    /// Call [`Keymap::rebind`] with these.
    Rebind(Command, Vec<Chord>),
    /// Call [`Keymap::reset`] with this.
    Reset(Command),
}

impl Keys {
    /// The list of all commands.
    pub fn open() -> Self {
        Self {
            query: String::new(),
            rows: Command::all().collect(),
            chosen: 0,
            listening: None,
        }
    }

    /// Notes what happened, and says what the parent shall do.
    pub fn update(&mut self, message: Message, keymap: &Keymap) -> Action {
        match message {
            Message::Typed(query) => {
                self.rows = found(&query, keymap);
                self.query = query;
                self.chosen = 0;
                Action::None
            }
            Message::Moved(by) => {
                let last = self.rows.len().saturating_sub(1);
                self.chosen = self.chosen.saturating_add_signed(by).min(last);
                Action::None
            }
            Message::Picked(command) => self.listen(command, false),
            Message::Added(command) => self.listen(command, true),
            Message::Submitted => match self.rows.get(self.chosen) {
                Some(command) => self.listen(*command, false),
                None => Action::None,
            },
            Message::Cleared(command) => self.done(Action::Rebind(command, Vec::new())),
            Message::Reset(command) => self.done(Action::Reset(command)),
            Message::Pressed(event) => self.press(&event, keymap),
            Message::Dismissed if self.listening.is_some() => self.done(Action::None),
            Message::Dismissed => Action::Close,
        }
    }

    fn listen(&mut self, command: Command, adds: bool) -> Action {
        if let Some(row) = self.rows.iter().position(|other| *other == command) {
            self.chosen = row;
        }
        self.listening = Some(Listening {
            command,
            adds,
            taken: None,
        });
        Action::None
    }

    fn done(&mut self, action: Action) -> Action {
        self.listening = None;
        action
    }

    fn press(&mut self, event: &keyboard::Event, keymap: &Keymap) -> Action {
        let Some(listening) = &mut self.listening else {
            return Action::None;
        };
        let command = listening.command;
        if let Some((chord, _)) = &listening.taken
            && is_plain(event, Named::Enter)
        {
            let chords = chords(listening, chord.clone(), keymap);
            return self.done(Action::Rebind(command, chords));
        }
        let Some(chord) = Chord::pressed(event, Platform::THIS).into_iter().next() else {
            return Action::None;
        };
        match keymap.command_of(&chord) {
            Some(other) if other != command => {
                listening.taken = Some((chord, other));
                Action::None
            }
            Some(_) | None => {
                let chords = chords(listening, chord, keymap);
                self.done(Action::Rebind(command, chords))
            }
        }
    }
}

/// The keys that the command has afterwards.
fn chords(listening: &Listening, chord: Chord, keymap: &Keymap) -> Vec<Chord> {
    let mut chords = if listening.adds {
        keymap.keys(listening.command).to_vec()
    } else {
        Vec::new()
    };
    chords.push(chord);
    chords
}

/// The commands that answer `query` by all of its words, in title, keys or group.
fn found(query: &str, keymap: &Keymap) -> Vec<Command> {
    let query = query.to_lowercase();
    let answers = |command: &Command| {
        let keys = keymap.keys(*command).iter();
        let keys: String = keys
            .map(|chord| format!(" {}", chord.label(Platform::THIS)))
            .collect();
        let group = command.group().title();
        let text = format!("{} {group}{keys}", command.title()).to_lowercase();
        query.split_whitespace().all(|word| text.contains(word))
    };
    let listed = Group::ALL
        .into_iter()
        .flat_map(|group| Command::all().filter(move |command| command.group() == group));
    listed.filter(answers).collect()
}

fn is_plain(event: &keyboard::Event, named: Named) -> bool {
    match event {
        keyboard::Event::KeyPressed { key, modifiers, .. } => {
            *key == Key::Named(named) && modifiers.is_empty()
        }
        keyboard::Event::KeyReleased { .. } | keyboard::Event::ModifiersChanged(_) => false,
    }
}

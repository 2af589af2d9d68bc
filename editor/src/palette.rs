//! The list that is searched by typing: nodes to add, wires to lay, commands to run.

mod entry;
mod rank;
pub(crate) mod socket;
mod view;

#[cfg(test)]
mod tests;

use graph::document::{Graph, NodeId, PortRef};
use graph::registry::Registry;

use crate::canvas::Loose;
use crate::command::Command;
use crate::keymap::Keymap;
use crate::space::WorldPoint;

pub use entry::{Entry, Fit, Level, Pick};
use rank::Row;
pub use view::SIZE;

/// How many names of things used lately are worth keeping.
const REMEMBERED: usize = 20;
/// How far PageUp and PageDown go.
const PAGE: usize = 6;

/// What the palette is opened for.
#[derive(Clone, Debug, PartialEq)]
pub enum Mode {
    /// A node is to be added.
    Add {
        /// Where.
        at: WorldPoint,
        /// The end of the wire that is in the hand.
        from: Option<Loose>,
    },
    /// A wire is to be laid from or to a node.
    Connect {
        /// The node.
        from: NodeId,
    },
    /// A command is to be run.
    Command,
}

/// What the palette is filled from.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The document.
    pub graph: &'a Graph,
    /// The kinds of node.
    pub registry: &'a Registry,
    /// The keys of commands.
    pub keymap: &'a Keymap,
    /// The names of kinds and commands that were picked lately, the last one first; see [`remember`].
    pub recent: &'a [String],
}

/// A list that is searched by typing.
#[derive(Clone, Debug)]
pub struct Palette {
    mode: Mode,
    query: String,
    entries: Vec<Entry>,
    /// How many kinds of node are not offered, because no socket of theirs fits.
    left_out: usize,
    /// What passes through the wire that is in the hand.
    wire: Option<String>,
    recent: Vec<String>,
    rows: Vec<Row>,
    chosen: usize,
    socket: usize,
}

/// What can happen in the palette.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// The query is another.
    Typed(String),
    /// The line above or below, or one farther away, is to be chosen.
    Moved(isize),
    /// The first line, or the last one.
    Ended(bool),
    /// The next socket of the chosen node is to be wired.
    SocketMoved,
    /// This socket of the chosen node is to be wired.
    SocketChosen(usize),
    /// The chosen line is taken.
    Submitted,
    /// This line is taken.
    Picked(usize),
    /// Nothing is wanted.
    Dismissed,
}

/// What the parent shall do; all but [`Action::None`] close the palette.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Nothing.
    None,
    /// Close the palette.
    Close,
    /// Add a node.
    Add {
        /// Its kind.
        kind: String,
        /// The wire that was in the hand, and the port or parameter of the new node that it goes to.
        connect: Option<(Loose, String)>,
        /// Where.
        at: WorldPoint,
    },
    /// Lay a wire from an output to an input or parameter; one that is there and cannot stay makes way.
    Connect(PortRef, PortRef),
    /// Run a command.
    Run(Command),
}

impl Palette {
    /// A palette with nothing typed; its field has the focus as soon as it is seen.
    pub fn open(mode: Mode, context: Context<'_>) -> Self {
        let Context {
            graph,
            registry,
            keymap,
            recent,
        } = context;
        let mut wire = None;
        let (entries, left_out) = match &mode {
            Mode::Add { from, .. } => {
                let kind = from.as_ref();
                let kind = kind.and_then(|loose| entry::loose_kind(registry, graph, loose));
                wire = kind.map(|kind| kind.name().to_owned());
                entry::nodes(registry, graph, from.as_ref())
            }
            Mode::Connect { from } => (entry::wires(registry, graph, from), 0),
            Mode::Command => (entry::commands(keymap), 0),
        };
        let rows = rank::rank("", &entries, recent);
        Self {
            mode,
            query: String::new(),
            entries,
            left_out,
            wire,
            recent: recent.to_vec(),
            rows,
            chosen: 0,
            socket: 0,
        }
    }

    /// The entry that Enter would take.
    pub fn chosen(&self) -> Option<&Entry> {
        self.entry(self.chosen)
    }

    /// Notes what happened, and says what the parent shall do.
    pub fn update(&mut self, message: Message) -> Action {
        match message {
            Message::Typed(query) => {
                self.rows = rank::rank(&query, &self.entries, &self.recent);
                self.query = query;
                self.choose(0);
                Action::None
            }
            Message::Moved(by) => {
                let last = self.rows.len().saturating_sub(1);
                let is_one = by.abs() == 1;
                // One step goes round; a page ends at the end.
                let to = match self.chosen.checked_add_signed(by) {
                    Some(to) if to <= last => to,
                    Some(_) if is_one => 0,
                    None if is_one => last,
                    Some(_) => last,
                    None => 0,
                };
                self.choose(to);
                Action::None
            }
            Message::Ended(is_last) => {
                let last = self.rows.len().saturating_sub(1);
                self.choose(if is_last { last } else { 0 });
                Action::None
            }
            Message::SocketMoved => {
                let count = self.chosen().map_or(0, |entry| entry.fits.len());
                self.socket = (self.socket + 1) % count.max(1);
                Action::None
            }
            Message::SocketChosen(socket) => {
                self.socket = socket;
                Action::None
            }
            Message::Submitted => self.pick(self.chosen),
            Message::Picked(row) => {
                if row != self.chosen {
                    self.choose(row);
                }
                self.pick(row)
            }
            Message::Dismissed => Action::Close,
        }
    }

    fn choose(&mut self, row: usize) {
        self.chosen = row;
        self.socket = 0;
    }

    fn entry(&self, row: usize) -> Option<&Entry> {
        self.entries.get(self.rows.get(row)?.entry)
    }

    fn pick(&self, row: usize) -> Action {
        let Some(entry) = self.entry(row) else {
            return Action::None;
        };
        match (&entry.pick, &self.mode) {
            (Pick::Node(descriptor), Mode::Add { at, from }) => {
                let socket = entry.fits.get(self.socket);
                Action::Add {
                    kind: descriptor.id.clone(),
                    connect: from.clone().zip(socket.map(|fit| fit.port.clone())),
                    at: *at,
                }
            }
            (Pick::Wire { from, to }, _) => Action::Connect(from.clone(), to.clone()),
            (Pick::Command(command), _) => Action::Run(*command),
            (Pick::Node(_), Mode::Connect { .. } | Mode::Command) => Action::None,
        }
    }
}

/// Puts `name` in front of the names of what was used lately.
pub fn remember(recent: &mut Vec<String>, name: impl Into<String>) {
    let name = name.into();
    recent.retain(|other| *other != name);
    recent.insert(0, name);
    recent.truncate(REMEMBERED);
}

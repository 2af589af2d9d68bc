//! The token view: how a picture came about, step by step, and how to go on from any of them.
//!
//! | part | modules |
//! |---|---|
//! | what is known of the steps | [`history`], [`difference`], [`cells`] |
//! | what the user does | [`scrubber`], [`pace`], [`paint`], [`keys`] |
//! | what the graph is asked for | [`decode`], [`resume`], [`wiring`] |
//! | how it looks | [`board`], [`timeline`], [`faces`] |

pub mod board;
pub mod cells;
pub mod decode;
mod decoding;
pub mod difference;
pub mod faces;
pub mod history;
pub mod keys;
pub mod pace;
pub mod paint;
mod painting;
pub mod pictures;
pub mod quad;
pub mod resume;
pub mod scrubber;
pub mod side;
pub mod timeline;
mod view;
pub mod wiring;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use graph::document::{Graph, NodeId, PortRef};
use graph::preview::{Picture, TokenGrid};
use graph::registry::Registry;

use cells::{Cell, Cells, Size};
use decode::Scratch;
use decoding::Rest;
use pace::Pace;
use paint::{Paint, Tool};
use resume::Resume;
use scrubber::{Scrubber, Speed};
use side::Side;

pub use decoding::Ticket;

/// How sure a code must at least be not to be painted as unsure, unless set.
const SURE: f32 = 0.5;

/// What is known of every sampler that has run, by the output that tells its steps.
pub type Histories = BTreeMap<PortRef, Record>;

/// What a run told of a sampler.
#[derive(Clone, Debug)]
pub struct Record {
    /// The steps: the first is the start.
    pub steps: Arc<Vec<TokenGrid>>,
    /// The output that told them, as it was called then.
    pub output: PortRef,
    /// The graph that was run; pictures of steps are made by it, however the document has changed since.
    pub graph: Rc<Graph>,
}

/// How pictures came about, step by step.
#[derive(Clone, Debug)]
pub struct TokenView {
    left: Side,
    right: Option<Side>,
    sources: Vec<PortRef>,
    scrubber: Scrubber,
    pace: Pace,
    paint: Paint,
    painted: Pane,
    unsure: f32,
    pointed: Option<Cell>,
    differences: bool,
    rest: Rest,
    asked: Option<Ticket>,
    asked_count: u64,
}

/// One of the two samplers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pane {
    /// The one that the view was opened for.
    Left,
    /// The one that it is compared with.
    Right,
}

/// What the view must see of the rest of the editor.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The document.
    pub graph: &'a Graph,
    /// The kinds of nodes.
    pub registry: &'a Registry,
    /// The steps that are known.
    pub histories: &'a Histories,
}

/// What happened in the view.
#[derive(Clone, Debug)]
pub enum Message {
    /// Something happened to a board of this sampler.
    Board(Pane, board::Happened),
    /// Something happened to the timeline.
    Timeline(timeline::Happened),
    /// So many steps on, or back where it is negative.
    Stepped(isize),
    /// To the first step.
    FirstChosen,
    /// To the last step.
    LastChosen,
    /// Play or pause.
    PlayToggled,
    /// Another speed of playing.
    SpeedChosen(Speed),
    /// The cell at hand is another one: so many rows down and columns to the right.
    CellMoved(i32, i32),
    /// What the tool does is done at the cell at hand.
    CellPainted,
    /// Another tool.
    ToolChosen(Tool),
    /// Another width of the brush, in cells.
    BrushSized(u32),
    /// Everything is painted that is not, and nothing that is.
    PaintInverted,
    /// All paint is taken away.
    PaintCleared,
    /// All codes less sure than the threshold are painted.
    UnsurePainted,
    /// Another threshold.
    ThresholdMoved(f32),
    /// The last stroke is taken back.
    PaintUndone,
    /// The stroke taken back last is made again.
    PaintRedone,
    /// Another sampler to look at.
    SourceChosen(PortRef),
    /// Another sampler to compare it with, or none.
    OtherChosen(Option<PortRef>),
    /// Another way of keeping in step.
    PaceChosen(Pace),
    /// Show where the grids differ, or no more.
    DifferencesToggled,
    /// Try again to make the pictures.
    Retried,
    /// A picture was made, or why it could not be.
    Decoded(Ticket, Result<Picture, String>),
    /// The picture shall be seen in a viewer of its own.
    PictureOpened(Pane),
    /// Go on from this step.
    Resumed,
    /// The view is done with.
    Closed,
}

/// What the parent shall do.
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub enum Action {
    /// Nothing.
    None,
    /// Run this and answer with [`Message::Decoded`].
    Decode(Ticket, Box<Scratch>),
    /// Apply this to the document, and run it until the last of its nodes.
    Resume(Resume),
    /// Open a viewer of this picture.
    Open {
        /// What it is.
        label: String,
        /// The picture.
        picture: Picture,
    },
    /// Tell the user.
    Say(String),
    /// Close the view.
    Close,
}

impl TokenView {
    /// A view of the sampler whose steps `output` tells.
    pub fn new(output: PortRef, context: &Context<'_>) -> Self {
        let mut view = Self {
            left: Side::new(output),
            right: None,
            sources: Vec::new(),
            scrubber: Scrubber::new(0),
            pace: Pace::Step,
            paint: Paint::new(),
            painted: Pane::Left,
            unsure: SURE,
            pointed: None,
            differences: false,
            rest: Rest::Idle,
            asked: None,
            asked_count: 0,
        };
        view.refresh(context);
        view
    }

    /// Which sampler it looks at: the output that tells its steps.
    pub fn output(&self) -> &PortRef {
        self.left.output()
    }

    /// Takes what has changed around it: call it whenever a run has shown something, or the document has changed.
    pub fn refresh(&mut self, context: &Context<'_>) {
        self.sources = context.histories.keys().cloned().collect();
        let mut changed = self.left.refresh(context.histories.get(self.left.output()));
        if let Some(right) = &mut self.right {
            changed |= right.refresh(context.histories.get(right.output()));
        }
        if changed {
            // What is still being made would be a picture of earlier steps.
            self.asked = None;
            self.resize();
        }
    }

    /// Follows a node that is called something else now.
    pub fn follow(&mut self, from: &NodeId, to: &NodeId) {
        self.left.follow(from, to);
        if let Some(right) = &mut self.right {
            right.follow(from, to);
        }
    }

    /// What the view does when something happened.
    pub fn update(&mut self, message: Message, context: &Context<'_>) -> Action {
        match message {
            Message::Board(pane, happened) => self.board(pane, happened),
            Message::Timeline(timeline::Happened::Ticked(now)) => return self.tick(now, context),
            Message::Timeline(timeline::Happened::Scrubbed(step)) => self.go(step),
            Message::Timeline(timeline::Happened::Scrolled(steps)) | Message::Stepped(steps) => {
                self.scrubber.advance(steps);
                self.moved();
            }
            Message::FirstChosen => self.go(0),
            Message::LastChosen => self.go(self.scrubber.last()),
            Message::PlayToggled => {
                self.scrubber.toggle();
                self.moved();
            }
            Message::SpeedChosen(speed) => self.scrubber.set_speed(speed),
            Message::CellMoved(down, right) => self.point(down, right),
            Message::CellPainted => self.paint_cell(),
            Message::ToolChosen(tool) => self.paint.take(tool),
            Message::BrushSized(cells) => self.paint.set_diameter(cells),
            Message::PaintInverted => self.invert(),
            Message::PaintCleared => self.paint.set(Cells::default()),
            Message::UnsurePainted => self.paint_unsure(),
            Message::ThresholdMoved(threshold) => self.unsure = threshold.clamp(0.0, 1.0),
            Message::PaintUndone => drop(self.paint.undo()),
            Message::PaintRedone => drop(self.paint.redo()),
            Message::SourceChosen(output) => self.look_at(output, context),
            Message::OtherChosen(output) => self.compare_with(output, context),
            Message::PaceChosen(pace) => {
                self.pace = pace;
                self.moved();
            }
            Message::DifferencesToggled => self.differences = !self.differences,
            Message::Retried => self.retry(),
            Message::Decoded(ticket, result) => return self.decoded(&ticket, result, context),
            Message::PictureOpened(pane) => return self.open(pane),
            Message::Resumed => return self.resume(context),
            Message::Closed => return Action::Close,
        }
        Action::None
    }

    /// The sampler on one side; `None` where none is.
    pub fn side(&self, pane: Pane) -> Option<&Side> {
        match pane {
            Pane::Left => Some(&self.left),
            Pane::Right => self.right.as_ref(),
        }
    }

    /// The step that is looked at of the sampler on one side.
    pub fn step(&self, pane: Pane) -> usize {
        let last = self.side(pane).map_or(0, Side::last);
        self.pace
            .step(self.scrubber.step(), self.scrubber.last(), last)
    }

    fn side_mut(&mut self, pane: Pane) -> Option<&mut Side> {
        match pane {
            Pane::Left => Some(&mut self.left),
            Pane::Right => self.right.as_mut(),
        }
    }

    fn go(&mut self, step: usize) {
        self.scrubber.go(step);
        self.moved();
    }

    fn resize(&mut self) {
        let right = self.right.as_ref().map_or(0, Side::last);
        self.scrubber.resize(self.left.last().max(right));
        if let Some(size) = self.size(self.painted) {
            let mut cells = self.paint.cells();
            cells.clip(size);
            self.paint.set(cells);
        }
        self.moved();
    }

    fn size(&self, pane: Pane) -> Option<Size> {
        Some(self.side(pane)?.history()?.size())
    }

    fn look_at(&mut self, output: PortRef, context: &Context<'_>) {
        if output == *self.left.output() {
            return;
        }
        self.left = Side::new(output);
        if self.painted == Pane::Left {
            self.paint.set(Cells::default());
        }
        self.refresh(context);
    }

    fn compare_with(&mut self, output: Option<PortRef>, context: &Context<'_>) {
        if self.painted == Pane::Right {
            self.paint.set(Cells::default());
            self.painted = Pane::Left;
        }
        self.right = output.map(Side::new);
        self.differences &= self.right.is_some();
        self.refresh(context);
        self.resize();
    }
}

//! The picture viewer: one picture or two, from far and near, and saved with the workflow that made it.
//!
//! | part | modules |
//! |---|---|
//! | what is seen | [`camera`], [`compare`], [`subject`]; curves in [`chart`] |
//! | what the user does | [`keys`], [`surface`] |
//! | how it is drawn and saved | [`raster`], [`png`], [`hint`] |

pub mod camera;
pub mod chart;
pub mod compare;
pub mod hint;
pub mod keys;
pub mod png;
pub mod raster;
pub mod subject;
pub mod surface;
mod view;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use graph::preview::Picture;

use iced::Size;

use camera::Camera;
use compare::Compare;
use subject::{Slide, Subject};

/// How much closer a key brings the picture.
const CLOSER: f32 = 1.25;

/// Pictures of one output, seen from far and near, and beside or under those of another.
#[derive(Clone, Debug)]
pub struct Viewer {
    subject: Subject,
    previous: Option<Subject>,
    others: Vec<Subject>,
    other: Option<Source>,
    compare: Compare,
    at: usize,
    camera: Camera,
    wipe: f32,
    pointed: Option<(u32, u32)>,
    frame: Size,
    with_workflow: bool,
}

/// What pictures are compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The pictures that the same output gave at the run before.
    Previous,
    /// The pictures of another output, by label.
    Other(String),
}

/// What happened in the viewer.
#[derive(Clone, Debug)]
pub enum Message {
    /// Something happened to the picture.
    Surface(surface::Happened),
    /// Another picture of the batch.
    Chosen(usize),
    /// So many pictures on, or back where it is negative.
    Stepped(isize),
    /// The whole picture, as large as there is room.
    FitChosen,
    /// The picture at its own size.
    ActualChosen,
    /// Closer.
    ZoomedIn,
    /// Farther away.
    ZoomedOut,
    /// Other pictures to compare with, or none.
    SourceChosen(Option<Source>),
    /// Another way of comparing.
    CompareChosen(Compare),
    /// The next way of comparing.
    CompareCycled,
    /// Whether a saved picture carries its workflow.
    WorkflowToggled(bool),
    /// The picture shall be saved.
    SaveAsked,
    /// The viewer is done with.
    Closed,
}

/// What the parent shall do.
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub enum Action {
    /// Nothing.
    None,
    /// Ask for a path and write this there.
    Save(Box<Save>),
    /// Close the viewer.
    Close,
}

/// A picture that is to be saved.
#[derive(Clone, Debug, PartialEq)]
pub struct Save {
    /// A name for the file.
    pub name: String,
    /// The picture.
    pub picture: Picture,
    /// The workflow that it shall carry, as the text of a workflow file.
    pub workflow: Option<Arc<str>>,
}

impl Save {
    /// Writes the file; takes a while where the picture is large.
    ///
    /// Errors: those of [`png::save`].
    pub fn write(&self, path: &std::path::Path) -> Result<(), png::SaveError> {
        png::save(path, &self.picture, self.workflow.as_deref())
    }
}

impl Viewer {
    /// A viewer of `subject`.
    pub fn new(subject: Subject) -> Self {
        Self {
            subject,
            previous: None,
            others: Vec::new(),
            other: None,
            compare: Compare::Wipe,
            at: 0,
            camera: Camera::Fit,
            wipe: 0.5,
            pointed: None,
            frame: Size::ZERO,
            with_workflow: true,
        }
    }

    /// Shows what a later run made; what was shown before can be compared with it.
    pub fn refresh(&mut self, subject: Subject) {
        if subject.is_same(&self.subject) {
            return;
        }
        self.at = self.at.min(subject.slides().len().saturating_sub(1));
        let before = std::mem::replace(&mut self.subject, subject);
        self.previous = (!before.slides().is_empty()).then_some(before);
    }

    /// Says which other pictures there are to compare with.
    pub fn offer(&mut self, others: Vec<Subject>) {
        self.others = others;
        if self.other.is_some() && self.right().is_none() {
            self.other = None;
        }
    }

    /// What the viewer does when something happened.
    pub fn update(&mut self, message: Message) -> Action {
        match message {
            Message::Surface(happened) => self.surface(happened),
            Message::Chosen(at) => self.choose(at),
            Message::Stepped(count) => self.choose(self.at.saturating_add_signed(count)),
            Message::FitChosen => self.camera = Camera::Fit,
            Message::ActualChosen => self.camera = self.camera.actual(),
            Message::ZoomedIn => self.zoom(CLOSER),
            Message::ZoomedOut => self.zoom(1.0 / CLOSER),
            Message::SourceChosen(source) => self.other = source,
            Message::CompareChosen(compare) => self.compare = compare,
            Message::CompareCycled => self.cycle(),
            Message::WorkflowToggled(on) => self.with_workflow = on,
            Message::SaveAsked => return self.save(),
            Message::Closed => return Action::Close,
        }
        Action::None
    }

    /// Which picture of the batch is seen, counted from 0.
    pub fn at(&self) -> usize {
        self.at
    }

    /// The picture that is seen.
    fn left(&self) -> Option<&Slide> {
        self.subject.slides().get(self.at)
    }

    /// The picture that it is compared with.
    fn right(&self) -> Option<&Slide> {
        let subject = match self.other.as_ref()? {
            Source::Previous => self.previous.as_ref()?,
            Source::Other(label) => self.others.iter().find(|other| other.label() == label)?,
        };
        let slides = subject.slides();
        // A single picture is compared with every one of a batch.
        slides.get(self.at).or(slides.last())
    }

    /// What there is to compare with.
    fn sources(&self) -> Vec<Source> {
        let previous = self.previous.is_some().then_some(Source::Previous);
        let others = self
            .others
            .iter()
            .map(|other| Source::Other(other.label().into()));
        previous.into_iter().chain(others).collect()
    }

    fn choose(&mut self, at: usize) {
        self.at = at.min(self.subject.slides().len().saturating_sub(1));
        self.pointed = None;
    }

    fn surface(&mut self, happened: surface::Happened) {
        match happened {
            surface::Happened::Moved(camera) => self.camera = camera,
            surface::Happened::Wiped(wipe) => self.wipe = wipe.clamp(0.0, 1.0),
            surface::Happened::Pointed(pixel) => self.pointed = pixel,
            surface::Happened::Framed(frame) => self.frame = frame,
        }
    }

    /// Zooms with what is in the middle staying there.
    fn zoom(&mut self, factor: f32) {
        let Some(slide) = self.left() else {
            return;
        };
        let frame = compare::frame(self.frame, self.compare, self.right().is_some());
        let zoom = self.camera.zoom(slide.size(), frame);
        self.camera = self.camera.at_zoom(zoom * factor);
    }

    /// Goes on to the next way of comparing; with nothing to compare with, takes the first that there is.
    fn cycle(&mut self) {
        if self.right().is_none() {
            self.other = self.sources().into_iter().next();
            return;
        }
        match self.compare {
            Compare::Wipe => self.compare = Compare::SideBySide,
            Compare::SideBySide => {
                self.compare = Compare::Wipe;
                self.other = None;
            }
        }
    }

    fn save(&self) -> Action {
        let Some(slide) = self.left() else {
            return Action::None;
        };
        let workflow = self.subject.workflow().filter(|_| self.with_workflow);
        Action::Save(Box::new(Save {
            name: self.subject.file_name(self.at),
            picture: slide.picture().clone(),
            workflow: workflow.cloned(),
        }))
    }
}

//! The bar of buttons above everything: files, views, running, panels.

use iced::widget::button::{Status, Style};
use iced::widget::tooltip::Position;
use iced::widget::{Row, button, container, progress_bar, row, rule, space, text};
use iced::{Background, Border, Center, Element, Fill, Theme, border};

use super::{Progress, square, tip_of};
use crate::command::Command;
use crate::keymap::Keymap;
use crate::theme::{GAP, GAP_SMALL, Icon, Look, RADIUS, TEXT, TEXT_SMALL, icon, style};

/// How high the bar is.
pub const HEIGHT: f32 = 46.0;

/// What the middle of the window shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum View {
    /// Nodes and wires.
    #[default]
    Canvas,
    /// What the workflow offers to be set, and its results.
    Form,
    /// The tokens of a sampler, step by step.
    Tokens,
}

/// What the bar shows.
#[derive(Clone, Copy, Debug)]
pub struct Toolbar<'a> {
    /// The keys that its buttons tell.
    pub keymap: &'a Keymap,
    /// The view that is shown.
    pub view: View,
    /// What can be done with the workflow.
    pub can: Can,
    /// Which panels are open.
    pub panels: Panels,
    /// How far the run of the workflow is, where one goes on.
    pub progress: Option<&'a Progress>,
    /// How many runs wait.
    pub waiting: usize,
}

/// What can be done with the workflow as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Can {
    /// There is something to save.
    pub save: bool,
    /// There is a step to take back.
    pub undo: bool,
    /// There is a step to make again.
    pub redo: bool,
    /// There is something to run.
    pub run: bool,
    /// A node is selected that can be run to.
    pub run_to_here: bool,
    /// The workflow has something to fill in a form.
    pub form: bool,
    /// The workflow has a node whose tokens can be shown.
    pub tokens: bool,
}

/// What is shown beside the canvas.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Panels {
    /// All that can be set on the selection.
    pub inspector: bool,
    /// The runs.
    pub queue: bool,
    /// The small map.
    pub minimap: bool,
    /// The dark look.
    pub dark: bool,
}

/// What can happen on the bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message {
    /// This is to be done.
    Command(Command),
    /// This view is to be shown.
    View(View),
}

impl<'a> Toolbar<'a> {
    /// The bar.
    pub fn view(self) -> Element<'a, Message> {
        let left = row![self.files(), line(), self.history()]
            .spacing(GAP_SMALL + 2.0)
            .align_y(Center);
        let right = row![self.run(), line(), self.panels()]
            .spacing(GAP)
            .align_y(Center);
        let bar = row![
            container(left).width(Fill),
            self.views(),
            container(right).width(Fill).align_right(Fill),
        ]
        .spacing(GAP)
        .align_y(Center);
        container(bar)
            .height(HEIGHT)
            .padding([0.0, GAP])
            .align_y(Center)
            .style(style::container::panel)
            .into()
    }

    fn files(self) -> Row<'a, Message> {
        row![
            self.command(Command::New, Icon::NewFile, true),
            self.command(Command::Open, Icon::FolderOpen, true),
            self.command(Command::Save, Icon::Save, self.can.save),
        ]
        .spacing(2.0)
    }

    fn history(self) -> Row<'a, Message> {
        row![
            self.command(Command::Undo, Icon::Undo, self.can.undo),
            self.command(Command::Redo, Icon::Redo, self.can.redo),
        ]
        .spacing(2.0)
    }

    fn views(self) -> Element<'a, Message> {
        let segment = |view: View, picture: Icon, words: &'static str, enabled: bool| {
            let is_chosen = self.view == view;
            let face = row![icon(picture).size(14.0), text(words).size(TEXT)]
                .spacing(GAP_SMALL + 2.0)
                .align_y(Center);
            let segment = button(face)
                .padding([5.0, GAP + 4.0])
                .style(style::button::tab(is_chosen))
                .on_press_maybe((enabled || is_chosen).then_some(Message::View(view)));
            match view {
                View::Canvas => segment.into(),
                View::Form => self.explained(segment, Command::FormView),
                View::Tokens => self.explained(segment, Command::TokenView),
            }
        };
        let segments = row![
            segment(View::Canvas, Icon::Workflow, "Canvas", true),
            segment(View::Form, Icon::Form, "Form", self.can.form),
            segment(View::Tokens, Icon::Grid, "Tokens", self.can.tokens),
        ]
        .spacing(2.0);
        container(segments)
            .padding(2)
            .style(style::container::field)
            .into()
    }

    fn run(self) -> Element<'a, Message> {
        let cancel = self.progress.map(|progress| {
            let share = progress_bar(0.0..=1.0, progress.share)
                .length(64)
                .girth(4)
                .style(share_of_run);
            let stop = labelled(Icon::Stop, "Cancel")
                .style(style::button::secondary)
                .on_press(Message::Command(Command::Cancel));
            row![share, self.explained(stop, Command::Cancel)]
                .spacing(GAP)
                .align_y(Center)
        });
        let run = labelled(Icon::Play, "Run")
            .style(half(Half::Left))
            .on_press_maybe(self.can.run.then_some(Message::Command(Command::Run)));
        let to_here = button(container(icon(Icon::StepForward).size(14.0)).center_y(20.0))
            .padding([4.0, GAP])
            .style(half(Half::Right))
            .on_press_maybe(
                (self.can.run && self.can.run_to_here)
                    .then_some(Message::Command(Command::RunToHere)),
            );
        let run = row![
            self.explained(run, Command::Run),
            self.explained(to_here, Command::RunToHere),
        ]
        .spacing(1.0);
        Row::new()
            .push(cancel)
            .push(run)
            .spacing(GAP)
            .align_y(Center)
            .into()
    }

    fn panels(self) -> Row<'a, Message> {
        let Panels {
            inspector,
            queue,
            minimap,
            dark,
        } = self.panels;
        let look = if dark { Icon::Sun } else { Icon::Moon };
        row![
            self.switch(Command::Minimap, Icon::Minimap, minimap),
            self.queue(queue),
            self.switch(Command::Inspector, Icon::PanelRight, inspector),
            space().width(GAP_SMALL),
            self.command(Command::Theme, look, true),
            self.command(Command::Keys, Icon::Keyboard, true),
            self.command(Command::Plugins, Icon::Puzzle, true),
        ]
        .spacing(2.0)
        .align_y(Center)
    }

    fn queue(self, is_open: bool) -> Element<'a, Message> {
        if self.waiting == 0 {
            return self.switch(Command::Queue, Icon::Queue, is_open);
        }
        let count = container(text(self.waiting).size(TEXT_SMALL))
            .padding([0.0, GAP_SMALL + 1.0])
            .style(counter);
        let face = row![icon(Icon::Queue).size(16.0), count]
            .spacing(GAP_SMALL)
            .align_y(Center);
        let face = button(container(face).center_y(30.0))
            .padding([0.0, GAP_SMALL + 3.0])
            .style(style::button::switch(is_open))
            .on_press(Message::Command(Command::Queue));
        self.explained(face, Command::Queue)
    }

    fn command(self, command: Command, picture: Icon, enabled: bool) -> Element<'a, Message> {
        let message = enabled.then_some(Message::Command(command));
        self.explained(square(picture, style::button::quiet, message), command)
    }

    fn switch(self, command: Command, picture: Icon, is_on: bool) -> Element<'a, Message> {
        let message = Some(Message::Command(command));
        self.explained(
            square(picture, style::button::switch(is_on), message),
            command,
        )
    }

    fn explained(
        self,
        content: impl Into<Element<'a, Message>>,
        command: Command,
    ) -> Element<'a, Message> {
        tip_of(content, command, self.keymap, Position::Bottom)
    }
}

/// Which half of a button in two halves.
#[derive(Clone, Copy)]
enum Half {
    Left,
    Right,
}

fn half(half: Half) -> impl Fn(&Theme, Status) -> Style {
    move |theme, status| Style {
        border: Border {
            radius: match half {
                Half::Left => border::left(RADIUS),
                Half::Right => border::right(RADIUS),
            },
            ..Border::default()
        },
        ..style::button::primary(theme, status)
    }
}

/// How far a run is, on a bar where the ground of a field could not be seen.
fn share_of_run(theme: &Theme) -> progress_bar::Style {
    let look = Look::of(theme);
    progress_bar::Style {
        background: Background::Color(look.border),
        ..style::field::progress(theme)
    }
}

fn counter(theme: &Theme) -> container::Style {
    let look = Look::of(theme);
    container::Style {
        text_color: Some(look.on_accent),
        background: Some(Background::Color(look.accent)),
        border: border::rounded(RADIUS + 3.0),
        ..container::Style::default()
    }
}

fn labelled<'a>(picture: Icon, words: &'static str) -> button::Button<'a, Message> {
    let face = row![icon(picture).size(14.0), text(words).size(TEXT)]
        .spacing(GAP_SMALL + 2.0)
        .align_y(Center);
    button(container(face).center_y(20.0)).padding([4.0, GAP + 4.0])
}

fn line<'a>() -> Element<'a, Message> {
    container(rule::vertical(1).style(style::list::line))
        .height(18)
        .into()
}

//! A text that is asked for: a name, a note, the title of a frame with its colour.

use graph::document::FrameColour;
use iced::keyboard::{self, Key, key::Named};
use iced::widget::{
    Column, Id, Row, button, column, container, space, text, text_editor, text_input,
};
use iced::{Background, Border, Color, Element, Theme};

use super::scope::Scope;
use super::{Card, Weight, action};
use crate::theme::{GAP, GAP_SMALL, Icon, Look, TEXT, TEXT_SMALL, style};

/// How wide the dialog is.
const WIDTH: f32 = 420.0;
/// How high several lines are.
const LINES: f32 = 160.0;

const FIELD: Id = Id::new("entry");

/// A text that is asked for.
#[derive(Clone, Debug)]
pub struct Entry {
    picture: Icon,
    title: String,
    field: Field,
    colour: Option<FrameColour>,
    /// Why the text is not taken.
    refusal: Option<String>,
}

#[derive(Clone, Debug)]
enum Field {
    Line(String),
    Lines(text_editor::Content),
}

/// What can happen to the dialog.
#[derive(Clone, Debug)]
pub enum Message {
    /// The line is another.
    Typed(String),
    /// Something is done to the lines.
    Edited(text_editor::Action),
    /// This colour is chosen.
    Coloured(FrameColour),
    /// The colour that is so many to the right is chosen.
    ColourMoved(isize),
    /// The text is as it shall be.
    Submitted,
    /// The text shall stay as it was.
    Dismissed,
}

/// What the parent shall do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Nothing.
    None,
    /// Close the dialog and leave everything as it is.
    Close,
    /// Take the text and close the dialog, or say why not with [`Entry::refuse`].
    Done {
        /// What was typed.
        text: String,
        /// The colour, where one was asked for.
        colour: Option<FrameColour>,
    },
}

impl Entry {
    /// Asks for one line.
    pub fn line(title: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            picture: Icon::Pencil,
            title: title.into(),
            field: Field::Line(text.into()),
            colour: None,
            refusal: None,
        }
    }

    /// Asks for several lines.
    pub fn lines(title: impl Into<String>, text: &str) -> Self {
        let mut content = text_editor::Content::with_text(text);
        content.perform(text_editor::Action::Move(text_editor::Motion::DocumentEnd));
        Self {
            picture: Icon::Note,
            title: title.into(),
            field: Field::Lines(content),
            colour: None,
            refusal: None,
        }
    }

    /// Asks for a colour as well.
    #[must_use]
    pub fn coloured(mut self, colour: FrameColour) -> Self {
        self.picture = Icon::Frame;
        self.colour = Some(colour);
        self
    }

    /// Says why the text is not taken, until it is another.
    pub fn refuse(&mut self, why: impl Into<String>) {
        self.refusal = Some(why.into());
    }

    /// Notes what happened, and says what the parent shall do.
    pub fn update(&mut self, message: Message) -> Action {
        match message {
            Message::Typed(text) => {
                self.field = Field::Line(text);
                self.refusal = None;
                Action::None
            }
            Message::Edited(edit) => {
                if let Field::Lines(content) = &mut self.field {
                    content.perform(edit);
                    self.refusal = None;
                }
                Action::None
            }
            Message::Coloured(colour) => {
                self.colour = Some(colour);
                Action::None
            }
            Message::ColourMoved(by) => {
                self.colour = self.colour.map(|colour| beside(colour, by));
                Action::None
            }
            Message::Submitted => Action::Done {
                text: self.text(),
                colour: self.colour,
            },
            Message::Dismissed => Action::Close,
        }
    }

    fn text(&self) -> String {
        match &self.field {
            Field::Line(text) => text.trim().to_owned(),
            Field::Lines(content) => content.text().trim_end().to_owned(),
        }
    }

    /// The dialog.
    pub fn view(&self) -> Element<'_, Message> {
        let valid = self.refusal.is_none();
        let field: Element<'_, Message> = match &self.field {
            Field::Line(text) => text_input("", text)
                .id(FIELD)
                .on_input(Message::Typed)
                .size(TEXT)
                .padding(GAP)
                .style(style::field::input(valid))
                .into(),
            Field::Lines(content) => text_editor(content)
                .id(FIELD)
                .on_action(Message::Edited)
                .size(TEXT)
                .padding(GAP)
                .height(LINES)
                .style(style::field::editor(valid))
                .into(),
        };
        let refusal = self
            .refusal
            .as_ref()
            .map(|why| text(why).size(TEXT_SMALL).style(style::text::danger));
        let body = Column::new()
            .push(column![field].push(refusal).spacing(GAP_SMALL))
            .push(self.colour.map(swatches))
            .spacing(GAP + 4.0);
        let several = matches!(self.field, Field::Lines(_));
        let has_colour = self.colour.is_some();
        let hint = match (several, has_colour) {
            (true, _) => Some("Ctrl+Enter accepts"),
            (false, true) => Some("Up and Down choose the colour"),
            (false, false) => None,
        };
        let aside = hint.map(|hint| text(hint).size(TEXT_SMALL).style(style::text::faint).into());
        let card = Card {
            picture: self.picture,
            title: self.title.clone(),
            body: body.into(),
            buttons: vec![
                action("Cancel", "Esc", Weight::Secondary, Some(Message::Dismissed)),
                action("OK", "Enter", Weight::Primary, Some(Message::Submitted)),
            ],
            aside,
            width: WIDTH,
        };
        Scope::new(card.view(), move |event| key(event, several, has_colour))
            .focus_first(FIELD)
            .into()
    }
}

fn key(event: &keyboard::Event, several: bool, has_colour: bool) -> Option<Message> {
    let keyboard::Event::KeyPressed { key, modifiers, .. } = event else {
        return None;
    };
    match key {
        Key::Named(Named::Escape) => Some(Message::Dismissed),
        Key::Named(Named::Enter) if !several || modifiers.command() => Some(Message::Submitted),
        Key::Named(Named::ArrowDown) if has_colour && !several => Some(Message::ColourMoved(1)),
        Key::Named(Named::ArrowUp) if has_colour && !several => Some(Message::ColourMoved(-1)),
        Key::Named(_) | Key::Character(_) | Key::Unidentified => None,
    }
}

/// The colours that a frame can have, in the order of the rainbow.
const COLOURS: [FrameColour; 7] = [
    FrameColour::Grey,
    FrameColour::Red,
    FrameColour::Orange,
    FrameColour::Yellow,
    FrameColour::Green,
    FrameColour::Blue,
    FrameColour::Purple,
];

/// The colour that is `by` to the right of `colour`; behind the last comes the first.
fn beside(colour: FrameColour, by: isize) -> FrameColour {
    let at = COLOURS.iter().position(|other| *other == colour);
    let at = at.unwrap_or(0) as isize + by;
    COLOURS[at.rem_euclid(COLOURS.len() as isize) as usize]
}

fn swatches<'a>(chosen: FrameColour) -> Element<'a, Message> {
    let swatches = COLOURS.into_iter().map(|colour| {
        button(space().width(18).height(18))
            .padding(0)
            .style(move |theme, _| swatch(colour, colour == chosen, theme))
            .on_press(Message::Coloured(colour))
            .into()
    });
    let row = Row::with_children(swatches).spacing(GAP);
    container(row).padding([0.0, 2.0]).into()
}

fn swatch(colour: FrameColour, is_chosen: bool, theme: &Theme) -> button::Style {
    let look = Look::of(theme);
    button::Style {
        background: Some(Background::Color(look.frame(colour))),
        border: Border {
            color: if is_chosen {
                look.text
            } else {
                Color::TRANSPARENT
            },
            width: 2.0,
            radius: 9.0.into(),
        },
        ..button::Style::default()
    }
}

//! A question with a few answers.

use iced::keyboard::{self, Key, key::Named};
use iced::widget::button::Status;
use iced::widget::{button, container, text};
use iced::{Element, Theme};

use super::scope::{Scope, plain};
use super::{Card, Weight, action, lettered};
use crate::theme::{GAP_LARGE, Icon, Look, TEXT, style};

/// How wide the question is.
const WIDTH: f32 = 460.0;

/// A question with a few answers.
#[derive(Clone, Debug)]
pub struct Confirm<Answer> {
    title: String,
    words: String,
    choices: Vec<Choice<Answer>>,
    /// The choice that Enter takes.
    chosen: usize,
}

#[derive(Clone, Debug)]
struct Choice<Answer> {
    words: &'static str,
    weight: Weight,
    answer: Answer,
}

/// What can become of changes that are not saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsaved {
    /// They are saved first.
    Save,
    /// They are given up.
    Discard,
}

/// What can become of a run whose workflow is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stop;

/// What can happen to a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message {
    /// The choice that is so many places away is the one that Enter takes.
    Moved(isize),
    /// This choice is taken.
    Picked(usize),
    /// The choice that Enter takes is taken.
    Submitted,
    /// No choice is taken.
    Dismissed,
}

/// What the parent shall do; all but [`Action::None`] close the question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action<Answer> {
    /// Nothing.
    None,
    /// Leave everything as it is.
    Close,
    /// Do as was answered.
    Answered(Answer),
}

impl Confirm<Unsaved> {
    /// Asks what shall become of the changes of the workflow called `title` before it is closed.
    pub fn unsaved(title: &str) -> Self {
        Self::new(
            format!("Save “{title}” before it is closed?"),
            "It has changes that are not saved. Discarding them cannot be undone.",
        )
        .danger("Discard", Unsaved::Discard)
        .primary("Save", Unsaved::Save)
    }
}

impl Confirm<Stop> {
    /// Asks whether the run of the workflow called `title` shall be stopped.
    pub fn stop(title: &str) -> Self {
        Self::new(
            format!("Stop the run of “{title}”?"),
            "It goes on. Stopped, a training keeps its last step as a checkpoint where it has one; what other nodes are at is lost.",
        )
        .primary("Stop and close", Stop)
    }
}

impl<Answer: Clone> Confirm<Answer> {
    /// A question that can only be dismissed so far.
    pub fn new(title: impl Into<String>, words: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            words: words.into(),
            choices: Vec::new(),
            chosen: 0,
        }
    }

    /// Adds the answer that most people want: Enter takes it.
    #[must_use]
    pub fn primary(mut self, words: &'static str, answer: Answer) -> Self {
        self.chosen = self.choices.len();
        self.add(words, Weight::Primary, answer)
    }

    /// Adds an answer that cannot be taken back; its first letter takes it.
    #[must_use]
    pub fn danger(self, words: &'static str, answer: Answer) -> Self {
        self.add(words, Weight::Danger, answer)
    }

    fn add(mut self, words: &'static str, weight: Weight, answer: Answer) -> Self {
        self.choices.push(Choice {
            words,
            weight,
            answer,
        });
        self
    }

    /// Notes what happened, and says what the parent shall do.
    pub fn update(&mut self, message: Message) -> Action<Answer> {
        match message {
            Message::Moved(by) => {
                let count = self.choices.len().max(1) as isize;
                self.chosen = (self.chosen as isize + by).rem_euclid(count) as usize;
                Action::None
            }
            Message::Picked(choice) => self.answer(choice),
            Message::Submitted => self.answer(self.chosen),
            Message::Dismissed => Action::Close,
        }
    }

    fn answer(&self, choice: usize) -> Action<Answer> {
        match self.choices.get(choice) {
            Some(choice) => Action::Answered(choice.answer.clone()),
            None => Action::None,
        }
    }

    /// The question.
    pub fn view(&self) -> Element<'_, Message> {
        let mut buttons = vec![action(
            "Cancel",
            "Esc",
            Weight::Secondary,
            Some(Message::Dismissed),
        )];
        let choices = self.choices.iter().enumerate();
        buttons.extend(choices.map(|(at, choice)| choice.view(at, at == self.chosen)));
        let card = Card {
            picture: Icon::Question,
            title: self.title.clone(),
            body: text(&self.words)
                .size(TEXT)
                .style(style::text::muted)
                .into(),
            buttons,
            aside: None,
            width: WIDTH,
        };
        Scope::new(card.view(), |event| self.key(event)).into()
    }

    fn key(&self, event: &keyboard::Event) -> Option<Message> {
        let back =
            matches!(event, keyboard::Event::KeyPressed { modifiers, .. } if modifiers.shift());
        match plain(event)? {
            Key::Named(Named::Enter) => Some(Message::Submitted),
            Key::Named(Named::Escape) => Some(Message::Dismissed),
            Key::Named(Named::ArrowRight) => Some(Message::Moved(1)),
            Key::Named(Named::ArrowLeft) => Some(Message::Moved(-1)),
            Key::Named(Named::Tab) => Some(Message::Moved(if back { -1 } else { 1 })),
            Key::Character(letter) => {
                let letter = letter.to_lowercase();
                let begins = |choice: &Choice<Answer>| {
                    choice.words.to_lowercase().starts_with(letter.as_str())
                };
                self.choices.iter().position(begins).map(Message::Picked)
            }
            Key::Named(_) | Key::Unidentified => None,
        }
    }
}

impl<Answer> Choice<Answer> {
    fn view(&self, at: usize, is_chosen: bool) -> Element<'_, Message> {
        let weight = self.weight;
        button(container(lettered(self.words)).center_y(20.0))
            .padding([5.0, GAP_LARGE - 2.0])
            .style(move |theme, status| chosen(weight, is_chosen, theme, status))
            .on_press(Message::Picked(at))
            .into()
    }
}

/// The style of a choice, with an edge around the one that Enter takes.
pub(super) fn chosen(
    weight: Weight,
    is_chosen: bool,
    theme: &Theme,
    status: Status,
) -> button::Style {
    let mut style = match weight {
        Weight::Primary => style::button::primary(theme, status),
        Weight::Secondary => style::button::secondary(theme, status),
        Weight::Danger => danger(theme, status),
    };
    if is_chosen {
        style.border.width = 2.0;
        style.border.color = Look::of(theme).text;
    }
    style
}

/// What cannot be taken back should not be the brightest thing there is.
fn danger(theme: &Theme, status: Status) -> button::Style {
    button::Style {
        text_color: Look::of(theme).danger,
        ..style::button::secondary(theme, status)
    }
}

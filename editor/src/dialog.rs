//! What asks something of whoever works, and lets nothing else be done until it is answered.
//!
//! A dialog has the keyboard for itself: see [`scope::Scope`].

mod backdrop;
pub mod confirm;
pub mod entry;
pub mod files;
pub mod keys;
pub mod menu;
pub mod plugins;
pub mod recovery;
pub mod report;
pub mod scope;

use iced::widget::{
    Row, button, center, column, container, mouse_area, opaque, rich_text, row, span, stack, text,
};
use iced::{Center, Element, Fill, Theme};

use crate::chrome::keycap;
use crate::theme::{GAP, GAP_LARGE, GAP_SMALL, Icon, TEXT, TEXT_HEADING, icon, style};

use backdrop::Backdrop;

/// Lays `content` over `base`, which can then be neither clicked nor typed in.
///
/// Call it also while there is no dialog: `base` must stay where it is in the tree of widgets, or it would forget
/// what is scrolled and focused in it.
pub fn modal<'a, Message: Clone + 'a>(
    base: impl Into<Element<'a, Message>>,
    content: impl Into<Option<Element<'a, Message>>>,
    on_dismiss: Message,
) -> Element<'a, Message> {
    layered(base, content, on_dismiss, style::container::scrim)
}

/// Lays `content` over `base` as [`modal`] does, and dims nothing: for what goes away as easily as it came.
pub fn popup<'a, Message: Clone + 'a>(
    base: impl Into<Element<'a, Message>>,
    content: impl Into<Option<Element<'a, Message>>>,
    on_dismiss: Message,
) -> Element<'a, Message> {
    layered(base, content, on_dismiss, |_| container::Style::default())
}

fn layered<'a, Message: Clone + 'a>(
    base: impl Into<Element<'a, Message>>,
    content: impl Into<Option<Element<'a, Message>>>,
    on_dismiss: Message,
    scrim: fn(&Theme) -> container::Style,
) -> Element<'a, Message> {
    let content = content.into();
    let base = Backdrop::new(base, content.is_some());
    let content = content.map(|content| {
        let content = center(opaque(content)).style(scrim);
        opaque(
            mouse_area(content)
                .on_press(on_dismiss.clone())
                .on_right_press(on_dismiss),
        )
    });
    stack![base].push(content).width(Fill).height(Fill).into()
}

/// The frame of every dialog: a title, what it is about, and buttons, the one for Enter last.
struct Card<'a, Message> {
    picture: Icon,
    title: String,
    body: Element<'a, Message>,
    buttons: Vec<Element<'a, Message>>,
    /// What stands at the left of the buttons.
    aside: Option<Element<'a, Message>>,
    width: f32,
}

impl<'a, Message: Clone + 'a> Card<'a, Message> {
    fn view(self) -> Element<'a, Message> {
        let colour = if self.picture == Icon::Warning {
            style::text::danger
        } else {
            style::text::accent
        };
        let head = row![
            icon(self.picture).size(18.0).style(colour),
            text(self.title).size(TEXT_HEADING),
        ]
        .spacing(GAP + 2.0)
        .align_y(Center);
        let aside = container(self.aside.unwrap_or_else(|| text("").into())).width(Fill);
        let foot = row![aside, Row::with_children(self.buttons).spacing(GAP)]
            .spacing(GAP)
            .align_y(Center);
        let card = column![head, self.body, foot].spacing(GAP_LARGE);
        container(card)
            .width(self.width)
            .padding(GAP_LARGE + GAP_SMALL)
            .style(style::container::floating)
            .into()
    }
}

/// How much a button of a dialog asks to be clicked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Weight {
    /// The one thing to do next.
    Primary,
    /// What can be done as well.
    Secondary,
    /// It cannot be taken back.
    Danger,
}

/// Words whose first letter stands out, because it stands for them on the keyboard.
fn lettered<'a, Message: 'a>(words: &'static str) -> Element<'a, Message> {
    let (letter, rest) = words.split_at(words.chars().next().map_or(0, char::len_utf8));
    rich_text::<(), _, _, _>([span(letter).underline(true), span(rest)])
        .size(TEXT)
        .into()
}

/// A button of a dialog with the key that stands for it; without a message it is greyed.
fn action<'a, Message: Clone + 'a>(
    words: impl text::IntoFragment<'a>,
    keys: &str,
    weight: Weight,
    message: Option<Message>,
) -> Element<'a, Message> {
    let style = match weight {
        Weight::Primary => style::button::primary,
        Weight::Secondary => style::button::secondary,
        Weight::Danger => style::button::danger,
    };
    let plain = match weight {
        Weight::Primary | Weight::Danger => None,
        Weight::Secondary => keycap(keys.to_owned()),
    };
    let face = Row::new()
        .push(text(words).size(TEXT))
        .push(plain)
        .spacing(GAP)
        .align_y(Center);
    button(container(face).center_y(20.0))
        .padding([5.0, GAP_LARGE - 2.0])
        .style(style)
        .on_press_maybe(message)
        .into()
}

#[cfg(test)]
mod tests;

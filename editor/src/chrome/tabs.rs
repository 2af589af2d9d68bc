//! The tabs of the open workflows.

use iced::widget::operation::{self, AbsoluteOffset};
use iced::widget::scrollable::{Direction, Scrollbar};
use iced::widget::tooltip::Position;
use iced::widget::{Id, Row, button, container, mouse_area, row, scrollable, space, text};
use iced::{Center, Element, Fill, Task};

use super::{round, shortened, square, tip, tip_of};
use crate::command::Command;
use crate::keymap::Keymap;
use crate::runner::TabId;
use crate::theme::{GAP, GAP_SMALL, Icon, TEXT, TEXT_SMALL, icon, style};

/// How high the bar of the tabs is.
pub const HEIGHT: f32 = 36.0;

/// How wide every tab is: tabs do not jump when a title changes.
const WIDTH: f32 = 184.0;
/// How many letters of a title there is room for.
const LETTERS: usize = 19;

const BAR: Id = Id::new("tabs");

/// What a tab shows of a workflow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tab {
    /// Which.
    pub id: TabId,
    /// What it is called.
    pub title: String,
    /// Where it is kept, or that it is not kept yet.
    pub place: String,
    /// Whether there is something to save.
    pub dirty: bool,
    /// Whether it runs.
    pub running: bool,
}

/// What can happen to tabs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message {
    /// This one is to be shown.
    Chosen(TabId),
    /// This one is to be closed.
    Closed(TabId),
    /// An empty workflow is wanted.
    Added,
}

/// The bar with all `tabs`, of which `chosen` is shown.
pub fn view<'a>(tabs: Vec<Tab>, chosen: TabId, keymap: &Keymap) -> Element<'a, Message> {
    let tabs = tabs.into_iter().map(|tab| {
        let is_chosen = tab.id == chosen;
        line(tab, is_chosen)
    });
    let tabs = scrollable(Row::with_children(tabs).spacing(2.0))
        .id(BAR)
        .direction(Direction::Horizontal(
            Scrollbar::new().width(3).scroller_width(3).margin(0),
        ))
        .style(style::list::scroll);
    let add = square(Icon::Plus, style::button::quiet, Some(Message::Added));
    let bar = row![
        container(tabs).max_width(f32::INFINITY),
        tip_of(add, Command::New, keymap, Position::Bottom),
        space().width(Fill),
    ]
    .spacing(GAP_SMALL)
    .align_y(Center);
    container(bar)
        .height(HEIGHT)
        .padding([0.0, GAP_SMALL])
        .align_y(Center)
        .style(style::container::ground)
        .into()
}

/// Scrolls the bar so far that the tab that is `index` tabs from the left can be seen.
pub fn reveal<T: Send + 'static>(index: usize) -> Task<T> {
    // The one before is seen as well, so that there is something to go back to.
    let x = index.saturating_sub(1) as f32 * (WIDTH + 2.0);
    operation::scroll_to(BAR, AbsoluteOffset { x, y: 0.0 })
}

fn line<'a>(tab: Tab, is_chosen: bool) -> Element<'a, Message> {
    let Tab {
        id,
        title,
        place,
        dirty,
        running,
    } = tab;
    let mark = if running {
        icon(Icon::Running).style(style::text::accent)
    } else {
        icon(Icon::Workflow).style(style::text::faint)
    };
    let title = text(shortened(&title, LETTERS))
        .size(TEXT)
        .wrapping(text::Wrapping::None);
    let dot = dirty.then(|| text("●").size(TEXT_SMALL - 2.0).style(style::text::accent));
    let face = row![mark.size(13.0), title]
        .push(dot)
        .push(space().width(Fill))
        .push(round(Icon::Close, Some(Message::Closed(id))))
        .spacing(GAP_SMALL + 2.0)
        .align_y(Center);
    let face = button(face)
        .width(WIDTH)
        .padding(iced::Padding {
            left: GAP,
            ..iced::Padding::from([3.0, GAP_SMALL])
        })
        .style(style::button::tab(is_chosen))
        .on_press(Message::Chosen(id));
    let face = mouse_area(face).on_middle_press(Message::Closed(id));
    tip(face, place, Position::Bottom)
}

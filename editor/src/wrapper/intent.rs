//! What is to be done to fields and lists as soon as they are there.

use iced::advanced::widget::Id;
use iced::advanced::widget::operation::{focusable, scrollable, text_input};
use iced::widget::scrollable::AbsoluteOffset;

use super::Content;

/// What is to be done to the content once it is there.
#[derive(Clone, Debug, Default)]
pub struct Intent {
    /// The field that gets the focus, once, with its text selected.
    pub focus_first: Option<Id>,
    /// The field whose caret goes behind its text whenever the number is another one.
    pub caret_at_end: Option<(Id, usize)>,
    /// The list that is scrolled down so far whenever that changes.
    pub reveal: Option<(Id, f32)>,
}

/// What has been done of an [`Intent`].
#[derive(Debug, Default)]
pub struct Settled {
    has_focused: bool,
    caret_moved: Option<usize>,
    revealed: Option<f32>,
}

impl Intent {
    /// Does what has not been done yet.
    pub fn settle<Message>(&self, settled: &mut Settled, content: &mut Content<'_, '_, Message>) {
        let had_focused = std::mem::replace(&mut settled.has_focused, true);
        if let Some(id) = &self.focus_first
            && !had_focused
        {
            content.operate(&mut focusable::focus::<()>(id.clone()));
            content.operate(&mut text_input::select_all::<()>(id.clone()));
        }
        if let Some((id, change)) = &self.caret_at_end
            && settled.caret_moved.replace(*change) != Some(*change)
        {
            content.operate(&mut text_input::move_cursor_to_end::<()>(id.clone()));
        }
        if let Some((id, y)) = &self.reveal
            && settled.revealed.replace(*y) != Some(*y)
        {
            let offset = AbsoluteOffset {
                x: None,
                y: Some(*y),
            };
            content.operate(&mut scrollable::scroll_to::<()>(id.clone(), offset));
        }
    }
}

//! What whoever works on a document should know before he goes on, with the buttons that mend it.

use iced::widget::{Column, Row, button, container, row, text};
use iced::{Center, Element, Fill, Theme};

use crate::document::notice::Notice;
use crate::theme::{GAP, GAP_LARGE, GAP_SMALL, Icon, TEXT, icon, style};

/// What mends a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Remedy {
    /// Write the file.
    Save,
    /// Write the file as another.
    SaveAs,
    /// Take the workflow as it is on the disk.
    Reload,
    /// Write the file over what another program has written.
    Overwrite,
    /// Write the file, and lose the comments that stand in it.
    SaveAnyway,
    /// Take what a killed editor has left.
    Recover,
    /// Give up what a killed editor has left.
    Discard,
}

/// What stands over the canvas.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Bar {
    picture: Icon,
    words: String,
    /// The first one is what most people want.
    remedies: &'static [Remedy],
}

/// The bars for `notices`, and for what a killed editor has left where `has_offer` says so.
pub fn view<'a, 'b>(
    notices: impl IntoIterator<Item = &'b Notice>,
    has_offer: bool,
) -> Element<'a, Remedy> {
    let offer = has_offer.then(|| Bar {
        picture: Icon::History,
        words: "The editor ended before these changes were saved. Take them in, or give them up."
            .into(),
        remedies: &[Remedy::Recover, Remedy::Discard],
    });
    let bars = offer.into_iter().chain(notices.into_iter().map(bar));
    Column::with_children(bars.map(Bar::view))
        .spacing(GAP_SMALL)
        .into()
}

fn bar(notice: &Notice) -> Bar {
    let (picture, remedies): (_, &[Remedy]) = match notice {
        Notice::ChangedOnDisk => (
            Icon::Refresh,
            &[Remedy::Reload, Remedy::Overwrite, Remedy::SaveAs],
        ),
        Notice::Gone => (Icon::Trash, &[Remedy::Save, Remedy::SaveAs]),
        Notice::LosesComments { .. } => (Icon::Warning, &[Remedy::SaveAs, Remedy::SaveAnyway]),
        Notice::OpenedElsewhere => (Icon::Lock, &[Remedy::SaveAs]),
        Notice::NotKept { .. } => (Icon::Warning, &[Remedy::Save, Remedy::SaveAs]),
        Notice::FolderClosed => (Icon::Lock, &[Remedy::SaveAs]),
    };
    Bar {
        picture,
        words: notice.to_string(),
        remedies,
    }
}

impl Bar {
    fn view<'a>(self) -> Element<'a, Remedy> {
        let buttons = self.remedies.iter().enumerate().map(|(at, remedy)| {
            let style: fn(&Theme, button::Status) -> button::Style = if at == 0 {
                style::button::primary
            } else {
                style::button::secondary
            };
            button(text(remedy.title()).size(TEXT))
                .padding([4.0, GAP + 2.0])
                .style(style)
                .on_press(*remedy)
                .into()
        });
        let face = row![
            icon(self.picture).size(15.0).style(style::text::warning),
            text(self.words).size(TEXT).width(Fill),
            Row::with_children(buttons).spacing(GAP_SMALL + 2.0),
        ]
        .spacing(GAP + 2.0)
        .align_y(Center);
        container(face)
            .padding(iced::Padding {
                left: GAP_LARGE - 4.0,
                ..iced::Padding::from([GAP - 2.0, GAP])
            })
            .style(style::container::notice)
            .into()
    }
}

impl Remedy {
    /// What its button says.
    pub fn title(self) -> &'static str {
        match self {
            Self::Save => "Save",
            Self::SaveAs => "Save as…",
            Self::Reload => "Reload",
            Self::Overwrite => "Overwrite",
            Self::SaveAnyway => "Save anyway",
            Self::Recover => "Recover",
            Self::Discard => "Discard",
        }
    }
}

//! What is beside the grids: the cell at hand, the paint, and what colours stand for.

use iced::widget::{button, column, container, row, rule, scrollable, slider, space, text};
use iced::{Alignment, Element, Length};

use super::labelled;
use super::legend::legend;
use crate::chrome::counted;
use crate::theme::{GAP, GAP_LARGE, GAP_SMALL, Icon, TEXT, TEXT_SMALL, TEXT_TITLE, icon, style};
use crate::tokens::cells::Cell;
use crate::tokens::history::Biography;
use crate::tokens::paint::{Tool, WIDEST};
use crate::tokens::side::Side;
use crate::tokens::{Message, Pane, TokenView};
use crate::viewer::hint::hint;

/// How wide the sidebar is.
const WIDTH: f32 = 264.0;

impl TokenView {
    /// The cell at hand, the paint, and what colours stand for.
    pub(super) fn sidebar(&self) -> Element<'_, Message> {
        let parts = column![
            self.cell(),
            rule::horizontal(1).style(style::list::line),
            self.tools(),
            self.resumption(),
            rule::horizontal(1).style(style::list::line),
            legend(),
        ]
        .spacing(GAP_LARGE)
        .padding(GAP_LARGE);
        container(scrollable(parts).style(style::list::scroll))
            .width(WIDTH)
            .height(Length::Fill)
            .style(style::container::panel)
            .into()
    }

    /// All that is known of the cell under the pointer.
    fn cell(&self) -> Element<'_, Message> {
        let place = self.pointed.map(|cell| {
            let (row, column) = (cell.row + 1, cell.column + 1);
            format!("Row {row}, column {column}")
        });
        let title = place.unwrap_or_else(|| "Cell".into());
        let mut parts = column![text(title).size(TEXT_TITLE)].spacing(GAP_SMALL);
        let sides = [
            (Pane::Left, Some(&self.left)),
            (Pane::Right, self.right.as_ref()),
        ];
        for (pane, side) in sides
            .into_iter()
            .filter_map(|(pane, side)| Some((pane, side?)))
        {
            if self.right.is_some() {
                let name = side.output().node.to_string();
                parts = parts.push(text(name).size(TEXT_SMALL).style(style::text::accent));
            }
            parts = parts.push(facts(self.biography(pane, side)));
        }
        parts.into()
    }

    fn biography(&self, pane: Pane, side: &Side) -> Option<Biography> {
        let cell: Cell = self.pointed?;
        side.history()?.biography(cell, self.step(pane))
    }

    fn tools(&self) -> Element<'_, Message> {
        let tool = |tool: Tool, picture: Icon, words: &'static str| {
            let choose = button(icon(picture).size(TEXT_TITLE))
                .on_press(Message::ToolChosen(tool))
                .padding(7)
                .style(style::button::switch(self.paint.tool() == tool));
            hint(choose, words)
        };
        let act = |picture: Icon, message: Message, words: &'static str| {
            let act = button(icon(picture).size(TEXT_TITLE))
                .on_press(message)
                .padding(7)
                .style(style::button::quiet);
            hint(act, words)
        };
        let tools = row![
            tool(
                Tool::Brush,
                Icon::Brush,
                "Brush (B); the right button erases"
            ),
            tool(Tool::Eraser, Icon::Eraser, "Eraser (E)"),
            tool(
                Tool::Rectangle,
                Icon::Rectangle,
                "Rectangle (R, or hold Shift)"
            ),
            space().width(Length::Fill),
            act(
                Icon::Undo,
                Message::PaintUndone,
                "Take the last stroke back (Ctrl+Z)"
            ),
            act(Icon::Layers, Message::PaintInverted, "Invert the paint (I)"),
            act(
                Icon::Trash,
                Message::PaintCleared,
                "Clear the paint (Delete)"
            ),
        ];
        let brush = slider(1..=WIDEST, self.paint.diameter(), Message::BrushSized);
        let unsure = slider(0.0..=1.0, self.unsure, Message::ThresholdMoved).step(0.01_f32);
        let brush_width = counted(self.paint.diameter() as usize, "cell");
        let paint_unsure = button(text("Paint unsure codes").size(TEXT))
            .on_press(Message::UnsurePainted)
            .width(Length::Fill)
            .padding([5, 10])
            .style(style::button::secondary);
        column![
            text("Paint").size(TEXT_TITLE),
            tools,
            labelled_value("Brush", brush_width),
            brush.style(style::field::range),
            labelled_value("Unsure below", format!("{:.2}", self.unsure)),
            unsure.style(style::field::range),
            hint(
                paint_unsure,
                "Paint every code that the denoiser was less sure of (U)"
            ),
        ]
        .spacing(GAP_SMALL)
        .into()
    }

    fn resumption(&self) -> Element<'_, Message> {
        let step = self.step(self.painted);
        let painted = self.paint.cells();
        let words = match painted.len() {
            0 => "No cell is painted.".into(),
            1 => format!("1 cell is painted: {painted}"),
            count => format!("{count} cells are painted."),
        };
        let resume =
            button(container(labelled(Icon::Play, "Resume from this step")).center_x(Length::Fill))
                .on_press_maybe(self.can_resume().then_some(Message::Resumed))
                .padding([7, 10])
                .style(style::button::primary);
        let explained = format!(
            "Adds nodes that go back to step {step}, mask what is painted, and lay it anew (Enter)"
        );
        column![
            text(words).size(TEXT_SMALL).style(style::text::muted),
            hint(resume, explained),
        ]
        .spacing(GAP)
        .into()
    }
}

/// What is known of a cell, a line each, so that nothing moves when another one is pointed at.
fn facts<'a>(biography: Option<Biography>) -> Element<'a, Message> {
    let nothing = || "–".to_owned();
    let known = biography.as_ref();
    let code = known.map_or_else(nothing, |known| {
        known
            .code
            .map_or_else(|| "masked".into(), |code| code.to_string())
    });
    let confidence = known
        .and_then(|known| known.confidence)
        .map_or_else(nothing, |confidence| format!("{confidence:.3}"));
    let laid = known
        .and_then(|known| known.laid)
        .map_or_else(nothing, |step| match step {
            0 => "given".into(),
            step => format!("at step {step}"),
        });
    let edited = known.map_or_else(nothing, |known| match known.edits.as_slice() {
        [] if known.code.is_none() => nothing(),
        [] => "never".into(),
        [step] => format!("at step {step}"),
        [.., last] => format!("{} times, last at step {last}", known.edits.len()),
    });
    column![
        labelled_value("Code", code),
        labelled_value("Confidence", confidence),
        labelled_value("Laid", laid),
        labelled_value("Edited", edited),
    ]
    .spacing(2)
    .into()
}

fn labelled_value<'a>(label: &'a str, value: String) -> Element<'a, Message> {
    row![
        text(label)
            .size(TEXT)
            .style(style::text::muted)
            .width(Length::Fill),
        text(value).size(TEXT),
    ]
    .align_y(Alignment::Center)
    .into()
}

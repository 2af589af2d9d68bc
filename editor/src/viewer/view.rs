//! How the viewer is laid out.

use iced::widget::{
    button, column, container, pick_list, row, rule, scrollable, space, text, toggler,
};
use iced::{Alignment, Element, Length, border};

use super::compare::Compare;
use super::hint::hint;
use super::subject::Slide;
use super::surface::Surface;
use super::{Message, Source, Viewer};
use crate::theme::{
    GAP, GAP_LARGE, GAP_SMALL, Icon, TEXT, TEXT_SMALL, TEXT_TITLE, icon, style, tint,
};

/// How high the pictures of the strip are.
const THUMBNAIL: f32 = 64.0;

/// The switch for the workflow inside a saved picture.
pub(super) const SWITCH: iced::widget::Id = iced::widget::Id::new("workflow inside");

/// What there is to compare with, or nothing.
#[derive(Clone, Debug, PartialEq)]
struct Offer(Option<Source>);

impl std::fmt::Display for Offer {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0 {
            None => out.write_str("nothing"),
            Some(source) => source.fmt(out),
        }
    }
}

impl std::fmt::Display for Source {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Previous => out.write_str("the run before"),
            Self::Other(label) => out.write_str(label),
        }
    }
}

impl Viewer {
    /// The view.
    pub fn view(&self) -> Element<'_, Message> {
        let mut parts = column![self.header(), self.surface_view()];
        if self.subject.slides().len() > 1 {
            parts = parts.push(self.strip());
        }
        container(parts.push(self.footer()))
            .style(style::container::ground)
            .width(Length::Fill)
            .height(Length::Fill)
            .into()
    }

    fn header(&self) -> Element<'_, Message> {
        let mut bar = row![
            icon(Icon::Image).size(TEXT_TITLE),
            text(self.subject.label()).size(TEXT_TITLE),
        ]
        .spacing(GAP)
        .align_y(Alignment::Center);
        if let Some(slide) = self.left() {
            let picture = slide.picture();
            let about = format!("{} × {}", picture.width, picture.height);
            bar = bar.push(text(about).size(TEXT).style(style::text::muted));
        }
        bar = bar.push(space().width(Length::Fill));
        if !self.sources().is_empty() {
            bar = bar.push(self.comparison());
        }
        let bar = bar
            .push(act(Icon::Fit, Message::FitChosen, "Fit (F)"))
            .push(hint(
                button(text("1:1").size(TEXT))
                    .on_press(Message::ActualChosen)
                    .padding(6)
                    .style(style::button::quiet),
                "The picture's own size (1)",
            ))
            .push(act(Icon::ZoomOut, Message::ZoomedOut, "Farther away (-)"))
            .push(
                text(self.zoom_in_words())
                    .size(TEXT_SMALL)
                    .width(48)
                    .align_x(Alignment::Center),
            )
            .push(act(Icon::ZoomIn, Message::ZoomedIn, "Closer (+)"))
            .push(act(Icon::Close, Message::Closed, "Close the viewer (Esc)"));
        container(bar)
            .padding([6.0, GAP_LARGE])
            .width(Length::Fill)
            .style(style::container::panel)
            .into()
    }

    fn comparison(&self) -> Element<'_, Message> {
        let offers = self.sources().into_iter().map(|source| Offer(Some(source)));
        let offers: Vec<Offer> = std::iter::once(Offer(None)).chain(offers).collect();
        let chosen = Offer(self.other.clone());
        let offers = pick_list(offers, Some(chosen), |offer| Message::SourceChosen(offer.0))
            .text_size(TEXT)
            .padding([4, 8])
            .style(style::field::choice)
            .menu_style(style::list::menu);
        let mut bar = row![
            text("compare with").size(TEXT).style(style::text::muted),
            offers,
        ]
        .spacing(GAP)
        .align_y(Alignment::Center);
        if self.right().is_some() {
            for (compare, picture, words) in [
                (Compare::Wipe, Icon::Split, "Wipe (C)"),
                (Compare::SideBySide, Icon::Columns, "Side by side (C)"),
            ] {
                let choose = button(icon(picture).size(TEXT_TITLE))
                    .on_press(Message::CompareChosen(compare))
                    .padding(6)
                    .style(style::button::switch(self.compare == compare));
                bar = bar.push(hint(choose, words));
            }
        }
        bar.push(space().width(GAP)).into()
    }

    fn surface_view(&self) -> Element<'_, Message> {
        let Some(left) = self.left() else {
            let words = text("There is no picture yet: run the workflow.");
            let words = words.size(TEXT).style(style::text::muted);
            return container(words).center(Length::Fill).into();
        };
        let mut surface = Surface::new(left, self.camera, Message::Surface);
        if let Some(right) = self.right() {
            let other = match &self.other {
                None => "",
                Some(Source::Previous) => "the run before",
                Some(Source::Other(label)) => label,
            };
            let labels = [self.subject.label(), other];
            surface = surface.against(right, self.compare, self.wipe, labels);
        }
        container(surface).padding(GAP).height(Length::Fill).into()
    }

    /// The pictures of the batch.
    fn strip(&self) -> Element<'_, Message> {
        let slides = self.subject.slides().iter().enumerate();
        let thumbnails = slides.map(|(at, slide)| {
            let picture = iced::widget::image(slide.handle().clone()).height(THUMBNAIL);
            let number = text((at + 1).to_string()).size(TEXT_SMALL);
            let both = column![picture, number]
                .spacing(2)
                .align_x(Alignment::Center);
            button(both)
                .on_press(Message::Chosen(at))
                .padding(GAP_SMALL)
                .style(style::button::entry(at == self.at))
                .into()
        });
        let strip = row(thumbnails).spacing(GAP_SMALL);
        let bar = scrollable::Scrollbar::new().width(6).scroller_width(6);
        let strip = scrollable(container(strip).padding([GAP_SMALL, GAP_LARGE]))
            .direction(scrollable::Direction::Horizontal(bar))
            .style(style::list::scroll);
        let line = rule::horizontal(1).style(style::list::line);
        container(column![line, container(strip).center_x(Length::Fill)])
            .width(Length::Fill)
            .style(style::container::panel)
            .into()
    }

    fn footer(&self) -> Element<'_, Message> {
        let workflow = self.subject.workflow().is_some();
        let carries = toggler(self.with_workflow && workflow)
            .label("with its workflow inside")
            .text_size(TEXT)
            .size(16)
            .spacing(GAP)
            .style(style::field::toggle)
            .on_toggle_maybe(workflow.then_some(Message::WorkflowToggled));
        let words = if workflow {
            "A picture that carries its workflow can be opened and run again"
        } else {
            "It is not known what this picture was made by"
        };
        let save = button(
            row![
                icon(Icon::Download).size(TEXT),
                text("Save as PNG").size(TEXT)
            ]
            .spacing(6)
            .align_y(Alignment::Center),
        )
        .on_press_maybe(self.left().map(|_| Message::SaveAsked))
        .padding([5, 10])
        .style(style::button::primary);
        let bar = row![
            self.probe(),
            space().width(Length::Fill),
            hint(container(carries).id(SWITCH), words),
            hint(save, "Save this picture (Ctrl+S)"),
        ]
        .spacing(GAP_LARGE)
        .align_y(Alignment::Center);
        let line = rule::horizontal(1).style(style::list::line);
        container(column![line, container(bar).padding([6.0, GAP_LARGE])])
            .width(Length::Fill)
            .style(style::container::panel)
            .into()
    }

    /// The pixel under the pointer.
    fn probe(&self) -> Element<'_, Message> {
        let Some(((column, row), left)) = self.pointed.zip(self.left()) else {
            return text("Point at a pixel to see its colour")
                .size(TEXT)
                .style(style::text::faint)
                .into();
        };
        let place = text(format!("x {column}  y {row}")).size(TEXT).width(110);
        let mut bar = row![place].spacing(GAP_LARGE).align_y(Alignment::Center);
        if let Some(colour) = left.pixel(column, row) {
            bar = bar.push(told(colour));
        }
        let other = self.right().and_then(|right| {
            let (column, row) = right_pixel(left, right, column, row);
            right.pixel(column, row)
        });
        if let Some(colour) = other {
            bar = bar.push(told(colour));
        }
        bar.into()
    }

    fn zoom_in_words(&self) -> String {
        let Some(slide) = self.left() else {
            return String::new();
        };
        let frame = super::compare::frame(self.frame, self.compare, self.right().is_some());
        if frame.width <= 1.0 {
            // Nothing is laid out yet.
            return String::new();
        }
        let zoom = self.camera.zoom(slide.size(), frame);
        format!("{:.0} %", zoom * 100.0)
    }
}

/// The pixel of another picture that lies where this one's does.
fn right_pixel(left: &Slide, right: &Slide, column: u32, row: u32) -> (u32, u32) {
    let (left, right) = (left.picture(), right.picture());
    let scale = |at: u32, from: u32, to: u32| {
        u32::try_from((u64::from(at) * 2 + 1) * u64::from(to) / (2 * u64::from(from.max(1))))
            .unwrap_or(u32::MAX)
    };
    (
        scale(column, left.width, right.width),
        scale(row, left.height, right.height),
    )
}

/// A colour, seen and in numbers.
fn told<'a>([red, green, blue]: [u8; 3]) -> Element<'a, Message> {
    let colour = tint::of_pixel([red, green, blue]);
    let swatch = container(space().width(18).height(18)).style(move |theme| container::Style {
        border: border::rounded(3)
            .width(1)
            .color(crate::theme::Look::of(theme).border),
        ..container::background(colour)
    });
    row![
        swatch,
        text(format!("#{red:02x}{green:02x}{blue:02x}")).size(TEXT),
        text(format!("{red} {green} {blue}"))
            .size(TEXT)
            .style(style::text::muted),
    ]
    .spacing(GAP)
    .align_y(Alignment::Center)
    .into()
}

fn act<'a>(picture: Icon, message: Message, words: &'a str) -> Element<'a, Message> {
    let act = button(icon(picture).size(TEXT_TITLE))
        .on_press(message)
        .padding(6)
        .style(style::button::quiet);
    hint(act, words)
}

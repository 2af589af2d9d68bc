//! What is below the grids: the buttons of the scrubber, what the step did, and the timeline.

use iced::widget::{button, column, container, pick_list, row, rule, space, text};
use iced::{Alignment, Color, Element, Length, Theme};

use crate::theme::{
    GAP, GAP_LARGE, GAP_SMALL, Icon, Look, TEXT, TEXT_SMALL, TEXT_TITLE, icon, style, tint,
};
use crate::tokens::history::StepCount;
use crate::tokens::scrubber::Speed;
use crate::tokens::side::Side;
use crate::tokens::timeline::Timeline;
use crate::tokens::{Message, Pane, TokenView};
use crate::viewer::hint::hint;

impl TokenView {
    /// The buttons of the scrubber, what the step did, and the timeline.
    pub(super) fn transport(&self) -> Element<'_, Message> {
        let bar = row![
            self.buttons(),
            self.told(),
            space().width(Length::Fill),
            key()
        ]
        .spacing(GAP_LARGE)
        .align_y(Alignment::Center);
        let content = column![bar, self.timeline()]
            .spacing(GAP_SMALL)
            .padding([GAP, GAP_LARGE]);
        container(column![
            rule::horizontal(1).style(style::list::line),
            content
        ])
        .style(style::container::panel)
        .into()
    }

    fn buttons(&self) -> Element<'_, Message> {
        let act = |picture: Icon, message: Message, words: &'static str| {
            let act = button(icon(picture).size(TEXT_TITLE))
                .on_press(message)
                .padding(6)
                .style(style::button::quiet);
            hint(act, words)
        };
        let play = if self.scrubber.is_playing() {
            (Icon::Pause, "Pause (Space)")
        } else {
            (Icon::Play, "Play (Space)")
        };
        let speed = pick_list(
            Speed::ALL,
            Some(self.scrubber.speed()),
            Message::SpeedChosen,
        )
        .text_size(TEXT_SMALL)
        .padding([3, 6])
        .style(style::field::choice)
        .menu_style(style::list::menu);
        row![
            act(Icon::SkipBack, Message::FirstChosen, "First step (Home)"),
            act(Icon::StepBack, Message::Stepped(-1), "One step back (Left)"),
            act(play.0, Message::PlayToggled, play.1),
            act(
                Icon::StepForward,
                Message::Stepped(1),
                "One step on (Right)"
            ),
            act(Icon::SkipForward, Message::LastChosen, "Last step (End)"),
            space().width(GAP_SMALL),
            hint(speed, "Steps a second (Up, Down)"),
        ]
        .spacing(2)
        .align_y(Alignment::Center)
        .into()
    }

    /// What the step at hand did, of each sampler.
    fn told(&self) -> Element<'_, Message> {
        let mut lines = column![].spacing(2);
        for pane in [Pane::Left, Pane::Right] {
            let Some(history) = self.side(pane).and_then(Side::history) else {
                continue;
            };
            let step = self.step(pane);
            let count = history.counts()[step.min(history.last())];
            let name = self
                .right
                .as_ref()
                .and(self.side(pane))
                .map(|side| side.output().node.to_string());
            lines = lines.push(line(name, step, history.last(), count));
        }
        lines.into()
    }

    fn timeline(&self) -> Element<'_, Message> {
        let left = self.left.history();
        let right = self.right.as_ref().and_then(Side::history);
        // The longer one gives the scale; the other is drawn over it.
        let (scale, other) = match (left, right) {
            (Some(left), Some(right)) if right.last() > left.last() => (Some(right), Some(left)),
            (left, right) => (left, right),
        };
        let counts = scale.map_or(&[][..], |history| history.counts());
        let last = self.scrubber.last();
        let other = other.map_or_else(Vec::new, |other| {
            let counts = other.counts().iter().enumerate();
            counts
                .filter_map(|(step, count)| {
                    let place = self.pace.place(step, last, other.last());
                    Some((place, count.confidence?))
                })
                .collect()
        });
        Timeline::new(counts, self.scrubber.step(), Message::Timeline)
            .beside(other)
            .ticking(self.interval())
            .into()
    }
}

/// What a step did, in words and numbers that keep their places.
fn line<'a>(
    name: Option<String>,
    step: usize,
    last: usize,
    count: StepCount,
) -> Element<'a, Message> {
    let number = |value: String, words: &'static str| {
        row![
            text(value).size(TEXT),
            text(words).size(TEXT).style(style::text::muted),
        ]
        .spacing(4)
    };
    let step = if step == 0 {
        row![text(format!("Start, of {last} steps")).size(TEXT)]
    } else {
        row![
            text(format!("Step {step}")).size(TEXT),
            text(format!("of {last}"))
                .size(TEXT)
                .style(style::text::muted),
        ]
        .spacing(4)
    };
    let confidence = count
        .confidence
        .map_or_else(|| "–".into(), |confidence| format!("{confidence:.2}"));
    let mut line = row![].spacing(GAP_LARGE);
    if let Some(name) = name {
        let name = text(name).size(TEXT).style(style::text::accent).width(110);
        line = line.push(name.wrapping(text::Wrapping::None));
    }
    line.push(step.width(110))
        .push(number(count.committed.to_string(), "laid").width(72))
        .push(number(count.edited.to_string(), "edited").width(76))
        .push(number(count.masked.to_string(), "masked").width(90))
        .push(number(confidence, "mean confidence"))
        .into()
}

/// What the parts of the timeline stand for.
fn key<'a>() -> Element<'a, Message> {
    let part = |width: f32, height: f32, colour: fn(&Look) -> Color, words: &'static str| {
        let mark = container(space().width(width).height(height))
            .style(move |theme: &Theme| container::background(colour(Look::of(theme))));
        row![mark, text(words).size(TEXT_SMALL).style(style::text::muted),]
            .spacing(GAP_SMALL)
            .align_y(Alignment::Center)
    };
    row![
        part(
            8.0,
            10.0,
            |look| Look::tint(look.field, look.muted, 0.55),
            "laid"
        ),
        part(8.0, 10.0, |_| tint::EDITED, "edited"),
        part(12.0, 2.0, |look| look.text, "mean confidence"),
    ]
    .spacing(GAP)
    .align_y(Alignment::Center)
    .into()
}

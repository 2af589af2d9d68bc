//! How the palette looks: what is searched on top, the list on the left, what is chosen on the right.

use graph::kind::Kind;
use graph::port::{Arity, PortSpec};
use iced::alignment::Vertical;
use iced::keyboard::{self, Key, Modifiers, key::Named};
use iced::widget::text::Span;
use iced::widget::{
    Column, Id, Row, button, column, container, rich_text, row, rule, space, span, text, text_input,
};
use iced::{Border, Color, Element, Fill, Padding, Size, Theme};

use super::socket::socket;
use super::{Entry, Fit, Message, Mode, PAGE, Palette, Pick, rank};
use crate::chrome::counted;
use crate::param::parts::scrolled;
use crate::param::watch::{Press, Watch};
use crate::param::words;
use crate::plugins::Source;
use crate::theme::{
    GAP, GAP_LARGE, GAP_SMALL, Icon, Look, TEXT, TEXT_HEADING, TEXT_SMALL, TEXT_TITLE, icon, style,
};

/// How large the palette is.
pub const SIZE: Size = Size::new(680.0, 434.0);

/// The height of a line of the list, and of a heading in it.
const LINE: f32 = 44.0;
const HEADING: f32 = 28.0;
/// The gap above and below all lines.
const EDGE: f32 = 6.0;
/// The height of the list.
const LIST: f32 = 352.0;
/// How many letters of a summary stand in a line.
const LETTERS: usize = 64;
/// The width of what is told of the chosen line.
const DETAIL: f32 = 270.0;

const SEARCH: Id = Id::new("palette search");
const ENTRIES: Id = Id::new("palette list");

impl Palette {
    /// What a key means that was pressed before the field was there to hear it: some people type faster than a slow
    /// machine draws.
    pub fn early(&self, event: &keyboard::Event) -> Option<Message> {
        let keyboard::Event::KeyPressed {
            key,
            modifiers,
            text,
            ..
        } = event
        else {
            return None;
        };
        if let Some(message) = meaning(key, *modifiers) {
            return Some(message);
        }
        let mut query = self.query.clone();
        if *key == Key::Named(Named::Backspace) {
            let _ = query.pop();
        } else if !modifiers.command() && !modifiers.alt() {
            query.extend(text.iter().flat_map(|text| text.chars()));
        }
        (query != self.query).then_some(Message::Typed(query))
    }

    /// The palette; the parent lays it over everything else.
    pub fn view<'a>(&'a self, look: &'a Look) -> Element<'a, Message> {
        let search = row![
            icon(Icon::Search)
                .size(TEXT_HEADING)
                .style(style::text::muted),
            text_input(self.placeholder(), &self.query)
                .id(SEARCH)
                .on_input(Message::Typed)
                .size(TEXT_HEADING - 2.0)
                .padding([GAP, GAP])
                .style(bare),
        ]
        .spacing(GAP_SMALL)
        .padding([GAP_SMALL, GAP_LARGE])
        .align_y(Vertical::Center);
        let body = row![
            container(self.list(look)).width(Fill).height(LIST),
            rule::vertical(1).style(style::list::line),
            container(self.detail(look)).width(DETAIL).height(LIST),
        ]
        .height(LIST);
        let card = column![
            search,
            rule::horizontal(1).style(style::list::line),
            body,
            rule::horizontal(1).style(style::list::line),
            self.footer(),
        ];
        let card = container(card)
            .width(SIZE.width)
            .style(style::container::floating);
        Watch::new(card)
            .focus_first(SEARCH)
            .hears_all()
            .reveal(ENTRIES, self.offset())
            .on_key(key)
            .into()
    }

    fn placeholder(&self) -> &'static str {
        match &self.mode {
            Mode::Add { from: None, .. } => "Add a node…",
            Mode::Add { from: Some(_), .. } => "Add a node to this wire…",
            Mode::Connect { .. } => "Connect…",
            Mode::Command => "Run a command…",
        }
    }

    /// How far the list is scrolled so that the chosen line stands in its middle.
    fn offset(&self) -> f32 {
        let above: f32 = self.rows[..self.chosen.min(self.rows.len())]
            .iter()
            .map(height)
            .sum();
        let total = 2.0 * EDGE + self.rows.iter().map(height).sum::<f32>();
        (EDGE + above - (LIST - LINE) / 2.0).clamp(0.0, (total - LIST).max(0.0))
    }

    fn list<'a>(&'a self, look: &'a Look) -> Element<'a, Message> {
        if self.rows.is_empty() {
            let words = match &self.mode {
                Mode::Connect { .. } if self.query.is_empty() => {
                    "No socket elsewhere fits this node".to_owned()
                }
                Mode::Add { .. } | Mode::Connect { .. } | Mode::Command => {
                    format!("Nothing answers “{}”", self.query.trim())
                }
            };
            return container(text(words).size(TEXT).style(style::text::muted))
                .center(Fill)
                .into();
        }
        let mut lines = Column::new();
        for (at, line) in self.rows.iter().enumerate() {
            if let Some(heading) = &line.heading {
                lines = lines.push(heading_line(heading));
            }
            lines = lines.push(self.line(at, line, look));
        }
        let sides = GAP_SMALL + 2.0;
        scrolled(container(lines).padding(Padding::from([EDGE, sides]).right(sides + EDGE)))
            .id(ENTRIES)
            .into()
    }

    fn line<'a>(&'a self, at: usize, line: &'a rank::Row, look: &'a Look) -> Element<'a, Message> {
        let entry = &self.entries[line.entry];
        let plugin = entry.plugin.as_ref().map(|_| puzzle());
        let title = row![
            marked(&entry.title, &line.letters, look),
            space().width(Fill)
        ]
        .push(plugin)
        .spacing(GAP)
        .align_y(Vertical::Center);
        let title = if entry.keys.is_empty() {
            title.push(sockets(entry, look))
        } else {
            title.push(keycap(&entry.keys))
        };
        let summary = text(shortened(entry.summary()))
            .size(TEXT_SMALL)
            .wrapping(text::Wrapping::None)
            .style(style::text::muted);
        let face = column![title, container(summary).clip(true).width(Fill)].spacing(2.0);
        button(face)
            .height(LINE)
            .width(Fill)
            .padding([5.0, GAP + 2.0])
            .style(style::button::entry(at == self.chosen))
            .on_press(Message::Picked(at))
            .into()
    }

    /// What there is to know of the chosen line.
    fn detail<'a>(&'a self, look: &'a Look) -> Element<'a, Message> {
        let Some(entry) = self.chosen() else {
            return space().into();
        };
        let mut parts = Column::new().spacing(GAP).padding(GAP_LARGE);
        let name = match &entry.pick {
            Pick::Node(_) | Pick::Command(_) => {
                Some(text(&entry.name).size(TEXT_SMALL).style(style::text::faint))
            }
            Pick::Wire { .. } => None,
        };
        let head = column![text(&entry.title).size(TEXT_TITLE), name].spacing(2.0);
        parts = parts.push(head);
        parts = parts.push(text(&entry.doc).size(TEXT).style(style::text::muted));
        parts = parts.push(entry.plugin.as_ref().map(plugin));
        if !entry.fits.is_empty() && matches!(self.mode, Mode::Add { .. }) {
            parts = parts.push(self.chips(&entry.fits, look));
        }
        if let Pick::Node(descriptor) = &entry.pick {
            parts = parts
                .push(ports("Takes", &descriptor.inputs, look))
                .push(ports("Gives", &descriptor.outputs, look));
        }
        scrolled(parts).into()
    }

    /// The sockets to which the wire can go, of which one is chosen.
    fn chips<'a>(&'a self, fits: &'a [Fit], look: &'a Look) -> Element<'a, Message> {
        let chips = fits.iter().enumerate().map(|(at, fit)| {
            let face = row![dot(&fit.kind, look), text(&fit.port).size(TEXT_SMALL + 1.0),]
                .spacing(GAP_SMALL + 1.0)
                .align_y(Vertical::Center);
            button(face)
                .padding([2.0, GAP - 2.0])
                .style(style::button::switch(at == self.socket))
                .on_press(Message::SocketChosen(at))
                .into()
        });
        let chips = Row::with_children(chips)
            .spacing(GAP_SMALL)
            .wrap()
            .vertical_spacing(GAP_SMALL);
        column![caption("Wire it to"), chips]
            .spacing(GAP_SMALL)
            .into()
    }

    fn footer(&self) -> Element<'_, Message> {
        let mut hints = row![].spacing(GAP + 2.0).align_y(Vertical::Center);
        let verb = match &self.mode {
            Mode::Add { .. } => "add",
            Mode::Connect { .. } => "connect",
            Mode::Command => "run",
        };
        hints = hints.push(hint("↑ ↓", "choose")).push(hint("Enter", verb));
        let sockets = self.chosen().map_or(0, |entry| entry.fits.len());
        if sockets > 1 && matches!(self.mode, Mode::Add { .. }) {
            hints = hints.push(hint("Tab", "other socket"));
        }
        hints = hints.push(hint("Esc", "close"));
        let mut footer = row![hints, space().width(Fill)].align_y(Vertical::Center);
        if let Some(told) = self.told() {
            footer = footer.push(text(told).size(TEXT_SMALL).style(style::text::faint));
        }
        container(footer).padding([GAP, GAP_LARGE]).into()
    }

    /// How many nodes are not offered, and why.
    fn told(&self) -> Option<String> {
        let wire = self.wire.as_ref().filter(|_| self.left_out > 0)?;
        let nodes = counted(self.left_out, "node");
        let have = if self.left_out == 1 { "has" } else { "have" };
        Some(format!("{nodes} left out that {have} no socket for {wire}"))
    }
}

/// A field whose edge is the edge of the whole palette.
fn bare(theme: &Theme, status: text_input::Status) -> text_input::Style {
    text_input::Style {
        background: Color::TRANSPARENT.into(),
        border: Border::default(),
        ..style::field::input(true)(theme, status)
    }
}

fn key(key: &Key, modifiers: Modifiers) -> Option<Press<Message>> {
    meaning(key, modifiers).map(Press::Take)
}

/// What a key does that the field makes nothing of.
fn meaning(key: &Key, modifiers: Modifiers) -> Option<Message> {
    let page = PAGE as isize;
    let message = match key {
        Key::Named(Named::ArrowDown) => Message::Moved(1),
        Key::Named(Named::ArrowUp) => Message::Moved(-1),
        Key::Named(Named::PageDown) => Message::Moved(page),
        Key::Named(Named::PageUp) => Message::Moved(-page),
        Key::Named(Named::Home) if modifiers.command() => Message::Ended(false),
        Key::Named(Named::End) if modifiers.command() => Message::Ended(true),
        Key::Named(Named::Tab) => Message::SocketMoved,
        Key::Named(Named::Enter) => Message::Submitted,
        Key::Named(Named::Escape) => Message::Dismissed,
        _ => return None,
    };
    Some(message)
}

fn height(line: &rank::Row) -> f32 {
    let heading = if line.heading.is_some() { HEADING } else { 0.0 };
    LINE + heading
}

fn heading_line(heading: &str) -> Element<'_, Message> {
    let words = text(words(heading))
        .size(TEXT_SMALL)
        .style(style::text::faint);
    container(words)
        .height(HEADING)
        .padding([0.0, GAP + 2.0])
        .align_y(Vertical::Bottom)
        .into()
}

/// A title whose letters that answer the query stand out.
fn marked<'a>(title: &'a str, letters: &[usize], look: &Look) -> Element<'a, Message> {
    let spans: Vec<Span<'a, ()>> = title
        .char_indices()
        .enumerate()
        .map(|(at, (begin, letter))| {
            let piece = span(&title[begin..begin + letter.len_utf8()]);
            if letters.contains(&at) {
                piece.color(look.accent).underline(true)
            } else {
                piece.color(look.text)
            }
        })
        .collect();
    rich_text(spans).size(TEXT).into()
}

/// As many words of `summary` as stand in a line.
fn shortened(summary: &str) -> String {
    if summary.chars().count() <= LETTERS {
        return summary.to_owned();
    }
    let begin: String = summary.chars().take(LETTERS).collect();
    let whole = begin.rsplit_once(' ').map_or(&*begin, |(whole, _)| whole);
    format!("{}…", whole.trim_end_matches([',', ':', ';']))
}

/// What a node takes and gives, as dots.
fn sockets<'a>(entry: &'a Entry, look: &'a Look) -> Element<'a, Message> {
    let Pick::Node(descriptor) = &entry.pick else {
        return match entry.fits.first() {
            Some(fit) => dot(&fit.kind, look),
            None => text("replaces")
                .size(TEXT_SMALL)
                .style(style::text::warning)
                .into(),
        };
    };
    let dots = |ports: &'a [PortSpec]| {
        Row::with_children(ports.iter().map(|port| dot(&port.kind, look))).spacing(3.0)
    };
    let arrow = icon(Icon::ChevronRight)
        .size(TEXT_SMALL)
        .style(style::text::faint);
    row![dots(&descriptor.inputs), arrow, dots(&descriptor.outputs),]
        .spacing(3.0)
        .align_y(Vertical::Center)
        .into()
}

fn ports<'a>(
    title: &'static str,
    ports: &'a [PortSpec],
    look: &'a Look,
) -> Option<Element<'a, Message>> {
    if ports.is_empty() {
        return None;
    }
    let lines = ports.iter().map(|port| {
        let more = match port.arity {
            Arity::One => "",
            Arity::Optional => "optional",
            Arity::Many => "any number",
        };
        row![
            dot(&port.kind, look),
            text(&port.name).size(TEXT_SMALL + 1.0),
            space().width(Fill),
            text(more).size(TEXT_SMALL).style(style::text::faint),
        ]
        .spacing(GAP_SMALL + 2.0)
        .align_y(Vertical::Center)
        .into()
    });
    Some(
        column![caption(title), Column::with_children(lines).spacing(3.0)]
            .spacing(GAP_SMALL)
            .into(),
    )
}

/// The mark of what comes from a plugin.
fn puzzle<'a>() -> Element<'a, Message> {
    icon(Icon::Puzzle)
        .size(TEXT_SMALL)
        .style(style::text::faint)
        .into()
}

/// Which plugin a node comes from, and where that runs.
fn plugin(source: &Source) -> Element<'_, Message> {
    let name = text(format!("{} {}", source.id, source.version)).size(TEXT_SMALL + 1.0);
    let place = text(format!("A plugin, {}", source.place()))
        .size(TEXT_SMALL)
        .style(style::text::faint);
    row![puzzle(), column![name, place]]
        .spacing(GAP_SMALL + 2.0)
        .into()
}

fn dot<'a>(kind: &Kind, look: &Look) -> Element<'a, Message> {
    socket(kind, look, 9.0)
}

fn caption<'a>(words: &'static str) -> Element<'a, Message> {
    text(words)
        .size(TEXT_SMALL)
        .style(style::text::faint)
        .into()
}

fn hint<'a>(keys: &'static str, words: &'static str) -> Element<'a, Message> {
    row![
        keycap(keys),
        text(words).size(TEXT_SMALL).style(style::text::faint),
    ]
    .spacing(GAP_SMALL + 1.0)
    .align_y(Vertical::Center)
    .into()
}

fn keycap(keys: &str) -> Element<'_, Message> {
    container(text(keys).size(TEXT_SMALL))
        .padding([1.0, GAP_SMALL + 1.0])
        .style(style::container::badge)
        .into()
}

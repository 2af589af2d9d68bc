//! How the list looks: all plugins on the left, what is to be known of the chosen one on the right.

use iced::keyboard::{self, Key, key::Named};
use iced::widget::tooltip::Position;
use iced::widget::{Column, Id, Row, button, column, container, row, scrollable, text};
use iced::{Center, Element, Fill, Padding, Theme};
use smalto_host::plugins::{Plugin, State};

use super::super::confirm::chosen;
use super::super::scope::{Scope, plain};
use super::super::{Card, Weight, action, lettered};
use super::{Deed, Message, Plugins, Question};
use crate::chrome::{slim, tip};
use crate::plugins::Request;
use crate::theme::{GAP, GAP_LARGE, GAP_SMALL, Icon, TEXT, TEXT_SMALL, TEXT_TITLE, icon, style};

/// How wide the dialog is, the list in it, and the question.
const WIDTH: f32 = 820.0;
const LIST: f32 = 270.0;
const QUESTION: f32 = 620.0;
/// How high the list is, and a line of it.
const HEIGHT: f32 = 300.0;
const LINE: f32 = 48.0;
/// How wide the names of facts are.
const NAMES: f32 = 74.0;

const ENTRIES: Id = Id::new("plugins list");

/// What the button says that looks for plugins.
const LOOK: &str = "Look again";

/// What trusting means.
const TRUST: &str = "A plugin is a native library that brings nodes of its own. Once you trust it, it can do on this \
    computer whatever you can. It works in a process of its own, so that a crash costs no more than one node; \
    nothing keeps it from your files.";

/// What the question is about.
const WORDS: &str = "Its code can then do on this computer whatever you can, your files and the network included. \
    It works in a process of its own, which protects the editor from its crashes, and you from nothing. \
    Another build of it is asked about anew.";

/// What the question is about where it is about the editor itself.
const WORDS_IN_EDITOR: &str = "Its nodes become a little faster, and when one of them crashes, so does the editor. \
    Workflows keep what was written to their journals; a run in progress is lost.";

/// How a state is told: in a picture, in a word or two, and in a colour.
struct Face {
    picture: Icon,
    words: &'static str,
    colour: fn(&Theme) -> text::Style,
}

fn face(plugin: &Plugin) -> Face {
    let (picture, words, colour): (Icon, &str, fn(&Theme) -> text::Style) = match &plugin.state {
        State::Ready(_) if plugin.in_process => {
            (Icon::Success, "Ready, in the editor", style::text::warning)
        }
        State::Ready(_) => (Icon::Success, "Ready", style::text::success),
        State::Untrusted => (Icon::Lock, "Not trusted", style::text::warning),
        State::Quarantined(_) => (Icon::Ban, "Quarantined", style::text::danger),
        State::Broken(_) => (Icon::Failure, "Broken", style::text::danger),
    };
    Face {
        picture,
        words,
        colour,
    }
}

impl Plugins {
    /// The dialog.
    pub fn view(&self) -> Element<'_, Message> {
        if let Some(question) = &self.question {
            return Scope::new(question.view(), key_of_question).into();
        }
        let deeds = self.chosen().map(|plugin| self.deeds(plugin));
        let deeds = deeds.unwrap_or_default();
        Scope::new(self.list(), move |event| key(event, &deeds))
            .reveal(ENTRIES, self.offset())
            .into()
    }

    /// How far the list is scrolled so that the chosen line stands in its middle.
    fn offset(&self) -> f32 {
        let above = self.chosen as f32 * LINE;
        let total = self.found.len() as f32 * LINE;
        (above - (HEIGHT - LINE) / 2.0).clamp(0.0, (total - HEIGHT).max(0.0))
    }

    fn list(&self) -> Element<'_, Message> {
        let words = text(TRUST).size(TEXT).style(style::text::muted);
        let body = column![words, self.middle(), self.places()]
            .push(self.trouble.as_deref().map(alarm))
            .push(self.error.as_deref().map(alarm))
            .spacing(GAP + 4.0);
        let is_free = self.work.is_none();
        let look = button(container(lettered(LOOK)).center_y(20.0))
            .padding([5.0, GAP_LARGE - 2.0])
            .style(style::button::secondary)
            .on_press_maybe(is_free.then_some(Message::LookAsked));
        let card = Card {
            picture: Icon::Puzzle,
            title: "Plugins".into(),
            body: body.into(),
            buttons: vec![
                tip(
                    look,
                    "Looks for plugins that were added, changed or taken away",
                    Position::Top,
                ),
                action("Close", "Esc", Weight::Secondary, Some(Message::Dismissed)),
            ],
            aside: Some(self.told()),
            width: WIDTH,
        };
        card.view()
    }

    /// What goes on, or what the keys do.
    fn told(&self) -> Element<'_, Message> {
        let words = match &self.work {
            Some(Request::Look) => "Looking for plugins…",
            Some(Request::Trust { .. } | Request::Scan(_)) => {
                "Looking at the library in a process of its own…"
            }
            Some(Request::Untrust(_)) => "Taking the trust back…",
            None if self.found.is_empty() => "",
            None => "Arrows choose; underlined letters press the buttons.",
        };
        text(words)
            .size(TEXT_SMALL)
            .style(style::text::faint)
            .into()
    }

    fn middle(&self) -> Element<'_, Message> {
        let Some(plugin) = self.chosen() else {
            return container(nothing())
                .center(Fill)
                .height(HEIGHT / 2.0)
                .style(style::container::field)
                .into();
        };
        let lines = self.found.iter().enumerate();
        let lines = lines.map(|(at, plugin)| line(at, plugin, at == self.chosen));
        let lines = scrollable(Column::with_children(lines))
            .id(ENTRIES)
            .width(Fill)
            .height(Fill)
            .direction(slim())
            .style(style::list::scroll);
        let list = container(lines)
            .padding(1)
            .width(LIST)
            .height(HEIGHT)
            .style(style::container::field);
        let detail = scrollable(
            container(detail(plugin))
                .padding(Padding::from([0.0, GAP_SMALL]).right(GAP_SMALL + 10.0)),
        )
        .height(Fill)
        .direction(slim())
        .style(style::list::scroll);
        let detail = column![detail, self.buttons(plugin)]
            .spacing(GAP)
            .height(HEIGHT);
        row![list, detail.width(Fill)].spacing(GAP_LARGE).into()
    }

    /// What can be done with the chosen plugin.
    fn buttons<'a>(&'a self, plugin: &Plugin) -> Element<'a, Message> {
        let is_free = self.work.is_none();
        let buttons = self.deeds(plugin).into_iter().map(|deed| {
            let is_main = matches!(deed, Deed::Trust | Deed::Scan);
            let style = if is_main {
                style::button::primary
            } else {
                style::button::secondary
            };
            let face = button(container(lettered(deed.title())).center_y(20.0))
                .padding([5.0, GAP_LARGE - 2.0])
                .style(style)
                .on_press_maybe(is_free.then_some(Message::Asked(deed)));
            tip(face, deed.doc(), Position::Top)
        });
        Row::with_children(buttons)
            .spacing(GAP)
            .padding([0.0, GAP_SMALL])
            .into()
    }

    /// Where plugins are looked for.
    fn places(&self) -> Element<'_, Message> {
        let paths = self.places.iter().map(|place| {
            text(place.display().to_string())
                .size(TEXT_SMALL)
                .wrapping(text::Wrapping::Glyph)
                .style(style::text::faint)
                .into()
        });
        let title = text("Looked for in")
            .size(TEXT_SMALL)
            .style(style::text::muted)
            .width(NAMES);
        row![title, Column::with_children(paths).width(Fill)]
            .spacing(GAP_SMALL)
            .into()
    }
}

impl Deed {
    /// What its button says; its first letter does the same.
    fn title(self) -> &'static str {
        match self {
            Self::Trust => "Trust…",
            Self::Untrust => "Untrust",
            Self::RunInEditor => "Run in the editor…",
            Self::LeaveEditor => "Run in its own process",
            Self::Scan => "Scan again",
        }
    }

    fn doc(self) -> &'static str {
        match self {
            Self::Trust => "Lets its code run on this computer; asks once more before",
            Self::Untrust => {
                "Lets its code run no more, neither this build nor another of the plugin"
            }
            Self::RunInEditor => "A little faster, and when it crashes, so does the editor",
            Self::LeaveEditor => "So that its crashes cost no more than one node",
            Self::Scan => {
                "Lifts the quarantine: looks at the library once more, in a process that may crash"
            }
        }
    }
}

impl Question {
    fn view(&self) -> Element<'_, Message> {
        let plugin = &self.plugin;
        let version = plugin.version.as_deref().unwrap_or_default();
        let (title, words) = if self.in_process {
            let title = format!("Run {} {version} in the editor itself?", plugin.id);
            (title, WORDS_IN_EDITOR)
        } else {
            (format!("Trust {} {version}?", plugin.id), WORDS)
        };
        let answer = |words: &'static str, weight, is_chosen, message| {
            button(container(text(words).size(TEXT)).center_y(20.0))
                .padding([5.0, GAP_LARGE - 2.0])
                .style(move |theme: &Theme, status| chosen(weight, is_chosen, theme, status))
                .on_press(message)
                .into()
        };
        let yes = if self.in_process {
            "Run in the editor"
        } else {
            "Trust"
        };
        let card = Card {
            picture: Icon::Warning,
            title,
            body: column![
                text(words).size(TEXT).style(style::text::muted),
                facts(vec![
                    ("Nodes", plugin.kinds.join(", ")),
                    ("Library", library(plugin)),
                    ("SHA-256", hash(plugin)),
                ]),
            ]
            .spacing(GAP_LARGE)
            .into(),
            buttons: vec![
                answer(
                    "Cancel",
                    Weight::Secondary,
                    !self.agrees,
                    Message::Dismissed,
                ),
                answer(yes, Weight::Primary, self.agrees, Message::Agreed),
            ],
            aside: None,
            width: QUESTION,
        };
        card.view()
    }
}

fn line(at: usize, plugin: &Plugin, is_chosen: bool) -> Element<'_, Message> {
    let Face {
        picture,
        words,
        colour,
    } = face(plugin);
    let version = plugin.version.as_deref().unwrap_or_default();
    let said =
        row![text(words).size(TEXT_SMALL).style(colour)].push((!version.is_empty()).then(|| {
            text(format!("· {version}"))
                .size(TEXT_SMALL)
                .style(style::text::faint)
        }));
    let name = text(&plugin.id).size(TEXT).wrapping(text::Wrapping::None);
    let face = row![
        icon(picture).size(16.0).style(colour),
        column![
            container(name).width(Fill).clip(true),
            said.spacing(GAP_SMALL)
        ]
        .spacing(1.0),
    ]
    .spacing(GAP + 2.0)
    .align_y(Center);
    button(container(face).center_y(Fill))
        .width(Fill)
        .height(LINE)
        .padding([0.0, GAP + 2.0])
        .style(style::button::entry(is_chosen))
        .on_press(Message::Chosen(at))
        .into()
}

/// What is to be known of a plugin.
fn detail(plugin: &Plugin) -> Element<'_, Message> {
    let Face { words, colour, .. } = face(plugin);
    let (name, licence) = match &plugin.state {
        State::Ready(description) => (description.name.as_str(), description.licence.clone()),
        State::Untrusted | State::Quarantined(_) | State::Broken(_) => {
            (plugin.id.as_str(), String::new())
        }
    };
    let head = row![
        text(name).size(TEXT_TITLE).width(Fill),
        container(text(words).size(TEXT_SMALL).style(colour))
            .padding([1.0, GAP_SMALL + 2.0])
            .style(style::container::badge),
    ]
    .spacing(GAP)
    .align_y(Center);
    let mut known = vec![
        ("Id", plugin.id.clone()),
        ("Version", plugin.version.clone().unwrap_or_default()),
        ("Licence", licence),
        ("Nodes", nodes(plugin)),
        ("Folder", plugin.folder.display().to_string()),
        ("SHA-256", hash(plugin)),
    ];
    known.retain(|(fact, value)| !value.is_empty() && (*fact != "Id" || value != name));
    column![head, state(plugin), facts(known)]
        .spacing(GAP + 2.0)
        .into()
}

/// How it fares, in a sentence or two.
fn state(plugin: &Plugin) -> Element<'_, Message> {
    let words = match &plugin.state {
        State::Ready(_) if plugin.in_process => {
            "It works in the editor itself: when it crashes, so does the editor. \
             What was loaded stays in memory until the editor is closed."
        }
        State::Ready(_) => {
            "Its nodes are found in the search. They work in a process of their own, \
             which is started when one of them is run first."
        }
        State::Untrusted => {
            "No code of it was run yet. Trust it, and its nodes can be used at once."
        }
        State::Quarantined(reason) => {
            return failure(
                format!("It crashed when it was looked at: {reason}"),
                "It is not touched again until its file changes. Take another version of it, or scan it again.",
            );
        }
        State::Broken(finding) => {
            let problem = format!("{}: {}", finding.place, finding.problem);
            return failure(problem, &finding.hint);
        }
    };
    text(words).size(TEXT).style(style::text::muted).into()
}

/// What is wrong, and how to mend it.
fn failure<'a>(problem: String, hint: &'a str) -> Element<'a, Message> {
    let problem = text(problem)
        .size(TEXT)
        .wrapping(text::Wrapping::WordOrGlyph);
    let hint = text(hint).size(TEXT).style(style::text::muted);
    container(column![problem, hint].spacing(GAP_SMALL))
        .width(Fill)
        .padding([GAP - 2.0, GAP])
        .style(style::container::alarm)
        .into()
}

fn alarm(words: &str) -> Element<'_, Message> {
    container(text(words).size(TEXT).wrapping(text::Wrapping::WordOrGlyph))
        .width(Fill)
        .padding([GAP - 2.0, GAP])
        .style(style::container::alarm)
        .into()
}

/// Names with what they stand for, one below the other.
fn facts<'a>(facts: Vec<(&'static str, String)>) -> Element<'a, Message> {
    let lines = facts.into_iter().map(|(name, value)| {
        row![
            text(name)
                .size(TEXT_SMALL + 1.0)
                .width(NAMES)
                .style(style::text::faint),
            text(value)
                .size(TEXT_SMALL + 1.0)
                .width(Fill)
                .wrapping(text::Wrapping::WordOrGlyph),
        ]
        .spacing(GAP_SMALL)
        .into()
    });
    Column::with_children(lines).spacing(GAP_SMALL).into()
}

/// What is said where there is no plugin.
fn nothing<'a>() -> Element<'a, Message> {
    let words = "Lay the folder of a plugin into one of the folders below, and look again. \
                 `smalto plugins new` begins one of your own.";
    column![
        text("There are no plugins on this computer").size(TEXT),
        text(words)
            .size(TEXT)
            .style(style::text::muted)
            .width(420.0)
            .center(),
    ]
    .spacing(GAP)
    .align_x(Center)
    .into()
}

/// The kinds of node that it brings, in words where they are known.
fn nodes(plugin: &Plugin) -> String {
    match &plugin.state {
        State::Ready(description) => {
            let nodes = description.nodes.iter().map(|node| &node.descriptor);
            let nodes = nodes.map(|node| format!("{} ({})", node.title, node.id));
            nodes.collect::<Vec<_>>().join(", ")
        }
        State::Untrusted | State::Quarantined(_) | State::Broken(_) => plugin.kinds.join(", "),
    }
}

fn library(plugin: &Plugin) -> String {
    let library = plugin.library.as_ref();
    library.map_or_else(String::new, |path| path.display().to_string())
}

fn hash(plugin: &Plugin) -> String {
    plugin.sha256.clone().unwrap_or_default()
}

/// The keys of the question; none of those that open it agrees, or whoever holds one down would trust.
fn key_of_question(event: &keyboard::Event) -> Option<Message> {
    match plain(event)? {
        Key::Named(Named::ArrowLeft | Named::ArrowRight | Named::Tab) => Some(Message::Turned),
        Key::Named(Named::Enter) => Some(Message::Submitted),
        Key::Named(Named::Escape) => Some(Message::Dismissed),
        Key::Named(_) | Key::Character(_) | Key::Unidentified => None,
    }
}

/// The keys of the list, of which letters do what can be done with the chosen plugin.
fn key(event: &keyboard::Event, deeds: &[Deed]) -> Option<Message> {
    match plain(event)? {
        Key::Named(Named::ArrowDown | Named::Tab) => Some(Message::Moved(1)),
        Key::Named(Named::ArrowUp) => Some(Message::Moved(-1)),
        Key::Named(Named::PageDown) => Some(Message::Moved(6)),
        Key::Named(Named::PageUp) => Some(Message::Moved(-6)),
        Key::Named(Named::Enter) => Some(Message::Submitted),
        Key::Named(Named::Escape) => Some(Message::Dismissed),
        Key::Named(Named::F5) => Some(Message::LookAsked),
        Key::Character(letter) => {
            let letter = letter.to_lowercase();
            let begins = |words: &str| words.to_lowercase().starts_with(letter.as_str());
            if begins(LOOK) {
                return Some(Message::LookAsked);
            }
            let deed = deeds.iter().find(|deed| begins(deed.title()));
            deed.map(|deed| Message::Asked(*deed))
        }
        Key::Named(_) | Key::Unidentified => None,
    }
}

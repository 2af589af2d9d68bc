//! How fields look: one widget for each kind of parameter.

use graph::document::PortRef;
use graph::param::{ChoiceOption, ParamKind, ParamValue};
use iced::alignment::Vertical;
use iced::keyboard::{Key, Modifiers, key::Named};
use iced::widget::{
    Column, Id, button, column, container, row, slider, space, text, text_editor, text_input,
    toggler,
};
use iced::{Element, Fill};

use super::fields::{Naming, read, shown};
use super::number::{self, Scale};
use super::parts::{self, NameMessages, alarm};
use super::watch::{Press, Watch};
use super::{Event, Field, Fields, Message, exposure, words};
use crate::theme::{GAP, GAP_SMALL, Icon, TEXT, TEXT_SMALL, TEXT_TITLE, icon, style};

/// The width of a field for a number beside its slider.
const NUMBER: f32 = 76.0;
/// What stands in a field for several nodes that are set differently.
const MIXED: &str = "mixed";
/// The height of a text of several lines.
const LINES: f32 = 72.0;

/// In which place a field stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// In the inspector, with all that can be done to it.
    Panel,
    /// In the form, for people who set values and nothing else.
    Form,
    /// Over the canvas.
    Canvas,
}

impl Fields {
    /// The field with its label, its doc as tooltip, and buttons to reset and to expose it.
    pub fn full<'a>(&'a self, field: Field<'a>) -> Element<'a, Message> {
        let mut head = row![hinted(label(words(&field.spec.name), &field), &field)]
            .spacing(GAP_SMALL)
            .align_y(Vertical::Center);
        head = head.push(space().width(Fill));
        if let Some(name) = field.exposed {
            head = head.push(flag(name, &field));
        }
        head = head.push(field.is_mixed.then(mixed));
        if (field.value.is_some() || field.is_mixed) && field.source.is_none() {
            head = head.push(tool(Icon::Reset, "Reset", &field, Event::Reset));
        }
        if field.exposed.is_none() && field.source.is_none() && !field.is_shared {
            let hint = "Expose: can then be set from outside";
            head = head.push(tool(Icon::Expose, hint, &field, Event::Exposed));
        }
        let is_short = field.spec.kind == ParamKind::Bool && field.source.is_none();
        let mut rows = Column::new().spacing(GAP_SMALL);
        if is_short {
            head = head.push(self.control(&field, Place::Panel));
            rows = rows.push(head);
        } else {
            rows = rows.push(head).push(self.control(&field, Place::Panel));
        }
        rows.push(self.trouble(&field))
            .push(self.naming(&field))
            .into()
    }

    /// The field under the name that it has outside, with its doc.
    ///
    /// Where `is_arranged`, the name can be changed and taken back.
    pub fn labelled<'a>(
        &'a self,
        field: Field<'a>,
        name: &'a str,
        is_arranged: bool,
    ) -> Element<'a, Message> {
        let mut head = row![text(words(name)).size(TEXT_TITLE), space().width(Fill)]
            .spacing(GAP)
            .align_y(Vertical::Center);
        if is_arranged {
            head = head.push(flag(name, &field));
        }
        let control = self.control(&field, Place::Form);
        let is_short = field.spec.kind == ParamKind::Bool && field.source.is_none();
        let help = text(&field.spec.doc)
            .size(TEXT_SMALL + 1.0)
            .style(style::text::faint);
        let rows = if is_short {
            column![column![head.push(control), help].spacing(2.0)]
        } else {
            column![column![head, help].spacing(2.0), control]
        };
        rows.push(self.trouble(&field))
            .push(self.naming(&field))
            .spacing(GAP_SMALL + 2.0)
            .into()
    }

    /// The field alone, with the focus: to be laid over the canvas.
    pub fn compact<'a>(&'a self, field: Field<'a>) -> Element<'a, Message> {
        column![self.control(&field, Place::Canvas), self.trouble(&field)]
            .spacing(GAP_SMALL)
            .into()
    }

    /// What is typed or chosen with.
    fn control<'a>(&'a self, field: &Field<'a>, place: Place) -> Element<'a, Message> {
        if let Some(source) = field.source {
            return wired(source);
        }
        match &field.spec.kind {
            ParamKind::Bool => self.switch(field),
            ParamKind::Int { .. } | ParamKind::Float { .. } => self.number(field, place),
            ParamKind::Seed => row![
                self.line(field, place, "must be set"),
                tool(Icon::Dice, "Roll another seed", field, Event::Rolled),
            ]
            .spacing(GAP_SMALL)
            .align_y(Vertical::Center)
            .into(),
            ParamKind::Text { multiline: false } => self.line(field, place, ""),
            ParamKind::Text { multiline: true } => self.lines(field, place),
            ParamKind::Choice { options } => self.choice(field, options, place),
            ParamKind::Path { .. } => row![
                self.line(field, place, "a file or folder"),
                tool(Icon::FolderOpen, "Browse…", field, Event::Browsed),
            ]
            .spacing(GAP_SMALL)
            .align_y(Vertical::Center)
            .into(),
        }
    }

    fn switch<'a>(&self, field: &Field<'a>) -> Element<'a, Message> {
        let target = field.target.clone();
        let is_on = field.effective() == Some(&ParamValue::Bool(true));
        toggler(is_on && !field.is_mixed)
            .size(18.0)
            .style(style::field::toggle)
            .on_toggle(move |on| message(&target, Event::Toggled(on)))
            .into()
    }

    fn number<'a>(&'a self, field: &Field<'a>, place: Place) -> Element<'a, Message> {
        let input = self.line(field, place, "must be set");
        let unit = field
            .spec
            .unit
            .as_ref()
            .map(|unit| text(unit).size(TEXT_SMALL).style(style::text::faint));
        let scale = match place {
            Place::Panel | Place::Form => Scale::of(field.spec),
            Place::Canvas => None,
        };
        let Some(scale) = scale else {
            return row![input, unit]
                .spacing(GAP_SMALL)
                .align_y(Vertical::Center)
                .into();
        };
        let at = field.effective().and_then(number::number).unwrap_or(0.0);
        let target = field.target.clone();
        let slide = slider(0.0..=1.0, scale.position(at), move |position| {
            message(&target, Event::Slid(position))
        })
        .step(1.0 / scale.stops())
        .on_release(message(&field.target, Event::Released))
        .style(style::field::range);
        row![slide, container(input).width(NUMBER), unit]
            .spacing(GAP)
            .align_y(Vertical::Center)
            .into()
    }

    /// A field of one line.
    fn line<'a>(
        &'a self,
        field: &Field<'a>,
        place: Place,
        placeholder: &str,
    ) -> Element<'a, Message> {
        let draft = self.drafts.get(&field.target);
        let value = match draft {
            Some(draft) => draft.typing.text().to_owned(),
            None if field.is_mixed => String::new(),
            None => shown(field.spec, field.value),
        };
        let placeholder = if field.is_mixed { MIXED } else { placeholder };
        let target = field.target.clone();
        let input = text_input(placeholder, &value)
            .id(field.id())
            .on_input(move |text| message(&target, Event::Typed(text)))
            .size(TEXT)
            .padding(padding(place))
            .style(style::field::input(self.is_valid(field)));
        let takes_arrows = match field.spec.kind {
            ParamKind::Int { .. } | ParamKind::Float { .. } | ParamKind::Seed => true,
            ParamKind::Bool
            | ParamKind::Text { .. }
            | ParamKind::Choice { .. }
            | ParamKind::Path { .. } => false,
        };
        let target = field.target.clone();
        watched(Watch::new(input), field, place)
            .on_key(move |key, modifiers| line_key(key, modifiers, &target, takes_arrows))
            .into()
    }

    /// A field of several lines.
    fn lines<'a>(&'a self, field: &Field<'a>, place: Place) -> Element<'a, Message> {
        let Some(content) = self.texts.get(&field.target) else {
            // Nobody has said that this node is shown; its text is there to be read.
            let text = text(shown(field.spec, field.value)).size(TEXT);
            return container(text)
                .padding(padding(place))
                .width(Fill)
                .style(style::container::field)
                .into();
        };
        let target = field.target.clone();
        let height = match place {
            Place::Panel | Place::Canvas => LINES,
            Place::Form => LINES + 24.0,
        };
        let placeholder = if field.is_mixed { MIXED } else { "" };
        let editor = text_editor(content)
            .id(field.id())
            .placeholder(placeholder)
            .on_action(move |action| message(&target, Event::Edited(action)))
            .size(TEXT)
            .padding(padding(place))
            .min_height(height)
            .max_height(height * 4.0)
            .style(style::field::editor(self.is_valid(field)));
        let target = field.target.clone();
        watched(Watch::new(editor), field, place)
            .on_key(move |key, modifiers| lines_key(key, modifiers, &target))
            .into()
    }

    fn choice<'a>(
        &'a self,
        field: &Field<'a>,
        options: &'a [ChoiceOption],
        place: Place,
    ) -> Element<'a, Message> {
        let chosen = match field.effective() {
            Some(ParamValue::Text(name)) if !field.is_mixed => name.as_str(),
            Some(
                ParamValue::Text(_)
                | ParamValue::Bool(_)
                | ParamValue::Int(_)
                | ParamValue::Float(_),
            )
            | None => "",
        };
        let list = || {
            let entries = options
                .iter()
                .map(|option| option_row(option, option.name == chosen, field));
            container(Column::with_children(entries).spacing(2.0))
                .padding(GAP_SMALL)
                .width(Fill)
                .style(style::container::floating)
        };
        if place == Place::Canvas {
            return list().into();
        }
        let is_open = self.opened.as_ref() == Some(&field.target);
        let arrow = if is_open {
            Icon::ChevronUp
        } else {
            Icon::ChevronsUpDown
        };
        let face = row![
            text(if field.is_mixed {
                words(MIXED)
            } else {
                words(chosen)
            })
            .size(TEXT)
            .width(Fill),
            icon(arrow).size(TEXT).style(style::text::muted),
        ]
        .align_y(Vertical::Center);
        let face = button(face)
            .padding(padding(place))
            .width(Fill)
            .style(style::button::secondary)
            .on_press(message(&field.target, Event::Opened));
        let doc = options.iter().find(|option| option.name == chosen);
        let below: Element<'a, Message> = match doc {
            _ if is_open => list().into(),
            Some(option) => text(&option.doc)
                .size(TEXT_SMALL)
                .style(style::text::faint)
                .into(),
            None => space().into(),
        };
        column![face, below].spacing(GAP_SMALL).into()
    }

    /// Where the name outside is typed, while it is.
    fn naming<'a>(&'a self, field: &Field<'a>) -> Option<Element<'a, Message>> {
        let naming = self.naming.as_ref();
        let naming = naming.filter(|naming| naming.target == field.target)?;
        Some(naming_form(naming, field))
    }

    /// Whether what is shown may stand in the graph.
    fn is_valid(&self, field: &Field<'_>) -> bool {
        match self.drafts.get(&field.target) {
            Some(draft) => read(field.spec, draft.typing.text()).is_ok(),
            None => field.fault.is_none() && (field.is_mixed || field.effective().is_some()),
        }
    }

    /// What is wrong, below the field.
    fn trouble<'a>(&'a self, field: &Field<'a>) -> Option<Element<'a, Message>> {
        let draft = self.drafts.get(&field.target);
        let words = match draft {
            Some(draft) => draft.error.clone()?,
            None => field.fault.clone()?,
        };
        Some(alarm(words))
    }
}

/// That the nodes which a field stands for are set differently.
fn mixed<'a>() -> Element<'a, Message> {
    text(MIXED)
        .size(TEXT_SMALL)
        .style(style::text::warning)
        .into()
}

fn label<'a>(words: String, field: &Field<'_>) -> Element<'a, Message> {
    let label = text(words).size(TEXT);
    if field.source.is_some() {
        label.style(style::text::faint).into()
    } else if field.is_changed() {
        label.into()
    } else {
        label.style(style::text::muted).into()
    }
}

/// The label with all that the descriptor says, where the pointer rests on it.
fn hinted<'a>(label: Element<'a, Message>, field: &Field<'a>) -> Element<'a, Message> {
    let facts = text(field.facts())
        .size(TEXT_SMALL)
        .style(style::text::faint);
    let more = column![text(&field.spec.doc).size(TEXT_SMALL + 1.0), facts].spacing(GAP_SMALL);
    parts::bubble(label, more.into())
}

/// The flag that an exposed parameter is.
fn flag<'a>(name: &str, field: &Field<'a>) -> Element<'a, Message> {
    parts::name_badge(
        exposure::flag(name),
        "Set from outside by this flag; click to rename it",
        message(&field.target, Event::Exposed),
        message(&field.target, Event::Withdrawn),
    )
}

/// Where a name outside is typed.
fn naming_form<'a>(naming: &'a Naming, field: &Field<'a>) -> Element<'a, Message> {
    let target = field.target.clone();
    parts::name_form(
        Id::from(format!("name {}", field.target)),
        &naming.name,
        (naming.fault.as_deref(), becomes(&naming.name)),
        NameMessages {
            typed: move |name| message(&target, Event::Named(name)),
            submitted: message(&field.target, Event::NameSubmitted),
            abandoned: message(&field.target, Event::NameAbandoned),
        },
    )
}

fn becomes(name: &str) -> String {
    format!("smalto run … {}", exposure::flag(name))
}

/// What stands where a wire brings the value.
fn wired(source: &PortRef) -> Element<'_, Message> {
    let from = row![
        icon(Icon::Link)
            .size(TEXT_SMALL + 1.0)
            .style(style::text::faint),
        text(format!("from {source}"))
            .size(TEXT)
            .style(style::text::faint),
    ]
    .spacing(GAP_SMALL + 2.0)
    .align_y(Vertical::Center);
    container(from)
        .padding([4.0, 8.0])
        .width(Fill)
        .style(style::container::badge)
        .into()
}

fn tool<'a>(
    picture: Icon,
    hint: &'static str,
    field: &Field<'_>,
    event: Event,
) -> Element<'a, Message> {
    parts::tool(picture, hint, message(&field.target, event))
}

fn option_row<'a>(
    option: &'a ChoiceOption,
    is_chosen: bool,
    field: &Field<'_>,
) -> Element<'a, Message> {
    let name = row![text(words(&option.name)).size(TEXT).width(Fill)]
        .push(is_chosen.then(|| icon(Icon::Check).size(TEXT).style(style::text::accent)))
        .align_y(Vertical::Center);
    let doc = text(&option.doc).size(TEXT_SMALL).style(style::text::muted);
    button(column![name, doc].spacing(1.0))
        .padding([GAP_SMALL, GAP])
        .width(Fill)
        .style(style::button::entry(is_chosen))
        .on_press(message(&field.target, Event::Chosen(option.name.clone())))
        .into()
}

fn watched<'a>(watch: Watch<'a, Message>, field: &Field<'a>, place: Place) -> Watch<'a, Message> {
    let watch = watch.on_leave(message(&field.target, Event::Left));
    match place {
        Place::Canvas => watch.focus_first(field.id()),
        Place::Panel | Place::Form => watch,
    }
}

fn line_key(
    key: &Key,
    modifiers: Modifiers,
    target: &PortRef,
    takes_arrows: bool,
) -> Option<Press<Message>> {
    let stops = if modifiers.shift() { 10 } else { 1 };
    let event = |event| message(target, event);
    match key {
        // With Ctrl it is a command as well, to which the text shall be known.
        Key::Named(Named::Enter) if modifiers.command() => {
            Some(Press::Share(event(Event::Submitted)))
        }
        Key::Named(Named::Enter) => Some(Press::Take(event(Event::Submitted))),
        Key::Named(Named::Escape) => Some(Press::Quit(event(Event::Abandoned))),
        Key::Named(Named::ArrowUp) if takes_arrows => {
            Some(Press::Take(event(Event::Nudged(stops))))
        }
        Key::Named(Named::ArrowDown) if takes_arrows => {
            Some(Press::Take(event(Event::Nudged(-stops))))
        }
        Key::Named(Named::ArrowUp | Named::ArrowDown) => Some(Press::Take(event(Event::Unused))),
        _ => own_key(key, modifiers, target),
    }
}

fn lines_key(key: &Key, modifiers: Modifiers, target: &PortRef) -> Option<Press<Message>> {
    match key {
        Key::Named(Named::Enter) if modifiers.command() => {
            Some(Press::Share(message(target, Event::Submitted)))
        }
        Key::Named(Named::Escape) => Some(Press::Quit(message(target, Event::Abandoned))),
        _ => own_key(key, modifiers, target),
    }
}

/// What a key means in a field of any sort that would mean something else on the canvas.
fn own_key(key: &Key, modifiers: Modifiers, target: &PortRef) -> Option<Press<Message>> {
    let event = match parts::step_key(key, modifiers) {
        Some(parts::Step::Back) => Event::Undone,
        Some(parts::Step::Again) => Event::Redone,
        None if *key == Key::Named(Named::Tab) && !modifiers.command() => Event::Passed {
            back: modifiers.shift(),
        },
        None => return None,
    };
    Some(Press::Take(message(target, event)))
}

fn message(target: &PortRef, event: Event) -> Message {
    Message {
        target: target.clone(),
        event,
    }
}

fn padding(place: Place) -> [f32; 2] {
    match place {
        Place::Panel => [4.0, 8.0],
        Place::Form => [7.0, 10.0],
        Place::Canvas => [2.0, 6.0],
    }
}

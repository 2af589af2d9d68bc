//! What is typed and not yet part of the graph, and what becomes of it.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hasher, RandomState};

use graph::document::{Graph, NodeId, PortRef};
use graph::edit::Edit;
use graph::param::{ParamError, ParamKind, ParamSpec, ParamValue, PathPurpose};
use graph::registry::Registry;
use iced::widget::text_editor::{self, Content};

use super::shared::Reach;
use super::typing::Typing;
use super::{exposure, number};

/// The highest seed that is rolled: nine digits can be read to somebody.
const HIGHEST_ROLL: u64 = 999_999_999;

/// What fields are filled from and checked against.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The document.
    pub graph: &'a Graph,
    /// The kinds of node.
    pub registry: &'a Registry,
}

/// The fields of a panel: all that was typed in them and is not part of the graph yet.
#[derive(Clone, Debug, Default)]
pub struct Fields {
    pub(super) drafts: BTreeMap<PortRef, Draft>,
    pub(super) texts: BTreeMap<PortRef, Content>,
    pub(super) naming: Option<Naming>,
    pub(super) opened: Option<PortRef>,
    /// Nodes that the fields stand for besides their own.
    pub(super) others: Vec<NodeId>,
}

/// A text in a field that is not part of the graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Draft {
    pub typing: Typing,
    /// Why it cannot become part of the graph, once that was tried.
    pub error: Option<String>,
}

/// The name outside that is being typed for a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Naming {
    pub target: PortRef,
    pub name: String,
    /// Why it cannot be called that.
    pub fault: Option<String>,
}

/// Something happened in a field.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// The parameter that the field is for.
    pub target: PortRef,
    /// What happened.
    pub event: Event,
}

/// What can happen in a field.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The text is another.
    Typed(String),
    /// Something was done in a text of several lines.
    Edited(text_editor::Action),
    /// The text is to be taken as it is.
    Submitted,
    /// The field was left.
    Left,
    /// The text is not wanted.
    Abandoned,
    /// The last thing that was typed is to be taken back.
    Undone,
    /// What was taken back is to be typed again.
    Redone,
    /// The next field is to be gone to, or the one before.
    Passed {
        /// Whether it is the one before.
        back: bool,
    },
    /// A key was pressed that means nothing in the field, and shall mean nothing elsewhere.
    Unused,
    /// The number shall be so many stops higher.
    Nudged(i32),
    /// The slider was dragged to a position from 0 to 1.
    Slid(f64),
    /// The slider was let go.
    Released,
    /// The list of choices was opened or closed.
    Opened,
    /// A name was chosen.
    Chosen(String),
    /// It was switched on or off.
    Toggled(bool),
    /// The dice were rolled.
    Rolled,
    /// It shall be what it is unless set.
    Reset,
    /// A file shall be found in a dialog.
    Browsed,
    /// It shall be set from outside, or be called something else there.
    Exposed,
    /// The name outside is typed.
    Named(String),
    /// The name outside is to be taken as it is.
    NameSubmitted,
    /// The name outside is not wanted.
    NameAbandoned,
    /// It shall not be set from outside any more.
    Withdrawn,
}

/// What the parent shall do.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Nothing.
    None,
    /// Make a step of its own.
    Apply(Edit),
    /// Make it part of a drag.
    Merge(Edit),
    /// The drag has ended.
    Seal,
    /// Let a file be found, and set the parameter to it.
    Browse {
        /// The parameter.
        target: PortRef,
        /// Whether the file is to be read or written.
        purpose: PathPurpose,
    },
    /// Take the last step back, if it is one that set the parameter.
    Undo(PortRef),
    /// Make the step again that was taken back, if it is one that set the parameter.
    Redo(PortRef),
    /// Go to the next field, or the one before.
    Pass {
        /// Whether it is the one before.
        back: bool,
    },
}

impl Fields {
    /// Fields in which nothing was typed.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether something was typed that is not part of the graph.
    pub fn has_drafts(&self) -> bool {
        !self.drafts.is_empty()
    }

    /// Gives up all that was typed and is not part of the graph; to be followed by a refresh.
    pub fn give_up(&mut self) {
        self.drafts.clear();
        self.naming = None;
    }

    /// Whether there is something typed for `target` that cannot become part of the graph.
    pub fn is_refused(&self, target: &PortRef) -> bool {
        self.drafts
            .get(target)
            .is_some_and(|draft| draft.error.is_some())
    }

    /// Takes over what changed elsewhere, and prepares texts of several lines among the parameters of `nodes`.
    ///
    /// To be called before a view whenever the graph has changed or other nodes are to be shown.
    pub fn refresh<'a>(
        &mut self,
        nodes: impl IntoIterator<Item = &'a NodeId>,
        context: Context<'_>,
    ) {
        self.others.clear();
        self.prepare(nodes, context);
    }

    pub(super) fn prepare<'a>(
        &mut self,
        nodes: impl IntoIterator<Item = &'a NodeId>,
        context: Context<'_>,
    ) {
        let mut texts = BTreeMap::new();
        for node in nodes {
            let Some(descriptor) = descriptor(context, node) else {
                continue;
            };
            let is_long = |spec: &&ParamSpec| spec.kind == ParamKind::Text { multiline: true };
            for spec in descriptor.params.iter().filter(is_long) {
                let target = node.port(&spec.name);
                let shown = match self.drafts.get(&target) {
                    Some(draft) => draft.typing.text().to_owned(),
                    None => self.shown(spec, &target, context.graph),
                };
                let content = match self.texts.remove(&target) {
                    Some(content) if content.text() == shown => content,
                    Some(_) | None => Content::with_text(&shown),
                };
                let _ = texts.insert(target, content);
            }
        }
        self.texts = texts;
        self.drafts
            .retain(|target, _| context.graph.node(&target.node).is_some());
        let is_there = |naming: &Naming| context.graph.node(&naming.target.node).is_some();
        self.naming = self.naming.take().filter(is_there);
    }

    /// Makes all that was typed part of the graph, where it can be: before a run, a save or a close.
    pub fn settle(&mut self, context: Context<'_>) -> Action {
        let targets: Vec<PortRef> = self.drafts.keys().cloned().collect();
        let edits: Vec<Edit> = targets
            .iter()
            .filter_map(|target| self.commit(target, context))
            .collect();
        match edits.len() {
            0 => Action::None,
            1 => edits.into_iter().next().map_or(Action::None, Action::Apply),
            _ => Action::Apply(Edit::Batch(edits)),
        }
    }

    /// Notes what happened, and says what the parent shall do.
    pub fn update(&mut self, message: Message, context: Context<'_>) -> Action {
        let Message { target, event } = message;
        let Some(spec) = spec(context, &target) else {
            return Action::None;
        };
        match event {
            Event::Typed(text) => {
                self.draft(target, spec, text, context);
                Action::None
            }
            Event::Edited(action) => {
                self.edit(target, spec, action, context);
                Action::None
            }
            Event::Undone => self.step(target, Typing::undo, Action::Undo),
            Event::Redone => self.step(target, Typing::redo, Action::Redo),
            Event::Passed { back } => Action::Pass { back },
            Event::Unused => Action::None,
            Event::Submitted => self
                .commit(&target, context)
                .map_or(Action::None, Action::Apply),
            Event::Left => self
                .commit(&target, context)
                .map_or(Action::Seal, Action::Apply),
            Event::Abandoned => self.abandon(&target, spec, context),
            Event::Nudged(stops) => self.nudge(&target, spec, stops, context),
            Event::Slid(position) => match number::Scale::of(spec) {
                Some(scale) => {
                    self.forget(&target);
                    let value = scale.value(position);
                    self.set_all(spec, &target, &value, (context.graph, Reach::All))
                        .map_or(Action::None, Action::Merge)
                }
                None => Action::None,
            },
            Event::Released => Action::Seal,
            Event::Opened => {
                let is_open = self.opened.as_ref() == Some(&target);
                self.opened = (!is_open).then_some(target);
                Action::None
            }
            Event::Chosen(name) => {
                self.opened = None;
                self.set(&target, spec, ParamValue::Text(name), context)
            }
            Event::Toggled(on) => self.set(&target, spec, ParamValue::Bool(on), context),
            Event::Rolled => self.set(&target, spec, ParamValue::Int(roll()), context),
            Event::Reset => {
                self.forget(&target);
                Action::Apply(self.reset_all(&target))
            }
            Event::Browsed => match spec.kind {
                ParamKind::Path { purpose } => Action::Browse { target, purpose },
                ParamKind::Bool
                | ParamKind::Int { .. }
                | ParamKind::Float { .. }
                | ParamKind::Text { .. }
                | ParamKind::Choice { .. }
                | ParamKind::Seed => Action::None,
            },
            Event::Exposed => self.begin_name(target, spec, context.graph),
            Event::Named(name) => {
                self.naming = Some(Naming::new(target, spec, name, context.graph));
                Action::None
            }
            Event::NameSubmitted => self.take_name(&target, spec, context.graph),
            Event::NameAbandoned => {
                self.naming = None;
                Action::None
            }
            Event::Withdrawn => {
                self.naming = None;
                exposure::name_of(context.graph, &target)
                    .map_or(Action::None, |name| Action::Apply(exposure::withdraw(name)))
            }
        }
    }

    fn draft(&mut self, target: PortRef, spec: &ParamSpec, text: String, context: Context<'_>) {
        let before = self.shown(spec, &target, context.graph);
        let draft = self.drafts.entry(target.clone());
        let draft = draft.or_insert_with(|| Draft {
            typing: Typing::new(before),
            error: None,
        });
        draft.typing.set(text);
        draft.error = None;
    }

    /// Lets `step` go through what was typed; where nothing was, the graph is `asked`.
    fn step(
        &mut self,
        target: PortRef,
        step: impl FnOnce(&mut Typing) -> bool,
        asked: impl FnOnce(PortRef) -> Action,
    ) -> Action {
        let Some(draft) = self.drafts.get_mut(&target) else {
            return asked(target);
        };
        if step(&mut draft.typing) {
            draft.error = None;
            if let Some(content) = self.texts.get_mut(&target) {
                *content = at_its_end(draft.typing.text());
            }
        }
        Action::None
    }

    fn forget(&mut self, target: &PortRef) {
        let _ = self.drafts.remove(target);
    }

    fn edit(
        &mut self,
        target: PortRef,
        spec: &ParamSpec,
        action: text_editor::Action,
        context: Context<'_>,
    ) {
        let Some(content) = self.texts.get_mut(&target) else {
            return;
        };
        let is_edit = action.is_edit();
        content.perform(action);
        if is_edit {
            let text = content.text();
            self.draft(target, spec, text, context);
        }
    }

    fn abandon(&mut self, target: &PortRef, spec: &ParamSpec, context: Context<'_>) -> Action {
        self.forget(target);
        let shown = self.shown(spec, target, context.graph);
        if let Some(content) = self.texts.get_mut(target) {
            *content = Content::with_text(&shown);
        }
        Action::Seal
    }

    fn nudge(
        &mut self,
        target: &PortRef,
        spec: &ParamSpec,
        stops: i32,
        context: Context<'_>,
    ) -> Action {
        let typed = self.drafts.get(target);
        let typed = typed.and_then(|draft| read(spec, draft.typing.text()).ok());
        let Some(from) = typed.or_else(|| effective(context.graph, spec, target).cloned()) else {
            return Action::None;
        };
        let Some(to) = number::nudged(spec, &from, stops) else {
            return Action::None;
        };
        self.forget(target);
        self.set_all(spec, target, &to, (context.graph, Reach::All))
            .map_or(Action::None, Action::Merge)
    }

    fn set(
        &mut self,
        target: &PortRef,
        spec: &ParamSpec,
        value: ParamValue,
        context: Context<'_>,
    ) -> Action {
        self.forget(target);
        self.set_all(spec, target, &value, (context.graph, Reach::Changed))
            .map_or(Action::None, Action::Apply)
    }

    /// The edit that makes the draft for `target` part of the graph; a draft that cannot be is kept, with the reason.
    fn commit(&mut self, target: &PortRef, context: Context<'_>) -> Option<Edit> {
        let spec = spec(context, target)?;
        let draft = self.drafts.get_mut(target)?;
        match read(spec, draft.typing.text()) {
            Ok(value) => {
                self.forget(target);
                self.set_all(spec, target, &value, (context.graph, Reach::Changed))
            }
            Err(expected) => {
                draft.error = Some(format!("must be {expected}"));
                None
            }
        }
    }

    fn begin_name(&mut self, target: PortRef, spec: &ParamSpec, graph: &Graph) -> Action {
        let name = match exposure::name_of(graph, &target) {
            Some(name) => name.to_owned(),
            None => exposure::proposal(graph, &target, &spec.kind),
        };
        self.naming = Some(Naming::new(target, spec, name, graph));
        Action::None
    }

    fn take_name(&mut self, target: &PortRef, spec: &ParamSpec, graph: &Graph) -> Action {
        let Some(naming) = self.naming.take_if(|naming| naming.target == *target) else {
            return Action::None;
        };
        let naming = Naming::new(naming.target, spec, naming.name, graph);
        if naming.fault.is_some() {
            self.naming = Some(naming);
            return Action::None;
        }
        if exposure::name_of(graph, target) == Some(naming.name.as_str()) {
            return Action::None;
        }
        Action::Apply(exposure::expose(graph, target, &naming.name))
    }
}

impl Naming {
    fn new(target: PortRef, spec: &ParamSpec, name: String, graph: &Graph) -> Self {
        Self {
            fault: exposure::fault(graph, &target, &spec.kind, &name),
            target,
            name,
        }
    }
}

/// Reads what was typed as a value.
///
/// Errors: what was expected.
pub(super) fn read(spec: &ParamSpec, text: &str) -> Result<ParamValue, String> {
    let text = match spec.kind {
        ParamKind::Int { .. } | ParamKind::Float { .. } | ParamKind::Seed => number::read(text),
        // Every system understands `/`, and the graph takes nothing else.
        ParamKind::Path { .. } => text.trim().replace('\\', "/"),
        ParamKind::Bool | ParamKind::Text { .. } | ParamKind::Choice { .. } => text.to_owned(),
    };
    spec.parse(&text).map_err(|error| match error {
        ParamError::Invalid { expected, .. } => expected,
        other => other.to_string(),
    })
}

/// The value as its field shows it.
pub(super) fn shown(spec: &ParamSpec, value: Option<&ParamValue>) -> String {
    match value.or(spec.default.as_ref()) {
        Some(ParamValue::Bool(on)) => on.to_string(),
        Some(ParamValue::Int(number)) => number.to_string(),
        Some(ParamValue::Float(number)) => number::show(*number),
        Some(ParamValue::Text(text)) => text.clone(),
        None => String::new(),
    }
}

/// `text` to go on typing in at its end.
pub fn at_its_end(text: &str) -> Content {
    let mut content = Content::with_text(text);
    content.perform(text_editor::Action::Move(text_editor::Motion::DocumentEnd));
    content
}

/// What `target` is set to.
pub(super) fn value<'a>(graph: &'a Graph, target: &PortRef) -> Option<&'a ParamValue> {
    graph.node(&target.node)?.params.get(&target.port)
}

pub(super) fn effective<'a>(
    graph: &'a Graph,
    spec: &'a ParamSpec,
    target: &PortRef,
) -> Option<&'a ParamValue> {
    value(graph, target).or(spec.default.as_ref())
}

pub(super) fn descriptor<'a>(
    context: Context<'a>,
    node: &NodeId,
) -> Option<&'a graph::node::Descriptor> {
    let kind = &context.graph.node(node)?.kind;
    Some(&context.registry.get(kind)?.descriptor)
}

fn spec<'a>(context: Context<'a>, target: &PortRef) -> Option<&'a ParamSpec> {
    descriptor(context, &target.node)?.param(&target.port)
}

/// A seed that nobody could have known.
pub fn roll() -> i64 {
    let draw = RandomState::new().build_hasher().finish() % (HIGHEST_ROLL + 1);
    i64::try_from(draw).unwrap_or_default()
}

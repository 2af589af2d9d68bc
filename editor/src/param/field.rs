//! What one field is for.

use graph::document::{Graph, PortRef};
use graph::param::{ParamSpec, ParamValue};
use iced::widget::Id;

use super::exposure;

/// One parameter of one node, as a field shows it.
#[derive(Clone, Debug)]
pub struct Field<'a> {
    /// The parameter.
    pub target: PortRef,
    /// What it may hold.
    pub spec: &'a ParamSpec,
    /// What it is set to, if it is.
    pub value: Option<&'a ParamValue>,
    /// What is wired to it.
    pub source: Option<&'a PortRef>,
    /// The name under which it can be set from outside.
    pub exposed: Option<&'a str>,
    /// Whether it stands for the parameter of other nodes as well.
    pub is_shared: bool,
    /// Whether these are set to different values.
    pub is_mixed: bool,
    /// What is wrong with it, as far as others found out.
    pub fault: Option<String>,
}

impl<'a> Field<'a> {
    /// The field for the parameter `target`, of which `spec` says what it may hold.
    pub fn of(graph: &'a Graph, target: PortRef, spec: &'a ParamSpec) -> Self {
        let node = graph.node(&target.node);
        Self {
            value: node.and_then(|node| node.params.get(&target.port)),
            source: graph.wires_to(&target).first().map(|wire| &wire.from),
            exposed: exposure::name_of(graph, &target),
            is_shared: false,
            is_mixed: false,
            fault: None,
            target,
            spec,
        }
    }

    /// The same field, with what is wrong with it.
    #[must_use]
    pub fn with_fault(mut self, fault: Option<String>) -> Self {
        self.fault = fault;
        self
    }

    /// The same field, which stands for the parameter of other nodes as well; `is_mixed` where they are set differently.
    #[must_use]
    pub fn shared(mut self, is_mixed: bool) -> Self {
        self.is_shared = true;
        self.is_mixed = is_mixed;
        self.exposed = None;
        self
    }

    /// What it is, set or not; `None` where it must be set and is not.
    pub fn effective(&self) -> Option<&'a ParamValue> {
        self.value.or(self.spec.default.as_ref())
    }

    /// Whether it is set to something else than it would be otherwise.
    pub fn is_changed(&self) -> bool {
        self.value.is_some() && self.value != self.spec.default.as_ref()
    }

    /// The id of the widget that is typed in.
    pub fn id(&self) -> Id {
        Id::from(format!("param {}", self.target))
    }

    /// What can be told of it: what it is for, what it may hold, and what it is unless set.
    pub fn facts(&self) -> String {
        let default = match &self.spec.default {
            Some(default) => format!("unless set {}", in_words(default)),
            None => "must be set".into(),
        };
        format!("{} · {} · {default}", self.spec.name, self.spec.kind)
    }
}

fn in_words(value: &ParamValue) -> String {
    match value {
        ParamValue::Float(number) => super::show(*number),
        ParamValue::Text(text) if text.is_empty() => "empty".into(),
        ParamValue::Text(text) => text.clone(),
        ParamValue::Bool(_) | ParamValue::Int(_) => value.to_string(),
    }
}

/// A name of files as words: `edit_threshold` is `Edit threshold`.
pub fn words(name: &str) -> String {
    let mut words = name.replace(['_', '-'], " ");
    if let Some(first) = words.chars().next() {
        let upper: String = first.to_uppercase().collect();
        words.replace_range(..first.len_utf8(), &upper);
    }
    words
}

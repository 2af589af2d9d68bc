//! Making an output a result: under which name, and whether that name will do.

use graph::document::{Graph, PortRef};
use graph::edit::Edit;
use graph::plan::output_name_fault;
use iced::Element;
use iced::widget::Id;

use crate::param::parts::{self, NameMessages};

/// The name that is being typed for a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Naming {
    /// The output.
    pub target: PortRef,
    /// The name so far.
    pub name: String,
    /// Why it will not do.
    pub fault: Option<String>,
}

/// What can happen to the name of a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The output shall be a result, or be called something else.
    Exposed,
    /// The name is typed.
    Named(String),
    /// The name is to be taken as it is.
    Submitted,
    /// The name is not wanted.
    Abandoned,
    /// The output shall not be a result any more.
    Withdrawn,
}

/// The name under which `target` is a result, if it is one.
pub fn name_of<'a>(graph: &'a Graph, target: &PortRef) -> Option<&'a str> {
    let mut outputs = graph.interface().outputs.iter();
    outputs
        .find(|(_, other)| *other == target)
        .map(|(name, _)| name.as_str())
}

/// A name that will do for `target`: the output's own, where it is free.
pub fn proposal(graph: &Graph, target: &PortRef) -> String {
    let own = target.port.to_lowercase();
    let full = format!("{}_{}", target.node, target.port).to_lowercase();
    // Of one more name than there are results, one is free.
    let count = graph.interface().outputs.len() + 1;
    let numbered = (2..).map(|number| format!("{own}_{number}")).take(count);
    [own.clone(), full]
        .into_iter()
        .chain(numbered)
        .find(|name| fault(graph, target, name).is_none())
        .unwrap_or(own)
}

/// Makes `target` a result called `name`, under whatever name it was one before.
pub fn expose(graph: &Graph, target: &PortRef, name: &str) -> Edit {
    let set = Edit::SetInterfaceOutput {
        name: name.into(),
        target: Some(target.clone()),
    };
    match name_of(graph, target) {
        Some(before) if before != name => Edit::Batch(vec![withdraw(before), set]),
        Some(_) | None => set,
    }
}

/// Notes what happened to the name of `target`, and returns the edit that comes of it.
pub fn update(
    naming: &mut Option<Naming>,
    target: PortRef,
    event: Event,
    graph: &Graph,
) -> Option<Edit> {
    match event {
        Event::Exposed => {
            let name = match name_of(graph, &target) {
                Some(name) => name.to_owned(),
                None => proposal(graph, &target),
            };
            *naming = Some(Naming::new(graph, target, name));
            None
        }
        Event::Named(name) => {
            *naming = Some(Naming::new(graph, target, name));
            None
        }
        Event::Submitted => {
            let Naming { name, .. } = naming.take_if(|naming| naming.target == target)?;
            if fault(graph, &target, &name).is_some() {
                *naming = Some(Naming::new(graph, target, name));
                return None;
            }
            let is_new = name_of(graph, &target) != Some(name.as_str());
            is_new.then(|| expose(graph, &target, &name))
        }
        Event::Abandoned => {
            *naming = None;
            None
        }
        Event::Withdrawn => {
            *naming = None;
            name_of(graph, &target).map(withdraw)
        }
    }
}

impl Naming {
    fn new(graph: &Graph, target: PortRef, name: String) -> Self {
        Self {
            fault: fault(graph, &target, &name),
            target,
            name,
        }
    }

    /// Where the name is typed; `place` tells the field from those in other panels.
    pub fn view<M: Clone + 'static>(
        &self,
        place: &str,
        message: impl Fn(PortRef, Event) -> M + 'static,
    ) -> Element<'_, M> {
        let target = self.target.clone();
        parts::name_form(
            Id::from(format!("{place} {target}")),
            &self.name,
            (
                self.fault.as_deref(),
                format!("a result called {}", self.name),
            ),
            NameMessages {
                submitted: message(target.clone(), Event::Submitted),
                abandoned: message(target.clone(), Event::Abandoned),
                typed: move |name| message(target.clone(), Event::Named(name)),
            },
        )
    }
}

fn withdraw(name: &str) -> Edit {
    Edit::SetInterfaceOutput {
        name: name.into(),
        target: None,
    }
}

fn fault(graph: &Graph, target: &PortRef, name: &str) -> Option<String> {
    let taken = graph.interface().outputs.get(name);
    match taken.filter(|other| *other != target) {
        Some(other) => Some(format!("`{other}` is called that already")),
        None => output_name_fault(name).map(str::to_owned),
    }
}

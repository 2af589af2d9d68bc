//! A node of a plugin, as the engine sees it.

use std::sync::Arc;

use graph::error::NodeError;
use graph::exchange::{Card, CardArray, Exchange, ExchangeError};
use graph::kind::Kind;
use graph::node::{AnyNode, Descriptor};
use graph::param::ParamValues;
use graph::policy::{Choose, Policy, Question};
use graph::port::{PortSpec, Values};
use graph::preview::Preview;
use graph::run::Run;
use graph::value::{Footprint, Value, WireValue};

use crate::fault::Fault;
use crate::form;
use crate::instance::{Datum, Instance, Job, Object, Watch};

/// A node that was built: its parameters are complete.
pub struct PluginNode {
    /// The plugin.
    pub instance: Arc<dyn Instance>,
    /// What the graph knows of the node.
    pub descriptor: Arc<Descriptor>,
    /// How values of the program become plain numbers.
    pub exchange: Exchange,
    /// All parameters.
    pub params: ParamValues,
}

/// A value of a kind of a plugin's own.
#[derive(Clone, Debug)]
pub struct Foreign {
    kind: String,
    object: Object,
    looks: String,
}

impl WireValue for Foreign {
    const KIND: &'static str = "plugin";

    fn kind(&self) -> Kind {
        Kind::new(self.kind.clone())
    }

    fn preview(&self) -> Preview {
        Preview::Text(self.looks.clone())
    }

    fn footprint(&self) -> Footprint {
        Footprint::host(self.looks.len())
    }
}

/// A policy of a plugin.
pub struct PluginPolicy {
    /// What it is called.
    pub name: String,
    /// The plugin.
    pub instance: Arc<dyn Instance>,
    /// What the plugin knows it by.
    pub object: Object,
}

impl Choose for PluginPolicy {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn choose(&self, question: &Question<'_>) -> Result<Vec<u32>, NodeError> {
        Ok(self.instance.choose(&self.object, question)?)
    }
}

/// Tells a run what a plugin reports.
struct RunWatch<'a> {
    run: &'a Run,
    exchange: &'a Exchange,
    card: Option<Box<dyn Card>>,
}

impl Watch for RunWatch<'_> {
    fn progress(&self, done: u64, total: u64, note: &str) {
        self.run.progress(done, total);
        if !note.is_empty() {
            self.run.note(note);
        }
    }

    fn preview(&self, kind: &str, value: Datum) {
        match value {
            Datum::Text(text) => self.run.preview(Preview::Text(text)),
            Datum::Array(array) => {
                // What cannot be shown is not shown: the result will say what is wrong.
                let value = self.exchange.value(kind, &array, self.run);
                if let Some(Ok(value)) = value.filter(|_| form::fault(kind, &array).is_none()) {
                    self.run.preview(value.preview());
                }
            }
            Datum::Card(array) => {
                let fits = form::shape_fault(kind, &array).is_none();
                let card = self.card.as_deref().filter(|_| fits);
                let value =
                    card.and_then(|card| self.exchange.card_value(kind, &array, card, self.run));
                if let Some(Ok(value)) = value {
                    self.run.preview(value.preview());
                }
            }
            Datum::Number(_) | Datum::Object(_) => {}
        }
    }

    fn log(&self, _: u32, line: &str) {
        self.run.note(line);
    }

    fn is_cancelled(&self) -> bool {
        self.run.check().is_err()
    }

    fn card(&self) -> Option<&dyn Card> {
        self.card.as_deref()
    }
}

impl AnyNode for PluginNode {
    fn call(&self, inputs: &Values, run: &mut Run) -> Result<Values, NodeError> {
        let watch = RunWatch {
            run,
            exchange: &self.exchange,
            card: self.exchange.card(run).map_err(unusable)?,
        };
        let card = watch.card();
        let mut job = Job {
            kind: self.descriptor.id.clone(),
            params: self.params.clone(),
            inputs: std::collections::BTreeMap::new(),
            base: run.resolve(&graph::param::FilePath::default()),
        };
        for port in &self.descriptor.inputs {
            let values = inputs.at(&port.name).iter();
            let data: Result<Vec<Datum>, NodeError> =
                values.map(|value| self.datum(port, value, card)).collect();
            let _ = job.inputs.insert(port.name.clone(), data?);
        }
        let mut outputs = self.instance.run(&job, &watch)?;
        let mut values = Values::default();
        for port in &self.descriptor.outputs {
            let Some(datum) = outputs.remove(&port.name) else {
                let problem = format!("nothing came out at `{}`", port.name);
                return Err(Fault::mistake(problem).into());
            };
            values.push(port.name.clone(), self.value(port, datum, card, run)?);
        }
        Ok(values)
    }
}

impl PluginNode {
    /// A value as the plugin is given it, on `card` where there is one.
    fn datum(
        &self,
        port: &PortSpec,
        value: &Value,
        card: Option<&dyn Card>,
    ) -> Result<Datum, NodeError> {
        let datum = match port.kind.name() {
            "text" => value.get::<String>().cloned().map(Datum::Text),
            "number" => value.get::<f64>().copied().map(Datum::Number),
            _ => match (value.get::<Foreign>(), card) {
                (Some(foreign), _) => Some(Datum::Object(foreign.object.clone())),
                (None, Some(card)) => {
                    let laid = self.exchange.card_array(value, card).transpose();
                    laid.map_err(unusable)?.map(Datum::Card)
                }
                (None, None) => self.exchange.array(value).map(Datum::Array),
            },
        };
        datum.ok_or_else(|| {
            let found = format!("{}, which cannot be given to a plugin", value.kind());
            NodeError::input(&port.name, &port.kind, found)
        })
    }

    /// What the plugin gave, as a value of the program.
    fn value(
        &self,
        port: &PortSpec,
        datum: Datum,
        card: Option<&dyn Card>,
        run: &Run,
    ) -> Result<Value, NodeError> {
        let kind = port.kind.name();
        let wrong = |problem: String| {
            NodeError::from(Fault::mistake(format!("output `{}`: {problem}", port.name)))
        };
        let own = |object: Object| {
            let looks = self.instance.describe(kind, &object).unwrap_or_default();
            Value::new(Foreign {
                kind: kind.into(),
                object,
                looks,
            })
        };
        match (kind, datum) {
            (_, Datum::Card(array)) => self.value_on_card(port, &array, card, run),
            ("text", Datum::Text(text)) => Ok(Value::new(text)),
            ("number", Datum::Number(number)) => Ok(Value::new(number)),
            ("policy", Datum::Object(object)) => Ok(Value::new(Policy::new(PluginPolicy {
                name: self.descriptor.title.clone(),
                instance: self.instance.clone(),
                object,
            }))),
            ("image" | "mask" | "tokens", Datum::Array(array)) => {
                if let Some(fault) = form::fault(kind, &array) {
                    return Err(wrong(fault));
                }
                match self.exchange.value(kind, &array, run) {
                    Some(Ok(value)) => Ok(value),
                    Some(Err(error)) => Err(wrong(error.to_string())),
                    None => Err(unknown(kind)),
                }
            }
            (_, Datum::Object(object)) if kind.contains('.') => Ok(own(object)),
            (_, datum) => Err(wrong(format!("expected {kind}, found {datum:?}"))),
        }
    }
    /// Numbers on the card as a value of the program; pictures stay there, and nobody waits to look at their numbers.
    fn value_on_card(
        &self,
        port: &PortSpec,
        array: &CardArray,
        card: Option<&dyn Card>,
        run: &Run,
    ) -> Result<Value, NodeError> {
        let kind = port.kind.name();
        let wrong = |problem: String| {
            NodeError::from(Fault::mistake(format!("output `{}`: {problem}", port.name)))
        };
        let Some(card) = card else {
            return Err(wrong("its numbers lie on a card".into()));
        };
        if kind != "image" {
            let array = card.download(array).map_err(unusable)?;
            return self.value(port, Datum::Array(array), None, run);
        }
        if let Some(fault) = form::shape_fault(kind, array) {
            return Err(wrong(fault));
        }
        match self.exchange.card_value(kind, array, card, run) {
            Some(value) => value.map_err(|error| wrong(error.to_string())),
            None => Err(unknown(kind)),
        }
    }
}

/// The card cannot be used as a plugin needs it.
fn unusable(error: ExchangeError) -> NodeError {
    match error {
        ExchangeError::Room { .. } => NodeError::OutOfMemory(error.to_string()),
        other => NodeError::failed(
            other.to_string(),
            "let the plugin run in a process of its own, where it is given numbers in the memory of the processor",
        ),
    }
}

fn unknown(kind: &str) -> NodeError {
    NodeError::failed(
        format!("this program has no values of the kind `{kind}`"),
        "run the workflow with a program that has",
    )
}

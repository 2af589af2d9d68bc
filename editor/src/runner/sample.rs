//! Small nodes for tests of what runs do, and the words to build graphs of them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use graph::document::{Graph, NodeId};
use graph::engine::{Engine, Settings};
use graph::prelude::*;
use graph::preview::TokenGrid;
use graph::registry::Registry;
use graph::run::Resources;
use graph::workflow::Workflow;

/// A graph that takes its time over a picture.
pub const PICTURE: &str = "
    start: number
    slow: slow
    picture: paint
    start.number -> slow.number
    slow.number -> picture.number
    => picture.image
";

/// How many steps nodes may still do; a test hands them out.
#[derive(Clone, Default)]
pub struct Gate(Arc<(Mutex<u32>, Condvar)>);

impl Gate {
    /// Lets nodes do `steps` more steps.
    pub fn open(&self, steps: u32) {
        *self.0.0.lock().expect("no test panics here") += steps;
        self.0.1.notify_all();
    }

    /// Whether no step is left.
    pub fn is_shut(&self) -> bool {
        *self.0.0.lock().expect("no test panics here") == 0
    }

    /// Waits to be let through, or for the run to be cancelled.
    fn pass(&self, run: &Run) -> Result<(), NodeError> {
        let mut left = self.0.0.lock().expect("no test panics here");
        while *left == 0 {
            run.check()?;
            let (guard, _) = self
                .0
                .1
                .wait_timeout(left, Duration::from_millis(1))
                .expect("no test panics here");
            left = guard;
        }
        *left -= 1;
        Ok(())
    }
}

/// A number.
#[derive(Clone, Debug, Params)]
pub struct Number {
    /// The number.
    #[param(default = 1.0)]
    value: f64,
}

#[derive(Ports)]
pub struct NumberOut {
    /// The number.
    number: f64,
}

impl Node for Number {
    const ID: &'static str = "test.number";
    type Inputs = ();
    type Outputs = NumberOut;

    fn run(&self, (): (), _: &mut Run) -> Result<NumberOut, NodeError> {
        Ok(NumberOut { number: self.value })
    }
}

/// Hands a number on, step by step, as fast as its gate lets it.
#[derive(Clone, Debug, Params)]
pub struct Slow {
    /// How many steps it takes.
    #[param(default = 4, range = 1..=10000)]
    steps: u32,
}

#[derive(Ports)]
pub struct NumberIn {
    /// The number.
    number: f64,
}

impl Node for Slow {
    const ID: &'static str = "test.slow";
    type Inputs = NumberIn;
    type Outputs = NumberOut;

    fn run(&self, inputs: NumberIn, run: &mut Run) -> Result<NumberOut, NodeError> {
        for step in run.steps(self.steps) {
            let step = step?;
            run.preview(Preview::Text(format!("step {step}")));
            run.note(format!("did {step}"));
            run.resource::<Gate>()?.clone().pass(run)?;
        }
        Ok(NumberOut {
            number: inputs.number,
        })
    }
}

/// How a node goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Choice)]
pub enum Mishap {
    /// Its input does not fit.
    Input,
    /// It fails with a hint.
    Hint,
    /// It panics.
    Panic,
}

/// Goes wrong.
#[derive(Clone, Debug, Params)]
pub struct GoWrong {
    /// How.
    how: Mishap,
}

impl Node for GoWrong {
    const ID: &'static str = "test.go_wrong";
    type Inputs = NumberIn;
    type Outputs = NumberOut;

    fn run(&self, _: NumberIn, _: &mut Run) -> Result<NumberOut, NodeError> {
        match self.how {
            Mishap::Input => Err(NodeError::input("number", "an even number", "an odd one")),
            Mishap::Hint => Err(NodeError::failed("it broke", "glue it")),
            Mishap::Panic => panic!("as it was told"),
        }
    }
}

/// What a picture is made of.
#[derive(Clone)]
pub struct Sight(f64);

impl WireValue for Sight {
    const KIND: &'static str = "image";

    fn preview(&self) -> Preview {
        Preview::image(512, 256, vec![self.0 as u8; 512 * 256 * 3])
    }

    fn footprint(&self) -> Footprint {
        Footprint::host(8)
    }
}

/// How a grid came about.
#[derive(Clone)]
pub struct Story;

impl WireValue for Story {
    const KIND: &'static str = "history";

    fn preview(&self) -> Preview {
        let grid = |code| TokenGrid {
            rows: 1,
            columns: 1,
            codebook: 2,
            codes: vec![code],
            ..TokenGrid::default()
        };
        Preview::Steps(vec![grid(None), grid(Some(1))])
    }

    fn footprint(&self) -> Footprint {
        Footprint::host(8)
    }
}

/// Paints.
#[derive(Clone, Debug, Params)]
pub struct Paint {}

#[derive(Ports)]
pub struct PaintOut {
    /// The picture.
    image: Sight,
    /// How it came about.
    history: Story,
}

impl Node for Paint {
    const ID: &'static str = "test.paint";
    type Inputs = NumberIn;
    type Outputs = PaintOut;

    fn run(&self, inputs: NumberIn, _: &mut Run) -> Result<PaintOut, NodeError> {
        Ok(PaintOut {
            image: Sight(inputs.number),
            history: Story,
        })
    }
}

/// Writes nothing, but says that it writes files.
#[derive(Clone, Debug, Params)]
pub struct Keep {}

impl Node for Keep {
    const ID: &'static str = "test.keep";
    const EFFECT: Effect = Effect::WritesFiles;
    type Inputs = NumberIn;
    type Outputs = ();

    fn run(&self, _: NumberIn, _: &mut Run) -> Result<(), NodeError> {
        Ok(())
    }
}

/// Every node of this file.
pub fn registry() -> Arc<Registry> {
    let mut registry = Registry::default();
    let _ = registry
        .add::<Number>()
        .add::<Slow>()
        .add::<GoWrong>()
        .add::<Paint>()
        .add::<Keep>();
    Arc::new(registry)
}

/// An engine whose slow nodes wait at `gate`.
pub fn engine(gate: &Gate) -> Engine {
    Engine::new(Settings {
        workers: 2,
        budget: Footprint {
            host: 1 << 20,
            device: 0,
        },
        device_class: "test".into(),
        resources: Resources::default().with(gate.clone()),
    })
}

pub fn id(name: &str) -> NodeId {
    NodeId::new(name).expect("the tests name nodes properly")
}

/// A graph from words such as `a: number`, `a.number -> b.number` and `=> a.number`, the last a result.
pub fn graph(lines: &str) -> Graph {
    let mut fields: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let lines = lines.lines().map(str::trim).filter(|line| !line.is_empty());
    for line in lines {
        if let Some(output) = line.strip_prefix("=> ") {
            let outputs = fields.entry("outputs").or_default();
            outputs.push(format!("\"out{}\": \"{output}\"", outputs.len()));
        } else if let Some((from, to)) = line.split_once(" -> ") {
            let wires = fields.entry("wires").or_default();
            wires.push(format!("(\"{from}\", \"{to}\")"));
        } else {
            let (name, rest) = line.split_once(": ").expect("a node has a name and a kind");
            let (kind, params) = rest.split_once(' ').unwrap_or((rest, ""));
            let nodes = fields.entry("nodes").or_default();
            nodes.push(format!(
                "\"{name}\": (kind: \"test.{kind}\", params: {{{params}}})"
            ));
        }
    }
    let list = |name: &str| {
        fields
            .get(name)
            .map(|all| all.join(", "))
            .unwrap_or_default()
    };
    let text = format!(
        "(format: 1, nodes: {{{}}}, wires: [{}], interface: (outputs: {{{}}}))",
        list("nodes"),
        list("wires"),
        list("outputs")
    );
    let workflow = Workflow::read("test.ron", &text, &registry());
    workflow
        .unwrap_or_else(|problems| panic!("{problems}\n{text}"))
        .graph
}

/// The current folder, where nothing is read or written.
pub fn here() -> &'static Path {
    Path::new(".")
}

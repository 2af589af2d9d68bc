//! Kinds of node for this module's tests, and the words to build graphs of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use graph::document::{Graph, NodeId, PlacedNode, PortRef, Position, Wire};
use graph::edit::Edit;
use graph::history::History;
use graph::kind::Kind;
use graph::node::{Descriptor, Effect};
use graph::param::{ChoiceOption, ParamKind, ParamSpec, ParamValue, PathPurpose};
use graph::port::{Arity, PortSpec};
use graph::registry::{Entry, Registry};

use super::gesture::Dice;
use super::scene::{Scene, Side};
use super::{Action, Button, Canvas, Context, Held, Message};
use crate::command::Command;
use crate::preview::Thumbnails;
use crate::space::{ScreenPoint, ScreenSize, WorldPoint};
use crate::status::{Faults, Statuses};
use crate::theme::Look;

/// The kinds: what comes in, what goes out, what can be set.
const KINDS: [(&str, &str, &str, &str); 9] = [
    ("test.text", "", "text", "text:long"),
    ("test.number", "", "number", "value:float"),
    (
        "test.picture",
        "",
        "image",
        "path:path size:int keep:bool fit:choice",
    ),
    ("test.blur", "image", "image", "amount:float"),
    ("test.mask", "image?", "mask", ""),
    (
        "test.blend",
        "image other=image mask?",
        "image",
        "share:float",
    ),
    ("test.sheet", "image*", "image", ""),
    (
        "test.sample",
        "text start=tokens?",
        "tokens history",
        "steps:int heat:float name:text seed:seed top:int",
    ),
    ("test.decode", "tokens", "image", ""),
];

/// All kinds of the table.
pub fn registry() -> Registry {
    let mut registry = Registry::default();
    for (id, inputs, outputs, params) in KINDS {
        let descriptor = Descriptor {
            id: id.into(),
            version: 1,
            title: id.replace("test.", "The "),
            doc: "For tests.".into(),
            effect: Effect::Pure,
            params: params.split_whitespace().map(param).collect(),
            inputs: inputs.split_whitespace().map(port).collect(),
            outputs: outputs.split_whitespace().map(port).collect(),
        };
        // Nothing is run here, so nothing can be built either.
        let entry = Entry::new(descriptor, "", |_| Err(Vec::new()), |_, _| {});
        let _ = registry.insert(entry);
    }
    registry
}

fn port(text: &str) -> PortSpec {
    let (text, arity) = match text.strip_suffix('?') {
        Some(text) => (text, Arity::Optional),
        None => match text.strip_suffix('*') {
            Some(text) => (text, Arity::Many),
            None => (text, Arity::One),
        },
    };
    let (name, kind) = text.split_once('=').unwrap_or((text, text));
    PortSpec {
        name: name.into(),
        doc: "A port.".into(),
        kind: Kind::new(kind),
        arity,
    }
}

fn param(text: &str) -> ParamSpec {
    let (name, kind) = text.split_once(':').expect("a parameter has a kind");
    let option = |name: &str| ChoiceOption {
        name: name.into(),
        doc: "An option.".into(),
    };
    let (kind, default) = match kind {
        "bool" => (ParamKind::Bool, Some(ParamValue::Bool(false))),
        "int" => (
            ParamKind::Int { min: 1, max: 4096 },
            Some(ParamValue::Int(64)),
        ),
        "float" => (
            ParamKind::Float { min: 0.0, max: 1.0 },
            Some(ParamValue::Float(0.5)),
        ),
        "long" => (
            ParamKind::Text { multiline: true },
            Some(ParamValue::Text(String::new())),
        ),
        "text" => (
            ParamKind::Text { multiline: false },
            Some(ParamValue::Text("a".into())),
        ),
        "choice" => (
            ParamKind::Choice {
                options: vec![option("cover"), option("contain")],
            },
            Some(ParamValue::Text("cover".into())),
        ),
        "path" => (
            ParamKind::Path {
                purpose: PathPurpose::Read,
            },
            None,
        ),
        "seed" => (ParamKind::Seed, Some(ParamValue::Int(0))),
        other => panic!("there is no parameter of the kind {other}"),
    };
    ParamSpec {
        name: name.into(),
        doc: "A parameter.".into(),
        kind,
        default,
        unit: None,
    }
}

/// The graph of lines such as `a: test.blur 40 20` and `a.image -> b.image`.
pub fn graph(text: &str) -> Graph {
    let mut graph = Graph::default();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let edit = match line.split_once(" -> ") {
            Some((from, to)) => Edit::connect(ref_of(from), ref_of(to)),
            None => node(line),
        };
        let _ = graph.apply(edit).expect("a test's graph is right");
    }
    graph
}

fn node(line: &str) -> Edit {
    let (name, rest) = line.split_once(": ").expect("a line names a node");
    let mut words = rest.split_whitespace();
    let kind = words.next().expect("a node has a kind");
    let mut add = Edit::add(id(name), PlacedNode::new(kind, 1));
    let mut number = || {
        words
            .next()
            .map(|word| word.parse().expect("a place is a number"))
    };
    if let (Edit::AddNode(placement), Some(x), Some(y)) = (&mut add, number(), number()) {
        placement.position = Some(Position::new(x, y));
    }
    add
}

pub fn id(name: &str) -> NodeId {
    NodeId::new(name).expect("a test's names are right")
}

pub fn ref_of(name: &str) -> PortRef {
    name.parse().expect("a test's names are right")
}

pub fn wire(text: &str) -> Wire {
    let (from, to) = text.split_once(" -> ").expect("a wire has two ends");
    Wire::new(ref_of(from), ref_of(to))
}

/// All wires of a graph, as in [`graph`].
pub fn wires(graph: &Graph) -> Vec<String> {
    graph.wires().iter().map(ToString::to_string).collect()
}

/// A canvas with a document behind it, which carries out what comes from it.
pub struct Bench {
    pub canvas: Canvas,
    pub graph: Graph,
    pub registry: Registry,
    pub history: History,
    pub revision: u64,
    pub statuses: Statuses,
    pub thumbnails: Thumbnails,
    pub faults: Faults,
    pub look: &'static Look,
    /// What was not for the document.
    pub asked: Vec<Action>,
}

impl Bench {
    pub fn new(text: &str) -> Self {
        Self::of(graph(text))
    }

    pub fn of(graph: Graph) -> Self {
        let mut canvas = Canvas::new();
        canvas.dice = Dice::loaded(7);
        // A point of the plane is seen at the same point of the canvas.
        canvas.camera.resize(ScreenSize::new(2000.0, 1500.0));
        canvas.is_fitted = true;
        Self {
            canvas,
            graph,
            registry: registry(),
            history: History::default(),
            revision: 0,
            statuses: Statuses::default(),
            thumbnails: Thumbnails::default(),
            faults: Faults::default(),
            look: Look::dark(),
            asked: Vec::new(),
        }
    }

    /// Lets the canvas do something, and carries out what it asks for.
    pub fn does(&mut self, act: impl FnOnce(&mut Canvas, &Context<'_>) -> Action) {
        let mut canvas = std::mem::take(&mut self.canvas);
        let action = act(&mut canvas, &self.context());
        self.canvas = canvas;
        self.carry_out(action);
    }

    /// What the canvas looks like to whoever draws it.
    pub fn seen_by<T>(&self, look: impl FnOnce(&Canvas, Context<'_>) -> T) -> T {
        look(&self.canvas, self.context())
    }

    fn context(&self) -> Context<'_> {
        Context {
            graph: &self.graph,
            registry: &self.registry,
            revision: self.revision,
            statuses: &self.statuses,
            thumbnails: &self.thumbnails,
            faults: &self.faults,
            look: self.look,
        }
    }

    /// Lets `message` happen.
    pub fn happens(&mut self, message: Message) {
        self.does(|canvas, context| canvas.update(message, context));
    }

    pub fn command(&mut self, command: Command) {
        self.does(|canvas, context| canvas.command(command, context));
    }

    pub fn press(&mut self, at: ScreenPoint, button: Button, held: Held) {
        self.happens(Message::Pressed { at, button, held });
    }

    pub fn go(&mut self, at: ScreenPoint, held: Held) {
        self.happens(Message::Moved { at, held });
    }

    pub fn release(&mut self, at: ScreenPoint, button: Button) {
        self.happens(Message::Released { at, button });
    }

    pub fn click(&mut self, at: ScreenPoint, held: Held) {
        self.press(at, Button::Left, held);
        self.release(at, Button::Left);
    }

    /// Drags with the left button, by way of the middle.
    pub fn drag(&mut self, from: ScreenPoint, to: ScreenPoint, held: Held) {
        self.press(from, Button::Left, held);
        self.go(from.lerp(to, 0.5), held);
        self.go(to, held);
        self.release(to, Button::Left);
    }

    pub fn scene(&self) -> Arc<Scene> {
        self.canvas.scene(&self.context())
    }

    /// Where a point of the plane is seen.
    pub fn seen(&self, point: WorldPoint) -> ScreenPoint {
        self.canvas.camera.to_screen(point)
    }

    /// The middle of an input.
    pub fn input(&self, port: &str) -> ScreenPoint {
        self.socket(port, Side::Input)
    }

    /// The middle of an output.
    pub fn output(&self, port: &str) -> ScreenPoint {
        self.socket(port, Side::Output)
    }

    fn socket(&self, port: &str, side: Side) -> ScreenPoint {
        let socket = self
            .scene()
            .socket(&ref_of(port), side)
            .map(|socket| socket.at);
        self.seen(socket.expect("the socket is shown"))
    }

    /// The middle of a node's title.
    pub fn title(&self, node: &str) -> ScreenPoint {
        let scene = self.scene();
        let node = scene.node(&id(node)).expect("it is there");
        self.seen(node.title_bar().center())
    }

    /// The middle of where the value of a parameter stands.
    pub fn field(&self, param: &str) -> ScreenPoint {
        let (scene, param) = (self.scene(), ref_of(param));
        let node = scene.node(&param.node).expect("it is there");
        let row = node.param(&param.port).expect("it is shown");
        self.seen(row.field.center())
    }

    fn carry_out(&mut self, action: Action) {
        let refused = "no change that the canvas asks for is refused";
        match action {
            Action::None => return,
            Action::Apply(edit) => self.history.apply(&mut self.graph, edit).expect(refused),
            Action::Merge(edit) => self.history.merge(&mut self.graph, edit).expect(refused),
            Action::Seal => self.history.seal(),
            Action::Abandon => assert!(self.history.undo(&mut self.graph), "there was a drag"),
            Action::Several(actions) => {
                for action in actions {
                    self.carry_out(action);
                }
            }
            other => self.asked.push(other),
        }
        self.revision += 1;
    }

    /// Takes one step back.
    pub fn undo(&mut self) -> bool {
        self.revision += 1;
        self.history.undo(&mut self.graph)
    }

    /// The wires, as text.
    pub fn wires(&self) -> Vec<String> {
        wires(&self.graph)
    }

    /// Where a node stands.
    pub fn place(&self, node: &str) -> (i32, i32) {
        let place = self.graph.layout().nodes.get(&id(node));
        place.map_or((i32::MIN, i32::MIN), |place| (place.x, place.y))
    }

    /// How many steps can be taken back.
    pub fn steps(&mut self) -> usize {
        let mut graph = self.graph.clone();
        let mut history = self.history.clone();
        std::iter::from_fn(|| history.undo(&mut graph).then_some(())).count()
    }

    /// The values set on a node.
    pub fn params(&self, node: &str) -> BTreeMap<String, ParamValue> {
        self.graph
            .node(&id(node))
            .expect("it is there")
            .params
            .clone()
    }
}

/// The point of the canvas at `x` and `y`.
pub fn at(x: f32, y: f32) -> ScreenPoint {
    ScreenPoint::new(x, y)
}

/// Nothing is held down.
pub const FREE: Held = Held {
    shift: false,
    control: false,
    alt: false,
    space: false,
};

/// Shift is held down.
pub const SHIFT: Held = Held {
    shift: true,
    ..FREE
};

/// Control is held down.
pub const CONTROL: Held = Held {
    control: true,
    ..FREE
};

/// Alt is held down.
pub const ALT: Held = Held { alt: true, ..FREE };

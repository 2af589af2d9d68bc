//! Small nodes for this crate's tests, and the words to build graphs of them.

pub mod edits;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use crate::document::{Graph, NodeId, PlacedNode, PortRef};
use crate::edit::Edit;
use crate::param::ParamValue;
use crate::prelude::*;
use crate::registry::Registry;

/// Which nodes ran, by their `label`.
#[derive(Clone, Default)]
pub struct Log(pub Arc<Mutex<Vec<String>>>);

impl Log {
    pub fn add(&self, label: &str) {
        self.0
            .lock()
            .expect("no test panics here")
            .push(label.into());
    }

    pub fn take(&self) -> Vec<String> {
        let mut lines = std::mem::take(&mut *self.0.lock().expect("no test panics here"));
        lines.sort();
        lines
    }
}

/// A text.
#[derive(Clone, Debug, Params)]
pub struct Text {
    /// The text.
    #[param(multiline)]
    text: String,
}

#[derive(Ports)]
pub struct TextOut {
    /// The text.
    pub text: String,
}

impl Node for Text {
    const ID: &'static str = "test.text";
    type Inputs = ();
    type Outputs = TextOut;

    fn run(&self, (): (), run: &mut Run) -> Result<TextOut, NodeError> {
        log(run, &self.text);
        Ok(TextOut {
            text: self.text.clone(),
        })
    }
}

/// A number.
#[derive(Clone, Debug, Params)]
pub struct Number {
    /// The number.
    #[param(default = 0.0)]
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

    fn run(&self, (): (), run: &mut Run) -> Result<NumberOut, NodeError> {
        log(run, "number");
        Ok(NumberOut { number: self.value })
    }
}

/// How letters are set.
#[derive(Clone, Copy, Debug, PartialEq, Choice)]
pub enum LetterCase {
    /// As they come.
    Kept,
    /// All capitals.
    Upper,
}

/// Joins texts.
#[derive(Clone, Debug, Params)]
pub struct Join {
    /// What stands between.
    #[param(default = "+")]
    between: String,
    /// How many times each is written.
    #[param(default = 1, range = 1..=9)]
    copies: u32,
    /// Who takes part.
    #[param(default = 1.0, range = 0.0..=2.0)]
    weight: f64,
    /// How letters are set.
    case: LetterCase,
    /// Whether to bracket.
    bracket: bool,
    /// Changes the key and nothing else.
    seed: Seed,
}

#[derive(Ports)]
pub struct JoinIn {
    /// Comes first.
    first: String,
    /// Comes behind.
    second: Option<String>,
    /// Come last.
    more: Vec<String>,
}

impl Node for Join {
    const ID: &'static str = "test.join";
    type Inputs = JoinIn;
    type Outputs = TextOut;

    fn check(&self) -> Result<(), ParamError> {
        if self.bracket && self.between.is_empty() {
            return Err(ParamError::Invalid {
                param: "between".into(),
                expected: "something where `bracket` is set".into(),
                found: "\"\"".into(),
            });
        }
        Ok(())
    }

    fn run(&self, inputs: JoinIn, run: &mut Run) -> Result<TextOut, NodeError> {
        log(run, "join");
        let mut parts = vec![inputs.first];
        parts.extend(inputs.second);
        parts.extend(inputs.more);
        let parts: Vec<String> = parts
            .iter()
            .map(|part| part.repeat(self.copies as usize))
            .collect();
        let mut text = parts.join(&self.between);
        if self.bracket {
            text = format!("[{text}]");
        }
        Ok(TextOut {
            text: match self.case {
                LetterCase::Kept => text,
                LetterCase::Upper => text.to_uppercase(),
            },
        })
    }
}

/// Marks a text.
#[derive(Clone, Debug, Params)]
pub struct Mark {
    /// The mark.
    #[param(default = "!")]
    mark: String,
}

#[derive(Ports)]
pub struct MarkIn {
    /// The text.
    text: String,
}

impl Node for Mark {
    const ID: &'static str = "test.mark";
    type Inputs = MarkIn;
    type Outputs = TextOut;

    fn run(&self, inputs: MarkIn, run: &mut Run) -> Result<TextOut, NodeError> {
        log(run, &self.mark);
        Ok(TextOut {
            text: inputs.text + &self.mark,
        })
    }
}

/// Reads a file.
#[derive(Clone, Debug, Params)]
pub struct Read {
    /// The file, or a folder of which the names are read.
    path: FilePath,
}

impl Node for Read {
    const ID: &'static str = "test.read";
    const EFFECT: Effect = Effect::ReadsFiles;
    type Inputs = ();
    type Outputs = TextOut;

    fn run(&self, (): (), run: &mut Run) -> Result<TextOut, NodeError> {
        log(run, "read");
        let path = run.resolve(&self.path);
        if path.is_dir() {
            return Ok(TextOut {
                text: "folder".into(),
            });
        }
        let text = std::fs::read_to_string(&path)
            .map_err(|error| NodeError::file(&path, error, "check the path"))?;
        Ok(TextOut { text })
    }
}

/// Writes a file.
#[derive(Clone, Debug, Params)]
pub struct Write {
    /// The file.
    #[param(written)]
    path: FilePath,
}

impl Node for Write {
    const ID: &'static str = "test.write";
    const EFFECT: Effect = Effect::WritesFiles;
    type Inputs = MarkIn;
    type Outputs = TextOut;

    fn run(&self, inputs: MarkIn, run: &mut Run) -> Result<TextOut, NodeError> {
        log(run, "write");
        let path = run.resolve(&self.path);
        std::fs::write(&path, &inputs.text)
            .map_err(|error| NodeError::file(&path, error, "check the path"))?;
        Ok(TextOut {
            text: self.path.0.clone(),
        })
    }
}

/// Counts its runs.
#[derive(Clone, Debug, Params)]
pub struct Count {}

#[derive(Ports)]
pub struct CountOut {
    /// The number.
    number: f64,
    /// Always the same.
    text: String,
}

impl Node for Count {
    const ID: &'static str = "test.count";
    const EFFECT: Effect = Effect::Impure;
    type Inputs = ();
    type Outputs = CountOut;

    fn run(&self, (): (), run: &mut Run) -> Result<CountOut, NodeError> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        log(run, "count");
        Ok(CountOut {
            number: COUNT.fetch_add(1, Ordering::Relaxed) as f64,
            text: "counted".into(),
        })
    }
}

/// Draws numbers.
#[derive(Clone, Debug, Params)]
pub struct Draw {
    /// The seed.
    seed: Seed,
}

impl Node for Draw {
    const ID: &'static str = "test.draw";
    type Inputs = ();
    type Outputs = TextOut;

    fn run(&self, (): (), run: &mut Run) -> Result<TextOut, NodeError> {
        let numbers = run.random(self.seed).stream(1).uniforms(0, 0, 4);
        Ok(TextOut {
            text: format!("{numbers:?}"),
        })
    }
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Choice)]
pub enum Mishap {
    /// It panics.
    Panic,
    /// It returns an error.
    Error,
    /// It returns nothing where a value was promised.
    Nothing,
}

/// Goes wrong.
#[derive(Clone, Debug, Params)]
pub struct GoWrong {
    /// How.
    how: Mishap,
}

#[derive(Ports)]
pub struct MaybeText {
    /// The text.
    text: Option<String>,
}

impl Node for GoWrong {
    const ID: &'static str = "test.go_wrong";
    type Inputs = MaybeText;
    type Outputs = MaybeText;

    fn run(&self, _: MaybeText, _: &mut Run) -> Result<MaybeText, NodeError> {
        match self.how {
            Mishap::Panic => panic!("as it was told"),
            Mishap::Error => Err(NodeError::failed("it broke", "glue it")),
            Mishap::Nothing => Ok(MaybeText { text: None }),
        }
    }
}

/// Waits for as long as the run goes on.
#[derive(Clone, Debug, Params)]
pub struct Wait {}

impl Node for Wait {
    const ID: &'static str = "test.wait";
    type Inputs = MaybeText;
    type Outputs = TextOut;

    fn run(&self, _: MaybeText, run: &mut Run) -> Result<TextOut, NodeError> {
        run.note("waiting");
        loop {
            run.check()?;
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
    }
}

/// Every node of this file.
pub fn registry() -> Registry {
    let mut registry = Registry::default();
    let _ = registry
        .add::<Text>()
        .add::<Number>()
        .add::<Join>()
        .add::<Mark>()
        .add::<Read>()
        .add::<Write>()
        .add::<Count>()
        .add::<Draw>()
        .add::<GoWrong>()
        .add::<Wait>();
    registry
}

fn log(run: &Run, label: &str) {
    if let Ok(log) = run.resource::<Log>() {
        log.add(label);
    }
}

pub fn id(name: &str) -> NodeId {
    NodeId::new(name).expect("the tests name nodes properly")
}

pub fn port(text: &str) -> PortRef {
    text.parse().expect("the tests name ports properly")
}

pub fn text(text: &str) -> ParamValue {
    ParamValue::Text(text.into())
}

/// A graph from lines such as `a: test.mark mark="x"` and `a.text -> b.text`.
///
/// Values of parameters are whole numbers, numbers with a point, `true`, `false`, or texts in quotes without blanks.
pub fn graph(lines: &str) -> Graph {
    let mut graph = Graph::default();
    let lines = lines.lines().map(str::trim).filter(|line| !line.is_empty());
    let (wires, nodes): (Vec<&str>, Vec<&str>) = lines.partition(|line| line.contains("->"));
    for line in nodes {
        let (name, rest) = line.split_once(": ").expect("a node has a name and a kind");
        let mut words = rest.split(' ');
        let mut node = PlacedNode::new(words.next().expect("a node has a kind"), 1);
        for word in words {
            let (name, value) = word.split_once('=').expect("a parameter has a value");
            node = node.with(name, param(value));
        }
        let _ = graph
            .apply(Edit::add(id(name), node))
            .expect("the nodes of a test have names of their own");
    }
    for line in wires {
        let (from, to) = line.split_once(" -> ").expect("a wire has two ends");
        let _ = graph
            .apply(Edit::connect(port(from), port(to)))
            .expect("the wires of a test can be laid");
    }
    graph
}

fn param(value: &str) -> ParamValue {
    if let Some(inner) = value.strip_prefix('"') {
        return text(inner.trim_end_matches('"'));
    }
    value
        .parse()
        .map(ParamValue::Bool)
        .or_else(|_| value.parse().map(ParamValue::Int))
        .or_else(|_| value.parse().map(ParamValue::Float))
        .expect("a value is a text, a number, true or false")
}

/// Draws, one after the other, for tests that try many things.
pub struct Dice {
    stream: crate::random::Stream,
    throws: u32,
}

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self {
            stream: crate::random::Random::new(Seed(seed)).stream(0),
            throws: 0,
        }
    }

    /// A number below `limit`.
    pub fn below(&mut self, limit: usize) -> usize {
        self.throws += 1;
        self.stream.below(limit as u32, 0, 0, self.throws) as usize
    }

    pub fn pick<'a, T>(&mut self, among: &'a [T]) -> &'a T {
        &among[self.below(among.len())]
    }

    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}

//! How long values live.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::Bench;
use crate::document::Graph;
use crate::plan::Plan;
use crate::prelude::*;
use crate::run::{Cancel, Resources};
use crate::sample::{graph, registry};
use crate::value::Footprint;

/// How many values there are now, and how many there were at most.
#[derive(Clone, Default)]
struct Living {
    now: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
}

/// A value that is counted for as long as it lives.
#[derive(Clone)]
struct Counted {
    _life: Arc<Life>,
}

struct Life(Living);

impl Counted {
    fn new(living: &Living) -> Self {
        let now = living.now.fetch_add(1, Ordering::SeqCst) + 1;
        let _ = living.most.fetch_max(now, Ordering::SeqCst);
        Self {
            _life: Arc::new(Life(living.clone())),
        }
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        let _ = self.0.now.fetch_sub(1, Ordering::SeqCst);
    }
}

impl WireValue for Counted {
    const KIND: &'static str = "counted";

    fn preview(&self) -> Preview {
        Preview::Text(String::new())
    }

    fn footprint(&self) -> Footprint {
        Footprint::host(1000)
    }
}

/// Makes a value of another.
#[derive(Clone, Debug, Params)]
struct Pass {}

#[derive(Ports)]
struct PassIn {
    /// The value before.
    before: Option<Counted>,
}

#[derive(Ports)]
struct PassOut {
    /// The value.
    value: Counted,
}

impl Node for Pass {
    const ID: &'static str = "test.pass";
    type Inputs = PassIn;
    type Outputs = PassOut;

    fn run(&self, inputs: PassIn, run: &mut Run) -> Result<PassOut, NodeError> {
        let value = Counted::new(run.resource::<Living>()?);
        drop(inputs);
        Ok(PassOut { value })
    }
}

fn chain(length: usize) -> Graph {
    let nodes: String = (0..length)
        .map(|at| format!("n{at}: test.pass\n"))
        .collect();
    let wires: String = (1..length)
        .map(|at| format!("n{}.value -> n{at}.before\n", at - 1))
        .collect();
    graph(&(nodes + &wires))
}

/// The most values alive at once in a run of a chain of ten, and those that live on.
fn living(budget: u64) -> (usize, usize) {
    let living = Living::default();
    let mut kinds = registry();
    let _ = kinds.add::<Pass>();
    let bench = Bench::with(2, budget, Resources::default().with(living.clone()));
    let plan = Plan::new(&chain(10), &kinds).expect("the graph can be run");
    let run = |plan| {
        let cancel = Cancel::default();
        bench.engine.run(plan, &bench.options, &cancel, |_| {})
    };
    assert!(run(&plan).is_complete());
    let left = living.now.load(Ordering::SeqCst);
    (living.most.load(Ordering::SeqCst), left)
}

#[test]
fn a_value_goes_when_nobody_needs_it_any_more() {
    assert_eq!(
        living(0),
        (2, 0),
        "the one being made and the one it is made of"
    );
    assert_eq!(living(3000), (4, 3), "those in the cache live on");
    assert_eq!(living(1 << 20), (10, 10));
}

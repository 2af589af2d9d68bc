//! Which step runs when, and what is told of it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use super::cache::footprint;
use super::event::{Event, Happened, Reason};
use super::forecast::{Need, needs};
use super::key::Key;
use super::show::Shown;
use super::work::{Context, Done, Job, Message};
use super::{Outcome, locked};
use crate::document::NodeId;
use crate::error::NodeError;
use crate::plan::{Input, Origin, Step};
use crate::port::{Arity, Values};
use crate::value::Value;

/// How soon a run notices that it was cancelled while its nodes say nothing.
const PATIENCE: Duration = Duration::from_millis(20);

/// How much stack a node may use; networks are built by deep recursion.
const STACK_BYTES: usize = 16 << 20;

/// Runs the plan of `context` to its end.
pub fn run(context: &Context<'_>, on_event: impl FnMut(&Event)) -> Outcome {
    std::thread::scope(|scope| {
        let (jobs, queue) = channel::<Job>();
        let (sender, messages) = channel();
        let queue = std::sync::Arc::new(Mutex::new(queue));
        let mut workers = 0;
        for number in 0..context.engine.workers.min(context.plan.steps().len()) {
            let (queue, sender) = (queue.clone(), sender.clone());
            let spawned = std::thread::Builder::new()
                .name(format!("node worker {number}"))
                .stack_size(STACK_BYTES)
                .spawn_scoped(scope, move || {
                    while let Some(job) = take(&queue) {
                        context.work(job, &sender);
                    }
                });
            // With fewer threads it takes longer, and that is all.
            workers += usize::from(spawned.is_ok());
        }
        // The jobs' sender is dropped when this ends, even by a panic of `on_event`: then the workers go home.
        Schedule::new(context, jobs, workers, on_event).finish(&messages)
    })
}

fn take(queue: &Mutex<Receiver<Job>>) -> Option<Job> {
    locked(queue).recv().ok()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Waiting,
    Running,
    Over,
}

/// The result of a step, for as long as somebody needs it.
struct Slot {
    key: Key,
    values: Values,
}

struct Schedule<'a, F> {
    context: &'a Context<'a>,
    steps: &'a [Step],
    jobs: Sender<Job>,
    workers: usize,
    on_event: F,
    began: Instant,
    states: Vec<State>,
    slots: Vec<Option<Slot>>,
    /// How many results each waiting step still lacks.
    lacks: Vec<usize>,
    /// Which steps wait for each step's result.
    waiting: Vec<Vec<usize>>,
    /// How many steps still need each result; results for outside count as one more.
    users: Vec<usize>,
    ready: BinaryHeap<Reverse<usize>>,
    running: usize,
    ran: usize,
    from_cache: usize,
    failed: Vec<(NodeId, NodeError)>,
    skipped: BTreeSet<usize>,
    /// Whether no more steps are to be started.
    stopped: bool,
    /// Whether stopping kept a step from doing its work.
    cut_short: bool,
}

impl<'a, F: FnMut(&Event)> Schedule<'a, F> {
    fn new(context: &'a Context<'a>, jobs: Sender<Job>, workers: usize, on_event: F) -> Self {
        let steps = context.plan.steps();
        let count = steps.len();
        let mut schedule = Self {
            context,
            steps,
            jobs,
            workers,
            on_event,
            began: Instant::now(),
            states: vec![State::Over; count],
            slots: (0..count).map(|_| None).collect(),
            lacks: vec![0; count],
            waiting: vec![Vec::new(); count],
            users: vec![0; count],
            ready: BinaryHeap::new(),
            running: 0,
            ran: 0,
            from_cache: 0,
            failed: Vec::new(),
            skipped: BTreeSet::new(),
            stopped: false,
            cut_short: false,
        };
        for Origin { step, .. } in context.plan.results().values() {
            schedule.users[*step] += 1;
        }
        for (at, step) in steps.iter().enumerate() {
            schedule.users[at] += usize::from(context.options.keep.contains(&step.id));
        }
        for (at, need) in needs(context).into_iter().enumerate() {
            schedule.place(at, need);
        }
        (0..count).for_each(|at| schedule.let_go(at));
        schedule
    }

    /// Takes in what is to be done about a step; those before it have been taken in.
    fn place(&mut self, at: usize, need: Need) {
        let reason = need.reason();
        let step = &self.steps[at];
        match need {
            Need::Run => {
                self.states[at] = State::Waiting;
                let origins: BTreeSet<usize> = step.origins().map(|origin| origin.step).collect();
                for origin in origins {
                    self.users[origin] += 1;
                    if self.slots[origin].is_none() {
                        self.lacks[at] += 1;
                        self.waiting[origin].push(at);
                    }
                }
                if self.lacks[at] == 0 {
                    self.ready.push(Reverse(at));
                }
            }
            Need::Cached { values, key } => {
                self.finished(at, Duration::ZERO, true, &values, reason);
                self.show_kept(at, &values);
                self.slots[at] = Some(Slot { key, values });
            }
            Need::Nothing { at_hand } => {
                self.finished(at, Duration::ZERO, true, &Values::default(), reason);
                self.show_kept(at, &at_hand.unwrap_or_default());
            }
        }
    }

    fn finish(mut self, messages: &Receiver<Message>) -> Outcome {
        loop {
            self.stopped |= self.context.cancel.is_cancelled();
            self.dispatch();
            if self.running == 0 {
                break;
            }
            match messages.recv_timeout(PATIENCE) {
                Ok(message) => self.take_in(message),
                Err(RecvTimeoutError::Timeout) => {}
                // The workers hold senders for as long as this holds their queue.
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        self.cut_short |= self.states.contains(&State::Waiting);
        let ended = Happened::Ended {
            took: self.began.elapsed(),
            ran: self.ran,
            from_cache: self.from_cache,
            failed: self.failed.len(),
            skipped: self.skipped.len(),
            cancelled: self.cut_short,
        };
        self.tell(ended);
        self.outcome()
    }

    /// Hands ready steps to free workers, the first in the plan first.
    fn dispatch(&mut self) {
        while !self.stopped
            && self.running < self.workers.max(1)
            && let Some(Reverse(at)) = self.ready.pop()
        {
            self.states[at] = State::Running;
            self.running += 1;
            let began = match self.job(at) {
                Ok(_) if self.workers == 0 => Err(NodeError::OutOfMemory(
                    "the system lets no thread be started".into(),
                )),
                Ok(job) => self.jobs.send(job).map_err(|_| NodeError::Cancelled),
                Err(error) => Err(error),
            };
            if let Err(error) = began {
                self.done(at, Duration::ZERO, Err(error));
            }
        }
    }

    /// Collects what a step is run on.
    fn job(&self, at: usize) -> Result<Job, NodeError> {
        let step = &self.steps[at];
        let mut inputs = Values::default();
        for input in &step.inputs {
            for value in self.input(input)? {
                inputs.push(&input.port, value);
            }
        }
        let mut wired = Vec::with_capacity(step.wired.len());
        for (spec, origin) in &step.wired {
            match self.values(origin) {
                [value] => wired.push(value.clone()),
                values => {
                    let found = count(values, origin, self.steps);
                    return Err(NodeError::input(&spec.name, "one value", found));
                }
            }
        }
        let keys = step.input_keys(|origin| Some(self.slots[origin.step].as_ref()?.key));
        Ok(Job {
            step: at,
            inputs,
            keys: keys.unwrap_or_default(),
            wired,
        })
    }

    fn input(&self, input: &Input) -> Result<Vec<Value>, NodeError> {
        let mut collected = Vec::new();
        for origin in &input.origins {
            let values = self.values(origin);
            let fits = match input.arity {
                Arity::One => values.len() == 1,
                Arity::Optional => values.len() <= 1,
                Arity::Many => true,
            };
            if !fits {
                let found = count(values, origin, self.steps);
                return Err(NodeError::input(&input.port, &input.kind, found));
            }
            collected.extend_from_slice(values);
        }
        Ok(collected)
    }

    fn values(&self, origin: &Origin) -> &[Value] {
        match &self.slots[origin.step] {
            Some(slot) => slot.values.at(&origin.port),
            None => &[],
        }
    }

    fn take_in(&mut self, message: Message) {
        match message {
            Message::Done { step, took, result } => self.done(step, took, result),
            Message::Starting { step, reason } => {
                let node = self.name(step);
                self.tell(Happened::Started { node, reason });
            }
            Message::Progress {
                step,
                done,
                total,
                rate,
                eta,
            } => {
                let node = self.name(step);
                let progress = Happened::Progress {
                    node,
                    done,
                    total,
                    rate,
                    eta,
                };
                self.tell_of_running(step, progress);
            }
            Message::Preview { step, preview } => {
                let node = self.name(step);
                self.tell_of_running(step, Happened::Preview { node, preview });
            }
            Message::Note { step, line } => {
                let node = self.name(step);
                self.tell_of_running(step, Happened::Note { node, line });
            }
        }
    }

    fn done(&mut self, at: usize, took: Duration, result: Result<Done, NodeError>) {
        self.running -= 1;
        self.states[at] = State::Over;
        match result {
            Ok(done) => {
                self.finished(at, took, done.from_cache, &done.values, Some(done.reason));
                self.show(at, done.shown);
                self.slots[at] = Some(Slot {
                    key: done.key,
                    values: done.values,
                });
                for next in std::mem::take(&mut self.waiting[at]) {
                    self.lacks[next] -= 1;
                    if self.lacks[next] == 0 && self.states[next] == State::Waiting {
                        self.ready.push(Reverse(next));
                    }
                }
                self.let_go(at);
            }
            Err(NodeError::Cancelled) => {
                self.stopped = true;
                self.cut_short = true;
                let node = self.name(at);
                self.tell(Happened::Cancelled { node });
            }
            Err(error) => {
                let node = self.name(at);
                self.failed.push((node.clone(), error.clone()));
                self.tell(Happened::Failed { node, error });
                self.skip_behind(at);
            }
        }
        self.let_go_inputs(at);
    }

    /// Says that a step needs its inputs no more.
    fn let_go_inputs(&mut self, at: usize) {
        let origins: BTreeSet<usize> = self.steps[at].origins().map(|origin| origin.step).collect();
        for origin in origins {
            self.users[origin] -= 1;
            self.let_go(origin);
        }
    }

    /// Drops a result that nobody needs any more.
    fn let_go(&mut self, at: usize) {
        if self.users[at] == 0 {
            self.slots[at] = None;
        }
    }

    /// Gives up all that depends on a failed step.
    fn skip_behind(&mut self, failed: usize) {
        let mut doomed: BTreeSet<usize> = std::mem::take(&mut self.waiting[failed])
            .into_iter()
            .collect();
        while let Some(at) = doomed.pop_first() {
            if self.states[at] != State::Waiting || !self.skipped.insert(at) {
                continue;
            }
            self.states[at] = State::Over;
            doomed.extend(std::mem::take(&mut self.waiting[at]));
            let (node, because) = (self.name(at), self.name(failed));
            self.tell(Happened::Skipped { node, because });
            self.let_go_inputs(at);
        }
    }

    fn finished(
        &mut self,
        at: usize,
        took: Duration,
        from_cache: bool,
        values: &Values,
        reason: Option<Reason>,
    ) {
        if from_cache {
            self.from_cache += 1;
        } else {
            self.ran += 1;
        }
        let node = self.name(at);
        self.tell(Happened::Finished {
            node,
            took,
            from_cache,
            footprint: footprint(values),
            reason: reason.unwrap_or(Reason::New),
        });
    }

    /// Shows what was at hand; what lies on a device is read there, so that it takes a turn.
    fn show_kept(&mut self, at: usize, values: &Values) {
        if !self.context.options.show {
            return;
        }
        let shown = {
            let turn = self.context.engine.turns.take(self.context.cancel);
            turn.map(|_turn| self.context.shown(values))
        };
        self.show(at, shown.unwrap_or_default());
    }

    fn show(&mut self, at: usize, shown: Shown) {
        for (port, preview) in shown {
            let node = self.name(at);
            self.tell(Happened::Shown {
                node,
                port,
                preview,
            });
        }
    }

    fn name(&self, step: usize) -> NodeId {
        self.steps[step].id.clone()
    }

    fn tell(&mut self, what: Happened) {
        let run = self.context.run;
        (self.on_event)(&Event { run, what });
    }

    /// Drops what a thread that a node left behind still says of it.
    fn tell_of_running(&mut self, step: usize, what: Happened) {
        if self.states[step] == State::Running {
            self.tell(what);
        }
    }

    fn outcome(self) -> Outcome {
        let mut outputs = BTreeMap::new();
        for (name, origin) in self.context.plan.results() {
            if let Some(slot) = &self.slots[origin.step] {
                let _ = outputs.insert(name.clone(), slot.values.at(&origin.port).to_vec());
            }
        }
        let mut nodes = BTreeMap::new();
        for (step, slot) in self.steps.iter().zip(&self.slots) {
            if let Some(slot) = slot
                && self.context.options.keep.contains(&step.id)
            {
                let _ = nodes.insert(step.id.clone(), slot.values.clone());
            }
        }
        let name = |at: usize| self.steps[at].id.clone();
        Outcome {
            run: self.context.run,
            outputs,
            nodes,
            skipped: self.skipped.iter().map(|at| name(*at)).collect(),
            failed: self.failed,
            cancelled: self.cut_short,
        }
    }
}

/// How many values came from an output, in words.
fn count(values: &[Value], origin: &Origin, steps: &[Step]) -> String {
    let output = steps[origin.step].id.port(&origin.port);
    match values.len() {
        0 => format!("nothing from `{output}`"),
        count => format!("{count} values from `{output}`"),
    }
}

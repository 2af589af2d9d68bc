//! How long the canvas takes: `cargo bench -p smalto-editor --no-default-features --bench canvas`; words behind `--` choose rows.
//!
//! For each backend that can draw here: how long it takes until a large workflow is seen, and what a frame takes while one looks, pans, zooms and drags a node.
//! `update` and `draw` are what the thread of the window works, not how long it waits:
//! `update` takes in what the hand does and records what is to be seen, and `draw` is what the renderer makes of it.
//! What an empty window takes is not in `draw`, for most of that is to read the pixels back, which no window does; it is told on a line of its own.
//! `seen` is the time until the pixels are there: where there is no card the processor draws in its place, and that alone is what it tells of.

#[path = "../tests/canvas/stage.rs"]
mod stage;
#[path = "../tests/canvas/workflow.rs"]
mod workflow;

use std::time::{Duration, Instant};
use std::{env, fs, thread};

use editor::canvas::{self, Action, Button, Canvas, Context, Held, Message};
use editor::preview::Thumbnails;
use editor::space::{ScreenPoint, ScreenSize, ScreenVector, WorldPoint};
use editor::status::{Faults, Statuses};
use editor::theme::Look;
use graph::document::Graph;
use graph::history::History;
use graph::registry::Registry;
use stage::{Stage, registry};

/// What happens before a frame; it is told the how-manieth.
type Change = fn(&mut Seen, u16);

/// How many frames are drawn of each scene.
const FRAMES: u16 = 24;
/// How large the window is.
const SIZE: (u16, u16) = (1280, 800);

/// A document, and what is known of it.
struct Opened {
    graph: Graph,
    history: History,
    revision: u64,
    registry: Registry,
    statuses: Statuses,
    thumbnails: Thumbnails,
    faults: Faults,
}

/// A document, and the window that it is seen in.
struct Seen {
    opened: Opened,
    canvas: Canvas,
    stage: Stage,
    /// Where the pointer is.
    at: ScreenPoint,
}

/// What frames took, the shortest first.
#[derive(Default)]
struct Took {
    update: Vec<Duration>,
    draw: Vec<Duration>,
    all: Vec<Duration>,
    seen: Vec<Duration>,
}

impl Opened {
    fn new(graph: Graph, registry: Registry) -> Self {
        let mut opened = Self {
            graph,
            history: History::default(),
            revision: 0,
            registry,
            statuses: Statuses::default(),
            thumbnails: Thumbnails::default(),
            faults: Faults::default(),
        };
        opened.look_for_faults();
        opened
    }

    fn context(&self) -> Context<'_> {
        Context {
            graph: &self.graph,
            registry: &self.registry,
            revision: self.revision,
            statuses: &self.statuses,
            thumbnails: &self.thumbnails,
            faults: &self.faults,
            look: Look::dark(),
        }
    }

    /// Carries out what a drag asks for, as the editor does.
    fn carry_out(&mut self, action: Action) {
        match action {
            Action::Merge(edit) => {
                let moves_alone = canvas::moves_alone(&edit);
                let merged = self.history.merge(&mut self.graph, edit);
                merged.expect("what is dragged is there");
                self.revision += 1;
                if !moves_alone {
                    self.look_for_faults();
                }
            }
            Action::Several(actions) => actions
                .into_iter()
                .for_each(|action| self.carry_out(action)),
            Action::Seal | Action::None => self.history.seal(),
            other => panic!("no drag asks for {other:?}"),
        }
    }

    fn look_for_faults(&mut self) {
        self.faults
            .refresh(&self.graph, &self.registry, self.revision);
    }
}

impl Seen {
    fn open(text: &str, backend: &str) -> Option<Self> {
        let registry = registry();
        let mut seen = Self {
            opened: Opened::new(workflow::read(text, &registry), registry),
            canvas: Canvas::new(),
            stage: Stage::new(backend, SIZE, 1.0)?,
            at: ScreenPoint::zero(),
        };
        let size = ScreenSize::new(f32::from(SIZE.0), f32::from(SIZE.1));
        seen.send(Message::Resized(size));
        Some(seen)
    }

    fn send(&mut self, message: Message) {
        let action = self.canvas.update(message, &self.opened.context());
        self.opened.carry_out(action);
    }

    fn draw(&mut self) {
        let context = self.opened.context();
        self.stage.draw(Look::dark(), self.canvas.view(context));
    }

    /// Draws frames, each after `change`.
    fn frames(&mut self, mut change: impl FnMut(&mut Self, u16)) -> Took {
        let mut took = Took::default();
        for frame in 0..FRAMES {
            let (start, spent) = (Instant::now(), spent());
            change(self, frame);
            self.draw();
            let updated = self::spent() - spent;
            let _ = self.stage.photograph();
            took.add(updated, self::spent() - spent, start.elapsed());
        }
        took
    }

    /// Takes hold of the node that is nearest to the middle of what is seen.
    fn take_hold(&mut self) {
        let scene = self.canvas.scene(&self.opened.context());
        let camera = self.canvas.camera;
        let far = |at: WorldPoint| (at - camera.centre()).square_length();
        let titles = scene.nodes().iter().map(|node| node.title_bar().center());
        let nearest = titles.min_by(|left, right| far(*left).total_cmp(&far(*right)));
        self.at = camera.to_screen(nearest.expect("there are nodes"));
        self.send(Message::Pressed {
            at: self.at,
            button: Button::Left,
            held: Held::default(),
        });
    }

    fn let_go(&mut self) {
        let (at, button) = (self.at, Button::Left);
        self.send(Message::Released { at, button });
    }
}

impl Took {
    fn add(&mut self, update: Duration, all: Duration, seen: Duration) {
        let put = |times: &mut Vec<Duration>, time| {
            times.insert(times.partition_point(|other| *other < time), time);
        };
        put(&mut self.update, update);
        put(&mut self.draw, all.saturating_sub(update));
        put(&mut self.all, all);
        put(&mut self.seen, seen);
    }
}

/// The time that so many hundredths of all are not longer than.
fn share(times: &[Duration], hundredths: usize) -> Duration {
    times[(times.len() * hundredths / 100).min(times.len() - 1)]
}

/// How long this thread has been at work, where the system tells; else the time of day.
fn spent() -> Duration {
    // The system brings its books up to date where a thread offers to wait.
    thread::yield_now();
    let told = fs::read_to_string("/proc/thread-self/schedstat");
    let nanoseconds = told
        .ok()
        .and_then(|told| told.split_whitespace().next()?.parse().ok());
    match nanoseconds {
        Some(nanoseconds) => Duration::from_nanos(nanoseconds),
        None => std::time::SystemTime::UNIX_EPOCH
            .elapsed()
            .unwrap_or_default(),
    }
}

fn pan(seen: &mut Seen, frame: u16) {
    let way = if frame % 24 < 12 { 9.0 } else { -9.0 };
    seen.canvas.camera.pan(ScreenVector::new(way, way / 2.0));
}

fn zoom(seen: &mut Seen, frame: u16) {
    let notches = if frame % 24 < 12 { 0.25 } else { -0.25 };
    let at = seen.canvas.camera.middle();
    seen.send(Message::Scrolled {
        at,
        notches: ScreenVector::new(0.0, notches),
        held: Held::default(),
    });
}

fn drag(seen: &mut Seen, frame: u16) {
    seen.at += ScreenVector::new(9.0, if frame % 8 < 4 { 5.0 } else { -5.0 });
    let (at, held) = (
        seen.at,
        Held {
            alt: true,
            ..Held::default()
        },
    );
    seen.send(Message::Moved { at, held });
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

/// A line of the table; `empty` is what a window takes that shows nothing.
fn row(backend: &str, scene: &str, what: &str, took: &Took, empty: Duration) {
    let draw = |hundredths| milliseconds(share(&took.draw, hundredths).saturating_sub(empty));
    let all = |hundredths| milliseconds(share(&took.all, hundredths).saturating_sub(empty));
    println!(
        "{backend:<9} {scene:<22} {what:<5} {:>7.2} {:>7.2} {:>7.2} {:>7.2} {:>8.1}",
        milliseconds(share(&took.update, 50)),
        draw(50),
        all(50),
        all(95),
        milliseconds(share(&took.seen, 50))
    );
}

/// What a window takes that shows nothing.
fn empty(backend: &str) -> Option<Duration> {
    let mut stage = Stage::new(backend, SIZE, 1.0)?;
    let mut times = Vec::new();
    for _ in 0..FRAMES {
        let spent = spent();
        stage.draw::<()>(Look::dark(), iced::widget::Space::new());
        let _ = stage.photograph();
        times.push(self::spent() - spent);
    }
    times.sort_unstable();
    Some(share(&times, 50))
}

fn measure(backend: &str, pictures: usize, empty: Duration, is_chosen: impl Fn(&str) -> bool) {
    let text = workflow::large(pictures);
    let start = Instant::now();
    let Some(mut seen) = Seen::open(&text, backend) else {
        return;
    };
    seen.draw();
    let _ = seen.stage.photograph();
    let opened = start.elapsed();
    let nodes = seen.opened.graph.nodes().len();
    let wires = seen.opened.graph.wires().len();
    println!(
        "{backend:<9} {nodes} nodes, {wires} wires: opened and seen in {:.0} ms",
        milliseconds(opened)
    );
    let scenes = [
        ("all of it", None),
        ("a third", Some(0.34)),
        ("scale 1", Some(1.0)),
    ];
    for (name, scale) in scenes {
        if let Some(scale) = scale {
            seen.canvas.camera.zoom_to(scale, ScreenPoint::zero());
            seen.canvas.camera.look_at(WorldPoint::new(2_900.0, 600.0));
        }
        let scene = format!("{nodes} nodes, {name}");
        let changes: [(&str, Change); 4] = [
            ("still", |_, _| {}),
            ("pan", pan),
            ("zoom", zoom),
            ("drag", drag),
        ];
        for (what, change) in changes {
            if !is_chosen(&format!("{backend} {scene} {what}")) {
                continue;
            }
            if what == "drag" {
                seen.take_hold();
            }
            row(backend, &scene, what, &seen.frames(change), empty);
            seen.let_go();
        }
    }
}

fn main() {
    let words: Vec<String> = env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'))
        .collect();
    let is_chosen = |row: &str| words.iter().all(|word| row.contains(word.as_str()));
    println!(
        "{:<9} {:<22} {:<5} {:>7} {:>7} {:>7} {:>7} {:>8}",
        "", "", "ms", "update", "draw", "both", "p95", "seen"
    );
    for (backend, pictures) in [("tiny-skia", 60), ("wgpu", 200)] {
        if !words.is_empty() && !words.iter().any(|word| word == backend) {
            continue;
        }
        let Some(empty) = empty(backend) else {
            println!("{backend:<9} cannot draw here");
            continue;
        };
        println!(
            "{backend:<9} an empty window: {:.2} ms",
            milliseconds(empty)
        );
        measure(backend, pictures, empty, is_chosen);
    }
}

//! How long the canvas takes: `cargo bench -p smalto-editor --bench canvas`.
//!
//! For each backend that can draw here: how long it takes until a large workflow is seen, and what a frame takes while one looks, pans, zooms and drags.
//! `recorded` is what the editor spends on a frame, and `processor` what the drawing thread spends in all: both tell how long it works, not how long it waits.
//! `frame` is the time until the pixels are there, which nobody waits for where there is a window.
//! Where there is no card the processor draws in its place, and the last figure tells of it alone.

#[path = "../tests/canvas/stage.rs"]
mod stage;
#[path = "../tests/canvas/workflow.rs"]
mod workflow;

use std::fs;
use std::time::{Duration, Instant};

use editor::canvas::{Canvas, Context, Message};
use editor::preview::Thumbnails;
use editor::space::{ScreenPoint, ScreenSize, ScreenVector, WorldPoint};
use editor::status::{Faults, Statuses};
use editor::theme::Look;
use graph::document::{Graph, NodeId, Position};
use graph::edit::Edit;
use graph::registry::Registry;
use stage::{Stage, registry};

/// How many frames are drawn of each scene.
const FRAMES: u16 = 20;

/// A document, and the window that it is seen in.
struct Seen {
    graph: Graph,
    registry: Registry,
    canvas: Canvas,
    stage: Stage,
    revision: u64,
}

/// What a frame took: the mean of what was spent, and the middle of the times until it was seen.
struct Took {
    recorded: Duration,
    processor: Duration,
    frame: Duration,
}

impl Seen {
    fn open(text: &str, backend: &str, size: (u16, u16)) -> Option<Self> {
        let registry = registry();
        let mut seen = Self {
            graph: workflow::read(text, &registry),
            registry,
            canvas: Canvas::new(),
            stage: Stage::new(backend, size, 1.0)?,
            revision: 0,
        };
        let size = ScreenSize::new(f32::from(size.0), f32::from(size.1));
        seen.send(Message::Resized(size));
        Some(seen)
    }

    fn send(&mut self, message: Message) {
        let context = Context {
            graph: &self.graph,
            registry: &self.registry,
            revision: self.revision,
            statuses: &Statuses::default(),
            thumbnails: &Thumbnails::default(),
            faults: &Faults::default(),
            look: Look::dark(),
        };
        let _ = self.canvas.update(message, &context);
    }

    fn draw(&mut self) {
        let context = Context {
            graph: &self.graph,
            registry: &self.registry,
            revision: self.revision,
            statuses: &Statuses::default(),
            thumbnails: &Thumbnails::default(),
            faults: &Faults::default(),
            look: Look::dark(),
        };
        self.stage.draw(Look::dark(), self.canvas.view(context));
    }

    /// Draws frames, each after `change`.
    fn frames(&mut self, mut change: impl FnMut(&mut Self, u16)) -> Took {
        let mut frames = Vec::new();
        let (mut recorded, mut processor) = (Duration::ZERO, Duration::ZERO);
        for frame in 0..FRAMES {
            let (start, spent) = (Instant::now(), spent());
            change(self, frame);
            self.draw();
            recorded += self::spent() - spent;
            let _ = self.stage.photograph();
            processor += self::spent() - spent;
            frames.push(start.elapsed());
        }
        frames.sort_unstable();
        Took {
            recorded: recorded / u32::from(FRAMES),
            processor: processor / u32::from(FRAMES),
            frame: frames[frames.len() / 2],
        }
    }
}

/// How long this thread has been at work, where the system tells; else the time of day.
fn spent() -> Duration {
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
    let way = if frame % 20 < 10 { 9.0 } else { -9.0 };
    seen.canvas.camera.pan(ScreenVector::new(way, way / 2.0));
}

fn zoom(seen: &mut Seen, frame: u16) {
    let notches = if frame % 20 < 10 { 0.25 } else { -0.25 };
    let middle = seen.canvas.camera.middle();
    seen.canvas.camera.zoom_by(notches, middle);
}

/// Moves one node, as a drag does: everything is laid out anew.
fn drag(seen: &mut Seen, frame: u16) {
    let edit = Edit::Move {
        node: NodeId::new("sample_11").expect("it is a name"),
        to: Some(Position::new(460 + i32::from(frame), 430)),
    };
    let _ = seen.graph.apply(edit).expect("the node is there");
    seen.revision += 1;
}

fn row(backend: &str, scene: &str, what: &str, took: &Took) {
    let milliseconds = |time: Duration| time.as_secs_f64() * 1_000.0;
    println!(
        "{backend:<10} {scene:<34} {what:<6} {:>9.2} {:>9.2} {:>9.2}",
        milliseconds(took.recorded),
        milliseconds(took.processor),
        milliseconds(took.frame)
    );
}

fn measure(backend: &str, pictures: usize, size: (u16, u16)) {
    let text = workflow::large(pictures);
    let start = Instant::now();
    let Some(mut seen) = Seen::open(&text, backend, size) else {
        println!("{backend:<10} cannot draw here");
        return;
    };
    seen.draw();
    let _ = seen.stage.photograph();
    let opened = start.elapsed();
    let nodes = seen.graph.nodes().len();
    let wires = seen.graph.wires().len();
    println!(
        "{backend:<10} {nodes} nodes, {wires} wires, {} x {}: opened and seen in {:.0} ms",
        size.0,
        size.1,
        opened.as_secs_f64() * 1_000.0
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
        let still = seen.frames(|_, _| {});
        row(backend, &scene, "still", &still);
        if pictures == 0 {
            // What every frame takes, whatever is seen.
            return;
        }
        row(backend, &scene, "pan", &seen.frames(pan));
        row(backend, &scene, "zoom", &seen.frames(zoom));
        row(backend, &scene, "drag", &seen.frames(drag));
    }
}

fn main() {
    println!(
        "{:<10} {:<34} {:<6} {:>9} {:>9} {:>9}",
        "backend", "scene", "", "recorded", "processor", "frame"
    );
    for backend in ["tiny-skia", "wgpu"] {
        measure(backend, 0, (1280, 800));
        measure(backend, 60, (1280, 800));
        measure(backend, 200, (1280, 800));
    }
}

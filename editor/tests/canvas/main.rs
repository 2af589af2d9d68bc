//! Pictures of the canvas, compared with those that were found good.
//!
//! They are drawn by the processor, with the fonts that come with the editor, so that they look the same everywhere.

mod picture;
mod stage;
mod workflow;

use std::path::Path;
use std::time::Duration;

use editor::canvas::scene::Side;
use editor::canvas::{Action, Button, Canvas, Context, Held, Message};
use editor::preview::{Shown, Thumbnails};
use editor::space::{ScreenPoint, ScreenSize, WorldPoint, WorldVector};
use editor::status::{Beside, Faults, Statuses};
use editor::theme::Look;
use graph::document::{Graph, NodeId};
use graph::engine::{Happened, Reason};
use graph::error::NodeError;
use graph::preview::{Line, Picture, Preview, TokenGrid};
use graph::registry::Registry;
use graph::value::Footprint;
use picture::Picture as Seen;
use stage::{Stage, registry};

const TEXT_TO_IMAGE: &str = include_str!("../../../workflows/text_to_image.ron");
const STATES: &str = include_str!("../fixtures/states.ron");

/// The share of pixels that may be others than those that were found good.
const SHARE: f64 = 0.0005;

/// A document and what is seen of it.
struct Scene {
    graph: Graph,
    registry: Registry,
    canvas: Canvas,
    statuses: Statuses,
    thumbnails: Thumbnails,
    faults: Faults,
    look: &'static Look,
    size: (u16, u16),
    /// Counts the changes of the graph.
    revision: u64,
}

impl Scene {
    fn new(text: &str, look: &'static Look, size: (u16, u16)) -> Self {
        let registry = registry();
        let graph = workflow::read(text, &registry);
        let faults = Faults::new(&graph, &registry);
        let mut scene = Self {
            graph,
            registry,
            canvas: Canvas::new(),
            statuses: Statuses::default(),
            thumbnails: Thumbnails::default(),
            faults,
            look,
            size,
            revision: 0,
        };
        let size = ScreenSize::new(f32::from(size.0), f32::from(size.1));
        scene.send(Message::Resized(size));
        scene
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

    fn send(&mut self, message: Message) {
        let mut canvas = std::mem::take(&mut self.canvas);
        let action = canvas.update(message, &self.context());
        self.canvas = canvas;
        self.move_what_is_dragged(action);
    }

    fn move_what_is_dragged(&mut self, action: Action) {
        if let Action::Merge(edit) = action {
            let _ = self.graph.apply(edit).expect("what is dragged is there");
            self.revision += 1;
        } else if let Action::Several(actions) = action {
            for action in actions {
                self.move_what_is_dragged(action);
            }
        }
    }

    /// Drags with the left button from one point of the plane to another, and does not let go.
    fn drag(&mut self, from: WorldPoint, to: WorldPoint) {
        let camera = self.canvas.camera;
        let held = Held::default();
        let at = camera.to_screen(from);
        self.send(Message::Moved { at, held });
        self.send(Message::Pressed {
            at,
            button: Button::Left,
            held,
        });
        let half = camera.to_screen(from.lerp(to, 0.5));
        for at in [half, camera.to_screen(to)] {
            self.send(Message::Moved { at, held });
        }
    }

    fn socket(&self, port: &str, side: Side) -> WorldPoint {
        let port = port.parse().expect("it names a port");
        let anchor = self.canvas.scene(&self.context()).anchor(&port, side);
        anchor.expect("there is such a node")
    }

    /// The middle of a node's title.
    fn title(&self, node: &str) -> WorldPoint {
        let scene = self.canvas.scene(&self.context());
        let node = scene.node(&id(node)).expect("there is such a node");
        node.title_bar().center()
    }

    fn zoom(&mut self, zoom: f32) {
        let middle = self.canvas.camera.middle();
        self.canvas.camera.zoom_to(zoom, middle);
    }

    fn happened(&mut self, what: &[Happened]) {
        self.statuses
            .begin(self.graph.nodes().keys(), Beside::Forgotten);
        for what in what {
            self.statuses.take_in(what);
        }
    }

    fn seen(&self, scale: f32) -> Seen {
        let mut stage = Stage::new("tiny-skia", self.size, scale).expect("the processor can draw");
        self.seen_on(&mut stage)
    }

    /// What is seen on a stage that may have kept something of what was seen before.
    fn seen_on(&self, stage: &mut Stage) -> Seen {
        stage.draw(self.look, self.canvas.view(self.context()));
        Seen::new(stage.photograph())
    }

    /// Asserts that what is seen is as it was found good.
    fn is_as_kept(&self, scale: f32, name: &str) {
        let kept = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/canvas/pictures")
            .join(format!("{name}.webp"));
        self.seen(scale).is_as(&kept, SHARE);
    }
}

fn id(name: &str) -> NodeId {
    NodeId::new(name).expect("it is a name")
}

fn finished(node: &str, milliseconds: u64, from_cache: bool) -> Happened {
    Happened::Finished {
        node: id(node),
        took: Duration::from_millis(milliseconds),
        from_cache,
        footprint: Footprint::default(),
        reason: Reason::New,
    }
}

/// A picture of rings, so that something is seen.
fn rings(side: u32, shift: u32) -> Picture {
    let pixels = (0..side * side).flat_map(|at| {
        let (x, y) = (at % side, at / side);
        let (right, down) = (x.abs_diff(side / 2), y.abs_diff(side / 2));
        let ring = ((right * right + down * down) / side + shift) % 32;
        [
            40 + 6 * ring as u8,
            90 + 3 * ring as u8,
            200 - 5 * ring as u8,
        ]
    });
    Picture {
        width: side,
        height: side,
        pixels: pixels.collect(),
    }
}

fn half_laid() -> TokenGrid {
    let tokens = 256_u32;
    TokenGrid {
        rows: 16,
        columns: 16,
        codebook: 1024,
        codes: (0..tokens)
            .map(|at| (at * 7 % 16 > 6).then_some(at))
            .collect(),
        confidence: (0..tokens).map(|at| (at % 32) as f32 / 31.0).collect(),
        edited: (0..tokens).map(|at| at % 37 == 0).collect(),
    }
}

#[test]
fn a_workflow_is_opened_in_the_dark() {
    let scene = Scene::new(TEXT_TO_IMAGE, Look::dark(), (1080, 560));

    scene.is_as_kept(1.0, "opened_dark");
}

#[test]
fn a_workflow_is_opened_in_the_light() {
    let mut scene = Scene::new(TEXT_TO_IMAGE, Look::light(), (1080, 560));
    scene.thumbnails.show(
        &id("decode"),
        "image",
        Shown::new(Preview::Images(vec![rings(128, 0)])),
    );
    scene.happened(&[
        finished("prompt", 1, false),
        finished("tokenizer", 240, false),
        finished("model", 1_800, true),
        finished("encode", 62, false),
        finished("sample", 4_300, false),
        finished("decode", 130, false),
    ]);

    scene.is_as_kept(1.0, "finished_light");
}

#[test]
fn a_wire_in_the_hand_lights_what_it_fits_and_says_why_not() {
    let mut scene = Scene::new(TEXT_TO_IMAGE, Look::dark(), (1080, 560));
    let prompt = scene.socket("encode.prompt", Side::Output);
    let denoiser = scene.socket("sample.denoiser", Side::Input);

    scene.drag(prompt, denoiser);

    scene.is_as_kept(1.0, "wire_in_hand");
}

#[test]
fn a_run_tells_how_far_it_is() {
    let mut scene = Scene::new(TEXT_TO_IMAGE, Look::dark(), (1080, 560));
    scene.happened(&[
        finished("prompt", 1, false),
        finished("tokenizer", 240, true),
        finished("model", 1_800, true),
        finished("encode", 62, false),
        Happened::Started {
            node: id("sample"),
            reason: Reason::New,
        },
        Happened::Progress {
            node: id("sample"),
            done: 9,
            total: 16,
            rate: 3.4,
            eta: Some(Duration::from_millis(2_060)),
        },
    ]);
    let shown = Shown::new(Preview::TokenGrid(half_laid()));
    scene.thumbnails.show_live(&id("sample"), shown);

    scene.is_as_kept(1.0, "running_dark");
}

#[test]
fn a_failure_is_told_at_the_node_and_the_port() {
    let mut scene = Scene::new(TEXT_TO_IMAGE, Look::light(), (1080, 560));
    let error = NodeError::input(
        "tokens",
        "tokens of 1024 different codes, as the tokenizer has them",
        "tokens of 4096",
    );
    scene.happened(&[
        finished("sample", 4_300, false),
        Happened::Failed {
            node: id("decode"),
            error,
        },
    ]);

    scene.is_as_kept(1.0, "failed_light");
}

#[test]
fn nodes_show_their_states_and_frames_and_notes_lie_below() {
    let mut scene = Scene::new(STATES, Look::dark(), (900, 540));
    let pictures = (0..6).map(|shift| rings(64, shift)).collect();
    let shown = Shown::new(Preview::Images(pictures));
    scene.thumbnails.show(&id("join"), "image", shown);
    let line = |name: &str, scale: f64| Line {
        name: name.into(),
        points: (1..60)
            .map(|x| (f64::from(x), scale / f64::from(x).sqrt()))
            .collect(),
    };
    let lines = vec![line("loss, nats", 6.0), line("held out, nats", 7.0)];
    let shown = Shown::new(Preview::Curve(lines));
    scene.thumbnails.show(&id("curve"), "curve", shown);
    let at = scene.canvas.camera.to_screen(WorldPoint::new(60.0, 60.0));
    scene.send(Message::Pressed {
        at,
        button: Button::Left,
        held: Held::default(),
    });
    scene.send(Message::Released {
        at,
        button: Button::Left,
    });

    scene.is_as_kept(1.0, "states_dark");
}

#[test]
fn from_afar_titles_are_read_and_from_further_still_only_boxes_are_seen() {
    let mut scene = Scene::new(&workflow::large(60), Look::dark(), (560, 340));
    scene.is_as_kept(1.0, "boxes_dark");

    scene.zoom(0.4);
    scene.is_as_kept(1.0, "titles_dark");
}

#[test]
fn twice_the_pixels_show_twice_the_detail() {
    let mut scene = Scene::new(TEXT_TO_IMAGE, Look::dark(), (420, 280));
    scene.zoom(1.0);
    scene.canvas.camera.look_at(WorldPoint::new(660.0, 220.0));
    scene.send(Message::Moved {
        at: ScreenPoint::new(-1.0, -1.0),
        held: Held::default(),
    });

    scene.is_as_kept(2.0, "sharp");
}

#[test]
fn what_is_kept_of_the_picture_before_does_not_show_in_the_next() {
    let mut scene = Scene::new(TEXT_TO_IMAGE, Look::dark(), (1080, 560));
    let mut stage = Stage::new("tiny-skia", scene.size, 1.0).expect("the processor can draw");
    let still = scene.seen_on(&mut stage);

    let title = scene.title("sample");
    scene.drag(title, title + WorldVector::new(40.0, 100.0));
    let dragged = scene.seen_on(&mut stage);
    assert!(dragged.difference(&still) > 0.01, "a node has moved");
    assert!(dragged.difference(&scene.seen(1.0)) <= SHARE);

    let middle = scene.canvas.camera.middle();
    scene.canvas.camera.zoom_by(1.0, middle);
    // Letters follow the zoom size by size.
    for _ in 0..12 {
        let _ = scene.seen_on(&mut stage);
    }
    let zoomed = scene.seen_on(&mut stage);
    assert!(zoomed.difference(&scene.seen(1.0)) <= SHARE);
}

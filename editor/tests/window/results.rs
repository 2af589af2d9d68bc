//! What comes out of runs: curves as they are drawn, what a change makes of results, and what pictures carry.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::sync::Arc;

use editor::app::Message;
use editor::command::Command;
use editor::host::Host;
use editor::preview::plot::COLOURS;
use editor::theme::Look;
use editor::{form, inspector, viewer};
use graph::document::Graph;
use graph::prelude::*;
use graph::preview::{Line, TokenGrid};
use graph::registry::Registry;
use graph::value::Footprint;
use graph::workflow::Workflow;
use iced::keyboard::key::Named;
use iced::{Color, Point};

use crate::robot::Robot;
use crate::{command, folder, host, id};

/// What a model still gets wrong, step by step.
#[derive(Clone)]
struct Loss {
    steps: u32,
}

impl WireValue for Loss {
    const KIND: &'static str = "curve";

    fn preview(&self) -> Preview {
        let line = |name: &str, floor: f64, bend: f64| Line {
            name: name.into(),
            points: (0..=self.steps)
                .map(|step| f64::from(step) * 10.0)
                .map(|step| (step, floor + 6.0 * (-step / bend).exp()))
                .collect(),
        };
        Preview::Curve(vec![
            line("loss", 0.8, 120.0),
            line("loss of what was held back", 1.6, 90.0),
        ])
    }

    fn footprint(&self) -> Footprint {
        Footprint::default()
    }
}

/// Learns nothing, but says how well.
#[derive(Clone, Debug, Params)]
struct Learn {
    /// How many steps it takes.
    #[param(default = 60, range = 1..=1000)]
    steps: u32,
}

#[derive(Ports)]
struct Learned {
    /// How well it went.
    loss: Loss,
}

impl Node for Learn {
    const ID: &'static str = "test.learn";
    type Inputs = ();
    type Outputs = Learned;

    fn run(&self, (): (), _: &mut Run) -> Result<Learned, NodeError> {
        Ok(Learned {
            loss: Loss { steps: self.steps },
        })
    }
}

/// A picture of one shade of grey.
#[derive(Clone)]
struct Grey {
    shade: u8,
}

impl WireValue for Grey {
    const KIND: &'static str = "image";

    fn preview(&self) -> Preview {
        Preview::image(8, 8, vec![self.shade; 8 * 8 * 3])
    }

    fn footprint(&self) -> Footprint {
        Footprint::default()
    }
}

/// Paints grey.
#[derive(Clone, Debug, Params)]
struct Paint {
    /// How light it is.
    #[param(default = 10, range = 0..=255)]
    shade: u32,
}

#[derive(Ports)]
struct Painted {
    /// The picture.
    image: Grey,
}

impl Node for Paint {
    const ID: &'static str = "test.paint";
    type Inputs = ();
    type Outputs = Painted;

    fn run(&self, (): (), _: &mut Run) -> Result<Painted, NodeError> {
        let shade = u8::try_from(self.shade).unwrap_or(u8::MAX);
        Ok(Painted {
            image: Grey { shade },
        })
    }
}

/// The two steps in which a picture of one code was laid.
#[derive(Clone)]
struct Laid;

impl WireValue for Laid {
    const KIND: &'static str = "history";

    fn preview(&self) -> Preview {
        let grid = |code| TokenGrid {
            rows: 1,
            columns: 1,
            codebook: 8,
            codes: vec![code],
            ..TokenGrid::default()
        };
        Preview::Steps(vec![grid(None), grid(Some(3))])
    }

    fn footprint(&self) -> Footprint {
        Footprint::default()
    }
}

/// Lays one code.
#[derive(Clone, Debug, Params)]
struct Lay {}

#[derive(Ports)]
struct Steps {
    /// How it came about.
    history: Laid,
}

impl Node for Lay {
    const ID: &'static str = "test.lay";
    type Inputs = ();
    type Outputs = Steps;

    fn run(&self, (): (), _: &mut Run) -> Result<Steps, NodeError> {
        Ok(Steps { history: Laid })
    }
}

fn registry() -> Registry {
    let mut registry = Registry::default();
    let _ = registry.add::<Learn>().add::<Paint>().add::<Lay>();
    registry
}

/// The editor with a workflow that has run.
fn ran(folder: &Path, text: &str) -> Robot {
    let file = folder.join("workflow.ron");
    std::fs::write(&file, text).expect("there is room");
    let host = Host {
        registry: Arc::new(registry()),
        ..host(folder)
    };
    let mut robot = Robot::new(host, &[file], (1000, 600));
    command(&mut robot, Command::Run);
    robot.settle();
    robot
}

/// The editor with a workflow that learns, which has run.
fn learned(folder: &Path) -> Robot {
    let text = "(format: 1, nodes: {\"learn\": (kind: \"test.learn\")}, \
                interface: (params: {\"steps\": \"learn.steps\"}, outputs: {\"loss\": \"learn.loss\"}))";
    ran(folder, text)
}

/// How many pixels of the window are of a colour, or nearly.
fn count(robot: &mut Robot, colour: Color) -> usize {
    let wanted = colour.into_rgba8();
    let (_, _, pixels) = robot.look(1.0);
    let is_near = |pixel: &&[u8]| {
        let channels = pixel.iter().zip(wanted);
        channels
            .into_iter()
            .all(|(found, wanted)| found.abs_diff(wanted) < 12)
    };
    pixels.chunks_exact(4).filter(is_near).count()
}

#[test]
fn a_curve_is_a_plot_in_the_form_and_in_a_view_of_its_own() {
    let folder = folder();
    let mut robot = learned(folder.path());
    let [first, second] = [COLOURS[0], COLOURS[1]].map(|kind| Look::dark().kind(kind));
    command(&mut robot, Command::FormView);
    robot.point_at(Point::new(990.0, 590.0));
    let in_form = [first, second].map(|colour| count(&mut robot, colour));
    // A line as long as half the window is wide, and its name.
    assert!(in_form.iter().all(|count| *count > 400), "{in_form:?}");

    robot.send(Message::Form(form::Message::Opened(id("learn"))));
    let alone = [first, second].map(|colour| count(&mut robot, colour));
    assert!(alone.iter().zip(in_form).all(|(alone, form)| *alone > form));
    robot.point_at(Point::new(300.0, 400.0));
    let pointed = [first, second].map(|colour| count(&mut robot, colour));
    assert!(
        pointed
            .iter()
            .zip(alone)
            .all(|(pointed, alone)| *pointed > alone),
        "a dot on every line: {pointed:?} {alone:?}"
    );
    robot.press(Named::Escape);
    assert!(robot.find("Loss").is_some(), "the form is back");
}

#[test]
fn what_came_out_is_outdated_as_soon_as_something_is_changed_and_until_that_is_undone() {
    let folder = folder();
    let mut robot = learned(folder.path());
    command(&mut robot, Command::FormView);
    assert!(robot.find("Outdated").is_none());
    robot.enter("param learn.steps");
    robot.write("30");
    robot.press(Named::Enter);
    assert!(robot.find("Outdated").is_some());
    command(&mut robot, Command::Undo);
    assert!(robot.find("Outdated").is_none());
    command(&mut robot, Command::Redo);
    command(&mut robot, Command::Run);
    robot.settle();
    assert!(robot.find("Outdated").is_none());
}

/// What the token view says of a node before it has run.
fn untold(node: &str) -> String {
    format!("`{node}` has told no steps yet")
}

#[test]
fn the_steps_of_a_sampler_are_seen_under_its_new_name_and_under_the_old_one_after_undo() {
    let folder = folder();
    let text = "(format: 1, nodes: {\"lay\": (kind: \"test.lay\")}, \
                interface: (outputs: {\"steps\": \"lay.history\"}))";
    let mut robot = ran(folder.path(), text);
    command(&mut robot, Command::TokenView);
    let assert_shown = |robot: &mut Robot, node: &str| {
        assert_eq!(robot.find(&untold(node)), None);
        assert!(robot.find(&format!("{node}, step 1")).is_some(), "{node}");
    };
    assert_shown(&mut robot, "lay");

    let typed = inspector::Message::NameTyped(id("lay"), "sampler".into());
    robot.send(Message::Inspector(typed));
    robot.send(Message::Inspector(inspector::Message::NameSubmitted));
    assert!(
        robot
            .app
            .document()
            .graph()
            .nodes()
            .contains_key(&id("sampler"))
    );
    assert_shown(&mut robot, "sampler");
    command(&mut robot, Command::Undo);
    assert_shown(&mut robot, "lay");
    command(&mut robot, Command::Redo);
    assert_shown(&mut robot, "sampler");
}

#[test]
fn a_picture_carries_the_workflow_that_made_it_whatever_was_run_since() {
    let folder = folder();
    let text = "(format: 1, nodes: {\"a\": (kind: \"test.paint\"), \"b\": (kind: \"test.paint\")}, \
                interface: (params: {\"shade\": \"a.shade\"}))";
    let mut robot = ran(folder.path(), text);
    command(&mut robot, Command::FormView);
    robot.enter("param a.shade");
    robot.write("200");
    robot.press(Named::Enter);
    robot.send(Message::Inspector(inspector::Message::RunToHere(id("b"))));
    robot.settle();

    robot.send(Message::Form(form::Message::Opened(id("a"))));
    robot.send(Message::Viewer(viewer::Message::SaveAsked));
    robot.press(Named::Enter);
    robot.settle();
    let graph = carried(folder.path());
    let node = graph.node(&id("a")).expect("it is in the workflow");
    assert_eq!(node.params.get("shade"), None, "it was painted by default");
}

/// The workflow that the only picture in `folder` carries.
fn carried(folder: &Path) -> Graph {
    let entries = std::fs::read_dir(folder).expect("the folder is there");
    let mut paths = entries.map(|entry| entry.expect("it can be read").path());
    let path = paths.find(|path| path.extension().is_some_and(|ending| ending == "png"));
    let file = File::open(path.expect("a picture was saved")).expect("it can be read");
    let mut reader = png::Decoder::new(BufReader::new(file))
        .read_info()
        .expect("it is a picture");
    reader.finish().expect("it is whole");
    let text = reader.info().utf8_text[0].get_text().expect("it is text");
    let workflow = Workflow::read("picture", &text, &registry()).expect("it is a workflow");
    workflow.graph
}

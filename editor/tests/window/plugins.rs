//! Plugins: a real one that is trusted in the window, and how their list looks.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command as Program;
use std::sync::Arc;
use std::time::Duration;

use editor::app::Message;
use editor::chrome::toolbar;
use editor::command::Command;
use editor::host::Host;
use editor::plugins::{Answer, Inventory, Request, Shelf};
use editor::status::NodeStatus;
use graph::error::NodeError;
use graph::exchange::{Array, Element, Exchange, ExchangeError, Exchanged};
use graph::node::Node;
use graph::preview::Preview;
use graph::registry::Registry;
use graph::run::Run;
use graph::value::{Footprint, WireValue};
use iced::keyboard::key::Named;
use smalto_host::describe::{Description, Extensions};
use smalto_host::plugins::{Plugin, State};
use smalto_host::search::Places;
use smalto_host::worker::{self, Launch};

use crate::robot::Robot;
use crate::{command, folder, graph, host, id, select_of, shoot};

/// A picture as the plugin sees it.
#[derive(Clone)]
struct Raw(Array);

impl WireValue for Raw {
    const KIND: &'static str = "image";

    fn preview(&self) -> Preview {
        Preview::Text(format!("{:?}", self.0.shape()))
    }

    fn footprint(&self) -> Footprint {
        Footprint::host(self.0.bytes().len())
    }
}

impl Exchanged for Raw {
    fn to_array(&self) -> Array {
        self.0.clone()
    }

    fn from_array(array: &Array, _: &Run) -> Result<Self, ExchangeError> {
        Ok(Self(array.clone()))
    }
}

/// A picture.
#[derive(Clone, Debug, graph::Params)]
struct Made {}

#[derive(graph::Ports)]
struct Picture {
    /// The picture.
    image: Raw,
}

impl Node for Made {
    const ID: &'static str = "test.made";
    type Inputs = ();
    type Outputs = Picture;

    fn run(&self, (): (), _: &mut Run) -> Result<Picture, NodeError> {
        let array = Array::new(Element::F32, vec![1, 2, 2, 3], vec![0; 48]);
        Ok(Picture {
            image: Raw(array.expect("the numbers fill the picture")),
        })
    }
}

const WORKFLOW: &str = r#"(format: 1, plugins: {"org.smalto.invert": "^1"}, nodes: {
    "made": (kind: "test.made"),
    "other": (kind: "example.invert", version: 1),
}, wires: [("made.image", "other.image")], interface: (outputs: {"image": "other.image"}))"#;

/// Compiles the plugin in C of the examples into a folder of its own below `folder`.
fn install(folder: &Path) {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins/examples/invert");
    let include = examples.join("../../abi/include");
    let target = folder.join("invert");
    std::fs::create_dir_all(&target).expect("a folder can be made");
    let manifest = examples.join("plugin.toml");
    let _ = std::fs::copy(manifest, target.join("plugin.toml")).expect("it can be copied");
    let output = Program::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-I"])
        .arg(include)
        .arg(examples.join("invert.c"))
        .arg("-o")
        .arg(target.join("libinvert.so"))
        .output()
        .expect("there is a C compiler");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

fn shelf(folder: &Path, launch: Launch) -> Shelf {
    Shelf {
        places: Places {
            search: vec![folder.join("plugins")],
            trusted: folder.join("trusted.toml"),
            seen: folder.join("seen.json"),
        },
        launch,
        exchange: Exchange::default().with::<Raw>(),
    }
}

/// What the button says that leads from a node of an unknown kind to the plugins.
const LEAD: &str = "Plugins…";

#[test]
fn a_plugin_is_trusted_in_the_window_and_its_node_runs_at_once() {
    // The worker is this very program, which runs this test alone and gets no further than here.
    let arguments: Vec<OsString> = std::env::args_os().collect();
    if worker::is_asked_for(&arguments) {
        let _ = worker::main();
        std::process::exit(0);
    }
    let test = "plugins::a_plugin_is_trusted_in_the_window_and_its_node_runs_at_once";
    let launch = Launch {
        program: std::env::current_exe().expect("this is a program"),
        arguments: ["plugin-worker", test, "--exact", "--nocapture"]
            .map(OsString::from)
            .into(),
        patience: Duration::from_secs(60),
    };
    let folder = folder();
    install(&folder.path().join("plugins"));
    let file = folder.path().join("workflow.ron");
    std::fs::write(&file, WORKFLOW).expect("there is room");
    let mut kinds = Registry::default();
    let _ = kinds.add::<Made>();
    let host = Host {
        registry: Arc::new(kinds.clone()),
        plugins: shelf(folder.path(), launch),
        ..host(folder.path())
    };
    let mut robot = Robot::new(host, &[file], (1280, 800));
    select_of(&mut robot, &kinds, "other");
    assert!(robot.find("Run to here").is_some());

    robot.click(LEAD);
    robot.settle();
    assert!(robot.find("Not trusted").is_some());
    robot.write("t");
    robot.press(Named::ArrowRight);
    robot.press(Named::Enter);
    robot.settle();
    assert!(robot.find("Ready").is_some());
    robot.press(Named::Escape);
    assert!(robot.find("Ready").is_none());
    let said = robot.app.said().map(|said| said.words.as_str());
    let usable = "`org.smalto.invert` can be used: its nodes are in the search";
    assert_eq!(said, Some(usable));
    assert!(robot.find(LEAD).is_none(), "the placeholder is a node now");
    assert!(robot.find("org.smalto.invert 1.0.0").is_some());
    assert!(robot.find("· in a process of its own").is_some());

    command(&mut robot, Command::Delete);
    assert!(graph(&robot).plugins().is_empty(), "no node needs it");
    command(&mut robot, Command::Undo);
    assert!(graph(&robot).plugins().contains_key("org.smalto.invert"));

    command(&mut robot, Command::Run);
    robot.settle();
    let status = robot.app.statuses().get(&id("other"));
    assert!(
        matches!(status, Some(NodeStatus::Finished { .. })),
        "{status:?}"
    );

    robot.press(Named::Tab);
    robot.write("invert");
    assert!(robot.find("A plugin, in a process of its own").is_some());
    robot.press(Named::Escape);

    robot.write("p");
    robot.settle();
    robot.write("u");
    robot.settle();
    assert!(robot.find("Not trusted").is_some());
    robot.press(Named::Escape);
    assert!(
        robot.find(LEAD).is_some(),
        "the node is a placeholder again"
    );
    command(&mut robot, Command::Run);
    robot.settle();
    let said = robot.app.said().expect("it was told");
    assert!(said.words.contains("unknown kind"), "{said:?}");
}

fn found(name: &str, hash: &str, state: State) -> Plugin {
    let folder = Path::new("/home/ann/.local/share/smalto/plugins").join(name);
    Plugin {
        library: Some(folder.join(format!("lib{name}.so"))),
        folder,
        id: format!("org.smalto.{name}"),
        version: Some("1.0.0".into()),
        kinds: vec![format!("example.{name}")],
        sha256: Some(hash.into()),
        in_process: false,
        state,
    }
}

fn ready(name: &str) -> State {
    State::Ready(Box::new(Description {
        id: format!("org.smalto.{name}"),
        name: name.into(),
        version: "1.0.0".into(),
        licence: "MIT".into(),
        abi: (1, 0),
        nodes: Vec::new(),
        extensions: Extensions::default(),
    }))
}

#[test]
fn the_list_of_plugins_looks_as_in_the_documentation() {
    let folder = folder();
    let hash = "3f8a51c0d27be4966a0c8f1de57b29a41c6e03d5f7b8924ae1605d9c3b7f2e80";
    let crash = "it was ended by signal 11 (SIGSEGV)";
    let inventory = Inventory {
        found: vec![
            found("blur", hash, ready("blur")),
            found("halton", hash, ready("halton")),
            found("invert", hash, State::Untrusted),
            found("misbehave", hash, State::Quarantined(crash.into())),
        ],
        trusted: [].into(),
        trouble: None,
        registry: Arc::new(Registry::default()),
    };
    let places = Places {
        search: vec!["/home/ann/.local/share/smalto/plugins".into()],
        trusted: folder.path().join("trusted.toml"),
        seen: folder.path().join("seen.json"),
    };
    let host = Host {
        plugins: Shelf {
            places,
            ..Shelf::empty()
        },
        examples: folder.path().into(),
        ..host(folder.path())
    };
    let mut robot = Robot::new(host, &[], (1000, 660));
    robot.send(Message::Toolbar(toolbar::Message::Command(
        Command::Plugins,
    )));
    robot.settle();
    let answer = Answer {
        request: Request::Look,
        inventory,
        error: None,
    };
    robot.send(Message::Plugins(Box::new(answer), Vec::new()));
    robot.press(Named::ArrowDown);
    robot.press(Named::ArrowDown);
    shoot(&mut robot, "plugins");
}

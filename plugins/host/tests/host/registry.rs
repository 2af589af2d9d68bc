//! From a folder on this machine to a node of a workflow that runs.

use std::path::{Path, PathBuf};

use graph::engine::{Engine, RunOptions, Settings};
use graph::exchange::{Array, Exchange, ExchangeError, Exchanged};
use graph::plan::Plan;
use graph::preview::Preview;
use graph::registry::Registry;
use graph::run::{Resources, Run};
use graph::value::{Footprint, WireValue};
use graph::workflow::Workflow;
use smalto_host::consent::{ConsentError, scan, trust, trust_as_found, untrust};
use smalto_host::plugins::{Plugins, State};
use smalto_host::search::Places;
use tempfile::TempDir;

use crate::fixture::{compile, launch, picture, root};

/// A machine with a folder for plugins and files of its own.
struct Machine {
    folder: TempDir,
    places: Places,
}

impl Machine {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let at = |name: &str| folder.path().join(name);
        let places = Places {
            search: vec![at("plugins")],
            trusted: at("config/trusted.toml"),
            seen: at("cache/seen.json"),
        };
        Self { folder, places }
    }

    /// Installs an example in C as the folder `name`, compiled with these macros.
    fn install(&self, name: &str, example: &str, macros: &[&str]) -> PathBuf {
        let target = self.folder.path().join("plugins").join(name);
        std::fs::create_dir_all(&target).expect("a folder can be made");
        let manifest = root()
            .join("plugins/examples")
            .join(example)
            .join("plugin.toml");
        let _ = std::fs::copy(manifest, target.join("plugin.toml")).expect("it can be copied");
        let library = compile(&target, &format!("{example}/{example}.c"), macros);
        std::fs::rename(library, target.join(format!("lib{example}.so"))).expect("it was written");
        target
    }

    fn find(&self) -> Plugins {
        Plugins::find(&self.places, &launch()).expect("the files are right")
    }

    fn state(&self, folder: &Path) -> State {
        let found = self.find().found;
        let plugin = found.into_iter().find(|plugin| plugin.folder == folder);
        plugin.expect("it was installed").state
    }

    fn registry(&self) -> Registry {
        let mut registry = Registry::default();
        let exchange = Exchange::default().with::<Raw>();
        self.find().register(&mut registry, &exchange);
        registry
    }
}

/// A picture as these tests have it.
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

#[derive(Clone, Debug, graph::Params)]
/// A picture.
struct Source {}

#[derive(graph::Ports)]
struct Made {
    /// The picture.
    image: Raw,
}

impl graph::node::Node for Source {
    const ID: &'static str = "test.source";
    type Inputs = ();
    type Outputs = Made;

    fn run(&self, (): (), _: &mut Run) -> Result<Made, graph::error::NodeError> {
        Ok(Made {
            image: Raw(picture(6, 4)),
        })
    }
}

const TEXT: &str = r#"(format: 1, plugins: {"org.smalto.invert": "^1"}, nodes: {
    "made": (kind: "test.source", version: 1),
    "other": (kind: "example.invert", version: 1),
}, wires: [("made.image", "other.image")],
interface: (params: {}, outputs: {"image": "other.image"}))"#;

/// Everything that keeps the workflow from running, each with how to mend it.
fn problems(registry: &Registry) -> Vec<String> {
    let workflow = Workflow::read("test.ron", TEXT, registry).expect("what is unknown is kept");
    let errors = Plan::new(&workflow.graph, registry)
        .map(|_| ())
        .err()
        .unwrap_or_default();
    let said = errors.iter();
    said.map(|error| format!("{error}: {}", error.hint().unwrap_or_default()))
        .collect()
}

#[test]
fn a_plugin_is_installed_trusted_and_runs_in_a_workflow() {
    let machine = Machine::new();
    let registry = |machine: &Machine| {
        let mut registry = machine.registry();
        let _ = registry.add::<Source>();
        registry
    };
    let said = problems(&registry(&machine));
    assert_eq!(
        said,
        [
            "node `other` is of the unknown kind `example.invert`: the workflow needs the plugin `org.smalto.invert` (^1): install it, `smalto plugins list` says where plugins are looked for"
        ]
    );

    let folder = machine.install("invert", "invert", &[]);
    assert_eq!(machine.state(&folder), State::Untrusted);
    let said = problems(&registry(&machine));
    assert_eq!(
        said,
        [
            "node `other` is of the unknown kind `example.invert`: the plugin `org.smalto.invert` brings it, but you have not said that you trust it: if you do, `smalto plugins trust org.smalto.invert` lets its code run on this machine"
        ]
    );

    for in_process in [false, true] {
        let consent = trust(&machine.places, "org.smalto.invert", in_process);
        assert_eq!(consent.expect("it is there").trusted.in_process, in_process);
        let registry = registry(&machine);
        assert_eq!(problems(&registry), Vec::<String>::new());
        let workflow = Workflow::read("test.ron", TEXT, &registry).expect("it is right");
        let plan = Plan::new(&workflow.graph, &registry).expect("nothing keeps it");
        let engine = Engine::new(Settings {
            workers: 2,
            budget: Footprint::host(1 << 20),
            device_class: "cpu".into(),
            resources: Resources::default(),
        });
        let outcome = engine.run(
            &plan,
            &RunOptions::default(),
            &graph::run::Cancel::default(),
            |_| {},
        );
        assert_eq!(outcome.failed, Vec::new());
        let image = outcome.outputs["image"][0]
            .get::<Raw>()
            .expect("it is a picture");
        let (words, _) = image.0.bytes().as_chunks::<4>();
        assert_eq!(f32::from_ne_bytes(words[0]), 1.0, "the first number was 0");
    }

    assert_eq!(untrust(&machine.places, "org.smalto.invert").ok(), Some(1));
    assert_eq!(machine.state(&folder), State::Untrusted);
}

#[test]
fn another_build_is_another_library_and_a_wrong_hash_is_refused() {
    let machine = Machine::new();
    let folder = machine.install("invert", "invert", &[]);
    let consent = trust(&machine.places, "org.smalto.invert", false).expect("it is there");
    assert!(matches!(machine.state(&folder), State::Ready(_)));
    let library = folder.join("libinvert.so");
    let mut bytes = std::fs::read(&library).expect("it was written");
    bytes.push(0);
    std::fs::write(&library, bytes).expect("a file can be written");
    assert_eq!(machine.state(&folder), State::Untrusted);

    let manifest = folder.join("plugin.toml");
    let text = std::fs::read_to_string(&manifest).expect("it was copied");
    let text = format!("{text}\nsha256 = \"{}\"\n", consent.sha256);
    std::fs::write(&manifest, text).expect("a file can be written");
    match machine.state(&folder) {
        State::Broken(finding) => assert!(
            finding.problem.contains("but its manifest says"),
            "{finding}"
        ),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_library_that_was_shown_is_trusted_and_no_other() {
    let machine = Machine::new();
    let folder = machine.install("invert", "invert", &[]);
    let shown = machine.find().found.remove(0);
    let library = folder.join("libinvert.so");
    let bytes = std::fs::read(&library).expect("it was written");
    std::fs::write(&library, [&bytes[..], b"more"].concat()).expect("a file can be written");
    let refused = trust_as_found(&machine.places, &shown, false);
    let refused = refused.expect_err("it is another one");
    assert!(
        matches!(refused, ConsentError::Exchanged { .. }),
        "{refused}"
    );
    assert_eq!(machine.state(&folder), State::Untrusted);

    std::fs::write(&library, bytes).expect("a file can be written");
    let consent = trust_as_found(&machine.places, &shown, true).expect("it is the one");
    assert_eq!(Some(consent.sha256), shown.sha256);
    let ready = machine.find().found.remove(0);
    assert!(matches!(ready.state, State::Ready(_)) && ready.in_process);
}

#[test]
fn a_library_that_is_exchanged_while_the_program_runs_is_not_loaded() {
    let machine = Machine::new();
    let folder = machine.install("misbehave", "misbehave", &[]);
    for in_process in [false, true] {
        let _ = trust(&machine.places, "org.smalto.misbehave", in_process).expect("it is there");
        let registry = machine.registry();
        let entry = registry.get("example.misbehave").expect("it can be used");
        let node = entry.build(&graph::param::ParamValues::new());
        let node = node.unwrap_or_else(|errors| panic!("{errors:?}"));
        let library = folder.join("libmisbehave.so");
        let bytes = std::fs::read(&library).expect("it was written");
        // In place of the file, not into it: it may be mapped.
        std::fs::remove_file(&library).expect("it was written");
        std::fs::write(&library, [&bytes[..], b"more"].concat()).expect("a file can be written");
        let mut inputs = graph::port::Values::default();
        inputs.push("image", graph::value::Value::new(Raw(picture(3, 3))));
        let ended = node.call(&inputs, &mut Run::alone(Resources::default()));
        let problem = ended.expect_err("it was exchanged").problem();
        assert!(
            problem.contains("is not the one any more that you trusted"),
            "{problem}"
        );
        std::fs::write(&library, bytes).expect("a file can be written");
    }
}

#[test]
fn two_plugins_of_one_kind_are_both_left_out_and_both_named() {
    let machine = Machine::new();
    let folders = [
        machine.install("a", "invert", &[]),
        machine.install("b", "invert", &[]),
    ];
    let path = folders[0].to_string_lossy().into_owned();
    let _ = trust(&machine.places, &path, false).expect("it is there");
    for folder in &folders {
        let State::Broken(finding) = machine.state(folder) else {
            panic!("it can be used");
        };
        for folder in &folders {
            let library = folder.join("libinvert.so").display().to_string();
            assert!(finding.problem.contains(&library), "{finding}");
        }
    }
    let _ = trust(&machine.places, "org.smalto.invert", false).expect_err("which one?");
}

#[test]
fn a_kind_that_is_built_in_cannot_be_claimed() {
    let machine = Machine::new();
    let _ = machine.install("invert", "invert", &[]);
    let _ = trust(&machine.places, "org.smalto.invert", false).expect("it is there");
    let mut registry = machine.registry();
    let built_in = registry
        .get("example.invert")
        .expect("it can be used")
        .clone();
    registry = Registry::default();
    let _ = registry.insert(built_in);
    let mut plugins = machine.find();
    plugins.register(&mut registry, &Exchange::default());
    match &plugins.found[0].state {
        State::Broken(finding) => {
            assert!(
                finding
                    .problem
                    .contains("`example.invert`, which is built in"),
                "{finding}"
            );
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_crashes_when_it_is_looked_at_is_not_touched_again_until_it_is_asked_for() {
    let machine = Machine::new();
    let folder = machine.install("misbehave", "misbehave", &["SIN_ENTRY_SEGFAULT"]);
    let _ = trust(&machine.places, "org.smalto.misbehave", false).expect("it is there");
    let quarantined =
        |state: &State| matches!(state, State::Quarantined(reason) if reason.contains("SIGSEGV"));
    assert!(quarantined(&machine.state(&folder)));
    // Nobody could start this worker: what is known comes from the file.
    let mut nothing = launch();
    nothing.program = "/nowhere".into();
    let found = Plugins::find(&machine.places, &nothing)
        .expect("the files are right")
        .found;
    assert!(quarantined(&found[0].state), "{:?}", found[0].state);
    let again = scan(&machine.places, &launch(), Some("org.smalto.misbehave"));
    let again = again.expect("it is there").found;
    assert!(
        quarantined(&again[0].state),
        "it was looked at anew, and crashed anew"
    );
    let unseen = scan(&machine.places, &nothing, None)
        .expect("it is there")
        .found;
    assert!(
        matches!(unseen[0].state, State::Broken(_)),
        "{:?}",
        unseen[0].state
    );
}

#[test]
fn what_is_no_value_of_its_kind_does_not_reach_another_node() {
    let machine = Machine::new();
    let _ = machine.install("misbehave", "misbehave", &[]);
    let _ = trust(&machine.places, "org.smalto.misbehave", false).expect("it is there");
    let registry = machine.registry();
    let entry = registry.get("example.misbehave").expect("it can be used");
    let mut inputs = graph::port::Values::default();
    inputs.push("image", graph::value::Value::new(Raw(picture(3, 3))));
    for (how, expected) in [
        ("wrong_type", "expected image, found text"),
        (
            "wrong_rank",
            "expected f32 [batch, height, width, 3], found f32 [1, 2, 2]",
        ),
        ("wrong_channels", "found f32 [1, 2, 1, 4]"),
        ("wrong_element", "found u8 [1, 2, 2, 3]"),
    ] {
        let params = [("how".into(), graph::param::ParamValue::Text(how.into()))].into();
        let node = entry
            .build(&params)
            .unwrap_or_else(|errors| panic!("{errors:?}"));
        let mut run = Run::alone(Resources::default());
        let problem = node.call(&inputs, &mut run).expect_err(how).problem();
        assert!(
            problem.contains("output `image`: ") && problem.contains(expected),
            "{problem}"
        );
    }
}

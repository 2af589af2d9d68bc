//! Plugins of other versions of the header.

use smalto_host::instance::{Datum, Instance, Job};
use smalto_host::worker::Worker;
use smalto_host::worker::client::look;

use crate::fixture::{Listener, compile_with, launch, misbehave, picture, root};

fn invert() -> Job {
    let mut job = misbehave("nothing");
    job.kind = "example.invert".into();
    job.params = [("keep_hue".into(), graph::param::ParamValue::Bool(false))].into();
    job
}

/// The header with these changes, each of which must find its place once.
fn changed(text: &str, changes: &[(&str, &str)]) -> String {
    changes.iter().fold(text.to_owned(), |text, (from, to)| {
        assert_eq!(text.matches(from).count(), 1, "{from}");
        text.replace(from, to)
    })
}

/// What version 1.0 had not.
const EARLIER: &[(&str, &str)] = &[
    ("#define SMALTO_ABI_MINOR 1", "#define SMALTO_ABI_MINOR 0"),
    (
        "    SMALTO_NODE_DEPRECATED = 32,\n",
        "    SMALTO_NODE_DEPRECATED = 32\n};\n#if 0\n",
    ),
    (
        "    SMALTO_NODE_CUDA = 64\n};\n",
        "    SMALTO_NODE_CUDA = 64\n#endif\n",
    ),
];

/// What a later version may have more.
const LATER: &[(&str, &str)] = &[
    ("#define SMALTO_ABI_MINOR 1", "#define SMALTO_ABI_MINOR 2"),
    (
        "} smalto_run;",
        "    void (*appended)(void *context);\n} smalto_run;",
    ),
    (
        "} smalto_node;",
        "    const char *appended[9];\n} smalto_node;",
    ),
    (
        "} smalto_plugin;",
        "    uint64_t appended[40];\n} smalto_plugin;",
    ),
    ("} smalto_value;", "    uint64_t appended;\n} smalto_value;"),
    (
        "} smalto_migrate;",
        "} smalto_migrate;\n#define SMALTO_LATER \"smalto.later/1\"",
    ),
];

/// A plugin is compiled against version 1.0, this one and a later one, in which something was appended to structures
/// of both sides and an extension was added; this host runs them all.
#[test]
fn a_plugin_of_an_older_or_a_newer_header_works() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let now = root().join("plugins/abi/include");
    let text = std::fs::read_to_string(now.join("smalto_plugin.h")).expect("the header is there");
    let written = |name: &str, changes: &[(&str, &str)]| {
        let include = folder.path().join(name);
        std::fs::create_dir(&include).expect("a folder can be made");
        let text = changed(&text, changes);
        std::fs::write(include.join("smalto_plugin.h"), text).expect("a file can be written");
        include
    };
    let earlier = written("earlier", EARLIER);
    let later = written("later", LATER);

    let source = root().join("plugins/examples/invert/invert.c");
    for (include, minor) in [(earlier, 0), (now, 1), (later, 2)] {
        let library = compile_with(folder.path(), &source, &include, &[]);
        let description = look(&launch(), &library).expect("it can be used");
        assert_eq!(description.abi, (1, minor));
        let worker = Worker::new("org.smalto.invert", launch(), library.clone());
        let outputs = worker.run(&invert(), &Listener::default());
        let outputs = outputs.unwrap_or_else(|fault| panic!("1.{minor}: {fault}"));
        let Datum::Array(array) = &outputs["image"] else {
            panic!("it is no picture");
        };
        let numbers = |bytes: &[u8]| -> Vec<f32> {
            let (words, _) = bytes.as_chunks::<4>();
            words.iter().map(|word| f32::from_ne_bytes(*word)).collect()
        };
        let before = numbers(picture(4, 5).bytes());
        let expected: Vec<f32> = before.iter().map(|number| 1.0 - number).collect();
        assert_eq!(numbers(array.bytes()), expected, "1.{minor}");
        std::fs::remove_file(library).expect("it was written");
    }
}

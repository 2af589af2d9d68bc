//! Libraries to load, compiled where a test asks for them, and what they are given.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::time::Duration;

use graph::exchange::{Array, Element};
use graph::param::{ParamValue, ParamValues};
use smalto_host::instance::{Datum, Job, Watch};
use smalto_host::worker::Launch;

/// Where the repository lies.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Compiles a C file of the examples into `folder`, with these macros.
pub fn compile(folder: &Path, source: &str, macros: &[&str]) -> PathBuf {
    let path = root().join("plugins/examples").join(source);
    let include = root().join("plugins/abi/include");
    compile_with(folder, &path, &include, macros)
}

/// Compiles any C file against the header in `include`.
pub fn compile_with(folder: &Path, source: &Path, include: &Path, macros: &[&str]) -> PathBuf {
    let stem = source
        .file_stem()
        .expect("the source is a file")
        .to_string_lossy();
    let library = folder.join(format!("lib{stem}{}.so", macros.join("")));
    let output = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-I"])
        .arg(include)
        .args(macros.iter().map(|name| format!("-D{name}")))
        .arg(source)
        .arg("-o")
        .arg(&library)
        .output()
        .expect("there is a C compiler");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    library
}

/// The worker of these tests.
pub fn launch() -> Launch {
    Launch {
        program: env!("CARGO_BIN_EXE_smalto-plugin-worker").into(),
        arguments: Vec::new(),
        patience: Duration::from_secs(60),
    }
}

/// A picture in which no two numbers are alike.
pub fn picture(height: usize, width: usize) -> Array {
    let count = height * width * 3;
    let numbers = (0..count).map(|at| at as f32 / count as f32);
    let bytes: Vec<u8> = numbers.flat_map(f32::to_ne_bytes).collect();
    Array::new(Element::F32, vec![1, height, width, 3], bytes)
        .expect("the numbers fill the picture")
}

/// The node `example.misbehave`, told to go wrong in this way.
pub fn misbehave(how: &str) -> Job {
    Job {
        kind: "example.misbehave".into(),
        params: ParamValues::from([
            ("how".into(), ParamValue::Text(how.into())),
            ("amount".into(), ParamValue::Float(0.5)),
        ]),
        inputs: BTreeMap::from([("image".into(), vec![Datum::Array(picture(4, 5))])]),
        base: std::env::temp_dir(),
    }
}

/// Keeps what it is told, and may be cancelled.
#[derive(Default)]
pub struct Listener {
    pub heard: Mutex<Vec<String>>,
    pub is_cancelled: std::sync::atomic::AtomicBool,
}

impl Watch for Listener {
    fn progress(&self, done: u64, total: u64, note: &str) {
        self.hear(format!("progress {done} of {total} {note}"));
    }

    fn preview(&self, kind: &str, value: Datum) {
        self.hear(format!("preview {kind} {value:?}"));
    }

    fn log(&self, _: u32, line: &str) {
        self.hear(format!("log {line}"));
    }

    fn is_cancelled(&self) -> bool {
        self.is_cancelled.load(std::sync::atomic::Ordering::Relaxed)
    }
}

impl Listener {
    fn hear(&self, line: String) {
        self.heard.lock().expect("nobody panics").push(line);
    }
}

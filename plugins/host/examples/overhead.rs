//! What a worker process costs over the same plugin in this process: `cargo run --release -p smalto-host --example overhead`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use graph::exchange::{Array, Element};
use graph::param::{ParamValue, ParamValues};
use smalto_host::instance::{Datum, Instance, Job, Watch};
use smalto_host::library::Library;
use smalto_host::worker::{Launch, PATIENCE, Worker};

struct Quiet;

impl Watch for Quiet {
    fn progress(&self, _: u64, _: u64, _: &str) {}

    fn preview(&self, _: &str, _: Datum) {}

    fn is_cancelled(&self) -> bool {
        false
    }
}

fn main() -> ExitCode {
    if std::env::args().any(|argument| argument == "plugin-worker") {
        return smalto_host::worker::main();
    }
    match measure() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let library = compile(folder.path())?;
    let here =
        Library::open(&library, Box::new(|_, _| {})).map_err(|found| format!("{found:?}"))?;
    let launch = Launch {
        program: std::env::current_exe()?,
        arguments: vec!["plugin-worker".into()],
        patience: PATIENCE,
    };
    let worker = Worker::new("org.smalto.misbehave", launch, &library);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!("load of the machine: {}", load.trim());

    let large = job(1024)?;
    let (direct, through) = (median(&here, &large)?, median(&worker, &large)?);
    println!(
        "1024 x 1024 picture, median of 101 calls: {direct:.2?} in process, {through:.2?} through a worker"
    );
    println!("overhead: {:.2?}", through.saturating_sub(direct));
    let small = job(2)?;
    for (place, instance) in [
        ("in process", &here as &dyn Instance),
        ("through a worker", &worker),
    ] {
        let began = Instant::now();
        for _ in 0..10_000 {
            let _ = instance.run(&small, &Quiet)?;
        }
        println!("10,000 small calls {place}: {:.2?}", began.elapsed());
    }
    Ok(())
}

/// Both results and the picture itself are let go of before the next call, as the engine does.
fn median(instance: &dyn Instance, job: &Job) -> Result<Duration, Box<dyn std::error::Error>> {
    let mut took = Vec::new();
    for _ in 0..106 {
        let began = Instant::now();
        let outputs = instance.run(job, &Quiet)?;
        took.push(began.elapsed());
        drop(outputs);
    }
    // The first few make the memory that the others use again.
    let mut took = took.split_off(5);
    took.sort();
    Ok(took[took.len() / 2])
}

fn compile(folder: &Path) -> Result<PathBuf, Box<dyn std::error::Error>> {
    let plugins = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let library = folder.join("libmisbehave.so");
    let status = Command::new("cc")
        .args(["-O2", "-shared", "-fPIC", "-I"])
        .arg(plugins.join("abi/include"))
        .arg(plugins.join("examples/misbehave/misbehave.c"))
        .arg("-o")
        .arg(&library)
        .status()?;
    if !status.success() {
        return Err("the example cannot be compiled".into());
    }
    Ok(library)
}

/// The node that hands on what it is given.
fn job(side: usize) -> Result<Job, Box<dyn std::error::Error>> {
    let count = side * side * 3;
    let numbers = (0..count).map(|at| at as f32 / count as f32);
    let bytes: Vec<u8> = numbers.flat_map(f32::to_ne_bytes).collect();
    let image = Array::new(Element::F32, vec![1, side, side, 3], bytes)?;
    Ok(Job {
        kind: "example.misbehave".into(),
        params: ParamValues::from([
            ("how".into(), ParamValue::Text("nothing".into())),
            ("amount".into(), ParamValue::Float(0.5)),
        ]),
        inputs: BTreeMap::from([("image".into(), vec![Datum::Array(image)])]),
        base: ".".into(),
    })
}

use std::sync::Mutex;

use burn::tensor::Tensor;
use graph::preview::Preview;
use graph::run::Reporter;
use graph::value::Footprint;

use super::*;
use crate::output::png::read_texts;
use crate::value::{Codec, Image, Tokenizer};

/// Draws each code as two by two pixels of a grey of its own.
struct Greys(u32);

impl Codec for Greys {
    fn codebook(&self) -> u32 {
        self.0
    }

    fn stride(&self) -> usize {
        2
    }

    fn encode(&self, _: &Image) -> Result<Tokens, NodeError> {
        Err(NodeError::failed("greys have no codes", "draw them"))
    }

    fn decode(&self, tokens: &Tokens) -> Result<Image, NodeError> {
        let grid = tokens.grid();
        let lines = tokens.codes().chunks(grid.columns).flat_map(|line| {
            let line: Vec<u8> = line.iter().flat_map(|code| [*code as u8 * 16; 6]).collect();
            line.repeat(2)
        });
        let bytes: Vec<u8> = lines.collect();
        let size = [tokens.batch(), grid.rows * 2, grid.columns * 2];
        Image::from_bytes(&bytes, size, &Device::flex())
            .map_err(|error| NodeError::failed(error, "draw whole pictures"))
    }

    fn vectors(&self) -> Tensor<2> {
        Tensor::zeros([self.0 as usize, 1], &Device::flex())
    }

    fn describe(&self) -> String {
        "greys".into()
    }

    fn hash(&self) -> String {
        String::new()
    }

    fn footprint(&self) -> Footprint {
        Footprint::default()
    }
}

/// Trains with a tokenizer at hand, and hears what is reported.
fn heard(
    node: &TrainGce,
    codes: Option<u32>,
    folder: &Path,
    reporter: Arc<dyn Reporter>,
    cancel: Cancel,
) -> Result<Outputs, NodeError> {
    let resources = Resources::default().with(Compute::cpu());
    let mut run = Run::new(folder, cancel, reporter, Arc::new(resources));
    let inputs = Inputs {
        denoiser: Denoiser::new(denoiser()),
        dataset: Dataset::new(Patterns),
        tokenizer: codes.map(|codes| Tokenizer::new(Greys(codes))),
        groups: None,
    };
    node.run(inputs, &mut run)
}

fn painted(node: &TrainGce, folder: &Path) -> Result<Outputs, NodeError> {
    heard(node, Some(16), folder, Arc::new(Silent), Cancel::default())
}

fn sheets(changes: &[(&'static str, ParamValue)]) -> TrainGce {
    let mut all = vec![
        ("sheets", ParamValue::Text("runs/sheets".into())),
        ("sheet_every", ParamValue::Int(5)),
        ("sheet_steps", ParamValue::Int(3)),
    ];
    all.extend_from_slice(changes);
    node(&all)
}

/// The sheets in a folder: names and bytes, in order.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let files = std::fs::read_dir(folder.join("runs/sheets")).expect("it was made");
    let mut files: Vec<(String, Vec<u8>)> = files
        .map(|file| {
            let file = file.expect("it can be read");
            let bytes = std::fs::read(file.path()).expect("it can be read");
            (file.file_name().to_string_lossy().into_owned(), bytes)
        })
        .collect();
    files.sort();
    files
}

fn names(files: &[(String, Vec<u8>)]) -> Vec<&str> {
    files.iter().map(|(name, _)| &**name).collect()
}

/// Keeps what is shown, and stops the run at the first of it where that is wanted.
#[derive(Default)]
struct Shown {
    previews: Mutex<Vec<Preview>>,
    stops: Option<Cancel>,
}

impl Reporter for Shown {
    fn progress(&self, _: u64, _: u64) {}

    fn preview(&self, preview: Preview) {
        let mut previews = self.previews.lock().expect("no test panics with it");
        previews.push(preview);
        if let Some(cancel) = &self.stops {
            cancel.cancel();
        }
    }

    fn note(&self, _: &str) {}
}

#[test]
fn sheets_are_painted_on_the_way_and_at_the_end_and_change_nothing_of_what_is_learnt() {
    let folder = tempfile::tempdir().expect("the system has a folder for temporary files");
    let plain = train(&node(&[]), None, folder.path()).expect("everything fits");
    let reporter = Arc::new(Shown::default());
    let shown = heard(
        &sheets(&[]),
        Some(16),
        folder.path(),
        reporter.clone(),
        Cancel::default(),
    );
    assert_eq!(hash(&plain), hash(&shown.expect("everything fits")));

    let files = files(folder.path());
    let wanted = [
        "step-00000005.png",
        "step-00000010.png",
        "step-00000012.png",
    ];
    assert_eq!(names(&files), wanted);
    assert_ne!(files[0].1, files[2].1, "more was learnt meanwhile");
    // The fourth caption of the dataset is too long for the denoiser.
    let texts = read_texts(&files[0].1).expect("it is a PNG file");
    assert_eq!(
        texts,
        [("Description".to_owned(), "red\ngreen\nblue".to_owned())]
    );

    let previews = reporter.previews.lock().expect("no test panics with it");
    assert_eq!(previews.len(), 3, "of the sheets alone");
    let Some(Preview::Images(sheet)) = previews.first() else {
        panic!("{previews:?}");
    };
    // Two by two pictures of 12 × 8 pixels, with 4 between.
    assert_eq!((sheet[0].width, sheet[0].height), (28, 20));
}

#[test]
fn a_run_that_goes_on_paints_the_sheets_of_one_that_was_not_stopped() {
    let whole = tempfile::tempdir().expect("the system has a folder for temporary files");
    let parts = tempfile::tempdir().expect("the system has a folder for temporary files");
    let given = [
        ("checkpoint", ParamValue::Text("checkpoint".into())),
        ("resume", ParamValue::Bool(true)),
        (
            "sheet_captions",
            ParamValue::Text("blue\n\n green \n".into()),
        ),
    ];
    let unbroken = painted(&sheets(&given), whole.path()).expect("everything fits");

    let cancel = Cancel::default();
    let stopper = Shown {
        stops: Some(cancel.clone()),
        ..Shown::default()
    };
    let stopped = heard(
        &sheets(&given),
        Some(16),
        parts.path(),
        Arc::new(stopper),
        cancel,
    );
    assert_eq!(stopped.err(), Some(NodeError::Cancelled));
    assert_eq!(names(&files(parts.path())), ["step-00000005.png"]);
    let resumed = painted(&sheets(&given), parts.path()).expect("everything fits");
    assert_eq!(hash(&unbroken), hash(&resumed));
    assert!(
        files(whole.path()) == files(parts.path()),
        "{:?}",
        names(&files(parts.path()))
    );
}

#[test]
fn a_cancelled_run_ends_in_the_middle_of_a_sheet_with_a_checkpoint() {
    let folder = tempfile::tempdir().expect("the system has a folder for temporary files");
    let given = [
        ("checkpoint", ParamValue::Text("checkpoint".into())),
        ("resume", ParamValue::Bool(true)),
        ("sheet_every", ParamValue::Int(1)),
    ];
    // Told of the first step's end, it is stopped; the sheet of that step comes next.
    let cancel = Cancel::default();
    let stopper = Arc::new(Stopper {
        cancel: cancel.clone(),
        at: 1,
    });
    let stopped = heard(&sheets(&given), Some(16), folder.path(), stopper, cancel);
    assert_eq!(stopped.err(), Some(NodeError::Cancelled));
    assert_eq!(names(&files(folder.path())), [""; 0]);
    let resumed = painted(&sheets(&given), folder.path()).expect("everything fits");
    let whole = train(&node(&[]), None, folder.path()).expect("everything fits");
    assert_eq!(hash(&whole), hash(&resumed));
    assert_eq!(files(folder.path()).len(), 11, "from the second step on");
}

#[test]
fn sheets_that_cannot_be_painted_are_refused_before_anything_is_learnt() {
    let folder = tempfile::tempdir().expect("the system has a folder for temporary files");
    let refused = |node: &TrainGce, codes: Option<u32>| {
        let result = heard(
            node,
            codes,
            folder.path(),
            Arc::new(Silent),
            Cancel::default(),
        );
        result.err().expect("it does not fit").to_string()
    };
    let message = refused(&sheets(&[]), None);
    assert!(message.contains("wire the tokenizer, or leave `sheets` empty"));
    let message = refused(&sheets(&[]), Some(8));
    assert!(
        message.contains("16 codes, as the denoiser has"),
        "{message}"
    );
    let long = ParamValue::Text("red green blue red".into());
    let message = refused(&sheets(&[("sheet_captions", long)]), Some(16));
    assert!(
        message.contains("the caption `red green blue red` of `sheet_captions` does not fit"),
        "{message}"
    );
    std::fs::write(folder.path().join("file"), "").expect("there is room");
    let inside = ParamValue::Text("file/sheets".into());
    let message = refused(&sheets(&[("sheets", inside)]), Some(16));
    for part in [
        "cannot make the folder of the sheets",
        "choose another folder for `sheets`",
        "file/sheets",
    ] {
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn a_sheet_that_cannot_be_written_stops_behind_a_checkpoint() {
    let folder = tempfile::tempdir().expect("the system has a folder for temporary files");
    // A folder stands where the sheet should.
    let place = folder.path().join("runs/sheets/step-00000005.png/inside");
    std::fs::create_dir_all(place).expect("there is room");
    let given = [("checkpoint", ParamValue::Text("checkpoint".into()))];
    let message = painted(&sheets(&given), folder.path())
        .err()
        .expect("the place is taken")
        .to_string();
    for part in [
        "the sheet cannot be written",
        "step-00000005.png",
        "choose another folder for `sheets`, and go on from the last checkpoint with `resume`",
    ] {
        assert!(message.contains(part), "{message}");
    }
    assert!(folder.path().join("checkpoint").exists());
}

//! Datasets out of folders, archives and files of codes: whole ones and broken ones.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex};

use graph::node::AnyNode;
use graph::param::{ParamValue, ParamValues};
use graph::port::Values;
use graph::preview::Preview;
use graph::registry::Registry;
use graph::run::{Cancel, Reporter, Resources, Run};

use super::encoded::{EncodedHeader, EncodedPictures, write_encoded};
use super::{Part, ReadDataset, folder};
use crate::input::scenes::tests::EMOJI;
use crate::value::{Dataset, Example, Grid, Pixels, Samples, Truth, TruthObject};

/// Keeps what a node says.
#[derive(Default)]
struct Notes(Mutex<Vec<String>>);

impl Reporter for Notes {
    fn progress(&self, _: u64, _: u64) {}

    fn preview(&self, _: Preview) {}

    fn note(&self, line: &str) {
        self.0
            .lock()
            .expect("no other test panics with it")
            .push(line.into());
    }
}

fn read(path: &Path, params: &[(&str, ParamValue)]) -> Result<Dataset, String> {
    told(path, params).map(|(dataset, _)| dataset)
}

/// The dataset, and what was said of it.
fn told(path: &Path, params: &[(&str, ParamValue)]) -> Result<(Dataset, Vec<String>), String> {
    let mut registry = Registry::default();
    let _ = registry.add::<ReadDataset>();
    let mut values = ParamValues::from([
        (
            "path".into(),
            ParamValue::Text(path.to_string_lossy().into()),
        ),
        ("size".into(), ParamValue::Int(16)),
    ]);
    for (name, value) in params {
        let _ = values.insert((*name).into(), value.clone());
    }
    let entry = registry.get("input.dataset").expect("added above");
    let node: Box<dyn AnyNode> = entry
        .build(&values)
        .map_err(|errors| errors[0].to_string())?;
    let notes = Arc::new(Notes::default());
    let resources = Arc::new(Resources::default());
    let mut run = Run::new(".", Cancel::default(), notes.clone(), resources);
    let outputs = node
        .call(&Values::default(), &mut run)
        .map_err(|error| error.to_string())?;
    let dataset = outputs.one("dataset").map_err(|error| error.to_string())?;
    let notes = notes.0.lock().expect("no other test panics with it");
    Ok((dataset, notes.clone()))
}

fn fails(path: &Path, params: &[(&str, ParamValue)], expected: &[&str]) {
    let error = match read(path, params) {
        Ok(dataset) => panic!("read {} pictures of {}", dataset.len(), path.display()),
        Err(error) => error,
    };
    for part in expected {
        assert!(error.contains(part), "{error}");
    }
}

fn text(value: &str) -> ParamValue {
    ParamValue::Text(value.into())
}

fn part(part: Part) -> (&'static str, ParamValue) {
    use graph::param::Choice;
    ("split", text(part.name()))
}

fn png(colour: [u8; 4]) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::RgbaImage::from_pixel(4, 2, image::Rgba(colour))
        .write_to(&mut bytes, image::ImageFormat::Png)
        .expect("a small picture is written to memory");
    bytes.into_inner()
}

fn write(folder: &Path, name: &str, content: &[u8]) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().expect("it lies in a folder")).expect("a folder is made");
    std::fs::write(path, content).expect("a file is written");
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("there is room for a folder")
}

fn captions(dataset: &Dataset) -> Vec<String> {
    (0..dataset.len())
        .map(|index| dataset.get(index).expect("it was decoded before").caption)
        .collect()
}

fn pixel(example: &Example, row: usize, column: usize) -> ([u8; 3], bool) {
    match &example.pixels {
        Pixels::Raw {
            width,
            bytes,
            foreground,
            ..
        } => {
            let at = row * width + column;
            let colour = [bytes[at * 3], bytes[at * 3 + 1], bytes[at * 3 + 2]];
            (colour, foreground[at])
        }
        Pixels::Codes { .. } => panic!("the example is no picture"),
    }
}

#[test]
fn a_folder_is_read_with_its_captions() {
    let folder = folder();
    write(folder.path(), "b.png", &png([0, 0, 255, 255]));
    write(folder.path(), "b.txt", b"a blue bar\n");
    write(folder.path(), "a.png", &png([255, 0, 0, 128]));
    write(folder.path(), "notes.md", b"no picture");
    write(folder.path(), "more/c.svg", b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><rect width='9' height='9' fill='lime'/></svg>");
    write(folder.path(), "more/unlisted.png", b"never read");
    write(
        folder.path(),
        "more/captions.csv",
        b"file,caption\nc.svg,a green square\n",
    );

    let dataset = read(folder.path(), &[]).expect("all is whole");
    assert_eq!(captions(&dataset), ["", "a blue bar", "a green square"]);
    let red = dataset.get(0).expect("it was decoded before");
    assert_eq!(pixel(&red, 0, 0), ([255, 255, 255], false));
    assert_eq!(pixel(&red, 8, 8), ([255, 127, 127], true));
    let green = dataset.get(2).expect("it was decoded before");
    assert_eq!(pixel(&green, 0, 0), ([0, 255, 0], true));
    assert_eq!(green.family, "more");

    let black = read(folder.path(), &[("background", text("#000000"))]).expect("all is whole");
    let red = black.get(0).expect("it was decoded before");
    assert_eq!(pixel(&red, 0, 0), ([0, 0, 0], false));
    assert_eq!(pixel(&red, 8, 8), ([128, 0, 0], true));
    assert!(dataset.get(3).is_err());
}

#[test]
fn unreadable_pictures_are_named_or_counted() {
    let folder = folder();
    write(folder.path(), "good.png", &png([9, 9, 9, 255]));
    write(folder.path(), "cut.png", &png([9, 9, 9, 255])[..40]);
    fails(
        folder.path(),
        &[],
        &["cut.png", "no readable picture", "skip_unreadable"],
    );
    write(folder.path(), "empty.png", b"");
    write(folder.path(), "text.webp", b"no picture");
    let skip = [("skip_unreadable", ParamValue::Bool(true))];
    let (dataset, notes) = told(folder.path(), &skip).expect("one is whole");
    assert_eq!(dataset.len(), 1);
    assert!(
        notes[0].starts_with("3 of 4 pictures could not be read and are left out: "),
        "{notes:?}"
    );
    for name in ["cut.png", "empty.png", "text.webp"] {
        assert!(notes[0].contains(name), "{notes:?}");
    }

    let blank = folder.path().join("blank");
    write(&blank, "blank.png", &png([9, 9, 9, 0]));
    fails(&blank, &[], &["blank.png", "wholly transparent"]);
    fails(&blank, &skip, &["blank.png"]);
}

#[test]
fn captions_without_a_picture_are_told_of() {
    let folder = folder();
    write(folder.path(), "a.txt", b"a red bar");
    write(folder.path(), "more/b.txt", b"a blue bar");
    fails(
        folder.path(),
        &[],
        &[
            "the folder holds no picture, but captions of 2",
            "a.txt",
            "b.txt",
        ],
    );
    write(folder.path(), "a.png", &png([255, 0, 0, 255]));
    let (dataset, notes) = told(folder.path(), &[]).expect("one is there");
    assert_eq!(captions(&dataset), ["a red bar"]);
    assert!(
        notes[0].starts_with("captions of pictures that are not there are left out, 1 in all: "),
        "{notes:?}"
    );
    assert!(
        notes[0].contains("b.txt") && !notes[0].contains("a.txt"),
        "{notes:?}"
    );

    let list = b"file,caption\na.png,a red bar\nabsent.png,nothing\n";
    write(folder.path(), "captions.csv", list);
    std::fs::remove_dir_all(folder.path().join("more")).expect("it was made");
    let skip = [("skip_unreadable", ParamValue::Bool(true))];
    let (dataset, notes) = told(folder.path(), &skip).expect("one is there");
    assert_eq!(captions(&dataset), ["a red bar"]);
    assert!(
        notes[0].contains(", 1 in all: ") && notes[0].contains("absent.png"),
        "{notes:?}"
    );

    let archive = folder.path().join("lone.tar");
    std::fs::write(
        &archive,
        tar(&[("x.txt", b"nothing"), ("y.json", b"{\"caption\": \"no\"}")]),
    )
    .expect("there is room");
    fails(
        &archive,
        &[],
        &["the archive holds no picture, but captions of 2: x; y"],
    );
}

#[test]
fn bad_folders_and_lists_are_named() {
    let folder = folder();
    fails(folder.path(), &[], &["holds no picture"]);
    for absent in ["absent", "absent.tar", "absent.safetensors"] {
        fails(
            &folder.path().join(absent),
            &[],
            &[
                absent,
                "No such file",
                "a folder of pictures, a .tar or a .safetensors",
            ],
        );
    }
    fails(
        Path::new(""),
        &[],
        &["`path`", "a folder of pictures", "but is \"\""],
    );
    let check = |list: &[u8], expected: &[&str]| {
        write(folder.path(), "captions.csv", list);
        fails(folder.path(), &[], expected);
    };
    check(
        b"file,caption\nabsent.png,nothing\n",
        &["absent.png", "captions.csv names it"],
    );
    check(b"name,caption\na.png,b\n", &["captions.csv", "file"]);
    check(
        b"file,caption\n../secret.png,b\n",
        &["../secret.png", "no file below its folder"],
    );
    check(b"file,caption\na.png,b,c,d\n", &["captions.csv"]);
    check(b"file,caption\n\xff\xfe,b\n", &["captions.csv"]);
    write(folder.path(), "only.bmp", b"BM");
    fails(
        &folder.path().join("only.bmp"),
        &[],
        &["this is no dataset"],
    );
    fails(
        folder.path(),
        &[("background", text("mauve"))],
        &["`background`", "mauve"],
    );
}

#[test]
fn the_parts_are_disjoint_and_families_of_one_hand_stay_together() {
    let all = folder::entries(Path::new(EMOJI), false);
    let all = all
        .expect("the repository's own pictures are whole")
        .entries;
    assert_eq!(all.len(), 703);
    let held_out = |share| -> BTreeSet<(String, String)> {
        let cells = all.iter().map(|entry| &entry.cell);
        cells
            .filter(|cell| cell.is_held_out(share, "smalto"))
            .map(|cell| (cell.concept.clone(), cell.drawing.clone()))
            .collect()
    };
    assert!(
        all.iter()
            .any(|entry| entry.family == "fluent-flat" && entry.cell.drawing == "fluent")
    );
    let share = held_out(0.1).len() as f64 / held_out(1.0).len() as f64;
    assert!((share - 0.1).abs() < 0.03, "{share}");

    let noto = Path::new(EMOJI).join("noto");
    let captions_of = |which| captions(&read(&noto, &[part(which)]).expect("there are enough"));
    let (train, held_out) = (captions_of(Part::Train), captions_of(Part::HeldOut));
    assert_eq!(train.len() + held_out.len(), 60);
    assert!(held_out.iter().all(|caption| !train.contains(caption)));
    let none = [
        part(Part::HeldOut),
        ("held_out_share", ParamValue::Float(0.0)),
    ];
    fails(&noto, &none, &["none of its 60 pictures"]);
}

fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (name, content) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        archive
            .append_data(&mut header, name, *content)
            .expect("a member is written to memory");
    }
    archive.into_inner().expect("the archive is finished")
}

#[test]
fn an_archive_is_read_by_name() {
    let folder = folder();
    let picture = png([0, 200, 0, 255]);
    let content = tar(&[
        (
            "set/0002.json",
            br#"{"caption": "second", "family": "drawn"}"#,
        ),
        ("set/0001.txt", b"first"),
        ("set/0001.png", &picture),
        ("set/0002.png", &picture),
        ("set/0003.txt", b"no picture"),
    ]);
    write(folder.path(), "shard.tar", &content);
    let path = folder.path().join("shard.tar");
    let dataset = read(&path, &[]).expect("the archive is whole");
    assert_eq!(captions(&dataset), ["first", "second"]);
    let families = [0, 1].map(|index| dataset.get(index).expect("decoded before").family);
    assert_eq!(families, ["shard", "drawn"]);
    assert_eq!(
        pixel(&dataset.get(1).expect("decoded before"), 8, 3).0,
        [0, 200, 0]
    );

    let place = content.windows(8).position(|bytes| bytes == &picture[..8]);
    write(
        folder.path(),
        "cut.tar",
        &content[..place.expect("it is in there") + 20],
    );
    fails(
        &folder.path().join("cut.tar"),
        &[],
        &["cut.tar", "cut off within `set/0001.png`"],
    );
    write(folder.path(), "empty.tar", &tar(&[("a.txt", b"b")]));
    fails(&folder.path().join("empty.tar"), &[], &["holds no picture"]);
    write(
        folder.path(),
        "broken.tar",
        &tar(&[("a.png", &picture[..30])]),
    );
    fails(
        &folder.path().join("broken.tar"),
        &[],
        &["`a.png` of the archive"],
    );
    fails(&folder.path().join("absent.tar"), &[], &["absent.tar"]);
}

fn encoded() -> (EncodedHeader, Vec<Example>) {
    let grid = Grid {
        rows: 1,
        columns: 2,
    };
    let header = EncodedHeader {
        grid,
        codebook: 300,
        tokenizer: "abc".into(),
    };
    let example = |caption: &str, codes: [u32; 2], truth| Example {
        caption: caption.into(),
        pixels: Pixels::Codes {
            grid,
            codebook: 300,
            codes: codes.into(),
        },
        family: "scenes".into(),
        truth,
    };
    let truth = Truth {
        category: "single".into(),
        background: "pink".into(),
        objects: vec![TruthObject {
            name: "frog".into(),
            x: 3,
            y: -4,
            size: 9,
        }],
        relation: String::new(),
    };
    let examples = vec![
        example("a \"frog\"\nthere", [299, 0], Some(truth)),
        example("ünder", [7, 256], None),
    ];
    (header, examples)
}

#[test]
fn encoded_pictures_come_back_as_they_were() {
    let folder = folder();
    let path = folder.path().join("codes.safetensors");
    let (mut header, examples) = encoded();
    write_encoded(&path, &header, &examples).expect("there is room");
    let pictures = EncodedPictures::read(&path).expect("it was written whole");
    assert_eq!(pictures.header, header);
    let dataset = read(&path, &[]).expect("it was written whole");
    let back: Vec<Example> = (0..2)
        .map(|at| dataset.get(at).expect("there are two"))
        .collect();
    assert_eq!(back, examples);
    assert_eq!(
        pictures.describe(),
        "2 encoded pictures of 1 × 2 tokens, codebook 300"
    );
    fails(
        &path,
        &[part(Part::Train)],
        &["`split`", "before they are encoded"],
    );

    header.codebook = 200;
    let refused = write_encoded(&path, &header, &examples).expect_err("the codebook is another");
    assert!(
        refused.to_string().contains("picture 0 is not"),
        "{refused}"
    );
    assert!(
        EncodedPictures::read(&path).is_ok(),
        "the old file still stands"
    );
}

#[test]
fn a_folder_of_encoded_pictures_is_read_as_one() {
    let folder = folder();
    let write_part = |name: &str, header: &EncodedHeader, examples: &[Example]| {
        write_encoded(&folder.path().join(name), header, examples).expect("there is room");
    };
    let (header, examples) = encoded();
    write_part("b.safetensors", &header, &examples[..1]);
    write_part("a.safetensors", &header, &examples);
    let dataset = read(folder.path(), &[]).expect("both were written whole");
    let back: Vec<Example> = (0..dataset.len())
        .map(|at| dataset.get(at).expect("it is one of them"))
        .collect();
    assert_eq!(back, [&examples[..], &examples[..1]].concat());
    fails(folder.path(), &[part(Part::Train)], &["`split`"]);

    let other = EncodedHeader {
        tokenizer: "another".into(),
        ..header
    };
    write_part("c.safetensors", &other, &examples);
    fails(
        folder.path(),
        &[],
        &["c.safetensors", "tokenizer another", "a.safetensors"],
    );
    // Beside a picture they are nothing that was asked for.
    write(folder.path(), "red.png", &png([255, 0, 0, 255]));
    let pictures = read(folder.path(), &[]).expect("there is a picture");
    assert_eq!(pictures.len(), 1);
}

#[test]
fn broken_files_of_codes_are_named() {
    let folder = folder();
    let path = folder.path().join("codes.safetensors");
    let (header, examples) = encoded();
    write_encoded(&path, &header, &examples).expect("there is room");
    let whole = std::fs::read(&path).expect("it was just written");
    let check = |content: &[u8], expected: &str| {
        write(folder.path(), "broken.safetensors", content);
        fails(
            &folder.path().join("broken.safetensors"),
            &[],
            &["broken.safetensors", expected],
        );
    };
    check(&whole[..whole.len() - 5], "write it anew");
    check(&whole[..4], "write it anew");
    check(b"", "write it anew");
    let mut beyond = whole.clone();
    let codes = beyond.windows(4).position(|bytes| bytes == [43, 1, 0, 0]);
    beyond[codes.expect("299 and 0 are in there") + 1] = 9;
    check(&beyond, "is not below the codebook's size 300");
    let text = String::from_utf8_lossy(&whole).into_owned();
    assert!(text.contains("smalto-encoded"));
    let mut foreign = whole.clone();
    let at = text.find("smalto-encoded").expect("asserted above");
    foreign[at] = b'x';
    check(&foreign, "does not say `smalto-encoded`");
}

//! What is written is read back.

use std::path::Path;
use std::sync::Arc;

use burn::tensor::{Device, Tensor};
use graph::prelude::*;
use graph::run::{Cancel, Resources, Silent};

use super::{animation, curve, grid, image, png, tensor, tokens};
use crate::value::{Codec, Curve, Grid, Image, Step, TokenHistory, Tokenizer, Tokens};

const GRID: Grid = Grid {
    rows: 1,
    columns: 2,
};

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("there is room")
}

fn run(folder: &Path) -> Run {
    let resources = Arc::new(Resources::default());
    Run::new(folder, Cancel::default(), Arc::new(Silent), resources)
}

/// Pictures of `height × width` pixels, each of one grey.
fn greys(levels: &[u8], height: usize, width: usize) -> Image {
    let bytes: Vec<u8> = levels
        .iter()
        .flat_map(|level| vec![*level; height * width * 3])
        .collect();
    let size = [levels.len(), height, width];
    Image::from_bytes(&bytes, size, &Device::flex()).expect("the bytes fit")
}

fn pixels(path: &Path) -> (u32, u32, Vec<u8>) {
    let picture = ::image::open(path)
        .expect("a picture was written")
        .to_rgb8();
    (picture.width(), picture.height(), picture.into_raw())
}

fn codes(codes: &[i64]) -> Tokens {
    let codes: Vec<u32> = codes
        .iter()
        .map(|code| u32::try_from(*code).unwrap_or(Tokens::MASK))
        .collect();
    Tokens::new(codes, GRID, 8).expect("the codes fit")
}

#[test]
fn one_picture_has_the_name_and_several_are_numbered() {
    let folder = folder();
    let output = image::ImageOutput {
        path: "new/a.png".into(),
    };
    let write = |levels: &[u8]| {
        let image = greys(levels, 2, 3);
        output.run(image::Inputs { image }, &mut run(folder.path()))
    };
    let _ = write(&[7]).expect("the folder can be written to");
    assert_eq!(
        pixels(&folder.path().join("new/a.png")),
        (3, 2, vec![7; 18])
    );
    let files = write(&[1, 2]).expect("it can be written to").files;
    assert_eq!(files.lines().count(), 2);
    assert_eq!(pixels(&folder.path().join("new/a-0002.png")).2, [2; 18]);
}

#[test]
fn a_sheet_holds_all_pictures() {
    let folder = folder();
    let output = grid::GridOutput {
        path: "sheet.png".into(),
        columns: 2,
        gap: 1,
        backdrop: crate::image::sheet::Backdrop::Black,
    };
    let inputs = grid::Inputs {
        image: vec![greys(&[1, 2], 1, 1), greys(&[3], 1, 1)],
    };
    let _ = output.run(inputs, &mut run(folder.path())).expect("fits");
    let (width, height, bytes) = pixels(&folder.path().join("sheet.png"));
    let levels: Vec<u8> = bytes.chunks(3).map(|pixel| pixel[0]).collect();
    assert_eq!((width, height), (3, 3));
    assert_eq!(levels, [1, 0, 2, 0, 0, 0, 3, 0, 0]);
}

#[test]
fn a_token_grid_shows_each_code_in_its_colour_and_the_mask_dark() {
    let folder = folder();
    let output = tokens::TokensOutput {
        path: "tokens.png".into(),
        cell: 2,
    };
    let inputs = tokens::Inputs {
        tokens: codes(&[5, -1]),
    };
    let _ = output.run(inputs, &mut run(folder.path())).expect("fits");
    let (width, height, bytes) = pixels(&folder.path().join("tokens.png"));
    assert_eq!((width, height), (4, 2));
    assert_eq!(bytes[..3], tokens::colour(5));
    assert_eq!(bytes[9..12], [24, 24, 28]);
    let dark = tokens::colour(Tokens::MASK);
    for code in 0..4096 {
        let brightest = tokens::colour(code).into_iter().max();
        assert!(brightest > Some(140), "code {code} is as dark as {dark:?}");
        assert_ne!(tokens::colour(code), tokens::colour(code + 1));
    }
}

/// Decodes each code to two by two pixels of a grey of its own.
pub(crate) struct Grey;

impl Codec for Grey {
    fn codebook(&self) -> u32 {
        8
    }
    fn stride(&self) -> usize {
        2
    }
    fn encode(&self, _: &Image) -> Result<Tokens, NodeError> {
        Ok(codes(&[0, 0]))
    }
    fn decode(&self, tokens: &Tokens) -> Result<Image, NodeError> {
        let grid = tokens.grid();
        let bytes: Vec<u8> = (0..tokens.batch())
            .flat_map(|sample| {
                let line: Vec<u8> = tokens
                    .sample(sample)
                    .iter()
                    .flat_map(|code| [*code as u8 * 30; 6])
                    .collect();
                line.repeat(2)
            })
            .collect();
        let size = [tokens.batch(), grid.rows * 2, grid.columns * 2];
        Image::from_bytes(&bytes, size, &Device::flex())
            .map_err(|error| NodeError::input("tokens", "whole pictures", error))
    }
    fn vectors(&self) -> Tensor<2> {
        Tensor::zeros([8, 1], &Device::flex())
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

/// Two pictures side by side, the second laid in two steps.
fn history() -> TokenHistory {
    let step = |after: &[i64]| Step {
        after: codes(after),
        choice: Arc::from([0; 4]),
        confidence: Arc::from([0.0; 4]),
        committed: 1,
        edited: 0,
    };
    TokenHistory {
        start: codes(&[0, 0, -1, -1]),
        steps: Arc::from([step(&[0, 0, 1, -1]), step(&[0, 0, 1, 2])]),
    }
}

fn animate(folder: &Path, path: &str, picture: u32, frames: u32) -> Result<String, NodeError> {
    let output = animation::AnimationOutput {
        path: path.into(),
        picture,
        frames,
        delay: 100,
        hold: 500,
    };
    let inputs = animation::Inputs {
        history: history(),
        tokenizer: Tokenizer::new(Grey),
    };
    output
        .run(inputs, &mut run(folder))
        .map(|outputs| outputs.files)
}

#[test]
fn an_animation_shows_the_steps_with_grey_where_nothing_is_laid() {
    let folder = folder();
    let _ = animate(folder.path(), "a.gif", 2, 64).expect("it fits");
    let file = std::fs::File::open(folder.path().join("a.gif")).expect("just written");
    let mut options = gif::DecodeOptions::new();
    options.set_color_output(gif::ColorOutput::RGBA);
    let mut decoder = options.read_info(file).expect("it is a GIF");
    let mut frames = Vec::new();
    while let Some(frame) = decoder.read_next_frame().expect("it is whole") {
        frames.push((frame.delay, frame.buffer[0], frame.buffer[12]));
    }
    assert_eq!(frames, [(10, 128, 128), (10, 30, 128), (50, 30, 60)]);

    let _ = animate(folder.path(), "a.png", 2, 2).expect("it fits");
    let file = std::fs::File::open(folder.path().join("a.png")).expect("just written");
    let mut reader = ::png::Decoder::new(std::io::BufReader::new(file))
        .read_info()
        .expect("it is a PNG");
    let control = reader.info().animation_control().expect("it moves");
    assert_eq!((control.num_frames, control.num_plays), (2, 0));
    let mut frame = vec![0; reader.output_buffer_size().expect("it is small")];
    let _ = reader.next_frame(&mut frame).expect("the first frame");
    assert_eq!((frame[0], frame[9]), (128, 128));
    let _ = reader.next_frame(&mut frame).expect("the second frame");
    assert_eq!((frame[0], frame[9]), (30, 60));
}

#[test]
fn a_picture_beyond_the_batch_is_refused() {
    let folder = folder();
    let message = animate(folder.path(), "a.gif", 3, 64).map_err(|error| error.to_string());
    assert_eq!(
        message.err().as_deref(),
        Some("parameter `picture` must be at most 2, as many pictures as there are, but is 3")
    );
}

#[test]
fn tokens_come_back_from_their_file() {
    let folder = folder();
    let written = codes(&[5, -1, 0, 7]);
    let output = tensor::TensorOutput {
        path: "a.safetensors".into(),
    };
    let inputs = tensor::Inputs {
        tokens: written.clone(),
    };
    let _ = output.run(inputs, &mut run(folder.path())).expect("fits");

    let mut registry = graph::registry::Registry::default();
    crate::input::register(&mut registry);
    let params = ParamValues::from([(
        "path".into(),
        graph::param::ParamValue::Text("a.safetensors".into()),
    )]);
    let entry = registry.get("input.tensor").expect("it is registered");
    let node = entry.build(&params).expect("the parameters are right");
    let outputs = node
        .call(&graph::port::Values::default(), &mut run(folder.path()))
        .expect("it was just written");
    assert_eq!(outputs.one::<Tokens>("tokens"), Ok(written));
}

#[test]
fn a_curve_becomes_a_drawing() {
    let folder = folder();
    let mut figures = Curve {
        axis: "step".into(),
        lines: Vec::new(),
    };
    for step in 0..20 {
        figures.push("loss", f64::from(step), 3.0 / f64::from(step + 1));
    }
    let output = curve::CurveOutput {
        path: "a.svg".into(),
    };
    let inputs = curve::Inputs { curve: figures };
    let _ = output.run(inputs, &mut run(folder.path())).expect("fits");
    let bytes = std::fs::read(folder.path().join("a.svg")).expect("just written");
    let tree = resvg::usvg::Tree::from_data(&bytes, &resvg::usvg::Options::default());
    let size = tree.expect("it is an SVG").size();
    assert_eq!((size.width(), size.height()), (720.0, 200.0));
}

#[test]
fn what_cannot_be_written_is_told_and_leaves_nothing_behind() {
    let folder = folder();
    std::fs::write(folder.path().join("file"), "in the way").expect("there is room");
    let output = image::ImageOutput {
        path: "file/a.png".into(),
    };
    let inputs = image::Inputs {
        image: greys(&[1], 1, 1),
    };
    let error = output.run(inputs, &mut run(folder.path()));
    let message = error.err().map(|error| error.to_string());
    let message = message.expect("a file is no folder");
    assert!(
        message.contains("name a file that can be written") && message.contains("file/a.png"),
        "{message}"
    );
    let left = std::fs::read_dir(folder.path()).expect("it is there");
    assert_eq!(left.count(), 1);
}

#[test]
fn a_name_must_end_as_its_format_does() {
    let output = image::ImageOutput {
        path: "a.jpg".into(),
    };
    let message = output.check().expect_err("it is no PNG").to_string();
    assert_eq!(
        message,
        "parameter `path` must be the path of a file that ends in .png, but is \"a.jpg\""
    );
}

#[test]
fn the_texts_of_a_png_that_claims_to_be_huge_need_no_room_for_its_pixels() {
    let mut bytes = Vec::new();
    let mut encoder = ::png::Encoder::new(&mut bytes, 2_000_000_000, 2_000_000_000);
    encoder.set_color(::png::ColorType::Rgba);
    encoder
        .add_itxt_chunk("smalto-run".into(), "{}".into())
        .expect("the keyword is allowed");
    drop(encoder.write_header().expect("the size is allowed"));
    let error = png::read_texts(&bytes).expect_err("it holds no pixels");
    assert!(!error.is_empty());
}

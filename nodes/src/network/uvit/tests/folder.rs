//! A pipeline's folder as a denoiser.

use std::path::Path;

use burn::tensor::{Device, FloatDType};
use serde_json::json;

use super::{GRID, UvitConfig, close, config, network, tokens, values};
use crate::denoiser::file::open;
use crate::network::clip::tests::write_encoder;
use crate::network::uvit::TrainedUvit;
use crate::network::weights::{self, Precision, WeightType};
use crate::value::{Guidance, MicroConditions, Prompt, Query, Scorer, Tokens};

fn write(path: &Path, text: impl AsRef<[u8]>) {
    std::fs::write(path, text).expect("the folder may be written");
}

/// Writes a small pipeline.
fn write_pipeline(folder: &Path, config: &UvitConfig) {
    let part = folder.join("transformer");
    std::fs::create_dir_all(&part).expect("the folder may be written");
    write_encoder(folder);
    let classes =
        json!({"_class_name": "AmusedPipeline", "transformer": ["diffusers", "UVit2DModel"]});
    write(&folder.join("model_index.json"), classes.to_string());
    let mut file = json!(config);
    file["_class_name"] = json!(UvitConfig::CLASS);
    write(&part.join("config.json"), file.to_string());
    let path = part.join("diffusion_pytorch_model.safetensors");
    weights::save(&network(config), &path, Precision::F32).expect("the folder may be written");
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("the system has a folder for temporary files")
}

fn load(folder: &Path) -> TrainedUvit {
    let loaded = TrainedUvit::load(
        folder,
        &Device::flex(),
        FloatDType::F32,
        WeightType::AsStored,
    );
    loaded.expect("it was just written")
}

fn prompt(denoiser: &TrainedUvit, texts: &[&str], conditions: MicroConditions) -> Prompt {
    let read = |text: &&str| denoiser.read(text, &conditions).expect("it can be read");
    Prompt {
        texts: texts.iter().map(ToString::to_string).collect(),
        ids: texts.iter().map(read).collect(),
        conditions: vec![conditions; texts.len()].into(),
    }
}

fn ask(denoiser: &TrainedUvit, prompt: &Prompt, guidance: Option<Guidance<'_>>) -> Vec<f32> {
    let tokens = tokens(prompt.batch(), GRID);
    let rows: Vec<u32> = (0..tokens.codes().len() as u32).collect();
    let logits = denoiser.score(&Query {
        tokens: &tokens,
        prompt,
        guidance,
        rows: &rows,
    });
    values(logits.expect("everything fits"))
}

#[test]
fn a_pipeline_becomes_a_denoiser() {
    let folder = folder();
    write_pipeline(folder.path(), &config());
    let denoiser = open(
        folder.path(),
        &Device::flex(),
        FloatDType::F32,
        WeightType::AsStored,
    );
    let denoiser = denoiser.expect("it was just written").denoiser;
    let scorer = denoiser.scorer();
    assert_eq!(scorer.codebook(), 16);
    assert_eq!((scorer.grid().rows, scorer.grid().columns), (4, 4));
    assert_eq!(
        scorer.describe(),
        "aMUSEd denoiser of 4 × 4 tokens and 16 codes: 1 layers of 12"
    );
    assert!(scorer.footprint().host > 4 * config().parameters() as u64);
    assert_eq!(scorer.hash(), load(folder.path()).hash());
    assert_eq!(scorer.remarks("a the a"), Vec::<String>::new());
    let remarks = scorer.remarks("a a a a a a the thing");
    assert!(
        remarks[0].contains("does not see the end, \"the thing\""),
        "{remarks:?}"
    );
}

#[test]
fn the_empty_text_is_the_unconditional_branch() {
    let folder = folder();
    write_pipeline(folder.path(), &config());
    let denoiser = load(folder.path());
    let plain = MicroConditions::default();
    let texts = prompt(&denoiser, &["a cat", "the thing"], plain);
    let empty = prompt(&denoiser, &["", ""], plain);
    let other = prompt(&denoiser, &["a", "x"], plain);
    let own = ask(&denoiser, &texts, None);
    for (negative, against) in [(None, &empty), (Some(&other), &other)] {
        let without = ask(&denoiser, against, None);
        let wanted: Vec<f32> = own
            .iter()
            .zip(&without)
            .map(|(own, other)| 10.0 * own - 9.0 * other)
            .collect();
        let guidance = Guidance {
            negative,
            ..Guidance::plain(9.0)
        };
        let guided = ask(&denoiser, &texts, Some(guidance));
        let off = guided.iter().zip(&wanted).map(|(a, b)| (a - b).abs());
        assert!(off.fold(0.0, f32::max) < 2e-4);
    }
    assert_eq!(ask(&denoiser, &texts, Some(Guidance::plain(0.0))), own);
}

#[test]
fn a_prompt_that_leaves_the_size_open_asks_for_its_own() {
    let folder = folder();
    write_pipeline(folder.path(), &config());
    let with = |blocks: usize| {
        let tokenizer = folder.path().join("vqvae");
        std::fs::create_dir_all(&tokenizer).expect("the folder may be written");
        let file = json!({"block_out_channels": vec![32; blocks]});
        write(&tokenizer.join("config.json"), file.to_string());
        load(folder.path())
    };
    for (blocks, stride) in [(5, 16), (4, 8)] {
        let denoiser = with(blocks);
        let said = |conditions| ask(&denoiser, &prompt(&denoiser, &["a"], conditions), None);
        let open = said(MicroConditions::default());
        let same = MicroConditions {
            original_width: 6 * stride,
            original_height: 4 * stride,
            aesthetic_score: 6.0,
            ..MicroConditions::default()
        };
        assert_eq!(said(same), open);
        for other in [
            MicroConditions {
                original_width: 7,
                ..same
            },
            MicroConditions {
                original_height: 7,
                ..same
            },
            MicroConditions {
                crop_top: 7,
                ..same
            },
            MicroConditions {
                crop_left: 7,
                ..same
            },
            MicroConditions {
                aesthetic_score: 7.0,
                ..same
            },
        ] {
            assert_ne!(said(other), open, "{other:?}");
        }
    }
}

#[test]
fn texts_are_encoded_once_and_in_their_order() {
    let folder = folder();
    write_pipeline(folder.path(), &config());
    let denoiser = load(folder.path());
    let plain = MicroConditions::default();
    let first = ask(
        &denoiser,
        &prompt(&denoiser, &["a", "the", "a"], plain),
        None,
    );
    let again = ask(
        &denoiser,
        &prompt(&denoiser, &["a", "the", "a"], plain),
        None,
    );
    assert_eq!(first, again);
    assert_eq!(denoiser.kept(), 2);
    // The same texts in another order, and a new one between them.
    let third = GRID.length() * 16;
    let turned = ask(
        &load(folder.path()),
        &prompt(&denoiser, &["the", "x", "a"], plain),
        None,
    );
    let known = ask(
        &denoiser,
        &prompt(&denoiser, &["the", "x", "a"], plain),
        None,
    );
    close(&known, &turned);
    assert_ne!(known[..third], first[..third]);
    assert_eq!(denoiser.kept(), 3);
    for at in 0..300 {
        let _ = ask(
            &denoiser,
            &prompt(&denoiser, &[&format!("{at}")], plain),
            None,
        );
    }
    assert_eq!(denoiser.kept(), 256);
}

#[test]
fn pipelines_that_are_not_whole_are_refused() {
    let folder = folder();
    let path = folder.path();
    let message = || {
        let opened = open(path, &Device::flex(), FloatDType::F32, WeightType::AsStored);
        opened.map(|_| ()).expect_err("it is not whole").to_string()
    };
    write(&path.join("model_index.json"), "{}");
    assert!(
        message().contains("cannot read a pipeline's transformer"),
        "{}",
        message()
    );
    write_pipeline(path, &config());
    std::fs::remove_dir_all(path.join("text_encoder")).expect("it was just written");
    assert!(
        message().contains("fetch `text_encoder/config.json`"),
        "{}",
        message()
    );

    write_pipeline(
        path,
        &UvitConfig {
            encoder_hidden_size: 9,
            ..config()
        },
    );
    assert!(
        message()
            .contains("reads vectors of 9 and 10 numbers, but the text encoder writes 12 and 10"),
        "{}",
        message()
    );
    write_pipeline(path, &config());
    let file = path.join("transformer/config.json");
    let text = std::fs::read_to_string(&file).expect("it was just written");
    write(
        &file,
        text.replace("\"intermediate_size\":14", "\"intermediate_size\":1048576"),
    );
    assert!(
        message().contains("but the weights hold only"),
        "{}",
        message()
    );
    write(
        &file,
        text.replace("\"num_hidden_layers\":1", "\"num_hidden_layers\":0"),
    );
    assert!(
        message().contains("the network has no `transformer_layers.0"),
        "{}",
        message()
    );
    write(&file, text.replace("UVit2DModel", "SD3Transformer2DModel"));
    assert!(
        message().contains("no transformer of aMUSEd"),
        "{}",
        message()
    );
    write(&file, "{");
    assert!(
        message().contains("this is no configuration"),
        "{}",
        message()
    );
    write(&file, text);
    std::fs::remove_file(path.join("transformer/diffusion_pytorch_model.safetensors"))
        .expect("it was just written");
    assert!(message().contains("there are no weights"), "{}", message());

    let part = open(
        &path.join("transformer"),
        &Device::flex(),
        FloatDType::F32,
        WeightType::AsStored,
    );
    let part = part.map(|_| ()).expect_err("it is a part").to_string();
    assert!(part.contains("give the folder above"), "{part}");
}

#[test]
fn questions_that_do_not_fit_are_refused() {
    let folder = folder();
    write_pipeline(folder.path(), &config());
    let denoiser = load(folder.path());
    let good = prompt(&denoiser, &["a"], MicroConditions::default());
    let refused = |batch: usize, prompt: &Prompt, guidance: Option<Guidance<'_>>| {
        let tokens: Tokens = tokens(batch, GRID);
        let query = Query {
            tokens: &tokens,
            prompt,
            guidance,
            rows: &[0],
        };
        denoiser
            .score(&query)
            .expect_err("it does not fit")
            .to_string()
    };
    let two = refused(2, &good, None);
    assert!(two.contains("one text for each of 2 pictures"), "{two}");
    let foreign = Prompt::new(vec!["a".into()], vec![vec![1, 2]]);
    let message = refused(1, &foreign, None);
    assert!(message.contains("8 ids below 522"), "{message}");
    assert!(message.contains("2 ids; encode the text"), "{message}");
    let guidance = Guidance {
        negative: Some(&foreign),
        ..Guidance::plain(1.0)
    };
    assert!(refused(1, &good, Some(guidance)).contains("8 ids below 522"));
}

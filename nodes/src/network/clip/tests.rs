mod reference;

use std::collections::BTreeMap;
use std::path::Path;

use burn::module::Module;
use burn::tensor::{Device, Int, Tensor, TensorData};
use graph::param::Seed;
use graph::random::Random;
use serde_json::json;

use super::config::Activation;
use super::{ClipConfig, ClipConfigError, ClipEncoder, ClipNetwork, ClipReader, ClipTextError};
use crate::network::layers::Init;
use crate::network::weights::{self, Precision, Weights};

/// The first merges of CLIP's own file.
const MERGES: [&str; 8] = [
    "i n", "t h", "a n", "r e", "a r", "e r", "th e</w>", "in g</w>",
];

/// How many ids the small vocabulary has: bytes within words, bytes at their ends, merges, start and end.
pub(crate) const VOCABULARY: usize = 256 + 256 + MERGES.len() + 2;
const START: u32 = VOCABULARY as u32 - 2;
const END: u32 = VOCABULARY as u32 - 1;

/// Writes `vocab.json` and `merges.txt` as CLIP's are, with the first few merges alone.
pub(crate) fn write_tokenizer(folder: &Path) {
    // Bytes that can be seen stand for themselves, and come first.
    let seen = |byte: &u8| matches!(byte, b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF);
    let visible = (0..=255).filter(seen).map(char::from);
    let others = (0..=255).filter(|byte| !seen(byte));
    let others = others
        .zip(256..)
        .filter_map(|(_, code)| char::from_u32(code));
    let letters: Vec<String> = visible.chain(others).map(String::from).collect();
    let ends = letters.iter().map(|letter| format!("{letter}</w>"));
    let merged = MERGES.iter().map(|merge| merge.replace(' ', ""));
    let signs = ["<|startoftext|>", "<|endoftext|>"].map(String::from);
    let tokens = letters
        .iter()
        .cloned()
        .chain(ends)
        .chain(merged)
        .chain(signs);
    let vocabulary: BTreeMap<String, usize> = tokens.zip(0..).collect();
    assert_eq!(vocabulary.len(), VOCABULARY);
    let write = |name: &str, text: String| {
        std::fs::write(folder.join(name), text).expect("the folder may be written");
    };
    write("vocab.json", json!(vocabulary).to_string());
    write(
        "merges.txt",
        format!("#version: 0.2\n{}\n", MERGES.join("\n")),
    );
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("the system has a folder for temporary files")
}

fn reader(length: usize) -> ClipReader {
    let folder = folder();
    write_tokenizer(folder.path());
    ClipReader::open(folder.path(), VOCABULARY, length).expect("it was just written")
}

fn ids(text: &str) -> Vec<u32> {
    let reading = reader(16).read(text).expect("it can be read");
    let end = reading.ids.iter().position(|id| *id == END);
    reading.ids[..end.expect("every text ends")].to_vec()
}

#[test]
fn texts_become_the_ids_of_clip() {
    assert_eq!(ids(""), [START]);
    assert_eq!(ids("The thing"), [START, 518, 513, 519]);
    assert_eq!(ids("  the\n\tTHE "), [START, 518, 518]);
    assert_eq!(ids("a 21!"), [START, 320, 273, 272, 256]);
    assert_eq!(ids("x_y-z"), [START, 343, 318, 344, 268, 345]);
    // Two bytes, whether the accent is a part of the letter or stands behind it.
    assert_eq!(ids("É"), [START, 127, 358]);
    assert_eq!(ids("e\u{301}"), [START, 127, 358]);
}

#[test]
fn texts_are_filled_up_and_cut() {
    let short = reader(6).read("a the").expect("it can be read");
    assert_eq!(short.ids, [START, 320, 518, END, END, END]);
    assert_eq!(short.cut, "");
    let long = reader(6).read("a the A THE, a").expect("it can be read");
    assert_eq!(long.ids, [START, 320, 518, 320, 518, END]);
    assert_eq!(long.cut, ", a");
}

#[test]
fn the_folder_says_what_fills_texts_up() {
    let folder = folder();
    write_tokenizer(folder.path());
    let config = json!({"pad_token": {"content": "!", "special": true}});
    let path = folder.path().join("special_tokens_map.json");
    std::fs::write(path, config.to_string()).expect("the folder may be written");
    let reader = ClipReader::open(folder.path(), VOCABULARY, 5).expect("it was just written");
    let reading = reader.read("a").expect("it can be read");
    assert_eq!(reading.ids, [START, 320, END, 0, 0]);

    // The same in one file.
    let whole = folder.path().join("tokenizer.json");
    std::fs::write(whole, reader.file()).expect("the folder may be written");
    for name in ["vocab.json", "merges.txt"] {
        std::fs::remove_file(folder.path().join(name)).expect("it was just written");
    }
    let again = ClipReader::open(folder.path(), VOCABULARY, 5).expect("it was just written");
    assert_eq!(again.read("a the"), reader.read("a the"));
}

#[test]
fn tokenizers_that_do_not_fit_are_refused() {
    let folder = folder();
    let open = |vocabulary| ClipReader::open(folder.path(), vocabulary, 5).expect_err("no");
    let error = open(VOCABULARY).to_string();
    assert!(error.contains("cannot read `vocab.json`"), "{error}");
    write_tokenizer(folder.path());
    let largest = END;
    let vocabulary = VOCABULARY - 1;
    assert_eq!(
        open(vocabulary),
        ClipTextError::Vocabulary {
            largest,
            vocabulary
        }
    );
    let path = folder.path().join("vocab.json");
    std::fs::write(&path, r#"{"a": 0}"#).expect("the folder may be written");
    assert_eq!(
        open(VOCABULARY),
        ClipTextError::NoToken("<|startoftext|>".into())
    );
}

pub(crate) fn config() -> ClipConfig {
    ClipConfig {
        vocab_size: VOCABULARY,
        hidden_size: 12,
        intermediate_size: 20,
        projection_dim: 10,
        num_hidden_layers: 3,
        num_attention_heads: 3,
        max_position_embeddings: 8,
        hidden_act: Activation::QuickGelu,
        layer_norm_eps: 1e-5,
        eos_token_id: ClipConfig::EARLY_END,
    }
}

/// A network whose biases and gains are drawn as well.
pub(crate) fn network(config: &ClipConfig) -> ClipNetwork {
    let random = Random::new(Seed(3));
    let network = ClipNetwork::new(config, &mut Init::new(random, 0, &Device::flex()));
    let mut weights = Weights::of(&network);
    let names: Vec<String> = weights.names().map(String::from).collect();
    for (place, name) in (0..).zip(names) {
        let mut array = weights.get(&name).expect("it was listed").clone();
        if array.shape.len() == 1 {
            for (at, value) in array.values.iter_mut().enumerate() {
                *value += 0.2 * random.stream(1).normal(place, 0, at as u32);
            }
            weights.insert(name, array);
        }
    }
    weights.fill(network).expect("the names are its own")
}

#[test]
fn the_forward_pass_is_as_in_plain_arithmetic() {
    let texts = [
        [START, 320, 518, 513, END, END, END, END],
        [START, 70, END, 0, 0, 0, 0, 0],
    ];
    for (hidden_act, eos_token_id) in [
        (Activation::QuickGelu, ClipConfig::EARLY_END),
        (Activation::Gelu, END),
    ] {
        let config = ClipConfig {
            hidden_act,
            eos_token_id,
            ..config()
        };
        let network = network(&config);
        let encoder = ClipEncoder::new(network.clone(), reader(8), &Device::flex(), "");
        let encoded = encoder.encode(&texts.each_ref().map(<[u32; 8]>::as_slice));
        for (text, found) in texts.iter().zip(encoded) {
            let end = text.iter().position(|id| *id == END).expect("it ends");
            let (words, pooled) = reference::forward(&network, text, end);
            close(found.words.into_data(), &words);
            close(found.pooled.into_data(), &pooled);
        }
    }
}

fn close(found: TensorData, wanted: &[f64]) {
    let found: Vec<f32> = found.try_into_vec().expect("f32");
    assert_eq!(found.len(), wanted.len());
    let scale = wanted
        .iter()
        .fold(0.0_f64, |most, value| most.max(value.abs()));
    for (found, wanted) in found.iter().zip(wanted) {
        let off = (f64::from(*found) - wanted).abs();
        assert!(off <= 2e-6 * scale, "{found} is not {wanted}");
    }
}

#[test]
fn what_comes_later_is_not_seen() {
    let network = network(&config());
    let row = |last: i32| -> Tensor<2, Int> {
        let ids = vec![1, 2, 3, last];
        Tensor::from_data(TensorData::new(ids, [1, 4]), &Device::flex())
    };
    let first = |last: i32| {
        let (words, _) = network.forward(row(last), &[3]);
        words.narrow(1, 0, 3).into_data()
    };
    assert_eq!(first(4), first(5));
}

#[test]
fn a_network_that_waits_for_its_weights_takes_no_memory() {
    let blank = ClipNetwork::new(&config(), &mut Init::blank(&Device::flex()));
    assert_eq!(weights::bytes(&blank), 0);
}

#[test]
fn the_size_of_a_network_is_known_beforehand() {
    let config = config();
    let network = network(&config);
    assert_eq!(config.parameters(), network.num_params() as u128);
    let published = ClipConfig {
        hidden_size: 768,
        intermediate_size: 3072,
        projection_dim: 768,
        ..ClipConfig::default()
    };
    // CLIP's text encoder of the size L.
    assert_eq!(published.parameters(), 123_650_304);
}

#[test]
fn configurations_that_make_no_encoder_are_refused() {
    let with = |field: &str, value: serde_json::Value| {
        let mut file = json!(config());
        file["architectures"] = json!(["CLIPTextModelWithProjection"]);
        file[field] = value;
        ClipConfig::of(&file)
    };
    assert_eq!(with("model_type", json!("clip_text_model")), Ok(config()));
    let wrong = |field: &str, value: serde_json::Value, part: &str| {
        let error = with(field, value).expect_err("it is wrong").to_string();
        assert!(error.contains(part), "{error}");
    };
    wrong("num_attention_heads", json!(0), "from 1 to 1048576");
    wrong(
        "num_attention_heads",
        json!(5),
        "a divisor of `hidden_size`, 12",
    );
    wrong(
        "hidden_size",
        json!(u64::from(u32::MAX)),
        "from 1 to 1048576",
    );
    wrong("max_position_embeddings", json!(1), "from 2 to");
    wrong("layer_norm_eps", json!(0.0), "a positive number");
    wrong("hidden_act", json!("tanh"), "unknown variant `tanh`");
    wrong(
        "architectures",
        json!(["CLIPModel"]),
        "CLIPTextModelWithProjection",
    );
    assert_eq!(
        config().check_held(10),
        Err(ClipConfigError::Larger {
            asked: config().parameters(),
            held: 10
        })
    );
}

/// Writes the folders of a small encoder into a pipeline's.
pub(crate) fn write_encoder(pipeline: &Path) {
    let (folder, tokenizer) = (pipeline.join("text_encoder"), pipeline.join("tokenizer"));
    for folder in [&folder, &tokenizer] {
        std::fs::create_dir_all(folder).expect("the folder may be written");
    }
    write_tokenizer(&tokenizer);
    let mut file = json!(config());
    file["architectures"] = json!([ClipConfig::CLASS]);
    let path = folder.join("config.json");
    std::fs::write(path, file.to_string()).expect("the folder may be written");
    let path = folder.join("model.safetensors");
    weights::save(&network(&config()), &path, Precision::F32).expect("the folder may be written");
}

#[test]
fn an_encoder_is_read_from_its_folders() {
    let pipeline = folder();
    let load = || ClipEncoder::load(pipeline.path(), &Device::flex());
    let message = load().expect_err("there is nothing").to_string();
    assert!(
        message.contains("fetch `text_encoder/config.json`"),
        "{message}"
    );
    write_encoder(pipeline.path());
    let encoder = load().expect("it was just written");
    let ids = encoder.read("the").expect("it can be read").ids;
    let found = encoder.encode(&[&ids]).remove(0);
    let (words, _) = reference::forward(&network(&config()), &ids, 2);
    close(found.words.into_data(), &words);
    assert_eq!(encoder.misfit(&ids), None);
    assert_eq!(encoder.misfit(&ids[1..]), Some("7 ids".into()));
    assert_eq!(encoder.misfit(&[900; 8]), Some("id 900".into()));

    std::fs::remove_dir_all(pipeline.path().join("tokenizer")).expect("it was just written");
    let message = load().expect_err("the tokenizer is gone").to_string();
    assert!(
        message.contains("fetch `tokenizer/vocab.json`"),
        "{message}"
    );
}

#[test]
fn numbers_of_positions_in_early_files_are_passed_over() {
    let pipeline = folder();
    write_encoder(pipeline.path());
    let path = pipeline.path().join("text_encoder/model.safetensors");
    let mut weights = Weights::open(&path).expect("it was just written");
    let numbers = weights::Array {
        shape: vec![1, 8],
        values: (0..8_u8).map(f32::from).collect(),
    };
    weights.insert("text_model.embeddings.position_ids", numbers);
    weights
        .write(&path, Precision::F32)
        .expect("the folder may be written");
    let _ = ClipEncoder::load(pipeline.path(), &Device::flex()).expect("they do not matter");
}

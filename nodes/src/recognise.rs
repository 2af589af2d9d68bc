//! What a model folder is to this program, told without loading it.

use std::collections::BTreeMap;

use burn::tensor::Device;
use serde::Serialize;
use serde_json::Value;

use crate::network::clip::{ClipConfig, ClipNetwork};
use crate::network::denoiser::{DenoiserConfig, DenoiserNetwork, published};
use crate::network::layers::Init;
use crate::network::tokenizer::{TokenizerConfig, TokenizerNetwork};
use crate::network::uvit::{UvitConfig, UvitNetwork};
use crate::network::vq::{Origin, Published, VqNetwork, keys_of};
use crate::network::weights::Checkpoint;

/// What a model folder is to this program.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Recognised {
    /// What it is called.
    pub model: &'static str,
    /// The node that loads it.
    pub loaded_by: &'static str,
    /// How many codes it has; absent where the configuration is wrong.
    pub codebook: Option<usize>,
    /// How many arrays of each of its parts are passed over.
    pub passed_over: BTreeMap<String, usize>,
    /// What keeps it from loading: keys that are missing, unknown or of another shape, or a wrong configuration.
    pub problems: Vec<String>,
}

/// What the folder is whose `config.json` is `config`, or `None` where this program does not know its like.
pub fn recognise(config: &Value, checkpoint: &Checkpoint) -> Option<Recognised> {
    let text = |field: &str| config.get(field).and_then(Value::as_str);
    if text("architecture") == Some(TokenizerConfig::ARCHITECTURE) {
        return Some(own_tokenizer(config, checkpoint));
    }
    if text("format") == Some(DenoiserConfig::FORMAT) {
        return Some(own_denoiser(config, checkpoint));
    }
    if published::is_published(config) {
        return Some(nld_image(config, checkpoint));
    }
    if text("_class_name") == Some(UvitConfig::CLASS) {
        return Some(amused(config, checkpoint));
    }
    if config.pointer("/architectures/0").and_then(Value::as_str) == Some(ClipConfig::CLASS) {
        return Some(clip(config, checkpoint));
    }
    vq(config, checkpoint)
}

impl Recognised {
    fn new(model: &'static str, loaded_by: &'static str) -> Self {
        Self {
            model,
            loaded_by,
            codebook: None,
            passed_over: BTreeMap::new(),
            problems: Vec::new(),
        }
    }

    fn wrong(mut self, problem: impl std::fmt::Display) -> Self {
        self.problems.push(format!("config.json: {problem}"));
        self
    }
}

/// Parameters that are only counted lie nowhere.
fn blank() -> (Init, Device) {
    let device = Device::flex();
    (Init::blank(&device), device)
}

fn own_tokenizer(config: &Value, checkpoint: &Checkpoint) -> Recognised {
    let mut found = Recognised::new("a tokenizer of Smalto", "tokenizer.load");
    let config: TokenizerConfig = match serde_json::from_value(config.clone()) {
        Ok(config) => config,
        Err(error) => return found.wrong(error),
    };
    if let Err(error) = config.check() {
        return found.wrong(error);
    }
    found.codebook = Some(config.codebook());
    let network = TokenizerNetwork::new(&config, &mut blank().0);
    found.problems = checkpoint.problems(&network, |name| Some(name.into()));
    found
}

fn own_denoiser(config: &Value, checkpoint: &Checkpoint) -> Recognised {
    let mut found = Recognised::new("a denoiser of Smalto", "denoiser.load");
    let config: DenoiserConfig = match serde_json::from_value(config.clone()) {
        Ok(config) => config,
        Err(error) => return found.wrong(error),
    };
    if let Err(error) = config.check() {
        return found.wrong(error);
    }
    found.codebook = Some(config.codebook as usize);
    let network = DenoiserNetwork::new(&config, &mut blank().0);
    found.problems = checkpoint.problems(&network, |name| Some(name.into()));
    found
}

fn nld_image(config: &Value, checkpoint: &Checkpoint) -> Recognised {
    let mut found = Recognised::new("NLD-Image", "denoiser.load and tokenizer.load");
    let config = match published::read(config, checkpoint) {
        Ok(config) => config,
        Err(error) => return found.wrong(error),
    };
    found.codebook = Some(config.codebook as usize);
    for part in checkpoint
        .arrays()
        .keys()
        .filter_map(|name| published::unused(name))
    {
        *found.passed_over.entry(part.into()).or_default() += 1;
    }
    let network = DenoiserNetwork::new(&config, &mut blank().0);
    found.problems = checkpoint.problems(&network, |name| {
        published::unused(name).is_none().then(|| name.into())
    });
    found
}

fn amused(config: &Value, checkpoint: &Checkpoint) -> Recognised {
    let mut found = Recognised::new(
        "the transformer of aMUSEd",
        "denoiser.load, with the folder above",
    );
    let config = match UvitConfig::of(config) {
        Ok(config) => config,
        Err(error) => return found.wrong(error),
    };
    if let Err(error) = config.check_held(checkpoint.numbers()) {
        return found.wrong(error);
    }
    found.codebook = Some(config.codebook_size);
    let network = UvitNetwork::new(&config, &mut blank().0);
    found.problems = checkpoint.problems(&network, |name| Some(name.into()));
    found
}

fn clip(config: &Value, checkpoint: &Checkpoint) -> Recognised {
    let mut found = Recognised::new(
        "the text encoder of aMUSEd",
        "denoiser.load, with the folder above",
    );
    let config = match ClipConfig::of(config) {
        Ok(config) => config,
        Err(error) => return found.wrong(error),
    };
    if let Err(error) = config.check_held(checkpoint.numbers()) {
        return found.wrong(error);
    }
    let network = ClipNetwork::new(&config, &mut blank().0);
    found.problems = checkpoint.problems(&network, ClipNetwork::name_of);
    found
}

fn vq(config: &Value, checkpoint: &Checkpoint) -> Option<Recognised> {
    let mut found = Recognised::new(Origin::of(config)?.model(), "tokenizer.load");
    let published = match Published::read(config) {
        Ok(published) => published,
        Err(error) => return Some(found.wrong(error)),
    };
    found.codebook = Some(published.config.codes);
    let (mut init, _) = blank();
    let network = VqNetwork::new(&published.config, &mut init);
    let names = keys_of(checkpoint, &published, "");
    found.problems = checkpoint.problems(&network, names);
    Some(found)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::recognise;
    use crate::network::clip::tests::write_encoder;
    use crate::network::weights::Checkpoint;

    #[test]
    fn a_text_encoder_is_known_and_what_is_wrong_with_it_told() {
        let pipeline = tempfile::tempdir().expect("the system has a folder for temporary files");
        write_encoder(pipeline.path());
        let folder = pipeline.path().join("text_encoder");
        let text = std::fs::read(folder.join("config.json")).expect("it was just written");
        let mut config: Value = serde_json::from_slice(&text).expect("it is JSON");
        let checkpoint = Checkpoint::open(&folder).expect("it was just written");
        let found = recognise(&config, &checkpoint).expect("it is known");
        assert_eq!(found.model, "the text encoder of aMUSEd");
        assert_eq!(found.problems, Vec::<String>::new());

        config["num_hidden_layers"] = 2.into();
        let found = recognise(&config, &checkpoint).expect("it is known");
        let told = "the network has no `text_model.encoder.layers.2.";
        assert!(found.problems[0].starts_with(told), "{:?}", found.problems);
    }
}

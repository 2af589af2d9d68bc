//! The `config.json` of published tokenizers.

use serde::Deserialize;
use serde_json::Value;

use super::config::{Layout, Matching, PixelRange, VqConfig, VqConfigError};

/// Groups of the norms in all layouts but diffusers'.
const GROUPS: usize = 32;

/// Channels of LlamaGen's first level, which its configuration does not tell.
const LLAMAGEN_CHANNELS: usize = 128;

/// Whose tokenizer a configuration tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// `_class_name` is `VQModel`.
    Diffusers,
    /// `model.class_path` ends in `.IBQ`.
    Ibq,
    /// `model_type` is `Emu3p5VisionVQ`.
    Emu35,
    /// There is `codebook_embed_dim`.
    LlamaGen,
}

/// A published tokenizer, as its configuration tells.
#[derive(Clone, Debug, PartialEq)]
pub struct Published {
    /// What its network looks like.
    pub config: VqConfig,
    /// Whether the weights that count are the averages over the training, where the file has them.
    pub averaged: bool,
}

/// Why a configuration is not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PublishedError {
    /// No layout that is known has such a configuration.
    #[error("it is none of Emu3.5 VQ, IBQ, LlamaGen and diffusers' VQModel")]
    Unknown,
    /// A field is missing or of another type.
    #[error("as the configuration of {layout}: {problem}")]
    Field {
        /// Whose configuration it seems to be.
        layout: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// A size is out of range.
    #[error(transparent)]
    Size(#[from] VqConfigError),
}

/// The sizes that descendants of "taming transformers" share.
#[derive(Deserialize)]
struct Taming {
    ch: usize,
    ch_mult: Vec<usize>,
    num_res_blocks: usize,
    attn_resolutions: Vec<usize>,
    resolution: usize,
    z_channels: usize,
    #[serde(default)]
    double_z: bool,
    #[serde(default = "three")]
    in_channels: usize,
    #[serde(default = "three")]
    out_ch: usize,
}

#[derive(Deserialize)]
struct Emu {
    #[serde(flatten)]
    sizes: Taming,
    codebook_size: usize,
    embed_dim: usize,
}

#[derive(Deserialize)]
struct Ibq {
    ddconfig: Taming,
    n_embed: usize,
    embed_dim: usize,
    #[serde(default)]
    l2_normalize: bool,
    #[serde(default)]
    use_ema: bool,
}

#[derive(Deserialize)]
struct LlamaGen {
    codebook_size: usize,
    codebook_embed_dim: usize,
    #[serde(default = "yes")]
    codebook_l2_norm: bool,
    encoder_ch_mult: Vec<usize>,
    decoder_ch_mult: Vec<usize>,
    z_channels: usize,
    #[serde(rename = "_ch", default = "llamagen_channels")]
    channels: usize,
    #[serde(rename = "_num_res_blocks", default = "two")]
    blocks: usize,
}

#[derive(Deserialize)]
struct Diffusers {
    #[serde(default = "three")]
    in_channels: usize,
    #[serde(default = "three")]
    out_channels: usize,
    block_out_channels: Vec<usize>,
    layers_per_block: usize,
    latent_channels: usize,
    num_vq_embeddings: usize,
    norm_num_groups: usize,
    vq_embed_dim: Option<usize>,
    #[serde(default = "yes")]
    mid_block_add_attention: bool,
    #[serde(default)]
    norm_type: Option<String>,
    #[serde(default)]
    act_fn: Option<String>,
    #[serde(default)]
    down_block_types: Vec<String>,
    #[serde(default)]
    up_block_types: Vec<String>,
}

fn yes() -> bool {
    true
}

fn two() -> usize {
    2
}

fn three() -> usize {
    3
}

fn llamagen_channels() -> usize {
    LLAMAGEN_CHANNELS
}

impl Origin {
    /// Whose tokenizer `file`, a `config.json`, tells of, or `None` where it tells of none that is known.
    pub fn of(file: &Value) -> Option<Self> {
        let text = |path: &str| file.pointer(path).and_then(Value::as_str);
        let is_ibq = |class: &str| class.rsplit('.').next() == Some("IBQ");
        if text("/_class_name") == Some("VQModel") {
            return Some(Self::Diffusers);
        }
        if text("/model/class_path").is_some_and(is_ibq) {
            return Some(Self::Ibq);
        }
        if text("/model_type") == Some("Emu3p5VisionVQ") {
            return Some(Self::Emu35);
        }
        file.get("codebook_embed_dim").map(|_| Self::LlamaGen)
    }

    /// What the tokenizer is called.
    pub fn model(self) -> &'static str {
        match self {
            Self::Diffusers => "the VQModel of diffusers",
            Self::Ibq => "an IBQ tokenizer",
            Self::Emu35 => "the tokenizer of Emu3.5",
            Self::LlamaGen => "a tokenizer of LlamaGen or Janus",
        }
    }
}

impl Published {
    /// The tokenizer that `file`, a `config.json`, tells of.
    ///
    /// Errors: it tells of none that is known, or of one that cannot be.
    pub fn read(file: &Value) -> Result<Self, PublishedError> {
        let origin = Origin::of(file).ok_or(PublishedError::Unknown)?;
        let model = origin.model();
        let published = match origin {
            Origin::Diffusers => parse::<Diffusers>(model, file)?.published()?,
            Origin::Ibq => parse::<Ibq>(model, &file["model"]["init_args"])?.published()?,
            Origin::Emu35 => parse::<Emu>(model, file)?.published()?,
            Origin::LlamaGen => parse::<LlamaGen>(model, file)?.published()?,
        };
        published.config.check()?;
        Ok(published)
    }
}

fn parse<T: for<'a> Deserialize<'a>>(
    layout: &'static str,
    file: &Value,
) -> Result<T, PublishedError> {
    T::deserialize(file).map_err(|error| PublishedError::Field {
        layout,
        problem: error.to_string(),
    })
}

/// Sizes times sizes, none of which can be trusted.
fn widths(channels: usize, factors: &[usize]) -> Vec<usize> {
    let widths = factors.iter();
    widths
        .map(|factor| channels.saturating_mul(*factor))
        .collect()
}

fn refuse(field: &str, expected: &str, found: impl std::fmt::Display) -> PublishedError {
    VqConfigError::new(field, expected, found).into()
}

fn three_colours(field: &str, found: usize) -> Result<(), PublishedError> {
    match found {
        3 => Ok(()),
        _ => Err(refuse(field, "3", found)),
    }
}

impl Taming {
    fn config(
        self,
        codes: usize,
        dimensions: usize,
        matching: Matching,
    ) -> Result<VqConfig, PublishedError> {
        three_colours("in_channels", self.in_channels)?;
        three_colours("out_ch", self.out_ch)?;
        if self.double_z {
            return Err(refuse("double_z", "false", true));
        }
        // Attention is placed by the resolution that the network was made for, whatever it is given.
        let attention = (0..self.ch_mult.len()).map(|level| {
            let resolution = self.resolution.checked_shr(level as u32).unwrap_or(0);
            self.attn_resolutions.contains(&resolution)
        });
        let widths = widths(self.ch, &self.ch_mult);
        Ok(VqConfig {
            layout: Layout::Taming,
            first: self.ch,
            attention: attention.collect(),
            decoder_widths: widths.clone(),
            encoder_widths: widths,
            blocks: self.num_res_blocks,
            middle_attention: true,
            norm_groups: GROUPS,
            latent: self.z_channels,
            dimensions,
            codes,
            matching,
            range: PixelRange::Signed,
        })
    }
}

impl Emu {
    fn published(self) -> Result<Published, PublishedError> {
        let (codes, dimensions) = (self.codebook_size, self.embed_dim);
        let config = self.sizes.config(codes, dimensions, Matching::DotProduct)?;
        Ok(Published {
            config,
            averaged: false,
        })
    }
}

impl Ibq {
    fn published(self) -> Result<Published, PublishedError> {
        if self.l2_normalize {
            return Err(refuse("l2_normalize", "false", true));
        }
        let (codes, dimensions) = (self.n_embed, self.embed_dim);
        let config = self
            .ddconfig
            .config(codes, dimensions, Matching::DotProduct)?;
        Ok(Published {
            config,
            averaged: self.use_ema,
        })
    }
}

impl LlamaGen {
    fn published(self) -> Result<Published, PublishedError> {
        let levels = self.encoder_ch_mult.len();
        let config = VqConfig {
            layout: Layout::LlamaGen,
            first: self.channels,
            encoder_widths: widths(self.channels, &self.encoder_ch_mult),
            decoder_widths: widths(self.channels, &self.decoder_ch_mult),
            blocks: self.blocks,
            attention: (1..=levels).map(|level| level == levels).collect(),
            middle_attention: true,
            norm_groups: GROUPS,
            latent: self.z_channels,
            dimensions: self.codebook_embed_dim,
            codes: self.codebook_size,
            matching: if self.codebook_l2_norm {
                Matching::Direction
            } else {
                Matching::Nearest
            },
            range: PixelRange::Signed,
        };
        Ok(Published {
            config,
            averaged: false,
        })
    }
}

impl Diffusers {
    fn published(self) -> Result<Published, PublishedError> {
        three_colours("in_channels", self.in_channels)?;
        three_colours("out_channels", self.out_channels)?;
        for (field, expected, found) in [
            ("norm_type", "group", &self.norm_type),
            ("act_fn", "silu", &self.act_fn),
        ] {
            if let Some(found) = found.as_deref().filter(|found| *found != expected) {
                return Err(refuse(field, expected, found));
            }
        }
        for (field, expected, types) in [
            (
                "down_block_types",
                "DownEncoderBlock2D",
                &self.down_block_types,
            ),
            ("up_block_types", "UpDecoderBlock2D", &self.up_block_types),
        ] {
            if let Some(found) = types.iter().find(|found| *found != expected) {
                return Err(refuse(field, expected, found));
            }
        }
        let widths = self.block_out_channels;
        let config = VqConfig {
            layout: Layout::Diffusers,
            first: widths.first().copied().unwrap_or(0),
            attention: vec![false; widths.len()],
            decoder_widths: widths.clone(),
            encoder_widths: widths,
            blocks: self.layers_per_block,
            middle_attention: self.mid_block_add_attention,
            norm_groups: self.norm_num_groups,
            latent: self.latent_channels,
            dimensions: self.vq_embed_dim.unwrap_or(self.latent_channels),
            codes: self.num_vq_embeddings,
            matching: Matching::Nearest,
            range: PixelRange::Unsigned,
        };
        Ok(Published {
            config,
            averaged: false,
        })
    }
}

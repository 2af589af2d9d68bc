//! What turns pictures into codes and back.

use std::any::Any;
use std::sync::Arc;

use burn::tensor::Tensor;
use graph::error::NodeError;
use graph::kind::Kind;
use graph::preview::Preview;
use graph::value::{Footprint, WireValue};

use super::{Grid, Image, Tokens};

/// What turns pictures into codes and back: an encoder, a codebook and a decoder, loaded and ready.
#[derive(Clone)]
pub struct Tokenizer {
    codec: Arc<dyn Codec>,
}

/// What a tokenizer's network can do.
pub trait Codec: Any + Send + Sync {
    /// How many different codes there are.
    fn codebook(&self) -> u32;

    /// How many pixels a token spans, down and across.
    fn stride(&self) -> usize;

    /// The codes of `image`, whose sides must be multiples of [`Codec::stride`].
    ///
    /// Errors: the sides do not fit.
    fn encode(&self, image: &Image) -> Result<Tokens, NodeError>;

    /// The pictures of `tokens`, none of which may be masked.
    ///
    /// Errors: a token is masked, or the codebook is another one.
    fn decode(&self, tokens: &Tokens) -> Result<Image, NodeError>;

    /// The vectors of all codes, `[codebook, dimensions]`.
    fn vectors(&self) -> Tensor<2>;

    /// One line that says what the network is.
    fn describe(&self) -> String;

    /// A fingerprint of weights and configuration, for provenance.
    fn hash(&self) -> String;

    /// How much memory the weights hold.
    fn footprint(&self) -> Footprint;
}

impl Tokenizer {
    /// A tokenizer that asks `codec`.
    pub fn new(codec: impl Codec) -> Self {
        Self {
            codec: Arc::new(codec),
        }
    }

    /// The network behind it.
    pub fn codec(&self) -> &dyn Codec {
        self.codec.as_ref()
    }

    /// The network behind it as a `T`, or `None` where it is of another type.
    pub fn downcast<T: Codec>(&self) -> Option<&T> {
        let any: &dyn Any = self.codec.as_ref();
        any.downcast_ref()
    }

    /// The tokens that a picture of `height × width` pixels has.
    ///
    /// Errors: a side is no multiple of the stride.
    pub fn grid(&self, height: usize, width: usize) -> Result<Grid, NodeError> {
        grid(self.codec.as_ref(), height, width)
    }
}

/// The tokens that a picture of `height × width` pixels has for `codec`.
///
/// Errors: a side is no multiple of the stride.
pub fn grid(codec: &dyn Codec, height: usize, width: usize) -> Result<Grid, NodeError> {
    let stride = codec.stride();
    let fits = |side: usize| side > 0 && side.is_multiple_of(stride);
    if !fits(height) || !fits(width) {
        return Err(NodeError::input(
            "image",
            format!("sides that are multiples of {stride} pixels"),
            format!("{height} × {width} pixels"),
        ));
    }
    Ok(Grid {
        rows: height / stride,
        columns: width / stride,
    })
}

impl WireValue for Tokenizer {
    const KIND: &'static str = "tokenizer";

    fn kind(&self) -> Kind {
        Kind::new(Self::KIND).with("codebook", u64::from(self.codec.codebook()))
    }

    fn preview(&self) -> Preview {
        Preview::Text(self.codec.describe())
    }

    fn footprint(&self) -> Footprint {
        self.codec.footprint()
    }
}

//! What published files call the parameters of the network.

use super::config::{Layout, VqConfig};

/// What the network calls the parameter that a file calls `key`, or `None` where it is none of the tokenizer's.
///
/// Names that are of the tokenizer and not understood come back as they are, so that they are reported as unknown.
pub fn own_name(config: &VqConfig, key: &str) -> Option<String> {
    if !of_the_tokenizer(key) {
        return None;
    }
    let levels = config.encoder_widths.len();
    let parts: Vec<&str> = key.split('.').collect();
    let own = match config.layout {
        Layout::Taming => taming(&parts, levels),
        Layout::LlamaGen => llamagen(&parts),
        Layout::Diffusers => diffusers(&parts),
    };
    Some(own.unwrap_or_else(|| key.into()))
}

/// Training files hold the discriminator of the training as well, counts, and averages of all weights.
fn of_the_tokenizer(key: &str) -> bool {
    let others = [
        "loss.",
        "model_ema.",
        "quantize.codebook_used",
        "quantize.ema",
    ];
    !others.iter().any(|start| key.starts_with(start))
}

/// What is called alike in all layouts.
fn common(parts: &[&str]) -> Option<String> {
    match parts {
        ["quant_conv", end] => Some(format!("narrow.{end}")),
        ["post_quant_conv", end] => Some(format!("widen.{end}")),
        ["quantize", "embedding", "weight"] => Some("codebook.weight".into()),
        [half, place @ ("conv_in" | "conv_out"), end] => Some(format!("{half}.{place}.{end}")),
        [half, "norm_out" | "conv_norm_out", end] => {
            Some(format!("{half}.norm_out.{}", gain(end)?))
        }
        _ => None,
    }
}

/// The two parameters of a norm.
fn gain(end: &str) -> Option<&'static str> {
    match end {
        "weight" => Some("gamma"),
        "bias" => Some("beta"),
        _ => None,
    }
}

/// A parameter of a block, by its names in all layouts.
fn block(parts: &[&str]) -> Option<String> {
    match parts {
        [norm @ ("norm1" | "norm2"), end] => Some(format!("norm_{}.{}", &norm[4..], gain(end)?)),
        [conv @ ("conv1" | "conv2"), end] => Some(format!("conv_{}.{end}", &conv[4..])),
        ["nin_shortcut" | "conv_shortcut", end] => Some(format!("shortcut.{end}")),
        _ => None,
    }
}

/// A parameter of attention, by its names in all layouts.
fn attention(parts: &[&str]) -> Option<String> {
    let (name, end) = match parts {
        ["norm" | "group_norm", end] => return Some(format!("norm.{}", gain(end)?)),
        ["to_out", "0", end] => ("out", end),
        [name, end] => (*name, end),
        _ => return None,
    };
    let own = match name {
        "q" | "to_q" | "query" => "query",
        "k" | "to_k" | "key" => "key",
        "v" | "to_v" | "value" => "value",
        "proj_out" | "proj_attn" | "out" => "out",
        _ => return None,
    };
    Some(format!("{own}.{end}"))
}

fn taming(parts: &[&str], levels: usize) -> Option<String> {
    match parts {
        [half, "mid", "block_1", rest @ ..] => {
            Some(format!("{half}.middle.first.{}", block(rest)?))
        }
        [half, "mid", "block_2", rest @ ..] => {
            Some(format!("{half}.middle.second.{}", block(rest)?))
        }
        [half, "mid", "attn_1", rest @ ..] => {
            Some(format!("{half}.middle.attention.{}", attention(rest)?))
        }
        [half, way @ ("down" | "up"), level, rest @ ..] => {
            // A decoder's levels are numbered by resolution, but run the other way round.
            let level: usize = level.parse().ok()?;
            let level = match *way {
                "up" => levels.checked_sub(level + 1)?,
                _ => level,
            };
            let rest = match rest {
                ["block", at, rest @ ..] => format!("blocks.{at}.{}", block(rest)?),
                ["attn", at, rest @ ..] => format!("attention.{at}.{}", attention(rest)?),
                ["downsample" | "upsample", "conv", end] => format!("resample.{end}"),
                _ => return None,
            };
            Some(format!("{half}.levels.{level}.{rest}"))
        }
        _ => common(parts),
    }
}

fn llamagen(parts: &[&str]) -> Option<String> {
    match parts {
        [half, "mid", "0", rest @ ..] => Some(format!("{half}.middle.first.{}", block(rest)?)),
        [half, "mid", "1", rest @ ..] => {
            Some(format!("{half}.middle.attention.{}", attention(rest)?))
        }
        [half, "mid", "2", rest @ ..] => Some(format!("{half}.middle.second.{}", block(rest)?)),
        [half, "conv_blocks", level, rest @ ..] => {
            let rest = match rest {
                ["res", at, rest @ ..] => format!("blocks.{at}.{}", block(rest)?),
                ["attn", at, rest @ ..] => format!("attention.{at}.{}", attention(rest)?),
                ["downsample" | "upsample", "conv", end] => format!("resample.{end}"),
                _ => return None,
            };
            Some(format!("{half}.levels.{level}.{rest}"))
        }
        _ => common(parts),
    }
}

fn diffusers(parts: &[&str]) -> Option<String> {
    match parts {
        [half, "mid_block", "resnets", at, rest @ ..] => {
            let place = match *at {
                "0" => "first",
                "1" => "second",
                _ => return None,
            };
            Some(format!("{half}.middle.{place}.{}", block(rest)?))
        }
        [half, "mid_block", "attentions", "0", rest @ ..] => {
            Some(format!("{half}.middle.attention.{}", attention(rest)?))
        }
        [half, "down_blocks" | "up_blocks", level, rest @ ..] => {
            let rest = match rest {
                ["resnets", at, rest @ ..] => format!("blocks.{at}.{}", block(rest)?),
                ["downsamplers" | "upsamplers", "0", "conv", end] => format!("resample.{end}"),
                _ => return None,
            };
            Some(format!("{half}.levels.{level}.{rest}"))
        }
        _ => common(parts),
    }
}

#[cfg(test)]
mod tests {
    use super::{common, diffusers, llamagen, taming};

    fn split(key: &str) -> Vec<&str> {
        key.split('.').collect()
    }

    #[test]
    fn levels_of_a_decoder_are_numbered_as_they_run() {
        let own = taming(&split("decoder.up.3.block.1.conv2.bias"), 4);
        assert_eq!(
            own.as_deref(),
            Some("decoder.levels.0.blocks.1.conv_2.bias")
        );
        let own = llamagen(&split("decoder.conv_blocks.0.res.1.conv2.bias"));
        assert_eq!(
            own.as_deref(),
            Some("decoder.levels.0.blocks.1.conv_2.bias")
        );
        let own = diffusers(&split("decoder.up_blocks.0.resnets.1.conv2.bias"));
        assert_eq!(
            own.as_deref(),
            Some("decoder.levels.0.blocks.1.conv_2.bias")
        );
    }

    #[test]
    fn attention_has_many_names() {
        for key in ["to_q", "query"] {
            let key = format!("encoder.mid_block.attentions.0.{key}.weight");
            let own = diffusers(&split(&key));
            assert_eq!(
                own.as_deref(),
                Some("encoder.middle.attention.query.weight")
            );
        }
        let own = taming(&split("encoder.mid.attn_1.norm.weight"), 2);
        assert_eq!(own.as_deref(), Some("encoder.middle.attention.norm.gamma"));
    }

    #[test]
    fn strange_names_have_no_own_one() {
        assert_eq!(common(&split("encoder.conv_in")), None);
        assert_eq!(taming(&split("decoder.up.9.block.0.conv1.bias"), 4), None);
        assert_eq!(
            diffusers(&split("decoder.mid_block.resnets.2.conv1.bias")),
            None
        );
    }
}

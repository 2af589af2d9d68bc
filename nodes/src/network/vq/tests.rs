//! Bad input of published tokenizers.

use super::published::{Published, PublishedError};
use serde_json::json;

fn diffusers() -> serde_json::Value {
    json!({
        "_class_name": "VQModel", "block_out_channels": [16, 32], "layers_per_block": 1,
        "latent_channels": 4, "num_vq_embeddings": 8, "norm_num_groups": 8, "vq_embed_dim": null,
    })
}

#[test]
fn a_sound_configuration_is_read() {
    let published = Published::read(&diffusers()).expect("it is sound");
    assert_eq!(published.config.stride(), 2);
    assert_eq!(published.config.dimensions, 4);
}

#[test]
fn sizes_that_cannot_be_are_refused_by_their_names() {
    for (field, value, named) in [
        ("norm_num_groups", json!(0), "groups"),
        ("norm_num_groups", json!(5), "channels"),
        ("block_out_channels", json!([]), "levels"),
        ("block_out_channels", json!([16, 1_u64 << 40]), "channels"),
        ("num_vq_embeddings", json!(0), "codes"),
        ("num_vq_embeddings", json!(1_u64 << 50), "codes"),
        ("layers_per_block", json!(1_000_000), "blocks"),
        ("latent_channels", json!(0), "latent"),
        ("in_channels", json!(4), "in_channels"),
        ("act_fn", json!("gelu"), "act_fn"),
    ] {
        let mut file = diffusers();
        file[field] = value;
        let error = Published::read(&file).expect_err("it is not sound");
        assert!(error.to_string().contains(named), "{field}: {error}");
    }
}

#[test]
fn a_missing_field_is_named() {
    let mut file = diffusers();
    let _ = file
        .as_object_mut()
        .map(|fields| fields.remove("latent_channels"));
    let error = Published::read(&file).expect_err("a field is missing");
    assert!(error.to_string().contains("latent_channels"), "{error}");
}

#[test]
fn an_unknown_configuration_is_told() {
    assert_eq!(
        Published::read(&json!({"a": 1})),
        Err(PublishedError::Unknown)
    );
}

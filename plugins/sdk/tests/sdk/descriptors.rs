//! What a plugin says of itself.

use smalto_sdk::abi::{self, node_flag};
use smalto_sdk::param::{ParamKind, ParamValue, Params};
use smalto_sdk::port::{Arity, Ports};
use smalto_sdk::testing::Boundary;

use crate::plugin::{Count, Mishap, ScaleAll, ScaleInputs, ScaleOutputs, smalto_plugin_entry_v1};

const OPTIONS: &[(&str, &str)] = &[
    ("none", "Nothing."),
    ("full_panic", "The node panics."),
    ("failure", "The node fails."),
];

#[test]
fn a_struct_says_what_can_be_set_on_it() {
    assert_eq!(ScaleAll::TITLE, "Scale all");
    assert_eq!(
        ScaleAll::DOC,
        "Scales \"pictures\" and panics on demand.\n\nA second paragraph."
    );
    let specs = ScaleAll::specs();
    let text = |text: &str| Some(ParamValue::Text(text.into()));
    let found: Vec<_> = specs
        .iter()
        .map(|spec| {
            (
                spec.name,
                spec.kind.clone(),
                spec.default.clone(),
                spec.unit,
            )
        })
        .collect();
    let expected = [
        (
            "factor",
            ParamKind::Float {
                min: -4.0,
                max: 4.0,
            },
            Some(ParamValue::Float(0.5)),
            "×",
        ),
        (
            "times",
            ParamKind::Int { min: 1, max: 8 },
            Some(ParamValue::Int(1)),
            "",
        ),
        (
            "mishap",
            ParamKind::Choice { options: OPTIONS },
            text("none"),
            "",
        ),
        (
            "negative",
            ParamKind::Bool,
            Some(ParamValue::Bool(false)),
            "",
        ),
        (
            "name",
            ParamKind::Text { multiline: true },
            text("nobody"),
            "",
        ),
        (
            "path",
            ParamKind::Path { written: false },
            text("a/b.txt"),
            "",
        ),
        ("seed", ParamKind::Seed, Some(ParamValue::Int(0)), ""),
        (
            "needed",
            ParamKind::Int {
                min: 0,
                max: i64::MAX,
            },
            None,
            "",
        ),
    ];
    assert_eq!(found, expected);
    assert_eq!(specs[0].doc, "What every channel is multiplied by.");
}

#[test]
fn parameters_go_there_and_back() {
    let scale = ScaleAll {
        factor: 0.1,
        times: 2,
        mishap: Mishap::Failure,
        negative: true,
        name: "a \"name\"".into(),
        path: "x/y".into(),
        seed: smalto_sdk::param::Seed(9),
        needed: 4,
    };
    assert_eq!(ScaleAll::from_values(&scale.to_values()), Ok(scale));
    let missing = ScaleAll::from_values(&Default::default());
    assert_eq!(
        missing.expect_err("`needed` has no default").to_string(),
        "parameter `needed` must be set: A parameter that must be set."
    );
    assert!(Count::specs().is_empty());
}

#[test]
fn a_struct_says_what_goes_in_and_out() {
    let ports = |specs: Vec<smalto_sdk::port::PortSpec>| {
        let ports = specs.into_iter();
        ports
            .map(|port| (port.name, port.kind, port.arity, port.doc))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        ports(ScaleInputs::specs()),
        [
            ("image", "image", Arity::One, "The pictures."),
            ("mask", "mask", Arity::Optional, "A region that stays."),
            ("captions", "text", Arity::Many, "Any number of captions."),
        ]
    );
    assert_eq!(ports(ScaleOutputs::specs()).len(), 2);
}

#[test]
fn the_plugin_describes_itself_at_the_boundary() {
    let boundary = Boundary::of(smalto_plugin_entry_v1).expect("the plugin serves this host");
    let expected = [
        "test.scale",
        "test.count",
        "test.commonest",
        "test.last_first",
        "test.negate",
    ];
    assert_eq!(boundary.kinds(), expected);
    let flags = |kind: &str| boundary.node(kind).map(|node| node.flags);
    let reads = node_flag::PURE | node_flag::READS_FILES | node_flag::SEEDED;
    assert_eq!(flags("test.scale"), Some(reads | node_flag::REENTRANT));
    assert_eq!(
        flags("test.count"),
        Some(node_flag::PURE | node_flag::REENTRANT)
    );
    assert_eq!(
        flags("test.commonest"),
        Some(node_flag::DEPRECATED | node_flag::REENTRANT)
    );
    let plugin = boundary.plugin();
    assert_eq!(
        (plugin.abi_major, plugin.abi_minor),
        (abi::ABI_MAJOR, abi::ABI_MINOR)
    );
    let scale = boundary.node("test.scale").expect("the plugin brings it");
    assert_eq!((scale.version, scale.param_count), (3, 8));
}

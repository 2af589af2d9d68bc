//! The mirror against the C compiler: every size, every offset, every number.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::mem::offset_of;

use smalto_abi::{
    ABI_MAJOR, ABI_MINOR, COUNT_MAX, Choice, Create, Device, Element, Growing, Host, Infer,
    LOG_DEBUG, LOG_ERROR, LOG_INFO, LOG_WARNING, ManagedTensor, Migrate, Migration, Node, Object,
    PARAM_BOOL, PARAM_CHOICE, PARAM_FLAG_MULTILINE, PARAM_FLAG_WRITTEN, PARAM_FLOAT, PARAM_INT,
    PARAM_PATH, PARAM_SEED, PARAM_TEXT, PORT_OPTIONAL, PORT_VARIADIC, Param, Plugin, Policy,
    PolicyRequest, Port, Preview, Run, STRUCT_SIZE_MAX, Size, Status, Str, TENSOR_COPIED,
    TENSOR_READ_ONLY, Tensor, Value, node_flag, value_type,
};

use crate::compilers::{compile, printed};
use crate::header::{Item, items};

/// A structure as the mirror has it.
struct Layout {
    name: &'static str,
    size: usize,
    align: usize,
    fields: Vec<(&'static str, usize)>,
}

macro_rules! layouts {
    ($($type:ident $name:literal { $($field:ident $(as $c:literal)?),* })*) => {
        vec![$(Layout {
            name: $name,
            size: size_of::<$type>(),
            align: align_of::<$type>(),
            fields: vec![$((field_name!($field $($c)?), offset_of!($type, $field))),*],
        }),*]
    };
}

macro_rules! field_name {
    ($field:ident) => {
        stringify!($field)
    };
    ($field:ident $c:literal) => {
        $c
    };
}

fn mirrored() -> Vec<Layout> {
    layouts! {
        Str "smalto_str" { data, length }
        Device "smalto_device" { r#type as "type", index }
        Element "smalto_element" { code, bits, lanes }
        Tensor "smalto_tensor" { data, device, rank, element, shape, strides, byte_offset }
        ManagedTensor "smalto_managed_tensor" { dlpack_major, dlpack_minor, context, deleter, flags, tensor }
        Size "smalto_size" { name, count }
        Object "smalto_object" { struct_size, data, release }
        Value "smalto_value" {
            struct_size, r#type as "type", integer, number, text, tensor, managed, object, sizes, size_count
        }
        Host "smalto_host" { struct_size, abi_minor, context, program, version, log, get_extension }
        Create "smalto_create" { struct_size, context, host, plugin, param, set_error }
        Infer "smalto_infer" { struct_size, context, input, promise, set_error }
        Run "smalto_run" {
            struct_size, context, host, device, stream, input, alloc_tensor, output, progress, cancelled,
            preview, random, scratch, resolve, set_error
        }
        Port "smalto_port" { struct_size, flags, key, kind, doc }
        Choice "smalto_choice" { struct_size, name, doc }
        Param "smalto_param" {
            struct_size, r#type as "type", flags, choice_count, key, doc, unit, default_value,
            int_min, int_max, float_min, float_max, choices
        }
        Node "smalto_node" {
            struct_size, version, flags, input_count, output_count, param_count, kind, title, doc,
            inputs, outputs, params, create, infer, run, destroy
        }
        Plugin "smalto_plugin" {
            struct_size, abi_major, abi_minor, id, name, version, licence, node_count, nodes,
            init, deinit, get_extension
        }
        PolicyRequest "smalto_policy_request" {
            struct_size, context, step, steps, sample, rows, columns, count, confidences, masked, random, set_error
        }
        Policy "smalto_policy" { struct_size, choose }
        Migration "smalto_migration" { struct_size, from_version, context, kind, name, get, set }
        Migrate "smalto_migrate" { struct_size, migrate }
        Preview "smalto_preview" { struct_size, describe }
    }
}

#[test]
fn the_mirror_has_the_sizes_and_offsets_of_the_c_compiler() {
    let mut expected = String::new();
    let mut source =
        String::from("#include \"smalto_plugin.h\"\n#include <stdio.h>\nint main(void) {\n");
    for layout in mirrored() {
        let name = layout.name;
        let _ = writeln!(expected, "{name} {} {}", layout.size, layout.align);
        let _ = writeln!(
            source,
            "{{ struct probe {{ char first; {name} rest; }};\n\
             printf(\"{name} %d %d\\n\", (int)sizeof({name}), (int)offsetof(struct probe, rest)); }}"
        );
        for (field, offset) in layout.fields {
            let _ = writeln!(expected, "{name}.{field} {offset}");
            let _ = writeln!(
                source,
                "printf(\"{name}.{field} %d\\n\", (int)offsetof({name}, {field}));"
            );
        }
    }
    source.push_str("return 0; }\n");
    let program = compile("cc", &["-std=c11"], &source, "layout");
    assert_eq!(printed(&program), expected);
}

#[test]
fn the_mirror_has_every_field_of_the_header_in_its_order() {
    let mirrored: Vec<(String, Vec<String>)> = mirrored()
        .into_iter()
        .map(|layout| {
            let fields = layout.fields.into_iter();
            (
                layout.name.to_owned(),
                fields.map(|(field, _)| field.to_owned()).collect(),
            )
        })
        .collect();
    let declared: Vec<(String, Vec<String>)> = items()
        .into_iter()
        .filter_map(|item| match item {
            Item::Structure { name, fields, .. } => {
                Some((name, fields.into_iter().map(|field| field.name).collect()))
            }
            Item::Prose(_) | Item::Numbers { .. } | Item::Declaration { .. } => None,
        })
        .collect();
    assert_eq!(mirrored, declared);
}

/// Every number of the header, as the mirror has it.
const NUMBERS: &[(&str, i64)] = &[
    ("SMALTO_ABI_MAJOR", ABI_MAJOR as i64),
    ("SMALTO_ABI_MINOR", ABI_MINOR as i64),
    ("SMALTO_STRUCT_SIZE_MAX", STRUCT_SIZE_MAX as i64),
    ("SMALTO_COUNT_MAX", COUNT_MAX as i64),
    ("SMALTO_OK", Status::OK.0 as i64),
    ("SMALTO_FAILED", Status::FAILED.0 as i64),
    ("SMALTO_INVALID_INPUT", Status::INVALID_INPUT.0 as i64),
    ("SMALTO_CANCELLED", Status::CANCELLED.0 as i64),
    (
        "SMALTO_OUT_OF_HOST_MEMORY",
        Status::OUT_OF_HOST_MEMORY.0 as i64,
    ),
    (
        "SMALTO_OUT_OF_DEVICE_MEMORY",
        Status::OUT_OF_DEVICE_MEMORY.0 as i64,
    ),
    ("SMALTO_PANIC", Status::PANIC.0 as i64),
    ("SMALTO_UNSUPPORTED", Status::UNSUPPORTED.0 as i64),
    ("SMALTO_DEVICE_CPU", Device::CPU.r#type as i64),
    ("SMALTO_DEVICE_CUDA", Device::cuda(0).r#type as i64),
    ("SMALTO_ELEMENT_INT", Element::I32.code as i64),
    ("SMALTO_ELEMENT_UINT", Element::U8.code as i64),
    ("SMALTO_ELEMENT_FLOAT", Element::F32.code as i64),
    ("SMALTO_TENSOR_READ_ONLY", TENSOR_READ_ONLY as i64),
    ("SMALTO_TENSOR_COPIED", TENSOR_COPIED as i64),
    ("SMALTO_TYPE_NONE", value_type::NONE as i64),
    ("SMALTO_TYPE_BOOL", value_type::BOOL as i64),
    ("SMALTO_TYPE_INT", value_type::INT as i64),
    ("SMALTO_TYPE_FLOAT", value_type::FLOAT as i64),
    ("SMALTO_TYPE_TEXT", value_type::TEXT as i64),
    ("SMALTO_TYPE_TENSOR", value_type::TENSOR as i64),
    ("SMALTO_TYPE_OBJECT", value_type::OBJECT as i64),
    ("SMALTO_LOG_ERROR", LOG_ERROR as i64),
    ("SMALTO_LOG_WARNING", LOG_WARNING as i64),
    ("SMALTO_LOG_INFO", LOG_INFO as i64),
    ("SMALTO_LOG_DEBUG", LOG_DEBUG as i64),
    ("SMALTO_PORT_OPTIONAL", PORT_OPTIONAL as i64),
    ("SMALTO_PORT_VARIADIC", PORT_VARIADIC as i64),
    ("SMALTO_PARAM_BOOL", PARAM_BOOL as i64),
    ("SMALTO_PARAM_INT", PARAM_INT as i64),
    ("SMALTO_PARAM_FLOAT", PARAM_FLOAT as i64),
    ("SMALTO_PARAM_TEXT", PARAM_TEXT as i64),
    ("SMALTO_PARAM_CHOICE", PARAM_CHOICE as i64),
    ("SMALTO_PARAM_PATH", PARAM_PATH as i64),
    ("SMALTO_PARAM_SEED", PARAM_SEED as i64),
    ("SMALTO_PARAM_FLAG_MULTILINE", PARAM_FLAG_MULTILINE as i64),
    ("SMALTO_PARAM_FLAG_WRITTEN", PARAM_FLAG_WRITTEN as i64),
    ("SMALTO_NODE_PURE", node_flag::PURE as i64),
    ("SMALTO_NODE_SEEDED", node_flag::SEEDED as i64),
    ("SMALTO_NODE_READS_FILES", node_flag::READS_FILES as i64),
    ("SMALTO_NODE_SIDE_EFFECT", node_flag::SIDE_EFFECT as i64),
    ("SMALTO_NODE_REENTRANT", node_flag::REENTRANT as i64),
    ("SMALTO_NODE_DEPRECATED", node_flag::DEPRECATED as i64),
    ("SMALTO_NODE_CUDA", node_flag::CUDA as i64),
];

#[test]
fn the_mirror_has_every_number_of_the_header() {
    let mut declared: BTreeSet<String> = BTreeSet::new();
    for item in items() {
        match item {
            Item::Numbers { numbers, .. } => {
                declared.extend(numbers.into_iter().map(|number| number.name));
            }
            Item::Declaration { name, code, .. } => {
                let value = code.split(' ').next_back().unwrap_or_default();
                if code.starts_with("#define") && value.parse::<i64>().is_ok() {
                    let _ = declared.insert(name);
                }
            }
            Item::Prose(_) | Item::Structure { .. } => {}
        }
    }
    let mirrored: BTreeSet<String> = NUMBERS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(mirrored, declared);

    let mut source =
        String::from("#include \"smalto_plugin.h\"\n#include <stdio.h>\nint main(void) {\n");
    let mut expected = String::new();
    for (name, value) in NUMBERS {
        let _ = writeln!(expected, "{name} {value}");
        let _ = writeln!(source, "printf(\"{name} %d\\n\", (int){name});");
    }
    source.push_str("return 0; }\n");
    let program = compile("cc", &["-std=c11"], &source, "numbers");
    assert_eq!(printed(&program), expected);
}

#[test]
fn the_mirror_has_the_names_of_the_header() {
    let mut texts = Vec::new();
    for item in items() {
        if let Item::Declaration { name, code, .. } = item
            && let Some((_, quoted)) = code.split_once(" \"")
        {
            texts.push((name, quoted.trim_end_matches('"').to_owned()));
        }
    }
    let mirrored = [
        ("SMALTO_POLICY", smalto_abi::POLICY),
        ("SMALTO_MIGRATE", smalto_abi::MIGRATE),
        ("SMALTO_PREVIEW", smalto_abi::PREVIEW),
    ];
    let mirrored: Vec<(String, String)> = mirrored
        .map(|(name, text)| (name.into(), text.into()))
        .into();
    assert_eq!(texts, mirrored);
    let entry = items().into_iter().any(
        |item| matches!(item, Item::Declaration { name, .. } if name == smalto_abi::ENTRY_SYMBOL),
    );
    assert!(entry, "the header does not declare the entry");
}

/// What version 1.0 was, for ever: these numbers never change, whatever is appended.
#[test]
#[cfg(target_pointer_width = "64")]
fn the_sizes_of_version_one_stand_fast() {
    let least = [
        (Choice::NAME, Choice::LEAST, 40),
        (Create::NAME, Create::LEAST, 48),
        (Host::NAME, Host::LEAST, 64),
        (Infer::NAME, Infer::LEAST, 40),
        (Migrate::NAME, Migrate::LEAST, 16),
        (Migration::NAME, Migration::LEAST, 56),
        (Node::NAME, Node::LEAST, 128),
        (Object::NAME, Object::LEAST, 24),
        (Param::NAME, Param::LEAST, 112),
        (Plugin::NAME, Plugin::LEAST, 112),
        (Policy::NAME, Policy::LEAST, 16),
        (PolicyRequest::NAME, PolicyRequest::LEAST, 72),
        (Port::NAME, Port::LEAST, 56),
        (Preview::NAME, Preview::LEAST, 16),
        (Run::NAME, Run::LEAST, 120),
        (Value::NAME, Value::LEAST, 80),
    ];
    for (name, found, expected) in least {
        assert_eq!(found, expected, "{name}");
    }
}

/// DLPack 1.0 as it is published: `DLTensor` and `DLManagedTensorVersioned` on a machine of 64 bits.
#[test]
#[cfg(target_pointer_width = "64")]
fn tensors_are_laid_out_as_dlpack_has_them() {
    let offsets = |name: &str| {
        let layout = mirrored().into_iter().find(|layout| layout.name == name);
        let layout = layout.expect("the mirror has tensors");
        let fields: Vec<usize> = layout.fields.iter().map(|(_, offset)| *offset).collect();
        (fields, layout.size)
    };
    assert_eq!(
        offsets("smalto_tensor"),
        (vec![0, 8, 16, 20, 24, 32, 40], 48)
    );
    assert_eq!(
        offsets("smalto_managed_tensor"),
        (vec![0, 4, 8, 16, 24, 32], 80)
    );
    assert_eq!(offsets("smalto_element"), (vec![0, 1, 2], 4));
    assert_eq!(offsets("smalto_device"), (vec![0, 4], 8));
}

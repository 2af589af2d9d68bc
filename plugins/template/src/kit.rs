//! The kit that plugins are written with, as it lies beside this crate.

macro_rules! files {
    ($($path:literal,)*) => {
        /// The files of the kit, by their place in the folder `plugins`.
        pub const FILES: &[(&str, &str)] = &[
            $(($path, include_str!(concat!("../../", $path))),)*
        ];
    };
}

/// The header alone.
pub const HEADER: &str = include_str!("../../abi/include/smalto_plugin.h");

files! {
    "abi/Cargo.toml",
    "abi/include/smalto_plugin.h",
    "abi/src/description.rs",
    "abi/src/extension.rs",
    "abi/src/growing.rs",
    "abi/src/lib.rs",
    "abi/src/service.rs",
    "abi/src/text.rs",
    "abi/src/value.rs",
    "sdk/Cargo.toml",
    "sdk/derive/Cargo.toml",
    "sdk/derive/src/choice.rs",
    "sdk/derive/src/code.rs",
    "sdk/derive/src/item.rs",
    "sdk/derive/src/lib.rs",
    "sdk/derive/src/params.rs",
    "sdk/derive/src/ports.rs",
    "sdk/derive/src/text.rs",
    "sdk/src/error.rs",
    "sdk/src/export.rs",
    "sdk/src/export/extension.rs",
    "sdk/src/export/guard.rs",
    "sdk/src/export/lend.rs",
    "sdk/src/export/room.rs",
    "sdk/src/export/send.rs",
    "sdk/src/export/services.rs",
    "sdk/src/export/shim.rs",
    "sdk/src/export/tables.rs",
    "sdk/src/lib.rs",
    "sdk/src/node.rs",
    "sdk/src/param.rs",
    "sdk/src/param/field.rs",
    "sdk/src/policy.rs",
    "sdk/src/port.rs",
    "sdk/src/prelude.rs",
    "sdk/src/random.rs",
    "sdk/src/run.rs",
    "sdk/src/testing.rs",
    "sdk/src/testing/call.rs",
    "sdk/src/testing/services.rs",
    "sdk/src/value.rs",
    "sdk/src/value/image.rs",
    "sdk/src/value/mask.rs",
    "sdk/src/value/own.rs",
    "sdk/src/value/placed.rs",
    "sdk/src/value/tokens.rs",
}

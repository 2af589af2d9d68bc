//! Plugins that lie on no computer, one in each state.

use std::collections::BTreeSet;
use std::sync::Arc;

use graph::registry::Registry;
use smalto_host::describe::{Description, Extensions, Finding};
use smalto_host::plugins::{Plugin, State};

use crate::plugins::Inventory;

/// A plugin called `org.acme.NAME` in this state.
pub fn plugin(name: &str, state: State) -> Plugin {
    let folder = format!("/home/ann/.local/share/smalto/plugins/{name}");
    Plugin {
        library: Some(format!("{folder}/lib{name}.so").into()),
        folder: folder.into(),
        id: format!("org.acme.{name}"),
        version: Some("1.2.0".into()),
        kinds: vec![format!("acme.{name}")],
        sha256: Some(format!("{name}-hash")),
        in_process: false,
        state,
    }
}

/// The state of a plugin that can be used.
pub fn ready(name: &str) -> State {
    State::Ready(Box::new(Description {
        id: format!("org.acme.{name}"),
        name: format!("Acme {name}"),
        version: "1.2.0".into(),
        licence: "MIT".into(),
        abi: (1, 0),
        nodes: Vec::new(),
        extensions: Extensions::default(),
    }))
}

/// A plugin of every state: ready, in the editor, untrusted, quarantined, broken.
pub fn inventory() -> Inventory {
    let local = Plugin {
        in_process: true,
        ..plugin("local", ready("local"))
    };
    let finding = Finding::new("libsharp.so", "it brings no node", "add one");
    let found = vec![
        plugin("blur", ready("blur")),
        local,
        plugin("grain", State::Untrusted),
        plugin(
            "crash",
            State::Quarantined("it was ended by signal 11".into()),
        ),
        plugin("sharp", State::Broken(finding)),
    ];
    let trusted = ["blur", "local", "crash"].map(|name| format!("{name}-hash"));
    Inventory {
        found,
        trusted: BTreeSet::from(trusted),
        trouble: None,
        registry: Arc::new(Registry::default()),
    }
}

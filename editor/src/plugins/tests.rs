use std::collections::BTreeMap;

use graph::document::{Graph, NodeId, PlacedNode};
use graph::edit::{Edit, Placement};
use graph::node::{Descriptor, Effect};
use graph::plugin::{Obstacle, Offer};
use graph::registry::{Entry, Registry};
use smalto_host::plugins::State;
use smalto_host::search::Places;

use super::{Need, Request, Shelf, Source, lack, need, with_needs};

fn offer(version: &str, obstacle: Option<&str>) -> Offer {
    Offer {
        version: version.parse().expect("it is a version"),
        kinds: vec!["acme.blur".into()],
        obstacle: obstacle.map(|problem| Obstacle {
            problem: problem.into(),
            hint: "mend it".into(),
        }),
        in_process: false,
    }
}

fn needing(plugins: &[&str]) -> Graph {
    let mut graph = Graph::default();
    for name in plugins {
        let edit = Edit::SetPlugin {
            name: (*name).into(),
            versions: Some("^1.2".into()),
        };
        let _ = graph.apply(edit).expect("it can be done");
    }
    graph
}

#[test]
fn what_a_node_lacks_is_told_with_the_plugin_that_has_it() {
    let mut registry = Registry::default();
    assert_eq!(
        lack(&needing(&[]), &registry, "acme.blur"),
        "The kind `acme.blur` is not known here; it may come from a plugin."
    );
    assert_eq!(
        lack(&needing(&["org.acme.blur"]), &registry, "acme.blur"),
        "The kind `acme.blur` is not known here. The workflow needs the plugin `org.acme.blur` (^1.2): install it."
    );
    let _ = registry.offer("org.acme.blur", offer("1.2.0", Some("you do not trust it")));
    assert_eq!(
        lack(
            &needing(&["org.acme.blur", "org.other"]),
            &registry,
            "acme.blur"
        ),
        "The kind `acme.blur` comes from the plugin `org.acme.blur` 1.2.0, which cannot be used: you do not trust it."
    );
}

#[test]
fn a_need_is_met_by_a_version_that_will_do_and_can_be_used() {
    let needed = |offer: Option<Offer>| {
        let mut registry = Registry::default();
        if let Some(offer) = offer {
            let _ = registry.offer("org.acme.blur", offer);
        }
        need(&registry, "org.acme.blur", "^1.2")
    };
    let version = |text: &str| text.parse().expect("it is a version");
    assert_eq!(needed(None), Need::Missing);
    assert_eq!(
        needed(Some(offer("1.3.0", None))),
        Need::Met(version("1.3.0"))
    );
    assert_eq!(
        needed(Some(offer("2.0.0", None))),
        Need::OtherVersion(version("2.0.0"))
    );
    assert_eq!(
        needed(Some(offer("1.2.0", Some("it is broken")))),
        Need::Kept("it is broken".into())
    );
}

/// A registry with the kind `acme.blur` of the plugin `org.acme.blur`, version 1.2.3.
fn blurring() -> Registry {
    let descriptor = Descriptor {
        id: "acme.blur".into(),
        version: 1,
        title: "Blur".into(),
        doc: "Blurs.".into(),
        effect: Effect::Pure,
        params: vec![],
        inputs: vec![],
        outputs: vec![],
    };
    let origin = "org.acme.blur@1.2.3+00";
    let entry = Entry::new(descriptor, origin, |_| Err(vec![]), |_, _| {});
    let mut registry = Registry::default();
    let _ = registry
        .insert(entry)
        .offer("org.acme.blur", offer("1.2.3", None));
    registry
}

#[test]
fn a_node_says_which_plugin_it_comes_from_and_where_that_runs() {
    let registry = blurring();
    let source = Source::of(&registry, "acme.blur").expect("it comes from a plugin");
    assert_eq!(source.id, "org.acme.blur");
    assert_eq!(source.place(), "in a process of its own");
    assert_eq!(Source::of(&registry, "acme.other"), None);
}

fn adding(id: &str, kind: &str) -> Edit {
    Edit::AddNode(Box::new(Placement {
        id: node(id),
        node: PlacedNode::new(kind, 1),
        position: None,
        collapsed: false,
        wires: Vec::new(),
        params: BTreeMap::new(),
        outputs: BTreeMap::new(),
    }))
}

fn node(id: &str) -> NodeId {
    NodeId::new(id).expect("it is a name")
}

/// Does `edit` as the editor does, and tells what the workflow then says of plugins.
fn plugins_after(graph: &mut Graph, edit: Edit, registry: &Registry) -> Vec<(String, String)> {
    let edit = with_needs(edit, graph, registry);
    let _ = graph.apply(edit).expect("it can be done");
    let plugins = graph.plugins().iter();
    plugins
        .map(|(id, versions)| (id.clone(), versions.clone()))
        .collect()
}

#[test]
fn a_workflow_names_the_plugins_that_its_nodes_come_from() {
    let registry = blurring();
    let blur = vec![("org.acme.blur".to_owned(), "^1.2".to_owned())];
    let mut graph = Graph::default();
    let mut after = |edit| plugins_after(&mut graph, edit, &registry);
    assert_eq!(after(adding("other", "acme.other")), []);
    assert_eq!(after(adding("a", "acme.blur")), blur);
    assert_eq!(after(adding("b", "acme.blur")), blur);
    assert_eq!(after(Edit::RemoveNode(node("a"))), blur);
    assert_eq!(after(Edit::RemoveNode(node("b"))), []);
    let both = vec![adding("a", "acme.blur"), adding("b", "acme.blur")];
    assert_eq!(after(Edit::Batch(both)), blur);
}

#[test]
fn what_was_written_of_plugins_stays_while_nodes_need_it() {
    let registry = blurring();
    let mut graph = needing(&["org.acme.blur", "org.other"]);
    let exact = Edit::SetPlugin {
        name: "org.acme.blur".into(),
        versions: Some("=1.2.3".into()),
    };
    let kept = |id: &str, versions: &str| (id.to_owned(), versions.to_owned());
    let mut after = |edit| plugins_after(&mut graph, edit, &registry);
    let other = kept("org.other", "^1.2");
    let blur = kept("org.acme.blur", "=1.2.3");
    assert_eq!(after(exact), [blur.clone(), other.clone()]);
    assert_eq!(after(adding("a", "acme.blur")), [blur, other.clone()]);
    assert_eq!(after(Edit::RemoveNode(node("a"))), [other]);
}

#[test]
fn undoing_a_new_node_undoes_what_it_made_the_workflow_need() {
    let registry = blurring();
    let mut graph = Graph::default();
    let edit = with_needs(adding("a", "acme.blur"), &graph, &registry);
    let undo = graph.apply(edit).expect("it can be done");
    let _ = graph.apply(undo).expect("it can be undone");
    assert!(graph == Graph::default());
}

#[test]
fn a_list_of_trust_that_is_damaged_is_told_and_leaves_what_is_built_in() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let places = Places {
        search: vec![folder.path().join("plugins")],
        trusted: folder.path().join("trusted.toml"),
        seen: folder.path().join("seen.json"),
    };
    let plugin = places.search[0].join("blur");
    std::fs::create_dir_all(&plugin).expect("a folder can be made");
    std::fs::write(plugin.join("plugin.toml"), "id = 3").expect("there is room");
    let shelf = Shelf {
        places,
        ..Shelf::empty()
    };
    let built_in = std::sync::Arc::new(Registry::default());
    let found = shelf.find(&built_in).found;
    assert!(matches!(found[0].state, State::Broken(_)), "{found:?}");

    std::fs::write(&shelf.places.trusted, "libraries = 3").expect("there is room");
    let answer = shelf.perform(Request::Look, &built_in);
    let trouble = answer.inventory.trouble.expect("it is told");
    assert!(trouble.contains("trust your plugins again"), "{trouble}");
    assert!(answer.inventory.found.is_empty());

    let refused = shelf.perform(Request::Untrust("org.acme.blur".into()), &built_in);
    assert!(refused.error.is_some());
}

//! Every workflow file that the repository carries.

use std::collections::BTreeSet;
use std::path::PathBuf;

use graph::node::Effect;
use graph::registry::Registry;
use graph::workflow::{Workflow, to_text};

use crate::repository::{files_ending, read, root};

fn registry() -> Registry {
    let mut registry = Registry::default();
    nodes::register(&mut registry);
    registry
}

fn workflows() -> Vec<PathBuf> {
    let mut files = files_ending("ron");
    files.retain(|path| {
        path.parent().is_some_and(|parent| {
            parent.ends_with("workflows") || parent.ends_with("workflows/experiments")
        })
    });
    assert!(files.len() >= 23, "only {} workflows", files.len());
    files
}

#[test]
fn every_workflow_is_free_of_problems() {
    let registry = registry();
    for path in workflows() {
        let problems = Workflow::check(&root().join(&path), &registry);
        assert!(problems.is_empty(), "{problems}");
    }
}

#[test]
fn every_workflow_is_in_canonical_form() {
    let registry = registry();
    for path in workflows() {
        let text = read(&path);
        let workflow = Workflow::read(&path.display().to_string(), &text, &registry)
            .unwrap_or_else(|problems| panic!("{problems}"));
        assert_eq!(
            to_text(&workflow.graph),
            text,
            "run `smalto fmt {}`",
            path.display()
        );
    }
}

#[test]
fn every_workflow_says_what_it_is_for_and_what_comes_out() {
    let registry = registry();
    for path in workflows() {
        let workflow = Workflow::open(&root().join(&path), &registry)
            .unwrap_or_else(|problems| panic!("{problems}"));
        let graph = workflow.graph;
        assert!(
            !graph.about().is_empty(),
            "{} has no `about`",
            path.display()
        );
        let writes = graph.nodes().values().any(|node| {
            let entry = registry.get(&node.kind);
            entry.is_some_and(|entry| entry.descriptor.effect == Effect::WritesFiles)
        });
        assert!(
            writes || !graph.interface().outputs.is_empty(),
            "nothing comes out of {}",
            path.display()
        );
        for id in graph.nodes().keys() {
            assert!(
                graph.layout().nodes.contains_key(id),
                "{}: node `{id}` has no place on the canvas",
                path.display()
            );
        }
    }
}

#[test]
fn every_workflow_has_its_line_in_the_readme() {
    let page = read("workflows/README.md");
    let named: BTreeSet<String> = page
        .split('`')
        .filter(|word| word.ends_with(".ron") && !word.contains(' '))
        .map(Into::into)
        .collect();
    let there: BTreeSet<String> = workflows()
        .iter()
        .filter_map(|path| path.strip_prefix("workflows").ok())
        .map(|name| name.display().to_string())
        .collect();
    assert_eq!(named, there);
}

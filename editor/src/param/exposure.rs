//! Letting a parameter be set from outside: under which name, and whether that name will do.

use graph::document::{Graph, PortRef};
use graph::edit::Edit;
use graph::param::ParamKind;
use graph::plan::param_name_fault;

/// The name outside under which `target` can be set, if there is one.
pub fn name_of<'a>(graph: &'a Graph, target: &PortRef) -> Option<&'a str> {
    let mut params = graph.interface().params.iter();
    params
        .find(|(_, other)| *other == target)
        .map(|(name, _)| name.as_str())
}

/// The flag that a name outside becomes on the command line.
pub fn flag(name: &str) -> String {
    format!("--{}", name.replace('_', "-"))
}

/// Why `target` cannot be called `name` outside; `None` where it can.
pub fn fault(graph: &Graph, target: &PortRef, kind: &ParamKind, name: &str) -> Option<String> {
    let params = &graph.interface().params;
    if let Some(other) = params.get(name).filter(|other| *other != target) {
        return Some(format!("`{other}` is called that already"));
    }
    let others = params
        .iter()
        .filter(|(_, other)| *other != target)
        .map(|(name, _)| name.as_str());
    param_name_fault(name, kind, others).map(str::to_owned)
}

/// A name that will do for `target`: the parameter's own, where it is free.
pub fn proposal(graph: &Graph, target: &PortRef, kind: &ParamKind) -> String {
    let own = plain(&target.port);
    let full = plain(&format!("{}_{}", target.node, target.port));
    // Of one more name than there are parameters outside, one is free.
    let count = graph.interface().params.len() + 1;
    let numbered = (2..).map(|number| format!("{own}_{number}")).take(count);
    [own.clone(), full]
        .into_iter()
        .chain(numbered)
        .find(|name| fault(graph, target, kind, name).is_none())
        .unwrap_or(own)
}

/// The letters of `text` that a name outside may have.
fn plain(text: &str) -> String {
    let letters: String = text
        .to_lowercase()
        .chars()
        .filter(|letter| {
            letter.is_ascii_lowercase() || letter.is_ascii_digit() || matches!(letter, '_' | '-')
        })
        .collect();
    let letters = letters.trim_start_matches(|letter: char| !letter.is_ascii_lowercase());
    letters.chars().take(64).collect()
}

/// Lets `target` be set from outside as `name`, under which it may have another name before.
pub fn expose(graph: &Graph, target: &PortRef, name: &str) -> Edit {
    let set = Edit::SetInterfaceParam {
        name: name.into(),
        target: Some(target.clone()),
    };
    match name_of(graph, target) {
        Some(before) if before != name => Edit::Batch(vec![withdraw(before), set]),
        Some(_) | None => set,
    }
}

/// Takes the name outside back.
pub fn withdraw(name: &str) -> Edit {
    Edit::SetInterfaceParam {
        name: name.into(),
        target: None,
    }
}

#[cfg(test)]
mod tests {
    use graph::document::{Graph, PlacedNode, PortRef};
    use graph::edit::Edit;
    use graph::param::ParamKind;

    use super::{expose, fault, name_of, proposal};

    fn port(text: &str) -> PortRef {
        text.parse().expect("a port")
    }

    fn graph(names: &[(&str, &str)]) -> Graph {
        let mut graph = Graph::default();
        for (name, target) in names {
            let target = port(target);
            if graph.node(&target.node).is_none() {
                let node = PlacedNode::new("any", 1);
                let _ = graph
                    .apply(Edit::add(target.node.clone(), node))
                    .expect("a node");
            }
            let edit = expose(&graph, &target, name);
            let _ = graph.apply(edit).expect("a free name");
        }
        graph
    }

    #[test]
    fn a_parameter_is_called_as_on_its_node_where_that_is_free() {
        let check = |taken: &[(&str, &str)], target: &str, expected: &str| {
            let name = proposal(&graph(taken), &port(target), &ParamKind::Bool);
            assert_eq!(name, expected);
        };
        check(&[], "sampler.steps", "steps");
        check(&[("steps", "a.steps")], "sampler.steps", "sampler_steps");
        check(
            &[("steps", "a.steps"), ("sampler-steps", "b.steps")],
            "sampler.steps",
            "steps_2",
        );
        check(&[], "sampler.seed", "sampler_seed");
        check(&[], "Über2.out", "ber2_out");
        check(&[], "7.Temperature", "temperature");
    }

    #[test]
    fn a_seed_may_be_called_seed() {
        let seed = proposal(&Graph::default(), &port("a.seed"), &ParamKind::Seed);
        assert_eq!(seed, "seed");
    }

    #[test]
    fn names_are_refused_as_the_plan_refuses_them() {
        let graph = graph(&[("top-p", "a.top_p")]);
        let check = |name: &str, expected: Option<&str>| {
            let fault = fault(&graph, &port("b.share"), &ParamKind::Bool, name);
            assert_eq!(fault.as_deref(), expected, "{name}");
        };
        check("share", None);
        check(
            "Share",
            Some("expected small letters, digits, `_` and `-`, beginning with a letter"),
        );
        check(
            "",
            Some("expected small letters, digits, `_` and `-`, beginning with a letter"),
        );
        check("out", Some("the command line has a flag of that name"));
        check("seed", Some("`--seed` sets the seeds, and this is no seed"));
        check("top-p", Some("`a.top_p` is called that already"));
        check(
            "top_p",
            Some("another parameter differs from it in `-` and `_` alone"),
        );
    }

    #[test]
    fn another_name_takes_the_place_of_the_first() {
        let mut graph = graph(&[("steps", "a.steps")]);
        let edit = expose(&graph, &port("a.steps"), "passes");
        let _ = graph.apply(edit).expect("a free name");
        assert_eq!(name_of(&graph, &port("a.steps")), Some("passes"));
        assert_eq!(graph.interface().params.len(), 1);
    }
}

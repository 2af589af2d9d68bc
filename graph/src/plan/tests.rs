use super::{LeftOut, Plan, PlanError};
use crate::document::{Graph, State, Wire};
use crate::edit::Edit;
use crate::node::{Descriptor, Effect};
use crate::plugin::{Obstacle, Offer};
use crate::registry::{Entry, Registry};
use crate::sample::{Dice, graph, id, port, registry};
use crate::workflow::Workflow;

fn with(mut graph: Graph, edits: impl IntoIterator<Item = Edit>) -> Graph {
    for edit in edits {
        let _ = graph
            .apply(edit)
            .expect("the edits of these tests are right");
    }
    graph
}

fn state(node: &str, state: State) -> Edit {
    Edit::SetState {
        node: id(node),
        state: Some(state),
    }
}

fn result(name: &str, output: &str) -> Edit {
    Edit::SetInterfaceOutput {
        name: name.into(),
        target: Some(port(output)),
    }
}

/// The order of a plan, with where each input comes from: `a b(text<a.text)`.
fn describe(plan: &Plan) -> String {
    let name = |origin: &super::Origin| format!("{}.{}", plan.steps[origin.step].id, origin.port);
    let mut parts = Vec::new();
    for step in &plan.steps {
        let mut wires: Vec<String> = step
            .inputs
            .iter()
            .flat_map(|input| {
                let origins = input.origins.iter();
                origins.map(|origin| format!("{}<{}", input.port, name(origin)))
            })
            .collect();
        let params = step.wired.iter();
        wires.extend(params.map(|(spec, origin)| format!("{}<{}", spec.name, name(origin))));
        parts.push(if wires.is_empty() {
            step.id.to_string()
        } else {
            format!("{}({})", step.id, wires.join(" "))
        });
    }
    let results = plan.outputs.iter();
    parts.extend(results.map(|(outside, origin)| format!("{outside}={}", name(origin))));
    parts.join(" ")
}

fn check(graph: &Graph, expected: &str) {
    let plan = Plan::new(graph, &registry()).expect("the graph can be run");
    assert_eq!(describe(&plan), expected);
}

fn refused(graph: &Graph, expected: &[&str]) {
    let errors = Plan::new(graph, &registry()).err().unwrap_or_default();
    let messages: Vec<String> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(messages, expected);
}

const DIAMOND: &str = "
    top: test.text
    left: test.mark
    right: test.mark
    end: test.join
    top.text -> left.text
    top.text -> right.text
    right.text -> end.first
    left.text -> end.second
";

#[test]
fn nodes_come_behind_what_they_need_and_else_by_name() {
    check(
        &graph(DIAMOND),
        "top left(text<top.text) right(text<top.text) end(first<right.text second<left.text)",
    );
    check(
        &graph("b: test.text\n a: test.text\n c: test.number"),
        "a b c",
    );
}

#[test]
fn the_order_does_not_depend_on_how_the_graph_came_about() {
    let lines: Vec<&str> = DIAMOND.lines().collect();
    let expected = describe(&Plan::new(&graph(DIAMOND), &registry()).expect("it can be run"));
    for seed in 0..20 {
        let mut dice = Dice::new(seed);
        let mut lines = lines.clone();
        for at in 1..lines.len() {
            lines.swap(at, dice.below(at + 1));
        }
        check(&graph(&lines.join("\n")), &expected);
    }
}

#[test]
fn errors_do_not_depend_on_how_the_graph_came_about() {
    let lines = [
        "z: test.mark",
        "a: test.mark",
        "m: test.join",
        "f: test.read",
        "a.text -> m.more",
    ];
    for seed in 0..20 {
        let mut dice = Dice::new(seed);
        let mut lines = lines;
        for at in 1..lines.len() {
            lines.swap(at, dice.below(at + 1));
        }
        refused(
            &graph(&lines.join("\n")),
            &[
                "nothing is wired to `a.text`, which needs text",
                "node `f`: parameter `path` must be set: The file, or a folder of which the names are read.",
                "nothing is wired to `m.first`, which needs text",
                "nothing is wired to `z.text`, which needs text",
            ],
        );
    }
}

#[test]
fn every_parameter_is_an_input() {
    let wired = graph(
        "t: test.text\n n: test.number value=2.0\n j: test.join copies=3\n \
         t.text -> j.first\n t.text -> j.case\n n.number -> j.copies\n n.number -> j.seed",
    );
    check(
        &wired,
        "n t j(first<t.text copies<n.number case<t.text seed<n.number)",
    );
    let plan = Plan::new(&wired, &registry()).expect("it can be run");
    let params = plan.params(&id("j")).expect("it runs");
    assert_eq!(
        params.keys().collect::<Vec<_>>(),
        ["between", "bracket", "weight"],
        "what is wired has no other value"
    );
    let crossed = graph(
        "t: test.text\n n: test.number\n j: test.join\n \
         t.text -> j.first\n t.text -> j.weight\n n.number -> j.between\n n.number -> j.second",
    );
    refused(
        &crossed,
        &[
            "cannot wire `n.number` to `j.between`: found number, expected text",
            "cannot wire `n.number` to `j.second`: found number, expected text",
            "cannot wire `t.text` to `j.weight`: found text, expected number",
        ],
    );
}

#[test]
fn every_problem_is_told() {
    let wrong = graph(
        "a: test.text text=7\n b: test.makr\n c: test.mark mrak=\"x\"\n d: test.join\n e: test.read\n \
         a.text -> d.first\n a.text -> d.second\n a.text -> d.third\n a.word -> d.more\n c.text -> d.second\n \
         b.text -> d.more",
    );
    refused(
        &wrong,
        &[
            "node `b` is of the unknown kind `test.makr`",
            "node `a` has no output `word`",
            "`d.second` takes one wire, but both `a.text` and `c.text` are wired to it",
            "node `d` has no input or parameter `third`",
            "node `a`: parameter `text` must be text in quotes, but is 7",
            "nothing is wired to `c.text`, which needs text",
            "node `c`: there is no parameter `mrak`; there are `mark`",
            "node `e`: parameter `path` must be set: The file, or a folder of which the names are read.",
        ],
    );
}

#[test]
fn paths_are_the_same_on_every_system() {
    check(&graph(r#"r: test.read path="a/../b.txt""#), "r");
    refused(
        &graph(r#"r: test.read path="a\b.txt""#),
        &[
            r#"node `r`: parameter `path` must be a path with `/` between folders, which every system understands, but is "a\\b.txt""#,
        ],
    );
}

#[test]
fn wires_are_judged_while_they_are_drawn() {
    let graph = graph("n: test.number\n j: test.join\n u: acme.thing");
    let judge = |from: &str, to: &str| {
        let wire = Wire::new(port(from), port(to));
        match graph.check_wire(&registry(), &wire) {
            Ok(kind) => kind.to_string(),
            Err(error) => error.to_string(),
        }
    };
    assert_eq!(judge("n.number", "j.copies"), "number");
    assert_eq!(judge("j.text", "j.more"), "text");
    assert_eq!(
        judge("n.number", "j.first"),
        "cannot wire `n.number` to `j.first`: found number, expected text"
    );
    assert_eq!(
        judge("j.first", "j.second"),
        "node `j` has no output `first`"
    );
    assert_eq!(
        judge("u.x", "j.first"),
        "node `u` is of the unknown kind `acme.thing`"
    );
}

#[test]
fn a_plan_until_a_node_holds_what_that_needs_alone() {
    let until = |graph: &Graph, node: &str| {
        Plan::until(graph, &registry(), &id(node)).map(|plan| describe(&plan))
    };
    let diamond = with(
        graph(DIAMOND),
        [result("half", "left.text"), result("all", "end.text")],
    );
    assert_eq!(
        until(&diamond, "left"),
        Ok("top left(text<top.text) half=left.text".into())
    );
    let half_done = graph(&format!("{DIAMOND}\nloose: test.mark\n odd: acme.thing"));
    assert_eq!(until(&half_done, "top"), Ok("top".into()));
    assert!(until(&half_done, "loose").is_err());
    let missing = until(&half_done, "lefd").expect_err("there is no such node");
    assert_eq!(missing[0].hint().as_deref(), Some("did you mean `left`?"));
}

#[test]
fn a_muted_node_takes_along_what_cannot_do_without() {
    let muted = with(
        graph(DIAMOND),
        [state("left", State::Muted), result("all", "end.text")],
    );
    check(
        &muted,
        "top right(text<top.text) end(first<right.text) all=end.text",
    );
    let muted = with(
        graph(DIAMOND),
        [state("right", State::Muted), result("all", "end.text")],
    );
    check(&muted, "top left(text<top.text)");
    let plan = Plan::new(&muted, &registry()).expect("it can be run");
    assert_eq!(
        plan.left_out(),
        [
            (id("end"), LeftOut::Needs(id("right"))),
            (id("right"), LeftOut::Muted)
        ]
    );
    // A parameter goes back to what it is set to; one that must be set takes its node along.
    let params = graph(
        "n: test.number\n t: test.text\n j: test.join copies=3\n r: test.read\n \
         t.text -> j.first\n n.number -> j.copies\n t.text -> r.path",
    );
    check(
        &with(params.clone(), [state("n", State::Muted)]),
        "t j(first<t.text) r(path<t.text)",
    );
    check(&with(params, [state("t", State::Muted)]), "n");
    // Whether a muted node is right does not matter, not even whether anybody knows it.
    let odd = graph("a: acme.thing\n b: test.mark mrak=1\n c: test.text");
    let odd = with(odd, [state("a", State::Muted), state("b", State::Muted)]);
    check(&odd, "c");
}

#[test]
fn a_bypassed_node_hands_its_inputs_on() {
    let bypassed = with(
        graph(DIAMOND),
        [state("left", State::Bypassed), result("half", "left.text")],
    );
    check(
        &bypassed,
        "top right(text<top.text) end(first<right.text second<top.text) half=top.text",
    );
    let both = with(
        graph(DIAMOND),
        [state("left", State::Bypassed), state("top", State::Muted)],
    );
    check(&both, "");
    // The first input of the kind is handed on, here `first`.
    let join = with(
        graph(
            "a: test.text\n b: test.text\n j: test.join\n m: test.mark\n \
               a.text -> j.first\n b.text -> j.second\n j.text -> m.text",
        ),
        [state("j", State::Bypassed)],
    );
    check(&join, "a b m(text<a.text)");
    let nothing = with(
        graph("a: test.text\n m: test.mark\n a.text -> m.text"),
        [state("a", State::Bypassed)],
    );
    refused(
        &nothing,
        &["node `a` is bypassed, but has no input of the kind text to hand on as `text`"],
    );
}

#[test]
fn errors_say_where_they_are() {
    let errors = Plan::new(&graph("a: test.mark\n b: test.read"), &registry());
    let errors = errors.err().expect("both are wrong");
    let places: Vec<(&str, String, &str)> = errors
        .iter()
        .map(|error: &PlanError| {
            let node = error.node().map(ToString::to_string).unwrap_or_default();
            (error.code(), node, error.port().unwrap_or_default())
        })
        .collect();
    assert_eq!(
        places,
        [
            ("missing-input", "a".into(), "text"),
            ("missing-param", "b".into(), "path")
        ]
    );
}

#[test]
fn a_kind_from_a_plugin_says_which_one_and_how_to_come_by_it() {
    let text = r#"(format: 1, plugins: {"org.acme.blur": "^1.2"}, nodes: {"b": (kind: "acme.blur", version: 1)}, wires: [])"#;
    let check = |registry: &Registry, code: &str, hint: &str| {
        let workflow = Workflow::read("a.ron", text, registry).expect("it can be read");
        let errors = Plan::new(&workflow.graph, registry)
            .map(|_| ())
            .expect_err("it cannot be run");
        let found: Vec<_> = errors
            .iter()
            .map(|error| (error.code(), error.hint()))
            .collect();
        assert_eq!(found, [(code, Some(hint.to_owned()))]);
    };
    let offer = |version: &str, obstacle: Option<(&str, &str)>| Offer {
        version: version.parse().expect("it is a version"),
        kinds: vec!["acme.blur".into()],
        obstacle: obstacle.map(|(problem, hint)| Obstacle {
            problem: problem.into(),
            hint: hint.into(),
        }),
        in_process: false,
    };
    let mut registry = registry();
    check(
        &registry,
        "unknown-kind",
        "the workflow needs the plugin `org.acme.blur` (^1.2): install it, `smalto plugins list` says where plugins are looked for",
    );
    let obstacle = Some(("you have not trusted it", "trust it"));
    let _ = registry.offer("org.acme.blur", offer("1.2.0", obstacle));
    check(
        &registry,
        "unknown-kind",
        "the plugin `org.acme.blur` brings it, but you have not trusted it: trust it",
    );
    let _ = registry.offer("org.acme.blur", offer("2.0.0", None));
    let kind = Descriptor {
        id: "acme.blur".into(),
        version: 1,
        title: "Blur".into(),
        doc: "Blurs.".into(),
        effect: Effect::Pure,
        params: vec![],
        inputs: vec![],
        outputs: vec![],
    };
    let _ = registry.insert(Entry::new(
        kind,
        "org.acme.blur@2.0.0",
        |_| Err(vec![]),
        |_, _| {},
    ));
    check(
        &registry,
        "plugin-version",
        "install another version of `org.acme.blur`, or change what `plugins` says of it",
    );
}

//! Everything that can be wrong with a file.

use super::{FILE, Workflow, read, registry};
use crate::sample::Dice;
use crate::workflow::to_text;

/// Expects `text` to have these problems, as `line:column code: message`.
fn check(text: &str, expected: &[&str]) {
    let problems: Vec<String> = Workflow::check_text("bad.ron", text, &registry())
        .iter()
        .map(|problem| {
            let place = problem.at.as_ref().expect("every problem has a place");
            format!(
                "{}:{} {}: {}",
                place.line, place.column, problem.code, problem.message
            )
        })
        .collect();
    assert_eq!(problems, expected, "{text}");
}

/// Expects a file with one node of kind `test.join`, called `j`, and these lines to have these problems.
fn check_params(params: &str, expected: &[&str]) {
    let text = format!(
        "(format: 1, nodes: {{\n\
         \"a\": (kind: \"test.text\"),\n\
         \"j\": (kind: \"test.join\", params: {{\n{params}\n}})}},\n\
         wires: [(\"a.text\", \"j.first\")])"
    );
    check(&text, expected);
}

/// Expects a file with nodes `a` to `d`, all of kind `test.mark` but the first, and these wires to have these problems.
fn check_wires(wires: &str, expected: &[&str]) {
    let text = format!(
        "(format: 1, nodes: {{\"a\": (kind: \"test.text\"), \"b\": (kind: \"test.mark\"), \
         \"c\": (kind: \"test.mark\"), \"d\": (kind: \"test.mark\")}}, wires: [\n{wires}\n])"
    );
    check(&text, expected);
}

#[test]
fn what_is_no_workflow() {
    check(
        "",
        &["1:1 syntax: expected a value, found the end of the file"],
    );
    let message = "1:1 wrong-type: this is not a workflow: expected `(format: …`";
    check("x", &[message]);
    check("[1, 2]", &[message]);
    check("{\"format\": 1}", &[message]);
    check("Workflow(format: 1)", &[message]);
    check(
        "(nodes: {})",
        &["1:1 missing-field: the workflow has no field `format`"],
    );
    check(
        "(format: 1)",
        &["1:1 missing-field: the workflow has no field `nodes`"],
    );
    check(
        "(format: 0, nodes: {})",
        &["1:10 wrong-type: `format` must be a whole number up to 1, but is 0"],
    );
    check(
        "(format: 2, nodes: [], wirse: 7)",
        &["1:10 newer-format: the file has format 2, but this program knows formats up to 1"],
    );
}

#[test]
fn mistakes_of_syntax_and_what_else_is_wrong_are_told_together() {
    check(
        "(format: 1, nodes: {\"a\": (kind: \"test.text\" params: {})})",
        &["1:45 syntax: expected `,` or `)`, found `params`"],
    );
    check(
        "(format: 1,\nnodes: {\"a\": (kind: \"test.text\n",
        &["2:21 syntax: a text is never closed"],
    );
    check(
        "(format: 1,\nnodes: {\"a\": (kind: \"test.text\",",
        &["2:33 syntax: expected `)`, found the end of the file"],
    );
    check(
        "(format: 1, nodes: {}) /* x",
        &["1:24 syntax: a comment is never closed"],
    );
    check(
        "(format: 1, nodes: {}) )",
        &["1:24 syntax: expected the end of the file, found `)`"],
    );
    check(
        "(format: 1, nodes: {\n\
         \"a\": (kind: \"test.text\", params: {\"text\": \"\\q\"}),\n\
         \"b\": (kind = 7),\n\
         \"c\": (kind: 7),\n\
         \"d\": ?,\n\
         \"e e\": (kind: \"test.text\", params: {\"n\": 1.2.3}),\n})",
        &[
            "2:43 syntax: cannot read `\"\\q\"`: Unknown escape character",
            "3:12 syntax: expected `:`, found `=`",
            "4:13 wrong-type: the kind of node `c` must be text in quotes, but is 7",
            "5:6 syntax: expected a value, found `?`",
            "6:1 bad-name: \"e e\" cannot be the name of a node: expected 1 to 64 letters, digits, `_` or `-`",
            "6:42 syntax: cannot read `1.2.3`: Expected float",
        ],
    );
}

#[test]
fn fields_and_keys() {
    check(
        "(format: 1, nodes: {}, wirse: [], wires: [], wires: [], about: 7, plugins: [], layout: 3)",
        &[
            "1:24 unknown-field: a workflow has no field `wirse`",
            "1:46 duplicate-key: `wires` stands twice in a workflow",
            "1:64 wrong-type: `about` must be text in quotes, but is 7",
            "1:76 wrong-type: `plugins` must be a map in `{}`, but is a list in `[]`",
            "1:88 wrong-type: `layout` must be a map in `{}`, but is 3",
        ],
    );
    check(
        "(format: 1, nodes: {\n\
         \"a\": (kind: \"test.text\", version: 0, state: Asleep, colour: 3),\n\
         \"a\": (kind: \"test.mark\"),\n\
         \"b\": (version: 1),\n\
         \"c\": 5,\n\
         7: (kind: \"test.text\"),\n})",
        &[
            "2:35 wrong-type: the version of node `a` must be a whole number of at least 1, but is 0",
            "2:45 wrong-type: the state of node `a` must be Muted or Bypassed, but is Asleep",
            "2:53 unknown-field: node `a` has no field `colour`",
            "3:1 duplicate-key: `a` stands twice in `nodes`",
            "4:1 missing-field: node `b` has no field `kind`",
            "5:6 wrong-type: node `c` must be fields in `()`, but is 5",
            "6:1 wrong-type: a key of `nodes` must be text in quotes, but is 7",
        ],
    );
}

#[test]
fn parameters() {
    check_params(
        "\"copies\": 10, \"copies\": 1,\n\"weight\": 2.5,\n\"case\": \"lower\",\n\"bracket\": 1,\n\"colour\": 3, \"betwen\": 1,\n\"seed\": -1",
        &[
            "4:1 invalid-param: node `j`: parameter `copies` must be a whole number from 1 to 9, but is 10",
            "4:15 duplicate-key: `copies` stands twice in the params of node `j`",
            "5:1 invalid-param: node `j`: parameter `weight` must be a number from 0 to 2, but is 2.5",
            "6:1 invalid-param: node `j`: parameter `case` must be one of \"kept\", \"upper\", but is \"lower\"",
            "7:1 invalid-param: node `j`: parameter `bracket` must be true or false, but is 1",
            "8:1 unknown-param: node `j`: there is no parameter `colour`; there are `between`, `copies`, `weight`, `case`, `bracket`, `seed`",
            "8:14 unknown-param: node `j`: there is no parameter `betwen`; there are `between`, `copies`, `weight`, `case`, `bracket`, `seed`",
            "9:1 invalid-param: node `j`: parameter `seed` must be a whole number of at least 0, but is -1",
        ],
    );
    check_params(
        "\"weight\": NaN,\n\"copies\": 1e999,\n\"case\": [1],\n\"bracket\": -inf,\n\"seed\": 18446744073709551616,\n\"x\": (1, 2)",
        &[
            "4:11 not-finite: `j.weight` must be a number from 0 to 2, but is a number that is not finite",
            "5:11 not-finite: `j.copies` must be a whole number from 1 to 9, but is a number that is not finite",
            "6:9 wrong-type: `j.case` must be one of \"kept\", \"upper\", but is a list in `[]`",
            "7:12 not-finite: `j.bracket` must be true or false, but is a number that is not finite",
            "8:9 wrong-type: `j.seed` must be a whole number of at least 0, but is 18446744073709551616",
            "9:6 wrong-type: `j.x` must be true or false, a number, or text in quotes, but is (1, 2)",
        ],
    );
    check_params(
        "\"bracket\": true, \"between\": \"\"",
        &[
            "4:18 invalid-param: node `j`: parameter `between` must be something where `bracket` is set, but is \"\"",
        ],
    );
}

#[test]
fn wires() {
    check_wires(
        "(\"a.text\", \"b.text\"), (\"b.text\", \"c.text\"), (\"c.text\", \"d.text\"),\n(\"d.text\", \"b.mark\")",
        &["3:1 cycle: a wire from `d.text` to `b.mark` would close a cycle: b -> c -> d -> b"],
    );
    check_wires(
        "(\"a.text\", \"b.text\"),\n(\"a.text\", \"b.text\"),\n(\"c.text\", \"c.text\"),\n(\"a.text\", \"e.text\"),\n(\"a.txet\", \"d.text\")",
        &[
            "3:1 duplicate-wire: there is a wire from `a.text` to `b.text` already",
            "4:1 cycle: a wire from `c.text` to `c.text` would close a cycle: c -> c",
            "5:12 no-such-node: there is no node `e`",
            "6:1 unknown-output: node `a` has no output `txet`",
        ],
    );
    check_wires(
        "(\"a.text\", \"b.text\"), (\"a.text\", \"c.txet\"), (\"a.text\", \"d.text\"),\n(\"c.text\", \"d.text\")",
        &[
            "1:73 missing-input: nothing is wired to `c.text`, which needs text",
            "2:23 unknown-input: node `c` has no input or parameter `txet`",
            "3:1 two-wires: `d.text` takes one wire, but both `a.text` and `c.text` are wired to it",
        ],
    );
    check_wires(
        "(\"a\", \"b.text\"), \"a.text\",\n(\"a.text\", \"c.text\", \"d.text\"), (\"a.b.c\", \"d.text\"), (7, \"c.text\")",
        &[
            "2:2 bad-name: where a wire begins: \"a\" names no port: expected \"node.port\"",
            "2:18 wrong-type: a wire must be two ports in `()`",
            "3:1 wrong-type: a wire must be two ports in `()`",
            "3:34 bad-name: where a wire begins: \"a.b.c\" names no port: expected \"node.port\"",
            "3:55 wrong-type: where a wire begins must be text in quotes, but is 7",
        ],
    );
}

#[test]
fn the_interface_and_the_layout() {
    check(
        "(format: 1, nodes: {\"a\": (kind: \"test.text\"), \"b\": (kind: \"test.join\")}, wires: [(\"a.text\", \"b.first\")],\n\
         interface: (params: {\"json\": \"a.text\", \"no_cache\": \"a.text\", \"Big\": \"a.text\", \"x\": \"a.word\",\n\
         \"seed\": \"b.copies\", \"a-b\": \"a.text\", \"a_b\": \"a.text\", \"y\": \"c.text\", \"fine\": \"b.seed\"},\n\
         outputs: {\"out\": \"a.text\", \"../up\": \"b.text\", \"z\": \"b.first\"}),\n\
         layout: {\"a\": (0, 0.5), \"c\": (0, 0), \"frame/f\": (tilte: \"x\"), \"note/n\": (at: (1, 2), size: (-1, 2)),\n\
         \"a.text -> b.first\": [(1, 2), 3], \"a.text -> b.second\": [],\n\
         \"b\": (at: (1, 2), collapsed: 1), \"frame/g\": (colour: Pink)})",
        &[
            "2:22 interface-name: the interface's parameter cannot be called `json`: the command line has a flag of that name",
            "2:40 interface-name: the interface's parameter cannot be called `no_cache`: the command line has a flag of that name",
            "2:62 interface-name: the interface's parameter cannot be called `Big`: expected small letters, digits, `_` and `-`, beginning with a letter",
            "2:79 not-a-param: the interface's parameter `x` stands for `a.word`, which is no parameter",
            "3:1 interface-name: the interface's parameter cannot be called `seed`: `--seed` sets the seeds, and this is no seed",
            "3:38 interface-name: the interface's parameter cannot be called `a_b`: another parameter differs from it in `-` and `_` alone",
            "3:60 no-such-node: there is no node `c`",
            "4:28 interface-name: the interface's output cannot be called `../up`: expected small letters, digits, `_` and `-`, beginning with a letter",
            "4:47 not-an-output: the interface's output `z` stands for `b.first`, which is no output",
            "5:15 wrong-type: a position must be two whole numbers in `()`, but is (0, 0.5)",
            "5:25 no-such-node: there is no node `c`",
            "5:50 unknown-field: a frame has no field `tilte`",
            "5:92 wrong-type: a size must be two whole numbers of at least 0 in `()`, but is (-1, 2)",
            "6:31 wrong-type: a position must be two whole numbers in `()`, but is 3",
            "6:35 invalid: there is no wire from `a.text` to `b.second`",
            "7:30 wrong-type: whether a node is collapsed must be true or false, but is 1",
            "7:54 wrong-type: the colour of a frame must be one of Grey, Red, Orange, Yellow, Green, Blue, Purple, but is Pink",
        ],
    );
}

#[test]
fn unknown_kinds_are_told_with_what_was_meant() {
    let text = FILE
        .replace("test.mark", "test.makr")
        .replace(", state: Muted", "");
    let problems = Workflow::check_text("w.ron", &text, &registry());
    assert_eq!(
        problems.to_string(),
        "w.ron:8:24: node `mark` is of the unknown kind `test.makr` [unknown-kind]\n  \
         hint: did you mean `test.mark`?"
    );
    let text = FILE.replace("test.mark", "acme.blur");
    let problems = Workflow::check_text("w.ron", &text, &registry());
    assert!(
        problems.is_empty(),
        "a muted node may be unknown: {problems}"
    );
}

#[test]
fn problems_show_the_line_that_they_are_in() {
    let text = FILE.replace("\"copies\": 2", "\"copies\": 20");
    let problems = Workflow::check_text("w.ron", &text, &registry());
    let mut shown = String::new();
    miette::NarratableReportHandler::new()
        .render_report(&mut shown, &problems)
        .expect("a text can be written to");
    let expected = [
        "w.ron",
        r#"snippet line 7:         "join": (kind: "test.join", version: 1, params: {"copies": 20, "weight": 0.5}),"#,
        "label at line 7, columns 58 to 69: here",
        "diagnostic code: invalid-param",
    ];
    for line in expected {
        assert!(shown.contains(line), "{line} is not in\n{shown}");
    }
    let json = serde_json::to_value(&problems).expect("problems can be written");
    assert_eq!(json[0]["code"], "invalid-param");
    assert_eq!(json[0]["node"], "join");
    assert_eq!(json[0]["port"], "copies");
    assert_eq!(
        (&json[0]["at"]["line"], &json[0]["at"]["column"]),
        (&7.into(), &58.into())
    );
}

#[test]
fn depth_and_size_have_limits() {
    for bracket in ["(", "[", "{", "x(", "{\"a\": (kind: "] {
        let text = format!("(format: 1, nodes: {}", bracket.repeat(10_000));
        let problems = Workflow::check_text("deep.ron", &text, &registry());
        assert!(
            problems.has("too-deep") && problems.len() == 1,
            "{problems}"
        );
    }
    let check = |text: &str, message: &str| {
        let problems = Workflow::check_text("large.ron", text, &registry());
        let messages: Vec<&str> = problems.iter().map(|it| it.message.as_str()).collect();
        assert_eq!(messages, [message]);
    };
    let values = "0,".repeat(1_000_001);
    check(
        &format!("(format: 1, nodes: {{\"a\": (kind: \"x\", params: {{\"p\": [{values}]}})}})"),
        "the file holds more than 1000000 values",
    );
    let nodes: String = (0..10_001)
        .map(|at| format!("\"n{at}\": (kind: \"x\"),"))
        .collect();
    check(
        &format!("(format: 1, nodes: {{{nodes}}}, wires: [(\"a.b\", \"c.d\")])"),
        "there are more than 10000 nodes",
    );
    let wires = "(\"a.b\", \"a.c\"),".repeat(20_001);
    check(
        &format!("(format: 1, nodes: {{\"a\": (kind: \"test.text\")}}, wires: [{wires}])"),
        "there are more than 20000 wires",
    );
}

#[test]
fn a_large_file_is_read_in_no_time() {
    let count = 10_000;
    let nodes: String = (0..count)
        .map(|at| format!("\"n{at}\": (kind: \"x\"),"))
        .collect();
    // Against the order of the names, which is the hardest for the index.
    let wires: String = (1..count)
        .map(|at| format!("(\"n{at}.a\", \"n{}.b\"),", at - 1))
        .collect();
    let text = format!("(format: 1, nodes: {{{nodes}}}, wires: [{wires}])");
    let workflow = read(&text);
    assert_eq!(workflow.graph.wires().len(), count - 1);
    assert_eq!(read(&to_text(&workflow.graph)).graph, workflow.graph);
}

#[test]
fn whatever_stands_in_a_file_it_is_read_without_a_panic() {
    let pieces = [
        "(", ")", "[", "]", "{", "}", ",", ":", "\"", "'", "\\", "r#\"", "\"#", "//", "/*", "*/",
        "#![", "b'", "-", "1e", "0x", "ü", "🦆", "\n", "Muted", "inf", "nodes", "\"a\"", " -> ",
    ];
    let (mut broken, mut fine) = (0, 0);
    for seed in 0..3000 {
        let mut dice = Dice::new(seed);
        let mut letters: Vec<char> = FILE.chars().collect();
        for _ in 0..=dice.below(3) {
            let at = dice.below(letters.len());
            match dice.below(3) {
                0 => letters.truncate(at),
                1 => drop(letters.splice(at..(at + dice.below(9)).min(letters.len()), [])),
                _ => drop(letters.splice(at..at, dice.pick(&pieces).chars())),
            }
            letters.push(' ');
        }
        let text: String = letters.into_iter().collect();
        match Workflow::read("odd.ron", &text, &registry()) {
            Ok(workflow) => {
                fine += 1;
                let canonical = to_text(&workflow.graph);
                assert_eq!(read(&canonical).graph, workflow.graph, "{text}");
            }
            Err(problems) => {
                broken += 1;
                let inside = |offset| offset <= text.len() && text.is_char_boundary(offset);
                for problem in problems.iter() {
                    let place = problem.at.as_ref().expect("every problem has a place");
                    assert!(inside(place.offset) && inside(place.offset + place.length));
                }
            }
        }
    }
    assert!(broken > 1000 && fine > 100, "{broken} broken, {fine} fine");
}

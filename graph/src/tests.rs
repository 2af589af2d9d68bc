//! The derives, on a node that shows every shape of field.

use crate::node::Descriptor;
use crate::param::{ParamKind, ParamValue};
use crate::port::{Arity, Values};
use crate::prelude::*;
use crate::registry::Registry;
use crate::run::Resources;
use crate::value::Value;

/// How letters are set.
#[derive(Clone, Copy, Debug, PartialEq, Choice)]
enum LetterCase {
    /// As they come.
    Kept,
    /// All capitals.
    AllUpper,
}

/// Repeats a text.
///
/// With as many copies as wanted.
#[derive(Clone, Debug, Params)]
struct RepeatText {
    /// How many copies.
    #[param(default = 2, range = 1..=9)]
    copies: u32,
    /// Added weight.
    #[param(default = 0.1, range = 0.0..=1.0, unit = "kg")]
    weight: f32,
    /// What stands between.
    #[param(default = "-")]
    between: String,
    /// How letters are set.
    case: LetterCase,
    /// Unused.
    seed: Seed,
}

#[derive(Ports)]
struct Inputs {
    /// What is repeated.
    text: String,
    /// Put in front.
    front: Option<String>,
    /// Put behind.
    behind: Vec<String>,
}

#[derive(Ports)]
struct Outputs {
    /// The copies.
    text: String,
}

impl Node for RepeatText {
    const ID: &'static str = "test.repeat";
    type Inputs = Inputs;
    type Outputs = Outputs;

    fn run(&self, inputs: Inputs, _: &mut Run) -> Result<Outputs, NodeError> {
        let mut parts: Vec<String> = inputs.front.into_iter().collect();
        parts.extend((0..self.copies).map(|_| inputs.text.clone()));
        parts.extend(inputs.behind);
        let text = parts.join(&self.between);
        Ok(Outputs {
            text: match self.case {
                LetterCase::Kept => text,
                LetterCase::AllUpper => text.to_uppercase(),
            },
        })
    }
}

#[test]
fn the_descriptor_says_what_the_structs_say() {
    let descriptor = Descriptor::of::<RepeatText>();
    assert_eq!(descriptor.title, "Repeat text");
    assert_eq!(
        descriptor.doc,
        "Repeats a text.\n\nWith as many copies as wanted."
    );
    let copies = descriptor.param("copies").expect("declared above");
    assert_eq!(copies.kind, ParamKind::Int { min: 1, max: 9 });
    assert_eq!(copies.default, Some(ParamValue::Int(2)));
    assert_eq!(copies.doc, "How many copies.");
    let weight = descriptor.param("weight").expect("declared above");
    assert_eq!(weight.default, Some(ParamValue::Float(0.1)));
    assert_eq!(weight.unit.as_deref(), Some("kg"));
    let case = descriptor.param("case").expect("declared above");
    assert_eq!(case.default, Some(ParamValue::Text("kept".into())));
    assert_eq!(case.kind.to_string(), r#"one of "kept", "all_upper""#);
    let arities: Vec<Arity> = descriptor.inputs.iter().map(|port| port.arity).collect();
    assert_eq!(arities, [Arity::One, Arity::Optional, Arity::Many]);
}

#[test]
fn a_node_runs_behind_the_erased_seam() {
    let mut registry = Registry::default();
    let _ = registry.add::<RepeatText>();
    let entry = registry.get("test.repeat").expect("added above");
    let params = ParamValues::from([("case".into(), ParamValue::Text("all_upper".into()))]);
    let node = entry.build(&params).expect("the parameters are right");

    let mut inputs = Values::default();
    inputs.push("text", Value::new("ab".to_string()));
    inputs.push("behind", Value::new("c".to_string()));
    inputs.push("behind", Value::new("d".to_string()));
    let mut run = Run::alone(Resources::default());
    let outputs = node.call(&inputs, &mut run).expect("the inputs are right");
    assert_eq!(outputs.one::<String>("text").as_deref(), Ok("AB-AB-C-D"));

    let nothing = node.call(&Values::default(), &mut run);
    let message = nothing.expect_err("an input is missing").to_string();
    assert_eq!(
        message,
        "nothing is wired to input `text`, which takes text"
    );
}

#[test]
fn every_wrong_parameter_is_named() {
    let params = ParamValues::from([
        ("copies".into(), ParamValue::Int(10)),
        ("weight".into(), ParamValue::Float(f64::NAN)),
        ("case".into(), ParamValue::Text("lower".into())),
        ("colour".into(), ParamValue::Bool(true)),
    ]);
    let errors = RepeatText::from_values(&params).expect_err("four are wrong");
    let messages: Vec<String> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(
        messages,
        [
            "parameter `copies` must be a whole number from 1 to 9, but is 10",
            "parameter `weight` must be a number from 0 to 1, but is NaN",
            r#"parameter `case` must be one of "kept", "all_upper", but is "lower""#,
            "there is no parameter `colour`; there are `copies`, `weight`, `between`, `case`, `seed`",
        ]
    );
}

#[test]
fn values_survive_the_way_through_a_struct() {
    let params = ParamValues::from([("weight".into(), ParamValue::Float(0.3))]);
    let node = RepeatText::from_values(&params).expect("the parameters are right");
    let values = node.to_values();
    assert_eq!(values["weight"], ParamValue::Float(0.3));
    assert_eq!(values["between"], ParamValue::Text("-".into()));
    assert_eq!(values.len(), 5);
}

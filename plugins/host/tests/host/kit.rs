//! The kit of plugins beside the graph: it depends on nothing, so that what both need is written in each, and must do the same.

use graph::param::{ParamValue, ParamValues, Params};
use smalto_host::describe::describe;

/// A choice and a struct of parameters, with the derives of whoever is in scope.
macro_rules! settings {
    () => {
        /// How it is done.
        #[derive(Clone, Copy, Debug, Choice)]
        pub enum Way {
            /// The first way.
            FirstWay,
            /// Another "way".
            Other,
        }

        /// Holds "every" sort of parameter,
        /// over two lines.
        ///
        /// A second paragraph.
        #[derive(Clone, Debug, Params)]
        pub struct AllSorts {
            /// A factor.
            #[param(default = 0.1, range = -4.0..=4.0, unit = "×")]
            pub factor: f32,
            /// Any number.
            #[param(default = 2.5)]
            pub number: f64,
            /// A count.
            #[param(default = 1, range = 1..)]
            pub count: u32,
            /// A large count.
            #[param(default = 0)]
            pub large: u64,
            /// A size.
            #[param(default = 3, range = ..=9)]
            pub size: usize,
            /// What must be set.
            pub needed: i64,
            /// Yes or no.
            pub truth: bool,
            /// A text.
            pub line: String,
            /// A long text.
            #[param(default = "one \"two\"\n", multiline)]
            pub lines: String,
            /// A file that is read.
            #[param(default = "a/b.png")]
            pub source: FilePath,
            /// A file that is written.
            #[param(default = "c.png", written)]
            pub target: FilePath,
            /// The way.
            pub way: Way,
            /// The other way.
            #[param(default = Way::Other)]
            pub way_back: Way,
            /// The seed.
            pub seed: Seed,
        }
    };
}

mod own {
    use graph::prelude::*;

    settings!();
}

mod foreign {
    use smalto_sdk::prelude::*;

    settings!();

    impl Node for AllSorts {
        const ID: &'static str = "test.all_sorts";
        type Inputs = ();
        type Outputs = ();

        fn run(&self, (): (), _: &mut Run) -> Result<(), NodeError> {
            Ok(())
        }
    }

    smalto_sdk::export_plugin! { id: "org.smalto.test", nodes: [AllSorts] }
}

#[test]
fn a_node_of_the_kit_describes_itself_as_a_built_in_one_does() {
    let read = describe(foreign::smalto_plugin_entry_v1(0));
    let (_, description) = read.expect("nothing is wrong with its tables");
    let descriptor = &description.nodes[0].descriptor;
    assert_eq!(descriptor.title, own::AllSorts::TITLE);
    assert_eq!(descriptor.doc, own::AllSorts::DOC);
    assert_eq!(descriptor.params, own::AllSorts::specs());
}

type KitValue = smalto_sdk::param::ParamValue;

fn to_kit(value: &ParamValue) -> KitValue {
    match value {
        ParamValue::Bool(truth) => KitValue::Bool(*truth),
        ParamValue::Int(number) => KitValue::Int(*number),
        ParamValue::Float(number) => KitValue::Float(*number),
        ParamValue::Text(text) => KitValue::Text(text.clone()),
    }
}

fn from_kit(value: &KitValue) -> ParamValue {
    match value {
        KitValue::Bool(truth) => ParamValue::Bool(*truth),
        KitValue::Int(number) => ParamValue::Int(*number),
        KitValue::Float(number) => ParamValue::Float(*number),
        KitValue::Text(text) => ParamValue::Text(text.clone()),
    }
}

/// What a struct of the kit holds once these values are set, where it takes them.
fn set_in_kit(values: &ParamValues) -> Option<ParamValues> {
    let values = values.iter();
    let values = values.map(|(name, value)| (name.clone(), to_kit(value)));
    let made: Result<foreign::AllSorts, _> =
        smalto_sdk::param::Params::from_values(&values.collect());
    let held = smalto_sdk::param::Params::to_values(&made.ok()?);
    let held = held.iter();
    Some(
        held.map(|(name, value)| (name.clone(), from_kit(value)))
            .collect(),
    )
}

#[test]
fn the_kit_takes_the_values_that_the_graph_takes() {
    let whole = [i64::MIN, -5, -1, 0, 1, 4, 5, 9, 10, 1 << 32, i64::MAX];
    let real = [
        -4.5,
        -4.0,
        0.0,
        0.1,
        4.0,
        1e300,
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
    ];
    let texts = ["", "first_way", "FirstWay", "other", "a/b", "1", "true"];
    let mut tried: Vec<ParamValue> = [true, false].map(ParamValue::Bool).into();
    tried.extend(whole.map(ParamValue::Int));
    tried.extend(real.map(ParamValue::Float));
    tried.extend(texts.map(|text| ParamValue::Text(text.into())));

    let needed = ("needed".to_owned(), ParamValue::Int(3));
    assert!(own::AllSorts::from_values(&ParamValues::new()).is_err());
    assert_eq!(set_in_kit(&ParamValues::new()), None);
    for spec in own::AllSorts::specs() {
        for value in &tried {
            let mut values = ParamValues::from([needed.clone()]);
            let _ = values.insert(spec.name.clone(), value.clone());
            let held = own::AllSorts::from_values(&values);
            let held = held.ok().map(|made| made.to_values());
            assert_eq!(set_in_kit(&values), held, "{} = {value:?}", spec.name);
        }
    }
}

#[test]
fn the_kit_draws_the_numbers_that_the_graph_draws() {
    for (seed, stream, sample, step) in [
        (0, 0, 0, 0),
        (7, 1, 2, 3),
        (0x0123_4567_89ab_cdef, 5, 0, 9),
        (u64::MAX, u32::MAX, u32::MAX, u32::MAX),
    ] {
        let own = graph::random::Random::new(graph::param::Seed(seed)).stream(stream);
        let kit = smalto_sdk::random::Random::new(smalto_sdk::param::Seed(seed)).stream(stream);
        assert_eq!(
            kit.uniforms(sample, step, 9),
            own.uniforms(sample, step, 9),
            "{seed}"
        );
        for position in [0, 1, 6, u32::MAX] {
            assert_eq!(
                kit.bits(sample, step, position),
                own.bits(sample, step, position)
            );
            assert_eq!(
                kit.below(1000, sample, step, position),
                own.below(1000, sample, step, position)
            );
        }
    }
}

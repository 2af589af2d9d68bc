//! A plugin that uses all there is.

use std::sync::{Arc, Mutex};

use smalto_sdk::prelude::*;

use crate::placed::Negate;

/// Scales "pictures" and
/// panics on demand.
///
/// A second paragraph.
#[derive(Clone, Debug, PartialEq, Params)]
pub struct ScaleAll {
    /// What every channel is multiplied by.
    #[param(default = 0.5, range = -4.0..=4.0, unit = "×")]
    pub factor: f32,
    /// How often.
    #[param(default = 1, range = 1..=8)]
    pub times: u32,
    /// What goes wrong.
    pub mishap: Mishap,
    /// Whether the result is turned around.
    pub negative: bool,
    /// A name.
    #[param(default = "nobody", multiline)]
    pub name: String,
    /// A file that is read.
    #[param(default = "a/b.txt")]
    pub path: FilePath,
    /// The seed.
    pub seed: Seed,
    /// A parameter that must be set.
    #[param(range = 0..)]
    pub needed: i64,
}

/// A run that a node kept beyond its end.
pub static KEPT: Mutex<Option<Run>> = Mutex::new(None);

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Choice)]
pub enum Mishap {
    /// Nothing.
    None,
    /// The node panics.
    FullPanic,
    /// The node fails.
    Failure,
}

/// What comes in.
#[derive(Ports)]
pub struct ScaleInputs {
    /// The pictures.
    pub image: Image,
    /// A region that stays.
    pub mask: Option<Mask>,
    /// Any number of captions.
    pub captions: Vec<String>,
}

/// What goes out.
#[derive(Ports)]
pub struct ScaleOutputs {
    /// The pictures.
    pub image: Image,
    /// What was done.
    pub report: String,
}

impl Node for ScaleAll {
    const ID: &'static str = "test.scale";
    const VERSION: u32 = 3;
    const EFFECT: Effect = Effect::ReadsFiles;
    type Inputs = ScaleInputs;
    type Outputs = ScaleOutputs;

    fn check(&self) -> Result<(), ParamError> {
        if self.name == "forbidden" {
            return Err(ParamError::Invalid {
                param: "name".into(),
                expected: "another name".into(),
                found: self.name.clone(),
            });
        }
        Ok(())
    }

    fn migrate(version: u32, params: &mut ParamValues) {
        if version < 2
            && let Some(value) = params.remove("strength")
        {
            let _ = params.insert("factor".into(), value);
        }
    }

    fn run(&self, inputs: ScaleInputs, run: &mut Run) -> Result<ScaleOutputs, NodeError> {
        match self.mishap {
            Mishap::None => {}
            Mishap::FullPanic => panic!("as it was told, {} times", self.times),
            Mishap::Failure => return Err(NodeError::failed("it broke", "glue it")),
        }
        if self.name == "keep" {
            *KEPT.lock().expect("nobody panics while it is locked") = Some(run.clone());
        }
        let mut image = inputs.image;
        let kept = inputs.mask.map(|mask| mask.inside().to_vec());
        for step in run.steps(self.times) {
            let _ = step?;
            for (at, value) in image.pixels_mut().iter_mut().enumerate() {
                let kept = kept.as_ref().is_some_and(|kept| kept[at / 3 % kept.len()]);
                if !kept {
                    *value *= self.factor;
                }
            }
        }
        run.preview(image.clone());
        run.note("scaled");
        let draw = run.random(self.seed).stream(0).uniform(0, 0, 0);
        let path = run.resolve(&self.path)?;
        Ok(ScaleOutputs {
            image,
            report: format!("{} {draw} {}", inputs.captions.join("+"), path.display()),
        })
    }
}

/// Counts codes.
#[derive(Clone, Debug, Params)]
pub struct Count;

/// What comes in.
#[derive(Ports)]
pub struct CountInputs {
    /// The codes.
    pub tokens: Tokens,
}

/// What goes out.
#[derive(Ports)]
pub struct CountOutputs {
    /// The codes, turned around.
    pub tokens: Tokens,
    /// How many positions are masked.
    pub masked: f64,
    /// How many there are of each.
    pub counts: Own<Counts>,
}

/// How many there are of each code.
#[derive(Debug)]
pub struct Counts(pub Vec<usize>);

impl OwnKind for Counts {
    const KIND: &'static str = "org.test.counts";

    fn describe(&self) -> String {
        format!("{:?}", self.0)
    }
}

impl Node for Count {
    const ID: &'static str = "test.count";
    type Inputs = CountInputs;
    type Outputs = CountOutputs;

    fn run(&self, inputs: CountInputs, run: &mut Run) -> Result<CountOutputs, NodeError> {
        run.check()?;
        let tokens = inputs.tokens;
        let mut counts = vec![0; tokens.codebook() as usize];
        let mut masked = 0;
        for code in tokens.codes() {
            match counts.get_mut(*code as usize) {
                Some(count) => *count += 1,
                None => masked += 1,
            }
        }
        let turned = tokens.codes().iter().rev().copied().collect();
        Ok(CountOutputs {
            tokens: tokens
                .with_codes(turned)
                .ok_or_else(|| NodeError::failed("codes were lost", "report it"))?,
            masked: f64::from(masked),
            counts: Own(Arc::new(Counts(counts))),
        })
    }
}

/// The code that is there most often.
#[derive(Clone, Debug, Params)]
pub struct Commonest {}

/// What comes in.
#[derive(Ports)]
pub struct CommonestInputs {
    /// How many there are of each.
    pub counts: Own<Counts>,
}

/// What goes out.
#[derive(Ports)]
pub struct CommonestOutputs {
    /// The code.
    pub code: f64,
}

impl Node for Commonest {
    const ID: &'static str = "test.commonest";
    const EFFECT: Effect = Effect::Impure;
    const DEPRECATED: bool = true;
    type Inputs = CommonestInputs;
    type Outputs = CommonestOutputs;

    fn run(&self, inputs: CommonestInputs, _: &mut Run) -> Result<CommonestOutputs, NodeError> {
        let counts = &inputs.counts.0.0;
        let code = (0..counts.len()).max_by_key(|code| counts[*code]);
        Ok(CommonestOutputs {
            code: code.unwrap_or_default() as f64,
        })
    }
}

/// Lays the last positions first.
#[derive(Clone, Debug, Params)]
pub struct LastFirst {
    /// Whether one position too many is chosen.
    pub greedy: bool,
}

/// What goes out.
#[derive(Ports)]
pub struct LastFirstOutputs {
    /// The policy.
    pub policy: Policy,
}

impl Node for LastFirst {
    const ID: &'static str = "test.last_first";
    type Inputs = ();
    type Outputs = LastFirstOutputs;

    fn run(&self, (): (), _: &mut Run) -> Result<LastFirstOutputs, NodeError> {
        Ok(LastFirstOutputs {
            policy: Policy::new(self.clone()),
        })
    }
}

impl Choose for LastFirst {
    fn describe(&self) -> String {
        "the last first".into()
    }

    fn choose(&self, question: &Question<'_>) -> Result<Vec<u32>, NodeError> {
        if question.steps == 13 {
            return Err(NodeError::failed("thirteen steps", "take twelve"));
        }
        assert_ne!(question.steps, 14, "fourteen steps");
        let open = (0..question.rows * question.columns).rev();
        let open = open.filter(|position| question.masked[*position as usize]);
        let count = question.count as usize + usize::from(self.greedy);
        Ok(open.take(count).collect())
    }
}

smalto_sdk::export_plugin! {
    id: "org.test",
    name: "Test",
    nodes: [ScaleAll, Count, Commonest, LastFirst, Negate],
}

//! `example.panic`: panics where it is told to.

use smalto_sdk::prelude::*;

/// Panics where it is told to, to show that nothing of it reaches the host.
#[derive(Clone, Debug, PartialEq, Params)]
pub struct Panic {
    /// Where.
    pub place: Place,
}

/// Where the node panics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Choice)]
pub enum Place {
    /// Nowhere.
    Nowhere,
    /// When the parameters are checked.
    Create,
    /// When the node runs.
    Run,
    /// When the node runs, with something that panics again when it is dropped.
    RunTwice,
    /// When the node is taken away.
    Destroy,
    /// When the policy is asked.
    Choose,
    /// When the policy is taken away.
    Release,
}

/// What goes out.
#[derive(Debug, Ports)]
pub struct Outputs {
    /// A policy.
    pub policy: Policy,
}

/// What panics when it is dropped.
struct Grenade;

impl Drop for Grenade {
    fn drop(&mut self) {
        panic!("dropped");
    }
}

impl Node for Panic {
    const ID: &'static str = "example.panic";
    type Inputs = ();
    type Outputs = Outputs;

    fn check(&self) -> Result<(), ParamError> {
        assert_ne!(self.place, Place::Create, "told to");
        Ok(())
    }

    fn run(&self, (): (), _: &mut Run) -> Result<Outputs, NodeError> {
        match self.place {
            Place::Run => panic!("told to"),
            Place::RunTwice => std::panic::panic_any(Grenade),
            Place::Nowhere | Place::Create | Place::Destroy | Place::Choose | Place::Release => {}
        }
        Ok(Outputs {
            policy: Policy::new(Asked { place: self.place }),
        })
    }
}

impl Drop for Panic {
    fn drop(&mut self) {
        assert_ne!(self.place, Place::Destroy, "told to");
    }
}

/// The policy.
struct Asked {
    place: Place,
}

impl Choose for Asked {
    fn describe(&self) -> String {
        "panic".into()
    }

    fn choose(&self, question: &Question<'_>) -> Result<Vec<u32>, NodeError> {
        assert_ne!(self.place, Place::Choose, "told to");
        let open = (0..).zip(question.masked).filter(|(_, masked)| **masked);
        let open = open.map(|(position, _)| position);
        Ok(open.take(question.count as usize).collect())
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        assert_ne!(self.place, Place::Release, "told to");
    }
}

smalto_sdk::export_plugin! { id: "org.smalto.panic", name: "Panic", nodes: [Panic] }

#[cfg(test)]
mod tests {
    use smalto_sdk::abi::Status;
    use smalto_sdk::prelude::*;
    use smalto_sdk::testing::{Boundary, params};

    fn ended(place: &str) -> (Status, String) {
        let boundary = Boundary::of(super::smalto_plugin_entry_v1).expect("it serves this host");
        let set = params([("place", ParamValue::Text(place.into()))]);
        let question = Question {
            step: 0,
            steps: 1,
            sample: 0,
            rows: 1,
            columns: 1,
            count: 1,
            confidences: &[0.5],
            masked: &[true],
            random: &[0.5],
        };
        let results = boundary.run("example.panic", &set, vec![]);
        let answer = results.and_then(|results| results.choose(&boundary, "policy", &question));
        match answer {
            Ok(_) => (Status::OK, String::new()),
            Err(refusal) => (refusal.status, refusal.problem),
        }
    }

    #[test]
    fn no_panic_reaches_the_host() {
        let told = |problem: &str| (Status::PANIC, problem.to_owned());
        assert_eq!(ended("nowhere"), (Status::OK, String::new()));
        assert_eq!(ended("run"), told("the plugin panicked: told to"));
        assert_eq!(
            ended("run_twice"),
            told("the plugin panicked: it did not say why")
        );
        assert_eq!(ended("destroy"), (Status::OK, String::new()));
        for place in ["create", "choose"] {
            let (status, problem) = ended(place);
            assert_eq!(status, Status::PANIC);
            assert!(problem.contains("told to"), "{place}: {problem}");
        }
    }
}

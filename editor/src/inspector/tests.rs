use graph::document::{Graph, State};
use graph::edit::Edit;
use graph::engine::Happened;
use graph::param::ParamValue;
use iced::widget::Id;
use iced::widget::text_editor;
use iced_test::simulator::Simulator;

use super::{Action, Context, Inspector, Message, ResultEvent};
use crate::canvas::selection::Selection;
use crate::param::{self, Event};
use crate::runner::sample::{PICTURE, graph, id, registry};
use crate::status::{Beside, Faults, Statuses};
use crate::theme::Look;

/// An inspector over a document, with some nodes selected.
struct Panel {
    inspector: Inspector,
    graph: Graph,
    selection: Selection,
    statuses: Statuses,
}

impl Panel {
    fn new(text: &str, selected: &[&str]) -> Self {
        let mut panel = Self {
            inspector: Inspector::new(),
            graph: graph(text),
            selection: Selection::of_nodes(selected.iter().map(|name| id(name))),
            statuses: Statuses::default(),
        };
        panel.refresh();
        panel
    }

    fn refresh(&mut self) {
        let registry = registry();
        self.inspector
            .refresh(&self.graph, &registry, &self.selection);
    }

    fn with<T>(&mut self, act: impl FnOnce(&mut Inspector, Context<'_>) -> T) -> T {
        let registry = registry();
        let faults = Faults::new(&self.graph, &registry);
        let context = Context {
            graph: &self.graph,
            registry: &registry,
            selection: &self.selection,
            statuses: &self.statuses,
            faults: &faults,
            look: Look::dark(),
        };
        act(&mut self.inspector, context)
    }

    /// Tells what happened, applies what comes of it, and returns that.
    fn send(&mut self, message: Message) -> Action {
        let action = self.with(|inspector, context| inspector.update(message, context));
        let edit = match &action {
            Action::Field(param::Action::Apply(edit) | param::Action::Merge(edit)) => {
                Some(edit.clone())
            }
            Action::Rename { from, to } => Some(Edit::RenameNode {
                from: from.clone(),
                to: to.clone(),
            }),
            Action::Field(_) | Action::Focus(_) | Action::RunTo(_) | Action::ShowPlugins => None,
        };
        if let Some(edit) = edit {
            let _ = self.graph.apply(edit).expect("a valid edit");
        }
        self.refresh();
        action
    }

    /// What comes of something done in the panel.
    fn act(&mut self, act: impl FnOnce(&mut Simulator<'_, Message>)) -> Vec<Action> {
        let messages: Vec<Message> = self.with(|inspector, context| {
            let mut ui = Simulator::with_size(
                iced::Settings::default(),
                (340.0, 1200.0),
                inspector.view(context),
            );
            act(&mut ui);
            ui.into_messages().collect()
        });
        let actions = messages.into_iter().map(|message| self.send(message));
        actions.filter(|action| *action != Action::NONE).collect()
    }

    fn shows(&mut self, words: &str) -> bool {
        let mut is_there = false;
        let _ = self.act(|ui| is_there = ui.find(words).is_ok());
        is_there
    }
}

fn click(words: &'static str) -> impl FnOnce(&mut Simulator<'_, Message>) {
    move |ui| {
        let _ = ui.click(words).expect("it is there to be clicked");
    }
}

#[test]
fn a_node_is_shown_with_what_it_is_and_where_its_wires_go() {
    let mut panel = Panel::new(PICTURE, &["slow"]);
    for words in [
        "Slow",
        "test.slow · version 1",
        "Hands a number on, step by step, as fast as its gate lets it.",
        "Steps",
        "start.number",
        "picture.number",
    ] {
        assert!(panel.shows(words), "{words}");
    }
    assert_eq!(
        panel.act(click("picture.number")),
        [Action::Focus(id("picture"))]
    );
    assert_eq!(panel.act(click("Run to here")), [Action::RunTo(id("slow"))]);
}

#[test]
fn a_node_is_renamed_where_nobody_is_called_that() {
    let mut panel = Panel::new(PICTURE, &["slow"]);
    let typed = |name: &str| Message::NameTyped(id("slow"), name.into());
    assert_eq!(panel.send(typed("start")), Action::NONE);
    assert_eq!(panel.send(Message::NameSubmitted), Action::NONE);
    assert!(panel.shows("there is a node `start` already"));
    assert_eq!(panel.send(typed("a b")), Action::NONE);
    assert!(panel.shows("expected 1 to 64 letters, digits, `_` or `-`"));
    assert_eq!(panel.send(typed("steady")), Action::NONE);
    assert_eq!(
        panel.send(Message::NameSubmitted),
        Action::Rename {
            from: id("slow"),
            to: id("steady"),
        }
    );
}

#[test]
fn the_name_is_typed_in_a_field() {
    let mut panel = Panel::new(PICTURE, &["slow"]);
    let actions = panel.act(|ui| {
        let field = iced_test::selector::id(super::NAME);
        let _ = ui.click(field).expect("the field is there");
        let _ = ui.typewrite("x");
        let _ = ui.tap_key(iced::keyboard::key::Named::Escape);
    });
    assert_eq!(actions, [], "Esc takes the name back");
    assert!(panel.inspector.name.is_none());
}

#[test]
fn parameters_are_set_from_the_panel() {
    let mut panel = Panel::new(PICTURE, &["slow"]);
    let target = id("slow").port("steps");
    let event = |event| {
        Message::Field(param::Message {
            target: id("slow").port("steps"),
            event,
        })
    };
    assert_eq!(panel.send(event(Event::Typed("9".into()))), Action::NONE);
    assert_eq!(
        panel.send(event(Event::Submitted)),
        Action::apply(Edit::set(&target, ParamValue::Int(9)))
    );
}

#[test]
fn what_is_typed_is_settled_before_a_run() {
    let mut panel = Panel::new(PICTURE, &["slow"]);
    let target = id("slow").port("steps");
    let typed = param::Message {
        target: target.clone(),
        event: Event::Typed("9".into()),
    };
    assert_eq!(panel.send(Message::Field(typed)), Action::NONE);
    let insert = text_editor::Action::Edit(text_editor::Edit::Insert('a'));
    assert_eq!(panel.send(Message::AboutEdited(insert)), Action::NONE);
    assert_eq!(
        panel.with(Inspector::settle),
        [
            Action::apply(Edit::set(&target, ParamValue::Int(9))),
            Action::apply(Edit::SetAbout("a".into())),
        ]
    );
    assert!(panel.with(Inspector::settle).is_empty());
}

#[test]
fn states_are_set_for_all_that_is_selected() {
    let mut panel = Panel::new(PICTURE, &["slow", "picture"]);
    assert!(panel.shows("2 nodes"));
    let state = |name: &str| Edit::SetState {
        node: id(name),
        state: Some(State::Muted),
    };
    assert_eq!(
        panel.act(click("Muted")),
        [Action::apply(Edit::Batch(vec![
            state("picture"),
            state("slow")
        ]))]
    );
    assert_eq!(panel.act(click("Muted")), [], "they are muted");
    assert_eq!(panel.act(click("slow")), [Action::Focus(id("slow"))]);
}

#[test]
fn an_output_becomes_a_result_under_a_name_of_its_own() {
    let mut panel = Panel::new(PICTURE, &["picture"]);
    let target = id("picture").port("history");
    let event = |event| Message::Result(id("picture").port("history"), event);
    assert_eq!(panel.send(event(ResultEvent::Exposed)), Action::NONE);
    assert!(panel.shows("a result called history"));
    assert_eq!(
        panel.send(event(ResultEvent::Named("out0".into()))),
        Action::NONE
    );
    assert!(panel.shows("`picture.image` is called that already"));
    assert_eq!(panel.send(event(ResultEvent::Submitted)), Action::NONE);
    assert_eq!(
        panel.send(event(ResultEvent::Named("story".into()))),
        Action::NONE
    );
    assert_eq!(
        panel.send(event(ResultEvent::Submitted)),
        Action::apply(Edit::SetInterfaceOutput {
            name: "story".into(),
            target: Some(target),
        })
    );
    assert_eq!(
        panel.send(event(ResultEvent::Withdrawn)),
        Action::apply(Edit::SetInterfaceOutput {
            name: "story".into(),
            target: None,
        })
    );
}

#[test]
fn with_nothing_selected_the_workflow_is_shown() {
    let mut panel = Panel::new(PICTURE, &[]);
    assert!(panel.shows("3 nodes"));
    assert!(panel.shows("out0"));
    assert_eq!(
        panel.act(click("picture.image")),
        [Action::Focus(id("picture"))]
    );
    let actions = panel.act(|ui| {
        let about = iced_test::selector::id(Id::new("inspector about"));
        let _ = ui.click(about).expect("the text is there");
        let _ = ui.typewrite("P");
        ui.point_at(iced::Point::new(170.0, 1190.0));
        let _ = ui.simulate(iced_test::simulator::click());
    });
    assert_eq!(actions, [Action::apply(Edit::SetAbout("P".into()))]);
}

#[test]
fn what_runs_tells_how_far_it_is_and_what_failed_how_to_mend_it() {
    let mut panel = Panel::new(PICTURE, &["slow"]);
    let nodes = [id("slow")];
    panel.statuses.begin(nodes.iter(), Beside::Forgotten);
    assert!(panel.shows("waiting for its turn"));
    panel.statuses.take_in(&Happened::Progress {
        node: id("slow"),
        done: 3,
        total: 4,
        rate: 2.0,
        eta: None,
    });
    panel.statuses.take_in(&Happened::Note {
        node: id("slow"),
        line: "did 3".into(),
    });
    assert!(panel.shows("3 of 4 · 2.0 a second"));
    assert!(panel.shows("did 3"));
    panel.statuses.take_in(&Happened::Failed {
        node: id("slow"),
        error: graph::error::NodeError::failed("it broke", "glue it"),
    });
    assert!(panel.shows("it broke"));
    assert!(panel.shows("glue it"));
}

#[test]
fn an_input_that_must_be_wired_says_so() {
    let mut panel = Panel::new("slow: slow\n => slow.number", &["slow"]);
    assert!(panel.shows("drag a wire to it from an output of number"));
}

#[test]
fn a_node_of_an_unknown_kind_is_shown_with_what_is_kept() {
    let mut panel = Panel::new("start: number", &["odd"]);
    let node =
        graph::document::PlacedNode::new("acme.magic", 1).with("power", ParamValue::Float(3.5));
    let _ = panel
        .graph
        .apply(Edit::add(id("odd"), node))
        .expect("a new node");
    assert!(panel.shows("power"));
    assert!(panel.shows("3.5"));
}

const TWO: &str = "
    one: slow \"steps\": 5
    two: slow \"steps\": 5
    start: number
    start.number -> one.number
    start.number -> two.number
";

fn steps(panel: &Panel) -> Vec<Option<ParamValue>> {
    let value = |node: &str| panel.graph.node(&id(node))?.params.get("steps").cloned();
    ["one", "two"].map(value).into()
}

fn field(event: Event) -> Message {
    Message::Field(param::Message {
        target: id("one").port("steps"),
        event,
    })
}

#[test]
fn what_several_nodes_have_in_common_is_set_for_all_at_once() {
    let mut panel = Panel::new(TWO, &["one", "two"]);
    assert!(panel.shows("2 nodes") && panel.shows("Steps") && panel.shows("5"));
    let _ = panel.send(field(Event::Typed("9".into())));
    let action = panel.send(field(Event::Submitted));
    assert!(
        matches!(action, Action::Field(param::Action::Apply(Edit::Batch(_)))),
        "{action:?}"
    );
    let nine = Some(ParamValue::Int(9));
    assert_eq!(steps(&panel), [nine.clone(), nine.clone()]);
    let _ = panel.send(field(Event::Reset));
    assert_eq!(steps(&panel), [None, None]);

    // The moments of a drag are alike, or they would not be one step.
    let _ = panel.send(field(Event::Typed("9".into())));
    let _ = panel.send(field(Event::Submitted));
    for stop in [1, 1] {
        let action = panel.send(field(Event::Nudged(stop)));
        let Action::Field(param::Action::Merge(Edit::Batch(edits))) = action else {
            panic!("{action:?}");
        };
        assert_eq!(edits.len(), 2);
    }
    let eleven = Some(ParamValue::Int(11));
    assert_eq!(steps(&panel), [eleven.clone(), eleven]);
}

#[test]
fn several_nodes_that_are_set_differently_show_that() {
    let mut panel = Panel::new(&TWO.replacen("5", "6", 1), &["one", "two"]);
    assert!(panel.shows("mixed") && !panel.shows("6") && !panel.shows("5"));
    // Also the value that the first of them has is taken for all.
    let _ = panel.send(field(Event::Typed("6".into())));
    let _ = panel.send(field(Event::Submitted));
    let six = Some(ParamValue::Int(6));
    assert_eq!(steps(&panel), [six.clone(), six]);
    assert!(panel.shows("6") && !panel.shows("mixed"));
}

#[test]
fn what_is_typed_for_one_node_is_not_taken_for_several() {
    let mut panel = Panel::new(TWO, &["one"]);
    let _ = panel.send(field(Event::Typed("many".into())));
    panel.selection = Selection::of_nodes([id("one"), id("two")]);
    panel.refresh();
    assert!(!panel.inspector.has_drafts());
}

#[test]
fn nodes_of_different_kinds_share_what_is_alike_and_not_wired() {
    let mut panel = Panel::new(TWO, &["one", "start"]);
    assert!(panel.shows("2 nodes") && !panel.shows("Parameters of all of them"));
}

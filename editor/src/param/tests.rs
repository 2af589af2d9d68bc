use graph::document::{Graph, PlacedNode, PortRef};
use graph::edit::Edit;
use graph::node::{Descriptor, Effect};
use graph::param::{ChoiceOption, ParamKind, ParamSpec, ParamValue, PathPurpose};
use graph::port::{Arity, PortSpec};
use graph::registry::{Entry, Registry};
use iced::keyboard::{self, key::Named};
use iced::{Element, mouse};
use iced_test::simulator::{Simulator, press_key};

use super::{Action, Context, Event, Field, Fields, Message, Overlay};

fn spec(name: &str, kind: ParamKind, default: Option<ParamValue>) -> ParamSpec {
    ParamSpec {
        name: name.into(),
        doc: format!("What {name} is."),
        kind,
        default,
        unit: None,
    }
}

fn option(name: &str) -> ChoiceOption {
    ChoiceOption {
        name: name.into(),
        doc: format!("It is {name}."),
    }
}

/// A registry with one kind of node that has a parameter of every kind.
fn registry() -> Registry {
    let float = ParamKind::Float { min: 0.0, max: 1.0 };
    let params = vec![
        spec("share", float, Some(ParamValue::Float(0.9))),
        spec(
            "steps",
            ParamKind::Int { min: 1, max: 1024 },
            Some(ParamValue::Int(16)),
        ),
        spec(
            "count",
            ParamKind::Int {
                min: 0,
                max: i64::MAX,
            },
            Some(ParamValue::Int(0)),
        ),
        spec("on", ParamKind::Bool, Some(ParamValue::Bool(false))),
        spec("seed", ParamKind::Seed, Some(ParamValue::Int(0))),
        spec(
            "name",
            ParamKind::Text { multiline: false },
            Some(ParamValue::Text("a".into())),
        ),
        spec(
            "prompt",
            ParamKind::Text { multiline: true },
            Some(ParamValue::Text("a fox".into())),
        ),
        spec(
            "fit",
            ParamKind::Choice {
                options: vec![option("cover"), option("contain")],
            },
            Some(ParamValue::Text("cover".into())),
        ),
        spec(
            "path",
            ParamKind::Path {
                purpose: PathPurpose::Read,
            },
            None,
        ),
    ];
    let output = PortSpec {
        name: "number".into(),
        doc: "A number.".into(),
        kind: graph::kind::Kind::new("number"),
        arity: Arity::One,
    };
    let descriptor = Descriptor {
        id: "any.all".into(),
        version: 1,
        title: "All".into(),
        doc: "Has all kinds of parameters.".into(),
        effect: Effect::Pure,
        params,
        inputs: Vec::new(),
        outputs: vec![output],
    };
    let entry = Entry::new(descriptor, "", |_| Err(Vec::new()), |_, _| ());
    let mut registry = Registry::default();
    let _ = registry.insert(entry);
    registry
}

fn port(text: &str) -> PortRef {
    text.parse().expect("a port")
}

/// Nodes `a` and `b` of that kind.
fn graph() -> Graph {
    let mut graph = Graph::default();
    for name in ["a", "b"] {
        let id = port(&format!("{name}.x")).node;
        let edit = Edit::add(id, PlacedNode::new("any.all", 1));
        let _ = graph.apply(edit).expect("a new node");
    }
    graph
}

/// Fields over a document, as a panel holds them.
struct Panel {
    fields: Fields,
    graph: Graph,
    registry: Registry,
}

impl Panel {
    fn new() -> Self {
        let mut panel = Self {
            fields: Fields::new(),
            graph: graph(),
            registry: registry(),
        };
        panel.refresh();
        panel
    }

    fn refresh(&mut self) {
        let context = Context {
            graph: &self.graph,
            registry: &self.registry,
        };
        let nodes = self.graph.nodes().keys();
        self.fields.refresh(nodes, context);
    }

    /// The field of a parameter of node `a`, with all that can be done to it.
    fn view(&self, param: &str) -> Element<'_, Message> {
        let entry = self.registry.get("any.all").expect("the kind is there");
        let spec = entry.descriptor.param(param).expect("a parameter");
        let target = port(&format!("a.{param}"));
        self.fields.full(Field::of(&self.graph, target, spec))
    }

    /// Does something with the field of `param`, applies what comes of it, and returns that.
    fn with(&mut self, param: &str, act: impl FnOnce(&mut Simulator<'_, Message>)) -> Vec<Action> {
        let messages: Vec<Message> = {
            let mut ui = Simulator::new(self.view(param));
            act(&mut ui);
            ui.into_messages().collect()
        };
        let actions = messages.into_iter().map(|message| self.send(message));
        let actions: Vec<Action> = actions.filter(|action| *action != Action::None).collect();
        self.refresh();
        actions
    }

    fn send(&mut self, message: Message) -> Action {
        let context = Context {
            graph: &self.graph,
            registry: &self.registry,
        };
        let action = self.fields.update(message, context);
        if let Action::Apply(edit) | Action::Merge(edit) = &action {
            let _ = self.graph.apply(edit.clone()).expect("a valid edit");
        }
        action
    }

    fn event(&mut self, param: &str, event: Event) -> Action {
        self.send(Message {
            target: port(&format!("a.{param}")),
            event,
        })
    }

    /// Types `text` into the field of `param`, and presses `key`.
    fn type_into(&mut self, param: &str, text: &str, key: Named) -> Vec<Action> {
        assert_eq!(self.event(param, Event::Typed(text.into())), Action::None);
        self.with(param, |ui| {
            click_field(ui, param);
            let _ = ui.tap_key(key);
        })
    }

    fn value(&self, param: &str) -> Option<&ParamValue> {
        super::fields::value(&self.graph, &port(&format!("a.{param}")))
    }
}

fn click_field(ui: &mut Simulator<'_, Message>, param: &str) {
    let id = iced::widget::Id::from(format!("param a.{param}"));
    let _ = ui
        .click(iced_test::selector::id(id))
        .expect("the field is there");
}

fn set(param: &str, value: ParamValue) -> Action {
    Action::Apply(Edit::set(&port(&format!("a.{param}")), value))
}

#[test]
fn typing_changes_nothing_before_enter() {
    let mut panel = Panel::new();
    let actions = panel.with("share", |ui| {
        click_field(ui, "share");
        let _ = ui.typewrite("5");
    });
    assert_eq!(actions, []);
    assert_eq!(panel.value("share"), None);
    assert!(panel.fields.has_drafts());
    // A half-typed number stays as it is typed.
    assert_eq!(
        panel.event("share", Event::Typed("0.".into())),
        Action::None
    );
    let drafted = Simulator::new(panel.view("share")).find("must be a number from 0 to 1");
    assert!(drafted.is_err(), "nothing is told while it is typed");
    assert_eq!(
        panel.type_into("share", "0.50", Named::Enter),
        [set("share", ParamValue::Float(0.5))]
    );
    assert!(!panel.fields.has_drafts());
}

#[test]
fn what_cannot_be_set_stays_in_the_field_and_is_told_below() {
    let mut panel = Panel::new();
    assert_eq!(panel.type_into("share", "1.5", Named::Enter), []);
    assert_eq!(panel.value("share"), None);
    let told = Simulator::new(panel.view("share")).find("must be a number from 0 to 1");
    assert!(told.is_ok(), "the range is told");
    assert!(panel.fields.is_refused(&port("a.share")));
    assert_eq!(
        panel.type_into("share", "0,5", Named::Enter),
        [set("share", ParamValue::Float(0.5))],
        "a comma is understood"
    );
}

#[test]
fn escape_takes_the_draft_back() {
    let mut panel = Panel::new();
    assert_eq!(
        panel.type_into("steps", "99", Named::Escape),
        [Action::Seal]
    );
    assert!(!panel.fields.has_drafts());
    assert_eq!(panel.value("steps"), None);
}

#[test]
fn leaving_the_field_takes_what_was_typed() {
    let mut panel = Panel::new();
    assert_eq!(
        panel.event("steps", Event::Typed("32".into())),
        Action::None
    );
    let actions = panel.with("steps", |ui| {
        click_field(ui, "steps");
        ui.point_at(iced::Point::new(900.0, 700.0));
        let _ = ui.simulate(iced_test::simulator::click());
    });
    assert_eq!(actions, [set("steps", ParamValue::Int(32))]);
}

#[test]
fn a_value_that_is_set_already_makes_no_step() {
    let mut panel = Panel::new();
    assert_eq!(panel.type_into("steps", "16", Named::Enter), []);
    assert!(!panel.fields.has_drafts());
}

#[test]
fn arrows_change_a_number_within_one_step() {
    let mut panel = Panel::new();
    let actions = panel.with("steps", |ui| {
        click_field(ui, "steps");
        let _ = ui.tap_key(Named::ArrowUp);
    });
    let edit = Edit::set(&port("a.steps"), ParamValue::Int(17));
    assert_eq!(actions, [Action::Merge(edit)]);
}

#[test]
fn a_slider_merges_while_it_is_dragged_and_seals_when_it_is_let_go() {
    let mut panel = Panel::new();
    let actions = panel.with("share", |ui| {
        // The slider fills the line before the field of the number.
        let field = ui
            .find(iced_test::selector::id(iced::widget::Id::from(
                "param a.share".to_owned(),
            )))
            .expect("the field is there")
            .bounds();
        let y = field.center_y();
        let press = mouse::Event::ButtonPressed(mouse::Button::Left);
        let release = mouse::Event::ButtonReleased(mouse::Button::Left);
        ui.point_at(iced::Point::new(0.0, y));
        let _ = ui.simulate([iced::Event::Mouse(press)]);
        let to = iced::Point::new((field.x - 8.0) / 2.0, y);
        ui.point_at(to);
        let moved = mouse::Event::CursorMoved { position: to };
        let _ = ui.simulate([iced::Event::Mouse(moved), iced::Event::Mouse(release)]);
    });
    let merge = |share| Action::Merge(Edit::set(&port("a.share"), ParamValue::Float(share)));
    assert_eq!(actions, [merge(0.0), merge(0.5), Action::Seal]);
}

#[test]
fn a_range_without_end_has_no_slider() {
    let panel = Panel::new();
    let mut ui = Simulator::new(panel.view("count"));
    let field = iced_test::selector::id(iced::widget::Id::from("param a.count".to_owned()));
    let bounds = ui.find(field).expect("the field is there").bounds();
    assert_eq!(bounds.x, 0.0, "the field begins where a slider would");
}

#[test]
fn a_switch_and_a_choice_are_steps_of_their_own() {
    let mut panel = Panel::new();
    assert_eq!(
        panel.event("on", Event::Toggled(true)),
        set("on", ParamValue::Bool(true))
    );
    let opened = panel.with("fit", |ui| {
        let _ = ui.click("Cover").expect("the choice is there");
    });
    assert_eq!(opened, []);
    let chosen = panel.with("fit", |ui| {
        let _ = ui
            .find("It is contain.")
            .expect("every choice tells its doc");
        let _ = ui.click("Contain").expect("the choice is there");
    });
    assert_eq!(chosen, [set("fit", ParamValue::Text("contain".into()))]);
}

#[test]
fn a_text_of_several_lines_is_taken_with_its_lines() {
    let mut panel = Panel::new();
    let actions = panel.with("prompt", |ui| {
        click_field(ui, "prompt");
        let _ = ui.typewrite("!");
    });
    assert_eq!(actions, []);
    let context = Context {
        graph: &panel.graph,
        registry: &panel.registry,
    };
    let Action::Apply(Edit::SetParam {
        value: Some(ParamValue::Text(text)),
        ..
    }) = panel.fields.settle(context)
    else {
        panic!("expected the text to be set");
    };
    assert_eq!(text.len(), "a fox!".len());
}

#[test]
fn what_changes_elsewhere_is_shown() {
    let mut panel = Panel::new();
    let edit = Edit::set(&port("a.prompt"), ParamValue::Text("an owl".into()));
    let _ = panel.graph.apply(edit).expect("a valid edit");
    panel.refresh();
    assert_eq!(panel.fields.texts[&port("a.prompt")].text(), "an owl");
}

#[test]
fn dice_roll_another_seed_and_reset_takes_it_back() {
    let mut panel = Panel::new();
    let rolled = panel.event("seed", Event::Rolled);
    assert!(
        matches!(&rolled, Action::Apply(Edit::SetParam { value: Some(ParamValue::Int(seed)), .. }) if (0..=999_999_999).contains(seed)),
        "{rolled:?}"
    );
    assert_eq!(
        panel.event("seed", Event::Reset),
        Action::Apply(Edit::SetParam {
            node: port("a.seed").node,
            name: "seed".into(),
            value: None,
        })
    );
}

#[test]
fn a_wired_parameter_names_its_source_and_has_no_field() {
    let mut panel = Panel::new();
    let wire = Edit::connect(port("b.number"), port("a.share"));
    let _ = panel.graph.apply(wire).expect("a new wire");
    let mut ui = Simulator::new(panel.view("share"));
    assert!(ui.find("from b.number").is_ok());
    let field = iced_test::selector::id(iced::widget::Id::from("param a.share".to_owned()));
    assert!(ui.find(field).is_err());
}

#[test]
fn a_parameter_is_exposed_under_a_name_that_the_command_line_takes() {
    let mut panel = Panel::new();
    assert_eq!(panel.event("seed", Event::Exposed), Action::None);
    let mut ui = Simulator::new(panel.view("seed"));
    assert!(ui.find("smalto run … --seed").is_ok(), "the flag is shown");
    drop(ui);
    assert_eq!(
        panel.event("seed", Event::Named("device".into())),
        Action::None
    );
    assert_eq!(panel.event("seed", Event::NameSubmitted), Action::None);
    let told = "the command line has a flag of that name";
    assert!(Simulator::new(panel.view("seed")).find(told).is_ok());
    assert_eq!(
        panel.event("seed", Event::Named("luck".into())),
        Action::None
    );
    assert_eq!(
        panel.event("seed", Event::NameSubmitted),
        Action::Apply(Edit::SetInterfaceParam {
            name: "luck".into(),
            target: Some(port("a.seed")),
        })
    );
    assert!(Simulator::new(panel.view("seed")).find("--luck").is_ok());
    assert_eq!(
        panel.event("seed", Event::Withdrawn),
        Action::Apply(Edit::SetInterfaceParam {
            name: "luck".into(),
            target: None,
        })
    );
}

#[test]
fn a_file_is_asked_for_with_its_purpose() {
    let mut panel = Panel::new();
    assert_eq!(
        panel.event("path", Event::Browsed),
        Action::Browse {
            target: port("a.path"),
            purpose: PathPurpose::Read,
        }
    );
    assert_eq!(
        panel.type_into("path", r"in\fox.png", Named::Enter),
        [set("path", ParamValue::Text("in/fox.png".into()))]
    );
}

#[test]
fn with_control_enter_is_heard_by_others_as_well() {
    let mut panel = Panel::new();
    assert_eq!(
        panel.event("steps", Event::Typed("20".into())),
        Action::None
    );
    let mut statuses = Vec::new();
    let actions = panel.with("steps", |ui| {
        click_field(ui, "steps");
        let mut press = press_key(Named::Enter, None);
        if let iced::Event::Keyboard(keyboard::Event::KeyPressed { modifiers, .. }) = &mut press {
            *modifiers = keyboard::Modifiers::COMMAND;
        }
        statuses = ui.simulate([press]);
    });
    assert_eq!(actions, [set("steps", ParamValue::Int(20))]);
    assert_eq!(statuses, [iced::event::Status::Ignored]);
}

#[test]
fn the_field_over_the_canvas_has_the_focus_and_goes_when_it_is_done() {
    let panel = Panel::new();
    let context = Context {
        graph: &panel.graph,
        registry: &panel.registry,
    };
    let mut overlay = Overlay::new(port("a.steps"), context);
    let view = overlay.view(&panel.graph, &panel.registry);
    let mut ui = Simulator::new(view.expect("the parameter is there"));
    let _ = ui.typewrite("7");
    let _ = ui.tap_key(Named::Enter);
    let messages: Vec<Message> = ui.into_messages().collect();
    let typed: Vec<&Event> = messages.iter().map(|message| &message.event).collect();
    assert_eq!(
        typed[0],
        &Event::Typed("7".into()),
        "what was there is replaced"
    );
    let steps: Vec<super::Step> = messages
        .into_iter()
        .map(|message| overlay.update(message, context))
        .collect();
    assert!(!steps[0].is_over);
    let last = steps.last().expect("a step");
    assert_eq!(last.action, set("steps", ParamValue::Int(7)));
    assert!(last.is_over);

    let message = |event| Message {
        target: port("a.steps"),
        event,
    };
    let _ = overlay.update(message(Event::Typed("x".into())), context);
    let refused = overlay.update(message(Event::Submitted), context);
    assert!(!refused.is_over, "what was refused can be mended");
    assert!(overlay.update(message(Event::Abandoned), context).is_over);
}

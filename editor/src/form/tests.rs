use graph::document::Graph;
use graph::edit::Edit;
use graph::engine::Happened;
use graph::param::ParamValue;
use graph::preview::Preview;
use iced_test::simulator::Simulator;

use super::{Action, Context, Form, Message, progress};
use crate::param::{self, Event};
use crate::preview::{Shown, Thumbnails};
use crate::runner::sample::{PICTURE, graph, id, registry};
use crate::status::{Beside, Faults, Statuses};

/// A form over a document.
struct Panel {
    form: Form,
    graph: Graph,
    statuses: Statuses,
    thumbnails: Thumbnails,
    is_running: bool,
}

impl Panel {
    fn new(text: &str) -> Self {
        let mut graph = graph(text);
        let edit = Edit::SetInterfaceParam {
            name: "pace".into(),
            target: Some(id("slow").port("steps")),
        };
        let _ = graph.apply(edit).expect("a free name");
        let _ = graph
            .apply(Edit::SetAbout("Counts slowly.".into()))
            .expect("a text");
        let mut form = Form::new();
        form.refresh(&graph, &registry());
        Self {
            form,
            graph,
            statuses: Statuses::default(),
            thumbnails: Thumbnails::default(),
            is_running: false,
        }
    }

    fn with<T>(&mut self, act: impl FnOnce(&mut Form, Context<'_>) -> T) -> T {
        let registry = registry();
        let faults = Faults::new(&self.graph, &registry);
        let context = Context {
            graph: &self.graph,
            registry: &registry,
            statuses: &self.statuses,
            thumbnails: &self.thumbnails,
            faults: &faults,
            is_running: self.is_running,
        };
        act(&mut self.form, context)
    }

    fn send(&mut self, message: Message) -> Action {
        let action = self.with(|form, context| form.update(message, context));
        if let Action::Field(param::Action::Apply(edit)) | Action::Run(Some(edit)) = &action {
            let _ = self.graph.apply(edit.clone()).expect("a valid edit");
        }
        self.form.refresh(&self.graph, &registry());
        action
    }

    /// What comes of something done in the form.
    fn act(&mut self, act: impl FnOnce(&mut Simulator<'_, Message>)) -> Vec<Action> {
        let messages: Vec<Message> = self.with(|form, context| {
            let mut ui = Simulator::new(form.view(context));
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

    fn type_pace(&mut self, text: &str) {
        let typed = param::Message {
            target: id("slow").port("steps"),
            event: Event::Typed(text.into()),
        };
        assert_eq!(self.send(Message::Field(typed)), Action::NONE);
    }
}

fn click(words: &'static str) -> impl FnOnce(&mut Simulator<'_, Message>) {
    move |ui| {
        let _ = ui.click(words).expect("it is there to be clicked");
    }
}

#[test]
fn the_form_shows_what_the_workflow_offers_and_nothing_else() {
    let mut panel = Panel::new(PICTURE);
    for words in ["Counts slowly.", "Pace", "How many steps it takes.", "Out0"] {
        assert!(panel.shows(words), "{words}");
    }
    assert!(!panel.shows("Value"), "a parameter that is not offered");
    assert!(!panel.shows("--pace"), "a flag is of no use here");
}

#[test]
fn running_takes_what_was_typed_along() {
    let mut panel = Panel::new(PICTURE);
    assert_eq!(panel.act(click("Run")), [Action::Run(None)]);
    panel.type_pace("9");
    let edit = Edit::set(&id("slow").port("steps"), ParamValue::Int(9));
    assert_eq!(panel.act(click("Run")), [Action::Run(Some(edit))]);
}

#[test]
fn what_cannot_be_set_must_be_mended_before_a_run() {
    let mut panel = Panel::new(PICTURE);
    panel.type_pace("0");
    assert_eq!(panel.act(click("Run")), []);
    assert!(panel.shows("must be a whole number from 1 to 10000"));
}

#[test]
fn what_is_in_the_way_of_a_run_is_told_and_nothing_is_run() {
    let mut panel = Panel::new("slow: slow\n => slow.number");
    assert!(panel.shows("nothing is wired to `slow.number`, which needs number"));
    assert_eq!(panel.act(click("Run")), []);
}

#[test]
fn a_run_shows_how_far_it_is_and_can_be_cancelled() {
    let mut panel = Panel::new(PICTURE);
    panel.is_running = true;
    let nodes = [id("start"), id("slow"), id("picture")];
    panel.statuses.begin(nodes.iter(), Beside::Forgotten);
    panel.statuses.take_in(&Happened::Progress {
        node: id("slow"),
        done: 3,
        total: 4,
        rate: 2.0,
        eta: None,
    });
    let progress = progress::of(&panel.statuses).expect("a run");
    assert_eq!(progress.share, 0.25);
    assert!(panel.shows("slow: 3 of 4 · 2.0 a second"));
    assert!(panel.shows("On its way"));
    assert_eq!(panel.act(click("Cancel")), [Action::Cancel]);

    let live = Shown::new(Preview::Text("step 3".into()));
    panel.thumbnails.show_live(&id("slow"), live);
    assert!(
        panel.shows("step 3"),
        "what the result needs is shown while it runs"
    );
}

#[test]
fn a_picture_of_a_batch_is_chosen_and_opened() {
    let mut panel = Panel::new(PICTURE);
    assert!(panel.shows("Not run yet"));
    let picture = graph::preview::Picture {
        width: 2,
        height: 2,
        pixels: vec![9; 12].into(),
    };
    let pictures = Preview::Images(vec![picture.clone(), picture]);
    panel
        .thumbnails
        .show(&id("picture"), "image", Shown::new(pictures));
    assert!(!panel.shows("Not run yet"));
    let target = id("picture").port("image");
    let chosen = Message::PictureChosen(target.clone(), 1);
    assert_eq!(panel.send(chosen), Action::NONE);
    assert_eq!(panel.form.chosen[&target], 1);
    // The large picture fills the right; a click into it opens it.
    let opened = panel.act(|ui| {
        ui.point_at(iced::Point::new(700.0, 300.0));
        let _ = ui.simulate(iced_test::simulator::click());
    });
    assert_eq!(opened, [Action::OpenViewer(id("picture"))]);
}

#[test]
fn names_can_be_changed_once_asked_for() {
    let mut panel = Panel::new(PICTURE);
    assert_eq!(panel.send(Message::Arranged), Action::NONE);
    assert!(panel.shows("--pace"));
    assert_eq!(panel.act(click("--pace")), []);
    let named = param::Message {
        target: id("slow").port("steps"),
        event: Event::Named("count".into()),
    };
    assert_eq!(panel.send(Message::Field(named)), Action::NONE);
    let submitted = param::Message {
        target: id("slow").port("steps"),
        event: Event::NameSubmitted,
    };
    let action = panel.send(Message::Field(submitted));
    assert!(
        matches!(action, Action::Field(param::Action::Apply(Edit::Batch(_)))),
        "{action:?}"
    );
    assert!(panel.shows("Count"));
}

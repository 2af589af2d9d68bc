//! What the token view does when something happens, without a window.

use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use graph::document::{Graph, NodeId};
use graph::preview::{Picture, TokenGrid};
use graph::registry::Registry;

use iced::keyboard::key::Named;
use iced::keyboard::{Key, Modifiers};

use super::{painting, port, registry};
use crate::tokens::board;
use crate::tokens::cells::Cell;
use crate::tokens::pace::Pace;
use crate::tokens::paint::{Pen, Tool};
use crate::tokens::scrubber::Speed;
use crate::tokens::{
    Action, Context, Histories, Message, Pane, Record, Ticket, TokenView, timeline,
};

/// A document, its run and a view of it.
pub(super) struct Stage {
    pub graph: Graph,
    pub registry: Registry,
    pub histories: Histories,
    pub view: TokenView,
    start: Instant,
    passed: Duration,
}

/// Steps of a grid of 2 × 3 cells, of which every step lays one; the last edits the first cell.
pub(super) fn steps(count: usize) -> Vec<TokenGrid> {
    let grid = |step: usize| TokenGrid {
        rows: 2,
        columns: 3,
        codebook: 100,
        codes: (0..6)
            .map(|at| match (at < step, at == 0 && step == count) {
                (true, true) => Some(99),
                (true, false) => Some(at as u32),
                (false, _) => None,
            })
            .collect(),
        confidence: (0..6)
            .map(|at| {
                if at < step {
                    0.2 + 0.1 * at as f32
                } else {
                    0.0
                }
            })
            .collect(),
        edited: Vec::new(),
    };
    (0..=count).map(grid).collect()
}

fn picture(brightness: u8) -> Picture {
    Picture {
        width: 6,
        height: 4,
        pixels: vec![brightness; 72].into(),
    }
}

impl Stage {
    /// A view of a sampler that has taken `count` steps.
    pub fn new(count: usize) -> Self {
        let (graph, registry) = (painting(), registry());
        let record = Record {
            steps: Arc::new(steps(count)),
            output: port("paint.history"),
            graph: Rc::new(graph.clone()),
        };
        let histories = Histories::from([(port("paint.history"), record)]);
        let context = Context {
            graph: &graph,
            registry: &registry,
            histories: &histories,
        };
        let view = TokenView::new(port("paint.history"), &context);
        Self {
            graph,
            registry,
            histories,
            view,
            start: Instant::now(),
            passed: Duration::ZERO,
        }
    }

    /// Another sampler has taken `count` steps.
    pub fn beside(&mut self, count: usize) {
        let record = Record {
            steps: Arc::new(steps(count)),
            output: port("other.history"),
            graph: Rc::new(self.graph.clone()),
        };
        let _ = self.histories.insert(port("other.history"), record);
        self.refresh();
    }

    pub fn refresh(&mut self) {
        let context = Context {
            graph: &self.graph,
            registry: &self.registry,
            histories: &self.histories,
        };
        self.view.refresh(&context);
    }

    pub fn send(&mut self, message: Message) -> Action {
        let context = Context {
            graph: &self.graph,
            registry: &self.registry,
            histories: &self.histories,
        };
        self.view.update(message, &context)
    }

    fn press(&mut self, key: Key) -> Action {
        let message = self.view.key(&key, Modifiers::empty());
        message.map_or(Action::None, |message| self.send(message))
    }

    /// Time passes, and the view is told of it as often as it wants; the first thing that it asks for is returned.
    fn wait(&mut self, time_ms: u64) -> Action {
        let end = self.passed + Duration::from_millis(time_ms);
        while let Some(interval) = self.view.interval() {
            if self.passed + interval > end {
                break;
            }
            self.passed += interval;
            let now = self.start + self.passed;
            let action = self.send(Message::Timeline(timeline::Happened::Ticked(now)));
            if action != Action::None {
                return action;
            }
        }
        self.passed = end;
        Action::None
    }

    /// Waits until a picture is asked for.
    fn asked(&mut self) -> (Ticket, NodeId, usize) {
        match self.wait(1_000) {
            Action::Decode(ticket, scratch) => {
                let step = scratch
                    .graph
                    .nodes()
                    .values()
                    .find_map(|node| node.params.get("step"));
                let step = match step {
                    Some(graph::param::ParamValue::Int(step)) => *step as usize,
                    other => panic!("a step was expected, not {other:?}"),
                };
                (ticket, scratch.until, step)
            }
            other => panic!("a picture should be asked for, not {other:?}"),
        }
    }

    fn shown(&self, pane: Pane) -> Option<(usize, u8)> {
        let shown = self.view.side(pane)?.pictures().shown()?;
        Some((shown.step, shown.picture.pixels[0]))
    }
}

#[test]
fn a_picture_is_asked_for_once_scrubbing_rests() {
    let mut stage = Stage::new(6);
    assert_eq!(stage.view.step(Pane::Left), 6);
    for step in [2, 3, 4] {
        let scrubbed = timeline::Happened::Scrubbed(step);
        assert_eq!(stage.send(Message::Timeline(scrubbed)), Action::None);
        assert_eq!(stage.wait(100), Action::None, "it does not rest yet");
    }
    let (ticket, until, step) = stage.asked();
    assert_eq!((until.as_str(), step), ("picture", 4));
    assert_eq!(stage.wait(1_000), Action::None, "one at a time");

    let _ = stage.send(Message::Decoded(ticket, Ok(picture(40))));
    assert_eq!(stage.shown(Pane::Left), Some((4, 40)));
    assert_eq!(stage.view.interval(), None, "nothing is waited for");
}

#[test]
fn the_picture_from_before_stays_and_what_was_made_is_shown_at_once() {
    let mut stage = Stage::new(6);
    let (ticket, ..) = stage.asked();
    let _ = stage.send(Message::Decoded(ticket, Ok(picture(60))));
    let _ = stage.press(Key::Named(Named::ArrowLeft));
    assert_eq!(stage.view.step(Pane::Left), 5);
    assert_eq!(stage.shown(Pane::Left), Some((6, 60)));
    let (ticket, _, step) = stage.asked();
    assert_eq!(step, 5);
    let _ = stage.send(Message::Decoded(ticket, Ok(picture(50))));
    let _ = stage.press(Key::Named(Named::End));
    assert_eq!(stage.shown(Pane::Left), Some((6, 60)));
    assert_eq!(stage.wait(1_000), Action::None);
}

#[test]
fn whoever_scrubs_on_while_a_picture_is_made_gets_the_next_one_afterwards() {
    let mut stage = Stage::new(6);
    let (ticket, ..) = stage.asked();
    let _ = stage.press(Key::Named(Named::ArrowLeft));
    assert_eq!(stage.wait(1_000), Action::None);
    let answer = stage.send(Message::Decoded(ticket.clone(), Ok(picture(60))));
    assert!(matches!(answer, Action::Decode(..)), "{answer:?}");
    let late = stage.send(Message::Decoded(ticket, Ok(picture(1))));
    assert_eq!(late, Action::None, "an answer counts once");
}

#[test]
fn steps_of_which_nothing_is_laid_are_not_decoded() {
    let mut stage = Stage::new(6);
    let _ = stage.press(Key::Named(Named::Home));
    assert_eq!(stage.wait(1_000), Action::None);
}

#[test]
fn a_failure_is_told_and_tried_again_when_asked() {
    let mut stage = Stage::new(6);
    let (ticket, ..) = stage.asked();
    let _ = stage.send(Message::Decoded(ticket, Err("the device is gone".into())));
    let failure = |stage: &Stage| stage.view.left.pictures().failure(6).map(str::to_owned);
    assert_eq!(failure(&stage).as_deref(), Some("the device is gone"));
    assert_eq!(
        stage.wait(1_000),
        Action::None,
        "it is not tried again by itself"
    );
    let _ = stage.send(Message::Retried);
    assert_eq!(failure(&stage), None);
    let _ = stage.asked();
}

#[test]
fn an_obstacle_stands_in_the_place_of_the_picture() {
    let mut stage = Stage::new(6);
    stage.registry = Registry::default();
    assert_eq!(stage.wait(1_000), Action::None);
    let failure = stage.view.left.pictures().failure(6).expect("it was told");
    assert!(
        failure.starts_with("no kind of node goes back to a step"),
        "{failure}"
    );
}

#[test]
fn another_run_makes_pictures_void_and_the_same_steps_again_do_not() {
    let mut stage = Stage::new(6);
    let (ticket, ..) = stage.asked();
    let record = Record {
        steps: Arc::new(steps(6)),
        output: port("paint.history"),
        graph: Rc::new(stage.graph.clone()),
    };
    let _ = stage.histories.insert(port("paint.history"), record);
    stage.refresh();
    let _ = stage.send(Message::Decoded(ticket, Ok(picture(60))));
    assert_eq!(stage.shown(Pane::Left), Some((6, 60)));

    let record = Record {
        steps: Arc::new(steps(4)),
        output: port("paint.history"),
        graph: Rc::new(stage.graph.clone()),
    };
    let _ = stage.histories.insert(port("paint.history"), record);
    stage.refresh();
    assert_eq!(
        stage.view.step(Pane::Left),
        4,
        "who looked at the end goes on to"
    );
    let (ticket, ..) = stage.asked();
    let _ = stage.send(Message::Decoded(ticket, Ok(picture(41))));
    assert_eq!(stage.shown(Pane::Left), Some((4, 41)));
}

#[test]
fn it_plays_to_the_end_and_then_makes_the_picture() {
    let mut stage = Stage::new(6);
    let _ = stage.send(Message::SpeedChosen(Speed::Four));
    let _ = stage.press(Key::Named(Named::Space));
    assert_eq!(stage.wait(600), Action::None);
    assert_eq!(stage.view.step(Pane::Left), 2);
    assert_eq!(
        stage.wait(900),
        Action::None,
        "no picture is made of what passes by"
    );
    let (_, _, step) = stage.asked();
    assert_eq!(step, 6);
}

#[test]
fn two_samplers_keep_in_step() {
    let mut stage = Stage::new(6);
    stage.beside(3);
    let _ = stage.send(Message::OtherChosen(Some(port("other.history"))));
    let _ = stage.send(Message::Timeline(timeline::Happened::Scrubbed(4)));
    let both = |stage: &Stage| (stage.view.step(Pane::Left), stage.view.step(Pane::Right));
    assert_eq!(both(&stage), (4, 3));
    let _ = stage.send(Message::PaceChosen(Pace::Share));
    assert_eq!(both(&stage), (4, 2));
    let _ = stage.press(Key::Character("d".into()));
    assert!(stage.view.differences);
    let _ = stage.send(Message::OtherChosen(None));
    assert!(!stage.view.differences, "there is nothing to differ from");
}

#[test]
fn painting_and_resuming_asks_for_one_change_of_the_document() {
    let mut stage = Stage::new(6);
    let on = |happened| Message::Board(Pane::Left, happened);
    let refused = stage.press(Key::Named(Named::Enter));
    assert!(
        matches!(refused, Action::Say(_)),
        "nothing is masked: {refused:?}"
    );

    let _ = stage.send(on(board::Happened::Pressed(
        Cell::new(0, 0),
        Pen::default(),
    )));
    let _ = stage.send(on(board::Happened::Dragged(Cell::new(0, 2))));
    let _ = stage.send(on(board::Happened::Released));
    assert_eq!(stage.view.painted().1.to_string(), "1:1-3");
    let Action::Resume(resume) = stage.press(Key::Named(Named::Enter)) else {
        panic!("it should go on from here");
    };
    let mut graph = stage.graph.clone();
    let _ = graph.apply(resume.edit).expect("it was tried before");
    assert_eq!(graph.nodes().len(), stage.graph.nodes().len() + 3);
}

#[test]
fn a_step_with_masked_cells_is_resumed_as_it_is() {
    let mut stage = Stage::new(6);
    let _ = stage.send(Message::Stepped(-1));
    assert!(matches!(stage.send(Message::Resumed), Action::Resume(_)));
}

#[test]
fn unsure_codes_are_painted_together() {
    let mut stage = Stage::new(6);
    let _ = stage.send(Message::ThresholdMoved(0.45));
    let _ = stage.press(Key::Character("u".into()));
    assert_eq!(stage.view.painted().1.to_string(), "1:1-3");
    let _ = stage.press(Key::Character("i".into()));
    assert_eq!(stage.view.painted().1.to_string(), "2:1-3");
    let undo = stage
        .view
        .key(&Key::Character("z".into()), Modifiers::COMMAND);
    let _ = undo.map(|message| stage.send(message));
    assert_eq!(stage.view.painted().1.to_string(), "1:1-3");
    let _ = stage.press(Key::Named(Named::Delete));
    assert!(stage.view.painted().1.is_empty());
}

#[test]
fn cells_are_painted_by_keys_as_well() {
    let mut stage = Stage::new(6);
    for (named, times) in [
        (Named::ArrowDown, 2),
        (Named::ArrowRight, 1),
        (Named::ArrowDown, 9),
    ] {
        for _ in 0..times {
            let moved = stage.view.key(&Key::Named(named), Modifiers::ALT);
            let _ = moved.map(|message| stage.send(message));
        }
    }
    let _ = stage.press(Key::Character("p".into()));
    assert_eq!(stage.view.painted().1.to_string(), "2:2");
    let _ = stage.press(Key::Character("e".into()));
    let _ = stage.press(Key::Character("p".into()));
    assert!(stage.view.painted().1.is_empty());
}

#[test]
fn paint_belongs_to_one_sampler() {
    let mut stage = Stage::new(6);
    stage.beside(6);
    let _ = stage.send(Message::OtherChosen(Some(port("other.history"))));
    let pressed = |pane, column| {
        Message::Board(
            pane,
            board::Happened::Pressed(Cell::new(0, column), Pen::default()),
        )
    };
    let _ = stage.send(pressed(Pane::Left, 0));
    let _ = stage.send(Message::Board(Pane::Left, board::Happened::Released));
    let _ = stage.send(pressed(Pane::Right, 2));
    let (pane, cells) = stage.view.painted();
    assert_eq!((pane, cells.to_string().as_str()), (Pane::Right, "1:3"));
    let _ = stage.send(Message::OtherChosen(None));
    let (pane, cells) = stage.view.painted();
    assert_eq!((pane, cells.len()), (Pane::Left, 0));
}

#[test]
fn keys_that_mean_nothing_here_are_left_to_others() {
    let stage = Stage::new(6);
    let key = |key: Key, modifiers| stage.view.key(&key, modifiers).is_some();
    assert!(key(Key::Character("b".into()), Modifiers::empty()));
    assert!(!key(Key::Character("b".into()), Modifiers::COMMAND));
    assert!(
        !key(Key::Character("d".into()), Modifiers::empty()),
        "there is nothing to compare"
    );
    assert!(!key(Key::Named(Named::F5), Modifiers::empty()));
    assert!(!key(Key::Named(Named::Home), Modifiers::ALT));
    assert!(key(Key::Named(Named::ArrowLeft), Modifiers::SHIFT));
    assert_eq!(stage.view.paint.tool(), Tool::Brush);
}

#[test]
fn the_picture_can_be_opened_by_itself() {
    let mut stage = Stage::new(6);
    assert_eq!(stage.send(Message::PictureOpened(Pane::Left)), Action::None);
    let (ticket, ..) = stage.asked();
    let _ = stage.send(Message::Decoded(ticket, Ok(picture(7))));
    let opened = Action::Open {
        label: "paint, step 6".into(),
        picture: picture(7),
    };
    assert_eq!(stage.send(Message::PictureOpened(Pane::Left)), opened);
}

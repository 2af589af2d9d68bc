use std::path::{Path, PathBuf};

use iced::mouse::{self, Button};
use iced::{Element, Event, Size};
use iced_test::Simulator;

use super::*;
use crate::command::Command;
use crate::document::notice::Notice;
use crate::keymap::Keymap;
use crate::runner::TabId;
use crate::theme::{FONTS, Icon};

/// What `act` makes of `view`, as it would be in a window of a usual size.
fn heard<Message: 'static>(
    view: Element<'_, Message>,
    act: impl FnOnce(&mut Simulator<'_, Message>),
) -> Vec<Message> {
    let settings = iced::Settings {
        fonts: FONTS.into_iter().map(Into::into).collect(),
        ..iced::Settings::default()
    };
    let mut simulator = Simulator::with_size(settings, Size::new(1280.0, 800.0), view);
    act(&mut simulator);
    simulator.into_messages().collect()
}

fn clicked<Message: 'static>(view: Element<'_, Message>, words: &str) -> Vec<Message> {
    heard(view, |simulator| {
        let _ = simulator.click(words).expect("it can be seen");
    })
}

fn keymap() -> Keymap {
    Keymap::load(Path::new("/there/is/no/keymap")).0
}

fn glyph(icon: Icon) -> String {
    icon.glyph().to_string()
}

#[test]
fn every_notice_has_the_buttons_that_mend_it() {
    let check = |notice: Notice, words: &str, expected: notices::Remedy| {
        assert_eq!(clicked(notices::view([&notice], false), words), [expected]);
    };
    check(Notice::ChangedOnDisk, "Reload", notices::Remedy::Reload);
    check(
        Notice::ChangedOnDisk,
        "Overwrite",
        notices::Remedy::Overwrite,
    );
    check(Notice::ChangedOnDisk, "Save as…", notices::Remedy::SaveAs);
    check(Notice::Gone, "Save", notices::Remedy::Save);
    check(Notice::OpenedElsewhere, "Save as…", notices::Remedy::SaveAs);
    let comments = Notice::LosesComments {
        count: 2,
        first: "// By hand.".into(),
    };
    check(comments, "Save anyway", notices::Remedy::SaveAnyway);
    check(Notice::FolderClosed, "Save as…", notices::Remedy::SaveAs);
    let reason = "no space left".to_owned();
    check(Notice::NotKept { reason }, "Save", notices::Remedy::Save);
}

#[test]
fn what_a_killed_editor_left_is_offered_above_the_notices() {
    assert_eq!(
        clicked(notices::view([], true), "Recover"),
        [notices::Remedy::Recover]
    );
    assert_eq!(
        clicked(notices::view([], true), "Discard"),
        [notices::Remedy::Discard]
    );
}

#[test]
fn a_tab_is_chosen_by_its_title_and_closed_by_its_cross_or_the_middle_button() {
    let view = || {
        let tab = tabs::Tab {
            id: TabId(7),
            title: "portrait".into(),
            place: "Not saved yet".into(),
            dirty: true,
            running: false,
        };
        tabs::view(vec![tab], TabId(7), &keymap())
    };
    assert_eq!(
        clicked(view(), "portrait"),
        [tabs::Message::Chosen(TabId(7))]
    );
    assert_eq!(
        clicked(view(), &glyph(Icon::Close)),
        [tabs::Message::Closed(TabId(7))]
    );
    assert_eq!(clicked(view(), &glyph(Icon::Plus)), [tabs::Message::Added]);
    let middle = heard(view(), |simulator| {
        let _ = simulator.find("portrait").map(|found| {
            simulator.point_at(found.bounds().center());
        });
        let press = mouse::Event::ButtonPressed(Button::Middle);
        let _ = simulator.simulate([Event::Mouse(press)]);
    });
    assert_eq!(middle, [tabs::Message::Closed(TabId(7))]);
}

#[test]
fn the_toolbar_does_what_can_be_done_and_nothing_else() {
    let keymap = keymap();
    let check = |can: toolbar::Can, words: &str, expected: &[toolbar::Message]| {
        let bar = toolbar::Toolbar {
            keymap: &keymap,
            view: toolbar::View::Canvas,
            can,
            panels: toolbar::Panels::default(),
            progress: None,
            waiting: 2,
        };
        assert_eq!(clicked(bar.view(), words), expected, "{words}");
    };
    let (none, all) = (
        toolbar::Can::default(),
        toolbar::Can {
            save: true,
            undo: true,
            redo: true,
            run: true,
            run_to_here: true,
            form: true,
            tokens: true,
        },
    );
    let command = |command| [toolbar::Message::Command(command)];
    check(none, "Run", &[]);
    check(all, "Run", &command(Command::Run));
    check(none, &glyph(Icon::StepForward), &[]);
    check(all, &glyph(Icon::StepForward), &command(Command::RunToHere));
    check(none, &glyph(Icon::Undo), &[]);
    check(all, &glyph(Icon::Undo), &command(Command::Undo));
    check(none, "Tokens", &[]);
    check(
        all,
        "Tokens",
        &[toolbar::Message::View(toolbar::View::Tokens)],
    );
    check(none, "2", &command(Command::Queue));
}

#[test]
fn a_run_can_be_cancelled_while_it_goes_on() {
    let keymap = keymap();
    let progress = Progress::new(crate::runner::Stage::Opening, &Default::default());
    let bar = toolbar::Toolbar {
        keymap: &keymap,
        view: toolbar::View::Canvas,
        can: toolbar::Can::default(),
        panels: toolbar::Panels::default(),
        progress: Some(&progress),
        waiting: 0,
    };
    assert_eq!(
        clicked(bar.view(), "Cancel"),
        [toolbar::Message::Command(Command::Cancel)]
    );
}

#[test]
fn the_status_bar_tells_what_is_refused_even_while_something_runs() {
    let keymap = keymap();
    let progress = Progress::new(crate::runner::Stage::Opening, &Default::default());
    let check = |said: status::Said, expected: bool| {
        let status = status::Status {
            keymap: &keymap,
            device: "cpu",
            progress: Some(&progress),
            said: Some(&said),
            zoom: 0.5,
            nodes: 3,
            selected: 1,
            faults: 2,
        };
        let view = || container_of(status.view());
        let mut simulator = Simulator::new(view());
        assert_eq!(simulator.find(said.words.as_str()).is_ok(), expected);
        assert!(simulator.find("3 nodes, 1 selected").is_ok());
        assert_eq!(
            clicked(view(), "2 problems"),
            [status::Message::FaultsPressed]
        );
        assert_eq!(
            clicked(view(), "50 %"),
            [status::Message::Command(Command::ZoomReset)]
        );
    };
    check(status::Said::bad("it would be a cycle"), true);
    check(status::Said::good("saved"), false);
}

/// The view as it is in the window: with everything else above it.
fn container_of(view: Element<'_, status::Message>) -> Element<'_, status::Message> {
    iced::widget::column![iced::widget::space().height(iced::Fill), view].into()
}

#[test]
fn an_empty_canvas_leads_on() {
    let recent = [PathBuf::from("/home/ann/portrait.ron")];
    let examples = [empty::Example {
        title: "Paint".into(),
        about: "From a prompt to a picture".into(),
        path: "paint.ron".into(),
    }];
    let view = || empty::view(&keymap(), &recent, &examples);
    assert_eq!(
        clicked(view(), "Add a node…"),
        [empty::Message::Command(Command::Search)]
    );
    assert_eq!(
        clicked(view(), "portrait"),
        [empty::Message::Opened("/home/ann/portrait.ron".into())]
    );
    assert_eq!(
        clicked(view(), "Paint"),
        [empty::Message::Example("paint.ron".into())]
    );
}

#[test]
fn runs_that_wait_can_change_places_be_looked_at_and_be_removed() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let (mut runs, _) = crate::queue::Queue::load(&folder.path().join("queue.ron"));
    let mut add = |label: &str| {
        let request = crate::runner::Request {
            graph: graph::document::Graph::default(),
            until: None,
            base: PathBuf::from("/"),
            document: TabId(1),
            label: label.into(),
        };
        runs.add(&request, &graph::registry::Registry::default())
    };
    let (first, second) = (add("first"), add("second"));
    let keymap = keymap();
    // Of the buttons that look the same, the first is that of the first run, but for the cross of the panel.
    let check = |icon: Icon, expected: &[queue::Message]| {
        let panel = queue::Panel {
            queue: &runs,
            progress: None,
            keymap: &keymap,
        };
        let words = glyph(icon);
        assert_eq!(clicked(panel.view(), &words), expected, "{icon:?}");
    };
    check(Icon::ArrowUp, &[]);
    check(Icon::ArrowDown, &[queue::Message::Lowered(first)]);
    check(Icon::Open, &[queue::Message::Opened(first)]);
    check(Icon::Close, &[queue::Message::Closed]);
    check(Icon::Pause, &[queue::Message::Paused]);
    check(Icon::Trash, &[]);
    let _ = runs.remove(first);
    let panel = queue::Panel {
        queue: &runs,
        progress: None,
        keymap: &keymap,
    };
    assert_eq!(
        clicked(panel.view(), &glyph(Icon::Open)),
        [queue::Message::Opened(second)]
    );
}

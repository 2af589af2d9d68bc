use iced::keyboard::{Key, Modifiers, key};
use iced::{Element, Event};
use iced_test::Simulator;
use smalto_host::plugins::{Plugin, State};

use super::sample::{inventory, plugin, ready};
use super::{Action, Deed, Message, Plugins};
use crate::dialog::tests::press;
use crate::plugins::{Inventory, Request, Shelf};

fn list() -> Plugins {
    Plugins::open(&inventory(), &Shelf::empty(), None)
}

/// What comes of keys that are pressed one after the other.
fn type_in(list: &mut Plugins, keys: &[Key]) -> Vec<Action> {
    let mut actions = Vec::new();
    for key in keys {
        let event = Event::Keyboard(press(key.clone(), Modifiers::empty()));
        let messages: Vec<Message> = {
            let mut simulator = Simulator::new(list.view());
            let _ = simulator.simulate([event]);
            simulator.into_messages().collect()
        };
        actions.extend(messages.into_iter().map(|message| list.update(message)));
    }
    actions.retain(|action| *action != Action::None);
    actions
}

fn named(key: key::Named) -> Key {
    Key::Named(key)
}

fn letter(letter: &str) -> Key {
    Key::Character(letter.into())
}

fn trust(plugin: &Plugin, in_process: bool) -> Action {
    Action::Perform(Request::Trust {
        plugin: Box::new(plugin.clone()),
        in_process,
    })
}

fn shows(view: Element<'_, Message>, words: &str) -> bool {
    Simulator::with_size(iced::Settings::default(), (1280.0, 800.0), view)
        .find(words)
        .is_ok()
}

const DOWN: Key = Key::Named(key::Named::ArrowDown);
const ENTER: Key = Key::Named(key::Named::Enter);
const ESCAPE: Key = Key::Named(key::Named::Escape);

#[test]
fn every_state_offers_what_fits_it() {
    let list = list();
    let offered: Vec<_> = list.found.iter().map(|plugin| list.deeds(plugin)).collect();
    assert_eq!(
        offered,
        [
            vec![Deed::RunInEditor, Deed::Untrust],
            vec![Deed::LeaveEditor, Deed::Untrust],
            vec![Deed::Trust],
            vec![Deed::Scan, Deed::Untrust],
            vec![],
        ]
    );
    let mut inventory = inventory();
    let _ = inventory.trusted.insert("sharp-hash".into());
    let list = Plugins::open(&inventory, &Shelf::empty(), None);
    assert_eq!(list.deeds(&list.found[4]), [Deed::Untrust]);
}

#[test]
fn a_plugin_is_trusted_by_keys_and_only_when_that_is_said_twice() {
    let mut list = list();
    let grain = list.found[2].clone();
    assert_eq!(type_in(&mut list, &[DOWN, DOWN, ENTER]), []);
    assert!(shows(list.view(), "Trust org.acme.grain 1.2.0?"));
    for told in [
        "/home/ann/.local/share/smalto/plugins/grain/libgrain.so",
        "grain-hash",
    ] {
        assert!(shows(list.view(), told), "{told}");
    }
    assert_eq!(
        type_in(&mut list, &[ESCAPE]),
        [],
        "only the question is gone"
    );

    let held = [letter("t"), letter("t"), ENTER, ENTER, ENTER];
    assert_eq!(
        type_in(&mut list, &held),
        [],
        "a key that is held trusts nothing"
    );
    assert_eq!(type_in(&mut list, &[ESCAPE]), [Action::Close]);
    let agreed = [letter("t"), named(key::Named::ArrowRight), ENTER];
    assert_eq!(type_in(&mut list, &agreed), [trust(&grain, false)]);
}

#[test]
fn what_can_be_taken_back_is_done_at_once() {
    let check = |down: usize, key: &str, expected: Request| {
        let mut list = list();
        let keys = std::iter::repeat_n(DOWN, down).chain([letter(key)]);
        let done = type_in(&mut list, &keys.collect::<Vec<_>>());
        assert_eq!(done, [Action::Perform(expected)]);
    };
    let found = inventory().found;
    check(0, "u", Request::Untrust("org.acme.blur".into()));
    let Action::Perform(leave) = trust(&found[1], false) else {
        panic!("it is a request");
    };
    check(1, "r", leave);
    check(3, "s", Request::Scan(found[3].folder.clone()));
    check(4, "l", Request::Look);
}

#[test]
fn what_endangers_the_editor_is_asked_about() {
    let mut list = list();
    let blur = list.found[0].clone();
    assert_eq!(type_in(&mut list, &[letter("r")]), []);
    assert!(shows(
        list.view(),
        "Run org.acme.blur 1.2.0 in the editor itself?"
    ));
    let agreed = [named(key::Named::Tab), ENTER];
    assert_eq!(type_in(&mut list, &agreed), [trust(&blur, true)]);
}

#[test]
fn what_does_not_fit_is_not_done_and_nothing_is_begun_twice() {
    let mut list = list();
    for deed in [Deed::Trust, Deed::LeaveEditor, Deed::Scan] {
        assert_eq!(list.update(Message::Asked(deed)), Action::None, "{deed:?}");
    }
    assert_eq!(type_in(&mut list, &[ENTER]), [], "Enter takes nothing away");
    let untrust = Action::Perform(Request::Untrust("org.acme.blur".into()));
    assert_eq!(list.update(Message::Asked(Deed::Untrust)), untrust);
    assert_eq!(list.update(Message::Asked(Deed::Untrust)), Action::None);
    assert_eq!(list.update(Message::LookAsked), Action::None);
    assert_eq!(list.update(Message::Asked(Deed::RunInEditor)), Action::None);
    assert_eq!(list.question, None);
}

#[test]
fn the_chosen_plugin_stays_chosen_and_what_went_wrong_is_told() {
    let mut list = list();
    let _ = type_in(&mut list, &[DOWN, DOWN]);
    let _ = list.update(Message::LookAsked);
    let found = vec![
        plugin("added", State::Untrusted),
        plugin("blur", ready("blur")),
        plugin("first", State::Untrusted),
        plugin("grain", ready("grain")),
    ];
    let news = Inventory {
        found,
        ..inventory()
    };
    list.show(&news, Some("the disk is full".into()));
    assert_eq!(
        list.chosen().map(|it| it.id.as_str()),
        Some("org.acme.grain")
    );
    assert!(shows(list.view(), "Acme grain"));
    assert!(shows(list.view(), "the disk is full"));
    assert_eq!(
        list.update(Message::LookAsked),
        Action::Perform(Request::Look)
    );
    let nothing = Inventory {
        found: Vec::new(),
        ..inventory()
    };
    list.show(&nothing, None);
    assert!(shows(list.view(), "There are no plugins on this computer"));
    assert!(!shows(list.view(), "the disk is full"));
}

#[test]
fn a_broken_plugin_says_why_and_how_to_mend_it() {
    let mut list = list();
    let _ = list.update(Message::Chosen(4));
    assert!(shows(list.view(), "libsharp.so: it brings no node"));
    assert!(shows(list.view(), "add one"));
    let _ = list.update(Message::Chosen(3));
    let told = "It crashed when it was looked at: it was ended by signal 11";
    assert!(shows(list.view(), told));
    assert!(shows(list.view(), "Quarantined"));
}

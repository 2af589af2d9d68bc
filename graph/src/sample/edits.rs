//! Edits made at random, right ones and wrong ones.

use super::{Dice, id};
use crate::document::{
    Extent, Frame, FrameColour, Graph, NodeId, Note, PlacedNode, PortRef, Position, State, Wire,
};
use crate::edit::{Connection, Edit};
use crate::param::ParamValue;

const NAMES: [&str; 7] = ["a", "b", "c", "größe", "e-1", "F_2", "10"];
const KINDS: [&str; 4] = ["test.text", "test.mark", "test.join", "elsewhere.thing"];
const PORTS: [&str; 4] = ["text", "first", "second", "more"];
const PARAMS: [&str; 4] = ["text", "mark", "copies", "weight"];
const OUTSIDE: [&str; 3] = ["prompt", "seed", "picture"];
const TEXTS: [&str; 6] = [
    "",
    "a \"quoted\" text",
    "two\nlines\tand \\ more",
    "\u{1}\u{7f}\u{202e}\u{feff}",
    "日本語 🦆",
    "// no comment */",
];
const NUMBERS: [f64; 8] = [
    0.0,
    -0.5,
    1e300,
    1e-300,
    f64::MIN_POSITIVE,
    0.1,
    123_456_789.0,
    f64::NAN,
];

/// Some edit, which `graph` may well refuse.
pub fn edit(dice: &mut Dice, graph: &Graph) -> Edit {
    match dice.below(20) {
        0..=2 => Edit::add(name(dice), node(dice)),
        3 => Edit::RemoveNode(name(dice)),
        4 => Edit::RenameNode {
            from: name(dice),
            to: name(dice),
        },
        5..=8 => Edit::Connect(Connection {
            wire: Wire::new(port(dice), port(dice)),
            at: dice.chance(30).then(|| dice.below(3)),
            points: points(dice),
        }),
        9 => Edit::Disconnect(wire(dice, graph)),
        10 => Edit::SetParam {
            node: name(dice),
            name: (*dice.pick(&PARAMS)).into(),
            value: dice.chance(70).then(|| value(dice)),
        },
        11 => Edit::SetVerbatim {
            node: name(dice),
            name: (*dice.pick(&PARAMS)).into(),
            value: dice.chance(70).then(|| "[1, (2, {\"x\": Y})]".into()),
        },
        12 => Edit::SetState {
            node: name(dice),
            state: *dice.pick(&[None, Some(State::Muted), Some(State::Bypassed)]),
        },
        13 => Edit::Move {
            node: name(dice),
            to: dice.chance(80).then(|| position(dice)),
        },
        14 => {
            let name = (*dice.pick(&OUTSIDE)).into();
            let target = dice.chance(70).then(|| port(dice));
            if dice.chance(50) {
                Edit::SetInterfaceParam { name, target }
            } else {
                Edit::SetInterfaceOutput { name, target }
            }
        }
        15 => Edit::SetAbout((*dice.pick(&TEXTS)).into()),
        16 => Edit::SetPlugin {
            name: (*dice.pick(&TEXTS)).into(),
            versions: dice.chance(70).then(|| "^1.2".into()),
        },
        17 => canvas(dice, graph),
        18 => Edit::SetCollapsed {
            node: name(dice),
            collapsed: dice.chance(70),
        },
        _ => {
            let count = dice.below(4);
            Edit::Batch((0..count).map(|_| edit(dice, graph)).collect())
        }
    }
}

fn canvas(dice: &mut Dice, graph: &Graph) -> Edit {
    let size = Extent {
        width: dice.below(500) as u32,
        height: dice.below(500) as u32,
    };
    let at = position(dice);
    let text = String::from(*dice.pick(&TEXTS));
    match dice.below(3) {
        0 => Edit::SetFrame {
            id: name(dice),
            frame: dice.chance(70).then_some(Frame {
                title: text,
                at,
                size,
                colour: *dice.pick(&FrameColour::ALL),
            }),
        },
        1 => Edit::SetNote {
            id: name(dice),
            note: dice.chance(70).then_some(Note { text, at, size }),
        },
        _ => Edit::SetReroutes {
            wire: wire(dice, graph),
            points: points(dice),
        },
    }
}

fn name(dice: &mut Dice) -> NodeId {
    id(dice.pick::<&str>(&NAMES))
}

fn port(dice: &mut Dice) -> PortRef {
    name(dice).port(*dice.pick(&PORTS))
}

fn wire(dice: &mut Dice, graph: &Graph) -> Wire {
    if graph.wires().is_empty() || dice.chance(20) {
        return Wire::new(port(dice), port(dice));
    }
    dice.pick(graph.wires()).clone()
}

fn node(dice: &mut Dice) -> PlacedNode {
    let mut node = PlacedNode::new(*dice.pick(&KINDS), 1);
    for _ in 0..dice.below(3) {
        node = node.with(*dice.pick(&PARAMS), value(dice));
    }
    node.state = *dice.pick(&[None, None, None, Some(State::Muted)]);
    node
}

fn value(dice: &mut Dice) -> ParamValue {
    match dice.below(4) {
        0 => ParamValue::Bool(dice.chance(50)),
        1 => ParamValue::Int(*dice.pick(&[0, 7, -3, i64::MAX, i64::MIN])),
        2 => ParamValue::Float(*dice.pick(&NUMBERS)),
        _ => ParamValue::Text((*dice.pick(&TEXTS)).into()),
    }
}

fn position(dice: &mut Dice) -> Position {
    Position::new(
        dice.below(2000) as i32 - 1000,
        dice.below(2000) as i32 - 1000,
    )
}

fn points(dice: &mut Dice) -> Vec<Position> {
    (0..dice.below(4).saturating_sub(1))
        .map(|_| position(dice))
        .collect()
}

//! Nodes that take pictures where they lie.

// The node reads and writes through addresses, and the host in front of the card is made by hand.
#![allow(unsafe_code)]

use std::ffi::c_void;
use std::ptr;
use std::sync::Mutex;

use smalto_sdk::abi::{self, Element, ManagedTensor, Status, Str, Tensor, Value, node_flag};
use smalto_sdk::param::ParamValues;
use smalto_sdk::prelude::*;
use smalto_sdk::testing::Boundary;
use smalto_sdk::value::WireValue;

use crate::plugin::smalto_plugin_entry_v1;

/// Turns pictures around where they lie, or hands them on as they are.
#[derive(Clone, Debug, Params)]
pub struct Negate {
    /// Whether the pictures stay as they are.
    pub idle: bool,
}

/// What comes in and goes out.
#[derive(Debug, Ports)]
pub struct Placed {
    /// The pictures.
    pub image: PlacedImage,
}

/// What a node was told that ran on a card: the device, and where its input and its room lie.
pub static ON_CARD: Mutex<Option<(i32, usize, usize, usize)>> = Mutex::new(None);

impl Node for Negate {
    const ID: &'static str = "test.negate";
    const CUDA: bool = true;
    type Inputs = Placed;
    type Outputs = Placed;

    fn run(&self, inputs: Placed, run: &mut Run) -> Result<Placed, NodeError> {
        if self.idle {
            return Ok(inputs);
        }
        let from = inputs.image;
        let shape = [from.batch(), from.height(), from.width()];
        let mut room = run.room(shape)?;
        let to = room.address_mut().expect("it is room");
        match run.device() {
            Device::Cpu => {
                for at in 0..shape.iter().product::<usize>() * 3 {
                    // SAFETY: as many numbers lie at both addresses.
                    unsafe { *to.add(at) = -*from.address().add(at) };
                }
            }
            Device::Cuda { index, stream } => {
                let told = (index, stream.addr(), from.address().addr(), to.addr());
                *ON_CARD.lock().expect("nobody panics") = Some(told);
            }
        }
        Ok(Placed { image: room })
    }
}

fn picture() -> Image {
    Image::new([1, 1, 2], vec![0.0, 0.25, 0.5, 0.75, 1.0, 2.0]).expect("six numbers")
}

const NEGATIVE: [f32; 6] = [0.0, -0.25, -0.5, -0.75, -1.0, -2.0];

fn boundary() -> Boundary {
    Boundary::of(smalto_plugin_entry_v1).expect("the plugin serves this host")
}

#[test]
fn pictures_are_worked_on_where_they_lie() {
    let node = boundary().node("test.negate").expect("it is one");
    assert_eq!(node.flags & node_flag::CUDA, node_flag::CUDA);
    let other = boundary().node("test.scale").expect("it is one");
    assert_eq!(other.flags & node_flag::CUDA, 0);

    for (idle, expected) in [
        (false, NEGATIVE.to_vec()),
        (true, picture().pixels().into()),
    ] {
        let params = ParamValues::from([("idle".into(), ParamValue::Bool(idle))]);
        let inputs = vec![("image", picture().send())];
        let results = boundary().run("test.negate", &params, inputs);
        let image: Image = results
            .expect("nothing is wrong")
            .one("image")
            .expect("it is a picture");
        assert_eq!(image.pixels(), expected);
    }

    // By hand, as a test calls it.
    let sent = picture().send();
    let given = PlacedImage::receive(&sent.lend()).expect("it is a picture");
    let node = Negate { idle: false };
    let made = node.run(Placed { image: given }, &mut Run::alone());
    let made = made.expect("nothing is wrong").image;
    assert_eq!([made.batch(), made.height(), made.width()], [1, 1, 2]);
    // SAFETY: the room is there, and holds six numbers.
    let found = unsafe { std::slice::from_raw_parts(made.address(), 6) };
    assert_eq!(found, NEGATIVE);
}

/// A host whose card nobody can reach: its addresses are numbers.
struct Card {
    shape: [i64; 4],
    tensor: Tensor,
    value: Value,
    room: ManagedTensor,
    output: Option<(*mut ManagedTensor, *const Tensor)>,
    said: String,
}

const FROM: usize = 0x7000;
const TO: usize = 0x9000;
const STREAM: usize = 0x5000;

unsafe extern "C" fn input(context: *mut c_void, _: Str, index: usize) -> *const Value {
    if index > 0 {
        return ptr::null();
    }
    // SAFETY: the context is the card, for as long as the node runs.
    unsafe { &raw const (*context.cast::<Card>()).value }
}

unsafe extern "C" fn alloc_tensor(
    context: *mut c_void,
    _: Element,
    _: i32,
    _: *const i64,
    tensor: *mut *mut ManagedTensor,
) -> Status {
    // SAFETY: as above, and the pointer can be written.
    unsafe { *tensor = &raw mut (*context.cast::<Card>()).room };
    Status::OK
}

unsafe extern "C" fn output(context: *mut c_void, _: Str, value: *const Value) -> Status {
    // SAFETY: as above, and the value can be read.
    unsafe {
        let lent = (*value).tensor;
        if !lent.is_null() {
            assert_eq!((*lent).data.addr(), FROM);
            assert_eq!((*lent).device, abi::Device::cuda(1));
        }
        (*context.cast::<Card>()).output = Some(((*value).managed, lent));
    }
    Status::OK
}

unsafe extern "C" fn set_error(context: *mut c_void, _: Str, problem: Str, _: Str) {
    // SAFETY: as above, and the text is there until this returns.
    unsafe {
        let said = problem.bytes().unwrap_or_default();
        (*context.cast::<Card>()).said = String::from_utf8_lossy(said).into_owned();
    }
}

/// Runs a node on the card, and says what it answered.
fn run_on_card(kind: &str, node: *mut c_void) -> (Status, Box<Card>) {
    let tensor = |address| Tensor {
        data: ptr::without_provenance_mut(address),
        device: abi::Device::cuda(1),
        rank: 4,
        element: Element::F32,
        shape: ptr::null_mut(),
        strides: ptr::null_mut(),
        byte_offset: 0,
    };
    let mut card = Box::new(Card {
        shape: [1, 1, 2, 3],
        tensor: tensor(FROM),
        value: Value::NONE,
        room: ManagedTensor {
            dlpack_major: 1,
            dlpack_minor: 0,
            context: ptr::null_mut(),
            deleter: None,
            flags: 0,
            tensor: tensor(TO),
        },
        output: None,
        said: String::new(),
    });
    card.tensor.shape = card.shape.as_mut_ptr();
    card.room.tensor.shape = card.shape.as_mut_ptr();
    card.value = Value::lent(&raw const card.tensor);
    let context = (&raw mut *card).cast();
    let run = abi::Run {
        struct_size: size_of::<abi::Run>() as u32,
        context,
        host: ptr::null(),
        device: abi::Device::cuda(1),
        stream: ptr::without_provenance_mut(STREAM),
        input: Some(input),
        alloc_tensor: Some(alloc_tensor),
        output: Some(output),
        progress: None,
        cancelled: None,
        preview: None,
        random: None,
        scratch: None,
        resolve: None,
        set_error: Some(set_error),
    };
    let function = boundary().node(kind).and_then(|node| node.run);
    // SAFETY: the node is of that kind, and everything that it is given outlives the call.
    let status = unsafe { function.expect("it can be run")(node, &raw const run) };
    (status, card)
}

#[test]
fn a_node_on_a_card_gets_and_gives_addresses_there() {
    let mut node = Negate { idle: false };
    let (status, mut card) = run_on_card("test.negate", (&raw mut node).cast());
    assert_eq!((status, card.said.as_str()), (Status::OK, ""));
    let told = ON_CARD.lock().expect("nobody panics").take();
    assert_eq!(told, Some((1, STREAM, FROM, TO)));
    let (managed, lent) = card.output.expect("it laid a picture");
    assert_eq!((managed, lent), (&raw mut card.room, ptr::null()));

    // What was lent is handed on where it lies.
    let mut node = Negate { idle: true };
    let (status, card) = run_on_card("test.negate", (&raw mut node).cast());
    let (managed, lent) = card.output.expect("it laid a picture");
    assert_eq!(
        (status, managed.is_null(), lent.is_null()),
        (Status::OK, true, false)
    );
}

#[test]
fn plain_numbers_are_not_had_from_a_card() {
    let lent = smalto_sdk::value::Lent::Placed {
        shape: vec![1, 1, 2, 3],
        place: smalto_sdk::value::Place {
            address: FROM,
            card: Some(1),
        },
    };
    let found = Image::receive(&lent).expect_err("nobody can read it");
    assert_eq!(found, "f32 [1, 1, 2, 3] on the card 1");
    assert!(PlacedImage::receive(&lent).is_ok());
}

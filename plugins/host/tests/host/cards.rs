//! Nodes that take tensors on a card: here one whose memory is that of the processor, so that every machine has it.

// The memory of the card of these tests is read and written through its addresses.
#![allow(unsafe_code)]

use std::any::Any;
use std::ffi::c_void;
use std::path::{Path, PathBuf};
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use graph::error::NodeError;
use graph::exchange::{
    Array, Card, CardArray, Element, Exchange, ExchangeError, Exchanged, Memory,
};
use graph::node::AnyNode;
use graph::param::{ParamValue, ParamValues};
use graph::port::Values;
use graph::preview::Preview;
use graph::registry::Registry;
use graph::run::{Cancel, Reporter, Resources, Run};
use graph::value::{Footprint, Value, WireValue};
use smalto_host::consent::trust;
use smalto_host::library::Library;
use smalto_host::memory::Block;
use smalto_host::node::PluginNode;
use smalto_host::plugins::Plugins;
use smalto_host::search::Places;

use crate::fixture::{compile_with, launch, picture, root};

/// What was done with the card.
#[derive(Default)]
struct Counts {
    opened: AtomicUsize,
    uploads: AtomicUsize,
    downloads: AtomicUsize,
    zeros: AtomicUsize,
    copies: AtomicUsize,
}

impl Counts {
    fn add(count: &AtomicUsize) {
        let _ = count.fetch_add(1, Ordering::Relaxed);
    }

    /// Opened, uploads, downloads, zeros, copies.
    fn all(&self) -> [usize; 5] {
        let counts = [
            &self.opened,
            &self.uploads,
            &self.downloads,
            &self.zeros,
            &self.copies,
        ];
        counts.map(|count| count.load(Ordering::Relaxed))
    }
}

/// The card.
struct Fake(Arc<Counts>);

struct Cell(Block);

impl Memory for Cell {
    fn address(&self) -> u64 {
        self.0.pointer().expose_provenance() as u64
    }
}

/// No allocation of the card is larger, in bytes.
const ROOM: usize = 1 << 20;

/// A copy of `bytes`, or zeros where there are none.
fn lay(element: Element, shape: &[usize], from: *const u8) -> Result<CardArray, ExchangeError> {
    let bytes = shape.iter().product::<usize>() * element.size();
    let block = Some(bytes).filter(|bytes| *bytes <= ROOM);
    let block = block.and_then(Block::zeros);
    let block = block.ok_or(ExchangeError::Room { bytes })?;
    if !from.is_null() {
        // SAFETY: the callers have as many bytes there, and the block is as large.
        unsafe { ptr::copy_nonoverlapping(from, block.pointer(), bytes) };
    }
    Ok(CardArray::on_card(
        element,
        shape.to_vec(),
        Arc::new(Cell(block)),
    ))
}

/// The bytes of an array on the card.
fn bytes(array: &CardArray) -> &[u8] {
    let memory: &dyn Any = array.memory();
    let cell = memory.downcast_ref::<Cell>().expect("it is of this card");
    cell.0.as_ref()
}

impl Card for Fake {
    fn index(&self) -> i32 {
        3
    }

    fn stream(&self) -> *mut c_void {
        ptr::without_provenance_mut(77)
    }

    fn zeros(&self, element: Element, shape: &[usize]) -> Result<CardArray, ExchangeError> {
        Counts::add(&self.0.zeros);
        lay(element, shape, ptr::null())
    }

    fn upload(&self, array: &Array) -> Result<CardArray, ExchangeError> {
        Counts::add(&self.0.uploads);
        let laid = lay(array.element(), array.shape(), array.bytes().as_ptr())?;
        Ok(laid.with_sizes_of(array))
    }

    fn download(&self, array: &CardArray) -> Result<Array, ExchangeError> {
        Counts::add(&self.0.downloads);
        let (element, shape) = (array.element(), array.shape().to_vec());
        Ok(Array::new(element, shape, bytes(array).to_vec())?.with_sizes_of(array))
    }

    fn copy(
        &self,
        element: Element,
        shape: &[usize],
        address: u64,
    ) -> Result<CardArray, ExchangeError> {
        Counts::add(&self.0.copies);
        if address < 4096 {
            return Err(ExchangeError::Card(format!(
                "nothing is at the address {address}"
            )));
        }
        let from = ptr::with_exposed_provenance(address as usize);
        lay(element, shape, from)
    }
}

/// The card of a run that has one.
fn open(run: &Run) -> Option<Result<Box<dyn Card>, ExchangeError>> {
    let counts = run.resource::<Arc<Counts>>().ok()?;
    Counts::add(&counts.opened);
    Some(Ok(Box::new(Fake(counts.clone()))))
}

/// A picture in either memory.
#[derive(Clone)]
enum Picture {
    Here(Array),
    There(CardArray),
}

impl WireValue for Picture {
    const KIND: &'static str = "image";

    fn preview(&self) -> Preview {
        let (shape, place) = match self {
            Self::Here(array) => (array.shape(), "here"),
            Self::There(array) => (array.shape(), "there"),
        };
        Preview::Text(format!("{shape:?} {place}"))
    }

    fn footprint(&self) -> Footprint {
        Footprint::host(1)
    }
}

impl Exchanged for Picture {
    fn to_array(&self) -> Array {
        match self {
            Self::Here(array) => array.clone(),
            Self::There(_) => panic!("the picture went through the memory of the processor"),
        }
    }

    fn from_array(array: &Array, _: &Run) -> Result<Self, ExchangeError> {
        Ok(Self::Here(array.clone()))
    }

    fn to_card(&self, card: &dyn Card) -> Result<CardArray, ExchangeError> {
        match self {
            Self::Here(array) => card.upload(array),
            Self::There(array) => Ok(array.clone()),
        }
    }

    fn from_card(array: &CardArray, _: &dyn Card, _: &Run) -> Result<Self, ExchangeError> {
        Ok(Self::There(array.clone()))
    }
}

/// A region, which no card keeps.
#[derive(Clone)]
struct Region(Array);

impl WireValue for Region {
    const KIND: &'static str = "mask";

    fn preview(&self) -> Preview {
        Preview::Text(String::new())
    }

    fn footprint(&self) -> Footprint {
        Footprint::host(1)
    }
}

impl Exchanged for Region {
    fn to_array(&self) -> Array {
        self.0.clone()
    }

    fn from_array(array: &Array, _: &Run) -> Result<Self, ExchangeError> {
        Ok(Self(array.clone()))
    }
}

fn exchange() -> Exchange {
    let exchange = Exchange::default();
    exchange.with::<Picture>().with::<Region>().with_card(open)
}

/// Keeps what is shown.
#[derive(Default)]
struct Shown(Mutex<Vec<Preview>>);

impl Reporter for Shown {
    fn progress(&self, _: u64, _: u64) {}

    fn preview(&self, preview: Preview) {
        self.0.lock().expect("nobody panics").push(preview);
    }

    fn note(&self, _: &str) {}
}

fn library(folder: &Path, macros: &[&str]) -> PathBuf {
    let source = root().join("plugins/host/tests/host/card.c");
    let include = root().join("plugins/abi/include");
    compile_with(folder, &source, &include, macros)
}

fn inputs() -> Values {
    let region = Array::new(Element::U8, vec![1, 1, 3], vec![0, 1, 1]);
    let mut inputs = Values::default();
    inputs.push("image", Value::new(Picture::Here(picture(4, 5))));
    inputs.push(
        "mask",
        Value::new(Region(region.expect("there are three bytes"))),
    );
    inputs
}

fn said(outputs: &Values) -> String {
    outputs.one::<String>("said").expect("it said something")
}

fn numbers(bytes: &[u8]) -> Vec<f32> {
    let (words, _) = bytes.as_chunks::<4>();
    words.iter().map(|word| f32::from_ne_bytes(*word)).collect()
}

/// The node in this process, told to go wrong in this way.
fn node(folder: &Path, how: &str) -> PluginNode {
    let library = Library::open(&library(folder, &[]), Box::new(|_, _| {}));
    let library = library.expect("nothing is wrong with it");
    let description = library.description().node("test.card").expect("it is one");
    assert!(description.cuda);
    PluginNode {
        descriptor: Arc::new(description.descriptor.clone()),
        instance: Arc::new(library),
        exchange: exchange(),
        params: ParamValues::from([("how".into(), ParamValue::Text(how.into()))]),
    }
}

/// What comes of one run on the card, and what was done with that.
fn on_card(how: &str) -> (Result<Values, NodeError>, [usize; 5], Vec<Preview>) {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let node = node(folder.path(), how);
    let (counts, shown) = (Arc::new(Counts::default()), Arc::new(Shown::default()));
    let resources = Resources::default().with(counts.clone());
    let mut run = Run::new(".", Cancel::default(), shown.clone(), Arc::new(resources));
    let outputs = node.call(&inputs(), &mut run);
    let shown = std::mem::take(&mut *shown.0.lock().expect("nobody panics"));
    (outputs, counts.all(), shown)
}

#[test]
fn what_lies_on_a_card_is_lent_there_and_stays_there() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let node = node(folder.path(), "nothing");
    let counts = Arc::new(Counts::default());
    let mut run = Run::alone(Resources::default().with(counts.clone()));
    let outputs = node.call(&inputs(), &mut run).expect("nothing is wrong");
    assert_eq!(
        said(&outputs),
        "run 2:3 on 77, image 2:3, mask 2:3, infer 2:3 no numbers, freed 0"
    );
    // The picture and the region came from the processor, and the region went back.
    assert_eq!(counts.all(), [1, 2, 1, 2, 0]);
    let expected = |array: &CardArray| {
        let before = numbers(picture(4, 5).bytes());
        let after: Vec<f32> = before.iter().map(|number| 1.0 - number).collect();
        assert_eq!(numbers(bytes(array)), after);
    };
    let image = outputs.one::<Picture>("image").expect("it is a picture");
    let Picture::There(array) = &image else {
        panic!("the picture left the card");
    };
    expected(array);
    let region = outputs.one::<Region>("mask").expect("it is a region");
    assert_eq!(region.0.bytes(), [0, 1, 1]);

    // The next node is lent that very memory.
    let mut again = Values::default();
    again.push("image", Value::new(image));
    again.push("mask", Value::new(region));
    let outputs = node.call(&again, &mut run).expect("nothing is wrong");
    assert_eq!(counts.all(), [2, 3, 2, 4, 0]);
    let Picture::There(array) = outputs.one::<Picture>("image").expect("it is a picture") else {
        panic!("the picture left the card");
    };
    let twice: Vec<f32> = numbers(picture(4, 5).bytes())
        .iter()
        .map(|number| 1.0 - (1.0 - number))
        .collect();
    assert_eq!(numbers(bytes(&array)), twice);
}

#[test]
fn a_run_on_the_processor_and_a_node_without_the_flag_get_its_memory() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let mut run = Run::alone(Resources::default());
    let node = node(folder.path(), "nothing");
    let outputs = node.call(&inputs(), &mut run).expect("nothing is wrong");
    let here = "run 1:0 on 0, image 1:0, mask 1:0, infer 1:0 no numbers, freed 0";
    assert_eq!(said(&outputs), here);

    // As the program finds them: only in this process, and only with the flag.
    for (macros, in_process, expected) in [
        (&[][..], true, "run 2:3 on 77"),
        (&[], false, "run 1:0 on 0"),
        (&["PLAIN"], true, "run 1:0 on 0"),
    ] {
        let machine = tempfile::tempdir().expect("a folder can be made");
        let counts = Arc::new(Counts::default());
        let registry = install(machine.path(), macros, in_process);
        let entry = registry.get("test.card").expect("it was installed");
        let node = entry
            .build(&ParamValues::new())
            .expect("it has no parameter");
        let mut run = Run::alone(Resources::default().with(counts.clone()));
        let outputs = node.call(&inputs(), &mut run).expect("nothing is wrong");
        assert!(
            said(&outputs).starts_with(expected),
            "{macros:?} {in_process}: {}",
            said(&outputs)
        );
        assert_eq!(counts.all()[0], usize::from(expected.starts_with("run 2")));
    }
}

/// A registry with the plugin, as a machine has it whose user trusts it.
fn install(machine: &Path, macros: &[&str], in_process: bool) -> Registry {
    let places = Places {
        search: vec![machine.join("plugins")],
        trusted: machine.join("trusted.toml"),
        seen: machine.join("seen.json"),
    };
    let folder = machine.join("plugins/card");
    std::fs::create_dir_all(&folder).expect("a folder can be made");
    let library = library(&folder, macros);
    let manifest = format!(
        "id = \"org.smalto.card\"\nversion = \"1.0.0\"\nabi = \"{}.{}\"\nnodes = [\"test.card\"]\n\
         [libraries.linux-x86_64]\npath = \"{}\"\n",
        smalto_abi::ABI_MAJOR,
        smalto_abi::ABI_MINOR,
        library.display()
    );
    std::fs::write(folder.join("plugin.toml"), manifest).expect("a file can be written");
    let _ = trust(&places, "org.smalto.card", in_process).expect("it is there");
    let mut registry = Registry::default();
    let plugins = Plugins::find(&places, &launch());
    plugins
        .expect("the files are right")
        .register(&mut registry, &exchange());
    registry
}

#[test]
fn memory_of_the_plugins_own_is_copied_on_the_card_and_freed() {
    let (outputs, counts, _) = on_card("own");
    let outputs = outputs.expect("nothing is wrong");
    assert!(said(&outputs).ends_with("freed 1"), "{}", said(&outputs));
    assert_eq!(counts, [1, 2, 1, 1, 1]);
    let Picture::There(array) = outputs.one::<Picture>("image").expect("it is a picture") else {
        panic!("the picture left the card");
    };
    assert_eq!(array.shape(), [1, 2, 2, 3]);
    assert_eq!(numbers(bytes(&array)), [1.0; 12]);
}

#[test]
fn what_is_shown_while_it_runs_is_shown_from_the_card() {
    let (outputs, _, shown) = on_card("preview");
    let _ = outputs.expect("nothing is wrong");
    assert_eq!(shown, [Preview::Text("[1, 2, 2, 3] there".into())]);
}

#[test]
fn what_is_not_where_it_should_be_is_told() {
    for (how, expected) in [
        (
            "elsewhere",
            "output `image`: the tensor lies on the device 1, number 0 (DLPack), and 2, number 3 was expected: the card \
             that the run computes on",
        ),
        ("next_card", "the tensor lies on the device 2, number 4"),
        (
            "nowhere",
            "output `image`: the card failed: nothing is at the address 16",
        ),
        (
            "bad_mask",
            "output `mask`: one of its numbers is 2; expected 0 or 1",
        ),
        ("huge", "out of memory: `run` says so"),
    ] {
        let (outputs, ..) = on_card(how);
        let error = outputs.err().map(|error| error.to_string());
        let error = error.unwrap_or_else(|| panic!("{how}: nothing was wrong"));
        assert!(error.contains(expected), "{how}: {error}");
    }
}

#[test]
fn a_card_that_cannot_be_used_fails_the_node_and_says_what_to_do() {
    fn broken(_: &Run) -> Option<Result<Box<dyn Card>, ExchangeError>> {
        Some(Err(ExchangeError::Card("it fell off the bus".into())))
    }
    let folder = tempfile::tempdir().expect("a folder can be made");
    let mut node = node(folder.path(), "nothing");
    node.exchange = exchange().with_card(broken);
    let called = node.call(&inputs(), &mut Run::alone(Resources::default()));
    let error = called.expect_err("there is no card");
    assert_eq!(
        error.to_string(),
        "the card failed: it fell off the bus; let the plugin run in a process of its own, where it is given numbers in \
         the memory of the processor"
    );
}

//! Pictures where they lie on a card, lent to whoever launches kernels of their own there.

use std::any::Any;
use std::ffi::c_void;
use std::sync::Arc;

use burn::tensor::{DType, Device, Tensor};
use graph::exchange::{Array, Card, CardArray, Element, ExchangeError, Memory};
use graph::run::Run;
use kernels::card::{CardError, Flat, Lent, Sort, Turn};

use crate::compute::Compute;

/// The card that a run computes on.
struct RunCard {
    turn: Turn,
    device: Device,
    index: i32,
}

/// Numbers of this program on a card.
struct Kept(Lent);

impl Memory for Kept {
    fn address(&self) -> u64 {
        self.0.address
    }
}

/// Makes ready the card that `run` computes on.
pub fn open(run: &Run) -> Option<Result<Box<dyn Card>, ExchangeError>> {
    let compute = Compute::of(run).ok()?;
    let number = compute.card()?;
    let index = i32::try_from(number).ok()?;
    let device = compute.device().clone();
    let turn = Turn::begin(&device, number).map_err(failed);
    Some(turn.map(|turn| {
        Box::new(RunCard {
            turn,
            device,
            index,
        }) as Box<dyn Card>
    }))
}

/// The pixels on `card`, without a copy, or `None` where they lie elsewhere.
pub fn lend(pixels: &Tensor<4>, card: &dyn Card) -> Option<Result<CardArray, ExchangeError>> {
    let card: &dyn Any = card;
    let card = card.downcast_ref::<RunCard>()?;
    if pixels.device() != card.device {
        return None;
    }
    let shape = pixels.dims();
    let flat = pixels.clone().cast(DType::F32);
    let flat = flat.reshape([shape.iter().product::<usize>()]);
    let lent = card.turn.lend(Flat::Float(flat)).map_err(failed);
    Some(lent.map(|lent| CardArray::on_card(Element::F32, shape.to_vec(), Arc::new(Kept(lent)))))
}

/// The pixels that an array consists of, without a copy, or `None` where they are not of this program.
pub fn pixels(array: &CardArray, shape: [usize; 4]) -> Option<Tensor<4>> {
    let memory: &dyn Any = array.memory();
    match &memory.downcast_ref::<Kept>()?.0.numbers {
        Flat::Float(flat) => Some(flat.clone().reshape(shape)),
        Flat::Words(_) => None,
    }
}

impl Card for RunCard {
    fn index(&self) -> i32 {
        self.index
    }

    fn stream(&self) -> *mut c_void {
        self.turn.stream()
    }

    fn zeros(&self, element: Element, shape: &[usize]) -> Result<CardArray, ExchangeError> {
        let lent = self.turn.zeros(sort(element), bytes(element, shape)?);
        lay(element, shape, lent)
    }

    fn upload(&self, array: &Array) -> Result<CardArray, ExchangeError> {
        let element = array.element();
        let lent = self.turn.upload(sort(element), array.bytes());
        Ok(lay(element, array.shape(), lent)?.with_sizes_of(array))
    }

    fn download(&self, array: &CardArray) -> Result<Array, ExchangeError> {
        let memory: &dyn Any = array.memory();
        let kept = memory.downcast_ref::<Kept>();
        let kept = kept.ok_or_else(|| ExchangeError::Card("the numbers are another's".into()))?;
        let (element, shape) = (array.element(), array.shape());
        let mut found = self.turn.download(&kept.0.numbers).map_err(failed)?;
        found.truncate(bytes(element, shape)?);
        Ok(Array::new(element, shape.to_vec(), found)?.with_sizes_of(array))
    }

    fn copy(
        &self,
        element: Element,
        shape: &[usize],
        address: u64,
    ) -> Result<CardArray, ExchangeError> {
        let bytes = bytes(element, shape)?;
        lay(
            element,
            shape,
            self.turn.copy(sort(element), bytes, address),
        )
    }
}

fn lay(
    element: Element,
    shape: &[usize],
    lent: Result<Lent, CardError>,
) -> Result<CardArray, ExchangeError> {
    let kept = Arc::new(Kept(lent.map_err(failed)?));
    Ok(CardArray::on_card(element, shape.to_vec(), kept))
}

fn sort(element: Element) -> Sort {
    match element {
        Element::F32 => Sort::Float,
        Element::I32 | Element::U8 => Sort::Words,
    }
}

/// How many bytes an array has.
///
/// Errors: more than there can be.
fn bytes(element: Element, shape: &[usize]) -> Result<usize, ExchangeError> {
    let mut sides = shape.iter().copied();
    let bytes = sides.try_fold(element.size(), usize::checked_mul);
    bytes.ok_or(ExchangeError::Room { bytes: usize::MAX })
}

fn failed(error: CardError) -> ExchangeError {
    match error {
        CardError::Room { bytes } => ExchangeError::Room {
            bytes: usize::try_from(bytes).unwrap_or(usize::MAX),
        },
        other => ExchangeError::Card(other.to_string()),
    }
}

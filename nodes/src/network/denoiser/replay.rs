//! Work of one shape, recorded once it is known that more of it will come.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, ThreadId};

use burn::tensor::{DType, Int, Tensor};
use kernels::sampling::Left;
use kernels::{Recorded, Recording};

use crate::value::Lead;

/// Steps of one shape before the next is recorded; recording takes the time of six.
const BEFORE: u32 = 3;

/// Shapes that are kept at once: a batch whose pictures do not all go in one question has a last question of its own.
const KINDS: usize = 2;

/// How far what is replayed may be from what it stands for, as a share of the largest number: rounding to bf16 and back,
/// should numbers be added in another order.
const CLOSE: f32 = 1.0 / 64.0;

/// Multiplications of a step above which launching it takes no longer than doing it.
pub(super) const COSTLY: f64 = 2e12;

/// What makes two steps the same work on other numbers.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Kind {
    /// The shapes of what they are given.
    shapes: Vec<[usize; 2]>,
    /// The bits of what guidance does.
    lead: Option<[u32; 2]>,
    /// The bits of the temperature that tokens are drawn with.
    temperature: Option<u32>,
    thread: ThreadId,
}

impl Kind {
    /// The kind of a step with such inputs.
    pub(super) fn new(
        inputs: &[Tensor<2, Int>],
        lead: Option<Lead>,
        temperature: Option<f32>,
    ) -> Self {
        Self {
            shapes: inputs.iter().map(Tensor::dims).collect(),
            lead: lead.map(Lead::bits),
            temperature: temperature.map(f32::to_bits),
            thread: thread::current().id(),
        }
    }
}

/// What can be compared with what it was recorded from.
pub(super) trait Compared: Recorded {
    /// Whether `found` is what `wanted` is, but for rounding.
    fn is_close(found: Self, wanted: Self) -> bool;
}

/// The kinds of steps that are asked for at present, the last one first, and their recordings.
pub(super) struct Replay<T>(Arc<Mutex<Vec<State<T>>>>);

struct State<T> {
    kind: Kind,
    met: u32,
    recording: Option<Recording<T>>,
}

impl<T: Compared> Replay<T> {
    /// What `work` makes of `inputs`, where it is recorded; recorded work is tried on `others` first, of the same shapes.
    ///
    /// `work` must be the same whenever it is asked for with inputs of one kind.
    pub(super) fn run(
        &self,
        kind: Kind,
        inputs: &[Tensor<2, Int>],
        others: impl FnOnce() -> Vec<Tensor<2, Int>>,
        work: impl Fn(&[Tensor<2, Int>]) -> T + Send + Sync + 'static,
    ) -> Option<T> {
        let mut states = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let state = last_first(&mut states, kind);
        state.met = state.met.saturating_add(1);
        // Tried once: what cannot be recorded now cannot be later.
        if state.met == BEFORE + 1 {
            state.recording = recorded(inputs, &others(), work);
        }
        state.recording.as_mut()?.run(inputs)
    }
}

/// What is known of `kind`, and at the front from now on; what was asked for longest ago is forgotten.
fn last_first<T>(states: &mut Vec<State<T>>, kind: Kind) -> &mut State<T> {
    let found = states.iter().position(|state| state.kind == kind);
    let state = found.map(|at| states.remove(at));
    states.truncate(KINDS - 1);
    let state = state.unwrap_or(State {
        kind,
        met: 0,
        recording: None,
    });
    states.insert(0, state);
    &mut states[0]
}

/// The work recorded, where the recording makes of other inputs what the work itself makes of them.
///
/// Whatever of the work were not on the card would be recorded as it was, and show here rather than in pictures.
fn recorded<T: Compared>(
    inputs: &[Tensor<2, Int>],
    others: &[Tensor<2, Int>],
    work: impl Fn(&[Tensor<2, Int>]) -> T + Send + Sync + 'static,
) -> Option<Recording<T>> {
    let work = Arc::new(work);
    let kept = work.clone();
    let mut recording = Recording::new(inputs.to_vec(), move |inputs| kept(inputs))?;
    let found = recording.run(others)?;
    T::is_close(found, work(others)).then_some(recording)
}

impl Compared for Tensor<2> {
    /// Whether no number of `found` is further than [`CLOSE`] from that of `wanted`.
    fn is_close(found: Self, wanted: Self) -> bool {
        let [found, wanted] = [found, wanted].map(|x| x.cast(DType::F32));
        let most = wanted.clone().abs().max().mul_scalar(CLOSE);
        let most = most.reshape([1, 1]).expand(wanted.dims());
        // What is not a number is not close.
        let close = (found - wanted).abs().lower_equal(most).int().min();
        close.into_data().iter::<i64>().all(|least| least == 1)
    }
}

impl Compared for Tensor<2, Int> {
    /// Whether what steps left of pictures is the same at most of the positions that were asked for: rounding may move
    /// some draws to another code.
    fn is_close(found: Self, wanted: Self) -> bool {
        let [_, positions] = wanted.dims();
        let [found, wanted] = [found, wanted].map(|left| {
            let left: Vec<i32> = left.into_data().convert::<i32>().iter::<i32>().collect();
            Left::read(&left, positions)
        });
        let positions = |left: Left| left.choice.into_iter().zip(left.confidence);
        let [found, wanted] = [found, wanted].map(|left| left.into_iter().flat_map(positions));
        let asked = found.zip(wanted).filter(|(_, (_, sure))| *sure > 0.0);
        let same = asked.map(|((code, sure), (wanted_code, wanted_sure))| {
            code == wanted_code && (sure - wanted_sure).abs() <= CLOSE
        });
        let (same, other): (Vec<bool>, Vec<bool>) = same.partition(|same| *same);
        same.len() > other.len()
    }
}

impl<T> Clone for Replay<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> Default for Replay<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T> fmt::Debug for Replay<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Replay").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, Int, Tensor, TensorData};

    use super::{Compared, Kind, Replay, State, last_first};
    use crate::value::Guidance;

    fn ids(row: [i32; 2]) -> Tensor<2, Int> {
        Tensor::from_ints([row], &Device::flex())
    }

    #[test]
    fn what_is_replayed_must_be_close() {
        let rows = |rows: [[f32; 2]; 2]| Tensor::<2>::from_floats(rows, &Device::flex());
        let is_close = |found, wanted| Compared::is_close(rows(found), rows(wanted));
        let wanted = [[1.0, -8.0], [0.0, 2.0]];
        assert!(is_close(wanted, wanted));
        assert!(is_close([[1.1, -8.0], [0.1, 2.0]], wanted));
        assert!(!is_close([[1.2, -8.0], [0.0, 2.0]], wanted));
        assert!(!is_close([[f32::NAN, -8.0], [0.0, 2.0]], wanted));
    }

    #[test]
    fn what_replayed_steps_leave_must_be_the_same_at_most_positions() {
        let left = |choice: [i32; 4], sure: [f32; 4]| {
            let sure = sure.map(|sure| sure.to_bits().cast_signed());
            let words = [[0; 4], choice, sure, [0; 4]].concat();
            let words = TensorData::new(words, [4, 4]);
            Tensor::<2, Int>::from_data(words, &Device::flex())
        };
        let is_close = |choice, sure| {
            let wanted = left([1, 2, 3, 4], [0.5, 0.5, 0.5, 0.0]);
            Compared::is_close(left(choice, sure), wanted)
        };
        assert!(is_close([1, 2, 3, 4], [0.5, 0.5, 0.5, 0.0]));
        assert!(is_close([1, 2, 7, 7], [0.5, 0.51, 0.5, 0.0]));
        // What was not asked for says nothing.
        assert!(!is_close([1, 7, 7, 4], [0.5, 0.5, 0.5, 0.0]));
        assert!(!is_close([1, 2, 3, 4], [0.5, 0.6, 0.6, 0.0]));
        assert!(!is_close([1, 2, 3, 4], [f32::NAN; 4]));
    }

    #[test]
    fn the_last_two_kinds_of_steps_are_known() {
        let kind = |pictures: usize| {
            let codes = Tensor::<2, Int>::zeros([pictures, 4], &Device::flex());
            Kind::new(&[codes], None, None)
        };
        let mut states: Vec<State<Tensor<2>>> = Vec::new();
        for pictures in [16, 10, 16, 10, 16] {
            last_first(&mut states, kind(pictures)).met += 1;
        }
        let known = |states: &[State<Tensor<2>>]| -> Vec<(usize, u32)> {
            let known = states.iter();
            known
                .map(|state| (state.kind.shapes[0][0], state.met))
                .collect()
        };
        assert_eq!(known(&states), [(16, 3), (10, 2)]);
        last_first(&mut states, kind(3)).met += 1;
        assert_eq!(known(&states), [(3, 1), (16, 3)]);
    }

    #[test]
    fn steps_of_other_strengths_and_temperatures_are_other_work() {
        let inputs = [ids([1, 2])];
        let lead = |scale| Guidance::plain(scale).lead();
        let kind = Kind::new(&inputs, lead(2.0), Some(0.5));
        assert_eq!(kind, Kind::new(&[ids([3, 4])], lead(2.0), Some(0.5)));
        assert_ne!(kind, Kind::new(&inputs, lead(1.0), Some(0.5)));
        let strict = Guidance {
            plausibility: 0.1,
            ..Guidance::plain(2.0)
        };
        assert_ne!(kind, Kind::new(&inputs, strict.lead(), Some(0.5)));
        assert_ne!(kind, Kind::new(&inputs, None, Some(0.5)));
        assert_ne!(kind, Kind::new(&inputs, lead(2.0), None));
        let both = [ids([1, 2]), ids([1, 2])];
        assert_ne!(kind, Kind::new(&both, lead(2.0), Some(0.5)));
    }

    #[test]
    fn a_device_that_records_nothing_replays_nothing() {
        let replay = Replay::<Tensor<2>>::default();
        for step in 0..6 {
            let inputs = [ids([step, 1])];
            let kind = Kind::new(&inputs, None, None);
            let others = || vec![ids([1, step])];
            let made = replay.run(kind, &inputs, others, |inputs| inputs[0].clone().float());
            assert!(made.is_none());
        }
    }
}

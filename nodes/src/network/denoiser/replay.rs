//! Steps of one shape, recorded once it is known that more of them will come.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, ThreadId};

use burn::tensor::{DType, Int, Tensor};
use kernels::Recording;

use super::Sequence;

/// Steps of one shape before the next is recorded; recording takes the time of six.
const BEFORE: u32 = 3;

/// Shapes that are kept at once: a batch whose pictures do not all go in one question has a last question of its own.
const KINDS: usize = 2;

/// How far what is replayed may be from what it stands for, as a share of the largest number: rounding to bf16 and back,
/// should numbers be added in another order.
const CLOSE: f32 = 1.0 / 64.0;

/// Multiplications of a step above which launching it takes no longer than doing it.
const COSTLY: f64 = 2e12;

/// What makes two steps the same work on other numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Kind {
    /// Sequences, ids before the picture, pictures, codes of each, ids behind it.
    shape: [usize; 5],
    /// The bits of the strength of guidance.
    guidance: Option<u32>,
    thread: ThreadId,
}

/// The kinds of steps that are asked for at present, the last one first, and their recordings.
#[derive(Clone, Default)]
pub(super) struct Replay(Arc<Mutex<Vec<State>>>);

struct State {
    kind: Kind,
    met: u32,
    recording: Option<Recording>,
}

impl Replay {
    /// What `work` makes of a sequence, with guidance of such strength; `multiplications` says how much it is.
    ///
    /// `work` must be the same whenever it is asked for with a sequence of one shape and one strength of guidance.
    pub(super) fn run(
        &self,
        sequence: Sequence,
        guidance: Option<f32>,
        multiplications: f64,
        work: impl Fn(Sequence) -> Tensor<2> + Send + Sync + 'static,
    ) -> Tensor<2> {
        if multiplications > COSTLY {
            return work(sequence);
        }
        let kind = Kind {
            shape: shape(&sequence),
            guidance: guidance.map(f32::to_bits),
            thread: thread::current().id(),
        };
        let mut states = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let state = last_first(&mut states, kind);
        let (inputs, work) = (parts(&sequence), Arc::new(work));
        state.met = state.met.saturating_add(1);
        // Tried once: what cannot be recorded now cannot be later.
        if state.met == BEFORE + 1 {
            state.recording = recorded(&inputs, &work);
        }
        let replayed = state.recording.as_mut();
        let replayed = replayed.and_then(|recording| recording.run(&inputs));
        replayed.unwrap_or_else(|| work(sequence))
    }
}

/// What is known of `kind`, and at the front from now on; what was asked for longest ago is forgotten.
fn last_first(states: &mut Vec<State>, kind: Kind) -> &mut State {
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
fn recorded<W>(inputs: &[Tensor<2, Int>], work: &Arc<W>) -> Option<Recording>
where
    W: Fn(Sequence) -> Tensor<2> + Send + Sync + 'static,
{
    let kept = work.clone();
    let mut recording = Recording::new(inputs.to_vec(), move |inputs| kept(joined(inputs)))?;
    let other: Vec<_> = inputs.iter().map(|ids| ids.clone().flip([1])).collect();
    let found = recording.run(&other)?;
    are_close(found, work(joined(&other))).then_some(recording)
}

/// Whether no number of `found` is further than [`CLOSE`] from that of `wanted`.
fn are_close(found: Tensor<2>, wanted: Tensor<2>) -> bool {
    let [found, wanted] = [found, wanted].map(|x| x.cast(DType::F32));
    let most = wanted.clone().abs().max().mul_scalar(CLOSE);
    let most = most.reshape([1, 1]).expand(wanted.dims());
    // What is not a number is not close.
    let close = (found - wanted).abs().lower_equal(most).int().min();
    close.into_data().iter::<i64>().all(|least| least == 1)
}

impl fmt::Debug for Replay {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Replay").finish_non_exhaustive()
    }
}

/// Sequences, ids before the picture, pictures, codes of each, and ids behind it.
fn shape(sequence: &Sequence) -> [usize; 5] {
    let ([batch, before], [pictures, codes]) = (sequence.before.dims(), sequence.codes.dims());
    let after = sequence.after.as_ref().map_or(0, |after| after.dims()[1]);
    [batch, before, pictures, codes, after]
}

fn parts(sequence: &Sequence) -> Vec<Tensor<2, Int>> {
    let parts = [
        Some(&sequence.before),
        Some(&sequence.codes),
        sequence.after.as_ref(),
    ];
    parts.into_iter().flatten().cloned().collect()
}

/// The sequence of its [`parts`].
fn joined(parts: &[Tensor<2, Int>]) -> Sequence {
    Sequence {
        before: parts[0].clone(),
        codes: parts[1].clone(),
        after: parts.get(2).cloned(),
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use burn::tensor::{Device, Int, Tensor};

    use super::{Kind, Replay, State, are_close, joined, last_first, parts};
    use crate::network::denoiser::Sequence;

    fn ids(row: [i32; 2]) -> Tensor<2, Int> {
        Tensor::from_ints([row], &Device::flex())
    }

    #[test]
    fn a_sequence_is_that_of_its_parts() {
        for after in [None, Some(ids([5, 6]))] {
            let sequence = Sequence {
                before: ids([1, 2]),
                codes: ids([3, 4]),
                after,
            };
            let again = joined(&parts(&sequence));
            assert_eq!(again.before.into_data(), sequence.before.into_data());
            assert_eq!(again.codes.into_data(), sequence.codes.into_data());
            let [again, after] = [again.after, sequence.after].map(|x| x.map(Tensor::into_data));
            assert_eq!(again, after);
        }
    }

    #[test]
    fn what_is_replayed_must_be_close() {
        let rows = |rows: [[f32; 2]; 2]| Tensor::<2>::from_floats(rows, &Device::flex());
        let wanted = rows([[1.0, -8.0], [0.0, 2.0]]);
        assert!(are_close(wanted.clone(), wanted.clone()));
        assert!(are_close(rows([[1.1, -8.0], [0.1, 2.0]]), wanted.clone()));
        assert!(!are_close(rows([[1.2, -8.0], [0.0, 2.0]]), wanted.clone()));
        assert!(!are_close(rows([[f32::NAN, -8.0], [0.0, 2.0]]), wanted));
    }

    #[test]
    fn the_last_two_kinds_of_steps_are_known() {
        let kind = |pictures| Kind {
            shape: [1, 2, pictures, 4, 0],
            guidance: None,
            thread: thread::current().id(),
        };
        let mut states = Vec::new();
        for pictures in [16, 10, 16, 10, 16] {
            last_first(&mut states, kind(pictures)).met += 1;
        }
        let known = |states: &[State]| -> Vec<(usize, u32)> {
            let known = states.iter().map(|state| (state.kind.shape[2], state.met));
            known.collect()
        };
        assert_eq!(known(&states), [(16, 3), (10, 2)]);
        last_first(&mut states, kind(3)).met += 1;
        assert_eq!(known(&states), [(3, 1), (16, 3)]);
    }

    #[test]
    fn every_step_has_its_own_numbers_and_its_own_work() {
        let replay = Replay::default();
        for step in 0..6 {
            let sequence = Sequence {
                before: ids([step, 1]),
                codes: ids([2, 3]),
                after: None,
            };
            let guidance = (step % 2 == 0).then_some(2.0);
            let factor = guidance.unwrap_or(1.0);
            let work = move |sequence: Sequence| sequence.before.float() * factor;
            let made = replay.run(sequence, guidance, 1.0, work).into_data();
            let expected = [step as f32 * factor, factor];
            assert_eq!(made.iter::<f32>().collect::<Vec<_>>(), expected);
        }
    }
}

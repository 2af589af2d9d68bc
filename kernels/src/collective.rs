//! Devices of this process that sum up numbers together, so that replicas of a network can learn as one.
//!
//! Each [`Member`] belongs to a thread and a device of its own, and all of them ask for the same sums in the same order.
//! On processors the numbers are added in the order of members, in the memory that their threads share; on cards NCCL
//! adds them, on the stream that the card's other work is on.
//! Either way members first meet: nothing begins before all have come, and where one goes away or fails, the others are
//! told instead of waiting for it.

mod meeting;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use burn::tensor::{DType, Tensor, TensorData};

#[cfg(feature = "cuda")]
use crate::backend::cuda::collective::{Card, Cards};
use crate::installation::CudaError;

pub(crate) use meeting::Meeting;

/// Why members of a group cannot sum up.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CollectiveError {
    /// NCCL is not there.
    #[error(transparent)]
    Library(#[from] CudaError),
    /// NCCL does not do what it is asked for.
    #[error("NCCL {version} failed at `{call}`: {reason}")]
    Nccl {
        /// Its version.
        version: String,
        /// What it was asked for.
        call: &'static str,
        /// What it said.
        reason: String,
    },
    /// A member went away while others needed it.
    #[error("device {member} of those that learn together has stopped")]
    Gone {
        /// Which one, counted from 0.
        member: usize,
    },
    /// A member's device has no memory left for what it should sum up, or what went before.
    #[error("device {member} of those that learn together is out of memory: {reason}")]
    Room {
        /// Which one, counted from 0.
        member: usize,
        /// What the device said.
        reason: String,
    },
    /// A member's device failed.
    #[error("device {member} of those that learn together failed: {reason}")]
    Device {
        /// Which one, counted from 0.
        member: usize,
        /// What it said.
        reason: String,
    },
    /// A member brought other vectors than the first one.
    #[error(
        "device {member} of those that learn together has vectors of {found:?} numbers to sum up, where {expected:?} \
         were expected"
    )]
    Unequal {
        /// Which one, counted from 0.
        member: usize,
        /// The lengths of its vectors.
        found: Vec<usize>,
        /// Those of the first member.
        expected: Vec<usize>,
    },
}

/// One of the devices that sum up together.
///
/// A member that is dropped without [`Member::finish`] has failed: the others get an error at once, also those that wait
/// for it.
#[derive(Debug)]
pub struct Member {
    number: usize,
    link: Link,
    is_finished: bool,
}

/// What connects members.
#[derive(Debug)]
enum Link {
    Memory(Arc<Meeting<Vec<Vec<f32>>, Sums>>),
    #[cfg(feature = "cuda")]
    Card(Card),
}

/// Vectors that were summed up, for all members.
type Sums = Arc<Vec<Vec<f32>>>;

/// A group of `count` members that lie in the memory of the processor.
pub fn on_processor(count: usize) -> Vec<Member> {
    let meeting = Arc::new(Meeting::new(count));
    let link = |_| Link::Memory(meeting.clone());
    joined((0..count).map(link))
}

/// A group of which each member has one of the `cards`, told by their indices.
///
/// Errors: NCCL is not there, or cannot connect these cards.
#[cfg(feature = "cuda")]
pub fn on_cards(cards: &[usize]) -> Result<Vec<Member>, CollectiveError> {
    let group = Arc::new(Cards::connect(cards)?);
    let link = |number| Link::Card(Card::new(group.clone(), number));
    Ok(joined((0..cards.len()).map(link)))
}

fn joined(links: impl Iterator<Item = Link>) -> Vec<Member> {
    let member = |(number, link)| Member {
        number,
        link,
        is_finished: false,
    };
    links.enumerate().map(member).collect()
}

impl Member {
    /// Which one this is, counted from 0.
    pub fn number(&self) -> usize {
        self.number
    }

    /// `Σ` over all members of what each brings, element by element: every member gets the same numbers.
    ///
    /// All bring as many vectors of the same lengths, f32, of their own devices.
    /// On a card nothing waits for the card: the sums are made behind what was queued there.
    ///
    /// Errors: a member has gone or failed; whatever failed later is told at the next call, by [`Member::failure`] and by
    /// whoever reads the sums.
    pub fn sum<const N: usize>(
        &self,
        vectors: [Tensor<1>; N],
    ) -> Result<[Tensor<1>; N], CollectiveError> {
        let sums = match &self.link {
            Link::Memory(meeting) => self.sum_in_memory(meeting, &vectors),
            #[cfg(feature = "cuda")]
            Link::Card(card) => card.sum(&vectors),
        };
        let lengths =
            |vectors: &[Tensor<1>]| vectors.iter().map(|vector| vector.dims()[0]).collect();
        <[Tensor<1>; N]>::try_from(sums?).map_err(|found| CollectiveError::Unequal {
            member: self.number,
            found: lengths(&found),
            expected: lengths(&vectors),
        })
    }

    fn sum_in_memory(
        &self,
        meeting: &Meeting<Vec<Vec<f32>>, Sums>,
        vectors: &[Tensor<1>],
    ) -> Result<Vec<Tensor<1>>, CollectiveError> {
        let brought = vectors.iter().map(|vector| {
            let data = vector.clone().into_data().convert::<f32>();
            data.iter::<f32>().collect()
        });
        let sums = meeting.meet(self.number, brought.collect(), |all| {
            added(all).map(Arc::new)
        })?;
        let both = vectors.iter().zip(sums.iter());
        let made = both.map(|(vector, sums)| {
            let data = TensorData::new(sums.clone(), [sums.len()]);
            Tensor::from_data(data, (&vector.device(), DType::F32))
        });
        Ok(made.collect())
    }

    /// Why the group came to an end, where it did.
    pub fn failure(&self) -> Option<CollectiveError> {
        match &self.link {
            Link::Memory(meeting) => meeting.failure(),
            #[cfg(feature = "cuda")]
            Link::Card(card) => card.failure(),
        }
    }

    /// Leaves when nothing is left to sum up; call it when the device has finished.
    pub fn finish(mut self) {
        self.is_finished = true;
        match &self.link {
            Link::Memory(meeting) => meeting.leave(self.number),
            #[cfg(feature = "cuda")]
            Link::Card(card) => card.leave(),
        }
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        if self.is_finished {
            return;
        }
        let gone = CollectiveError::Gone {
            member: self.number,
        };
        match &self.link {
            Link::Memory(meeting) => meeting.end(gone),
            #[cfg(feature = "cuda")]
            Link::Card(card) => card.end(gone),
        }
    }
}

/// What all members brought, added up in their order.
///
/// Errors: a member brought other vectors than the first.
fn added(all: Vec<Vec<Vec<f32>>>) -> Result<Vec<Vec<f32>>, CollectiveError> {
    let lengths: Vec<Vec<usize>> = all
        .iter()
        .map(|vectors| vectors.iter().map(Vec::len).collect())
        .collect();
    equal(&lengths)?;
    let mut members = all.into_iter();
    let mut sums = members.next().unwrap_or_default();
    for vectors in members {
        for (sum, vector) in sums.iter_mut().zip(vectors) {
            for (sum, number) in sum.iter_mut().zip(vector) {
                *sum += number;
            }
        }
    }
    Ok(sums)
}

/// Errors: a member's vectors are not as long as those of the first.
pub(crate) fn equal(lengths: &[Vec<usize>]) -> Result<(), CollectiveError> {
    let Some(expected) = lengths.first() else {
        return Ok(());
    };
    match lengths.iter().position(|found| found != expected) {
        None => Ok(()),
        Some(member) => Err(CollectiveError::Unequal {
            member,
            found: lengths[member].clone(),
            expected: expected.clone(),
        }),
    }
}

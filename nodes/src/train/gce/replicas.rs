//! Replicas of a network, each on a device of its own, that learn from their shares of every batch as one would from all
//! of it.
//!
//! The first learns with the session itself; each other one has a thread, which is sent its shares and tells nothing but
//! what goes wrong.

#[cfg(test)]
pub mod planted;

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use burn::tensor::{Device, Tensor};
use graph::engine::guarded;
use graph::error::NodeError;
use kernels::collective::{CollectiveError, Member, on_processor};

use super::batches::{Batch, Source};
use super::learner::{Learner, Shape};
use crate::compute::Compute;

/// How many shares may wait to be taken.
const AHEAD: usize = 2;

/// What a device has to do with the others.
pub(super) struct Replicas {
    /// The session's own membership, where there are others.
    member: Option<Member>,
    others: Vec<Other>,
    /// What went wrong first among the others.
    failure: Arc<Mutex<Option<NodeError>>>,
}

/// A replica that has a thread.
struct Other {
    /// Its number among all.
    number: usize,
    orders: SyncSender<Order>,
    thread: JoinHandle<()>,
}

/// What a replica is asked for.
enum Order {
    /// To learn from its share of a batch.
    Learn {
        share: Batch,
        /// Where in the schedule the update stands, where it follows the clock.
        stretched: Option<f32>,
    },
    /// To finish all that its device has to do, and then to say so.
    Rest(SyncSender<()>),
}

/// The devices that `compute` leads, `count` in all, and what connects them where they are several.
///
/// Errors: there are not so many, or nothing can connect them.
pub(super) fn connected(
    compute: &Compute,
    count: usize,
) -> Result<(Vec<Compute>, Vec<Member>), NodeError> {
    let devices = compute.companions(count).map_err(|error| {
        NodeError::failed(
            format!(
                "`devices` is {count}, counted from `{}` on, and {error}",
                compute.name()
            ),
            "set `devices` to as many as there are",
        )
    })?;
    if count == 1 {
        return Ok((devices, Vec::new()));
    }
    let members = members(&devices).map_err(told)?;
    Ok((devices, members))
}

#[cfg(feature = "cuda")]
fn members(devices: &[Compute]) -> Result<Vec<Member>, CollectiveError> {
    let cards: Vec<usize> = devices.iter().filter_map(Compute::card).collect();
    if cards.is_empty() {
        return Ok(on_processor(devices.len()));
    }
    kernels::collective::on_cards(&cards)
}

#[cfg(not(feature = "cuda"))]
fn members(devices: &[Compute]) -> Result<Vec<Member>, CollectiveError> {
    Ok(on_processor(devices.len()))
}

impl Replicas {
    /// A device that learns by itself.
    pub(super) fn none() -> Self {
        Self {
            member: None,
            others: Vec::new(),
            failure: Arc::default(),
        }
    }

    /// Lets `learners` learn from their shares of the batches of `source`, each by one of the last `members`; the first is
    /// the session's own.
    pub(super) fn start(learners: Vec<Learner>, members: Vec<Member>, source: &Source) -> Self {
        let mut members = members.into_iter();
        let mut replicas = Self::none();
        replicas.member = members.next();
        let share = source.batch / (learners.len() + 1);
        for (learner, member) in learners.into_iter().zip(members) {
            let shape = learner.shape(source, share);
            let failure = replicas.failure.clone();
            replicas.others.push(begin(learner, shape, member, failure));
        }
        replicas
    }

    /// How many devices learn together.
    pub(super) fn count(&self) -> usize {
        1 + self.others.len()
    }

    /// Gives every other replica its share of `batch`, and returns the first's.
    ///
    /// Errors: one of them has stopped.
    pub(super) fn hand_out(
        &self,
        batch: Batch,
        stretched: Option<f32>,
    ) -> Result<Batch, NodeError> {
        let mut shares = batch.shares(self.count());
        for (other, share) in self.others.iter().zip(shares.drain(1..)) {
            self.send(other, Order::Learn { share, stretched })?;
        }
        Ok(shares.remove(0))
    }

    /// What `vectors` and those of the others sum up to.
    ///
    /// Errors: one of them has stopped.
    pub(super) fn sum<const N: usize>(
        &self,
        vectors: [Tensor<1>; N],
    ) -> Result<[Tensor<1>; N], NodeError> {
        match &self.member {
            None => Ok(vectors),
            Some(member) => member.sum(vectors).map_err(told),
        }
    }

    /// Waits until the devices of the others have nothing to do, so that nothing disturbs what comes next.
    ///
    /// Errors: one of them has stopped.
    pub(super) fn rest(&self) -> Result<(), NodeError> {
        for other in &self.others {
            let (sender, receiver) = sync_channel(1);
            self.send(other, Order::Rest(sender))?;
            receiver.recv().map_err(|_| self.stopped(other))?;
        }
        Ok(())
    }

    /// What went wrong first, where something did.
    pub(super) fn failure(&self) -> Option<NodeError> {
        let failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        let summing = || self.member.as_ref()?.failure().map(told);
        failure.clone().or_else(summing)
    }

    /// Lets the others go once all is learnt, `device` being the session's own.
    ///
    /// Errors: one of them has failed.
    pub(super) fn finish(mut self, device: &Device) -> Result<(), NodeError> {
        let Some(member) = self.member.take() else {
            return Ok(());
        };
        self.rest()?;
        device.sync().map_err(failed)?;
        member.finish();
        self.join();
        self.failure().map_or(Ok(()), Err)
    }

    fn send(&self, other: &Other, order: Order) -> Result<(), NodeError> {
        other.orders.send(order).map_err(|_| self.stopped(other))
    }

    /// Why a replica takes no more orders.
    fn stopped(&self, other: &Other) -> NodeError {
        let gone = CollectiveError::Gone {
            member: other.number,
        };
        self.failure().unwrap_or_else(|| told(gone))
    }

    /// Waits for the threads of the others, which end where nobody sends them anything.
    fn join(&mut self) {
        for Other { orders, thread, .. } in self.others.drain(..) {
            drop(orders);
            // What it panicked of was caught and kept.
            let _ = thread.join();
        }
    }
}

impl Drop for Replicas {
    fn drop(&mut self) {
        // First of all, so that nobody waits for it.
        self.member = None;
        self.join();
    }
}

/// Starts a replica's thread.
fn begin(
    learner: Learner,
    shape: Shape,
    member: Member,
    failure: Arc<Mutex<Option<NodeError>>>,
) -> Other {
    let (orders, receiver) = sync_channel(AHEAD);
    let number = member.number();
    #[cfg(test)]
    let planted = planted::Planted::of(number);
    let thread = std::thread::spawn(move || {
        #[cfg(test)]
        planted.take_over();
        match guarded(|| obey(learner, &shape, &member, &receiver)) {
            Ok(()) => member.finish(),
            Err(error) => {
                let mut first = failure.lock().unwrap_or_else(PoisonError::into_inner);
                let _ = first.get_or_insert(error);
                drop(first);
                // Only now, so that whoever learns of it finds out why.
                drop(member);
            }
        }
    });
    Other {
        number,
        orders,
        thread,
    }
}

/// Does what is ordered until nobody orders anything any longer.
fn obey(
    mut learner: Learner,
    shape: &Shape,
    member: &Member,
    orders: &Receiver<Order>,
) -> Result<(), NodeError> {
    while let Ok(order) = orders.recv() {
        match order {
            Order::Learn { share, stretched } => {
                #[cfg(test)]
                planted::ask();
                if let Some(stretched) = stretched {
                    learner.trainer.stretch(stretched);
                }
                let (loss, _) = learner.loss(&share, shape, false);
                let sum = |vectors| member.sum(vectors).map_err(told);
                let _ = learner.trainer.learn_together(loss, sum)?;
            }
            Order::Rest(done) => {
                learner.device.sync().map_err(failed)?;
                // Nobody may wait for it any longer.
                let _ = done.send(());
            }
        }
    }
    #[cfg(test)]
    planted::leave(&learner);
    Ok(())
}

/// What is to be done where devices cannot sum up together.
fn told(error: CollectiveError) -> NodeError {
    match error {
        CollectiveError::Room { .. } => NodeError::OutOfMemory(error.to_string()),
        CollectiveError::Library(_) | CollectiveError::Nccl { .. } => NodeError::failed(
            error,
            "mend that, or set `devices` to 1; with NCCL_DEBUG=INFO in its environment NCCL says more",
        ),
        _ => NodeError::failed(
            error,
            "go on from the last checkpoint with `resume`, with fewer `devices` where one of them is broken",
        ),
    }
}

/// What is to be done where a device does not finish.
fn failed(error: impl std::fmt::Debug) -> NodeError {
    NodeError::failed(
        format!("a device failed: {error:?}"),
        "go on from the last checkpoint with `resume`",
    )
}

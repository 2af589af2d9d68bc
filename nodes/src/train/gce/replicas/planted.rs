//! What tests let go wrong in the thread of a replica.

use std::cell::{Cell, RefCell};
use std::path::{Path, PathBuf};

use crate::train::gce::learner::Learner;
use crate::train::room;

/// How a replica fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It panics.
    Panic,
    /// Its device has no memory left.
    Room,
}

thread_local! {
    /// Which replica fails, and how; of the thread of a replica, how many batches it has seen yet until it does.
    static FAULT: Cell<Option<(usize, Fault)>> = const { Cell::new(None) };
    static LEFT: Cell<Option<(u32, Fault)>> = const { Cell::new(None) };
    /// Where replicas leave what they have learnt.
    static FOLDER: RefCell<Option<PathBuf>> = const { RefCell::new(None) };
}

/// Batches that a replica learns from before it fails.
const GOOD: u32 = 2;

/// Does `work` on this thread, of whose replicas one fails.
pub fn failing<T>(replica: usize, fault: Fault, work: impl FnOnce() -> T) -> T {
    FAULT.set(Some((replica, fault)));
    let done = work();
    FAULT.set(None);
    done
}

/// Does `work` on this thread, whose replicas leave checkpoints in `folder`, each under its number.
pub fn leaving<T>(folder: &Path, work: impl FnOnce() -> T) -> T {
    let _ = FOLDER.replace(Some(folder.to_owned()));
    let done = work();
    let _ = FOLDER.replace(None);
    done
}

/// What is planted in the thread that starts a replica, and must be in the replica's own.
pub struct Planted {
    room: usize,
    fault: Option<Fault>,
    /// Where the replica leaves its checkpoint.
    path: Option<PathBuf>,
}

impl Planted {
    /// What is planted for the replica of this number.
    pub fn of(replica: usize) -> Self {
        let own = FAULT.get().filter(|(failing, _)| *failing == replica);
        Self {
            room: room::planted::room(),
            fault: own.map(|(_, fault)| fault),
            path: FOLDER.with_borrow(|folder| {
                let folder = folder.as_ref()?;
                Some(folder.join(replica.to_string()))
            }),
        }
    }

    /// Plants it in this thread.
    pub fn take_over(&self) {
        room::planted::set(self.room);
        LEFT.set(self.fault.map(|fault| (GOOD, fault)));
        let _ = FOLDER.replace(self.path.clone());
    }
}

/// Fails where it is time to.
pub fn ask() {
    match LEFT.get() {
        None => {}
        Some((0, Fault::Panic)) => panic!("a replica panics on purpose"),
        Some((0, Fault::Room)) => panic!("called on an `Err` value: OutOfMemory {{ size: 7 }}"),
        Some((left, fault)) => LEFT.set(Some((left - 1, fault))),
    }
}

/// Leaves what a replica has learnt where that is wanted.
pub fn leave(learner: &Learner) {
    let path = FOLDER.with_borrow(Clone::clone);
    let step = u64::from(learner.trainer.step());
    let left = path.map_or(Ok(()), |path| learner.trainer.save(&path, step));
    left.expect("the folder may be written");
}

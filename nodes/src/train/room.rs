//! What can be said of a batch that is larger than memory.

use graph::error::NodeError;

/// How much of a library's own words a message holds.
const WORDS: usize = 200;

/// The largest half, quarter and so on of `batch` that `fits`.
///
/// Errors: those of `fits`.
pub fn largest_part(
    batch: usize,
    mut fits: impl FnMut(usize) -> Result<bool, NodeError>,
) -> Result<Option<usize>, NodeError> {
    let mut part = batch / 2;
    while part > 0 {
        if fits(part)? {
            return Ok(Some(part));
        }
        part /= 2;
    }
    Ok(None)
}

/// The error of a `batch` that was larger than memory, as `reason` says, and the part of it that was found to `fit`.
///
/// `accumulate` is how many batches an update takes, where a node can take more of them.
pub fn too_large(
    batch: usize,
    fitting: Option<usize>,
    accumulate: Option<u32>,
    reason: &str,
) -> NodeError {
    let line = reason.lines().next().unwrap_or_default();
    let reason: String = line.chars().take(WORDS).collect();
    let Some(fitting) = fitting else {
        return NodeError::OutOfMemory(format!(
            "not even one picture at a time can be learnt from; take a smaller network or a device with more memory ({reason})"
        ));
    };
    let parts = batch.div_ceil(fitting);
    let way = match accumulate {
        Some(accumulate) => {
            let sum = if parts * fitting == batch {
                "as many"
            } else {
                "about as many"
            };
            format!(
                "set `batch` to {fitting} and `accumulate` to {} to learn from {sum} pictures at an update",
                parts * accumulate as usize
            )
        }
        None => format!("set `batch` to {fitting}, with a lower `learning_rate`"),
    };
    NodeError::OutOfMemory(format!(
        "a batch of {batch} pictures is too large, the largest part of it that fits is {fitting}; {way} ({reason})"
    ))
}

/// Want of memory that tests plant.
#[cfg(test)]
pub mod planted {
    use std::cell::Cell;

    thread_local! {
        static ROOM: Cell<usize> = const { Cell::new(usize::MAX) };
    }

    /// Does `work` on this thread with room for batches of so many pictures at most.
    pub fn within<T>(pictures: usize, work: impl FnOnce() -> T) -> T {
        ROOM.set(pictures);
        let done = work();
        ROOM.set(usize::MAX);
        done
    }

    /// How much room there is on this thread.
    pub fn room() -> usize {
        ROOM.get()
    }

    /// Lets this thread have room for batches of so many pictures at most.
    pub fn set(pictures: usize) {
        ROOM.set(pictures);
    }

    /// Panics as a library of tensors does where a batch has no room.
    pub fn ask(pictures: usize) {
        assert!(
            pictures <= ROOM.get(),
            "called `Result::unwrap()` on an `Err` value: OutOfMemory {{ size: {pictures} }}\nand where"
        );
    }
}

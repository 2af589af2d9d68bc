//! Nothing unwinds into the host.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::abi::Status;
use crate::error::NodeError;

/// Does `work`, tells `report` what went wrong (where, problem, hint), and answers how it ended.
pub fn guarded(
    report: impl Fn(&str, &str, &str),
    work: impl FnOnce() -> Result<(), NodeError>,
) -> Status {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(())) => Status::OK,
        Ok(Err(error)) => {
            if error != NodeError::Cancelled {
                report(error.place(), &error.problem(), error.hint());
            }
            error.status()
        }
        Err(panic) => {
            report(
                "",
                &format!("the plugin panicked: {}", panic_message(&*panic)),
                "this is a mistake of the plugin, please report it",
            );
            forget_quietly(panic);
            Status::PANIC
        }
    }
}

/// Does what must not fail; should it panic, nobody hears of it but the panic hook.
pub fn quietly(work: impl FnOnce()) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(work)) {
        forget_quietly(panic);
    }
}

/// What a panic said.
pub fn panic_message(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("it did not say why")
}

/// What a panic carries may itself panic when it is dropped.
fn forget_quietly(panic: Box<dyn Any + Send>) {
    if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(panic))) {
        std::mem::forget(again);
    }
}

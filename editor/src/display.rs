//! A display that cannot be reached is an error, not the end of the program.

use std::any::Any;
use std::panic::{
    AssertUnwindSafe, PanicHookInfo, catch_unwind, resume_unwind, set_hook, take_hook,
};

/// What Iced panics with where there is no display: it has no error for that.
const NO_DISPLAY: &str = "Create event loop";

/// Why there is no window.
#[derive(Debug, thiserror::Error)]
pub enum WindowError {
    /// There is nowhere to open it.
    #[error("no display can be reached; DISPLAY or WAYLAND_DISPLAY says which there is")]
    NoDisplay,
    /// Anything else.
    #[error(transparent)]
    Iced(#[from] iced::Error),
}

/// Opens a window with `open`, whose panic about a missing display becomes an error; every other panic stays one.
pub(crate) fn or_error(open: impl FnOnce() -> iced::Result) -> Result<(), WindowError> {
    let hook = take_hook();
    set_hook(Box::new(move |info: &PanicHookInfo<'_>| {
        if !is_no_display(info.payload_as_str()) {
            hook(info);
        }
    }));
    match catch_unwind(AssertUnwindSafe(open)) {
        Ok(opened) => Ok(opened?),
        Err(panic) if is_no_display(text(&*panic)) => Err(WindowError::NoDisplay),
        Err(panic) => resume_unwind(panic),
    }
}

/// What somebody panicked with, where that is a text.
fn text(panic: &(dyn Any + Send)) -> Option<&str> {
    let owned = panic.downcast_ref::<String>().map(String::as_str);
    owned.or_else(|| panic.downcast_ref::<&str>().copied())
}

fn is_no_display(message: Option<&str>) -> bool {
    message.is_some_and(|message| message.starts_with(NO_DISPLAY))
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use super::{WindowError, or_error};

    #[test]
    fn a_missing_display_is_an_error_and_a_mistake_stays_a_panic() {
        let missing = or_error(|| panic!("Create event loop: {}", "XOpenDisplayFailed"));
        assert!(matches!(missing, Err(WindowError::NoDisplay)));
        assert!(catch_unwind(|| or_error(|| panic!("a mistake"))).is_err());
        assert!(or_error(|| Ok(())).is_ok());
    }
}

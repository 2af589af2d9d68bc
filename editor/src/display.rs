//! A display that cannot be reached is an error, not the end of the program.

use std::panic::{
    AssertUnwindSafe, PanicHookInfo, catch_unwind, resume_unwind, set_hook, take_hook,
};

/// What Iced panics with where there is no display: it has no error for that.
const NO_DISPLAY: &str = "Create event loop";

/// Opens a window with `open`, whose panic about a missing display becomes an error; every other panic stays one.
pub fn or_error(open: impl FnOnce() -> iced::Result) -> iced::Result {
    let hook = take_hook();
    set_hook(Box::new(move |info: &PanicHookInfo<'_>| {
        if !is_no_display(info.payload_as_str()) {
            hook(info);
        }
    }));
    catch_unwind(AssertUnwindSafe(open)).unwrap_or_else(|panic| {
        let message = panic.downcast_ref::<String>().map(String::as_str);
        if is_no_display(message) {
            return Err(iced::Error::WindowCreationFailed(
                "no display can be reached; DISPLAY or WAYLAND_DISPLAY says which there is".into(),
            ));
        }
        resume_unwind(panic)
    })
}

fn is_no_display(message: Option<&str>) -> bool {
    message.is_some_and(|message| message.starts_with(NO_DISPLAY))
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use super::or_error;

    #[test]
    fn a_missing_display_is_an_error_and_a_mistake_stays_a_panic() {
        let missing = or_error(|| panic!("Create event loop: {}", "XOpenDisplayFailed"));
        let message = missing.expect_err("there is none").to_string();
        assert!(message.contains("DISPLAY"), "{message}");
        assert!(catch_unwind(|| or_error(|| panic!("a mistake"))).is_err());
        assert!(or_error(|| Ok(())).is_ok());
    }
}

//! How results look, for whoever looks on.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::work::{Context, panic_message};
use crate::port::Values;
use crate::preview::Preview;
use crate::value::Value;

/// What is to be seen at each output, by name.
pub type Shown = Vec<(String, Preview)>;

impl Context<'_> {
    /// How `values` look, where the run is to show them.
    pub fn shown(&self, values: &Values) -> Shown {
        if !self.options.show {
            return Shown::new();
        }
        values
            .iter()
            .filter_map(|(port, values)| Some((port.to_owned(), preview(values)?)))
            .collect()
    }
}

/// How the values of one output look together: pictures as one batch, of anything else the first.
fn preview(values: &[Value]) -> Option<Preview> {
    let mut previews = values.iter().map(preview_of_one);
    let mut first = previews.next()?;
    if let Preview::Images(pictures) = &mut first {
        for other in previews {
            if let Preview::Images(others) = other {
                pictures.extend(others);
            }
        }
    }
    Some(first)
}

/// How `value` looks; one that cannot be shown spoils nothing.
fn preview_of_one(value: &Value) -> Preview {
    catch_unwind(AssertUnwindSafe(|| value.preview())).unwrap_or_else(|panic| {
        let why = panic_message(&*panic);
        Preview::Text(format!("{} cannot be shown: {why}", value.kind()))
    })
}

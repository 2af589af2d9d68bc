//! Neighbourhoods of codes.

use std::sync::Arc;

use graph::preview::Preview;
use graph::value::{Footprint, WireValue};

/// An order of a codebook's codes in which neighbours in embedding space stand side by side.
///
/// A level of group size `s` puts the codes at places `s·i … s·i + s − 1` of the order into one group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Groups {
    order: Arc<[u32]>,
}

/// Why a list is no order of codes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GroupsError {
    /// A code is missing or stands twice.
    #[error(
        "an order of {length} codes must hold every code once, but code {code} stands {times} times"
    )]
    NoPermutation {
        /// How many codes there are.
        length: usize,
        /// The code at fault.
        code: usize,
        /// How often it stands.
        times: usize,
    },
}

impl Groups {
    /// Groups from `order`, which holds every code below its length once.
    ///
    /// Errors: a code is missing or stands twice.
    pub fn new(order: impl Into<Arc<[u32]>>) -> Result<Self, GroupsError> {
        let order = order.into();
        let mut times = vec![0_usize; order.len()];
        for code in order.iter() {
            if let Some(count) = times.get_mut(*code as usize) {
                *count += 1;
            }
        }
        match times.iter().position(|count| *count != 1) {
            Some(code) => Err(GroupsError::NoPermutation {
                length: order.len(),
                code,
                times: times[code],
            }),
            None => Ok(Self { order }),
        }
    }

    /// The order that leaves every code at its own place.
    pub fn identity(codebook: u32) -> Self {
        Self {
            order: (0..codebook).collect(),
        }
    }

    /// The code at each place.
    pub fn order(&self) -> &[u32] {
        &self.order
    }

    /// The place of each code.
    pub fn places(&self) -> Vec<u32> {
        let mut places = vec![0; self.order.len()];
        for (place, code) in self.order.iter().enumerate() {
            places[*code as usize] = place as u32;
        }
        places
    }

    /// Whether every code stands at its own place.
    pub fn is_identity(&self) -> bool {
        self.order
            .iter()
            .enumerate()
            .all(|(place, code)| place as u32 == *code)
    }
}

impl WireValue for Groups {
    const KIND: &'static str = "groups";

    fn preview(&self) -> Preview {
        Preview::Text(format!(
            "{} codes in order of neighbourhood",
            self.order.len()
        ))
    }

    fn footprint(&self) -> Footprint {
        Footprint::host(self.order.len() * 4)
    }
}

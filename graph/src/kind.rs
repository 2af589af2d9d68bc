//! The type of a value on a wire.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// The type of a value on a wire: a name, and the sizes that are known of it.
///
/// Kinds are nominal: `tokens` fits `tokens` and nothing else.
/// A size that is absent is unknown and fits every size, so that `tokens` fits `tokens{codebook: 4096}`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Kind {
    name: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    sizes: BTreeMap<String, u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    element: Option<Box<Kind>>,
}

impl Kind {
    /// The kind called `name`, with no size known.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            sizes: BTreeMap::new(),
            element: None,
        }
    }

    /// A list whose members are all of kind `element`.
    pub fn list(element: Kind) -> Self {
        Self {
            name: "list".into(),
            sizes: BTreeMap::new(),
            element: Some(Box::new(element)),
        }
    }

    /// The same kind with one more size known.
    #[must_use]
    pub fn with(mut self, size: impl Into<String>, value: u64) -> Self {
        let _ = self.sizes.insert(size.into(), value);
        self
    }

    /// What the kind is called, without its sizes.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The sizes that are known, by name.
    pub fn sizes(&self) -> &BTreeMap<String, u64> {
        &self.sizes
    }

    /// What a list is a list of; `None` for every other kind.
    pub fn element(&self) -> Option<&Kind> {
        self.element.as_deref()
    }

    /// The kind that is both `self` and `other`, or `None` where they contradict each other.
    pub fn unify(&self, other: &Kind) -> Option<Kind> {
        if self.name != other.name {
            return None;
        }
        let element = match (&self.element, &other.element) {
            (Some(left), Some(right)) => Some(Box::new(left.unify(right)?)),
            (Some(one), None) | (None, Some(one)) => Some(one.clone()),
            (None, None) => None,
        };
        let mut sizes = self.sizes.clone();
        for (name, value) in &other.sizes {
            let known = sizes.entry(name.clone()).or_insert(*value);
            if known != value {
                return None;
            }
        }
        Some(Kind {
            name: self.name.clone(),
            sizes,
            element,
        })
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.name)?;
        if let Some(element) = &self.element {
            write!(out, "<{element}>")?;
        }
        if self.sizes.is_empty() {
            return Ok(());
        }
        let sizes: Vec<String> = self
            .sizes
            .iter()
            .map(|(name, value)| format!("{name}: {value}"))
            .collect();
        write!(out, "{{{}}}", sizes.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::Kind;

    #[test]
    fn unknown_sizes_fit_every_size_and_known_ones_must_agree() {
        let any = Kind::new("tokens");
        let small = Kind::new("tokens").with("codebook", 4096);
        let square = Kind::new("tokens").with("rows", 16);
        let large = Kind::new("tokens").with("codebook", 8192);

        assert_eq!(any.unify(&small), Some(small.clone()));
        assert_eq!(
            small.unify(&square),
            Some(small.clone().with("rows", 16)),
            "what both sides know is kept"
        );
        assert_eq!(small.unify(&large), None);
        assert_eq!(any.unify(&Kind::new("image")), None);
    }

    #[test]
    fn lists_unify_by_their_members() {
        let images = Kind::list(Kind::new("image"));
        assert_eq!(images.unify(&Kind::list(Kind::new("text"))), None);
        assert_eq!(images.unify(&images), Some(images.clone()));
        assert_eq!(images.to_string(), "list<image>");
    }

    #[test]
    fn the_name_shows_the_known_sizes() {
        let kind = Kind::new("image").with("width", 8).with("height", 4);
        assert_eq!(kind.to_string(), "image{height: 4, width: 8}");
    }
}

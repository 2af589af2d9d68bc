//! Records, maps and texts, with all that can be wrong with them.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::Reader;
use crate::plan::similar;
use crate::problem::Problem;
use crate::workflow::syntax::{Form, Key, Tree};

/// The fields of a record, each there once at most.
pub struct Fields {
    values: BTreeMap<String, Tree>,
    /// Whether everything in the record could be read.
    pub complete: bool,
    /// Where the record stands.
    pub span: Range<usize>,
}

impl Fields {
    pub fn take(&mut self, name: &str) -> Option<Tree> {
        self.values.remove(name)
    }
}

impl Reader<'_> {
    /// Reads `(name: value, …)`; fields that are not `known` and fields that come twice are complained of.
    pub fn record(
        &mut self,
        tree: Tree,
        known: &[&str],
        what: &str,
        node: Option<&str>,
    ) -> Option<Fields> {
        let given = match tree.form {
            Form::Record(fields) => fields,
            Form::Tuple(values) if values.is_empty() => Vec::new(),
            _ => {
                self.expected(what, "fields in `()`", &tree);
                return None;
            }
        };
        let mut fields = Fields {
            values: BTreeMap::new(),
            complete: true,
            span: tree.span,
        };
        for (key, value) in given {
            fields.complete &= value.form != Form::Broken;
            if !known.contains(&key.name.as_str()) {
                // A key that is no name at all has been complained of.
                if value.form != Form::Broken {
                    self.unknown_field(&key, known, what, node);
                }
                fields.complete = false;
            } else if let Entry::Vacant(free) = fields.values.entry(key.name.clone()) {
                let _ = free.insert(value);
            } else {
                self.twice(&key, what);
            }
        }
        Some(fields)
    }

    fn unknown_field(&mut self, key: &Key, known: &[&str], what: &str, node: Option<&str>) {
        let hint = match similar(&key.name, known.iter().copied()) {
            Some(name) => format!("did you mean `{name}`?"),
            None => format!("the fields are {}", known.join(", ")),
        };
        let mut problem = Problem::new(
            "unknown-field",
            format!("{what} has no field `{}`", key.name),
        )
        .hint(hint);
        if let Some(node) = node {
            problem = problem.node(node);
        }
        self.report(problem, key.span.clone());
    }

    /// Reads `{"key": value, …}`; keys that are no texts and keys that come twice are complained of.
    pub fn map(&mut self, tree: Option<Tree>, what: &str) -> Vec<(Key, Tree)> {
        let Some(tree) = tree else {
            return Vec::new();
        };
        let Form::Map(given) = tree.form else {
            self.expected(what, "a map in `{}`", &tree);
            return Vec::new();
        };
        let mut entries: Vec<(Key, Tree)> = Vec::with_capacity(given.len());
        let mut seen = BTreeSet::new();
        for (key, value) in given {
            let Form::Text(name) = key.form else {
                self.expected(&format!("a key of {what}"), "text in quotes", &key);
                continue;
            };
            let key = Key {
                name,
                span: key.span,
            };
            if seen.insert(key.name.clone()) {
                entries.push((key, value));
            } else {
                self.twice(&key, what);
            }
        }
        entries
    }

    pub fn text(&mut self, tree: &Tree, what: &str) -> Option<String> {
        match &tree.form {
            Form::Text(text) => Some(text.clone()),
            _ => {
                self.expected(what, "text in quotes", tree);
                None
            }
        }
    }

    /// Complains that `found` is not what was expected, unless it has been complained of before.
    pub fn expected(&mut self, what: &str, expected: &str, found: &Tree) {
        if found.form == Form::Broken {
            return;
        }
        let message = format!("{what} must be {expected}, but is {}", found.describe());
        self.report(Problem::new("wrong-type", message), found.span.clone());
    }

    fn twice(&mut self, key: &Key, what: &str) {
        let message = format!("`{}` stands twice in {what}", key.name);
        self.report(
            Problem::new("duplicate-key", message).hint("take one of the two away"),
            key.span.clone(),
        );
    }
}

//! Which kinds of node there are.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::document::PlacedNode;
use crate::node::{AnyNode, Descriptor, Node};
use crate::param::{ParamError, ParamValues};
use crate::plugin::Offer;

type Build = dyn Fn(&ParamValues) -> Result<Box<dyn AnyNode>, Vec<ParamError>> + Send + Sync;
type Migrate = dyn Fn(u32, &mut ParamValues) + Send + Sync;

/// One kind of node: what it is, and how to make one.
#[derive(Clone)]
pub struct Entry {
    /// Everything there is to know about it.
    pub descriptor: Arc<Descriptor>,
    /// Which build of which plugin it comes from, `ID@VERSION+BUILD`; empty for built-in nodes. Part of cache keys.
    pub origin: String,
    build: Arc<Build>,
    migrate: Arc<Migrate>,
}

impl Entry {
    /// The entry of a node that does not implement [`Node`]: a plugin's.
    pub fn new(
        descriptor: Descriptor,
        origin: impl Into<String>,
        build: impl Fn(&ParamValues) -> Result<Box<dyn AnyNode>, Vec<ParamError>>
        + Send
        + Sync
        + 'static,
        migrate: impl Fn(u32, &mut ParamValues) + Send + Sync + 'static,
    ) -> Self {
        Self {
            descriptor: Arc::new(descriptor),
            origin: origin.into(),
            build: Arc::new(build),
            migrate: Arc::new(migrate),
        }
    }

    /// Makes a node with these parameters.
    ///
    /// Errors: every parameter that does not fit.
    pub fn build(&self, params: &ParamValues) -> Result<Box<dyn AnyNode>, Vec<ParamError>> {
        (self.build)(params)
    }

    /// Rewrites a node saved by an older version of this kind to the present one; a newer one is left alone.
    pub fn bring_up_to_date(&self, node: &mut PlacedNode) {
        if node.version < self.descriptor.version {
            self.migrate(node.version, &mut node.params);
            node.version = self.descriptor.version;
        }
    }

    /// Rewrites parameters saved by an older `version`.
    pub fn migrate(&self, version: u32, params: &mut ParamValues) {
        (self.migrate)(version, params);
    }
}

/// All kinds of node that a program knows, by id and in palette order.
#[derive(Clone, Default)]
pub struct Registry {
    entries: BTreeMap<String, Entry>,
    order: Vec<String>,
    plugins: BTreeMap<String, Offer>,
}

impl Registry {
    /// Adds the node `N`.
    pub fn add<N: Node>(&mut self) -> &mut Self {
        self.insert(Entry::new(
            Descriptor::of::<N>(),
            "",
            |params| {
                let node = N::from_values(params)?;
                node.check().map_err(|error| vec![error])?;
                Ok(Box::new(node) as Box<dyn AnyNode>)
            },
            N::migrate,
        ))
    }

    /// Adds `entry`, in place of an earlier one of the same id.
    pub fn insert(&mut self, entry: Entry) -> &mut Self {
        let id = entry.descriptor.id.clone();
        if self.entries.insert(id.clone(), entry).is_none() {
            self.order.push(id);
        }
        self
    }

    /// The kind called `id`.
    pub fn get(&self, id: &str) -> Option<&Entry> {
        self.entries.get(id)
    }

    /// All kinds, in palette order.
    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.order.iter().filter_map(|id| self.entries.get(id))
    }

    /// Says that the plugin `id` lies on this machine, so that messages about its nodes can say what keeps them.
    pub fn offer(&mut self, id: impl Into<String>, offer: Offer) -> &mut Self {
        let _ = self.plugins.insert(id.into(), offer);
        self
    }

    /// The plugins on this machine, by id.
    pub fn plugins(&self) -> &BTreeMap<String, Offer> {
        &self.plugins
    }

    /// The plugin that the kind `kind` of this registry comes from; `None` for built-in kinds and unknown ones.
    pub fn source_of(&self, kind: &str) -> Option<(&str, &Offer)> {
        let (id, _) = self.get(kind)?.origin.split_once('@')?;
        let (id, offer) = self.plugins.get_key_value(id)?;
        Some((id, offer))
    }

    /// The plugin that says it brings the kind `kind`, whether it can be used or not.
    pub fn plugin_of(&self, kind: &str) -> Option<(&str, &Offer)> {
        let brings = |offer: &Offer| offer.kinds.iter().any(|brought| brought == kind);
        let mut plugins = self.plugins.iter();
        plugins
            .find(|(_, offer)| brings(offer))
            .map(|(id, offer)| (id.as_str(), offer))
    }
}

#[cfg(test)]
mod tests {
    use super::{Entry, Registry};
    use crate::node::{Descriptor, Effect};
    use crate::plugin::Offer;

    fn kind(id: &str, origin: &str) -> Entry {
        let descriptor = Descriptor {
            id: id.into(),
            version: 1,
            title: "Blur".into(),
            doc: "Blurs.".into(),
            effect: Effect::Pure,
            params: vec![],
            inputs: vec![],
            outputs: vec![],
        };
        Entry::new(descriptor, origin, |_| Err(vec![]), |_, _| {})
    }

    #[test]
    fn a_kind_comes_from_the_plugin_that_its_origin_names_and_not_from_who_claims_it() {
        let offer = |kinds: &[&str]| Offer {
            version: "1.2.0".parse().expect("it is a version"),
            kinds: kinds.iter().map(ToString::to_string).collect(),
            obstacle: None,
            in_process: false,
        };
        let mut registry = Registry::default();
        let _ = registry
            .insert(kind("image.blur", ""))
            .insert(kind("acme.blur", "org.acme.blur@1.2.0+00ff"))
            .offer("org.acme.blur", offer(&["acme.blur"]))
            .offer("org.evil", offer(&["image.blur", "acme.blur", "evil.new"]));
        let source = |kind: &str| registry.source_of(kind).map(|(id, _)| id);
        assert_eq!(source("acme.blur"), Some("org.acme.blur"));
        assert_eq!(source("image.blur"), None, "it is built in");
        assert_eq!(source("evil.new"), None, "it cannot be used");
        assert_eq!(
            registry.plugin_of("evil.new").map(|(id, _)| id),
            Some("org.evil")
        );
    }
}

//! What [`export_plugin!`](crate::export_plugin) puts between a plugin's nodes and the boundary.

// Here, and nowhere else in this crate, pointers of the host are believed; each use says what it rests on.
#![allow(unsafe_code)]

mod extension;
mod guard;
mod lend;
mod room;
mod send;
mod services;
mod shim;
mod tables;

use std::ffi::c_void;
use std::panic::catch_unwind;
use std::ptr;
use std::sync::OnceLock;

use crate::abi;
use crate::node::Node;
use crate::param::ParamValues;

pub(crate) use extension::{raw_param, saved};
pub(crate) use lend::lent;
pub use room::Room;
pub(crate) use send::{Lending, managed};

/// Rewrites the parameters of one kind of node.
type Migrate = fn(u32, &mut ParamValues);

/// The one symbol of a plugin, and all that hangs off it.
pub struct Export {
    about: About,
    nodes: fn(&mut Nodes),
    get_extension: unsafe extern "C" fn(id: abi::Str) -> *const c_void,
    built: OnceLock<Option<Built>>,
}

/// What a plugin says of itself.
pub struct About {
    /// The name for ever, in reverse domain order.
    pub id: &'static str,
    /// The name in words.
    pub name: &'static str,
    /// The version.
    pub version: &'static str,
    /// The licence, as an SPDX expression, or nothing.
    pub licence: &'static str,
}

/// The kinds of node that a plugin brings.
#[derive(Default)]
pub struct Nodes {
    tables: Vec<&'static abi::Node>,
    migrations: Vec<(&'static str, Migrate)>,
}

struct Built {
    plugin: &'static abi::Plugin,
    migrations: Vec<(&'static str, Migrate)>,
}

impl Nodes {
    /// Adds the node `N`.
    pub fn add<N: Node>(&mut self) -> &mut Self {
        self.tables.push(tables::node::<N>());
        self.migrations.push((N::ID, N::migrate));
        self
    }
}

impl Export {
    /// What `export_plugin!` makes of its parts.
    pub const fn new(
        about: About,
        nodes: fn(&mut Nodes),
        get_extension: unsafe extern "C" fn(id: abi::Str) -> *const c_void,
    ) -> Self {
        Self {
            about,
            nodes,
            get_extension,
            built: OnceLock::new(),
        }
    }

    /// The answer to `smalto_plugin_entry_v1`: null where the tables could not be made.
    ///
    /// The later minor versions that there are only append, so that every host is served.
    pub fn entry(&self, _host_minor: u16) -> *const abi::Plugin {
        self.built().map_or(ptr::null(), |built| built.plugin)
    }

    /// The answer to `get_extension`.
    ///
    /// # Safety
    ///
    /// `id` is a text as the header has it.
    pub unsafe fn extension(&'static self, id: abi::Str) -> *const c_void {
        // SAFETY: the caller says so.
        match unsafe { id.bytes() } {
            Some(id) if id == abi::POLICY.as_bytes() => (&raw const extension::POLICY).cast(),
            Some(id) if id == abi::PREVIEW.as_bytes() => (&raw const extension::PREVIEW).cast(),
            _ => ptr::null(),
        }
    }

    /// Rewrites the parameters of one node: what stands in `smalto.migrate/1`.
    ///
    /// # Safety
    ///
    /// `migration` is null or as the header has it.
    pub unsafe fn migrate(&self, migration: *const abi::Migration) -> abi::Status {
        let known = self.built().map_or(&[][..], |built| &built.migrations);
        // SAFETY: the caller says so.
        unsafe { extension::migrate(known, migration) }
    }

    fn built(&self) -> Option<&Built> {
        let built = self
            .built
            .get_or_init(|| catch_unwind(std::panic::AssertUnwindSafe(|| self.build())).ok());
        built.as_ref()
    }

    fn build(&self) -> Built {
        let mut nodes = Nodes::default();
        (self.nodes)(&mut nodes);
        Built {
            plugin: tables::plugin(&self.about, nodes.tables, self.get_extension),
            migrations: nodes.migrations,
        }
    }
}

/// Exports the nodes of a plugin: `export_plugin! { id: "org.acme.blur", nodes: [Blur] }`.
///
/// Name, version and licence are those of the package; `name: "…"` behind the id gives another name.
#[macro_export]
macro_rules! export_plugin {
    (id: $id:expr, nodes: [$($node:ty),+ $(,)?] $(,)?) => {
        $crate::export_plugin! { id: $id, name: env!("CARGO_PKG_NAME"), nodes: [$($node),+] }
    };
    (id: $id:expr, name: $name:expr, nodes: [$($node:ty),+ $(,)?] $(,)?) => {
        /// The only symbol of the plugin.
        #[allow(unsafe_code)]
        #[unsafe(no_mangle)]
        pub extern "C" fn smalto_plugin_entry_v1(host_minor: u16) -> *const $crate::abi::Plugin {
            static EXPORT: $crate::export::Export = $crate::export::Export::new(
                $crate::export::About {
                    id: $id,
                    name: $name,
                    version: env!("CARGO_PKG_VERSION"),
                    licence: env!("CARGO_PKG_LICENSE"),
                },
                |nodes| {
                    $(let _ = nodes.add::<$node>();)+
                },
                get_extension,
            );
            static MIGRATE: $crate::abi::Migrate = $crate::abi::Migrate {
                struct_size: ::core::mem::size_of::<$crate::abi::Migrate>() as u32,
                migrate: Some(migrate),
            };

            unsafe extern "C" fn migrate(
                migration: *const $crate::abi::Migration,
            ) -> $crate::abi::Status {
                // SAFETY: the host calls it as the header says.
                unsafe { EXPORT.migrate(migration) }
            }

            unsafe extern "C" fn get_extension(
                id: $crate::abi::Str,
            ) -> *const ::core::ffi::c_void {
                // SAFETY: the host gives a text as the header has it.
                unsafe {
                    if id.bytes() == Some($crate::abi::MIGRATE.as_bytes()) {
                        return (&raw const MIGRATE).cast();
                    }
                    EXPORT.extension(id)
                }
            }

            EXPORT.entry(host_minor)
        }
    };
}

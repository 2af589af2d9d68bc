//! Finds, checks, loads and isolates the native plugins of Smalto.
//!
//! | part | modules |
//! |---|---|
//! | what lies on this machine, and what of it the user trusts | [`plugins`], [`manifest`], [`search`], [`trust`], [`consent`], [`seen`], [`listing`] |
//! | what a plugin says of itself | [`describe`] |
//! | a plugin in this process | [`library`], [`memory`] |
//! | a plugin in a process of its own | [`worker`] |
//! | writing one: the files to begin with, and what can be found wrong | [`project`], [`check`] |
//! | a plugin wherever it is | [`instance`], [`fault`], [`node`] |
//!
//! Nothing of a library is loaded into this process unless the user said so: it is looked at in a child, and works in a worker.

// The boundary to native code consists of raw pointers; each use says why it is sound.
#![allow(unsafe_code)]

pub mod check;
pub mod consent;
pub mod describe;
pub mod fault;
mod form;
pub mod instance;
pub mod library;
pub mod listing;
pub mod manifest;
pub mod memory;
pub mod node;
pub mod plugins;
pub mod project;
pub mod search;
pub mod seen;
mod service;
mod store;
pub mod trust;
pub mod worker;

//! Plugins that really are loaded, good ones and bad ones.

mod cards;
mod crashes;
mod fixture;
mod kit;
mod policies;
mod registry;
mod running;
mod tables;
mod versions;
mod writing;

//! Tests of what a plugin's author writes, and of what a host makes of it.

mod boundary;
mod descriptors;
mod placed;
mod plugin;

//! A program that is nothing but the worker of plugins: for tests, which start no other.

use std::process::ExitCode;

fn main() -> ExitCode {
    smalto_host::worker::main()
}

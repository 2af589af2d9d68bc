//! What stays behind of workers that die again and again.

use smalto_host::fault::Fault;
use smalto_host::instance::Instance;
use smalto_host::worker::Worker;

use crate::fixture::{Listener, compile, launch, misbehave};

/// What this process holds: resident memory in KiB, open files, and threads.
fn held() -> (usize, usize, usize) {
    let status = std::fs::read_to_string("/proc/self/status").expect("this is Linux");
    let number = |name: &str| -> usize {
        let line = status.lines().find(|line| line.starts_with(name));
        let digits = line.expect("the line is there").split_whitespace().nth(1);
        digits
            .expect("it has a number")
            .parse()
            .expect("it is a number")
    };
    let files = std::fs::read_dir("/proc/self/fd")
        .expect("this is Linux")
        .count();
    (number("VmRSS:"), files, number("Threads:"))
}

/// Runs in a process of its own, because other tests allocate beside it.
#[test]
fn three_hundred_crashes_leave_nothing_behind() {
    if std::env::var_os("SMALTO_TEST_CRASHES").is_none() {
        let program = std::env::current_exe().expect("this program is a file");
        let name = "crashes::three_hundred_crashes_leave_nothing_behind";
        let output = std::process::Command::new(program)
            .args([name, "--exact", "--nocapture"])
            .env("SMALTO_TEST_CRASHES", "300")
            .output()
            .expect("this program can be started");
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success(),
            "{said}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        return;
    }
    let folder = tempfile::tempdir().expect("a folder can be made");
    let library = compile(folder.path(), "misbehave/misbehave.c", &[]);
    let worker = Worker::new("org.smalto.misbehave", launch(), library);
    let crash = || {
        let ended = worker.run(&misbehave("segfault"), &Listener::default());
        assert!(matches!(ended, Err(Fault::Crashed { .. })), "{ended:?}");
    };
    (0..20).for_each(|_| crash());
    let before = held();
    let times = std::env::var("SMALTO_TEST_CRASHES")
        .ok()
        .and_then(|times| times.parse().ok());
    (0..times.unwrap_or(300)).for_each(|_: u32| crash());
    let after = held();
    println!("{before:?} KiB, files and threads before, {after:?} after");
    assert!(
        after.0 < before.0 + 2048,
        "memory grew from {} to {} KiB",
        before.0,
        after.0
    );
    assert!(
        after.1 <= before.1 + 1,
        "open files grew from {} to {}",
        before.1,
        after.1
    );
    assert!(
        after.2 <= before.2 + 1,
        "threads grew from {} to {}",
        before.2,
        after.2
    );
}

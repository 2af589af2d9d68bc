//! How a worker is started, how it ends, and what it says before.

use std::ffi::OsString;
use std::io::{self, PipeReader, Read};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use crate::service::locked;

/// So much of what a worker wrote is kept, in bytes.
const KEPT: usize = 4096;

/// How long the last words of a worker that died are waited for.
const LAST_WORDS: Duration = Duration::from_millis(300);

/// How long anything but a run may take, unless said otherwise.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// The program that serves as worker: any that calls [`main`](super::main) when it is started so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Launch {
    /// The program.
    pub program: PathBuf,
    /// What it is started with.
    pub arguments: Vec<OsString>,
    /// How long anything but a run may take.
    pub patience: Duration,
}

/// A worker that was started.
pub struct Process {
    child: Child,
    said: Arc<Said>,
    pub stream: UnixStream,
}

/// The end of what a process wrote.
#[derive(Default)]
struct Said {
    state: Mutex<(Vec<u8>, bool)>,
    ended: Condvar,
}

impl Launch {
    /// The command `plugin-worker` of this program.
    pub fn this_program() -> Self {
        Self {
            // Where the system does not say which program this is, the one on the PATH is the best guess.
            program: std::env::current_exe().unwrap_or_else(|_| "smalto".into()),
            arguments: vec!["plugin-worker".into()],
            patience: PATIENCE,
        }
    }

    /// Starts a worker.
    ///
    /// Errors: the program cannot be started.
    pub fn start(&self) -> io::Result<Process> {
        let (ours, theirs) = UnixStream::pair()?;
        let (reader, writer) = io::pipe()?;
        let child = Command::new(&self.program)
            .args(&self.arguments)
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(writer.try_clone()?)
            .stderr(writer)
            .spawn()?;
        let said = Arc::<Said>::default();
        let listener = said.clone();
        let _ = std::thread::Builder::new()
            .name("plugin output".into())
            .spawn(move || listen(reader, &listener))?;
        Ok(Process {
            child,
            said,
            stream: ours,
        })
    }
}

fn listen(mut reader: PipeReader, said: &Said) {
    let mut buffer = [0; 1024];
    while let Ok(read @ 1..) = reader.read(&mut buffer) {
        let mut state = locked(&said.state);
        state.0.extend_from_slice(&buffer[..read]);
        let too_many = state.0.len().saturating_sub(KEPT);
        let _ = state.0.drain(..too_many);
    }
    locked(&said.state).1 = true;
    said.ended.notify_all();
}

impl Process {
    /// Whether the process has ended.
    pub fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// Ends the process in whatever way, and says how it ended by itself, where it did, and what it wrote at last.
    pub fn end(&mut self, grace: Duration) -> (String, String) {
        let step = Duration::from_millis(2);
        let mut waited = Duration::ZERO;
        while waited < grace && !self.has_ended() {
            std::thread::sleep(step);
            waited += step;
        }
        let was_alive = !self.has_ended();
        let _ = self.child.kill();
        let how = match self.child.wait() {
            Ok(_) if was_alive => "it closed its connection".into(),
            Ok(status) => name(status),
            Err(error) => format!("it cannot be waited for: {error}"),
        };
        (how, self.said.last())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Said {
    /// What was written at last; waits a moment for what is still on its way.
    fn last(&self) -> String {
        let state = locked(&self.state);
        let waited = self
            .ended
            .wait_timeout_while(state, LAST_WORDS, |(_, ended)| !*ended);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&state.0).trim_end().into()
    }
}

/// How a process ended, in words.
fn name(status: ExitStatus) -> String {
    let Some(signal) = status.signal() else {
        return format!(
            "it ended with the exit code {}",
            status.code().unwrap_or(-1)
        );
    };
    let known = [
        (4, "SIGILL"),
        (6, "SIGABRT"),
        (7, "SIGBUS"),
        (8, "SIGFPE"),
        (9, "SIGKILL"),
        (11, "SIGSEGV"),
        (15, "SIGTERM"),
        (31, "SIGSYS"),
    ];
    match known.iter().find(|(number, _)| *number == signal) {
        Some((_, name)) => format!("it was ended by signal {signal} ({name})"),
        None => format!("it was ended by signal {signal}"),
    }
}

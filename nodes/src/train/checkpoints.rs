//! When checkpoints of a run are written, and which of them are kept.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

use graph::error::NodeError;

use super::optimiser::make_folder_of;
use crate::network::weights::WeightsError;

/// The checkpoints of one run: the newest, and some before it, whose names tell their steps.
#[derive(Debug)]
pub struct Checkpoints {
    path: PathBuf,
    interval: Interval,
    /// When the newest was written, or the run began.
    written: Instant,
    /// How many there are at most.
    keep: usize,
    /// The step of the newest.
    newest: Option<u32>,
    /// The steps of those before it, from the oldest.
    older: Vec<u32>,
}

/// What lies between checkpoints at most.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// How many steps.
    pub steps: u32,
    /// How many seconds; 0 sets no limit.
    pub seconds: f32,
}

impl Interval {
    /// Whether a checkpoint is due after `step` steps, the last one having been written `seconds` ago.
    pub fn is_over(self, step: u32, seconds: f64) -> bool {
        let by_time = self.seconds > 0.0 && seconds >= f64::from(self.seconds);
        by_time || step.is_multiple_of(self.steps.max(1))
    }
}

impl Checkpoints {
    /// Checkpoints at `path`, of which `keep` are kept.
    pub fn new(path: PathBuf, interval: Interval, keep: usize) -> Self {
        Self {
            path,
            interval,
            written: Instant::now(),
            keep,
            newest: None,
            older: Vec::new(),
        }
    }

    /// Whether one is due after `step` steps.
    pub fn is_due(&self, step: u32) -> bool {
        let seconds = self.written.elapsed().as_secs_f64();
        self.interval.is_over(step, seconds)
    }

    /// Reads the newest by `read`, which returns its step, where it is wanted and there; else makes the folder.
    ///
    /// Errors: the checkpoint cannot be read or is another network's, or the folder cannot be made.
    pub fn resume(
        &mut self,
        is_wanted: bool,
        read: impl FnOnce(&Path) -> Result<u64, WeightsError>,
    ) -> Result<Option<u32>, NodeError> {
        if !is_wanted || !self.path.exists() {
            make_folder_of(&self.path)?;
            return Ok(None);
        }
        let step = read(&self.path).map_err(|error| unfit(error, &self.path))? as u32;
        self.newest = Some(step);
        self.older = self.steps_before(step);
        Ok(Some(step))
    }

    /// Writes the checkpoint of `step` by `save`; the one before is kept under the name of its step if so many are kept.
    ///
    /// The newest stands at its path at every moment, the old one until the new one is whole.
    ///
    /// Errors: it cannot be written; all earlier ones are as they were then.
    pub fn write(
        &mut self,
        step: u32,
        save: impl FnOnce(&Path) -> Result<(), WeightsError>,
    ) -> Result<(), NodeError> {
        let before = self
            .newest
            .filter(|before| self.keep > 1 && *before != step);
        if let Some(before) = before {
            let other = self.named(before);
            link(&self.path, &other)
                .map_err(|error| NodeError::file(&other, error, "make room, or set `keep` to 1"))?;
        }
        if let Err(error) = save(&self.path) {
            if let Some(before) = before {
                let _ = std::fs::remove_file(self.named(before));
            }
            return Err(unwritten(error));
        }
        self.newest = Some(step);
        self.written = Instant::now();
        self.older.extend(before);
        while self.older.len() + 1 > self.keep {
            let oldest = self.older.remove(0);
            // One file too many harms nobody, and may have been taken away already.
            let _ = std::fs::remove_file(self.named(oldest));
        }
        Ok(())
    }

    /// Where the checkpoint of `step` lies when it is no longer the newest.
    fn named(&self, step: u32) -> PathBuf {
        let stem = self.path.file_stem().unwrap_or_default().to_string_lossy();
        let name = match self.path.extension() {
            Some(extension) => format!("{stem}-{step}.{}", extension.to_string_lossy()),
            None => format!("{stem}-{step}"),
        };
        self.path.with_file_name(name)
    }

    /// The steps below `step` of which there are checkpoints, in order.
    fn steps_before(&self, step: u32) -> Vec<u32> {
        let folder = match self.path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            Some(_) | None => Path::new("."),
        };
        let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let mut steps: Vec<u32> = files
            .filter_map(|file| {
                let path = file.path();
                let (_, number) = path.file_stem()?.to_str()?.rsplit_once('-')?;
                let number = number.parse().ok()?;
                (number < step && self.named(number).file_name() == path.file_name())
                    .then_some(number)
            })
            .collect();
        steps.sort_unstable();
        steps
    }
}

/// Gives the file at `path` another name as well, in place of what lies there; where the system knows no second names,
/// it is copied.
fn link(path: &Path, other: &Path) -> io::Result<()> {
    match std::fs::remove_file(other) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    if std::fs::hard_link(path, other).is_err() {
        let _ = std::fs::copy(path, other)?;
    }
    Ok(())
}

/// What to do about a checkpoint that cannot be read.
fn unfit(error: WeightsError, path: &Path) -> NodeError {
    match error {
        WeightsError::Misfit { .. } => NodeError::file(
            path,
            error,
            "go on with the denoiser, the groups and the optimiser that it was made with, name another `checkpoint`, or \
             set `resume` to false to start anew",
        ),
        WeightsError::Damaged { .. } => NodeError::file(
            path,
            error,
            "put an older checkpoint in its place, or set `resume` to false to start anew",
        ),
        WeightsError::Io { .. }
        | WeightsError::Shard { .. }
        | WeightsError::None { .. }
        | WeightsError::Pickle { .. } => error.into(),
    }
}

/// What to do about a checkpoint that cannot be written.
fn unwritten(error: WeightsError) -> NodeError {
    match error {
        WeightsError::Io { problem, path } => NodeError::file(
            path,
            format!("the checkpoint cannot be written, {problem}; the one before is whole"),
            "make room or name another `checkpoint`, and go on with `resume`",
        ),
        WeightsError::Misfit { .. }
        | WeightsError::Damaged { .. }
        | WeightsError::Shard { .. }
        | WeightsError::None { .. }
        | WeightsError::Pickle { .. } => error.into(),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Checkpoints, Interval};
    use crate::network::weights::{WeightsError, write_whole};

    const OFTEN: Interval = Interval {
        steps: 100,
        seconds: 60.0,
    };

    fn names(folder: &Path) -> Vec<String> {
        let files = std::fs::read_dir(folder).expect("the folder is there");
        let mut names: Vec<String> = files
            .map(|file| file.expect("it can be read").file_name())
            .map(|name| name.to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    fn content(path: &Path) -> String {
        std::fs::read_to_string(path).expect("the file is there")
    }

    fn write(checkpoints: &mut Checkpoints, step: u32) {
        let text = format!("step {step}");
        checkpoints
            .write(step, |path| write_whole(path, text.as_bytes()))
            .expect("there is room");
    }

    #[test]
    fn they_are_due_by_steps_and_by_time() {
        assert!(OFTEN.is_over(200, 0.0));
        assert!(!OFTEN.is_over(201, 59.9));
        assert!(OFTEN.is_over(201, 60.0));
        let by_steps = Interval {
            seconds: 0.0,
            ..OFTEN
        };
        assert!(!by_steps.is_over(201, 1e9));
    }

    #[test]
    fn the_newest_are_kept_also_by_a_run_that_goes_on() {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let path = folder.path().join("runs/state.safetensors");
        let mut first = Checkpoints::new(path.clone(), OFTEN, 3);
        assert_eq!(first.resume(true, |_| Ok(7)), Ok(None), "there is none");
        for step in [5, 10, 15, 15, 100] {
            write(&mut first, step);
        }
        let folder = folder.path().join("runs");
        let kept = [
            "state-10.safetensors",
            "state-15.safetensors",
            "state.safetensors",
        ];
        assert_eq!(names(&folder), kept);
        assert_eq!(content(&path), "step 100");
        assert_eq!(content(&folder.join("state-15.safetensors")), "step 15");

        let mut second = Checkpoints::new(path.clone(), OFTEN, 3);
        assert_eq!(second.resume(true, |_| Ok(100)), Ok(Some(100)));
        write(&mut second, 120);
        let kept = [
            "state-100.safetensors",
            "state-15.safetensors",
            "state.safetensors",
        ];
        assert_eq!(names(&folder), kept);
        assert_eq!(content(&folder.join("state-100.safetensors")), "step 100");
    }

    #[test]
    fn one_is_kept_unless_more_are_asked_for() {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let mut checkpoints = Checkpoints::new(folder.path().join("state"), OFTEN, 1);
        for step in [5, 10] {
            write(&mut checkpoints, step);
        }
        assert_eq!(names(folder.path()), ["state"]);
        assert_eq!(content(&folder.path().join("state")), "step 10");
    }

    #[test]
    fn what_cannot_be_written_leaves_all_as_it_was() {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let path = folder.path().join("state");
        let mut checkpoints = Checkpoints::new(path.clone(), OFTEN, 2);
        for step in [5, 10] {
            write(&mut checkpoints, step);
        }
        let full = |path: &Path| {
            Err(WeightsError::Io {
                problem: "no space left on device".into(),
                path: path.into(),
            })
        };
        let refused = checkpoints.write(15, full).expect_err("there is no room");
        let message = refused.to_string();
        assert!(
            message.contains("no space left") && message.contains("the one before is whole"),
            "{message}"
        );
        assert_eq!(names(folder.path()), ["state", "state-5"]);
        assert_eq!(content(&path), "step 10");
        write(&mut checkpoints, 20);
        assert_eq!(names(folder.path()), ["state", "state-10"]);
    }
}

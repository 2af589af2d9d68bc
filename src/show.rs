//! What a run says on the way: bars for people, lines for logs, JSON for programs.

mod lines;
mod terminal;

use std::io::{IsTerminal, Write};
use std::time::Duration;

use graph::engine::Event;
use serde::Serialize;

use lines::Lines;
use terminal::Terminal;

/// How the events of a run are told.
#[derive(Debug)]
pub enum Show {
    /// Bars, on a terminal's standard error.
    Terminal(Terminal),
    /// A line for each thing that happens, on standard error.
    Lines(Lines),
    /// The events themselves, one JSON object a line on standard output.
    Json,
}

impl Show {
    /// JSON where it is asked for, else what suits standard error.
    pub fn new(json: bool, explain: bool) -> Self {
        if json {
            Self::Json
        } else if std::io::stderr().is_terminal() {
            Self::Terminal(Terminal::new(explain))
        } else {
            Self::Lines(Lines::new(explain))
        }
    }

    /// Tells of one event.
    pub fn event(&mut self, event: &Event) {
        match self {
            Self::Terminal(terminal) => terminal.event(&event.what),
            Self::Lines(lines) => lines.event(&event.what),
            Self::Json => json(event),
        }
    }
}

/// Writes one JSON object on a line of its own.
pub fn json(object: &impl Serialize) {
    if let Ok(line) = serde_json::to_string(object) {
        // A reader that has seen enough closes the pipe; the run goes on for its results.
        let _ = writeln!(std::io::stdout(), "{line}");
    }
}

/// A duration as people say it: `0.4 s`, `12 s`, `3 min 20 s`, `1 h 5 min`.
fn spoken(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    let whole = seconds.round() as u64;
    match whole {
        0..10 => format!("{seconds:.1} s"),
        10..60 => format!("{whole} s"),
        60..3600 => format!("{} min {} s", whole / 60, whole % 60),
        3600.. => format!("{} h {} min", whole / 3600, whole % 3600 / 60),
    }
}

/// `3.1 steps/s`, or `4.2 s/step` where a step takes longer than a second.
fn pace(rate: f64) -> String {
    if rate >= 1.0 || rate <= 0.0 {
        format!("{rate:.1}/s")
    } else {
        format!("{:.1} s each", 1.0 / rate)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{pace, spoken};

    #[test]
    fn durations_and_paces_read_well() {
        let check = |seconds: f64, text: &str| {
            assert_eq!(spoken(Duration::from_secs_f64(seconds)), text);
        };
        check(0.04, "0.0 s");
        check(9.26, "9.3 s");
        check(59.4, "59 s");
        check(200.0, "3 min 20 s");
        check(3900.0, "1 h 5 min");
        assert_eq!(pace(12.34), "12.3/s");
        assert_eq!(pace(0.25), "4.0 s each");
    }
}

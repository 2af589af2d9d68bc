//! How a node fares, in words.

use std::time::Duration;

use iced::alignment::Vertical;
use iced::widget::{Column, column, container, progress_bar, row, text};
use iced::{Element, Fill};

use super::Message;
use crate::status::NodeStatus;
use crate::theme::{GAP, GAP_SMALL, Icon, TEXT, TEXT_SMALL, icon, style};

/// A time as somebody would say it.
pub fn last(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds < 0.001 {
        "less than 1 ms".into()
    } else if seconds < 0.0995 {
        format!("{:.0} ms", seconds * 1000.0)
    } else if seconds < 9.95 {
        format!("{seconds:.1} s")
    } else if seconds < 59.5 {
        format!("{seconds:.0} s")
    } else if seconds < 3570.0 {
        let whole = seconds.round() as u64;
        format!("{} min {} s", whole / 60, whole % 60)
    } else {
        let minutes = (seconds / 60.0).round() as u64;
        format!("{} h {} min", minutes / 60, minutes % 60)
    }
}

/// How far a node is, how fast, and how long the rest will take.
pub fn progress(done: u64, total: u64, rate: f64, eta: Option<Duration>) -> String {
    let mut words = format!("{done} of {total}");
    if rate >= 1.0 {
        words += &format!(" · {rate:.1} a second");
    } else if rate > 1e-6 {
        words += &format!(" · {} each", last(Duration::from_secs_f64(1.0 / rate)));
    }
    if let Some(eta) = eta {
        words += &format!(" · {} left", last(eta));
    }
    words
}

/// How a node fares; what failed is told with what can be done about it.
pub fn view<'a>(status: &'a NodeStatus, reason: Option<&'a str>) -> Element<'a, Message> {
    match status {
        NodeStatus::Waiting => line(Icon::Clock, "waiting for its turn".into(), None),
        NodeStatus::Running {
            done,
            total,
            rate,
            eta,
        } => running((*done, *total), *rate, *eta),
        NodeStatus::Finished {
            from_cache: true, ..
        } => line(Icon::Cached, "taken from the cache".into(), reason),
        NodeStatus::Finished {
            took,
            from_cache: false,
            ..
        } => line(Icon::Success, format!("ran for {}", last(*took)), reason),
        NodeStatus::Failed {
            message,
            hint,
            port,
        } => failure(message, hint.as_deref(), port.as_deref()),
        NodeStatus::Skipped { because } => line(
            Icon::Skipped,
            format!("skipped, because `{because}` failed"),
            None,
        ),
        NodeStatus::Cancelled => line(Icon::Cancelled, "cancelled".into(), None),
    }
}

/// That what follows is of something else than what is set now.
pub fn stale<'a>() -> Element<'a, Message> {
    row![
        icon(Icon::History).size(TEXT).style(style::text::warning),
        text("outdated: changed since it ran, here or before it")
            .size(TEXT)
            .style(style::text::warning),
    ]
    .spacing(GAP_SMALL + 2.0)
    .align_y(Vertical::Center)
    .into()
}

fn line<'a>(picture: Icon, words: String, reason: Option<&'a str>) -> Element<'a, Message> {
    let head = row![
        icon(picture).size(TEXT).style(style::text::muted),
        text(words).size(TEXT).style(style::text::muted),
    ]
    .spacing(GAP_SMALL + 2.0)
    .align_y(Vertical::Center);
    let why = reason.map(|reason| {
        text(format!("because {reason}"))
            .size(TEXT_SMALL)
            .style(style::text::faint)
    });
    column![head, why].spacing(2.0).into()
}

fn running<'a>(
    (done, total): (u64, u64),
    rate: f64,
    eta: Option<Duration>,
) -> Element<'a, Message> {
    let words = if total == 0 {
        "running".to_owned()
    } else {
        progress(done, total, rate, eta)
    };
    let head = row![
        icon(Icon::Running).size(TEXT).style(style::text::accent),
        text(words).size(TEXT),
    ]
    .spacing(GAP_SMALL + 2.0)
    .align_y(Vertical::Center);
    let bar = (total > 0).then(|| {
        progress_bar(0.0..=1.0, done as f32 / total as f32)
            .girth(4.0)
            .style(style::field::progress)
    });
    column![head, bar].spacing(GAP_SMALL).into()
}

/// What went wrong, at which port, and how to mend it.
pub fn failure<'a, M: 'a>(
    message: &'a str,
    hint: Option<&'a str>,
    port: Option<&'a str>,
) -> Element<'a, M> {
    let head = row![
        icon(Icon::Failure).size(TEXT).style(style::text::danger),
        text(message).size(TEXT).width(Fill),
    ]
    .spacing(GAP_SMALL + 2.0);
    let more = |words: String| text(words).size(TEXT_SMALL + 1.0).style(style::text::muted);
    let lines = Column::new()
        .push(head)
        .push(port.map(|port| more(format!("at `{port}`"))))
        .push(hint.map(|hint| more(hint.to_owned())))
        .spacing(GAP_SMALL);
    container(lines)
        .padding(GAP)
        .width(Fill)
        .style(style::container::alarm)
        .into()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{last, progress};

    #[test]
    fn times_are_told_as_somebody_would_say_them() {
        let check = |seconds: f64, expected: &str| {
            assert_eq!(last(Duration::from_secs_f64(seconds)), expected);
        };
        check(0.0, "less than 1 ms");
        check(0.042, "42 ms");
        check(0.0996, "0.1 s");
        check(1.26, "1.3 s");
        check(9.96, "10 s");
        check(59.4, "59 s");
        check(59.6, "1 min 0 s");
        check(200.0, "3 min 20 s");
        check(3599.0, "1 h 0 min");
        check(9000.0, "2 h 30 min");
    }

    #[test]
    fn a_rate_is_told_as_what_can_be_counted() {
        let eta = Some(Duration::from_secs(3));
        assert_eq!(
            progress(7, 16, 2.5, eta),
            "7 of 16 · 2.5 a second · 3.0 s left"
        );
        assert_eq!(progress(1, 9, 0.5, None), "1 of 9 · 2.0 s each");
        assert_eq!(progress(0, 9, 0.0, None), "0 of 9");
    }
}

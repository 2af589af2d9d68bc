//! A clock that ticks as long as somebody listens.

use std::time::Duration;

use iced::Subscription;
use iced::futures::channel::mpsc;
use iced::futures::stream::BoxStream;

/// Ticks every `period`.
pub fn every(period: Duration) -> Subscription<()> {
    Subscription::run_with(period, ticks)
}

fn ticks(period: &Duration) -> BoxStream<'static, ()> {
    let period = *period;
    let (mut sender, ticks) = mpsc::channel(1);
    let _ = std::thread::spawn(move || {
        loop {
            std::thread::sleep(period);
            // A tick that nobody has taken yet is enough.
            match sender.try_send(()) {
                Err(error) if error.is_disconnected() => return,
                Ok(()) | Err(_) => {}
            }
        }
    });
    Box::pin(ticks)
}

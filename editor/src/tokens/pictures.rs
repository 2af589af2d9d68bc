//! The decoded pictures of steps: kept for a while, so that scrubbing back and forth shows them at once.

use std::collections::VecDeque;

use graph::preview::Picture;

use iced::Size;
use iced::widget::image::Handle;

use crate::preview;
use crate::viewer::raster;

/// How many pictures are kept.
const KEPT: usize = 64;

/// The decoded pictures of steps.
#[derive(Clone, Debug, Default)]
pub struct Pictures {
    made: VecDeque<Decoded>,
    shown: Option<Decoded>,
    failure: Option<(usize, String)>,
}

/// The picture of one step.
#[derive(Clone, Debug)]
pub struct Decoded {
    /// The step.
    pub step: usize,
    /// The picture.
    pub picture: Picture,
    /// What it is drawn from.
    pub handle: Handle,
}

impl Decoded {
    /// How large it is, in pixels.
    pub fn size(&self) -> Size {
        raster::size(&self.picture)
    }
}

impl Pictures {
    /// The picture that was shown last: that of the step looked at, or the one from before.
    pub fn shown(&self) -> Option<&Decoded> {
        self.shown.as_ref()
    }

    /// Whether the picture of `step` is there.
    pub fn has(&self, step: usize) -> bool {
        self.made.iter().any(|decoded| decoded.step == step)
    }

    /// Shows the picture of `step` if it is there, and goes on showing the one from before if not.
    pub fn show(&mut self, step: usize) {
        if let Some(decoded) = self.made.iter().find(|decoded| decoded.step == step) {
            self.shown = Some(decoded.clone());
        }
    }

    /// The picture of `step` is made.
    pub fn add(&mut self, step: usize, picture: Picture) {
        self.failure = None;
        self.made.retain(|decoded| decoded.step != step);
        if self.made.len() == KEPT {
            let _ = self.made.pop_front();
        }
        self.made.push_back(Decoded {
            step,
            handle: preview::opaque(&picture),
            picture,
        });
    }

    /// The picture of `step` could not be made.
    pub fn fail(&mut self, step: usize, message: String) {
        self.failure = Some((step, message));
    }

    /// Why there is no picture of `step`, if it was tried.
    pub fn failure(&self, step: usize) -> Option<&str> {
        let (failed, message) = self.failure.as_ref()?;
        (*failed == step).then_some(message)
    }

    /// Forgets that it failed, so that it is tried again.
    pub fn retry(&mut self) {
        self.failure = None;
    }

    /// Forgets all pictures, but goes on showing the last one until there is another.
    pub fn clear(&mut self) {
        self.made.clear();
        self.failure = None;
        if let Some(shown) = &mut self.shown {
            // No step has this number, so it counts as one from before.
            shown.step = usize::MAX;
        }
    }
}

#[cfg(test)]
mod tests {
    use graph::preview::Picture;

    use super::{KEPT, Pictures};

    fn picture(brightness: u8) -> Picture {
        Picture {
            width: 1,
            height: 1,
            pixels: vec![brightness; 3].into(),
        }
    }

    #[test]
    fn the_picture_from_before_stays_until_there_is_another() {
        let mut pictures = Pictures::default();
        let shown = |pictures: &Pictures| pictures.shown().map(|shown| shown.picture.pixels[0]);
        pictures.show(3);
        assert_eq!(shown(&pictures), None);
        pictures.add(3, picture(30));
        pictures.show(3);
        pictures.show(4);
        assert_eq!(shown(&pictures), Some(30));
        pictures.add(4, picture(40));
        pictures.show(4);
        assert_eq!(shown(&pictures), Some(40));
        pictures.show(3);
        assert_eq!(shown(&pictures), Some(30));
        pictures.clear();
        assert_eq!(shown(&pictures), Some(30));
        assert!(!pictures.has(3));
    }

    #[test]
    fn only_so_many_are_kept() {
        let mut pictures = Pictures::default();
        for step in 0..=KEPT {
            pictures.add(step, picture(0));
        }
        assert!(!pictures.has(0) && pictures.has(1) && pictures.has(KEPT));
    }

    #[test]
    fn a_failure_belongs_to_its_step() {
        let mut pictures = Pictures::default();
        pictures.fail(2, "no decoder".into());
        assert_eq!(pictures.failure(2), Some("no decoder"));
        assert_eq!(pictures.failure(3), None);
        pictures.retry();
        assert_eq!(pictures.failure(2), None);
    }
}

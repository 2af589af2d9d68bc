//! Pictures that are looked at, and where they come from.

use std::sync::Arc;

use graph::preview::Picture;

use iced::Size;
use iced::widget::image::Handle;

use super::raster;
use crate::preview;

/// The pictures of one output.
#[derive(Clone, Debug)]
pub struct Subject {
    label: String,
    slides: Vec<Slide>,
    workflow: Option<Arc<str>>,
}

/// One picture, and what it is drawn from.
#[derive(Clone, Debug)]
pub struct Slide {
    picture: Picture,
    handle: Handle,
}

impl Slide {
    /// `picture`, to be drawn.
    pub fn new(picture: Picture) -> Self {
        Self {
            handle: preview::opaque(&picture),
            picture,
        }
    }

    /// The picture.
    pub fn picture(&self) -> &Picture {
        &self.picture
    }

    /// What it is drawn from.
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// How large it is, in pixels.
    pub fn size(&self) -> Size {
        raster::size(&self.picture)
    }

    /// The colour of a pixel: red, green, blue.
    pub fn pixel(&self, column: u32, row: u32) -> Option<[u8; 3]> {
        let Picture {
            width,
            height,
            pixels,
        } = &self.picture;
        if column >= *width || row >= *height {
            return None;
        }
        let at = 3 * (row as usize * *width as usize + column as usize);
        pixels.get(at..at + 3)?.try_into().ok()
    }
}

impl Subject {
    /// The pictures of an output; what cannot be drawn because its pixels are torn is left out.
    ///
    /// `label` tells the output, such as `paint.image`; `workflow` is what the pictures were made by, as the text of a workflow file.
    pub fn new(
        label: impl Into<String>,
        pictures: Vec<Picture>,
        workflow: Option<Arc<str>>,
    ) -> Self {
        let whole = pictures.into_iter().filter(|picture| {
            let count = picture.width as usize * picture.height as usize;
            count > 0 && picture.pixels.len() == 3 * count
        });
        Self {
            label: label.into(),
            slides: whole.map(Slide::new).collect(),
            workflow,
        }
    }

    /// What the pictures are.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// The pictures.
    pub fn slides(&self) -> &[Slide] {
        &self.slides
    }

    /// What the pictures were made by, as the text of a workflow file.
    pub fn workflow(&self) -> Option<&Arc<str>> {
        self.workflow.as_ref()
    }

    /// Whether both hold the same pictures of the same output.
    pub fn is_same(&self, other: &Self) -> bool {
        let (pictures, others) = (self.slides.iter(), other.slides.iter());
        self.label == other.label
            && pictures
                .map(|slide| &slide.picture)
                .eq(others.map(|slide| &slide.picture))
    }

    /// A name for a file of the picture at `at`.
    pub fn file_name(&self, at: usize) -> String {
        let letter = |letter: char| {
            if letter.is_alphanumeric() {
                letter
            } else {
                '_'
            }
        };
        let name: String = self.label.chars().map(letter).collect();
        if self.slides.len() > 1 {
            format!("{name}_{}.png", at + 1)
        } else {
            format!("{name}.png")
        }
    }
}

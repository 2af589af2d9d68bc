//! Texts that are shaped once and drawn at any zoom.

use std::collections::{BTreeMap, HashMap};

use iced::advanced::graphics::text::Paragraph;
use iced::advanced::text::{self, LineHeight, Paragraph as _, Shaping, Wrapping};
use iced::{Pixels, Size, alignment};

use crate::theme;

/// How tall a line is, as a multiple of the size of its letters.
pub const LINE: f32 = 1.3;
/// For how many pictures a text is kept that is not drawn.
const KEPT: u32 = 120;

/// By which factor letters may be larger or smaller than they should be while the zoom changes.
const LAG: f32 = 1.2;
/// Zooms are told apart by this share of one, so that letters are known again where one zooms back.
const STEP: f32 = 1.0 / 4096.0;

/// What letters a text is set in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Face {
    /// Those of all text.
    Text,
    /// The pictures of [`theme::Icon`].
    Icons,
}

/// How much room a text has; what does not fit is left out, and an ellipsis tells so.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Room {
    /// One line of some width.
    Line(f32),
    /// Lines of some width, and how many.
    Lines(f32, u16),
}

/// Texts that were drawn lately, as they were shaped.
#[derive(Debug, Default)]
pub struct Letters {
    known: BTreeMap<Setting, HashMap<String, Shaped>>,
    sizes: BTreeMap<(Face, u32), Zoomed>,
    zoom: f32,
    turn: u32,
}

/// The zoom at which letters of one size are drawn.
///
/// Letters of a new zoom have to be drawn one by one before they can be shown, which takes longer than all else.
/// So while the zoom changes one size follows it in each picture, and the others lag behind for a few.
#[derive(Clone, Copy, Debug)]
struct Zoomed {
    zoom: f32,
    drawn: u32,
}

/// How a text is set; sizes are kept in hundredths, so that they can be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Setting {
    face: Face,
    size: u32,
    width: u32,
    lines: u16,
}

#[derive(Debug)]
struct Shaped {
    paragraph: Paragraph,
    drawn: u32,
}

impl Letters {
    /// A new picture begins, at this zoom: texts that were not drawn for long are forgotten.
    pub fn turn(&mut self, zoom: f32) {
        self.zoom = stepped(zoom);
        self.follow();
        self.turn = self.turn.wrapping_add(1);
        let turn = self.turn;
        if turn.is_multiple_of(KEPT) {
            for shaped in self.known.values_mut() {
                shaped.retain(|_, text| turn.wrapping_sub(text.drawn) < KEPT);
            }
        }
    }

    /// Lets one size of letters follow the zoom, and those that lag too far behind.
    fn follow(&mut self) {
        let (zoom, turn) = (self.zoom, self.turn);
        let seen = self.sizes.values_mut().filter(|size| size.drawn == turn);
        let mut behind: Vec<&mut Zoomed> = seen.filter(|size| size.zoom != zoom).collect();
        behind.sort_by(|left, right| right.lag(zoom).total_cmp(&left.lag(zoom)));
        for (number, size) in behind.into_iter().enumerate() {
            if number == 0 || size.lag(zoom) > LAG {
                size.zoom = zoom;
            }
        }
    }

    /// Whether letters that are seen have yet to follow to `zoom`: then there is another picture to draw.
    pub fn lags(&self, zoom: f32) -> bool {
        let zoom = stepped(zoom);
        let mut sizes = self.sizes.values();
        sizes.any(|size| size.drawn == self.turn && size.zoom != zoom)
    }

    /// The zoom at which letters of this size are drawn now.
    pub fn zoom(&mut self, face: Face, size: f32) -> f32 {
        let (zoom, turn) = (self.zoom, self.turn);
        let key = (face, hundredths(size));
        let size = self
            .sizes
            .entry(key)
            .or_insert(Zoomed { zoom, drawn: turn });
        if turn.wrapping_sub(size.drawn) > 1 {
            // What was not seen the last time need not look as it did then.
            size.zoom = zoom;
        }
        size.drawn = turn;
        size.zoom
    }

    /// `text` as it is set: shaped now, unless that was done before.
    pub fn shape(&mut self, text: &str, face: Face, size: f32, room: Room) -> Paragraph {
        let (width, lines) = match room {
            Room::Line(width) => (width, 1),
            Room::Lines(width, lines) => (width, lines),
        };
        let setting = Setting {
            face,
            size: hundredths(size),
            width: hundredths(width),
            lines,
        };
        let turn = self.turn;
        let known = self.known.entry(setting).or_default();
        if let Some(shaped) = known.get_mut(text) {
            shaped.drawn = turn;
            return shaped.paragraph.clone();
        }
        let paragraph = match room {
            Room::Line(width) => line(text, face, size, width),
            Room::Lines(width, lines) => block(text, face, size, width, lines),
        };
        let shaped = Shaped {
            paragraph: paragraph.clone(),
            drawn: turn,
        };
        let _ = known.insert(text.to_owned(), shaped);
        paragraph
    }
}

impl Zoomed {
    /// By which factor letters at this zoom are larger or smaller than at `zoom`.
    fn lag(self, zoom: f32) -> f32 {
        (self.zoom / zoom).max(zoom / self.zoom)
    }
}

fn stepped(zoom: f32) -> f32 {
    (zoom / STEP).round().max(1.0) * STEP
}

fn hundredths(length: f32) -> u32 {
    (length * 100.0).clamp(0.0, 1e9) as u32
}

/// One line, cut with an ellipsis where it is wider than `width`.
fn line(text: &str, face: Face, size: f32, width: f32) -> Paragraph {
    let text = text.lines().next().unwrap_or_default();
    let endless = Size::new(f32::INFINITY, f32::INFINITY);
    cut(
        text,
        |text| set(text, face, size, endless, Wrapping::None),
        |paragraph| paragraph.min_width() <= width,
    )
}

/// Lines of `width`, cut with an ellipsis where there are more than `lines`.
fn block(text: &str, face: Face, size: f32, width: f32, lines: u16) -> Paragraph {
    let bounds = Size::new(width, f32::INFINITY);
    // Half a line more, for heights are sums of rounded numbers.
    let height = (f32::from(lines) + 0.5) * size * LINE;
    cut(
        text,
        |text| set(text, face, size, bounds, Wrapping::WordOrGlyph),
        |paragraph| paragraph.min_height() <= height,
    )
}

/// The longest beginning of `text` that fits, with an ellipsis where it is not all of it.
fn cut(
    text: &str,
    set: impl Fn(&str) -> Paragraph,
    fits: impl Fn(&Paragraph) -> bool,
) -> Paragraph {
    let whole = set(text);
    if fits(&whole) {
        return whole;
    }
    let ends: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    let shortened = |letters: usize| {
        let end = ends.get(letters).copied().unwrap_or(text.len());
        set(&format!("{}…", text[..end].trim_end()))
    };
    let (mut fitting, mut too_many) = (0, ends.len());
    while fitting + 1 < too_many {
        let middle = fitting.midpoint(too_many);
        if fits(&shortened(middle)) {
            fitting = middle;
        } else {
            too_many = middle;
        }
    }
    shortened(fitting)
}

fn set(text: &str, face: Face, size: f32, bounds: Size, wrapping: Wrapping) -> Paragraph {
    let (font, shaping) = match face {
        Face::Text => (theme::FONT, Shaping::Auto),
        Face::Icons => (theme::icon::FONT, Shaping::Basic),
    };
    Paragraph::with_text(text::Text {
        content: text,
        bounds,
        size: Pixels(size),
        line_height: LineHeight::Relative(LINE),
        font,
        align_x: text::Alignment::Left,
        align_y: alignment::Vertical::Top,
        shaping,
        wrapping,
    })
}

#[cfg(test)]
mod tests;

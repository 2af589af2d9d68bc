//! A grid of tokens as a small picture.

use graph::preview::TokenGrid;
use iced::widget::image::Handle;

use super::LARGEST;

type Colour = [u8; 3];

/// What is not laid yet: neither light nor dark, so that it is seen on every ground.
const MASKED: Colour = [118, 120, 124];
/// The ring around what the last step replaced.
const RING: Colour = [255, 122, 69];
/// Codes of which nothing is known but that they are there.
const UNKNOWN: Colour = [148, 176, 205];

/// The colours of confidence, from unsure to sure, evenly spaced.
const RAMP: [Colour; 3] = [[64, 46, 141], [22, 150, 136], [244, 222, 92]];

/// How many pixels a token takes at most.
const LARGEST_CELL: usize = 8;

/// `grid` as a picture of whole pixels for each token; `None` where its codes do not fill it, or it is empty.
pub fn draw(grid: &TokenGrid) -> Option<Handle> {
    let (rows, columns) = (grid.rows as usize, grid.columns as usize);
    let count = rows.checked_mul(columns)?;
    if count == 0 || grid.codes.len() != count {
        return None;
    }
    let longer = rows.max(columns);
    let cell = (LARGEST as usize / longer).clamp(1, LARGEST_CELL);
    // A grid of more tokens than there are pixels shows every so manieth token.
    let every = longer.div_ceil(LARGEST as usize);
    let (width, height) = (columns.div_ceil(every), rows.div_ceil(every));
    let mut pixels = vec![255; width * height * cell * cell * 4];
    for row in 0..height {
        for column in 0..width {
            let token = row * every * columns + column * every;
            for (x, y) in (0..cell * cell).map(|at| (at % cell, at / cell)) {
                let is_edge = x.min(y) == 0 || x.max(y) == cell - 1;
                let at = ((row * cell + y) * width + column) * cell + x;
                pixels[at * 4..at * 4 + 3].copy_from_slice(&colour(grid, token, is_edge));
            }
        }
    }
    Some(Handle::from_rgba(
        (width * cell) as u32,
        (height * cell) as u32,
        pixels,
    ))
}

fn colour(grid: &TokenGrid, token: usize, is_edge: bool) -> Colour {
    if grid.codes[token].is_none() {
        return MASKED;
    }
    if is_edge && grid.edited.get(token).is_some_and(|edited| *edited) {
        return RING;
    }
    match grid.confidence.get(token) {
        Some(confidence) if *confidence > 0.0 => ramp(*confidence),
        Some(_) | None => UNKNOWN,
    }
}

fn ramp(confidence: f32) -> Colour {
    let at = confidence.clamp(0.0, 1.0) * (RAMP.len() - 1) as f32;
    let below = (at as usize).min(RAMP.len() - 2);
    let share = at - below as f32;
    let (from, to) = (RAMP[below], RAMP[below + 1]);
    std::array::from_fn(|channel| {
        let (from, to) = (f32::from(from[channel]), f32::from(to[channel]));
        (from + share * (to - from) + 0.5) as u8
    })
}

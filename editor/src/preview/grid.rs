//! A grid of tokens as a small picture.

use graph::preview::TokenGrid;
use iced::widget::image::Handle;

use super::LARGEST;
use crate::theme::{ramp, tint};

type Colour = [u8; 3];

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
            let [body, edge] = [false, true].map(|is_edge| colour(grid, token, is_edge));
            for (x, y) in (0..cell * cell).map(|at| (at % cell, at / cell)) {
                let is_edge = x.min(y) == 0 || x.max(y) == cell - 1;
                let at = ((row * cell + y) * width + column) * cell + x;
                let colour = if is_edge { edge } else { body };
                pixels[at * 4..at * 4 + 3].copy_from_slice(&colour);
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
    let is_edited = grid.edited.get(token).is_some_and(|edited| *edited);
    let colour = match (grid.codes[token], grid.confidence.get(token)) {
        (None, _) => tint::MASKED,
        (Some(_), _) if is_edge && is_edited => tint::EDITED,
        (Some(_), Some(confidence)) if *confidence > 0.0 => ramp::colour(*confidence),
        (Some(_), Some(_) | None) => tint::GIVEN,
    };
    let [red, green, blue, _] = colour.into_rgba8();
    [red, green, blue]
}

//! Pictures made small, each pixel the mean of what it covers.

use graph::preview::Picture;
use iced::widget::image::Handle;

/// `picture` with at most `largest` pixels a side; `None` where its bytes do not fill it, or it is empty.
pub fn shrunk(picture: &Picture, largest: u32) -> Option<Handle> {
    let (width, height) = (picture.width as usize, picture.height as usize);
    let bytes = width.checked_mul(height)?.checked_mul(3)?;
    if bytes == 0 || picture.pixels.len() != bytes {
        return None;
    }
    let longer = picture.width.max(picture.height);
    if longer <= largest {
        return Some(opaque(picture));
    }
    let small = |side: u32| {
        let side = u64::from(side) * u64::from(largest);
        // A strip of a picture still has a pixel.
        (((side + u64::from(longer) / 2) / u64::from(longer)) as usize).max(1)
    };
    let (columns, rows) = (small(picture.width), small(picture.height));
    let (across, down) = (covers(width, columns), covers(height, rows));
    let mut pixels = Vec::with_capacity(columns * rows * 4);
    for cover in &down {
        let line = mixed(picture, cover);
        for cover in &across {
            pixels.extend(colour(&line, cover));
        }
    }
    Some(Handle::from_rgba(columns as u32, rows as u32, pixels))
}

/// All pixels of a picture whose bytes fill it.
pub fn opaque(picture: &Picture) -> Handle {
    let pixels: Vec<u8> = picture
        .pixels
        .chunks_exact(3)
        .flat_map(|pixel| [pixel[0], pixel[1], pixel[2], 255])
        .collect();
    Handle::from_rgba(picture.width, picture.height, pixels)
}

/// What one small pixel covers along one axis: the first large pixel, and the share of each from there on.
struct Cover {
    first: usize,
    shares: Vec<f32>,
}

/// What each of `small` pixels covers of `large` ones.
fn covers(large: usize, small: usize) -> Vec<Cover> {
    let scale = large as f64 / small as f64;
    let cover = |at: usize| {
        let (start, end) = (at as f64 * scale, (at + 1) as f64 * scale);
        let first = (start as usize).min(large - 1);
        let last = (end.ceil() as usize).clamp(first + 1, large);
        let shares = (first..last).map(|pixel| {
            let overlap = end.min((pixel + 1) as f64) - start.max(pixel as f64);
            (overlap.max(0.0) / scale) as f32
        });
        Cover {
            first,
            shares: shares.collect(),
        }
    };
    (0..small).map(cover).collect()
}

/// The rows that `cover` covers, mixed into one.
fn mixed(picture: &Picture, cover: &Cover) -> Vec<f32> {
    let length = picture.width as usize * 3;
    let mut line = vec![0.0; length];
    for (at, share) in cover.shares.iter().enumerate() {
        let row = &picture.pixels[(cover.first + at) * length..][..length];
        for (sum, byte) in line.iter_mut().zip(row) {
            *sum += share * f32::from(*byte);
        }
    }
    line
}

/// The pixels of `line` that `cover` covers, mixed into one.
fn colour(line: &[f32], cover: &Cover) -> [u8; 4] {
    let mut sums = [0.0; 3];
    for (at, share) in cover.shares.iter().enumerate() {
        let pixel = &line[(cover.first + at) * 3..][..3];
        for (sum, level) in sums.iter_mut().zip(pixel) {
            *sum += share * level;
        }
    }
    let [red, green, blue] = sums.map(|sum| (sum + 0.5) as u8);
    [red, green, blue, 255]
}

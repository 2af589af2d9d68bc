//! Frames as a GIF or an animated PNG.

use gif::{Encoder, Frame, Repeat};

use super::frames::Moving;

/// An endless GIF; `delays` are in milliseconds.
///
/// Errors: a side is longer than the format allows.
pub fn gif(moving: &Moving, delays: &[u32]) -> Result<Vec<u8>, String> {
    let side = |length: usize| {
        u16::try_from(length).map_err(|_| format!("a side of {length} pixels is too long"))
    };
    let (width, height) = (side(moving.width)?, side(moving.height)?);
    let mut bytes = Vec::new();
    let mut encoder =
        Encoder::new(&mut bytes, width, height, &[]).map_err(|error| error.to_string())?;
    encoder
        .set_repeat(Repeat::Infinite)
        .map_err(|error| error.to_string())?;
    for (frame, delay) in moving.frames.iter().zip(delays) {
        let mut frame = Frame::from_rgb_speed(width, height, frame, 10);
        // The format counts hundredths of a second.
        frame.delay = u16::try_from(delay / 10).unwrap_or(u16::MAX);
        encoder
            .write_frame(&frame)
            .map_err(|error| error.to_string())?;
    }
    drop(encoder);
    Ok(bytes)
}

/// An endless animated PNG; `delays` are in milliseconds.
///
/// Errors: the frames are not what the format allows.
pub fn apng(moving: &Moving, delays: &[u32]) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    write_apng(&mut bytes, moving, delays).map_err(|error| error.to_string())?;
    Ok(bytes)
}

fn write_apng(
    bytes: &mut Vec<u8>,
    moving: &Moving,
    delays: &[u32],
) -> Result<(), png::EncodingError> {
    let mut encoder = png::Encoder::new(bytes, moving.width as u32, moving.height as u32);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_animated(moving.frames.len() as u32, 0)?;
    let mut writer = encoder.write_header()?;
    for (frame, delay) in moving.frames.iter().zip(delays) {
        let milliseconds = u16::try_from(*delay).unwrap_or(u16::MAX);
        writer.set_frame_delay(milliseconds, 1000)?;
        writer.write_image_data(frame)?;
    }
    writer.finish()
}

//! Drawing a scene.

use super::layout::{Placed, Scene};
use super::sprites::Sprites;
use crate::input::picture::Picture;

/// Draws `scene`: `size × size × 3` bytes, and which pixels show an object.
pub fn render(scene: &Scene, sprites: &Sprites, size: usize) -> (Vec<u8>, Vec<bool>) {
    let mut bytes = scene.background.repeat(size * size);
    let mut covered = vec![false; size * size];
    for object in &scene.objects {
        let picture = sprites.picture(object.sprite, object.width.max(object.height));
        draw(object, picture, size, &mut bytes, &mut covered);
    }
    (bytes, covered)
}

/// Where along one axis of the sprite a pixel of the scene lies: between `low` and `high`, which weigh in by `share`.
#[derive(Clone, Copy)]
struct Tap {
    low: usize,
    high: usize,
    weights: [f32; 2],
}

/// The taps of all pixels that an object touches along one axis, and the first of those pixels.
///
/// Beyond the sprite's border everything is transparent, which is what softens its edge.
fn taps(start: f32, extent: f32, length: usize, size: usize) -> (usize, Vec<Tap>) {
    let scale = length as f32 / extent;
    let first = (start - 0.5 / scale).floor().max(0.0) as usize;
    let end = ((start + extent + 0.5 / scale).ceil() as usize).min(size);
    let taps = (first..end)
        .map(|pixel| {
            let at = (pixel as f32 + 0.5 - start) * scale - 0.5;
            let low = at.floor();
            let share = at - low;
            let inside = |index: f32| index >= 0.0 && index < length as f32;
            let weigh = |index: f32, weight: f32| if inside(index) { weight } else { 0.0 };
            let clamp = |index: f32| index.clamp(0.0, length as f32 - 1.0) as usize;
            Tap {
                low: clamp(low),
                high: clamp(low + 1.0),
                weights: [weigh(low, 1.0 - share), weigh(low + 1.0, share)],
            }
        })
        .collect();
    (first, taps)
}

fn draw(object: &Placed, picture: &Picture, size: usize, bytes: &mut [u8], covered: &mut [bool]) {
    let (left, across) = taps(object.left, object.width, picture.width, size);
    let (top, down) = taps(object.top, object.height, picture.height, size);
    for (row, vertical) in (top..).zip(&down) {
        let upper = &picture.pixels[vertical.low * picture.width..][..picture.width];
        let lower = &picture.pixels[vertical.high * picture.width..][..picture.width];
        let from = row * size + left;
        let target = bytes[from * 3..].chunks_exact_mut(3);
        let covered = &mut covered[from..];
        for ((horizontal, pixel), covered) in across.iter().zip(target).zip(covered) {
            let [above, below] = vertical.weights;
            let [before, after] = horizontal.weights;
            let corners = [
                (upper[horizontal.low], above * before),
                (upper[horizontal.high], above * after),
                (lower[horizontal.low], below * before),
                (lower[horizontal.high], below * after),
            ];
            let mut sum = [0.0_f32; 4];
            for (colour, weight) in corners {
                for channel in 0..4 {
                    sum[channel] += weight * f32::from(colour[channel]);
                }
            }
            let clear = 1.0 - sum[3] * (1.0 / 255.0);
            for channel in 0..3 {
                let mixed = sum[channel] + clear * f32::from(pixel[channel]);
                pixel[channel] = (mixed + 0.5) as u8;
            }
            *covered |= sum[3] > 127.5;
        }
    }
}

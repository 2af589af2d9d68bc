//! Resizing: first along the rows, then along the columns.

use super::Picture;

/// Which pixels, from `first` on, make up one pixel of the result, and with what weight each.
struct Window {
    first: usize,
    weights: Vec<f32>,
}

/// `picture` at `width × height` pixels.
///
/// Where the picture shrinks each pixel is a weighted mean of all that it covers (a triangle as wide as two pixels of
/// the result), where it grows the mean of its neighbours, weighted by nearness.
pub fn resize(picture: &Picture, width: usize, height: usize) -> Picture {
    let across = windows(picture.width, width);
    let down = windows(picture.height, height);

    let mut rows = Vec::with_capacity(width * picture.height);
    for row in picture.pixels.chunks_exact(picture.width) {
        for window in &across {
            rows.push(mean(window, |at| row[at].map(f32::from)));
        }
    }
    let mut pixels = Vec::with_capacity(width * height);
    for window in &down {
        for column in 0..width {
            let value = mean(window, |at| rows[at * width + column]);
            pixels.push(value.map(|channel| (channel + 0.5).clamp(0.0, 255.0) as u8));
        }
    }
    Picture {
        width,
        height,
        pixels,
    }
}

fn mean(window: &Window, pixel: impl Fn(usize) -> [f32; 4]) -> [f32; 4] {
    let mut sum = [0.0; 4];
    for (offset, weight) in window.weights.iter().enumerate() {
        let pixel = pixel(window.first + offset);
        for channel in 0..4 {
            sum[channel] += weight * pixel[channel];
        }
    }
    sum
}

fn windows(from: usize, to: usize) -> Vec<Window> {
    let scale = from as f32 / to as f32;
    let radius = scale.max(1.0);
    (0..to)
        .map(|at| {
            let middle = (at as f32 + 0.5) * scale;
            let first = (middle - radius).floor().max(0.0) as usize;
            let end = ((middle + radius).ceil() as usize).min(from);
            let mut weights: Vec<f32> = (first..end)
                .map(|source| (1.0 - (source as f32 + 0.5 - middle).abs() / radius).max(0.0))
                .collect();
            let sum: f32 = weights.iter().sum();
            for weight in &mut weights {
                *weight /= sum;
            }
            Window { first, weights }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::Picture;
    use super::resize;

    fn grey(width: usize, levels: &[u8]) -> Picture {
        Picture {
            width,
            height: levels.len() / width,
            pixels: levels.iter().map(|level| [*level; 4]).collect(),
        }
    }

    fn levels(picture: &Picture) -> Vec<u8> {
        picture.pixels.iter().map(|pixel| pixel[0]).collect()
    }

    #[test]
    fn the_same_size_changes_nothing() {
        let picture = grey(3, &[0, 90, 255, 13, 7, 200]);
        assert_eq!(resize(&picture, 3, 2), picture);
    }

    #[test]
    fn an_even_picture_stays_even_at_every_size() {
        let picture = grey(7, &[77; 35]);
        for (width, height) in [(1, 1), (3, 2), (20, 9), (7, 40)] {
            let resized = resize(&picture, width, height);
            assert_eq!(levels(&resized), vec![77; width * height]);
        }
    }

    #[test]
    fn shrinking_averages_and_growing_blends() {
        // Weights 3/8, 3/8 and 1/4·(1/2) each way: 1/8, 3/8, 3/8, 1/8 before the border is cut off.
        assert_eq!(
            levels(&resize(&grey(4, &[0, 0, 240, 240]), 2, 1)),
            [34, 206]
        );
        assert_eq!(
            levels(&resize(&grey(2, &[0, 200]), 4, 1)),
            [0, 50, 150, 200]
        );
    }
}

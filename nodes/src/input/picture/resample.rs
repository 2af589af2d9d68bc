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

    let mut rows = vec![[0.0_f32; 4]; width * picture.height];
    for (row, resized) in rows.chunks_exact_mut(width).enumerate() {
        let row = &picture.pixels[row * picture.width..][..picture.width];
        for (window, sum) in across.iter().zip(resized) {
            for (pixel, weight) in row[window.first..].iter().zip(&window.weights) {
                let [red, green, blue, alpha] = *pixel;
                let pixel = [red.into(), green.into(), blue.into(), alpha.into()];
                add(sum, *weight, pixel);
            }
        }
    }
    let mut pixels = Vec::with_capacity(width * height);
    let mut sums = vec![[0.0_f32; 4]; width];
    for window in &down {
        sums.fill([0.0; 4]);
        for (row, weight) in (window.first..).zip(&window.weights) {
            for (sum, pixel) in sums.iter_mut().zip(&rows[row * width..][..width]) {
                add(sum, *weight, *pixel);
            }
        }
        for sum in &sums {
            pixels.push(sum.map(|channel| (channel + 0.5).clamp(0.0, 255.0) as u8));
        }
    }
    Picture {
        width,
        height,
        pixels,
    }
}

/// Written out, as a loop over four channels takes longer than they do where nothing is inlined.
fn add(sum: &mut [f32; 4], weight: f32, [red, green, blue, alpha]: [f32; 4]) {
    sum[0] += weight * red;
    sum[1] += weight * green;
    sum[2] += weight * blue;
    sum[3] += weight * alpha;
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

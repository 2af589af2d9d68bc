//! 3×3 convolutions as products with the unfolded picture, in bands of rows.

use burn::backend::{Backend, TensorMetadata, tensor::FloatTensor};
use burn::tensor::{FloatDType, Shape, Slice};

use super::rows::add_to_rows;
use crate::Resolution;
use crate::backend::{TensorKernels, cast};

/// How large the unfolded picture may be at a time, in bytes.
const BAND_BYTES: usize = 256 << 20;

/// `[b, h, w, c] × [out, 9·c] + [out] → [b, h', w', out]`, plus a picture where there is one, rounded once.
pub(in crate::backend) fn convolution<B: TensorKernels>(
    x: FloatTensor<B>,
    weight: FloatTensor<B>,
    bias: FloatTensor<B>,
    addend: Option<FloatTensor<B>>,
    resolution: Resolution,
) -> FloatTensor<B> {
    if resolution == Resolution::Doubled {
        let x = doubled::<B>(x);
        return match addend {
            None => B::convolution(x, weight, bias, Resolution::Kept),
            Some(addend) => B::convolution_added(x, weight, bias, addend, Resolution::Kept),
        };
    }
    let [outputs, taps] = weight.shape().dims();
    let height = x.shape()[1];
    // Of two rows that are halved, the lower one has the result.
    let height = match resolution {
        Resolution::Kept | Resolution::Doubled => height,
        Resolution::Halved => height / 2 * 2,
    };
    let mut done = 0;
    let parts = bands(&x, height, BAND_BYTES).into_iter().map(|band| {
        let unfolded = band.unfolded::<B>(&x);
        let unfolded = if resolution == Resolution::Halved {
            every_second::<B>(unfolded)
        } else {
            unfolded
        };
        let [b, h, w, _] = unfolded.shape().dims();
        let rows = B::float_reshape(unfolded, Shape::new([b * h * w, taps]));
        let own = [0..b, done..done + h, 0..w, 0..outputs].map(Slice::from);
        done += h;
        let addend = addend.clone().map(|addend| {
            let own = B::float_slice(addend, &own);
            B::float_reshape(own, Shape::new([b * h * w, outputs]))
        });
        let y = match addend {
            None => B::affine(rows, weight.clone(), bias.clone()),
            Some(addend) => affine_added::<B>(rows, weight.clone(), bias.clone(), addend),
        };
        B::float_reshape(y, Shape::new([b, h, w, outputs]))
    });
    let mut parts: Vec<FloatTensor<B>> = parts.collect();
    match (parts.len(), parts.pop()) {
        (1, Some(whole)) => whole,
        (_, last) => B::float_cat(parts.into_iter().chain(last).collect(), 1),
    }
}

/// `x·Wᵀ + b + addend` in the type of `x`, rounded once.
fn affine_added<B: TensorKernels>(
    x: FloatTensor<B>,
    weight: FloatTensor<B>,
    bias: FloatTensor<B>,
    addend: FloatTensor<B>,
) -> FloatTensor<B> {
    let dtype: FloatDType = x.dtype().into();
    if dtype == FloatDType::F32 {
        return B::float_add(B::affine(x, weight, bias), addend);
    }
    let weight = B::float_transpose(cast::<B>(weight, dtype));
    let y = B::product(x, weight, FloatDType::F32);
    let y = add_to_rows::<B>(y, cast::<B>(bias, FloatDType::F32));
    cast::<B>(B::float_add(y, cast::<B>(addend, FloatDType::F32)), dtype)
}

/// The gradient of a convolution in its weight, given those of its rows: `Gᵀ·unfold(x)`, `[out, 9·c]`, in f32.
pub(in crate::backend) fn convolution_weight_gradient<B: TensorKernels>(
    x: &FloatTensor<B>,
    grad: &FloatTensor<B>,
) -> FloatTensor<B> {
    weight_gradient_by::<B>(x, grad, BAND_BYTES)
}

/// The same, with at most so many `bytes` of unfolded rows at a time, where two rows of a picture have no more.
fn weight_gradient_by<B: TensorKernels>(
    x: &FloatTensor<B>,
    grad: &FloatTensor<B>,
    bytes: usize,
) -> FloatTensor<B> {
    let batch = x.shape()[0];
    let together = pictures_of(x, bytes);
    let shares = (0..batch.max(1)).step_by(together).flat_map(|first| {
        // Pictures lie one behind the other, so that a few of them are a view; a band of rows of them all would be copied.
        let own = first..(first + together).min(batch);
        let few = |of: &FloatTensor<B>| {
            let [_, height, width, channels] = of.shape().dims();
            let own = [own.clone(), 0..height, 0..width, 0..channels].map(Slice::from);
            B::float_slice(of.clone(), &own)
        };
        let (x, grad) = (few(x), few(grad));
        let bands = bands(&x, x.shape()[1], bytes).into_iter();
        bands.map(move |band| band.weight_gradient::<B>(&x, &grad))
    });
    shares
        .reduce(B::float_add)
        .expect("there is at least one picture, of at least one band")
}

/// The weight whose convolution takes a gradient back: taps turned round, inputs and outputs swapped,
/// `[out, 9·in] → [in, 9·out]`.
pub(in crate::backend) fn turned<B: Backend>(weight: FloatTensor<B>) -> FloatTensor<B> {
    let [outputs, taps] = weight.shape().dims();
    let inputs = taps / 9;
    let weight = B::float_reshape(weight, Shape::new([outputs, 9, inputs]));
    let weight = B::float_flip(weight, &[1]);
    let weight = B::float_permute(weight, &[2, 1, 0]);
    B::float_reshape(weight, Shape::new([inputs, 9 * outputs]))
}

/// Every position four times: `[b, h, w, c] → [b, 2·h, 2·w, c]`.
pub(in crate::backend) fn doubled<B: Backend>(x: FloatTensor<B>) -> FloatTensor<B> {
    let [b, h, w, c] = x.shape().dims();
    let cells = B::float_reshape(x, Shape::new([b, h, 1, w, 1, c]));
    let cells = B::float_expand(cells, Shape::new([b, h, 2, w, 2, c]));
    B::float_reshape(cells, Shape::new([b, 2 * h, 2 * w, c]))
}

/// The second row and column of every two: `[b, h, w, c] → [b, h/2, w/2, c]`.
pub(in crate::backend) fn every_second<B: Backend>(x: FloatTensor<B>) -> FloatTensor<B> {
    let [b, h, w, c] = x.shape().dims();
    let [tall, wide] = [h, w].map(|side| Slice::new(1, Some((side / 2 * 2) as isize), 2));
    B::float_slice(x, &[Slice::from(0..b), tall, wide, Slice::from(0..c)])
}

/// The adjoint of [`every_second`]: zero between, `[b, h/2, w/2, c] → [b, h, w, c]`.
pub(in crate::backend) fn spread<B: Backend>(
    x: FloatTensor<B>,
    [height, width]: [usize; 2],
) -> FloatTensor<B> {
    let [b, h, w, c] = x.shape().dims();
    let (device, dtype): (_, FloatDType) = (x.device(), x.dtype().into());
    let zeros = |shape: Shape| B::float_zeros(shape, &device, dtype);
    let cells = Shape::new([b, h, 1, w, 1, c]);
    let x = B::float_reshape(x, cells.clone());
    let x = B::float_cat(vec![zeros(cells), x], 4);
    let x = B::float_cat(vec![zeros(Shape::new([b, h, 1, w, 2, c])), x], 2);
    let x = B::float_reshape(x, Shape::new([b, 2 * h, 2 * w, c]));
    // A last row or column of an odd number has no result.
    let tall = Shape::new([b, height - 2 * h, 2 * w, c]);
    let x = if height > 2 * h {
        B::float_cat(vec![x, zeros(tall)], 1)
    } else {
        x
    };
    if width > 2 * w {
        return B::float_cat(vec![x, zeros(Shape::new([b, height, 1, c]))], 2);
    }
    x
}

/// The adjoint of [`doubled`], summed in f32: `[b, 2·h, 2·w, c] → [b, h, w, c]`.
pub(in crate::backend) fn cells_summed<B: Backend>(x: FloatTensor<B>) -> FloatTensor<B> {
    let [b, h, w, c] = x.shape().dims();
    let dtype = x.dtype().into();
    let cells = Shape::new([b, h / 2, 2, w / 2, 2, c]);
    let cells = B::float_reshape(cast::<B>(x, FloatDType::F32), cells);
    let sums = B::float_sum_dim(B::float_sum_dim(cells, 4), 2);
    cast::<B>(
        B::float_reshape(sums, Shape::new([b, h / 2, w / 2, c])),
        dtype,
    )
}

/// Rows of a picture that are worked on together, from an even one on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Band {
    start: usize,
    end: usize,
}

/// The bands of the first `height` rows of a picture, whose unfolded rows take about so many `bytes`; at least one, and
/// each of an even number of rows but for the last.
fn bands(x: &impl TensorMetadata, height: usize, bytes: usize) -> Vec<Band> {
    let [batch, _, width, channels] = x.shape().dims();
    let row = (batch * width * 9 * channels * x.dtype().size()).max(1);
    let rows = (bytes / row).max(2) / 2 * 2;
    let count = height.div_ceil(rows).max(1);
    (0..count)
        .map(|at| Band {
            start: at * rows,
            end: ((at + 1) * rows).min(height),
        })
        .collect()
}

/// How many pictures have about so many `bytes` of unfolded rows, at least one.
fn pictures_of(x: &impl TensorMetadata, bytes: usize) -> usize {
    let [_, height, width, channels] = x.shape().dims();
    let picture = height * width * 9 * channels * x.dtype().size();
    (bytes / picture.max(1)).max(1)
}

impl Band {
    /// What the rows of the band give to `Gᵀ·unfold(x)`.
    fn weight_gradient<B: TensorKernels>(
        self,
        x: &FloatTensor<B>,
        grad: &FloatTensor<B>,
    ) -> FloatTensor<B> {
        let [batch, _, width, channels] = x.shape().dims();
        let outputs = grad.shape()[3];
        let count = batch * (self.end - self.start) * width;
        let unfolded = self.unfolded::<B>(x);
        let unfolded = B::float_reshape(unfolded, Shape::new([count, 9 * channels]));
        let rows = [0..batch, self.start..self.end, 0..width, 0..outputs].map(Slice::from);
        let grad = B::float_slice(grad.clone(), &rows);
        let grad = B::float_reshape(grad, Shape::new([count, outputs]));
        B::product(B::float_transpose(grad), unfolded, FloatDType::F32)
    }

    /// The neighbours of its positions: `[b, h, w, c] → [b, end - start, w, 9·c]`.
    fn unfolded<B: TensorKernels>(self, x: &FloatTensor<B>) -> FloatTensor<B> {
        let [b, h, w, c] = x.shape().dims();
        if self.end - self.start == h {
            return B::unfold(x.clone());
        }
        let (first, last) = (self.start.saturating_sub(1), (self.end + 1).min(h));
        let seen = [0..b, first..last, 0..w, 0..c].map(Slice::from);
        let unfolded = B::unfold(B::float_slice(x.clone(), &seen));
        let own = [0..b, self.start - first..self.end - first, 0..w, 0..9 * c].map(Slice::from);
        B::float_slice(unfolded, &own)
    }
}

#[cfg(test)]
mod tests {
    use burn::backend::{Flex, TensorMetadata, tensor::FloatTensor};
    use burn::tensor::TensorData;

    use super::{Band, bands, weight_gradient_by};
    use crate::backend::TensorKernels;

    fn picture(shape: [usize; 4]) -> FloatTensor<Flex> {
        let count: usize = shape.iter().product();
        let values: Vec<f32> = (0..count).map(|at| (at * 37 % 101) as f32).collect();
        <FloatTensor<Flex>>::from_data(TensorData::new(values, shape))
    }

    #[test]
    fn bands_cover_a_picture_in_even_steps() {
        let x = picture([1, 7, 2, 1]);
        // A row takes 2 · 9 numbers of four bytes.
        let expected = [(0, 4), (4, 7)].map(|(start, end)| Band { start, end });
        assert_eq!(bands(&x, 7, 5 * 72), expected);
        assert_eq!(bands(&x, 7, 1 << 20), [Band { start: 0, end: 7 }]);
        assert_eq!(bands(&x, 7, 1)[1], Band { start: 2, end: 4 });
    }

    #[test]
    fn a_weight_learns_the_same_from_any_parts() {
        let (x, grad) = (picture([5, 7, 3, 2]), picture([5, 7, 3, 4]));
        let gradient = |bytes| {
            let found = weight_gradient_by::<Flex>(&x, &grad, bytes);
            assert_eq!(found.shape().dims(), [4, 18]);
            let found: Vec<f32> = found.into_data().try_into_vec().expect("f32");
            found
        };
        // A picture takes 7 · 3 · 18 numbers of four bytes.
        let picture = 7 * 3 * 18 * 4;
        let whole = gradient(5 * picture);
        for bytes in [2 * picture, picture, picture / 2, 1] {
            for (part, whole) in gradient(bytes).iter().zip(&whole) {
                assert!(
                    (part - whole).abs() <= 1e-6 * whole.abs(),
                    "{part} is not {whole}"
                );
            }
        }
    }

    #[test]
    fn bands_see_across_their_edges() {
        let x = picture([2, 7, 3, 2]);
        let whole = Flex::unfold(x.clone());
        let whole: Vec<f32> = whole.into_data().try_into_vec().expect("f32");
        for band in bands(&x, 7, 1) {
            let part = band.unfolded::<Flex>(&x);
            let [_, rows, _, _] = part.shape().dims();
            let part: Vec<f32> = part
                .to_contiguous()
                .into_data()
                .try_into_vec()
                .expect("f32");
            let row = 3 * 18;
            assert_eq!(part[..rows * row], whole[band.start * row..band.end * row]);
            assert_eq!(
                part[rows * row..],
                whole[(7 + band.start) * row..(7 + band.end) * row]
            );
        }
    }
}

//! Codes that the network itself draws, for it to learn to mend its own mistakes.

use burn::tensor::{DType, IndexingUpdateOp, Int, Tensor, TensorData};
use kernels::sampling::draw;

use super::batches::Drawing;

/// How many bytes of logits are held at a time.
const CHUNK: usize = 256 << 20;

/// `codes` with what a network draws at some positions, which are masked so far.
///
/// It draws any code but the right one, as likely as it thinks it: a right one would be nothing to mend.
///
/// Shapes: `codes [batch, length]`, `tokens [batch · length, width]`, `head [codes, width]`, `targets [batch · length]`,
/// all without gradients → `[batch, length]`.
pub(super) fn with_drawn(
    codes: Tensor<2, Int>,
    tokens: &Tensor<2>,
    head: &Tensor<2>,
    targets: &Tensor<1, Int>,
    drawings: &[Drawing],
) -> Tensor<2, Int> {
    let ([batch, length], device) = (codes.dims(), codes.device());
    let mut codes: Tensor<1, Int> = codes.reshape([batch * length]);
    let part = (CHUNK / (size_of::<f32>() * head.dims()[0])).max(1);
    for drawings in drawings.chunks(part) {
        let count = drawings.len();
        let rows = drawings.iter().map(|drawing| drawing.row as i32).collect();
        let rows = Tensor::<1, Int>::from_data(TensorData::new(rows, [count]), &device);
        let uniforms: Vec<f32> = drawings.iter().map(|drawing| drawing.uniform).collect();
        let uniforms = TensorData::new(uniforms, [count]);
        let uniforms = Tensor::from_data(uniforms, (&device, DType::F32));

        let never = Tensor::full([count, 1], f32::NEG_INFINITY, (&device, DType::F32));
        let right = targets.clone().select(0, rows.clone()).unsqueeze_dim(1);
        let logits = kernels::logits(tokens.clone().select(0, rows.clone()), head.clone());
        let logits = logits.scatter(1, right, never, IndexingUpdateOp::Add);
        let drawn = draw(logits, uniforms, 1.0).tokens;
        let masked = codes.clone().select(0, rows.clone());
        codes = codes.select_assign(0, rows, drawn - masked, IndexingUpdateOp::Add);
    }
    codes.reshape([batch, length])
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, Int, Tensor};

    use super::{Drawing, with_drawn};

    #[test]
    fn a_code_is_drawn_where_it_is_wanted_and_never_the_right_one() {
        let device = Device::flex();
        // The logits of a position are its vector: at position 1 codes 0 and 2 are likely, and 0 is right.
        let tokens = Tensor::<2>::from_floats(
            [
                [9.0, 0.0, 0.0],
                [9.0, 0.0, 2.0],
                [0.0, 9.0, 0.0],
                [0.0, 0.0, 9.0],
            ],
            &device,
        );
        let head = Tensor::<2>::eye(3, &device);
        let targets = Tensor::<1, Int>::from_ints([0, 0, 2, 1], &device);
        let codes = Tensor::<2, Int>::from_ints([[0, 7], [7, 1]], &device);
        let draw = |uniform: f32| {
            let drawings = [1, 2].map(|row| Drawing { row, uniform });
            let codes = with_drawn(codes.clone(), &tokens, &head, &targets, &drawings);
            codes
                .into_data()
                .convert::<i64>()
                .iter::<i64>()
                .collect::<Vec<_>>()
        };
        // At position 1 code 1 has 1 / (1 + e²) = 0.119; at position 2 code 0 has 1 / (1 + e⁹).
        assert_eq!(draw(0.11), [0, 1, 1, 1]);
        assert_eq!(draw(0.13), [0, 2, 1, 1]);
        assert_eq!(draw(0.0001), [0, 1, 0, 1]);
    }
}

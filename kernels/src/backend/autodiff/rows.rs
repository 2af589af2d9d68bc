//! The gradient of the mean of each row.

use burn::backend::autodiff::{
    checkpoint::{base::Checkpointer, strategy::CheckpointStrategy},
    grads::Gradients,
    ops::{Backward, Ops, OpsKind},
};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, TensorMetadata};
use burn::tensor::{FloatDType, Shape};

use crate::backend::{TensorKernels, cast};

/// The mean of each row.
pub(super) fn row_mean<B: TensorKernels, C: CheckpointStrategy>(
    x: FloatTensor<Autodiff<B, C>>,
) -> FloatTensor<Autodiff<B, C>> {
    let prepared = RowMeanBackward
        .prepare::<C>([x.node()])
        .compute_bound()
        .stateful();
    let x = x.into_primitive();
    match prepared {
        OpsKind::Tracked(step) => {
            let [rows, columns] = x.shape().dims();
            let kept = ([rows, columns], x.dtype().into());
            step.finish(kept, B::row_mean(x))
        }
        OpsKind::UnTracked(step) => step.finish(B::row_mean(x)),
    }
}

/// `dX[r, c] = G[r] / columns`.
#[derive(Debug)]
struct RowMeanBackward;

impl<B: TensorKernels> Backward<B, 1> for RowMeanBackward {
    /// The shape of the matrix, and its type.
    type State = ([usize; 2], FloatDType);

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [node] = ops.parents;
        let grad = grads.consume::<B>(&ops.node);
        let ([rows, columns], dtype) = ops.state;
        if let Some(node) = node {
            let share = 1.0 / columns as f32;
            let grad = cast::<B>(B::float_mul_scalar(grad, share.into()), dtype);
            let grad = B::float_reshape(grad, Shape::new([rows, 1]));
            grads.register::<B>(node.id, B::float_expand(grad, Shape::new([rows, columns])));
        }
    }
}

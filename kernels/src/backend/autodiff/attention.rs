//! The gradients of attention.

use burn::backend::autodiff::{
    checkpoint::base::Checkpointer,
    grads::Gradients,
    ops::{Backward, Ops},
};
use burn::backend::tensor::FloatTensor;

use crate::backend::TensorKernels;

/// What attention keeps until its backward pass.
#[derive(Clone, Debug)]
pub(super) struct Attended<T> {
    pub operands: [T; 3],
    pub found: T,
    pub sums: T,
    pub scale: f32,
}

/// `dV = Pᵀ·G`, `dQ = S·K`, `dK = Sᵀ·Q` with `P` the weights and `S = scale·P·(G·Vᵀ − Σ P·G·Vᵀ)`.
#[derive(Debug)]
pub(super) struct AttentionBackward;

impl<B: TensorKernels> Backward<B, 3> for AttentionBackward {
    type State = Attended<FloatTensor<B>>;

    fn backward(self, ops: Ops<Self::State, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        let grad = grads.consume::<B>(&ops.node);
        let Attended {
            operands: [queries, keys, values],
            found,
            sums,
            scale,
        } = ops.state;
        let (in_queries, in_keys, in_values) =
            B::attend_backward(queries, keys, values, found, sums, grad, scale);
        for (node, gradient) in ops
            .parents
            .into_iter()
            .zip([in_queries, in_keys, in_values])
        {
            if let Some(node) = node {
                grads.register::<B>(node.id, gradient);
            }
        }
    }
}

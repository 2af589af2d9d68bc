//! The gradients of a 3×3 convolution: one is a convolution again, one a product with the unfolded picture.

use burn::backend::autodiff::{
    NodeId,
    checkpoint::{base::Checkpointer, strategy::CheckpointStrategy},
    grads::Gradients,
    ops::{Backward, Ops, OpsKind},
};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, TensorMetadata};
use burn::tensor::{FloatDType, Shape};

use crate::Resolution;
use crate::backend::{TensorKernels, cast, definition};

/// A tensor with gradients, as this backend knows it.
type Tracked<B, C> = FloatTensor<Autodiff<B, C>>;

/// The convolution.
pub(super) fn convolution<B: TensorKernels, C: CheckpointStrategy>(
    x: Tracked<B, C>,
    weight: Tracked<B, C>,
    bias: Tracked<B, C>,
    resolution: Resolution,
) -> Tracked<B, C> {
    let prepared = ConvolutionBackward
        .prepare::<C>([x.node(), weight.node(), bias.node()])
        .compute_bound()
        .stateful();
    let operands = Operands::<B>::new::<C>(x, weight, bias, resolution);
    match prepared {
        OpsKind::Tracked(step) => step.finish(operands.kept(), operands.convolution()),
        OpsKind::UnTracked(step) => step.finish(operands.convolution()),
    }
}

/// The convolution plus a picture.
pub(super) fn added<B: TensorKernels, C: CheckpointStrategy>(
    x: Tracked<B, C>,
    weight: Tracked<B, C>,
    bias: Tracked<B, C>,
    addend: Tracked<B, C>,
    resolution: Resolution,
) -> Tracked<B, C> {
    let prepared = AddedBackward
        .prepare::<C>([x.node(), weight.node(), bias.node(), addend.node()])
        .compute_bound()
        .stateful();
    let operands = Operands::<B>::new::<C>(x, weight, bias, resolution);
    let addend = addend.into_primitive();
    match prepared {
        OpsKind::Tracked(step) => step.finish(operands.kept(), operands.added(addend)),
        OpsKind::UnTracked(step) => step.finish(operands.added(addend)),
    }
}

/// What is convolved, and what for.
struct Operands<B: TensorKernels> {
    x: FloatTensor<B>,
    /// In the type of `x`.
    weight: FloatTensor<B>,
    bias: FloatTensor<B>,
    resolution: Resolution,
    needs: [bool; 2],
    weight_dtype: FloatDType,
}

impl<B: TensorKernels> Operands<B> {
    fn new<C: CheckpointStrategy>(
        x: Tracked<B, C>,
        weight: Tracked<B, C>,
        bias: Tracked<B, C>,
        resolution: Resolution,
    ) -> Self {
        let needs = [x.is_tracked(), weight.is_tracked()];
        let (x, master) = (x.into_primitive(), weight.into_primitive());
        let weight_dtype = master.dtype().into();
        Self {
            weight: cast::<B>(master, x.dtype().into()),
            x,
            bias: bias.into_primitive(),
            resolution,
            needs,
            weight_dtype,
        }
    }

    fn kept(&self) -> Kept<FloatTensor<B>> {
        let [needs_x, needs_weight] = self.needs;
        let [_, height, width, _] = self.x.shape().dims();
        Kept {
            x: needs_weight.then(|| self.x.clone()),
            weight: needs_x.then(|| self.weight.clone()),
            sides: [height, width],
            resolution: self.resolution,
            weight_dtype: self.weight_dtype,
            bias_dtype: self.bias.dtype().into(),
        }
    }

    fn convolution(self) -> FloatTensor<B> {
        B::convolution(self.x, self.weight, self.bias, self.resolution)
    }

    fn added(self, addend: FloatTensor<B>) -> FloatTensor<B> {
        B::convolution_added(self.x, self.weight, self.bias, addend, self.resolution)
    }
}

/// What a convolution keeps until its backward pass: each operand that the other one's gradient needs, the sides of the
/// picture, and the types of the masters. The unfolded picture is made anew.
#[derive(Clone, Debug)]
struct Kept<T> {
    x: Option<T>,
    weight: Option<T>,
    sides: [usize; 2],
    resolution: Resolution,
    weight_dtype: FloatDType,
    bias_dtype: FloatDType,
}

/// `dX = G` convolved with the turned weight, `dW = Gᵀ·unfold(X)`, `db = Σ rows of G`.
///
/// Where the picture is halved, `G` is zero at the positions that have no result; where it is doubled, `X` is, and `dX`
/// is the sum of the four.
#[derive(Debug)]
struct ConvolutionBackward;

impl<B: TensorKernels> Backward<B, 3> for ConvolutionBackward {
    type State = Kept<FloatTensor<B>>;

    fn backward(self, ops: Ops<Self::State, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        let parents = ops.parents.map(|node| node.map(|node| node.id));
        let grad = grads.consume::<B>(&ops.node);
        register::<B>(parents, grad, ops.state, grads);
    }
}

/// Those of [`ConvolutionBackward`], and `G` for what was added.
#[derive(Debug)]
struct AddedBackward;

impl<B: TensorKernels> Backward<B, 4> for AddedBackward {
    type State = Kept<FloatTensor<B>>;

    fn backward(self, ops: Ops<Self::State, 4>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [x, weight, bias, addend] = ops.parents.map(|node| node.map(|node| node.id));
        let grad = grads.consume::<B>(&ops.node);
        if let Some(addend) = addend {
            grads.register::<B>(addend, grad.clone());
        }
        register::<B>([x, weight, bias], grad, ops.state, grads);
    }
}

/// The gradients of picture, weight and bias, given that of the result.
fn register<B: TensorKernels>(
    [x, weight, bias]: [Option<NodeId>; 3],
    grad: FloatTensor<B>,
    kept: Kept<FloatTensor<B>>,
    grads: &mut Gradients,
) {
    let [b, h, w, outputs] = grad.shape().dims();
    if let Some(bias) = bias {
        let rows = B::float_reshape(grad.clone(), Shape::new([b * h * w, outputs]));
        let sum = cast::<B>(B::column_sum(rows), kept.bias_dtype);
        grads.register::<B>(bias, sum);
    }
    let grad = match kept.resolution {
        Resolution::Kept | Resolution::Doubled => grad,
        Resolution::Halved => definition::spread::<B>(grad, kept.sides),
    };
    if let (Some(weight), Some(x)) = (weight, kept.x) {
        let x = match kept.resolution {
            Resolution::Kept | Resolution::Halved => x,
            Resolution::Doubled => definition::doubled::<B>(x),
        };
        let gradient = definition::convolution_weight_gradient::<B>(&x, &grad);
        grads.register::<B>(weight, cast::<B>(gradient, kept.weight_dtype));
    }
    if let (Some(x), Some(weight)) = (x, kept.weight) {
        let inputs = weight.shape()[1] / 9;
        let none = B::float_zeros(Shape::new([inputs]), &grad.device(), FloatDType::F32);
        let turned = definition::turned::<B>(weight);
        let gradient = B::convolution(grad, turned, none, Resolution::Kept);
        let gradient = match kept.resolution {
            Resolution::Kept | Resolution::Halved => gradient,
            Resolution::Doubled => definition::cells_summed::<B>(gradient),
        };
        grads.register::<B>(x, gradient);
    }
}

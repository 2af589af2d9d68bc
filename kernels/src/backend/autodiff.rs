//! The gradients of the operations, each made of the operations themselves.

mod attention;
mod convolution;
mod rows;

use burn::backend::autodiff::{
    NodeId,
    checkpoint::{base::Checkpointer, strategy::CheckpointStrategy},
    grads::Gradients,
    ops::{Backward, Ops, OpsKind},
};
use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Autodiff, AutodiffBackend, TensorMetadata};
use burn::tensor::{FloatDType, Shape};

use self::attention::{Attended, AttentionBackward};
use super::{TensorKernels, cast};
use crate::Resolution;

impl<B: TensorKernels, C: CheckpointStrategy> TensorKernels for Autodiff<B, C> {
    fn product(a: FloatTensor<Self>, b: FloatTensor<Self>, dtype: FloatDType) -> FloatTensor<Self> {
        let (needs_a, needs_b) = (a.is_tracked(), b.is_tracked());
        let prepared = ProductBackward
            .prepare::<C>([a.node(), b.node()])
            .compute_bound()
            .stateful();
        let (a, b) = (a.into_primitive(), b.into_primitive());
        match prepared {
            OpsKind::Tracked(step) => {
                // An operand is kept for the gradient of the other one alone.
                let state = Kept {
                    a: needs_b.then(|| a.clone()),
                    b: needs_a.then(|| b.clone()),
                    dtype: a.dtype().into(),
                };
                step.finish(state, B::product(a, b, dtype))
            }
            OpsKind::UnTracked(step) => step.finish(B::product(a, b, dtype)),
        }
    }

    fn project(x: FloatTensor<Self>, weight: FloatTensor<Self>) -> FloatTensor<Self> {
        let (needs_x, needs_weight) = (x.is_tracked(), weight.is_tracked());
        let prepared = LinearBackward
            .prepare::<C>([x.node(), weight.node()])
            .compute_bound()
            .stateful();
        let (x, master) = (x.into_primitive(), weight.into_primitive());
        let master_dtype: FloatDType = master.dtype().into();
        let weight = cast::<B>(master, x.dtype().into());
        match prepared {
            OpsKind::Tracked(step) => {
                let state = Kept {
                    a: needs_weight.then(|| x.clone()),
                    b: needs_x.then(|| weight.clone()),
                    dtype: master_dtype,
                };
                step.finish(state, B::project(x, weight))
            }
            OpsKind::UnTracked(step) => step.finish(B::project(x, weight)),
        }
    }

    fn affine(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        let (needs_x, needs_weight) = (x.is_tracked(), weight.is_tracked());
        let prepared = AffineBackward
            .prepare::<C>([x.node(), weight.node(), bias.node()])
            .compute_bound()
            .stateful();
        let (x, master) = (x.into_primitive(), weight.into_primitive());
        let bias = bias.into_primitive();
        let (dtype, bias_dtype) = (master.dtype().into(), bias.dtype().into());
        let weight = cast::<B>(master, x.dtype().into());
        match prepared {
            OpsKind::Tracked(step) => {
                let kept = Kept {
                    a: needs_weight.then(|| x.clone()),
                    b: needs_x.then(|| weight.clone()),
                    dtype,
                };
                step.finish((kept, bias_dtype), B::affine(x, weight, bias))
            }
            OpsKind::UnTracked(step) => step.finish(B::affine(x, weight, bias)),
        }
    }

    fn row_mean(x: FloatTensor<Self>) -> FloatTensor<Self> {
        rows::row_mean::<B, C>(x)
    }

    fn argmax(x: FloatTensor<Self>) -> IntTensor<Self> {
        B::argmax(x.into_primitive())
    }

    fn lookup(
        table: FloatTensor<Self>,
        ids: IntTensor<Self>,
        dtype: FloatDType,
    ) -> FloatTensor<Self> {
        let prepared = LookupBackward
            .prepare::<C>([table.node()])
            .compute_bound()
            .stateful();
        let table = table.into_primitive();
        match prepared {
            OpsKind::Tracked(step) => {
                let kept = (ids.clone(), table.shape()[0], table.dtype().into());
                step.finish(kept, B::lookup(table, ids, dtype))
            }
            OpsKind::UnTracked(step) => step.finish(B::lookup(table, ids, dtype)),
        }
    }

    fn softmax_rows(x: FloatTensor<Self>, scale: f32) -> FloatTensor<Self> {
        match SoftmaxBackward
            .prepare::<C>([x.node()])
            .compute_bound()
            .stateful()
        {
            OpsKind::Tracked(step) => {
                let y = B::softmax_rows(x.into_primitive(), scale);
                step.finish((y.clone(), scale), y)
            }
            OpsKind::UnTracked(step) => step.finish(B::softmax_rows(x.into_primitive(), scale)),
        }
    }

    fn attend(
        queries: FloatTensor<Self>,
        keys: FloatTensor<Self>,
        values: FloatTensor<Self>,
        scale: f32,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        let prepared = AttentionBackward
            .prepare::<C>([queries.node(), keys.node(), values.node()])
            .compute_bound()
            .stateful();
        let [queries, keys, values] =
            [queries, keys, values].map(FloatTensor::<Self>::into_primitive);
        match prepared {
            OpsKind::Tracked(step) => {
                let (found, sums) = B::attend(queries.clone(), keys.clone(), values.clone(), scale);
                let kept = Attended {
                    operands: [queries, keys, values],
                    found: found.clone(),
                    sums: sums.clone(),
                    scale,
                };
                (step.finish(kept, found), Self::from_inner(sums))
            }
            OpsKind::UnTracked(step) => {
                let (found, sums) = B::attend(queries, keys, values, scale);
                (step.finish(found), Self::from_inner(sums))
            }
        }
    }

    fn rms_norm(x: FloatTensor<Self>, epsilon: f32) -> FloatTensor<Self> {
        match RmsNormBackward
            .prepare::<C>([x.node()])
            .compute_bound()
            .stateful()
        {
            OpsKind::Tracked(step) => {
                let x = x.into_primitive();
                step.finish((x.clone(), epsilon), B::rms_norm(x, epsilon))
            }
            OpsKind::UnTracked(step) => step.finish(B::rms_norm(x.into_primitive(), epsilon)),
        }
    }

    fn gained_rms_norm(
        x: FloatTensor<Self>,
        gain: FloatTensor<Self>,
        epsilon: f32,
    ) -> FloatTensor<Self> {
        let prepared = GainedRmsNormBackward
            .prepare::<C>([x.node(), gain.node()])
            .compute_bound()
            .stateful();
        let (x, gain) = (x.into_primitive(), gain.into_primitive());
        match prepared {
            OpsKind::Tracked(step) => {
                let y = B::gained_rms_norm(x.clone(), gain.clone(), epsilon);
                step.finish((x, gain, epsilon), y)
            }
            OpsKind::UnTracked(step) => step.finish(B::gained_rms_norm(x, gain, epsilon)),
        }
    }

    fn rotate(
        x: FloatTensor<Self>,
        cos: FloatTensor<Self>,
        sin: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        let prepared = RotateBackward
            .prepare::<C>([x.node()])
            .compute_bound()
            .stateful();
        let [x, cos, sin] = [x, cos, sin].map(FloatTensor::<Self>::into_primitive);
        match prepared {
            OpsKind::Tracked(step) => {
                let y = B::rotate(x, cos.clone(), sin.clone());
                step.finish((cos, sin), y)
            }
            OpsKind::UnTracked(step) => step.finish(B::rotate(x, cos, sin)),
        }
    }

    fn swiglu(gate: FloatTensor<Self>, up: FloatTensor<Self>) -> FloatTensor<Self> {
        let prepared = SwigluBackward
            .prepare::<C>([gate.node(), up.node()])
            .compute_bound()
            .stateful();
        let (gate, up) = (gate.into_primitive(), up.into_primitive());
        match prepared {
            OpsKind::Tracked(step) => {
                let y = B::swiglu(gate.clone(), up.clone());
                step.finish((gate, up), y)
            }
            OpsKind::UnTracked(step) => step.finish(B::swiglu(gate, up)),
        }
    }

    fn likeliest(logits: FloatTensor<Self>) -> (IntTensor<Self>, FloatTensor<Self>) {
        let (tokens, confidence) = B::likeliest(logits.into_primitive());
        (tokens, <Self as AutodiffBackend>::from_inner(confidence))
    }

    fn plausible(
        guided: FloatTensor<Self>,
        own: FloatTensor<Self>,
        share: f32,
    ) -> FloatTensor<Self> {
        let (guided, own) = (guided.into_primitive(), own.into_primitive());
        <Self as AutodiffBackend>::from_inner(B::plausible(guided, own, share))
    }

    fn draw(
        logits: FloatTensor<Self>,
        uniforms: FloatTensor<Self>,
        temperature: f32,
    ) -> (IntTensor<Self>, FloatTensor<Self>) {
        let (logits, uniforms) = (logits.into_primitive(), uniforms.into_primitive());
        let (tokens, confidence) = B::draw(logits, uniforms, temperature);
        (tokens, <Self as AutodiffBackend>::from_inner(confidence))
    }

    fn overwrite(target: IntTensor<Self>, source: IntTensor<Self>) -> IntTensor<Self> {
        B::overwrite(target, source)
    }

    fn duplicate(x: FloatTensor<Self>) -> FloatTensor<Self> {
        <Self as AutodiffBackend>::from_inner(B::duplicate(x.into_primitive()))
    }

    fn duplicate_whole(x: IntTensor<Self>) -> IntTensor<Self> {
        B::duplicate_whole(x)
    }

    fn from_bits(bits: IntTensor<Self>) -> FloatTensor<Self> {
        <Self as AutodiffBackend>::from_inner(B::from_bits(bits))
    }

    fn step(
        tokens: IntTensor<Self>,
        confidence: FloatTensor<Self>,
        codes: IntTensor<Self>,
        frames: IntTensor<Self>,
        turns: IntTensor<Self>,
        mask: u32,
    ) -> IntTensor<Self> {
        let confidence = confidence.into_primitive();
        B::step(tokens, confidence, codes, frames, turns, mask)
    }

    fn attach_gradient(
        value: FloatTensor<Self>,
        x: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        let prepared = AttachBackward
            .prepare::<C>([value.node(), x.node()])
            .compute_bound()
            .stateful();
        let value = value.into_primitive();
        match prepared {
            OpsKind::Tracked(step) => {
                let kept = (gradient.into_primitive(), x.primitive().dtype().into());
                step.finish(kept, value)
            }
            OpsKind::UnTracked(step) => step.finish(value),
        }
    }

    fn unfold(x: FloatTensor<Self>) -> FloatTensor<Self> {
        match UnfoldBackward
            .prepare::<C>([x.node()])
            .compute_bound()
            .stateful()
        {
            OpsKind::Tracked(step) => step.finish((), B::unfold(x.into_primitive())),
            OpsKind::UnTracked(step) => step.finish(B::unfold(x.into_primitive())),
        }
    }

    fn convolution(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        resolution: Resolution,
    ) -> FloatTensor<Self> {
        convolution::convolution::<B, C>(x, weight, bias, resolution)
    }

    fn convolution_added(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        addend: FloatTensor<Self>,
        resolution: Resolution,
    ) -> FloatTensor<Self> {
        convolution::added::<B, C>(x, weight, bias, addend, resolution)
    }

    fn fold(x: FloatTensor<Self>) -> FloatTensor<Self> {
        match FoldBackward
            .prepare::<C>([x.node()])
            .compute_bound()
            .stateful()
        {
            OpsKind::Tracked(step) => step.finish((), B::fold(x.into_primitive())),
            OpsKind::UnTracked(step) => step.finish(B::fold(x.into_primitive())),
        }
    }
}

/// What a product keeps until its backward pass: operands that a gradient needs, and the type of the gradient whose
/// operand is not kept.
#[derive(Clone, Debug)]
struct Kept<T> {
    a: Option<T>,
    b: Option<T>,
    dtype: FloatDType,
}

/// `dA = G·Bᵀ`, `dB = Aᵀ·G`.
#[derive(Debug)]
struct ProductBackward;

impl<B: TensorKernels> Backward<B, 2> for ProductBackward {
    type State = Kept<FloatTensor<B>>;

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [node_a, node_b] = ops.parents;
        let grad = grads.consume::<B>(&ops.node);
        let Kept { a, b, dtype } = ops.state;
        let grad = cast::<B>(grad, dtype);
        if let (Some(node), Some(b)) = (node_a, b) {
            let gradient = B::product(grad.clone(), B::float_transpose(b), dtype);
            grads.register::<B>(node.id, gradient);
        }
        if let (Some(node), Some(a)) = (node_b, a) {
            grads.register::<B>(node.id, B::product(B::float_transpose(a), grad, dtype));
        }
    }
}

/// `dX = G·W`, `dW = Gᵀ·X`, the latter in the type of the master weight.
#[derive(Debug)]
struct LinearBackward;

impl<B: TensorKernels> Backward<B, 2> for LinearBackward {
    type State = Kept<FloatTensor<B>>;

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, _: &mut Checkpointer) {
        let grad = grads.consume::<B>(&ops.node);
        let parents = ops.parents.map(|node| node.map(|node| node.id));
        register_linear::<B>(parents, grad, ops.state, grads);
    }
}

/// Those of [`LinearBackward`] and `db = Σ rows of G`, in the type of the master bias.
#[derive(Debug)]
struct AffineBackward;

impl<B: TensorKernels> Backward<B, 3> for AffineBackward {
    type State = (Kept<FloatTensor<B>>, FloatDType);

    fn backward(self, ops: Ops<Self::State, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [x, weight, bias] = ops.parents.map(|node| node.map(|node| node.id));
        let grad = grads.consume::<B>(&ops.node);
        let (kept, bias_dtype) = ops.state;
        if let Some(bias) = bias {
            let sum = cast::<B>(B::column_sum(grad.clone()), bias_dtype);
            grads.register::<B>(bias, sum);
        }
        register_linear::<B>([x, weight], grad, kept, grads);
    }
}

/// The gradients of `x·Wᵀ`, given that of the result.
fn register_linear<B: TensorKernels>(
    [node_x, node_weight]: [Option<NodeId>; 2],
    grad: FloatTensor<B>,
    kept: Kept<FloatTensor<B>>,
    grads: &mut Gradients,
) {
    let Kept {
        a: x,
        b: weight,
        dtype,
    } = kept;
    if let (Some(node), Some(weight)) = (node_x, weight) {
        let own = grad.dtype().into();
        grads.register::<B>(node, B::product(grad.clone(), weight, own));
    }
    if let (Some(node), Some(x)) = (node_weight, x) {
        grads.register::<B>(node, B::product(B::float_transpose(grad), x, dtype));
    }
}

/// `dX = scale·Y·(G − Σ G·Y)`.
#[derive(Debug)]
struct SoftmaxBackward;

impl<B: TensorKernels> Backward<B, 1> for SoftmaxBackward {
    type State = (FloatTensor<B>, f32);

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [node] = ops.parents;
        let grad = grads.consume::<B>(&ops.node);
        let (y, scale) = ops.state;
        if let Some(node) = node {
            grads.register::<B>(node.id, B::softmax_rows_backward(y, grad, scale));
        }
    }
}

/// `dT[r] = Σ G[i]` over all copies `i` of the row `r`.
#[derive(Debug)]
struct LookupBackward;

impl<B: TensorKernels> Backward<B, 1> for LookupBackward {
    /// Numbers of rows, how many the table has, and its type.
    type State = (IntTensor<B>, usize, FloatDType);

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [node] = ops.parents;
        let grad = grads.consume::<B>(&ops.node);
        let (ids, rows, dtype) = ops.state;
        if let Some(node) = node {
            grads.register::<B>(node.id, B::add_rows(grad, ids, rows, dtype));
        }
    }
}

/// `dX = f·(G − f²·X·mean(G·X))`.
#[derive(Debug)]
struct RmsNormBackward;

impl<B: TensorKernels> Backward<B, 1> for RmsNormBackward {
    type State = (FloatTensor<B>, f32);

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [node] = ops.parents;
        let grad = grads.consume::<B>(&ops.node);
        let (x, epsilon) = ops.state;
        if let Some(node) = node {
            grads.register::<B>(node.id, B::rms_norm_backward(x, grad, epsilon));
        }
    }
}

/// `dX` as that of [`RmsNormBackward`] from `G·gain`, `dgain = Σ rows of G·norm(X)`.
#[derive(Debug)]
struct GainedRmsNormBackward;

impl<B: TensorKernels> Backward<B, 2> for GainedRmsNormBackward {
    type State = (FloatTensor<B>, FloatTensor<B>, f32);

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [node_x, node_gain] = ops.parents;
        let grad = grads.consume::<B>(&ops.node);
        let (x, gain, epsilon) = ops.state;
        let (dtype, columns) = (gain.dtype().into(), gain.shape()[0]);
        if let Some(node) = node_gain {
            let normed = B::rms_norm(x.clone(), epsilon);
            let sum = B::column_sum(B::float_mul(grad.clone(), normed));
            grads.register::<B>(node.id, cast::<B>(sum, dtype));
        }
        if let Some(node) = node_x {
            let gain = B::float_reshape(gain, Shape::new([1, columns]));
            let grad = B::float_mul(grad, gain);
            grads.register::<B>(node.id, B::rms_norm_backward(x, grad, epsilon));
        }
    }
}

/// `dX = rotate(G)` the other way round.
#[derive(Debug)]
struct RotateBackward;

impl<B: TensorKernels> Backward<B, 1> for RotateBackward {
    type State = (FloatTensor<B>, FloatTensor<B>);

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [node] = ops.parents;
        let grad = grads.consume::<B>(&ops.node);
        let (cos, sin) = ops.state;
        if let Some(node) = node {
            grads.register::<B>(node.id, B::rotate(grad, cos, B::float_neg(sin)));
        }
    }
}

/// `dgate = G·up·s·(1 + gate·(1 − s))`, `dup = G·gate·s` with `s = sigmoid(gate)`.
#[derive(Debug)]
struct SwigluBackward;

impl<B: TensorKernels> Backward<B, 2> for SwigluBackward {
    type State = (FloatTensor<B>, FloatTensor<B>);

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [node_gate, node_up] = ops.parents;
        let grad = grads.consume::<B>(&ops.node);
        let (gate, up) = ops.state;
        let (to_gate, to_up) = B::swiglu_backward(gate, up, grad);
        if let Some(node) = node_gate {
            grads.register::<B>(node.id, to_gate);
        }
        if let Some(node) = node_up {
            grads.register::<B>(node.id, to_up);
        }
    }
}

/// `dX = g·gradient` with a gradient made beforehand.
#[derive(Debug)]
struct AttachBackward;

impl<B: TensorKernels> Backward<B, 2> for AttachBackward {
    type State = (FloatTensor<B>, FloatDType);

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [node_value, node_x] = ops.parents;
        let grad = grads.consume::<B>(&ops.node);
        let (gradient, dtype) = ops.state;
        if let Some(node) = node_x {
            let gradient = B::scale(gradient, grad.clone());
            grads.register::<B>(node.id, cast::<B>(gradient, dtype));
        }
        if let Some(node) = node_value {
            grads.register::<B>(node.id, grad);
        }
    }
}

/// `dX = fold(G)`.
#[derive(Debug)]
struct UnfoldBackward;

impl<B: TensorKernels> Backward<B, 1> for UnfoldBackward {
    type State = ();

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [node] = ops.parents;
        let grad = grads.consume::<B>(&ops.node);
        if let Some(node) = node {
            grads.register::<B>(node.id, B::fold(grad));
        }
    }
}

/// `dX = unfold(G)`.
#[derive(Debug)]
struct FoldBackward;

impl<B: TensorKernels> Backward<B, 1> for FoldBackward {
    type State = ();

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [node] = ops.parents;
        let grad = grads.consume::<B>(&ops.node);
        if let Some(node) = node {
            grads.register::<B>(node.id, B::unfold(grad));
        }
    }
}

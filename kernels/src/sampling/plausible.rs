//! Leaving out what guidance alone would choose.

use burn::backend::Dispatch;
use burn::tensor::{DType, Tensor};

use super::pick::{Picked, draw};
use crate::backend::TensorKernels;
use crate::linear::logits;

/// Guided logits without the tokens that are improbable where nothing is guided: −∞ where `own < max(own) + ln share`.
///
/// Guidance adds `scale · (own − other)`. For a code that training has hardly shown, both are far below the others, and their
/// difference says nothing; but where it is large, guidance takes the code. A share of 0 leaves everything.
///
/// Shapes: `guided [rows, codes]`, `own [rows, codes]` → `[rows, codes]`, in f32.
/// Panics: when the shapes differ.
/// Source: the plausibility constraint of contrastive decoding, arXiv 2210.15097, section 3.3, `α` there.
pub fn plausible(guided: Tensor<2>, own: Tensor<2>, share: f32) -> Tensor<2> {
    assert_eq!(
        guided.dims(),
        own.dims(),
        "plausible: a token has one guided logit and one without guidance"
    );
    if share <= 0.0 || own.dims().contains(&0) {
        return guided;
    }
    let [guided, own] = [guided, own].map(|logits| logits.without_autodiff().into_dispatch());
    Tensor::from_dispatch(<Dispatch as TensorKernels>::plausible(guided, own, share))
}

/// Guided logits of a head without the tokens that are improbable where nothing is guided, as [`plausible`] leaves them out
/// of `guided·headᵀ` by `own·headᵀ`; a processor multiplies guided vectors with what is left alone.
///
/// Shapes: `guided [rows, width]`, `own [rows, width]`, `head [codes, width]`, each bf16, f16 or f32 → `[rows, codes]`, in f32.
/// Panics: when the vectors are of another number or width.
/// Source: as [`plausible`].
pub fn plausible_logits(
    guided: Tensor<2>,
    own: Tensor<2>,
    head: Tensor<2>,
    share: f32,
) -> Tensor<2> {
    check("plausible_logits", &guided, &own, &head);
    if share <= 0.0 || guided.dims()[0] * head.dims()[0] == 0 {
        return logits(guided, head);
    }
    let [guided, own, head] = of_one_type([guided, own, head]).map(Tensor::into_dispatch);
    let left = <Dispatch as TensorKernels>::plausible_logits(guided, own, head, share);
    Tensor::from_dispatch(left)
}

/// A token for each row, drawn as [`draw`] does from what [`plausible_logits`] leaves; a card keeps no logits of that, and
/// guided ones are read where they are plausible alone.
///
/// Confidence is the share among what is left, without temperature.
///
/// Shapes: `guided [rows, width]`, `own [rows, width]`, `head [codes, width]`, each bf16, f16 or f32, `uniforms [rows]` in
/// [0, 1] → `[rows]` each.
/// Panics: when the vectors are of another number or width, there is not one number for each row, or the temperature is not
/// above 0.
/// Source: as [`plausible`].
pub fn draw_plausible(
    guided: Tensor<2>,
    own: Tensor<2>,
    head: Tensor<2>,
    share: f32,
    uniforms: Tensor<1>,
    temperature: f32,
) -> Picked {
    check("draw_plausible", &guided, &own, &head);
    let ([rows, _], [codes, _]) = (guided.dims(), head.dims());
    if share <= 0.0 || rows * codes == 0 {
        return draw(logits(guided, head), uniforms, temperature);
    }
    assert!(
        uniforms.dims() == [rows] && temperature > 0.0,
        "draw_plausible: {rows} rows and uniforms {:?} at temperature {temperature}: expected a number for each row, and a \
         temperature above 0",
        uniforms.dims()
    );
    let device = guided.device();
    let [guided, own, head] = of_one_type([guided, own, head]).map(Tensor::into_dispatch);
    let uniforms = uniforms.without_autodiff().cast(DType::F32).into_dispatch();
    let picked = <Dispatch as TensorKernels>::draw_plausible(
        guided,
        own,
        head,
        uniforms,
        share,
        temperature,
    );
    Picked::of(picked, &device)
}

/// Refuses vectors and a head that do not fit.
fn check(name: &str, guided: &Tensor<2>, own: &Tensor<2>, head: &Tensor<2>) {
    let ([rows, width], [codes, inputs]) = (guided.dims(), head.dims());
    assert!(
        own.dims() == [rows, width] && inputs == width,
        "{name}: guided [{rows}, {width}] and own {:?} do not fit head [{codes}, {inputs}]",
        own.dims()
    );
}

/// The operands without gradients, as they are where they are of one type, and in f32 where they are not.
fn of_one_type(operands: [Tensor<2>; 3]) -> [Tensor<2>; 3] {
    let first = operands[0].dtype();
    let alike = operands.iter().all(|x| x.dtype() == first);
    operands.map(|x| {
        let x = x.without_autodiff();
        if alike { x } else { x.cast(DType::F32) }
    })
}

#[cfg(test)]
mod tests {
    use burn::tensor::{DType, Device, Tensor};

    use super::{draw_plausible, plausible, plausible_logits};
    use crate::logits;
    use crate::sampling::likeliest;

    fn rows(rows: [[f32; 4]; 2]) -> Tensor<2> {
        Tensor::from_floats(rows, &Device::flex())
    }

    fn values(logits: Tensor<2>) -> Vec<f32> {
        logits.into_data().iter::<f32>().collect()
    }

    #[test]
    fn what_has_a_share_of_the_likeliest_may_be_guided_to() {
        // Without guidance: shares of 1, e⁻¹, e⁻³, e⁻⁹, and of e⁻², e⁻², 1, 1.
        let own = rows([[2.0, 1.0, -1.0, -7.0], [0.0, 0.0, 2.0, 2.0]]);
        let guided = rows([[1.0, 2.0, 3.0, 9.0], [7.0, 6.0, 5.0, 4.0]]);
        let left = |share| values(plausible(guided.clone(), own.clone(), share));
        let out = f32::NEG_INFINITY;
        assert_eq!(left(0.0), values(guided.clone()));
        assert_eq!(left(0.01), [1.0, 2.0, 3.0, out, 7.0, 6.0, 5.0, 4.0]);
        assert_eq!(left(0.2), [1.0, 2.0, out, out, out, out, 5.0, 4.0]);
        assert_eq!(left(1.0), [1.0, out, out, out, out, out, 5.0, 4.0]);
    }

    #[test]
    fn what_is_no_number_stays_to_be_seen() {
        let own = rows([[2.0, f32::NAN, 0.0, 0.0], [0.0, 0.0, 0.0, -9.0]]);
        let guided = rows([[f32::NAN, f32::NAN, 0.0, 0.0], [f32::NAN, 0.0, 0.0, 0.0]]);
        let left = values(plausible(guided, own, 0.1));
        assert!(left[0].is_nan() && left[4].is_nan());
    }

    #[test]
    fn no_rows_are_no_mistake() {
        let none = || Tensor::<2>::zeros([0, 4], &Device::flex());
        assert_eq!(plausible(none(), none(), 0.1).dims(), [0, 4]);
        let head = || rows([[1.0; 4]; 2]);
        let left = plausible_logits(none(), none(), head(), 0.1);
        assert_eq!(left.dims(), [0, 2]);
        let uniforms = Tensor::<1>::zeros([0], &Device::flex());
        let drawn = draw_plausible(none(), none(), head(), 0.1, uniforms, 1.0);
        assert_eq!(drawn.tokens.dims(), [0]);
        assert_eq!(likeliest(none()).confidence.dims(), [0]);
    }

    #[test]
    fn a_head_gives_what_is_left_of_its_logits() {
        let guided = rows([[1.0, -2.0, 0.5, 3.0], [f32::NAN, 1.0, 1.0, 1.0]]);
        let own = rows([[4.0, 0.0, 0.0, 1.0], [0.0, 3.0, 0.5, 0.0]]);
        let head = Tensor::<2>::from_floats(
            [
                [1.0, 0.0, 0.0, 0.0],
                [0.0, 1.0, 0.0, 0.0],
                [1.0, 0.0, 0.0, -1.0],
                [0.0, 1.0, 0.0, 1.0],
                [-1.0, 0.0, 2.0, 0.0],
            ],
            &Device::flex(),
        );
        for share in [0.0, 0.01, 0.2] {
            for dtype in [DType::F32, DType::BF16] {
                let [guided, own] = [&guided, &own].map(|x| x.clone().cast(dtype));
                let left = plausible_logits(guided.clone(), own.clone(), head.clone(), share);
                assert_eq!(left.dtype(), DType::F32);
                let whole = [guided, own].map(|x| logits(x, head.clone()));
                let [guided, own] = whole;
                let (left, wanted) = (values(left), values(plausible(guided, own, share)));
                let same = left.iter().zip(&wanted);
                assert!(
                    same.clone()
                        .all(|(x, y)| x == y || x.is_nan() && y.is_nan()),
                    "{left:?}, {wanted:?}"
                );
            }
        }
    }
}

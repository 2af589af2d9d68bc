//! Kernels with a wrong constant planted: proof that the parity check can fail.

use burn::tensor::{Device, Tensor};

use super::{Input, Kernel, parity};
use crate::noise::Noise;

/// `K` with values, and so gradients, one per cent too large.
struct WrongValue<K>(std::marker::PhantomData<K>);

/// `K` with right values and gradients one per cent too large.
struct WrongGradient<K>(std::marker::PhantomData<K>);

impl<K: Kernel> Kernel for WrongValue<K> {
    type Case = K::Case;
    const NAME: &'static str = K::NAME;
    const GRADIENTS: bool = K::GRADIENTS;
    const CASES: &'static [K::Case] = K::CASES;

    fn tolerance(case: &K::Case) -> f32 {
        K::tolerance(case)
    }

    fn inputs(case: &K::Case, noise: &mut Noise) -> Vec<Input> {
        K::inputs(case, noise)
    }

    fn reference(case: &K::Case, inputs: &[Tensor<1>]) -> Tensor<1> {
        K::reference(case, inputs)
    }

    fn fast(case: &K::Case, inputs: &[Tensor<1>]) -> Tensor<1> {
        K::fast(case, inputs) * 1.01
    }
}

impl<K: Kernel> Kernel for WrongGradient<K> {
    type Case = K::Case;
    const NAME: &'static str = K::NAME;
    const GRADIENTS: bool = K::GRADIENTS;
    const CASES: &'static [K::Case] = K::CASES;

    fn tolerance(case: &K::Case) -> f32 {
        K::tolerance(case)
    }

    fn inputs(case: &K::Case, noise: &mut Noise) -> Vec<Input> {
        K::inputs(case, noise)
    }

    fn reference(case: &K::Case, inputs: &[Tensor<1>]) -> Tensor<1> {
        K::reference(case, inputs)
    }

    fn fast(case: &K::Case, inputs: &[Tensor<1>]) -> Tensor<1> {
        let value = K::fast(case, inputs);
        let extra = value.clone() - value.clone().detach();
        value + extra * 0.01
    }
}

/// Fails unless `K` agrees with its reference, and disagrees once a wrong constant is planted in it.
pub(crate) fn check<K: Kernel>() {
    let (device, all) = (Device::flex(), |_: &str| true);
    for report in parity::<K>(&device, &all) {
        assert!(report.passed, "{report:?}");
    }
    for report in parity::<WrongValue<K>>(&device, &all) {
        assert!(
            !report.passed,
            "a value one per cent off went unnoticed: {report:?}"
        );
    }
    for report in parity::<WrongGradient<K>>(&device, &all) {
        let value = report.what == "value";
        assert_eq!(
            report.passed, value,
            "a gradient one per cent off went unnoticed: {report:?}"
        );
    }
}

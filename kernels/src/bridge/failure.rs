//! A launch that fails: whoever reads what it should have written must learn of it.

use burn::tensor::{Device, Tensor};

use super::{after, report, shift, shifted, tainted, whole_numbers};
use crate::backend::{Fault, fail};
use crate::contract::{Report, read};

/// The side of the matrices.
const SIDE: usize = 64;

/// Lets launches fail on a card in both ways there are; elsewhere there are none.
pub(super) fn check(device: &Device) -> Vec<Report> {
    if *device == Device::flex() {
        return Vec::new();
    }
    let shift = shift(SIDE, device);
    let values = whole_numbers(SIDE, 0);
    let input = || Tensor::<1>::from_floats(&values[..], device).reshape([SIDE, SIDE]);

    let mut reports = Vec::new();
    for fault in [Fault::Error, Fault::Panic] {
        let spoilt = fail(input(), fault);
        let later = shifted(spoilt.clone(), shift.clone());
        reports.push(tainted(
            format!("{fault:?}, read at once"),
            read(spoilt.flatten(0, 1)),
        ));
        reports.push(tainted(
            format!("{fault:?}, read behind another operation"),
            read(later.flatten(0, 1)),
        ));
    }
    let whole = read(shifted(input(), shift).flatten(0, 1));
    let expected = after(1, &values, SIDE);
    reports.push(report(
        "an operation behind failed ones".into(),
        &expected,
        whole,
        0.0,
    ));
    reports
}

use burn::tensor::{DType, Device, Tensor};

use super::layout::Layout;
use super::{after, graph, layout, neighbours, shifted, streams, tainted, traps};

#[test]
fn the_processor_falls_into_no_trap() {
    let reports = traps(&Device::flex());
    assert!(reports.len() > 90, "{} reports", reports.len());
    for report in reports {
        assert!(report.passed, "{report:?}");
    }
}

#[test]
fn a_matrix_read_from_the_wrong_place_is_noticed() {
    fn one_too_far(layout: Layout, values: &[f32], dtype: DType, device: &Device) -> Tensor<2> {
        let mut values = values.to_vec();
        values.rotate_left(1);
        layout.lay(&values, dtype, device)
    }
    for report in layout::check(&Device::flex(), one_too_far) {
        assert!(!report.passed, "{report:?}");
    }
}

#[test]
fn a_wrong_link_is_noticed_in_streams_and_graphs() {
    fn wrong(x: Tensor<2>, shift: Tensor<2>) -> Tensor<2> {
        shifted(x, shift).add_scalar(1.0)
    }
    let device = Device::flex();
    for report in streams::check(&device, wrong) {
        assert!(!report.passed, "{report:?}");
    }
    assert!(!graph::check(&device, wrong).passed);
    assert!(!graph::check_recording(&device, wrong).passed);
    assert!(!neighbours::check(&device, wrong).passed);
}

#[test]
fn a_link_moves_columns_to_the_right_and_adds_one() {
    assert_eq!(after(1, &[1.0, 2.0, 3.0, 4.0], 2), [3.0, 2.0, 5.0, 4.0]);
}

#[test]
fn an_output_that_can_be_read_is_not_tainted() {
    assert!(!tainted("read".into(), Ok(vec![1.0])).passed);
    assert!(tainted("refused".into(), Err("a launch failed".into())).passed);
}

use super::{Curve, WireCurve, cross};
use crate::space::{WorldPoint, WorldRect};

fn point(x: f32, y: f32) -> WorldPoint {
    WorldPoint::new(x, y)
}

#[test]
fn a_wire_leaves_its_output_to_the_right_and_comes_to_its_input_from_the_left() {
    for to in [point(300.0, 50.0), point(-300.0, 50.0), point(10.0, 400.0)] {
        let curve = Curve::between(point(0.0, 0.0), to);
        assert!(curve.from_control.x > 0.0, "{to:?}");
        assert!(curve.to_control.x < to.x, "{to:?}");
        assert_eq!(curve.from_control.y, 0.0);
        assert_eq!(curve.to_control.y, to.y);
    }
}

#[test]
fn a_level_wire_is_as_far_as_one_is_above_it() {
    let curve = Curve::between(point(0.0, 0.0), point(200.0, 0.0));
    let (distance, share) = curve.distance(point(100.0, 7.0));
    assert!((distance - 7.0).abs() < 0.001);
    assert!((share - 0.5).abs() < 0.001);
    let (distance, share) = curve.distance(point(-30.0, 0.0));
    assert_eq!((distance, share), (30.0, 0.0));
}

#[test]
fn a_wire_passes_its_points_without_a_kink() {
    let points = [point(100.0, 80.0), point(200.0, 80.0)];
    let curves = WireCurve::curves(point(0.0, 0.0), &points, point(300.0, 0.0));
    assert_eq!(curves.len(), 3);
    for (pair, through) in curves.windows(2).zip(points) {
        assert_eq!((pair[0].to, pair[1].from), (through, through));
        let before = (pair[0].to - pair[0].to_control).normalize();
        let behind = (pair[1].from_control - pair[1].from).normalize();
        assert!((before - behind).length() < 0.001);
    }
}

#[test]
fn a_curve_stays_in_its_bounds() {
    let curve = Curve::between(point(0.0, 0.0), point(-100.0, 60.0));
    let bounds = curve.bounds().inflate(0.01, 0.01);
    assert!(curve.pieces().all(|(start, _)| bounds.contains(start)));
    let boxes: Vec<WorldRect> = curve
        .boxes()
        .map(|boxed| boxed.inflate(0.01, 0.01))
        .collect();
    for (start, end) in curve.pieces() {
        let holds = |boxed: &WorldRect| boxed.contains(start) && boxed.contains(end);
        assert!(boxes.iter().any(holds), "from {start:?} to {end:?}");
    }
}

#[test]
fn lines_cross_where_they_meet_and_nowhere_else() {
    let line = (point(0.0, 0.0), point(10.0, 10.0));
    let others = [
        ((0.0, 10.0), (10.0, 0.0), true),
        ((5.0, 5.0), (9.0, 0.0), true),
        ((6.0, 5.0), (20.0, 0.0), false),
        ((11.0, 11.0), (20.0, 20.0), false),
        ((0.0, 1.0), (10.0, 11.0), false),
    ];
    for (start, end, meets) in others {
        let other = (point(start.0, start.1), point(end.0, end.1));
        assert_eq!(cross(line, other), meets, "{other:?}");
    }
    let curve = Curve::between(point(0.0, 0.0), point(200.0, 0.0));
    assert!(curve.crosses(point(90.0, -50.0), point(90.0, 50.0)));
    assert!(!curve.crosses(point(90.0, 10.0), point(90.0, 50.0)));
}

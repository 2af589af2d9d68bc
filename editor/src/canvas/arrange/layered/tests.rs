use proptest::collection::vec;
use proptest::prelude::{ProptestConfig, proptest};

use super::{Edge, corners};
use crate::space::{WorldPoint, WorldRect, WorldSize};

fn edge(from: usize, to: usize) -> Edge {
    Edge {
        from,
        to,
        from_down: 50.0,
        to_down: 50.0,
    }
}

fn boxes(count: usize) -> Vec<WorldSize> {
    vec![WorldSize::new(200.0, 100.0); count]
}

#[test]
fn a_chain_is_a_level_row() {
    let corners = corners(&boxes(3), &[edge(0, 1), edge(1, 2)]);
    let expected = [(0.0, 0.0), (280.0, 0.0), (560.0, 0.0)];
    assert_eq!(corners, expected.map(|(x, y)| WorldPoint::new(x, y)));
}

#[test]
fn what_is_joined_to_two_stands_between_them() {
    let corners = corners(&boxes(3), &[edge(0, 2), edge(1, 2)]);
    let expected = [(0.0, 0.0), (0.0, 140.0), (280.0, 70.0)];
    assert_eq!(corners, expected.map(|(x, y)| WorldPoint::new(x, y)));
}

#[test]
fn wires_that_cross_are_untangled() {
    let corners = corners(&boxes(4), &[edge(0, 3), edge(1, 2)]);
    assert_eq!(corners[0].y, corners[3].y);
    assert_eq!(corners[1].y, corners[2].y);
}

#[test]
fn a_source_stands_right_before_what_needs_it() {
    let corners = corners(&boxes(4), &[edge(0, 1), edge(1, 2), edge(3, 2)]);
    assert_eq!(corners[3].x, corners[1].x);
}

#[test]
fn a_cycle_is_drawn_as_far_as_it_goes() {
    let corners = corners(&boxes(3), &[edge(0, 1), edge(1, 2), edge(2, 0), edge(1, 1)]);
    assert!(corners[0].x < corners[1].x && corners[1].x < corners[2].x);
}

#[test]
fn parts_that_nothing_joins_stand_apart() {
    let corners = corners(&boxes(4), &[edge(0, 1), edge(2, 3)]);
    assert_eq!(corners[2], WorldPoint::new(0.0, 160.0));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_two_boxes_overlap_and_every_wire_leads_to_the_right(
        ends in vec((0_usize..24, 0_usize..24), 0..48),
        sizes in vec((40_u16..300, 30_u16..300), 24),
    ) {
        let sizes: Vec<WorldSize> = sizes
            .into_iter()
            .map(|(width, height)| WorldSize::new(f32::from(width), f32::from(height)))
            .collect();
        let edges: Vec<Edge> = ends
            .into_iter()
            .filter(|(from, to)| from < to)
            .map(|(from, to)| Edge { from_down: 10.0, to_down: 20.0, ..edge(from, to) })
            .collect();
        let corners = corners(&sizes, &edges);
        let rects: Vec<WorldRect> = corners
            .iter()
            .zip(&sizes)
            .map(|(corner, size)| WorldRect::new(*corner, *size).inflate(-0.1, -0.1))
            .collect();
        for (at, rect) in rects.iter().enumerate() {
            assert!(rect.min_x() > -0.1 + -0.1 && rect.min_y() > -0.1 + -0.1);
            assert!(rects[..at].iter().all(|other| !other.intersects(rect)));
        }
        for edge in edges {
            assert!(rects[edge.from].max_x() < rects[edge.to].min_x());
        }
    }
}

use proptest::collection::vec;
use proptest::prelude::{ProptestConfig, Strategy, proptest};

use super::{Tree, touch};
use crate::space::{WorldPoint, WorldRect, WorldSize};

fn rects() -> impl Strategy<Value = WorldRect> {
    (-500..500, -500..500, 0..200, 0..200).prop_map(|(x, y, width, height)| {
        WorldRect::new(
            WorldPoint::new(x as f32, y as f32),
            WorldSize::new(width as f32, height as f32),
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn it_finds_what_looking_at_all_boxes_finds(boxes in vec(rects(), 0..80), region in rects()) {
        let all: Vec<usize> = (0..boxes.len())
            .filter(|at| touch(boxes[*at], region))
            .collect();
        assert_eq!(Tree::new(boxes.iter().copied().enumerate()).touching(region), all);
    }
}

#[test]
fn a_point_touches_the_edge_of_a_box() {
    let boxed = WorldRect::new(WorldPoint::new(0.0, 0.0), WorldSize::new(10.0, 10.0));
    let tree = Tree::new([(0, boxed), (0, boxed)].into_iter());
    let at = |x, y| WorldRect::new(WorldPoint::new(x, y), WorldSize::zero());
    assert_eq!(tree.touching(at(10.0, 10.0)), [0]);
    assert_eq!(tree.touching(at(10.5, 10.0)), [0; 0]);
}

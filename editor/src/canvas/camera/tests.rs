use super::{Camera, Detail, LARGEST, SMALLEST};
use crate::space::{ScreenPoint, ScreenSize, ScreenVector, WorldPoint, WorldRect, WorldSize};

fn camera() -> Camera {
    let mut camera = Camera::default();
    camera.resize(ScreenSize::new(800.0, 600.0));
    camera
}

fn rect(x: f32, y: f32, width: f32, height: f32) -> WorldRect {
    WorldRect::new(WorldPoint::new(x, y), WorldSize::new(width, height))
}

#[test]
fn zooming_keeps_what_is_under_the_cursor() {
    let mut camera = camera();
    let at = ScreenPoint::new(200.0, 450.0);
    for notches in [1.0, 3.0, -2.0, 0.5] {
        let before = camera.to_world(at);
        camera.zoom_by(notches, at);
        let moved = (camera.to_world(at) - before).length();
        assert!(moved < 0.01, "{notches}: moved by {moved}");
    }
}

#[test]
fn the_zoom_has_ends() {
    let mut camera = camera();
    camera.zoom_by(1000.0, camera.middle());
    assert_eq!(camera.zoom(), LARGEST);
    camera.zoom_by(-1000.0, camera.middle());
    camera.zoom_by(-1000.0, camera.middle());
    assert_eq!(camera.zoom(), SMALLEST);
}

#[test]
fn panning_follows_the_hand() {
    let mut camera = camera();
    camera.zoom_to(2.0, ScreenPoint::origin());
    camera.pan(ScreenVector::new(100.0, -40.0));
    assert_eq!(
        camera.to_world(ScreenPoint::origin()),
        WorldPoint::new(-50.0, 20.0)
    );
    assert_eq!(
        camera.to_screen(WorldPoint::origin()),
        ScreenPoint::new(100.0, -40.0)
    );
}

#[test]
fn fitting_shows_all_and_never_enlarges() {
    let mut camera = camera();
    camera.fit(rect(100.0, 100.0, 60.0, 20.0));
    assert_eq!(camera.zoom(), 1.0);
    assert_eq!(camera.centre(), WorldPoint::new(130.0, 110.0));
    let large = rect(-2000.0, 0.0, 3600.0, 300.0);
    camera.fit(large);
    assert_eq!(camera.zoom(), 0.2);
    assert!(camera.visible().contains_rect(&large));
}

#[test]
fn revealing_moves_no_further_than_needed() {
    let mut camera = camera();
    camera.reveal(rect(100.0, 100.0, 50.0, 50.0));
    assert_eq!(camera.visible().origin, WorldPoint::origin(), "it is seen");
    camera.reveal(rect(900.0, 100.0, 50.0, 50.0));
    assert_eq!(camera.visible().origin, WorldPoint::new(190.0, 0.0));
    camera.reveal(rect(200.0, -100.0, 50.0, 50.0));
    assert_eq!(camera.visible().origin, WorldPoint::new(160.0, -140.0));
}

#[test]
fn what_cannot_be_read_is_not_drawn() {
    let details = [
        (1.0, Detail::Full),
        (0.45, Detail::Full),
        (0.3, Detail::Titles),
        (0.2, Detail::Boxes),
    ];
    for (zoom, detail) in details {
        let mut camera = camera();
        camera.zoom_to(zoom, ScreenPoint::origin());
        assert_eq!(camera.detail(), detail, "at {zoom}");
    }
}

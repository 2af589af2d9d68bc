//! Which part of a picture is seen, and how large.

use iced::{Point, Rectangle, Size, Vector};

/// The least and the most that a pixel of a picture can be enlarged to.
const ZOOM: std::ops::RangeInclusive<f32> = 1.0 / 32.0..=64.0;

/// Which part of a picture is seen, and how large; several pictures can be looked at through the same camera.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Camera {
    /// The whole picture, as large as the frame allows.
    Fit,
    /// A part of it.
    Part {
        /// How many logical pixels of the window a pixel of the picture is wide.
        zoom: f32,
        /// What lies in the middle of the frame, in parts of the picture's width and height.
        centre: Point,
    },
}

/// The middle of a picture.
const MIDDLE: Point = Point::new(0.5, 0.5);

impl Camera {
    /// The picture at its own size, a pixel to a pixel of the window at scale 1, what was in the middle staying there.
    #[must_use]
    pub fn actual(self) -> Self {
        self.at_zoom(1.0)
    }

    /// The same middle at another zoom.
    #[must_use]
    pub fn at_zoom(self, zoom: f32) -> Self {
        let centre = match self {
            Self::Fit => MIDDLE,
            Self::Part { centre, .. } => centre,
        };
        Self::Part {
            zoom: zoom.clamp(*ZOOM.start(), *ZOOM.end()),
            centre,
        }
    }

    /// How many logical pixels of the window a pixel of the picture is wide.
    pub fn zoom(self, picture: Size, frame: Size) -> f32 {
        match self {
            Self::Fit => {
                let zoom = (frame.width / picture.width).min(frame.height / picture.height);
                zoom.clamp(*ZOOM.start(), *ZOOM.end())
            }
            Self::Part { zoom, .. } => zoom,
        }
    }

    /// Where the picture lies, seen through `frame`.
    pub fn place(self, picture: Size, frame: Rectangle) -> Rectangle {
        let zoom = self.zoom(picture, frame.size());
        let size = Size::new(picture.width * zoom, picture.height * zoom);
        let centre = match self {
            Self::Fit => MIDDLE,
            Self::Part { centre, .. } => centre,
        };
        let middle = frame.center();
        let corner = Point::new(
            middle.x - centre.x * size.width,
            middle.y - centre.y * size.height,
        );
        Rectangle::new(corner, size)
    }

    /// Zooms by `factor` so that what is seen at `at` stays there.
    #[must_use]
    pub fn zoomed(self, factor: f32, at: Point, picture: Size, frame: Rectangle) -> Self {
        let before = self.place(picture, frame);
        let zoom = self.zoom(picture, frame.size());
        let after = (zoom * factor).clamp(*ZOOM.start(), *ZOOM.end());
        let grown = after / zoom;
        // Where the point at hand is in the picture, and how far the middle of the frame is from it.
        let to_middle = frame.center() - at;
        let share = |start: f32, length: f32, at: f32, to_middle: f32| {
            (at - start) / length + to_middle / (length * grown)
        };
        let centre = Point::new(
            share(before.x, before.width, at.x, to_middle.x),
            share(before.y, before.height, at.y, to_middle.y),
        );
        Self::part(after, centre)
    }

    /// Moves the picture by `way` of the window.
    #[must_use]
    pub fn panned(self, way: Vector, picture: Size, frame: Rectangle) -> Self {
        let place = self.place(picture, frame);
        let middle = frame.center() - way;
        let centre = Point::new(
            (middle.x - place.x) / place.width,
            (middle.y - place.y) / place.height,
        );
        Self::part(self.zoom(picture, frame.size()), centre)
    }

    /// A part whose middle lies within the picture, so that the picture is never lost.
    fn part(zoom: f32, centre: Point) -> Self {
        Self::Part {
            zoom,
            centre: Point::new(centre.x.clamp(0.0, 1.0), centre.y.clamp(0.0, 1.0)),
        }
    }
}

/// The pixel of the picture that lies under `at`; `None` beside the picture.
pub fn pixel_at(place: Rectangle, picture: Size, at: Point) -> Option<(u32, u32)> {
    if !place.contains(at) {
        return None;
    }
    let column = (at.x - place.x) / place.width * picture.width;
    let row = (at.y - place.y) / place.height * picture.height;
    // Rounding may lead to the pixel behind the last.
    let column = column.min(picture.width - 1.0);
    let row = row.min(picture.height - 1.0);
    Some((column as u32, row as u32))
}

#[cfg(test)]
mod tests {
    use iced::{Point, Rectangle, Size, Vector};

    use super::{Camera, pixel_at};

    const PICTURE: Size = Size::new(200.0, 100.0);
    const FRAME: Rectangle = Rectangle {
        x: 10.0,
        y: 20.0,
        width: 400.0,
        height: 400.0,
    };

    fn near(one: Rectangle, other: Rectangle) -> bool {
        let close = |one: f32, other: f32| (one - other).abs() < 0.01;
        close(one.x, other.x)
            && close(one.y, other.y)
            && close(one.width, other.width)
            && close(one.height, other.height)
    }

    fn rectangle(x: f32, y: f32, width: f32, height: f32) -> Rectangle {
        Rectangle {
            x,
            y,
            width,
            height,
        }
    }

    #[test]
    fn a_picture_that_fits_touches_the_frame_and_is_in_the_middle() {
        let place = Camera::Fit.place(PICTURE, FRAME);
        assert!(
            near(place, rectangle(10.0, 120.0, 400.0, 200.0)),
            "{place:?}"
        );
        let place = Camera::Fit.actual().place(PICTURE, FRAME);
        assert!(
            near(place, rectangle(110.0, 170.0, 200.0, 100.0)),
            "{place:?}"
        );
    }

    #[test]
    fn zooming_keeps_what_is_under_the_cursor() {
        for (factor, at) in [
            (2.0, Point::new(60.0, 140.0)),
            (1.25, Point::new(300.0, 250.0)),
            (0.5, Point::new(210.0, 220.0)),
        ] {
            let camera = Camera::Fit
                .actual()
                .zoomed(1.5, FRAME.center(), PICTURE, FRAME);
            let before = camera.place(PICTURE, FRAME);
            let after = camera
                .zoomed(factor, at, PICTURE, FRAME)
                .place(PICTURE, FRAME);
            let share = |place: Rectangle| {
                (
                    (at.x - place.x) / place.width,
                    (at.y - place.y) / place.height,
                )
            };
            let (before, after) = (share(before), share(after));
            assert!(
                (before.0 - after.0).abs() < 1e-4 && (before.1 - after.1).abs() < 1e-4,
                "{before:?} became {after:?} at {at:?}"
            );
        }
    }

    #[test]
    fn zoom_ends_at_its_limits() {
        let zoom = |camera: Camera| camera.zoom(PICTURE, FRAME.size());
        let mut camera = Camera::Fit;
        for _ in 0..50 {
            camera = camera.zoomed(2.0, FRAME.center(), PICTURE, FRAME);
        }
        assert_eq!(zoom(camera), 64.0);
        for _ in 0..50 {
            camera = camera.zoomed(0.5, FRAME.center(), PICTURE, FRAME);
        }
        assert_eq!(zoom(camera), 1.0 / 32.0);
    }

    #[test]
    fn panning_moves_the_picture_with_the_hand_and_never_loses_it() {
        let camera = Camera::Fit.actual();
        let place = camera
            .panned(Vector::new(30.0, -20.0), PICTURE, FRAME)
            .place(PICTURE, FRAME);
        assert!(
            near(place, rectangle(140.0, 150.0, 200.0, 100.0)),
            "{place:?}"
        );
        let place = camera
            .panned(Vector::new(9_000.0, 0.0), PICTURE, FRAME)
            .place(PICTURE, FRAME);
        assert!(
            near(place, rectangle(210.0, 170.0, 200.0, 100.0)),
            "{place:?}"
        );
    }

    #[test]
    fn the_pixel_under_the_cursor_is_told() {
        let place = Camera::Fit.place(PICTURE, FRAME);
        let check = |x: f32, y: f32, expected| {
            assert_eq!(
                pixel_at(place, PICTURE, Point::new(x, y)),
                expected,
                "{x} {y}"
            );
        };
        check(10.0, 120.0, Some((0, 0)));
        check(13.9, 121.9, Some((1, 0)));
        check(409.9, 319.9, Some((199, 99)));
        check(409.9, 321.0, None);
        check(9.0, 200.0, None);
    }
}

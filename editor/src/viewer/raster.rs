//! Pictures as they are drawn: smooth where they are small, pixel by pixel where they are large.

use graph::preview::Picture;

use iced::advanced::Renderer as _;
use iced::advanced::image::{FilterMethod, Image, Renderer as _};
use iced::widget::image::Handle;
use iced::{Point, Rectangle, Renderer, Size};

/// From this zoom on the pixels of a picture are seen as squares.
const SQUARES: f32 = 2.0;

/// Where a picture is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Area {
    /// Where it lies.
    pub place: Rectangle,
    /// How large it is, in its own pixels.
    pub size: Size,
}

/// How large `picture` is, in its own pixels.
pub fn size(picture: &Picture) -> Size {
    Size::new(picture.width as f32, picture.height as f32)
}

/// Draws a picture, of which `clip` is seen.
pub fn draw(renderer: &mut Renderer, handle: &Handle, area: Area, clip: Rectangle, opacity: f32) {
    let zoom = area.place.width / area.size.width.max(1.0);
    let filter = if zoom >= SQUARES {
        FilterMethod::Nearest
    } else {
        FilterMethod::Linear
    };
    let image = Image::new(handle.clone())
        .filter_method(filter)
        .opacity(opacity)
        .snap(true);
    let place = align(renderer, area.place, zoom);
    renderer.with_layer(clip, |renderer| renderer.draw_image(image, place, clip));
}

/// Where the renderer can draw exactly: the software renderer places pictures by whole pixels of their own.
pub fn align(renderer: &Renderer, place: Rectangle, zoom: f32) -> Rectangle {
    let software = matches!(renderer, Renderer::Secondary(_));
    if !software || zoom <= 1.0 {
        return place;
    }
    // A little more than a whole number, since the renderer cuts off what lies behind the point.
    let whole = |at: f32| ((at / zoom).round() + 0.001) * zoom;
    Rectangle::new(Point::new(whole(place.x), whole(place.y)), place.size())
}

//! How two pictures are compared.

use iced::{Point, Rectangle, Size};

/// How wide the gap between two pictures is.
const GAP: f32 = 8.0;

/// How two pictures are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compare {
    /// One lies on the other, up to a line that can be moved.
    Wipe,
    /// One lies beside the other, both moved together.
    SideBySide,
}

impl Compare {
    /// Both ways.
    pub const ALL: [Self; 2] = [Self::Wipe, Self::SideBySide];
}

impl std::fmt::Display for Compare {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(match self {
            Self::Wipe => "Wipe",
            Self::SideBySide => "Side by side",
        })
    }
}

/// How large the frame of each picture is, where there is so much room for all.
pub fn frame(room: Size, compare: Compare, two: bool) -> Size {
    match (compare, two) {
        (Compare::SideBySide, true) => Size::new(((room.width - GAP) / 2.0).max(1.0), room.height),
        (Compare::SideBySide, false) | (Compare::Wipe, _) => room,
    }
}

/// Where the frames of the two pictures lie; they are the same where one picture lies on the other.
pub fn frames(room: Rectangle, compare: Compare, two: bool) -> [Rectangle; 2] {
    let size = frame(room.size(), compare, two);
    let right = match (compare, two) {
        (Compare::SideBySide, true) => room.x + size.width + GAP,
        (Compare::SideBySide, false) | (Compare::Wipe, _) => room.x,
    };
    [
        Rectangle::new(room.position(), size),
        Rectangle::new(Point::new(right, room.y), size),
    ]
}

#[cfg(test)]
mod tests {
    use iced::{Point, Rectangle, Size};

    use super::{Compare, frames};

    #[test]
    fn two_pictures_share_the_room_or_lie_on_each_other() {
        let room = Rectangle::new(Point::new(10.0, 5.0), Size::new(408.0, 300.0));
        let half = Size::new(200.0, 300.0);
        assert_eq!(
            frames(room, Compare::SideBySide, true),
            [
                Rectangle::new(Point::new(10.0, 5.0), half),
                Rectangle::new(Point::new(218.0, 5.0), half),
            ]
        );
        assert_eq!(frames(room, Compare::SideBySide, false), [room, room]);
        assert_eq!(frames(room, Compare::Wipe, true), [room, room]);
    }
}

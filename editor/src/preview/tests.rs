use graph::document::NodeId;
use graph::preview::{Picture, Preview, TokenGrid};
use iced::widget::image::Handle;

use super::{LARGEST, Shown, Thumbnails, shrink};

fn picture(width: u32, height: u32, pixels: Vec<u8>) -> Picture {
    Picture {
        width,
        height,
        pixels: pixels.into(),
    }
}

/// Width, height, and the red of every pixel.
fn reds(handle: &Handle) -> (u32, u32, Vec<u8>) {
    let Handle::Rgba {
        width,
        height,
        pixels,
        ..
    } = handle
    else {
        panic!("{handle:?} holds no pixels");
    };
    assert!(pixels.chunks(4).all(|pixel| pixel[3] == 255));
    (*width, *height, pixels.iter().step_by(4).copied().collect())
}

/// A grey picture from its levels.
fn grey(width: u32, height: u32, levels: &[u8]) -> Picture {
    let pixels = levels.iter().flat_map(|level| [*level; 3]).collect();
    picture(width, height, pixels)
}

#[test]
fn a_small_pixel_is_the_mean_of_what_it_covers() {
    let check = |large: Picture, largest, expected: (u32, u32, Vec<u8>)| {
        let small = shrink::shrunk(&large, largest).expect("the bytes fill the picture");
        assert_eq!(reds(&small), expected);
    };
    check(grey(2, 1, &[10, 20]), 2, (2, 1, vec![10, 20]));
    check(grey(4, 1, &[0, 10, 20, 40]), 2, (2, 1, vec![5, 30]));
    check(grey(2, 2, &[0, 100, 50, 250]), 1, (1, 1, vec![100]));
    // Two small pixels share the one in the middle.
    check(grey(3, 1, &[0, 90, 180]), 2, (2, 1, vec![30, 150]));
    check(grey(1, 5, &[255; 5]), 3, (1, 3, vec![255; 3]));
    check(grey(9, 1, &[7; 9]), 2, (2, 1, vec![7, 7]));
}

#[test]
fn colours_stay_where_they_are() {
    let pixels = [[255, 0, 0], [255, 0, 0], [0, 0, 255], [0, 0, 255]].concat();
    let small = shrink::shrunk(&picture(4, 1, pixels), 2).expect("the bytes fill the picture");
    let Handle::Rgba { pixels, .. } = small else {
        panic!("{small:?} holds no pixels");
    };
    assert_eq!(&pixels[..], [255, 0, 0, 255, 0, 0, 255, 255]);
}

#[test]
fn thumbnails_are_small_and_the_whole_is_made_once() {
    let large = picture(600, 300, vec![9; 600 * 300 * 3]);
    let Shown::Pictures(pictures) = Shown::new(Preview::Images(vec![large])) else {
        panic!("pictures are shown as such");
    };
    let (width, height, _) = reds(pictures[0].small());
    assert_eq!((width, height), (LARGEST, 128));
    let (width, height, _) = reds(pictures[0].whole());
    assert_eq!((width, height), (600, 300));
    let again = pictures[0].clone();
    assert_eq!(again.whole().id(), pictures[0].whole().id());

    let little = Shown::new(Preview::image(2, 1, vec![9; 6]));
    let Shown::Pictures(pictures) = &little else {
        panic!("pictures are shown as such");
    };
    assert_eq!(pictures[0].whole().id(), pictures[0].small().id());
    assert_eq!(little.size(), Some((2, 1)));
}

#[test]
fn what_does_not_fill_its_size_is_told_and_not_drawn() {
    let check = |preview: Preview, expected: &str| match Shown::new(preview) {
        Shown::Text(text) => assert_eq!(text, expected),
        shown => panic!("{shown:?}"),
    };
    check(
        Preview::image(2, 2, vec![0; 6]),
        "none of 1 pictures can be drawn",
    );
    check(
        Preview::image(u32::MAX, u32::MAX, vec![0; 3]),
        "none of 1 pictures can be drawn",
    );
    check(
        Preview::Images(Vec::new()),
        "none of 0 pictures can be drawn",
    );
    check(Preview::Steps(Vec::new()), "the steps cannot be drawn");
    let short = TokenGrid {
        rows: 2,
        columns: 2,
        codebook: 4,
        codes: vec![None; 3],
        ..TokenGrid::default()
    };
    check(Preview::TokenGrid(short), "the tokens cannot be drawn");
}

#[test]
fn masked_sure_and_replaced_tokens_can_be_told_apart() {
    let grid = TokenGrid {
        rows: 1,
        columns: 4,
        codebook: 9,
        codes: vec![None, Some(1), Some(2), Some(3)],
        confidence: vec![0.0, 0.1, 0.9, 0.9],
        edited: vec![false, false, false, true],
    };
    let Shown::Grid { small, .. } = Shown::new(Preview::TokenGrid(grid)) else {
        panic!("grids are shown as such");
    };
    let Handle::Rgba { width, pixels, .. } = &small else {
        panic!("{small:?} holds no pixels");
    };
    assert_eq!(*width, 32);
    let at = |x: usize, y: usize| &pixels[(y * 32 + x) * 4..][..3];
    let middles = [at(4, 4), at(12, 4), at(20, 4), at(28, 4)];
    assert_ne!(middles[0], middles[1]);
    assert_ne!(middles[1], middles[2]);
    assert_eq!(middles[2], middles[3], "both are as sure");
    assert_eq!(at(16, 0), middles[2], "no ring");
    assert_ne!(at(24, 0), middles[3], "a ring");
}

#[test]
fn a_grid_of_more_tokens_than_pixels_is_thinned() {
    let grid = TokenGrid {
        rows: 2,
        columns: 600,
        codebook: 9,
        codes: vec![Some(1); 1200],
        ..TokenGrid::default()
    };
    let shown = Shown::new(Preview::Steps(vec![grid]));
    let (width, height, _) = reds(shown.small().expect("steps are a picture"));
    assert_eq!((width, height), (200, 1));
    assert_eq!(shown.size(), Some((600, 2)));
}

#[test]
fn what_runs_comes_before_what_came_out_and_pictures_before_words() {
    let node = NodeId::new("a").expect("it is a name");
    let mut thumbnails = Thumbnails::default();
    assert!(thumbnails.of(&node).is_none());
    let text = |text: &str| Shown::Text(text.into());
    let told = |thumbnails: &Thumbnails| match thumbnails.of(&node) {
        Some(Shown::Text(text)) => text.clone(),
        Some(_) => "a picture".into(),
        None => "nothing".into(),
    };
    thumbnails.show(&node, "first", text("first"));
    assert_eq!(told(&thumbnails), "first");
    thumbnails.show(
        &node,
        "second",
        Shown::new(Preview::image(1, 1, vec![0; 3])),
    );
    assert_eq!(told(&thumbnails), "a picture");
    let before = thumbnails.version();
    thumbnails.show_live(&node, text("so far"));
    assert_eq!(told(&thumbnails), "so far");
    assert!(thumbnails.version() > before);
    let other = NodeId::new("b").expect("it is a name");
    thumbnails.rename(&node, &other);
    assert_eq!(told(&thumbnails), "nothing");
    assert_eq!(thumbnails.ports(&other).count(), 2);
    thumbnails.forget(&other);
    assert!(thumbnails.at(&other, "first").is_none() && thumbnails.live(&other).is_none());
}

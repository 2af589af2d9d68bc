use super::*;

fn visible(paragraph: &Paragraph) -> String {
    let runs = paragraph.buffer().layout_runs();
    let lines: Vec<&str> = runs.map(|run| run.text).collect();
    lines.join("/")
}

#[test]
fn what_does_not_fit_on_a_line_ends_in_an_ellipsis() {
    let mut letters = Letters::default();

    let whole = letters.shape("edit threshold", Face::Text, 13.0, Room::Line(200.0));
    let cut = letters.shape("edit threshold", Face::Text, 13.0, Room::Line(50.0));

    assert_eq!(visible(&whole), "edit threshold");
    assert!(visible(&cut).starts_with("edit"));
    assert!(visible(&cut).ends_with('…'));
    assert!(cut.min_width() <= 50.0);
}

#[test]
fn letters_are_never_cut_in_two() {
    let mut letters = Letters::default();

    let cut = letters.shape("ÄÖÜ ßÄÖÜ ßÄÖÜ ß", Face::Text, 13.0, Room::Line(40.0));

    assert!(visible(&cut).ends_with('…'));
}

#[test]
fn a_block_has_at_most_its_lines() {
    let mut letters = Letters::default();
    let text = "word ".repeat(80);

    let block = letters.shape(&text, Face::Text, 13.0, Room::Lines(100.0, 3));

    assert_eq!(block.buffer().layout_runs().count(), 3);
}

#[test]
fn a_text_that_is_drawn_again_and_again_is_kept_and_others_go() {
    let mut letters = Letters::default();
    let count = |letters: &Letters| letters.known.values().map(HashMap::len).sum::<usize>();
    let _ = letters.shape("once", Face::Text, 13.0, Room::Line(100.0));

    for _ in 0..2 * KEPT {
        letters.turn(1.0);
        let _ = letters.shape("always", Face::Text, 13.0, Room::Line(100.0));
    }

    assert_eq!(count(&letters), 1);
}

#[test]
fn while_the_zoom_changes_one_size_of_letters_follows_at_a_time() {
    let mut letters = Letters::default();
    let picture = |letters: &mut Letters, zoom: f32| {
        letters.turn(zoom);
        [11.0, 12.0, 13.0].map(|size| letters.zoom(Face::Text, size))
    };

    assert_eq!(picture(&mut letters, 1.0), [1.0, 1.0, 1.0]);
    assert!(!letters.lags(1.0));
    assert!(letters.lags(1.125));
    assert_eq!(picture(&mut letters, 1.125), [1.125, 1.0, 1.0]);
    assert!(letters.lags(1.125));
    assert_eq!(picture(&mut letters, 1.125), [1.125, 1.125, 1.0]);
    assert_eq!(picture(&mut letters, 1.125), [1.125, 1.125, 1.125]);
    assert!(!letters.lags(1.125));
}

#[test]
fn no_letters_lag_far_behind() {
    let mut letters = Letters::default();
    for zoom in [1.0, 1.5] {
        letters.turn(zoom);
        for size in [11.0, 12.0, 13.0] {
            assert_eq!(letters.zoom(Face::Text, size), zoom);
        }
    }
}

#[test]
fn letters_that_were_not_seen_the_last_time_are_drawn_as_they_should_be() {
    let mut letters = Letters::default();
    letters.turn(1.0);
    assert_eq!(letters.zoom(Face::Text, 12.0), 1.0);
    letters.turn(1.0);
    letters.turn(1.125);
    assert_eq!(letters.zoom(Face::Text, 12.0), 1.125);
    assert_eq!(letters.zoom(Face::Icons, 12.0), 1.125);
}

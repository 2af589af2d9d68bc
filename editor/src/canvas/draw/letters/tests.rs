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
        letters.turn();
        let _ = letters.shape("always", Face::Text, 13.0, Room::Line(100.0));
    }

    assert_eq!(count(&letters), 1);
}

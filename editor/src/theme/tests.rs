use iced::Shadow;

use super::*;

fn surfaces(look: &Look) -> [(&'static str, Color); 6] {
    [
        ("canvas", look.canvas),
        ("panel", look.panel),
        ("raised", look.raised),
        ("header", look.header),
        ("field", look.field),
        ("paper", look.paper),
    ]
}

#[test]
fn text_can_be_read_on_every_surface() {
    for look in [Look::dark(), Look::light()] {
        let texts = [
            ("text", look.text),
            ("muted", look.muted),
            ("faint", look.faint),
            ("accent", look.accent),
            ("success", look.success),
            ("warning", look.warning),
            ("danger", look.danger),
        ];
        for (text, colour) in texts {
            for (surface, below) in surfaces(look) {
                let contrast = colour.relative_contrast(below);
                assert!(
                    contrast >= 4.5,
                    "{text} on {surface}, dark {}: {contrast}",
                    look.dark
                );
            }
        }
        assert!(look.on_accent.relative_contrast(look.accent) >= 4.5);
        assert!(look.on_danger.relative_contrast(look.danger) >= 4.5);
    }
}

#[test]
fn wires_of_every_kind_stand_out_from_the_canvas() {
    for look in [Look::dark(), Look::light()] {
        for kind in [
            "text",
            "tokens",
            "dataset",
            "policy",
            "elsewhere.thing",
            "weight",
            "",
        ] {
            let contrast = look.kind(kind).relative_contrast(look.canvas);
            assert!(contrast >= 3.0, "{kind}, dark {}: {contrast}", look.dark);
        }
    }
}

#[test]
fn a_kind_that_nobody_picked_a_colour_for_has_one_of_its_own() {
    let look = Look::dark();

    assert_ne!(look.kind("weight"), look.kind("waight"));
    assert_eq!(look.kind("weight"), look.kind("weight"));
    assert_eq!(look.shape("weight"), SocketShape::Round);
    assert_eq!(look.shape("tokens"), SocketShape::Diamond);
}

#[test]
fn a_theme_tells_its_look() {
    assert_eq!(Look::of(&Look::dark().theme()), Look::dark());
    assert_eq!(Look::of(&Look::light().theme()), Look::light());
}

/// The files below `folder` in which a colour is named, but for those of the theme.
fn naming_colours(folder: &std::path::Path, found: &mut Vec<String>) {
    let entries = std::fs::read_dir(folder).expect("the sources are there");
    for entry in entries {
        let path = entry.expect("they can be read").path();
        let name = path.display().to_string();
        if path.is_dir() {
            naming_colours(&path, found);
        } else if !name.contains("/theme") {
            let text = std::fs::read_to_string(&path).expect("they can be read");
            let names = ["Color::from_rgb", "Color::WHITE", "Color::BLACK", "color!("];
            let named = names.iter().filter(|call| text.contains(*call));
            found.extend(named.map(|call| format!("{name}: {call}")));
        }
    }
}

#[test]
fn nothing_else_names_a_colour() {
    let mut found = Vec::new();
    let sources = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    naming_colours(&sources, &mut found);
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn nothing_casts_a_shadow_that_grows_darker_with_every_look() {
    for look in [Look::dark(), Look::light()] {
        let theme = look.theme();
        let shadows = [
            style::container::floating(&theme).shadow,
            style::container::card(&theme).shadow,
            style::list::menu(&theme).shadow,
        ];
        assert_eq!(shadows, [Shadow::default(); 3]);
    }
}

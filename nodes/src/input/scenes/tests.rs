//! Composed scenes, from the pictures that the repository carries.

use std::collections::{BTreeMap, BTreeSet};

use graph::node::AnyNode;
use graph::param::{ParamValue, ParamValues, Params};
use graph::registry::Registry;
use graph::run::{Resources, Run};

use super::{ComposedScenes, Scenes, colour, holdout};
use crate::value::{Example, Pixels, Samples};

/// The folder of the pictures that the repository carries.
pub const EMOJI: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../workflows/data/emoji");

/// Enough things for every test, few enough to be read quickly.
pub const THINGS: &str = "frog, teapot, red apple, police car, duck, bread, scissors, rocket, cactus, key, \
    sunflower, octopus, alarm clock, house, pizza, bicycle, penguin, banana, guitar, umbrella";

/// Scenes of [`THINGS`] with other parameters than the default ones.
pub fn scenes(params: &[(&str, ParamValue)]) -> Scenes {
    let mut values = ParamValues::from([
        ("path".into(), ParamValue::Text(EMOJI.into())),
        ("only".into(), ParamValue::Text(THINGS.into())),
        ("size".into(), ParamValue::Int(64)),
    ]);
    for (name, value) in params {
        let _ = values.insert((*name).into(), value.clone());
    }
    let node = ComposedScenes::from_values(&values).expect("the parameters are right");
    Scenes::open(&node, &Run::alone(Resources::default())).expect("the pictures are there")
}

/// The parameter that asks for held-out pairs.
pub fn held_out() -> (&'static str, ParamValue) {
    ("split", ParamValue::Text("held_out".into()))
}

fn pairs(scenes: &Scenes, count: usize) -> BTreeSet<(String, String)> {
    (0..count)
        .map(|index| scenes.scene(index).truth)
        .filter(|truth| ["pair", "position"].contains(&truth.category.as_str()))
        .map(|truth| {
            let mut names = [truth.objects[0].name.clone(), truth.objects[1].name.clone()];
            names.sort();
            names.into()
        })
        .collect()
}

fn get(scenes: &Scenes, index: usize) -> Example {
    scenes.get(index).expect("there are a million scenes")
}

#[test]
fn training_and_held_out_scenes_share_no_pair() {
    let shown = pairs(&scenes(&[]), 4000);
    let held_out = pairs(&scenes(&[held_out()]), 500);
    assert!(shown.len() > 150, "{} of 190 pairs were shown", shown.len());
    assert!(!held_out.is_empty());
    assert!(shown.is_disjoint(&held_out));
    for (first, second) in &held_out {
        assert!(holdout::is_held_out(first, second, "smalto"));
    }
}

#[test]
fn a_scene_depends_on_seed_and_number_alone() {
    let scenes_of = |seed| scenes(&[("seed", ParamValue::Int(seed))]);
    let (one, again, other) = (scenes_of(7), scenes_of(7), scenes_of(8));
    for index in [3, 0, 999_999] {
        assert_eq!(get(&one, index), get(&again, index));
        assert_ne!(get(&one, index), get(&other, index));
    }
    assert_ne!(get(&one, 1).pixels, get(&one, 2).pixels);
}

#[test]
fn objects_lie_apart_inside_the_picture_and_as_the_caption_says() {
    let scenes = scenes(&[]);
    let mut seen = BTreeMap::new();
    for index in 0..3000 {
        let scene = scenes.scene(index);
        *seen.entry(scene.truth.category.clone()).or_insert(0) += 1;
        for (at, object) in scene.objects.iter().enumerate() {
            let inside = object.left >= 2.0
                && object.top >= 2.0
                && object.left + object.width <= 62.0
                && object.top + object.height <= 62.0;
            assert!(inside, "{index}: {object:?}");
            for other in &scene.objects[at + 1..] {
                let apart = object.left + object.width + 3.0 <= other.left
                    || other.left + other.width + 3.0 <= object.left
                    || object.top + object.height + 3.0 <= other.top
                    || other.top + other.height + 3.0 <= object.top;
                assert!(apart, "{index}: {object:?} {other:?}");
            }
        }
        if let [first, second] = scene.truth.objects.as_slice() {
            let (right, down) = (second.x - first.x, second.y - first.y);
            let holds = match scene.truth.relation.as_str() {
                "left of" => right > down.abs(),
                "right of" => -right > down.abs(),
                "above" => down > right.abs(),
                "below" => -down > right.abs(),
                _ => true,
            };
            assert!(holds, "{index}: {}", scene.caption);
        }
    }
    let categories: Vec<&str> = seen.keys().map(String::as_str).collect();
    assert_eq!(
        categories,
        ["counting", "pair", "position", "single", "size"]
    );
    assert!(seen.values().all(|count| *count > 300), "{seen:?}");
}

#[test]
fn captions_stay_short_and_within_a_closed_vocabulary() {
    let scenes = scenes(&[]);
    let captions: Vec<String> = (0..2000).map(|index| scenes.scene(index).caption).collect();
    let mut words = BTreeSet::new();
    for caption in &captions {
        assert!(caption.split(' ').count() <= 20, "{caption}");
        assert!(
            caption
                .chars()
                .all(|letter| letter.is_ascii_lowercase() || letter == ' '),
            "{caption}"
        );
        words.extend(caption.split(' '));
    }
    assert!(words.len() < 100, "{} words", words.len());
    let a_count = captions
        .iter()
        .find(|caption| caption.starts_with("three "));
    assert!(a_count.is_some());
}

#[test]
fn pixels_and_foreground_are_those_of_the_truth() {
    let scenes = scenes(&[]);
    for index in 0..50 {
        let example = get(&scenes, index);
        let truth = example.truth.expect("scenes have a truth");
        let Pixels::Raw {
            bytes,
            foreground,
            height,
            width,
        } = example.pixels
        else {
            panic!("scenes are pictures");
        };
        assert_eq!((height, width), (64, 64));
        let background = colour::named(&truth.background).expect("backgrounds have names");
        let objects = scenes.scene(index).objects;
        let pixels = bytes.chunks_exact(3).zip(&foreground).enumerate();
        let mut covered = 0;
        for (at, (pixel, shows_object)) in pixels {
            let (x, y) = ((at % 64) as f32 + 0.5, (at / 64) as f32 + 0.5);
            let touched = objects.iter().any(|object| {
                x > object.left - 1.0
                    && x < object.left + object.width + 1.0
                    && y > object.top - 1.0
                    && y < object.top + object.height + 1.0
            });
            assert!(touched || (!shows_object && pixel == background), "{index}");
            covered += usize::from(*shows_object);
        }
        assert!(covered > 20, "{index}: {covered}");
    }
}

#[test]
fn every_picture_of_the_repository_is_a_thing_that_scenes_can_show() {
    let folder = std::path::Path::new(EMOJI).join("fluent-3d");
    let rows = crate::input::captions::read(&folder).expect("the list is there");
    for row in &rows {
        let noun = super::grammar::Noun::of(&row.concept, &row.group);
        assert!(noun.is_some(), "{}", row.concept);
        assert!(folder.join(&row.file).is_file(), "{}", row.file);
    }
    assert_eq!(rows.len(), 583);
}

#[test]
fn what_cannot_be_is_said_with_the_way_to_mend_it() {
    let mut registry = Registry::default();
    let _ = registry.add::<ComposedScenes>();
    let entry = registry.get("input.scenes").expect("added above");
    let check = |path: &str, only: &str, expected: &str| {
        let values = ParamValues::from([
            ("path".into(), ParamValue::Text(path.into())),
            ("only".into(), ParamValue::Text(only.into())),
        ]);
        let node: Box<dyn AnyNode> = entry.build(&values).expect("the parameters are right");
        let mut run = Run::alone(Resources::default());
        let error = node
            .call(&graph::port::Values::default(), &mut run)
            .expect_err("it must fail")
            .to_string();
        assert!(error.contains(expected), "{error}");
    };
    check("/nowhere", "", "no pictures of the family `fluent-3d`");
    check(EMOJI, "frog, mermaid", "`only` must be names");
    check(EMOJI, "frog", "1 things are too few");
}

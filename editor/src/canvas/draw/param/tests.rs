use super::*;

fn spec(kind: ParamKind, unit: Option<&str>) -> ParamSpec {
    ParamSpec {
        name: "param".into(),
        doc: "What it is for.".into(),
        kind,
        default: None,
        unit: unit.map(Into::into),
    }
}

#[test]
fn values_are_written_as_they_are_read() {
    let float = ParamKind::Float { min: 0.0, max: 1.0 };
    let choice = ParamKind::Choice {
        options: Vec::new(),
    };
    let cases = [
        (ParamValue::Float(0.9), spec(float.clone(), None), "0.9"),
        (
            ParamValue::Float(2.0),
            spec(float.clone(), Some("s")),
            "2.0 s",
        ),
        (ParamValue::Float(1.0 / 3.0), spec(float, None), "0.333333"),
        (ParamValue::Int(-7), spec(ParamKind::Seed, None), "-7"),
        (
            ParamValue::Text("mask_git".into()),
            spec(choice, None),
            "mask git",
        ),
    ];
    for (value, spec, expected) in cases {
        assert_eq!(text(&value, &spec), expected);
    }
}

#[test]
fn a_field_is_filled_where_its_range_can_be_seen() {
    let steps = ParamKind::Int { min: 1, max: 101 };
    let batch = ParamKind::Int {
        min: 1,
        max: 65_536,
    };
    let all = ParamKind::Float {
        min: f64::MIN,
        max: f64::MAX,
    };
    let unit = ParamKind::Float { min: 0.0, max: 1.0 };

    assert_eq!(share(&steps, Some(&ParamValue::Int(26))), Some(0.25));
    assert_eq!(share(&batch, Some(&ParamValue::Int(26))), None);
    assert_eq!(share(&all, Some(&ParamValue::Float(0.5))), None);
    assert_eq!(share(&unit, Some(&ParamValue::Float(0.75))), Some(0.75));
    assert_eq!(share(&unit, Some(&ParamValue::Float(7.0))), Some(1.0));
    assert_eq!(share(&unit, None), None);
}

#[test]
fn a_path_is_shortened_from_its_beginning() {
    assert_eq!(
        endings("models/emoji/denoiser"),
        [
            "models/emoji/denoiser",
            "…/emoji/denoiser",
            "…/denoiser",
            "denoiser"
        ]
    );
    assert_eq!(endings("apple.png"), ["apple.png", "apple.png"]);
    assert_eq!(endings("/data/"), ["/data/", "data"]);
    assert_eq!(endings(""), [""]);
}

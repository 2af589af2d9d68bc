use std::path::Path;

use serde_json::{Value, json};

use super::compute;
use crate::golden::{Computed, Family, Folder, GoldenError, Report, Tolerances};
use crate::network::denoiser::golden::official_config;

/// The schedules of the golden folder, changed by `change`, compared.
fn compared(change: impl Fn(&mut Value)) -> Result<Vec<(String, bool)>, GoldenError> {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/golden/nld_image");
    let folder = tempfile::tempdir().expect("there is room");
    for file in ["config.json", "README.md", "case.safetensors"] {
        let _ = std::fs::copy(golden.join(file), folder.path().join(file)).expect("it is there");
    }
    let text = std::fs::read(golden.join("schedules.json")).expect("it is there");
    let mut file = serde_json::from_slice(&text).expect("it is JSON");
    change(&mut file);
    std::fs::write(folder.path().join("schedules.json"), file.to_string()).expect("there is room");

    let folder = Folder::open(folder.path())?;
    let mut computed = Computed::default();
    compute(&folder, &official_config().rope, &mut computed)?;
    let tolerances = Tolerances::of(folder.readme()).expect("it states some");
    let report = Report::new(Family::NldImage, &folder, &computed, &tolerances, false);
    let rows = report.rows.into_iter();
    let rows = rows.filter(|row| row.name.starts_with("schedules."));
    Ok(rows.map(|row| (row.name, row.ok)).collect())
}

#[test]
fn all_schedules_are_the_official_ones() {
    let rows = compared(|_| ()).expect("the file is whole");
    // Twelve budgets, three orders, two tables of four curves, and the frequencies.
    assert_eq!(rows.len(), 12 + 3 + 2 * 4 + 1);
    assert!(rows.iter().all(|(_, ok)| *ok), "{rows:?}");
}

#[test]
fn a_changed_schedule_fails() {
    for (path, value, name) in [
        ("/budgets/0/budget/2", json!(18), "budgets.256_in_8_shift_3"),
        ("/stratified/1/order/0", json!(42), "stratified.8_seed_42"),
        (
            "/temperatures/0/linear/3",
            json!(0.575_714_7),
            "temperatures.linear_8_to_0.01_shift_3",
        ),
        (
            "/yarn_release/inv_freq/1",
            json!(0.805_842_6),
            "yarn_release.inv_freq",
        ),
    ] {
        let rows = compared(|file| {
            *file.pointer_mut(path).expect("it is there") = value.clone();
        });
        let rows = rows.expect("the file is whole");
        let wrong: Vec<&str> = rows
            .iter()
            .filter(|(_, ok)| !ok)
            .map(|(name, _)| name.as_str())
            .collect();
        assert_eq!(wrong, [format!("schedules.{name}")]);
    }
}

#[test]
fn what_nobody_compares_is_an_error() {
    for (path, value, told) in [
        ("/strange", json!([1]), "strange"),
        ("/budgets/0/strange", json!(1), "strange"),
        ("/stratified", json!([]), "stratified"),
        ("/budgets/0/budget", json!([]), "number for each step"),
        ("/budgets/0/N", json!(1_u64 << 40), "number for each step"),
        ("/stratified/0/n", json!(u64::MAX), "each position"),
        ("/yarn_release/attention_factor", json!(1.1), "of 1"),
    ] {
        let error = compared(|file| {
            let (above, name) = path.rsplit_once('/').expect("paths have steps");
            file.pointer_mut(above).expect("it is there")[name] = value.clone();
        });
        let error = error.expect_err("it is not right").to_string();
        assert!(error.contains(told), "{path}: {error}");
    }
}

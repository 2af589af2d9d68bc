use std::path::{Path, PathBuf};

use super::{Settings, Stored, Theme};

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("the folder is there");
    let mut names: Vec<String> = entries
        .map(|entry| entry.expect("it can be read").file_name())
        .map(|name| name.to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn settings_come_back_as_they_were_left() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("smalto/settings.ron");
    let (mut stored, problem) = Stored::load(&path);
    assert!(problem.is_none(), "no file yet is no problem");
    assert_eq!(stored.settings, Settings::default());
    stored.settings.theme = Theme::Dark;
    stored.settings.snap = false;
    stored
        .settings
        .remember(Path::new("/flows/fox \"red\".ron"));
    let _ = stored.save().expect("the folder can be made");

    let (again, problem) = Stored::load(&path);
    assert!(problem.is_none());
    assert_eq!(again.settings, stored.settings);
}

#[test]
fn a_file_may_say_little_and_things_that_nobody_knows() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("settings.ron");
    let text = "(theme: Light, window: (width: 99999, height: NaN), hologram: true)";
    std::fs::write(&path, text).expect("the folder can be written");
    let (stored, problem) = Stored::load(&path);
    assert!(problem.is_none(), "{problem:?}");
    assert_eq!(stored.settings.theme, Theme::Light);
    assert_eq!(stored.settings.window.width, 16_384.0);
    assert_eq!(stored.settings.window.height, 800.0);
    assert!(stored.settings.snap && stored.settings.minimap);
}

#[test]
fn a_damaged_file_is_told_with_its_place_and_set_aside() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("settings.ron");
    for text in ["(theme: Dark,\n snap: maybe)", "(theme: Pink)"] {
        std::fs::write(&path, text).expect("the folder can be written");
        let (mut stored, problem) = Stored::load(&path);
        let told = problem.expect("the file is damaged").to_string();
        if text.contains("maybe") {
            assert!(told.starts_with("line 2, column "), "{told}");
        }
        assert_eq!(stored.settings, Settings::default());
        let there = std::fs::read_to_string(&path).expect("it is there");
        assert_eq!(there, text, "reading changes nothing");

        let aside = stored.save().expect("the folder can be written");
        let aside = aside.expect("the damaged file was in the way");
        assert_eq!(std::fs::read_to_string(aside).expect("it is kept"), text);
        assert_eq!(stored.save().expect("it can be written again"), None);
    }
    assert_eq!(
        names(folder.path()),
        [
            "settings.ron",
            "settings.ron.damaged",
            "settings.ron.damaged-2"
        ]
    );
}

#[test]
fn settings_that_cannot_be_written_say_why() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    std::fs::write(folder.path().join("file"), "").expect("the folder can be written");
    let (mut stored, problem) = Stored::load(&folder.path().join("file/settings.ron"));
    assert!(problem.is_some(), "a file is no folder");
    assert!(stored.save().is_err());
}

#[test]
fn recent_files_are_few_and_each_stands_once() {
    let mut settings = Settings::default();
    for name in 0..20 {
        settings.remember(&PathBuf::from(format!("{name}.ron")));
    }
    settings.remember(Path::new("10.ron"));
    assert_eq!(settings.recent.len(), 16);
    assert_eq!(settings.recent[0], Path::new("10.ron"));
    assert_eq!(settings.recent[1], Path::new("19.ron"));
    settings.forget(Path::new("19.ron"));
    assert_eq!(settings.recent[1], Path::new("18.ron"));
    assert_eq!(settings.recent.len(), 15);
}

#[cfg(unix)]
#[test]
fn a_path_that_is_no_text_does_not_cost_the_other_settings() {
    use std::os::unix::ffi::OsStrExt;

    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("settings.ron");
    let (mut stored, _) = Stored::load(&path);
    stored.settings.remember(Path::new("a.ron"));
    let odd = std::ffi::OsStr::from_bytes(b"\xff.ron");
    stored.settings.remember(Path::new(odd));
    let _ = stored.save().expect("the folder can be written");
    let (again, _) = Stored::load(&path);
    assert_eq!(again.settings.recent, [Path::new("a.ron")]);
}

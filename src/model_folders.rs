//! Where models lie.

use std::path::{Path, PathBuf};

/// How far below a folder models are looked for: publisher, model, part.
const DEEPEST: usize = 3;

/// The folders that are looked in where none is named; those that are not there are left out.
pub fn standard() -> Vec<PathBuf> {
    let named = std::env::var_os("SMALTO_MODEL_PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&named).collect();
    folders.extend(["models", "workflows/models"].map(PathBuf::from));
    let absolute = |name: &str| {
        let path = std::env::var_os(name).map(PathBuf::from);
        path.filter(|path| path.is_absolute())
    };
    let data = absolute("XDG_DATA_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".local/share")));
    folders.extend(data.map(|data| data.join("smalto/models")));
    folders.retain(|folder| folder.is_dir());
    folders
}

/// The folders with weights in `folder` and below it, in order of their names.
pub fn models(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    look(folder, DEEPEST, &mut found);
    found
}

fn look(folder: &Path, deeper: usize, found: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let mut entries: Vec<PathBuf> = entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .collect();
    entries.sort();
    let has_weights = entries.iter().any(|path| {
        path.extension()
            .is_some_and(|ending| ending == "safetensors")
    });
    if has_weights {
        found.push(folder.into());
    }
    if deeper > 0 {
        for path in entries.iter().filter(|path| path.is_dir()) {
            look(path, deeper - 1, found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::models;

    #[test]
    fn models_are_found_a_few_folders_deep() {
        let folder = tempfile::tempdir().expect("there is room");
        let deep = folder.path().join("a/b/c");
        let deeper = deep.join("d");
        std::fs::create_dir_all(&deeper).expect("there is room");
        std::fs::create_dir_all(folder.path().join("empty")).expect("there is room");
        for place in [&deep, &deeper] {
            std::fs::write(place.join("model.safetensors"), "").expect("there is room");
        }
        assert_eq!(models(folder.path()), [deep]);
    }
}

//! Paths as parameters hold them: with `/`, and seen from the workflow's folder.

use std::path::{Component, Path, PathBuf};

/// `file`, as a workflow in the folder `base` would write it.
///
/// What lies beside the workflow or one or two folders above is seen from there; what is farther away has its full path.
pub fn shown(file: &Path, base: &Path) -> String {
    let from: Vec<Component<'_>> = base.components().collect();
    let to: Vec<Component<'_>> = file.components().collect();
    let common = from
        .iter()
        .zip(&to)
        .take_while(|(left, right)| left == right)
        .count();
    let up = from.len() - common;
    if common == 0 || up > 2 || !file.is_absolute() {
        return with_slashes(&to);
    }
    let way: PathBuf = std::iter::repeat_n(Component::ParentDir, up)
        .chain(to[common..].iter().copied())
        .collect();
    let way: Vec<Component<'_>> = way.components().collect();
    if way.is_empty() {
        ".".into()
    } else {
        with_slashes(&way)
    }
}

fn with_slashes(parts: &[Component<'_>]) -> String {
    let mut text = String::new();
    for part in parts {
        match part {
            Component::RootDir => {
                text.push('/');
                continue;
            }
            Component::Prefix(_)
            | Component::CurDir
            | Component::ParentDir
            | Component::Normal(_) => {}
        }
        if !text.is_empty() && !text.ends_with('/') {
            text.push('/');
        }
        text.push_str(&part.as_os_str().to_string_lossy());
    }
    text
}

/// The folder in which a dialog for `value` opens.
pub fn folder(value: &str, base: &Path) -> PathBuf {
    let full = base.join(value);
    if full.is_dir() {
        return full;
    }
    match full.parent() {
        Some(parent) if parent.is_dir() => parent.to_path_buf(),
        Some(_) | None => base.to_path_buf(),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{folder, shown};

    #[cfg(unix)]
    #[test]
    fn a_file_is_seen_from_the_workflow_where_it_is_near() {
        let check = |file: &str, expected: &str| {
            assert_eq!(
                shown(Path::new(file), Path::new("/home/ann/flows")),
                expected
            );
        };
        check("/home/ann/flows/fox.png", "fox.png");
        check("/home/ann/flows/in/fox.png", "in/fox.png");
        check("/home/ann/pictures/fox.png", "../pictures/fox.png");
        check("/home/fox.png", "../../fox.png");
        check("/data/fox.png", "/data/fox.png");
        check("/home/ann/flows", ".");
        check("in/fox.png", "in/fox.png");
    }

    #[test]
    fn a_dialog_opens_where_the_file_lies_or_beside_the_workflow() {
        let base = tempfile::tempdir().expect("a folder");
        let base = base.path();
        std::fs::create_dir(base.join("in")).expect("a folder in it");
        assert_eq!(folder("in/fox.png", base), base.join("in"));
        assert_eq!(folder("in", base), base.join("in"));
        assert_eq!(folder("no/fox.png", base), base);
        assert_eq!(folder("", base), base.join(""));
    }
}

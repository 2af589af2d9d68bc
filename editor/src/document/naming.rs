//! Names for what is new: nodes, and files beside other files.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use graph::document::NodeId;

use super::file::Fingerprint;

/// The most letters of a node's name that a number is put behind.
const LONGEST_STEM: usize = 56;

/// The most letters of a file's name that stand in the name of another.
const LONGEST_TITLE: usize = 40;

/// A name like `wanted` that is not `taken`: `fox`, then `fox_2`, then `fox_3`.
pub fn unique(wanted: &NodeId, taken: impl Fn(&NodeId) -> bool) -> NodeId {
    if !taken(wanted) {
        return wanted.clone();
    }
    let name = wanted.as_str();
    let stem = match name.rsplit_once('_') {
        Some((stem, number)) if !stem.is_empty() && number.parse::<u64>().is_ok() => stem,
        Some(_) | None => name,
    };
    let stem: String = stem.chars().take(LONGEST_STEM).collect();
    let mut number = 2_u64;
    loop {
        let id = NodeId::new(format!("{stem}_{number}"))
            .expect("a piece of a name, `_` and a number of seven digits are a name");
        if !taken(&id) {
            return id;
        }
        number += 1;
    }
}

/// A name that is not `taken` for a node of `kind`: the last part of the kind's own.
pub fn for_kind(kind: &str, taken: impl Fn(&NodeId) -> bool) -> NodeId {
    like(kind.rsplit('.').next().unwrap_or(kind), taken)
}

/// A name that is not `taken`, made of the letters of any text; `node` where it has none.
pub fn like(text: &str, taken: impl Fn(&NodeId) -> bool) -> NodeId {
    let letters: String = text
        .chars()
        .map(|letter| {
            if letter.is_alphanumeric() || letter == '-' {
                letter
            } else {
                '_'
            }
        })
        .take(LONGEST_STEM)
        .collect();
    let wanted = NodeId::new(letters)
        .unwrap_or_else(|_| NodeId::new("node").expect("four letters are a name"));
    unique(&wanted, taken)
}

/// `path` with the ending of workflow files, which it may have already.
pub fn with_ending(path: &Path) -> PathBuf {
    let has = path
        .extension()
        .is_some_and(|ending| ending.eq_ignore_ascii_case("ron"));
    if has {
        return path.to_owned();
    }
    let mut name = path.as_os_str().to_owned();
    name.push(".ron");
    PathBuf::from(name)
}

/// The hidden file beside `path` that ends in `ending`.
pub fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(".");
    name.push(ending);
    path.with_file_name(name)
}

/// A name for what belongs to `path` and cannot lie beside it: different for different paths.
pub fn elsewhere(path: &Path) -> String {
    let title = path.file_name().unwrap_or_default().to_string_lossy();
    let title: String = title.chars().take(LONGEST_TITLE).collect();
    let hash = Fingerprint::of(path.as_os_str().as_encoded_bytes());
    format!("{title}-{hash}")
}

/// The one path of a file, whatever links lead to it; it need not be there yet.
pub fn real_path(path: &Path) -> PathBuf {
    if let Ok(real) = path.canonicalize() {
        return real;
    }
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    match (
        absolute.parent().map(Path::canonicalize),
        absolute.file_name(),
    ) {
        (Some(Ok(folder)), Some(name)) => folder.join(name),
        _ => absolute,
    }
}

/// `path` as one line of text, from which [`from_line`] makes it again whatever bytes it has.
pub fn to_line(path: &Path) -> String {
    let mut line = String::new();
    for chunk in path.as_os_str().as_encoded_bytes().utf8_chunks() {
        for letter in chunk.valid().chars() {
            if letter == '%' || letter.is_control() {
                let mut bytes = [0; 4];
                letter
                    .encode_utf8(&mut bytes)
                    .bytes()
                    .for_each(|byte| escape(&mut line, byte));
            } else {
                line.push(letter);
            }
        }
        chunk
            .invalid()
            .iter()
            .for_each(|byte| escape(&mut line, *byte));
    }
    line
}

fn escape(line: &mut String, byte: u8) {
    line.push_str(&format!("%{byte:02x}"));
}

/// The path that [`to_line`] made `line` of; nothing where it made no such line.
pub fn from_line(line: &str) -> Option<PathBuf> {
    let mut bytes = Vec::with_capacity(line.len());
    let mut rest = line;
    while let Some((plain, behind)) = rest.split_once('%') {
        bytes.extend_from_slice(plain.as_bytes());
        bytes.push(u8::from_str_radix(behind.get(..2)?, 16).ok()?);
        rest = &behind[2..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    os_string(bytes).map(PathBuf::from)
}

#[cfg(unix)]
fn os_string(bytes: Vec<u8>) -> Option<OsString> {
    use std::os::unix::ffi::OsStringExt;

    Some(OsString::from_vec(bytes))
}

#[cfg(not(unix))]
fn os_string(bytes: Vec<u8>) -> Option<OsString> {
    String::from_utf8(bytes).ok().map(OsString::from)
}

/// The name of a file without the ending of workflows and pictures: what a tab shows.
pub fn title(path: &Path) -> String {
    let known = path.extension().is_some_and(|ending| {
        ending.eq_ignore_ascii_case("ron") || ending.eq_ignore_ascii_case("png")
    });
    let name: Option<&OsStr> = if known {
        path.file_stem()
    } else {
        path.file_name()
    };
    name.map_or_else(
        || path.display().to_string(),
        |name| name.to_string_lossy().into_owned(),
    )
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use graph::document::NodeId;

    use super::{beside, elsewhere, for_kind, from_line, title, to_line, unique, with_ending};

    fn id(name: &str) -> NodeId {
        NodeId::new(name).expect("it is a name")
    }

    #[test]
    fn names_that_are_taken_get_a_number() {
        let check = |wanted: &str, taken: &[&str], expected: &str| {
            let found = unique(&id(wanted), |id| taken.contains(&id.as_str()));
            assert_eq!(found, id(expected), "{wanted} besides {taken:?}");
        };
        check("fox", &[], "fox");
        check("fox_7", &[], "fox_7");
        check("fox", &["fox"], "fox_2");
        check("fox_2", &["fox", "fox_2"], "fox_3");
        check("red_fox", &["red_fox"], "red_fox_2");
        check("_2", &["_2"], "_2_2");
        let long = "a".repeat(64);
        check(&long, &[&long], &format!("{}_2", "a".repeat(56)));
    }

    #[test]
    fn nodes_are_called_after_their_kind() {
        let check = |kind: &str, taken: &[&str], expected: &str| {
            let found = for_kind(kind, |id| taken.contains(&id.as_str()));
            assert_eq!(found, id(expected), "{kind} besides {taken:?}");
        };
        check("sample.edit", &[], "edit");
        check("sample.edit", &["edit"], "edit_2");
        check("text", &[], "text");
        check("acme.blur!", &[], "blur_");
        check("acme.un-sharp", &["un-sharp"], "un-sharp_2");
        let long = "a".repeat(70);
        let first = "a".repeat(56);
        check(&long, &[&first], &format!("{first}_2"));
        check("", &[], "node");
        check("odd.", &["node"], "node_2");
    }

    #[test]
    fn files_get_the_ending_of_workflows_once() {
        let check = |path: &str, expected: &str| {
            assert_eq!(with_ending(Path::new(path)), Path::new(expected));
        };
        check("a", "a.ron");
        check("a.ron", "a.ron");
        check("a.RON", "a.RON");
        check("v1.2", "v1.2.ron");
        check("fox.png", "fox.png.ron");
    }

    #[test]
    fn files_have_their_companions() {
        let path = Path::new("/flows/a.ron");
        assert_eq!(beside(path, "journal"), Path::new("/flows/.a.ron.journal"));
        assert_eq!(elsewhere(path).len(), "a.ron-0123456789abcdef".len());
        assert_ne!(elsewhere(path), elsewhere(Path::new("/other/a.ron")));
        assert_eq!(title(path), "a");
        assert_eq!(title(Path::new("/flows/v1.2")), "v1.2");
        assert_eq!(title(Path::new("/")), "/");
    }

    #[test]
    fn every_path_is_a_line_of_text() {
        let check = |path: &Path, expected: &str| {
            assert_eq!(to_line(path), expected);
            assert_eq!(from_line(expected).as_deref(), Some(path));
        };
        check(Path::new("/flows/füchse 1.ron"), "/flows/füchse 1.ron");
        check(Path::new("/100%\n/a.ron"), "/100%25%0a/a.ron");
        #[cfg(unix)]
        {
            use std::os::unix::ffi::OsStrExt;
            let odd = std::ffi::OsStr::from_bytes(b"/\xff/a.ron");
            check(Path::new(odd), "/%ff/a.ron");
        }
        assert_eq!(from_line("/a%"), None);
        assert_eq!(from_line("/a%zz"), None);
    }
}

//! Lists of captions: the `captions.csv` beside pictures.

use std::path::{Path, PathBuf};

use graph::error::NodeError;

/// What a folder's list of captions is called.
pub const FILE: &str = "captions.csv";

/// What a list of captions says of one picture.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
pub struct Captioned {
    /// The picture, relative to the folder of the list.
    pub file: String,
    /// What it shows, in words.
    #[serde(default)]
    pub caption: String,
    /// What sort of thing it shows; empty where unknown.
    #[serde(default)]
    pub group: String,
    /// The same more closely.
    #[serde(default)]
    pub subgroup: String,
    /// The thing itself: the same in all families; empty where unknown.
    #[serde(default)]
    pub concept: String,
    /// Who drew it: families that share drawings have the same one; empty where it is the family's own.
    #[serde(default)]
    pub drawing: String,
    /// The skin tone that sets the picture apart from others of its concept.
    #[serde(default)]
    pub tone: String,
}

/// Reads the list of captions of `folder`.
///
/// Errors: the list cannot be read, lacks the column `file`, or names a file outside the folder.
pub fn read(folder: &Path) -> Result<Vec<Captioned>, NodeError> {
    let path = folder.join(FILE);
    let broken = |problem: String| {
        NodeError::file(
            &path,
            problem,
            "it must be CSV in UTF-8 whose first line names the columns, `file` and `caption` among them",
        )
    };
    let mut table = csv::Reader::from_path(&path).map_err(|error| broken(error.to_string()))?;
    let mut rows = Vec::new();
    for row in table.deserialize() {
        let row: Captioned = row.map_err(|error| broken(error.to_string()))?;
        let inside = Path::new(&row.file)
            .components()
            .all(|part| matches!(part, std::path::Component::Normal(_)));
        if row.file.is_empty() || !inside {
            return Err(broken(format!(
                "it names `{}`, which is no file below its folder",
                row.file
            )));
        }
        rows.push(row);
    }
    Ok(rows)
}

/// The folder of the pictures of `family`: below `path`, or `path` itself.
///
/// Errors: neither holds a list of captions.
pub fn folder_of(path: &Path, family: &str) -> Result<PathBuf, NodeError> {
    let below = path.join(family);
    if below.join(FILE).is_file() {
        return Ok(below);
    }
    if path.join(FILE).is_file() {
        return Ok(path.into());
    }
    Err(NodeError::file(
        path,
        format!("there are no pictures of the family `{family}`"),
        format!(
            "the folder must hold `{family}/{FILE}` or `{FILE}`; workflows/data/fetch.sh lays such folders"
        ),
    ))
}

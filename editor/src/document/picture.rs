//! Pictures that carry the workflow that they were made by.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use graph::registry::Registry;
use graph::workflow::Workflow;

use super::file::{self, OpenError};

/// What every PNG file begins with.
const PNG: [u8; 8] = *b"\x89PNG\r\n\x1a\n";

/// The keyword of the text chunk that holds the workflow.
pub const WORKFLOW: &str = "smalto-workflow";

/// Whether the file at `path` is a PNG picture, whatever its name says.
pub fn is_picture(path: &Path) -> bool {
    let mut start = [0; PNG.len()];
    File::open(path).is_ok_and(|mut file| file.read_exact(&mut start).is_ok()) && start == PNG
}

/// Reads the workflow that the picture at `path` carries.
///
/// Errors: the picture is damaged, or carries no valid workflow.
pub fn open(path: &Path, registry: &Registry) -> Result<Workflow, OpenError> {
    let text = workflow_text(path).map_err(|reason| OpenError::DamagedPicture {
        path: path.to_owned(),
        reason,
    })?;
    let Some(text) = text else {
        return Err(OpenError::NoWorkflow {
            path: path.to_owned(),
        });
    };
    let mut name = path.as_os_str().to_owned();
    name.push("#");
    name.push(WORKFLOW);
    file::read(Path::new(&name), &text, registry)
}

fn workflow_text(path: &Path) -> Result<Option<String>, String> {
    let file = File::open(path).map_err(|error| error.to_string())?;
    let mut reader = png::Decoder::new(BufReader::new(file))
        .read_info()
        .map_err(|error| error.to_string())?;
    // Texts may stand behind the pixels as well.
    reader.finish().map_err(|error| error.to_string())?;
    let mut texts = reader.info().utf8_text.iter();
    let chunk = texts.find(|chunk| chunk.keyword == WORKFLOW);
    chunk
        .map(|chunk| chunk.get_text().map_err(|error| error.to_string()))
        .transpose()
}

//! Pictures as PNG files that carry the workflow they were made by.

use std::io;
use std::path::Path;

use graph::preview::Picture;
use graph::workflow::write_file;
use png::{BitDepth, ColorType, Compression, Encoder, EncodingError};

use crate::document::picture::WORKFLOW;

/// Why a picture cannot be saved.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SaveError {
    /// The picture is not what the format allows.
    #[error("the picture cannot be written as PNG: {0}")]
    Picture(#[from] EncodingError),
    /// The file cannot be written.
    #[error("cannot write `{path}`: {error}")]
    File {
        /// What is wrong.
        error: io::Error,
        /// The file.
        path: String,
    },
}

/// `picture` as a PNG file, with the text of a workflow file inside where there is one: the same bytes for the same picture and workflow.
///
/// Errors: the picture has no pixels, or not as many as it says.
pub fn encode(picture: &Picture, workflow: Option<&str>) -> Result<Vec<u8>, EncodingError> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, picture.width, picture.height);
    encoder.set_color(ColorType::Rgb);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(Compression::High);
    if let Some(workflow) = workflow {
        encoder.add_itxt_chunk(WORKFLOW.into(), workflow.into())?;
    }
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&picture.pixels)?;
    writer.finish()?;
    Ok(bytes)
}

/// Writes `picture` to `path`, with the text of a workflow file inside where there is one; a file that is there is replaced whole or stays.
///
/// Errors: the picture cannot be encoded, or the file cannot be written.
pub fn save(path: &Path, picture: &Picture, workflow: Option<&str>) -> Result<(), SaveError> {
    let bytes = encode(picture, workflow)?;
    write_file(path, &bytes).map_err(|error| SaveError::File {
        error,
        path: path.display().to_string(),
    })
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use graph::document::Graph;
    use graph::edit::Edit;
    use graph::preview::Picture;
    use graph::registry::Registry;
    use graph::workflow::{Workflow, to_text};

    use super::{SaveError, WORKFLOW, encode, save};

    fn picture() -> Picture {
        Picture {
            width: 3,
            height: 2,
            pixels: (0..18).collect::<Vec<u8>>().into(),
        }
    }

    /// The pixels of a file, and the texts that it carries, by keyword.
    fn read(bytes: &[u8]) -> (Vec<u8>, Vec<(String, String)>) {
        let mut reader = png::Decoder::new(Cursor::new(bytes))
            .read_info()
            .expect("it is a PNG");
        let mut pixels = vec![0; reader.output_buffer_size().expect("it is small")];
        let _ = reader.next_frame(&mut pixels).expect("it has a picture");
        reader.finish().expect("it is whole");
        let texts = reader.info().utf8_text.iter();
        let texts =
            texts.map(|chunk| (chunk.keyword.clone(), chunk.get_text().expect("it is text")));
        (pixels, texts.collect())
    }

    #[test]
    fn a_picture_carries_the_workflow_that_made_it() {
        let mut graph = Graph::default();
        let about = Edit::SetAbout("Ein grüner Apfel".into());
        let _ = graph.apply(about).expect("a text fits");

        let text = to_text(&graph);
        let bytes = encode(&picture(), Some(&text)).expect("it can be written");
        let (pixels, texts) = read(&bytes);
        assert_eq!(pixels, (0..18).collect::<Vec<u8>>());
        let [(keyword, text)] = texts.as_slice() else {
            panic!("one text was expected: {texts:?}");
        };
        assert_eq!(keyword, WORKFLOW);
        let workflow = Workflow::read("picture", text, &Registry::default()).expect("it is one");
        assert_eq!(workflow.graph, graph);
        assert_eq!(encode(&picture(), Some(text)).ok(), Some(bytes));
    }

    #[test]
    fn a_picture_may_keep_its_making_to_itself() {
        let bytes = encode(&picture(), None).expect("it can be written");
        assert_eq!(read(&bytes).1, []);
    }

    #[test]
    fn a_picture_that_is_torn_is_refused_and_leaves_no_file() {
        let folder = tempfile::tempdir().expect("there is room");
        let path = folder.path().join("picture.png");
        let torn = Picture {
            height: 3,
            ..picture()
        };
        assert!(matches!(
            save(&path, &torn, None),
            Err(SaveError::Picture(_))
        ));
        assert!(!path.exists());
        save(&path, &picture(), None).expect("it can be written");
        assert!(path.exists());
        let missing = folder.path().join("missing").join("picture.png");
        let error = save(&missing, &picture(), None).expect_err("there is no such folder");
        assert!(error.to_string().contains("missing"), "{error}");
    }
}

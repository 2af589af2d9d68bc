//! Pictures as PNG files that carry text.

use std::io::Cursor;

use crate::value::Image;
use ::png::{BitDepth, ColorType, Compression, Decoder, Encoder, EncodingError};

/// One picture of a batch as a PNG file, with `texts` by keyword: the same bytes for the same picture and texts.
///
/// Errors: the picture or a keyword is not what the format allows.
pub fn encode(image: &Image, sample: usize, texts: &[(String, String)]) -> Result<Vec<u8>, String> {
    let picture = image
        .sample(sample)
        .ok_or_else(|| format!("there is no picture {sample}"))?;
    let mut bytes = Vec::new();
    write(&mut bytes, &picture, texts).map_err(|error| error.to_string())?;
    Ok(bytes)
}

fn write(
    bytes: &mut Vec<u8>,
    picture: &Image,
    texts: &[(String, String)],
) -> Result<(), EncodingError> {
    let mut encoder = Encoder::new(bytes, picture.width() as u32, picture.height() as u32);
    encoder.set_color(ColorType::Rgb);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(Compression::High);
    for (keyword, text) in texts {
        encoder.add_itxt_chunk(keyword.clone(), text.clone())?;
    }
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&picture.to_bytes())?;
    writer.finish()
}

/// The texts that a PNG file carries, by keyword.
///
/// Errors: it is damaged.
pub fn read_texts(bytes: &[u8]) -> Result<Vec<(String, String)>, String> {
    let mut reader = Decoder::new(Cursor::new(bytes))
        .read_info()
        .map_err(|error| error.to_string())?;
    // Texts may stand behind the pixels as well.
    reader.finish().map_err(|error| error.to_string())?;
    let texts = reader.info().utf8_text.iter();
    texts
        .map(|chunk| {
            let text = chunk.get_text().map_err(|error| error.to_string())?;
            Ok((chunk.keyword.clone(), text))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::compute::Compute;
    use crate::value::Image;

    use super::{encode, read_texts};

    #[test]
    fn texts_come_back_whole() {
        let pixels: Vec<u8> = (0..2 * 4 * 5 * 3).map(|at| at as u8).collect();
        let cpu = Compute::cpu();
        let image = Image::from_bytes(&pixels, [2, 4, 5], cpu.device()).expect("the size fits");
        let texts = [
            (
                "smalto-workflow".to_owned(),
                "(\n    about: \"ein grüner Apfel\",\n)".to_owned(),
            ),
            ("smalto-run".to_owned(), "{}".to_owned()),
        ];
        let bytes = encode(&image, 1, &texts).expect("it can be written");
        assert_eq!(read_texts(&bytes), Ok(texts.to_vec()));
        let alone = Image::from_bytes(&pixels[60..], [1, 4, 5], cpu.device()).expect("it fits");
        assert_eq!(encode(&alone, 0, &texts), Ok(bytes.clone()));
        assert!(encode(&image, 2, &texts).is_err());
        assert!(read_texts(&bytes[..bytes.len() / 2]).is_err());
    }
}

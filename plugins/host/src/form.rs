//! The forms of the kinds that consist of numbers, as the header's table has them.

use graph::exchange::{Array, Element, Numbers};

/// What is wrong with an array as a value of the kind `kind`; nothing for kinds that are not of the table.
pub fn fault(kind: &str, array: &Array) -> Option<String> {
    if let Some(wrong) = shape_fault(kind, array) {
        return Some(wrong);
    }
    match kind {
        "image" => picture(array),
        "mask" => mask(array),
        "tokens" => tokens(array),
        _ => None,
    }
}

/// What is wrong with an array as a value of the kind `kind`, whatever its numbers are.
pub fn shape_fault<M>(kind: &str, array: &Numbers<M>) -> Option<String> {
    let (element, form, text) = match kind {
        "image" => (Element::F32, 4, "f32 [batch, height, width, 3]"),
        "mask" => (Element::U8, 3, "u8 [1, height, width]"),
        "tokens" => (Element::I32, 3, "i32 [batch, rows, columns]"),
        _ => return None,
    };
    let shape = array.shape();
    let fits = array.element() == element
        && shape.len() == form
        && !shape.contains(&0)
        && match kind {
            "image" => shape[3] == 3,
            "mask" => shape[0] == 1,
            _ => true,
        };
    let found = array.element();
    (!fits).then(|| format!("expected {text}, found {found} {shape:?}"))
}

fn picture(array: &Array) -> Option<String> {
    let (words, _) = array.bytes().as_chunks::<4>();
    let mut numbers = words.iter().map(|word| f32::from_ne_bytes(*word));
    let wrong = numbers.find(|number| !number.is_finite())?;
    Some(format!("one of its numbers is {wrong}"))
}

fn mask(array: &Array) -> Option<String> {
    let wrong = array.bytes().iter().find(|byte| **byte > 1)?;
    Some(format!("one of its numbers is {wrong}; expected 0 or 1"))
}

fn tokens(array: &Array) -> Option<String> {
    let Ok(codebook) = array.size("codebook") else {
        return Some("it does not say how many codes there are: give the size `codebook`".into());
    };
    let (words, _) = array.bytes().as_chunks::<4>();
    let mut codes = words
        .iter()
        .map(|word| i64::from(i32::from_ne_bytes(*word)));
    let is_wrong =
        |code: &i64| *code < -1 || u64::try_from(*code).is_ok_and(|code| code >= codebook);
    let wrong = codes.find(is_wrong)?;
    Some(format!(
        "one of its codes is {wrong}; expected -1, or a code below the codebook's {codebook}"
    ))
}

#[cfg(test)]
mod tests {
    use graph::exchange::{Array, Element};

    use super::fault;

    fn array(element: Element, shape: &[usize], bytes: &[u8]) -> Array {
        Array::new(element, shape.to_vec(), bytes.to_vec()).expect("the bytes fill the shape")
    }

    #[test]
    fn every_kind_has_its_form() {
        let check = |kind: &str, array: Array, expected: Option<&str>| {
            assert_eq!(fault(kind, &array).as_deref(), expected);
        };
        let half: Vec<u8> = [0.5_f32; 6].iter().flat_map(|n| n.to_ne_bytes()).collect();
        let codes = |codes: [i32; 2]| -> Vec<u8> {
            codes.iter().flat_map(|code| code.to_ne_bytes()).collect()
        };
        check("image", array(Element::F32, &[1, 2, 1, 3], &half), None);
        check(
            "image",
            array(Element::F32, &[1, 3, 2], &half),
            Some("expected f32 [batch, height, width, 3], found f32 [1, 3, 2]"),
        );
        let nan: Vec<u8> = [f32::NAN; 3].iter().flat_map(|n| n.to_ne_bytes()).collect();
        check(
            "image",
            array(Element::F32, &[1, 1, 1, 3], &nan),
            Some("one of its numbers is NaN"),
        );
        check("mask", array(Element::U8, &[1, 1, 2], &[0, 1]), None);
        check(
            "mask",
            array(Element::U8, &[1, 1, 1], &[255]),
            Some("one of its numbers is 255; expected 0 or 1"),
        );
        let tokens = |found| array(Element::I32, &[1, 1, 2], &codes(found));
        check("tokens", tokens([-1, 7]).with("codebook", 8), None);
        check(
            "tokens",
            tokens([-1, 8]).with("codebook", 8),
            Some("one of its codes is 8; expected -1, or a code below the codebook's 8"),
        );
        check(
            "tokens",
            tokens([0, 0]),
            Some("it does not say how many codes there are: give the size `codebook`"),
        );
    }
}

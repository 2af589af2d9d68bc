//! How values of the method leave the program as plain numbers and come back.

use burn::tensor::{Tensor, TensorData};
use graph::exchange::{Array, Element, Exchange, ExchangeError, Exchanged};
#[cfg(feature = "cuda")]
use graph::exchange::{Card, CardArray};
use graph::run::Run;

use crate::compute::Compute;
use crate::value::{Grid, Image, Mask, Tokens};

/// The kinds of value that plugins take and give.
pub fn exchange() -> Exchange {
    let exchange = Exchange::default()
        .with::<Image>()
        .with::<Mask>()
        .with::<Tokens>();
    #[cfg(feature = "cuda")]
    let exchange = exchange.with_card(crate::card::open);
    exchange
}

/// The numbers of a tensor, without a copy.
struct Data(TensorData);

impl AsRef<[u8]> for Data {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// The array of `shape` that holds `bytes`.
fn array(
    element: Element,
    shape: Vec<usize>,
    bytes: impl AsRef<[u8]> + Send + Sync + 'static,
) -> Array {
    Array::new(element, shape, bytes).expect("a value holds as many numbers as its shape says")
}

fn wrong(problem: impl ToString) -> ExchangeError {
    ExchangeError::Numbers(problem.to_string())
}

/// The form of pictures.
const PIXELS: &str = "f32 [batch, height, width, 3]";

/// f32 `[batch, height, width, 3]`.
impl Exchanged for Image {
    fn to_array(&self) -> Array {
        let shape = self.pixels().dims().to_vec();
        let data = self.pixels().clone().into_data().convert::<f32>();
        array(Element::F32, shape, Data(data))
    }

    fn from_array(array: &Array, run: &Run) -> Result<Self, ExchangeError> {
        let shape: [usize; 4] = array.form(Element::F32, PIXELS)?;
        let compute = Compute::of(run).map_err(wrong)?;
        // Not the bytes as they are: they may lie where no f32 can.
        let words = array.bytes().as_chunks::<4>().0.iter();
        let pixels: Vec<f32> = words.map(|word| f32::from_ne_bytes(*word)).collect();
        let pixels = Tensor::from_data(TensorData::new(pixels, shape), compute.device());
        Self::new(pixels).map_err(wrong)
    }

    #[cfg(feature = "cuda")]
    fn to_card(&self, card: &dyn Card) -> Result<CardArray, ExchangeError> {
        let lent = crate::card::lend(self.pixels(), card);
        lent.unwrap_or_else(|| card.upload(&self.to_array()))
    }

    #[cfg(feature = "cuda")]
    fn from_card(array: &CardArray, card: &dyn Card, run: &Run) -> Result<Self, ExchangeError> {
        let shape = array.form(Element::F32, PIXELS)?;
        match crate::card::pixels(array, shape) {
            Some(pixels) => Self::new(pixels).map_err(wrong),
            None => Self::from_array(&card.download(array)?, run),
        }
    }
}

/// u8 `[1, height, width]`, 1 inside the region.
impl Exchanged for Mask {
    fn to_array(&self) -> Array {
        let (height, width) = (self.height(), self.width());
        let inside = (0..height * width).map(|at| self.contains(at / width, at % width));
        let bytes: Vec<u8> = inside.map(u8::from).collect();
        array(Element::U8, vec![1, height, width], bytes)
    }

    fn from_array(array: &Array, _: &Run) -> Result<Self, ExchangeError> {
        let expected = "u8 [1, height, width]";
        let [batch, height, width] = array.form(Element::U8, expected)?;
        if batch != 1 {
            return Err(ExchangeError::Form {
                expected: expected.into(),
                found_element: array.element(),
                found_shape: array.shape().to_vec(),
            });
        }
        let inside: Vec<bool> = array.bytes().iter().map(|byte| *byte != 0).collect();
        Self::new(inside, height, width).map_err(wrong)
    }
}

/// i32 `[batch, rows, columns]`, −1 where nothing is laid yet, with the size `codebook`.
impl Exchanged for Tokens {
    fn to_array(&self) -> Array {
        let grid = self.grid();
        let shape = vec![self.batch(), grid.rows, grid.columns];
        // `MASK` is −1 once it has a sign.
        let codes = self.codes().iter().flat_map(|code| code.to_ne_bytes());
        let bytes: Vec<u8> = codes.collect();
        array(Element::I32, shape, bytes).with("codebook", self.codebook().into())
    }

    fn from_array(array: &Array, _: &Run) -> Result<Self, ExchangeError> {
        let [_, rows, columns] = array.form(Element::I32, "i32 [batch, rows, columns]")?;
        let codebook = array.size("codebook")?;
        let codebook = u32::try_from(codebook).map_err(|_| wrong("the codebook is too large"))?;
        let words = array.bytes().as_chunks::<4>().0.iter();
        let codes: Vec<u32> = words.map(|word| u32::from_ne_bytes(*word)).collect();
        Self::new(codes, Grid { rows, columns }, codebook).map_err(wrong)
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;
    use graph::exchange::{Array, Element};
    use graph::run::{Resources, Run};
    use graph::value::Value;

    use super::exchange;
    use crate::compute::Compute;
    use crate::value::{Grid, Image, Mask, Tokens};

    fn run() -> Run {
        Run::alone(Resources::default().with(Compute::cpu()))
    }

    /// The array of a value, and the value that comes back.
    fn there_and_back(value: &Value) -> (Array, Value) {
        let array = exchange().array(value).expect("its kind can leave");
        let kind = value.kind().name();
        let back = exchange().value(kind, &array, &run());
        let back = back.expect("its kind can come back");
        (array, back.expect("the numbers are those that left"))
    }

    #[test]
    fn pictures_regions_and_tokens_come_back_as_they_left() {
        let bytes: Vec<u8> = (0..18).map(|at| at * 14).collect();
        let image = Image::from_bytes(&bytes, [1, 2, 3], &Device::flex()).expect("18 bytes");
        let (array, back) = there_and_back(&Value::new(image));
        assert_eq!(
            (array.element(), array.shape()),
            (Element::F32, &[1, 2, 3, 3][..])
        );
        assert_eq!(array.bytes()[4..8], (14.0_f32 / 255.0).to_ne_bytes());
        let back = back.get::<Image>().expect("it is a picture");
        assert_eq!(back.to_bytes(), bytes);

        let mask = Mask::new([true, false], 1, 2).expect("two pixels");
        let (array, back) = there_and_back(&Value::new(mask.clone()));
        assert_eq!(
            (array.shape(), array.bytes()),
            (&[1, 1, 2][..], &[1, 0][..])
        );
        assert_eq!(back.get(), Some(&mask));

        let grid = Grid {
            rows: 1,
            columns: 2,
        };
        let tokens = Tokens::new([7, Tokens::MASK], grid, 8).expect("the codes are below 8");
        let (array, back) = there_and_back(&Value::new(tokens.clone()));
        let mut expected = 7_i32.to_ne_bytes().to_vec();
        expected.extend((-1_i32).to_ne_bytes());
        assert_eq!(array.bytes(), expected);
        assert_eq!(back.get(), Some(&tokens));
    }

    #[test]
    fn numbers_that_make_no_value_are_refused() {
        let check = |kind: &str, array: Array, message: &str| {
            let found = exchange().value(kind, &array, &run());
            let found = found.expect("the kind is known");
            let error = found.err().map(|error| error.to_string());
            assert_eq!(error.as_deref(), Some(message));
        };
        let array = |element, shape: &[usize], bytes: &[u8]| {
            Array::new(element, shape.to_vec(), bytes.to_vec()).expect("the bytes fill the shape")
        };
        check(
            "image",
            array(Element::F32, &[1, 1, 1, 4], &[0; 16]),
            "a picture has the shape [batch, height, width, 3], not [1, 1, 1, 4]",
        );
        check(
            "image",
            array(Element::F32, &[1, 3], &[0; 12]),
            "expected f32 [batch, height, width, 3], found f32 [1, 3]",
        );
        check(
            "mask",
            array(Element::U8, &[2, 1, 1], &[0, 1]),
            "expected u8 [1, height, width], found u8 [2, 1, 1]",
        );
        check(
            "tokens",
            array(Element::I32, &[1, 1, 1], &[0; 4]),
            "the size `codebook` is missing",
        );
        check(
            "tokens",
            array(Element::I32, &[1, 1, 1], &8_i32.to_ne_bytes()).with("codebook", 8),
            "code 8 at position 0 is not below the codebook's size 8",
        );
        check(
            "tokens",
            array(Element::I32, &[0, 1, 1], &[]).with("codebook", 8),
            "0 codes do not fill pictures of 1 × 1 tokens",
        );
    }
}

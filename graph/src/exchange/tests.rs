use super::{Array, Element, Exchange, ExchangeError, Exchanged};
use crate::preview::Preview;
use crate::run::{Resources, Run};
use crate::value::{Footprint, Value, WireValue};

#[derive(Clone, Debug, PartialEq)]
struct Heights(Vec<u8>);

impl WireValue for Heights {
    const KIND: &'static str = "heights";

    fn preview(&self) -> Preview {
        Preview::Text(format!("{:?}", self.0))
    }

    fn footprint(&self) -> Footprint {
        Footprint::host(self.0.len())
    }
}

impl Exchanged for Heights {
    fn to_array(&self) -> Array {
        Array::new(Element::U8, vec![self.0.len()], self.0.clone())
            .expect("there are as many bytes as heights")
            .with("highest", 9)
    }

    fn from_array(array: &Array, _: &Run) -> Result<Self, ExchangeError> {
        let [_] = array.form(Element::U8, "u8 [places]")?;
        let highest = array.size("highest")?;
        match array.bytes().iter().find(|h| u64::from(**h) > highest) {
            Some(height) => Err(ExchangeError::Numbers(format!("{height} is too high"))),
            None => Ok(Self(array.bytes().to_vec())),
        }
    }
}

#[test]
fn a_value_comes_back_as_it_left() {
    let exchange = Exchange::default().with::<Heights>();
    let run = Run::alone(Resources::default());
    let heights = Heights(vec![3, 1, 4]);
    let array = exchange.array(&Value::new(heights.clone()));
    let array = array.expect("heights can leave");
    assert_eq!((array.shape(), array.bytes()), (&[3][..], &[3, 1, 4][..]));
    let back = exchange
        .value("heights", &array, &run)
        .expect("heights can come back")
        .expect("the numbers are those that left");
    assert_eq!(back.get::<Heights>(), Some(&heights));

    assert!(exchange.array(&Value::new(String::new())).is_none());
    assert!(exchange.value("text", &array, &run).is_none());
}

#[test]
fn what_is_no_value_is_refused_with_what_was_expected() {
    let run = Run::alone(Resources::default());
    let check = |array: Result<Array, ExchangeError>, message: &str| {
        let found = array.and_then(|array| Heights::from_array(&array, &run));
        let found = found.expect_err("it is no heights").to_string();
        assert_eq!(found, message);
    };
    check(
        Array::new(Element::I32, vec![2, 3], vec![0; 12]),
        "12 bytes do not fill an array of i32 of the shape [2, 3]",
    );
    check(
        Array::new(Element::F32, vec![usize::MAX, 3], vec![]),
        &format!(
            "0 bytes do not fill an array of f32 of the shape [{}, 3]",
            usize::MAX
        ),
    );
    check(
        Array::new(Element::F32, vec![1], vec![0; 4]),
        "expected u8 [places], found f32 [1]",
    );
    check(
        Array::new(Element::U8, vec![1, 1], vec![0]),
        "expected u8 [places], found u8 [1, 1]",
    );
    check(
        Array::new(Element::U8, vec![1], vec![0]),
        "the size `highest` is missing",
    );
    check(
        Array::new(Element::U8, vec![1], vec![10]).map(|array| array.with("highest", 9)),
        "10 is too high",
    );
}

use burn::tensor::{Device, Int, Tensor};
use graph::error::NodeError;
use graph::param::{ParamValue, ParamValues, Params};
use graph::value::Footprint;
use kernels::{Chunk, cross_entropy_rows};

use super::{Scoring, TrainGce};
use crate::value::{Codec, Groups, Image, Tokenizer, Tokens};

/// A codebook of points on a line.
struct Points;

const POINTS: [[f32; 1]; 4] = [[5.0], [0.0], [2.0], [1.0]];

impl Codec for Points {
    fn codebook(&self) -> u32 {
        POINTS.len() as u32
    }

    fn stride(&self) -> usize {
        16
    }

    fn encode(&self, _: &Image) -> Result<Tokens, NodeError> {
        Err(NodeError::failed("points are no pictures", "do not ask"))
    }

    fn decode(&self, _: &Tokens) -> Result<Image, NodeError> {
        Err(NodeError::failed("points are no pictures", "do not ask"))
    }

    fn vectors(&self) -> Tensor<2> {
        Tensor::from_floats(POINTS, &Device::flex())
    }

    fn describe(&self) -> String {
        "points".into()
    }

    fn hash(&self) -> String {
        "points".into()
    }

    fn footprint(&self) -> Footprint {
        Footprint::default()
    }
}

fn scoring(params: &[(&str, ParamValue)], order: [u32; 4]) -> Result<Scoring, String> {
    let given = params.iter().cloned();
    let params = ParamValues::from_iter(given.map(|(name, value)| (name.into(), value)));
    let node = TrainGce::from_values(&params).expect("the parameters are right");
    let groups = Groups::new(order.to_vec()).expect("every code stands once");
    Scoring::of(&node, Some(&Tokenizer::new(Points)), &groups).map_err(|error| error.to_string())
}

/// The losses of two positions with targets 1 and 3, by places, whose logits are 0, 1, 2 and 3.
fn losses(params: &[(&str, ParamValue)], order: [u32; 4]) -> Vec<f32> {
    let device = Device::flex();
    let scoring = scoring(params, order).expect("there are as many codes");
    let targets = Tensor::<1, Int>::from_ints([1, 3], &device);
    let losses = cross_entropy_rows(
        Tensor::ones([2, 1], &device),
        Tensor::from_floats([[0.0], [1.0], [2.0], [3.0]], &device),
        targets.clone(),
        &scoring.objective(&targets),
        Chunk::default(),
    );
    losses.into_data().iter::<f32>().collect()
}

fn close(found: &[f32], wanted: [f32; 2]) {
    for (found, wanted) in found.iter().zip(wanted) {
        assert!((found - wanted).abs() < 1e-5, "{found} for {wanted}");
    }
}

fn kind(name: &str) -> (&'static str, ParamValue) {
    ("loss", ParamValue::Text(name.into()))
}

/// Every code at its own place.
const SAME: [u32; 4] = [0, 1, 2, 3];

// Of logits 0, 1, 2 and 3, log-sum-exp is 3.4401897. Code 1 is at 0 and code 3 at 1: each is the other's nearest, the
// distance being 1, so that with temperature 1 the shares are e⁰ and e⁻¹ of their sum: 0.7310586 and 0.2689414.

#[test]
fn the_code_itself_and_its_groups_are_scored() {
    close(&losses(&[], SAME), [2.440_19, 0.440_19]);
    // Groups of two with a weight of 1: of codes 0 and 1 log-sum-exp is 1.3132617, of 2 and 3 it is 3.3132617.
    let levels = [("levels", ParamValue::Text("2:1".into()))];
    close(&losses(&levels, SAME), [4.567_118, 0.567_118]);
}

#[test]
fn near_codes_share_the_target() {
    let params = [kind("soft_neighbours"), ("neighbours", ParamValue::Int(2))];
    // lse − (0.7310586 · 1 + 0.2689414 · 3), and lse − (0.2689414 · 1 + 0.7310586 · 3).
    close(&losses(&params, SAME), [1.902_306_9, 0.978_072_5]);
    let warm = [
        params[0].clone(),
        params[1].clone(),
        ("neighbour_temperature", ParamValue::Float(2.0)),
    ];
    // Shares of e⁰ and e^−½: 0.6224593 and 0.3775407.
    close(&losses(&warm, SAME), [1.685_108_3, 1.195_271_1]);
}

#[test]
fn any_near_code_is_right_alone_or_beside_the_code() {
    let two = ("neighbours", ParamValue::Int(2));
    // Of the logits 1 and 3 log-sum-exp is 3.1269280.
    let params = [kind("neighbour_marginal"), two.clone()];
    close(&losses(&params, SAME), [0.313_261_7, 0.313_261_7]);
    let weight = ("neighbour_weight", ParamValue::Float(0.5));
    let params = [kind("code_and_neighbours"), two, weight];
    close(&losses(&params, SAME), [2.596_820_5, 0.596_820_5]);
}

#[test]
fn all_codes_share_the_target() {
    // Squared distances from code 1: 25, 0, 4, 1; from code 3: 16, 1, 1, 0.
    let params = [kind("soft_codebook")];
    close(&losses(&params, SAME), [1.896_201, 1.076_014_5]);
}

#[test]
fn neighbours_are_found_in_the_order_of_places() {
    // Place 1 holds code 0 at 5, and place 3 code 2 at 2; the nearest of 5 is 2, and of 2 it is 1, at place 0.
    let params = [
        kind("neighbour_marginal"),
        ("neighbours", ParamValue::Int(2)),
    ];
    // Places 1 and 3: log-sum-exp of 1 and 3. Places 3 and 0: of 3 and 0, 3.0485874.
    close(&losses(&params, [3, 0, 1, 2]), [0.313_261_7, 0.391_602_3]);
}

#[test]
fn what_does_not_fit_is_refused() {
    let params = [kind("soft_neighbours"), ("neighbours", ParamValue::Int(5))];
    let refused = scoring(&params, SAME).expect_err("there are four codes");
    assert!(
        refused.contains("`neighbours` must be at most 4"),
        "{refused}"
    );

    let node = ParamValues::from([("loss".into(), ParamValue::Text("soft_codebook".into()))]);
    let node = TrainGce::from_values(&node).expect("the parameters are right");
    let eight = Groups::identity(8);
    let refused = Scoring::of(&node, Some(&Tokenizer::new(Points)), &eight);
    let refused = refused.expect_err("there are four codes").to_string();
    assert!(
        refused.contains("8 codes, as the denoiser has"),
        "{refused}"
    );
    let refused = Scoring::of(&node, None, &eight).expect_err("nothing knows the codes");
    assert!(
        refused.to_string().contains("wire the tokenizer"),
        "{refused}"
    );
}

//! The nearest codes of each code.

use burn::tensor::{DType, IndexingUpdateOp, Int, Tensor};

/// How many bytes of distances are held at a time.
const CHUNK: usize = 256 << 20;

/// The `count` codes nearest to each code, itself first and the others as they lie farther away, and the squares of
/// their distances.
///
/// It takes one product of all vectors with all, a part at a time, and a pass over each part for every neighbour.
///
/// Shapes: `vectors [codes, e]` → `[codes, count]` each; `count` is from 1 to `codes`.
pub(super) fn nearest(vectors: &Tensor<2>, count: usize) -> (Tensor<2, Int>, Tensor<2>) {
    let vectors = vectors.clone().cast(DType::F32);
    let codes = vectors.dims()[0];
    let squares: Tensor<2> = vectors.clone().square().sum_dim(1).transpose();
    let part = (CHUNK / (size_of::<f32>() * codes.max(1))).max(1);
    let (mut ids, mut distances) = (Vec::new(), Vec::new());
    for first in (0..codes).step_by(part) {
        let rows = first..(first + part).min(codes);
        let own = vectors.clone().slice_dim(0, rows.clone());
        // The square of the own vector is the same along a row, so that the order takes no notice of it.
        let closeness = kernels::linear(own.clone(), vectors.clone(), None) * 2.0 - squares.clone();
        let found = farther_and_farther(closeness, rows.start, count);
        distances.push(squared_distances(&own, &vectors, &found));
        ids.push(found);
    }
    (Tensor::cat(ids, 0), Tensor::cat(distances, 0))
}

/// Each row's own code, `first` for the first, then the codes that are closest to it.
fn farther_and_farther(mut closeness: Tensor<2>, first: usize, count: usize) -> Tensor<2, Int> {
    let (rows, device) = (closeness.dims()[0], closeness.device());
    let never = Tensor::full([rows, 1], f32::NEG_INFINITY, (&device, DType::F32));
    // A vector that another code has as well must not push the own one out.
    let own = Tensor::<1, Int>::arange(first as i64..(first + rows) as i64, &device);
    let mut found: Vec<Tensor<2, Int>> = vec![own.unsqueeze_dim(1)];
    while found.len() < count {
        let last = found[found.len() - 1].clone();
        closeness = closeness.scatter(1, last, never.clone(), IndexingUpdateOp::Add);
        found.push(kernels::argmax(closeness.clone()).unsqueeze_dim(1));
    }
    Tensor::cat(found, 1)
}

/// How far the codes `ids` lie from `own`, squared.
fn squared_distances(own: &Tensor<2>, vectors: &Tensor<2>, ids: &Tensor<2, Int>) -> Tensor<2> {
    let ([rows, count], [_, width]) = (ids.dims(), own.dims());
    let others = vectors
        .clone()
        .select(0, ids.clone().reshape([rows * count]));
    let others: Tensor<3> = others.reshape([rows, count, width]);
    let own: Tensor<3> = own.clone().unsqueeze_dim(1);
    (others - own).square().sum_dim(2).squeeze_dim(2)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use burn::tensor::{Device, Tensor, TensorData};

    use super::nearest;

    fn found(values: &[f32], width: usize, count: usize) -> (Vec<i64>, Vec<f32>) {
        let shape = [values.len() / width, width];
        let data = TensorData::new(values.to_vec(), shape);
        let (ids, distances) = nearest(&Tensor::from_data(data, &Device::flex()), count);
        (
            ids.into_data().convert::<i64>().iter::<i64>().collect(),
            distances.into_data().iter::<f32>().collect(),
        )
    }

    #[test]
    fn the_own_code_is_first_and_the_others_lie_farther_and_farther() {
        // Codes 1 and 2 are alike: each is its own first neighbour all the same.
        let (ids, distances) = found(&[0.0, 3.0, 3.0, -1.0], 1, 3);
        assert_eq!(ids, [0, 3, 1, 1, 2, 0, 2, 1, 0, 3, 0, 1]);
        assert_eq!(
            distances,
            [0.0, 1.0, 9.0, 0.0, 0.0, 9.0, 0.0, 0.0, 9.0, 0.0, 1.0, 16.0]
        );
    }

    #[test]
    fn neighbours_are_those_that_were_worked_out_elsewhere() {
        let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/golden/loss");
        let bytes = std::fs::read(golden.join("case.safetensors")).expect("the file is there");
        let case = safetensors::SafeTensors::deserialize(&bytes).expect("the file is whole");
        let words = |name: &str| -> Vec<[u8; 4]> {
            let tensor = case.tensor(name).expect("the case has it");
            let words = tensor.data().chunks_exact(4);
            words
                .map(|word| [word[0], word[1], word[2], word[3]])
                .collect()
        };
        let integers = |name: &str| {
            words(name)
                .into_iter()
                .map(i32::from_le_bytes)
                .map(i64::from)
        };
        let vectors: Vec<f32> = words("code_embeddings")
            .into_iter()
            .map(f32::from_le_bytes)
            .collect();
        let (ids, _) = found(&vectors, 6, 4);
        let wanted: Vec<i64> = integers("knn_ids").collect();
        for (row, target) in integers("target").enumerate() {
            let at = target as usize * 4;
            assert_eq!(ids[at..at + 4], wanted[row * 4..row * 4 + 4], "row {row}");
        }
        assert_eq!(ids.len(), 96 * 4);
    }
}

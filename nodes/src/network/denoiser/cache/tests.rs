use burn::tensor::{Device, FloatDType, Int, Tensor, TensorData};

use super::CellCache;
use crate::network::denoiser::network::{Memory, Part};
use crate::network::denoiser::tests::{GRID, close, denoiser, prompt, tokens, values};
use crate::network::denoiser::{Rotary, Sequence, TrainedDenoiser};
use crate::value::{FeatureCache, Guidance, Prompt, Query, Reuse, Scorer, Tokens, Work};

/// Ids in front of the picture, its cells, and the id behind it.
const LENGTH: u64 = 6 + 6 + 1;

fn integers(values: &[i32], rows: usize) -> Tensor<2, Int> {
    let data = TensorData::new(values.to_vec(), [rows, values.len() / rows]);
    Tensor::from_data(data, &Device::flex())
}

fn numbers<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().iter::<f32>().collect()
}

/// Two sequences of three ids, four cells and one id.
fn sequence(codes: &[i32]) -> Sequence {
    Sequence {
        before: integers(&[1, 5, 3, 1, 6, 3], 2),
        codes: integers(codes, 2),
        after: Some(integers(&[2, 2], 2)),
    }
}

/// `old` at the chosen cells, with `before` ids in front of them, and `new` at all others.
fn mixed<const D: usize>(
    old: &Tensor<D>,
    new: &Tensor<D>,
    chosen: &[&[usize]],
    before: usize,
) -> Tensor<D> {
    let mut mixed = new.clone();
    for (sequence, cells) in chosen.iter().enumerate() {
        for cell in *cells {
            let place = before + cell;
            let at = [sequence..sequence + 1, place..place + 1];
            let part = old.clone().slice(at.clone());
            mixed = mixed.slice_assign(at, part);
        }
    }
    mixed
}

#[test]
fn what_is_made_anew_is_what_the_whole_would_have_been() {
    let denoiser = denoiser();
    let network = denoiser.network();
    let (device, dtype) = (Device::flex(), FloatDType::F32);
    let rotary = Rotary::new(denoiser.config(), 8, &device);
    let old: Vec<i32> = (0..32).map(|at| at * 5 % 16).collect();
    let new: Vec<i32> = (0..32).map(|at| at * 7 % 18).collect();
    let [was, is] = [&old, &new].map(|codes| {
        let memory = network.remembered(sequence(codes), &rotary, dtype);
        let features = network.features(sequence(codes), &rotary, dtype);
        assert_eq!(numbers(memory.features.clone()), numbers(features));
        memory
    });
    let pictures = [&new[..16], &new[16..]];
    let all = [0, 1, 2, 3];
    let choices: [[&[usize]; 2]; 4] =
        [[&all, &all], [&[0], &[3]], [&[1, 3], &[0, 1]], [&[2], &[2]]];
    for chosen in choices {
        // All but the chosen cells is as it must be.
        let layers = was.layers.iter().zip(&is.layers);
        let layers = layers.map(|(was, is)| mixed(was, is, &chosen, 3));
        let memory = Memory {
            layers: layers.collect(),
            features: mixed(&was.features, &is.features, &chosen, 0),
        };
        let part = Part::new(&chosen, &pictures, [3, 8], &device);
        let found = network.renewed(memory, &part, &rotary, dtype);
        close(
            &numbers(found.features),
            &numbers(is.features.clone()),
            1e-5,
        );
        for (found, wanted) in found.layers.into_iter().zip(&is.layers) {
            close(&numbers(found), &numbers(wanted.clone()), 1e-5);
        }
    }
    assert_ne!(numbers(was.features), numbers(is.features));
}

/// A question about two pictures.
struct Asking<'a> {
    denoiser: &'a TrainedDenoiser,
    prompt: Prompt,
    negative: Option<Prompt>,
    scale: f32,
    plausibility: f32,
}

impl Asking<'_> {
    fn new(denoiser: &TrainedDenoiser) -> Asking<'_> {
        Asking {
            prompt: prompt(denoiser, &["red", "blue green"]),
            denoiser,
            negative: None,
            scale: 2.0,
            plausibility: 0.0,
        }
    }

    fn query<'a>(&'a self, tokens: &'a Tokens, rows: &'a [u32]) -> Query<'a> {
        Query {
            tokens,
            prompt: &self.prompt,
            guidance: (self.scale > 0.0).then_some(Guidance {
                negative: self.negative.as_ref(),
                scale: self.scale,
                plausibility: self.plausibility,
            }),
            rows,
        }
    }

    /// What the denoiser itself says.
    fn plain(&self, tokens: &Tokens, rows: &[u32]) -> Vec<f32> {
        let scores = self.denoiser.score(&self.query(tokens, rows));
        values(scores.expect("all fits"))
    }

    /// What the cache says, with a share of the cells taken from before where there is one.
    fn cached(
        &self,
        cache: &mut CellCache,
        tokens: &Tokens,
        rows: &[u32],
        ratio: Option<f64>,
    ) -> Vec<f32> {
        let sureness: Vec<f32> = (0..tokens.codes().len())
            .map(|at| (at * 11 % 17) as f32 / 17.0)
            .collect();
        let reuse = ratio.map(|ratio| Reuse {
            ratio,
            sureness: &sureness,
        });
        let scores = cache.scores(&self.query(tokens, rows), &[4, 7], reuse);
        values(scores.expect("all fits").logits())
    }
}

fn every_row() -> Vec<u32> {
    (0..2 * GRID.length() as u32).collect()
}

/// A prompt of one id less.
fn shorter(denoiser: &TrainedDenoiser) -> Prompt {
    let mut prompts = prompt(denoiser, &["green", "red"]);
    let ids = prompts.ids.iter().map(|ids| {
        let mut ids = ids.to_vec();
        let _ = ids.remove(1);
        ids
    });
    prompts = Prompt::new(prompts.texts.to_vec(), ids.collect());
    prompts
}

#[test]
fn a_picture_that_stays_as_it_is_keeps_its_scores_however_little_is_computed() {
    let denoiser = denoiser();
    let (tokens, rows) = (tokens(GRID), every_row());
    let guided = Asking::new(&denoiser);
    let plain = Asking {
        scale: 0.0,
        ..Asking::new(&denoiser)
    };
    // Sequences of two shapes.
    let negative = Asking {
        negative: Some(shorter(&denoiser)),
        ..Asking::new(&denoiser)
    };
    let strict = Asking {
        plausibility: 0.8,
        ..Asking::new(&denoiser)
    };
    for (asking, sequences, ids) in [
        (guided, 4, 4 * 7),
        (strict, 4, 4 * 7),
        (plain, 2, 2 * 7),
        (negative, 4, 4 * 7 - 2),
    ] {
        let mut cache = CellCache::new(denoiser.clone());
        let wanted = asking.plain(&tokens, &rows);
        let whole = Work {
            computed: sequences * 6 + ids,
            kept: 0,
        };
        // Nothing is kept yet, so that all is computed; and so it is where it is asked for, to the last bit.
        assert_eq!(asking.cached(&mut cache, &tokens, &rows, Some(0.5)), wanted);
        assert_eq!(cache.work(), whole);
        assert_eq!(asking.cached(&mut cache, &tokens, &rows, None), wanted);
        assert_eq!(cache.work().computed, 2 * whole.computed);
        let mut work = cache.work();
        for (ratio, cells) in [(0.5, 3), (0.99, 1), (0.2, 5)] {
            let found = asking.cached(&mut cache, &tokens, &rows, Some(ratio));
            close(&found, &wanted, 1e-5);
            work.computed += sequences * cells;
            work.kept += whole.computed - sequences * cells;
            assert_eq!(cache.work(), work, "{ratio}");
        }
        // With all cells the prompt is computed, too.
        let found = asking.cached(&mut cache, &tokens, &rows, Some(0.01));
        assert_eq!(found, wanted);
        work.computed += whole.computed;
        assert_eq!(cache.work(), work);
    }
}

#[test]
fn a_changed_cell_is_computed_and_all_others_keep_their_scores() {
    let denoiser = denoiser();
    let asking = Asking::new(&denoiser);
    let (before, rows) = (tokens(GRID), every_row());
    let mut codes = before.codes().to_vec();
    // The last cell of the first picture, and the second of the second.
    codes[17] = 3;
    codes[GRID.length() + 2] = 3;
    let after = Tokens::new(codes, GRID, 16).expect("the codes fit");
    let mut cache = CellCache::new(denoiser.clone());
    let was = asking.cached(&mut cache, &before, &rows, None);
    let is = asking.cached(&mut cache, &after, &rows, Some(0.9));
    let changed: Vec<usize> = (0..rows.len())
        .filter(|row| was[16 * row..16 * row + 16] != is[16 * row..16 * row + 16])
        .collect();
    let (first, second) = ([16, 17, 22, 23], [2, 3, 8, 9].map(|at| GRID.length() + at));
    assert_eq!(changed, [first, second].concat());
    // A whole step forgets what was kept.
    let whole = asking.cached(&mut cache, &after, &rows, None);
    assert_eq!(whole, asking.plain(&after, &rows));
}

#[test]
fn what_was_made_of_other_branches_or_other_words_is_not_taken_up() {
    let denoiser = denoiser();
    let (tokens, rows) = (tokens(GRID), every_row());
    let mut cache = CellCache::new(denoiser.clone());
    let unguided = Asking {
        scale: 0.0,
        ..Asking::new(&denoiser)
    };
    let negative = Asking {
        negative: Some(prompt(&denoiser, &["red", "red"])),
        ..Asking::new(&denoiser)
    };
    let worded = Asking {
        prompt: prompt(&denoiser, &["red", "blue"]),
        ..Asking::new(&denoiser)
    };
    let mut computed = 0;
    for (asking, sequences) in [
        (&unguided, 2),
        (&Asking::new(&denoiser), 4),
        (&negative, 4),
        (&worded, 4),
        (&unguided, 2),
    ] {
        let found = asking.cached(&mut cache, &tokens, &rows, Some(0.5));
        assert_eq!(found, asking.plain(&tokens, &rows));
        computed += sequences * LENGTH;
        assert_eq!(cache.work(), Work { computed, kept: 0 });
    }
    // Where only the strength is another, both branches are there.
    let stronger = Asking {
        scale: 3.0,
        ..Asking::new(&denoiser)
    };
    let _ = Asking::new(&denoiser).cached(&mut cache, &tokens, &rows, None);
    let found = stronger.cached(&mut cache, &tokens, &rows, Some(0.5));
    close(&found, &stronger.plain(&tokens, &rows), 1e-5);
    assert!(cache.work().kept > 0);
}

#[test]
fn nothing_asked_for_computes_nothing() {
    let denoiser = denoiser();
    let mut cache = CellCache::new(denoiser.clone());
    let asking = Asking::new(&denoiser);
    let found = asking.cached(&mut cache, &tokens(GRID), &[], Some(0.5));
    assert!(found.is_empty());
    assert_eq!(cache.work(), Work::default());
}

//! The forward part on any card: chunks of logits by cuBLASLt, small enough to stay in the card's cache.

use super::launches::{Call, THREADS, dense, matrices, transposed};
use crate::backend::cuda::blas::{self, Element, Epilogue, Product};
use crate::backend::cuda::program::argument;
use crate::cross_entropy::plan::{Pass, Sizes};

impl Call<'_> {
    /// Takes the rows of `pass` through all codes, a chunk of logits at a time.
    pub(super) fn chunks(&self, pass: &Pass) -> Result<(), String> {
        let Sizes { codes, width, .. } = self.sizes;
        let kept = self.kept(pass);
        let mut rows = self.rows_from(pass.rows.start);
        let mut levels = self.request.levels();
        let mut logits = self.at(self.memory.passes);
        let name = if self.request.wide {
            "cross_entropy_take_f32"
        } else {
            "cross_entropy_take_bf16"
        };
        for (index, first) in (0..codes).step_by(pass.take).enumerate() {
            let count = pass.take.min(codes - first);
            let hidden = self.hidden_from(pass.rows.start);
            let weight = self.weight_from(first);
            let product = Product {
                sizes: [pass.rows.len(), count, width, 1],
                lhs: dense(hidden, self.request.hidden_pitch),
                rhs: transposed(weight, self.request.weight_pitch),
                result: dense(logits, pass.take),
                operands: self.operand(),
                results: Element::F32,
                accumulate: false,
                epilogue: Epilogue::Nothing,
            };
            // SAFETY: `run`'s caller vouches for the operands; the logits of a chunk fit the work buffer.
            unsafe { blas::multiply(self.stream, &product, matrices(hidden, weight, logits))? };

            let (mut pitch, mut wide, mut offset) = (pass.take as i64, count as i32, first as i32);
            let (mut place, mut kept_pitch) = match self.pointers.outputs.gradients {
                Some(_) => self.place(&kept, first),
                None => (0, 0),
            };
            let mut references = self.references(pass, index);
            let mut arguments = [
                argument(&mut logits),
                argument(&mut pitch),
                argument(&mut wide),
                argument(&mut offset),
                argument(&mut place),
                argument(&mut kept_pitch),
                argument(&mut references),
                argument(&mut rows),
                argument(&mut levels),
            ];
            let blocks = pass.rows.len() as u32;
            self.launch(name, [blocks, THREADS], &mut arguments)?;
        }
        Ok(())
    }
}

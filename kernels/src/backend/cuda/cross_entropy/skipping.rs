//! Gradients on Hopper from tiles of probabilities that matter alone.

use super::launches::{Call, Request, THREADS};
use super::tiles::Tiled;
use crate::backend::cuda::program::{self, Extent, Program, argument};
use crate::backend::cuda::tensor_map::Matrix;
use crate::cross_entropy::plan::{Pass, TILE_ROWS, TileLists};

const PROGRAM: Program = Program {
    name: "cross_entropy_skipping.cu",
    source: include_str!("../cross_entropy_skipping.cu"),
};

/// Rows of what the tensor memory accelerator fetches at once.
const BOX: u32 = 64;

/// `Lists` of the source.
#[repr(C)]
#[derive(Clone, Copy)]
struct Lists {
    counts: u64,
    numbers: u64,
    most: i32,
}

/// Whether a call that can be worked on in tiles can leave some out: rows of numbers that are written densely must start
/// where the accelerator can read them.
pub(super) fn served(request: &Request) -> bool {
    request.sizes.width.is_multiple_of(8)
}

impl Call<'_> {
    /// The gradients of the rows of `pass`; that of the head is added to where `accumulate`.
    pub(super) fn skipping(
        &self,
        pass: &Pass,
        accumulate: bool,
        [in_hidden, in_weight]: [u64; 2],
    ) -> Result<(), String> {
        let [rows, codes] = self.lists(pass)?;
        self.pull(pass, self.kept(pass))?;
        let width = self.sizes.width;
        // What the tiles needed lies there no more.
        let scaled = self.at(self.memory.passes);
        let first = pass.rows.start;
        let hidden = self.hidden_from(first);
        let name = "cross_entropy_scale_bf16_bf16";
        self.times_factor(name, pass, [hidden, scaled], self.request.hidden_pitch)?;

        let output = in_hidden + (first * width * self.sizes.operand) as u64;
        self.in_hidden(pass, rows, output)?;
        let scaled = Matrix {
            address: scaled,
            rows: pass.rows.len(),
            width,
            pitch: width,
        };
        self.in_head(pass, codes, scaled, in_weight, accumulate)
    }

    /// Which tiles take part: for each tile of rows, and for each tile of codes.
    fn lists(&self, pass: &Pass) -> Result<[Lists; 2], String> {
        let memory = self.sizes.lists(pass.rows.len());
        let start = self.at(self.memory.passes + pass.lists);
        let at = |offset: usize| start + offset as u64;
        let TileLists { tall, wide, .. } = memory;
        let mut marks = at(memory.marks);
        self.mark(pass, [tall, wide], marks)?;

        let mut rows = Lists {
            counts: start,
            numbers: at(memory.row_lists),
            most: wide as i32,
        };
        let mut codes = Lists {
            counts: at(memory.code_counts),
            numbers: at(memory.code_lists),
            most: tall as i32,
        };
        let mut arguments = [
            argument(&mut marks),
            argument(&mut rows),
            argument(&mut codes),
        ];
        let extent = Extent {
            grid: [((tall + wide) as u32).div_ceil(THREADS), 1, 1],
            block: [THREADS, 1, 1],
            shared: 0,
        };
        // SAFETY: the arguments are those of the kernel; the plan has room for marks and lists.
        unsafe { PROGRAM.launch(self.stream, "cross_entropy_list", extent, &mut arguments)? };
        Ok([rows, codes])
    }

    /// Marks the tiles that take part.
    fn mark(&self, pass: &Pass, [tall, wide]: [usize; 2], mut marks: u64) -> Result<(), String> {
        let mut tiled: Tiled = self.tiled(pass);
        let mut rows = self.rows_from(pass.rows.start);
        let mut levels = self.request.levels();
        let (mut scale, mut skip) = (self.request.terms.scale, self.skip);
        let (mut codes, mut count) = (self.sizes.codes as i32, pass.rows.len() as i32);
        let mut arguments = [
            argument(&mut tiled),
            argument(&mut rows),
            argument(&mut levels),
            argument(&mut scale),
            argument(&mut skip),
            argument(&mut codes),
            argument(&mut marks),
            argument(&mut count),
        ];
        let tall = u32::try_from(tall)
            .ok()
            .filter(|tall| *tall <= u32::from(u16::MAX));
        let extent = Extent {
            grid: [wide as u32, tall.ok_or("there are too many rows")?, 1],
            block: [TILE_ROWS as u32, 1, 1],
            shared: 0,
        };
        // SAFETY: the arguments are those of the kernel; the sums of tiles lie where they were written until the rows'
        // scaled vectors take their place.
        unsafe { PROGRAM.launch(self.stream, "cross_entropy_mark", extent, &mut arguments) }
    }

    /// The gradient in the hidden vectors.
    fn in_hidden(&self, pass: &Pass, mut lists: Lists, mut output: u64) -> Result<(), String> {
        let mut kept = self.kept_matrix(pass).map(BOX)?;
        let mut weight = self.request.head(self.pointers.weight).map(BOX)?;
        let (rows, width) = (pass.rows.len(), self.sizes.width);
        let (mut count, mut columns) = (rows as i32, width as i32);
        let mut factors =
            self.at(self.memory.factors) + (pass.rows.start * size_of::<f32>()) as u64;
        let mut arguments = [
            argument(&mut kept),
            argument(&mut weight),
            argument(&mut lists),
            argument(&mut count),
            argument(&mut columns),
            argument(&mut factors),
            argument(&mut output),
        ];
        let extent = program::tiles([rows, width])?;
        // SAFETY: the arguments are those of the kernel, and point at what `run`'s caller vouches for.
        unsafe { PROGRAM.launch(self.stream, "cross_entropy_hidden", extent, &mut arguments) }
    }

    /// The gradient in the head.
    fn in_head(
        &self,
        pass: &Pass,
        mut lists: Lists,
        scaled: Matrix,
        mut output: u64,
        accumulate: bool,
    ) -> Result<(), String> {
        let mut kept = self.kept_matrix(pass).map(BOX)?;
        let mut hidden = scaled.map(BOX)?;
        let (codes, width) = (self.sizes.codes, self.sizes.width);
        let (mut count, mut columns) = (codes as i32, width as i32);
        let mut add = i32::from(accumulate);
        let mut arguments = [
            argument(&mut kept),
            argument(&mut hidden),
            argument(&mut lists),
            argument(&mut count),
            argument(&mut columns),
            argument(&mut output),
            argument(&mut add),
        ];
        let name = if self.request.wide_gradient {
            "cross_entropy_head_f32"
        } else {
            "cross_entropy_head_bf16"
        };
        let extent = program::tiles([codes, width])?;
        // SAFETY: as above.
        unsafe { PROGRAM.launch(self.stream, name, extent, &mut arguments) }
    }

    /// The exponentials of `pass`, all in one matrix.
    fn kept_matrix(&self, pass: &Pass) -> Matrix {
        let (address, pitch) = self.place(&self.kept(pass), 0);
        Matrix {
            address,
            rows: pass.rows.len(),
            width: self.sizes.codes,
            pitch: pitch as usize,
        }
    }
}

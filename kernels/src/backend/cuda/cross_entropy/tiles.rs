//! The forward part on Hopper, where logits become exponentials tile by tile and are never written.

use super::launches::{Call, Kept, Request, THREADS, dense, matrices, transposed};
use crate::backend::cuda::blas::{self, Element, Epilogue, Product};
use crate::backend::cuda::program::{self, Program, argument};
use crate::backend::cuda::tensor_map::Matrix;
use crate::cross_entropy::plan::{Pass, TILE, TILE_ROWS};

const PROGRAM: Program = Program {
    name: "cross_entropy_tiles.cu",
    source: include_str!("../cross_entropy_tiles.cu"),
};

/// `Tiled` of the source.
#[repr(C)]
#[derive(Clone, Copy)]
pub(super) struct Tiled {
    sums: u64,
    edges: u64,
    width: i32,
}

/// Whether a call can be worked on in tiles: the card is a Hopper, and its tensor memory accelerator can read the
/// operands, which the first two pointers are those of.
pub(super) fn served(request: &Request, [hidden, weight, ..]: [u64; 4]) -> Result<bool, String> {
    if request.wide || program::capability()? != 90 {
        return Ok(false);
    }
    let rows = request.sizes.rows;
    Ok(request.hidden_rows(hidden, rows).fits() && request.head(weight).fits())
}

impl Request {
    /// Some rows of hidden vectors.
    fn hidden_rows(&self, address: u64, rows: usize) -> Matrix {
        Matrix {
            address,
            rows,
            width: self.sizes.width,
            pitch: self.hidden_pitch,
        }
    }

    /// The whole head.
    pub(super) fn head(&self, address: u64) -> Matrix {
        Matrix {
            address,
            rows: self.sizes.codes,
            width: self.sizes.width,
            pitch: self.weight_pitch,
        }
    }
}

impl Call<'_> {
    /// Takes the rows of `pass` through all codes, a tile of logits at a time.
    pub(super) fn tiles(&self, pass: &Pass) -> Result<(), String> {
        let tiled = self.tiled(pass);
        let kept = self.kept(pass);
        let some = self.sizes.tiles(pass.rows.len()).some;
        self.refer(pass, tiled.sums + some as u64)?;
        self.exponentials(pass, tiled, kept)?;
        self.join(pass, tiled, kept)
    }

    /// Where the sums over tiles lie.
    pub(super) fn tiled(&self, pass: &Pass) -> Tiled {
        let sums = self.at(self.memory.passes);
        let edges = self.sizes.tiles(pass.rows.len()).edges;
        Tiled {
            sums,
            edges: sums + edges as u64,
            width: TILE as i32,
        }
    }

    /// Gives each row its reference, by the logits of the first codes, which are written to `some`, and of its picks.
    fn refer(&self, pass: &Pass, mut some: u64) -> Result<(), String> {
        let count = TILE.min(self.sizes.codes);
        let (hidden, weight) = (self.hidden_from(pass.rows.start), self.pointers.weight);
        let product = Product {
            sizes: [pass.rows.len(), count, self.sizes.width, 1],
            lhs: dense(hidden, self.request.hidden_pitch),
            rhs: transposed(weight, self.request.weight_pitch),
            result: dense(some, count),
            operands: self.operand(),
            results: Element::F32,
            accumulate: false,
            epilogue: Epilogue::Nothing,
        };
        // SAFETY: `run`'s caller vouches for the operands; the plan has room for so many logits.
        unsafe { blas::multiply(self.stream, &product, matrices(hidden, weight, some))? };

        let (mut count, mut codes) = (count as i32, self.sizes.codes as i32);
        let mut rows = self.rows_from(pass.rows.start);
        let mut operands = self.operands_from(pass.rows.start);
        let mut arguments = [
            argument(&mut some),
            argument(&mut count),
            argument(&mut codes),
            argument(&mut rows),
            argument(&mut operands),
        ];
        let blocks = pass.rows.len() as u32;
        self.launch("cross_entropy_reference", [blocks, THREADS], &mut arguments)
    }

    /// Makes exponentials of all logits, and sums over each tile.
    fn exponentials(&self, pass: &Pass, tiled: Tiled, mut kept: Kept) -> Result<(), String> {
        let first = pass.rows.start;
        let hidden = self
            .request
            .hidden_rows(self.hidden_from(first), pass.rows.len());
        let mut hidden = hidden.map(TILE_ROWS as u32)?;
        let mut weight = self.request.head(self.pointers.weight).map(TILE as u32)?;
        let (mut count, mut width) = (pass.rows.len() as i32, self.sizes.width as i32);
        let mut rows = self.rows_from(first);
        let mut levels = self.request.levels();
        let Tiled {
            mut sums,
            mut edges,
            ..
        } = tiled;
        let mut arguments = [
            argument(&mut hidden),
            argument(&mut weight),
            argument(&mut count),
            argument(&mut width),
            argument(&mut kept),
            argument(&mut rows),
            argument(&mut levels),
            argument(&mut sums),
            argument(&mut edges),
        ];
        let extent = program::tiles([pass.rows.len(), self.sizes.codes])?;
        // SAFETY: the arguments are those of the kernel, and point at what `run`'s caller vouches for.
        unsafe { PROGRAM.launch(self.stream, "cross_entropy_tiles", extent, &mut arguments) }
    }

    /// Adds up the tiles' sums.
    fn join(&self, pass: &Pass, mut tiled: Tiled, mut kept: Kept) -> Result<(), String> {
        let mut rows = self.rows_from(pass.rows.start);
        let mut levels = self.request.levels();
        let mut references = self.references(pass, 0);
        let mut operands = self.operands_from(pass.rows.start);
        let mut count = pass.rows.len() as i32;
        let mut arguments = [
            argument(&mut tiled),
            argument(&mut rows),
            argument(&mut levels),
            argument(&mut kept),
            argument(&mut references),
            argument(&mut operands),
            argument(&mut count),
        ];
        // A warp to each row.
        let blocks = (pass.rows.len() as u32).div_ceil(THREADS / 32);
        self.launch("cross_entropy_join", [blocks, THREADS], &mut arguments)
    }
}

//! What is launched for a call, in order, with pointers in hand.

use std::ffi::c_void;

use cudarc::driver::sys::CUstream;

use super::PROGRAM;
use crate::backend::cuda::blas::{self, Element, Epilogue, Operand, Pointers as Matrices, Product};
use crate::backend::cuda::program::{Extent, argument};
use crate::cross_entropy::plan::{Pass, Plan, Sizes, padded};
use crate::cross_entropy::{LEVELS_MAX, Terms};

/// Threads of a block that works on a row; the source says so as well.
pub(super) const THREADS: u32 = 128;

/// Every part of the buffer starts at a multiple of so many bytes.
const ALIGNMENT: usize = 256;

/// Where in the buffer things lie, in bytes from its start.
#[derive(Clone, Copy)]
pub(super) struct Memory {
    pub passes: usize,
    all: usize,
    groups: usize,
    picked: usize,
    pulls: usize,
    pub factors: usize,
    /// Bytes of the whole.
    pub bytes: usize,
}

impl Memory {
    pub(super) fn new(plan: &Plan, rows: usize, picks: usize, terms: &Terms) -> Self {
        let mut bytes = 0;
        let mut next = |size: usize| {
            let start = bytes;
            bytes += size.next_multiple_of(ALIGNMENT);
            start
        };
        let float = size_of::<f32>();
        Self {
            passes: next(plan.bytes),
            all: next(2 * float * rows),
            groups: next(2 * float * rows * terms.levels.len()),
            picked: next(float * rows * picks),
            pulls: next(float * rows * picks),
            factors: next(float * rows),
            bytes,
        }
    }
}

/// Where results go.
#[derive(Clone, Copy)]
pub(super) struct Outputs {
    pub losses: u64,
    /// The rows' weights, which are read; the gradient in hidden vectors, and that in the head.
    pub gradients: Option<[u64; 3]>,
}

/// All that a call depends on beside pointers and the card's memory.
pub(super) struct Request {
    pub sizes: Sizes,
    pub picks: usize,
    pub terms: Terms,
    /// Elements from row to row.
    pub hidden_pitch: usize,
    pub weight_pitch: usize,
    /// Whether operands are f32 rather than bf16.
    pub wide: bool,
    /// The same of the head's gradient.
    pub wide_gradient: bool,
}

/// The launches of one call.
pub(super) struct Launches<'a> {
    request: &'a Request,
    sizes: Sizes,
    skip: f32,
    plan: Plan,
    /// What they need of the card, and where in it things lie.
    pub memory: Memory,
}

/// `Rows` of the source.
#[repr(C)]
#[derive(Clone, Copy)]
pub(super) struct Rows {
    all: u64,
    groups: u64,
    picked: u64,
    picks: u64,
    count: i32,
}

/// `Levels` of the source.
#[repr(C)]
#[derive(Clone, Copy)]
pub(super) struct Levels {
    count: i32,
    sizes: [i32; LEVELS_MAX],
    weights: [f32; LEVELS_MAX],
}

/// `Kept` of the source.
#[repr(C)]
#[derive(Clone, Copy)]
pub(super) struct Kept {
    first: u64,
    rest: u64,
    step: i64,
    columns: i32,
    last_pitch: i32,
    codes: i32,
}

/// `Operands` of the source.
#[repr(C)]
#[derive(Clone, Copy)]
pub(super) struct Operands {
    hidden: u64,
    weight: u64,
    hidden_pitch: i64,
    weight_pitch: i64,
    width: i32,
}

/// Pointers of a call.
#[derive(Clone, Copy)]
pub(super) struct Pointers {
    hidden: u64,
    pub weight: u64,
    shares: u64,
    rows: Rows,
    pub outputs: Outputs,
    memory: u64,
}

impl<'a> Launches<'a> {
    pub(super) fn new(request: &'a Request, sizes: Sizes, plan: Plan, skip: f32) -> Self {
        let memory = Memory::new(&plan, sizes.rows, request.picks, &request.terms);
        Self {
            request,
            sizes,
            skip,
            plan,
            memory,
        }
    }

    /// Queues everything on `stream`.
    ///
    /// # Safety
    /// The context of `stream` is current; the pointers are those of hidden vectors, head, picks and shares, of outputs
    /// and of a buffer of `memory.bytes`, each with the shapes that `self` was made from, and stay valid until the
    /// stream is done.
    pub(super) unsafe fn run(
        &self,
        stream: CUstream,
        [hidden, weight, picks, shares]: [u64; 4],
        outputs: Outputs,
        memory: u64,
    ) -> Result<(), String> {
        let at = |offset: usize| memory + offset as u64;
        let pointers = Pointers {
            hidden,
            weight,
            shares,
            rows: Rows {
                all: at(self.memory.all),
                groups: at(self.memory.groups),
                picked: at(self.memory.picked),
                picks,
                count: self.request.picks as i32,
            },
            outputs,
            memory,
        };
        if self.sizes.codes > i32::MAX as usize - 8 || self.sizes.rows > i32::MAX as usize {
            return Err("the fused cross-entropy counts rows and codes in 31 bits".into());
        }
        let call = Call {
            request: self.request,
            sizes: self.sizes,
            skip: self.skip,
            memory: self.memory,
            stream,
            pointers,
        };
        // Rows' sums and those of their groups lie side by side but for padding.
        call.begin(pointers.rows.all, self.sizes.rows)?;
        call.begin(
            pointers.rows.groups,
            self.sizes.rows * self.request.terms.levels.len(),
        )?;
        for (number, pass) in self.plan.passes.iter().enumerate() {
            if self.sizes.tiled {
                call.tiles(pass)?;
            } else {
                call.chunks(pass)?;
            }
            call.settle(pass)?;
            if outputs.gradients.is_some() {
                call.backward(pass, number > 0)?;
            }
        }
        Ok(())
    }
}

impl Request {
    pub(super) fn levels(&self) -> Levels {
        let mut levels = Levels {
            count: self.terms.levels.len() as i32,
            sizes: [1; LEVELS_MAX],
            weights: [0.0; LEVELS_MAX],
        };
        for (place, level) in self.terms.levels.iter().enumerate() {
            // A group can be no larger than the codebook.
            levels.sizes[place] = level.size.min(self.sizes.codes) as i32;
            levels.weights[place] = level.weight;
        }
        levels
    }
}

/// A call under way.
pub(super) struct Call<'a> {
    pub request: &'a Request,
    pub sizes: Sizes,
    /// Probability below which a tile is left out of the gradients.
    pub skip: f32,
    pub memory: Memory,
    pub stream: CUstream,
    pub pointers: Pointers,
}

impl Call<'_> {
    fn begin(&self, mut sums: u64, count: usize) -> Result<(), String> {
        if count == 0 {
            return Ok(());
        }
        let mut count = u32::try_from(count).map_err(|_| "there are too many rows")?;
        let mut arguments = [argument(&mut sums), argument(&mut count)];
        let blocks = count.div_ceil(THREADS);
        self.launch("cross_entropy_begin", [blocks, THREADS], &mut arguments)
    }

    /// The losses of the rows of `pass`, and what their gradients need.
    fn settle(&self, pass: &Pass) -> Result<(), String> {
        let first = pass.rows.start;
        let picks = self.request.picks;
        let floats = |start: u64, count: usize| start + (count * size_of::<f32>()) as u64;
        let (mut pulls, mut weights, mut factors) = match self.pointers.outputs.gradients {
            Some([weights, ..]) => (
                floats(self.at(self.memory.pulls), first * picks),
                floats(weights, first),
                floats(self.at(self.memory.factors), first),
            ),
            None => (0, 0, 0),
        };
        let mut rows = self.rows_from(first);
        let mut levels = self.request.levels();
        let mut shares = floats(self.pointers.shares, first * picks);
        let mut shared = self.request.terms.shared as i32;
        let (mut neighbours, mut scale) = (self.request.terms.neighbours, self.request.terms.scale);
        let mut losses = floats(self.pointers.outputs.losses, first);
        let mut count = pass.rows.len() as i32;
        let mut arguments = [
            argument(&mut rows),
            argument(&mut levels),
            argument(&mut shares),
            argument(&mut pulls),
            argument(&mut shared),
            argument(&mut neighbours),
            argument(&mut scale),
            argument(&mut weights),
            argument(&mut losses),
            argument(&mut factors),
            argument(&mut count),
        ];
        let blocks = (pass.rows.len() as u32).div_ceil(THREADS);
        self.launch("cross_entropy_settle", [blocks, THREADS], &mut arguments)
    }

    /// The gradients of the rows of `pass`; that of the head is added to where `accumulate`.
    fn backward(&self, pass: &Pass, accumulate: bool) -> Result<(), String> {
        let Some([_, in_hidden, in_weight]) = self.pointers.outputs.gradients else {
            return Ok(());
        };
        if self.sizes.skipping {
            return self.skipping(pass, accumulate, [in_hidden, in_weight]);
        }
        let Sizes {
            codes,
            width,
            operand,
            gradient,
            ..
        } = self.sizes;
        let rows = pass.rows.len();
        let kept = self.kept(pass);
        self.pull(pass, kept)?;

        let sums = self.at(self.memory.passes);
        let scaled = sums + (rows * width * size_of::<f32>()) as u64;
        let hidden = self.hidden_from(pass.rows.start);
        let names = if self.request.wide {
            ["cross_entropy_scale_f32_f32", "cross_entropy_scale_f32_f32"]
        } else {
            [
                "cross_entropy_scale_bf16_bf16",
                "cross_entropy_scale_f32_bf16",
            ]
        };
        self.times_factor(names[0], pass, [hidden, scaled], self.request.hidden_pitch)?;
        let starts: Vec<usize> = (0..codes).step_by(pass.columns).collect();
        for (done, first) in starts.into_iter().rev().enumerate() {
            let count = pass.columns.min(codes - first);
            let (place, pitch) = self.place(&kept, first);
            let pitch = pitch as usize;
            let weight = self.weight_from(first);
            let product = Product {
                sizes: [rows, width, count, 1],
                lhs: dense(place, pitch),
                rhs: dense(weight, self.request.weight_pitch),
                result: dense(sums, width),
                operands: self.operand(),
                results: Element::F32,
                accumulate: done > 0,
                epilogue: Epilogue::Nothing,
            };
            // SAFETY: kept exponentials and sums lie in the buffer, the head where `run`'s caller says.
            unsafe { blas::multiply(self.stream, &product, matrices(place, weight, sums))? };

            let output = in_weight + (first * width * gradient) as u64;
            let product = Product {
                sizes: [count, width, rows, 1],
                lhs: transposed(place, pitch),
                rhs: dense(scaled, width),
                result: dense(output, width),
                operands: self.operand(),
                results: self.gradient(),
                accumulate,
                epilogue: Epilogue::Nothing,
            };
            // SAFETY: as above; what lies in the memory of the output was used by the stretch after this one.
            unsafe { blas::multiply(self.stream, &product, matrices(place, scaled, output))? };
        }
        let output = in_hidden + (pass.rows.start * width * operand) as u64;
        self.times_factor(names[1], pass, [sums, output], width)
    }

    /// Kept exponentials become the gradient in the logits, but for the rows' factors.
    pub(super) fn pull(&self, pass: &Pass, mut kept: Kept) -> Result<(), String> {
        let first = pass.rows.start;
        let mut references = self.references(pass, 0);
        let mut chunk = pass.take as i32;
        let mut rows = self.rows_from(first);
        let mut levels = self.request.levels();
        let mut pulls =
            self.at(self.memory.pulls) + (first * self.request.picks * size_of::<f32>()) as u64;
        let mut scale = self.request.terms.scale;
        let mut operands = self.operands_from(first);
        let name = if self.request.wide {
            "cross_entropy_pull_f32"
        } else {
            "cross_entropy_pull_bf16"
        };
        let mut arguments = [
            argument(&mut kept),
            argument(&mut references),
            argument(&mut chunk),
            argument(&mut rows),
            argument(&mut levels),
            argument(&mut pulls),
            argument(&mut scale),
            argument(&mut operands),
        ];
        self.launch(name, [pass.rows.len() as u32, 64], &mut arguments)
    }

    /// The rows of `pass` of a matrix, each times its factor, into a dense one.
    pub(super) fn times_factor(
        &self,
        name: &'static str,
        pass: &Pass,
        [mut from, mut to]: [u64; 2],
        pitch: usize,
    ) -> Result<(), String> {
        let (mut pitch, mut width) = (pitch as i64, self.sizes.width as i32);
        let mut factors =
            self.at(self.memory.factors) + (pass.rows.start * size_of::<f32>()) as u64;
        let mut arguments = [
            argument(&mut from),
            argument(&mut pitch),
            argument(&mut to),
            argument(&mut width),
            argument(&mut factors),
        ];
        self.launch(name, [pass.rows.len() as u32, THREADS], &mut arguments)
    }

    pub(super) fn launch(
        &self,
        name: &'static str,
        [blocks, threads]: [u32; 2],
        arguments: &mut [*mut c_void],
    ) -> Result<(), String> {
        let extent = Extent {
            grid: [blocks, 1, 1],
            block: [threads, 1, 1],
            shared: 0,
        };
        // SAFETY: the arguments are those of the kernel `name`, and point at what `run`'s caller vouches for.
        unsafe { PROGRAM.launch(self.stream, name, extent, arguments) }
    }

    /// Where the exponentials of `pass` are kept; nowhere, if losses alone are asked for.
    pub(super) fn kept(&self, pass: &Pass) -> Kept {
        let Sizes {
            codes,
            width,
            operand,
            gradient,
            ..
        } = self.sizes;
        let last = codes - (codes - 1) / pass.columns * pass.columns;
        let (first, rest) = match self.pointers.outputs.gradients {
            Some([_, _, in_weight]) => (self.at(self.memory.passes + pass.kept), in_weight),
            None => (0, 0),
        };
        Kept {
            first,
            rest,
            step: (pass.columns * width * gradient / operand) as i64,
            columns: pass.columns as i32,
            last_pitch: padded(last) as i32,
            codes: codes as i32,
        }
    }

    /// Where the exponentials of a code of the first row are kept, and how many elements later those of the next row.
    pub(super) fn place(&self, kept: &Kept, code: usize) -> (u64, i64) {
        let columns = kept.columns as usize;
        let (matrix, last) = (code / columns, (kept.codes as usize - 1) / columns);
        let start = if matrix == 0 {
            kept.first
        } else {
            let elements = (matrix - 1) * kept.step as usize;
            kept.rest + (elements * self.sizes.operand) as u64
        };
        let pitch = if matrix == last {
            kept.last_pitch
        } else {
            kept.columns
        };
        let within = code % columns * self.sizes.operand;
        (start + within as u64, i64::from(pitch))
    }

    /// The references of the chunk `index` of `pass`.
    pub(super) fn references(&self, pass: &Pass, index: usize) -> u64 {
        let floats = index * pass.rows.len();
        self.at(self.memory.passes + pass.references) + (floats * size_of::<f32>()) as u64
    }

    pub(super) fn rows_from(&self, row: usize) -> Rows {
        let Rows {
            all,
            groups,
            picked,
            picks,
            count,
        } = self.pointers.rows;
        let float = size_of::<f32>();
        let levels = self.request.terms.levels.len();
        Rows {
            all: all + (2 * float * row) as u64,
            groups: groups + (2 * float * row * levels) as u64,
            picked: picked + (float * row * self.request.picks) as u64,
            picks: picks + (float * row * self.request.picks) as u64,
            count,
        }
    }

    pub(super) fn operands_from(&self, row: usize) -> Operands {
        Operands {
            hidden: self.hidden_from(row),
            weight: self.pointers.weight,
            hidden_pitch: self.request.hidden_pitch as i64,
            weight_pitch: self.request.weight_pitch as i64,
            width: self.sizes.width as i32,
        }
    }

    pub(super) fn hidden_from(&self, row: usize) -> u64 {
        self.pointers.hidden + (row * self.request.hidden_pitch * self.sizes.operand) as u64
    }

    pub(super) fn weight_from(&self, code: usize) -> u64 {
        self.pointers.weight + (code * self.request.weight_pitch * self.sizes.operand) as u64
    }

    pub(super) fn at(&self, offset: usize) -> u64 {
        self.pointers.memory + offset as u64
    }

    pub(super) fn operand(&self) -> Element {
        if self.request.wide {
            Element::F32
        } else {
            Element::BF16
        }
    }

    fn gradient(&self) -> Element {
        if self.request.wide_gradient {
            Element::F32
        } else {
            Element::BF16
        }
    }
}

/// The matrices of a product without bias.
pub(super) fn matrices(lhs: u64, rhs: u64, output: u64) -> Matrices {
    Matrices {
        lhs,
        rhs,
        output,
        bias: 0,
    }
}

/// A matrix whose rows lie `leading` elements apart.
pub(super) fn dense(address: u64, leading: usize) -> Operand {
    Operand {
        transposed: false,
        leading,
        batch_stride: 0,
        alignment: 1 << (address | 16).trailing_zeros(),
    }
}

/// The transpose of such a matrix.
pub(super) fn transposed(address: u64, leading: usize) -> Operand {
    Operand {
        transposed: true,
        ..dense(address, leading)
    }
}

//! cuBLASLt: one plan for each kind of product, kept, and a workspace for each stream.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ffi::c_void;
use std::ptr::from_ref;
use std::sync::{Mutex, PoisonError};

use cudarc::cublaslt::{result, sys};
use cudarc::driver;
use cudarc::driver::sys::CUstream;

/// What cuBLASLt may use for itself beside operands and result, per stream; NVIDIA's advice for Hopper is 32 MiB.
const WORKSPACE_BYTES: usize = 64 << 20;

/// Beyond this many plans all are thrown away: a workload with endlessly many shapes must not fill the memory.
const PLANS_MAX: usize = 4096;

/// A type of matrix elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Element {
    F32,
    F16,
    BF16,
}

/// How a row-major matrix lies in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Operand {
    /// Columns, not rows, are dense.
    pub transposed: bool,
    /// Elements from one row to the next (from one column to the next where transposed).
    pub leading: usize,
    /// Elements from one matrix of the batch to the next.
    pub batch_stride: usize,
    /// A power of two, at most 16, that divides the address of every matrix of the batch.
    pub alignment: u32,
}

/// What happens to a product before it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Epilogue {
    Nothing,
    /// A vector in the type of the result is added to each row.
    Bias,
}

/// `result[m, n] = lhs[m, k]·rhs[k, n]`, row-major, batched: all that a plan depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Product {
    /// `m, n, k, batch`.
    pub sizes: [usize; 4],
    pub lhs: Operand,
    pub rhs: Operand,
    pub result: Operand,
    pub operands: Element,
    pub results: Element,
    pub epilogue: Epilogue,
    /// Whether the product is added to what lies in `result`.
    pub accumulate: bool,
}

/// Where the matrices of a product lie.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pointers {
    pub lhs: u64,
    pub rhs: u64,
    pub output: u64,
    /// `n` numbers side by side from a multiple of 16 bytes on; not looked at without [`Epilogue::Bias`].
    pub bias: u64,
}

/// Queues a product on `stream`.
///
/// # Safety
/// The context of `stream` is current, and the pointers are device memory of that context laid out as `product` says,
/// which nothing else writes before the stream is done with it.
pub(super) unsafe fn multiply(
    stream: CUstream,
    product: &Product,
    pointers: Pointers,
) -> Result<(), String> {
    let context = driver::result::ctx::get_current()
        .map_err(|error| format!("cannot ask for the CUDA context: {error:?}"))?
        .ok_or("no CUDA context is current")? as usize;
    let mut state = STATE.lock().unwrap_or_else(PoisonError::into_inner);
    let State {
        handles,
        workspaces,
        plans,
    } = &mut *state;
    let handle = kept(handles, context, Handle::new)?.0;
    let workspace = *kept(workspaces, stream as usize, || {
        // SAFETY: the caller made the context current.
        unsafe { driver::result::malloc_sync(WORKSPACE_BYTES) }
            .map_err(|error| format!("no room for cuBLASLt's workspace of 64 MiB: {error:?}"))
    })?;
    if plans.len() >= PLANS_MAX {
        plans.clear();
    }
    let plan = kept(plans, (context, *product), || {
        Plan::new(handle, product, pointers.bias)
            .map_err(|error| format!("cuBLASLt has no way to multiply {product:?}: {error}"))
    })?;

    match product.epilogue {
        Epilogue::Nothing => {}
        Epilogue::Bias => set_bias(plan.product, pointers.bias)
            .map_err(|error| format!("cuBLASLt takes no bias for {product:?}: {error}"))?,
    }

    let one = 1.0_f32;
    let kept = f32::from(u8::from(product.accumulate));
    // SAFETY: handle and plan live as long as `STATE` is locked, scalars are read before the call returns, the caller
    // vouches for the matrices. cuBLAS is column-major, so it is given the transposed product: rhs first, then lhs.
    unsafe {
        result::matmul(
            handle,
            plan.product,
            from_ref(&one).cast(),
            from_ref(&kept).cast(),
            pointers.rhs as *const c_void,
            plan.rhs,
            pointers.lhs as *const c_void,
            plan.lhs,
            pointers.output as *const c_void,
            plan.output,
            pointers.output as *mut c_void,
            plan.output,
            &plan.algorithm,
            workspace as *mut c_void,
            WORKSPACE_BYTES,
            stream.cast(),
        )
    }
    .map_err(|error| format!("cuBLASLt failed to multiply {product:?}: {error}"))
}

/// What `map` holds for `key`, made on first use.
fn kept<K: Ord, V>(
    map: &mut BTreeMap<K, V>,
    key: K,
    make: impl FnOnce() -> Result<V, String>,
) -> Result<&V, String> {
    match map.entry(key) {
        Entry::Occupied(entry) => Ok(entry.into_mut()),
        Entry::Vacant(entry) => Ok(entry.insert(make()?)),
    }
}

/// Handles by context, workspaces by stream, plans by context and product.
struct State {
    handles: BTreeMap<usize, Handle>,
    workspaces: BTreeMap<usize, u64>,
    plans: BTreeMap<(usize, Product), Plan>,
}

static STATE: Mutex<State> = Mutex::new(State {
    handles: BTreeMap::new(),
    workspaces: BTreeMap::new(),
    plans: BTreeMap::new(),
});

/// cuBLASLt opened in one context.
struct Handle(sys::cublasLtHandle_t);

// SAFETY: a cuBLASLt handle may be used from any thread, and `STATE` lets one at a time.
unsafe impl Send for Handle {}

impl Handle {
    fn new() -> Result<Self, String> {
        // SAFETY: looks for the library, and closes it again.
        if !unsafe { sys::is_culib_present() } {
            return Err("cannot find libcublasLt: install cuBLAS of the CUDA toolkit, or add its folder to \
                        LD_LIBRARY_PATH"
                .into());
        }
        result::create_handle()
            .map(Handle)
            .map_err(|error| format!("cannot open cuBLASLt: {error}"))
    }
}

/// Descriptors and algorithm of one kind of product.
struct Plan {
    product: sys::cublasLtMatmulDesc_t,
    lhs: sys::cublasLtMatrixLayout_t,
    rhs: sys::cublasLtMatrixLayout_t,
    output: sys::cublasLtMatrixLayout_t,
    algorithm: sys::cublasLtMatmulAlgo_t,
}

// SAFETY: descriptors are plain memory of cuBLASLt's, only read after they are made, one thread at a time.
unsafe impl Send for Plan {}

impl Plan {
    /// The plan of a product, whose `bias` is one of those it will be made with.
    fn new(
        handle: sys::cublasLtHandle_t,
        product: &Product,
        bias: u64,
    ) -> Result<Self, result::CublasError> {
        let [m, n, k, batch] = product.sizes;
        let (operands, results) = (product.operands.cuda(), product.results.cuda());
        let descriptor = result::create_matmul_desc(
            sys::cublasComputeType_t::CUBLAS_COMPUTE_32F,
            sys::cudaDataType_t::CUDA_R_32F,
        )?;
        set_transposed(
            descriptor,
            sys::cublasLtMatmulDescAttributes_t::CUBLASLT_MATMUL_DESC_TRANSA,
            product.rhs.transposed,
        )?;
        set_transposed(
            descriptor,
            sys::cublasLtMatmulDescAttributes_t::CUBLASLT_MATMUL_DESC_TRANSB,
            product.lhs.transposed,
        )?;
        match product.epilogue {
            Epilogue::Nothing => {}
            Epilogue::Bias => {
                set_epilogue(descriptor, sys::cublasLtEpilogue_t::CUBLASLT_EPILOGUE_BIAS)?;
                // Choosing an algorithm looks at the pointer.
                set_bias(descriptor, bias)?;
            }
        }
        let rhs = layout(operands, k, n, batch, &product.rhs)?;
        let lhs = layout(operands, m, k, batch, &product.lhs)?;
        let output = layout(results, m, n, batch, &product.result)?;
        let algorithm = choose(handle, descriptor, [rhs, lhs, output], product)?;
        Ok(Self {
            product: descriptor,
            lhs,
            rhs,
            output,
            algorithm,
        })
    }
}

impl Drop for Plan {
    fn drop(&mut self) {
        // SAFETY: made by `Plan::new`, destroyed once. A failure leaves a few bytes behind and nothing to do about it.
        unsafe {
            let _ = result::destroy_matmul_desc(self.product);
            for layout in [self.lhs, self.rhs, self.output] {
                let _ = result::destroy_matrix_layout(layout);
            }
        }
    }
}

impl Element {
    fn cuda(self) -> sys::cudaDataType_t {
        match self {
            Self::F32 => sys::cudaDataType_t::CUDA_R_32F,
            Self::F16 => sys::cudaDataType_t::CUDA_R_16F,
            Self::BF16 => sys::cudaDataType_t::CUDA_R_16BF,
        }
    }
}

/// The layout of a row-major `rows × columns` matrix, told in columns: what is dense is a column to cuBLAS.
fn layout(
    element: sys::cudaDataType_t,
    rows: usize,
    columns: usize,
    batch: usize,
    operand: &Operand,
) -> Result<sys::cublasLtMatrixLayout_t, result::CublasError> {
    use sys::cublasLtMatrixLayoutAttribute_t as Attribute;

    let (dense, across) = if operand.transposed {
        (rows, columns)
    } else {
        (columns, rows)
    };
    let layout =
        result::create_matrix_layout(element, dense as u64, across as u64, operand.leading as i64)?;
    let (count, stride) = (batch as i32, operand.batch_stride as i64);
    // SAFETY: the layout was just made, and the values have the sizes that cuBLASLt documents.
    unsafe {
        result::set_matrix_layout_attribute(
            layout,
            Attribute::CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT,
            from_ref(&count).cast(),
            size_of::<i32>(),
        )?;
        result::set_matrix_layout_attribute(
            layout,
            Attribute::CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET,
            from_ref(&stride).cast(),
            size_of::<i64>(),
        )?;
    }
    Ok(layout)
}

/// Says whether one operand is read transposed.
fn set_transposed(
    descriptor: sys::cublasLtMatmulDesc_t,
    which: sys::cublasLtMatmulDescAttributes_t,
    transposed: bool,
) -> Result<(), result::CublasError> {
    let operation = i32::from(transposed);
    // SAFETY: the descriptor was just made, and an operation is an `i32`.
    unsafe {
        result::set_matmul_desc_attribute(
            descriptor,
            which,
            from_ref(&operation).cast(),
            size_of::<i32>(),
        )
    }
}

/// Says what happens to the result before it is written.
fn set_epilogue(
    descriptor: sys::cublasLtMatmulDesc_t,
    epilogue: sys::cublasLtEpilogue_t,
) -> Result<(), result::CublasError> {
    // SAFETY: the descriptor was just made, and cuBLASLt reads an epilogue.
    unsafe {
        result::set_matmul_desc_attribute(
            descriptor,
            sys::cublasLtMatmulDescAttributes_t::CUBLASLT_MATMUL_DESC_EPILOGUE,
            from_ref(&epilogue).cast(),
            size_of::<sys::cublasLtEpilogue_t>(),
        )
    }
}

/// Says where the bias lies; its type is that of the result unless cuBLASLt is told another.
fn set_bias(descriptor: sys::cublasLtMatmulDesc_t, bias: u64) -> Result<(), result::CublasError> {
    // SAFETY: the descriptor is alive and used by one thread at a time, and a device pointer has 64 bits.
    unsafe {
        result::set_matmul_desc_attribute(
            descriptor,
            sys::cublasLtMatmulDescAttributes_t::CUBLASLT_MATMUL_DESC_BIAS_POINTER,
            from_ref(&bias).cast(),
            size_of::<u64>(),
        )
    }
}

/// The algorithm that cuBLASLt holds for the fastest; `layouts` are rhs, lhs, output.
fn choose(
    handle: sys::cublasLtHandle_t,
    descriptor: sys::cublasLtMatmulDesc_t,
    layouts: [sys::cublasLtMatrixLayout_t; 3],
    product: &Product,
) -> Result<sys::cublasLtMatmulAlgo_t, result::CublasError> {
    use sys::cublasLtMatmulPreferenceAttributes_t as Attribute;

    let preference = result::create_matmul_pref()?;
    let alignments = [
        (
            Attribute::CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES,
            product.rhs.alignment,
        ),
        (
            Attribute::CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES,
            product.lhs.alignment,
        ),
        (
            Attribute::CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES,
            product.result.alignment,
        ),
        (
            Attribute::CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES,
            product.result.alignment,
        ),
    ];
    let [rhs, lhs, output] = layouts;
    // SAFETY: all objects are alive, and the values have the sizes that cuBLASLt documents.
    unsafe {
        result::set_matmul_pref_attribute(
            preference,
            Attribute::CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES,
            from_ref(&WORKSPACE_BYTES).cast(),
            size_of::<usize>(),
        )?;
        for (attribute, alignment) in alignments {
            result::set_matmul_pref_attribute(
                preference,
                attribute,
                from_ref(&alignment).cast(),
                size_of::<u32>(),
            )?;
        }
        let found = result::get_matmul_algo_heuristic(
            handle, descriptor, rhs, lhs, output, output, preference,
        );
        result::destroy_matmul_pref(preference)?;
        found.map(|heuristic| heuristic.algo)
    }
}

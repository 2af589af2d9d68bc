//! NCCL, which sums up over the cards of this machine: found when it is first needed, as nothing else needs it.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;
use std::sync::OnceLock;

use cudarc::driver::sys::CUstream;
use libloading::Library;

use crate::collective::CollectiveError;
use crate::installation::{Part, missing_library};

/// What the library is called: packages of PyPI bring it under the first name alone.
const NAMES: [&str; 2] = ["libnccl.so.2", "libnccl.so"];

/// `ncclSuccess`.
const SUCCESS: c_int = 0;
/// `ncclFloat32`.
const F32: c_int = 7;
/// `ncclSum`.
const SUM: c_int = 0;

/// A card's end of a group, which belongs to NCCL.
#[derive(Clone, Copy, Debug)]
pub(super) struct Communicator(*mut c_void);

// SAFETY: NCCL lets any thread use a communicator, one at a time.
unsafe impl Send for Communicator {}

/// One vector of one card: how many numbers from where to where, and behind which work.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sum {
    pub from: u64,
    pub to: u64,
    pub count: usize,
}

type Version = unsafe extern "C" fn(*mut c_int) -> c_int;
type InitAll = unsafe extern "C" fn(*mut *mut c_void, c_int, *const c_int) -> c_int;
type Plain = unsafe extern "C" fn() -> c_int;
type OfOne = unsafe extern "C" fn(*mut c_void) -> c_int;
type ErrorText = unsafe extern "C" fn(c_int) -> *const c_char;
type LastError = unsafe extern "C" fn(*mut c_void) -> *const c_char;
type AllReduce = unsafe extern "C" fn(
    *const c_void,
    *mut c_void,
    usize,
    c_int,
    c_int,
    *mut c_void,
    CUstream,
) -> c_int;

/// The library, and what of it is called.
#[derive(Debug)]
pub(super) struct Nccl {
    version: String,
    init_all: InitAll,
    group_start: Plain,
    group_end: Plain,
    all_reduce: AllReduce,
    destroy: OfOne,
    abort: OfOne,
    error_text: ErrorText,
    /// Not in the oldest ones.
    last_error: Option<LastError>,
    _library: Library,
}

impl Nccl {
    /// The library of this machine.
    ///
    /// Errors: it is not there, or lacks what is needed.
    pub(super) fn open() -> Result<&'static Self, CollectiveError> {
        static FOUND: OnceLock<Result<Nccl, CollectiveError>> = OnceLock::new();
        FOUND.get_or_init(Self::find).as_ref().map_err(Clone::clone)
    }

    fn find() -> Result<Self, CollectiveError> {
        // SAFETY: whatever is called so is NCCL, whose start does nothing but prepare it.
        let open = |name: &&str| unsafe { Library::new(*name) }.ok();
        let library = NAMES.iter().find_map(open).ok_or_else(|| {
            let names = NAMES.map(|name| format!("`{name}`")).join(" and ");
            missing_library(Part::Nccl, &names)
        })?;
        // SAFETY: the types are those that NCCL's header declares, in every version.
        let functions = unsafe { Self::of(library) };
        functions.map_err(|error| CollectiveError::Nccl {
            version: "of this machine".into(),
            call: "dlsym",
            reason: error.to_string(),
        })
    }

    /// # Safety
    /// The library is NCCL.
    unsafe fn of(library: Library) -> Result<Self, libloading::Error> {
        // SAFETY: as the caller says; what is taken of the library stays with it.
        unsafe {
            let version = version_of(*library.get::<Version>("ncclGetVersion")?);
            let init_all = *library.get::<InitAll>("ncclCommInitAll")?;
            let group_start = *library.get::<Plain>("ncclGroupStart")?;
            let group_end = *library.get::<Plain>("ncclGroupEnd")?;
            let all_reduce = *library.get::<AllReduce>("ncclAllReduce")?;
            let destroy = *library.get::<OfOne>("ncclCommDestroy")?;
            let abort = *library.get::<OfOne>("ncclCommAbort")?;
            let error_text = *library.get::<ErrorText>("ncclGetErrorString")?;
            let last_error = library.get::<LastError>("ncclGetLastError").ok();
            let last_error = last_error.map(|found| *found);
            Ok(Self {
                version,
                init_all,
                group_start,
                group_end,
                all_reduce,
                destroy,
                abort,
                error_text,
                last_error,
                _library: library,
            })
        }
    }

    /// Connects the cards with these indices.
    pub(super) fn connect(&self, cards: &[usize]) -> Result<Vec<Communicator>, CollectiveError> {
        let indices: Vec<c_int> = cards
            .iter()
            .map(|card| c_int::try_from(*card).unwrap_or(c_int::MAX))
            .collect();
        let count = c_int::try_from(cards.len()).unwrap_or(c_int::MAX);
        let mut made = vec![ptr::null_mut(); cards.len()];
        // SAFETY: there is room for as many communicators as there are indices.
        let code = unsafe { (self.init_all)(made.as_mut_ptr(), count, indices.as_ptr()) };
        self.told("ncclCommInitAll", code)?;
        Ok(made.into_iter().map(Communicator).collect())
    }

    /// Queues sums on the streams of all cards at once: for each communicator its stream and its vectors, as many and as
    /// long for each.
    ///
    /// # Safety
    /// Each stream is of its communicator's card, and so is the memory, which holds as many f32 as it says; nothing else
    /// writes there before the stream is done with it. No other thread uses any of the communicators.
    pub(super) unsafe fn sum(
        &self,
        members: &[(Communicator, CUstream, Vec<Sum>)],
    ) -> Result<(), CollectiveError> {
        // SAFETY: NCCL is ready, and the group is closed below, also where something fails.
        self.told("ncclGroupStart", unsafe { (self.group_start)() })?;
        let mut queued = SUCCESS;
        for (communicator, stream, sums) in members {
            for sum in sums {
                if queued != SUCCESS {
                    break;
                }
                let (from, to) = (sum.from as *const c_void, sum.to as *mut c_void);
                // SAFETY: as the caller says.
                queued = unsafe {
                    (self.all_reduce)(from, to, sum.count, F32, SUM, communicator.0, *stream)
                };
            }
        }
        // SAFETY: the group was opened above.
        let closed = unsafe { (self.group_end)() };
        self.told("ncclAllReduce", queued)?;
        self.told("ncclGroupEnd", closed)
    }

    /// Gives communicators back whose sums are all done, or whose sums shall end at once where that `is_abort`.
    ///
    /// # Safety
    /// No thread uses any of them, now or later.
    pub(super) unsafe fn close(&self, communicators: Vec<Communicator>, is_abort: bool) {
        let close = if is_abort { self.abort } else { self.destroy };
        // SAFETY: as the caller says. Cards of one process wait for each other here, and so go in one group. A failure
        // leaves memory taken, with nothing to do about it.
        unsafe {
            let _ = (self.group_start)();
            for communicator in communicators {
                let _ = close(communicator.0);
            }
            let _ = (self.group_end)();
        }
    }

    /// What NCCL's answer to `call` means.
    fn told(&self, call: &'static str, code: c_int) -> Result<(), CollectiveError> {
        if code == SUCCESS {
            return Ok(());
        }
        // SAFETY: both texts are NCCL's own and end with a zero; there is one for each code.
        let (what, why) = unsafe {
            let last = self.last_error.map(|last| last(ptr::null_mut()));
            (text((self.error_text)(code)), last.map(|last| text(last)))
        };
        let why = why.filter(|why| !why.trim().is_empty());
        Err(CollectiveError::Nccl {
            version: self.version.clone(),
            call,
            reason: why.map_or(what.clone(), |why| format!("{what}; {}", why.trim())),
        })
    }
}

/// The version as people write it.
///
/// # Safety
/// It is the function of NCCL.
unsafe fn version_of(ask: Version) -> String {
    let mut version: c_int = 0;
    // SAFETY: the number outlives the call.
    let _ = unsafe { ask(&raw mut version) };
    let version = version.unsigned_abs();
    // Since 2.9 the major version counts 10000.
    let major = if version < 10_000 { 1000 } else { 10_000 };
    let (minor, patch) = (version % major / 100, version % 100);
    format!("{}.{minor}.{patch}", version / major)
}

/// # Safety
/// The pointer is none, or leads to text that ends with a zero.
unsafe fn text(at: *const c_char) -> String {
    if at.is_null() {
        return String::new();
    }
    // SAFETY: as the caller says.
    unsafe { CStr::from_ptr(at) }.to_string_lossy().into_owned()
}

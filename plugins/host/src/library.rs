//! A library that is loaded into this process.

use std::ffi::c_void;
use std::path::Path;
use std::ptr;
use std::sync::Mutex;

use graph::param::ParamValues;
use graph::policy::Question;
use libloading::os::unix::{Library as Handle, RTLD_LOCAL, RTLD_NOW};
use smalto_abi::{self as abi, Status, Str};

use crate::describe::{Description, Finding, Tables, describe};
use crate::fault::{Fault, Told};
use crate::instance::{Instance, Job, Object, Outputs, Watch};
use crate::service::{self, infer, locked, run, said};

/// Takes the lines that a plugin logs, with their level.
pub type Log = Box<dyn Fn(u32, &str) + Send + Sync>;

/// A library that is loaded into this process, and stays until it ends.
pub struct Library {
    tables: Tables,
    description: Description,
    host: &'static abi::Host,
    /// What `init` left.
    state: *mut c_void,
    /// Held while a node runs that does not let others run beside it.
    turn: Mutex<()>,
}

// SAFETY: the state belongs to the plugin, and the header says which functions may get it from which threads.
unsafe impl Send for Library {}
// SAFETY: as above.
unsafe impl Sync for Library {}

/// Loads the library at `path` and reads its tables; calls nothing of it but its entry.
fn load(path: &Path) -> Result<(Tables, Description), Vec<Finding>> {
    let fails = |problem: String, hint: &str| {
        Err(vec![Finding::new(
            path.display().to_string(),
            problem,
            hint,
        )])
    };
    if !path.is_absolute() {
        return fails(
            "the path of the library is not absolute".into(),
            "a name alone would be looked for in the folders of the system",
        );
    }
    // SAFETY: loading runs code of the library; that the user trusts it was found out before, and where it is
    // only looked at this process is a child that may die.
    let handle = match unsafe { Handle::open(Some(path), RTLD_NOW | RTLD_LOCAL) } {
        Ok(handle) => handle,
        Err(error) => {
            return fails(
                format!("the library cannot be loaded: {}", cause(&error)),
                "was it built for this machine, and are the libraries here that it needs?",
            );
        }
    };
    // SAFETY: a symbol of this name has this type, says the header.
    let entry = match unsafe { handle.get::<abi::Entry>(abi::ENTRY_SYMBOL.as_bytes()) } {
        Ok(symbol) => *symbol,
        Err(error) => {
            std::mem::forget(handle);
            return fails(
                format!(
                    "the library exports no `{}`: {}",
                    abi::ENTRY_SYMBOL,
                    cause(&error)
                ),
                "is it a plugin of this program, and is the entry marked SMALTO_EXPORT?",
            );
        }
    };
    // Threads, destructors and tables of a library outlive every use of it that one can see: it is never closed.
    std::mem::forget(handle);
    // SAFETY: the header lets the entry be called from any thread.
    let plugin = unsafe { entry(abi::ABI_MINOR) };
    describe(plugin)
}

/// What the system says, where the error only says which of its functions failed.
fn cause(error: &libloading::Error) -> String {
    let said = std::error::Error::source(error);
    said.map_or_else(|| error.to_string(), ToString::to_string)
}

/// What the library at `path` says of itself; nothing of it is called but its entry.
///
/// It runs code of the library, which may bring this process down: call it in a child.
///
/// Errors: everything that is wrong with its tables.
pub fn look(path: &Path) -> Result<Description, Vec<Finding>> {
    load(path).map(|(_, description)| description)
}

impl Library {
    /// Loads the library at `path` and gets it ready; the lines that it logs go to `log`.
    ///
    /// Errors: its tables are wrong, or it does not get ready.
    pub fn open(path: &Path, log: Log) -> Result<Self, Vec<Finding>> {
        let (tables, description) = load(path)?;
        let host = host(log);
        let mut state = ptr::null_mut();
        if let Some(init) = tables.plugin.init {
            // SAFETY: it is the first function of the plugin that is called, and the host lives as long as the process.
            let status = unsafe { init(host, &raw mut state) };
            if status != Status::OK {
                return Err(vec![Finding::new(
                    path.display().to_string(),
                    format!("`init` answered with the status {}", status.0),
                    "its own log may say why",
                )]);
            }
        }
        Ok(Self {
            tables,
            description,
            host,
            state,
            turn: Mutex::new(()),
        })
    }

    /// What it says of itself.
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// Lets the plugin end in order; nothing of it may be used from then on.
    pub fn end(self) {
        if let Some(deinit) = self.tables.plugin.deinit {
            // SAFETY: it is the last function of the plugin that is called.
            unsafe { deinit(self.state) };
        }
    }

    fn work(&self, node: &abi::Node, job: &Job, watch: &dyn Watch) -> Result<Outputs, Fault> {
        let Some(description) = self.description.node(&job.kind) else {
            return Err(no_such_kind(&job.kind));
        };
        let Some(function) = node.run else {
            return Err(Fault::mistake("the node has no `run`"));
        };
        let outputs = &description.descriptor.outputs;
        let made = service::create::create(node, &job.params, self.host, self.state)?;
        let device = run::device(watch);
        let done = match node.infer {
            Some(infer) => infer::infer(infer, made, outputs, &job.inputs, device),
            None => Ok(infer::Promises::new()),
        };
        let done = done.and_then(|promises| {
            run::run(function, made, self.host, (outputs, &promises), job, watch)
        });
        if let Some(destroy) = node.destroy {
            // SAFETY: `create` made it, nothing of it runs any more, and nobody else has it.
            unsafe { destroy(made) };
        }
        done
    }
}

fn no_such_kind(kind: &str) -> Fault {
    Fault::failed(
        format!("the library brings no node `{kind}`"),
        "it has changed since it was looked at: start the program anew",
    )
}

/// The host as a plugin sees it; it is never freed, as the header has it live as long as the process.
fn host(log: Log) -> &'static abi::Host {
    Box::leak(Box::new(abi::Host {
        struct_size: size_of::<abi::Host>() as u32,
        abi_minor: u32::from(abi::ABI_MINOR),
        context: Box::into_raw(Box::new(log)).cast(),
        program: Str::new("smalto"),
        version: Str::new(env!("CARGO_PKG_VERSION")),
        log: Some(write_log),
        get_extension: Some(no_extension),
    }))
}

unsafe extern "C" fn write_log(context: *mut c_void, level: u32, line: Str) {
    // SAFETY: the plugin hands back the context of the host, which is never freed; the text lives through the call.
    let (log, line) = unsafe { (&*context.cast::<Log>(), said(line)) };
    log(level, &line);
}

unsafe extern "C" fn no_extension(_: *mut c_void, _: Str) -> *const c_void {
    ptr::null()
}

impl Instance for Library {
    fn run(&self, job: &Job, watch: &dyn Watch) -> Result<Outputs, Fault> {
        let Some(node) = self.tables.nodes.get(&job.kind) else {
            return Err(no_such_kind(&job.kind));
        };
        let alone = self
            .description
            .node(&job.kind)
            .is_none_or(|node| !node.reentrant);
        let _turn = alone.then(|| locked(&self.turn));
        self.work(node, job, watch)
    }

    fn choose(&self, policy: &Object, question: &Question<'_>) -> Result<Vec<u32>, Fault> {
        let choose = self.tables.policy.and_then(|table| table.choose);
        let (Object::Here(policy), Some(choose)) = (policy, choose) else {
            return Err(Fault::mistake("the plugin cannot be asked as a policy"));
        };
        let lists = [
            question.confidences.len(),
            question.masked.len(),
            question.random.len(),
        ];
        let positions = u64::from(question.rows) * u64::from(question.columns);
        if lists.iter().any(|length| *length as u64 != positions) {
            return Err(Fault::failed(
                format!("a policy was asked about {positions} positions with lists of {lists:?}"),
                "this is a mistake of the program, please report it",
            ));
        }
        let masked: Vec<u8> = question
            .masked
            .iter()
            .map(|masked| u8::from(*masked))
            .collect();
        let told: Mutex<Option<Told>> = Mutex::new(None);
        let request = abi::PolicyRequest {
            struct_size: size_of::<abi::PolicyRequest>() as u32,
            context: ptr::from_ref(&told).cast_mut().cast(),
            step: question.step,
            steps: question.steps,
            sample: question.sample,
            rows: question.rows,
            columns: question.columns,
            count: question.count,
            confidences: question.confidences.as_ptr(),
            masked: masked.as_ptr(),
            random: question.random.as_ptr(),
            set_error: Some(policy_error),
        };
        let mut positions = vec![u32::MAX; question.count as usize];
        let _turn = locked(&self.turn);
        // SAFETY: the function comes from a table that was checked, everything it is given lives until it returns,
        // each list has an entry for every position, and there is room for `count` positions.
        let status = unsafe { choose(policy.data(), &raw const request, positions.as_mut_ptr()) };
        if status == Status::OK {
            return Ok(positions);
        }
        let told = locked(&told).take();
        Err(Fault::of(status, told, "choose"))
    }

    fn migrate(&self, kind: &str, from: u32, params: ParamValues) -> Result<ParamValues, Fault> {
        match &self.tables.migrate {
            Some(table) => service::migrate::migrate(table, kind, from, params),
            None => Ok(params),
        }
    }

    fn describe(&self, kind: &str, object: &Object) -> Option<String> {
        let Object::Here(object) = object else {
            return None;
        };
        let describe = self.tables.preview?.describe?;
        let mut text = vec![0_u8; 4096];
        let mut length = 0;
        // SAFETY: the function comes from a table that was checked, and there is as much room as it is told.
        let status = unsafe {
            describe(
                Str::new(kind),
                object.data(),
                text.as_mut_ptr().cast(),
                text.len(),
                &raw mut length,
            )
        };
        if status != Status::OK || length > text.len() {
            return None;
        }
        text.truncate(length);
        String::from_utf8(text).ok()
    }
}

unsafe extern "C" fn policy_error(context: *mut c_void, problem: Str, hint: Str) {
    // SAFETY: the plugin hands back the context of the request, while `choose` runs; texts live through the call.
    let (cell, told) = unsafe {
        let cell = &*context.cast::<Mutex<Option<Told>>>();
        (cell, service::told(Str::EMPTY, problem, hint))
    };
    *locked(cell) = Some(told);
}

//! One call of a node, and of the extensions.

use std::collections::BTreeMap;
use std::ffi::c_void;
use std::ptr;
use std::sync::{Mutex, PoisonError};

use crate::abi::{self, Create, Node, PolicyRequest, Status, Str, Value};
use crate::export::{Lending, raw_param};
use crate::param::ParamValues;
use crate::policy::Question;
use crate::value::Sent;

use super::{Refusal, services};

/// What a call hands to the node, and what the node left.
pub struct Call<'a> {
    /// The parameters, by name.
    pub params: BTreeMap<&'a str, Value>,
    /// The inputs, each with its port.
    pub inputs: Vec<(&'a str, Lending<'a>)>,
    /// Whether the run was cancelled.
    pub cancelled: bool,
    /// What the node handed over.
    pub outputs: Vec<(String, Sent)>,
    /// What it said last: where, problem, hint.
    pub said: [String; 3],
}

/// Calls `create`, `run` and `destroy` of `node`.
pub fn through(
    node: &Node,
    params: &ParamValues,
    inputs: &[(&str, Sent)],
    cancelled: bool,
) -> Result<Vec<(String, Sent)>, Refusal> {
    let params = params.iter();
    let call = Mutex::new(Call {
        params: params
            .map(|(name, value)| (name.as_str(), raw_param(value)))
            .collect(),
        inputs: inputs
            .iter()
            .map(|(port, value)| (*port, Lending::of(value)))
            .collect(),
        cancelled,
        outputs: Vec::new(),
        said: Default::default(),
    });
    let context: *mut c_void = ptr::from_ref(&call).cast_mut().cast();
    let host = services::host();
    let mut made = ptr::null_mut();
    let create = Create {
        struct_size: size_of::<Create>() as u32,
        context,
        host: &raw const host,
        plugin: ptr::null_mut(),
        param: Some(services::param),
        set_error: Some(services::set_error),
    };
    let run = services::run(context, &host);
    let status = (node.create).map_or(Status::UNSUPPORTED, |function| {
        // SAFETY: the structure is as the header has it, and `context` outlives the call.
        unsafe { function(&raw const create, &raw mut made) }
    });
    let status = match (status, node.run) {
        // SAFETY: as above, and `made` is what `create` left.
        (Status::OK, Some(function)) => unsafe { function(made, &raw const run) },
        (Status::OK, None) => Status::UNSUPPORTED,
        (failed, _) => failed,
    };
    if let Some(destroy) = node.destroy
        && !made.is_null()
    {
        // SAFETY: `create` left it, and this is the only call.
        unsafe { destroy(made) };
    }
    let call = call.into_inner().unwrap_or_else(PoisonError::into_inner);
    match status {
        Status::OK => Ok(call.outputs),
        failed => Err(refusal(failed, call.said)),
    }
}

fn refusal(status: Status, [place, problem, hint]: [String; 3]) -> Refusal {
    Refusal {
        status,
        place,
        problem,
        hint,
    }
}

/// The text as this side keeps it.
pub fn owned(text: Str) -> String {
    // SAFETY: this host only meets plugins that are made with this kit, whose texts are as the header has them.
    let bytes = unsafe { text.bytes() }.unwrap_or_default();
    String::from_utf8_lossy(bytes).into_owned()
}

/// Asks `policy` through its table.
pub fn choose(
    table: &abi::Policy,
    policy: *mut c_void,
    question: &Question<'_>,
) -> Result<Vec<u32>, Refusal> {
    let masked: Vec<u8> = question.masked.iter().map(|m| u8::from(*m)).collect();
    let mut said: [String; 3] = Default::default();
    let request = PolicyRequest {
        struct_size: size_of::<PolicyRequest>() as u32,
        context: ptr::from_mut(&mut said).cast(),
        step: question.step,
        steps: question.steps,
        sample: question.sample,
        rows: question.rows,
        columns: question.columns,
        count: question.count,
        confidences: question.confidences.as_ptr(),
        masked: masked.as_ptr(),
        random: question.random.as_ptr(),
        set_error: Some(services::set_policy_error),
    };
    let mut positions = vec![0; question.count as usize];
    let status = table.choose.map_or(Status::UNSUPPORTED, |choose| {
        // SAFETY: every list has an entry for each position, and there is room for `count` answers.
        unsafe { choose(policy, &raw const request, positions.as_mut_ptr()) }
    });
    match status {
        Status::OK => Ok(positions),
        failed => Err(refusal(failed, said)),
    }
}

/// What `migrate` works on, and the last values that it was shown.
pub struct Rewriting {
    /// The parameters.
    pub params: ParamValues,
    /// The name that was asked for last.
    pub name: String,
    /// The value that was asked for last.
    pub value: Value,
}

/// Rewrites `saved` through the table of the plugin.
pub fn migrate(
    table: &abi::Migrate,
    kind: &str,
    from: u32,
    saved: ParamValues,
) -> Result<ParamValues, Refusal> {
    let mut rewriting = Rewriting {
        params: saved,
        name: String::new(),
        value: Value::NONE,
    };
    let migration = abi::Migration {
        struct_size: size_of::<abi::Migration>() as u32,
        from_version: from,
        context: ptr::from_mut(&mut rewriting).cast(),
        kind: Str::new(kind),
        name: Some(services::saved_name),
        get: Some(services::saved_value),
        set: Some(services::set_saved),
    };
    let status = table.migrate.map_or(Status::UNSUPPORTED, |migrate| {
        // SAFETY: the structure is as the header has it, and `rewriting` outlives the call.
        unsafe { migrate(&raw const migration) }
    });
    match status {
        Status::OK => Ok(rewriting.params),
        failed => Err(refusal(failed, Default::default())),
    }
}

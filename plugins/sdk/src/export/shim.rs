//! The functions of a node as the host calls them.

use std::ffi::c_void;
use std::sync::Arc;

use crate::abi::{self, Create, Run, SizeError, Status, Str, value_type};
use crate::error::NodeError;
use crate::node::Node;
use crate::param::{ParamValue, ParamValues};
use crate::port::{Inputs, Outputs, Ports};
use crate::value::Sent;

use super::guard::{guarded, quietly};
use super::lend::text;
use super::send::{raw, set_error};
use super::services::{Live, LiveInputs};

/// `create` of the node `N`.
///
/// # Safety
///
/// As the header has it.
pub unsafe extern "C" fn create<N: Node>(create: *const Create, node: *mut *mut c_void) -> Status {
    // SAFETY: the host calls it as the header says.
    let Ok(create) = (unsafe { abi::read(create) }) else {
        return Status::INVALID_INPUT;
    };
    let report = |place: &str, problem: &str, hint: &str| {
        // SAFETY: both stand in the same structure.
        unsafe { set_error(create.set_error, create.context, [place, problem, hint]) };
    };
    guarded(report, || {
        let mut values = ParamValues::new();
        for spec in N::specs() {
            // SAFETY: the structure is that of the host.
            if let Some(value) = unsafe { param(&create, spec.name) }? {
                let _ = values.insert(spec.name.into(), value);
            }
        }
        let made = N::from_values(&values)?;
        made.check()?;
        if node.is_null() {
            return Err(broken("it leaves no room for the node"));
        }
        // SAFETY: the header says that the pointer can be written, and it is not null.
        unsafe { node.write(Box::into_raw(Box::new(made)).cast()) };
        Ok(())
    })
}

fn broken(problem: &str) -> NodeError {
    NodeError::failed(
        format!("the host breaks the header: {problem}"),
        "this is a mistake of the host, please report it",
    )
}

/// The value of a parameter, or `None` where the host has none.
///
/// # Safety
///
/// `create` is a structure of the host.
unsafe fn param(create: &Create, name: &str) -> Result<Option<ParamValue>, NodeError> {
    let Some(param) = create.param else {
        return Err(broken("it offers no `param`"));
    };
    // SAFETY: the function and its context stand in the same structure.
    let raw = unsafe { param(create.context, Str::new(name)) };
    // SAFETY: the header says that the value is valid until `create` returns.
    let value = match unsafe { abi::read(raw) } {
        Ok(value) => value,
        Err(SizeError::Null) => return Ok(None),
        Err(SizeError::Size(size)) => {
            return Err(broken(&format!("a value says that it has {size} bytes")));
        }
    };
    let value = match value.r#type {
        value_type::BOOL => ParamValue::Bool(value.integer != 0),
        value_type::INT => ParamValue::Int(value.integer),
        value_type::FLOAT => ParamValue::Float(value.number),
        // SAFETY: the text is valid as long as the value is.
        value_type::TEXT => match unsafe { text(value.text) } {
            Ok(text) => ParamValue::Text(text.into()),
            Err(found) => return Err(broken(&format!("`{name}` is {found}"))),
        },
        other => return Err(broken(&format!("`{name}` is of the unknown type {other}"))),
    };
    Ok(Some(value))
}

/// `run` of the node `N`.
///
/// # Safety
///
/// As the header has it.
pub unsafe extern "C" fn run<N: Node>(node: *mut c_void, run: *const Run) -> Status {
    // SAFETY: the host calls it as the header says.
    let Ok(run) = (unsafe { abi::read(run) }) else {
        return Status::INVALID_INPUT;
    };
    let report = |place: &str, problem: &str, hint: &str| {
        // SAFETY: both stand in the same structure.
        unsafe { set_error(run.set_error, run.context, [place, problem, hint]) };
    };
    // SAFETY: it is closed before this function returns.
    let live = unsafe { Live::new(run) };
    let status = guarded(report, || {
        // SAFETY: `create` left an `N` there, and `destroy` was not called yet.
        let node = unsafe { node.cast::<N>().as_ref() };
        let node = node.ok_or_else(|| broken("it runs no node"))?;
        let inputs = N::Inputs::take(&Inputs(&LiveInputs(&run)))?;
        let given = node.run(inputs, &mut crate::run::Run(Arc::new(live.clone())))?;
        let mut outputs = Outputs::default();
        given.give(&mut outputs);
        for (port, value) in outputs.0 {
            // SAFETY: the structure is that of the host.
            unsafe { output(&run, port, value) }?;
        }
        Ok(())
    });
    live.close();
    status
}

/// Lays a value at an output.
///
/// # Safety
///
/// `run` is a structure of the host.
unsafe fn output(run: &Run, port: &str, value: Sent) -> Result<(), NodeError> {
    let Some(output) = run.output else {
        return Err(broken("it offers no `output`"));
    };
    let status = raw(value, |value| {
        // SAFETY: the function and its context stand in the same structure; the value lives until the call returns,
        // and what is handed over with it is the host's from then on.
        unsafe { output(run.context, Str::new(port), value) }
    });
    match status {
        Status::OK => Ok(()),
        other => Err(NodeError::from_host(
            other,
            &format!("handing over `{port}`"),
        )),
    }
}

/// `destroy` of the node `N`.
///
/// # Safety
///
/// As the header has it.
pub unsafe extern "C" fn destroy<N: Node>(node: *mut c_void) {
    if !node.is_null() {
        // SAFETY: `create` left a box there, and this is the only call for it.
        quietly(|| unsafe { drop(Box::from_raw(node.cast::<N>())) });
    }
}

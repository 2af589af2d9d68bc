//! What `smalto.migrate/1` may use.

use std::ffi::c_void;
use std::ptr;
use std::sync::Mutex;

use graph::param::{ParamValue, ParamValues};
use smalto_abi::{self as abi, Status, Str, value_type};

use super::lent::Lent;
use super::{locked, said};
use crate::fault::Fault;

struct Context(Mutex<State>);

struct State {
    params: ParamValues,
    /// What `get` answered last.
    lent: Option<Box<Lent>>,
    /// What `name` answered last.
    named: String,
}

/// Lets the plugin rewrite the parameters of a node that version `from` of `kind` saved.
///
/// Errors: it cannot.
pub fn migrate(
    table: &abi::Migrate,
    kind: &str,
    from: u32,
    params: ParamValues,
) -> Result<ParamValues, Fault> {
    let Some(function) = table.migrate else {
        return Ok(params);
    };
    let context = Context(Mutex::new(State {
        params,
        lent: None,
        named: String::new(),
    }));
    let migration = abi::Migration {
        struct_size: size_of::<abi::Migration>() as u32,
        from_version: from,
        context: ptr::from_ref(&context).cast_mut().cast(),
        kind: Str::new(kind),
        name: Some(name),
        get: Some(get),
        set: Some(set),
    };
    // SAFETY: the function comes from a table that was checked, and everything it is given lives until it returns.
    let status = unsafe { function(&raw const migration) };
    if status == Status::OK {
        Ok(std::mem::take(&mut locked(&context.0).params))
    } else {
        Err(Fault::of(status, None, "migrate"))
    }
}

unsafe extern "C" fn name(context: *mut c_void, index: usize) -> Str {
    // SAFETY: the plugin hands back the context that it was given, while `migrate` runs.
    let context = unsafe { &*context.cast::<Context>() };
    let mut state = locked(&context.0);
    let Some(name) = state.params.keys().nth(index).cloned() else {
        return Str::EMPTY;
    };
    state.named = name;
    Str::new(&state.named)
}

unsafe extern "C" fn get(context: *mut c_void, key: Str) -> *const abi::Value {
    // SAFETY: the plugin hands back the context that it was given, while `migrate` runs; texts live through the call.
    let (context, key) = unsafe { (&*context.cast::<Context>(), said(key)) };
    let mut state = locked(&context.0);
    let found = state.params.get(&key);
    let Some(lent) = found.map(|value| Box::new(Lent::param(value))) else {
        return ptr::null();
    };
    &raw const state.lent.insert(lent).value
}

unsafe extern "C" fn set(context: *mut c_void, key: Str, value: *const abi::Value) -> Status {
    // SAFETY: as for `get`.
    let (context, key) = unsafe { (&*context.cast::<Context>(), said(key)) };
    let mut state = locked(&context.0);
    if value.is_null() {
        let _ = state.params.remove(&key);
        return Status::OK;
    }
    // SAFETY: the header has the value live through the call.
    let Ok(value) = (unsafe { abi::read(value) }) else {
        return Status::INVALID_INPUT;
    };
    let value = match value.r#type {
        value_type::BOOL => ParamValue::Bool(value.integer != 0),
        value_type::INT => ParamValue::Int(value.integer),
        value_type::FLOAT if value.number.is_finite() => ParamValue::Float(value.number),
        // SAFETY: as above.
        value_type::TEXT => ParamValue::Text(unsafe { said(value.text) }),
        _ => return Status::INVALID_INPUT,
    };
    let _ = state.params.insert(key, value);
    Status::OK
}

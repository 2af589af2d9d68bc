//! What `create` may use.

use std::collections::BTreeMap;
use std::ffi::c_void;
use std::ptr;
use std::sync::Mutex;

use graph::param::ParamValues;
use smalto_abi::{self as abi, Status, Str};

use super::lent::Lent;
use super::{locked, said, told};
use crate::fault::{Fault, Told};

struct Context {
    params: BTreeMap<String, Lent>,
    told: Mutex<Option<Told>>,
}

/// Makes a node with these parameters.
///
/// Errors: the plugin refuses them.
pub fn create(
    node: &abi::Node,
    params: &ParamValues,
    host: &'static abi::Host,
    plugin: *mut c_void,
) -> Result<*mut c_void, Fault> {
    let Some(function) = node.create else {
        return Err(Fault::mistake("the node has no `create`"));
    };
    let params = params.iter();
    let context = Context {
        params: params
            .map(|(name, value)| (name.clone(), Lent::param(value)))
            .collect(),
        told: Mutex::new(None),
    };
    let services = abi::Create {
        struct_size: size_of::<abi::Create>() as u32,
        context: ptr::from_ref(&context).cast_mut().cast(),
        host,
        plugin,
        param: Some(param),
        set_error: Some(set_error),
    };
    let mut made = ptr::null_mut();
    // SAFETY: the function comes from tables that were checked, and everything it is given lives until it returns.
    let status = unsafe { function(&raw const services, &raw mut made) };
    if status == Status::OK {
        return Ok(made);
    }
    let told = locked(&context.told).take();
    Err(Fault::of(status, told, "create"))
}

unsafe extern "C" fn param(context: *mut c_void, key: Str) -> *const abi::Value {
    // SAFETY: the plugin hands back the context that it was given, while `create` runs; texts live through the call.
    let (context, key) = unsafe { (&*context.cast::<Context>(), said(key)) };
    let found = context.params.get(&key);
    found.map_or(ptr::null(), |lent| &raw const lent.value)
}

unsafe extern "C" fn set_error(context: *mut c_void, place: Str, problem: Str, hint: Str) {
    // SAFETY: as for `param`.
    let (context, told) = unsafe { (&*context.cast::<Context>(), told(place, problem, hint)) };
    *locked(&context.told) = Some(told);
}

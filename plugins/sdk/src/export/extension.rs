//! The extensions that a plugin offers.

use std::ffi::{c_char, c_void};
use std::ptr;
use std::slice;

use crate::abi::{self, Migration, PolicyRequest, Status, Str, Value, value_type};
use crate::error::NodeError;
use crate::param::{ParamValue, ParamValues};
use crate::policy::{Chooser, Question};
use crate::value::Stored;

use super::Migrate;
use super::guard::{guarded, quietly};
use super::lend::text;

/// `smalto.policy/1`.
pub static POLICY: abi::Policy = abi::Policy {
    struct_size: size_of::<abi::Policy>() as u32,
    choose: Some(choose),
};

/// `smalto.preview/1`.
pub static PREVIEW: abi::Preview = abi::Preview {
    struct_size: size_of::<abi::Preview>() as u32,
    describe: Some(describe),
};

unsafe extern "C" fn choose(
    policy: *mut c_void,
    request: *const PolicyRequest,
    positions: *mut u32,
) -> Status {
    // SAFETY: the host calls it as the header says.
    let Ok(request) = (unsafe { abi::read(request) }) else {
        return Status::INVALID_INPUT;
    };
    let report = |_: &str, problem: &str, hint: &str| {
        if let Some(set_error) = request.set_error {
            // SAFETY: both stand in the same structure, and the texts live until the call returns.
            unsafe { set_error(request.context, Str::new(problem), Str::new(hint)) };
        }
    };
    guarded(report, || {
        // SAFETY: the host hands back what this plugin gave it: a `Stored`.
        let stored = unsafe { policy.cast::<Stored>().as_ref() };
        let chooser = stored
            .and_then(Stored::get::<Chooser>)
            .ok_or_else(|| mistaken("asks something that is no policy"))?;
        let length = (request.rows as usize)
            .checked_mul(request.columns as usize)
            .filter(|length| *length < isize::MAX as usize / 4)
            .ok_or_else(|| mistaken("asks for a picture that no memory holds"))?;
        let pointers = [request.confidences, request.random];
        if pointers.contains(&ptr::null()) || request.masked.is_null() || positions.is_null() {
            return Err(mistaken("asks with a list missing"));
        }
        // SAFETY: the header says that each list has an entry for every position, and none of them is null.
        let (confidences, random, masked) = unsafe {
            (
                slice::from_raw_parts(request.confidences, length),
                slice::from_raw_parts(request.random, length),
                slice::from_raw_parts(request.masked, length),
            )
        };
        let masked: Vec<bool> = masked.iter().map(|masked| *masked != 0).collect();
        let chosen = chooser.0.choose(&Question {
            step: request.step,
            steps: request.steps,
            sample: request.sample,
            rows: request.rows,
            columns: request.columns,
            count: request.count,
            confidences,
            masked: &masked,
            random,
        })?;
        if chosen.len() != request.count as usize {
            return Err(NodeError::failed(
                format!(
                    "the policy chose {} positions where {} were asked for",
                    chosen.len(),
                    request.count
                ),
                "this is a mistake of the plugin, please report it",
            ));
        }
        // SAFETY: the header says that there is room for `count` positions.
        unsafe { ptr::copy_nonoverlapping(chosen.as_ptr(), positions, chosen.len()) };
        Ok(())
    })
}

fn mistaken(what: &str) -> NodeError {
    NodeError::failed(
        format!("the host {what}"),
        "this is a mistake of the host, please report it",
    )
}

unsafe extern "C" fn describe(
    _kind: Str,
    object: *mut c_void,
    room: *mut c_char,
    capacity: usize,
    length: *mut usize,
) -> Status {
    let mut status = Status::INVALID_INPUT;
    quietly(|| {
        // SAFETY: the host hands back what this plugin gave it: a `Stored`.
        let Some(stored) = (unsafe { object.cast::<Stored>().as_ref() }) else {
            return;
        };
        if room.is_null() || length.is_null() {
            return;
        }
        let text = stored.description();
        let cut = text.floor_char_boundary(capacity);
        // SAFETY: the header says that there is room for `capacity` bytes, and `cut` is not more.
        unsafe {
            ptr::copy_nonoverlapping(text.as_ptr(), room.cast::<u8>(), cut);
            length.write(cut);
        }
        status = Status::OK;
    });
    status
}

/// `smalto.migrate/1`, given what the nodes of the plugin do.
///
/// # Safety
///
/// `migration` is null or as the header has it.
pub unsafe fn migrate(known: &[(&'static str, Migrate)], migration: *const Migration) -> Status {
    // SAFETY: the caller says so.
    let Ok(migration) = (unsafe { abi::read(migration) }) else {
        return Status::INVALID_INPUT;
    };
    // SAFETY: as above.
    let kind = unsafe { text(migration.kind) };
    let found = known.iter().find(|(id, _)| kind == Ok(*id));
    let (Some((_, rewrite)), Some(name_at), Some(get), Some(set)) =
        (found, migration.name, migration.get, migration.set)
    else {
        return Status::UNSUPPORTED;
    };
    guarded(
        |_, _, _| {},
        || {
            let mut before = ParamValues::new();
            let mut at = 0;
            // SAFETY: the functions and the context stand in the same structure, and each answer is read
            // before the next call.
            unsafe {
                loop {
                    let name = name_at(migration.context, at);
                    let Ok(name) = text(name) else { break };
                    if name.is_empty() {
                        break;
                    }
                    let name = name.to_owned();
                    if let Some(value) = saved(get(migration.context, Str::new(&name))) {
                        let _ = before.insert(name, value);
                    }
                    at += 1;
                }
            }
            let mut after = before.clone();
            rewrite(migration.from_version, &mut after);
            let put = |name: &str, value: *const Value| {
                // SAFETY: as above; the value lives until the call returns.
                match unsafe { set(migration.context, Str::new(name), value) } {
                    Status::OK => Ok(()),
                    other => Err(NodeError::from_host(other, "rewriting parameters")),
                }
            };
            for name in before.keys().filter(|name| !after.contains_key(*name)) {
                put(name, ptr::null())?;
            }
            for (name, value) in after {
                if before.get(&name) != Some(&value) {
                    put(&name, &raw_param(&value))?;
                }
            }
            Ok(())
        },
    )
}

/// The parameter's value that `raw` is, or `None` where it is none.
///
/// # Safety
///
/// `raw` is null or a value as the header has it.
pub unsafe fn saved(raw: *const Value) -> Option<ParamValue> {
    // SAFETY: the caller says so.
    let value = unsafe { abi::read(raw) }.ok()?;
    match value.r#type {
        value_type::BOOL => Some(ParamValue::Bool(value.integer != 0)),
        value_type::INT => Some(ParamValue::Int(value.integer)),
        value_type::FLOAT => Some(ParamValue::Float(value.number)),
        // SAFETY: as above.
        value_type::TEXT => unsafe { text(value.text) }
            .ok()
            .map(|text| ParamValue::Text(text.into())),
        _ => None,
    }
}

/// A parameter's value as it crosses the boundary, as long as `value` lives.
pub fn raw_param(value: &ParamValue) -> Value {
    match value {
        ParamValue::Bool(value) => Value::bool(*value),
        ParamValue::Int(value) => Value::int(*value),
        ParamValue::Float(value) => Value::float(*value),
        ParamValue::Text(value) => Value::text(Str::new(value)),
    }
}

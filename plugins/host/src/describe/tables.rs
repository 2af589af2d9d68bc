//! From the tables of a library to a description, with everything that is wrong with them.

use std::collections::BTreeMap;
use std::ffi::c_void;

use smalto_abi::{self as abi, Growing, SizeError, Str};

use super::{Description, Extensions, Finding, NodeDescription, node};
use crate::manifest::{is_id, is_kind};

/// More than these are not told: whoever mends them is told of the others then.
const MOST_FINDINGS: usize = 100;

/// No text of a table is longer, in bytes.
const LONGEST_TEXT: usize = 1 << 20;

/// The tables of a library that were checked: what its functions are called through.
pub struct Tables {
    /// The plugin.
    pub plugin: abi::Plugin,
    /// Its nodes, by kind.
    pub nodes: BTreeMap<String, abi::Node>,
    /// The table of `smalto.policy/1`.
    pub policy: Option<abi::Policy>,
    /// The table of `smalto.migrate/1`.
    pub migrate: Option<abi::Migrate>,
    /// The table of `smalto.preview/1`.
    pub preview: Option<abi::Preview>,
}

/// Reads tables and gathers what is wrong with them.
pub struct Reader {
    pub findings: Vec<Finding>,
}

impl Reader {
    pub fn report(&mut self, place: &str, problem: impl Into<String>, hint: impl Into<String>) {
        if self.findings.len() < MOST_FINDINGS {
            self.findings.push(Finding::new(place, problem, hint));
        }
    }

    /// A copy of the structure at `pointer`, as far as its maker knew it.
    pub fn structure<T: Growing>(&mut self, pointer: *const T, place: &str) -> Option<T> {
        if !pointer.is_aligned() {
            let problem = format!("its {} lies at no address for one", T::NAME);
            self.report(
                place,
                problem,
                "hand out the address of the structure itself",
            );
            return None;
        }
        // SAFETY: the header has every table live until the process ends, and the pointer is aligned;
        // where the plugin breaks its word, the process that looks at it dies, which is why that is a child.
        match unsafe { abi::read(pointer) } {
            Ok(copy) => Some(copy),
            Err(SizeError::Null) => {
                let problem = format!("its {} is null", T::NAME);
                self.report(place, problem, "let the pointer point at one");
                None
            }
            Err(SizeError::Size(size)) => {
                let problem = format!(
                    "its {} has the struct_size {size}; expected from {} to {}",
                    T::NAME,
                    T::LEAST,
                    abi::STRUCT_SIZE_MAX
                );
                self.report(
                    place,
                    problem,
                    format!("set struct_size to sizeof({})", T::NAME),
                );
                None
            }
        }
    }

    /// The structures that an array of `count` pointers leads to.
    pub fn array<T: Growing>(
        &mut self,
        pointers: *const *const T,
        count: u32,
        place: &str,
    ) -> Vec<Option<T>> {
        if count == 0 {
            return Vec::new();
        }
        if count > abi::COUNT_MAX {
            let problem = format!("there are {count} of its {}", T::NAME);
            let hint = format!("at most {} are allowed", abi::COUNT_MAX);
            self.report(place, problem, hint);
            return Vec::new();
        }
        if pointers.is_null() || !pointers.is_aligned() {
            let problem = format!(
                "there should be {count} of its {}, but the array is null",
                T::NAME
            );
            self.report(
                place,
                problem,
                "let it point at as many pointers, or set the count to 0",
            );
            return Vec::new();
        }
        let mut found = Vec::new();
        for index in 0..count as usize {
            // SAFETY: the header has the array hold `count` pointers until the process ends.
            let pointer = unsafe { pointers.add(index).read() };
            found.push(self.structure(pointer, &format!("{place}, number {index}")));
        }
        found
    }

    /// A text of a table; nothing where it is wrong.
    pub fn text(&mut self, text: Str, place: &str, field: &str) -> String {
        if text.length > LONGEST_TEXT {
            let problem = format!("`{field}` is {} bytes long", text.length);
            self.report(
                place,
                problem,
                format!("at most {LONGEST_TEXT} are allowed"),
            );
            return String::new();
        }
        // SAFETY: the header has the bytes of a text live until the process ends.
        let Some(bytes) = (unsafe { text.bytes() }) else {
            let problem = format!(
                "`{field}` is null although it should be {} bytes long",
                text.length
            );
            self.report(
                place,
                problem,
                "let data point at the text, or set length to 0",
            );
            return String::new();
        };
        match std::str::from_utf8(bytes) {
            Ok(text) => text.into(),
            Err(error) => {
                let problem = format!("`{field}` is no UTF-8 from byte {} on", error.valid_up_to());
                self.report(place, problem, "save the source as UTF-8");
                String::new()
            }
        }
    }

    /// A text that must say something.
    pub fn words(&mut self, text: Str, place: &str, field: &str) -> String {
        let before = self.findings.len();
        let text = self.text(text, place, field);
        if text.trim().is_empty() && self.findings.len() == before {
            self.report(
                place,
                format!("`{field}` is empty"),
                "users read it: write a sentence",
            );
        }
        text
    }
}

/// The checked tables behind what the entry of a library answered, and what they say.
///
/// Errors: everything that is wrong with them.
pub fn describe(entry: *const abi::Plugin) -> Result<(Tables, Description), Vec<Finding>> {
    let mut reader = Reader {
        findings: Vec::new(),
    };
    if entry.is_null() {
        let hint = "the plugin needs a later version of the program; take an earlier version of the plugin";
        reader.report(
            "the library",
            format!(
                "it cannot serve a host of ABI {}.{}",
                abi::ABI_MAJOR,
                abi::ABI_MINOR
            ),
            hint,
        );
        return Err(reader.findings);
    }
    let read = plugin(&mut reader, entry);
    match read {
        Some(read) if reader.findings.is_empty() => Ok(read),
        Some(_) | None => Err(reader.findings),
    }
}

fn plugin(reader: &mut Reader, entry: *const abi::Plugin) -> Option<(Tables, Description)> {
    let place = "the library";
    let raw = reader.structure(entry, place)?;
    if raw.abi_major != abi::ABI_MAJOR {
        // Nothing behind the version can be believed.
        reader.report(
            place,
            format!(
                "abi_major is {}, but this program knows {}",
                raw.abi_major,
                abi::ABI_MAJOR
            ),
            "take a version of the plugin that was built for this program",
        );
        return None;
    }
    let id = reader.text(raw.id, place, "id");
    if !is_id(&id) {
        reader.report(
            place,
            format!("`id` is `{id}`"),
            "expected names in reverse domain order, like `org.acme.blur`",
        );
    }
    let version = reader.text(raw.version, place, "version");
    if let Err(error) = version.parse::<graph::plugin::Version>() {
        reader.report(
            place,
            format!("`version` is wrong: {error}"),
            "set it to MAJOR.MINOR.PATCH",
        );
    }
    let name = reader.words(raw.name, place, "name");
    let licence = reader.text(raw.licence, place, "licence");
    let extension = |id: &str| match raw.get_extension {
        // SAFETY: the header lets it be called from any thread at any time; the text lives through the call.
        Some(get) => unsafe { get(Str::new(id)) },
        None => std::ptr::null(),
    };
    let policy = table(
        reader,
        extension(abi::POLICY),
        abi::POLICY,
        |t: &abi::Policy| t.choose.is_some(),
    );
    let migrate = table(
        reader,
        extension(abi::MIGRATE),
        abi::MIGRATE,
        |t: &abi::Migrate| t.migrate.is_some(),
    );
    let preview = table(
        reader,
        extension(abi::PREVIEW),
        abi::PREVIEW,
        |t: &abi::Preview| t.describe.is_some(),
    );
    let extensions = Extensions {
        policy: policy.is_some(),
        migrate: migrate.is_some(),
        preview: preview.is_some(),
    };
    let (nodes, descriptions) = nodes(reader, &raw, &id, extensions);
    let description = Description {
        id,
        name,
        version,
        licence,
        abi: (raw.abi_major, raw.abi_minor),
        nodes: descriptions,
        extensions,
    };
    let tables = Tables {
        plugin: raw,
        nodes,
        policy,
        migrate,
        preview,
    };
    Some((tables, description))
}

/// The table of an extension, where the plugin offers it.
fn table<T: Growing>(
    reader: &mut Reader,
    pointer: *const c_void,
    id: &str,
    is_whole: impl Fn(&T) -> bool,
) -> Option<T> {
    if pointer.is_null() {
        return None;
    }
    let place = format!("the extension `{id}`");
    let table = reader.structure(pointer.cast::<T>(), &place)?;
    if !is_whole(&table) {
        reader.report(
            &place,
            "its function is null",
            "set it, or do not offer the extension",
        );
        return None;
    }
    Some(table)
}

fn nodes(
    reader: &mut Reader,
    raw: &abi::Plugin,
    id: &str,
    extensions: Extensions,
) -> (BTreeMap<String, abi::Node>, Vec<NodeDescription>) {
    let mut nodes = BTreeMap::new();
    let mut descriptions = Vec::new();
    let found = reader.array(raw.nodes, raw.node_count, "the library");
    for (index, raw) in found.into_iter().enumerate() {
        let Some(raw) = raw else { continue };
        let kind = reader.text(raw.kind, &format!("node number {index}"), "kind");
        if !is_kind(&kind) {
            reader.report(
                &format!("node number {index}"),
                format!("`kind` is `{kind}`"),
                "expected two or more names of lower-case letters, digits and `_` with dots between them, like `acme.blur`",
            );
            continue;
        }
        let description = node::node(reader, &raw, &kind, id, extensions);
        descriptions.push(description);
        if nodes.insert(kind.clone(), raw).is_some() {
            reader.report(
                &format!("node `{kind}`"),
                "the plugin brings this kind twice",
                "give one of them another name",
            );
        }
    }
    (nodes, descriptions)
}

//! The header, read as far as its own form goes: what is documented, in order.

use std::path::PathBuf;

/// What stands in the header.
#[derive(Debug)]
pub enum Item {
    /// Lines that begin with `//!`.
    Prose(Vec<String>),
    /// A structure.
    Structure {
        name: String,
        doc: Vec<String>,
        fields: Vec<Field>,
    },
    /// Numbers with names.
    Numbers {
        doc: Vec<String>,
        numbers: Vec<Field>,
    },
    /// A type, a macro or a function.
    Declaration {
        name: String,
        doc: Vec<String>,
        code: String,
    },
}

/// A field of a structure, or a number with a name.
#[derive(Debug)]
pub struct Field {
    /// The name.
    pub name: String,
    /// The whole declaration, without what ends it.
    pub code: String,
    /// The lines that begin with `///`.
    pub doc: Vec<String>,
}

/// Where the header lies.
pub fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("include")
}

/// All that stands in the header.
pub fn items() -> Vec<Item> {
    let text = std::fs::read_to_string(folder().join("smalto_plugin.h"))
        .expect("the header belongs to the package");
    let mut reader = Reader {
        lines: text.lines().collect(),
        next: 0,
        doc: Vec::new(),
    };
    let mut items = Vec::new();
    while let Some(line) = reader.line() {
        items.extend(reader.item(line));
    }
    assert!(items.len() > 40, "only {} items were read", items.len());
    items
}

struct Reader<'a> {
    lines: Vec<&'a str>,
    next: usize,
    doc: Vec<String>,
}

impl<'a> Reader<'a> {
    fn line(&mut self) -> Option<&'a str> {
        let line = self.lines.get(self.next)?;
        self.next += 1;
        Some(line)
    }

    fn item(&mut self, line: &'a str) -> Option<Item> {
        if let Some(prose) = line.strip_prefix("//!") {
            return Some(self.prose(prose));
        }
        if let Some(doc) = line.strip_prefix("///") {
            self.doc.push(doc.trim().to_owned());
            return None;
        }
        let opened = line.strip_prefix("typedef struct ");
        if let Some(name) = opened.and_then(|rest| rest.strip_suffix(" {")) {
            return Some(Item::Structure {
                name: name.to_owned(),
                doc: self.taken(line),
                fields: self.fields(';'),
            });
        }
        if line == "enum {" {
            // The numbers of a type follow it and need no words of their own.
            return Some(Item::Numbers {
                doc: std::mem::take(&mut self.doc),
                numbers: self.fields(','),
            });
        }
        if self.doc.is_empty() || line.starts_with("#if") {
            return None;
        }
        Some(self.declaration(line))
    }

    fn prose(&mut self, first: &str) -> Item {
        let mut lines = vec![first.trim().to_owned()];
        while let Some(more) = self
            .lines
            .get(self.next)
            .and_then(|l| l.strip_prefix("//!"))
        {
            lines.push(more.trim().to_owned());
            self.next += 1;
        }
        Item::Prose(lines)
    }

    fn declaration(&mut self, first: &str) -> Item {
        let mut code = first.to_owned();
        while !code.ends_with([';', '{']) && !code.starts_with("#define")
            || code.ends_with(['\\', ','])
        {
            let more = self.line().expect("a declaration ends");
            code = format!("{} {}", code.trim_end_matches('\\').trim(), more.trim());
        }
        let code = code.trim_end_matches([';', '{']).trim().to_owned();
        let words = code.trim_start_matches("#define ");
        let name = if code.starts_with("#define") {
            words.split([' ', '(']).next()
        } else {
            words
                .split('(')
                .next()
                .and_then(|head| head.split([' ', '*']).next_back())
        };
        Item::Declaration {
            name: name.unwrap_or_default().to_owned(),
            doc: self.taken(first),
            code,
        }
    }

    /// The fields up to the closing brace.
    fn fields(&mut self, end: char) -> Vec<Field> {
        let mut fields = Vec::new();
        let mut code = String::new();
        loop {
            let line = self.line().expect("every brace is closed").trim();
            if line.starts_with('}') {
                break;
            }
            if let Some(doc) = line.strip_prefix("///") {
                self.doc.push(doc.trim().to_owned());
                continue;
            }
            code = format!("{code} {line}").trim().to_owned();
            let last = self.lines[self.next].trim().starts_with('}');
            if code.ends_with(end) || last {
                let whole = code.trim_end_matches(end).to_owned();
                fields.push(Field {
                    name: field_name(&whole),
                    code: whole,
                    doc: self.taken(line),
                });
                code.clear();
            }
        }
        fields
    }

    fn taken(&mut self, of: &str) -> Vec<String> {
        assert!(!self.doc.is_empty(), "`{of}` is not documented");
        std::mem::take(&mut self.doc)
    }
}

/// `int32_t (*cancelled)(void *context)` → `cancelled`, `SMALTO_OK = 0` → `SMALTO_OK`.
fn field_name(code: &str) -> String {
    let name = match code.split_once("(*") {
        Some((_, rest)) => rest.split(')').next(),
        None => code
            .split(" = ")
            .next()
            .and_then(|head| head.split([' ', '*']).next_back()),
    };
    name.unwrap_or_default().to_owned()
}

/// Every function, of a table or by itself, says who may call it, and every pointer that comes back from one
/// how long it is valid.
#[test]
fn every_function_carries_its_tags() {
    let mut functions = 0;
    for item in items() {
        let found: Vec<(String, String)> = match item {
            Item::Structure { fields, .. } => fields
                .into_iter()
                .filter(|field| field.code.contains("(*"))
                .map(|field| (field.code, field.doc.join(" ")))
                .collect(),
            Item::Declaration { code, doc, .. } if code.starts_with("SMALTO_EXPORT") => {
                vec![(code, doc.join(" "))]
            }
            Item::Declaration { .. } | Item::Prose(_) | Item::Numbers { .. } => Vec::new(),
        };
        for (code, doc) in found {
            functions += 1;
            assert!(
                doc.contains("`[any thread]`") || doc.contains("`[one thread at a time]`"),
                "{code} does not say who may call it"
            );
            assert!(doc.contains("`[must not unwind]`"), "{code} may unwind");
            let returned = code.split('(').next().unwrap_or_default();
            if returned.contains('*') {
                assert!(
                    doc.contains("`[owner: ") && doc.contains("`[valid until "),
                    "{code} does not say how long its answer lives"
                );
            }
        }
    }
    assert!(functions > 30, "only {functions} functions were found");
}

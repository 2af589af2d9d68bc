//! `docs/plugin-abi.md`: the header as a page.

use std::fmt::Write;
use std::path::Path;

use crate::header::{Field, Item, items};

const PAGE: &str = "docs/plugin-abi.md";

#[test]
fn the_page_of_the_header_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(PAGE);
    let page = page();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &page).expect("the page can be written");
    }
    assert!(
        std::fs::read_to_string(&path).unwrap_or_default() == page,
        "{PAGE} is out of date: run `UPDATE=1 cargo test -p smalto-abi page_of_the_header`"
    );
}

fn page() -> String {
    let mut page = String::from(
        "# The plugin ABI\n\n\
         Written from `plugins/abi/include/smalto_plugin.h` by `UPDATE=1 cargo test -p smalto-abi page_of_the_header`; do not edit.\n",
    );
    for item in items() {
        page.push('\n');
        match item {
            Item::Prose(lines) => {
                for line in lines {
                    page.push_str(&line);
                    page.push('\n');
                }
            }
            Item::Structure { name, doc, fields } => {
                headed(&mut page, &name, &doc);
                listed(&mut page, &fields);
            }
            Item::Numbers { doc, numbers } => {
                if !doc.is_empty() {
                    page.push_str(&doc.join("\n"));
                    page.push_str("\n\n");
                }
                listed(&mut page, &numbers);
            }
            Item::Declaration { name, doc, code } => {
                headed(&mut page, &name, &doc);
                let _ = write!(page, "```c\n{code}\n```\n");
            }
        }
    }
    page
}

fn headed(page: &mut String, name: &str, doc: &[String]) {
    let _ = write!(page, "### `{name}`\n\n{}\n\n", doc.join("\n"));
}

/// The fields as a list, the tags of functions on a line of their own.
fn listed(page: &mut String, fields: &[Field]) {
    for field in fields {
        let code = field.code.replacen("(*", "", 1).replacen(')', "", 1);
        let code = if field.code.contains("(*") {
            &code
        } else {
            &field.code
        };
        let _ = writeln!(page, "- `{code}`:");
        for line in &field.doc {
            let indent = if line.is_empty() { "" } else { "  " };
            let _ = writeln!(page, "{indent}{line}");
        }
    }
}

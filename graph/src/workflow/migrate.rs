//! Rewriting files of older formats to the present one.

use super::syntax::Tree;

/// Rewrites a file of one format to the next; what stood where stays known.
pub type Migration = fn(&mut Tree);

/// The migrations, that from format 1 first.
///
/// Whoever adds one adds a file of the old format to the tests.
pub const MIGRATIONS: &[Migration] = &[];

/// The format that is written.
pub const FORMAT: i64 = 1 + MIGRATIONS.len() as i64;

/// Rewrites `tree`, a file of format `from`, to the format behind the last of `migrations`.
pub fn migrate(tree: &mut Tree, from: i64, migrations: &[Migration]) {
    let done = usize::try_from(from - 1).unwrap_or(usize::MAX);
    for migration in migrations.iter().skip(done) {
        migration(tree);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::migrate;
    use crate::problem::Source;
    use crate::workflow::syntax::{Form, Tree, parse};

    fn rename(tree: &mut Tree, from: &str, to: &str) {
        let Form::Record(fields) = &mut tree.form else {
            return;
        };
        for (key, _) in fields.iter_mut().filter(|(key, _)| key.name == from) {
            key.name = to.into();
        }
    }

    fn names(from: i64) -> Vec<String> {
        let source = Arc::new(Source::new("old.ron", "(links: [])"));
        let mut problems = Vec::new();
        let mut tree = parse(&source, &mut problems);
        migrate(
            &mut tree,
            from,
            &[
                |tree| rename(tree, "links", "cables"),
                |tree| rename(tree, "cables", "wires"),
            ],
        );
        match tree.form {
            Form::Record(fields) => fields.into_iter().map(|(key, _)| key.name).collect(),
            _ => Vec::new(),
        }
    }

    #[test]
    fn a_file_passes_every_migration_behind_its_format() {
        assert_eq!(names(1), ["wires"], "both, in order");
        assert_eq!(names(2), ["links"], "the second alone, which finds nothing");
        assert_eq!(names(3), ["links"], "none");
    }
}

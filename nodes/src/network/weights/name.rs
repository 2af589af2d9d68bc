//! What the parameters of a network are called.

/// The name of the parameter that a visitor of a network is at: the fields above it.
#[derive(Clone, Debug, Default)]
pub struct Name {
    fields: Vec<String>,
}

impl Name {
    /// Steps into `field` of `container`, as burn calls both.
    pub fn enter(&mut self, field: &str, container: &str) {
        if is_named(field, container) {
            self.fields.push(field.into());
        }
    }

    /// Steps out of it.
    pub fn leave(&mut self, field: &str, container: &str) {
        if is_named(field, container) {
            let _ = self.fields.pop();
        }
    }

    /// The name, as files have it.
    pub fn whole(&self) -> String {
        self.fields.join(".")
    }
}

/// Whether a step shows in names: files call a matrix the same however it is kept.
fn is_named(field: &str, container: &str) -> bool {
    container != "Enum:Weight" && (field, container) != ("codes", "Struct:Int8")
}

//! What a result is computed from, as a key: equal keys, equal results.

use std::collections::BTreeMap;

use super::fingerprint::Content;
use crate::param::{ParamValue, ParamValues};

/// The name of a result by what it is computed from; names of nodes are no part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key([u8; 32]);

/// What comes in at each port: the key of the result it is of, and the name of the output.
pub type InputKeys = Vec<(String, Vec<(Key, String)>)>;

/// Everything that a result is computed from.
#[derive(Clone, Debug, PartialEq)]
pub struct Parts {
    /// The kind of node, its version, and where its code comes from.
    pub code: (String, u32, String),
    /// The sort of device.
    pub device_class: String,
    /// All parameters.
    pub params: ParamValues,
    /// What comes in.
    pub inputs: InputKeys,
    /// What is in the files that it reads, by parameter.
    pub files: BTreeMap<String, Content>,
    /// Set where no two runs are alike.
    pub salt: Option<u64>,
}

impl Key {
    #[cfg(test)]
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self(*blake3::hash(bytes).as_bytes())
    }
}

impl Parts {
    pub fn key(&self) -> Key {
        let mut hash = Hash(blake3::Hasher::new());
        let (kind, version, origin) = &self.code;
        hash.text(kind);
        hash.number(u64::from(*version));
        hash.text(origin);
        hash.text(&self.device_class);
        hash.number(self.params.len() as u64);
        for (name, value) in &self.params {
            hash.text(name);
            hash.param(value);
        }
        hash.number(self.inputs.len() as u64);
        for (port, origins) in &self.inputs {
            hash.text(port);
            hash.number(origins.len() as u64);
            for (key, output) in origins {
                hash.bytes(&key.0);
                hash.text(output);
            }
        }
        hash.number(self.files.len() as u64);
        for (param, content) in &self.files {
            hash.text(param);
            hash.bytes(&content.digest());
        }
        hash.number(self.salt.map_or(0, |salt| salt + 1));
        Key(*hash.0.finalize().as_bytes())
    }

    /// What is not as it was in `before`, each as half a sentence.
    pub fn changes(&self, before: &Self) -> Vec<String> {
        let mut changes = Vec::new();
        if self.code != before.code {
            changes.push("the kind of node changed".into());
        }
        if self.device_class != before.device_class {
            changes.push("the device changed".into());
        }
        for (name, value) in &self.params {
            if before.params.get(name) != Some(value) {
                changes.push(format!("parameter `{name}` changed"));
            }
        }
        for (port, origins) in &self.inputs {
            let were = before.inputs.iter().find(|(name, _)| name == port);
            if were.map(|(_, origins)| origins) != Some(origins) {
                changes.push(format!("input `{port}` changed"));
            }
        }
        for (param, content) in &self.files {
            let was = before.files.get(param);
            // Another path is a change of the parameter, which is told already.
            if was != Some(content) && self.params.get(param) == before.params.get(param) {
                changes.push(format!("the files of `{param}` changed"));
            }
        }
        changes
    }
}

/// A hash of fields none of which can run into the next.
struct Hash(blake3::Hasher);

impl Hash {
    fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        let _ = self.0.update(bytes);
    }

    fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    fn number(&mut self, number: u64) {
        let _ = self.0.update(&number.to_le_bytes());
    }

    fn param(&mut self, value: &ParamValue) {
        match value {
            ParamValue::Bool(value) => self.bytes(&[0, u8::from(*value)]),
            ParamValue::Int(number) => {
                self.bytes(&[1]);
                self.bytes(&number.to_le_bytes());
            }
            ParamValue::Float(number) => {
                self.bytes(&[2]);
                self.bytes(&number.to_bits().to_le_bytes());
            }
            ParamValue::Text(text) => {
                self.bytes(&[3]);
                self.text(text);
            }
        }
    }
}

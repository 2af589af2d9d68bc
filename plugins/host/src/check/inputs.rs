//! Made-up values to run nodes on.

use std::collections::BTreeMap;

use graph::exchange::{Array, Element};
use graph::param::{ParamKind, ParamSpec, ParamValue, Seed};
use graph::port::{Arity, PortSpec};
use graph::random::Random;

use crate::describe::NodeDescription;
use crate::instance::{Datum, Job, Outputs};

/// The codes of made-up tokens.
const CODEBOOK: u64 = 32;

/// Made-up values, and objects that nodes of the plugin made.
pub struct Samples {
    random: graph::random::Stream,
    /// What came out of nodes, by kind.
    objects: BTreeMap<String, Datum>,
}

impl Samples {
    pub fn new() -> Self {
        Self {
            random: Random::new(Seed(7)).stream(0),
            objects: BTreeMap::new(),
        }
    }

    /// A run of `node` with its defaults on made-up values.
    ///
    /// Errors: what is lacking.
    pub fn job(&self, node: &NodeDescription) -> Result<Job, String> {
        let descriptor = &node.descriptor;
        let mut params = BTreeMap::new();
        for spec in &descriptor.params {
            let _ = params.insert(spec.name.clone(), param(spec)?);
        }
        let mut inputs = BTreeMap::new();
        for port in &descriptor.inputs {
            let count = match port.arity {
                Arity::One | Arity::Optional => 1,
                Arity::Many => 2,
            };
            let values: Result<Vec<Datum>, String> = (0..count).map(|_| self.value(port)).collect();
            let _ = inputs.insert(port.name.clone(), values?);
        }
        Ok(Job {
            kind: descriptor.id.clone(),
            params,
            inputs,
            base: std::env::temp_dir(),
        })
    }

    /// Keeps the objects that came out of `node` for nodes that take such ones.
    pub fn keep(&mut self, node: &NodeDescription, mut outputs: Outputs) {
        for port in &node.descriptor.outputs {
            if let Some(datum @ Datum::Object(_)) = outputs.remove(&port.name) {
                let _ = self.objects.insert(port.kind.name().into(), datum);
            }
        }
    }

    fn value(&self, port: &PortSpec) -> Result<Datum, String> {
        let kind = port.kind.name();
        Ok(match kind {
            "text" => Datum::Text("a small red boat, drawn with a thick pen – ü".into()),
            "number" => Datum::Number(0.5),
            "image" => Datum::Array(self.image()?),
            "mask" => Datum::Array(self.mask()?),
            "tokens" => Datum::Array(self.tokens()?),
            _ => {
                let found = self.objects.get(kind).cloned();
                found.ok_or_else(|| format!("no node of the plugin makes a `{kind}` for it"))?
            }
        })
    }

    fn image(&self) -> Result<Array, String> {
        let shape = vec![2, 5, 7, 3];
        let numbers = self.random.uniforms(0, 0, shape.iter().product());
        let bytes: Vec<u8> = numbers.into_iter().flat_map(f32::to_ne_bytes).collect();
        Array::new(Element::F32, shape, bytes).map_err(|error| error.to_string())
    }

    fn mask(&self) -> Result<Array, String> {
        let shape = vec![1, 5, 7];
        let numbers = self.random.uniforms(1, 0, shape.iter().product());
        let bytes: Vec<u8> = numbers
            .into_iter()
            .map(|number| u8::from(number < 0.5))
            .collect();
        Array::new(Element::U8, shape, bytes).map_err(|error| error.to_string())
    }

    fn tokens(&self) -> Result<Array, String> {
        let shape = vec![2, 4, 6];
        let numbers = self.random.uniforms(2, 0, shape.iter().product());
        // One in 33 is masked.
        let codes = numbers
            .into_iter()
            .map(|number| (number * (CODEBOOK + 1) as f32) as i32 - 1);
        let bytes: Vec<u8> = codes.flat_map(i32::to_ne_bytes).collect();
        let array = Array::new(Element::I32, shape, bytes).map_err(|error| error.to_string())?;
        Ok(array.with("codebook", CODEBOOK))
    }
}

fn param(spec: &ParamSpec) -> Result<ParamValue, String> {
    if let Some(default) = &spec.default {
        return Ok(default.clone());
    }
    Ok(match &spec.kind {
        ParamKind::Bool => ParamValue::Bool(true),
        ParamKind::Int { min, .. } => ParamValue::Int(*min),
        ParamKind::Float { min, .. } => ParamValue::Float(*min),
        ParamKind::Text { .. } => ParamValue::Text("a text".into()),
        ParamKind::Choice { options } => {
            let first = options.first().map(|option| option.name.clone());
            ParamValue::Text(first.unwrap_or_default())
        }
        ParamKind::Path { .. } => {
            return Err(format!("its parameter `{}` needs a file", spec.name));
        }
        ParamKind::Seed => ParamValue::Int(7),
    })
}

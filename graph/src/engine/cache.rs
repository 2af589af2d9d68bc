//! Results of earlier runs, within a budget of memory.

use std::collections::BTreeMap;

use super::key::Key;
use crate::port::Values;
use crate::value::Footprint;

/// Results by their key; when memory runs short, what was not used for longest goes first.
///
/// Memory that several results share is counted for each of them.
pub struct Cache {
    budget: Footprint,
    held: Footprint,
    results: BTreeMap<Key, Held>,
    /// From the longest unused to the last used.
    by_use: BTreeMap<u64, Key>,
    uses: u64,
}

struct Held {
    values: Values,
    footprint: Footprint,
    used: u64,
}

impl Cache {
    pub fn new(budget: Footprint) -> Self {
        Self {
            budget,
            held: Footprint::default(),
            results: BTreeMap::new(),
            by_use: BTreeMap::new(),
            uses: 0,
        }
    }

    /// The result of `key`, which counts as a use of it.
    pub fn get(&mut self, key: &Key) -> Option<Values> {
        let held = self.results.get_mut(key)?;
        let _ = self.by_use.remove(&held.used);
        self.uses += 1;
        held.used = self.uses;
        let _ = self.by_use.insert(self.uses, *key);
        Some(held.values.clone())
    }

    /// Keeps a result, if it fits into the budget at all.
    pub fn put(&mut self, key: Key, values: Values) {
        let footprint = footprint(&values);
        if footprint.host > self.budget.host || footprint.device > self.budget.device {
            return;
        }
        self.remove(&key);
        self.uses += 1;
        self.held.host += footprint.host;
        self.held.device += footprint.device;
        let held = Held {
            values,
            footprint,
            used: self.uses,
        };
        let _ = self.by_use.insert(self.uses, key);
        let _ = self.results.insert(key, held);
        while let Some(key) = self.next_to_go() {
            self.remove(&key);
        }
    }

    /// The longest unused result that holds memory of the sort that is short.
    fn next_to_go(&self) -> Option<Key> {
        let host = self.held.host > self.budget.host;
        let device = self.held.device > self.budget.device;
        let helps = |key: &&Key| {
            self.results.get(key).is_some_and(|held| {
                host && held.footprint.host > 0 || device && held.footprint.device > 0
            })
        };
        self.by_use.values().find(helps).copied()
    }

    fn remove(&mut self, key: &Key) {
        if let Some(held) = self.results.remove(key) {
            let _ = self.by_use.remove(&held.used);
            self.held.host -= held.footprint.host;
            self.held.device -= held.footprint.device;
        }
    }

    pub fn clear(&mut self) {
        *self = Self::new(self.budget);
    }

    pub fn footprint(&self) -> Footprint {
        self.held
    }

    /// Forgets every result but those that are this text.
    #[cfg(test)]
    pub fn forget_all_but(&mut self, text: &str) {
        let others = self.results.iter().filter(|(_, held)| {
            let text_held = held.values.one::<String>("text");
            text_held.as_deref() != Ok(text)
        });
        let others: Vec<Key> = others.map(|(key, _)| *key).collect();
        for key in others {
            self.remove(&key);
        }
    }
}

/// How much memory `values` hold together.
pub fn footprint(values: &Values) -> Footprint {
    let mut sum = Footprint::default();
    for (_, values) in values.iter() {
        for value in values {
            sum.host += value.footprint().host;
            sum.device += value.footprint().device;
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::Cache;
    use crate::engine::key::Key;
    use crate::port::Values;
    use crate::preview::Preview;
    use crate::value::{Footprint, Value, WireValue};

    /// A value that says it holds so much.
    #[derive(Clone)]
    struct Weight(Footprint);

    impl WireValue for Weight {
        const KIND: &'static str = "weight";

        fn preview(&self) -> Preview {
            Preview::Text(String::new())
        }

        fn footprint(&self) -> Footprint {
            self.0
        }
    }

    fn key(name: char) -> Key {
        Key::of_bytes(&[name as u8])
    }

    /// Puts and uses results as `script` says, and tells which are left.
    ///
    /// `a3` puts a result of 3 bytes, `A4` one of 4 bytes on the device, `a` uses one.
    fn check(script: &str, expected: &str) {
        let mut cache = Cache::new(Footprint {
            host: 10,
            device: 5,
        });
        for word in script.split(' ') {
            let (name, size) = word.split_at(1);
            let name = name.chars().next().unwrap_or_default();
            let Ok(size) = size.parse() else {
                let _ = cache.get(&key(name));
                continue;
            };
            let footprint = if name.is_lowercase() {
                Footprint {
                    host: size,
                    device: 0,
                }
            } else {
                Footprint {
                    host: 0,
                    device: size,
                }
            };
            let mut values = Values::default();
            values.push("out", Value::new(Weight(footprint)));
            cache.put(key(name), values);
        }
        let left: String = ('A'..='z')
            .filter(|name| cache.get(&key(*name)).is_some())
            .collect();
        assert_eq!(left, expected, "{script}");
    }

    #[test]
    fn what_was_not_used_for_longest_goes_first() {
        check("a4 b4", "ab");
        check("a4 b4 c4", "bc");
        check("a4 b4 a c4", "ac");
        check("a4 b4 c10", "c");
        check("a4 b4 a4 c4", "ac");
    }

    #[test]
    fn memory_of_the_device_is_counted_apart() {
        check("a9 A4 B1", "ABa");
        check("a9 A4 b1 B2", "Bab");
        check("A1 a9 b2", "Ab");
    }

    #[test]
    fn what_can_never_fit_pushes_nothing_out() {
        check("a4 b11", "a");
        check("A4 B6", "A");
    }
}

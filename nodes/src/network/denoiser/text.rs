//! Text as ids, the template around it included.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use tokenizers::Tokenizer;

use super::PromptConfig;
use crate::value::MicroConditions;

/// Where the template takes the text.
const TEXT: &str = "{prompt}";

/// Where the template takes the cells of the picture.
const SLOTS: &str = "{slots}";

/// What a word that is not in the vocabulary becomes, in vocabularies made here.
const UNKNOWN: &str = "<unknown>";

/// Reads text as ids, the template around it included.
#[derive(Clone, Debug)]
pub struct TextReader {
    tokenizer: Tokenizer,
    file: Vec<u8>,
    config: PromptConfig,
    slot: u32,
    pad: u32,
    unknown: Option<u32>,
    vocabulary: usize,
}

/// Why text or a tokenizer cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TextError {
    /// The tokenizer's file is damaged, or asks for something that this program does not know.
    #[error("the tokenizer cannot be read: {0}")]
    Tokenizer(String),
    /// The template lacks one of its two places.
    #[error("the template must hold `{TEXT}` once, then `{SLOTS}` once, but is {template:?}")]
    Template {
        /// The template.
        template: String,
    },
    /// A token of the configuration is not in the vocabulary.
    #[error("`{field}` names {token:?}, which the tokenizer does not know as one token")]
    NoToken {
        /// The field.
        field: &'static str,
        /// The token.
        token: String,
    },
    /// An id is beyond the network's table.
    #[error("the tokenizer has ids up to {largest}, but the network has only {vocabulary}")]
    Vocabulary {
        /// The largest id.
        largest: u32,
        /// How many the network has.
        vocabulary: usize,
    },
    /// The text is too long.
    #[error("the prompt has {found} tokens, but this denoiser reads at most {limit}")]
    TooLong {
        /// How many tokens it has.
        found: usize,
        /// How many it may have.
        limit: usize,
    },
    /// A dropped prompt cannot be made.
    #[error("the prompt holds {found} ends of a turn, but {wanted} are needed to drop it")]
    Turns {
        /// How many there are.
        found: usize,
        /// How many are needed.
        wanted: usize,
    },
}

impl TextReader {
    /// A reader with the tokenizer whose `tokenizer.json` is `file`, for a network of `vocabulary` ids.
    ///
    /// Errors: the tokenizer cannot be read, or does not know the tokens that `config` names.
    pub fn new(file: Vec<u8>, config: &PromptConfig, vocabulary: usize) -> Result<Self, TextError> {
        let tokenizer = Tokenizer::from_bytes(&file)
            .map_err(|error| TextError::Tokenizer(error.to_string()))?;
        let (text, slots) = (
            config.template.matches(TEXT).count(),
            config.template.matches(SLOTS).count(),
        );
        let in_order = config.template.find(TEXT) < config.template.find(SLOTS);
        if text != 1 || slots != 1 || !in_order {
            return Err(TextError::Template {
                template: config.template.clone(),
            });
        }
        let id = |field: &'static str, token: &str| {
            tokenizer
                .token_to_id(token)
                .ok_or_else(|| TextError::NoToken {
                    field,
                    token: token.into(),
                })
        };
        let slot = id("prompt.slot", &config.slot)?;
        let pad = match config.length {
            0 => slot,
            _ => id("prompt.pad", &config.pad)?,
        };
        let largest = tokenizer.get_vocab(true).into_values().max().unwrap_or(0);
        if largest as usize >= vocabulary {
            return Err(TextError::Vocabulary {
                largest,
                vocabulary,
            });
        }
        Ok(Self {
            unknown: tokenizer.token_to_id(UNKNOWN),
            tokenizer,
            file,
            config: config.clone(),
            slot,
            pad,
            vocabulary,
        })
    }

    /// The reader, if it finds in its own template the ends of turns that a dropped prompt needs.
    ///
    /// Errors: it does not; then the tokenizer is that of another model.
    pub fn checked(self) -> Result<Self, TextError> {
        let ids = self.read("a", &MicroConditions::default(), 1)?;
        let _ = self.dropped(&ids)?;
        Ok(self)
    }

    /// How many ids the tokenizer whose `tokenizer.json` is `file` has.
    ///
    /// Errors: the tokenizer cannot be read.
    pub fn size_of(file: &[u8]) -> Result<usize, TextError> {
        let tokenizer =
            Tokenizer::from_bytes(file).map_err(|error| TextError::Tokenizer(error.to_string()))?;
        let largest = tokenizer.get_vocab(true).into_values().max();
        Ok(largest.map_or(0, |largest| largest as usize + 1))
    }

    /// The tokenizer's `tokenizer.json`.
    pub fn file(&self) -> &[u8] {
        &self.file
    }

    /// The id of a place where a cell goes.
    pub fn slot(&self) -> u32 {
        self.slot
    }

    /// How many ids there may be.
    pub fn vocabulary(&self) -> usize {
        self.vocabulary
    }

    /// `text` as ids, the template around it with `conditions` and one slot for each of `cells` included.
    ///
    /// Errors: the text is too long, or holds what the tokenizer cannot read.
    pub fn read(
        &self,
        text: &str,
        conditions: &MicroConditions,
        cells: usize,
    ) -> Result<Vec<u32>, TextError> {
        // Slots in the text would be taken for places of the picture.
        let text = text.replace(&self.config.slot, " ");
        let template = self.conditioned(conditions);
        let Some((before, after)) = template.split_once(SLOTS) else {
            return Err(TextError::Template { template });
        };
        let mut ids = match self.config.length {
            0 => self.ids(&before.replace(TEXT, &text))?,
            limit => self.padded(before, &text, limit)?,
        };
        ids.extend(std::iter::repeat_n(self.slot, cells));
        ids.extend(self.ids(after)?);
        Ok(ids)
    }

    /// The template with the micro-conditions in their places.
    fn conditioned(&self, conditions: &MicroConditions) -> String {
        let conditions = conditions.or(self.config.conditions.unwrap_or_default());
        let places = [
            ("{original_width}", conditions.original_width),
            ("{original_height}", conditions.original_height),
            ("{crop_top}", conditions.crop_top),
            ("{crop_left}", conditions.crop_left),
        ];
        let template = self.config.template.clone();
        let template = places.iter().fold(template, |template, (place, number)| {
            template.replace(place, &number.to_string())
        });
        // With a digit behind the point, whole or not.
        let score = format!("{:?}", conditions.aesthetic_score);
        template.replace("{aesthetic_score}", &score)
    }

    fn padded(&self, before: &str, text: &str, limit: usize) -> Result<Vec<u32>, TextError> {
        let (head, tail) = before.split_once(TEXT).unwrap_or((before, ""));
        let mut words = self.ids(text)?;
        if words.len() > limit {
            return Err(TextError::TooLong {
                found: words.len(),
                limit,
            });
        }
        words.resize(limit, self.pad);
        let mut ids = self.ids(head)?;
        ids.append(&mut words);
        ids.extend(self.ids(tail)?);
        Ok(ids)
    }

    fn ids(&self, text: &str) -> Result<Vec<u32>, TextError> {
        let encoding = self
            .tokenizer
            .encode_fast(text, false)
            .map_err(|error| TextError::Tokenizer(error.to_string()))?;
        Ok(encoding.get_ids().to_vec())
    }

    /// The words of `text` that are not in the vocabulary, each once, in the order in which they come.
    pub fn unknown_words(&self, text: &str) -> Vec<String> {
        let Some(unknown) = self.unknown else {
            return Vec::new();
        };
        let Ok(encoding) = self.tokenizer.encode(text, false) else {
            return Vec::new();
        };
        let mut words: Vec<String> = Vec::new();
        for (id, (start, end)) in encoding.get_ids().iter().zip(encoding.get_offsets()) {
            let word = text.get(*start..*end).unwrap_or_default();
            if *id == unknown && !words.iter().any(|known| known == word) {
                words.push(word.into());
            }
        }
        words
    }

    /// `ids` with the prompt dropped: the text mask instead of everything up to an end of a turn.
    ///
    /// Errors: there are too few ends of a turn.
    pub fn dropped(&self, ids: &[u32]) -> Result<Vec<u32>, TextError> {
        let ends = ids.iter().enumerate();
        let mut ends = ends.filter(|(_, id)| **id == self.config.end_id);
        let wanted = self.config.drop_through;
        let Some((end, _)) = ends.nth(wanted.saturating_sub(1)) else {
            let found = ids.iter().filter(|id| **id == self.config.end_id).count();
            return Err(TextError::Turns { found, wanted });
        };
        let mut dropped = ids.to_vec();
        dropped[..=end].fill(self.config.text_mask_id);
        Ok(dropped)
    }
}

/// The tokens that a word-level vocabulary starts with; their ids are their places.
const SPECIAL: [&str; 8] = [
    "<pad>", UNKNOWN, "<mask>", "<bos>", "<eot>", "<image>", "</image>", "<slot>",
];

/// How a small model reads text: words up to `length`, filled up.
pub fn word_prompt(length: usize) -> PromptConfig {
    PromptConfig {
        template: format!("<bos> {TEXT} <eot> <image> {SLOTS} </image>"),
        slot: "<slot>".into(),
        length,
        pad: "<pad>".into(),
        text_mask_id: 2,
        end_id: 4,
        drop_through: 1,
        conditions: None,
    }
}

/// A `tokenizer.json` that knows the words of `texts` which come at least `least` times, most frequent first; and how
/// many ids it has.
pub fn word_vocabulary<'a>(
    texts: impl IntoIterator<Item = &'a str>,
    least: usize,
) -> (Vec<u8>, usize) {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for text in texts {
        for word in words(text) {
            *counts.entry(word).or_default() += 1;
        }
    }
    let mut counts: Vec<(String, usize)> = counts
        .into_iter()
        .filter(|(_, count)| *count >= least)
        .collect();
    counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));

    let known = SPECIAL.iter().map(|token| (*token).to_owned());
    let known = known.chain(counts.into_iter().map(|(word, _)| word));
    let vocabulary: Map<String, Value> = known
        .enumerate()
        .map(|(id, token)| (token, json!(id)))
        .collect();
    let size = vocabulary.len();
    let added: Vec<Value> = SPECIAL
        .iter()
        .enumerate()
        .map(|(id, token)| {
            json!({
                "id": id, "content": token, "single_word": false, "lstrip": false,
                "rstrip": false, "normalized": false, "special": true,
            })
        })
        .collect();
    let file = json!({
        "version": "1.0",
        "truncation": null,
        "padding": null,
        "added_tokens": added,
        "normalizer": {"type": "Lowercase"},
        "pre_tokenizer": {"type": "Whitespace"},
        "post_processor": null,
        "decoder": null,
        "model": {"type": "WordLevel", "vocab": vocabulary, "unk_token": UNKNOWN},
    });
    let mut bytes = file.to_string().into_bytes();
    bytes.push(b'\n');
    (bytes, size)
}

/// The words of a text as the tokenizers made by [`word_vocabulary`] split it: runs of letters and digits, and runs of
/// other signs.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut last = None;
    for letter in text.to_lowercase().chars() {
        let class = match letter {
            letter if letter.is_whitespace() => None,
            letter => Some(letter.is_alphanumeric() || letter == '_'),
        };
        match (class, words.last_mut()) {
            (Some(_), Some(word)) if class == last => word.push(letter),
            (Some(_), _) => words.push(letter.into()),
            (None, _) => {}
        }
        last = class;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::{PromptConfig, TextError, TextReader, word_prompt, word_vocabulary};
    use crate::value::MicroConditions;

    const PLAIN: MicroConditions = MicroConditions {
        original_width: 0,
        original_height: 0,
        crop_top: 0,
        crop_left: 0,
        aesthetic_score: 0.0,
    };

    fn reader(length: usize) -> TextReader {
        let captions = ["A red apple", "a red, red pear", "a pear"];
        let (file, size) = word_vocabulary(captions, 2);
        assert_eq!(size, 11, "eight signs and a, red, pear");
        TextReader::new(file, &word_prompt(length), size).expect("it was just made")
    }

    #[test]
    fn words_come_most_frequent_first() {
        let ids = reader(4)
            .read("Pear RED a", &PLAIN, 2)
            .expect("it is short");
        assert_eq!(ids, [3, 10, 9, 8, 0, 4, 5, 7, 7, 6]);
    }

    #[test]
    fn unknown_words_are_told() {
        let reader = reader(4);
        assert_eq!(
            reader.unknown_words("a Blue pear, blue"),
            ["Blue", ",", "blue"]
        );
        let ids = reader.read("a blue pear", &PLAIN, 1).expect("it is short");
        assert_eq!(ids[..4], [3, 8, 1, 10]);
    }

    #[test]
    fn a_prompt_that_is_too_long_is_refused() {
        let error = reader(3).read("a red red pear", &PLAIN, 1);
        assert_eq!(error, Err(TextError::TooLong { found: 4, limit: 3 }));
    }

    #[test]
    fn signs_in_a_text_cannot_pass_for_slots() {
        let ids = reader(4)
            .read("a <slot> pear", &PLAIN, 1)
            .expect("it is short");
        assert_eq!(ids.iter().filter(|id| **id == 7).count(), 1);
    }

    #[test]
    fn micro_conditions_stand_where_the_template_has_places_for_them() {
        let words = ["pear : 512 ; : 7.0 ; : 3 ; : 1024 ; 6.5 {"];
        let (file, size) = word_vocabulary(words, 1);
        let text = "{original_width}:{original_height};{crop_top}:{aesthetic_score}";
        let config = PromptConfig {
            template: format!("{{prompt}} {text} <eot> {{slots}}"),
            length: 0,
            conditions: Some(MicroConditions {
                original_width: 1024,
                original_height: 1024,
                aesthetic_score: 6.5,
                ..PLAIN
            }),
            ..word_prompt(0)
        };
        let reader = TextReader::new(file, &config, size).expect("it was just made");
        let words = |conditions: &MicroConditions, text: &str| {
            let ids = reader.read(text, conditions, 1).expect("it is short");
            let words = ids.iter().map(|id| reader.tokenizer.id_to_token(*id));
            let words: Option<Vec<String>> = words.collect();
            words.expect("all ids are words").join(" ")
        };
        assert_eq!(
            words(&PLAIN, "pear"),
            "pear 1024 : 1024 ; 0 : 6 . 5 <eot> <slot>"
        );
        let own = MicroConditions {
            original_width: 512,
            crop_top: 3,
            aesthetic_score: 7.0,
            ..PLAIN
        };
        // A text cannot take the places of the template.
        assert_eq!(
            words(&own, "{crop_top}"),
            "{ <unknown> <unknown> 512 : 1024 ; 3 : 7 . 0 <eot> <slot>"
        );
    }

    #[test]
    fn a_dropped_prompt_is_masked_up_to_its_end() {
        let reader = reader(2);
        let ids = reader.read("a pear", &PLAIN, 1).expect("it is short");
        assert_eq!(reader.dropped(&ids), Ok(vec![2, 2, 2, 2, 5, 7, 6]));
        let none = reader.dropped(&[3, 8]);
        assert_eq!(
            none,
            Err(TextError::Turns {
                found: 0,
                wanted: 1
            })
        );
    }
}

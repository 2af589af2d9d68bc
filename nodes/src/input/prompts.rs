//! `input.prompts`: prompts from a CSV file.

use csv::{ReaderBuilder, StringRecord, Trim};
use graph::prelude::*;

use super::file;

/// A million prompts fit into this.
const MOST_BYTES: u64 = 64 << 20;

/// Reads prompts from a CSV file, one a row.
///
/// The file's first line names its columns: `prompt`, and `negative` where there are negative prompts;
/// other columns are left alone.
/// Line breaks within a prompt become spaces, for the outputs hold one prompt a line.
#[derive(Clone, Debug, Params)]
pub struct PromptsInput {
    /// The CSV file.
    pub path: FilePath,
    /// How many rows are left out at the start.
    #[param(default = 0, range = 0..=1000000)]
    pub skip: u32,
    /// How many rows are read at most; 0 reads all.
    #[param(default = 0, range = 0..=1000000)]
    pub count: u32,
}

/// What goes out.
#[derive(Ports)]
pub struct Outputs {
    /// The prompts, one a line.
    pub text: String,
    /// The negative prompts, one a line; empty where the file has none.
    pub negative: String,
    /// How many prompts there are.
    pub count: f64,
}

impl Node for PromptsInput {
    const ID: &'static str = "input.prompts";
    const EFFECT: Effect = Effect::ReadsFiles;
    type Inputs = ();
    type Outputs = Outputs;

    fn run(&self, (): (), run: &mut Run) -> Result<Outputs, NodeError> {
        let path = run.resolve(&self.path);
        let bytes = file::bytes(&path, MOST_BYTES)?;
        self.read(&bytes)
            .map_err(|(problem, hint)| NodeError::file(&path, problem, hint))
    }
}

/// What is wrong, and how to mend it.
type Complaint = (String, String);

impl PromptsInput {
    fn read(&self, bytes: &[u8]) -> Result<Outputs, Complaint> {
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        let mut reader = ReaderBuilder::new().trim(Trim::All).from_reader(bytes);
        let columns = reader
            .headers()
            .map_err(|error| unreadable(&error))?
            .clone();
        let column = |name: &str| columns.iter().position(|column| column == name);
        let Some(prompt) = column("prompt") else {
            let found: Vec<&str> = columns.iter().collect();
            return Err((
                format!("line 1 names no column `prompt`, but {found:?}"),
                "let the first line name the columns, one of them `prompt`".into(),
            ));
        };
        let negative = column("negative");

        let most = match self.count {
            0 => usize::MAX,
            count => count as usize,
        };
        let (mut prompts, mut negatives) = (Vec::new(), Vec::new());
        for record in reader.records().skip(self.skip as usize).take(most) {
            let record = record.map_err(|error| unreadable(&error))?;
            prompts.push(line(&record, prompt, "prompt")?);
            if let Some(negative) = negative {
                negatives.push(line(&record, negative, "negative")?);
            }
        }
        if prompts.is_empty() {
            return Err((
                format!("there is no row after line 1 and {} left out", self.skip),
                "add a row for each prompt, or lower `skip`".into(),
            ));
        }
        Ok(Outputs {
            count: prompts.len() as f64,
            text: prompts.join("\n"),
            negative: negatives.join("\n"),
        })
    }
}

/// The field of a row as one line of text.
fn line(record: &StringRecord, column: usize, name: &str) -> Result<String, Complaint> {
    let text = record.get(column).unwrap_or_default();
    let words: Vec<&str> = text.split_whitespace().collect();
    if words.is_empty() {
        let at = record.position().map_or(0, csv::Position::line);
        return Err((
            format!("the row at line {at} has nothing in its column `{name}`"),
            format!("give it a {name}, or remove the row"),
        ));
    }
    Ok(words.join(" "))
}

fn unreadable(error: &csv::Error) -> Complaint {
    let at = error.position().map_or(1, csv::Position::line);
    let problem = match error.kind() {
        csv::ErrorKind::Utf8 { .. } => format!("the row at line {at} is no UTF-8 text"),
        csv::ErrorKind::UnequalLengths {
            expected_len, len, ..
        } => format!("the row at line {at} has {len} fields, but line 1 names {expected_len}"),
        _ => format!("the row at line {at} cannot be read: {error}"),
    };
    (
        problem,
        "put quotes about fields that hold commas, and save the file as UTF-8".into(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(skip: u32, count: u32) -> PromptsInput {
        PromptsInput {
            path: "a.csv".into(),
            skip,
            count,
        }
    }

    #[test]
    fn prompts_come_one_a_line() {
        let check = |skip, count, file: &str, text: &str, negative: &str| {
            let outputs = input(skip, count).read(file.as_bytes());
            let outputs = outputs.expect("the file is right");
            assert_eq!(
                (outputs.text.as_str(), outputs.negative.as_str()),
                (text, negative)
            );
            assert_eq!(outputs.count, text.lines().count() as f64);
        };
        check(0, 0, "prompt\na duck\ntwo ducks\n", "a duck\ntwo ducks", "");
        check(0, 0, "\u{FEFF}prompt\r\na duck\r\n", "a duck", "");
        check(
            0,
            0,
            "id, prompt,negative\n1,\"a duck,\nswimming\" ,blurred\n",
            "a duck, swimming",
            "blurred",
        );
        check(1, 1, "prompt\na\nb\nc\n", "b", "");
    }

    #[test]
    fn wrong_rows_are_told_with_their_line() {
        let check = |file: &[u8], expected: &str| {
            let (problem, _) = input(0, 0).read(file).err().expect("it must be refused");
            assert_eq!(problem, expected);
        };
        check(b"", "line 1 names no column `prompt`, but []");
        check(
            b"text\na\n",
            "line 1 names no column `prompt`, but [\"text\"]",
        );
        check(b"prompt\n", "there is no row after line 1 and 0 left out");
        check(
            b"id,prompt\n1,a\n2,\n",
            "the row at line 3 has nothing in its column `prompt`",
        );
        check(
            b"prompt,negative\na,\n",
            "the row at line 2 has nothing in its column `negative`",
        );
        check(
            b"prompt\na duck, swimming\n",
            "the row at line 2 has 2 fields, but line 1 names 1",
        );
        check(b"prompt\n\xFF\xFE\n", "the row at line 2 is no UTF-8 text");
    }
}

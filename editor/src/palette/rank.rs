//! Which entries answer a query, the best first.

use nucleo_matcher::pattern::{Atom, AtomKind, CaseMatching, Normalization};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::entry::{Entry, Level};

/// How many of the entries that were used lately stand before all others.
const RECENT: usize = 5;

/// One line of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Which entry.
    pub entry: usize,
    /// The heading above it, where one begins.
    pub heading: Option<String>,
    /// The letters of the title that answer the query, in rising order.
    pub letters: Vec<usize>,
}

/// The entries that answer `query`, the best first; all of them by group where there is no query.
///
/// `recent` names entries that were used lately, the last one first.
pub fn rank(query: &str, entries: &[Entry], recent: &[String]) -> Vec<Row> {
    let words: Vec<Word> = query.split_whitespace().map(Word::new).collect();
    if words.is_empty() {
        return browse(entries, recent);
    }
    let mut search = Search::new();
    let mut found: Vec<(u32, Row)> = entries
        .iter()
        .enumerate()
        .filter_map(|(at, entry)| {
            let (points, letters) = search.answer(entry, &words)?;
            let used = recent.contains(&entry.name);
            let points = points + fit_points(entry) + if used { 8 } else { 0 };
            Some((
                points,
                Row {
                    entry: at,
                    heading: None,
                    letters,
                },
            ))
        })
        .collect();
    // The sort is stable: what answers as well stays in the palette's order.
    found.sort_by_key(|(points, _)| std::cmp::Reverse(*points));
    found.into_iter().map(|(_, row)| row).collect()
}

/// What a fitting socket is worth beside the letters of a query, of which each is worth about fifty.
fn fit_points(entry: &Entry) -> u32 {
    match entry.fits.first().map(|fit| fit.level) {
        Some(Level::Wanted) => 60,
        Some(Level::Optional) => 30,
        Some(Level::Parameter) | None => 0,
    }
}

/// All entries: by how they fit where a wire is in the hand, else those used lately and then the others by group.
fn browse(entries: &[Entry], recent: &[String]) -> Vec<Row> {
    let lately: Vec<usize> = recent
        .iter()
        .filter_map(|name| entries.iter().position(|entry| entry.name == *name))
        .take(RECENT)
        .collect();
    let others = (0..entries.len()).filter(|at| !lately.contains(at));
    let mut order: Vec<usize> = lately.iter().copied().chain(others).collect();
    let level = |at: usize| entries[at].fits.first().map(|fit| fit.level);
    let by_fit = (0..entries.len()).any(|at| level(at).is_some());
    if by_fit {
        // The sort is stable: among those that fit as well, the ones used lately come first.
        order.sort_by_key(|at| std::cmp::Reverse(level(*at)));
    }
    let headed = order.into_iter().map(|at| {
        let heading = if by_fit {
            fit_heading(level(at)).to_owned()
        } else if lately.contains(&at) {
            "recently used".to_owned()
        } else {
            entries[at].group.clone()
        };
        (heading, at)
    });
    let mut above = String::new();
    headed
        .map(|(heading, entry)| {
            let begins = heading != above;
            above.clone_from(&heading);
            Row {
                entry,
                heading: begins.then_some(heading),
                letters: Vec::new(),
            }
        })
        .collect()
}

fn fit_heading(level: Option<Level>) -> &'static str {
    match level {
        Some(Level::Wanted) => "fits best",
        Some(Level::Optional) => "fits as well",
        Some(Level::Parameter) => "in place of a parameter",
        None => "in place of another wire",
    }
}

/// One word of a query.
struct Word {
    fuzzy: Atom,
    exact: Atom,
}

impl Word {
    fn new(word: &str) -> Self {
        let atom = |kind| {
            Atom::new(
                word,
                CaseMatching::Ignore,
                Normalization::Smart,
                kind,
                false,
            )
        };
        Self {
            fuzzy: atom(AtomKind::Fuzzy),
            exact: atom(AtomKind::Substring),
        }
    }
}

/// The matcher with the memory that it works in.
struct Search {
    matcher: Matcher,
    letters: Vec<char>,
}

impl Search {
    fn new() -> Self {
        let mut config = Config::DEFAULT;
        config.prefer_prefix = true;
        Self {
            matcher: Matcher::new(config),
            letters: Vec::new(),
        }
    }

    /// How well `entry` answers all `words`, and by which letters of its title; `None` where a word is not in it.
    fn answer(&mut self, entry: &Entry, words: &[Word]) -> Option<(u32, Vec<usize>)> {
        let mut points = 0;
        let mut letters = Vec::new();
        for word in words {
            let title = self.find(&word.fuzzy, &entry.title);
            let name = self.find(&word.fuzzy, &entry.name);
            // In a long text nearly every word can be found letter by letter, so there it must stand whole.
            let doc = self.find(&word.exact, &entry.doc);
            let points_of = |found: &Option<(u32, Vec<usize>)>, times| {
                found.as_ref().map(|(score, _)| score * times / 2)
            };
            let by_title = points_of(&title, 6);
            let best = by_title.max(points_of(&name, 4)).max(points_of(&doc, 1));
            points += best?;
            if let Some((_, mut hits)) = title.filter(|_| by_title == best) {
                letters.append(&mut hits);
            }
        }
        letters.sort_unstable();
        letters.dedup();
        Some((points, letters))
    }

    /// How well `text` answers `atom`, and by which letters.
    fn find(&mut self, atom: &Atom, text: &str) -> Option<(u32, Vec<usize>)> {
        let mut found = Vec::new();
        let letters = Utf32Str::new(text, &mut self.letters);
        let score = atom.indices(letters, &mut self.matcher, &mut found)?;
        let hits: Vec<usize> = found.into_iter().map(|at| at as usize).collect();
        is_close(&hits, text).then_some((u32::from(score), hits))
    }
}

/// Whether the letters at `hits` stand near each other, or begin words: others are found by chance.
fn is_close(hits: &[usize], text: &str) -> bool {
    let (Some(first), Some(last)) = (hits.first(), hits.last()) else {
        return true;
    };
    if last - first < hits.len() + 2 {
        return true;
    }
    let letters: Vec<char> = text.chars().collect();
    let begins = |at: usize| at == 0 || !letters[at - 1].is_alphanumeric();
    hits.windows(2)
        .all(|pair| pair[1] == pair[0] + 1 || begins(pair[1]))
}

//! The language of captions of composed scenes.
//!
//! Small letters, no punctuation, at most 20 words, always in this form:
//!
//! ```text
//! caption    = what " on a " colour " background"            ("an orange background")
//! what       = thing                                         single    a frog
//!            | size thing                                    size      a large frog
//!            | number plural                                 counting  three ducks
//!            | thing " and " thing                           pair      a frog and a teapot
//!            | thing " " relation " " thing                  position  a frog to the left of a teapot
//! thing      = article noun | noun without article           an owl · bread · scissors
//! size       = "small" | "large"
//! number     = "two" | "three" | "four"
//! relation   = "to the left of" | "to the right of" | "above" | "below"
//! ```
//!
//! Nouns are concepts of one or two words. Some concepts are no thing that can stand in a scene ([`UNFIT`]),
//! some have no plural to count ([`UNCOUNTABLE`]), and some have an irregular one.

/// A concept as it stands in captions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Noun {
    /// The concept itself.
    pub name: String,
    /// Several of it; `None` where it is not counted.
    pub plural: Option<String>,
}

/// How large a thing is said to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// At most a quarter of the picture.
    Small,
    /// At least half the picture.
    Large,
}

/// How one thing lies to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// Left of it.
    Left,
    /// Right of it.
    Right,
    /// Above it.
    Above,
    /// Below it.
    Below,
}

/// What a caption says, apart from the background.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Statement<'a> {
    /// One thing.
    Single(&'a Noun),
    /// One thing and how large it is.
    Sized(Size, &'a Noun),
    /// Two to four of a thing.
    Counted(u32, &'a Noun),
    /// Two things.
    Pair(&'a Noun, &'a Noun),
    /// Two things, and how the first lies to the second.
    Placed(&'a Noun, Relation, &'a Noun),
}

/// Groups of concepts whose members are things.
const GROUPS: [&str; 4] = ["animals-nature", "food-drink", "travel-places", "objects"];

/// Concepts that are no single thing: views, events, states, signs, and words that mean something else.
const UNFIT: &[&str] = &[
    "airplane arrival",
    "airplane departure",
    "building construction",
    "camping",
    "chains",
    "chart decreasing",
    "chart increasing",
    "cityscape",
    "clinking glasses",
    "construction",
    "control knobs",
    "cooking",
    "crossed swords",
    "desert",
    "dna",
    "e mail",
    "film frames",
    "fog",
    "foggy",
    "high voltage",
    "hot springs",
    "hourglass done",
    "incoming envelope",
    "kaaba",
    "leafy green",
    "level slider",
    "light rail",
    "link",
    "linked paperclips",
    "locked",
    "low battery",
    "mate",
    "metro",
    "milky way",
    "motorway",
    "mount fuji",
    "muted speaker",
    "national park",
    "new moon",
    "paw prints",
    "pig nose",
    "pouring liquid",
    "sunrise",
    "sunset",
    "unlocked",
    "water wave",
    "wedding",
    "wind face",
    "womans clothes",
    "x ray",
];

/// Nouns without article and number: stuff, pairs, heaps.
const UNCOUNTABLE: &[&str] = &[
    "bacon",
    "baguette bread",
    "ballet shoes",
    "beans",
    "blueberries",
    "bookmark tabs",
    "books",
    "bread",
    "briefs",
    "broccoli",
    "bubbles",
    "butter",
    "candy",
    "canned food",
    "cherries",
    "chopsticks",
    "cooked rice",
    "coral",
    "curry rice",
    "custard",
    "falafel",
    "fire",
    "flatbread",
    "fondue",
    "french fries",
    "fried shrimp",
    "garlic",
    "glasses",
    "gloves",
    "goggles",
    "grapes",
    "houses",
    "ice",
    "jeans",
    "luggage",
    "maracas",
    "musical notes",
    "oden",
    "pancakes",
    "peanuts",
    "popcorn",
    "prayer beads",
    "sake",
    "salt",
    "scissors",
    "shaved ice",
    "shopping bags",
    "shorts",
    "soap",
    "socks",
    "spaghetti",
    "stuffed flatbread",
    "sunglasses",
    "sushi",
    "wood",
];

/// Last words whose plural follows no rule.
const IRREGULAR: &[(&str, &str)] = &[
    ("bison", "bison"),
    ("blowfish", "blowfish"),
    ("buffalo", "buffaloes"),
    ("deer", "deer"),
    ("fish", "fish"),
    ("goose", "geese"),
    ("jellyfish", "jellyfish"),
    ("knife", "knives"),
    ("leaf", "leaves"),
    ("mango", "mangoes"),
    ("moai", "moai"),
    ("moose", "moose"),
    ("mosquito", "mosquitoes"),
    ("mouse", "mice"),
    ("ox", "oxen"),
    ("potato", "potatoes"),
    ("scarf", "scarves"),
    ("shrimp", "shrimp"),
    ("snowman", "snowmen"),
    ("squid", "squid"),
    ("tomato", "tomatoes"),
    ("volcano", "volcanoes"),
    ("wolf", "wolves"),
];

const NUMBERS: [&str; 5] = ["no", "one", "two", "three", "four"];

impl Noun {
    /// The noun of a concept of `group`; `None` where no caption speaks of it.
    pub fn of(concept: &str, group: &str) -> Option<Self> {
        let words: Vec<&str> = concept.split(' ').collect();
        let plain = !concept.is_empty()
            && concept
                .chars()
                .all(|letter| letter.is_ascii_lowercase() || letter == ' ');
        // Clock faces are named after the time, and garments after who wears them.
        let named_oddly = words
            .iter()
            .any(|word| ["oclock", "thirty", "mans", "womans"].contains(word));
        if !GROUPS.contains(&group)
            || !plain
            || words.len() > 2
            || named_oddly
            || UNFIT.contains(&concept)
        {
            return None;
        }
        Some(Self {
            name: concept.into(),
            plural: (!UNCOUNTABLE.contains(&concept)).then(|| plural(concept)),
        })
    }

    /// The noun with its article, and `adjective` between where there is one.
    fn phrase(&self, adjective: &str) -> String {
        let words = if adjective.is_empty() {
            self.name.clone()
        } else {
            format!("{adjective} {}", self.name)
        };
        match self.plural {
            Some(_) => format!("{} {words}", article(&words)),
            None => words,
        }
    }
}

impl Size {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Small => "small",
            Self::Large => "large",
        }
    }
}

impl Relation {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Left, Self::Right, Self::Above, Self::Below];

    /// The name, as a scene's truth has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Left => "left of",
            Self::Right => "right of",
            Self::Above => "above",
            Self::Below => "below",
        }
    }

    /// The words between the two things.
    fn words(self) -> &'static str {
        match self {
            Self::Left => "to the left of",
            Self::Right => "to the right of",
            Self::Above => "above",
            Self::Below => "below",
        }
    }
}

impl Statement<'_> {
    /// The kind of statement, as a scene's truth has it.
    pub fn category(&self) -> &'static str {
        match self {
            Self::Single(_) => "single",
            Self::Sized(..) => "size",
            Self::Counted(..) => "counting",
            Self::Pair(..) => "pair",
            Self::Placed(..) => "position",
        }
    }

    /// The caption, with the background's colour.
    pub fn caption(&self, colour: &str) -> String {
        let what = match self {
            Self::Single(noun) => noun.phrase(""),
            Self::Sized(size, noun) => noun.phrase(size.word()),
            Self::Counted(count, noun) => {
                let several = noun.plural.as_ref().unwrap_or(&noun.name);
                format!("{} {several}", NUMBERS[*count as usize])
            }
            Self::Pair(first, second) => {
                format!("{} and {}", first.phrase(""), second.phrase(""))
            }
            Self::Placed(first, relation, second) => {
                let (first, second) = (first.phrase(""), second.phrase(""));
                format!("{first} {} {second}", relation.words())
            }
        };
        format!("{what} on {} {colour} background", article(colour))
    }
}

/// `a` or `an`, by how the first word sounds.
fn article(words: &str) -> &'static str {
    let sounds_like_you = ["uni", "eu", "ewe", "uku"];
    let vowel = words.starts_with(['a', 'e', 'i', 'o', 'u']);
    let starts_with = |list: &[&str]| list.iter().any(|start| words.starts_with(start));
    if (vowel && !starts_with(&sounds_like_you)) || starts_with(&["hour"]) {
        "an"
    } else {
        "a"
    }
}

/// Several of `noun`: its last word in the plural.
fn plural(noun: &str) -> String {
    let (front, last) = match noun.rsplit_once(' ') {
        Some((front, last)) => (format!("{front} "), last),
        None => (String::new(), noun),
    };
    let known = IRREGULAR.iter().find(|(one, _)| *one == last);
    let several = if let Some((_, several)) = known {
        (*several).to_string()
    } else if let Some(stem) = last.strip_suffix('y') {
        if stem.ends_with(['a', 'e', 'i', 'o', 'u']) {
            format!("{last}s")
        } else {
            format!("{stem}ies")
        }
    } else if ["s", "x", "z", "ch", "sh"]
        .iter()
        .any(|end| last.ends_with(end))
    {
        format!("{last}es")
    } else {
        format!("{last}s")
    };
    front + &several
}

#[cfg(test)]
mod tests {
    use super::{Noun, Relation, Size, Statement, article, plural};

    fn noun(concept: &str) -> Noun {
        Noun::of(concept, "objects").expect("the concept is fit for a scene")
    }

    #[test]
    fn captions_are_these() {
        let (frog, owl, bread) = (noun("frog"), noun("owl"), noun("bread"));
        let check = |statement: Statement<'_>, colour: &str, expected: &str| {
            assert_eq!(statement.caption(colour), expected);
        };
        check(
            Statement::Single(&owl),
            "pink",
            "an owl on a pink background",
        );
        check(
            Statement::Single(&bread),
            "orange",
            "bread on an orange background",
        );
        check(
            Statement::Sized(Size::Large, &owl),
            "blue",
            "a large owl on a blue background",
        );
        check(
            Statement::Sized(Size::Small, &bread),
            "gray",
            "small bread on a gray background",
        );
        check(
            Statement::Counted(3, &noun("duck")),
            "pink",
            "three ducks on a pink background",
        );
        check(
            Statement::Pair(&frog, &owl),
            "white",
            "a frog and an owl on a white background",
        );
        check(
            Statement::Placed(&frog, Relation::Left, &owl),
            "green",
            "a frog to the left of an owl on a green background",
        );
        check(
            Statement::Placed(&bread, Relation::Below, &frog),
            "purple",
            "bread below a frog on a purple background",
        );
    }

    #[test]
    fn plurals_are_these() {
        for (one, several) in [
            ("duck", "ducks"),
            ("cherry blossom", "cherry blossoms"),
            ("butterfly", "butterflies"),
            ("key", "keys"),
            ("bus", "buses"),
            ("fox", "foxes"),
            ("peach", "peaches"),
            ("paintbrush", "paintbrushes"),
            ("computer mouse", "computer mice"),
            ("tropical fish", "tropical fish"),
            ("kitchen knife", "kitchen knives"),
            ("taco", "tacos"),
            ("potato", "potatoes"),
            ("octopus", "octopuses"),
            ("dress", "dresses"),
            ("ox", "oxen"),
        ] {
            assert_eq!(plural(one), several);
        }
    }

    #[test]
    fn articles_are_these() {
        for (word, expected) in [
            ("apple", "an"),
            ("ewe", "a"),
            ("unicorn", "a"),
            ("umbrella", "an"),
            ("euro banknote", "a"),
            ("hourglass", "an"),
            ("hotel", "a"),
            ("orange", "an"),
            ("old key", "an"),
            ("yellow", "a"),
        ] {
            assert_eq!(article(word), expected, "{word}");
        }
    }

    #[test]
    fn what_is_no_thing_is_left_out() {
        for concept in [
            "sunset",
            "two oclock",
            "womans boot",
            "sports utility vehicle",
            "1st place medal",
            "",
        ] {
            assert_eq!(Noun::of(concept, "objects"), None, "{concept}");
        }
        assert_eq!(Noun::of("grinning face", "smileys-emotion"), None);
        assert_eq!(noun("scissors").plural, None);
    }
}

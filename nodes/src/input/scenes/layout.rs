//! What a scene shows and where: everything but its pixels.

use graph::random::Stream;

use super::colour::BACKGROUNDS;
use super::grammar::{Noun, Relation, Size, Statement};
use super::holdout::Holdout;
use super::sprites::Sprites;
use crate::value::{Truth, TruthObject};

/// A scene, ready to be drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Scene {
    /// What the scene shows, in words.
    pub caption: String,
    /// The same as data.
    pub truth: Truth,
    /// The background's colour.
    pub background: [u8; 3],
    /// The objects, none overlapping another.
    pub objects: Vec<Placed>,
}

/// An object in its place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Placed {
    /// Which sprite.
    pub sprite: usize,
    /// Its left border, in pixels.
    pub left: f32,
    /// Its upper border, in pixels.
    pub top: f32,
    /// Its width, in pixels.
    pub width: f32,
    /// Its height, in pixels.
    pub height: f32,
}

/// What scenes are made from.
pub struct Composer<'a> {
    /// The things there are.
    pub sprites: &'a Sprites,
    /// Nouns that can be counted, as numbers of sprites.
    pub countable: &'a [u32],
    /// Which pairs are held out.
    pub holdout: &'a Holdout,
    /// Whether only held-out pairs are shown rather than all others.
    pub held_out: bool,
    /// Rows of the picture, and pixels a row.
    pub size: usize,
}

/// Longest and shortest side of the objects, as shares of the picture's side.
const SINGLE: [f32; 2] = [0.36, 0.48];
const SMALL: [f32; 2] = [0.18, 0.25];
const LARGE: [f32; 2] = [0.60, 0.78];
const COUNTED: [f32; 2] = [0.26, 0.38];
const FOUR: [f32; 2] = [0.26, 0.35];
const OF_TWO: [f32; 2] = [0.30, 0.40];

/// The shortest and the longest object of all, as shares of the picture's side.
pub const LENGTHS: [f32; 2] = [SMALL[0], LARGE[1]];

/// Between an object and the picture's border, and between two objects, as shares of the picture's side.
const MARGIN: f32 = 0.04;
const GAP: f32 = 0.08;

/// How often a random arrangement is tried before an orderly one is taken.
const TRIES: u32 = 60;

/// How often each category comes, in hundredths, where training asks: two objects are the harder part.
const SHARES: [(u32, Category); 5] = [
    (15, Category::Single),
    (20, Category::Size),
    (25, Category::Counting),
    (15, Category::Pair),
    (25, Category::Position),
];

#[derive(Clone, Copy)]
enum Category {
    Single,
    Size,
    Counting,
    Pair,
    Position,
}

/// The draws of one scene, one after the other.
struct Draws {
    stream: Stream,
    scene: u32,
    next: u32,
}

impl Draws {
    fn below(&mut self, limit: usize) -> usize {
        self.next += 1;
        let limit = limit as u32;
        self.stream.below(limit, self.scene, 0, self.next) as usize
    }

    fn between(&mut self, [low, high]: [f32; 2]) -> f32 {
        self.next += 1;
        low + (high - low) * self.stream.uniform(self.scene, 0, self.next)
    }
}

impl Composer<'_> {
    /// The scene number `index`: a function of the stream and the number alone.
    pub fn scene(&self, stream: Stream, index: u32) -> Scene {
        let mut draws = Draws {
            stream,
            scene: index,
            next: 0,
        };
        let (name, background) = BACKGROUNDS[draws.below(BACKGROUNDS.len())];
        let category = self.category(index, &mut draws);
        let (statement, relation, objects) = match category {
            Category::Single => {
                let (noun, object) = self.one(SINGLE, &mut draws);
                (Statement::Single(noun), None, vec![object])
            }
            Category::Size => {
                let (size, lengths) = [(Size::Small, SMALL), (Size::Large, LARGE)][draws.below(2)];
                let (noun, object) = self.one(lengths, &mut draws);
                (Statement::Sized(size, noun), None, vec![object])
            }
            Category::Counting => {
                let (noun, objects) = self.several(&mut draws);
                (
                    Statement::Counted(objects.len() as u32, noun),
                    None,
                    objects,
                )
            }
            Category::Pair => {
                let (first, second) = self.two(&mut draws);
                let objects = self.apart(&[first, second], OF_TWO, &mut draws);
                (
                    Statement::Pair(self.noun(first), self.noun(second)),
                    None,
                    objects,
                )
            }
            Category::Position => {
                let (first, second) = self.two(&mut draws);
                let relation = Relation::ALL[draws.below(4)];
                let objects = self.related(first, relation, second, &mut draws);
                let statement = Statement::Placed(self.noun(first), relation, self.noun(second));
                (statement, Some(relation), objects)
            }
        };
        Scene {
            caption: statement.caption(name),
            truth: Truth {
                category: statement.category().into(),
                background: name.into(),
                objects: objects.iter().map(|object| self.truth(object)).collect(),
                relation: relation.map_or("", Relation::name).into(),
            },
            background,
            objects,
        }
    }

    /// Scenes to judge by come in turn, so that every category has its share of any number of them.
    fn category(&self, index: u32, draws: &mut Draws) -> Category {
        if self.held_out {
            return SHARES[index as usize % SHARES.len()].1;
        }
        let mut ticket = draws.below(100) as u32;
        for (share, category) in SHARES {
            if ticket < share {
                return category;
            }
            ticket -= share;
        }
        Category::Single
    }

    fn noun(&self, sprite: usize) -> &Noun {
        &self.sprites.nouns[sprite]
    }

    fn truth(&self, object: &Placed) -> TruthObject {
        TruthObject {
            name: self.noun(object.sprite).name.clone(),
            x: (object.left + object.width / 2.0).round() as i32,
            y: (object.top + object.height / 2.0).round() as i32,
            size: object.width.max(object.height).round() as u32,
        }
    }

    /// One object, anywhere.
    fn one(&self, lengths: [f32; 2], draws: &mut Draws) -> (&Noun, Placed) {
        let sprite = draws.below(self.sprites.count());
        let length = draws.between(lengths) * self.size as f32;
        let object = self.anywhere(sprite, length, draws);
        (self.noun(sprite), object)
    }

    /// Two to four objects of a kind.
    fn several(&self, draws: &mut Draws) -> (&Noun, Vec<Placed>) {
        let sprite = self.countable[draws.below(self.countable.len())] as usize;
        let count = 2 + draws.below(3);
        let lengths = if count == 4 { FOUR } else { COUNTED };
        (
            self.noun(sprite),
            self.apart(&vec![sprite; count], lengths, draws),
        )
    }

    /// Two different sprites that may be shown together.
    fn two(&self, draws: &mut Draws) -> (usize, usize) {
        if self.held_out {
            let pairs = self.holdout.pairs();
            let (first, second) = pairs[draws.below(pairs.len())];
            let (first, second) = (first as usize, second as usize);
            return [(first, second), (second, first)][draws.below(2)];
        }
        loop {
            let first = draws.below(self.sprites.count());
            let second = draws.below(self.sprites.count());
            if first != second && !self.holdout.contains(first, second) {
                return (first, second);
            }
        }
    }

    /// A sprite `length` pixels long, anywhere in the picture.
    fn anywhere(&self, sprite: usize, length: f32, draws: &mut Draws) -> Placed {
        let side = self.size as f32;
        let (width, height) = self.extents(sprite, length);
        let margin = MARGIN * side;
        Placed {
            sprite,
            left: draws.between([margin, side - margin - width]),
            top: draws.between([margin, side - margin - height]),
            width,
            height,
        }
    }

    fn extents(&self, sprite: usize, length: f32) -> (f32, f32) {
        let (width, height) = self.sprites.proportions(sprite);
        // Whatever is thinner than this is hardly there.
        ((width * length).max(2.0), (height * length).max(2.0))
    }

    /// Sprites anywhere, none near another.
    fn apart(&self, sprites: &[usize], lengths: [f32; 2], draws: &mut Draws) -> Vec<Placed> {
        let side = self.size as f32;
        // Things of one scene are of about one size.
        let length = draws.between(lengths) * side;
        let gap = GAP * side;
        for _ in 0..TRIES {
            let mut objects: Vec<Placed> = Vec::with_capacity(sprites.len());
            for sprite in sprites {
                let length = (length * draws.between([0.92, 1.08])).min(lengths[1] * side);
                let object = self.anywhere(*sprite, length, draws);
                if objects.iter().any(|other| near(other, &object, gap)) {
                    break;
                }
                objects.push(object);
            }
            if objects.len() == sprites.len() {
                return objects;
            }
        }
        self.in_quarters(sprites, length, draws)
    }

    /// Sprites each in a quarter of the picture, in random order.
    fn in_quarters(&self, sprites: &[usize], length: f32, draws: &mut Draws) -> Vec<Placed> {
        let half = self.size as f32 / 2.0;
        let longest = (1.0 - 2.0 * MARGIN - GAP) * half;
        // Steps of one or three quarters visit all four.
        let (start, step) = (draws.below(4), [1, 3][draws.below(2)]);
        sprites
            .iter()
            .enumerate()
            .map(|(at, sprite)| {
                let quarter = (start + at * step) % 4;
                let (width, height) = self.extents(*sprite, length.min(longest));
                let within = |extent: f32, draws: &mut Draws, far: bool| {
                    let (near, gap) = (MARGIN * half * 2.0, GAP * half);
                    let (low, high) = if far {
                        (half + gap, half * 2.0 - near)
                    } else {
                        (near, half - gap)
                    };
                    draws.between([low, (high - extent).max(low)])
                };
                Placed {
                    sprite: *sprite,
                    left: within(width, draws, quarter % 2 == 1),
                    top: within(height, draws, quarter >= 2),
                    width,
                    height,
                }
            })
            .collect()
    }

    /// Two sprites, the first lying to the second as `relation` says: further that way than any other.
    fn related(
        &self,
        first: usize,
        relation: Relation,
        second: usize,
        draws: &mut Draws,
    ) -> Vec<Placed> {
        let side = self.size as f32;
        let mut length = || draws.between(OF_TWO) * side;
        let (one, other) = (
            self.extents(first, length()),
            self.extents(second, length()),
        );
        let level = matches!(relation, Relation::Left | Relation::Right);
        let swapped = matches!(relation, Relation::Right | Relation::Below);
        let along = |extents: (f32, f32)| if level { extents.0 } else { extents.1 };
        let across = |extents: (f32, f32)| if level { extents.1 } else { extents.0 };

        // From here on the nearer one lies left of or above the farther one.
        let (near, far) = if swapped { (other, one) } else { (one, other) };
        let (margin, gap) = (MARGIN * side, GAP * side);
        let free = side - 2.0 * margin - gap - along(near) - along(far);
        let before = draws.between([0.0, free]);
        let between = gap + draws.between([0.0, free - before]);
        let starts = [margin + before, margin + before + along(near) + between];

        // The middles differ across by less than half of what they differ along.
        let distance = starts[1] + along(far) / 2.0 - starts[0] - along(near) / 2.0;
        let middles = |extents: (f32, f32)| {
            let half = across(extents) / 2.0;
            [margin + half, side - margin - half]
        };
        let [low, high] = middles(near);
        let near_middle = draws.between([low, high]);
        let [low, high] = middles(far);
        let shift = 0.45 * distance;
        let low = low.max(near_middle - shift).min(high);
        let far_middle = draws.between([low, high.min(near_middle + shift).max(low)]);

        let place = |sprite, extents: (f32, f32), start: f32, middle: f32| {
            let other = middle - across(extents) / 2.0;
            let (left, top) = if level {
                (start, other)
            } else {
                (other, start)
            };
            Placed {
                sprite,
                left,
                top,
                width: extents.0,
                height: extents.1,
            }
        };
        let near = |sprite| place(sprite, near, starts[0], near_middle);
        let far = |sprite| place(sprite, far, starts[1], far_middle);
        if swapped {
            vec![far(first), near(second)]
        } else {
            vec![near(first), far(second)]
        }
    }
}

/// Whether less than `gap` pixels lie between the two, down and across.
fn near(one: &Placed, other: &Placed, gap: f32) -> bool {
    one.left < other.left + other.width + gap
        && other.left < one.left + one.width + gap
        && one.top < other.top + other.height + gap
        && other.top < one.top + one.height + gap
}

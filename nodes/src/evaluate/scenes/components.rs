//! Connected parts of a picture.

/// A connected part: the box around it, and how many pixels it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    /// The first row.
    pub top: usize,
    /// The first pixel of a row.
    pub left: usize,
    /// The last row.
    pub bottom: usize,
    /// The last pixel of a row.
    pub right: usize,
    /// How many pixels are set.
    pub pixels: usize,
}

impl Region {
    /// Pixels a row.
    pub fn width(&self) -> usize {
        self.right - self.left + 1
    }

    /// Rows.
    pub fn height(&self) -> usize {
        self.bottom - self.top + 1
    }

    /// The region without its outermost pixels, or `None` where little would be left.
    pub fn inset(&self) -> Option<Self> {
        (self.width() > 8 && self.height() > 8).then_some(Self {
            top: self.top + 1,
            left: self.left + 1,
            bottom: self.bottom - 1,
            right: self.right - 1,
            pixels: self.pixels,
        })
    }

    /// Twice the middle, from the left and from the top: doubled, so that it is whole.
    pub fn middle(&self) -> [i64; 2] {
        [
            (self.left + self.right) as i64,
            (self.top + self.bottom) as i64,
        ]
    }
}

/// How far apart pixels of one part may lie, as a share of the shorter side: things have gaps, but things keep apart.
const REACH: f32 = 0.012;

/// The connected parts of the pixels that are `set`, from the top; pixels connect across small gaps.
pub fn components(set: &[bool], height: usize, width: usize) -> Vec<Region> {
    let reach = (REACH * height.min(width) as f32).round().max(1.0) as usize;
    let grown = grow(&grow(set, width, 1, reach), width, width, reach);
    let mut part = vec![usize::MAX; set.len()];
    let mut regions = Vec::new();
    for start in 0..set.len() {
        if !grown[start] || part[start] != usize::MAX {
            continue;
        }
        let number = regions.len();
        let mut region = None;
        let mut open = vec![start];
        part[start] = number;
        while let Some(at) = open.pop() {
            let (row, column) = (at / width, at % width);
            if set[at] {
                extend(&mut region, row, column);
            }
            let rows = row.saturating_sub(1)..(row + 2).min(height);
            for next_row in rows {
                for next_column in column.saturating_sub(1)..(column + 2).min(width) {
                    let next = next_row * width + next_column;
                    if grown[next] && part[next] == usize::MAX {
                        part[next] = number;
                        open.push(next);
                    }
                }
            }
        }
        regions.extend(region);
    }
    regions
}

fn extend(region: &mut Option<Region>, row: usize, column: usize) {
    let region = region.get_or_insert(Region {
        top: row,
        left: column,
        bottom: row,
        right: column,
        pixels: 0,
    });
    region.top = region.top.min(row);
    region.left = region.left.min(column);
    region.bottom = region.bottom.max(row);
    region.right = region.right.max(column);
    region.pixels += 1;
}

/// Sets every pixel within `reach` steps of a set one, along the axis whose neighbours lie `stride` apart.
fn grow(set: &[bool], width: usize, stride: usize, reach: usize) -> Vec<bool> {
    let mut grown = set.to_vec();
    for at in (0..set.len()).filter(|at| set[*at]) {
        for step in 1..=reach {
            let same_line = |other: usize| stride > 1 || other / width == at / width;
            if let Some(before) = at
                .checked_sub(step * stride)
                .filter(|other| same_line(*other))
            {
                grown[before] = true;
            }
            let after = at + step * stride;
            if after < set.len() && same_line(after) {
                grown[after] = true;
            }
        }
    }
    grown
}

#[cfg(test)]
mod tests {
    use super::{Region, components};

    fn of(picture: &str) -> Vec<Region> {
        let rows: Vec<&str> = picture.split('/').collect();
        let set: Vec<bool> = rows.concat().chars().map(|pixel| pixel == '#').collect();
        components(&set, rows.len(), rows[0].len())
    }

    #[test]
    fn parts_connect_across_small_gaps_alone() {
        // One pixel of reach on either side bridges two pixels.
        assert_eq!(of("#..#....#").len(), 2);
        assert_eq!(of("........./#......../........#").len(), 2);
        assert_eq!(of("........").len(), 0);
        assert_eq!(
            of("......../.##...../..#....#/......../......../......../......##"),
            [
                Region {
                    top: 1,
                    left: 1,
                    bottom: 2,
                    right: 2,
                    pixels: 3
                },
                Region {
                    top: 2,
                    left: 7,
                    bottom: 2,
                    right: 7,
                    pixels: 1
                },
                Region {
                    top: 6,
                    left: 6,
                    bottom: 6,
                    right: 7,
                    pixels: 2
                },
            ]
        );
    }

    #[test]
    fn the_end_of_a_row_does_not_touch_the_beginning_of_the_next() {
        assert_eq!(of("......#/#......").len(), 2);
    }
}

//! The things that scenes are composed of.

use std::path::Path;

use graph::error::NodeError;
use graph::param::ParamError;
use graph::run::Run;
use rayon::prelude::*;

use super::grammar::Noun;
use crate::input::captions::{self, Captioned};
use crate::input::picture::{Picture, extension};

/// The things that scenes are composed of, in the order of their names.
pub struct Sprites {
    /// What each is.
    pub nouns: Vec<Noun>,
    pictures: Vec<Vec<Picture>>,
}

/// How much smaller each copy of a sprite is than the one before.
const SHRINK: f32 = std::f32::consts::FRAC_1_SQRT_2;

impl Sprites {
    /// Reads the sprites of `family` from the folder at `path`, ready to be drawn from `shortest` to `longest` pixels long;
    /// `only` names those that are wanted, with commas between, or is empty.
    ///
    /// Errors: there are none, one that is wanted is missing, or one cannot be read.
    pub fn open(
        path: &Path,
        family: &str,
        only: &str,
        [shortest, longest]: [usize; 2],
        run: &Run,
    ) -> Result<Self, NodeError> {
        let folder = captions::folder_of(path, family)?;
        let mut chosen: Vec<(Noun, Captioned)> = captions::read(&folder)?
            .into_iter()
            .filter(|row| row.tone.is_empty())
            .filter_map(|row| Some((Noun::of(&row.concept, &row.group)?, row)))
            .collect();
        chosen.sort_by(|(left, _), (right, _)| left.name.cmp(&right.name));
        chosen.dedup_by(|(later, _), (first, _)| later.name == first.name);
        keep_only(&mut chosen, only)?;
        if chosen.is_empty() {
            return Err(NodeError::file(
                &folder,
                "no picture of the folder shows a thing that a scene can hold",
                "its captions.csv needs the columns `concept` and `group`, as workflows/data/fetch.sh writes them",
            ));
        }
        let pictures = chosen
            .par_iter()
            .map(|(_, row)| {
                run.check()?;
                let picture = read(&folder.join(&row.file), longest)?;
                Ok(copies(&picture, shortest, longest))
            })
            .collect::<Result<Vec<_>, NodeError>>()?;
        let nouns = chosen.into_iter().map(|(noun, _)| noun).collect();
        Ok(Self { nouns, pictures })
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.nouns.len()
    }

    /// How many bytes all copies of all of them hold.
    pub fn bytes(&self) -> usize {
        let copies = self.pictures.iter().flatten();
        copies.map(|copy| copy.pixels.len() * 4).sum()
    }

    /// The smallest copy of a sprite whose longer side is at least `side` pixels, or the largest there is.
    pub fn picture(&self, sprite: usize, side: f32) -> &Picture {
        let copies = &self.pictures[sprite];
        copies
            .iter()
            .rev()
            .find(|copy| copy.width.max(copy.height) as f32 >= side)
            .unwrap_or(&copies[0])
    }

    /// Width and height of a sprite whose longer side is 1.
    pub fn proportions(&self, sprite: usize) -> (f32, f32) {
        let largest = &self.pictures[sprite][0];
        let longer = largest.width.max(largest.height) as f32;
        (
            largest.width as f32 / longer,
            largest.height as f32 / longer,
        )
    }
}

fn keep_only(chosen: &mut Vec<(Noun, Captioned)>, only: &str) -> Result<(), NodeError> {
    let wanted: Vec<&str> = only
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let known = |name: &str| chosen.iter().any(|(noun, _)| noun.name == name);
    if let Some(unknown) = wanted.iter().find(|name| !known(name)) {
        return Err(NodeError::Param(ParamError::Invalid {
            param: "only".into(),
            expected: format!(
                "names out of the column `concept` of {}, in the singular",
                captions::FILE
            ),
            found: format!("{unknown:?}"),
        }));
    }
    chosen.retain(|(noun, _)| wanted.contains(&noun.name.as_str()));
    Ok(())
}

fn read(path: &Path, side: usize) -> Result<Picture, NodeError> {
    let bytes = std::fs::read(path).map_err(|error| {
        NodeError::file(path, error, "captions.csv names it; lay the folder anew")
    })?;
    // Vector pictures have borders too, so they are drawn larger than needed before those are cut off.
    let picture = Picture::decode(&bytes, &extension(path), side * 2).map_err(|error| {
        NodeError::file(
            path,
            error,
            "replace the file, or take its line out of captions.csv",
        )
    })?;
    Ok(picture.trimmed())
}

/// The picture at `longest` pixels and ever smaller, down to `shortest`.
fn copies(picture: &Picture, shortest: usize, longest: usize) -> Vec<Picture> {
    let mut side = longest as f32;
    let mut copies = Vec::new();
    while copies.is_empty() || side > shortest as f32 {
        let (width, height) = picture.fitted(side.ceil() as usize);
        copies.push(picture.resized(width, height));
        side *= SHRINK;
    }
    // One more, so that the smallest objects too are drawn from a copy hardly larger than they are.
    let (width, height) = picture.fitted(shortest.max(1));
    copies.push(picture.resized(width, height));
    copies
}

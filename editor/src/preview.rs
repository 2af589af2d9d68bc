//! What runs have shown, made ready to be drawn: each picture is shrunk and uploaded once.

mod grid;
pub mod plot;
mod shrink;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use graph::document::NodeId;
use graph::preview::{Line, Picture, Preview, TokenGrid};
use iced::widget::image::Handle;

pub(crate) use shrink::opaque;

/// How many pixels the longer side of a thumbnail has at most.
pub const LARGEST: u32 = 256;

/// What was shown of a value, ready to be drawn; clones share everything.
#[derive(Clone, Debug)]
pub enum Shown {
    /// Pictures of one batch, at least one.
    Pictures(Vec<Thumbnail>),
    /// The codes of one picture.
    Grid {
        /// The codes.
        grid: Arc<TokenGrid>,
        /// The grid as a small picture.
        small: Handle,
    },
    /// How the codes of one picture came about, the start first; at least one grid.
    Steps {
        /// The codes after every step.
        grids: Arc<Vec<TokenGrid>>,
        /// The last grid as a small picture.
        small: Handle,
    },
    /// Lines over a common axis.
    Curve(Vec<Line>),
    /// A few lines of text.
    Text(String),
}

/// A picture with what is drawn of it.
#[derive(Clone, Debug)]
pub struct Thumbnail {
    picture: Picture,
    small: Handle,
    whole: Arc<OnceLock<Handle>>,
}

/// What the nodes of a document have shown.
#[derive(Clone, Debug, Default)]
pub struct Thumbnails {
    nodes: BTreeMap<NodeId, Seen>,
    version: u64,
}

/// What one node has shown.
#[derive(Clone, Debug, Default)]
struct Seen {
    live: Option<Shown>,
    ports: BTreeMap<String, Shown>,
    /// The ports of which a newer result is there that has not been shown.
    outdated: BTreeSet<String>,
}

impl Shown {
    /// Makes `preview` ready to be drawn; this takes a while for large pictures.
    pub fn new(preview: Preview) -> Self {
        match preview {
            Preview::Images(pictures) => {
                let count = pictures.len();
                let thumbnails: Vec<Thumbnail> =
                    pictures.into_iter().filter_map(Thumbnail::new).collect();
                if thumbnails.is_empty() {
                    Self::Text(format!("none of {count} pictures can be drawn"))
                } else {
                    Self::Pictures(thumbnails)
                }
            }
            Preview::TokenGrid(grid) => match grid::draw(&grid) {
                Some(small) => Self::Grid {
                    grid: Arc::new(grid),
                    small,
                },
                None => Self::Text("the tokens cannot be drawn".into()),
            },
            Preview::Steps(grids) => match grids.last().and_then(grid::draw) {
                Some(small) => Self::Steps {
                    grids: Arc::new(grids),
                    small,
                },
                None => Self::Text("the steps cannot be drawn".into()),
            },
            Preview::Curve(lines) => Self::Curve(lines),
            Preview::Text(text) => Self::Text(text),
        }
    }

    /// The small picture that stands for it, if it is one.
    pub fn small(&self) -> Option<&Handle> {
        match self {
            Self::Pictures(pictures) => pictures.first().map(Thumbnail::small),
            Self::Grid { small, .. } | Self::Steps { small, .. } => Some(small),
            Self::Curve(_) | Self::Text(_) => None,
        }
    }

    /// How wide and how high it is where it is a picture, in pixels or tokens: its proportions.
    pub fn size(&self) -> Option<(u32, u32)> {
        match self {
            Self::Pictures(pictures) => pictures
                .first()
                .map(|first| (first.picture.width, first.picture.height)),
            Self::Grid { grid, .. } => Some((grid.columns, grid.rows)),
            Self::Steps { grids, .. } => grids.last().map(|last| (last.columns, last.rows)),
            Self::Curve(_) | Self::Text(_) => None,
        }
    }

    /// How telling it is at a glance, the most telling first.
    fn rank(&self) -> u8 {
        match self {
            Self::Pictures(_) => 0,
            Self::Steps { .. } => 1,
            Self::Grid { .. } => 2,
            Self::Curve(_) => 3,
            Self::Text(_) => 4,
        }
    }
}

impl Thumbnail {
    /// `None` where the bytes do not fill the picture, or there is nothing to see.
    fn new(picture: Picture) -> Option<Self> {
        let small = shrink::shrunk(&picture, LARGEST)?;
        let whole = Arc::new(OnceLock::new());
        if picture.width.max(picture.height) <= LARGEST {
            let _ = whole.set(small.clone());
        }
        Some(Self {
            picture,
            small,
            whole,
        })
    }

    /// The picture itself.
    pub fn picture(&self) -> &Picture {
        &self.picture
    }

    /// The picture with at most [`LARGEST`] pixels a side.
    pub fn small(&self) -> &Handle {
        &self.small
    }

    /// The picture with all its pixels, made when it is first asked for.
    pub fn whole(&self) -> &Handle {
        self.whole.get_or_init(|| shrink::opaque(&self.picture))
    }
}

impl Thumbnails {
    /// What best stands for `node`: what it shows while it runs, else its most telling output.
    pub fn of(&self, node: &NodeId) -> Option<&Shown> {
        let seen = self.nodes.get(node)?;
        let most_telling = || seen.ports.values().min_by_key(|shown| shown.rank());
        seen.live.as_ref().or_else(most_telling)
    }

    /// What `node` shows while it runs, or showed last when it was stopped.
    pub fn live(&self, node: &NodeId) -> Option<&Shown> {
        self.nodes.get(node)?.live.as_ref()
    }

    /// What came out of the output `port` of `node` when it last ran.
    pub fn at(&self, node: &NodeId, port: &str) -> Option<&Shown> {
        self.nodes.get(node)?.ports.get(port)
    }

    /// What came out of every output of `node` when it last ran.
    pub fn ports(&self, node: &NodeId) -> impl Iterator<Item = (&str, &Shown)> {
        let ports = self.nodes.get(node).map(|seen| seen.ports.iter());
        let ports = ports.into_iter().flatten();
        ports.map(|(port, shown)| (port.as_str(), shown))
    }

    /// Counts up with every change, for whoever remembers what was drawn.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Takes in what a node shows while it runs.
    pub fn show_live(&mut self, node: &NodeId, shown: Shown) {
        self.seen(node).live = Some(shown);
    }

    /// Takes in what came out of a node that has finished.
    pub fn show(&mut self, node: &NodeId, port: &str, shown: Shown) {
        let seen = self.seen(node);
        let _ = seen.outdated.remove(port);
        let _ = seen.ports.insert(port.into(), shown);
    }

    /// Takes in that `node` has finished: what it showed before stays until it shows what came out.
    pub fn finish(&mut self, node: &NodeId) {
        let seen = self.seen(node);
        seen.live = None;
        seen.outdated = seen.ports.keys().cloned().collect();
    }

    /// Takes in that the run is over: what has not been shown anew is no more.
    pub fn settle(&mut self) {
        self.version += 1;
        for seen in self.nodes.values_mut() {
            let outdated = std::mem::take(&mut seen.outdated);
            seen.ports.retain(|port, _| !outdated.contains(port));
        }
    }

    /// Forgets what `node` has shown: it starts anew, or what it showed is no more.
    pub fn forget(&mut self, node: &NodeId) {
        self.version += 1;
        let _ = self.nodes.remove(node);
    }

    /// Follows a node that is called something else now.
    pub fn rename(&mut self, from: &NodeId, to: &NodeId) {
        self.version += 1;
        if let Some(seen) = self.nodes.remove(from) {
            let _ = self.nodes.insert(to.clone(), seen);
        }
    }

    fn seen(&mut self, node: &NodeId) -> &mut Seen {
        self.version += 1;
        self.nodes.entry(node.clone()).or_default()
    }
}

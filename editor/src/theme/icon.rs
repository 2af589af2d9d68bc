//! The pictures on buttons and nodes: a few glyphs of Lucide, as a font.

use iced::Font;
use iced::widget::{Text, text};

/// The font file that the glyphs of [`Icon`] are in.
pub const FILE: &[u8] = include_bytes!("../../fonts/icons.ttf");

/// The font that the glyphs of [`Icon`] are in, once [`FILE`] is loaded.
pub const FONT: Font = Font::with_name("lucide");

/// One picture as text, in the size and colour that the text is given.
pub fn icon<'a>(icon: Icon) -> Text<'a> {
    text(icon.glyph())
        .font(FONT)
        .line_height(1.0)
        .shaping(text::Shaping::Basic)
}

macro_rules! icons {
    ($($(#[$doc:meta])* $name:ident = $glyph:literal,)*) => {
        /// What a picture stands for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Icon {
            $($(#[$doc])* $name,)*
        }

        impl Icon {
            /// All pictures there are.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The glyph in [`FONT`].
            pub const fn glyph(self) -> char {
                match self {
                    $(Self::$name => $glyph,)*
                }
            }
        }
    };
}

icons! {
    /// Lower edges on one line.
    AlignBottom = '\u{e26e}',
    /// Centres on one vertical line.
    AlignCentre = '\u{e26d}',
    /// Left edges on one line.
    AlignLeft = '\u{e271}',
    /// Centres on one horizontal line.
    AlignMiddle = '\u{e26c}',
    /// Right edges on one line.
    AlignRight = '\u{e26f}',
    /// Upper edges on one line.
    AlignTop = '\u{e270}',
    /// Arranges by layers.
    Arrange = '\u{e125}',
    /// Downwards.
    ArrowDown = '\u{e042}',
    /// To the left.
    ArrowLeft = '\u{e048}',
    /// To the right.
    ArrowRight = '\u{e049}',
    /// Upwards.
    ArrowUp = '\u{e04a}',
    /// It is not allowed.
    Ban = '\u{e051}',
    /// A model.
    Box = '\u{e061}',
    /// Paints.
    Brush = '\u{e1d3}',
    /// It hands on what it is given.
    Bypass = '\u{e0a2}',
    /// Taken from the cache.
    Cached = '\u{e1b4}',
    /// It was called off.
    Cancelled = '\u{e084}',
    /// Chosen, or done.
    Check = '\u{e06c}',
    /// Opened, or opens a list.
    ChevronDown = '\u{e06d}',
    /// The one before.
    ChevronLeft = '\u{e06e}',
    /// Closed, or the next one.
    ChevronRight = '\u{e06f}',
    /// Closes a list.
    ChevronUp = '\u{e070}',
    /// A choice out of a list.
    ChevronsUpDown = '\u{e211}',
    /// The clipboard.
    Clipboard = '\u{e085}',
    /// It waits.
    Clock = '\u{e087}',
    /// Closes or removes.
    Close = '\u{e1b2}',
    /// Side by side.
    Columns = '\u{e098}',
    /// Copies.
    Copy = '\u{e09e}',
    /// The device that computes.
    Cpu = '\u{e0a9}',
    /// A curve.
    Curve = '\u{e2a5}',
    /// Cuts.
    Cut = '\u{e14e}',
    /// Data to learn from.
    Database = '\u{e0ad}',
    /// Rolls a seed.
    Dice = '\u{e28b}',
    /// Even gaps from left to right.
    DistributeAcross = '\u{e03c}',
    /// Even gaps from top to bottom.
    DistributeDown = '\u{e27e}',
    /// Writes to a file.
    Download = '\u{e0b2}',
    /// Makes another of the same.
    Duplicate = '\u{e3fd}',
    /// As large as the window.
    Enlarge = '\u{e113}',
    /// Paints away.
    Eraser = '\u{e28f}',
    /// Can be set from outside.
    Expose = '\u{e259}',
    /// Is shown.
    Eye = '\u{e0ba}',
    /// Is not shown.
    EyeOff = '\u{e0bb}',
    /// Something failed.
    Failure = '\u{e077}',
    /// A file.
    File = '\u{e0c0}',
    /// All of it in view.
    Fit = '\u{e112}',
    /// A folder.
    Folder = '\u{e0d7}',
    /// Opens a file or folder.
    FolderOpen = '\u{e247}',
    /// The form of the workflow.
    Form = '\u{e6a8}',
    /// A frame around nodes.
    Frame = '\u{e291}',
    /// The grid, or a grid of tokens.
    Grid = '\u{e0e9}',
    /// Can be dragged.
    Grip = '\u{e0eb}',
    /// A number.
    Hash = '\u{e0ef}',
    /// What was before.
    History = '\u{e1f5}',
    /// A picture.
    Image = '\u{e0f6}',
    /// Several pictures.
    Images = '\u{e5c4}',
    /// What is to know of it.
    Info = '\u{e0f9}',
    /// All that can be set on the selection.
    Inspector = '\u{e1d9}',
    /// The keys.
    Keyboard = '\u{e284}',
    /// What lies on each other.
    Layers = '\u{e529}',
    /// Wired.
    Link = '\u{e102}',
    /// A list.
    List = '\u{e106}',
    /// May be looked at alone.
    Lock = '\u{e10b}',
    /// The map of the whole.
    Minimap = '\u{e110}',
    /// Takes one away.
    Minus = '\u{e11c}',
    /// The dark look.
    Moon = '\u{e11e}',
    /// What else can be done.
    More = '\u{e0b6}',
    /// What else can be done with this one.
    MoreDown = '\u{e0b7}',
    /// It takes no part.
    Muted = '\u{e1ac}',
    /// Begins a new file.
    NewFile = '\u{e0c9}',
    /// A note.
    Note = '\u{e303}',
    /// Opens in a view of its own.
    Open = '\u{e0b9}',
    /// Colours.
    Palette = '\u{e1dd}',
    /// The panel at the bottom.
    PanelBottom = '\u{e42c}',
    /// The panel at the left.
    PanelLeft = '\u{e12a}',
    /// The panel at the right.
    PanelRight = '\u{e431}',
    /// Pastes.
    Paste = '\u{e3e8}',
    /// Pauses.
    Pause = '\u{e12e}',
    /// Renames or edits.
    Pencil = '\u{e1f9}',
    /// Runs, or plays.
    Play = '\u{e13c}',
    /// Adds.
    Plus = '\u{e13d}',
    /// A plugin.
    Puzzle = '\u{e29c}',
    /// What the keys are.
    Question = '\u{e082}',
    /// The queue of runs.
    Queue = '\u{e1d1}',
    /// Marks a rectangle.
    Rectangle = '\u{e1cb}',
    /// One step forward again.
    Redo = '\u{e2a0}',
    /// Looks again.
    Refresh = '\u{e145}',
    /// Back to what it is unless set.
    Reset = '\u{e148}',
    /// Once more.
    Retry = '\u{e149}',
    /// One above the other.
    Rows = '\u{e439}',
    /// It runs.
    Running = '\u{e10a}',
    /// Saves.
    Save = '\u{e14d}',
    /// Saves under another name.
    SaveAll = '\u{e40f}',
    /// Searches.
    Search = '\u{e151}',
    /// The settings.
    Settings = '\u{e154}',
    /// Smaller again.
    Shrink = '\u{e11a}',
    /// To the first step.
    SkipBack = '\u{e15f}',
    /// To the last step.
    SkipForward = '\u{e160}',
    /// It was left out.
    Skipped = '\u{e402}',
    /// Parameters.
    Sliders = '\u{e29a}',
    /// Snaps to the grid.
    Snap = '\u{e2b5}',
    /// Splits a view.
    Split = '\u{e440}',
    /// Used often.
    Star = '\u{e176}',
    /// One step back in time.
    StepBack = '\u{e3e9}',
    /// One step on in time.
    StepForward = '\u{e3ea}',
    /// Stops what runs.
    Stop = '\u{e167}',
    /// Something went well.
    Success = '\u{e226}',
    /// The light look.
    Sun = '\u{e178}',
    /// A command.
    Terminal = '\u{e181}',
    /// Text.
    Text = '\u{e198}',
    /// How long it took.
    Timer = '\u{e1e0}',
    /// Deletes.
    Trash = '\u{e18e}',
    /// One step back.
    Undo = '\u{e2a1}',
    /// Takes wires away.
    Unlink = '\u{e19c}',
    /// May be changed.
    Unlock = '\u{e10c}',
    /// Something needs a look.
    Warning = '\u{e193}',
    /// A wire.
    Wire = '\u{e53e}',
    /// A workflow.
    Workflow = '\u{e425}',
    /// Closer.
    ZoomIn = '\u{e1b6}',
    /// Farther away.
    ZoomOut = '\u{e1b7}',
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The characters that a font file has glyphs for, read from the table that maps segments of them.
    fn characters(font: &[u8]) -> BTreeSet<u32> {
        let short = |at: usize| u32::from(u16::from_be_bytes([font[at], font[at + 1]]));
        let long = |at: usize| (short(at) << 16 | short(at + 2)) as usize;
        let tables = short(4) as usize;
        let map = (0..tables)
            .map(|table| 12 + 16 * table)
            .find(|at| &font[*at..at + 4] == b"cmap")
            .map(|at| long(at + 8))
            .expect("the font has a map of characters");
        let segments = (0..short(map + 2) as usize)
            .map(|record| map + long(map + 4 + 8 * record + 4))
            .find(|at| short(*at) == 4)
            .expect("the map has a table of segments");
        let count = short(segments + 6) as usize / 2;
        (0..count)
            .flat_map(|segment| {
                let end = short(segments + 14 + 2 * segment);
                let start = short(segments + 16 + 2 * count + 2 * segment);
                start..=end
            })
            .collect()
    }

    #[test]
    fn every_icon_is_in_the_font_and_looks_like_no_other() {
        let characters = characters(FILE);
        let glyphs: BTreeSet<char> = Icon::ALL.iter().map(|icon| icon.glyph()).collect();

        for icon in Icon::ALL {
            assert!(
                characters.contains(&u32::from(icon.glyph())),
                "the font has no glyph for {icon:?}"
            );
        }
        assert_eq!(glyphs.len(), Icon::ALL.len());
    }
}

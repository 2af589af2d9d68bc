//! Everything that can be done with a key or from the command palette.

mod table;

#[cfg(test)]
mod tests;

use graph::Choice;
use graph::param::Choice as _;

use table::TABLE;

/// One thing that can be done; the keymap gives it keys, the palette its title.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Choice)]
pub enum Command {
    /// Opens an empty workflow in a tab of its own.
    New,
    /// Opens a workflow file, or a picture that carries one.
    Open,
    /// Shows the workflows that were open lately.
    OpenRecent,
    /// Writes the workflow to its file.
    Save,
    /// Writes the workflow to another file, and goes on with that.
    SaveAs,
    /// Takes the workflow as it is on the disk; undo brings back what was on the canvas.
    Reload,
    /// Closes the tab, and asks what shall become of changes that are not saved.
    CloseTab,
    /// Goes to the tab on the right.
    NextTab,
    /// Goes to the tab on the left.
    PreviousTab,
    /// Closes the editor, and asks what shall become of changes that are not saved.
    Quit,
    /// Takes the last change back, also behind a save.
    Undo,
    /// Makes the change again that was taken back.
    Redo,
    /// Takes what is selected away and into the clipboard.
    Cut,
    /// Puts what is selected into the clipboard, as text.
    Copy,
    /// Adds what is in the clipboard.
    Paste,
    /// Adds what is in the clipboard, wired to the same outputs as where it was copied.
    PasteWithLinks,
    /// Adds what is selected once more.
    Duplicate,
    /// Takes what is selected away; wires are led past it where they fit.
    Delete,
    /// Selects everything.
    SelectAll,
    /// Selects nothing.
    SelectNone,
    /// Selects all nodes that wires join to those selected.
    SelectLinked,
    /// Goes along a wire to the node behind.
    NextNode,
    /// Goes back along a wire to the node before.
    PreviousNode,
    /// Goes to the nearest node above.
    NodeAbove,
    /// Goes to the nearest node below.
    NodeBelow,
    /// Looks for a node to add.
    Search,
    /// Wires an output of the node to an input elsewhere, by name.
    Connect,
    /// Calls the node something else.
    Rename,
    /// Leaves the nodes out of runs, or takes them in again.
    Mute,
    /// Lets the nodes hand on what they get, or work again.
    Bypass,
    /// Shows the nodes as their titles alone, or whole again.
    Collapse,
    /// Draws a frame around what is selected.
    Frame,
    /// Writes a note on the canvas.
    Note,
    /// Shows the pictures of the node large.
    ShowPictures,
    /// Shows what can be done with what is selected.
    Menu,
    /// Lines the left edges up.
    AlignLeft,
    /// Lines the right edges up.
    AlignRight,
    /// Lines the upper edges up.
    AlignTop,
    /// Lines the lower edges up.
    AlignBottom,
    /// Puts the nodes one below the other on a line through their centres.
    AlignCentre,
    /// Puts the nodes side by side on a line through their middles.
    AlignMiddle,
    /// Makes the gaps between nodes side by side equal.
    DistributeHorizontally,
    /// Makes the gaps between nodes above each other equal.
    DistributeVertically,
    /// Lays the selected nodes out by how they are wired; all of them where none is selected.
    Arrange,
    /// Lets dragged nodes jump from one line of the grid to the next, or move freely.
    Snap,
    /// Moves what is selected to the left.
    NudgeLeft,
    /// Moves what is selected to the right.
    NudgeRight,
    /// Moves what is selected up.
    NudgeUp,
    /// Moves what is selected down.
    NudgeDown,
    /// Shows the whole workflow.
    Fit,
    /// Shows what is selected, as large as fits.
    FitSelection,
    /// Comes nearer.
    ZoomIn,
    /// Goes farther away.
    ZoomOut,
    /// Shows everything in its own size.
    ZoomReset,
    /// Shows or hides the small map of the canvas.
    Minimap,
    /// Shows or hides all that can be set on the selected node.
    Inspector,
    /// Shows or hides the runs that wait and those that are done.
    Queue,
    /// Shows only what the workflow offers to be set, and its results.
    FormView,
    /// Shows the tokens of the selected sampler, step by step.
    TokenView,
    /// Goes from light to dark and back.
    Theme,
    /// Looks for something to do.
    Palette,
    /// Lists every command with its keys.
    Keys,
    /// Lists the plugins that are here, to trust them or see what keeps them.
    Plugins,
    /// Runs the workflow.
    Run,
    /// Runs what the selected node needs, and the node itself.
    RunToHere,
    /// Stops the run; where none is going on, gives up what has been begun on the canvas.
    Cancel,
}

/// Commands that are listed together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Files and tabs.
    File,
    /// Changes, and taking them back.
    Edit,
    /// What is selected.
    Select,
    /// Nodes, wires and what is drawn around them.
    Node,
    /// Where things are.
    Arrange,
    /// What is shown.
    View,
    /// Computing.
    Run,
}

/// What the table says of a command.
struct Row {
    command: Command,
    group: Group,
    id: &'static str,
    title: &'static str,
    keys: &'static [&'static str],
}

impl Command {
    /// All commands, in the order in which they are listed.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|row| row.command)
    }

    /// The name in the keymap file; it never changes.
    pub fn id(self) -> &'static str {
        self.row().id
    }

    /// The command called `id`.
    pub fn from_id(id: &str) -> Option<Self> {
        TABLE.iter().find(|row| row.id == id).map(|row| row.command)
    }

    /// What a menu calls it.
    pub fn title(self) -> &'static str {
        self.row().title
    }

    /// What it does, in a sentence.
    pub fn doc(self) -> &'static str {
        Self::OPTIONS[self as usize].1
    }

    /// What it is listed with.
    pub fn group(self) -> Group {
        self.row().group
    }

    /// The keys that it has until somebody gives it others, in the spelling of the keymap file.
    pub fn default_keys(self) -> &'static [&'static str] {
        self.row().keys
    }

    fn row(self) -> &'static Row {
        &TABLE[self as usize]
    }
}

impl Group {
    /// All groups, in the order in which they are listed.
    pub const ALL: [Self; 7] = [
        Self::File,
        Self::Edit,
        Self::Select,
        Self::Node,
        Self::Arrange,
        Self::View,
        Self::Run,
    ];

    /// What a list of commands calls it.
    pub fn title(self) -> &'static str {
        match self {
            Self::File => "File",
            Self::Edit => "Edit",
            Self::Select => "Select",
            Self::Node => "Nodes",
            Self::Arrange => "Arrange",
            Self::View => "View",
            Self::Run => "Run",
        }
    }
}

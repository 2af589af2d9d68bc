//! The canvas: what is seen of a graph, and what a hand does to it.
//!
//! It changes nothing itself: whatever is done comes out as an [`Action`], which whoever owns the document carries out.

pub mod align;
pub mod arrange;
pub mod camera;
mod draw;
mod edge;
pub mod frames;
mod gesture;
pub mod hit;
mod keyboard;
mod minimap;
mod reroute;
pub mod scene;
pub mod selection;
pub mod walk;
mod widget;
pub mod wiring;

#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use graph::document::{Graph, NodeId, PortRef};
use graph::edit::Edit;
use graph::registry::Registry;

use crate::preview::{Shown, Thumbnails};
use crate::space::{ScreenPoint, ScreenRect, ScreenSize, ScreenVector, WorldPoint, position};
use crate::status::{Faults, Statuses};
use crate::theme::Look;
use camera::Camera;
use gesture::{Dice, Gesture};
use hit::Target;
use scene::Scene;
use selection::Selection;

pub use gesture::overlay::{LooseWire, Overlay};

/// The step of the grid that nodes snap to, in units of the plane.
pub const GRID: f32 = 20.0;

/// What is seen of one document, and the gesture in progress.
#[derive(Clone, Debug)]
pub struct Canvas {
    /// Which piece of the plane is seen.
    pub camera: Camera,
    /// What is selected.
    pub selection: Selection,
    /// Whether what is dragged snaps to the grid.
    pub snaps: bool,
    /// Whether the minimap is shown.
    pub minimap: bool,
    gesture: Gesture,
    hover: Target,
    cursor: Option<ScreenPoint>,
    is_fitted: bool,
    dice: Dice,
    scene: RefCell<Option<Built>>,
}

/// What the canvas is shown of everything else.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The document's graph.
    pub graph: &'a Graph,
    /// Which kinds of node there are.
    pub registry: &'a Registry,
    /// Counts the changes of the graph.
    pub revision: u64,
    /// How the runs of nodes are going.
    pub statuses: &'a Statuses,
    /// What nodes have made.
    pub thumbnails: &'a Thumbnails,
    /// What is wrong with nodes before they are run.
    pub faults: &'a Faults,
    /// The colours.
    pub look: &'a Look,
}

/// What happened on the canvas; points are relative to its upper left corner.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Message {
    /// A button went down.
    Pressed {
        /// Where.
        at: ScreenPoint,
        /// Which button.
        button: Button,
        /// What else is held down.
        held: Held,
    },
    /// A button went down for the second time in the same place within a moment, in place of the second `Pressed`.
    DoubleClicked {
        /// Where.
        at: ScreenPoint,
    },
    /// The pointer moved, also where it has left the canvas with a button down.
    Moved {
        /// Where to.
        at: ScreenPoint,
        /// What is held down.
        held: Held,
    },
    /// A button went up.
    Released {
        /// Where.
        at: ScreenPoint,
        /// Which button.
        button: Button,
    },
    /// The wheel was turned.
    Scrolled {
        /// Where the pointer is.
        at: ScreenPoint,
        /// By how many notches; upwards and leftwards are positive.
        notches: ScreenVector,
        /// What is held down.
        held: Held,
    },
    /// Time has passed since the last picture, while something is held at an edge.
    TimePassed {
        /// How long.
        seconds: f32,
        /// What is held down.
        held: Held,
    },
    /// The pointer has left the canvas.
    Left,
    /// The canvas has another size.
    Resized(ScreenSize),
    /// The minimap was pressed, or the pointer moved on it with the button down.
    MinimapDragged {
        /// The point of the plane that was pointed at.
        at: WorldPoint,
    },
}

/// A button of the mouse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Button {
    /// The left one.
    Left,
    /// The wheel.
    Middle,
    /// The right one.
    Right,
}

/// Keys that are held down while the mouse does something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Shift.
    pub shift: bool,
    /// Control, or Command where there is one.
    pub control: bool,
    /// Alt.
    pub alt: bool,
    /// The space bar.
    pub space: bool,
}

/// One end of a wire whose other end is in the hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Loose {
    /// It begins here, and wants an input.
    Output(PortRef),
    /// It ends here, and wants an output.
    Input(PortRef),
}

/// What shall be done about it.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Nothing.
    None,
    /// This change, as a step of its own.
    Apply(Edit),
    /// This change, as part of the drag that goes on.
    Merge(Edit),
    /// The drag has ended.
    Seal,
    /// The drag was called off: what was merged of it shall be undone.
    Abandon,
    /// The list of nodes shall open.
    Search {
        /// Where the node shall stand.
        at: WorldPoint,
        /// Where the list shall open.
        screen: ScreenPoint,
        /// The wire that the node shall be at.
        from: Option<Loose>,
    },
    /// The value of a parameter shall be typed.
    Edit {
        /// The parameter.
        target: PortRef,
        /// Where its value stands.
        bounds: ScreenRect,
    },
    /// The value of a parameter shall be chosen from its list.
    Choose {
        /// The parameter.
        target: PortRef,
        /// Where its value stands.
        bounds: ScreenRect,
    },
    /// The list of ports that a node can be wired to shall open.
    Connect(NodeId),
    /// A node shall be called something else.
    Rename(NodeId),
    /// The text of a note shall be typed.
    EditNote(NodeId),
    /// The title of a frame shall be typed.
    EditFrame(NodeId),
    /// The pictures that a node has made shall be seen large.
    OpenViewer(NodeId),
    /// The tokens that a node has laid shall be seen step by step.
    OpenTokens(NodeId),
    /// The menu of what is selected shall open.
    Menu {
        /// Where.
        at: ScreenPoint,
    },
    /// Why something cannot be done.
    Say(String),
    /// All of these, in this order.
    Several(Vec<Action>),
}

/// A scene, and what it was built from.
#[derive(Clone, Debug)]
struct Built {
    /// The graph as it was when the whole scene was built; since then things may have moved.
    of: Rc<Graph>,
    revision: u64,
    /// Counts what nodes have shown.
    version: u64,
    shown: BTreeSet<NodeId>,
    scene: Arc<Scene>,
}

impl Built {
    /// The scene as it is now, where nothing but places has changed, and what it was built from.
    fn followed(self, context: &Context<'_>) -> Option<(Rc<Graph>, Arc<Scene>)> {
        if self.revision == context.revision {
            return Some((self.of, self.scene));
        }
        if !scene::differ_in_places(&self.of, context.graph) {
            return None;
        }
        let moved = self
            .scene
            .moved(context.graph, context.registry, &self.shown)?;
        Some((self.of, Arc::new(moved)))
    }
}

impl Default for Canvas {
    fn default() -> Self {
        Self::new()
    }
}

impl Canvas {
    /// A canvas that shows all of its graph as soon as its size is known.
    pub fn new() -> Self {
        Self {
            camera: Camera::default(),
            selection: Selection::default(),
            snaps: true,
            minimap: true,
            gesture: Gesture::Idle,
            hover: Target::Nothing,
            cursor: None,
            is_fitted: false,
            dice: Dice::new(),
            scene: RefCell::new(None),
        }
    }

    /// Where everything is; built anew only where more of the graph has changed than places.
    pub fn scene(&self, context: &Context<'_>) -> Arc<Scene> {
        let mut built = self.scene.borrow_mut();
        let version = context.thumbnails.version();
        if let Some(built) = &*built
            && (built.revision, built.version) == (context.revision, version)
        {
            return built.scene.clone();
        }
        let shown = shown(context);
        let before = built.take().filter(|before| before.shown == shown);
        let (of, scene) = before
            .and_then(|before| before.followed(context))
            .unwrap_or_else(|| {
                let scene = Scene::new(context.graph, context.registry, &shown);
                (Rc::new(context.graph.clone()), Arc::new(scene))
            });
        *built = Some(Built {
            of,
            revision: context.revision,
            version,
            shown,
            scene: scene.clone(),
        });
        scene
    }

    /// Lets everything be measured anew, where there are other kinds of node than before.
    pub fn forget_scene(&mut self) {
        *self.scene.get_mut() = None;
    }

    /// Takes in what happened.
    pub fn update(&mut self, message: Message, context: &Context<'_>) -> Action {
        let scene = self.scene(context);
        let view = View {
            graph: context.graph,
            registry: context.registry,
            thumbnails: context.thumbnails,
            scene: &scene,
        };
        self.selection.forget_missing(context.graph);
        let action = self.happened(message, &view);
        pin(action, &view)
    }

    fn happened(&mut self, message: Message, view: &View<'_>) -> Action {
        match message {
            Message::Pressed { at, button, held } => {
                self.cursor = Some(at);
                self.pressed(at, button, held, view)
            }
            Message::DoubleClicked { at } => self.double_clicked(at, view),
            Message::Moved { at, held } => {
                self.cursor = Some(at);
                self.moved(at, held, view)
            }
            Message::Released { at, button } => self.released(at, button, view),
            Message::Scrolled { at, notches, held } => {
                self.scrolled(at, notches, held);
                Action::None
            }
            Message::TimePassed { seconds, held } => self.time_passed(seconds, held, view),
            Message::Left => {
                self.cursor = None;
                self.hover = Target::Nothing;
                Action::None
            }
            Message::Resized(size) => {
                self.resized(size, view.scene);
                Action::None
            }
            Message::MinimapDragged { at } => {
                self.camera.look_at(at);
                Action::None
            }
        }
    }

    /// What the pointer is at.
    pub fn hover(&self) -> &Target {
        &self.hover
    }

    /// Whether a gesture is in progress; keys that change the document should wait until it has ended.
    pub fn is_busy(&self) -> bool {
        !matches!(self.gesture, Gesture::Idle)
    }

    /// Where the pointer is on the plane, or else the middle of what is seen.
    pub fn pointer(&self) -> WorldPoint {
        match self.cursor {
            Some(at) => self.camera.to_world(at),
            None => self.camera.centre(),
        }
    }

    /// `edit` with the places of all nodes that have none yet, so that none of them jumps because of it.
    pub fn pinned(&self, edit: Edit, context: &Context<'_>) -> Edit {
        pinned(edit, context.graph, &self.scene(context))
    }

    /// Where something that is put at `point` comes to lie.
    fn snapped(&self, point: WorldPoint) -> WorldPoint {
        if self.snaps { snapped(point) } else { point }
    }

    /// The first size that the canvas is given is when all can be shown.
    fn resized(&mut self, size: ScreenSize, scene: &Scene) {
        self.camera.resize(size);
        if self.is_fitted || size.is_empty() {
            return;
        }
        self.is_fitted = true;
        if let Some(bounds) = scene.bounds() {
            self.camera.fit(bounds);
        }
    }
}

/// Whether `edit` changes nothing but where things lie.
pub fn moves_alone(edit: &Edit) -> bool {
    match edit {
        Edit::Move { .. }
        | Edit::SetFrame { frame: Some(_), .. }
        | Edit::SetNote { note: Some(_), .. }
        | Edit::SetReroutes { .. } => true,
        Edit::Batch(edits) => edits.iter().all(moves_alone),
        Edit::AddNode(_)
        | Edit::RemoveNode(_)
        | Edit::RenameNode { .. }
        | Edit::Connect(_)
        | Edit::Disconnect(_)
        | Edit::SetParam { .. }
        | Edit::SetVerbatim { .. }
        | Edit::SetState { .. }
        | Edit::SetCollapsed { .. }
        | Edit::SetInterfaceParam { .. }
        | Edit::SetInterfaceOutput { .. }
        | Edit::SetAbout(_)
        | Edit::SetPlugin { .. }
        | Edit::SetFrame { frame: None, .. }
        | Edit::SetNote { note: None, .. } => false,
    }
}

/// What gestures look at.
struct View<'a> {
    graph: &'a Graph,
    registry: &'a Registry,
    thumbnails: &'a Thumbnails,
    scene: &'a Scene,
}

impl View<'_> {
    /// What is to be done where somebody wants to see what `node` has made.
    fn opened(&self, node: &NodeId) -> Action {
        match self.thumbnails.of(node) {
            Some(Shown::Steps { .. }) => Action::OpenTokens(node.clone()),
            Some(Shown::Pictures(_) | Shown::Grid { .. } | Shown::Curve(_) | Shown::Text(_)) => {
                Action::OpenViewer(node.clone())
            }
            None => Action::Say(format!("`{node}` has made nothing yet: run it first")),
        }
    }
}

/// Pins the nodes without a place wherever `action` applies a change; drags see to it themselves.
fn pin(action: Action, view: &View<'_>) -> Action {
    match action {
        Action::Apply(edit) => Action::Apply(pinned(edit, view.graph, view.scene)),
        Action::Several(actions) => Action::Several(
            actions
                .into_iter()
                .map(|action| pin(action, view))
                .collect(),
        ),
        other => other,
    }
}

fn pinned(edit: Edit, graph: &Graph, scene: &Scene) -> Edit {
    let mut edits = homeless(graph, scene, &BTreeSet::new());
    if edits.is_empty() {
        return edit;
    }
    edits.push(edit);
    Edit::Batch(edits)
}

/// The changes that give the nodes without a place the one where they are seen, but for those in `but`.
fn homeless(graph: &Graph, scene: &Scene, but: &BTreeSet<NodeId>) -> Vec<Edit> {
    let places = &graph.layout().nodes;
    if places.len() == graph.nodes().len() {
        return Vec::new();
    }
    let nodes = scene.nodes().iter();
    nodes
        .filter(|node| !places.contains_key(&node.id) && !but.contains(&node.id))
        .map(|node| Edit::Move {
            node: node.id.clone(),
            to: Some(position(node.bounds.origin)),
        })
        .collect()
}

/// The nodes with room for what they have made: a text only where it is an end, for else it is as good as known.
fn shown(context: &Context<'_>) -> BTreeSet<NodeId> {
    let is_shown = |id: &&NodeId| match context.thumbnails.of(id) {
        None => false,
        Some(Shown::Text(_)) => context.graph.wires_from(id).next().is_none(),
        Some(Shown::Pictures(_) | Shown::Grid { .. } | Shown::Steps { .. } | Shown::Curve(_)) => {
            true
        }
    };
    let nodes = context.graph.nodes().keys();
    nodes.filter(is_shown).cloned().collect()
}

/// The point of the grid nearest to `point`.
fn snapped(point: WorldPoint) -> WorldPoint {
    (point / GRID).round() * GRID
}

//! The layout of a file.

use super::Reader;
use crate::document::{Extent, Frame, FrameColour, NodeId, Note, Position, Wire};
use crate::edit::Edit;
use crate::problem::Problem;
use crate::workflow::syntax::{Form, Key, Tree};

impl Reader<'_> {
    pub fn layout(&mut self, tree: Option<Tree>) {
        for (key, value) in self.map(tree, "`layout`") {
            if let Some(id) = key.name.strip_prefix("frame/") {
                let id = id.to_owned();
                self.frame(key, &id, value);
            } else if let Some(id) = key.name.strip_prefix("note/") {
                let id = id.to_owned();
                self.note(key, &id, value);
            } else if let Some((from, to)) = key.name.split_once(" -> ") {
                let ends = (from.to_owned(), to.to_owned());
                self.reroutes(&key, ends, value);
            } else if let Some(node) = self.id(&key, &key.name)
                && self.known(&node, key.span.clone())
            {
                self.place(&key, node, value);
            }
        }
    }

    /// Reads `(x, y)`, or `(at: (x, y), collapsed: true)`.
    fn place(&mut self, key: &Key, node: NodeId, tree: Tree) {
        let Form::Record(_) = tree.form else {
            if let Some(position) = self.position(&tree) {
                let to = Some(position);
                let _ = self.apply(Edit::Move { node, to }, key.span.clone());
            }
            return;
        };
        let Some(mut fields) = self.record(tree, &["at", "collapsed"], "the place of a node", None)
        else {
            return;
        };
        let to = fields.take("at").and_then(|at| self.position(&at));
        let collapsed = fields.take("collapsed");
        let collapsed = collapsed.is_some_and(|collapsed| self.collapsed(&collapsed));
        let place = vec![
            Edit::Move {
                node: node.clone(),
                to,
            },
            Edit::SetCollapsed { node, collapsed },
        ];
        let _ = self.apply(Edit::Batch(place), key.span.clone());
    }

    fn collapsed(&mut self, tree: &Tree) -> bool {
        if let Form::Bool(collapsed) = tree.form {
            return collapsed;
        }
        self.expected("whether a node is collapsed", "true or false", tree);
        false
    }

    fn frame(&mut self, key: Key, id: &str, tree: Tree) {
        let Some(id) = self.id(&key, id) else {
            return;
        };
        let known = ["title", "at", "size", "colour"];
        let Some(mut fields) = self.record(tree, &known, "a frame", None) else {
            return;
        };
        let mut frame = Frame::default();
        if let Some(title) = fields.take("title") {
            frame.title = self
                .text(&title, "the title of a frame")
                .unwrap_or_default();
        }
        if let Some(at) = fields.take("at") {
            frame.at = self.position(&at).unwrap_or_default();
        }
        if let Some(size) = fields.take("size") {
            frame.size = self.extent(&size).unwrap_or_default();
        }
        if let Some(colour) = fields.take("colour") {
            frame.colour = self.colour(&colour);
        }
        let frame = Some(frame);
        let _ = self.apply(Edit::SetFrame { id, frame }, key.span);
    }

    fn colour(&mut self, tree: &Tree) -> FrameColour {
        let named = match &tree.form {
            Form::Name(name) => FrameColour::ALL.into_iter().find(|it| it.name() == name),
            _ => None,
        };
        named.unwrap_or_else(|| {
            let names = FrameColour::ALL.map(FrameColour::name).join(", ");
            self.expected("the colour of a frame", &format!("one of {names}"), tree);
            FrameColour::default()
        })
    }

    fn note(&mut self, key: Key, id: &str, tree: Tree) {
        let Some(id) = self.id(&key, id) else {
            return;
        };
        let Some(mut fields) = self.record(tree, &["text", "at", "size"], "a note", None) else {
            return;
        };
        let mut note = Note::default();
        if let Some(text) = fields.take("text") {
            note.text = self.text(&text, "the text of a note").unwrap_or_default();
        }
        if let Some(at) = fields.take("at") {
            note.at = self.position(&at).unwrap_or_default();
        }
        if let Some(size) = fields.take("size") {
            note.size = self.extent(&size).unwrap_or_default();
        }
        let note = Some(note);
        let _ = self.apply(Edit::SetNote { id, note }, key.span);
    }

    fn reroutes(&mut self, key: &Key, ends: (String, String), tree: Tree) {
        let end = |text: String| Tree {
            span: key.span.clone(),
            form: Form::Text(text),
        };
        let from = self.port(&end(ends.0), "where a wire begins");
        let to = self.port(&end(ends.1), "where a wire ends");
        let (Some(from), Some(to)) = (from, to) else {
            return;
        };
        let Form::List(points) = tree.form else {
            self.expected("the way of a wire", "a list of points in `[]`", &tree);
            return;
        };
        let points: Vec<Position> = points
            .iter()
            .filter_map(|point| self.position(point))
            .collect();
        let wire = Wire::new(from, to);
        // A wire that could not be laid has been complained of.
        if !self.lost.ports.contains(&wire.to) {
            let _ = self.apply(Edit::SetReroutes { wire, points }, key.span.clone());
        }
    }

    fn id(&mut self, key: &Key, id: &str) -> Option<NodeId> {
        match NodeId::new(id) {
            Ok(id) => Some(id),
            Err(error) => {
                self.report(
                    Problem::new("bad-name", error.to_string()).hint(
                        r#"keys are "NODE", "frame/NAME", "note/NAME" or "NODE.OUT -> NODE.IN""#,
                    ),
                    key.span.clone(),
                );
                None
            }
        }
    }

    fn position(&mut self, tree: &Tree) -> Option<Position> {
        if let Form::Tuple(parts) = &tree.form
            && let [x, y] = parts.as_slice()
            && let (Form::Int(x), Form::Int(y)) = (&x.form, &y.form)
            && let (Ok(x), Ok(y)) = (i32::try_from(*x), i32::try_from(*y))
        {
            return Some(Position { x, y });
        }
        self.expected("a position", "two whole numbers in `()`", tree);
        None
    }

    fn extent(&mut self, tree: &Tree) -> Option<Extent> {
        if let Form::Tuple(parts) = &tree.form
            && let [width, height] = parts.as_slice()
            && let (Form::Int(width), Form::Int(height)) = (&width.form, &height.form)
            && let (Ok(width), Ok(height)) = (u32::try_from(*width), u32::try_from(*height))
        {
            return Some(Extent { width, height });
        }
        self.expected("a size", "two whole numbers of at least 0 in `()`", tree);
        None
    }
}

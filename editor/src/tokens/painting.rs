//! What the pointer and the keys do to cells, and going on with those that are painted.

use super::cells::{Cell, Cells};
use super::history::History;
use super::paint::Pen;
use super::side::Side;
use super::{Action, Context, Pane, TokenView, board, resume};

impl TokenView {
    /// The cells that are painted, and of which sampler.
    pub fn painted(&self) -> (Pane, Cells) {
        (self.painted, self.paint.cells())
    }

    pub(super) fn board(&mut self, pane: Pane, happened: board::Happened) {
        match happened {
            board::Happened::Pointed(cell) => self.pointed = cell,
            board::Happened::Scrolled(steps) => {
                self.scrubber.advance(steps);
                self.moved();
            }
            board::Happened::Released => self.paint.release(),
            board::Happened::Dragged(cell) => {
                self.pointed = Some(cell);
                if let Some(size) = self.size(pane) {
                    self.paint.drag(cell, size);
                }
            }
            board::Happened::Pressed(cell, pen) => {
                let Some(size) = self.size(pane) else {
                    return;
                };
                if self.painted != pane {
                    self.painted = pane;
                    self.paint.set(Cells::default());
                }
                self.paint.press(cell, pen, size);
            }
        }
    }

    /// Points at another cell; at the first one where none was pointed at.
    pub(super) fn point(&mut self, down: i32, right: i32) {
        let Some(size) = self.size(self.painted) else {
            return;
        };
        let move_on = |from: u32, way: i32, count: u32| {
            from.saturating_add_signed(way).min(count.saturating_sub(1))
        };
        self.pointed = Some(match self.pointed {
            None => Cell::new(0, 0),
            Some(cell) => Cell {
                row: move_on(cell.row, down, size.rows),
                column: move_on(cell.column, right, size.columns),
            },
        });
    }

    pub(super) fn paint_cell(&mut self) {
        if let (Some(cell), Some(size)) = (self.pointed, self.size(self.painted)) {
            self.paint.press(cell, Pen::default(), size);
            self.paint.release();
        }
    }

    pub(super) fn invert(&mut self) {
        if let Some(size) = self.size(self.painted) {
            self.paint.set(self.paint.cells().inverse(size));
        }
    }

    pub(super) fn paint_unsure(&mut self) {
        let step = self.step(self.painted);
        let Some(history) = self.side(self.painted).and_then(Side::history) else {
            return;
        };
        let confidence = history.confidence(step);
        let cells = history.size().cells().zip(confidence);
        let threshold = self.unsure;
        let unsure = cells.filter(|(_, sure)| sure.is_some_and(|sure| sure < threshold));
        let unsure = unsure.map(|(cell, _)| cell).collect();
        self.paint.set(unsure);
    }

    pub(super) fn resume(&self, context: &Context<'_>) -> Action {
        let Some(side) = self.side(self.painted) else {
            return Action::None;
        };
        if !self.can_resume() {
            return Action::Say(
                "nothing is masked at this step: paint the cells to lay anew".into(),
            );
        }
        let step = self.step(self.painted);
        let cells = self.paint.cells();
        match resume::resume(context.graph, context.registry, side.output(), step, &cells) {
            Ok(resume) => Action::Resume(resume),
            Err(obstacle) => Action::Say(obstacle.to_string()),
        }
    }

    /// Whether there is anything to lay: cells that are masked at this step, or painted.
    pub(super) fn can_resume(&self) -> bool {
        let step = self.step(self.painted);
        let history = self.side(self.painted).and_then(Side::history);
        history.is_some_and(|history| {
            let masked = |history: &History| history.counts()[step.min(history.last())].masked;
            !self.paint.cells().is_empty() || masked(history) > 0
        })
    }
}

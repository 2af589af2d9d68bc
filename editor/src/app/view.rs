//! What is seen of the window.

use iced::widget::{Column, Row, column, container, pin, stack};
use iced::{Element, Fill};

use super::overlay::{self, Overlay};
use super::tab::Tab;
use super::{App, Message};
use crate::chrome::queue::Panel;
use crate::chrome::status::Status;
use crate::chrome::toolbar::{Can, Panels, Toolbar, View};
use crate::chrome::{empty, notices, tabs};
use crate::queue::EntryState;
use crate::theme::{GAP, style};
use crate::{dialog, palette};

/// How wide the queue is.
const QUEUE: f32 = 300.0;

impl App {
    /// The window.
    pub fn view(&self) -> Element<'_, Message> {
        let labels = self.tabs.iter().map(|tab| tab.label(&self.runner));
        let bar = tabs::view(labels.collect(), self.tab().id, &self.keymap).map(Message::Tabs);
        let window = column![bar, self.toolbar(), self.middle(), self.status(),];
        let look = self.look();
        let search = self.palette.as_ref().map(|palette| {
            let view = palette.view(look).map(Message::Palette);
            container(view)
                .width(palette::SIZE.width)
                .height(palette::SIZE.height)
                .into()
        });
        let window = dialog::popup(
            window,
            search,
            Message::Palette(palette::Message::Dismissed),
        );
        let over = self
            .overlay
            .as_ref()
            .and_then(|overlay| overlay.view(&self.keymap))
            .map(|dialog| dialog.map(Message::Overlay));
        let dismissed = Message::Overlay(overlay::Message::Dismissed);
        dialog::modal(window, over, dismissed)
    }

    fn toolbar(&self) -> Element<'_, Message> {
        let tab = self.tab();
        let document = &tab.document;
        let is_empty = document.graph().nodes().is_empty();
        let panels = &self.settings.settings.panels;
        let waiting = self
            .queue
            .entries()
            .iter()
            .filter(|entry| entry.state == EntryState::Waiting);
        Toolbar {
            keymap: &self.keymap,
            view: tab.view,
            can: Can {
                save: document.is_dirty() || document.path().is_none(),
                undo: document.can_undo(),
                redo: document.can_redo(),
                run: !is_empty,
                run_to_here: tab.canvas.selection.only_node().is_some(),
                form: !document.graph().interface().params.is_empty()
                    || !document.graph().interface().outputs.is_empty(),
                tokens: tab.sampler().is_some(),
            },
            panels: Panels {
                inspector: panels.inspector,
                queue: panels.queue,
                minimap: tab.canvas.minimap,
                dark: self.look().dark,
            },
            progress: self.progress.as_ref(),
            waiting: waiting.count(),
        }
        .view()
        .map(Message::Toolbar)
    }

    fn status(&self) -> Element<'_, Message> {
        let tab = self.tab();
        let faults = tab
            .faults
            .iter()
            .map(|(_, faults)| faults.len())
            .sum::<usize>();
        Status {
            keymap: &self.keymap,
            device: &self.host.device,
            progress: self.progress.as_ref(),
            said: self.said.as_ref(),
            zoom: tab.canvas.camera.zoom(),
            nodes: tab.document.graph().nodes().len(),
            selected: tab.canvas.selection.nodes.len(),
            faults: faults + tab.faults.of_workflow().len(),
        }
        .view()
        .map(Message::Status)
    }

    /// What is between the bars: the view of the tab, and the panels beside it.
    fn middle(&self) -> Element<'_, Message> {
        let tab = self.tab();
        let panels = &self.settings.settings.panels;
        let mut middle = Row::new().push(container(self.main(tab)).width(Fill).height(Fill));
        let is_on_canvas = tab.view == View::Canvas && tab.viewer.is_none() && tab.chart.is_none();
        if panels.inspector && is_on_canvas {
            let context = tab.inspector_context(self.surroundings());
            let panel = tab.inspector.view(context).map(Message::Inspector);
            middle = middle.push(
                container(panel)
                    .width(panels.inspector_width)
                    .height(Fill)
                    .style(style::container::panel),
            );
        }
        if panels.queue {
            let panel = Panel {
                queue: &self.queue,
                progress: self.progress.as_ref(),
                keymap: &self.keymap,
            };
            middle = middle.push(
                container(panel.view().map(Message::Queue))
                    .width(QUEUE)
                    .height(Fill)
                    .style(style::container::panel),
            );
        }
        middle.height(Fill).into()
    }

    /// The view of the tab.
    fn main<'a>(&'a self, tab: &'a Tab) -> Element<'a, Message> {
        if let Some((_, viewer)) = &tab.viewer {
            return viewer.view().map(Message::Viewer);
        }
        if let Some((_, chart)) = &tab.chart {
            return chart.view().map(Message::Chart);
        }
        match tab.view {
            View::Canvas => self.plane(tab),
            View::Form => self.with_notices(
                tab,
                tab.form
                    .view(tab.form_context(self.surroundings()))
                    .map(Message::Form),
            ),
            View::Tokens => match &tab.tokens {
                Some(view) => view.view().map(Message::Tokens),
                None => self.plane(tab),
            },
        }
    }

    fn plane<'a>(&'a self, tab: &'a Tab) -> Element<'a, Message> {
        let canvas = tab
            .canvas
            .view(tab.canvas_context(self.surroundings()))
            .map(Message::Canvas);
        let graph = tab.document.graph();
        let is_empty = graph.nodes().is_empty() && graph.layout().is_empty();
        let welcome = is_empty.then(|| {
            empty::view(&self.keymap, &self.settings.settings.recent, &self.examples)
                .map(Message::Empty)
        });
        let field = self.field();
        self.with_notices(tab, stack![canvas].push(welcome).push(field).into())
    }

    /// The field that lies over a parameter on the canvas.
    fn field(&self) -> Option<Element<'_, Message>> {
        let Some(Overlay::Param(field, bounds)) = &self.overlay else {
            return None;
        };
        let graph = self.tab().document.graph();
        let view = field.view(graph, &self.inventory.registry)?;
        let view = container(view).width(bounds.size.width.max(120.0));
        let view = pin(view).x(bounds.origin.x).y(bounds.origin.y);
        Some(Element::from(view).map(|message| Message::Overlay(overlay::Message::Param(message))))
    }

    /// `view` with the bars of what should be known before anybody goes on.
    fn with_notices<'a>(
        &'a self,
        tab: &'a Tab,
        view: Element<'a, Message>,
    ) -> Element<'a, Message> {
        let document = &tab.document;
        let bars = notices::view(document.notices(), document.offer().is_some());
        let bars = Column::new().push(bars.map(Message::Notice)).padding(GAP);
        stack![view, bars].into()
    }
}

//! A window without a screen: what is shown in it is drawn as anywhere else, and photographed.

use graph::node::Descriptor;
use graph::registry::{Entry, Registry};
use iced::{Element, Pixels, Size, Theme};
use iced_test::core::mouse::Cursor;
use iced_test::core::renderer::{Headless, Style};
use iced_test::core::theme::Base;
use iced_test::futures::futures::executor::block_on;
use iced_test::renderer::graphics::text::font_system;
use iced_test::runtime::UserInterface;
use iced_test::runtime::user_interface::Cache;

use editor::theme;

/// The kinds of `fixtures/kinds.ron`; their nodes cannot be run.
pub fn registry() -> Registry {
    let kinds = include_str!("../fixtures/kinds.ron");
    let kinds: Vec<Descriptor> = ron::from_str(kinds).expect("the fixture holds descriptors");
    let mut registry = Registry::default();
    for kind in kinds {
        let entry = Entry::new(kind, "", |_| Err(Vec::new()), |_, _| {});
        let _ = registry.insert(entry);
    }
    registry
}

/// A window without a screen, and what it has kept of the picture before.
pub struct Stage {
    renderer: iced::Renderer,
    cache: Cache,
    size: Size,
    scale: f32,
    theme: Theme,
}

impl Stage {
    /// A window of `size`, in which a logical pixel is `scale` pixels wide; `None` where `backend` cannot draw here.
    pub fn new(backend: &str, size: (u16, u16), scale: f32) -> Option<Self> {
        let mut fonts = font_system().write().expect("no other thread has panicked");
        for font in theme::FONTS {
            fonts.load_font(font.into());
        }
        drop(fonts);

        let text = Pixels(theme::TEXT);
        Some(Self {
            renderer: block_on(iced::Renderer::new(theme::FONT, text, Some(backend)))?,
            cache: Cache::default(),
            size: Size::new(f32::from(size.0), f32::from(size.1)),
            scale,
            theme: theme::Look::dark().theme(),
        })
    }

    /// Draws `element`, as far as the processor has to do with it.
    pub fn draw<'a, Message: 'a>(
        &mut self,
        look: &theme::Look,
        element: impl Into<Element<'a, Message, Theme, iced::Renderer>>,
    ) {
        self.theme = look.theme();
        let cache = std::mem::take(&mut self.cache);
        let mut interface = UserInterface::build(element, self.size, cache, &mut self.renderer);
        let style = Style {
            text_color: self.theme.base().text_color,
        };
        interface.draw(&mut self.renderer, &self.theme, &style, Cursor::Unavailable);
        self.cache = interface.into_cache();
    }

    /// The pixels of what was drawn: how many a row, how many rows, and red, green, blue and opacity of each.
    pub fn photograph(&mut self) -> (u32, u32, Vec<u8>) {
        let size = Size::new(
            (self.size.width * self.scale) as u32,
            (self.size.height * self.scale) as u32,
        );
        let ground = self.theme.base().background_color;
        let pixels = self.renderer.screenshot(size, self.scale, ground);
        (size.width, size.height, pixels)
    }
}

//! The editor in a window without a screen, with hands and eyes.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Duration, Instant};

use editor::app::{App, Message};
use editor::host::{Folders, Host};
use editor::theme;
use iced::event::Status;
use iced::keyboard::key::{Code, Named, Physical};
use iced::keyboard::{self, Key, Location, Modifiers};
use iced::widget::Id;
use iced::{Event, Pixels, Point, Rectangle, Size, Task, mouse, window};
use iced_test::core::clipboard::{Clipboard, Kind};
use iced_test::core::mouse::Cursor;
use iced_test::core::renderer::{Headless, Style};
use iced_test::core::theme::Base;
use iced_test::core::widget::Operation;
use iced_test::core::widget::operation::{Outcome, black_box};
use iced_test::futures::futures::executor::block_on;
use iced_test::futures::futures::stream::{BoxStream, SelectAll, StreamExt};
use iced_test::renderer::graphics::text::font_system;
use iced_test::runtime::user_interface::Cache;
use iced_test::runtime::{self, Action, UserInterface, clipboard, task};
use iced_test::selector::Selector;

/// How long anything may take before a test gives up.
const PATIENCE: Duration = Duration::from_secs(120);

/// Longer than anything waits before it begins.
#[cfg(feature = "app")]
const REST: Duration = Duration::from_millis(400);

/// The editor in a window without a screen.
pub struct Robot {
    pub app: App,
    pub closed: bool,
    renderer: iced::Renderer,
    cache: Cache,
    size: Size,
    cursor: Cursor,
    board: Board,
    tasks: SelectAll<BoxStream<'static, Action<Message>>>,
}

/// What was copied last.
#[derive(Clone, Default)]
struct Board(Rc<RefCell<Option<String>>>);

impl Clipboard for Board {
    fn read(&self, _: Kind) -> Option<String> {
        self.0.borrow().clone()
    }

    fn write(&mut self, _: Kind, contents: String) {
        *self.0.borrow_mut() = Some(contents);
    }
}

/// The folders of an editor whose files lie below `folder`.
pub fn folders(folder: &Path) -> Folders {
    Folders {
        config: folder.join("config"),
        state: folder.join("state"),
    }
}

fn pressed(key: Key, modifiers: Modifiers, text: Option<&str>) -> keyboard::Event {
    keyboard::Event::KeyPressed {
        key: key.clone(),
        modified_key: key,
        physical_key: Physical::Code(Code::Fn),
        location: Location::Standard,
        modifiers,
        text: text.map(Into::into),
        repeat: false,
    }
}

impl Robot {
    /// Opens the window with the files at `paths`.
    pub fn new(host: Host, paths: &[PathBuf], size: (u16, u16)) -> Self {
        let mut fonts = font_system().write().expect("no other thread has panicked");
        for font in theme::FONTS {
            fonts.load_font(font.into());
        }
        drop(fonts);

        let renderer = iced::Renderer::new(theme::FONT, Pixels(theme::TEXT), Some("tiny-skia"));
        let (app, task) = App::new(host, paths);
        let mut robot = Self {
            app,
            closed: false,
            renderer: block_on(renderer).expect("the processor can draw"),
            cache: Cache::default(),
            size: Size::new(f32::from(size.0), f32::from(size.1)),
            cursor: Cursor::Unavailable,
            board: Board::default(),
            tasks: SelectAll::new(),
        };
        robot.take(task);
        robot.feel([]);
        robot
    }

    /// Makes the window larger or smaller.
    #[cfg(feature = "app")]
    pub fn resize(&mut self, (width, height): (u16, u16)) {
        self.size = Size::new(f32::from(width), f32::from(height));
        self.send(Message::Resized(self.size));
    }

    /// Lets the editor take in `message`, and all that comes of it without waiting for anything.
    pub fn send(&mut self, message: Message) {
        let task = self.app.update(message);
        self.take(task);
        self.feel([]);
    }

    fn take(&mut self, task: Task<Message>) {
        if let Some(stream) = task::into_stream(task) {
            self.tasks.push(stream);
        }
    }

    /// Waits until nothing goes on any more.
    pub fn settle(&mut self) {
        self.settle_until(|_| false);
    }

    /// Waits until `is_so`, or until nothing goes on any more.
    pub fn settle_until(&mut self, is_so: impl Fn(&Self) -> bool) {
        let since = Instant::now();
        while !is_so(self)
            && let Some(action) = block_on(self.tasks.next())
        {
            assert!(since.elapsed() < PATIENCE, "something takes too long");
            self.perform(action);
        }
        self.feel([]);
    }

    /// Waits until what is looked at has been worked out as well, which begins when nothing moves any more.
    #[cfg(feature = "app")]
    pub fn rest(&mut self) {
        for _ in 0..3 {
            std::thread::sleep(REST);
            self.feel([]);
            self.settle();
        }
    }

    fn perform(&mut self, action: Action<Message>) {
        match action {
            Action::Output(message) => {
                let task = self.app.update(message);
                self.take(task);
                self.feel([]);
            }
            Action::Widget(mut operation) => self.operate(&mut *operation),
            Action::Clipboard(clipboard::Action::Read { channel, .. }) => {
                let _ = channel.send(self.board.read(Kind::Standard));
            }
            Action::Clipboard(clipboard::Action::Write { contents, .. }) => {
                self.board.write(Kind::Standard, contents);
            }
            Action::Window(runtime::window::Action::GetLatest(channel)) => {
                let _ = channel.send(Some(window::Id::unique()));
            }
            Action::Window(runtime::window::Action::Close(_)) => self.closed = true,
            Action::System(runtime::system::Action::GetTheme(channel)) => {
                let _ = channel.send(iced::theme::Mode::Dark);
            }
            // Nothing else has a meaning without a screen.
            _ => {}
        }
    }

    fn operate(&mut self, operation: &mut dyn Operation) {
        let cache = std::mem::take(&mut self.cache);
        let mut interface =
            UserInterface::build(self.app.view(), self.size, cache, &mut self.renderer);
        interface.operate(&self.renderer, operation);
        self.cache = interface.into_cache();
    }

    /// Lets the window feel `events`, each after what the one before has changed.
    fn feel(&mut self, events: impl IntoIterator<Item = Event>) {
        let redraw = || Event::Window(window::Event::RedrawRequested(Instant::now()));
        for event in events {
            self.feel_one(&event);
            self.feel_one(&redraw());
        }
        self.feel_one(&redraw());
    }

    fn feel_one(&mut self, event: &Event) {
        let cache = std::mem::take(&mut self.cache);
        let mut interface =
            UserInterface::build(self.app.view(), self.size, cache, &mut self.renderer);
        let mut messages = Vec::new();
        let (_, statuses) = interface.update(
            std::slice::from_ref(event),
            self.cursor,
            &mut self.renderer,
            &mut self.board,
            &mut messages,
        );
        self.cache = interface.into_cache();
        for message in messages {
            let task = self.app.update(message);
            self.take(task);
        }
        if let (Event::Keyboard(event), [Status::Ignored]) = (event, statuses.as_slice()) {
            let task = self.app.update(Message::Pressed(event.clone()));
            self.take(task);
        }
    }

    /// Moves the pointer.
    pub fn point_at(&mut self, at: Point) {
        self.cursor = Cursor::Available(at);
        self.feel([Event::Mouse(mouse::Event::CursorMoved { position: at })]);
    }

    /// Clicks at a point.
    pub fn click_at(&mut self, at: Point) {
        self.point_at(at);
        let button = mouse::Button::Left;
        self.feel([
            Event::Mouse(mouse::Event::ButtonPressed(button)),
            Event::Mouse(mouse::Event::ButtonReleased(button)),
        ]);
    }

    /// Drags from one point to another, and does not let go.
    pub fn drag(&mut self, from: Point, to: Point) {
        self.point_at(from);
        self.feel([Event::Mouse(mouse::Event::ButtonPressed(
            mouse::Button::Left,
        ))]);
        self.point_at(Point::new((from.x + to.x) / 2.0, (from.y + to.y) / 2.0));
        self.point_at(to);
    }

    /// Lets the left button go.
    pub fn let_go(&mut self) {
        self.feel([Event::Mouse(mouse::Event::ButtonReleased(
            mouse::Button::Left,
        ))]);
    }

    /// Clicks what says `words`.
    pub fn click(&mut self, words: &str) {
        let bounds = self
            .find(words)
            .unwrap_or_else(|| panic!("nothing says {words:?}"));
        self.click_at(bounds.center());
    }

    /// Where something says `words`, where anything does.
    pub fn find(&mut self, words: &str) -> Option<Rectangle> {
        let mut operation = Selector::find(words.to_owned());
        self.operate(&mut black_box(&mut operation));
        match operation.finish() {
            Outcome::Some(Some(found)) => found.visible_bounds(),
            Outcome::Some(None) | Outcome::None | Outcome::Chain(_) => None,
        }
    }

    /// Clicks the field with the id `id`, and selects all that stands in it.
    pub fn enter(&mut self, id: &str) {
        let id = Id::from(id.to_owned());
        let mut operation = id.clone().find();
        self.operate(&mut black_box(&mut operation));
        let found = match operation.finish() {
            Outcome::Some(found) => found.and_then(|target| target.visible_bounds()),
            Outcome::None | Outcome::Chain(_) => None,
        };
        let bounds = found.unwrap_or_else(|| panic!("there is no field {id:?} to be seen"));
        self.click_at(bounds.center());
        self.control("a");
    }

    /// Types `words` into whatever has the focus.
    pub fn write(&mut self, words: &str) {
        for letter in words.chars() {
            let key = Key::Character(letter.to_string().into());
            self.key_event(key, Modifiers::empty(), Some(&letter.to_string()));
        }
    }

    /// Presses a key that has a name.
    pub fn press(&mut self, named: Named) {
        let text = (named == Named::Space).then_some(" ");
        self.key_event(Key::Named(named), Modifiers::empty(), text);
    }

    /// Presses a letter with Control held down.
    pub fn control(&mut self, letter: &str) {
        self.key_event(
            Key::Character(letter.into()),
            Modifiers::CTRL | Modifiers::COMMAND,
            None,
        );
    }

    /// Presses a key that has a name with Control held down.
    #[cfg(feature = "app")]
    pub fn control_named(&mut self, named: Named) {
        self.key_event(
            Key::Named(named),
            Modifiers::CTRL | Modifiers::COMMAND,
            None,
        );
    }

    fn key_event(&mut self, key: Key, modifiers: Modifiers, text: Option<&str>) {
        self.feel([
            Event::Keyboard(keyboard::Event::ModifiersChanged(modifiers)),
            Event::Keyboard(pressed(key.clone(), modifiers, text)),
            Event::Keyboard(keyboard::Event::KeyReleased {
                key: key.clone(),
                modified_key: key,
                physical_key: Physical::Code(Code::Fn),
                location: Location::Standard,
                modifiers,
            }),
            Event::Keyboard(keyboard::Event::ModifiersChanged(Modifiers::empty())),
        ]);
    }

    /// Presses keys so fast that the window cannot be drawn between them.
    pub fn press_at_once(&mut self, keys: impl IntoIterator<Item = Key>) {
        for key in keys {
            let text = match &key {
                Key::Character(letter) => Some(letter.to_string()),
                Key::Named(_) | Key::Unidentified => None,
            };
            let event = pressed(key, Modifiers::empty(), text.as_deref());
            let task = self.app.update(Message::Pressed(event));
            self.take(task);
        }
        self.feel([]);
    }

    /// What is seen: how many pixels a row, how many rows, and red, green, blue and opacity of each.
    pub fn look(&mut self, scale: f32) -> (u32, u32, Vec<u8>) {
        let theme = self.app.theme();
        let base = theme.base();
        let style = Style {
            text_color: base.text_color,
        };
        let cache = std::mem::take(&mut self.cache);
        let mut interface =
            UserInterface::build(self.app.view(), self.size, cache, &mut self.renderer);
        // Buttons learn whether they can be pressed when they are told to be drawn.
        let redraw = Event::Window(window::Event::RedrawRequested(Instant::now()));
        let mut messages = Vec::new();
        let _ = interface.update(
            &[redraw],
            self.cursor,
            &mut self.renderer,
            &mut self.board,
            &mut messages,
        );
        interface.draw(&mut self.renderer, &theme, &style, self.cursor);
        self.cache = interface.into_cache();
        let size = Size::new(
            (self.size.width * scale) as u32,
            (self.size.height * scale) as u32,
        );
        let pixels = self.renderer.screenshot(size, scale, base.background_color);
        (size.width, size.height, pixels)
    }
}

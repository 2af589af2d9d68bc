//! Composing and running workflows in a window.
//!
//! The editor knows graphs and descriptors, and no node by name.

pub mod app;
pub mod canvas;
pub mod chrome;
pub mod command;
pub mod dialog;
pub mod display;
pub mod document;
pub mod form;
pub mod host;
pub mod inspector;
pub mod keymap;
mod latest;
pub mod palette;
pub mod param;
pub mod plugins;
pub mod preview;
pub mod queue;
pub mod runner;
pub mod settings;
pub mod space;
pub mod status;
pub mod theme;
pub mod tokens;
pub mod viewer;
pub mod wheel;
pub mod wrapper;

use std::path::PathBuf;

use app::App;
use display::WindowError;
use host::Host;

/// Opens the window with the files at `paths`, and returns when it is closed.
///
/// Errors: there is no display, or nothing that can draw on it.
pub fn run(host: Host, paths: Vec<PathBuf>) -> Result<(), WindowError> {
    display::or_error(|| {
        let window = settings::Stored::load(&host.folders.settings())
            .0
            .settings
            .window;
        let settings = iced::Settings {
            id: Some("smalto-editor".into()),
            fonts: theme::FONTS.iter().map(|font| (*font).into()).collect(),
            default_font: theme::FONT,
            default_text_size: theme::TEXT.into(),
            antialiasing: true,
            ..iced::Settings::default()
        };
        iced::application(
            move || App::new(host.clone(), &paths),
            App::update,
            App::view,
        )
        .title(App::title)
        .theme(App::theme)
        .subscription(App::subscription)
        .settings(settings)
        .window(iced::window::Settings {
            size: iced::Size::new(window.width, window.height),
            maximized: window.maximised,
            exit_on_close_request: false,
            ..iced::window::Settings::default()
        })
        .run()
    })
}

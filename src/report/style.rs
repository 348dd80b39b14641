//! The few colours that reports use, each for one meaning.
//!
//! Reports always write them; [`Sink::stdout`](super::sink::Sink::stdout) takes them out where they
//! are not wanted. No meaning hangs on a colour alone.

use anstyle::{AnsiColor, Style};
use std::fmt;

/// As it should be.
pub const GOOD: Style = AnsiColor::Green.on_default();
/// Not as it should be.
pub const BAD: Style = AnsiColor::Red.on_default().bold();
/// What a reader should look at first.
pub const KEY: Style = AnsiColor::Yellow.on_default().bold();
/// Headings.
pub const HEAD: Style = Style::new().bold();
/// Of less importance than the rest.
pub const FAINT: Style = Style::new().dimmed();
/// Source code.
pub const CODE: Style = AnsiColor::Cyan.on_default();

/// `text` in `style`.
pub fn paint(style: Style, text: impl fmt::Display) -> String {
    format!("{style}{text}{style:#}")
}

//! The few colours that reports use, each for one meaning.
//!
//! Reports always write them; [`Sink::stdout`](super::sink::Sink::stdout) takes them out where they
//! are not wanted. No meaning hangs on a colour alone.

use crate::dpor::telling::text::Style;
use std::fmt;

/// As it should be.
pub const GOOD: Style = Style::Good;
/// Not as it should be.
pub const BAD: Style = Style::Bad;
/// Headings.
pub const HEAD: Style = Style::Head;
/// Of less importance than the rest.
pub const FAINT: Style = Style::Faint;
/// What can be typed.
pub const CODE: Style = Style::Code;

/// `text` in `style`.
pub fn paint(style: Style, text: impl fmt::Display) -> String {
    style.paint(true, text)
}

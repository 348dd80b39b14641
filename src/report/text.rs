//! How wide a text may be; numbers, times and lines are written as the checker does.

pub use crate::dpor::telling::text::{count, duration, one_line, thousands, width, wrap};

use crate::dpor::{Trace, telling::lanes};

/// How wide the terminal is, as `COLUMNS` says or as it is; `None` if standard output is none.
#[must_use]
pub fn terminal() -> Option<usize> {
    let told = std::env::var("COLUMNS").ok().and_then(|columns| columns.trim().parse().ok());
    told.or_else(|| comfy_table::Table::new().width().map(usize::from))
}

/// How many columns a text may take on this terminal, within reason, or where there is none.
#[must_use]
pub fn columns(terminal: Option<usize>) -> usize {
    terminal.map_or(100, |width| width.clamp(40, 140))
}

/// One execution as lanes, in colour, `room` columns wide.
#[must_use]
pub fn lanes(trace: &Trace, room: usize) -> String {
    lanes::draw(trace, lanes::Page { width: room, colour: true })
}

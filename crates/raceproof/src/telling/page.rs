//! What a drawing may take: how wide it is, and whether it has colours.

use std::io::{IsTerminal, stderr, stdout};

use crate::telling::terminal;

/// What a drawing may take.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Page {
    /// How many columns.
    pub width: usize,
    /// Whether it has colours, as ANSI escapes.
    pub colour: bool,
}

impl Page {
    /// 100 columns without colours.
    pub const fn plain() -> Self {
        Page { width: 100, colour: false }
    }

    /// What suits the terminal: as wide as `COLUMNS` says, else as the terminal is, else 100 columns; with
    /// colours if both outputs are terminals and `NO_COLOR` is not set.
    pub fn of_terminal() -> Self {
        let told = std::env::var("COLUMNS").ok().and_then(|columns| columns.trim().parse().ok());
        let width = told.filter(|width| *width > 0).or_else(terminal::columns).unwrap_or(100);
        let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let colour = !refused && stdout().is_terminal() && stderr().is_terminal();
        Page { width: width.clamp(40, 140), colour }
    }
}

//! The table of a sweep: a row for each variant, with the sizes at which it was checked.

use super::{
    table::{headed, narrow},
    text::{duration, one_line, thousands},
};
use crate::{
    check::Report,
    program::{Scenario, Size, Variant},
};
use comfy_table::{Cell, Color};
use std::time::Duration;

/// A variant, and what was found at its sizes.
#[derive(Debug)]
pub struct Row {
    scenario: &'static Scenario,
    variant: &'static Variant,
    sizes: usize,
    executions: u64,
    elapsed: Duration,
    /// Where something else was found than is claimed, and what.
    differences: Vec<String>,
}

impl Row {
    /// A variant that has been checked at no size.
    #[must_use]
    pub fn new(scenario: &'static Scenario, variant: &'static Variant) -> Self {
        let (elapsed, differences) = (Duration::ZERO, Vec::new());
        Self { scenario, variant, sizes: 0, executions: 0, elapsed, differences }
    }

    /// Adds what was found at one size.
    pub fn add(&mut self, report: &Report, size: Size) {
        self.sizes += 1;
        self.executions += report.verdict.executions().unwrap_or_default();
        self.elapsed += report.elapsed;
        if let Err(difference) = report.compare_size(self.variant, size) {
            self.differences.push(format!("{}: {}", report.program, one_line(&difference)));
        }
    }

    /// Whether it is a row of this variant.
    #[must_use]
    pub fn is_of(&self, scenario: &Scenario, variant: &Variant) -> bool {
        (self.scenario.id, self.variant.id) == (scenario.id, variant.id)
    }

    /// Its full name, as in `counter/locked`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}/{}", self.scenario.id, self.variant.id)
    }

    /// At how many sizes it was checked.
    #[must_use]
    pub const fn sizes(&self) -> usize {
        self.sizes
    }

    /// Where something else was found than is claimed, and what.
    pub fn differences(&self) -> impl Iterator<Item = &str> {
        self.differences.iter().map(String::as_str)
    }

    /// Whether what was found is what is claimed, at every size.
    #[must_use]
    pub const fn is_as_said(&self) -> bool {
        self.differences.is_empty()
    }

    fn found(&self) -> Cell {
        let cost = format!("{} · {}", thousands(self.executions), duration(self.elapsed));
        match self.differences.len() {
            0 => Cell::new(format!("✓ {} sizes {cost}", self.sizes)).fg(Color::Green),
            wrong => Cell::new(format!("✗ {wrong} of {} sizes {cost}", self.sizes)).fg(Color::Red),
        }
    }
}

/// The table, for a terminal of so many columns if it is one.
#[must_use]
pub fn table(rows: &[Row], terminal: Option<usize>) -> comfy_table::Table {
    let wide = || {
        let heads = ["scenario", "variant", "claim", "sizes", "found"];
        let mut table = headed(heads.into_iter());
        for row in rows {
            let (variant, sweep) = (row.variant, row.variant.sweep);
            let only_if = sweep.and_then(|sweep| sweep.only_if);
            let only_if = only_if.map(|condition| format!(" if {condition}")).unwrap_or_default();
            let ranges = sweep.map_or("", |sweep| sweep.ranges).trim().replace('\n', ", ");
            let claim = format!("{}{only_if}", variant.claim.expect);
            let cells = [row.scenario.id, variant.id, &claim, &ranges].map(Cell::new);
            table.add_row(cells.into_iter().chain([row.found()]));
        }
        table
    };
    terminal.and_then(|width| narrow(wide(), width)).unwrap_or_else(wide)
}

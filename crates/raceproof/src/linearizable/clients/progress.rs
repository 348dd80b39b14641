//! A line on the terminal that shows how far the clients are.

use std::io::{IsTerminal, Write, stderr};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::telling::text::{count, thousands};

/// How often the line is written anew.
const EVERY: Duration = Duration::from_millis(200);

/// The line; it is wiped out at the end.
pub(super) struct Line {
    state: Option<Mutex<State>>,
}

struct State {
    clients: u64,
    executions: u64,
    of: u64,
    written: Instant,
}

impl Line {
    /// A line if one is `wanted` and standard error is a terminal.
    pub(super) fn begin(wanted: bool) -> Self {
        let state = State { clients: 0, executions: 0, of: 0, written: Instant::now() };
        let shown = wanted && stderr().is_terminal();
        Line { state: shown.then(|| Mutex::new(state)) }
    }

    /// So many clients come next.
    pub(super) fn expect(&self, clients: usize) {
        if let Some(Ok(mut state)) = self.state.as_ref().map(Mutex::lock) {
            state.of += clients as u64;
        }
    }

    /// One client more has been explored.
    pub(super) fn show(&self, executions: u64) {
        let Some(Ok(mut state)) = self.state.as_ref().map(Mutex::lock) else { return };
        state.clients += 1;
        state.executions += executions;
        if state.written.elapsed() < EVERY {
            return;
        }
        state.written = Instant::now();
        let text = state.text();
        let _ = write!(stderr(), "\r\u{1b}[2K{text}").and_then(|()| stderr().flush());
    }
}

impl State {
    fn text(&self) -> String {
        let clients = format!("{} of {}", thousands(self.clients), count(self.of, "client"));
        format!("{clients}, {}", count(self.executions, "execution"))
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if self.state.is_some() {
            let _ = write!(stderr(), "\r\u{1b}[2K");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_tells_clients_and_executions() {
        let state = State { clients: 3, executions: 1_200, of: 40, written: Instant::now() };
        assert_eq!(state.text(), "3 of 40 clients, 1,200 executions");
        let none = Line::begin(false);
        none.show(1);
        assert!(none.state.is_none());
    }
}

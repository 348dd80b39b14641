//! Loops that look at the clock and go on when time has passed.

use std::panic::Location;

use super::OFTEN;
use crate::kernel::state::Kernel;

impl Kernel {
    /// How often in a row a thread has found at this place that time has passed, with no change of another
    /// thread in between.
    pub(super) fn passes(&self, thread: u16, at: &'static Location<'static>) -> u32 {
        let asked = &self.time.asked[usize::from(thread)];
        let changes = self.changes_of_others(thread);
        let same = |passed: &&(_, u32, usize)| passed.0 == at && passed.2 == changes;
        asked.passed.iter().find(same).map_or(0, |passed| passed.1)
    }

    fn changes_of_others(&self, thread: u16) -> usize {
        let others = self.events.all().iter().filter(|event| event.thread != thread);
        others.filter(|event| event.changed).count()
    }

    /// Notes that time has passed, as the running thread finds. If it does so too often in a row, its
    /// loop ticks: the exploration begins again and knows.
    pub(super) fn note_passing(&mut self) {
        let (me, at) = (self.current, self.me().pending.at);
        let count = 1 + self.passes(me, at);
        let changes = self.changes_of_others(me);
        let passed = &mut self.time.asked(me).passed;
        passed.retain(|passed| passed.0 != at);
        passed.push((at, count, changes));
        if count > OFTEN && self.limits.tickers.of(at).is_none() {
            self.limits.tickers.note(at, ());
            self.begin_again();
        }
    }
}

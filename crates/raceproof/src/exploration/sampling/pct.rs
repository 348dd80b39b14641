//! Random priorities that change at a few random steps.

use super::Draw;
use crate::kernel::Kernel;
use crate::random::Random;

pub(super) struct Pct {
    /// How often a priority changes in an execution.
    changes: usize,
    /// The longest execution so far.
    longest: usize,
    /// Before which steps of this execution the thread that would go on falls behind; as many as there are changes, and
    /// the lower its place the lower the priority then.
    before: Vec<usize>,
    /// The threads that have not fallen behind, the one of the highest priority first.
    first: Vec<u16>,
    /// Those that have, with their priorities.
    behind: Vec<(usize, u16)>,
}

impl Pct {
    pub(super) fn new(depth: usize) -> Self {
        let changes = depth.saturating_sub(1);
        let (first, behind) = (Vec::new(), Vec::new());
        Pct { changes, longest: 0, before: Vec::new(), first, behind }
    }

    /// The thread of the highest priority.
    fn highest(&self, ready: &[u16]) -> u16 {
        let first = self.first.iter().find(|thread| ready.contains(thread));
        let behind = self.behind.iter().filter(|(_, thread)| ready.contains(thread));
        let behind = behind.max_by_key(|(priority, _)| priority).map(|(_, thread)| thread);
        *first.or(behind).unwrap_or(&ready[0])
    }
}

impl Draw for Pct {
    fn begin(&mut self, random: &mut Random) {
        self.first.clear();
        self.behind.clear();
        // There is none in the first execution, of which nothing is known.
        let changes = if self.longest == 0 { 0 } else { self.changes };
        self.before = (0..changes).map(|_| random.below(self.longest)).collect();
    }

    fn thread(&mut self, kernel: &Kernel, ready: &[u16], _: &mut Random) -> u16 {
        let taken = kernel.events.taken();
        for priority in 0..self.before.len() {
            if self.before[priority] != taken {
                continue;
            }
            let falls = self.highest(ready);
            self.first.retain(|thread| *thread != falls);
            self.behind.retain(|(_, thread)| *thread != falls);
            self.behind.push((priority, falls));
        }
        self.highest(ready)
    }

    fn start(&mut self, child: u16, _: Option<u16>, random: &mut Random) {
        let place = random.below(self.first.len() + 1);
        self.first.insert(place, child);
    }

    fn end(&mut self, kernel: &Kernel) {
        self.longest = self.longest.max(kernel.events.taken());
    }
}

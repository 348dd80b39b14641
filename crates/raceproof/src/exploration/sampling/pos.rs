//! Random priorities of steps, drawn anew for those that a step taken depends on.

use super::Draw;
use crate::kernel::{Kernel, Op};
use crate::random::Random;

/// The priority of each thread's next step.
#[derive(Default)]
pub(super) struct Pos(Vec<u64>);

impl Pos {
    fn draw(&mut self, thread: u16, random: &mut Random) {
        let thread = usize::from(thread);
        if self.0.len() <= thread {
            self.0.resize(thread + 1, 0);
        }
        self.0[thread] = random.next();
    }
}

impl Draw for Pos {
    fn begin(&mut self, _: &mut Random) {
        self.0.clear();
    }

    fn thread(&mut self, _: &Kernel, ready: &[u16], _: &mut Random) -> u16 {
        let priority = |thread: &&u16| self.0.get(usize::from(**thread));
        *ready.iter().max_by_key(priority).unwrap_or(&ready[0])
    }

    fn start(&mut self, child: u16, _: Option<u16>, random: &mut Random) {
        self.draw(child, random);
    }

    fn step(&mut self, kernel: &Kernel, random: &mut Random) {
        let (event, _) = kernel.events.last();
        let (taker, footprint) = (event.thread, event.footprint);
        self.draw(taker, random);
        let mut depend = Vec::new();
        footprint.each_access(|object, written| {
            let depends = |id: &u16| {
                let op = kernel.thread(*id).pending.op;
                op.uses(object) && (written || !matches!(op, Op::Load(_)))
            };
            depend.extend(kernel.alive().filter(|id| *id != taker && depends(id)));
        });
        depend.into_iter().for_each(|thread| self.draw(thread, random));
    }
}

//! What decides which step comes next, and which execution.

use crate::kernel::Kernel;

/// Chooses the steps of executions, one after the other.
///
/// A session tells it everything that orders steps: the steps themselves, spawns and joins.
pub(crate) trait Strategy {
    /// Another execution begins.
    fn begin(&mut self, _: &mut Kernel) {}

    /// The thread that takes the next step, and which of its alternatives; its step is enabled.
    /// `None` if no thread can, or none is to.
    fn choose(&mut self, kernel: &mut Kernel) -> Option<(u16, u16)>;

    /// The kernel has taken a step: the last of its events.
    fn step(&mut self, _: &mut Kernel) {}

    /// What has happened before a thread's next step now happens before another's: the parent
    /// of a thread that starts, a thread that has ended and was waited for.
    fn inherit(&mut self, _to: u16, _from: u16) {}

    /// A thread starts, the child of another or, with `None`, the root.
    fn start(&mut self, _child: u16, _parent: Option<u16>) {}

    /// The execution is over, or was stopped.
    fn end(&mut self, _: &mut Kernel) {}

    /// The execution was given up: its steps from `len` on go for nothing, and the next one
    /// begins with those before.
    fn give_up(&mut self, kernel: &mut Kernel, len: usize);

    /// Was the execution stopped because nothing but what has been explored could follow?
    fn cut(&self) -> bool {
        false
    }

    /// Plans another execution. False if there is none.
    fn next(&mut self, kernel: &mut Kernel) -> bool;
}

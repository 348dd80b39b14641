//! What clients are checked for.

/// What each client of an object is checked for.
///
/// Whatever it is, no execution may deadlock, but for [operations that wait](super::Operation::waits), have a data race, use
/// what has been freed, or take too many steps.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub enum Property {
    /// Some order of the operations explains the answers, in which each operation comes after those that had returned
    /// when it was called (Herlihy and Wing 1990).
    ///
    /// Under [`Memory::C11`](crate::Memory::C11) an operation had returned if that happens before the call: a client
    /// that orders its calls by release and acquire, or does not, is among those explored.
    #[default]
    Linearizable,
    /// Some order of the operations explains the answers, in which those of one thread have the thread's order
    /// (Lamport 1979).
    SequentiallyConsistent,
    /// Some order of the operations explains the answers, in which two operations have the order in which they were
    /// called if at some moment between them no operation was under way (Aspnes, Herlihy and Shavit 1994).
    QuiescentlyConsistent,
    /// Nothing is asked of the answers.
    Runs,
    /// Each operation ends if all other threads stop for ever, wherever they are (Herlihy, Luchangco and Moir 2003).
    /// Nothing is asked of the answers.
    ///
    /// One thread of each client goes on, and the others stop at any step. This refutes: an object that passes
    /// may still have states that larger clients reach. An object whose operations take a lock that two threads take
    /// fails. A loop that never ends is found if nothing changes in it, or if it repeats itself for as many steps as an
    /// execution [may have](crate::Explorer::max_steps). Where threads keep each other busy without end, which is allowed, the
    /// others stop after at most two preemptions, and nothing is proved.
    ObstructionFree,
    /// As long as any thread takes steps, some operation of some thread returns sooner or later, wherever the other threads
    /// stop (Herlihy and Wing 1990). Nothing is asked of the answers.
    ///
    /// Any threads of each client go on, and the others stop at any step. This refutes by an execution in which those that
    /// go on
    ///
    /// - repeat the same steps for as long as an execution [may be](crate::Explorer::max_steps), in which no operation returns:
    ///   a thread that looks for ever what a stopped one has left, or threads that undo each other's steps. What ends after more
    ///   than 10,000 steps of repetition is taken for endless, too; then raise the limit.
    /// - wait for one that has stopped, or take a lock that it may hold.
    ///
    /// An object that passes has no execution without end, in the clients explored and, if the
    /// [assumptions](super::Checked::assumptions) say so, under sequential consistency alone. Larger clients may have one, and so
    /// may loops that pause (`yield_now`, `spin_loop`), of which the rounds are explored only until they are seen to wait.
    LockFree,
}

impl Property {
    /// What an object is that has it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Property::Linearizable => "linearizable",
            Property::SequentiallyConsistent => "sequentially consistent",
            Property::QuiescentlyConsistent => "quiescently consistent",
            Property::Runs => "free of deadlocks and data races",
            Property::ObstructionFree => "obstruction free",
            Property::LockFree => "lock free",
        }
    }

    /// Is it about what goes on when other threads stop?
    pub(super) fn is_progress(self) -> bool {
        matches!(self, Property::ObstructionFree | Property::LockFree)
    }
}

//! Which thread holds a reentrant lock, and how deep.

/// The state of a reentrant lock whose owners are of type `O`.
pub(in crate::primitives) struct Held<O> {
    pub(in crate::primitives) owner: Option<O>,
    /// How many times the owner still has to release it; zero if it is free.
    pub(in crate::primitives) depth: usize,
    /// How many threads wait, woken ones included until they run.
    pub(in crate::primitives) waiting: usize,
}

impl<O: Copy + PartialEq> Held<O> {
    pub(in crate::primitives) fn waiters(&mut self) -> &mut usize {
        &mut self.waiting
    }

    /// Whether `thread` has to wait.
    pub(in crate::primitives) fn is_foreign_to(&self, thread: O) -> bool {
        self.owner.is_some_and(|owner| owner != thread)
    }

    /// Adds levels for the thread that is its owner, or becomes it.
    pub(in crate::primitives) fn enter(&mut self, thread: O, levels: usize) {
        self.owner = Some(thread);
        self.depth += levels;
    }

    /// Takes some levels from this thread; returns how many there were, if it is the owner.
    pub(in crate::primitives) fn leave(
        &mut self,
        thread: O,
        some: impl FnOnce(usize) -> usize,
    ) -> Option<usize> {
        let depth = (self.owner == Some(thread)).then_some(self.depth)?;
        self.depth -= some(depth);
        if self.depth == 0 {
            self.owner = None;
        }
        Some(depth)
    }
}

impl<O> Default for Held<O> {
    fn default() -> Self {
        Self { owner: None, depth: 0, waiting: 0 }
    }
}

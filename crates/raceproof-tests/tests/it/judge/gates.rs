//! The steps of a barrier and of what happens once.

use super::language::{Block, Do};
use super::state::{Exit, Gate, Once, Scope, Stage, State, Tid};
use super::steps::{Access, Object};

/// The message of the panic of a `Once` or a `LazyLock` that is poisoned.
pub(super) const POISONED: i64 = 98;

/// The message of the panic of a `LazyLock`'s closure.
pub(super) const LAZY: i64 = 97;

/// What a closure does that is no block of the program.
static NOTHING: Block = Block::new();

/// Which one the operation is about.
pub(super) fn gate(what: &Do) -> Option<Gate> {
    match what {
        Do::CallOnce(_) | Do::CallOnceForce(_) | Do::IsCompleted => Some(Gate::Once),
        Do::GetOrInit(_) | Do::SetOnce(_) | Do::GetOnce => Some(Gate::OnceLock),
        Do::Force => Some(Gate::LazyLock),
        _ => None,
    }
}

impl<'p> State<'p> {
    /// A closure "will block the calling thread if another initialization routine is currently
    /// running"; who only looks does not.
    pub(super) fn may_pass(&self, gate: Gate, what: &Do) -> bool {
        let looks = matches!(what, Do::IsCompleted | Do::GetOnce);
        looks || self.onces[gate as usize] != Once::Running
    }

    /// "A barrier will block n-1 threads which call wait() and then wake up all threads at once when
    /// the nth thread calls wait()." The leader is "a single (arbitrary) thread": as it is not seen
    /// which is the last, it may be that one.
    pub(super) fn meet(&mut self, id: Tid) -> Access {
        if let Some(other) = self.met.take() {
            self.threads[other].stage = Some(Stage::Released(0));
            self.threads[id].observe(1);
        } else {
            self.met = Some(id);
            self.threads[id].stage = Some(Stage::Meeting);
        }
        vec![(Object::Barrier, true)]
    }

    /// Begins an operation of what happens once, which does not run.
    pub(super) fn pass(&mut self, id: Tid, what: &'p Do) -> Access {
        let gate = gate(what).unwrap_or_else(|| unreachable!("{what:?} is no step"));
        let before = self.onces[gate as usize];
        let done = match before {
            Once::Done(value) => Some(value),
            _ => None,
        };
        let thread = &mut self.threads[id];
        let begins = match (what, done) {
            (Do::IsCompleted, _) => {
                thread.observe(i64::from(done.is_some()));
                None
            }
            (Do::GetOnce, _) => {
                thread.observe(done.unwrap_or(-1));
                None
            }
            (Do::CallOnce(_) | Do::CallOnceForce(_) | Do::SetOnce(_), Some(_)) => {
                thread.observe(0);
                None
            }
            (_, Some(value)) => {
                thread.observe(value);
                None
            }
            (Do::SetOnce(value), None) => {
                thread.observe(1);
                self.onces[gate as usize] = Once::Done(*value);
                None
            }
            // "If the given closure panics, the Once is poisoned", and panics from then on.
            (Do::CallOnce(_) | Do::Force, None) if before == Once::Poisoned => {
                thread.exit = Exit::Panic(POISONED);
                None
            }
            (Do::CallOnce(block) | Do::CallOnceForce(block) | Do::GetOrInit(block), None) => {
                Some(block)
            }
            _ => Some(&NOTHING),
        };
        // A `OnceLock` whose closure panicked is as it was before.
        let thread_panics = before == Once::Poisoned && matches!(what, Do::CallOnce(_) | Do::Force);
        if let Some(block) = begins {
            self.onces[gate as usize] = Once::Running;
            thread.enter(block, Scope::Once(gate));
            if matches!(what, Do::CallOnceForce(_)) {
                thread.observe(1 + i64::from(before == Once::Poisoned));
            }
        }
        // Who comes too late only finds that out, and who looks finds out whether one has run to its end.
        let (once, over) = (Object::Once(gate), Object::Over(gate));
        match what {
            Do::IsCompleted | Do::GetOnce => vec![(over, false)],
            _ if done.is_some() || thread_panics => vec![(once, false)],
            Do::SetOnce(_) => vec![(once, true), (over, true)],
            _ => vec![(once, true)],
        }
    }

    /// Ends a closure that runs once.
    pub(super) fn complete(&mut self, id: Tid) -> Access {
        let thread = &mut self.threads[id];
        let frame = thread.frames.pop().expect("a closure that runs once");
        let Scope::Once(gate) = frame.scope else { unreachable!("a closure that runs once") };
        let mut access = vec![(Object::Once(gate), true)];
        if gate == Gate::LazyLock {
            access.push((Object::Atomic(0), true));
            thread.exit = if self.atomics[0] == 1 { Exit::Panic(LAZY) } else { Exit::Not };
        }
        self.onces[gate as usize] = match thread.exit {
            Exit::Panic(_) => Once::Poisoned,
            Exit::Not | Exit::Loop => {
                access.push((Object::Over(gate), true));
                thread.exit = Exit::Not;
                let value = match gate {
                    Gate::Once => 1,
                    Gate::OnceLock => thread.register,
                    Gate::LazyLock => self.atomics[0],
                };
                thread.observe(value);
                Once::Done(value)
            }
        };
        if gate == Gate::LazyLock {
            self.atomics[0] += 1;
        }
        access
    }
}

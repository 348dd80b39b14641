//! Values with several owners: `Arc` and `Weak`, in the interpreter.

use super::language::{ARCS, Do, SAYS, STEPS, arc_of, contains};
use super::local::Next;
use super::memory::Known;
use super::state::{Exit, Frame, Scope, State, Thread, Tid};
use super::steps::{Access, Object};

/// How many owners, and how many weak references, of a value.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
pub(super) struct Owned {
    strong: usize,
    weak: usize,
}

/// The owners and weak references that a thread has.
pub(super) type Handles = [Owned; ARCS];

/// A value: its owners and weak references, and what a thread learns of which another has dropped one.
#[derive(Clone, PartialEq, Eq, Hash, Default, Debug)]
pub(super) struct Shared {
    count: Owned,
    by_owners: Known,
    by_references: Known,
}

impl From<Owned> for Shared {
    fn from(count: Owned) -> Self {
        Shared { count, ..Shared::default() }
    }
}

/// What of a value's owners the threads of a program can tell.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Debug)]
pub(super) enum Matter {
    /// Nothing: a change of a count is no step.
    Nothing,
    /// How many there are.
    Count,
    /// Which one is the last, too.
    #[default]
    Last,
}

/// What a value's destructor does, besides what others cannot tell.
const DESTRUCTOR: &[Do] = &[Do::Store(1, 9)];

/// Those that the root has: one owner of each value that the program uses.
pub(super) fn of_root(program: &[Do]) -> Handles {
    std::array::from_fn(|arc| {
        let used = contains(program, &|what| arc_of(what) == Some(arc));
        Owned { strong: usize::from(used), weak: 0 }
    })
}

impl Thread<'_> {
    /// Gives a new thread one owner and one weak reference, if there are, of each value that its block
    /// mentions.
    pub(super) fn give_arcs(&mut self, body: &[Do]) -> Handles {
        std::array::from_fn(|arc| {
            let mentioned = contains(body, &|what| arc_of(what) == Some(arc));
            let Owned { strong, weak } = &mut self.arcs[arc];
            let (owner, reference) = (mentioned && *strong > 0, mentioned && *weak > 0);
            *strong -= usize::from(owner);
            *weak -= usize::from(reference);
            Owned { strong: usize::from(owner), weak: usize::from(reference) }
        })
    }

    /// Does the operation need an owner, or a weak reference, that the thread does not have?
    pub(super) fn lacks_arc(&self, what: &Do) -> bool {
        let Some(arc) = arc_of(what) else { return false };
        match what {
            Do::DropWeak(_) | Do::Upgrade(_) => self.arcs[arc].weak == 0,
            _ => self.arcs[arc].strong == 0,
        }
    }

    /// The first value that the thread has an owner or a weak reference of, to drop it at the end of its
    /// closure.
    pub(super) fn arc_held(&self) -> Option<Next<'static>> {
        let arc = self.arcs.iter().position(|it| it.strong > 0 || it.weak > 0)?;
        Some(if self.arcs[arc].strong > 0 { Next::DropOwner(arc) } else { Next::DropWeak(arc) })
    }
}

impl State<'_> {
    /// Is the operation one that no thread can tell when it happens?
    pub(super) fn is_uncounted(&self, next: Next<'_>) -> bool {
        let changes = |what: &Do| {
            matches!(what, Do::CloneArc(_) | Do::DropArc(_) | Do::DowngradeArc(_) | Do::DropWeak(_))
        };
        let arc = match next {
            Next::Begin(what) if changes(what) => arc_of(what),
            Next::DropOwner(arc) | Next::DropWeak(arc) => Some(arc),
            _ => None,
        };
        arc.is_some_and(|arc| self.rules.matters[arc] == Matter::Nothing)
    }

    /// An operation on a value's owners or weak references, which its thread has.
    pub(super) fn own(&mut self, id: Tid, what: &Do) -> Access {
        let arc = arc_of(what).expect("a value");
        let Shared { count, by_owners, by_references } = &mut self.arcs[arc];
        let Owned { strong, weak } = *count;
        let thread = &mut self.threads[id];
        let mine = &mut thread.arcs[arc];
        let (owners, references) = (Object::Owners(arc), Object::Weaks(arc));
        match what {
            Do::CloneArc(_) => {
                mine.strong += 1;
                count.strong += 1;
                vec![(owners, false)]
            }
            Do::DropArc(_) => self.drop_owner(id, arc),
            Do::DowngradeArc(_) => {
                mine.weak += 1;
                count.weak += 1;
                vec![(references, false)]
            }
            Do::DropWeak(_) => self.drop_weak(id, arc),
            // "Returns None if the inner value has since been dropped."
            Do::Upgrade(_) => {
                if strong > 0 {
                    thread.known.learn(by_owners);
                    mine.strong += 1;
                    count.strong += 1;
                }
                thread.observe(i64::from(strong > 0));
                vec![(owners, true)]
            }
            Do::CountOwners(_) => {
                thread.observe(strong as i64);
                vec![(owners, true)]
            }
            Do::CountWeaks(_) => {
                thread.observe(weak as i64);
                vec![(owners, true), (references, true)]
            }
            // "Returns a mutable reference into the given Arc, if there are no other Arc or Weak pointers
            // to the same allocation."
            Do::GetMut(_) => {
                if weak == 0 {
                    thread.known.learn(by_references);
                    thread.known.learn(by_owners);
                }
                thread.observe(i64::from(strong == 1 && weak == 0));
                vec![(owners, true), (references, true)]
            }
            // "Returns the inner value, if the Arc has exactly one strong reference. Otherwise, an Err is
            // returned with the same Arc that was passed in."
            Do::TryUnwrap(_) => {
                thread.observe(i64::from(strong == 1));
                if strong == 1 {
                    self.drop_one(id, arc);
                }
                vec![(owners, true)]
            }
            // "If Arc::into_inner is called on every clone of this Arc, it is guaranteed that exactly one of
            // the calls returns the inner value."
            Do::IntoInner(_) => {
                thread.observe(i64::from(strong == 1));
                self.drop_one(id, arc);
                vec![(owners, true)]
            }
            _ => unreachable!("{what:?} is about no owner"),
        }
    }

    /// Drops an owner. Which one is the last depends on every other one's drop, where it matters.
    pub(super) fn drop_owner(&mut self, id: Tid, arc: usize) -> Access {
        let last = self.drop_one(id, arc);
        vec![(Object::Owners(arc), last && self.rules.matters[arc] == Matter::Last)]
    }

    pub(super) fn drop_weak(&mut self, id: Tid, arc: usize) -> Access {
        let (value, thread) = (&mut self.arcs[arc], &mut self.threads[id]);
        value.count.weak -= 1;
        value.by_references.learn(&thread.known);
        thread.arcs[arc].weak -= 1;
        vec![(Object::Weaks(arc), false)]
    }

    /// Takes an owner away. The last one's value is dropped by this thread, which knows what the others did
    /// up to the drops of theirs.
    fn drop_one(&mut self, id: Tid, arc: usize) -> bool {
        let (value, thread) = (&mut self.arcs[arc], &mut self.threads[id]);
        value.count.strong -= 1;
        thread.arcs[arc].strong -= 1;
        value.by_owners.learn(&thread.known);
        let last = value.count.strong == 0;
        if last {
            thread.known.learn(&value.by_owners);
        }
        if last && arc == STEPS {
            let exit = std::mem::replace(&mut thread.exit, Exit::Not);
            thread.frames.push(Frame { rest: DESTRUCTOR, scope: Scope::Destructor(exit) });
        } else if last && arc == SAYS {
            thread.log.push(7);
        }
        last
    }

    /// What matters of each value, as far as this state shows.
    pub(super) fn note_matters(&self, matters: &mut [Matter; ARCS]) {
        for (id, thread) in self.threads.iter().enumerate() {
            let (arc, drops) = match self.next(id) {
                Next::Begin(what) if arc_of(what).is_some() && thread.stage.is_none() => {
                    let changes = matches!(
                        what,
                        Do::CloneArc(_) | Do::DropArc(_) | Do::DowngradeArc(_) | Do::DropWeak(_)
                    );
                    let arc = arc_of(what).expect("a value");
                    if !changes {
                        matters[arc] = matters[arc].max(Matter::Count);
                    }
                    (arc, matches!(what, Do::DropArc(_)))
                }
                Next::DropOwner(arc) => (arc, true),
                _ => continue,
            };
            if drops && arc >= STEPS && self.arcs[arc].count.strong == 1 {
                matters[arc] = Matter::Last;
            }
        }
    }
}

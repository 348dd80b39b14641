//! Values with several owners, on the mirror of std.

use std::sync::Arc as Std;

use raceproof::sync::atomic::Ordering::SeqCst;
use raceproof::sync::{Arc, Weak};
use raceproof::{outcome, thread};

use super::language::{ARCS, Do, SAYS, STEPS, arc_of, contains};
use super::mirror::{World, number_of};

/// A value that threads own.
pub(super) struct Value {
    arc: usize,
    world: Std<World>,
}

impl Drop for Value {
    fn drop(&mut self) {
        if self.arc == STEPS {
            self.world.atomics[1].store(9, SeqCst);
        } else if self.arc == SAYS {
            let number = number_of(thread::current().id());
            let name = self.world.names.lock().unwrap()[&number].clone();
            outcome(format!("{name}:7"));
        }
    }
}

/// The owners and weak references that a thread has. They are dropped in order.
#[derive(Default)]
pub(super) struct Arcs([Handles; ARCS]);

#[derive(Default)]
struct Handles {
    strong: Vec<Arc<Value>>,
    weak: Vec<Weak<Value>>,
}

impl Arcs {
    /// One owner of each value that a program uses.
    pub(super) fn new(world: &Std<World>, program: &[Do]) -> Self {
        Arcs(std::array::from_fn(|arc| {
            let used = contains(program, &|what| arc_of(what) == Some(arc));
            // Each at a place of its own.
            let world = || world.clone();
            let strong = used.then(|| match arc {
                0 => Arc::new(Value { arc, world: world() }),
                1 => Arc::new(Value { arc, world: world() }),
                _ => Arc::new(Value { arc, world: world() }),
            });
            Handles { strong: strong.into_iter().collect(), weak: Vec::new() }
        }))
    }

    /// One owner and one weak reference, if there are, of each value that a block mentions.
    pub(super) fn give(&mut self, body: &[Do]) -> Self {
        Arcs(std::array::from_fn(|arc| {
            let mentioned = contains(body, &|what| arc_of(what) == Some(arc));
            let Handles { strong, weak } = &mut self.0[arc];
            let mut given = Handles::default();
            if mentioned {
                given.strong.extend(strong.pop());
                given.weak.extend(weak.pop());
            }
            given
        }))
    }

    /// Does an operation, if its owner or weak reference is there. Returns what it observes, and a value
    /// that is to be dropped after that.
    pub(super) fn own(&mut self, what: &Do) -> (Option<i64>, Option<Value>) {
        let mut taken = None;
        (self.own_or_take(what, &mut taken), taken)
    }

    fn own_or_take(&mut self, what: &Do, taken: &mut Option<Value>) -> Option<i64> {
        let Handles { strong, weak } = &mut self.0[arc_of(what).expect("a value")];
        let seen = match what {
            Do::CountOwners(_) => Arc::strong_count(strong.last()?) as i64,
            Do::CountWeaks(_) => Arc::weak_count(strong.last()?) as i64,
            Do::GetMut(_) => i64::from(Arc::get_mut(strong.last_mut()?).is_some()),
            Do::Upgrade(_) => {
                let upgraded = weak.last()?.upgrade();
                let there = upgraded.is_some();
                strong.extend(upgraded);
                i64::from(there)
            }
            Do::TryUnwrap(_) => {
                match Arc::try_unwrap(strong.pop()?) {
                    Ok(value) => *taken = Some(value),
                    Err(owner) => strong.push(owner),
                }
                i64::from(taken.is_some())
            }
            Do::IntoInner(_) => {
                *taken = Arc::into_inner(strong.pop()?);
                i64::from(taken.is_some())
            }
            _ => {
                change(what, strong, weak);
                return None;
            }
        };
        Some(seen)
    }
}

/// Does an operation that observes nothing.
fn change(what: &Do, strong: &mut Vec<Arc<Value>>, weak: &mut Vec<Weak<Value>>) {
    match what {
        Do::CloneArc(_) => strong.extend(strong.last().cloned()),
        Do::DropArc(_) => drop(strong.pop()),
        Do::DowngradeArc(_) => weak.extend(strong.last().map(Arc::downgrade)),
        Do::DropWeak(_) => drop(weak.pop()),
        _ => unreachable!("{what:?} is about no owner"),
    }
}

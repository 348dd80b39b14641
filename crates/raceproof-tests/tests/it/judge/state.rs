//! The state of a program under way.

use std::collections::{BTreeSet, VecDeque};

use super::language::{
    ARCS, ATOMICS, CELLS, CHANNELS, CONDVARS, Do, LOCKS, SLOTS, contains, sends, uses,
};
use super::memory::{Cell, Conflict, Known};
use super::owners::{Handles, Matter, Shared, of_root};
use super::steps::Object;

/// The rules that std leaves open.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
pub(super) struct Rules {
    /// Waits and parks may wake, and weak exchanges fail, for no reason: "Note that this function is
    /// susceptible to spurious wakeups." "It may also return spuriously, without consuming this token."
    /// "This function is allowed to spuriously fail even when the comparison succeeds."
    pub(super) spurious: bool,
    /// A thread's end is a step of its own, since some thread asks for it.
    pub(super) ends: bool,
    /// What sets, reads and clears a lock's poison are steps of their own, since some thread does so
    /// without the lock.
    pub(super) poison: bool,
    pub(super) queue: Queue,
    /// What of each value's owners threads can tell.
    pub(super) matters: [Matter; ARCS],
    /// The clock is read. The number of ticks that it may be ahead by whenever it is.
    pub(super) ahead: Option<i64>,
    /// The time after which nothing changes, if the program compares with one deadline alone.
    pub(super) horizon: Option<i64>,
}

impl Rules {
    /// Those that a program needs.
    pub(super) fn of(program: &[Do]) -> Self {
        let looks = |what: &Do| matches!(what, Do::IsPoisoned(_) | Do::ClearPoison(_));
        Rules {
            ends: contains(program, &|what| matches!(what, Do::IsFinished(_))),
            poison: contains(program, &looks),
            ..Rules::default()
        }
    }
}

/// Ticks of the clock in the time that a timed operation takes: more than there are readings, so that
/// any order of them is possible in between.
pub(super) const TICKS: i64 = 4;

/// Who enters a read-write lock: "a writer which is waiting to acquire the lock in write might or
/// might not block concurrent calls to read".
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
pub(super) enum Queue {
    /// It never does.
    #[default]
    ReadersPass,
    /// It always does.
    WritersFirst,
    /// Each time it does or does not.
    Any,
}

/// A thread's number, in the order of the spawns of this execution.
pub(super) type Tid = usize;

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct State<'p> {
    pub(super) rules: Rules,
    pub(super) threads: Vec<Thread<'p>>,
    /// The time: that of the last step that took any.
    pub(super) clock: i64,
    /// The time in the first mutex.
    pub(super) time: Option<i64>,
    pub(super) atomics: [i64; ATOMICS],
    /// What each atomic's last value makes known to a thread that reads it.
    pub(super) released: [Known; ATOMICS],
    pub(super) cells: [Cell; CELLS],
    /// What the last step has found wrong.
    pub(super) conflict: Option<Conflict>,
    pub(super) locks: [Lock; LOCKS],
    /// The threads that wait at each condition variable: a set, since a notification may wake any.
    pub(super) waiters: [Vec<Tid>; CONDVARS],
    pub(super) channels: [Channel; CHANNELS.len()],
    /// The values with owners.
    pub(super) arcs: [Shared; ARCS],
    /// The atomics that were dropped, and whether the cell was.
    pub(super) dropped: [bool; ATOMICS + 1],
    /// A thread used one of them all the same.
    pub(super) used_after_drop: bool,
    /// The thread that waits at the barrier.
    pub(super) met: Option<Tid>,
    /// Each by its number as a [`Gate`].
    pub(super) onces: [Once; 3],
    /// The program has no meaning: a thread unwinds out of a destructor that runs because of a panic,
    /// or out of a thread-local's destructor, where std aborts the process; or it is in a loop that
    /// takes no step.
    pub(super) lost: bool,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(super) struct Lock {
    pub(super) writer: Option<Tid>,
    pub(super) readers: Vec<Tid>,
    /// The threads whose `try_read` failed because of a waiting writer since anything happened to the lock.
    pub(super) refused: Vec<Tid>,
    pub(super) poisoned: bool,
    pub(super) data: i64,
    /// What the threads that held it make known to those that take it, and to writers alone.
    pub(super) released: Known,
    pub(super) released_to_writers: Known,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Channel {
    pub(super) queue: VecDeque<i64>,
    pub(super) received: usize,
    /// Senders that wait for a receiver to take their value: a channel without room has these only.
    pub(super) offers: Vec<(Tid, i64)>,
    pub(super) senders: usize,
    pub(super) receiver: bool,
    /// The thread that waits in a receive.
    pub(super) receiving: Option<Tid>,
}

/// What happens once.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(super) enum Gate {
    Once,
    OnceLock,
    LazyLock,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
pub(super) enum Once {
    #[default]
    New,
    Running,
    Poisoned,
    /// A closure has run to its end, with this value.
    Done(i64),
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Thread<'p> {
    /// The numbers of the spawns that lead to it: the same in every execution.
    pub(super) name: Vec<usize>,
    pub(super) parent: Option<Tid>,
    pub(super) frames: Vec<Frame<'p>>,
    pub(super) exit: Exit,
    pub(super) stage: Option<Stage>,
    /// It waits for a read-write lock, as a writer or behind one.
    pub(super) queued: Option<Queued>,
    /// The objects on which an operation has ended for no reason, and none since for one that is not
    /// the time. None ends for no reason there, which no rule of std says: it is the bound of the
    /// explorer.
    pub(super) spurious: BTreeSet<Object>,
    /// The accesses of cells that happen before its next step.
    pub(super) known: Known,
    /// What those that made its token available make known to it.
    pub(super) released: Known,
    pub(super) register: i64,
    pub(super) log: Vec<i64>,
    pub(super) slots: [Option<i64>; SLOTS],
    /// When it came to what it does next.
    pub(super) since: i64,
    pub(super) token: bool,
    /// The threads that it has started.
    pub(super) spawned: usize,
    pub(super) handles: Vec<Option<Tid>>,
    pub(super) sibling: Option<Tid>,
    pub(super) senders: [bool; CHANNELS.len()],
    pub(super) receivers: [bool; CHANNELS.len()],
    pub(super) arcs: Handles,
    /// The destructors of its thread-local values, in the order in which they run.
    pub(super) locals: Vec<&'p [Do]>,
    /// How its closure ended.
    pub(super) result: Option<Result<(), i64>>,
    /// The closure returns an object with a destructor.
    pub(super) gives: bool,
    /// That is there for whoever joins the thread.
    pub(super) left: bool,
    /// The thread's handle is gone.
    pub(super) unwanted: bool,
    /// How many results of threads it is about to drop.
    pub(super) drops: usize,
    /// A join took the result.
    pub(super) claimed: bool,
    /// Others see that its closure is over. It may have thread-local values yet.
    pub(super) finished: bool,
    pub(super) ended: bool,
}

/// A block under way: what is left of it, and what its end does.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Frame<'p> {
    pub(super) rest: &'p [Do],
    pub(super) scope: Scope<'p>,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) enum Scope<'p> {
    /// The thread's closure.
    Closure,
    Plain,
    /// A guard's scope; whether the thread was panicking when it took the lock.
    Guard {
        lock: usize,
        shared: bool,
        panicking: bool,
    },
    Loop {
        body: &'p [Do],
        left: Option<u32>,
    },
    Catch,
    /// An object's scope, with the body of its destructor.
    Object(&'p [Do]),
    /// A destructor under way, and how the scope that it ended is left.
    Destructor(Exit),
    /// The destructor of a thread-local value.
    Local,
    /// A closure that accesses plain memory.
    Cell {
        cell: usize,
        writes: bool,
    },
    /// A closure that runs once.
    Once(Gate),
    /// `thread::scope`, with its threads.
    Threads(Vec<Tid>),
}

/// Whether a thread leaves the blocks that it is in.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Exit {
    Not,
    /// As far as the innermost loop.
    Loop,
    /// By a panic.
    Panic(i64),
}

/// How a thread waits for a read-write lock.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Queued {
    Writer(usize),
    BehindWriters,
}

/// An operation half done.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) enum Stage {
    /// Among the waiters of a condition variable.
    Waiting { condvar: usize, timed: bool, lock: usize },
    /// Woken from a wait, to take the mutex again; what the wait observes besides poison.
    Relock { lock: usize, notified: bool },
    /// Has taken a lock, to find out whether it is poisoned.
    Found { lock: usize, notified: bool },
    /// Notified, but a timed wait has not noticed yet.
    Notified { lock: usize },
    /// Offers a value on a channel without room.
    Offering { channel: usize },
    /// Waits in a receive on a channel without room.
    Receiving { channel: usize, timed: bool },
    /// Waits at the barrier.
    Meeting,
    /// Another thread has let it go on, and this is what it observes.
    Released(i64),
}

impl<'p> State<'p> {
    /// The state in which the root thread takes its first step.
    pub(super) fn new(program: &'p [Do], rules: Rules) -> Self {
        let used = uses(program);
        let channel = |index: usize| Channel {
            received: 0,
            queue: VecDeque::new(),
            offers: Vec::new(),
            senders: usize::from(used[index]),
            receiver: used[index],
            receiving: None,
        };
        let mut root = Thread::new(vec![0], None, program);
        root.senders = used;
        root.receivers = used;
        root.arcs = of_root(program);
        let mut state = State {
            rules,
            arcs: root.arcs.map(Shared::from),
            threads: vec![root],
            clock: 0,
            time: None,
            atomics: [0; ATOMICS],
            released: Default::default(),
            cells: Default::default(),
            conflict: None,
            locks: Default::default(),
            waiters: Default::default(),
            channels: std::array::from_fn(channel),
            dropped: [false; ATOMICS + 1],
            used_after_drop: false,
            met: None,
            onces: [Once::New; 3],
            lost: false,
        };
        state.settle(0);
        state
    }

    /// Adds a thread that runs `body` as a child of `parent`.
    pub(super) fn add_thread(&mut self, parent: Tid, body: &'p [Do]) -> Tid {
        let id = self.threads.len();
        let creator = &mut self.threads[parent];
        let mut name = creator.name.clone();
        name.push(creator.spawned);
        creator.spawned += 1;
        let slots = creator.slots;
        let arcs = creator.give_arcs(body);
        let mentioned = sends(body);
        let senders = std::array::from_fn(|channel| creator.senders[channel] && mentioned[channel]);
        for (channel, sender) in self.channels.iter_mut().zip(senders) {
            channel.senders += usize::from(sender);
        }
        let known = self.threads[parent].known.clone();
        let thread =
            Thread { senders, slots, known, arcs, ..Thread::new(name, Some(parent), body) };
        self.threads.push(thread);
        id
    }
}

impl<'p> Thread<'p> {
    fn new(name: Vec<usize>, parent: Option<Tid>, body: &'p [Do]) -> Self {
        Thread {
            name,
            parent,
            frames: vec![Frame { rest: body, scope: Scope::Closure }],
            exit: Exit::Not,
            stage: None,
            queued: None,
            spurious: BTreeSet::new(),
            known: Known::default(),
            released: Known::default(),
            register: 0,
            log: Vec::new(),
            slots: [None; SLOTS],
            since: 0,
            token: false,
            spawned: 0,
            handles: Vec::new(),
            sibling: None,
            senders: [false; CHANNELS.len()],
            receivers: [false; CHANNELS.len()],
            arcs: Handles::default(),
            locals: Vec::new(),
            result: None,
            gives: false,
            left: false,
            unwanted: false,
            drops: 0,
            claimed: false,
            ended: false,
            finished: false,
        }
    }

    /// Puts a value into the register and, outside of endless loops, into the log.
    pub(super) fn observe(&mut self, value: i64) {
        self.register = value;
        let endless = |frame: &Frame| matches!(frame.scope, Scope::Loop { left: None, .. });
        if !self.frames.iter().any(endless) {
            self.log.push(value);
        }
    }

    /// `thread::panicking`.
    pub(super) fn is_panicking(&self) -> bool {
        let outer = |frame: &Frame| matches!(frame.scope, Scope::Destructor(Exit::Panic(_)));
        matches!(self.exit, Exit::Panic(_)) || self.frames.iter().any(outer)
    }

    /// The lock of the innermost guard that the running closure can reach.
    pub(super) fn innermost(&self) -> Option<(usize, bool)> {
        for frame in self.frames.iter().rev() {
            match frame.scope {
                Scope::Guard { lock, shared, .. } => return Some((lock, shared)),
                Scope::Plain | Scope::Loop { .. } | Scope::Object(_) => {}
                _ => return None,
            }
        }
        None
    }

    pub(super) fn enter(&mut self, rest: &'p [Do], scope: Scope<'p>) {
        self.frames.push(Frame { rest, scope });
    }
}

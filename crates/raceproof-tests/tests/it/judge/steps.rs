//! The steps: which are enabled, and what each does. The semantics is that of std's documentation
//! under sequential consistency.

use super::gates::gate;
use super::language::{ATOMICS, CHANNELS, Do, Hold, MUTEXES, Whom, arc_of};
use super::local::Next;
use super::memory::Known;
use super::state::{Exit, Gate, Lock, Scope, Stage, State, TICKS, Thread, Tid};

/// What a step accesses, and whether it writes it: two steps of different threads depend on each
/// other if one writes what the other accesses.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(super) enum Object {
    Atomic(usize),
    Cell,
    Lock(usize),
    Poison(usize),
    Condvar(usize),
    /// The order of a channel's sends, and its receiver's end.
    Channel(usize),
    /// The place of a value in a channel.
    Slot(usize, usize),
    /// The end of a channel's senders.
    Senders(usize),
    Barrier,
    Once(Gate),
    /// That what happens once is over.
    Over(Gate),
    Token(Vec<usize>),
    End(Vec<usize>),
    /// The result that a thread leaves.
    Result(Vec<usize>),
    Owners(usize),
    Weaks(usize),
}

/// What the destructor of a thread's result does.
static DROPPED: Do = Do::Store(0, 3);

pub(super) type Access = Vec<(Object, bool)>;

impl Thread<'_> {
    pub(super) fn handle(&self, handle: usize) -> Option<Tid> {
        self.handles.get(handle).copied().flatten()
    }

    pub(super) fn target(&self, me: Tid, whom: Whom) -> Option<Tid> {
        match whom {
            Whom::Me => Some(me),
            Whom::Parent => self.parent,
            Whom::Child(handle) => self.handle(handle),
        }
    }
}

impl Lock {
    pub(super) fn admits(&self, shared: bool) -> bool {
        self.writer.is_none() && (shared || self.readers.is_empty())
    }

    pub(super) fn admit(&mut self, id: Tid, shared: bool) {
        self.refused.clear();
        if shared {
            self.readers.push(id);
            self.readers.sort_unstable();
        } else {
            self.writer = Some(id);
        }
    }

    /// What a thread that takes it learns.
    pub(super) fn tell(&self, known: &mut Known, shared: bool) {
        known.learn(&self.released);
        if !shared {
            known.learn(&self.released_to_writers);
        }
    }

    pub(super) fn release(&mut self, id: Tid, known: &Known, shared: bool) {
        self.refused.clear();
        let released = if shared { &mut self.released_to_writers } else { &mut self.released };
        released.learn(known);
        if shared {
            let at = self.readers.iter().position(|reader| *reader == id).expect("a reader");
            self.readers.remove(at);
        } else {
            self.writer = None;
        }
    }
}

impl<'p> State<'p> {
    /// How many alternatives a thread's next step has; 0 if it is not enabled.
    pub(super) fn alternatives(&self, id: Tid) -> usize {
        match self.next(id) {
            Next::Nothing => 0,
            Next::Stage => self.ways_to_go_on(id),
            Next::Begin(Do::NotifyOne(condvar)) => self.waiters[*condvar].len().max(1),
            Next::Begin(Do::Choose(n)) => *n,
            Next::Begin(Do::Park) => {
                usize::from(self.threads[id].token) + self.parks_spuriously(id)
            }
            Next::Begin(Do::ParkTimeout) => 1 + self.parks_spuriously(id),
            Next::Begin(Do::CompareExchangeWeak(atomic, expected, _)) => {
                let swaps = self.atomics[*atomic] == *expected;
                1 + usize::from(swaps && self.may_be_spurious(id, &Object::Atomic(*atomic)))
            }
            Next::Begin(Do::Now(_)) => 1 + self.rules.ahead.unwrap_or(0) as usize,
            Next::Begin(Do::Hold(hold, MUTEXES.., _)) => self.ways_to_enter(id, *hold).len(),
            Next::Begin(what) => usize::from(self.may_begin(id, what)),
            Next::AwaitScope => usize::from(self.scope_is_over(id)),
            Next::Release | Next::Complete => 1,
            Next::DropSender(_) | Next::DropReceiver(_) => 1,
            Next::Leave | Next::DropResult | Next::Finish | Next::End => 1,
            Next::DropOwner(_) | Next::DropWeak(_) => 1,
        }
    }

    /// Is the next step of the thread, which is enabled, one that commutes with all others and that
    /// no step disables?
    pub(super) fn is_silent(&self, id: Tid) -> bool {
        match self.next(id) {
            Next::Begin(Do::Join(_) | Do::JoinSibling) | Next::AwaitScope => true,
            Next::Finish => !self.rules.ends,
            Next::End => true,
            next => self.is_uncounted(next),
        }
    }

    /// Is the thread's next step, which is enabled, to wake for no reason?
    pub(super) fn is_for_no_reason(&self, id: Tid) -> bool {
        let thread = &self.threads[id];
        match self.next(id) {
            Next::Stage => matches!(thread.stage, Some(Stage::Waiting { timed: false, .. })),
            Next::Begin(Do::Park) => !thread.token,
            _ => false,
        }
    }

    /// May the thread's operation on this object end for no reason?
    fn may_be_spurious(&self, id: Tid, object: &Object) -> bool {
        self.rules.spurious && !self.threads[id].spurious.contains(object)
    }

    fn parks_spuriously(&self, id: Tid) -> usize {
        usize::from(self.may_be_spurious(id, &Object::Token(self.threads[id].name.clone())))
    }

    /// Notes that the thread's operation on this object ends for no reason, or for one that is not the
    /// time.
    pub(super) fn note_spurious(&mut self, id: Tid, object: Object, spurious: bool) {
        if spurious {
            self.threads[id].spurious.insert(object);
        } else {
            self.threads[id].spurious.remove(&object);
        }
    }

    fn may_begin(&self, id: Tid, what: &Do) -> bool {
        let thread = &self.threads[id];
        let ended = |target: Option<Tid>| target.is_some_and(|target| self.threads[target].ended);
        match what {
            Do::Hold(Hold::Shared | Hold::Exclusive, lock, _) => self.locks[*lock].admits(false),
            Do::Join(handle) => ended(thread.handle(*handle)),
            Do::JoinSibling => ended(thread.sibling),
            Do::Send(channel, _) => {
                let Some(room @ 1..) = CHANNELS[*channel] else { return true };
                let channel = &self.channels[*channel];
                !channel.receiver || channel.queue.len() < room
            }
            Do::Recv(channel) => {
                let state = &self.channels[*channel];
                CHANNELS[*channel] == Some(0) || !state.queue.is_empty() || state.senders == 0
            }
            _ => gate(what).is_none_or(|gate| self.may_pass(gate, what)),
        }
    }

    fn ways_to_go_on(&self, id: Tid) -> usize {
        let enabled = match self.threads[id].stage.as_ref().expect("a stage") {
            // A timed wait may wake for no reason before it times out.
            Stage::Waiting { timed, condvar, .. } => {
                let spurious = self.may_be_spurious(id, &Object::Condvar(*condvar));
                return usize::from(*timed) + usize::from(spurious);
            }
            Stage::Relock { lock, .. } => self.locks[*lock].admits(false),
            Stage::Found { .. } | Stage::Notified { .. } | Stage::Released(_) => true,
            Stage::Meeting => false,
            Stage::Offering { channel } => !self.channels[*channel].receiver,
            Stage::Receiving { channel, timed } => *timed || self.channels[*channel].senders == 0,
        };
        usize::from(enabled)
    }

    /// "All threads spawned within the scope that haven't been manually joined will be automatically
    /// joined before this function returns." That is when their closures are over: an implicit join
    /// does not wait for thread-local destructors.
    fn scope_is_over(&self, id: Tid) -> bool {
        let Some(Scope::Threads(threads)) = self.threads[id].frames.last().map(|top| &top.scope)
        else {
            unreachable!("a scope")
        };
        threads.iter().all(|thread| self.threads[*thread].result.is_some())
    }

    /// Takes an alternative of the thread's next step, which is enabled.
    pub(super) fn step(&mut self, id: Tid, alternative: usize) -> Access {
        let access = match self.next(id) {
            Next::Stage => self.go_on(id, alternative),
            Next::Begin(Do::Hold(hold, lock @ MUTEXES.., block)) => {
                self.enter(id, self.ways_to_enter(id, *hold)[alternative], *lock, block)
            }
            Next::Begin(what) => {
                let frame = self.threads[id].frames.last_mut().expect("a frame");
                frame.rest = &frame.rest[1..];
                self.begin(id, what, alternative)
            }
            Next::Release => self.release(id),
            Next::Complete => self.complete(id),
            Next::DropSender(channel) => self.drop_sender(id, channel),
            Next::DropReceiver(channel) => self.drop_receiver(id, channel),
            Next::DropOwner(arc) => self.drop_owner(id, arc),
            Next::DropWeak(arc) => self.drop_weak(id, arc),
            Next::AwaitScope => self.close_scope(id),
            Next::Leave => self.leave_result(id),
            Next::DropResult => {
                self.threads[id].drops -= 1;
                self.access_atomic(id, &DROPPED, false)
            }
            // "This might return `true` for a brief moment after the thread's main function has
            // returned, but before the thread itself has stopped running."
            Next::Finish => {
                self.threads[id].finished = true;
                self.destroy_locals(id);
                vec![(Object::End(self.threads[id].name.clone()), true)]
            }
            Next::End => {
                self.threads[id].ended = true;
                vec![]
            }
            Next::Nothing => unreachable!("a thread that has ended takes no step"),
        };
        self.settle(id);
        access
    }

    fn begin(&mut self, id: Tid, what: &'p Do, alternative: usize) -> Access {
        match what {
            Do::Load(_) | Do::Store(..) | Do::Add(..) | Do::Swap(..) => {
                self.access_atomic(id, what, false)
            }
            Do::CompareExchange(..) => self.access_atomic(id, what, false),
            Do::CompareExchangeWeak(atomic, ..) => {
                self.note_spurious(id, Object::Atomic(*atomic), alternative == 1);
                self.access_atomic(id, what, alternative == 1)
            }
            Do::DropAtomic(atomic) => {
                self.use_one(*atomic, true);
                vec![(Object::Atomic(*atomic), true)]
            }
            Do::ReadCell | Do::DropCell => {
                let drops = *what == Do::DropCell;
                self.use_one(ATOMICS, drops);
                vec![(Object::Cell, drops)]
            }
            Do::Hold(_, lock, block) => self.lock_mutex(id, *lock, block),
            Do::IsPoisoned(lock) => {
                self.threads[id].observe(i64::from(self.locks[*lock].poisoned));
                vec![(Object::Poison(*lock), false)]
            }
            Do::ClearPoison(lock) => {
                self.locks[*lock].poisoned = false;
                vec![(Object::Poison(*lock), true)]
            }
            Do::Downgrade => self.downgrade(id),
            Do::Wait(condvar) => self.wait(id, *condvar, false),
            Do::WaitTimeout(condvar) => self.wait(id, *condvar, true),
            Do::NotifyOne(condvar) => {
                if alternative < self.waiters[*condvar].len() {
                    self.notify(*condvar, alternative);
                }
                vec![(Object::Condvar(*condvar), true)]
            }
            Do::NotifyAll(condvar) => {
                while !self.waiters[*condvar].is_empty() {
                    self.notify(*condvar, 0);
                }
                vec![(Object::Condvar(*condvar), true)]
            }
            Do::Send(..) | Do::TrySend(..) | Do::DropSender(_) => self.send(id, what),
            Do::Recv(_) | Do::TryRecv(_) | Do::RecvTimeout(_) => self.receive(id, what),
            Do::Join(_) | Do::JoinSibling | Do::IsFinished(_) => self.join(id, what),
            Do::Detach(handle) => self.detach(id, *handle),
            Do::Park | Do::ParkTimeout | Do::Unpark(_) => self.pass_token(id, what, alternative),
            Do::Now(slot) => {
                self.reach(self.clock + alternative as i64);
                self.threads[id].slots[*slot] = Some(self.clock);
                Vec::new()
            }
            Do::Sleep => {
                self.time_out(id);
                Vec::new()
            }
            Do::Choose(_) => {
                self.threads[id].observe(alternative as i64);
                Vec::new()
            }
            Do::Meet => self.meet(id),
            _ if arc_of(what).is_some() => self.own(id, what),
            _ => self.pass(id, what),
        }
    }

    /// Uses an atomic or the cell, and perhaps drops it.
    fn use_one(&mut self, which: usize, drops: bool) {
        self.used_after_drop |= self.dropped[which];
        self.dropped[which] |= drops;
    }

    /// "The thread may sleep longer than the duration specified": a timed operation ends because its time is
    /// over, at least so long after it began.
    pub(super) fn time_out(&mut self, id: Tid) {
        if self.rules.ahead.is_some() {
            self.reach(self.threads[id].since + TICKS);
        }
    }

    /// It is at least this time.
    fn reach(&mut self, time: i64) {
        self.clock = self.clock.max(self.rules.horizon.map_or(time, |horizon| time.min(horizon)));
    }

    fn access_atomic(&mut self, id: Tid, what: &Do, fails: bool) -> Access {
        let (Do::Load(atomic)
        | Do::Store(atomic, _)
        | Do::Add(atomic, _)
        | Do::Swap(atomic, _)
        | Do::CompareExchange(atomic, ..)
        | Do::CompareExchangeWeak(atomic, ..)) = what
        else {
            unreachable!("an atomic's operation")
        };
        self.use_one(*atomic, false);
        let value = &mut self.atomics[*atomic];
        let old = *value;
        let new = match what {
            Do::Store(_, new) | Do::Swap(_, new) => Some(*new),
            Do::Add(_, more) => Some(old + more),
            Do::CompareExchange(_, expected, new) | Do::CompareExchangeWeak(_, expected, new) => {
                (old == *expected && !fails).then_some(*new)
            }
            _ => None,
        };
        *value = new.unwrap_or(old);
        let (thread, released) = (&mut self.threads[id], &mut self.released[*atomic]);
        if matches!(what, Do::Store(..)) {
            *released = Known::default();
        } else {
            let failed = matches!(what, Do::CompareExchangeWeak(..)) && new.is_none();
            thread.observe(if failed { old + 10 } else { old });
            thread.known.learn(released);
        }
        if new.is_some() {
            released.learn(&thread.known);
        }
        vec![(Object::Atomic(*atomic), new.is_some())]
    }

    /// `park` "blocks unless or until the current thread's token is made available", and takes it;
    /// `unpark` "atomically makes the handle's token available if it is not already". "Calls to unpark
    /// synchronize-with calls to park", those by which the token was available already as well.
    fn pass_token(&mut self, id: Tid, what: &Do, alternative: usize) -> Access {
        let real = matches!(what, Do::ParkTimeout) || self.threads[id].token;
        if matches!(what, Do::Park | Do::ParkTimeout) {
            let token = Object::Token(self.threads[id].name.clone());
            if alternative >= usize::from(real) {
                self.note_spurious(id, token, true);
                return Vec::new();
            }
            if self.threads[id].token {
                self.note_spurious(id, token, false);
            }
        }
        let owner = match what {
            Do::Unpark(whom) => self.threads[id].target(id, *whom).expect("a target"),
            _ => id,
        };
        if matches!(what, Do::ParkTimeout) && !self.threads[id].token {
            self.time_out(id);
        }
        let given = matches!(what, Do::Unpark(_));
        let known = self.threads[id].known.clone();
        let thread = &mut self.threads[owner];
        if given {
            thread.released.learn(&known);
        } else if thread.token {
            thread.known.learn(&thread.released);
        }
        thread.token = given;
        vec![(Object::Token(self.threads[owner].name.clone()), !given)]
    }

    /// A thread's result is there from now on, for whoever joins it. If nobody can, the thread drops it.
    fn leave_result(&mut self, id: Tid) -> Access {
        let thread = &mut self.threads[id];
        thread.left = true;
        thread.drops += usize::from(thread.unwanted);
        vec![(Object::Result(thread.name.clone()), true)]
    }

    /// "Dropping the handle detaches the thread": its result is dropped by this thread if it is there, and else by itself.
    fn detach(&mut self, id: Tid, handle: usize) -> Access {
        let target = self.threads[id].handles[handle].take().expect("a handle");
        let target = &mut self.threads[target];
        target.unwanted = true;
        let (left, name) = (target.left, target.name.clone());
        self.threads[id].drops += usize::from(left);
        vec![(Object::Result(name), true)]
    }

    fn join(&mut self, id: Tid, what: &Do) -> Access {
        let thread = &mut self.threads[id];
        let target = match what {
            Do::IsFinished(handle) => {
                let target = thread.handle(*handle).expect("a handle");
                let finished = self.threads[target].finished;
                self.threads[id].observe(i64::from(finished));
                return vec![(Object::End(self.threads[target].name.clone()), false)];
            }
            Do::Join(handle) => thread.handles[*handle].take(),
            _ => thread.sibling.take(),
        };
        let target = &mut self.threads[target.expect("a thread to join")];
        target.claimed = true;
        let well = target.result == Some(Ok(()));
        let gives = well && target.gives;
        let known = target.known.clone();
        self.threads[id].known.learn(&known);
        self.threads[id].observe(i64::from(well));
        self.threads[id].drops += usize::from(gives);
        Vec::new()
    }

    /// "If any of the automatically joined threads panicked, this function will panic."
    fn close_scope(&mut self, id: Tid) -> Access {
        let frame = self.threads[id].frames.pop().expect("a scope");
        let Scope::Threads(threads) = frame.scope else { unreachable!("a scope") };
        let mut panicked = false;
        for thread in threads {
            let known = self.threads[thread].known.clone();
            self.threads[id].known.learn(&known);
            let thread = &mut self.threads[thread];
            let claimed = std::mem::replace(&mut thread.claimed, true);
            panicked |= !claimed && matches!(thread.result, Some(Err(_)));
        }
        let thread = &mut self.threads[id];
        match thread.exit {
            Exit::Not | Exit::Loop if panicked => thread.exit = Exit::Panic(SCOPE),
            Exit::Loop => thread.exit = Exit::Not,
            Exit::Not | Exit::Panic(_) => {}
        }
        Vec::new()
    }
}

/// The message of a scope's own panic.
pub(super) const SCOPE: i64 = 99;

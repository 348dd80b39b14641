//! Data races on plain memory, by vector clocks over synchronisation only.
//!
//! Values are sequentially consistent here, but an atomic orders plain accesses only
//! as far as its memory orderings say: a relaxed flag guards nothing. Each thread has
//! a clock; a release copies it to the object, an acquire joins the object's. An
//! access races with an earlier one that the accessing thread's clock does not cover,
//! if either writes.
//!
//! All of this rests until an execution makes its first cell. Nothing is lost by that:
//! an order between two accesses of a cell is made of steps after the cell was made.

use std::panic::Location;
use std::sync::atomic::Ordering::{self, AcqRel, Acquire, Release, SeqCst};

use super::clock::Clocks;
use super::fault::FailureKind;
use super::state::Kernel;

/// One access of a cell. It has a beginning and an end; `time` is that of the end, once there is one.
#[derive(Clone, Copy)]
pub(crate) struct Access {
    pub(crate) thread: u16,
    chain: u16,
    time: u32,
    pub(crate) written: bool,
    pub(crate) at: &'static Location<'static>,
    /// How many steps the execution had.
    pub(crate) taken: u32,
    /// Its number among the thread's accesses of cells, from 1; 0: the cell's making.
    pub(crate) nth: u32,
}

impl Access {
    /// One that begins now.
    pub(crate) fn now(kernel: &Kernel, written: bool, at: &'static Location<'static>) -> Self {
        let thread = kernel.current;
        let (taken, nth) = (kernel.events.taken() as u32, kernel.thread(thread).touches);
        Access { thread, chain: 0, time: 0, written, at, taken, nth }
    }
}

/// Two accesses of a cell, one of them a write, that nothing orders or of which the later begins
/// before the earlier ends.
pub(crate) struct Race {
    pub(crate) earlier: Access,
    pub(crate) later: Access,
    /// Whether the earlier has not ended.
    pub(crate) open: bool,
}

/// The accesses of a cell.
#[derive(Default)]
struct Accesses {
    /// The last write and the reads since.
    last: Vec<Access>,
    /// Those that have not ended.
    open: Vec<Access>,
    /// When a thread had the cell for itself.
    owned: Vec<Access>,
    /// Of an atomic: its steps, the last of each thread and kind.
    steps: Vec<Access>,
    /// And the plain accesses, likewise.
    plain: Vec<Access>,
}

#[derive(Default)]
pub(crate) struct DataRaces {
    on: bool,
    /// Whether the clocks are given, step by step, instead of being worked out here.
    given: bool,
    /// The chain of each thread.
    chains: Vec<u16>,
    /// Rows with an entry for each chain, for: each thread, its release fence, its relaxed loads.
    threads: [Clocks; 3],
    /// What each object releases: to all who acquire it, and (locks) to writers only.
    objects: [Clocks; 2],
    /// What threads come after for a while, where clocks are given.
    lent: Vec<Lent>,
    known_threads: usize,
    known_objects: usize,
    /// By object number.
    cells: Vec<Accesses>,
}

/// What a thread comes after for a while.
struct Lent {
    thread: u16,
    past: Box<[u32]>,
    /// The thread's clock without it.
    clock: Box<[u32]>,
}

/// Indices into [`DataRaces::threads`].
const CLOCK: usize = 0;
const FENCE: usize = 1;
const SEEN: usize = 2;

impl DataRaces {
    pub(crate) fn begin(&mut self) {
        self.on = false;
        self.lent.clear();
    }

    #[inline]
    pub(crate) fn is_on(&self) -> bool {
        self.on
    }

    /// Works out no clocks: they are given, and the making of every object is watched.
    pub(crate) fn take_given_clocks(&mut self) {
        self.given = true;
    }

    #[inline]
    pub(crate) fn are_clocks_given(&self) -> bool {
        self.given
    }

    /// Says what happens before the next accesses of a thread, and the time of these.
    pub(crate) fn give(&mut self, thread: u16, clock: &[u32], time: u32) {
        self.grow(clock.len().max(usize::from(thread) + 1), 0, 0);
        let row = self.threads[CLOCK].row_mut(usize::from(thread));
        row.fill(0);
        row[..clock.len()].copy_from_slice(clock);
        row[usize::from(thread)] = time;
        for lent in self.lent.iter_mut().filter(|lent| lent.thread == thread) {
            lent.clock = (&*row).into();
            row.iter_mut().zip(&lent.past).for_each(|(mine, past)| *mine = (*mine).max(*past));
        }
    }

    /// Adds the thread's past to what an object releases, where clocks are given: the object is no step's, so
    /// they do not tell.
    pub(crate) fn release_beside_given(&mut self, thread: usize, object: u32) {
        if self.given {
            self.objects[0].join_from(object as usize, &self.threads[CLOCK], thread);
        }
    }

    /// The making of an object that does not happen before this use of it.
    pub(crate) fn unordered_making(&self, object: usize, user: u16) -> Option<Access> {
        let made = *self.cells.get(object)?.last.first()?;
        let clock = self.threads[CLOCK].row(usize::from(user));
        (made.thread != user && clock[usize::from(made.chain)] < made.time).then_some(made)
    }

    /// Makes room for these many threads, chains and objects; new rows are zero.
    pub(crate) fn grow(&mut self, threads: usize, chains: usize, objects: usize) {
        let chains = if self.given { threads.max(chains) } else { chains };
        for clocks in &mut self.threads {
            clocks.widen(chains);
            clocks.reach(threads);
        }
        for clocks in &mut self.objects {
            clocks.widen(chains);
            clocks.reach(objects);
        }
        if self.cells.len() < objects {
            self.cells.resize_with(objects, Accesses::default);
        }
        for thread in self.known_threads..threads {
            self.chains.push(thread as u16);
            if self.given {
                self.enter(thread, Some(thread as u16));
            }
        }
        self.known_threads = self.known_threads.max(threads);
        self.known_objects = self.known_objects.max(objects);
    }

    /// Begins to watch, unless it does so or need not. True if it begins: each thread is to
    /// [enter](DataRaces::enter).
    pub(crate) fn begins_to_watch(&mut self) -> bool {
        let begins = !self.on && !self.given;
        self.on |= begins;
        if begins {
            for clocks in &mut self.objects {
                (0..self.known_objects).for_each(|object| clocks.clear_row(object));
            }
        }
        begins
    }

    /// A thread, of this chain if it is alive, has done nothing so far.
    pub(crate) fn enter(&mut self, thread: usize, chain: Option<u16>) {
        for clocks in &mut self.threads {
            clocks.clear_row(thread);
        }
        if let Some(chain) = chain {
            self.chains[thread] = chain;
            self.tick(thread);
        }
    }

    /// A cell is made.
    pub(crate) fn create(
        &mut self,
        cell: usize,
        by: Option<usize>,
        at: &'static Location<'static>,
    ) {
        if self.given {
            self.objects[0].clear_row(cell);
        }
        let by = by.map(|by| (by as u16, self.time(by)));
        let Accesses { last, open, owned, steps, plain } = &mut self.cells[cell];
        last.clear();
        open.clear();
        owned.clear();
        steps.clear();
        plain.clear();
        last.extend(by.map(|(thread, (chain, time))| Access {
            thread,
            chain,
            time,
            written: true,
            at,
            taken: 0,
            nth: 0,
        }));
    }

    /// An access by a thread, with its time.
    fn timed(&self, access: Access) -> Access {
        let (chain, time) = self.time(usize::from(access.thread));
        Access { chain, time, ..access }
    }

    /// A thread's chain, and its time there.
    fn time(&self, thread: usize) -> (u16, u32) {
        let chain = self.chains[thread];
        (chain, self.threads[CLOCK].cell(thread, usize::from(chain)))
    }

    fn tick(&mut self, thread: usize) {
        let chain = usize::from(self.chains[thread]);
        self.threads[CLOCK].row_mut(thread)[chain] += 1;
    }

    /// A thread starts, and with it its token: there are so many objects now.
    #[inline(always)]
    pub(crate) fn spawn(&mut self, parent: usize, (child, chain): (usize, u16), objects: usize) {
        if self.on {
            self.spawned(parent, (child, chain), objects);
        }
    }

    #[inline(never)]
    fn spawned(&mut self, parent: usize, (child, chain): (usize, u16), objects: usize) {
        self.grow(child + 1, usize::from(chain) + 1, objects);
        self.enter(child, None);
        self.chains[child] = chain;
        // If the chain goes on, its time does.
        self.threads[CLOCK].copy_within(child, parent);
        self.tick(child);
        self.tick(parent);
    }

    /// The past of a thread that has ended becomes part of another's: a join.
    #[inline(always)]
    pub(crate) fn pass(&mut self, from: usize, to: usize) {
        if self.on {
            self.passed(from, to);
        }
    }

    #[inline(never)]
    fn passed(&mut self, from: usize, to: usize) {
        // Its time stands still: whichever thread goes on with its chain has a later one.
        self.threads[CLOCK].join_within(to, from);
    }

    /// As [`DataRaces::atomic`], where plain accesses are looked at; returns the race with one of them, if there is
    /// any.
    pub(crate) fn atomic_beside_plain(
        &mut self,
        object: u32,
        read: bool,
        order: Ordering,
        later: Access,
    ) -> Option<Race> {
        let Access { thread, written, .. } = later;
        if self.on && read {
            self.atomic_reads(usize::from(thread), object, order);
        }
        let mut later = self.timed(later);
        // Clocks that are given are those after the step.
        later.time -= u32::from(self.given);
        let Accesses { steps, plain, .. } = &mut self.cells[object as usize];
        let race = unordered(self.threads[CLOCK].row(usize::from(thread)), plain, later);
        put(steps, later);
        if self.on && written {
            self.atomic_writes(usize::from(thread), object, read, order);
        }
        race
    }

    /// Notes a plain access of an atomic; returns the race with a step of it, or another plain access, if there
    /// is any.
    pub(crate) fn plain_access(&mut self, atomic: usize, later: Access) -> Option<Race> {
        let later = self.timed(later);
        let clock = self.threads[CLOCK].row(usize::from(later.thread));
        let Accesses { steps, plain, .. } = &mut self.cells[atomic];
        let race = unordered(clock, steps, later).or_else(|| unordered(clock, plain, later));
        put(plain, later);
        race
    }

    /// Takes what the object releases; a writer of a read-write lock also what readers release.
    #[inline(always)]
    pub(crate) fn acquire(&mut self, thread: usize, object: u32, writer: bool) {
        if self.on {
            self.acquired(thread, object, writer);
        }
    }

    #[inline(never)]
    fn acquired(&mut self, thread: usize, object: u32, writer: bool) {
        self.threads[CLOCK].join_from(thread, &self.objects[0], object as usize);
        if writer {
            self.threads[CLOCK].join_from(thread, &self.objects[1], object as usize);
        }
    }

    /// As [`DataRaces::acquire`], up to [`DataRaces::acquire_no_longer`]. Returns what came before.
    pub(crate) fn acquire_for_a_while(&mut self, thread: usize, object: u32) -> Option<Box<[u32]>> {
        if !self.on && !self.given {
            return None;
        }
        let before: Box<[u32]> = self.threads[CLOCK].row(thread).into();
        if self.given {
            let past = self.objects[0].row(object as usize).into();
            self.lent.push(Lent { thread: thread as u16, past, clock: before.clone() });
        }
        self.acquired(thread, object, false);
        Some(before)
    }

    /// Takes back what a thread came after since then, but for what it has done itself.
    pub(crate) fn acquire_no_longer(&mut self, thread: usize, before: &[u32]) {
        let last = self.lent.iter().rposition(|lent| usize::from(lent.thread) == thread);
        // Where clocks are given, the thread may have been given another one since.
        let clock = last.map(|last| self.lent.remove(last).clock);
        let before = clock.as_deref().unwrap_or(before);
        let (chain, time) = self.time(thread);
        let row = self.threads[CLOCK].row_mut(thread);
        row.fill(0);
        row[..before.len()].copy_from_slice(before);
        row[usize::from(chain)] = time;
    }

    /// Does a thread come after all that the object has released?
    pub(crate) fn comes_after(&self, thread: u16, object: u32) -> bool {
        let released = self.objects[0].row(object as usize);
        let clock = self.threads[CLOCK].row(usize::from(thread));
        released.iter().zip(clock).all(|(released, mine)| released <= mine)
    }

    /// Adds the thread's past to what the object releases, to all or (a reader) to writers only.
    #[inline(always)]
    pub(crate) fn release(&mut self, thread: usize, object: u32, reader: bool) {
        if self.on {
            self.released(thread, object, reader);
        }
    }

    #[inline(never)]
    fn released(&mut self, thread: usize, object: u32, reader: bool) {
        let objects = &mut self.objects[usize::from(reader)];
        objects.join_from(object as usize, &self.threads[CLOCK], thread);
        self.tick(thread);
    }

    /// An atomic's step: whether it read, whether it wrote, and its ordering.
    #[inline(always)]
    pub(crate) fn atomic(
        &mut self,
        thread: usize,
        object: u32,
        read: bool,
        written: bool,
        order: Ordering,
    ) {
        if self.on {
            self.accessed(thread, object, read, written, order);
        }
    }

    #[inline(never)]
    fn accessed(&mut self, thread: usize, object: u32, read: bool, written: bool, order: Ordering) {
        if read {
            self.atomic_reads(thread, object, order);
        }
        if written {
            self.atomic_writes(thread, object, read, order);
        }
    }

    #[inline]
    fn atomic_reads(&mut self, thread: usize, object: u32, order: Ordering) {
        let to = if matches!(order, Acquire | AcqRel | SeqCst) { CLOCK } else { SEEN };
        self.threads[to].join_from(thread, &self.objects[0], object as usize);
    }

    #[inline]
    fn atomic_writes(&mut self, thread: usize, object: u32, read: bool, order: Ordering) {
        let row = object as usize;
        if !read {
            self.objects[0].clear_row(row);
        }
        let releases = matches!(order, Release | AcqRel | SeqCst);
        let from = if releases { CLOCK } else { FENCE };
        self.objects[0].join_from(row, &self.threads[from], thread);
        self.tick(thread);
    }

    pub(crate) fn fence(&mut self, thread: usize, order: Ordering) {
        if !self.on {
            return;
        }
        let [clock, fence, seen] = &mut self.threads;
        if matches!(order, Acquire | AcqRel | SeqCst) {
            clock.join_from(thread, seen, thread);
        }
        if matches!(order, Release | AcqRel | SeqCst) {
            fence.copy_from(thread, clock, thread);
            self.tick(thread);
        }
    }

    /// Notes that an access of a cell begins, and ends at once unless it stays `open`; returns the
    /// race with an earlier one, if there is any.
    pub(crate) fn access(&mut self, cell: usize, later: Access, stays_open: bool) -> Option<Race> {
        let Access { thread, written, .. } = later;
        let later = self.timed(later);
        let clock = self.threads[CLOCK].row(usize::from(thread));
        let Accesses { last, open, .. } = &mut self.cells[cell];
        let conflicts = |earlier: &&Access| written || earlier.written;
        let unordered = |earlier: &&Access| {
            earlier.thread != thread
                && conflicts(earlier)
                && clock[usize::from(earlier.chain)] < earlier.time
        };
        let race = |open| move |earlier: &Access| Race { earlier: *earlier, later, open };
        let within = open.iter().find(conflicts).map(race(true));
        let found = within.or_else(|| last.iter().find(unordered).map(race(false)));
        if written {
            last.clear();
        } else {
            last.retain(|earlier| earlier.written || earlier.thread != thread);
        }
        last.push(later);
        if stays_open {
            open.push(later);
        }
        found
    }

    /// The accesses of a cell that have not ended.
    pub(crate) fn open(&self, cell: usize) -> &[Access] {
        self.cells.get(cell).map_or(&[], |accesses| &accesses.open)
    }

    /// Notes that a thread has a cell for itself.
    pub(crate) fn own(&mut self, cell: usize, access: Access) {
        if self.on && cell < self.cells.len() {
            self.note_owned(cell, access);
        }
    }

    /// Notes what [`unordered_owner`](Self::unordered_owner) finds.
    pub(crate) fn note_owned(&mut self, cell: usize, access: Access) {
        let access = self.timed(access);
        self.cells[cell].owned.push(access);
    }

    /// When another thread had a cell for itself that nothing orders before what this one does now.
    pub(crate) fn unordered_owner(&self, cell: usize, thread: u16) -> Option<Access> {
        let clock = self.threads[CLOCK].row(usize::from(thread));
        let owned = &self.cells[cell].owned;
        owned.iter().copied().find(|access| {
            access.thread != thread && clock[usize::from(access.chain)] < access.time
        })
    }

    /// The accesses of a cell by other threads that nothing orders before what this one does now.
    pub(crate) fn unordered(&self, cell: usize, thread: u16) -> impl Iterator<Item = Access> {
        let clock = self.threads[CLOCK].row(usize::from(thread));
        let last = self.cells.get(cell).map_or(&[][..], |accesses| &accesses.last);
        last.iter().copied().filter(move |access| {
            access.thread != thread && clock[usize::from(access.chain)] < access.time
        })
    }

    /// Notes that all accesses of a cell end which a thread has left open.
    pub(crate) fn end_accesses(&mut self, cell: usize, thread: u16) {
        let open = self.cells.get(cell).map(|accesses| accesses.open.clone()).unwrap_or_default();
        for access in open.iter().filter(|access| access.thread == thread) {
            self.end_access(cell, thread, access.written, true);
        }
    }

    /// Notes that an access of a cell ends which stayed open, and whether it has lasted until now.
    pub(crate) fn end_access(&mut self, cell: usize, thread: u16, written: bool, lasted: bool) {
        if lasted {
            self.last_access(cell, thread, written);
        }
        let open = &mut self.cells[cell].open;
        let mine = |access: &Access| access.thread == thread && access.written == written;
        if let Some(at) = open.iter().rposition(mine) {
            open.remove(at);
        }
    }

    /// Notes that an access of a cell which stays open lasts until now.
    pub(crate) fn last_access(&mut self, cell: usize, thread: u16, written: bool) {
        let (_, now) = self.time(usize::from(thread));
        let mine = |access: &&mut Access| access.thread == thread && access.written == written;
        if let Some(access) = self.cells[cell].last.iter_mut().find(mine) {
            access.time = now;
        }
    }
}

/// The race of an access with an earlier one that its thread's clock does not cover.
fn unordered(clock: &[u32], earlier: &[Access], later: Access) -> Option<Race> {
    let found = earlier.iter().find(|earlier| {
        (later.written || earlier.written)
            && earlier.thread != later.thread
            && clock[usize::from(earlier.chain)] < earlier.time
    });
    found.map(|earlier| Race { earlier: *earlier, later, open: false })
}

/// Puts an access in the place of the same thread's last one of its kind.
fn put(accesses: &mut Vec<Access>, access: Access) {
    accesses.retain(|last| last.thread != access.thread || last.written != access.written);
    accesses.push(access);
}

impl Kernel {
    /// A race, as a failure.
    pub(crate) fn conflict(&self, cell: u32, race: Race) -> (FailureKind, String) {
        let Race { earlier, later, open } = race;
        let access = |access: Access| {
            let verb = if access.written { "writes" } else { "reads" };
            let (name, at) = (self.thread_name(access.thread), access.at);
            format!("{name} {verb} it at {}:{}", at.file(), at.line())
        };
        let (cell, first, second) = (self.object_name(cell), access(earlier), access(later));
        if earlier.thread == later.thread {
            let message = format!(
                "overlapping accesses of {cell}: {first}, and before that access ends {second}; let the \
                 first end, or do both through its pointer"
            );
            return (FailureKind::Overlap, message);
        }
        let why = if open { "the first has not ended" } else { "nothing orders them" };
        (FailureKind::DataRace, format!("data race on {cell}: {first} and {second}, and {why}"))
    }
}

//! How objects begin.

use std::borrow::Cow;
use std::panic::Location;

use super::names::Made;
use super::object::{Id, Kind, Object, second};
use super::seen::Seen;
use super::state::Kernel;
use super::thread::Status;

impl Kernel {
    /// Adds an object made by the running thread.
    pub(crate) fn create(
        &mut self,
        kind: Kind,
        name: Option<Cow<'static, str>>,
        at: &'static Location<'static>,
    ) -> Id {
        if kind == Kind::Atomic {
            self.note_atomic();
        }
        let index = self.next_number(Made::Alone);
        self.reach(index, kind, at);
        self.begin_object(index, kind, name, at)
    }

    /// Adds a pair of objects made by the running thread, the [second] one without a name. Pairs have
    /// numbers apart, since the n-th object that a thread makes may be no pair in another execution.
    pub(super) fn create_pair(
        &mut self,
        kinds: [Kind; 2],
        name: Option<Cow<'static, str>>,
        at: &'static Location<'static>,
    ) -> Id {
        let index = self.next_number(Made::Pair);
        self.reach(second(index), kinds[1], at);
        self.begin_object(second(index), kinds[1], None, at);
        self.begin_object(index, kinds[0], name, at)
    }

    /// Has room for the object of this number. Other kernels may have made those before.
    #[inline]
    pub(super) fn reach(&mut self, number: u32, kind: Kind, at: &'static Location<'static>) {
        let count = number as usize + 1;
        if self.objects.len() < count {
            self.objects.resize_with(count, || Object::new(kind, at));
        }
    }

    /// Begins an object of this number in this execution.
    fn begin_object(
        &mut self,
        index: u32,
        kind: Kind,
        name: Option<Cow<'static, str>>,
        at: &'static Location<'static>,
    ) -> Id {
        let from_the_beginning = self.statics.is_making();
        let name = name.or_else(|| self.statics.name().map(Cow::Borrowed));
        let content = if from_the_beginning { Seen::default() } else { self.me().seen };
        let object = &mut self.objects[index as usize];
        let mut threads = std::mem::take(&mut object.threads);
        threads.clear();
        *object = Object { epoch: self.epoch, name, threads, content, ..Object::new(kind, at) };
        let plain = kind == Kind::Cell || kind == Kind::Atomic && self.limits.plain;
        self.has_raw_memory |= kind == Kind::Cell;
        let watched = plain || self.races.are_clocks_given();
        if self.races.is_on() || watched {
            let chains = usize::from(self.now.chains);
            self.races.grow(self.threads.len(), chains, self.objects.len());
            if watched && self.races.begins_to_watch() {
                self.watch_memory();
            }
            if watched {
                let by = (!from_the_beginning).then_some(usize::from(self.current));
                self.races.create(index as usize, by, at);
            }
        }
        Id { epoch: self.epoch, index }
    }

    /// Notes that there is one more atomic.
    pub(super) fn note_atomic(&mut self) {
        self.now.atomics += 1;
        self.several_atomics |= self.now.atomics > 1;
    }

    /// Has every other thread of the execution ended, and been waited for?
    pub(super) fn is_alone(&self) -> bool {
        self.now.live == 1 && self.now.joined + 1 == u32::from(self.now.spawned)
    }

    /// Begins to watch plain memory: before, threads took part in no order.
    #[cold]
    fn watch_memory(&mut self) {
        for id in self.ids() {
            let thread = &self.threads[usize::from(id)];
            let alive = !matches!(thread.status, Status::Absent | Status::Done);
            self.races.enter(usize::from(id), alive.then_some(thread.chain));
        }
    }
}

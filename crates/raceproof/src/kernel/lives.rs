//! How threads begin and end.

use std::borrow::Cow;
use std::panic::Location;

use super::object::{Kind, Object};
use super::op::{Op, Pending};
use super::state::Kernel;
use super::thread::{Role, Status, Thread};

impl Kernel {
    /// Adds the thread of this number. Other kernels may have started those before.
    pub(super) fn add_thread(&mut self, id: u16) {
        assert!(id < u16::MAX, "a model has at most {} threads", u16::MAX);
        let at = Location::caller();
        for id in self.threads.len() as u16..=id {
            let token = match &self.names {
                None => self.objects.len() as u32,
                Some(names) => names.token(id),
            };
            self.reach(token + 1, Kind::Thread, at);
            self.objects[token as usize] = Object::new(Kind::Token, at);
            self.objects[token as usize + 1] = Object::new(Kind::Thread, at);
            self.threads.push(Thread::new(token, token + 1, Pending { op: Op::Yield, at }));
        }
    }

    /// Starts a thread, which goes on with a chain or begins one.
    pub(super) fn start(
        &mut self,
        id: u16,
        name: Option<Cow<'static, str>>,
        chain: Option<u16>,
    ) -> &mut Thread {
        match self.alive.last() {
            Some(last) if *last > id => {
                let at = self.alive.partition_point(|other| *other < id);
                self.alive.insert(at, id);
            }
            _ => self.alive.push(id),
        }
        // Clocks that are given have an entry for each thread.
        let given = self.races.are_clocks_given().then_some(id);
        let thread = &mut self.threads[usize::from(id)];
        self.objects[thread.token as usize].there = false;
        thread.start();
        thread.pending.at = Location::caller();
        thread.name = name;
        thread.order = self.now.spawned;
        thread.chain = given.or(chain).unwrap_or(self.now.chains);
        self.now.chains = self.now.chains.max(thread.chain + 1);
        self.now.spawned += 1;
        self.now.live += 1;
        thread
    }

    /// Adds a child of the running thread, which has not begun to run. A daemon's children are daemons.
    pub(crate) fn spawn(&mut self, name: Option<Cow<'static, str>>, role: Role) -> u16 {
        let parent = self.current;
        let Thread { daemon, doomed, process, killed_by, seen, .. } =
            self.threads[usize::from(parent)];
        let polls = self.limits.polls;
        let alike = self.now.alike.take().filter(|_| self.limits.symmetry);
        self.alike_threads |= alike.is_some();
        let daemon = daemon || role == Role::Daemon;
        if daemon && !self.limits.daemons {
            self.limits.daemons = true;
            self.begin_again();
        }
        self.now.unordered += 1;
        let nth = self.me().children as usize;
        self.me().children += 1;
        let id = match self.me().child_ids.get(nth) {
            Some(id) => *id,
            None => {
                let id = match &self.names {
                    None => self.threads.len() as u16,
                    Some(names) => names.thread(parent, nth as u32),
                };
                if usize::from(id) >= self.threads.len() {
                    self.add_thread(id);
                }
                self.me().child_ids.push(id);
                id
            }
        };
        let chain = self.me().ended_chains.pop();
        let child = self.start(id, name, chain);
        child.daemon = daemon;
        child.scoped = role == Role::Scoped;
        child.alike = alike;
        child.process = if role == Role::Process { id } else { process };
        if doomed {
            (child.doomed, child.killed_by) = (true, killed_by);
        }
        if polls {
            child.seen = seen.of_child(nth);
        }
        let unawaited = child.is_unawaited();
        self.now.unawaited += u32::from(unawaited);
        self.me().poll.note_effect();
        let child = (usize::from(id), self.thread(id).chain);
        self.races.spawn(usize::from(parent), child, self.objects.len());
        self.spawned_in_time(id);
        id
    }

    /// Notes that the running thread has ended. Its joiners may go on.
    pub(crate) fn finish(&mut self) {
        let thread = self.me();
        thread.status = Status::Done;
        let unawaited = thread.is_unawaited();
        thread.ended_chains.push(thread.chain);
        if let Ok(at) = self.alive.binary_search(&self.current) {
            self.alive.remove(at);
        }
        self.now.unawaited -= u32::from(unawaited);
        self.now.live -= 1;
    }

    /// Notes that the running thread has waited for the end of another.
    pub(crate) fn joined(&mut self, ended: u16) {
        self.now.unordered += 1;
        // A scope waits for its threads once more.
        let again = std::mem::replace(&mut self.threads[usize::from(ended)].awaited, true);
        self.now.joined += u32::from(!again);
        self.races.pass(usize::from(ended), usize::from(self.current));
        self.joined_in_time(ended);
        // The first that has waited for it goes on with its chain, and those that it had.
        let mut chains = std::mem::take(&mut self.threads[usize::from(ended)].ended_chains);
        self.me().ended_chains.append(&mut chains);
        self.threads[usize::from(ended)].ended_chains = chains;
        if self.limits.polls {
            let seen = self.thread(ended).seen;
            self.me().seen.join(seen);
        }
    }

    /// Notes that the closure of the running thread, a scoped one, is over before the thread is.
    pub(crate) fn close(&mut self) {
        let (me, end) = (self.current, self.me().end);
        self.me().closed = true;
        self.races.release(usize::from(me), end, false);
        self.objects[end as usize].content = self.me().seen;
    }

    /// Notes that the running thread has waited for the closure of another that was over before its
    /// thread.
    pub(crate) fn joined_closure(&mut self, closed: u16) {
        let (me, end) = (self.current, self.thread(closed).end);
        self.now.unordered += 1;
        self.races.acquire(usize::from(me), end, false);
        if self.limits.polls {
            let seen = self.objects[end as usize].content;
            self.me().seen.join(seen);
        }
    }

    /// Notes that a thread's panic was given to another.
    pub(crate) fn claim_panic(&mut self, thread: u16) {
        let by = Some(self.current);
        for note in self.now.panics.iter_mut().filter(|note| note.thread == thread) {
            note.taken_by = by;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::limits::Limits;

    #[test]
    fn threads_one_after_another_are_one_chain_and_only_the_living_are_looked_at() {
        let mut kernel = Kernel::new(0, Limits::default());
        kernel.begin();
        for _ in 0..100 {
            kernel.current = kernel.spawn(None, Role::Plain);
            assert_eq!(kernel.alive, [0, kernel.current]);
            let ended = kernel.current;
            kernel.finish();
            kernel.current = 0;
            kernel.joined(ended);
            assert_eq!(kernel.alive, [0]);
        }
        assert_eq!(kernel.now.chains, 2);
    }

    #[test]
    fn threads_at_the_same_time_are_as_many_chains() {
        let mut kernel = Kernel::new(0, Limits::default());
        kernel.begin();
        let threads = [(); 3].map(|()| kernel.spawn(None, Role::Plain));
        for thread in threads {
            kernel.current = thread;
            kernel.finish();
        }
        assert_eq!(threads.map(|thread| kernel.thread(thread).chain), [1, 2, 3]);
        kernel.current = 0;
        // No thread has waited for any of them.
        let next = kernel.spawn(None, Role::Plain);
        assert_eq!(kernel.thread(next).chain, 4);
        // Its chain goes on once it was waited for.
        kernel.joined(threads[0]);
        let next = kernel.spawn(None, Role::Plain);
        assert_eq!(kernel.thread(next).chain, 1);
    }
}

//! Numbers of threads and objects that several kernels have in common.
//!
//! A kernel numbers what it sees in the order in which it first sees it. Kernels that explore parts of one
//! search see it in different orders, and what one of them tells another is in numbers. So from the moment that
//! there are several, they ask here for the number of what is new to them. What a kernel knows it does not ask for
//! again, so that is rare.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::state::Kernel;
use super::thread::Numbers;

/// What makes objects, and so says what its n-th one is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Maker {
    Thread(u16),
    /// The static at this address.
    Static(usize),
    /// A machine, which makes its parts.
    Machine(u32),
}

/// Whether objects are alone or pairs, which are counted apart.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Made {
    Alone,
    Pair,
}

/// The numbers of the threads and objects of a search.
pub(crate) struct Names(Mutex<Table>);

#[derive(Default)]
struct Table {
    objects: HashMap<(Maker, Made, u32), u32>,
    /// How many objects have a number.
    count: u32,
    /// By parent, and which of its children.
    threads: HashMap<(u16, u32), u16>,
    /// Each thread's token, which its end follows.
    tokens: Vec<u32>,
}

impl Table {
    fn add(&mut self, objects: u32) -> u32 {
        let first = self.count;
        self.count += objects;
        first
    }
}

impl Names {
    fn table(&self) -> MutexGuard<'_, Table> {
        // A table is whole after each change of it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The number of what this one makes as its `nth`.
    pub(super) fn object(&self, maker: Maker, made: Made, nth: u32) -> u32 {
        let mut table = self.table();
        if let Some(known) = table.objects.get(&(maker, made, nth)) {
            return *known;
        }
        let number = table.add(if made == Made::Pair { 2 } else { 1 });
        table.objects.insert((maker, made, nth), number);
        number
    }

    /// The number of a thread's `nth` child.
    pub(super) fn thread(&self, parent: u16, nth: u32) -> u16 {
        let mut table = self.table();
        if let Some(known) = table.threads.get(&(parent, nth)) {
            return *known;
        }
        let token = table.add(2);
        let id = table.tokens.len() as u16;
        table.tokens.push(token);
        table.threads.insert((parent, nth), id);
        id
    }

    /// The number of a thread's token.
    pub(super) fn token(&self, thread: u16) -> u32 {
        self.table().tokens[usize::from(thread)]
    }
}

/// What executions have done for which a proof assumes something.
pub(crate) struct Grounds {
    of_memory: [bool; 2],
    of_reasons: [bool; 2],
    of_time: [bool; 2],
    system_time: bool,
    alike_threads: bool,
}

impl Kernel {
    /// For what its proofs assume something.
    pub(crate) fn grounds(&self) -> Grounds {
        Grounds {
            of_memory: [self.weaker_orders, self.several_atomics],
            of_reasons: [self.presumes_reasons, self.spared_reasons],
            of_time: self.time.twin.grounds(),
            system_time: self.time.system,
            alike_threads: self.alike_threads,
        }
    }

    /// The executions of another kernel are of this one's search.
    pub(crate) fn add_grounds(&mut self, grounds: &Grounds) {
        let Grounds { of_memory, of_reasons, of_time, system_time, alike_threads } = grounds;
        self.alike_threads |= alike_threads;
        self.weaker_orders |= of_memory[0];
        self.several_atomics |= of_memory[1];
        self.presumes_reasons |= of_reasons[0];
        self.spared_reasons |= of_reasons[1];
        self.time.twin.add_grounds(*of_time);
        self.time.system |= system_time;
    }

    /// The numbers that it has given so far. From now on it asks there for others.
    pub(crate) fn share_numbers(&mut self) -> Arc<Names> {
        let mut table = Table { count: self.objects.len() as u32, ..Table::default() };
        let mut add = |maker, made, numbers: &[u32]| {
            let known = (0..).zip(numbers).map(|(nth, number)| ((maker, made, nth), *number));
            table.objects.extend(known);
        };
        let mut add_all = |maker, objects: &Numbers, pairs: &Numbers| {
            add(maker, Made::Alone, objects.known());
            add(maker, Made::Pair, pairs.known());
        };
        for (id, thread) in (0..).zip(&self.threads) {
            add_all(Maker::Thread(id), &thread.objects, &thread.pairs);
        }
        for (address, objects, pairs) in self.statics.numbered() {
            add_all(Maker::Static(address), objects, pairs);
        }
        for (machine, parts) in self.machines.parts() {
            add(Maker::Machine(machine), Made::Alone, parts);
        }
        for (id, thread) in (0..).zip(&self.threads) {
            let children = (0..).zip(&thread.child_ids).map(|(nth, child)| ((id, nth), *child));
            table.threads.extend(children);
            table.tokens.push(thread.token);
        }
        let names = Arc::new(Names(Mutex::new(table)));
        self.names = Some(Arc::clone(&names));
        names
    }

    /// The number of the next object, or pair of objects, that the running thread makes, or the static that
    /// it makes.
    pub(super) fn next_number(&mut self, made: Made) -> u32 {
        let Kernel { names, objects, statics, threads, current, .. } = self;
        let (maker, (alone, pairs)) = match statics.numbers() {
            Some((address, numbers)) => (Maker::Static(address), numbers),
            None => {
                let thread = &mut threads[usize::from(*current)];
                (Maker::Thread(*current), (&mut thread.objects, &mut thread.pairs))
            }
        };
        let numbers = if made == Made::Pair { pairs } else { alone };
        numbers.next(|nth| match names {
            None => objects.len() as u32,
            Some(names) => names.object(maker, made, nth),
        })
    }
}

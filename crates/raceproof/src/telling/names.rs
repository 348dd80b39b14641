//! What threads and objects are called. No two threads of an execution, and no two objects, have
//! the same name: the second "future done" is "future done #2".

use std::collections::HashMap;

use crate::kernel::object::second;
use crate::kernel::{Kernel, Kind, NOBODY, Place, Status};

/// Whether a line is in the checker's own source, or in the standard library's, which means nothing to a
/// reader of a trace.
pub(crate) fn is_own(file: &str) -> bool {
    let own = file!().trim_end_matches("names.rs").trim_end_matches(['/', '\\']);
    let own = own.trim_end_matches("telling");
    file.starts_with(own) || is_of_std(file)
}

fn is_of_std(file: &str) -> bool {
    let (core, alloc, std) = ("/library/core/src/", "/library/alloc/src/", "/library/std/src/");
    let file = file.replace('\\', "/");
    [core, alloc, std].iter().any(|library| file.contains(library))
}

/// The names, each of them once: the second "future done" is "future done #2".
pub fn unique(names: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut unique = Unique(HashMap::new());
    names.into_iter().map(|name| unique.name(name)).collect()
}

/// Numbers equal names.
struct Unique(HashMap<String, u32>);

impl Unique {
    fn name(&mut self, name: String) -> String {
        let times = self.0.entry(name.clone()).or_default();
        *times += 1;
        if *times == 1 { name } else { format!("{name} #{times}") }
    }
}

/// What stands in the place of an object's name where objects are told by number: nothing that a program says.
pub(crate) fn object_number(object: u32) -> String {
    format!("\u{1}{object}\u{3}")
}

/// As [`object_number`], for a thread.
pub(crate) fn thread_number(thread: u16) -> String {
    format!("\u{2}{thread}\u{3}")
}

/// `text` with names in the place of numbers.
pub(crate) fn with_names(
    text: &str,
    objects: impl Fn(u32) -> String,
    threads: impl Fn(u16) -> String,
) -> String {
    let mut named = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['\u{1}', '\u{2}']) {
        named += &rest[..at];
        let is_thread = rest[at..].starts_with('\u{2}');
        let (number, after) = rest[at + 1..].split_once('\u{3}').unwrap_or((&rest[at + 1..], ""));
        match number.parse() {
            Ok(number) if is_thread => named += &threads(number as u16),
            Ok(number) => named += &objects(number),
            Err(_) => named += number,
        }
        rest = after;
    }
    named + rest
}

impl Kernel {
    /// The names of the objects of this execution, by number. They are counted in the order of
    /// the threads that made them, so equivalent executions agree.
    pub(crate) fn object_names(&self) -> HashMap<u32, String> {
        let mut names = self.own_object_names();
        if self.limits.numbers {
            names.iter_mut().for_each(|(object, name)| *name = object_number(*object));
        }
        names
    }

    /// As [`Kernel::object_names`], whatever they are told by.
    pub(crate) fn own_object_names(&self) -> HashMap<u32, String> {
        let mut unique = Unique(HashMap::new());
        let mut names = HashMap::new();
        let threads = self.in_order().into_iter().map(|thread| {
            let thread = self.thread(thread);
            (thread.objects.made(), thread.pairs.made())
        });
        for (objects, pairs) in self.statics.made().chain(threads) {
            let pairs = pairs.iter().flat_map(|first| [*first, second(*first)]);
            for object in objects.iter().copied().chain(pairs) {
                names.insert(object, unique.name(self.bare_name(object)));
            }
        }
        names
    }

    /// An object's name.
    pub(crate) fn object_name(&self, object: u32) -> String {
        if self.limits.numbers {
            return object_number(object);
        }
        self.object_names().remove(&object).unwrap_or_else(|| self.bare_name(object))
    }

    /// An object's own name, or what it is and where it was made.
    fn bare_name(&self, object: u32) -> String {
        let object = &self.objects[object as usize];
        if let Some(name) = &object.name {
            return name.to_string();
        }
        let kind = match object.kind {
            Kind::Mutex => "mutex",
            Kind::Condvar => "condvar",
            Kind::RwLock => "rwlock",
            Kind::Arrivals => "writers waiting",
            Kind::Atomic => "atomic",
            Kind::Cell => "cell",
            Kind::Poison => "poison",
            Kind::Once => "once",
            Kind::Barrier => "barrier",
            Kind::Channel => "channel",
            Kind::Part => "part",
            Kind::Owners => "arc",
            Kind::Weaks => "weak references of an arc",
            Kind::Token => "token",
            Kind::Thread => "thread",
        };
        if is_own(object.at.file()) {
            return kind.to_owned();
        }
        format!("{kind} at {}", Place::from(object.at).short())
    }

    /// The names of the threads of this execution, in the order in which they were started.
    pub(crate) fn thread_names(&self) -> Vec<String> {
        if self.limits.numbers {
            return self.in_order().into_iter().map(thread_number).collect();
        }
        self.own_thread_names()
    }

    /// As [`Kernel::thread_names`], whatever they are told by.
    pub(crate) fn own_thread_names(&self) -> Vec<String> {
        let name = |thread: u16| {
            let thread = self.thread(thread);
            match &thread.name {
                Some(name) => name.to_string(),
                None => format!("thread {}", thread.order),
            }
        };
        unique(self.in_order().into_iter().map(name))
    }

    /// A thread's name.
    pub(crate) fn thread_name(&self, thread: u16) -> String {
        if thread == NOBODY {
            return "no thread".to_owned();
        }
        let order = usize::from(self.thread(thread).order);
        self.thread_names().into_iter().nth(order).unwrap_or_default()
    }

    /// Started threads in the order in which they were started.
    pub(crate) fn in_order(&self) -> Vec<u16> {
        let started = |thread: &u16| self.thread(*thread).status != Status::Absent;
        let mut threads: Vec<u16> = self.ids().filter(started).collect();
        threads.sort_by_key(|thread| self.thread(*thread).order);
        threads
    }
}

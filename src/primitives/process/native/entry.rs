//! The entry point of a process that was started to run a task.

use super::{
    child::{PARENT, Report, Start},
    socket::Connection,
    system,
};
use crate::{
    backend::Chosen,
    primitives::{
        manager::Make,
        process::{
            standing,
            task::{self, Ending, Task},
            wire::{self, Unsendable},
        },
    },
};
use std::{
    collections::BTreeMap,
    io, process,
    sync::{
        Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread,
};

/// A type of task that processes of this program can run, see [`entry`], or a type whose objects a manager can
/// keep, see [`class`](crate::primitives::manager::class).
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    name: &'static str,
    what: What,
}

#[derive(Clone, Copy, Debug)]
enum What {
    /// Creates a task from its arguments.
    Task(Read),
    /// Makes an object from its arguments.
    Class(Make),
}

type Read = fn(&[u8]) -> Result<Run, Unsendable>;

/// A task with its arguments.
type Run = Box<dyn FnOnce()>;

impl Entry {
    fn is_another_of_the_name(&self, other: &Self) -> bool {
        let same = match (self.what, other.what) {
            (What::Task(this), What::Task(that)) => std::ptr::fn_addr_eq(this, that),
            (What::Class(this), What::Class(that)) => std::ptr::fn_addr_eq(this, that),
            // One type may be both.
            _ => true,
        };
        self.name == other.name && !same
    }

    fn task(&self) -> Option<(&'static str, Read)> {
        match self.what {
            What::Task(read) => Some((self.name, read)),
            What::Class(_) => None,
        }
    }
}

/// The entry of a type of managed object.
pub(in crate::primitives) fn class_entry(name: &'static str, make: Make) -> Entry {
    Entry { name, what: What::Class(make) }
}

/// The types of managed objects that this program has.
static CLASSES: Mutex<BTreeMap<&'static str, Make>> = Mutex::new(BTreeMap::new());

/// The function that makes objects of the type of this name.
pub(in crate::primitives) fn registered(name: &str) -> Option<Make> {
    CLASSES.lock().unwrap_or_else(PoisonError::into_inner).get(name).copied()
}

/// The entry of a type of task, for [`serve`].
///
/// ```
/// # use raceproof_suite::primitives::process::{Task, entry};
/// # use serde::{Deserialize, Serialize};
/// #[derive(Serialize, Deserialize)]
/// struct Work;
/// impl Task for Work {
///     fn run(self) {}
/// }
///
/// // For `serve`, in `main`.
/// let entries = [entry::<Work>()];
/// assert!(format!("{entries:?}").contains("Work"));
/// ```
#[must_use]
pub fn entry<T: Task>() -> Entry {
    Entry {
        name: task::name::<T>(),
        what: What::Task(|arguments| {
            let task: T = wire::read(arguments)?;
            Ok(Box::new(move || task.run()))
        }),
    }
}

/// Whether this program can start processes.
static SERVING: AtomicBool = AtomicBool::new(false);

/// Whether `main` has called [`serve`].
pub(super) fn is_serving() -> bool {
    SERVING.load(Relaxed)
}

/// Runs a task and exits, if this process was started for that. Otherwise records that `main` has
/// called it.
///
/// A native process is this same program, started once more. So each program that starts processes must call
/// this at the beginning of `main`, before anything else, with every type of task that it has, and every
/// [class](crate::primitives::manager::class) of managed objects.
/// (`check::serve_child` calls it with `check::tasks()`. A program with other tasks calls this first, with all
/// of them.)
///
/// ```standalone_crate
/// use raceproof_suite::{backend::Std, primitives::process::{self, Process, Task}};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize)]
/// struct Greet(String);
///
/// impl Task for Greet {
///     fn run(self) {
///         println!("Hello, {}!", self.0);
///     }
/// }
///
/// fn main() -> Result<(), process::ProcessError> {
///     process::serve(&[process::entry::<Greet>()]);
///     let child = Process::<Std>::new("greeter", Greet("world".into()));
///     child.start()?;
///     child.join()
/// }
/// ```
///
/// # Panics
///
/// Panics if two types of task, or of managed objects, have the same name (for example two local types of one function).
pub fn serve(entries: &[Entry]) {
    for (n, entry) in entries.iter().enumerate() {
        let twice = entries[..n].iter().any(|other| other.is_another_of_the_name(entry));
        assert!(!twice, "two types of task are called {}", entry.name);
        if let What::Class(make) = entry.what {
            CLASSES.lock().unwrap_or_else(PoisonError::into_inner).insert(entry.name, make);
        }
    }
    SERVING.store(true, Relaxed);
    let Some((connection, start)) = order() else { return };
    let built_in = crate::primitives::manager::entries();
    let mut tasks = built_in.iter().chain(entries).filter_map(Entry::task);
    match tasks.find(|(name, _)| *name == start.task) {
        Some((_, read)) => Chosen::run_on(start.engine, || run(connection, start, read)),
        None => {
            let entry = format!("process::entry::<{}>()", start.task);
            refuse(connection, format!("`main` does not give `{entry}` to `process::serve`"));
        }
    }
}

/// The parent's order to this process, if it is a child.
fn order() -> Option<&'static (Connection, Start)> {
    static ORDER: OnceLock<Option<(Connection, Start)>> = OnceLock::new();
    ORDER
        .get_or_init(|| {
            system::is_child_of(PARENT).then(|| receive().unwrap_or_else(|_| process::exit(1)))
        })
        .as_ref()
}

/// Fails if the parent has ended meanwhile.
fn receive() -> io::Result<(Connection, Start)> {
    let connection = Connection::to_parent()?;
    let frame = connection.receive()?.ok_or(io::ErrorKind::UnexpectedEof)?;
    let start = wire::read(&frame.bytes).map_err(io::Error::other)?;
    Ok((connection, start))
}

fn run(connection: &Connection, start: &Start, read: Read) -> ! {
    let [mut this, parent] = start.identities.clone();
    this.pid = Some(process::id());
    standing::enter::<Chosen>([this, parent]);
    let task = match read(&start.arguments) {
        Ok(task) => task,
        Err(error) => refuse(connection, format!("it cannot read its task: {error}")),
    };
    tell(connection, &Report::Ready);
    end_with_the_parent(connection);
    let Ending { code, message } = task::to_the_end::<Chosen>(task);
    standing::leave::<Chosen>();
    if let Some(message) = message {
        tell(connection, &Report::Failed(message));
    }
    process::exit(code)
}

fn refuse(connection: &Connection, why: String) -> ! {
    tell(connection, &Report::Failed(why));
    process::exit(1)
}

fn tell(connection: &Connection, report: &Report) {
    // A parent that has ended needs no report.
    let _ = wire::message(report).map(|message| connection.begin(&message));
}

/// Ends this process when its parent ends.
fn end_with_the_parent(connection: &Connection) {
    let watch = |watched: Connection| {
        thread::Builder::new().spawn(move || {
            // Nothing more is sent, so any return of this call means the end of the parent.
            let _ = watched.receive();
            process::exit(1);
        })
    };
    if let Err(error) = connection.share().and_then(watch) {
        refuse(connection, format!("it cannot watch its parent: {error}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::{Deserialize, Serialize};

    /// A type of task with the same name as all others here.
    macro_rules! work {
        ($does:expr) => {{
            #[derive(Serialize, Deserialize)]
            struct Work;
            impl Task for Work {
                fn run(self) {
                    $does
                }
            }
            entry::<Work>()
        }};
    }

    #[test]
    #[should_panic(expected = "two types of task are called")]
    fn each_type_of_task_has_a_name_of_its_own() {
        serve(&[work!(println!("this")), work!(println!("that"))]);
    }
}

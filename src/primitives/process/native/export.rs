//! The objects of this process that others have handles of, and the threads that serve them.

use super::{
    socket::{Address, Connection, Listener},
    system,
};
use crate::primitives::process::wire::{self, Held};
use serde::{Deserialize, Serialize};
use std::{
    any::Any,
    collections::HashMap,
    io,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    thread,
    time::Duration,
};

/// What another process needs to reach an object.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::primitives::process) struct Ticket {
    pub(super) address: Address,
    number: u64,
}

/// An object that others can reach.
pub(in crate::primitives::process) trait Served:
    Send + Sync
{
    /// Answers the requests on `connection`, until it is closed.
    fn serve(&self, connection: &Connection) -> io::Result<()>;
    /// Its name in other processes, once it has been sent to one.
    fn number(&self) -> &OnceLock<u64>;
    /// Its owner has ended: lets the calls go on that wait.
    #[track_caller]
    fn close(&self);
    fn held(self: Arc<Self>) -> Arc<dyn Held>;
    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync>;
}

/// The objects whose handles were sent. Handles keep an object; this table does not.
static OBJECTS: Mutex<Option<HashMap<u64, Weak<dyn Served>>>> = Mutex::new(None);

/// Where this process listens.
static ADDRESS: OnceLock<Address> = OnceLock::new();

fn objects() -> MutexGuard<'static, Option<HashMap<u64, Weak<dyn Served>>>> {
    OBJECTS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The ticket of an object of this process. An object that already has a number keeps it.
pub(in crate::primitives::process) fn ticket(
    number: &OnceLock<u64>,
    object: impl FnOnce() -> Weak<dyn Served>,
) -> io::Result<Ticket> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let address = address()?;
    let number = *number.get_or_init(|| {
        let number = NEXT.fetch_add(1, Relaxed);
        objects().get_or_insert_default().insert(number, object());
        number
    });
    Ok(Ticket { address, number })
}

/// Accepts no more connections to the object of this number.
pub(in crate::primitives::process) fn forget(number: u64) {
    if let Some(objects) = &mut *objects() {
        objects.remove(&number);
    }
}

/// The object, if it is in this process.
pub(in crate::primitives::process) fn at_home(ticket: &Ticket) -> Option<Arc<dyn Served>> {
    (ADDRESS.get() == Some(&ticket.address)).then(|| find(ticket.number)).flatten()
}

fn find(number: u64) -> Option<Arc<dyn Served>> {
    objects().as_ref()?.get(&number)?.upgrade()
}

/// Where this process listens, from the first call on.
fn address() -> io::Result<Address> {
    static STARTING: Mutex<()> = Mutex::new(());
    let _one = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(address) = ADDRESS.get() {
        return Ok(address.clone());
    }
    let (listener, address) = Listener::bind()?;
    let key = address.key;
    thread::Builder::new()
        .name("raceproof listener".into())
        .spawn(move || listen(&listener, key))?;
    Ok(ADDRESS.get_or_init(|| address).clone())
}

fn listen(listener: &Listener, key: [u8; 16]) -> ! {
    // A spare descriptor for one client: without it a client could not even be turned away.
    let mut spare = system::spare();
    loop {
        let accepted = listener.accept().map(Arc::new).and_then(|connection| {
            let theirs = Arc::clone(&connection);
            // An error means that the client has closed its end: there is nothing left to report
            // to.
            let serve = move || drop(welcome(&theirs, key));
            let started = thread::Builder::new().name("raceproof server".into()).spawn(serve);
            started.map(drop).inspect_err(|_| turn_away(&connection))
        });
        let Err(error) = accepted else { continue };
        if system::lacks_descriptors(&error) && spare.take().is_some() {
            let _ = listener.accept().inspect(turn_away);
        }
        // Others may return some of the resource that ran out.
        thread::sleep(Duration::from_millis(10));
        spare = spare.or_else(system::spare);
    }
}

/// What a process answers to a client that wants to connect to one of its objects.
#[derive(Serialize, Deserialize)]
enum Admission {
    Admitted,
    NoSuchObject,
    TooMany,
}

/// Tells a client that it cannot be served. Without an answer it takes the process for ended.
fn turn_away(connection: &Connection) {
    // An error means that it has given up.
    let _ = connection.answer(&Ok(Admission::TooMany));
}

/// Admits a client that has the key, and serves it.
fn welcome(connection: &Connection, key: [u8; 16]) -> io::Result<()> {
    let Some(hello) = connection.receive()? else { return Ok(()) };
    let (theirs, number): ([u8; 16], u64) = wire::read(&hello.bytes).map_err(io::Error::other)?;
    let object = (theirs == key).then(|| find(number)).flatten();
    let Some(object) = object else { return connection.answer(&Ok(Admission::NoSuchObject)) };
    connection.answer(&Ok(Admission::Admitted))?;
    object.serve(connection)
}

/// Connects to an object of another process, which keeps the object as long as the connection exists.
pub(super) fn connect(ticket: &Ticket) -> io::Result<Connection> {
    let connection = Connection::connect(&ticket.address)?;
    let hello = wire::message(&(ticket.address.key, ticket.number)).map_err(io::Error::other)?;
    // One that was turned away has an answer, even if it came too late to say what it wants.
    let _ = connection.send(&hello);
    let frame = connection.receive()?.ok_or(io::ErrorKind::UnexpectedEof)?;
    match wire::read(&frame.bytes).map_err(io::Error::other)? {
        Ok::<_, wire::Unsendable>(Admission::Admitted) => Ok(connection),
        Ok(Admission::TooMany) => Err(io::Error::other("its owner takes no more connections")),
        Ok(Admission::NoSuchObject) | Err(_) => Err(io::ErrorKind::NotFound.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{backend::Std, primitives::process::Queue};

    #[test]
    fn an_object_is_known_as_long_as_it_is_there() {
        let known = || objects().as_ref().map_or(0, HashMap::len);
        let queue = Queue::<Std, u8>::new(0);
        let message = wire::message(&[&queue, &queue.clone()]).unwrap();
        assert_eq!(known(), 1);
        let back: [Queue<Std, u8>; 2] = wire::read(&message.bytes).unwrap();
        assert!(format!("{back:?}").contains("Here"), "{back:?} asks its own process");
        drop((queue, back));
        assert_eq!(known(), 0);
    }
}

//! An object in one process, used from any.
//!
//! Under a checker all processes share one memory, so a handle simply shares the object. Natively the object
//! stays in the process that made it and is served there; in any other process a handle is a proxy.

use super::{
    Unreachable, Unsendable,
    native::{
        export::{self, Served, Ticket},
        proxy::Proxy,
        socket::Connection,
    },
    patience::Client,
    standing,
    wire::{self, Held},
};
use crate::backend::{AtomicBool, Backend, panic_message};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, de::DeserializeOwned, ser};
use std::{
    any::Any,
    fmt, io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, OnceLock, Weak,
        atomic::{
            AtomicUsize,
            Ordering::{Relaxed, SeqCst},
        },
    },
};

/// The requests that an object answers.
pub(in crate::primitives) trait Object: Send + Sync + 'static {
    type Request: Serialize + DeserializeOwned + Send;
    type Reply: Serialize + DeserializeOwned + Send;

    /// Answers the request of `client`, which may block. A client that is gone gets any reply, and nothing
    /// is taken for it.
    fn perform(&self, request: Self::Request, client: &Client<'_>) -> Self::Reply;

    /// Under a checker, a process that had a handle has been killed, perhaps in a call; perhaps it was
    /// the `last` that was given one.
    fn abandoned(&self, _last: bool) {}
}

/// A request that did not reach its object.
#[derive(Debug)]
pub(in crate::primitives) struct Undelivered<R> {
    pub(in crate::primitives) request: R,
    pub(in crate::primitives) why: Unreachable,
}

/// A handle of an object.
pub(in crate::primitives) struct Remote<B: Backend, O: Object>(Place<B, O>);

enum Place<B: Backend, O: Object> {
    /// In this process, or in the memory that checked processes share.
    Here(Arc<Home<B, O>>),
    There(Arc<Proxy>),
}

/// The object, in the process that owns it.
struct Home<B: Backend, O: Object> {
    object: O,
    /// Under a checker, whether the process that owns the object has ended; `None` if it lives as long as
    /// its handles.
    owner_ended: Option<Arc<AtomicBool<B>>>,
    /// Its name in other processes, once it has been sent to one.
    number: OnceLock<u64>,
    /// Under a checker, the number of the process that was last given a handle.
    holder: AtomicUsize,
}

impl<B: Backend, O: Object> Remote<B, O> {
    /// An object that lives as long as its handles, in this process.
    pub(in crate::primitives) fn new(object: O) -> Self {
        Self::owned(object, None)
    }

    /// An object that can be used until its owner has ended.
    pub(in crate::primitives) fn owned(object: O, owner_ended: Option<Arc<AtomicBool<B>>>) -> Self {
        Self(Place::Here(Arc::new(Home {
            object,
            owner_ended,
            number: OnceLock::new(),
            holder: AtomicUsize::new(0),
        })))
    }

    /// Makes the object answer a request. Blocks as long as the object does.
    #[track_caller]
    pub(in crate::primitives) fn call(
        &self,
        request: O::Request,
    ) -> Result<O::Reply, Undelivered<O::Request>> {
        match &self.0 {
            Place::Here(home) => {
                if home.owner_ended.as_ref().is_some_and(|ended| ended.load(SeqCst)) {
                    return Err(Undelivered { request, why: Unreachable::OwnerGone });
                }
                Ok(pass::<B, _, _>(request, |request| home.object.perform(request, &Client::Here)))
            }
            Place::There(proxy) => proxy.call(&request).map_err(|why| Undelivered { request, why }),
        }
    }

    /// Like [`call`](Self::call), for a request without a reply.
    #[track_caller]
    pub(in crate::primitives) fn ask(&self, request: O::Request) -> Result<O::Reply, Unreachable> {
        self.call(request).map_err(|undelivered| undelivered.why)
    }
}

/// Makes `perform` answer a request. Under a checker, the caller no longer holds the handles in the request, but
/// holds those in the reply.
#[track_caller]
fn pass<B: Backend, I: Serialize, R: Serialize>(request: I, perform: impl FnOnce(I) -> R) -> R {
    if B::engine().is_native() {
        return perform(request);
    }
    // A value that cannot be written has no handles that count.
    let _ = wire::survey(&request);
    let reply = perform(request);
    standing::hold::<B>(wire::survey(&reply).unwrap_or_default());
    reply
}

impl<B: Backend, O: Object> Held for Home<B, O> {
    fn handed_over(&self) -> usize {
        self.holder.fetch_add(1, Relaxed) + 1
    }

    fn abandoned(&self, holder: usize) {
        self.object.abandoned(self.holder.load(Relaxed) == holder);
    }
}

impl<B: Backend, O: Object> Served for Home<B, O> {
    fn serve(&self, connection: &Connection) -> io::Result<()> {
        while let Some(frame) = connection.receive()? {
            let client = Client::Afar(connection);
            let answer = || {
                let reply =
                    wire::read(&frame.bytes).map(|request| self.object.perform(request, &client));
                // Until the frame is acknowledged, nothing else holds its handles.
                connection.answer(&reply)
            };
            // Serialisation runs foreign code.
            match catch_unwind(AssertUnwindSafe(answer)) {
                Ok(answered) => answered?,
                Err(payload) => {
                    let why = format!("its code panicked: {}", panic_message(&*payload));
                    connection.answer(&Err::<O::Reply, _>(Unsendable(why)))?;
                }
            }
        }
        Ok(())
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}

impl<B: Backend, O: Object> Drop for Home<B, O> {
    fn drop(&mut self) {
        if let Some(&number) = self.number.get() {
            export::forget(number);
        }
    }
}

impl<B: Backend, O: Object> Clone for Remote<B, O> {
    fn clone(&self) -> Self {
        Self(match &self.0 {
            Place::Here(home) => Place::Here(Arc::clone(home)),
            Place::There(proxy) => Place::There(Arc::clone(proxy)),
        })
    }
}

impl<B: Backend, O: Object> fmt::Debug for Remote<B, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.0 {
            Place::Here(_) => "Here",
            Place::There(_) => "There",
        })
    }
}

impl<B: Backend, O: Object> Serialize for Remote<B, O> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let held = || match &self.0 {
            Place::Here(home) => Arc::downgrade(home) as Weak<dyn Held>,
            Place::There(_) => Weak::<Home<B, O>>::new(),
        };
        match wire::handle(held) {
            wire::Handle::Address => {
                let ticket = self.ticket().map_err(|why| ser::Error::custom(wire::note(why)))?;
                ticket.serialize(serializer)
            }
            wire::Handle::Noted => serializer.serialize_unit(),
            wire::Handle::Refused => {
                Err(ser::Error::custom(wire::note("a handle among it is no data")))
            }
        }
    }
}

impl<B: Backend, O: Object> Remote<B, O> {
    /// What another process needs to reach the object.
    fn ticket(&self) -> io::Result<Ticket> {
        match &self.0 {
            Place::Here(home) => export::ticket(&home.number, || {
                let served: Arc<dyn Served> = home.clone();
                Arc::downgrade(&served)
            }),
            Place::There(proxy) => Ok(proxy.ticket().clone()),
        }
    }
}

impl<'de, B: Backend, O: Object> Deserialize<'de> for Remote<B, O> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let ticket = Ticket::deserialize(deserializer)?;
        let place = match export::at_home(&ticket) {
            Some(object) => {
                object.into_any().downcast().map(Place::Here).map_err(|_| Unreachable::OwnerGone)
            }
            None => Proxy::connect(ticket).map(|proxy| Place::There(Arc::new(proxy))),
        };
        place.map(Self).map_err(|why| de::Error::custom(wire::note(why)))
    }
}

/// A reply that does not belong to its request: both are of one program, so there is none.
#[cold]
pub(in crate::primitives) fn mismatch() -> ! {
    unreachable!("a reply to another request")
}

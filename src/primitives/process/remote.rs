//! An object in one process, used from any.
//!
//! Under a checker all processes share one memory, so a handle simply shares the object. Natively the object
//! stays in the process that made it and is served there; in any other process a handle is a proxy.

use super::{
    Unreachable, Unsendable,
    kept::Kept,
    lease::Lease,
    native::{
        export::{self, Served},
        proxy::Proxy,
        socket::Connection,
    },
    patience::Client,
    standing,
    wire::{self, Held},
};
use crate::backend::{Backend, panic_message};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, de::DeserializeOwned, ser};
use std::{
    any::Any,
    fmt, io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

/// The requests that an object answers.
pub(in crate::primitives) trait Object: Send + Sync + 'static {
    type Request: Serialize + DeserializeOwned + Send;
    type Reply: Serialize + DeserializeOwned + Send;

    /// Whether a call may wait for another.
    const BLOCKS: bool = true;
    /// Why a handle cannot be kept among data, if it cannot.
    const NOT_KEPT: Option<&str> = None;

    /// Answers the request of `client`, which may block. A client that is gone gets any reply, and nothing
    /// is taken for it.
    fn perform(&self, request: Self::Request, client: &Client<'_>) -> Self::Reply;

    /// Under a checker, a process that had a handle has been killed, perhaps in a call; perhaps it was
    /// the `last` that was given one.
    fn abandoned(&self, _last: bool) {}

    /// Under a checker, the owner has ended: lets a call go on that waits. That call does the same when it
    /// returns, so one is enough. What it returns is of no account.
    fn close(&self) {}
}

/// A request that did not reach its object.
#[derive(Debug)]
pub(in crate::primitives) struct Undelivered<R> {
    /// `None` if the owner ended while the object was about to answer.
    pub(in crate::primitives) request: Option<R>,
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
    /// Under a checker, the life of the process that owns the object; `None` if it lives as long as its
    /// handles.
    lease: Option<Arc<Lease<B>>>,
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
    #[track_caller]
    pub(in crate::primitives) fn owned(object: O, lease: Option<Arc<Lease<B>>>) -> Self {
        let home =
            Arc::new(Home { object, lease, number: OnceLock::new(), holder: AtomicUsize::new(0) });
        if O::BLOCKS
            && let Some(lease) = &home.lease
        {
            let served: Arc<dyn Served> = home.clone();
            lease.lists(&served);
        }
        Self(Place::Here(home))
    }

    /// Makes the object answer a request. Blocks as long as the object does.
    #[track_caller]
    pub(in crate::primitives) fn call(
        &self,
        request: O::Request,
    ) -> Result<O::Reply, Undelivered<O::Request>> {
        let failed = |request, why| Undelivered { request, why };
        match &self.0 {
            Place::Here(home) => {
                if home.is_gone() {
                    return Err(failed(Some(request), Unreachable::OwnerGone));
                }
                let reply =
                    pass::<B, _, _>(request, |request| home.object.perform(request, &Client::Here));
                if O::BLOCKS && home.is_gone() {
                    // The end may have let this call go on, and others wait still.
                    home.object.close();
                    return Err(failed(None, Unreachable::OwnerGone));
                }
                Ok(reply)
            }
            Place::There(proxy) => proxy.call(&request).map_err(|why| failed(Some(request), why)),
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

impl<B: Backend, O: Object> Home<B, O> {
    /// Whether the process that owns the object has ended.
    #[track_caller]
    fn is_gone(&self) -> bool {
        self.lease.as_ref().is_some_and(|lease| lease.has_ended())
    }
}

impl<B: Backend, O: Object> Held for Home<B, O> {
    fn handed_over(&self) -> usize {
        self.holder.fetch_add(1, Relaxed) + 1
    }

    fn abandoned(&self, holder: usize) {
        self.object.abandoned(self.holder.load(Relaxed) == holder);
        if O::BLOCKS && self.is_gone() {
            // It can no longer let the next go on.
            self.object.close();
        }
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

    fn number(&self) -> &OnceLock<u64> {
        &self.number
    }

    fn close(&self) {
        self.object.close();
    }

    fn held(self: Arc<Self>) -> Arc<dyn Held> {
        self
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
        if let Some(why) = O::NOT_KEPT.filter(|_| wire::is_kept()) {
            return Err(ser::Error::custom(wire::note(why)));
        }
        let kept = match &self.0 {
            Place::Here(home) => Kept::Here(home.clone()),
            Place::There(proxy) => Kept::There(Arc::clone(proxy)),
        };
        kept.serialize(serializer)
    }
}

impl<'de, B: Backend, O: Object> Deserialize<'de> for Remote<B, O> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let place = match Kept::deserialize(deserializer)? {
            Kept::Here(object) => {
                object.into_any().downcast().map(Place::Here).map_err(|_| Unreachable::OwnerGone)
            }
            Kept::There(proxy) => Ok(Place::There(proxy)),
        };
        place.map(Self).map_err(|why| de::Error::custom(wire::note(why)))
    }
}

/// A reply that does not belong to its request: both are of one program, so there is none.
#[cold]
pub(in crate::primitives) fn mismatch() -> ! {
    unreachable!("a reply to another request")
}

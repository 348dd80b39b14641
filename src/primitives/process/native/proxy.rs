//! Handles of objects in other processes.

use super::{
    export::{Ticket, connect},
    socket::Connection,
};
use crate::primitives::process::{
    Unreachable,
    wire::{self, Unsendable},
};
use serde::{Serialize, de::DeserializeOwned};
use std::{
    io,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// A handle of an object in another process.
///
/// It has at least one connection, which keeps the object, and as many as there were calls at once.
#[derive(Debug)]
pub(in crate::primitives::process) struct Proxy {
    ticket: Ticket,
    /// The idle connections.
    idle: Mutex<Vec<Connection>>,
}

impl Proxy {
    pub(in crate::primitives::process) fn connect(ticket: Ticket) -> Result<Self, Unreachable> {
        let connection = connect(&ticket)?;
        Ok(Self { ticket, idle: Mutex::new(vec![connection]) })
    }

    pub(in crate::primitives::process) fn ticket(&self) -> &Ticket {
        &self.ticket
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the object answer a request.
    pub(in crate::primitives::process) fn call<T: DeserializeOwned>(
        &self,
        request: &impl Serialize,
    ) -> Result<T, Unreachable> {
        let message = wire::message(request)?;
        let idle = self.idle().pop();
        let talk = || {
            let connection = idle.map_or_else(|| connect(&self.ticket), Ok)?;
            // The request is kept until there is a reply, so it needs no acknowledgement.
            connection.begin(&message)?;
            let frame = connection.receive()?.ok_or(io::ErrorKind::UnexpectedEof)?;
            let reply = wire::read::<Result<T, Unsendable>>(&frame.bytes);
            connection.arrived(&frame)?;
            io::Result::Ok((connection, reply))
        };
        let (connection, reply) = talk()?;
        self.idle().push(connection);
        Ok(reply??)
    }
}

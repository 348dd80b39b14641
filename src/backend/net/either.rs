//! The network of the chosen engine.

use super::{NetError, Network};
use crate::backend::{Backend, Chosen};
use std::{fmt, time::Duration};

/// One of two networks, or something of one of them: one in memory, and the system's.
#[derive(Clone, Debug)]
pub enum Either<M, N> {
    /// In memory, under a model checker.
    Modelled(M),
    /// On real threads.
    Native(N),
}

impl<M: fmt::Display, N: fmt::Display> fmt::Display for Either<M, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Modelled(this) => this.fmt(f),
            Self::Native(this) => this.fmt(f),
        }
    }
}

impl<M: Network, N: Network> Network for Either<M, N> {
    type Listener = Either<M::Listener, N::Listener>;
    type Stream = Either<M::Stream, N::Stream>;
    type Address = Either<M::Address, N::Address>;

    #[track_caller]
    fn listen(name: &str, capacity: usize) -> Result<Self::Listener, NetError> {
        if Chosen::engine().is_native() {
            N::listen(name, capacity).map(Either::Native)
        } else {
            M::listen(name, capacity).map(Either::Modelled)
        }
    }

    fn address(listener: &Self::Listener) -> Self::Address {
        match listener {
            Either::Modelled(listener) => Either::Modelled(M::address(listener)),
            Either::Native(listener) => Either::Native(N::address(listener)),
        }
    }

    #[track_caller]
    fn accept(
        listener: &Self::Listener,
        timeout: Option<Duration>,
    ) -> Result<Self::Stream, NetError> {
        match listener {
            Either::Modelled(listener) => M::accept(listener, timeout).map(Either::Modelled),
            Either::Native(listener) => N::accept(listener, timeout).map(Either::Native),
        }
    }

    #[track_caller]
    fn close_listener(listener: &Self::Listener) {
        match listener {
            Either::Modelled(listener) => M::close_listener(listener),
            Either::Native(listener) => N::close_listener(listener),
        }
    }

    #[track_caller]
    fn connect(address: &Self::Address) -> Result<Self::Stream, NetError> {
        match address {
            Either::Modelled(address) => M::connect(address).map(Either::Modelled),
            Either::Native(address) => N::connect(address).map(Either::Native),
        }
    }

    #[track_caller]
    fn read(
        stream: &Self::Stream,
        buffer: &mut [u8],
        timeout: Option<Duration>,
    ) -> Result<usize, NetError> {
        match stream {
            Either::Modelled(stream) => M::read(stream, buffer, timeout),
            Either::Native(stream) => N::read(stream, buffer, timeout),
        }
    }

    #[track_caller]
    fn write(
        stream: &Self::Stream,
        bytes: &[u8],
        timeout: Option<Duration>,
    ) -> Result<usize, NetError> {
        match stream {
            Either::Modelled(stream) => M::write(stream, bytes, timeout),
            Either::Native(stream) => N::write(stream, bytes, timeout),
        }
    }

    #[track_caller]
    fn shutdown_write(stream: &Self::Stream) -> Result<(), NetError> {
        match stream {
            Either::Modelled(stream) => M::shutdown_write(stream),
            Either::Native(stream) => N::shutdown_write(stream),
        }
    }

    #[track_caller]
    fn close(stream: &Self::Stream) {
        match stream {
            Either::Modelled(stream) => M::close(stream),
            Either::Native(stream) => N::close(stream),
        }
    }
}

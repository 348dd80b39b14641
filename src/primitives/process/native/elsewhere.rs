//! Systems other than Unix: local sockets are not implemented for them yet, so no process can be
//! started there.

use std::{
    io::{self, Read, Write},
    process::{self, ExitStatus, Stdio},
};

/// There is none.
#[derive(Debug)]
pub(super) enum Stream {}
pub(super) type Listener = Stream;

fn unsupported<T>() -> io::Result<T> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(super) fn bind(_: &str) -> io::Result<Listener> {
    unsupported()
}

pub(super) fn accept(listener: &Listener) -> io::Result<Stream> {
    match *listener {}
}

pub(super) fn connect(_: &str) -> io::Result<Stream> {
    unsupported()
}

pub(super) fn for_child() -> io::Result<(Stream, Stdio)> {
    unsupported()
}

pub(super) fn to_parent() -> io::Result<Stream> {
    unsupported()
}

pub(super) fn random() -> io::Result<[u8; 16]> {
    unsupported()
}

pub(super) fn is_child_of(_: &str) -> bool {
    false
}

pub(super) fn await_the_end(_: u32) {}

pub(super) fn spare() -> Option<Stream> {
    None
}

pub(super) fn lacks_descriptors(_: &io::Error) -> bool {
    false
}

pub(super) fn code(status: ExitStatus) -> i32 {
    status.code().unwrap_or(-1)
}

pub(super) fn end(child: &mut process::Child, _: bool) {
    // It may have ended already.
    let _ = child.kill();
}

impl Stream {
    pub(super) fn try_clone(&self) -> io::Result<Self> {
        match *self {}
    }

    pub(super) fn set_nonblocking(&self, _: bool) -> io::Result<()> {
        match *self {}
    }
}

impl Read for &Stream {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        match **self {}
    }
}

impl Write for &Stream {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        match **self {}
    }

    fn flush(&mut self) -> io::Result<()> {
        match **self {}
    }
}

//! Local sockets of Unix, and how a child finds its parent.

use std::{
    env,
    fs::File,
    io::{self, Read},
    os::{
        fd::{AsFd, OwnedFd},
        unix::{
            net::{SocketAddr, UnixListener, UnixStream},
            process::{ExitStatusExt, parent_id},
        },
    },
    process::{self, ExitStatus, Stdio},
};

pub(super) type Stream = UnixStream;
pub(super) type Listener = UnixListener;

pub(super) fn bind(name: &str) -> io::Result<Listener> {
    Listener::bind_addr(&address(name)?)
}

pub(super) fn accept(listener: &Listener) -> io::Result<Stream> {
    Ok(listener.accept()?.0)
}

pub(super) fn connect(name: &str) -> io::Result<Stream> {
    Stream::connect_addr(&address(name)?)
}

/// A connection, with its other side as the standard input of a child.
pub(super) fn for_child() -> io::Result<(Stream, Stdio)> {
    let (ours, theirs) = Stream::pair()?;
    Ok((ours, OwnedFd::from(theirs).into()))
}

/// The connection that this process, a child, finds as its standard input, which is empty from then on.
pub(super) fn to_parent() -> io::Result<Stream> {
    let ours = io::stdin().as_fd().try_clone_to_owned()?;
    rustix::stdio::dup2_stdin(File::open("/dev/null")?)?;
    Ok(Stream::from(ours))
}

/// Unguessable bytes.
pub(super) fn random() -> io::Result<[u8; 16]> {
    let mut bytes = [0; 16];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// An address that leaves no file behind.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn address(name: &str) -> io::Result<SocketAddr> {
    use std::os::linux::net::SocketAddrExt;
    SocketAddr::from_abstract_name(format!("raceproof-{name}"))
}

/// An address in the folder for temporary files: this system has no addresses without a file.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn address(name: &str) -> io::Result<SocketAddr> {
    SocketAddr::from_pathname(env::temp_dir().join(format!("raceproof-{name}")))
}

/// Whether the parent of this process has the process id in this environment variable.
pub(super) fn is_child_of(variable: &str) -> bool {
    env::var(variable).is_ok_and(|parent| parent == parent_id().to_string())
}

/// Waits for the end of a child, which remains to be reaped.
pub(super) fn await_the_end(pid: u32) {
    use rustix::{
        io::Errno,
        process::{Pid, WaitId, WaitIdOptions, waitid},
    };
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    let ended = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    while pid.is_some_and(|pid| waitid(WaitId::Pid(pid), ended).err() == Some(Errno::INTR)) {}
}

/// A descriptor to release when one is needed.
pub(super) fn spare() -> Option<File> {
    File::open("/dev/null").ok()
}

/// Whether this error means that the process or the system has run out of descriptors.
pub(super) fn lacks_descriptors(error: &io::Error) -> bool {
    use rustix::io::Errno;
    matches!(Errno::from_io_error(error), Some(Errno::MFILE | Errno::NFILE))
}

/// Like Python's exit codes.
pub(super) fn code(status: ExitStatus) -> i32 {
    status.code().unwrap_or_else(|| -status.signal().unwrap_or(1))
}

/// Sends SIGTERM, or SIGKILL, to a child that is not reaped, so that the process id is still its
/// own.
pub(super) fn end(child: &mut process::Child, force: bool) {
    use rustix::process::{Pid, Signal, kill_process};
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let signal = if force { Signal::KILL } else { Signal::TERM };
    // It may have ended already.
    let _ = pid.map(|pid| kill_process(pid, signal));
}

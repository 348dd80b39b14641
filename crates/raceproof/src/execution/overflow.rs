//! A stack that overflows is reported, with the thread's name, and the process aborts, as std does it.
//!
//! The page below a stack may not be touched. An access raises a signal, whose handler runs on a stack
//! of its own. Any other signal goes on to the handler that was there before.
#![cfg(unix)]
#![allow(unsafe_code)]

use std::cell::Cell;
use std::ffi::{c_int, c_void};
use std::sync::{Once, OnceLock};
use std::{mem, ptr};

use corosensei::stack::{DefaultStack, Stack};

use super::installed::name_running_thread;

/// The signals that an access of a guard page raises, by platform.
const SIGNALS: [c_int; 2] = [libc::SIGSEGV, libc::SIGBUS];

/// What handled each of them before.
static EARLIER: [OnceLock<libc::sigaction>; 2] = [OnceLock::new(), OnceLock::new()];

/// A stack's guard page, among those of this OS thread.
struct Page {
    at: usize,
    /// Bytes of its stack.
    size: usize,
    next: Cell<*const Page>,
}

thread_local! {
    /// The guard pages of this OS thread's stacks. The handler can read it at any time.
    static PAGES: Cell<*const Page> = const { Cell::new(ptr::null()) };
    static ALTERNATIVE: Alternative = Alternative::new();
}

/// Watches a guard page until it is dropped.
pub(super) struct Guard(Box<Page>);

impl Guard {
    /// Watches the guard page that begins at `at`, below a stack of this OS thread.
    pub(super) fn watch(at: usize, size: usize) -> Self {
        static HANDLER: Once = Once::new();
        HANDLER.call_once(install);
        // At the end of an OS thread there is none any more.
        let _ = ALTERNATIVE.try_with(|_| ());
        let page = Box::new(Page { at, size, next: Cell::new(PAGES.get()) });
        PAGES.set(&raw const *page);
        Guard(page)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let me = &raw const *self.0;
        if PAGES.get() == me {
            return PAGES.set(self.0.next.get());
        }
        if let Some(before) = pages().find(|page| page.next.get() == me) {
            before.next.set(self.0.next.get());
        }
    }
}

/// The guard pages of this OS thread's stacks.
fn pages() -> impl Iterator<Item = &'static Page> {
    // SAFETY: each page of the list is a box's, and leaves the list when that is dropped. The
    // references do not outlive the calls of `find` here, during which none is dropped.
    let at = |page: *const Page| unsafe { page.as_ref() };
    std::iter::successors(at(PAGES.get()), move |page| at(page.next.get()))
}

/// Bytes of a page.
pub(super) fn page() -> usize {
    static SIZE: OnceLock<usize> = OnceLock::new();
    // SAFETY: the call asks for a constant of the system.
    *SIZE.get_or_init(|| unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as usize)
}

/// Installs the handler.
fn install() {
    page();
    for (signal, earlier) in SIGNALS.into_iter().zip(&EARLIER) {
        // SAFETY: 1. All zero is a `sigaction`. 2. `handle` has the signature that `SA_SIGINFO` asks for,
        // and does nothing that a handler may not do.
        unsafe {
            let mut before: libc::sigaction = mem::zeroed();
            libc::sigaction(signal, ptr::null(), &raw mut before);
            // Set before the handler is there.
            let _ = earlier.set(before);
            let mut action: libc::sigaction = mem::zeroed();
            action.sa_sigaction = handle as *const () as usize;
            action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
            libc::sigaction(signal, &raw const action, ptr::null_mut());
        }
    }
}

extern "C" fn handle(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    // SAFETY: the system calls this with the information on a signal for whose kinds an address is
    // defined.
    let (at, raised) = unsafe { ((*info).si_addr() as usize, (*info).si_code > 0) };
    match pages().find(|guard| raised && (guard.at..guard.at + page()).contains(&at)) {
        Some(guard) => overflowed(guard.size),
        None => pass_on(signal, info, context),
    }
}

/// Has the handler before handle the signal.
fn pass_on(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    type Handler = extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void);
    let at = SIGNALS.iter().position(|known| *known == signal);
    let Some(earlier) = at.and_then(|at| EARLIER[at].get()) else {
        return;
    };
    let handler = earlier.sa_sigaction;
    if handler == libc::SIG_DFL || handler == libc::SIG_IGN {
        // SAFETY: the action is the one that was there before. The access is tried again, and ends
        // the process; a signal that was sent is sent again.
        unsafe {
            libc::sigaction(signal, earlier, ptr::null_mut());
            if (*info).si_code <= 0 {
                libc::raise(signal);
            }
        }
        return;
    }
    // SAFETY: it is a handler's address. One without `SA_SIGINFO` takes the first argument alone, and
    // in the C calling conventions ignores the others.
    unsafe { mem::transmute::<usize, Handler>(handler)(signal, info, context) }
}

/// Says that the running thread's stack has overflowed, and aborts.
fn overflowed(size: usize) -> ! {
    let say = |text: &str| {
        // SAFETY: the bytes are the text's.
        unsafe { libc::write(libc::STDERR_FILENO, text.as_ptr().cast(), text.len()) };
    };
    say("\nthread `");
    name_running_thread(&say);
    say("` of a model has overflowed its stack of ");
    number(size >> 10, &say);
    say(" KiB: look for recursion without an end, or give the thread a larger stack with \
         `thread::Builder::stack_size`, or every thread, the main one as well, by setting \
         RUST_MIN_STACK\nfatal runtime error: stack overflow, aborting\n");
    std::process::abort()
}

/// Says a number. The handler has little room, and may not allocate.
pub(super) fn number(number: usize, say: &dyn Fn(&str)) {
    if number >= 10 {
        self::number(number / 10, say);
    }
    let digit = number % 10;
    say(&"0123456789"[digit..=digit]);
}

/// The stack on which handlers run, unless this OS thread has one: the threads that std starts have.
struct Alternative(Option<DefaultStack>);

impl Alternative {
    fn new() -> Self {
        /// Room for the widest registers, which the system saves there, and for the handler.
        const SIZE: usize = 64 << 10;
        // SAFETY: all zero is a `stack_t`, and the call fills it.
        let before = unsafe {
            let mut before: libc::stack_t = mem::zeroed();
            libc::sigaltstack(ptr::null(), &raw mut before);
            before
        };
        if before.ss_flags & libc::SS_DISABLE == 0 {
            return Alternative(None);
        }
        let stack = DefaultStack::new(SIZE).expect("memory for a signal handler's stack");
        let bottom = stack.base().get() - SIZE;
        let new = libc::stack_t { ss_sp: bottom as *mut _, ss_flags: 0, ss_size: SIZE };
        // SAFETY: the memory is a stack's that nothing else uses, and that lives until this OS thread
        // has no such stack any more.
        unsafe { libc::sigaltstack(&raw const new, ptr::null_mut()) };
        Alternative(Some(stack))
    }
}

impl Drop for Alternative {
    fn drop(&mut self) {
        if self.0.is_some() {
            let none =
                libc::stack_t { ss_sp: ptr::null_mut(), ss_flags: libc::SS_DISABLE, ss_size: 0 };
            // SAFETY: no handler runs, so none uses the stack.
            unsafe { libc::sigaltstack(&raw const none, ptr::null_mut()) };
        }
    }
}

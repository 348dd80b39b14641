//! Stacks: how deep threads may call, and what is said of one that calls too deep.
#![cfg(unix)]
#![allow(unsafe_code)]

use std::hint::black_box;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Output};

use raceproof::{Explorer, thread};

use super::holds;

/// Calls itself until it has used as many bytes of stack.
fn deep(bytes: usize) {
    fn down(top: usize, bytes: usize) {
        let room = black_box([0_u8; 256]);
        if top - room.as_ptr().addr() < bytes {
            down(top, bytes);
        }
        black_box(room);
    }
    down(black_box([0_u8; 1]).as_ptr().addr(), bytes);
}

/// A mebibyte.
const MIB: usize = 1 << 20;

#[test]
fn recursion_has_the_room_that_std_gives() {
    holds(|| {
        thread::spawn(|| deep(2 * MIB - MIB / 16)).join().unwrap();
    });
    holds(|| deep(2 * MIB - MIB / 16));
}

#[test]
fn a_thread_has_the_stack_that_it_is_given() {
    holds(|| {
        let large = thread::Builder::new().stack_size(16 * MIB).spawn(|| deep(16 * MIB - MIB / 16));
        large.unwrap().join().unwrap();
        thread::scope(|scope| {
            let large = thread::Builder::new().stack_size(16 * MIB);
            large.spawn_scoped(scope, || deep(16 * MIB - MIB / 16)).unwrap();
        });
    });
}

/// What the checker itself does on a small stack has room there.
#[test]
fn a_small_stack_is_enough_for_a_failure() {
    let explorer = Explorer::new();
    explorer.expect_failure("on a small stack", || {
        let small = thread::Builder::new().stack_size(1);
        let panics = || panic!("{}", format!("on a small {}", "stack"));
        small.spawn(panics).unwrap().join().unwrap();
    });
}

#[test]
fn a_stack_for_which_there_is_no_room_is_an_error() {
    holds(|| {
        for size in [usize::MAX, usize::MAX >> 2, 1 << 60] {
            assert!(thread::Builder::new().stack_size(size).spawn(|| ()).is_err());
        }
        thread::spawn(|| ()).join().unwrap();
    });
}

/// Runs a test of this file in a process of its own, with this task.
fn in_a_child(test: &str, task: &str) -> Output {
    Command::new(std::env::current_exe().expect("this binary"))
        .args(["--exact", &format!("verdicts::stacks::{test}"), "--nocapture"])
        .env(TASK, task)
        .output()
        .expect("a child process")
}

/// What a child process is to do.
const TASK: &str = "RACEPROOF_STACKS";

fn task() -> Option<String> {
    std::env::var(TASK).ok()
}

#[test]
fn an_overflow_is_told_with_the_thread_s_name() {
    match task().as_deref() {
        Some("named") => {
            raceproof::model(|| {
                let digger = thread::Builder::new().named("digger").stack_size(MIB);
                digger.spawn(|| deep(usize::MAX)).unwrap().join().unwrap();
            });
        }
        Some("nameless") => {
            raceproof::model(|| drop(thread::spawn(|| deep(usize::MAX)).join()));
        }
        Some("main") => raceproof::model(|| deep(usize::MAX)),
        _ => {
            let expected = [
                ("named", "thread `digger` of a model has overflowed its stack of 1024 KiB"),
                ("nameless", "thread `thread 1` of a model has overflowed its stack of 2048 KiB"),
                ("main", "thread `main` of a model has overflowed its stack of 2048 KiB"),
            ];
            for (task, text) in expected {
                let output = in_a_child("an_overflow_is_told_with_the_thread_s_name", task);
                let told = String::from_utf8_lossy(&output.stderr);
                assert!(told.contains(text) && told.contains("stack_size"), "{task}: {told}");
                assert_eq!(output.status.signal(), Some(libc::SIGABRT), "{task}: {told}");
            }
        }
    }
}

/// An access that is no overflow is handled as it would be without the checker.
#[test]
fn another_signal_goes_to_the_handler_that_was_there_before() {
    extern "C" fn handler(_: libc::c_int) {
        // SAFETY: ends the process.
        unsafe { libc::_exit(3) }
    }
    let wild = || {
        raceproof::model(|| {
            // SAFETY: there is none; the process is to end by it.
            thread::spawn(|| unsafe { black_box(8 as *const u8).read_volatile() });
        });
    };
    match task().as_deref() {
        Some("handled") => {
            let handler = handler as extern "C" fn(libc::c_int) as libc::sighandler_t;
            // SAFETY: the handler only ends the process.
            unsafe { libc::signal(libc::SIGSEGV, handler) };
            wild();
        }
        Some("unhandled") => wild(),
        Some("sent") => {
            // std's handler ignores the first.
            // SAFETY: ends the process.
            raceproof::model(|| unsafe {
                assert_eq!([(); 2].map(|()| libc::raise(libc::SIGSEGV)), [0; 2])
            });
        }
        _ => {
            let test = "another_signal_goes_to_the_handler_that_was_there_before";
            assert_eq!(in_a_child(test, "handled").status.code(), Some(3));
            for task in ["unhandled", "sent"] {
                let status = in_a_child(test, task).status;
                assert_eq!(status.signal(), Some(libc::SIGSEGV), "{task}");
            }
        }
    }
}

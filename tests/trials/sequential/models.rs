//! The expected answers, stated as plainly as possible.

use super::{BLOCKS, Call, Object, none, number, truth};

pub(super) fn lock(_: i64) -> Object {
    let mut held = false;
    Box::new(move |(operation, _)| match operation {
        "acquire" if held => BLOCKS.into(),
        "acquire" => {
            held = true;
            "None".into()
        }
        "try_acquire" | "acquire_zero" => truth(!std::mem::replace(&mut held, true)),
        "release" => none(std::mem::take(&mut held).then_some(()).ok_or("RuntimeError")),
        _ => truth(held),
    })
}

pub(super) fn rlock(_: i64) -> Object {
    let mut depth = 0;
    Box::new(move |(operation, _)| match operation {
        "acquire" => {
            depth += 1;
            "None".into()
        }
        "try_acquire" | "acquire_zero" => {
            depth += 1;
            truth(true)
        }
        "release" | "save_restore" if depth == 0 => "RuntimeError".into(),
        "release" => {
            depth -= 1;
            "None".into()
        }
        "save_restore" => "None".into(),
        "owned" => truth(depth > 0),
        "other_try" => truth(depth == 0),
        _ => "RuntimeError".into(),
    })
}

fn counted(permits: i64, limit: i64) -> Object {
    let mut permits = permits;
    Box::new(move |(operation, n)| match operation {
        "acquire" if permits == 0 => BLOCKS.into(),
        "acquire" => {
            permits -= 1;
            "None".into()
        }
        "try_acquire" | "acquire_zero" => {
            let taken = permits > 0;
            permits -= i64::from(taken);
            truth(taken)
        }
        "value" => permits.to_string(),
        _ => {
            let n = if operation == "release" { 1 } else { n };
            let allowed = n > 0 && permits + n <= limit;
            permits += if allowed { n } else { 0 };
            none(allowed.then_some(()).ok_or("ValueError"))
        }
    })
}

pub(super) fn semaphore(permits: i64) -> Object {
    counted(permits, i64::MAX)
}

pub(super) fn bounded_semaphore(permits: i64) -> Object {
    counted(permits, permits)
}

fn conditional(mut lock: Object, mut held: impl FnMut(&mut Object) -> bool + 'static) -> Object {
    Box::new(move |(operation, argument)| match operation {
        "acquire" | "release" => lock((operation, argument)),
        _ if !held(&mut lock) => "RuntimeError".into(),
        "wait_zero" => truth(false),
        "wait_for_zero" => truth(argument > 0),
        _ => "None".into(),
    })
}

pub(super) fn condition(_: i64) -> Object {
    conditional(rlock(0), |lock| lock(("owned", 0)) == "True")
}

pub(super) fn condition_over_lock(_: i64) -> Object {
    conditional(lock(0), |lock| lock(("locked", 0)) == "True")
}

pub(super) fn event(_: i64) -> Object {
    let mut set = false;
    Box::new(move |(operation, _)| match operation {
        "set" | "clear" => {
            set = operation == "set";
            "None".into()
        }
        "wait" if !set => BLOCKS.into(),
        _ => truth(set),
    })
}

pub(super) fn barrier(parties: i64) -> Object {
    let mut broken = false;
    Box::new(move |(operation, _)| match operation {
        "wait" | "wait_zero" if broken => "BrokenBarrierError".into(),
        "wait" | "wait_zero" if parties == 1 => "0".into(),
        "wait" => BLOCKS.into(),
        "wait_zero" => {
            broken = true;
            "BrokenBarrierError".into()
        }
        "abort" | "reset" => {
            broken = operation == "abort";
            "None".into()
        }
        "parties" => parties.to_string(),
        "n_waiting" => "0".into(),
        _ => truth(broken),
    })
}

pub(super) fn timer(_: i64) -> Object {
    let (mut started, mut cancelled) = (false, false);
    Box::new(move |(operation, _)| match operation {
        "start" => {
            none((!std::mem::replace(&mut started, true)).then_some(()).ok_or("RuntimeError"))
        }
        "cancel" => {
            cancelled = true;
            "None".into()
        }
        "join" if !started => "RuntimeError".into(),
        "join" if !cancelled => BLOCKS.into(),
        "join" => "None".into(),
        _ => "0".into(),
    })
}

pub(super) fn local(_: i64) -> Object {
    let mut value = None;
    Box::new(move |(operation, argument)| match operation {
        "set" => {
            value = Some(argument);
            "None".into()
        }
        "delete" => none(value.take().map(|_| ()).ok_or("AttributeError")),
        "get" => number(value.ok_or("AttributeError")),
        "other_get" => "AttributeError".into(),
        _ => argument.to_string(),
    })
}

pub(super) fn thread(_: i64) -> Object {
    let (mut started, mut ended) = (false, false);
    Box::new(move |(operation, _)| match operation {
        "start" => {
            none((!std::mem::replace(&mut started, true)).then_some(()).ok_or("RuntimeError"))
        }
        "let_end" => {
            ended |= started;
            "None".into()
        }
        "is_alive" => truth(started && !ended),
        "join" | "join_zero" if !started => "RuntimeError".into(),
        "join" if !ended => BLOCKS.into(),
        "join" | "join_zero" => "None".into(),
        "has_ident" => truth(started),
        "active_count" => (1 + i64::from(started && !ended)).to_string(),
        "name" => "worker".into(),
        _ => truth(false),
    })
}

/// A queue whose next item `pop` removes.
fn ordered(size: i64, pop: fn(&mut Vec<i64>) -> i64) -> Object {
    let mut items = Vec::new();
    let (mut unfinished, mut down) = (0_i64, false);
    Box::new(move |(operation, item): Call| {
        let full = size > 0 && items.len() as i64 >= size;
        match operation {
            "put" | "try_put" | "put_zero" if down => "ShutDown".into(),
            "put" if full => BLOCKS.into(),
            "try_put" | "put_zero" if full => "Full".into(),
            "put" | "try_put" | "put_zero" => {
                items.push(item);
                unfinished += 1;
                "None".into()
            }
            "get" | "try_get" | "get_zero" if !items.is_empty() => pop(&mut items).to_string(),
            "get" | "try_get" | "get_zero" if down => "ShutDown".into(),
            "get" => BLOCKS.into(),
            "try_get" | "get_zero" => "Empty".into(),
            "qsize" => items.len().to_string(),
            "empty" => truth(items.is_empty()),
            "full" => truth(full),
            "task_done" if unfinished == 0 => "ValueError".into(),
            "task_done" => {
                unfinished -= 1;
                "None".into()
            }
            "all_done" => truth(unfinished == 0),
            "shutdown" => {
                down = true;
                "None".into()
            }
            _ => {
                down = true;
                unfinished = (unfinished - items.len() as i64).max(0);
                let mut left = Vec::new();
                while !items.is_empty() {
                    left.push(pop(&mut items));
                }
                format!("{left:?}")
            }
        }
    })
}

pub(super) fn queue(size: i64) -> Object {
    ordered(size, |items| items.remove(0))
}

pub(super) fn lifo_queue(size: i64) -> Object {
    ordered(size, |items| items.pop().expect("some"))
}

pub(super) fn priority_queue(size: i64) -> Object {
    ordered(size, |items| {
        items.sort_unstable();
        items.remove(0)
    })
}

/// An end of a pipe: the messages sent to it, whether it is closed, whether it can receive and send.
struct End {
    unread: Vec<i64>,
    closed: bool,
    receives: bool,
    sends: bool,
}

/// A pipe. Even arguments are for the left end, odd ones for the right one.
fn piped(receives: [bool; 2], sends: [bool; 2]) -> Object {
    let mut ends = [0, 1].map(|n| End {
        unread: Vec::new(),
        closed: false,
        receives: receives[n],
        sends: sends[n],
    });
    Box::new(move |(operation, argument)| {
        let [left, right] = &mut ends;
        let (mine, peer) = if argument % 2 == 0 { (left, right) } else { (right, left) };
        match operation {
            "close" if !mine.unread.is_empty() => "unread".into(),
            "close" => {
                mine.closed = true;
                "None".into()
            }
            _ if mine.closed => "OSError".into(),
            "send" if !mine.sends => "OSError".into(),
            "send" if peer.closed => "BrokenPipeError".into(),
            "send" => {
                peer.unread.push(argument);
                "None".into()
            }
            _ if !mine.receives => "OSError".into(),
            "poll" => truth(!mine.unread.is_empty() || peer.closed),
            _ if !mine.unread.is_empty() => mine.unread.remove(0).to_string(),
            _ if peer.closed => "EOFError".into(),
            _ => BLOCKS.into(),
        }
    })
}

pub(super) fn duplex_pipe(_: i64) -> Object {
    piped([true, true], [true, true])
}

pub(super) fn one_way_pipe(_: i64) -> Object {
    piped([true, false], [false, true])
}

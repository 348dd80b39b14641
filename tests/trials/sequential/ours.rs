//! The real primitives on real threads, answering in Python's terms.

use super::{BLOCKS, Call, Object, none, number, truth};
use raceproof_suite::{
    backend::{Arc, Backend, Std},
    native::{
        Barrier, BoundedSemaphore, Condition, Event, LifoQueue, Lock, Pipe, PipeEnd, PriorityQueue,
        Queue, RLock, Semaphore, ThreadLocal, Threads, Timer,
    },
    primitives::{GetError, Lockable, Order, OrderedQueue, PutError, RecvError, SendError},
};
use std::{
    sync::atomic::{AtomicI64, Ordering::SeqCst},
    time::Duration,
};

const ZERO: Duration = Duration::ZERO;

/// The result of `f` in another thread.
fn elsewhere<T: Send + 'static>(f: impl FnOnce() -> T + Send + 'static) -> T {
    Std::spawn("other", f).join().expect("it does not panic")
}

pub(super) fn lock(_: i64) -> Object {
    let lock = Lock::new();
    Box::new(move |(operation, _)| match operation {
        "acquire" if lock.locked() => BLOCKS.into(),
        "acquire" => {
            lock.acquire();
            "None".into()
        }
        "try_acquire" => truth(lock.try_acquire()),
        "acquire_zero" => truth(lock.acquire_timeout(ZERO)),
        "release" => none(lock.release().map_err(|_| "RuntimeError")),
        _ => truth(lock.locked()),
    })
}

pub(super) fn rlock(_: i64) -> Object {
    let lock = Arc::new(RLock::new());
    Box::new(move |(operation, _)| match operation {
        "acquire" => {
            lock.acquire();
            "None".into()
        }
        "try_acquire" => truth(lock.try_acquire()),
        "acquire_zero" => truth(lock.acquire_timeout(ZERO)),
        "release" => none(lock.release().map_err(|_| "RuntimeError")),
        "save_restore" => {
            let saved = lock.release_all().map_err(|_| "RuntimeError");
            none(saved.map(|depth| lock.restore(depth)))
        }
        "owned" => truth(lock.is_owned()),
        "other_try" => {
            let lock = Arc::clone(&lock);
            truth(elsewhere(move || lock.try_lock().is_some()))
        }
        _ => {
            let lock = Arc::clone(&lock);
            none(elsewhere(move || lock.release()).map_err(|_| "RuntimeError"))
        }
    })
}

fn counted(semaphore: impl std::ops::Deref<Target = Semaphore> + 'static) -> Object {
    Box::new(move |(operation, n)| match operation {
        "acquire" if semaphore.permits() == 0 => BLOCKS.into(),
        "acquire" => {
            semaphore.acquire();
            "None".into()
        }
        "try_acquire" => truth(semaphore.try_acquire()),
        "acquire_zero" => truth(semaphore.acquire_timeout(ZERO)),
        "value" => semaphore.permits().to_string(),
        "release" => none(semaphore.release().map_err(|_| "ValueError")),
        _ => none(semaphore.release_many(n as usize).map_err(|_| "ValueError")),
    })
}

pub(super) fn semaphore(permits: i64) -> Object {
    counted(Box::new(Semaphore::new(permits as usize)))
}

pub(super) fn bounded_semaphore(permits: i64) -> Object {
    counted(BoundedSemaphore::new(permits as usize))
}

fn conditional<L: Lockable + 'static>(
    condition: Condition<L>,
    mut lock: impl FnMut(&L, &str) -> String + 'static,
) -> Object {
    Box::new(move |(operation, n)| match operation {
        "acquire" | "release" => lock(&condition, operation),
        "wait_zero" => condition.wait_timeout(ZERO).map_or("RuntimeError".into(), truth),
        "wait_for_zero" => {
            let waited = condition.wait_for_timeout(ZERO, || n > 0);
            waited.map_or("RuntimeError".into(), truth)
        }
        "notify" => none(condition.notify(n as usize).map_err(|_| "RuntimeError")),
        _ => none(condition.notify_all().map_err(|_| "RuntimeError")),
    })
}

pub(super) fn condition(_: i64) -> Object {
    conditional(Condition::new(), |lock: &RLock, operation| match operation {
        "acquire" => {
            lock.acquire();
            "None".into()
        }
        _ => none(lock.release().map_err(|_| "RuntimeError")),
    })
}

pub(super) fn condition_over_lock(_: i64) -> Object {
    conditional(Condition::over(Arc::new(Lock::new())), |lock, operation| match operation {
        "acquire" if lock.locked() => BLOCKS.into(),
        "acquire" => {
            lock.acquire();
            "None".into()
        }
        _ => none(lock.release().map_err(|_| "RuntimeError")),
    })
}

pub(super) fn event(_: i64) -> Object {
    let event = Event::new();
    Box::new(move |(operation, _)| {
        match operation {
            "set" => event.set(),
            "clear" => event.clear(),
            "is_set" => return truth(event.is_set()),
            "wait_zero" => return truth(event.wait_timeout(ZERO)),
            _ if !event.is_set() => return BLOCKS.into(),
            _ => {
                event.wait();
                return truth(true);
            }
        }
        "None".into()
    })
}

pub(super) fn barrier(parties: i64) -> Object {
    let barrier = Barrier::new(parties as usize).expect("some parties");
    Box::new(move |(operation, _)| {
        let broken = |_| "BrokenBarrierError";
        match operation {
            "wait" if parties > 1 && !barrier.is_broken() => BLOCKS.into(),
            "wait" => number(barrier.wait().map(|n| n as i64).map_err(broken)),
            "wait_zero" => number(barrier.wait_timeout(ZERO).map(|n| n as i64).map_err(broken)),
            "abort" => {
                barrier.abort();
                "None".into()
            }
            "reset" => {
                barrier.reset();
                "None".into()
            }
            "parties" => barrier.parties().to_string(),
            "n_waiting" => barrier.n_waiting().to_string(),
            _ => truth(barrier.is_broken()),
        }
    })
}

pub(super) fn timer(_: i64) -> Object {
    let runs = Arc::new(AtomicI64::new(0));
    let counted = Arc::clone(&runs);
    let action = move || {
        counted.fetch_add(1, SeqCst);
    };
    let timer = Cancelled(Timer::new(Duration::from_secs(3600), action));
    Box::new(move |(operation, _)| match operation {
        "start" => none(timer.0.start().map_err(|_| "RuntimeError")),
        "cancel" => {
            timer.0.cancel();
            "None".into()
        }
        "join" if timer.0.is_pending() => BLOCKS.into(),
        "join" => none(timer.0.join().map_err(|_| "RuntimeError")),
        _ => runs.load(SeqCst).to_string(),
    })
}

/// Cancels its timer on drop.
struct Cancelled(Timer);

impl Drop for Cancelled {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

pub(super) fn local(_: i64) -> Object {
    let local = Arc::new(ThreadLocal::new(|| None));
    Box::new(move |(operation, argument)| match operation {
        "set" => {
            local.set(Some(argument));
            "None".into()
        }
        "delete" => {
            let deleted = local.with(Option::take);
            none(deleted.map(|_| ()).ok_or("AttributeError"))
        }
        "get" => number(local.get().ok_or("AttributeError")),
        "other_get" => {
            let local = Arc::clone(&local);
            number(elsewhere(move || local.get()).ok_or("AttributeError"))
        }
        _ => {
            let local = Arc::clone(&local);
            number(Ok(elsewhere(move || {
                local.set(Some(argument));
                local.get().expect("just set")
            })))
        }
    })
}

pub(super) fn thread(_: i64) -> Object {
    let threads = Threads::new();
    let go = Arc::new(Event::new());
    let held = Arc::clone(&go);
    let thread = threads.thread("worker", move || held.wait());
    let last = Finish(threads, go);
    Box::new(move |(operation, _)| {
        let Finish(threads, go) = &last;
        match operation {
            "start" => none(thread.start().map_err(|_| "RuntimeError")),
            "let_end" => {
                if thread.ident().is_some() {
                    go.set();
                    thread.join().expect("it has been started");
                }
                "None".into()
            }
            "is_alive" => truth(thread.is_alive()),
            "join" if thread.is_alive() => BLOCKS.into(),
            "join" => none(thread.join().map_err(|_| "RuntimeError")),
            "join_zero" => none(thread.join_timeout(ZERO).map(|_| ()).map_err(|_| "RuntimeError")),
            "has_ident" => truth(thread.ident().is_some()),
            "active_count" => threads.active_count().to_string(),
            "name" => thread.name().into(),
            _ => truth(thread.is_daemon()),
        }
    })
}

/// Lets the threads end on drop.
struct Finish(Threads, Arc<Event>);

impl Drop for Finish {
    fn drop(&mut self) {
        self.1.set();
    }
}

fn ordered<O: Order<Item = i64> + 'static>(queue: OrderedQueue<Std, O>) -> Object {
    let mut down = false;
    let put = |result: Result<(), PutError<i64>>, item| match result {
        Ok(()) => "None".into(),
        Err(PutError::Full(back)) if back == item => "Full".into(),
        Err(PutError::ShutDown(back)) if back == item => "ShutDown".into(),
        Err(error) => format!("another item: {error:?}"),
    };
    let got = |result: Result<i64, GetError>| {
        number(result.map_err(|error| match error {
            GetError::Empty => "Empty",
            GetError::ShutDown => "ShutDown",
        }))
    };
    Box::new(move |(operation, item): Call| match operation {
        "put" if !down && queue.full() => BLOCKS.into(),
        "put" => put(queue.put(item).map_err(|error| PutError::ShutDown(error.0)), item),
        "try_put" => put(queue.try_put(item), item),
        "put_zero" => put(queue.put_timeout(item, ZERO), item),
        "get" if !down && queue.empty() => BLOCKS.into(),
        "get" => got(queue.get().map_err(|_| GetError::ShutDown)),
        "try_get" => got(queue.try_get()),
        "get_zero" => got(queue.get_timeout(ZERO)),
        "qsize" => queue.qsize().to_string(),
        "empty" => truth(queue.empty()),
        "full" => truth(queue.full()),
        "task_done" => none(queue.task_done().map_err(|_| "ValueError")),
        "all_done" => truth(queue.join_timeout(ZERO)),
        "shutdown" => {
            down = true;
            queue.shutdown();
            "None".into()
        }
        _ => {
            down = true;
            format!("{:?}", queue.shutdown_now())
        }
    })
}

pub(super) fn queue(size: i64) -> Object {
    ordered(Queue::new(size as usize))
}

pub(super) fn lifo_queue(size: i64) -> Object {
    ordered(LifoQueue::new(size as usize))
}

pub(super) fn priority_queue(size: i64) -> Object {
    ordered(PriorityQueue::new(size as usize))
}

fn piped(ends: [PipeEnd<i64>; 2]) -> Object {
    let mut unread = [0_i64; 2];
    Box::new(move |(operation, argument)| {
        let mine = usize::from(argument % 2 != 0);
        let end = &ends[mine];
        match operation {
            "close" if unread[mine] > 0 => "unread".into(),
            "close" => {
                end.close();
                "None".into()
            }
            "send" => match end.try_send(argument) {
                Ok(()) => {
                    unread[1 - mine] += 1;
                    "None".into()
                }
                Err(SendError::BrokenPipe(_)) => "BrokenPipeError".into(),
                Err(SendError::Closed(_) | SendError::ReadOnly(_)) => "OSError".into(),
                Err(SendError::Full(_)) => "full".into(),
            },
            "poll" => end.poll().map_or("OSError".into(), truth),
            _ => match end.try_recv() {
                Ok(message) => {
                    unread[mine] -= 1;
                    message.to_string()
                }
                Err(RecvError::EndOfFile) => "EOFError".into(),
                Err(RecvError::Closed | RecvError::WriteOnly) => "OSError".into(),
                Err(RecvError::Empty) => BLOCKS.into(),
            },
        }
    })
}

pub(super) fn duplex_pipe(_: i64) -> Object {
    piped(Pipe::duplex(100).expect("there is room").into())
}

pub(super) fn one_way_pipe(_: i64) -> Object {
    piped(Pipe::one_way(100).expect("there is room").into())
}

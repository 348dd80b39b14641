"""Answers operations on CPython's own objects: one JSON request a line, one JSON answer a line.

A request is {"subject": ..., "size": ..., "calls": [[operation, argument], ...]}; the answer is the list of
answers. The first line written says what this Python is and which operations it lacks.
"""

import json
import multiprocessing
import queue
import sys
import threading

BLOCKS = "would block"
missing = [] if hasattr(queue.Queue, "shutdown") else ["shutdown", "shutdown_now"]


def elsewhere(call):
    """What `call` returns, or the exception it raises, in another thread."""
    result = []

    def run():
        try:
            result.append((call(), None))
        except Exception as error:
            result.append((None, error))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    value, error = result[0]
    if error:
        raise error
    return value


class Lock:
    def __init__(self, _):
        self.lock = threading.Lock()

    def acquire(self, _):
        if self.lock.locked():
            return BLOCKS
        self.lock.acquire()

    def try_acquire(self, _):
        return self.lock.acquire(blocking=False)

    def acquire_zero(self, _):
        return self.lock.acquire(timeout=0)

    def release(self, _):
        self.lock.release()

    def locked(self, _):
        return self.lock.locked()


class RLock:
    def __init__(self, _):
        self.lock = threading.RLock()

    def acquire(self, _):
        self.lock.acquire()

    def try_acquire(self, _):
        return self.lock.acquire(blocking=False)

    def acquire_zero(self, _):
        return self.lock.acquire(timeout=0)

    def release(self, _):
        self.lock.release()

    def owned(self, _):
        return self.lock._is_owned()

    def save_restore(self, _):
        self.lock._acquire_restore(self.lock._release_save())

    def other_try(self, _):
        def call():
            acquired = self.lock.acquire(blocking=False)
            if acquired:
                self.lock.release()
            return acquired

        return elsewhere(call)

    def other_release(self, _):
        elsewhere(self.lock.release)


class Semaphore:
    kind = threading.Semaphore

    def __init__(self, permits):
        self.semaphore = self.kind(permits)

    def acquire(self, _):
        if self.semaphore._value == 0:
            return BLOCKS
        self.semaphore.acquire()

    def try_acquire(self, _):
        return self.semaphore.acquire(blocking=False)

    def acquire_zero(self, _):
        return self.semaphore.acquire(timeout=0)

    def release(self, _):
        self.semaphore.release()

    def release_n(self, n):
        self.semaphore.release(n)

    def value(self, _):
        return self.semaphore._value


class BoundedSemaphore(Semaphore):
    kind = threading.BoundedSemaphore


class Condition:
    def __init__(self, _):
        self.condition = threading.Condition()

    def acquire(self, _):
        self.condition.acquire()

    def release(self, _):
        self.condition.release()

    def wait_zero(self, _):
        return self.condition.wait(0)

    def wait_for_zero(self, n):
        # Ours refuses this without the lock even if the predicate is true, which Python lets pass.
        if n > 0 and not self.condition._is_owned():
            raise RuntimeError
        return self.condition.wait_for(lambda: n > 0, 0)

    def notify(self, n):
        self.condition.notify(n)

    def notify_all(self, _):
        self.condition.notify_all()


class ConditionOverLock(Condition):
    def __init__(self, _):
        self.lock = threading.Lock()
        self.condition = threading.Condition(self.lock)

    def acquire(self, _):
        if self.lock.locked():
            return BLOCKS
        self.condition.acquire()


class Event:
    def __init__(self, _):
        self.event = threading.Event()

    def set(self, _):
        self.event.set()

    def clear(self, _):
        self.event.clear()

    def is_set(self, _):
        return self.event.is_set()

    def wait(self, _):
        return self.event.wait() if self.event.is_set() else BLOCKS

    def wait_zero(self, _):
        return self.event.wait(0)


class Barrier:
    def __init__(self, parties):
        self.barrier = threading.Barrier(parties)

    def wait(self, _):
        if self.barrier.parties > 1 and not self.barrier.broken:
            return BLOCKS
        return self.barrier.wait()

    def wait_zero(self, _):
        return self.barrier.wait(0)

    def abort(self, _):
        self.barrier.abort()

    def reset(self, _):
        self.barrier.reset()

    def parties(self, _):
        return self.barrier.parties

    def n_waiting(self, _):
        return self.barrier.n_waiting

    def broken(self, _):
        return self.barrier.broken


class Timer:
    def __init__(self, _):
        self.ran = 0
        self.started = self.cancelled = False
        self.timer = threading.Timer(3600, self.action)

    def action(self):
        self.ran += 1

    def start(self, _):
        self.timer.start()
        self.started = True

    def cancel(self, _):
        self.timer.cancel()
        self.cancelled = True

    def join(self, _):
        if self.started and not self.cancelled:
            return BLOCKS
        self.timer.join()

    def runs(self, _):
        return self.ran

    def close(self):
        self.timer.cancel()


class Local:
    def __init__(self, _):
        self.local = threading.local()

    def get(self, _):
        return self.local.value

    def set(self, value):
        self.local.value = value

    def delete(self, _):
        del self.local.value

    def other_get(self, _):
        return elsewhere(lambda: self.local.value)

    def other_set(self, value):
        def call():
            self.local.value = value
            return self.local.value

        return elsewhere(call)


class Thread:
    def __init__(self, _):
        self.go = threading.Event()
        self.others = threading.active_count() - 1
        self.thread = threading.Thread(target=self.go.wait, name="worker")

    def start(self, _):
        self.thread.start()

    def let_end(self, _):
        if self.thread.ident is not None:
            self.go.set()
            self.thread.join()

    def is_alive(self, _):
        return self.thread.is_alive()

    def join(self, _):
        if self.thread.is_alive():
            return BLOCKS
        self.thread.join()

    def join_zero(self, _):
        self.thread.join(0)

    def has_ident(self, _):
        return self.thread.ident is not None

    def active_count(self, _):
        return threading.active_count() - self.others

    def name(self, _):
        return self.thread.name

    def daemon(self, _):
        return self.thread.daemon

    def close(self):
        self.let_end(None)


class Queue:
    kind = queue.Queue

    def __init__(self, size):
        self.queue = self.kind(size)

    def down(self):
        return getattr(self.queue, "is_shutdown", False)

    def put(self, item):
        if self.queue.full() and not self.down():
            return BLOCKS
        self.queue.put(item)

    def try_put(self, item):
        self.queue.put_nowait(item)

    def put_zero(self, item):
        self.queue.put(item, timeout=0)

    def get(self, _):
        if self.queue.empty() and not self.down():
            return BLOCKS
        return self.queue.get()

    def try_get(self, _):
        return self.queue.get_nowait()

    def get_zero(self, _):
        return self.queue.get(timeout=0)

    def qsize(self, _):
        return self.queue.qsize()

    def empty(self, _):
        return self.queue.empty()

    def full(self, _):
        return self.queue.full()

    def task_done(self, _):
        self.queue.task_done()

    def all_done(self, _):
        return self.queue.unfinished_tasks == 0

    def shutdown(self, _):
        self.queue.shutdown()

    def items(self):
        return list(self.queue.queue)

    def shutdown_now(self, _):
        items = self.items()
        self.queue.shutdown(immediate=True)
        assert self.queue.empty()
        return items


class LifoQueue(Queue):
    kind = queue.LifoQueue

    def items(self):
        return self.queue.queue[::-1]


class PriorityQueue(Queue):
    kind = queue.PriorityQueue

    def items(self):
        return sorted(self.queue.queue)


class DuplexPipe:
    duplex = True

    def __init__(self, _):
        self.ends = multiprocessing.Pipe(self.duplex)
        self.unread = [0, 0]

    def end(self, argument):
        return self.ends[argument % 2]

    def send(self, message):
        self.end(message).send(message)
        self.unread[(message + 1) % 2] += 1

    def recv(self, argument):
        end = self.end(argument)
        if not end.poll():
            return BLOCKS
        message = end.recv()
        self.unread[argument % 2] -= 1
        return message

    def poll(self, argument):
        return self.end(argument).poll()

    def close(self, argument=None):
        if argument is None:
            for end in self.ends:
                end.close()
        elif self.unread[argument % 2] > 0:
            # The system would tell the other end with an error of its own.
            return "unread"
        else:
            self.end(argument).close()


class OneWayPipe(DuplexPipe):
    duplex = False


SUBJECTS = {
    "lock": Lock,
    "rlock": RLock,
    "semaphore": Semaphore,
    "bounded_semaphore": BoundedSemaphore,
    "condition": Condition,
    "condition_over_lock": ConditionOverLock,
    "event": Event,
    "barrier": Barrier,
    "timer": Timer,
    "local": Local,
    "thread": Thread,
    "queue": Queue,
    "lifo_queue": LifoQueue,
    "priority_queue": PriorityQueue,
    "duplex_pipe": DuplexPipe,
    "one_way_pipe": OneWayPipe,
}


def answer(subject, operation, argument):
    try:
        return str(getattr(subject, operation)(argument))
    except Exception as error:
        return type(error).__name__


def serve():
    print(json.dumps({"version": sys.version.split()[0], "missing": missing}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        subject = SUBJECTS[request["subject"]](request["size"])
        answers = [answer(subject, *call) for call in request["calls"]]
        if hasattr(subject, "close"):
            subject.close()
        print(json.dumps(answers), flush=True)


serve()

"""Answers operations on CPython's own objects: one JSON request a line, one JSON answer a line.

A request is {"subject": ..., "size": ..., "calls": [[operation, argument], ...]}; the answer is the list of
answers. The first line written says what this Python is and which operations it lacks.
"""

import concurrent.futures
import functools
import json
import multiprocessing.pool
import queue
import socket
import sys
import threading
import time

BLOCKS = "would block"
AT_THE_END = "at the end"
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


def nothing(_):
    """For an operation whose result is not compared."""


def acquirable(lock, blocks, **more):
    """What locks and semaphores have in common; `blocks` says whether an acquire would block."""
    return {
        "acquire": lambda _: BLOCKS if blocks() else nothing(lock.acquire()),
        "try_acquire": lambda _: lock.acquire(blocking=False),
        "acquire_zero": lambda _: lock.acquire(timeout=0),
        "release": lambda _: lock.release(),
        **more,
    }


def lock(_):
    lock = threading.Lock()
    return acquirable(lock, lock.locked, locked=lambda _: lock.locked())


def rlock(_):
    lock = threading.RLock()

    def try_in_and_out():
        acquired = lock.acquire(blocking=False)
        if acquired:
            lock.release()
        return acquired

    return acquirable(
        lock,
        lambda: False,
        owned=lambda _: lock._is_owned(),
        save_restore=lambda _: lock._acquire_restore(lock._release_save()),
        other_try=lambda _: elsewhere(try_in_and_out),
        other_release=lambda _: elsewhere(lock.release),
    )


def semaphore(kind, permits):
    semaphore = kind(permits)
    return acquirable(
        semaphore,
        lambda: semaphore._value == 0,
        release_n=semaphore.release,
        value=lambda _: semaphore._value,
    )


def condition(condition, blocks, is_owned, misuse):
    def wait_for_zero(n):
        # Ours refuses this without the lock even if it need not wait, which Python lets pass. A condition of
        # processes does not wait with a limit of zero, either.
        if (n > 0 or misuse is AssertionError) and not is_owned():
            raise misuse
        return condition.wait_for(lambda: n > 0, 0)

    return {
        "acquire": lambda _: BLOCKS if blocks() else nothing(condition.acquire()),
        "release": lambda _: condition.release(),
        "wait_zero": lambda _: condition.wait(0),
        "wait_for_zero": wait_for_zero,
        "notify": condition.notify,
        "notify_all": lambda _: condition.notify_all(),
    }


def condition_of_threads(lock, blocks):
    over = threading.Condition(lock)
    return condition(over, blocks, over._is_owned, RuntimeError)


def condition_over_lock(_):
    lock = threading.Lock()
    return condition_of_threads(lock, lock.locked)


def process_condition(_):
    lock = multiprocessing.RLock()
    over = multiprocessing.Condition(lock)
    return condition(over, lambda: False, lock._semlock._is_mine, AssertionError)


def event(event):
    return {
        "set": lambda _: event.set(),
        "clear": lambda _: event.clear(),
        "is_set": lambda _: event.is_set(),
        "wait": lambda _: event.wait() if event.is_set() else BLOCKS,
        "wait_zero": lambda _: event.wait(0),
    }


def barrier(kind, parties):
    barrier = kind(parties)
    blocks = lambda: parties > 1 and not barrier.broken
    return {
        "wait": lambda _: BLOCKS if blocks() else barrier.wait(),
        "wait_zero": lambda _: barrier.wait(0),
        "abort": lambda _: barrier.abort(),
        "reset": lambda _: barrier.reset(),
        "parties": lambda _: barrier.parties,
        "n_waiting": lambda _: barrier.n_waiting,
        "broken": lambda _: barrier.broken,
    }


def timer(_):
    runs = []
    timer = threading.Timer(3600, runs.append, [None])
    blocks = lambda: timer.is_alive() and not timer.finished.is_set()
    return {
        "start": lambda _: timer.start(),
        "cancel": lambda _: timer.cancel(),
        "join": lambda _: BLOCKS if blocks() else timer.join(),
        "runs": lambda _: len(runs),
        AT_THE_END: timer.cancel,
    }


def local(_):
    local = threading.local()

    def set_and_get(value):
        local.value = value
        return local.value

    return {
        "get": lambda _: local.value,
        "set": lambda value: nothing(set_and_get(value)),
        "delete": lambda _: delattr(local, "value"),
        "other_get": lambda _: elsewhere(lambda: local.value),
        "other_set": lambda value: elsewhere(lambda: set_and_get(value)),
    }


def thread(_):
    go = threading.Event()
    others = threading.active_count() - 1
    thread = threading.Thread(target=go.wait, name="worker")

    def let_end():
        if thread.ident is not None:
            go.set()
            thread.join()

    return {
        "start": lambda _: thread.start(),
        "let_end": lambda _: let_end(),
        "is_alive": lambda _: thread.is_alive(),
        "join": lambda _: BLOCKS if thread.is_alive() else thread.join(),
        "join_zero": lambda _: thread.join(0),
        "has_ident": lambda _: thread.ident is not None,
        "active_count": lambda _: threading.active_count() - others,
        "name": lambda _: thread.name,
        "daemon": lambda _: thread.daemon,
        AT_THE_END: let_end,
    }


def ordered(kind, items, size):
    """A queue; `items` lists what is in it, in the order in which it would come out."""
    queue = kind(size)
    down = lambda: getattr(queue, "is_shutdown", False)

    def shutdown_now(_):
        left = items(queue.queue)
        queue.shutdown(immediate=True)
        assert queue.empty()
        return left

    return {
        "put": lambda item: BLOCKS if queue.full() and not down() else queue.put(item),
        "try_put": queue.put_nowait,
        "put_zero": lambda item: queue.put(item, timeout=0),
        "get": lambda _: BLOCKS if queue.empty() and not down() else queue.get(),
        "try_get": lambda _: queue.get_nowait(),
        "get_zero": lambda _: queue.get(timeout=0),
        "qsize": lambda _: queue.qsize(),
        "empty": lambda _: queue.empty(),
        "full": lambda _: queue.full(),
        "task_done": lambda _: queue.task_done(),
        "all_done": lambda _: queue.unfinished_tasks == 0,
        "shutdown": lambda _: queue.shutdown(),
        "shutdown_now": shutdown_now,
    }


def pipe(duplex):
    """A pipe. Even arguments are for the left end, odd ones for the right one."""
    ends = multiprocessing.Pipe(duplex)
    unread = [0, 0]

    def send(message):
        ends[message % 2].send(message)
        unread[(message + 1) % 2] += 1

    def recv(argument):
        if not ends[argument % 2].poll():
            return BLOCKS
        message = ends[argument % 2].recv()
        unread[argument % 2] -= 1
        return message

    def close(argument):
        # With messages unread, the system would tell the other end with an error of its own.
        return "unread" if unread[argument % 2] > 0 else ends[argument % 2].close()

    return {
        "send": send,
        "recv": recv,
        "poll": lambda argument: ends[argument % 2].poll(),
        "close": close,
        AT_THE_END: lambda: [end.close() for end in ends],
    }


class Shared:
    """A manager's objects, made once and emptied for each use."""

    manager = None

    @classmethod
    def make(cls):
        if cls.manager is None:
            cls.manager = multiprocessing.Manager()
            cls.dict = cls.manager.dict()
            cls.list = cls.manager.list()
            cls.namespace = cls.manager.Namespace()
        cls.dict.clear()
        del cls.list[:]
        for name in "ab":
            if hasattr(cls.namespace, name):
                delattr(cls.namespace, name)
        return cls


def managed_dict(_):
    shared = Shared.make().dict
    return {
        "insert": lambda n: shared.__setitem__(n // 2, n),
        "get": lambda n: shared[n // 2],
        "get_or_insert": lambda n: shared.setdefault(n // 2, n),
        "remove": lambda n: shared.pop(n // 2),
        "contains": lambda n: n // 2 in shared,
        "len": lambda _: len(shared),
        "items": lambda _: shared.items(),
        "clear": lambda _: shared.clear(),
    }


def managed_list(_):
    shared = Shared.make().list
    return {
        "push": shared.append,
        "extend": lambda n: shared.extend([n, n + 1]),
        "insert": lambda n: shared.insert(n, n),
        "get": lambda n: shared[n],
        "set": lambda n: shared.__setitem__(n, 10 * n),
        "pop": lambda _: shared.pop(),
        "remove": lambda n: shared.pop(n),
        "len": lambda _: len(shared),
        "to_vec": lambda _: shared[:],
        "clear": lambda _: shared.__delitem__(slice(None)),
    }


def managed_namespace(_):
    shared = Shared.make().namespace
    return {
        "set": lambda n: setattr(shared, "ab"[n // 2], n),
        "get": lambda n: getattr(shared, "ab"[n // 2]),
        "delete": lambda n: delattr(shared, "ab"[n // 2]),
    }


def managed_array(size):
    shared = multiprocessing.Array("q", size)
    return {
        "get": lambda n: shared[n],
        "set": lambda n: shared.__setitem__(n, 10 * n),
        "len": lambda _: len(shared),
        "to_vec": lambda _: shared[:],
    }


def managed_value(value):
    shared = multiprocessing.Value("q", value)
    return {"get": lambda _: shared.value, "set": lambda n: setattr(shared, "value", n)}


def managed(kind, *arguments):
    return getattr(Shared.make().manager, kind)(*arguments)


def managed_acquirable(kind, *arguments):
    lock = managed(kind, *arguments)

    def try_in_and_out():
        acquired = lock.acquire(False)
        if acquired:
            lock.release()
        return acquired

    return {
        # It cannot be asked whether it would block.
        "acquire": lambda _: None if lock.acquire(False) else BLOCKS,
        "try_acquire": lambda _: lock.acquire(False),
        "acquire_zero": lambda _: lock.acquire(True, 0),
        "release": lambda _: lock.release(),
        "other_try": lambda _: elsewhere(try_in_and_out),
        "other_release": lambda _: elsewhere(lock.release),
    }


def managed_condition(_):
    # A wait with a predicate is the proxy's, and asks for no lock.
    return condition(managed("Condition"), lambda: False, None, RuntimeError)


def managed_queue(size):
    queue = managed("JoinableQueue", size)
    return {
        "put": lambda item: BLOCKS if queue.full() else queue.put(item),
        "try_put": queue.put_nowait,
        "put_zero": lambda item: queue.put(item, timeout=0),
        "get": lambda _: BLOCKS if queue.empty() else queue.get(),
        "try_get": lambda _: queue.get_nowait(),
        "get_zero": lambda _: queue.get(timeout=0),
        "qsize": lambda _: queue.qsize(),
        "empty": lambda _: queue.empty(),
        "full": lambda _: queue.full(),
        "task_done": lambda _: queue.task_done(),
    }


def process_queue(size):
    """A queue whose feeder thread is always waited for, so that what was put is there."""
    queue = multiprocessing.JoinableQueue(size)
    there = 0

    def put(call):
        def done(item):
            nonlocal there
            call(item)
            there += 1
            while not queue._poll():
                time.sleep(0)

        return done

    def get(call):
        def done(_):
            nonlocal there
            # An item on its way is no reason to find the queue empty.
            item = queue.get() if there else call()
            there -= 1
            return item

        return done

    def close():
        queue.cancel_join_thread()
        queue.close()

    return {
        "put": lambda item: BLOCKS if queue.full() else put(queue.put)(item),
        "try_put": put(queue.put_nowait),
        "put_zero": put(lambda item: queue.put(item, timeout=0)),
        "get": lambda _: BLOCKS if not there else get(queue.get)(None),
        "try_get": get(queue.get_nowait),
        "get_zero": get(lambda: queue.get(timeout=0)),
        "qsize": lambda _: queue.qsize(),
        "empty": lambda _: there == 0 and queue.empty(),
        "full": lambda _: queue.full(),
        "task_done": lambda _: queue.task_done(),
        AT_THE_END: close,
    }


def between(lock, blocks, **more):
    """What locks and semaphores between processes have in common, whose parameters have other names."""
    return {
        "acquire": lambda _: BLOCKS if blocks() else nothing(lock.acquire()),
        "try_acquire": lambda _: lock.acquire(False),
        "acquire_zero": lambda _: lock.acquire(True, 0),
        "release": lambda _: lock.release(),
        **more,
    }


def process_semaphore(kind, permits):
    semaphore = kind(permits)
    return between(
        semaphore,
        lambda: semaphore.get_value() == 0,
        value=lambda _: semaphore.get_value(),
    )


def process_rlock(_):
    lock = multiprocessing.RLock()

    def try_in_and_out():
        acquired = lock.acquire(False)
        if acquired:
            lock.release()
        return acquired

    return between(
        lock,
        lambda: False,
        owned=lambda _: lock._semlock._is_mine(),
        other_try=lambda _: elsewhere(try_in_and_out),
        other_release=lambda _: elsewhere(lock.release),
    )


class Gated:
    """The tasks of one worker, which end when they are told."""

    def __init__(self, done):
        self.done = done
        self.tasks = []
        self.running = False
        self.down = False
        self.calls = []
        self.begun = queue.SimpleQueue()
        self.go = threading.Semaphore(0)

    def task(self, value):
        self.begun.put(None)
        self.go.acquire()
        if value == 3:
            raise LookupError
        return value

    def all_done(self):
        return all(map(self.done, self.tasks))

    def settled(self, operation):
        """The operation, after which the first task that is not done has begun."""

        def settled(argument):
            try:
                return operation(argument)
            finally:
                if not self.running and not self.all_done():
                    self.begun.get()
                    self.running = True

        return settled

    def let_end(self, wait):
        """Lets the task that runs end, and waits for it by `wait`, which is called before, too."""
        if not self.running:
            return "nothing runs"
        ended = wait(next(task for task in self.tasks if not self.done(task)))
        self.go.release()
        ended()
        self.running = False

    def close(self, close):
        self.down = True
        close()

    def table(self, at_the_end, **operations):
        def end():
            self.go.release(len(self.tasks) + 1)
            at_the_end()

        table = {name: self.settled(operation) for name, operation in operations.items()}
        return {**table, AT_THE_END: end}


def thread_pool(_):
    pool = concurrent.futures.ThreadPoolExecutor(1)
    gated = Gated(lambda task: task.done())
    tasks = gated.tasks

    def wait(task):
        ended = threading.Event()
        task.add_done_callback(lambda _: ended.set())
        return ended.wait

    def exception(n):
        error = tasks[n].exception(0)
        return error and type(error).__name__

    def live():
        # Python takes a cancelled one for done only when a worker comes to it.
        return [task for task in tasks if not task.cancelled()]

    def wait_failure(_):
        done = [task for task in live() if task.done()]
        if len(done) < len(live()) and not any(task.exception() for task in done):
            return BLOCKS
        return len(concurrent.futures.wait(live(), return_when=concurrent.futures.FIRST_EXCEPTION).done)

    def completed_zero(_):
        in_time = 0
        try:
            for _ in concurrent.futures.as_completed(live(), 0):
                in_time += 1
        except TimeoutError:
            return f"{in_time} and TimeoutError"
        return in_time

    def map_zero(n):
        return list(pool.map(tenfold, range(n), timeout=0)) if gated.running else "nothing runs"

    def join(_):
        return pool.shutdown() if gated.down and gated.all_done() else BLOCKS

    return gated.table(
        pool.shutdown,
        submit=lambda value: tasks.append(pool.submit(gated.task, value)),
        let_end=lambda _: gated.let_end(wait),
        cancel=lambda n: tasks[n].cancel(),
        done=lambda n: tasks[n].done(),
        running=lambda n: tasks[n].running(),
        cancelled=lambda n: tasks[n].cancelled(),
        result=lambda n: tasks[n].result() if tasks[n].done() else BLOCKS,
        result_zero=lambda n: tasks[n].result(0),
        exception=lambda n: exception(n) if tasks[n].done() else BLOCKS,
        exception_zero=exception,
        callback=lambda n: tasks[n].add_done_callback(gated.calls.append),
        calls=lambda _: len(gated.calls),
        wait_zero=lambda _: len(concurrent.futures.wait(live(), 0).done),
        wait_failure=wait_failure,
        completed_zero=completed_zero,
        map_zero=map_zero,
        shutdown=lambda _: gated.close(lambda: pool.shutdown(wait=False)),
        shutdown_now=lambda _: gated.close(lambda: pool.shutdown(wait=False, cancel_futures=True)),
        join=join,
    )


class PromptPool(multiprocessing.pool.ThreadPool):
    """One that notices within a millisecond that it is closed, not within a tenth of a second."""

    def _wait_for_updates(self, sentinels, change_notifier, timeout):
        time.sleep(0.001)


def tenfold(n):
    return 10 * n


def pool(_):
    pool = PromptPool(1)
    gated = Gated(lambda task: task.ready())
    tasks = gated.tasks

    def apply_async(value):
        call = gated.calls.append
        tasks.append(pool.apply_async(gated.task, [value], {}, call, call))

    def at_once(operation):
        return lambda argument: operation(argument) if gated.all_done() else BLOCKS

    def imap_zero(n):
        # Of no items Python hears some time later that there are none.
        return pool.imap(tenfold, range(n + 1)).next(0) if gated.running else "nothing runs"

    return gated.table(
        pool.terminate,
        apply_async=apply_async,
        let_end=lambda _: gated.let_end(lambda task: task.wait),
        calls=lambda _: len(gated.calls),
        ready=lambda n: tasks[n].ready(),
        successful=lambda n: tasks[n].successful(),
        get=lambda n: tasks[n].get() if tasks[n].ready() else BLOCKS,
        get_zero=lambda n: tasks[n].get(0),
        wait_zero=lambda n: tasks[n].wait(0),
        apply=at_once(lambda n: pool.apply(tenfold, [n])),
        map=at_once(lambda n: pool.map(tenfold, range(n))),
        imap=at_once(lambda n: list(pool.imap(tenfold, range(n)))),
        imap_unordered=at_once(lambda n: list(pool.imap_unordered(tenfold, range(n)))),
        map_chunked=at_once(lambda n: pool.map(tenfold, range(n), 2)),
        imap_chunked=at_once(lambda n: list(pool.imap(tenfold, range(n), 2))),
        imap_unordered_chunked=at_once(lambda n: list(pool.imap_unordered(tenfold, range(n), 2))),
        imap_zero=imap_zero,
        close=lambda _: gated.close(pool.close),
        terminate=at_once(lambda _: gated.close(pool.terminate)),
        join=lambda _: BLOCKS if gated.down and not gated.all_done() else pool.join(),
    )


def doubled(value):
    if value == 3:
        raise LookupError
    return 2 * value


class Processes:
    """Pools of processes, made once: each is asked only for what leaves it as it was."""

    @staticmethod
    @functools.cache
    def pool():
        return multiprocessing.Pool(1)

    @staticmethod
    @functools.cache
    def executor():
        return concurrent.futures.ProcessPoolExecutor(1)


def process_pool(_):
    pool = Processes.pool()

    def callback(n):
        calls = []
        once = lambda _: calls.append(1)
        twice = lambda _: calls.extend([1, 1])
        pool.apply_async(doubled, [n], {}, once, twice).wait()
        return len(calls)

    def successful(n):
        result = pool.apply_async(doubled, [n])
        result.wait()
        return result.successful()

    return {
        "apply": lambda n: pool.apply(doubled, [n]),
        "get": lambda n: pool.apply_async(doubled, [n]).get(),
        "successful": successful,
        "callback": callback,
        "map": lambda n: pool.map(doubled, range(n + 1)),
        "map_async": lambda n: pool.map_async(doubled, range(n + 1)).get(),
        "map_chunked": lambda n: pool.map(doubled, range(n + 1), 2),
        "imap": lambda n: list(pool.imap(doubled, range(n + 1))),
        "imap_chunked": lambda n: list(pool.imap(doubled, range(n + 1), 2)),
        "imap_unordered": lambda n: list(pool.imap_unordered(doubled, range(n + 1))),
    }


def process_executor(_):
    pool = Processes.executor()

    def exception(n):
        error = pool.submit(doubled, n).exception()
        return error and type(error).__name__

    def callback(n):
        future, calls = pool.submit(doubled, n), []
        failed = future.exception() is not None
        future.add_done_callback(lambda _: calls.extend([1] * (1 + failed)))
        return len(calls)

    return {
        "result": lambda n: pool.submit(doubled, n).result(),
        "exception": exception,
        "callback": callback,
        "map": lambda n: list(pool.map(doubled, range(n + 1))),
        "map_chunked": lambda n: list(pool.map(doubled, range(n + 1), chunksize=2)),
    }


def coroutine(on_close):
    """A generator that adds up what it is sent; `on_close` says what it does when it is closed."""
    SUSPENDS, BAD, ENOUGH = 1, 0, 8
    cleanups = []
    generator = None

    def adder(total):
        try:
            while total < ENOUGH:
                try:
                    value = yield total
                    if value == BAD:
                        raise ValueError
                except GeneratorExit:
                    if on_close == 0:
                        raise
                    if on_close != SUSPENDS:
                        return total
                    value = 1
                total += value
            return total
        finally:
            cleanups.append(None)

    def send(value):
        nonlocal generator
        try:
            if generator is None:
                # The first value is the argument here, and goes in with the first resume there.
                generator = adder(value)
                return next(generator)
            return generator.send(value)
        except StopIteration as stop:
            return f"StopIteration {stop.value}"

    def close():
        nonlocal generator
        generator = generator or adder(0)
        generator.close()

    def exhaust():
        while generator and generator.gi_frame:
            send(ENOUGH)

    return {
        "send": send,
        # What a close returns is news of Python 3.13.
        "close": lambda _: nothing(close()),
        "alive": lambda _: generator is None or generator.gi_frame is not None,
        "cleanups": lambda _: len(cleanups),
        AT_THE_END: exhaust,
    }


def connection():
    """A connection. Even arguments are for the client's end, odd ones for the server's."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = socket.create_connection(server.getsockname())
        ends = [client, server.accept()[0]]
    unread, ended = [0, 0], [False, False]

    def send(argument):
        mine, peer = argument % 2, 1 - argument % 2
        try:
            ends[mine].sendall(bytes([argument] * (argument + 1)))
            # TCP notices only later that the other end is closed.
            while ends[peer].fileno() < 0:
                ends[mine].send(b"x")
        except ConnectionResetError:
            raise BrokenPipeError
        unread[peer] += argument + 1

    def recv(argument):
        mine = argument % 2
        count = min(unread[mine], argument + 1)
        if count == 0 and ends[mine].fileno() >= 0 and not ended[mine]:
            return BLOCKS
        message = ends[mine].recv(max(count, 1), socket.MSG_WAITALL)
        unread[mine] -= len(message)
        return list(message)

    def shutdown(argument):
        try:
            ends[argument % 2].shutdown(socket.SHUT_WR)
        except OSError:
            # No error if the other end is closed.
            if ends[argument % 2].fileno() < 0:
                raise
        ended[1 - argument % 2] = True

    def close(argument):
        # With bytes unread, the system would tell the other end with an error of its own.
        if unread[argument % 2] > 0:
            return "unread"
        ends[argument % 2].close()
        ended[1 - argument % 2] = True

    return {
        "send": send,
        "recv": recv,
        "shutdown": shutdown,
        "close": close,
        AT_THE_END: lambda: [end.close() for end in ends],
    }


# For each type, what makes one of a size, as a table of its operations.
SUBJECTS = {
    "lock": lock,
    "rlock": rlock,
    "semaphore": lambda permits: semaphore(threading.Semaphore, permits),
    "bounded_semaphore": lambda permits: semaphore(threading.BoundedSemaphore, permits),
    "condition": lambda _: condition_of_threads(None, lambda: False),
    "condition_over_lock": condition_over_lock,
    "event": lambda _: event(threading.Event()),
    "barrier": lambda parties: barrier(threading.Barrier, parties),
    "timer": timer,
    "local": local,
    "thread": thread,
    "queue": lambda size: ordered(queue.Queue, list, size),
    "lifo_queue": lambda size: ordered(queue.LifoQueue, lambda items: items[::-1], size),
    "priority_queue": lambda size: ordered(queue.PriorityQueue, sorted, size),
    "duplex_pipe": lambda _: pipe(True),
    "one_way_pipe": lambda _: pipe(False),
    "executor": thread_pool,
    "pool": pool,
    "coroutine": coroutine,
    "tcp": lambda _: connection(),
    "network_in_memory": lambda _: connection(),
    "managed_dict": managed_dict,
    "managed_list": managed_list,
    "managed_namespace": managed_namespace,
    "managed_array": managed_array,
    "managed_value": managed_value,
    "process_queue": process_queue,
    "process_pool": process_pool,
    "process_executor": process_executor,
    "process_semaphore": lambda permits: process_semaphore(multiprocessing.Semaphore, permits),
    "process_bounded_semaphore": lambda permits: process_semaphore(
        multiprocessing.BoundedSemaphore, permits
    ),
    "process_rlock": process_rlock,
    "process_event": lambda _: event(multiprocessing.Event()),
    "process_condition": process_condition,
    "process_barrier": lambda parties: barrier(multiprocessing.Barrier, parties),
    "managed_lock": lambda _: managed_acquirable("Lock"),
    "managed_rlock": lambda _: managed_acquirable("RLock"),
    "managed_semaphore": lambda permits: managed_acquirable("Semaphore", permits),
    "managed_bounded_semaphore": lambda permits: managed_acquirable("BoundedSemaphore", permits),
    "managed_event": lambda _: event(managed("Event")),
    "managed_condition": managed_condition,
    "managed_barrier": lambda parties: barrier(functools.partial(managed, "Barrier"), parties),
    "managed_queue": managed_queue,
}


def answer(operations, operation, argument):
    try:
        return str(operations[operation](argument))
    except Exception as error:
        return type(error).__name__


def serve():
    print(json.dumps({"version": sys.version.split()[0], "missing": missing}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        operations = SUBJECTS[request["subject"]](request["size"])
        answers = [answer(operations, *call) for call in request["calls"]]
        operations.get(AT_THE_END, lambda: None)()
        print(json.dumps(answers), flush=True)


serve()

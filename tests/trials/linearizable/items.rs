//! Queues, pipes and streams: items with limited room.

use super::MOMENT;
use raceproof::{linearizable, linearizable::Checked};
use raceproof_suite::{
    backend::Dpor,
    primitives::{LifoQueue, Listener, Pipe, PipeEnd, PriorityQueue, Queue, Stream},
};

/// The largest number of items.
const ROOM: usize = 2;

/// What there is, the next item last, and whether no more may come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Items {
    items: Vec<u8>,
    ended: bool,
}

/// Where an item goes in.
type Order = fn(&mut Vec<u8>, u8);

const FIFO: Order = |items, item| items.insert(0, item);
const LIFO: Order = |items, item| items.push(item);
const PRIORITY: Order = |items, item| {
    items.push(item);
    items.sort_unstable_by(|one, other| other.cmp(one));
};

impl Items {
    /// Waits while there is no room; tells whether more may come.
    fn put(&mut self, item: u8, order: Order) -> Option<bool> {
        if self.ended {
            return Some(false);
        }
        (self.items.len() < ROOM).then(|| order(&mut self.items, item)).map(|()| true)
    }

    /// Waits while there is nothing that may still come.
    fn get(&mut self) -> Option<Option<u8>> {
        let next = self.items.pop();
        (next.is_some() || self.ended).then_some(next)
    }

    fn end(&mut self) {
        self.ended = true;
    }
}

/// Declares the test of a queue.
macro_rules! queues {
    ($($name:ident $queue:ident $order:ident),* $(,)?) => {$(
        pub(super) fn $name() -> Checked {
            linearizable! { @clients
                object: $queue<Dpor, u8> = $queue::new(ROOM);
                spec: Items = Items::default();
                fn get(&self) -> Option<u8> { waits: Items::get, does: |queue| queue.get().ok() }
                fn try_get(&self) -> Option<u8> {
                    spec: |items| items.items.pop(),
                    does: |queue| queue.try_get().ok()
                }
                // The time limit may pass just before an item comes.
                fn get_timeout(&self) -> Option<u8> {
                    spec: |items| items.items.pop(),
                    does: |queue| queue.get_timeout(MOMENT).ok()
                }
                fn put(&self, item in [1, 2]) -> bool {
                    waits: |items| items.put(item, $order),
                    does: |queue| queue.put(item).is_ok()
                }
                fn try_put(&self, item in [3]) -> bool {
                    spec: |items| items.put(item, $order).unwrap_or(false),
                    does: |queue| queue.try_put(item).is_ok()
                }
                fn shutdown(&self) { spec: Items::end }
                fn qsize(&self) -> usize { spec: |items| items.items.len() }
            }
            .check()
        }
    )*};
}
queues! {
    queue Queue FIFO,
    lifo_queue LifoQueue LIFO,
    priority_queue PriorityQueue PRIORITY,
}

/// One direction of a pipe: messages go in at the right end and come out at the left.
struct OneWay {
    left: PipeEnd<Dpor, u8>,
    right: PipeEnd<Dpor, u8>,
}

impl OneWay {
    fn new() -> Self {
        let (left, right) = Pipe::one_way(ROOM).expect("there is room");
        OneWay { left, right }
    }
}

pub(super) fn pipe() -> Checked {
    linearizable! { @clients
        object: OneWay = OneWay::new();
        spec: Items = Items::default();
        fn recv(&self) -> Option<u8> { waits: Items::get, does: |pipe| pipe.left.recv().ok() }
        fn try_recv(&self) -> Option<u8> {
            spec: |items| items.items.pop(),
            does: |pipe| pipe.left.try_recv().ok()
        }
        fn recv_timeout(&self) -> Option<u8> {
            spec: |items| items.items.pop(),
            does: |pipe| pipe.left.recv_timeout(MOMENT).ok()
        }
        fn send(&self, item in [1, 2]) -> bool {
            waits: |items| items.put(item, FIFO),
            does: |pipe| pipe.right.send(item).is_ok()
        }
        fn try_send(&self, item in [3]) -> bool {
            spec: |items| items.put(item, FIFO).unwrap_or(false),
            does: |pipe| pipe.right.try_send(item).is_ok()
        }
        fn close(&self) { spec: Items::end, does: |pipe| pipe.right.close() }
    }
    .check()
}

/// One direction of a connection: bytes go in at the client's end and come out at the server's.
struct Connection {
    client: Stream<Dpor>,
    server: Stream<Dpor>,
}

impl Connection {
    fn new() -> Self {
        let listener = Listener::with_capacity("server", ROOM).expect("there is room");
        let client = listener.address().connect().expect("it listens");
        Connection { client, server: listener.accept().expect("a client") }
    }

    fn read(&self, timed: bool) -> Option<u8> {
        let mut byte = [0];
        let count = if timed {
            self.server.read_timeout(&mut byte, MOMENT)
        } else {
            self.server.read(&mut byte)
        };
        count.is_ok_and(|count| count > 0).then_some(byte[0])
    }
}

pub(super) fn stream() -> Checked {
    linearizable! { @clients
        object: Connection = Connection::new();
        spec: Items = Items::default();
        fn read(&self) -> Option<u8> { waits: Items::get, does: |it| it.read(false) }
        fn read_timeout(&self) -> Option<u8> {
            spec: |items| items.items.pop(),
            does: |it| it.read(true)
        }
        fn write(&self, byte in [1, 2]) -> bool {
            waits: |items| items.put(byte, FIFO),
            does: |it| it.client.write(&[byte]).is_ok()
        }
        fn shutdown_write(&self) -> bool {
            spec: |items| { items.end(); true },
            does: |it| it.client.shutdown_write().is_ok()
        }
    }
    .check()
}

//! Queues, pipes and streams: items with limited room.

use super::explored::{Answer, DONE, MOMENT, Part, State, Subject};
use raceproof_suite::{
    backend::Backend,
    primitives::{LifoQueue, Listener, Pipe, PipeEnd, PriorityQueue, Queue, Stream},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    Get,
    TryGet,
    GetTimeout,
    Put(i64),
    TryPut(i64),
    /// Shuts down, or closes.
    End,
    Size,
}

/// The largest number of items.
const ROOM: usize = 2;

const FIFO: u8 = 0;
const LIFO: u8 = 1;
const PRIORITY: u8 = 2;

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Items<const ORDER: u8> {
    items: Vec<i64>,
    ended: bool,
}

impl<const ORDER: u8> Items<ORDER> {
    fn without_next(&self) -> Option<(i64, Self)> {
        let all = 0..self.items.len();
        let next = match ORDER {
            FIFO => all.min(),
            LIFO => all.max(),
            _ => all.min_by_key(|&n| self.items[n]),
        }?;
        let mut after = self.clone();
        let item = after.items.remove(next);
        Some((item, after))
    }

    fn with(&self, item: i64) -> Self {
        let mut after = self.clone();
        after.items.push(item);
        after
    }
}

impl<const ORDER: u8> State for Items<ORDER> {
    type Op = Op;

    fn step(&self, _: usize, op: Op, _: Part) -> Vec<(Answer, Self)> {
        let refused = (Err(()), self.clone());
        let got = self.without_next().map(|(item, after)| (Ok(item), after));
        let full = self.items.len() >= ROOM;
        match op {
            Op::Put(_) | Op::TryPut(_) if self.ended => vec![refused],
            Op::Put(_) if full => vec![],
            Op::TryPut(_) if full => vec![refused],
            Op::Put(item) | Op::TryPut(item) => vec![(DONE, self.with(item))],
            Op::Get if !self.ended => got.into_iter().collect(),
            Op::Get | Op::TryGet | Op::GetTimeout => vec![got.unwrap_or(refused)],
            Op::End => vec![(DONE, Self { ended: true, ..self.clone() })],
            Op::Size => vec![(Ok(self.items.len() as i64), self.clone())],
        }
    }
}

/// Declares the subjects for the three queues.
macro_rules! queues {
    ($($subject:ident $name:literal $queue:ident $order:ident),*) => {$(
        #[derive(Debug)]
        pub(crate) struct $subject;

        impl Subject for $subject {
            const NAME: &'static str = $name;
            const OPERATIONS: &'static [Op] = &[
                Op::Get, Op::TryGet, Op::GetTimeout, Op::Put(1), Op::Put(2), Op::TryPut(3),
                Op::End, Op::Size,
            ];
            type Op = Op;
            type On<B: Backend> = $queue<B, i64>;
            type State = Items<$order>;

            fn make<B: Backend>() -> Self::On<B> {
                $queue::new(ROOM)
            }
            fn call<B: Backend>(queue: &Self::On<B>, op: Op) -> Answer {
                match op {
                    Op::Get => queue.get().map_err(|_| ()),
                    Op::TryGet => queue.try_get().map_err(|_| ()),
                    Op::GetTimeout => queue.get_timeout(MOMENT).map_err(|_| ()),
                    Op::Put(item) => queue.put(item).map(|()| 0).map_err(|_| ()),
                    Op::TryPut(item) => queue.try_put(item).map(|()| 0).map_err(|_| ()),
                    Op::Size => Ok(queue.qsize() as i64),
                    Op::End => {
                        queue.shutdown();
                        DONE
                    }
                }
            }
        }
    )*};
}
queues!(
    Fifos "queue" Queue FIFO,
    Lifos "lifo queue" LifoQueue LIFO,
    Priorities "priority queue" PriorityQueue PRIORITY
);

/// One direction of a pipe: messages go in at the right end and come out at the left.
#[derive(Debug)]
pub(crate) struct Pipes;

impl Subject for Pipes {
    const NAME: &'static str = "pipe";
    const OPERATIONS: &'static [Op] =
        &[Op::Get, Op::TryGet, Op::GetTimeout, Op::Put(1), Op::Put(2), Op::TryPut(3), Op::End];
    type Op = Op;
    type On<B: Backend> = (PipeEnd<B, i64>, PipeEnd<B, i64>);
    type State = Items<FIFO>;

    fn make<B: Backend>() -> Self::On<B> {
        Pipe::one_way(ROOM).expect("there is room")
    }
    fn call<B: Backend>((left, right): &Self::On<B>, op: Op) -> Answer {
        match op {
            Op::Get => left.recv().map_err(|_| ()),
            Op::TryGet => left.try_recv().map_err(|_| ()),
            Op::GetTimeout => left.recv_timeout(MOMENT).map_err(|_| ()),
            Op::Put(item) => right.send(item).map(|()| 0).map_err(|_| ()),
            Op::TryPut(item) => right.try_send(item).map(|()| 0).map_err(|_| ()),
            Op::End => {
                right.close();
                DONE
            }
            Op::Size => unreachable!("a pipe does not tell its size"),
        }
    }
}

/// One direction of a connection: bytes go in at the client's end and come out at the server's.
#[derive(Debug)]
pub(crate) struct Streams;

impl Subject for Streams {
    const NAME: &'static str = "stream";
    const OPERATIONS: &'static [Op] = &[Op::Get, Op::GetTimeout, Op::Put(1), Op::Put(2), Op::End];
    type Op = Op;
    type On<B: Backend> = (Stream<B>, Stream<B>);
    type State = Items<FIFO>;

    fn make<B: Backend>() -> Self::On<B> {
        let listener = Listener::with_capacity("server", ROOM).expect("there is room");
        let client = listener.address().connect().expect("it listens");
        (client, listener.accept().expect("a client"))
    }
    fn call<B: Backend>((client, server): &Self::On<B>, op: Op) -> Answer {
        let mut byte = [0];
        let got = match op {
            Op::Get => server.read(&mut byte),
            Op::GetTimeout => server.read_timeout(&mut byte, MOMENT),
            Op::Put(item) => return client.write(&[item as u8]).map(|_| 0).map_err(|_| ()),
            Op::End => return client.shutdown_write().map(|()| 0).map_err(|_| ()),
            Op::TryGet | Op::TryPut(_) | Op::Size => unreachable!("a stream cannot"),
        };
        got.map_err(|_| ()).and_then(|count| if count > 0 { Ok(byte[0].into()) } else { Err(()) })
    }
}

//! Broken pipes.

use super::{copies, made, mistake};
use raceproof_suite::{
    backend::{Backend, Condvar, Mutex},
    contracts::pipe::{Kind, Subject, scenario},
};
use std::{collections::VecDeque, sync::Arc, time::Duration};

copies! {
    IF_FOR_WHILE: "two-readers" Assertion "got twice, or not at all",
    NO_NOTIFY: "in-order" Deadlock "writable",
    CLOSE_WAKES_ONE: "broken-pipe" Deadlock "writable",
    CLOSE_WAKES_NONE: "end-of-file" Deadlock "readable",
    POLL_KEEPS_THE_WAKE_UP: "poll-takes-nothing" Deadlock "readable",
    ONE_CHANNEL: "both-ways" Assertion "a message came back",
    CLOSE_DROPS_MESSAGES: "end-of-file" Assertion "sent before the close was lost",
    SENDS_ANYWAY: "timed" Assertion "given back and sent",
}

#[derive(Debug)]
struct Flawed;

impl Kind for Flawed {
    type On<B: Backend> = End<B>;
}

#[derive(Default)]
struct State {
    messages: VecDeque<i64>,
    writer_closed: bool,
    reader_closed: bool,
}

struct Channel<B: Backend> {
    capacity: usize,
    state: Mutex<B, State>,
    readable: Condvar<B>,
    writable: Condvar<B>,
}

struct End<B: Backend> {
    incoming: Arc<Channel<B>>,
    outgoing: Arc<Channel<B>>,
}

const MOMENT: Duration = Duration::from_micros(20);

impl<B: Backend> Channel<B> {
    fn new(capacity: usize) -> Arc<Self> {
        let (readable, writable) = (Condvar::named("readable"), Condvar::named("writable"));
        Arc::new(Self { capacity, state: Mutex::default(), readable, writable })
    }

    fn blocks_send(&self, state: &State) -> bool {
        state.messages.len() >= self.capacity && !state.reader_closed && !state.writer_closed
    }

    fn push(&self, state: &mut State, message: i64) -> Result<(), i64> {
        if state.reader_closed || state.writer_closed {
            return Err(message);
        }
        state.messages.push_back(message);
        self.readable.notify_one();
        Ok(())
    }

    fn close(&self, close: impl FnOnce(&mut State)) {
        close(&mut self.state.lock());
        for condvar in [&self.readable, &self.writable] {
            match mistake() {
                CLOSE_WAKES_ONE => condvar.notify_one(),
                CLOSE_WAKES_NONE => {}
                _ => condvar.notify_all(),
            }
        }
    }
}

fn blocks_recv(state: &State) -> bool {
    state.messages.is_empty() && !state.reader_closed && !state.writer_closed
}

impl<B: Backend> Subject for End<B> {
    fn duplex(capacity: usize) -> (Self, Self) {
        let there = Channel::new(capacity);
        let back = if made(ONE_CHANNEL) { Arc::clone(&there) } else { Channel::new(capacity) };
        let left = Self { incoming: Arc::clone(&back), outgoing: Arc::clone(&there) };
        (left, Self { incoming: there, outgoing: back })
    }

    fn send(&self, message: i64) -> Result<(), i64> {
        let channel = &self.outgoing;
        let state = channel.state.lock();
        let mut state = channel.writable.wait_while(state, |state| channel.blocks_send(state));
        channel.push(&mut state, message)
    }

    fn send_timeout(&self, message: i64) -> Result<(), i64> {
        let channel = &self.outgoing;
        let blocked = |state: &mut State| channel.blocks_send(state);
        let (mut state, timed_out) =
            channel.writable.wait_timeout_while(channel.state.lock(), MOMENT, blocked);
        if timed_out && !made(SENDS_ANYWAY) {
            return Err(message);
        }
        channel.push(&mut state, message)?;
        if timed_out { Err(message) } else { Ok(()) }
    }

    fn recv(&self) -> Option<i64> {
        let channel = &self.incoming;
        let mut state = channel.state.lock();
        if made(IF_FOR_WHILE) {
            if blocks_recv(&state) {
                state = channel.readable.wait(state);
            }
        } else {
            state = channel.readable.wait_while(state, |state| blocks_recv(state));
        }
        let message = state.messages.pop_front();
        if message.is_some() && !made(NO_NOTIFY) {
            channel.writable.notify_one();
        }
        message
    }

    fn try_recv(&self) -> Option<i64> {
        self.incoming.state.lock().messages.pop_front()
    }

    fn poll_timeout(&self) -> bool {
        let channel = &self.incoming;
        let blocked = |state: &mut State| blocks_recv(state);
        let (state, timed_out) =
            channel.readable.wait_timeout_while(channel.state.lock(), MOMENT, blocked);
        if !state.messages.is_empty() && !made(POLL_KEEPS_THE_WAKE_UP) {
            channel.readable.notify_one();
        }
        !timed_out
    }

    fn close(&self) {
        self.outgoing.close(|state| {
            state.writer_closed = true;
            if made(CLOSE_DROPS_MESSAGES) {
                state.messages.clear();
            }
        });
        self.incoming.close(|state| {
            state.reader_closed = true;
            state.messages.clear();
        });
    }
}

//! A channel.
//!
//! What depends on what is what may come to something else in the other order:
//!
//! * Sends on one channel depend on each other: they are received in their order. Each depends on the end of the
//!   receiver. After that, sends only find that it is gone, and commute.
//! * The n-th receive takes the value of the n-th send. It depends on that one alone, and not on any
//!   send before or after. A receive that waits cannot come before its send, so the two have one order.
//!   One that does not wait, or only for a time, finds the channel empty if it comes first.
//! * A channel with a bound has as many slots. A send puts its value into the next, and the receive
//!   frees it: the n-th send depends on the receive of the value that was in its slot. So does a
//!   `try_send` that finds the channel full.
//! * The ends of senders commute. A receive that finds the channel empty depends on them.
//!
//! So the parts of a channel are its senders' end and its slots; without a bound there is one for each
//! value. To make another sender is no step: while one makes it, there is a sender before and after.
//!
//! **What orders memory.** What happens before a send happens before what comes after the receive of its value, and what happens
//! before a receive before what comes after the send that uses its room. That the other half is gone orders nothing: std promises no
//! such thing, and its receivers find it out by a relaxed load.
//!
//! **Handing over.** A channel without room hands values over. A send is two acts: it offers the value
//! and then waits until it is taken. A `try_send` succeeds only if the receiver waits. So only where
//! some thread uses that on such a channel, a receive that finds no offer is two acts as well.

use super::{Act, Numbers, Outcome};
use crate::kernel::footprint::Footprint;

/// The other half of the channel is gone.
pub(crate) const GONE: u32 = 0;
/// The value was sent, received or handed over.
pub(crate) const DONE: u32 = 1;
/// There is no room or no value.
pub(crate) const NOT_NOW: u32 = 2;
/// The receiver waits now.
pub(crate) const WAITS: u32 = 3;

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Channel {
    /// How many values there is room for, if that is bounded; 0: values are handed over.
    room: Option<u32>,
    /// That the receiver waits is an act.
    handovers: bool,
    /// Senders made so far, in the whole execution.
    made: u32,
    senders: u32,
    receiver: bool,
    sent: u32,
    received: u32,
    /// The threads that wait until their value is taken, with its number.
    offers: Vec<(u16, u32)>,
    /// The receiver waits to be given a value.
    waits: bool,
    /// The value that it was given, by its number.
    given: Option<u32>,
}

impl Channel {
    pub(super) fn new(room: Option<usize>, handovers: bool) -> Self {
        Channel {
            room: room.map(|room| u32::try_from(room).unwrap_or(u32::MAX)),
            handovers: handovers && room == Some(0),
            made: 1,
            senders: 1,
            receiver: true,
            sent: 0,
            received: 0,
            offers: Vec::new(),
            waits: false,
            given: None,
        }
    }

    /// The channel in its first state. The senders that are made later are there from the beginning:
    /// there is one as long as there are such.
    pub(super) fn anew(&self) -> Self {
        let room = self.room.map(|room| room as usize);
        Channel { made: self.made, senders: self.made, ..Channel::new(room, self.handovers) }
    }

    /// The senders' end, and the slots that an act may touch.
    pub(super) fn parts(&self) -> usize {
        1 + match self.room {
            Some(room @ 1..) => room.min(self.sent + 2) as usize,
            _ => self.sent as usize + 2,
        }
    }

    /// The channel with so many senders made: as many have ended as before.
    pub(super) fn with_senders(self, made: u32) -> Self {
        let ended = self.made - self.senders;
        Channel { made, senders: made.saturating_sub(ended), ..self }
    }

    /// Has an act that came to this shown its place among others, where neither happens before the other? Sends of several
    /// senders come one after the other; nothing is there yet, or no room; the receiver ends beside senders, or they have all
    /// ended.
    pub(super) fn is_weak(&self, act: Act, result: u32) -> bool {
        match act {
            Act::Send | Act::TrySend => result == NOT_NOW || self.made > 1,
            Act::DropReceiver => self.senders > 0,
            _ => matches!(result, NOT_NOW | GONE),
        }
    }

    /// Is there room for any number of values?
    pub(super) fn is_unbounded(&self) -> bool {
        self.room.is_none()
    }

    /// How many values were received.
    pub(super) fn received(&self) -> u32 {
        self.received
    }

    /// Senders made so far.
    pub(super) fn made(&self) -> u32 {
        self.made
    }

    pub(super) fn add_sender(&mut self) {
        self.made += 1;
        self.senders += 1;
    }

    pub(super) fn hands_over(&self) -> bool {
        self.room == Some(0)
    }

    /// The slot of the value with this number.
    fn slot(&self, numbers: Numbers<'_>, value: u32) -> u32 {
        let slot = match self.room {
            Some(room @ 1..) => value % room,
            _ => value,
        };
        numbers.parts.get(1 + slot as usize).copied().unwrap_or(numbers.object)
    }

    fn is_full(&self) -> bool {
        match self.room {
            None => false,
            Some(0) => !self.waits,
            Some(room) => self.sent - self.received >= room,
        }
    }

    pub(super) fn outcome(&self, numbers: Numbers<'_>, thread: u16, act: Act) -> Option<Outcome> {
        let (channel, senders) = (numbers.object, numbers.parts[0]);
        match act {
            Act::Send | Act::TrySend => self.sends(numbers, act),
            Act::HandOver => self.hands(numbers, thread),
            Act::DropSender => {
                Some(Outcome { changed: true, ..Outcome::of(Footprint::read(senders), DONE) })
            }
            Act::DropReceiver => {
                Some(Outcome { changed: true, ..Outcome::of(Footprint::write(channel), DONE) })
            }
            _ => self.receives(numbers, act),
        }
    }

    fn sends(&self, numbers: Numbers<'_>, act: Act) -> Option<Outcome> {
        let channel = numbers.object;
        if !self.receiver {
            return Some(Outcome::of(Footprint::read(channel), GONE));
        }
        let slot = self.slot(numbers, self.sent);
        if self.is_full() && !(self.hands_over() && act == Act::Send) {
            let full = Outcome::of(Footprint::read_both(channel, slot), NOT_NOW);
            return (act == Act::TrySend).then_some(full);
        }
        Some(Outcome {
            changed: true,
            acquires: Some(slot),
            releases: Some(slot),
            ..Outcome::of(Footprint::write_both(channel, slot), DONE)
        })
    }

    fn hands(&self, numbers: Numbers<'_>, thread: u16) -> Option<Outcome> {
        let (_, value) = *self.offers.iter().find(|(sender, _)| *sender == thread)?;
        let slot = self.slot(numbers, value);
        if value < self.received {
            return Some(Outcome {
                acquires: Some(slot),
                ..Outcome::of(Footprint::read(slot), DONE)
            });
        }
        (!self.receiver).then(|| Outcome::of(Footprint::read(numbers.object), GONE))
    }

    fn receives(&self, numbers: Numbers<'_>, act: Act) -> Option<Outcome> {
        let (senders, slot) = (numbers.parts[0], self.slot(numbers, self.received));
        let gets = |slot| Outcome {
            changed: true,
            acquires: Some(slot),
            releases: Some(slot),
            ..Outcome::of(Footprint::write(slot), DONE)
        };
        let second = matches!(act, Act::Take | Act::TakeInTime);
        match self.given {
            Some(value) if second => return Some(gets(self.slot(numbers, value))),
            None if !second && self.received < self.sent => return Some(gets(slot)),
            _ => {}
        }
        if self.begins_to_wait(act) {
            return Some(Outcome { result: WAITS, acquires: None, ..gets(slot) });
        }
        let empty = Outcome::of(Footprint::write_both(senders, slot), NOT_NOW);
        if self.senders == 0 {
            return Some(Outcome { result: GONE, ..empty });
        }
        let waits = matches!(act, Act::Receive | Act::Take);
        (!waits).then_some(empty)
    }

    /// Is a receive to wait in an act of its own?
    fn begins_to_wait(&self, act: Act) -> bool {
        self.handovers && matches!(act, Act::Receive | Act::ReceiveInTime)
    }

    pub(super) fn take(&mut self, thread: u16, act: Act) {
        match act {
            Act::Send | Act::TrySend => self.take_send(thread, act),
            Act::HandOver => self.offers.retain(|(sender, _)| *sender != thread),
            Act::DropSender => self.senders = self.senders.saturating_sub(1),
            Act::DropReceiver => self.receiver = false,
            Act::Take | Act::TakeInTime => (self.waits, self.given) = (false, None),
            _ if self.received < self.sent => self.received += 1,
            _ => self.waits = self.begins_to_wait(act),
        }
    }

    fn take_send(&mut self, thread: u16, act: Act) {
        let hands_over = self.hands_over();
        if !self.receiver || self.is_full() && !(hands_over && act == Act::Send) {
            return;
        }
        if hands_over && act == Act::Send {
            self.offers.push((thread, self.sent));
        }
        if std::mem::take(&mut self.waits) {
            self.given = Some(self.sent);
            self.received += 1;
        }
        self.sent += 1;
    }
}

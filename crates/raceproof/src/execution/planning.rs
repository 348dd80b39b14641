//! Which executions a session runs: what its strategy is asked between them.

use std::mem;
use std::sync::{Arc, Mutex};

use super::orders::Orders;
use super::piece::Piece;
use super::session::Session;
use super::strategy::{Crew, Probe, Strategy};
use crate::kernel::event::Events;
use crate::kernel::names::Names;
use crate::kernel::trials::Yields;

/// What executions have in common that one strategy chooses.
pub(crate) struct Kept {
    strategy: Box<dyn Strategy>,
    events: Events,
    yields: Yields,
}

impl Kept {
    /// Nothing so far.
    pub(crate) fn new(strategy: Box<dyn Strategy>) -> Self {
        Kept { strategy, events: Events::default(), yields: Yields::default() }
    }
}

impl Session {
    /// Plans the next execution. False if there is none.
    pub(crate) fn plan(&mut self) -> bool {
        self.strategy.next(&mut self.kernel)
    }

    /// As [`Strategy::recruit`].
    pub(crate) fn recruit(&mut self, helpers: usize) -> Option<Crew> {
        self.strategy.recruit(&mut self.kernel, helpers)
    }

    /// Has other sessions' numbers of threads and objects, and their orderings.
    pub(crate) fn join_others(&mut self, names: Arc<Names>, orders: Option<&Arc<Mutex<Orders>>>) {
        self.kernel.names = Some(names);
        self.orders = orders.cloned();
    }

    /// As [`Strategy::explored`].
    pub(crate) fn explored(&self) -> Option<f64> {
        self.strategy.explored(&self.kernel)
    }

    /// As [`Strategy::leaves_out`].
    pub(crate) fn leaves_out(&self) -> bool {
        self.strategy.leaves_out()
    }

    /// As [`Strategy::kept`].
    pub(crate) fn kept(&self) -> (usize, usize) {
        self.strategy.kept()
    }

    /// As [`Strategy::is_passing`].
    pub(crate) fn is_passing(&self) -> bool {
        self.strategy.is_passing()
    }

    /// As [`Strategy::way`].
    pub(crate) fn way(&self) -> Option<Piece> {
        self.strategy.way()
    }

    /// As [`Strategy::pieces_left`].
    pub(crate) fn pieces_left(&self) -> Vec<Piece> {
        self.strategy.pieces_left()
    }

    /// As [`Strategy::knows_of_loops`].
    pub(crate) fn knows_of_loops(&self) -> bool {
        self.strategy.knows_of_loops()
    }

    /// As [`Strategy::in_telling_order`].
    pub(crate) fn in_telling_order(&self) -> Option<Vec<(u16, u16)>> {
        self.strategy.in_telling_order()
    }

    /// What the strategy wants to be tried before it plans the next execution.
    pub(crate) fn probe(&mut self) -> Option<Probe> {
        self.strategy.probe(&self.kernel)
    }

    /// Has another strategy choose the steps of the executions to come; returns what is kept of those
    /// before meanwhile.
    pub(crate) fn exchange(&mut self, kept: Kept) -> Kept {
        let Kept { strategy, events, yields } = kept;
        Kept {
            strategy: mem::replace(&mut self.strategy, strategy),
            events: mem::replace(&mut self.kernel.events, events),
            yields: mem::replace(&mut self.kernel.yields, yields),
        }
    }

    /// A session aside, with the same limits.
    pub(crate) fn another(&self, strategy: Box<dyn Strategy>) -> Box<Self> {
        let mut other = Self::aside(strategy, self.kernel.limits);
        other.orders.clone_from(&self.orders);
        other
    }
}

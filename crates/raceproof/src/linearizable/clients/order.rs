//! Whether some order of the calls explains their answers: the search of Wing and Gong (1993), with Lowe's memory of what has
//! been placed and the state that led to (2017).
//!
//! Histories are short and many. What the reference says in a state is remembered for all of them.

use std::collections::HashSet;

use super::client::{Call, Client};
use super::history::{History, Item, Precedence};
use super::operation::Said;
use super::reference::{Reference, START};

/// No order explains the answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unexplained {
    /// The longest beginning of an order that is explained: items by their numbers.
    pub(super) longest: Vec<usize>,
    /// What the reference says after it of each call that could come next.
    pub(super) instead: Vec<(usize, Said)>,
}

/// Whether an order explains the answers of a client's calls; if not, how far one comes.
///
/// # Errors
///
/// If the reference cannot be asked: it panics, or contradicts itself.
pub(super) fn explain<O: Send + Sync + 'static, S: 'static>(
    client: &Client,
    history: &History,
    precedence: Precedence,
    reference: &mut Reference<O, S>,
) -> Result<Option<Unexplained>, String> {
    reference.begin()?;
    let items = history.items(precedence);
    let lanes: Vec<&[Call]> = client.lanes().collect();
    let calls = items.iter().map(|item| &lanes[item.lane][item.nth]).collect();
    let mut search = Search {
        items: &items,
        calls,
        reference,
        order: Vec::new(),
        longest: (Vec::new(), START),
        tried: HashSet::new(),
    };
    if search.extend(0, START)? {
        return Ok(None);
    }
    search.unexplained().map(Some)
}

struct Search<'a, O, S> {
    items: &'a [Item],
    calls: Vec<&'a Call>,
    reference: &'a mut Reference<O, S>,
    order: Vec<usize>,
    /// The longest order so far, and the state that it leads to.
    longest: (Vec<usize>, usize),
    /// What has been placed, and the state which that led to: another order of the same need not be tried.
    tried: HashSet<(u64, usize)>,
}

impl<O: Send + Sync + 'static, S: 'static> Search<'_, O, S> {
    /// The calls that may come next: those of which all that comes before them has been placed.
    fn next(&self, placed: u64) -> Vec<usize> {
        let open = |at: &usize| placed >> at & 1 == 0 && self.items[*at].after & !placed == 0;
        (0..self.items.len()).filter(open).collect()
    }

    fn extend(&mut self, placed: u64, state: usize) -> Result<bool, String> {
        if self.order.len() > self.longest.0.len() {
            self.longest = (self.order.clone(), state);
        }
        if self.reference.merges() && !self.tried.insert((placed, state)) {
            return Ok(false);
        }
        let returned = |item: &&Item| item.reply.is_some();
        if self.order.len() == self.items.iter().filter(returned).count() {
            return self.rest_waits(state);
        }
        for at in self.next(placed) {
            let Some(reply) = self.items[at].reply else { continue };
            let Some(after) = self.reference.step(state, self.calls[at], reply)? else { continue };
            self.order.push(at);
            if self.extend(placed | 1 << at, after)? {
                return Ok(true);
            }
            self.order.pop();
        }
        Ok(false)
    }

    /// Does each call that never returned wait after all others?
    fn rest_waits(&mut self, state: usize) -> Result<bool, String> {
        for at in 0..self.items.len() {
            let waits =
                self.items[at].reply.is_some() || self.reference.waits(state, self.calls[at])?;
            if !waits {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn unexplained(self) -> Result<Unexplained, String> {
        let (longest, state) = self.longest.clone();
        let placed = longest.iter().fold(0, |mask, at| mask | 1_u64 << at);
        let mut instead = Vec::new();
        let is_over = self
            .items
            .iter()
            .enumerate()
            .all(|(at, item)| placed >> at & 1 == 1 || item.reply.is_none());
        for at in self.next(placed) {
            if is_over || self.items[at].reply.is_some() {
                instead.push((at, self.reference.says(state, self.calls[at])?));
            }
        }
        Ok(Unexplained { longest, instead })
    }
}

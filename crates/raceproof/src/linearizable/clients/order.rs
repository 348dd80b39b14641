//! Whether some order of the calls explains their answers: the search of Wing and Gong (1993).
//!
//! Histories are short and many. What the reference says of a call after some others is remembered for all of them,
//! so that each sequence of calls is run once.

use std::collections::HashMap;

use super::client::{Call, Client};
use super::history::{History, Item, Precedence};
use super::operation::{Reply, Said};

/// A call, and what came of it.
pub(super) type Done = (Call, Reply);

/// What the answers are compared with.
pub(super) trait Reference {
    /// May `call` have this reply after these?
    fn allows(&mut self, before: &[Done], call: &Call, reply: Reply) -> Result<bool, String>;

    /// What it says of a call after these.
    fn says(&mut self, before: &[Done], call: &Call) -> Result<Said, String>;
}

/// So much is remembered; then it begins anew.
const MOST: usize = 1 << 20;

/// A reference that remembers what it has said.
pub(super) struct Remembering<R> {
    reference: R,
    allowed: HashMap<(Vec<Done>, Call, Reply), bool>,
    waits: HashMap<(Vec<Done>, Call), bool>,
}

impl<R: Reference> Remembering<R> {
    pub(super) fn new(reference: R) -> Self {
        Remembering { reference, allowed: HashMap::new(), waits: HashMap::new() }
    }

    fn allows(&mut self, before: &[Done], call: &Call, reply: Reply) -> Result<bool, String> {
        let key = (before.to_vec(), call.clone(), reply);
        if let Some(known) = self.allowed.get(&key) {
            return Ok(*known);
        }
        let allowed = self.reference.allows(before, call, reply)?;
        if self.allowed.len() >= MOST {
            self.allowed.clear();
        }
        self.allowed.insert(key, allowed);
        Ok(allowed)
    }

    fn waits(&mut self, before: &[Done], call: &Call) -> Result<bool, String> {
        let key = (before.to_vec(), call.clone());
        if let Some(known) = self.waits.get(&key) {
            return Ok(*known);
        }
        let waits = self.reference.says(before, call)? == Said::Waits;
        self.waits.insert(key, waits);
        Ok(waits)
    }
}

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
pub(super) fn explain<R: Reference>(
    client: &Client,
    history: &History,
    precedence: Precedence,
    reference: &mut Remembering<R>,
) -> Result<Option<Unexplained>, String> {
    let items = history.items(precedence);
    let lanes: Vec<&[Call]> = client.lanes().collect();
    let calls = items.iter().map(|item| &lanes[item.lane][item.nth]).collect();
    let mut search = Search {
        items: &items,
        calls,
        reference,
        order: Vec::new(),
        done: Vec::new(),
        longest: Vec::new(),
    };
    if search.extend(0)? {
        return Ok(None);
    }
    let longest = std::mem::take(&mut search.longest);
    search.unexplained(longest).map(Some)
}

struct Search<'a, R> {
    items: &'a [Item],
    calls: Vec<&'a Call>,
    reference: &'a mut Remembering<R>,
    order: Vec<usize>,
    done: Vec<Done>,
    longest: Vec<usize>,
}

impl<R: Reference> Search<'_, R> {
    /// The calls that may come next: those that have returned, if what comes before them has been placed.
    fn next(&self, placed: u64) -> impl Iterator<Item = usize> + use<R> {
        let open = |at: &usize| placed >> at & 1 == 0 && self.items[*at].after & !placed == 0;
        (0..self.items.len()).filter(open).collect::<Vec<_>>().into_iter()
    }

    fn extend(&mut self, placed: u64) -> Result<bool, String> {
        if self.order.len() > self.longest.len() {
            self.longest.clone_from(&self.order);
        }
        let returned = |item: &&Item| item.reply.is_some();
        if self.order.len() == self.items.iter().filter(returned).count() {
            return self.rest_waits();
        }
        for at in self.next(placed) {
            let Some(reply) = self.items[at].reply else { continue };
            if !self.reference.allows(&self.done, self.calls[at], reply)? {
                continue;
            }
            self.order.push(at);
            self.done.push((self.calls[at].clone(), reply));
            if self.extend(placed | 1 << at)? {
                return Ok(true);
            }
            self.order.pop();
            self.done.pop();
        }
        Ok(false)
    }

    /// Does each call that never returned wait after all others?
    fn rest_waits(&mut self) -> Result<bool, String> {
        for at in 0..self.items.len() {
            let waits = self.items[at].reply.is_some()
                || self.reference.waits(&self.done, self.calls[at])?;
            if !waits {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn unexplained(mut self, longest: Vec<usize>) -> Result<Unexplained, String> {
        let reply = |at: usize| self.items[at].reply.expect("what was placed has returned");
        self.done = longest.iter().map(|at| (self.calls[*at].clone(), reply(*at))).collect();
        let placed = longest.iter().fold(0, |mask, at| mask | 1_u64 << at);
        let mut instead = Vec::new();
        let is_over = self
            .items
            .iter()
            .enumerate()
            .all(|(at, item)| placed >> at & 1 == 1 || item.reply.is_none());
        for at in self.next(placed) {
            if is_over || self.items[at].reply.is_some() {
                let said = self.reference.reference.says(&self.done, self.calls[at])?;
                instead.push((at, said));
            }
        }
        Ok(Unexplained { longest, instead })
    }
}

//! Clients: which operations each thread calls, one after the other.

use std::collections::BTreeSet;

use super::operation::Rules;
use super::values::{Kind, Parameter};

/// A fresh value whose number is known once it is known where its call stands.
pub(super) const FRESH: usize = usize::MAX;

/// An operation and its arguments, by their numbers.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(super) struct Call {
    pub(super) operation: usize,
    pub(super) which: Vec<usize>,
}

/// The calls of a client.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub(super) struct Client {
    /// What the main thread calls before the others begin.
    pub(super) before: Vec<Call>,
    /// What each other thread calls.
    pub(super) threads: Vec<Vec<Call>>,
    /// What the main thread calls when they have ended.
    pub(super) after: Vec<Call>,
}

impl Client {
    /// How many calls it has.
    pub(super) fn size(&self) -> usize {
        self.lanes().map(<[Call]>::len).sum()
    }

    /// What the main thread calls before, what the others do, and what the main thread calls at last.
    pub(super) fn lanes(&self) -> impl Iterator<Item = &[Call]> {
        let threads = self.threads.iter().map(Vec::as_slice);
        [self.before.as_slice()].into_iter().chain(threads).chain([self.after.as_slice()])
    }

    fn calls(&mut self) -> impl Iterator<Item = &mut Call> {
        self.before.iter_mut().chain(self.threads.iter_mut().flatten()).chain(&mut self.after)
    }

    /// Gives each call that has fresh values the next ones.
    pub(super) fn with_fresh_values(mut self) -> Self {
        let mut next = 0;
        for which in self.calls().flat_map(|call| &mut call.which) {
            if *which == FRESH {
                *which = next;
                next += 1;
            }
        }
        self
    }
}

/// Up to so many threads with up to so many operations each.
pub(super) type Size = (usize, usize);

/// All clients up to some sizes.
pub(super) struct Space {
    /// What an operation may be called with.
    calls: Vec<Call>,
    rules: Vec<Rules>,
    sizes: Vec<Size>,
    /// How many operations may come before the threads.
    before: usize,
    /// Whether clients of one thread count.
    alone: bool,
    /// Ways to exchange values that are alike.
    exchanges: Vec<Exchange>,
    first: Vec<Call>,
    finally: Vec<Call>,
}

/// For each operation and argument, which value takes the place of which.
type Exchange = Vec<Vec<Option<Vec<usize>>>>;

impl Space {
    pub(super) fn new(
        rules: Vec<Rules>,
        parameters: &[Vec<Parameter>],
        sizes: Vec<Size>,
        before: usize,
        alone: bool,
    ) -> Result<Self, String> {
        use super::operation::Fixed;
        let all = |operation: usize| {
            let which = product(&parameters[operation]);
            which.into_iter().map(move |which| Call { operation, which })
        };
        let fixed = |when| {
            let rules = rules.iter().enumerate();
            rules.filter(move |(_, rules)| rules.fixed == Some(when)).map(|(at, _)| at)
        };
        let first = fixed(Fixed::First).filter_map(|at| all(at).next()).collect();
        let finally = fixed(Fixed::Finally).filter_map(|at| all(at).next()).collect();
        let free = (0..rules.len()).filter(|at| rules[*at].fixed.is_none());
        let calls = free.flat_map(all).collect();
        let exchanges = exchanges(parameters)?;
        Ok(Space { calls, rules, sizes, before, alone, exchanges, first, finally })
    }

    /// The most operations that a client has, but for those that all have.
    pub(super) fn largest(&self) -> usize {
        self.sizes.iter().map(|(threads, length)| threads * length).max().unwrap_or(0) + self.before
    }

    /// The clients with so many operations besides those that all have: those of few threads first.
    pub(super) fn of_size(&self, size: usize) -> Vec<Client> {
        let mut found = Vec::new();
        let most = self.sizes.iter().map(|(threads, _)| *threads).max().unwrap_or(0);
        for threads in 1..=most {
            let least = if threads == 1 { 0 } else { self.before.min(size) };
            for before in 0..=least {
                for shape in partitions(size - before, threads, size) {
                    if self.fits(&shape) {
                        let mut client = Client::default();
                        self.fill(&mut client, before, &shape, &mut found);
                    }
                }
            }
        }
        found
    }

    fn fits(&self, shape: &[usize]) -> bool {
        let longest = shape.iter().copied().max().unwrap_or(0);
        if shape.len() == 1 {
            let most = self.sizes.iter().map(|(_, length)| *length).max().unwrap_or(0);
            return self.alone && longest <= most + self.before;
        }
        self.sizes.iter().any(|(threads, length)| shape.len() <= *threads && longest <= *length)
    }

    /// Adds calls until `before` of them come first and each thread has as many as the shape says.
    fn fill(&self, client: &mut Client, before: usize, shape: &[usize], found: &mut Vec<Client>) {
        if client.before.len() < before {
            for call in &self.calls {
                client.before.push(call.clone());
                self.fill(client, before, shape, found);
                client.before.pop();
            }
            return;
        }
        let current = client.threads.len();
        let is_full = |thread: usize| client.threads[thread].len() == shape[thread];
        if current == 0 || (is_full(current - 1) && current < shape.len()) {
            client.threads.push(Vec::new());
            self.fill(client, before, shape, found);
            client.threads.pop();
            return;
        }
        if is_full(current - 1) {
            if self.counts(client) {
                found.push(self.whole(client));
            }
            return;
        }
        for call in &self.calls {
            client.threads[current - 1].push(call.clone());
            self.fill(client, before, shape, found);
            client.threads[current - 1].pop();
        }
    }

    /// With what all clients have.
    pub(super) fn whole(&self, client: &Client) -> Client {
        let Client { before, threads, .. } = client.clone();
        let before = self.first.iter().cloned().chain(before).collect();
        Client { before, threads, after: self.finally.clone() }
    }

    /// Is it allowed, and the first of those that differ only in the order of their threads, and in
    /// which of the values that are alike stands where?
    fn counts(&self, client: &Client) -> bool {
        if !self.is_allowed(client) {
            return false;
        }
        let in_order = |pair: &[Vec<Call>]| pair[0].len() > pair[1].len() || pair[0] <= pair[1];
        let in_order = client.threads.windows(2).all(in_order);
        in_order && self.exchanges.iter().all(|exchange| exchanged(client, exchange) >= *client)
    }

    /// Do its calls stand where they may?
    pub(super) fn is_allowed(&self, client: &Client) -> bool {
        let all = || client.before.iter().chain(client.threads.iter().flatten());
        let once = (0..self.rules.len()).filter(|at| self.rules[*at].once);
        let repeated = |at: usize| all().filter(|call| call.operation == at).take(2).count() == 2;
        if once.into_iter().any(repeated) {
            return false;
        }
        let ends = |calls: &Vec<Call>| {
            let end = calls.len().saturating_sub(1);
            calls.iter().take(end).any(|call| self.rules[call.operation].last)
        };
        if client.threads.iter().any(ends) {
            return false;
        }
        let roles = |calls: &Vec<Call>| -> BTreeSet<_> {
            calls.iter().filter_map(|call| self.rules[call.operation].role).collect()
        };
        let roles: Vec<_> = client.threads.iter().flat_map(roles).collect();
        roles.iter().collect::<BTreeSet<_>>().len() == roles.len()
    }

    /// The calls that a client may have in any place.
    pub(super) fn calls(&self) -> &[Call] {
        &self.calls
    }
}

/// Every choice of one value for each argument.
fn product(parameters: &[Parameter]) -> Vec<Vec<usize>> {
    let mut all = vec![Vec::new()];
    for Parameter { kind, texts } in parameters {
        let values: Vec<usize> = match kind {
            Kind::Fresh => vec![FRESH],
            Kind::Each | Kind::Alike => (0..texts.len()).collect(),
        };
        let with = |which: &Vec<usize>| {
            let which = which.clone();
            values.iter().map(move |value| [&which[..], &[*value]].concat()).collect::<Vec<_>>()
        };
        all = all.iter().flat_map(with).collect();
    }
    all
}

/// The ways to write a number as a sum of `parts` numbers, each at least 1, none greater than the one before.
fn partitions(sum: usize, parts: usize, most: usize) -> Vec<Vec<usize>> {
    if parts == 0 {
        return if sum == 0 { vec![Vec::new()] } else { Vec::new() };
    }
    let rest = |first: usize| {
        let rest = partitions(sum - first, parts - 1, first);
        rest.into_iter().map(move |rest| [&[first][..], &rest].concat())
    };
    (1..=sum.min(most)).rev().flat_map(rest).collect()
}

/// Every way to exchange the values that are alike, but for the one that leaves them where they are.
fn exchanges(parameters: &[Vec<Parameter>]) -> Result<Vec<Exchange>, String> {
    let alike = || parameters.iter().flatten().filter(|it| it.kind == Kind::Alike);
    let set = |parameter: &Parameter| parameter.texts.iter().cloned().collect::<BTreeSet<_>>();
    let sets: BTreeSet<_> = alike().map(set).collect();
    for parameter in alike() {
        if set(parameter).len() < parameter.texts.len() {
            return Err(format!("values that are alike must differ: {:?}", parameter.texts));
        }
    }
    for one in &sets {
        if let Some(other) = sets.iter().find(|other| *other != one && !other.is_disjoint(one)) {
            let [one, other] = [one, other].map(|set| Vec::from_iter(set.clone()).join(", "));
            return Err(format!(
                "lists of values that are alike must be the same or have no value in common: [{one}] and [{other}]"
            ));
        }
    }
    let mut orders: Vec<Vec<(String, String)>> = vec![Vec::new()];
    for set in &sets {
        let texts: Vec<_> = set.iter().cloned().collect();
        let with = |pairs: &Vec<(String, String)>| {
            let pairs = pairs.clone();
            let texts = texts.clone();
            permutations(&texts).into_iter().map(move |order| {
                pairs.iter().cloned().chain(texts.iter().cloned().zip(order)).collect()
            })
        };
        orders = orders.iter().flat_map(with).collect();
    }
    orders.retain(|pairs| pairs.iter().any(|(from, to)| from != to));
    let exchange = |pairs: &Vec<(String, String)>| -> Exchange {
        let of = |parameter: &Parameter| {
            let at = |text: &String| {
                let to = pairs.iter().find(|(from, _)| from == text).map(|(_, to)| to);
                parameter.texts.iter().position(|text| Some(text) == to)
            };
            let is_alike = parameter.kind == Kind::Alike;
            is_alike.then(|| parameter.texts.iter().map(at).collect::<Option<_>>()).flatten()
        };
        parameters.iter().map(|parameters| parameters.iter().map(of).collect()).collect()
    };
    Ok(orders.iter().map(exchange).collect())
}

fn permutations(items: &[String]) -> Vec<Vec<String>> {
    if items.is_empty() {
        return vec![Vec::new()];
    }
    let with = |at: usize| {
        let mut others = items.to_vec();
        let item = others.remove(at);
        permutations(&others).into_iter().map(move |rest| [&[item.clone()][..], &rest].concat())
    };
    (0..items.len()).flat_map(with).collect()
}

/// The client with values exchanged, and its threads in order again.
fn exchanged(client: &Client, exchange: &Exchange) -> Client {
    let mut other = client.clone();
    for Call { operation, which } in other.calls() {
        for (value, places) in which.iter_mut().zip(&exchange[*operation]) {
            if let Some(places) = places {
                *value = places[*value];
            }
        }
    }
    other.threads.sort_by(|one, another| (another.len(), one).cmp(&(one.len(), another)));
    other
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameter(kind: Kind, texts: &[&str]) -> Parameter {
        Parameter { kind, texts: texts.iter().map(ToString::to_string).collect() }
    }

    /// A stack's push of these values, and its pop.
    fn stack(kind: Kind, values: &[&str], sizes: &[Size], before: usize) -> Space {
        let parameters = [vec![parameter(kind, values)], vec![]];
        let rules = vec![Rules::default(); 2];
        Space::new(rules, &parameters, sizes.to_vec(), before, false).unwrap()
    }

    fn number(space: &Space) -> usize {
        (0..=space.largest()).map(|size| space.of_size(size).len()).sum()
    }

    /// How many orbits there are of all clients of one shape, found without order or shape: by marking.
    fn orbits(calls: usize, exchange: &[usize], lengths: &[usize]) -> usize {
        let total: usize = lengths.iter().sum();
        let mut seen = BTreeSet::new();
        let mut number = 0;
        for code in 0..calls.pow(total as u32) {
            let digits: Vec<_> = (0..total).map(|at| code / calls.pow(at as u32) % calls).collect();
            let split = |digits: &[usize]| {
                let mut rest = digits;
                let mut threads = Vec::new();
                for length in lengths {
                    let (thread, others) = rest.split_at(*length);
                    threads.push(thread.to_vec());
                    rest = others;
                }
                threads.sort();
                threads
            };
            let swapped: Vec<_> = digits.iter().map(|digit| exchange[*digit]).collect();
            if !seen.contains(&split(&digits)) {
                number += 1;
            }
            seen.insert(split(&digits));
            seen.insert(split(&swapped));
        }
        number
    }

    #[test]
    fn as_many_clients_as_there_are_orbits() {
        for (kind, exchange) in [(Kind::Each, [0, 1, 2]), (Kind::Alike, [1, 0, 2])] {
            let space = stack(kind, &["1", "2"], &[(2, 2), (3, 1)], 0);
            let orbits = [&[1, 1][..], &[2, 1], &[2, 2], &[1, 1, 1]]
                .map(|shape| orbits(3, &exchange, shape));
            assert_eq!(number(&space), orbits.iter().sum::<usize>(), "{kind:?}");
        }
    }

    #[test]
    fn no_two_clients_are_equal_and_small_ones_come_first() {
        let space = stack(Kind::Each, &["1", "2"], &[(2, 2), (3, 1)], 1);
        let all: Vec<_> = (0..=space.largest()).flat_map(|size| space.of_size(size)).collect();
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
        assert!(all.is_sorted_by_key(|client| (client.size(), client.threads.len())));
    }

    #[test]
    fn fresh_values_are_numbered_through() {
        let space = stack(Kind::Fresh, &["a", "b", "c"], &[(2, 1)], 1);
        let all = space.of_size(3);
        let client = all.iter().find(|client| client.lanes().flatten().all(|it| it.operation == 0));
        let client = client.unwrap().clone().with_fresh_values();
        let values: Vec<_> = client.lanes().flatten().map(|call| call.which[0]).collect();
        assert_eq!(values, [0, 1, 2]);
    }

    #[test]
    fn rules_are_kept() {
        let rule = |change: fn(&mut Rules)| {
            let mut rules = vec![Rules::default(); 2];
            change(&mut rules[0]);
            Space::new(rules, &[vec![], vec![]], vec![(2, 2)], 0, false).unwrap()
        };
        let everything = number(&rule(|_| ()));
        let pushes = |client: &Client| {
            client.threads.iter().filter(|it| it.iter().any(|call| call.operation == 0)).count()
        };
        let single = rule(|rules| rules.role = Some("producer"));
        let all: Vec<_> = (2..=4).flat_map(|size| single.of_size(size)).collect();
        assert!(all.len() < everything && all.iter().all(|client| pushes(client) <= 1));
        let last = rule(|rules| rules.last = true);
        let all: Vec<_> = (2..=4).flat_map(|size| last.of_size(size)).collect();
        assert!(
            all.iter()
                .flat_map(|client| &client.threads)
                .all(|it| it[0].operation == 1 || it.len() == 1)
        );
        let once = rule(|rules| rules.once = true);
        let all: Vec<_> = (2..=4).flat_map(|size| once.of_size(size)).collect();
        assert!(
            all.iter().all(|client| client
                .threads
                .iter()
                .flatten()
                .filter(|it| it.operation == 0)
                .count()
                <= 1)
        );
    }

    #[test]
    fn lists_that_are_alike_in_part_are_refused() {
        let lists =
            [vec![parameter(Kind::Alike, &["1", "2"])], vec![parameter(Kind::Alike, &["2", "3"])]];
        let error = Space::new(vec![Rules::default(); 2], &lists, vec![(2, 1)], 0, false);
        assert!(error.err().unwrap().contains("no value in common"));
    }
}

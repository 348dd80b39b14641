//! Tests that write themselves: every small client of an object.
//!
//! A *client* is a program of a few threads that call operations of one object. [`Clients`] makes all of them up to a
//! size, explores every interleaving of each, and looks whether the answers can be explained by an order of the
//! operations, as the [`Property`] says. The macro [`linearizable!`](crate::linearizable!) is its short form.

mod client;
mod counted;
mod endless;
mod engine;
mod history;
mod macros;
mod operation;
mod order;
mod program;
mod progress;
mod property;
mod random;
mod reference;
mod remembered;
mod report;
mod states;
mod stopping;
mod values;
mod written;

use std::fmt::Debug;
use std::hash::Hash;
use std::sync::Arc;
use std::time::{Duration, Instant};

pub use counted::Counted;
pub use operation::Operation;
pub use property::Property;
pub use report::{Checked, Counterexample};
#[doc(hidden)]
pub use states::{Can, Cannot, Comparing};
#[cfg(feature = "proptest")]
pub use values::sampled;
pub use values::{Arguments, Choices, Values, alike, fresh};
#[doc(hidden)]
pub use written::{Written, apply, apply_to, apply_with};

use client::{Client, Size, Space};
use engine::{Engine, Memory, Total};
use operation::Called;
use program::Program;
use progress::Line;
use random::Picked;
use states::Begin;

use crate::explorer::Explorer;

/// All small clients of an object, and what they are checked for.
///
/// ```
/// use raceproof::linearizable::{Clients, Operation};
/// use raceproof::sync::Mutex;
///
/// type Stack = Mutex<Vec<u8>>;
/// let push = Operation::new("push", ([1, 2].into(),), |stack: &Stack, (value,)| {
///     stack.lock().unwrap().push(value)
/// });
/// let pop = Operation::new("pop", (), |stack: &Stack, ()| stack.lock().unwrap().pop());
/// let checked = Clients::new(|| Stack::new(Vec::new()))
///     .spec(Vec::new)
///     .operation(push.spec(|vec: &mut Vec<u8>, (value,)| vec.push(value)))
///     .operation(pop.spec(|vec: &mut Vec<u8>, ()| vec.pop()))
///     .sizes(&[(2, 1)])
///     .check();
/// assert!(checked.counterexample.is_none(), "{checked}");
/// ```
pub struct Clients<O, S = ()> {
    make: Box<dyn Fn() -> O + Send + Sync>,
    spec: Option<Box<dyn Fn() -> S + Send + Sync>>,
    states: Option<Begin<S>>,
    operations: Vec<Box<dyn Called<O, S>>>,
    sizes: Vec<Size>,
    before: usize,
    property: Property,
    explorer: Explorer,
    limit: Option<Duration>,
    most: Option<usize>,
    random: Option<(usize, Size)>,
    seed: u64,
    written: Option<Written>,
}

impl<O, S> Debug for Clients<O, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<_> = self.operations.iter().map(|called| called.name()).collect();
        f.debug_struct("Clients")
            .field("operations", &names)
            .field("sizes", &self.sizes)
            .field("before", &self.before)
            .field("property", &self.property)
            .finish_non_exhaustive()
    }
}

impl<O: Send + Sync + 'static> Clients<O> {
    /// The clients of the object that `make` makes, of up to 2 threads with 2 operations each, and 3 threads with one.
    ///
    /// Without a [spec](Clients::spec) the answers are compared with those of the object itself, used by one thread. What it
    /// does wrong there is not found.
    pub fn new(make: impl Fn() -> O + Send + Sync + 'static) -> Self {
        Clients {
            make: Box::new(make),
            spec: None,
            states: None,
            operations: Vec::new(),
            sizes: vec![(2, 2), (3, 1)],
            before: 0,
            property: Property::default(),
            explorer: Explorer::new(),
            limit: None,
            most: None,
            random: None,
            seed: 0,
            written: None,
        }
    }

    /// What the answers are compared with: a state, which `begin` makes, and for each operation what it
    /// [answers](Operation::spec).
    ///
    /// # Panics
    ///
    /// If operations have been told before.
    #[must_use]
    pub fn spec<S: 'static>(self, begin: impl Fn() -> S + Send + Sync + 'static) -> Clients<O, S> {
        assert!(self.operations.is_empty(), "the spec comes before the operations");
        Clients {
            make: self.make,
            spec: Some(Box::new(begin)),
            states: None,
            operations: Vec::new(),
            sizes: self.sizes,
            before: self.before,
            property: self.property,
            explorer: self.explorer,
            limit: self.limit,
            most: self.most,
            random: self.random,
            seed: self.seed,
            written: self.written,
        }
    }
}

impl<O: Send + Sync + 'static, S: 'static> Clients<O, S> {
    /// States of the spec that are equal are one: an order of the operations is not tried any further that has led to a state
    /// as another order of the same has before (Lowe 2017). That is quicker for larger clients. The macro calls it if
    /// the state's type allows it.
    ///
    /// An operation must do the same in states that are equal.
    #[must_use]
    pub fn equal_states(mut self) -> Self
    where
        S: Clone + Eq + Hash + Send,
    {
        self.states = Some(states::compared);
        self
    }

    /// As [`equal_states`](Clients::equal_states), if that is known to be possible.
    #[doc(hidden)]
    #[must_use]
    pub fn states(mut self, begin: Option<Begin<S>>) -> Self {
        self.states = begin;
        self
    }

    /// Adds an operation.
    ///
    /// # Panics
    ///
    /// If there is a spec, and the operation does not say what it answers.
    #[must_use]
    pub fn operation<A, R>(mut self, operation: Operation<O, S, A, R>) -> Self
    where
        A: Arguments,
        R: PartialEq + Debug + Send + 'static,
    {
        let called = operation.known();
        assert!(
            self.spec.is_none() || called.has_spec(),
            "the operation `{}` does not say what it answers: there is a spec, so it needs `spec`, `waits` or `allows`",
            called.name()
        );
        self.operations.push(called);
        self
    }

    /// All clients that have, for one of these pairs, up to so many threads with up to so many operations each.
    #[must_use]
    pub fn sizes(mut self, sizes: &[(usize, usize)]) -> Self {
        self.sizes = sizes.to_vec();
        self
    }

    /// Up to so many operations come before the threads start; none unless told otherwise.
    #[must_use]
    pub fn before(mut self, operations: usize) -> Self {
        self.before = operations;
        self
    }

    /// What they are checked for; [`Property::Linearizable`] unless told otherwise.
    #[must_use]
    pub fn property(mut self, property: Property) -> Self {
        self.property = property;
        self
    }

    /// Explores each client with this explorer's limits.
    #[must_use]
    pub fn explorer(mut self, explorer: Explorer) -> Self {
        self.explorer = explorer;
        self
    }

    /// Begins no client after this much time. Then not all of them may have been explored, which the
    /// [result](Checked) says; [`run`](Clients::run) passes nevertheless.
    #[must_use]
    pub fn limit(mut self, time: Duration) -> Self {
        self.limit = Some(time);
        self
    }

    /// As [`limit`](Clients::limit), after this many clients.
    #[must_use]
    pub fn at_most(mut self, clients: usize) -> Self {
        self.most = Some(clients);
        self
    }

    /// Explores so many clients more, at random, each of `size.0` threads with up to `size.1` operations, in up to 20,000
    /// executions unless the [explorer](Clients::explorer) has limits.
    #[must_use]
    pub fn random(mut self, clients: usize, size: (usize, usize)) -> Self {
        self.random = Some((clients, size));
        self
    }

    /// Which clients are picked at random: the same for the same number.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// How the object is made in the source.
    #[doc(hidden)]
    #[must_use]
    pub fn written(mut self, written: Written) -> Self {
        self.written = Some(written);
        self
    }

    /// Explores the clients until one fails, the smallest first, on as many threads as there are processors.
    ///
    /// # Panics
    ///
    /// If what was told makes no sense: a spec panics, or contradicts itself; the object is not deterministic and
    /// there is no spec; lists of values that are alike overlap; a client has more than 64 operations.
    #[track_caller]
    pub fn check(self) -> Checked {
        match self.prepare().and_then(|prepared| prepared.check()) {
            Ok(checked) => checked,
            Err(error) => panic!("{error}"),
        }
    }

    /// As [`check`](Clients::check), but a test: prints what was covered, and panics with the counterexample if there is
    /// one. First it takes what the [environment](Explorer::environment) sets, for each client. A counterexample is
    /// remembered in `raceproof-regressions/<test>.txt`, as [`Explorer::model`] does, and tried first from then on.
    ///
    /// # Panics
    ///
    /// As [`check`](Clients::check); if a client fails; if the explorer's limits end its search, unless it
    /// [allows that](Explorer::allow_bounded).
    #[track_caller]
    pub fn run(mut self) {
        self.explorer = match self.explorer.environment() {
            Ok(explorer) => explorer,
            Err(error) => panic!("{error}"),
        };
        match self.prepare().and_then(|prepared| prepared.test()) {
            Ok(told) => println!("{told}"),
            Err(error) => panic!("{error}"),
        }
    }

    /// Looks whether what was told makes sense.
    fn prepare(self) -> Result<Prepared<O, S>, String> {
        let rules: Vec<_> = self.operations.iter().map(|called| called.rules().clone()).collect();
        let parameters: Vec<_> = self.operations.iter().map(|called| called.parameters()).collect();
        let compares =
            self.spec.is_some() && self.property != Property::Runs && !self.property.is_progress();
        let space = Space::new(rules, &parameters, self.sizes.clone(), self.before, compares)?;
        let Clients { make, spec, states, operations, property, explorer, .. } = self;
        let program = Arc::new(Program { make, spec, states, operations });
        let engine = Engine { program, property, explorer };
        Ok(Prepared {
            engine,
            space,
            sizes: self.sizes,
            before: self.before,
            limit: self.limit,
            most: self.most,
            random: self.random,
            seed: self.seed,
            written: self.written,
        })
    }
}

/// [`Clients`] that make sense.
struct Prepared<O, S> {
    engine: Engine<O, S>,
    space: Space,
    sizes: Vec<Size>,
    before: usize,
    limit: Option<Duration>,
    most: Option<usize>,
    random: Option<(usize, Size)>,
    seed: u64,
    written: Option<Written>,
}

/// From here on, a number means a client that was picked at random.
const PICKED: usize = 1_000_000_000;

impl<O: Send + Sync + 'static, S: 'static> Prepared<O, S> {
    fn check(mut self) -> Result<Checked, String> {
        let begun = Instant::now();
        let line = Line::begin(std::mem::take(&mut self.engine.explorer.settings.progress));
        let workers = std::thread::available_parallelism().map_or(1, usize::from);
        let mut memories: Vec<_> = (0..workers).map(|_| self.engine.memory()).collect();
        let mut total = self.explore_small(begun, &mut memories, &line)?;
        let mut picked = Total::default();
        if total.failing.is_none() {
            picked = self.explore_random(&mut memories, &line)?;
            total.failing = picked.failing.take().map(|(at, failing)| (PICKED + at, failing));
        }
        Ok(report::checked(&self, total, &picked, begun.elapsed()))
    }

    /// All clients up to the sizes, from the smallest on.
    fn explore_small(
        &self,
        begun: Instant,
        memories: &mut [Memory<O, S>],
        line: &Line,
    ) -> Result<Total, String> {
        let until = self.limit.map(|limit| begun + limit);
        let mut total = Total::default();
        let mut number = 0;
        for size in 1..=self.space.largest() {
            let mut clients = self.space.of_size(size);
            let clients_of_size = clients.len();
            clients.truncate(self.most.map_or(usize::MAX, |most| most.saturating_sub(number)));
            line.expect(clients.len());
            let is_cut = clients.len() < clients_of_size;
            let found = self.engine.explore_all(clients, memories, until, line)?;
            total.join(number, found);
            total.ended |= is_cut;
            number += clients_of_size;
            if total.failing.is_some() || total.ended {
                break;
            }
        }
        Ok(total)
    }

    /// Clients that are picked at random.
    fn explore_random(&self, memories: &mut [Memory<O, S>], line: &Line) -> Result<Total, String> {
        let Some((number, size)) = self.random else { return Ok(Total::default()) };
        let mut picked = Picked::new(self.seed);
        let clients = picked.some(&self.space, number, size, self.before);
        line.expect(clients.len());
        let explorer = self.engine.explorer.clone().at_most_executions(random::EXECUTIONS);
        let Engine { program, property, .. } = &self.engine;
        let engine = Engine { program: Arc::clone(program), property: *property, explorer };
        engine.explore_all(clients, memories, None, line)
    }

    /// The client with this number.
    fn client(&self, number: usize) -> Option<Client> {
        if let Some(at) = number.checked_sub(PICKED) {
            let (number, size) = self.random?;
            let clients = Picked::new(self.seed).some(&self.space, number, size, self.before);
            return clients.into_iter().nth(at);
        }
        let mut left = number;
        for size in 1..=self.space.largest() {
            let clients = self.space.of_size(size);
            if left < clients.len() {
                return clients.into_iter().nth(left);
            }
            left -= clients.len();
        }
        None
    }
}

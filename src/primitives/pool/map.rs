//! Many results at once.

use crate::{
    backend::{Arc, Backend, Mutex},
    primitives::executor::{First, Future, FutureError, Place, end},
};

/// The places of the parts, in their order.
type Places<T> = Vec<Box<dyn Place<T>>>;

/// The place where the results of the parts come together.
pub(in crate::primitives) struct Whole<B: Backend, T: Send + 'static> {
    future: Future<B, Vec<T>>,
    parts: Mutex<B, Parts<T>>,
}

struct Parts<T> {
    /// By the number of the part; `None` for a part that is not done.
    results: Vec<Option<Result<T, FutureError>>>,
    /// The number of parts that are not done.
    left: usize,
    /// A function that sees all results before any other thread does.
    first: Option<First<Vec<T>>>,
}

/// The place of one result among them.
struct Part<B: Backend, T: Send + 'static> {
    number: usize,
    whole: Arc<Whole<B, T>>,
}

impl<B: Backend, T: Send + 'static> Whole<B, T> {
    /// Places for this many parts, and the future that has all of their results.
    #[track_caller]
    pub(in crate::primitives) fn of(
        left: usize,
        first: Option<First<Vec<T>>>,
    ) -> (Places<T>, Future<B, Vec<T>>) {
        let future = Future::pending();
        let results = (0..left).map(|_| None).collect();
        let parts = Mutex::named("parts", Parts { results, left, first });
        let whole = Arc::new(Self { future: future.clone(), parts });
        if left == 0 {
            whole.end();
        }
        let place = |number| {
            let whole = Arc::clone(&whole);
            Box::new(Part { number, whole }) as Box<dyn Place<T>>
        };
        ((0..left).map(place).collect(), future)
    }

    /// One part is done; if it is the last, the whole is.
    fn put(&self, number: usize, result: Result<T, FutureError>) {
        let mut parts = self.parts.lock();
        parts.results[number] = Some(result);
        parts.left -= 1;
        let is_last = parts.left == 0;
        drop(parts);
        if is_last {
            self.end();
        }
    }

    /// All parts are done: their results, or the first error in the order of the items.
    fn end(&self) {
        let mut parts = self.parts.lock();
        let results = std::mem::take(&mut parts.results).into_iter().flatten().collect();
        let first = parts.first.take();
        drop(parts);
        end(&self.future, first, results);
    }
}

impl<B: Backend, T: Send + 'static> Place<T> for Part<B, T> {
    fn begin(&self) -> bool {
        true
    }

    fn settle(self: Box<Self>, result: Result<T, FutureError>) {
        self.whole.put(self.number, result);
    }
}

//! Workers that apply a function, to one argument or to many.
//!
//! The same workers as those of a [`ThreadPool`](super::ThreadPool), behind the interface of Python's
//! `multiprocessing.pool`: many results at once or one after the other, and a shutdown in two steps,
//! [`close`](Pool::close) or [`terminate`](Pool::terminate), then [`join`](Pool::join).

mod async_result;
mod chunked;
mod imap;
mod many;
mod map;
mod workers;

pub(in crate::primitives) use self::map::Whole;
pub use self::{
    async_result::{AsyncResult, NotReady},
    imap::{Imap, ImapUnordered},
    workers::{ApplyError, Pool},
};

#[cfg(test)]
mod tests {
    use crate::{
        backend::{Backend, Std},
        primitives::{
            ApplyError, FutureError, NotReady, PoolJoinError, SubmitError,
            native::{AsyncResult, Event, Pool, Queue},
        },
    };
    use std::{num::NonZeroUsize, sync::Arc, time::Duration};

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn results_are_in_the_order_of_the_items() {
        let pool = Pool::new(2).unwrap();
        assert_eq!(pool.map(|n| n * n, 0..20).ok(), Some((0..20).map(|n| n * n).collect()));
        assert_eq!(pool.map(|n: i32| n, []).ok(), Some(vec![]));
        let one_by_one = pool.imap(|n| n + 1, 0..20).unwrap();
        assert_eq!(one_by_one.len(), 20);
        assert_eq!(one_by_one.collect::<Result<Vec<_>, _>>(), Ok((1..=20).collect()));
        let any = pool.imap_unordered(|n| n, 0..20).unwrap();
        assert_eq!(any.len(), 20);
        let mut any: Vec<_> = any.map(Result::unwrap).collect();
        any.sort_unstable();
        assert!(any.into_iter().eq(0..20));
    }

    #[test]
    fn of_several_failures_the_first_item_s_is_told() {
        let pool = Pool::new(2).unwrap();
        let failed = pool.map(|n| assert_eq!(n % 2, 0, "{n} is odd"), 0..6).unwrap_err();
        let ApplyError::Failed(FutureError::Panicked(panicked)) = failed else { panic!("refused") };
        assert!(panicked.message.contains("1 is odd"), "{panicked}");
        assert_eq!(pool.apply(|| 1).ok(), Some(1), "the workers go on");
    }

    #[test]
    fn a_callback_comes_before_the_result() {
        let pool = Pool::new(1).unwrap();
        let told = Arc::new(Queue::new(0));
        let telling = |told: &Arc<Queue<_>>| {
            let told = Arc::clone(told);
            move |result: &Result<i32, FutureError>| told.put(result.is_ok()).unwrap()
        };
        let good = pool.apply_async_with(|| 1, telling(&told)).unwrap();
        let bad = pool.apply_async_with(|| panic!("no luck"), telling(&told)).unwrap();
        bad.wait();
        assert_eq!([told.try_get(), told.try_get()], [Ok(true), Ok(false)]);
        assert_eq!((good.successful(), bad.successful()), (Ok(true), Ok(false)));
    }

    /// A pool of one worker that is held until the event is set, and the work that holds it.
    fn held() -> (Pool, Arc<Event>, AsyncResult<()>) {
        let pool = Pool::new(1).unwrap();
        let (go, begun) = (Arc::new(Event::new()), Arc::new(Event::new()));
        let (held, began) = (Arc::clone(&go), Arc::clone(&begun));
        let first = pool.apply_async(move || {
            began.set();
            held.wait();
        });
        begun.wait();
        (pool, go, first.unwrap())
    }

    #[test]
    fn terminated_work_is_an_error_and_no_hang() {
        let (pool, go, first) = held();
        let queued = pool.map_async(|n| n, [1, 2]).unwrap();
        assert_eq!(first.successful(), Err(NotReady));
        assert_eq!(pool.join(), Err(PoolJoinError::StillOpen));
        pool.terminate();
        assert_eq!(queued.get(), Err(FutureError::Cancelled));
        let Err(ApplyError::Refused(refused)) = pool.apply(|| "back") else { panic!("accepted") };
        assert_eq!(refused.into_inner()(), "back");
        go.set();
        assert_eq!((pool.join(), first.get()), (Ok(()), Ok(())));
    }

    #[test]
    fn a_chunk_is_one_worker_s() {
        let pool = Pool::new(4).unwrap();
        let name = |_| Std::current().name().to_owned();
        let three = NonZeroUsize::new(3).unwrap();
        let names = pool.map_chunked(name, 0..7, three).unwrap();
        assert!(names.chunks(3).all(|chunk| chunk.iter().all(|name| *name == chunk[0])));
        let one_by_one: Result<Vec<_>, _> =
            pool.imap_chunked(|n| n, 0..7, three).unwrap().collect();
        assert_eq!(one_by_one, Ok((0..7).collect()));
        let any = pool.imap_unordered_chunked(|n| n, 0..7, three).unwrap();
        assert_eq!(any.map(Result::unwrap).sum::<i32>(), 21);
        assert_eq!(pool.map_chunked(|n: i32| n, [], three).ok(), Some(vec![]));
    }

    #[test]
    fn a_failure_keeps_nothing_of_its_chunk_from_being_done() {
        let pool = Pool::new(1).unwrap();
        let all = NonZeroUsize::new(3).unwrap();
        let halves = pool.imap_chunked(|n| 10 / n, [0, 2, 5], all).unwrap();
        assert_eq!(halves.map(Result::ok).collect::<Vec<_>>(), [None, Some(5), Some(2)]);
    }

    #[test]
    fn nor_does_a_result_that_no_thread_wants() {
        struct Bad(i32);
        impl Drop for Bad {
            fn drop(&mut self) {
                assert_ne!(self.0, 0, "no thread sees this one");
            }
        }
        let (pool, ran) = (Pool::new(1).unwrap(), Arc::new(Queue::new(0)));
        let (go, runs) = (Arc::new(Event::new()), Arc::clone(&ran));
        let held = Arc::clone(&go);
        let work = move |n| {
            held.wait();
            runs.put(n).unwrap();
            Bad(n)
        };
        drop(pool.imap_chunked(work, [0, 1, 2], NonZeroUsize::new(3).unwrap()).unwrap());
        go.set();
        pool.close();
        pool.join().unwrap();
        assert_eq!(ran.qsize(), 3);
    }

    #[test]
    fn without_a_word_each_worker_gets_four_chunks() {
        let ran_when_terminated = |items| {
            let (go, begun) = (Arc::new(Event::new()), Arc::new(Event::new()));
            let (held, began) = (Arc::clone(&go), Arc::clone(&begun));
            let ran = Arc::new(Queue::new(0));
            let runs = Arc::clone(&ran);
            let work = move |n: i32| {
                began.set();
                held.wait();
                runs.put(n).unwrap();
            };
            let pool = Pool::new(1).unwrap();
            let _results = pool.map_async(work, 0..items).unwrap();
            begun.wait();
            pool.terminate();
            go.set();
            pool.join().unwrap();
            ran.qsize()
        };
        assert_eq!([4, 5, 8, 9].map(ran_when_terminated), [1, 2, 2, 3]);
        let pool = Pool::new(usize::MAX).unwrap();
        assert_eq!(pool.0.fair_chunk(usize::MAX).get(), 1);
    }

    #[test]
    fn an_initialiser_that_fails_breaks_the_pool() {
        let pool = Pool::with_initialiser("clerk", 1, || panic!("no licence")).unwrap();
        let Ok(work) = pool.apply_async(|| 1) else { panic!("the initialiser has not run yet") };
        assert!(matches!(work.get(), Err(FutureError::BrokenPool(p)) if p.message == "no licence"));
        assert!(matches!(pool.apply(|| 1), Err(ApplyError::Refused(SubmitError::BrokenPool(..)))));
    }

    #[test]
    fn a_dropped_pool_drops_what_has_not_begun() {
        let (pool, go, first) = held();
        let queued = pool.apply_async(|| 2).unwrap();
        let dropper = Std::spawn("dropper", move || drop(pool));
        assert_eq!(queued.get_timeout(SECOND), Err(FutureError::Cancelled));
        assert!(!first.wait_timeout(Duration::ZERO), "it was not waited for");
        go.set();
        dropper.join().unwrap();
        assert!(first.wait_timeout(Duration::ZERO));
    }

    #[test]
    fn results_and_errors_are_shown() {
        let pool = Pool::new(1).unwrap();
        let result = pool.apply_async(|| 1).unwrap();
        assert!(format!("{result:?}").starts_with("AsyncResult(Future("), "{result:?}");
        let failed = pool.apply(|| -> i32 { panic!("no luck") }).unwrap_err();
        assert!(format!("{failed:?}").starts_with("Failed(Panicked("), "{failed:?}");
        pool.close();
        let refused = pool.apply(|| 1).unwrap_err();
        assert_eq!(format!("{refused:?}"), "ShutDown(..)");
    }
}

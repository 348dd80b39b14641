//! Preemptions: bounded and minimised.

use super::*;

#[test]
fn a_bound_on_preemptions_bounds_schedules() {
    let model = || {
        let x = Arc::new(AtomicUsize::new(0));
        let theirs = Arc::clone(&x);
        let add = |x: &AtomicUsize| x.store(x.load(SeqCst) + 1, SeqCst);
        let other = thread::spawn(move || add(&theirs));
        add(&x);
        other.join().unwrap();
        outcome(x.load(SeqCst));
    };
    let found = |bound| {
        let result = Explorer::new().preemption_bound(bound).check(model);
        assert!(
            matches!(&result.outcome, Outcome::Bounded(reason) if *reason == format!("at most {bound} preemptions"))
        );
        result.outcomes.into_keys().collect::<Vec<_>>()
    };
    assert_eq!(found(0), ["2"]);
    assert_eq!(found(1), ["1", "2"]);
}

#[test]
fn a_failure_is_minimised() {
    let model = || {
        let shared = Arc::new((AtomicUsize::new(0), AtomicUsize::new(0)));
        let (writer, reader) = (Arc::clone(&shared), Arc::clone(&shared));
        let writer = thread::spawn(move || {
            writer.1.store(1, SeqCst);
            writer.0.store(1, SeqCst);
        });
        let reader = thread::spawn(move || reader.1.load(SeqCst));
        let seen = shared.0.load(SeqCst);
        writer.join().unwrap();
        reader.join().unwrap();
        assert_eq!(seen, 0, "seen too late");
    };
    let preemptions = |explorer: Explorer| match explorer.check(model).outcome {
        Outcome::Failed(failure) => {
            assert!(failure.message.contains("seen too late"));
            failure.trace.preemptions()
        }
        other => panic!("{other:?}"),
    };
    assert_eq!((preemptions(Explorer::new()), preemptions(Explorer::new().minimise())), (2, 1));
}

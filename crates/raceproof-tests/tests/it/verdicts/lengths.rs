//! Lengths of time that a program takes as numbers, and what it does with them.

use raceproof::time::Instant;
use raceproof::{outcome, thread};

use super::{SOON, fails, holds};

#[test]
fn two_lengths_that_are_compared_decide_something() {
    let found = holds(|| {
        let measure = || thread::spawn(|| Instant::now().elapsed());
        let (a, b) = (measure(), measure());
        outcome(format!("{:?}", a.join().unwrap().cmp(&b.join().unwrap())));
    });
    assert_eq!(Vec::from_iter(found), ["Equal", "Greater", "Less"]);
}

/// Three moments, a sleep after the first.
fn moments() -> [Instant; 3] {
    let first = Instant::now();
    thread::sleep(SOON);
    [first, Instant::now(), Instant::now()]
}

/// A length that was told is no bound, so that a later comparison may find what it excludes: no failure of the program.
#[test]
fn a_moment_and_the_length_to_another_are_the_other() {
    holds(|| {
        let [a, b, _] = moments();
        assert_eq!(a + (b - a), b);
        assert_eq!(b - (b - a), a);
    });
    holds(|| {
        let [a, b, c] = moments();
        let (ab, ac) = (b - a, c - a);
        assert!(ab >= SOON && ac >= ab);
        assert_eq!(a + ac, c);
        assert_eq!(ab + (c - b), ac);
        assert!(a + ab <= c);
    });
    holds(|| {
        let [a, b, c] = moments();
        let other = thread::spawn(move || {
            let length = b - a;
            assert_eq!(a + length, b);
            length
        });
        assert_eq!(a + (c - a), c);
        assert!(other.join().unwrap() <= c - a);
    });
}

#[test]
fn what_a_length_decides_is_found_beside_what_it_cannot() {
    let failure = fails(|| {
        let [a, b, _] = moments();
        assert_eq!(a + (b - a), b);
        assert!(b - a < 2 * SOON, "late");
    });
    assert!(failure.message.contains("late"), "{failure}");
    let failure = fails(|| {
        let [a, b, c] = moments();
        let length = b - a;
        assert!(a + length < c, "at once");
    });
    assert!(failure.message.contains("at once"), "{failure}");
}

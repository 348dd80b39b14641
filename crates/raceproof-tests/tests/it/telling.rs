//! How a failure is drawn.

use raceproof::telling::lanes::{Page, draw};
use raceproof::{Blocked, Operation, Place, Step, Trace, Value};

fn step(thread: usize, operation: Operation, object: &str, line: u32) -> Step {
    let place = Some(Place { file: "tests/bank.rs".into(), line });
    Step { object: Some(object.into()), place, ..Step::new(thread, operation) }
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn lost_update() -> Trace {
    let read = |thread, line| Step {
        value: Some(Value::text(0)),
        ..step(thread, Operation::Load, "count", line)
    };
    let write = |thread, old| Step {
        value: Some(Value::change(old, 1)),
        ..step(thread, Operation::Store, "count", 12)
    };
    let steps = vec![
        step(0, Operation::Spawn, "alice", 20),
        step(0, Operation::Spawn, "bob", 20),
        read(1, 11),
        Step { preemption: true, ..read(2, 11) },
        write(2, 0),
        write(1, 1),
        step(0, Operation::Join, "alice", 22),
        step(0, Operation::Join, "bob", 22),
    ];
    let mut trace = Trace { threads: names(&["main", "alice", "bob"]), steps, blocked: Vec::new() };
    trace.mark_decisive();
    trace
}

fn deadlock() -> Trace {
    let steps = vec![
        step(0, Operation::Spawn, "x", 3),
        step(0, Operation::Spawn, "y", 4),
        step(1, Operation::Lock, "account a", 7),
        Step { preemption: true, ..step(2, Operation::Lock, "account b", 7) },
    ];
    let blocked = |thread, waits_for: &str, holders| Blocked {
        thread,
        waits_for: waits_for.into(),
        holders,
        behind: Vec::new(),
        place: Some(Place { file: "tests/bank.rs".into(), line: 8 }),
    };
    let blocked = vec![
        blocked(0, "the end of `x`", vec![]),
        blocked(1, "account b", vec![2]),
        blocked(2, "account a", vec![1]),
    ];
    let mut trace = Trace { threads: names(&["main", "x", "y"]), steps, blocked };
    trace.mark_decisive();
    trace
}

#[test]
fn a_lost_update_is_two_lanes_with_marks() {
    assert_eq!(
        draw(&lost_update(), Page::plain()),
        "\
step │   alice               │   bob
─────┼───────────────────────┼───────────────────────
 1–2 │ main starts alice, bob
   3 │ ▶ reads count: 0      │                       │ bank.rs:11
   4»│                       │   reads count: 0      │ bank.rs:11
   5 │                       │ ▶ writes count: 0 → 1 │ bank.rs:12
   6 │ ▶ writes count: 1 → 1 │                       │ bank.rs:12
 7–8 │ main joins alice, bob
▶ the failure hangs on this step · » a preemption: the thread before could have gone on
"
    );
}

#[test]
fn a_deadlock_ends_with_what_each_thread_waits_for() {
    let drawing = draw(&deadlock(), Page::plain());
    assert!(drawing.contains("✗ waits for account b, held by"), "{drawing}");
    assert!(drawing.contains("│ main waits for the end of `x` (bank.rs:8)"), "{drawing}");
    assert!(drawing.contains("3 │ ▶ locks account a"), "{drawing}");
}

#[test]
fn colours_are_taken_only_where_they_are_wanted() {
    let page = Page { colour: true, ..Page::plain() };
    assert!(draw(&deadlock(), page).contains("\u{1b}[1;31m✗"));
    assert!(!draw(&deadlock(), Page::plain()).contains('\u{1b}'));
}

#[test]
fn four_busy_lanes_fit_without_a_cut_word() {
    let threads = ["main", "customer who wants 1200", "producer 0", "consumer 1", "consumer 2"];
    let mut trace = Trace { threads: names(&threads), ..deadlock() };
    for thread in 1..5 {
        let with = Some("counter".into());
        let step = step(thread, Operation::Wake, "counter released", 1234);
        trace.steps.push(Step { with, ..step });
    }
    for width in [80, 100, 120] {
        let drawing = draw(&trace, Page { width, colour: false });
        assert!(drawing.lines().all(|line| line.chars().count() <= width), "{drawing}");
        for word in ["customer", "released,", "1234"] {
            assert!(drawing.contains(word), "{word} is cut:\n{drawing}");
        }
    }
}

#[test]
fn places_are_told_however_little_room_there_is() {
    for width in [40, 60, 80, 100] {
        let drawing = draw(&lost_update(), Page { width, colour: false });
        assert!(drawing.contains(":12"), "{width} columns:\n{drawing}");
        assert!(drawing.contains("bank.rs"), "{width} columns:\n{drawing}");
    }
}

#[test]
fn a_long_execution_is_cut_but_for_its_decisive_steps() {
    let mut trace = lost_update();
    trace.steps = (0..9_999)
        .map(|n| Step { decisive: n == 5_000, ..step(1, Operation::Load, &format!("x{n}"), 5) })
        .collect();
    let drawing = draw(&trace, Page::plain());
    let lines: Vec<_> = drawing.lines().collect();
    assert_eq!(lines.len(), 2 + 15 + 1 + 1 + 1 + 30 + 1, "{drawing}");
    assert!(lines[17].contains("4,985 lines left out"), "{drawing}");
    assert!(lines[18].starts_with("5001 │ ▶ reads x5000"), "{drawing}");
}

#[test]
fn a_spin_is_one_line_with_a_count() {
    let mut trace = lost_update();
    trace.steps[2].decisive = false;
    let spin = [step(2, Operation::Load, "flag", 5), step(2, Operation::Yield, "", 6)];
    let rounds = (0..10_000).map(|n| spin[n % 2].clone());
    trace.steps = trace.steps[..3].iter().cloned().chain(rounds).collect();
    let drawing = draw(&trace, Page::plain());
    assert!(drawing.contains("6–10003 │ these 2 steps again, 4,999 times"), "{drawing}");
    assert_eq!(drawing.lines().count(), 2 + 1 + 1 + 2 + 1, "{drawing}");
}

#[test]
fn nothing_recorded_is_nothing_drawn() {
    assert_eq!(draw(&Trace::default(), Page::plain()), "");
}

#[test]
fn a_failure_survives_its_serialization() {
    use raceproof::{Explorer, Failure, sync::Mutex};
    let failure = Explorer::new().expect_failure("deadlock", || {
        let account = Mutex::named("account", 0);
        let _first = account.lock();
        let _second = account.lock();
    });
    let text = serde_json::to_string(&failure).unwrap();
    assert!(
        text.contains("\"operation\":\"lock\"") && text.contains("\"schedule\":\"0\""),
        "{text}"
    );
    let again: Failure = serde_json::from_str(&text).unwrap();
    assert_eq!((again.trace, again.schedule), (failure.trace, failure.schedule));
}

//! The cost of a check whose program misbehaves: its own answer, and nothing else.

use super::trial;
use libtest_mimic::Trial;
use raceproof_suite::{
    backend::{
        AtomicBool, Backend, Engine,
        execution::{outcome, reach},
    },
    check::{self, Interrupt, Limits, Report, Unexpected, Verdict},
    program::{
        FailureKind::{self, StepLimit},
        Group, Program, Scenario, Variant,
    },
};
use std::{
    process::Command,
    sync::{Arc, atomic::Ordering::SeqCst},
    time::{Duration, Instant},
};

static SCENARIO: Scenario = Scenario {
    id: "misbehaves",
    group: Group::Counters,
    lesson: "",
    source: "",
    variants: &[
        Variant::new("well", &Well, ""),
        Variant::new("spins", &Spins, ""),
        Variant::new("yields-for-ever", &YieldsForEver, ""),
        Variant::new("yields-until", &YieldsUntil, ""),
        Variant::new("aborts", &Aborts, ""),
        Variant::new("gobbles", &Gobbles, ""),
        Variant::new("sleeps", &Sleeps, ""),
        Variant::new("naps", &Naps, ""),
        Variant::new("waits", &Waits, ""),
    ],
};

/// Makes a `Program` of a generic function.
macro_rules! programs {
    ($($name:ident<$backend:ident> $body:block)*) => {$(
        #[derive(Debug)]
        struct $name;
        impl Program for $name {
            fn run<$backend: Backend>(&self) $body
        }
    )*};
}

programs! {
    Well<B> {
        assert_eq!(B::spawn("child", || 1).join(), Ok(1));
    }

    Spins<B> {
        loop {
            std::hint::spin_loop();
        }
    }

    YieldsForEver<B> {
        let child = B::spawn("child", || ());
        loop {
            B::yield_now();
            if child.thread().name() == "never" {
                break;
            }
        }
    }

    YieldsUntil<B> {
        let flag = Arc::new(AtomicBool::<B>::new(false));
        let other = Arc::clone(&flag);
        let child = B::spawn("child", move || other.store(true, SeqCst));
        while !flag.load(SeqCst) {
            B::yield_now();
        }
        child.join().unwrap();
        reach("the end");
        outcome("over");
    }

    Aborts<B> {
        std::process::abort();
    }

    Gobbles<B> {
        let mut heap = Vec::new();
        loop {
            heap.push(vec![1_u8; 1 << 24]);
        }
    }

    Sleeps<B> {
        B::sleep(Duration::from_secs(60));
    }

    Naps<B> {
        B::sleep(Duration::from_millis(700));
    }

    Waits<B> {
        B::spawn("child", || B::park()).join().unwrap();
    }
}

fn limits() -> Limits {
    Limits { time: Duration::from_secs(1), stall: Duration::from_secs(60), ..Limits::default() }
}

fn variant(id: &str) -> &'static Variant {
    SCENARIO.variant(id).expect("declared above")
}

fn check(id: &str, engine: Engine) -> Report {
    check::check(&SCENARIO, variant(id), engine, &limits())
}

/// The engines that run a whole search in one call, in which this crate cannot intervene.
fn engines() -> impl Iterator<Item = Engine> {
    Engine::built().filter(|&engine| engine != Engine::ParkingLot)
}

fn inconclusive(report: &Report) -> &str {
    match &report.verdict {
        Verdict::Inconclusive { reason } => reason,
        verdict => panic!("{} on {}: {verdict:?}", report.variant, report.engine),
    }
}

fn a_program_that_spins_for_ever_is_killed_in_time() {
    for engine in engines() {
        let start = Instant::now();
        let report = check("spins", engine);
        assert!(inconclusive(&report).contains("no answer within 3 s"), "{report:?}");
        assert!(start.elapsed() < Duration::from_secs(10));
    }
}

fn an_endless_loop_of_steps_is_a_step_limit() {
    for engine in engines().filter(|engine| !engine.is_native()) {
        let message = match engine {
            Engine::Dpor | Engine::C11 => "livelock",
            Engine::Loom => "exceeded maximum number of branches",
            _ => "exceeded max_steps",
        };
        let report = check("yields-for-ever", engine);
        let expected = variant("yields-for-ever").fails(StepLimit, message);
        assert_eq!(report.compare(&expected), Ok(()), "{engine}");
    }
}

/// A checker that lets others run at a yield has not explored everything.
fn a_proof_of_a_program_that_polls_says_what_it_assumes() {
    for engine in engines() {
        let report = check("yields-until", engine);
        match &report.verdict {
            Verdict::Proved { executions } => {
                assert!(matches!(engine, Engine::Dpor | Engine::C11), "{report:?}");
                assert!(report.assumptions.iter().any(|it| it.contains("polls")), "{report:?}");
                // An execution that was given up is not counted.
                assert_eq!(report.outcomes, [("over".into(), *executions)].into());
                assert_eq!(report.reached, [("the end".into(), *executions)].into());
            }
            Verdict::Passed { coverage, .. } => {
                assert!(engine.is_native() || coverage.contains("yield"), "{report:?}");
            }
            _ => panic!("{report:?}"),
        }
    }
}

fn a_crash_says_how() {
    for engine in engines() {
        let report = check("aborts", engine);
        assert!(inconclusive(&report).contains("signal: 6"), "{report:?}");
    }
}

fn memory_is_limited() {
    let limits = Limits { memory: 512 << 20, time: Duration::from_secs(20), ..limits() };
    for engine in engines() {
        let report = check::check(&SCENARIO, variant("gobbles"), engine, &limits);
        assert_eq!(inconclusive(&report), "ran out of its 512 MiB of memory");
    }
}

fn a_killed_check_costs_its_own_row() {
    let jobs: Vec<_> =
        ["sleeps", "well"].map(|id| (&SCENARIO, variant(id), Engine::Std)).into_iter().collect();
    let limits = Limits { time: Duration::from_secs(30), ..limits() };
    let mut reports = Vec::new();
    std::thread::scope(|scope| {
        scope.spawn(kill_the_child_that_sleeps);
        check::check_many(&jobs, 2, &limits, &Interrupt::default(), |_, report| {
            reports.push(report);
        });
    });
    let find = |id: &str| reports.iter().find(|report| report.variant == id).unwrap();
    assert!(inconclusive(find("sleeps")).contains("signal: 9"), "{reports:?}");
    assert!(matches!(find("well").verdict, Verdict::Passed { .. }), "{reports:?}");
}

/// Waits for a child process of this one that has lived a second, and kills it.
fn kill_the_child_that_sleeps() {
    std::thread::sleep(Duration::from_secs(1));
    let parent = std::process::id().to_string();
    let killed = Command::new("pkill").args(["-9", "-P", &parent]).status().unwrap();
    assert!(killed.success(), "there was no child");
}

fn an_interrupt_ends_running_checks_at_once() {
    let interrupt = Interrupt::default();
    let start = Instant::now();
    let mut reports = 0;
    std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(300));
            interrupt.raise();
        });
        let jobs = [(&SCENARIO, variant("sleeps"), Engine::Std); 3];
        let limits = Limits { time: Duration::from_secs(60), ..limits() };
        check::check_many(&jobs, 2, &limits, &interrupt, |_, _| reports += 1);
    });
    assert_eq!(reports, 0);
    assert!(start.elapsed() < Duration::from_secs(5));
}

/// It does not depend on time: a run may take a minute here.
fn threads_that_wait_for_each_other_are_seen_at_once() {
    for engine in Engine::built().filter(|engine| engine.is_native()) {
        let expected = variant("waits").fails(FailureKind::Deadlock, "all threads wait");
        assert_eq!(check("waits", engine).compare(&expected), Ok(()), "{engine}");
        let report = check("naps", engine);
        assert!(matches!(report.verdict, Verdict::Passed { .. }), "{report:?}");
    }
}

/// Nothing checked is no success, whatever the reason.
fn a_harness_that_checks_nothing_fails() {
    static WELL: Scenario = Scenario { variants: &[Variant::new("well", &Well, "")], ..SCENARIO };
    assert_eq!(check::check_all(&[&WELL], &[Engine::Dpor, Engine::Std], &limits()), Ok(2));
    let nothing = check::check_all(&[], &[Engine::Dpor], &limits());
    assert!(matches!(nothing, Err(Unexpected::NothingChecked(_))), "{nothing:?}");
    for missing in Engine::ALL.into_iter().filter(|engine| !engine.is_built()) {
        let report = check::check(&WELL, &WELL.variants[0], missing, &limits());
        assert_eq!(inconclusive(&report), missing.missing());
        assert!(report.compare(&WELL.variants[0]).is_err());
        let all = check::check_all(&[&WELL], &[Engine::Dpor, missing], &limits()).unwrap_err();
        let expected = format!("misbehaves/well on {missing}: no verdict: {}", missing.missing());
        assert_eq!(all.to_string(), expected);
    }
}

/// Each engine finds the failure and gives a schedule, and the schedule leads to the same failure.
fn schedules_replay() {
    for engine in engines().filter(|engine| !engine.is_native()) {
        let transfer = raceproof_suite::scenarios::find("transfer").unwrap();
        let deadlock = transfer.variant("opposite-order").unwrap();
        let report = check::check(transfer, deadlock, engine, &limits());
        let Verdict::Failed(failure) = &report.verdict else { panic!("{report:?}") };
        assert_eq!(failure.kind, FailureKind::Deadlock);
        let schedule = failure.schedule.clone().expect("a schedule");
        let again = check::replay(transfer, deadlock, engine, &limits(), schedule);
        let Verdict::Failed(same) = &again.verdict else { panic!("{again:?}") };
        assert_eq!(same.message, failure.message);
        assert_eq!(same.trace, failure.trace);

        let fixed = transfer.variant("ordered").unwrap();
        let other = failure.schedule.clone().unwrap();
        let report = check::replay(transfer, fixed, engine, &limits(), other);
        let reason = inconclusive(&report);
        assert!(reason.contains("schedule"), "{engine}: {reason}");
        for rubbish in ["rubbish", "{}"] {
            let report = check::replay(transfer, deadlock, engine, &limits(), rubbish.into());
            let reason = inconclusive(&report);
            assert!(reason.contains("schedule"), "{engine}: {reason}");
        }
    }
}

pub(crate) fn scenarios() -> Vec<&'static Scenario> {
    vec![&SCENARIO]
}

pub(crate) fn trials() -> Vec<Trial> {
    let tests: [(&str, fn()); _] = [
        ("spins", a_program_that_spins_for_ever_is_killed_in_time),
        ("endless", an_endless_loop_of_steps_is_a_step_limit),
        ("yields", a_proof_of_a_program_that_polls_says_what_it_assumes),
        ("crash", a_crash_says_how),
        ("memory", memory_is_limited),
        ("killed", a_killed_check_costs_its_own_row),
        ("waits", threads_that_wait_for_each_other_are_seen_at_once),
        ("interrupt", an_interrupt_ends_running_checks_at_once),
        ("nothing", a_harness_that_checks_nothing_fails),
        ("replay", schedules_replay),
    ];
    let of = |(name, test): (&str, fn())| {
        trial("checking", name, move || {
            test();
            Ok::<_, String>(())
        })
    };
    tests.into_iter().map(of).collect()
}

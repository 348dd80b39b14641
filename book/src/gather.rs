//! Everything that the book tells, found out by running the programs.

use crate::encode;
use raceproof_suite::{
    backend::{Engine, MemoryModel},
    check::{self, Interrupt, Limits, Report},
    cli::args,
    dpor::{StateGraph, Unstepped},
    program::{self, Group, Scenario, Variant},
    scenarios,
};
use std::{
    collections::HashMap,
    fmt,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    thread,
    time::Duration,
};

/// A graph has at most so many states.
pub(crate) const MOST_STATES: usize = 20_000;
/// A graph takes at most so many bytes, packed.
const MOST_BYTES: usize = 400_000;

/// A scenario with what was found.
pub(crate) struct Chapter {
    pub(crate) scenario: &'static Scenario,
    pub(crate) forms: Vec<Form>,
}

/// A variant with what was found.
pub(crate) struct Form {
    pub(crate) variant: &'static Variant,
    pub(crate) stage: Stage,
    /// What each engine says.
    pub(crate) reports: Vec<Report>,
}

/// What there is to be played with.
pub(crate) struct Stage {
    pub(crate) model: MemoryModel,
    /// What became of the graph.
    pub(crate) played: Result<Played, String>,
    /// Why the stage is not one under Rust's memory model, though that was tried first.
    pub(crate) not_weak: Option<String>,
}

/// A graph, packed.
pub(crate) struct Played {
    pub(crate) script: String,
    pub(crate) states: usize,
}

impl Played {
    fn of(id: &str, graph: &StateGraph) -> Result<Self, String> {
        let script = encode::script(id, graph);
        if script.len() > MOST_BYTES {
            let states = graph.states.len();
            return Err(format!("its {states} states take {} kB", script.len() / 1000));
        }
        Ok(Self { script, states: graph.states.len() })
    }
}

/// The name of a variant, as in `transfer/ordered`.
pub(crate) fn name(scenario: &Scenario, variant: &Variant) -> String {
    format!("{}/{}", scenario.id, variant.id)
}

/// The stage of a variant: under Rust's memory model if that is what it is about, and it can be followed there.
pub(crate) fn stage(scenario: &Scenario, variant: &Variant) -> Stage {
    let id = name(scenario, variant);
    let walk = |model| {
        let graph = check::states(variant, model, MOST_STATES);
        graph
            .map_err(|reason: Unstepped| reason.to_string())
            .and_then(|graph| Played::of(&id, &graph))
    };
    let sequential = |not_weak| Stage {
        model: MemoryModel::SequentialConsistency,
        played: walk(MemoryModel::SequentialConsistency),
        not_weak,
    };
    if variant.c11.is_none() && scenario.group != Group::Memory {
        return sequential(None);
    }
    match walk(MemoryModel::C11) {
        Ok(played) => Stage { model: MemoryModel::C11, played: Ok(played), not_weak: None },
        Err(reason) => sequential(Some(reason)),
    }
}

/// How much one engine's check may cost.
fn limits() -> Limits {
    Limits {
        executions: 20_000,
        time: Duration::from_secs(2),
        luck: Duration::from_millis(10),
        stall: Duration::from_millis(300),
        ..Limits::default()
    }
}

/// Every scenario of the registry.
pub(crate) fn chapters() -> Vec<Chapter> {
    let variants: Vec<_> = program::variants(scenarios::ALL).collect();
    let stages = in_parallel(&variants, |(scenario, variant)| stage(scenario, variant));
    let mut reports = reports(&variants);
    let mut forms = variants.iter().zip(stages).map(|((scenario, variant), stage)| {
        let reports = reports.remove(&name(scenario, variant)).unwrap_or_default();
        (scenario.id, Form { variant, stage, reports })
    });
    let chapter = |scenario: &&'static Scenario| Chapter {
        scenario,
        forms: forms.by_ref().take(scenario.variants.len()).map(|(_, form)| form).collect(),
    };
    scenarios::ALL.iter().map(chapter).collect()
}

/// What each engine says of each variant.
fn reports(variants: &[(&'static Scenario, &'static Variant)]) -> HashMap<String, Vec<Report>> {
    let engines: Vec<_> = Engine::built().collect();
    let jobs = args::jobs(variants, &engines);
    let mut reports: HashMap<String, Vec<(usize, Report)>> = HashMap::new();
    check::check_many(&jobs, args::cores(), &limits(), &Interrupt::default(), |index, report| {
        let name = format!("{}/{}", report.scenario, report.variant);
        reports.entry(name).or_default().push((index, report));
    });
    let sorted = |mut reports: Vec<(usize, Report)>| {
        reports.sort_by_key(|(index, _)| *index);
        reports.into_iter().map(|(_, report)| report).collect()
    };
    reports.into_iter().map(|(name, reports)| (name, sorted(reports))).collect()
}

/// Does `work` for each of `all`, on every core.
fn in_parallel<T: Sync, R: Send>(all: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..args::cores() {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Relaxed);
                    let Some(one) = all.get(index) else { return };
                    let result = work(one);
                    done.lock().unwrap_or_else(PoisonError::into_inner).push((index, result));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}

/// What a run of the generator has to say.
pub(crate) struct Summary {
    chapters: usize,
    stages: usize,
    largest: (String, usize),
    /// The variants without a stage, or without the one that was wanted, and why.
    without: Vec<(String, String)>,
}

impl Summary {
    pub(crate) fn of(chapters: &[Chapter]) -> Self {
        let mut summary = Self {
            chapters: chapters.len(),
            stages: 0,
            largest: Default::default(),
            without: Vec::new(),
        };
        for Chapter { scenario, forms } in chapters {
            for Form { variant, stage, .. } in forms {
                let id = name(scenario, variant);
                match &stage.played {
                    Ok(Played { states, .. }) => {
                        summary.stages += 1;
                        if *states > summary.largest.1 {
                            summary.largest = (id.clone(), *states);
                        }
                    }
                    Err(why) => summary.without.push((id.clone(), why.clone())),
                }
                if let Some(why) = &stage.not_weak {
                    summary.without.push((id, format!("not under C11: {why}")));
                }
            }
        }
        summary
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (id, states) = &self.largest;
        write!(
            f,
            "{} chapters, {} stages, the largest {id} with {states} states",
            self.chapters, self.stages
        )?;
        self.without.iter().try_for_each(|(id, why)| write!(f, "\nwithout a stage: {id}: {why}"))
    }
}

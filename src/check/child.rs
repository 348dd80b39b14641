//! Checks in child processes of the same binary.
//!
//! The parent starts its own executable with the request in an environment variable, and reads the
//! report, one line of JSON, from the child's standard output. The child's standard input stays
//! open as long as the parent lives; when it closes, the child ends, so none outlives its parent.

use super::{Limits, Report, Runs, Sample, Task, Verdict, panics, perform};
use crate::{
    backend::{Chosen, Engine},
    contracts,
    primitives::{self, process::Entry},
    program::{Scenario, Variant},
    scenarios as catalogue,
};
use serde::{Deserialize, Serialize};
#[cfg(unix)]
use std::os::unix::process::CommandExt;
use std::{
    env,
    io::{self, Read, Write},
    process::{self, Child, Command, ExitStatus, Stdio},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::{Duration, Instant},
};

/// The environment variable that makes a process a child, and holds its request.
const REQUEST: &str = "RACEPROOF_CHECK";
/// How much longer than its search a child may live.
const GRACE: Duration = Duration::from_secs(2);
/// How often a waiting parent looks for an interrupt.
const GLANCE: Duration = Duration::from_millis(50);

/// What a child is asked to do.
#[derive(Debug, Serialize, Deserialize)]
struct Request {
    scenario: String,
    variant: String,
    engine: Engine,
    /// The `Debug` form of the variant's program on that engine, which tells its sizes.
    program: String,
    limits: Limits,
    task: Task,
}

/// Ends running checks early; clones share the flag.
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Ends all checks that know this flag: running ones are killed, no more are started.
    pub fn raise(&self) {
        self.0.store(true, SeqCst);
    }

    /// Whether [`raise`](Self::raise) has been called.
    #[must_use]
    pub fn is_raised(&self) -> bool {
        self.0.load(SeqCst)
    }
}

/// What the native processes of the scenarios and contracts run: what
/// [`serve_child`] serves, for programs that have tasks of their own beside them.
#[must_use]
pub fn tasks() -> Vec<Entry> {
    [catalogue::tasks::<Chosen>(), contracts::tasks::<Chosen>()].concat()
}

/// Serves one request and exits, if this process was started as a child; otherwise does nothing.
///
/// `scenarios` must hold whatever the parent may ask for. It does the same for the native processes that the
/// scenarios and contracts of this crate start.
pub fn serve_child(scenarios: &[&'static Scenario]) {
    // First, for a process that a check has started inherits the check's request.
    primitives::process::serve(&tasks());
    let Ok(request) = env::var(REQUEST) else { return };
    let code = match serve(scenarios, &request) {
        Ok(()) => 0,
        Err(error) => {
            eprintln!("{error}");
            1
        }
    };
    // Threads of the program may be blocked for ever; exiting does not wait for them.
    process::exit(code);
}

fn serve(scenarios: &[&'static Scenario], request: &str) -> Result<(), String> {
    let request: Request = serde_json::from_str(request).map_err(|error| error.to_string())?;
    end_with_the_parent();
    limit_memory(request.limits.memory)?;
    let scenario = scenarios.iter().find(|scenario| scenario.id == request.scenario);
    let (scenario, variant) = scenario
        .and_then(|scenario| {
            let variant = scenario.variant(&request.variant)?;
            Some((*scenario, variant.told(request.engine, &request.program)?))
        })
        .ok_or_else(|| {
            format!("no variant {}/{} with {}", request.scenario, request.variant, request.program)
        })?;
    panics::watch();
    let report = perform(scenario, variant, request.engine, &request.limits, &request.task);
    let line = serde_json::to_string(&report).map_err(|error| error.to_string())?;
    writeln!(io::stdout(), "{line}").map_err(|error| error.to_string())
}

/// Ends this process when the parent's end of standard input closes.
fn end_with_the_parent() {
    thread::spawn(|| {
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        process::exit(1);
    });
}

#[cfg(unix)]
fn limit_memory(bytes: u64) -> Result<(), String> {
    use rlimit::Resource;
    let (_, hard) = Resource::AS.get().map_err(|error| error.to_string())?;
    let soft = bytes.min(hard);
    Resource::AS
        .set(soft, hard)
        .and_then(|()| Resource::CORE.set(0, 0))
        .map_err(|error| format!("cannot limit memory: {error}"))
}

#[cfg(not(unix))]
fn limit_memory(_: u64) -> Result<(), String> {
    Ok(())
}

/// Checks `variant` on `engine` in a child process. Blocks until the child has ended.
#[must_use]
pub fn check(
    scenario: &'static Scenario,
    variant: &'static Variant,
    engine: Engine,
    limits: &Limits,
) -> Report {
    ask(scenario, variant, engine, limits, Task::Check, &Interrupt::default())
        .expect("nobody interrupts")
}

/// Runs the execution that `schedule` describes, in a child process.
#[must_use]
pub fn replay(
    scenario: &'static Scenario,
    variant: &'static Variant,
    engine: Engine,
    limits: &Limits,
    schedule: String,
) -> Report {
    ask(scenario, variant, engine, limits, Task::Replay(schedule), &Interrupt::default())
        .expect("nobody interrupts")
}

/// Searches for a failure of `variant` on as many schedules of this sample as the limits allow, in a child process.
/// Only dpor and shuttle draw schedules.
#[must_use]
pub fn sample(
    scenario: &'static Scenario,
    variant: &'static Variant,
    engine: Engine,
    sample: Sample,
    limits: &Limits,
) -> Report {
    ask(scenario, variant, engine, limits, Task::Sample(sample), &Interrupt::default())
        .expect("nobody interrupts")
}

/// Runs `variant` on real threads again and again, in a child process; the report's
/// [`endings`](Report::endings) say how often each end came. `None` if interrupted.
#[must_use]
pub fn stress(
    scenario: &'static Scenario,
    variant: &'static Variant,
    engine: Engine,
    limits: &Limits,
    runs: Runs,
    interrupt: &Interrupt,
) -> Option<Report> {
    ask(scenario, variant, engine, limits, Task::Stress(runs), interrupt)
}

/// Makes the checks in `jobs`, `parallel` of them at a time, each in a child process, and hands each
/// report to `done` as it comes, with the job's index. Blocks until all have ended or `interrupt` is
/// raised.
pub fn check_many(
    jobs: &[(&'static Scenario, &'static Variant, Engine)],
    parallel: usize,
    limits: &Limits,
    interrupt: &Interrupt,
    done: impl FnMut(usize, Report) + Send,
) {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(done);
    thread::scope(|scope| {
        for _ in 0..parallel.clamp(1, jobs.len().max(1)) {
            scope.spawn(|| {
                while let index = next.fetch_add(1, SeqCst)
                    && let Some(&(scenario, variant, engine)) = jobs.get(index)
                {
                    let Some(report) =
                        ask(scenario, variant, engine, limits, Task::Check, interrupt)
                    else {
                        return;
                    };
                    done.lock().unwrap_or_else(PoisonError::into_inner)(index, report);
                }
            });
        }
    });
}

/// Has a child perform `task`; `None` if interrupted.
fn ask(
    scenario: &'static Scenario,
    variant: &'static Variant,
    engine: Engine,
    limits: &Limits,
    task: Task,
    interrupt: &Interrupt,
) -> Option<Report> {
    // What needs no run needs no process either.
    if !engine.is_built() || variant.missing_on(engine).is_some() {
        return Some(perform(scenario, variant, engine, limits, &task));
    }
    let request = Request {
        scenario: scenario.id.into(),
        variant: variant.id.into(),
        engine,
        program: format!("{:?}", variant.program_for(engine)),
        limits: *limits,
        task,
    };
    let start = Instant::now();
    let answer = if interrupt.is_raised() { return None } else { talk(&request, interrupt) };
    if interrupt.is_raised() {
        return None;
    }
    Some(answer.unwrap_or_else(|reason| {
        let mut report = Report::new(scenario, variant, engine, Verdict::Inconclusive { reason });
        report.elapsed = start.elapsed();
        report
    }))
}

/// Starts a child, sends it the request and reads its answer; the error says what became of it.
fn talk(request: &Request, interrupt: &Interrupt) -> Result<Report, String> {
    let text = serde_json::to_string(request).map_err(|error| error.to_string())?;
    let mut child = env::current_exe()
        .and_then(|program| {
            let mut command = Command::new(program);
            // A Ctrl-C is meant for the parent, which ends its children itself.
            #[cfg(unix)]
            command.process_group(0);
            command
                .env(REQUEST, text)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
        })
        .map_err(|error| format!("cannot start the check's process: {error}"))?;
    let answer = read_aside(child.stdout.take());
    let complaints = read_aside(child.stderr.take());
    let deadline = Instant::now() + request.limits.time + GRACE;
    let answer = loop {
        match answer.recv_timeout(GLANCE) {
            Ok(answer) => break answer,
            Err(RecvTimeoutError::Disconnected) => break String::new(),
            Err(RecvTimeoutError::Timeout) => {}
        }
        if interrupt.is_raised() || Instant::now() >= deadline {
            let waited = (request.limits.time + GRACE).as_secs();
            end(&mut child)?;
            return Err(format!("no answer within {waited} s, so its process was killed"));
        }
    };
    let status = end(&mut child)?;
    serde_json::from_str(&answer).map_err(|_| {
        let complaints = complaints.recv_timeout(GRACE).unwrap_or_default();
        obituary(status, &complaints, request.limits.memory)
    })
}

/// Ends the child if it has not ended yet, and reaps it. A child that has closed its standard output
/// has said all it will.
fn end(child: &mut Child) -> Result<ExitStatus, String> {
    // Give an ending child the moment it needs, so that its own exit status is seen.
    let patience = Instant::now() + Duration::from_millis(200);
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(status),
            Ok(None) if Instant::now() < patience => thread::sleep(Duration::from_millis(1)),
            Ok(None) => break,
            Err(error) => return Err(format!("lost the check's process: {error}")),
        }
    }
    let _ = child.kill();
    child.wait().map_err(|error| format!("lost the check's process: {error}"))
}

/// Reads a pipe to its end on a thread of its own, so that a full pipe never blocks the child.
fn read_aside(pipe: Option<impl Read + Send + 'static>) -> mpsc::Receiver<String> {
    let (send, receive) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            // What was read before an error is still worth having.
            let _ = pipe.read_to_end(&mut bytes);
        }
        let _ = send.send(String::from_utf8_lossy(&bytes).into_owned());
    });
    receive
}

/// What a child that gave no answer died of.
fn obituary(status: ExitStatus, complaints: &str, memory: u64) -> String {
    if complaints.contains("memory allocation of") {
        return format!("ran out of its {} MiB of memory", memory >> 20);
    }
    let last = complaints.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("");
    let how = format!("the check's process ended without an answer ({status})");
    if last.is_empty() { how } else { format!("{how}: {last}") }
}

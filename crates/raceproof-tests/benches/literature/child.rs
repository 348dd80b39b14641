//! A search in a process of its own, with a limit on its memory. Its progress line is read from a terminal that this
//! process holds the other end of.

use std::time::{Duration, Instant};

use raceproof::{Explorer, Memory, Outcome};

use crate::programs;

/// What a process may have, in GiB.
pub(crate) const MOST: u64 = 4;

/// After how long a process is killed that has come to its limit and does not end.
#[cfg(unix)]
const GRACE: Duration = Duration::from_secs(10);

/// A search in a process of its own.
pub(crate) struct Child {
    pub(crate) name: String,
    pub(crate) memory: Memory,
    pub(crate) workers: usize,
    pub(crate) limit: Duration,
}

/// What came of it.
#[derive(Default)]
pub(crate) struct Report {
    /// What is counted of it; none if the process died, because it may have no more memory, or was killed.
    pub(crate) found: Option<u64>,
    /// It did not stop at its limit, and was killed.
    pub(crate) killed: bool,
    /// Whether it came to its end.
    pub(crate) ended: bool,
    pub(crate) took: Duration,
    /// Executions, of a process that died as far as its progress line told.
    pub(crate) executions: u64,
    /// The most that the progress line has told to be kept, in MiB, if it was wanted.
    pub(crate) kept: f64,
    /// The most memory of the process, in MiB.
    pub(crate) resident: f64,
    pub(crate) faults: Vec<String>,
}

const C11: &str = "c11";

impl Child {
    /// What the words after `--child` tell.
    pub(crate) fn told(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut word = || words.next().ok_or("`--child` is for the benchmark itself");
        let memory = if word()? == C11 { Memory::C11 } else { Memory::Sequential };
        let number = |word: String| word.parse::<u64>().map_err(|fault| fault.to_string());
        let workers = number(word()?)? as usize;
        let limit = Duration::from_secs(number(word()?)?);
        Ok(Child { name: word()?, memory, workers, limit })
    }

    #[cfg(unix)]
    fn words(&self) -> [String; 5] {
        let memory = if self.memory == Memory::C11 { C11 } else { "sequential" };
        let numbers = [self.workers as u64, self.limit.as_secs()].map(|number| number.to_string());
        let [workers, limit] = numbers;
        ["--child".to_owned(), memory.to_owned(), workers, limit, self.name.clone()]
    }

    /// Explores, in this process; prints what came of it.
    pub(crate) fn explore(&self) {
        #[cfg(unix)]
        limit_memory();
        let all = programs::all();
        let row = &all.iter().find(|it| it.row.name == self.name).expect("its name").row;
        let explorer = Explorer::new().keep_going().memory(self.memory).workers(self.workers);
        let explorer = explorer.time_limit(self.limit).environment().expect("what the parent set");
        let start = Instant::now();
        let found = explorer.check_in_parallel(&row.program);
        let took = start.elapsed().as_nanos();
        let ended = !matches!(found.outcome, Outcome::Bounded(_));
        let (executions, counted) = (found.executions, row.found(&found));
        println!("{counted} {ended} {took} {executions} {}", most_resident().unwrap_or(0));
        if ended {
            row.faults(self.memory, &found).iter().for_each(|fault| println!("{fault}"));
        }
    }
}

#[cfg(unix)]
fn limit_memory() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let most = Some(MOST << 30);
    let limited = setrlimit(Resource::As, Rlimit { current: most, maximum: most });
    limited.expect("less memory than the parent may have");
}

/// The most memory that this process has had at a time, in KiB.
fn most_resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(not(unix))]
impl Child {
    pub(crate) fn run(&self, _: bool) -> Option<Report> {
        None
    }
}

#[cfg(unix)]
mod terminal {
    use std::ffi::OsStr;
    use std::fs::File;
    use std::io::{self, Read};
    use std::os::unix::ffi::OsStrExt;
    use std::process::{self, Command, Stdio};
    use std::time::{Duration, Instant};

    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

    use super::{Child, GRACE, Report};

    /// A terminal: this end of it, and the end of the process that writes to it.
    fn open() -> io::Result<(File, File)> {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
        grantpt(&ours)?;
        unlockpt(&ours)?;
        let name = ptsname(&ours, Vec::new())?;
        let name = OsStr::from_bytes(name.to_bytes());
        let theirs = File::options().read(true).write(true).open(name)?;
        Ok((ours.into(), theirs))
    }

    impl Child {
        /// Explores in another process, which shows its progress if that is wanted. None if there can be no process.
        pub(crate) fn run(&self, progress: bool) -> Option<Report> {
            let report = self.try_run(progress);
            report.inspect_err(|fault| eprintln!("{}: {fault}", self.name)).ok()
        }

        fn try_run(&self, progress: bool) -> io::Result<Report> {
            let (ours, theirs) = open()?;
            let mut command = Command::new(std::env::current_exe()?);
            command.args(self.words()).env_remove("RACEPROOF_UPDATE");
            command.env("RACEPROOF_LOG", if progress { "progress" } else { "" });
            let mut child = command.stdout(Stdio::piped()).stderr(theirs).spawn()?;
            drop(command); // and with it our copy of their end
            let reading = std::thread::spawn(|| most_told(ours));
            let killed = !ends(&mut child, self.limit + GRACE)?;
            let output = child.wait_with_output()?;
            let (executions, kept) = reading.join().expect("it does not panic");
            let text = String::from_utf8_lossy(&output.stdout);
            let mut lines = text.lines();
            let told = lines.next().unwrap_or_default().split_whitespace().collect::<Vec<_>>();
            let [found, ended, took, executions_told, resident] = told[..] else {
                return Ok(Report {
                    killed,
                    executions,
                    kept,
                    took: self.limit,
                    ..Report::default()
                });
            };
            let number = |text: &str| text.parse::<u64>().map_err(io::Error::other);
            Ok(Report {
                found: Some(number(found)?),
                killed,
                ended: ended == "true",
                took: Duration::from_nanos(number(took)?),
                executions: number(executions_told)?,
                kept,
                resident: number(resident)? as f64 / 1024.0,
                faults: lines.map(str::to_owned).collect(),
            })
        }
    }

    /// Waits for the end of a process, which is killed after this time. False if it was.
    fn ends(child: &mut process::Child, limit: Duration) -> io::Result<bool> {
        let begun = Instant::now();
        while begun.elapsed() < limit {
            if child.try_wait()?.is_some() {
                return Ok(true);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        child.kill()?;
        Ok(false)
    }

    /// The most executions and the most MiB that progress lines tell, until the other end is closed.
    fn most_told(mut ours: File) -> (u64, f64) {
        let (mut executions, mut kept) = (0, 0.0);
        let (mut text, mut part) = (Vec::new(), [0; 4096]);
        // When the other end is closed, reading is an error.
        while let Ok(read @ 1..) = ours.read(&mut part) {
            text.extend_from_slice(&part[..read]);
            let Some(end) = text.iter().rposition(|byte| *byte == b'\r') else { continue };
            let whole = text.drain(..=end).collect::<Vec<_>>();
            for line in String::from_utf8_lossy(&whole).split('\r') {
                let line = line.trim_start_matches("\u{1b}[2K").trim_end();
                executions = told(line).map_or(executions, |now| executions.max(now));
                kept = told_to_be_kept(line).map_or(kept, |now| now.max(kept));
            }
        }
        (executions, kept)
    }

    /// The executions that a progress line tells.
    fn told(line: &str) -> Option<u64> {
        let (executions, _) = line.split_once(" execution")?;
        executions.replace(',', "").parse().ok()
    }

    /// What a progress line tells to be kept, in MiB.
    fn told_to_be_kept(line: &str) -> Option<f64> {
        let (_, told) = line.strip_suffix(" kept")?.rsplit_once("; ")?;
        let (number, unit) = told.split_once(' ')?;
        let number = number.replace(',', "").parse::<f64>().ok()?;
        let parts = match unit {
            "GiB" => 1.0 / 1024.0,
            "MiB" => 1.0,
            "KiB" => 1024.0,
            _ => 1024.0 * 1024.0,
        };
        Some(number / parts)
    }
}

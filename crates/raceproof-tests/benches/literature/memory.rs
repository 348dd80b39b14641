//! What a search keeps, and the memory of its process: each search in a process of its own, whose progress line is read
//! from a terminal that this one holds the other end of.

use std::time::Duration;

use raceproof::{Explorer, Memory, Outcome};

use crate::measure::model;
use crate::programs;

/// The programs, by their names.
const PROGRAMS: [&str; 2] = ["multiprodcon 5, 5", "big2"];

/// After how long a search is stopped.
const LIMIT: Duration = Duration::from_secs(240);

/// A search in a process of its own.
pub(crate) struct Child {
    name: String,
    memory: Memory,
}

impl Child {
    /// What the words after `--child` tell.
    pub(crate) fn told(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let told = "`--child` is for the benchmark itself";
        let memory = match words.next().ok_or(told)?.as_str() {
            "c11" => Memory::C11,
            _ => Memory::Sequential,
        };
        Ok(Child { name: words.next().ok_or(told)?, memory })
    }
}

/// Explores; prints how many executions there were, whether that is all, and the most memory of the process in KiB.
pub(crate) fn explore(Child { name, memory }: &Child) {
    let program = programs::all().into_iter().find(|it| it.row.name == *name).expect("its name");
    let explorer = Explorer::new().memory(*memory).time_limit(LIMIT);
    let explorer = explorer.environment().expect("what the parent has set");
    let found = explorer.check(&program.row.program);
    let ended = matches!(found.outcome, Outcome::Proved);
    println!("{} {ended} {}", found.executions, most_resident().unwrap_or(0));
}

/// The most memory that this process has had at a time, in KiB.
fn most_resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// What a search has taken.
pub(crate) struct Kept {
    pub(crate) name: &'static str,
    pub(crate) model: &'static str,
    pub(crate) executions: u64,
    /// Whether it came to its end.
    pub(crate) ended: bool,
    /// The most that the progress line has told, in MiB.
    pub(crate) kept: f64,
    /// The most memory of the process, in MiB.
    pub(crate) resident: f64,
}

/// Measures all.
#[cfg(unix)]
pub(crate) fn measure() -> Vec<Kept> {
    let models = [Memory::Sequential, Memory::C11];
    let all = PROGRAMS.into_iter().flat_map(|name| models.map(|memory| (name, memory)));
    all.filter_map(|(name, memory)| {
        let kept = terminal::run(name, memory);
        kept.inspect_err(|fault| eprintln!("{name}: its memory is not measured: {fault}")).ok()
    })
    .collect()
}

#[cfg(not(unix))]
pub(crate) fn measure() -> Vec<Kept> {
    Vec::new()
}

#[cfg(unix)]
mod terminal {
    use std::ffi::OsStr;
    use std::fs::File;
    use std::io::{self, Read};
    use std::os::unix::ffi::OsStrExt;
    use std::process::{Command, Stdio};

    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

    use super::{Kept, Memory, model};

    /// A terminal: this end of it, and the end of the process that writes to it.
    fn open() -> io::Result<(File, File)> {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
        grantpt(&ours)?;
        unlockpt(&ours)?;
        let name = ptsname(&ours, Vec::new())?;
        let theirs =
            File::options().read(true).write(true).open(OsStr::from_bytes(name.to_bytes()))?;
        Ok((ours.into(), theirs))
    }

    /// Explores a program in another process.
    pub(super) fn run(name: &'static str, memory: Memory) -> io::Result<Kept> {
        let (mut ours, theirs) = open()?;
        let told = if memory == Memory::C11 { "c11" } else { "sequential" };
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["--child", told, name]).env("RACEPROOF_LOG", "progress");
        let child = command.stdout(Stdio::piped()).stderr(theirs).spawn()?;
        drop(command); // and with it our copy of their end
        let reading = std::thread::spawn(move || {
            let (mut most, mut line, mut part) = (0.0_f64, Vec::new(), [0; 4096]);
            // When the other end is closed, reading is an error.
            while let Ok(read @ 1..) = ours.read(&mut part) {
                line.extend_from_slice(&part[..read]);
                let Some(end) = line.iter().rposition(|byte| *byte == b'\r') else { continue };
                let whole = line.drain(..=end).collect::<Vec<_>>();
                let whole = String::from_utf8_lossy(&whole);
                most = whole.split('\r').filter_map(kept).fold(most, f64::max);
            }
            most
        });
        let output = child.wait_with_output()?;
        let kept = reading.join().expect("it does not panic");
        let text = String::from_utf8_lossy(&output.stdout);
        let [executions, ended, resident] = text.split_whitespace().collect::<Vec<_>>()[..] else {
            return Err(io::Error::other(format!("the process ended early: {}", output.status)));
        };
        let number = |text: &str| text.parse::<u64>().map_err(io::Error::other);
        Ok(Kept {
            name,
            model: model(memory),
            executions: number(executions)?,
            ended: ended == "true",
            kept,
            resident: number(resident)? as f64 / 1024.0,
        })
    }

    /// What a progress line says that is kept, in MiB.
    fn kept(line: &str) -> Option<f64> {
        let (_, told) = line.trim_end().strip_suffix(" kept")?.rsplit_once("; ")?;
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

//! The program: from its arguments to the table.

use std::env;
use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{ExitCode, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::args::{self, Args};
use crate::cargo::{self, Workspace};
use crate::facade::{self, Facade};
use crate::lock;
use crate::mirror::Mirror;
use crate::program;
use crate::row::Row;
use crate::table::table;

const FAILED: u8 = 1;
const NOT_RUN: u8 = 2;
const INTERRUPTED: u8 = 130;

/// The process group of what is running, or 0.
static GROUP: AtomicI32 = AtomicI32::new(0);
static IS_INTERRUPTED: AtomicBool = AtomicBool::new(false);

pub(crate) fn main() -> ExitCode {
    let mut given = env::args_os().skip(1).peekable();
    if given.next_if(|first| first == program::RUNNER).is_some() {
        return match program::run(given) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::from(INTERRUPTED),
            Err(error) => not_run(&error.to_string()),
        };
    }
    let args = match Args::parse(given.map(|arg| arg.to_string_lossy().into_owned())) {
        Ok(args) => args,
        Err(error) => return not_run(&format!("{error}; see cargo raceproof loom --help")),
    };
    if args.help {
        return if io::stdout().write_all(args::HELP.as_bytes()).is_ok() {
            ExitCode::SUCCESS
        } else {
            INTERRUPTED.into()
        };
    }
    match run(&args) {
        Ok(code) => code.into(),
        Err(error) => not_run(&error),
    }
}

fn not_run(error: &str) -> ExitCode {
    // Where that cannot be written, there is nobody to tell.
    let _ = writeln!(io::stderr(), "cargo raceproof: {error}");
    NOT_RUN.into()
}

/// Runs the tests and prints the table; the result is the exit code.
fn run(args: &Args) -> Result<u8, String> {
    let workspace = Workspace::find(args)?;
    let facade = Facade::find(args.facade.as_deref())?;
    let folder = workspace.target.join("raceproof");
    let _alone = alone(&folder).map_err(|error| of(&folder, &error))?;
    let mirror = Mirror::make(&folder, &workspace.root, &workspace.target)
        .map_err(|error| of(&folder, &error))?;
    let manifest = mirror.of(&workspace.manifest);
    cargo::complete_lock(&manifest, args.offline)?;
    let versions = lock::looms(&mirror.read_lock().map_err(|error| of(&folder, &error))?);
    let config = config(&workspace, &facade, &folder, &versions, args)?;
    mirror.free_loom().map_err(|error| of(&folder, &error))?;
    let reports = folder.join("reports");
    let fresh = fs::remove_dir_all(&reports).or_else(|error| match error.kind() {
        io::ErrorKind::NotFound => Ok(()),
        _ => Err(error),
    });
    fresh.and_then(|()| fs::create_dir(&reports)).map_err(|error| of(&reports, &error))?;

    let ended = test(args, &manifest, &config, &folder, mirror.tree())?;
    let rows = match fs::read_to_string(reports.join("rows")) {
        Ok(rows) => rows,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(of(&reports, &error)),
    };
    let mut rows: Vec<Row> = rows.lines().filter_map(Row::from_json).collect();
    rows.sort_by(|a, b| (&a.package, &a.test).cmp(&(&b.package, &b.test)));
    let interrupted =
        IS_INTERRUPTED.load(Ordering::SeqCst) || ended.code() == Some(INTERRUPTED.into());
    if rows.is_empty() && !ended.success() && !interrupted {
        // Cargo has said why.
        return Ok(NOT_RUN);
    }
    let mut told = format!("\n{}", table(&rows));
    if interrupted {
        told += "interrupted: there are more tests\n";
    }
    let is_told = match io::stdout().write_all(told.as_bytes()) {
        Ok(()) => true,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => false,
        Err(error) => return Err(format!("the table cannot be written: {error}")),
    };
    let is_bad = rows.iter().any(|row| row.verdict.is_bad());
    Ok(match () {
        () if interrupted || !is_told => INTERRUPTED,
        () if !ended.success() => NOT_RUN,
        () if is_bad => FAILED,
        () => 0,
    })
}

/// What is wrong, and where.
fn of(path: &Path, error: &io::Error) -> String {
    format!("{}: {error}", path.display())
}

/// Waits until no other run uses the folder.
fn alone(folder: &Path) -> io::Result<File> {
    fs::create_dir_all(folder)?;
    let lock = File::create(folder.join("lock"))?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let _ = writeln!(
                io::stderr(),
                "cargo raceproof: waits for another run in {}",
                folder.display()
            );
            lock.lock()?;
        }
        Err(TryLockError::Error(error)) => return Err(error),
    }
    Ok(lock)
}

/// Writes what cargo is told: packages in the place of loom, and who runs the tests.
fn config(
    workspace: &Workspace,
    facade: &Facade,
    folder: &Path,
    versions: &[String],
    args: &Args,
) -> Result<std::path::PathBuf, String> {
    if versions.is_empty() {
        return Err(match workspace.names_loom {
            true => {
                "loom does not come from a registry here, so nothing can take its place".to_owned()
            }
            false => format!("nothing in {} depends on loom", workspace.root.display()),
        });
    }
    let mut text = "[patch.crates-io]\n".to_owned();
    for version in versions {
        if !facade::serves(version) {
            return Err(format!(
                "loom {version} is asked for; there is an interface of 0.5 to 0.7"
            ));
        }
        let package = facade.write(folder, version).map_err(|error| of(folder, &error))?;
        text += &format!(
            "{:?} = {{ package = \"loom\", path = {package:?} }}\n",
            format!("loom-{version}")
        );
    }
    let target = match &args.target {
        Some(target) => target.clone(),
        None => cargo::host()?,
    };
    let own = env::current_exe().map_err(|error| error.to_string())?;
    text += &format!("[target.{target:?}]\nrunner = [{own:?}, {:?}]\n", program::RUNNER);
    let config = folder.join("config.toml");
    facade::write_if_new(&config, &text).map_err(|error| of(&config, &error))?;
    Ok(config)
}

/// Runs `cargo test` in a process group of its own, which does not outlive this process.
fn test(
    args: &Args,
    manifest: &Path,
    config: &Path,
    folder: &Path,
    tree: &Path,
) -> Result<ExitStatus, String> {
    let mut command = cargo::cargo();
    command
        .arg("--config")
        .arg(config)
        .arg("test")
        .arg("--manifest-path")
        .arg(manifest)
        .args(args.of_cargo());
    command.arg("--").args(&args.tests);
    let (variable, separator) = match env::var_os("CARGO_ENCODED_RUSTFLAGS") {
        Some(_) => ("CARGO_ENCODED_RUSTFLAGS", "\u{1f}"),
        None => ("RUSTFLAGS", " "),
    };
    let given = env::var(variable).unwrap_or_default();
    let given = given.split(separator).filter(|flag| !flag.is_empty()).map(str::to_owned).collect();
    command.env(variable, args::flags(&args.cfg, given).join(separator));
    command.env("CARGO_TARGET_DIR", folder.join("build"));
    command.env(program::FOLDER, folder.join("reports")).env(program::TREE, tree);
    command.env("RACEPROOF_COMMAND", again(args));
    match &args.limit {
        Some(limit) => command.env(program::LIMIT, limit),
        None => command.env_remove(program::LIMIT),
    };
    ctrlc::set_handler(|| {
        IS_INTERRUPTED.store(true, Ordering::SeqCst);
        end_group();
    })
    .map_err(|error| error.to_string())?;
    let mut child = command
        .stdin(Stdio::piped())
        .process_group(0)
        .spawn()
        .map_err(|error| format!("cargo cannot be run: {error}"))?;
    GROUP.store(child.id() as i32, Ordering::SeqCst);
    if IS_INTERRUPTED.load(Ordering::SeqCst) {
        end_group();
    }
    // Unlike `wait`, this leaves standard input open: the runners end when it is closed.
    let stdin = child.stdin.take();
    let ended = child.wait().map_err(|error| error.to_string());
    GROUP.store(0, Ordering::SeqCst);
    drop(stdin);
    ended
}

fn end_group() {
    if let Some(group) = Pid::from_raw(GROUP.load(Ordering::SeqCst)) {
        let _ = kill_process_group(group, Signal::KILL);
    }
}

/// The command, without what chooses among the tests of a program.
fn again(args: &Args) -> String {
    let cfg = args.cfg.iter().map(|name| format!(" --cfg {name}")).collect::<String>();
    let cargo = args.cargo.iter().map(|arg| format!(" {arg}")).collect::<String>();
    format!("cargo raceproof loom{cfg} --{cargo}")
}

//! What the command line asks for.

use std::path::PathBuf;

pub(crate) const HELP: &str = "\
Runs a crate's loom tests on raceproof, without a change of any file.

Usage: cargo raceproof loom [OPTIONS] [[--] ARGS]

ARGS are those of `cargo test`, as in `cargo raceproof loom -- --test loom -- queue`. The tests are built with
`--release` and `--cfg loom`, and with the crate's own versions of everything but loom. Documentation tests are left out.

Options:
      --cfg NAME       the flag that makes the crate use loom, if not `loom`; may be given several times
      --facade FOLDER  raceproof's package `loom`; by default that of the sources that this program was built from
      --limit SECONDS  stops a test after this much time
  -h, --help           prints this

Environment:
  RUSTFLAGS       further flags; if one is a `--cfg` whose name ends in `loom`, no other is added
  RACEPROOF_LOOM  as --facade
  LOOM_*, RACEPROOF_*  limits of the searches, as the package `loom` and `raceproof::Explorer::environment` say

Exit codes:
    0  every test passes
    1  a test fails, crashes or is not finished
    2  nothing could be run: bad arguments, no loom, no package to take its place, a test that does not compile
  130  ended before all was done: by Ctrl-C, or because nobody reads the results any more
";

/// What the command line asks for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Args {
    pub(crate) help: bool,
    pub(crate) cfg: Vec<String>,
    pub(crate) facade: Option<PathBuf>,
    pub(crate) limit: Option<String>,
    /// Where the package is, if not in this folder.
    pub(crate) manifest: Option<PathBuf>,
    pub(crate) target: Option<String>,
    pub(crate) offline: bool,
    /// What `cargo test` is given, up to its own `--`.
    pub(crate) cargo: Vec<String>,
    /// What the test programs are given.
    pub(crate) tests: Vec<String>,
}

/// Arguments of `cargo test` that say which targets are tested.
const TARGETS: &[&str] = &[
    "--lib",
    "--bin",
    "--bins",
    "--test",
    "--tests",
    "--example",
    "--examples",
    "--bench",
    "--benches",
    "--all-targets",
    "--doc",
];

impl Args {
    /// The arguments behind the name of the program.
    pub(crate) fn parse(args: impl IntoIterator<Item = String>) -> Result<Args, String> {
        let mut args = args.into_iter().peekable();
        // Cargo passes on the name of the subcommand.
        args.next_if(|first| first == "raceproof");
        let mut parsed = Args::default();
        match args.next().as_deref() {
            Some("loom") => {}
            None | Some("-h" | "--help" | "help") => parsed.help = true,
            Some(other) => return Err(format!("`{other}` is no command of it; `loom` is")),
        }
        let mut left = Vec::new();
        while let Some(arg) = args.next() {
            let (name, value) = match arg.split_once('=') {
                Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                None => (arg.clone(), None),
            };
            let mut value =
                || value.clone().or_else(|| args.next()).ok_or(format!("{name} lacks its value"));
            match name.as_str() {
                "-h" | "--help" => parsed.help = true,
                "--cfg" => parsed.cfg.push(value()?),
                "--facade" => parsed.facade = Some(value()?.into()),
                "--limit" => {
                    let seconds = value()?;
                    let valid = seconds.parse::<f64>().is_ok_and(|time| time > 0.0 && time < 1e9);
                    parsed.limit =
                        Some(valid.then_some(seconds).ok_or("--limit takes a number of seconds")?);
                }
                "--" => break,
                // From here on they are cargo's.
                _ => {
                    left.push(arg);
                    break;
                }
            }
        }
        left.extend(args);
        parsed.take_cargo(left)?;
        Ok(parsed)
    }

    fn take_cargo(&mut self, args: Vec<String>) -> Result<(), String> {
        let mut args = args.into_iter();
        while let Some(arg) = args.next() {
            let value = |name: &str| {
                arg.strip_prefix(name).and_then(|rest| rest.strip_prefix('=')).map(str::to_owned)
            };
            if arg == "--" {
                self.tests = args.by_ref().collect();
            } else if arg == "--locked" {
                // The lock file stays as it is; the copy that is used may not.
            } else if arg == "--frozen" || arg == "--offline" {
                self.offline = true;
            } else if arg == "--manifest-path" {
                self.manifest = Some(args.next().ok_or("--manifest-path lacks its value")?.into());
            } else if let Some(path) = value("--manifest-path") {
                self.manifest = Some(path.into());
            } else if arg == "--target" {
                self.target = Some(args.next().ok_or("--target lacks its value")?);
            } else if let Some(target) = value("--target") {
                self.target = Some(target);
            } else if arg == "--no-run" {
                return Err(
                    "--no-run: there is nothing to tell of tests that are not run".to_owned()
                );
            } else {
                self.cargo.push(arg);
            }
        }
        Ok(())
    }

    /// All of what `cargo test` is given, before its own `--`.
    pub(crate) fn of_cargo(&self) -> Vec<String> {
        let mut args = self.cargo.clone();
        let has = |names: &[&str]| {
            self.cargo.iter().any(|arg| {
                names.contains(&arg.split_once('=').map_or(arg.as_str(), |(name, _)| name))
            })
        };
        if !has(&["--release", "-r", "--profile"]) {
            args.push("--release".to_owned());
        }
        if !has(TARGETS) {
            args.push("--tests".to_owned());
        }
        if self.offline {
            args.push("--offline".to_owned());
        }
        if let Some(target) = &self.target {
            args.extend(["--target".to_owned(), target.clone()]);
        }
        args
    }
}

/// The flags for the compiler: those there are, and what makes a crate use loom.
pub(crate) fn flags(cfg: &[String], given: Vec<String>) -> Vec<String> {
    let is_loom = |flag: &String| {
        let name = flag.strip_prefix("--cfg").unwrap_or(flag).trim_start_matches('=');
        name.ends_with("loom")
    };
    let default = ["loom".to_owned()];
    let cfg = match cfg {
        [] if given.iter().any(is_loom) => &[],
        [] => &default[..],
        some => some,
    };
    let added = cfg.iter().flat_map(|name| ["--cfg".to_owned(), name.clone()]);
    given.into_iter().chain(added).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Args, String> {
        Args::parse(line.split(' ').map(str::to_owned))
    }

    #[test]
    fn arguments_are_of_three() {
        let args = parse("raceproof loom --cfg a --limit=3 -- --test loom -- --exact b").unwrap();
        assert_eq!(
            (args.cfg.as_slice(), args.limit.as_deref()),
            (&["a".to_owned()][..], Some("3"))
        );
        assert_eq!(args.of_cargo(), ["--test", "loom", "--release"]);
        assert_eq!(args.tests, ["--exact", "b"]);
        assert_eq!(parse("loom queue").unwrap().of_cargo(), ["queue", "--release", "--tests"]);
        assert_eq!(parse("loom").unwrap().of_cargo(), ["--release", "--tests"]);
    }

    #[test]
    fn what_cannot_be_passed_on_is_taken() {
        let args =
            parse("loom --manifest-path=a/Cargo.toml --frozen --profile fast --doc").unwrap();
        assert_eq!(args.manifest, Some("a/Cargo.toml".into()));
        assert_eq!(args.of_cargo(), ["--profile", "fast", "--doc", "--offline"]);
    }

    #[test]
    fn mistakes_are_told() {
        for line in ["tokio", "loom --limit soon", "loom --limit", "loom --cfg", "loom --no-run"] {
            assert!(parse(line).is_err(), "{line}");
        }
        assert!(
            ["raceproof", "raceproof --help", "loom -h"].map(parse).map(|it| it.unwrap().help)
                == [true; 3]
        );
    }

    #[test]
    fn a_flag_for_loom_is_added_once() {
        let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(flags(&[], words("-C debuginfo=0")), words("-C debuginfo=0 --cfg loom"));
        assert_eq!(flags(&[], words("--cfg oneshot_loom")), words("--cfg oneshot_loom"));
        assert_eq!(flags(&[], words("--cfg=loom")), words("--cfg=loom"));
        assert_eq!(flags(&words("a b"), words("--cfg loom")), words("--cfg loom --cfg a --cfg b"));
    }
}

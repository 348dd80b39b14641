//! `raceproof stress`: how often luck finds what a checker finds for certain.

use super::{args, exit};
use crate::{
    backend::Engine,
    check::{self, Ending, Interrupt, Limits, Report, Runs, Verdict},
    program::{Expect, FailureKind, Scenario, Variant},
    report::{
        sink::Sink,
        style::{BAD, GOOD, HEAD, paint},
        text::{self, duration, one_line, thousands},
    },
};
use std::{
    io::{self, Write},
    time::Duration,
};

/// Runs a variant on real threads again and again, and counts how the runs end
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A variant (`counter/unlocked`), or a scenario for its first variant that goes wrong
    id: String,
    /// How many runs
    #[arg(long, short = 'n', value_name = "N", default_value_t = 1000,
          value_parser = clap::value_parser!(u64).range(1..))]
    runs: u64,
    /// Whose locks the threads use
    #[arg(long, short, value_name = "E", default_value = "std", value_parser = args::native())]
    engine: Engine,
    /// Runs that hang, after which no further run is begun: each takes a third of a second
    #[arg(long, value_name = "N", default_value_t = 10,
          value_parser = clap::value_parser!(u64).range(1..))]
    limit_hangs: u64,
    /// Seconds after which no further run is begun
    #[arg(long, value_name = "S", default_value_t = 30,
          value_parser = clap::value_parser!(u64).range(1..=86_400))]
    limit_seconds: u64,
}

/// Runs the command; the result is the exit code.
///
/// # Errors
///
/// Unknown names, an engine that this build lacks, output that cannot be written.
pub fn run(args: &Args) -> anyhow::Result<u8> {
    let (scenario, variant) = args::find_variant(&args.id)?;
    let engine = args::built(args.engine)?;
    let limits = Limits { time: Duration::from_secs(args.limit_seconds), ..Limits::default() };
    let interrupt = args::on_ctrl_c()?;
    let runs = Runs { runs: args.runs, hangs: args.limit_hangs };
    let report = check::stress(scenario, variant, engine, &limits, runs, &interrupt);
    let Some(report) = report else { return Ok(exit::INTERRUPTED) };
    let mut out = Sink::stdout();
    write(&mut out, &report, variant, runs, text::columns(text::terminal()))?;
    let Verdict::Passed { .. } = report.verdict else { return Ok(exit::NOT_AS_EXPECTED) };
    let is_fine = report.endings.iter().all(|(ending, _)| is_expected(variant, ending));
    Ok(if is_fine { exit::AS_EXPECTED } else { exit::NOT_AS_EXPECTED })
}

fn is_failure(ending: &Ending) -> bool {
    matches!(ending, Ending::Failed(..))
}

/// How many of the endings are such.
fn total(endings: &[(Ending, u64)], such: impl Fn(&Ending) -> bool) -> u64 {
    endings.iter().filter(|(ending, _)| such(ending)).map(|(_, number)| number).sum()
}

/// How many runs luck finds the failure in, and of how many, while checks wait for luck. `None` if interrupted.
pub(super) fn luck(
    scenario: &'static Scenario,
    variant: &'static Variant,
    interrupt: &Interrupt,
) -> Option<(u64, u64)> {
    let limits = Limits::default();
    let limits = Limits { time: limits.luck, ..limits };
    let runs = Runs { runs: 1000, hangs: 1 };
    let report = check::stress(scenario, variant, Engine::Std, &limits, runs, interrupt)?;
    let found = |ending: &Ending| is_failure(ending) && is_expected(variant, ending);
    Some((total(&report.endings, found), total(&report.endings, |_| true)))
}

/// Whether a run of `variant` may end so.
fn is_expected(variant: &Variant, ending: &Ending) -> bool {
    let claim = variant.claim_on(Engine::Std);
    let any_outcome = claim.outcomes.is_empty() || !variant.outcomes_are_for(Engine::Std);
    match (ending, claim.expect) {
        (Ending::Failed(found, said), Expect::Fails { kind, message }) => {
            // Real threads that hang cannot say what they wait for.
            *found == kind && (kind == FailureKind::Deadlock || said.contains(message))
        }
        (Ending::Failed(..), _) => false,
        (Ending::Well(Some(outcome)), Expect::Refuses { error }) => {
            *outcome == format!("refused: {error}")
        }
        (Ending::Well(None), Expect::Refuses { .. }) => false,
        (Ending::Well(Some(outcome)), _) => {
            any_outcome || claim.outcomes.contains(&outcome.as_str())
        }
        (Ending::Well(None), _) => any_outcome,
    }
}

fn write(
    out: &mut impl Write,
    report: &Report,
    variant: &Variant,
    Runs { runs, hangs }: Runs,
    room: usize,
) -> io::Result<()> {
    let name = format!("{}/{} on {}", report.scenario, report.variant, report.engine);
    let done = match &report.verdict {
        Verdict::Passed { executions, .. } => *executions,
        Verdict::Inconclusive { reason } | Verdict::NotApplicable { reason } => {
            writeln!(out, "{}: {}: {reason}", paint(HEAD, name), report.verdict.name())?;
            return out.flush();
        }
        _ => 0,
    };
    let of = if done < runs { format!(" of {}", thousands(runs)) } else { String::new() };
    let (number, time) = (thousands(done), duration(report.elapsed));
    writeln!(out, "{}: {number}{of} runs of {} in {time}\n", paint(HEAD, name), report.program)?;
    let endings = alike(&report.endings, variant);
    write!(out, "{}", histogram(&endings, variant, room))?;
    if variant.goes_wrong() {
        let failed = thousands(total(&endings, is_failure));
        writeln!(out, "\nLuck found the failure in {failed} of {number} runs.")?;
    }
    let hang = |ending: &Ending| matches!(ending, Ending::Failed(FailureKind::Deadlock, _));
    if done < runs && total(&report.endings, hang) >= hangs {
        writeln!(out, "Stopped early: {hangs} of them hang, which is enough (`--limit-hangs`).")?;
    } else if done < runs {
        writeln!(out, "Stopped early: the time is over (`--limit-seconds`).")?;
    }
    out.flush()
}

/// The ending in one line.
fn said(ending: &Ending) -> String {
    match ending {
        Ending::Well(Some(outcome)) => one_line(outcome),
        Ending::Well(None) => "ends well".into(),
        Ending::Failed(kind, message) if message.is_empty() => kind.to_string(),
        Ending::Failed(kind, message) => format!("{kind}: {}", one_line(message)),
    }
}

/// The endings, those taken together which differ only in the figures of a size that no outcomes are declared for:
/// at such a size nearly every run has figures of its own.
fn alike(endings: &[(Ending, u64)], variant: &Variant) -> Vec<(Ending, u64)> {
    if variant.outcomes_are_for(Engine::Std) {
        return endings.to_vec();
    }
    let mut taken: Vec<(Ending, u64)> = Vec::new();
    for (ending, number) in endings {
        let ending = match (ending, variant.claim_on(Engine::Std).expect) {
            (Ending::Well(_), _) => Ending::Well(None),
            (Ending::Failed(kind, _), Expect::Fails { message, .. })
                if is_expected(variant, ending) =>
            {
                Ending::Failed(*kind, message.into())
            }
            _ => ending.clone(),
        };
        match taken.iter_mut().find(|(other, _)| *other == ending) {
            Some((_, total)) => *total += number,
            None => taken.push((ending, *number)),
        }
    }
    taken
}

/// A bar for each ending, the most frequent first.
fn histogram(endings: &[(Ending, u64)], variant: &Variant, room: usize) -> String {
    let total = total(endings, |_| true).max(1);
    let widest = endings.iter().map(|(ending, _)| text::width(&said(ending))).max().unwrap_or(0);
    // Around the bar: the mark, the gaps, the percentage and the number.
    let room = room.saturating_sub(widest + 24).max(10);
    let mut sorted: Vec<_> = endings.iter().collect();
    sorted.sort_by_key(|(_, number)| std::cmp::Reverse(number));
    let mut out = String::new();
    for (ending, number) in sorted {
        let share = *number as f64 / total as f64;
        let bar = bar(share, room);
        let mark = if is_expected(variant, ending) { "✓" } else { "✗" };
        let style = if is_failure(ending) { BAD } else { GOOD };
        let said = said(ending);
        let fill = " ".repeat(widest - text::width(&said));
        out += &format!(
            "  {} {fill}  {} {:>5.1} %  {:>7}\n",
            paint(style, format_args!("{mark} {said}")),
            paint(style, bar),
            share * 100.0,
            thousands(*number)
        );
    }
    out
}

/// A bar of this share of `room` columns, in eighths of a column; never empty.
fn bar(share: f64, room: usize) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 8 × room")]
    let eighths = ((share * room as f64 * 8.0).round() as usize).clamp(1, room * 8);
    let bar = "█".repeat(eighths / 8) + EIGHTHS[eighths % 8];
    let fill = " ".repeat(room - text::width(&bar));
    bar + &fill
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{backend::Backend, program::Program};

    // Variants of the registry would have all of it compiled once more, for these tests.
    #[derive(Debug)]
    struct Idle {
        size: u32,
    }

    impl Program for Idle {
        fn run<B: Backend>(&self) {
            assert!(self.size > 0);
        }
    }

    const HOLDS: Variant = Variant::new("holds", &Idle { size: 1 }, "").outcomes(&["2"]);
    /// It runs on real threads at another size.
    const LOSES: Variant = Variant::new("loses", &Idle { size: 1 }, "")
        .fails(FailureKind::Assertion, "lost update")
        .natively(&Idle { size: 2 })
        .outcomes(&["1", "2"]);
    const PARTIAL: Variant = Variant::new("partial", &Idle { size: 1 }, "")
        .fails(FailureKind::Assertion, "partial sum")
        .outcomes(&["7"]);
    const STICKS: Variant = Variant::new("sticks", &Idle { size: 1 }, "").deadlocks("accounts");

    const HANGS: Ending = Ending::Failed(FailureKind::Deadlock, String::new());

    fn failed(message: &str) -> Ending {
        Ending::Failed(FailureKind::Assertion, message.into())
    }

    fn outcome(outcome: &str) -> Ending {
        Ending::Well(Some(outcome.into()))
    }

    #[test]
    fn an_ending_is_judged_by_what_the_variant_must_do() {
        assert!(is_expected(&LOSES, &failed("lost update")));
        assert!(is_expected(&LOSES, &outcome("199999")), "of a size without declared outcomes");
        assert!(!is_expected(&LOSES, &failed("overdraft")));
        assert!(is_expected(&PARTIAL, &outcome("7")) && !is_expected(&PARTIAL, &outcome("8")));
        assert!(!is_expected(&PARTIAL, &Ending::Well(None)), "its outcomes are declared");
        assert!(!is_expected(&LOSES, &HANGS));
        assert!(!is_expected(&HOLDS, &failed("lost update")));
        assert!(!is_expected(&HOLDS, &outcome("assertion: lost update")));
        assert!(is_expected(&STICKS, &HANGS));
        assert!(!is_expected(&HOLDS, &HANGS));
        assert!(is_expected(&Variant::new("free", &Idle { size: 1 }, ""), &Ending::Well(None)));
    }

    #[test]
    fn endings_that_differ_in_figures_are_taken_together() {
        let endings = [
            (failed("lost update: 7"), 3),
            (outcome("8"), 1),
            (failed("lost update: 6"), 2),
            (failed("overdraft"), 1),
        ];
        let taken = alike(&endings, &LOSES);
        assert_eq!(
            taken,
            [(failed("lost update"), 5), (Ending::Well(None), 1), (failed("overdraft"), 1)]
        );
        assert_eq!(alike(&endings, &HOLDS), endings);
    }

    #[test]
    fn bars_are_as_long_as_their_share() {
        assert_eq!(bar(1.0, 4), "████");
        assert_eq!(bar(0.5, 4), "██  ");
        assert_eq!(bar(0.0001, 4), "▏   ");
        assert_eq!(bar(0.28, 4), "█▏  ");
    }

    #[test]
    fn a_histogram() {
        let endings = [(outcome("2"), 998), (failed("lost update"), 2)];
        let drawing = histogram(&endings, &LOSES, 80);
        insta::assert_snapshot!(anstream::adapter::strip_str(&drawing).to_string());
    }
}

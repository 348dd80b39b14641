//! `raceproof stress`: how often luck finds what a checker finds for certain.

use super::{args, exit};
use crate::{
    backend::{Engine, MemoryModel},
    check::{self, Limits, Report, Verdict},
    program::{Expect, FailureKind, Variant},
    report::{
        failure::one_line,
        sink::Sink,
        style::{BAD, GOOD, HEAD, paint},
        text::{self, duration, thousands},
    },
};
use std::{
    collections::BTreeMap,
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
    /// The locks that the threads use
    #[arg(long, short, value_name = "E", default_value = "std", value_parser = args::native())]
    engine: Engine,
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
    let report = check::stress(scenario, variant, engine, &limits, args.runs, &interrupt);
    let Some(report) = report else { return Ok(exit::INTERRUPTED) };
    let mut out = Sink::stdout();
    write(&mut out, &report, variant, args.runs, text::columns(text::terminal()))?;
    let Verdict::Passed { .. } = report.verdict else { return Ok(exit::NOT_AS_EXPECTED) };
    let is_fine = report.outcomes.keys().all(|ending| is_expected(variant, ending));
    Ok(if is_fine { exit::AS_EXPECTED } else { exit::NOT_AS_EXPECTED })
}

/// In what way the run that ended so went wrong, if it did, and what it said.
fn failure(ending: &str) -> Option<(FailureKind, &str)> {
    if ending == FailureKind::Deadlock.to_string() {
        return Some((FailureKind::Deadlock, ""));
    }
    let message = ending.strip_prefix("assertion: ")?;
    Some((FailureKind::Assertion, message))
}

/// Whether a run of `variant` may end so.
fn is_expected(variant: &Variant, ending: &str) -> bool {
    let claim = variant.claim_under(MemoryModel::C11);
    match (failure(ending), claim.expect) {
        (Some((found, said)), Expect::Fails { kind, message }) => {
            // Real threads that hang cannot say what they wait for.
            found == kind && (kind == FailureKind::Deadlock || said.contains(message))
        }
        (Some(_), _) => false,
        (None, Expect::Refuses { error }) => ending == format!("refused: {error}"),
        (None, _) => claim.outcomes.is_empty() || claim.outcomes.contains(&ending),
    }
}

fn write(
    out: &mut impl Write,
    report: &Report,
    variant: &Variant,
    runs: u64,
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
    write!(out, "{}", histogram(&report.outcomes, variant, room))?;
    if variant.goes_wrong() {
        let failed = report.outcomes.iter().filter(|(ending, _)| failure(ending).is_some());
        let failed = thousands(failed.map(|(_, number)| number).sum());
        writeln!(out, "\nLuck found the failure in {failed} of {number} runs.")?;
    }
    out.flush()
}

/// The ending in one line.
fn said(ending: &str) -> String {
    one_line(&ending.replacen("assertion: assertion ", "assertion ", 1))
}

/// A bar for each ending, the most frequent first.
fn histogram(endings: &BTreeMap<String, u64>, variant: &Variant, room: usize) -> String {
    let total = endings.values().sum::<u64>().max(1);
    let widest = endings.keys().map(|ending| text::width(&said(ending))).max().unwrap_or(0);
    // Around the bar: the mark, the gaps, the percentage and the number.
    let room = room.saturating_sub(widest + 24).max(10);
    let mut sorted: Vec<_> = endings.iter().collect();
    sorted.sort_by_key(|&(_, number)| std::cmp::Reverse(number));
    let mut out = String::new();
    for (ending, &number) in sorted {
        let share = number as f64 / total as f64;
        let bar = bar(share, room);
        let mark = if is_expected(variant, ending) { "✓" } else { "✗" };
        let style = if failure(ending).is_some() { BAD } else { GOOD };
        let said = said(ending);
        let fill = " ".repeat(widest - text::width(&said));
        out += &format!(
            "  {} {fill}  {} {:>5.1} %  {:>7}\n",
            paint(style, format_args!("{mark} {said}")),
            paint(style, bar),
            share * 100.0,
            thousands(number)
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
    use crate::scenarios;

    fn variant(scenario: &str, variant: &str) -> &'static Variant {
        scenarios::find(scenario).and_then(|scenario| scenario.variant(variant)).unwrap()
    }

    #[test]
    fn an_ending_is_judged_by_what_the_variant_must_do() {
        let unlocked = variant("counter", "unlocked");
        assert!(is_expected(unlocked, "assertion: lost update"));
        assert!(is_expected(unlocked, "2"));
        assert!(!is_expected(unlocked, "3"));
        assert!(!is_expected(unlocked, "assertion: overdraft"));
        assert!(!is_expected(unlocked, "deadlock"));
        let locked = variant("counter", "locked");
        assert!(!is_expected(locked, "assertion: lost update"));
        assert!(is_expected(variant("transfer", "opposite-order"), "deadlock"));
        assert!(!is_expected(variant("transfer", "ordered"), "deadlock"));
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
        let endings = [("2".into(), 998), ("assertion: lost update".into(), 2)].into();
        let drawing = histogram(&endings, variant("counter", "unlocked"), 80);
        insta::assert_snapshot!(anstream::adapter::strip_str(&drawing).to_string());
    }
}

//! The table at the end.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::Duration;

use crate::row::{Row, Verdict};

const HEAD: [&str; 5] = ["test", "verdict", "executions", "time", "see"];

/// A row for each test, what the letters stand for, and how many there are of each verdict.
pub(crate) fn table(rows: &[Row]) -> String {
    let packages: BTreeSet<&str> = rows.iter().map(|row| row.package.as_str()).collect();
    let mut notes: Vec<&str> = Vec::new();
    let mut lines = vec![HEAD.map(str::to_owned)];
    for row in rows {
        let test = if packages.len() > 1 {
            format!("{} {}", row.package, row.test)
        } else {
            row.test.clone()
        };
        let mut letters = Vec::new();
        for note in &row.notes {
            let at = notes.iter().position(|there| there == note).unwrap_or_else(|| {
                notes.push(note);
                notes.len() - 1
            });
            letters.push(letter(at));
        }
        let executions = row.executions.map_or("-".to_owned(), grouped);
        lines.push([
            test,
            row.verdict.word().to_owned(),
            executions,
            told(row.time),
            letters.join(" "),
        ]);
    }
    let widths: [usize; 5] = std::array::from_fn(|column| {
        lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0)
    });
    let mut text = String::new();
    for [test, verdict, executions, time, see] in &lines {
        let [a, b, c, d, _] = widths;
        let line = format!("{test:a$}  {verdict:b$}  {executions:>c$}  {time:>d$}  {see}");
        let _ = writeln!(text, "{}", line.trim_end());
    }
    if !notes.is_empty() {
        text.push('\n');
    }
    for (at, note) in notes.iter().enumerate() {
        let _ = writeln!(text, "{}: {note}", letter(at));
    }
    let _ = writeln!(text, "\n{}", summary(rows));
    text
}

/// How many tests there are of each verdict.
fn summary(rows: &[Row]) -> String {
    let counts = Verdict::ALL
        .map(|verdict| (verdict, rows.iter().filter(|row| row.verdict == verdict).count()));
    let counts = counts.iter().filter(|(_, count)| *count > 0);
    let counts: Vec<_> =
        counts.map(|(verdict, count)| format!("{count} {}", verdict.word())).collect();
    match rows.len() {
        0 => "no test was run".to_owned(),
        1 => format!("1 test: {}", counts.join("; ")),
        all => format!("{all} tests: {}", counts.join("; ")),
    }
}

/// a, b, …, z, aa, ab, …
fn letter(at: usize) -> String {
    let last = char::from(b'a' + (at % 26) as u8);
    if at < 26 { last.to_string() } else { letter(at / 26 - 1) + &last.to_string() }
}

/// A number with its digits in groups of three.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A time with its unit.
pub(crate) fn told(time: Duration) -> String {
    match time.as_secs_f64() {
        seconds if seconds >= 10.0 => format!("{seconds:.0} s"),
        seconds if seconds >= 1.0 => format!("{seconds:.1} s"),
        seconds if seconds >= 0.001 => format!("{:.0} ms", seconds * 1e3),
        _ => "<1 ms".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row::row;

    #[test]
    fn a_table_has_a_row_for_each_test_and_a_letter_for_each_note() {
        let notes = |notes: &[&str]| notes.iter().map(|&note| note.to_owned()).collect();
        let rows = [
            Row {
                executions: Some(1_234),
                notes: notes(&["one", "two"]),
                ..row("loom::a", Verdict::Proved)
            },
            Row { notes: notes(&["two"]), ..row("loom::bb", Verdict::Failed) },
        ];
        let expected = "\
test      verdict  executions  time  see
loom::a   proved        1,234  2 ms  a b
loom::bb  FAILED            -  2 ms  b

a: one
b: two

2 tests: 1 proved; 1 FAILED
";
        assert_eq!(table(&rows), expected);
        assert!(table(&[]).ends_with("\nno test was run\n"));
        let other = Row { package: "q".to_owned(), ..row("loom::a", Verdict::Ignored) };
        assert!(table(&[rows[0].clone(), other]).contains("\nq loom::a  ignored"));
    }

    #[test]
    fn numbers_times_and_letters_are_as_people_write_them() {
        assert_eq!([7, 999, 1_000, 1_234_567].map(grouped), ["7", "999", "1,000", "1,234,567"]);
        assert_eq!([0, 25, 26, 27, 701, 702].map(letter), ["a", "z", "aa", "ab", "zz", "aaa"]);
        assert_eq!(
            [10, 1_500, 1_500_000, 12_000_000].map(|us| told(Duration::from_micros(us))),
            ["<1 ms", "2 ms", "1.5 s", "12 s"]
        );
    }
}

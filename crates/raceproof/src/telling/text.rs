//! Lines of text for people, and the few colours in them.

use std::fmt;
use std::time::Duration;

/// A colour, for one meaning. No meaning hangs on a colour alone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Style {
    /// Like the text around it.
    Plain,
    /// As it should be.
    Good,
    /// Not as it should be.
    Bad,
    /// What a reader should look at first.
    Key,
    /// Headings.
    Head,
    /// Of less importance than the rest.
    Faint,
    /// What can be typed.
    Code,
}

impl Style {
    /// `text` in this style, if colours are wanted.
    pub fn paint(self, colour: bool, text: impl fmt::Display) -> String {
        let code = match self {
            _ if !colour => return text.to_string(),
            Style::Plain => return text.to_string(),
            Style::Good => "32",
            Style::Bad => "1;31",
            Style::Key => "1;33",
            Style::Head => "1",
            Style::Faint => "2",
            Style::Code => "36",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }
}

/// How many columns `text` takes.
pub fn width(text: &str) -> usize {
    text.chars().count()
}

/// How many columns the longest word of `text` takes.
pub(crate) fn longest_word(text: &str) -> usize {
    text.split_whitespace().map(width).max().unwrap_or(0)
}

/// Breaks `text` between words into lines of at most `room` columns. Only a word that is longer
/// than a whole line is cut.
pub fn wrap(text: &str, room: usize) -> Vec<String> {
    let room = room.max(1);
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let mut word: Vec<char> = word.chars().collect();
        let line = lines.last_mut().expect("never empty");
        let used = width(line);
        if used > 0 && used + 1 + word.len() <= room {
            line.push(' ');
        } else if used > 0 {
            lines.push(String::new());
        }
        while word.len() > room {
            let rest = word.split_off(room);
            lines.last_mut().expect("never empty").extend(word);
            lines.push(String::new());
            word = rest;
        }
        lines.last_mut().expect("never empty").extend(word);
    }
    lines
}

/// `number` with a comma before every three digits.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// How many things there are: "1 execution", "4,096 executions".
pub fn count(number: u64, thing: &str) -> String {
    let end = if number == 1 { "" } else { "s" };
    format!("{} {thing}{end}", thousands(number))
}

/// `elapsed` in milliseconds or seconds.
pub fn duration(elapsed: Duration) -> String {
    match elapsed.as_millis() {
        0 => "<1 ms".into(),
        millis @ 1..1000 => format!("{millis} ms"),
        _ => format!("{:.1} s", elapsed.as_secs_f64()),
    }
}

/// How long something will take, about: in the unit that says it in few digits.
pub(crate) fn about_long(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    match seconds {
        ..1.0 => "less than 1 s".into(),
        ..100.0 => format!("{seconds:.0} s"),
        ..6_000.0 => format!("{:.0} min", seconds / 60.0),
        ..172_800.0 => format!("{:.0} h", seconds / 3_600.0),
        ..63_072_000.0 => format!("{} days", thousands((seconds / 86_400.0).round() as u64)),
        _ => format!("{} years", about((seconds / 31_536_000.0).round() as u64)),
    }
}

/// A number with two digits that count: "840", "27,000", "1.2 million".
pub(crate) fn about(number: u64) -> String {
    let unit = 10_u64.pow(number.max(10).ilog10() - 1);
    let number = (number / unit + u64::from(number % unit >= unit.div_ceil(2))) * unit;
    let large =
        [(1e18, "trillion million"), (1e12, "trillion"), (1e9, "billion"), (1e6, "million")];
    match large.into_iter().find(|(one, _)| number as f64 >= *one) {
        Some((one, name)) if number as f64 >= 10.0 * one => {
            format!("{} {name}", thousands((number as f64 / one).round() as u64))
        }
        Some((one, name)) => format!("{:.1} {name}", number as f64 / one),
        None => thousands(number),
    }
}

/// So much memory: "64 MiB".
pub(crate) fn bytes(bytes: u64) -> String {
    let units = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    match units.into_iter().find(|(unit, _)| bytes >= *unit) {
        Some((unit, name)) if bytes < 10 * unit => {
            format!("{:.1} {name}", bytes as f64 / unit as f64)
        }
        Some((unit, name)) => format!("{} {name}", thousands(bytes / unit)),
        None => count(bytes, "byte"),
    }
}

/// A panic's message in one line, without what `assert_eq!` puts around it.
pub fn one_line(message: &str) -> String {
    let mut lines = message.lines().map(str::trim).filter(|line| !line.is_empty());
    let mut text = lines.next().unwrap_or_default().to_owned();
    for comparison in ["==", "!=", "matches"] {
        let failed = format!("assertion `left {comparison} right` failed");
        text = text.replace(&format!("{failed}: "), "");
        text = text.replace(&failed, &format!("left {comparison} right fails"));
    }
    let rest: Vec<_> = lines.collect();
    if rest.is_empty() { text } else { format!("{text} ({})", rest.join(", ")) }
}

/// `text` in at most `room` columns, with `…` for what is cut off.
pub(crate) fn cut(text: &str, room: usize) -> String {
    if width(text) <= room {
        return text.to_owned();
    }
    text.chars().take(room.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_broken_between_words_and_never_too_long() {
        assert_eq!(wrap("waits for account b", 9), ["waits for", "account b"]);
        assert_eq!(wrap("an incomprehensible word", 6), ["an", "incomp", "rehens", "ible", "word"]);
        assert_eq!(wrap("", 5), [""]);
    }

    #[test]
    fn numbers_and_times_are_easy_to_read() {
        let texts = [0, 7, 414, 1000, 27_875, 1_234_567].map(thousands);
        assert_eq!(texts, ["0", "7", "414", "1,000", "27,875", "1,234,567"]);
        assert_eq!([1, 4096].map(|n| count(n, "step")), ["1 step", "4,096 steps"]);
        let texts = [999, 1_000, 12_345_678].map(Duration::from_micros).map(duration);
        assert_eq!(texts, ["<1 ms", "1 ms", "12.3 s"]);
    }

    #[test]
    fn what_is_known_about_only_has_few_digits() {
        let texts = [7, 842, 27_875, 999_999, 1_234_567, 12_500_000, 1_996_000_000].map(about);
        let expected =
            ["7", "840", "28,000", "1.0 million", "1.2 million", "13 million", "2.0 billion"];
        assert_eq!(texts, expected);
        assert_eq!(about(u64::MAX), "18 trillion million");
        let texts = [0.2, 40.4, 600.0, 7_300.0, 200_000.0, 1e9].map(Duration::from_secs_f64);
        let expected = ["less than 1 s", "40 s", "10 min", "2 h", "2 days", "32 years"];
        assert_eq!(texts.map(about_long), expected);
        let texts = [1, 1_023, 1_536, 64 << 20, 5 << 30].map(bytes);
        assert_eq!(texts, ["1 byte", "1,023 bytes", "1.5 KiB", "64 MiB", "5.0 GiB"]);
    }

    #[test]
    fn what_assert_eq_says_becomes_one_line() {
        let said = "assertion `left == right` failed: lost update\n  left: 1\n right: 2";
        assert_eq!(one_line(said), "lost update (left: 1, right: 2)");
        let said = "assertion `left == right` failed\n  left: 1\n right: 2";
        assert_eq!(one_line(said), "left == right fails (left: 1, right: 2)");
        assert_eq!(one_line(""), "");
        assert_eq!((cut("a long message", 6), cut("short", 5)), ("a lon…".into(), "short".into()));
    }
}

//! Numbers, times, and lines of text for people.

use std::time::Duration;

/// `number` with a comma before every three digits.
#[must_use]
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

/// `elapsed` in milliseconds or seconds.
#[must_use]
pub fn duration(elapsed: Duration) -> String {
    match elapsed.as_millis() {
        0 => "<1 ms".into(),
        millis @ 1..1000 => format!("{millis} ms"),
        _ => format!("{:.1} s", elapsed.as_secs_f64()),
    }
}

/// How many things there are: "1 engine", "4 engines".
#[must_use]
pub fn count(number: usize, thing: &str) -> String {
    let end = if number == 1 { "" } else { "s" };
    format!("{} {thing}{end}", thousands(number as u64))
}

/// The last part of a location, as in `transfer.rs:121`.
#[must_use]
pub fn file_and_line(location: &str) -> &str {
    location.rsplit(['/', '\\']).next().unwrap_or(location)
}

/// How many columns `text` takes.
#[must_use]
pub fn width(text: &str) -> usize {
    text.chars().count()
}

/// Breaks `text` between words into lines of at most `room` columns; a longer word is cut.
#[must_use]
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

/// How wide the terminal is; `None` if standard output is none.
#[must_use]
pub fn terminal() -> Option<usize> {
    comfy_table::Table::new().width().map(usize::from)
}

/// How many columns a text may take on this terminal, within reason, or where there is none.
#[must_use]
pub fn columns(terminal: Option<usize>) -> usize {
    terminal.map_or(100, |width| width.clamp(40, 140))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        let texts = [0, 7, 414, 1000, 27_875, 1_234_567].map(thousands);
        assert_eq!(texts, ["0", "7", "414", "1,000", "27,875", "1,234,567"]);
    }

    #[test]
    fn durations_have_two_units() {
        let texts =
            [0, 999, 1_000, 12_345_678, 95_000_000].map(Duration::from_micros).map(duration);
        assert_eq!(texts, ["<1 ms", "<1 ms", "1 ms", "12.3 s", "95.0 s"]);
    }

    #[test]
    fn text_is_broken_between_words_and_never_too_long() {
        assert_eq!(wrap("waits for account b", 9), ["waits for", "account b"]);
        assert_eq!(wrap("an incomprehensible word", 6), ["an", "incomp", "rehens", "ible", "word"]);
        assert_eq!(wrap("", 5), [""]);
    }

    #[test]
    fn a_location_is_cut_to_its_file() {
        assert_eq!(file_and_line("src/scenarios/a.rs:3"), "a.rs:3");
        assert_eq!(file_and_line("a.rs:3"), "a.rs:3");
    }
}

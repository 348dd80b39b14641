//! Text as HTML.

/// `text` with the signs escaped that mean something in HTML.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '"' => escaped += "&quot;",
            letter => escaped.push(letter),
        }
    }
    escaped
}

/// `text` with the parts between back quotes as code.
pub(crate) fn inline(text: &str) -> String {
    let parts = text.split('`').enumerate();
    let part = |(index, part): (usize, &str)| match index % 2 {
        0 => escape(part),
        _ => format!("<code>{}</code>", escape(part)),
    };
    parts.map(part).collect()
}

/// A number with commas.
pub(crate) fn thousands(number: u64) -> String {
    raceproof_suite::report::text::thousands(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_between_quotes() {
        assert_eq!(inline("a `b<c>` & d"), "a <code>b&lt;c&gt;</code> &amp; d");
    }
}

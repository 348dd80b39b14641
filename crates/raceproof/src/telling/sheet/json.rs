//! JSON, as much of it as a page needs.

use std::fmt::Write;

/// A text as JSON. It may stand in a script in HTML: no `<` is left in it.
pub(super) fn text(text: &str) -> String {
    let mut json = String::with_capacity(text.len() + 2);
    json.push('"');
    for letter in text.chars() {
        match letter {
            '"' => json += "\\\"",
            '\\' => json += "\\\\",
            '\n' => json += "\\n",
            '<' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
                let _ = write!(json, "\\u{:04x}", u32::from(letter));
            }
            letter => json.push(letter),
        }
    }
    json.push('"');
    json
}

/// A list of what is JSON already.
pub(super) fn list(parts: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let mut json = String::from("[");
    for (index, part) in parts.into_iter().enumerate() {
        if index > 0 {
            json.push(',');
        }
        json += part.as_ref();
    }
    json.push(']');
    json
}

/// A list of numbers.
pub(super) fn numbers(numbers: impl IntoIterator<Item = usize>) -> String {
    list(numbers.into_iter().map(|number| number.to_string()))
}

/// A list of texts.
pub(super) fn texts<'a>(texts: impl IntoIterator<Item = &'a String>) -> String {
    list(texts.into_iter().map(|one| text(one)))
}

/// An object; the values are JSON already.
pub(super) fn object(fields: &[(&str, String)]) -> String {
    let fields: Vec<_> =
        fields.iter().map(|(name, value)| format!("{}:{value}", text(name))).collect();
    format!("{{{}}}", fields.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_ends_neither_its_script_nor_itself() {
        assert_eq!(text("a \"b\" \\ </script>\n\u{7}"), r#""a \"b\" \\ \u003c/script>\n\u0007""#);
    }

    #[test]
    fn lists_and_objects() {
        let fields = [("a", numbers([1, 2])), ("b", texts(&["x".to_owned()]))];
        assert_eq!(object(&fields), r#"{"a":[1,2],"b":["x"]}"#);
        assert_eq!(list(Vec::<String>::new()), "[]");
    }
}

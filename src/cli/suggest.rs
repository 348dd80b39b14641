//! "Did you mean": the name that was probably meant.

/// How alike two names must be, from 0 to 1.
const ALIKE: f64 = 0.8;

/// The candidate most like `name`, if one is at all.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (likeness(name, candidate), candidate))
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, candidate)| candidate)
}

/// How much `name` is like `candidate`, or like the variant's part of it.
fn likeness(name: &str, candidate: &str) -> f64 {
    let whole = strsim::jaro_winkler(name, candidate);
    let variant = candidate.split_once('/').map(|(_, variant)| strsim::jaro_winkler(name, variant));
    whole.max(variant.unwrap_or(0.0))
}

/// The line that says so, or an empty one.
#[must_use]
pub fn hint(nearest: Option<&str>) -> String {
    match nearest {
        Some(name) => format!("; did you mean `{name}`?"),
        None => "; `raceproof list` has all names".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 4] = ["counter", "counter/unlocked", "transfer", "transfer/opposite-order"];

    #[test]
    fn a_slip_of_the_finger_is_understood() {
        assert_eq!(nearest("tranfser", NAMES), Some("transfer"));
        assert_eq!(nearest("counter/unloked", NAMES), Some("counter/unlocked"));
        assert_eq!(nearest("oposite-order", NAMES), Some("transfer/opposite-order"));
    }

    #[test]
    fn a_strange_name_is_like_none() {
        assert_eq!(nearest("xyzzy", NAMES), None);
        assert_eq!(hint(None), "; `raceproof list` has all names");
    }
}

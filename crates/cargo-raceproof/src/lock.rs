//! Lock files.

/// The entries of a lock file, behind what stands before the first.
fn entries(lock: &str) -> impl Iterator<Item = &str> {
    lock.split("[[package]]\n").skip(1)
}

/// The value of a key of an entry.
fn value<'a>(entry: &'a str, key: &str) -> Option<&'a str> {
    let line = entry.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = \""))?;
    line.strip_suffix('"')
}

/// Is it loom, and from a registry?
fn is_loom(entry: &str) -> bool {
    value(entry, "name") == Some("loom")
        && value(entry, "source").is_some_and(|source| !source.starts_with("git+"))
}

/// The versions of loom that are taken from a registry.
pub(crate) fn looms(lock: &str) -> Vec<String> {
    let looms = entries(lock).filter(|entry| is_loom(entry));
    looms.filter_map(|entry| value(entry, "version").map(str::to_owned)).collect()
}

/// A lock file without loom's entries, with those of `last` that are of other packages than any of its own. Cargo
/// looks for loom anew, keeps the versions of all others, and takes what it needs from the last time.
pub(crate) fn without_loom(lock: &str, last: &str) -> String {
    let name = |entry| (value(entry, "name"), value(entry, "version"));
    let own: Vec<_> = entries(lock).filter(|entry| !is_loom(entry)).collect();
    let head = lock.split("[[package]]\n").next().unwrap_or_default();
    let further = entries(last)
        .filter(|entry| !is_loom(entry) && own.iter().all(|own| name(own) != name(entry)));
    let all = own.iter().copied().chain(further).map(str::trim_end);
    all.fold(head.to_owned(), |text, entry| text + "[[package]]\n" + entry + "\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "source = \"registry+https://example.org\"\n";

    fn entry(name: &str, rest: &str) -> String {
        format!("[[package]]\nname = \"{name}\"\nversion = \"1.0.0\"\n{rest}\n")
    }

    #[test]
    fn only_looms_entries_are_left_out() {
        let (head, first, last) = ("version = 4\n\n", entry("a", SOURCE), entry("z", SOURCE));
        let own = entry("loom", "");
        let lock = [head, &first, &entry("loom", SOURCE), &own, &last].concat();
        assert_eq!(looms(&lock), ["1.0.0"]);
        let freed = [head, &first, &own, &last].concat();
        assert_eq!(without_loom(&lock, ""), freed);
        assert_eq!(looms(&freed), [""; 0]);
        assert_eq!(without_loom(&freed, ""), freed);
    }

    #[test]
    fn what_was_added_last_time_is_added_again() {
        let (head, first, added) = ("version = 4\n\n", entry("a", SOURCE), entry("b", SOURCE));
        let last = [head, &entry("a", ""), &entry("loom", SOURCE), &added].concat();
        assert_eq!(without_loom(&[head, &first].concat(), &last), [head, &first, &added].concat());
    }
}

//! The scenarios of sockets on real threads: every run of them is over TCP.

use super::stdout;

/// What `stress` prints for that many runs, all of which must end well.
fn ends_well(variant: &str, runs: u32) {
    let told = stdout(&["stress", variant, "--runs", &runs.to_string()], 0);
    let fine = told.lines().find(|line| line.trim_start().starts_with("✓ ends well"));
    assert!(fine.is_some_and(|line| line.contains("100.0 %")), "{told}");
}

#[test]
fn every_client_gets_its_own_words_back_over_tcp() {
    ends_well("echo/thread-for-each", 100);
    ends_well("wrong-client/own-connection", 100);
}

#[test]
fn luck_finds_the_wrong_client_over_tcp() {
    let told = stdout(&["stress", "wrong-client/shared-variable", "--runs", "300"], 0);
    assert!(told.contains("another client's answer, or none"), "{told}");
    let told = stdout(&["stress", "echo/one-at-a-time", "--runs", "1"], 0);
    assert!(told.contains("✓ deadlock"), "{told}");
}

#[test]
fn a_run_shows_what_crosses_the_network_in_its_order() {
    let shown = stdout(&["run", "echo/thread-for-each"], 0);
    // In one line, without the separators of the lanes.
    let words: Vec<_> = shown.split_whitespace().filter(|word| *word != "│").collect();
    let shown = words.join(" ");
    let at = |step: &str| shown.find(step).unwrap_or_else(|| panic!("no {step}: {shown}"));
    let order =
        ["connects to", "writes 1 byte", "reads 1 byte", "reads end of file", "hangs up on"];
    let places = order.map(at);
    assert!(places.is_sorted(), "{places:?}: {shown}");
    assert!(at("connects to") < at("accepts client"), "{shown}");
    assert_eq!(shown.matches("hangs up on").count(), 4, "each end of both connections: {shown}");
    assert_eq!(shown.matches("closes server").count(), 1, "{shown}");
}

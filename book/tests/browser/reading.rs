//! What a reader sees of the order of steps, of the tree of interleavings, and of a failing test of one's own.

use crate::browser::Browser;
use raceproof_suite::dpor::{
    Explorer, Outcome,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::SeqCst},
    },
    thread,
};
use serde_json::Value;

const STAGE: &str = "[data-variant='transfer/opposite-order']";

fn said(browser: &mut Browser) -> String {
    browser.text(&format!("{STAGE} .rp-relation"))
}

fn count(browser: &mut Browser, selector: &str) -> Value {
    browser.run(&format!("return document.querySelectorAll(\"{selector}\").length"))
}

pub(crate) fn relations(browser: &mut Browser) {
    // One thread does all of its transfer, then the other.
    browser.open("transfer.html#opposite-order/1*4.2*4");
    browser.wait(&format!("return !!document.querySelector(\"{STAGE}.rp-ready\")"));
    let row = |step: usize| format!("{STAGE} tr[data-index='{step}']");
    browser.click(&row(4));
    let told = said(browser);
    // Locking account b again waits for what unlocks it, and could have come before what locks it.
    assert!(told.starts_with("Step 5 must come after "), "{told}");
    assert!(told.contains("races with step 2"), "{told}");
    assert_eq!(count(browser, &format!("{STAGE} tr[data-is=race]")), Value::from(1));
    assert_ne!(count(browser, &format!("{STAGE} .rp-arrows .rp-race")), Value::from(0));
    assert_ne!(count(browser, &format!("{STAGE} .rp-arrows .rp-order")), Value::from(0));
    // The keyboard goes from step to step, and away.
    browser.run(&format!("document.querySelector(\"{STAGE} .rp-history\").focus()"));
    browser.press("\u{e013}");
    assert!(said(browser).starts_with("Step 4 "), "{}", said(browser));
    browser.press("\u{e00c}");
    assert!(said(browser).starts_with("Point at a step"), "{}", said(browser));
    assert_eq!(count(browser, &format!("{STAGE} tr[data-is]")), Value::from(0));
}

pub(crate) fn tree(browser: &mut Browser) {
    browser.open("transfer.html#opposite-order/");
    browser.wait(&format!("return !!document.querySelector(\"{STAGE}.rp-ready\")"));
    browser.click(&format!("{STAGE} .rp-tree summary"));
    browser.wait(&format!("return document.querySelectorAll(\"{STAGE} .rp-leaf\").length === 3"));
    assert_eq!(count(browser, &format!("{STAGE} .rp-leaf.rp-bad")), Value::from(1));
    let branches = browser.text(&format!("{STAGE} .rp-branches"));
    assert!(
        branches.contains("a to b locks account b :142 before b to a locks account b :141"),
        "{branches}"
    );
    browser.click(&format!("{STAGE} .rp-leaf.rp-bad"));
    let status = browser.text(&format!("{STAGE} .rp-status"));
    assert!(status.contains("deadlock"), "{status}");
    assert_eq!(count(browser, &format!("{STAGE} .rp-leaf.rp-off")), Value::from(2));
    browser.click(&format!("{STAGE} [data-do=restart]"));
    assert_eq!(count(browser, &format!("{STAGE} .rp-leaf.rp-off")), Value::from(0));
    assert_eq!(count(browser, &format!("{STAGE} .rp-leaf.rp-met")), Value::from(1));
}

/// Builds the tree of every stage of a page that has one; says which has other leaves than its graph has ends, or a
/// branch that says nothing under sequential consistency.
pub(crate) const TREES: &str = "const done = arguments[0]; (async () => {
  const wrong = []; let trees = 0;
  for (const root of document.querySelectorAll('.rp-stage[data-graph]')) {
    const graph = await raceproof.load(root.dataset.variant, root.dataset.graph);
    const tree = raceproof.tree(graph, 60);
    if (!tree) continue;
    trees += 1;
    const ends = new Set(); let mute = 0;
    const walk = (node) => {
      if (node.leaf) return ends.add(node.leaf.end);
      if (node.steps.length === 0) mute += 1;
      return node.branches.forEach((branch) => { if (branch.answer === '') mute += 1; walk(branch.node); });
    };
    walk(tree);
    if (ends.size !== graph.ends || (graph.memory === 'sc' && mute > 0)) wrong.push(root.dataset.variant);
  }
  return [trees, wrong];
})().then(done, (error) => done([0, [String(error)]]));";

fn add(count: &AtomicU32, times: u32) {
    for _ in 0..times {
        let seen = count.load(SeqCst);
        count.store(seen + 1, SeqCst);
    }
}

fn racing_counts(each: u32) {
    let count = Arc::new(AtomicU32::named("count", 0));
    let theirs = Arc::clone(&count);
    let other = thread::spawn(move || add(&theirs, each));
    add(&count, each);
    other.join().unwrap();
    assert_eq!(count.load(SeqCst), 2 * each, "lost </script> update");
}

/// Writes the page of a model that fails, and opens it.
fn open_own(browser: &mut Browser, each: u32) {
    let model = || racing_counts(each);
    let Outcome::Failed(failure) = Explorer::new().minimise().check(model).outcome else {
        panic!("it fails");
    };
    let html = Explorer::new().page("tests::counts", &failure, "cargo test counts", model);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("counts.html");
    std::fs::write(&file, html).expect("it can be written");
    browser.go(&format!("file://{}", file.display()));
    browser.wait("return !!document.querySelector('.rp-stage.rp-ready')");
}

pub(crate) fn own_page(browser: &mut Browser) {
    open_own(browser, 1);
    let code = browser.text("#code");
    assert!(code.contains("let seen = count.load(SeqCst);"), "{code}");
    assert!(browser.text("main > p").contains("lost </script> update"));
    while browser.run("return !document.querySelector('.rp-status.rp-bad')") == Value::Bool(true) {
        browser.click("[data-do=shortest]");
    }
    let status = browser.text(".rp-status");
    assert!(
        status.contains("lost </script> update") && status.contains("fewest possible: 1"),
        "{status}"
    );
    browser.click(".rp-tree summary");
    browser.wait("return document.querySelectorAll('.rp-leaf').length > 3");
    let wide = browser.run("return document.documentElement.scrollWidth <= innerWidth");
    assert_eq!(wide, Value::Bool(true));
}

pub(crate) fn own_page_of_many(browser: &mut Browser) {
    open_own(browser, 7);
    let status = browser.text(".rp-status");
    assert!(
        status.contains("The program's other executions are not on this page: it "),
        "{status}"
    );
    while browser.run("return !document.querySelector('.rp-status.rp-bad')") == Value::Bool(true) {
        browser.click(".rp-step:not([disabled])");
    }
    let status = browser.text(".rp-status");
    assert!(
        status.contains("lost </script> update") && status.contains("1 preemption."),
        "{status}"
    );
    assert_eq!(count(browser, ".rp-tree"), Value::from(0));
}

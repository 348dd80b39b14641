//! The stage, as a reader uses it.

use crate::browser::Browser;
use serde_json::Value;

/// Variants that go wrong, from every group that a reader begins with.
const BROKEN: &[(&str, &str)] = &[
    ("counter", "unlocked"),
    ("add-subtract", "unlocked"),
    ("withdraw", "unlocked"),
    ("transfer", "opposite-order"),
    ("lost-wakeup", "signal"),
    ("stolen-wakeup", "if"),
    ("recursive", "lock"),
    ("boss-and-workers", "clear-races-set"),
    ("barrier-remainder", "remainder"),
    ("message-passing", "relaxed"),
    ("store-buffering", "release-acquire"),
    ("data-race", "plain"),
];

fn status(stage: &str) -> String {
    format!("{stage} .rp-status")
}

/// The variants of this list, each of which must have a stage.
fn variants(browser: &mut Browser) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for (scenario, variant) in BROKEN {
        browser.open(&format!("{scenario}.html"));
        let ids = browser
            .run("return [...document.querySelectorAll('.rp-stage')].map(s => s.dataset.anchor)");
        let ids: Vec<String> = serde_json::from_value(ids).expect("names");
        let wanted = ids
            .iter()
            .find(|id| id == variant)
            .unwrap_or_else(|| panic!("no stage {scenario}/{variant} among {ids:?}"));
        all.push(((*scenario).to_owned(), wanted.clone()));
    }
    all
}

/// For each of these the shortest failure is clicked, step by step, and the failure is seen.
pub(crate) fn shortest_failures(browser: &mut Browser) {
    let mut broken = 0;
    for (scenario, variant) in variants(browser) {
        let stage = browser.stage(&scenario, &variant);
        let has = browser
            .run(&format!("return !!document.querySelector(\"{stage} [data-do=shortest]\")"));
        assert_eq!(has, Value::Bool(true), "{scenario}/{variant} has a shortest failure");
        // The steps are read off what is played, and then clicked by hand.
        let mut steps = Vec::new();
        while !browser.text(&status(&stage)).contains("fewest possible")
            && browser.run(&format!("return !document.querySelector(\"{stage} .rp-bad\")"))
                == Value::Bool(true)
        {
            browser.click(&format!("{stage} [data-do=shortest]"));
            steps.push(());
            assert!(steps.len() < 300, "{scenario}/{variant} does not end");
        }
        let address = browser.run("return location.hash");
        let address = address.as_str().expect("an address").to_owned();
        let failure = browser.text(&format!("{stage} .rp-status strong"));
        assert!(failure.contains(':'), "{failure}");
        browser.click(&format!("{stage} [data-do=restart]"));
        click_along(browser, &stage, &address);
        assert_eq!(
            browser.text(&format!("{stage} .rp-status strong")),
            failure,
            "{scenario}/{variant}"
        );
        broken += 1;
    }
    assert!(broken >= 10, "{broken}");
}

/// Clicks the buttons that lead along the schedule of an address.
fn click_along(browser: &mut Browser, stage: &str, address: &str) {
    let script = format!(
        "const done = arguments[0]; const root = document.querySelector(\"{stage}\");
         raceproof.load(root.dataset.variant, root.dataset.graph).then((graph) => {{
           const walk = new raceproof.Walk(graph);
           walk.follow({address:?}.split('/').slice(1).join('/'));
           done(walk.path);
         }});"
    );
    let path: Vec<usize> = serde_json::from_value(browser.run_async(&script)).expect("a path");
    for step in path {
        browser.click(&format!("{stage} .rp-step[data-step='{step}']"));
    }
    assert_eq!(browser.run("return location.hash"), Value::String(address.to_owned()));
}

pub(crate) fn keyboard(browser: &mut Browser) {
    let stage = browser.stage("transfer", "opposite-order");
    browser.run("document.querySelector('main a, main pre').focus()");
    // To the stage without a mouse.
    for _ in 0..60 {
        let inside = browser.run(&format!("return !!document.activeElement.closest(\"{stage}\")"));
        if inside == Value::Bool(true) {
            break;
        }
        browser.tab();
    }
    browser.press("2");
    browser.press("3");
    let said = browser.text(&status(&stage));
    assert!(said.contains("deadlock"), "{said}");
    assert!(said.contains("You: 1, fewest possible: 1"), "{said}");
    browser.press("u");
    assert!(!browser.text(&status(&stage)).contains("deadlock"));
    browser.press("r");
    assert!(browser.text(&status(&stage)).contains("deadlock"));
    browser.press("0");
    browser.press("e");
    assert!(browser.text(&status(&stage)).contains("ends well"));
    browser.press("s");
    browser.press("s");
    assert!(browser.text(&status(&stage)).contains("deadlock"));
}

pub(crate) fn links(browser: &mut Browser) {
    let stage = "[data-variant='transfer/opposite-order']";
    let ready = format!("return !!document.querySelector(\"{stage}.rp-ready\")");
    browser.open("transfer.html#opposite-order/1.2");
    browser.wait(&ready);
    assert!(browser.text(&status(stage)).contains("deadlock"));
    browser.open("transfer.html#opposite-order/1.9");
    browser.wait(&ready);
    let said = browser.text(&status(stage));
    assert!(
        said.contains("There is no such schedule of this program, so this is the start."),
        "{said}"
    );
    let rows = browser.run(&format!(
        "return document.querySelectorAll(\"{stage} .rp-history tbody tr:not(.rp-start)\").length"
    ));
    assert_eq!(rows, Value::from(0));
}

pub(crate) fn undo(browser: &mut Browser) {
    let stage = browser.stage("lost-wakeup", "fact");
    let lanes = format!("return document.querySelector(\"{stage} .rp-lanes\").textContent");
    let before = browser.run(&lanes);
    browser.click(&format!("{stage} [data-do=finish]"));
    assert_ne!(browser.run(&lanes), before);
    let mut undone = 0;
    let undo = format!("{stage} [data-do=undo]");
    while browser.run(&format!("return !document.querySelector(\"{undo}\").disabled"))
        == Value::Bool(true)
    {
        browser.click(&undo);
        undone += 1;
    }
    assert!(undone > 3, "{undone}");
    assert_eq!(browser.run(&lanes), before);
    assert_eq!(browser.run("return location.hash"), Value::from("#fact"));
    browser.click(&format!("{stage} [data-do=redo]"));
    assert_ne!(browser.run(&lanes), before);
}

pub(crate) fn fixed(browser: &mut Browser) {
    let stage = browser.stage("transfer", "ordered");
    browser.click(&format!("{stage} [data-do=finish]"));
    let said = browser.text(&status(&stage));
    assert!(said.contains("all explored: it holds. You have met 1 of them."), "{said}");
}

pub(crate) fn weak(browser: &mut Browser) {
    let stage = browser.stage("message-passing", "relaxed");
    let choices = format!(
        "return [...document.querySelectorAll(\"{stage} .rp-step\")].some(b => b.textContent.includes('is newer'))"
    );
    let mut chosen = false;
    for _ in 0..40 {
        chosen |= browser.run(&choices) == Value::Bool(true);
        let step = format!(
            "const all = [...document.querySelectorAll(\"{stage} .rp-step:not([disabled])\")];
             const old = all.find(b => b.textContent.includes('is newer') && b.textContent.includes('data'));
             const plain = all.find(b => !b.textContent.includes('is newer'));
             const next = old || plain || all[0]; if (next) next.click(); return !!next;"
        );
        if browser.run(&step) == Value::Bool(false) {
            break;
        }
    }
    assert!(chosen, "some load may read an old value");
    let stage = browser.stage("message-passing", "release-acquire");
    browser.click(&format!("{stage} [data-do=finish]"));
    assert!(browser.text(&status(&stage)).contains("it holds"));
}

pub(crate) fn progress(browser: &mut Browser) {
    let stage = browser.stage("transfer", "opposite-order");
    browser.run(&format!("document.querySelector(\"{stage}\").focus()"));
    browser.press("2");
    browser.press("3");
    browser.open("groups.html");
    let mark = "return document.querySelector(\"a[data-variant='transfer/opposite-order']\").classList.contains('rp-broken')";
    assert_eq!(browser.run(mark), Value::Bool(true));
    browser.click("button[data-forget]");
    assert_eq!(browser.run(mark), Value::Bool(false));
}

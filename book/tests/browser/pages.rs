//! Every page: complete, quiet, readable.

use crate::{book, browser::Browser, reading::TREES};
use raceproof_suite::{program, scenarios};
use serde_json::Value;

/// Runs to the end of each stage of a page by steps that look random; says what goes wrong.
const RANDOM: &str = "const done = arguments[0]; let seed = 7;
const dice = (n) => { seed = (seed * 1103515245 + 12345) % 2147483648; return Math.floor(seed / 65536) % n; };
const waitFor = (root) => new Promise((resolve, reject) => {
  root.scrollIntoView(); let tries = 0;
  const look = () => root.classList.contains('rp-ready') ? resolve()
    : ++tries > 400 ? reject(new Error(root.dataset.variant + ' is not ready')) : setTimeout(look, 25);
  look();
});
(async () => {
  for (const root of document.querySelectorAll('.rp-stage[data-graph]')) {
    await waitFor(root);
    for (let taken = 0; taken < 400; taken += 1) {
      const all = root.querySelectorAll('.rp-step:not([disabled])');
      if (all.length === 0) break;
      all[dice(all.length)].click();
    }
    if (!root.querySelector('.rp-status.rp-bad, .rp-status.rp-good')) throw new Error(root.dataset.variant + ' does not end');
  }
  return '';
})().then(done, (error) => done(String(error)));";

/// Errors are caught in the page itself: the console of a file is not told to the driver in every version.
const LISTEN: &str = "window.rpErrors = []; addEventListener('error', (e) => rpErrors.push(e.message));
addEventListener('unhandledrejection', (e) => rpErrors.push(String(e.reason)));
const say = console.error; console.error = (...all) => { rpErrors.push(all.join(' ')); say(...all); };";

pub(crate) fn random_paths(browser: &mut Browser) {
    let mut trees = 0;
    for scenario in scenarios::ALL {
        browser.open(&format!("{}.html", scenario.id));
        browser.run(LISTEN);
        let said = browser.run_async(RANDOM);
        assert_eq!(said, Value::from(""), "{}", scenario.id);
        let found = browser.run_async(TREES);
        assert_eq!(found[1], Value::Array(Vec::new()), "trees of {}", scenario.id);
        trees += found[0].as_u64().expect("a number");
        assert_eq!(browser.run("return rpErrors"), Value::Array(Vec::new()), "{}", scenario.id);
        // What was loaded is of the book.
        let elsewhere = browser.run(
            "return performance.getEntriesByType('resource').map(e => e.name).filter(n => !n.startsWith('file:') && !n.startsWith('data:'))",
        );
        assert_eq!(elsewhere, Value::Array(Vec::new()), "{}", scenario.id);
    }
    assert!(trees > 150, "{trees} trees");
}

/// Some pages of each kind.
const SOME: &[&str] = &[
    "index.html",
    "lanes.html",
    "path.html",
    "glossary.html",
    "questions.html",
    "groups.html",
    "engines.html",
    "transfer.html",
    "lost-wakeup.html",
    "message-passing.html",
    "thresholds.html",
    "primitive-queue.html",
];

pub(crate) fn narrow(browser: &mut Browser) {
    // A window is never narrower than some 500 pixels, so the page stands in a frame.
    for page in SOME {
        browser.open("lanes.html");
        let script = format!(
            "const done = arguments[0]; const frame = document.createElement('iframe');
             frame.style = 'width:360px;height:800px;border:0;position:fixed;left:0;top:0';
             frame.src = {page:?};
             frame.onload = () => setTimeout(() => {{
               let wide;
               try {{ wide = frame.contentDocument.documentElement.scrollWidth; }} catch (error) {{ wide = String(error); }}
               done(wide);
             }}, 600);
             document.body.append(frame);"
        );
        let wide = browser.run_async(&script);
        if wide.is_string() || wide.is_null() {
            // A page that is a file may not look into another: by the window then.
            browser.resize(500, 900);
            browser.open(page);
            let wide = browser.run("document.documentElement.style.width='360px'; document.body.style.width='360px'; return [...document.querySelectorAll('main *')].filter(e => e.getBoundingClientRect().right > 365 && !e.closest('pre, .rp-history, .rp-verdicts, .table-wrapper')).length");
            browser.resize(1400, 1000);
            assert_eq!(wide, Value::from(0), "{page}");
        } else {
            assert_eq!(wide, Value::from(360), "{page}");
        }
    }
}

pub(crate) fn accessible(browser: &mut Browser) {
    let Some(axe) = std::env::var("RACEPROOF_AXE").ok().map(std::fs::read_to_string) else {
        println!("  (without axe-core: RACEPROOF_AXE names no file)");
        assert!(std::env::var("CI").is_err(), "where CI is set it must");
        return;
    };
    let axe = axe.expect("the file of RACEPROOF_AXE");
    for theme in ["light", "navy"] {
        for page in SOME {
            browser.open(page);
            browser.run(&format!("localStorage.setItem('mdbook-theme', '{theme}')"));
            browser.open(page);
            browser.run(&axe);
            let found = browser.run_async(
                "const done = arguments[0];
                 setTimeout(() => axe.run('main').then((found) => done(found.violations
                   .filter((v) => v.impact === 'serious' || v.impact === 'critical')
                   .map((v) => v.id + ': ' + v.nodes[0].html.slice(0, 200) + ' ' + v.nodes[0].failureSummary))), 500);",
            );
            assert_eq!(found, Value::Array(Vec::new()), "{page}, {theme}");
        }
    }
    browser.run("localStorage.setItem('mdbook-theme', 'light')");
}

pub(crate) fn complete(browser: &mut Browser) {
    for (scenario, variant) in program::variants(scenarios::ALL) {
        let page = std::fs::read_to_string(book().join(format!("{}.html", scenario.id)))
            .expect("a chapter");
        assert!(page.contains(&format!("id=\"{}\"", variant.id)), "{}/{}", scenario.id, variant.id);
    }
    browser.open("print.html");
    let stages = browser.run("return document.querySelectorAll('.rp-ready').length");
    assert_eq!(stages, Value::from(0), "the page that is printed shows executions as text");
}

//! The page of a failing test: one file that needs no other.

use std::fmt::Write as _;

use super::graph::{Only, encode};
use super::listing::{escape, file_name, listing};
use super::{SCRIPTS, STYLE, json};
use crate::telling::failure::Failure;
use crate::telling::lanes::{Page, draw};
use crate::telling::states::StateGraph;

const OWN_STYLE: &str = include_str!("assets/page.css");

/// The theme is that of the browser.
const THEME: &str = "if (matchMedia('(prefers-color-scheme: dark)').matches) \
                     document.documentElement.classList.add('navy');";

/// What the keys do, in a line.
const KEYS: &str = "On the stage, <kbd>1</kbd> to <kbd>9</kbd> take the next step of that thread, <kbd>u</kbd> takes a \
                    step back, <kbd>0</kbd> starts anew, <kbd>s</kbd> plays the failure, a step at each press.";

/// The page of a test that fails. The stage has the whole graph, or one execution and why it is but one.
pub(crate) fn page(
    test: &str,
    failure: &Failure,
    graph: &StateGraph,
    only: Option<&str>,
    again: &str,
) -> String {
    let preempted: Vec<_> = (0..)
        .zip(&failure.trace.steps)
        .filter(|(_, step)| step.preemption)
        .map(|(at, _)| at)
        .collect();
    let only = only.map(|why| Only { why, preempted: &preempted });
    let data = encode(graph, &file_name, only.as_ref());
    let name = escape(test);
    let code = listing(graph);
    let mut html = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\"><title>{name}: {kind}</title>\n<style>\n{STYLE}\n{OWN_STYLE}\
         </style><script>{THEME}</script></head>\n<body class=\"content\"><main>\n<h1>{name}</h1>\n<p>{summary}</p>\n\
         <div class=\"rp-variant\"><div class=\"rp-pair\">\n",
        kind = escape(&failure.kind.to_string()),
        summary = escape(&failure.summary()),
    );
    if !code.is_empty() {
        let _ = writeln!(
            html,
            "<pre class=\"rp-code\" id=\"code\" tabindex=\"0\" role=\"region\" aria-label=\"The code\">{code}</pre>"
        );
    }
    let _ = write!(
        html,
        "<div class=\"rp-stage\" role=\"group\" tabindex=\"-1\" aria-label=\"The stage\" data-variant=\"{name}\" \
         data-anchor=\"stage\" data-code=\"code\" data-graph=\"\"><p class=\"rp-status\">The stage needs JavaScript.</p>\
         </div>\n</div></div>\n<p>{KEYS}</p>\n<h2>As text</h2>\n<pre class=\"rp-code rp-shown\" tabindex=\"0\" \
         role=\"region\" aria-label=\"The failing execution\">{lanes}</pre>\n<h2>Run it again</h2>\n<pre class=\"rp-code \
         rp-shown\" tabindex=\"0\" role=\"region\" aria-label=\"The command\">{again}</pre>\n</main>\n",
        lanes = escape(&draw(&failure.trace, Page::plain())),
        again = escape(again),
    );
    for (_, script) in SCRIPTS {
        let _ = write!(html, "<script>\n{script}</script>\n");
    }
    // The scripts run when the page is there, so this one is in time.
    let _ = write!(
        html,
        "<script>raceproof.inline = {{{}: {data}}};</script>\n</body></html>\n",
        json::text(test)
    );
    html
}

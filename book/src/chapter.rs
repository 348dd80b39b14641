//! A chapter: the story of a scenario, and each of its variants beside its stage.

use crate::{
    code,
    gather::{Chapter, Form, name},
    html::{escape, inline, thousands},
};
use raceproof_suite::{
    backend::MemoryModel,
    check::{Report, Verdict},
    cli::excerpt,
    dpor::telling::lanes::{Page, draw},
    program::{Expect, Scenario, Variant},
    report::text::duration,
};
use std::fmt::Write;

/// The chapter as Markdown.
pub(crate) fn page(chapter: &Chapter) -> String {
    let Chapter { scenario, forms } = chapter;
    let mut page =
        format!("# {}\n\n**{}.**\n\n{}\n\n", scenario.id, scenario.lesson, story(scenario.source));
    for form in forms {
        variant(&mut page, scenario, form);
    }
    let _ = write!(
        page,
        "## See it elsewhere {{#elsewhere}}\n\n```sh\ncargo run --release -- show {0}\ncargo run --release -- \
         check {0}\n```\n",
        scenario.id
    );
    page
}

/// The story, without links into the source, which lead nowhere here.
pub(crate) fn story(source: &str) -> String {
    let story = excerpt::story(source);
    let mut plain = String::new();
    let mut rest = story.as_str();
    while let Some(at) = rest.find("](") {
        let (before, after) = rest.split_at(at);
        let Some(end) = after.find(')') else { break };
        if after[2..].starts_with("http") {
            plain += &rest[..at + end + 1];
        } else {
            let open = before.rfind('[').unwrap_or(before.len());
            plain += &before[..open];
            plain += before.get(open + 1..).unwrap_or_default();
        }
        rest = &after[end + 1..];
    }
    (plain + rest).replace("[`", "`").replace("`]", "`")
}

fn variant(page: &mut String, scenario: &Scenario, form: &Form) {
    let Form { variant, stage, .. } = form;
    let id = variant.id;
    let _ = write!(
        page,
        "## {id} {{#{id}}}\n\n{}\n\n<p class=\"rp-facts\">Expected: {}. Program: <code>{}</code>. Memory: \
         {}.</p>\n\n",
        variant.why,
        inline(&variant.expected()),
        escape(&format!("{:?}", variant.program)),
        memory(stage.model),
    );
    if let Some(why) = &stage.not_weak {
        let _ = writeln!(
            page,
            "<p class=\"rp-facts\">This stage is one under sequential consistency. Under Rust's memory model it is not \
             played: {}.</p>\n",
            escape(why)
        );
    }
    let listing = code::listing(scenario, variant, &format!("code-{id}"));
    let stage_of = match &stage.played {
        Ok(_) => stage_html(scenario, variant),
        Err(why) => format!(
            "<p class=\"rp-status\">This variant has no stage to play on: {}. Below are the verdicts of the \
             engines, and the execution that fails, if one does.</p>",
            escape(why)
        ),
    };
    let _ = write!(
        page,
        "<div class=\"rp-variant\"><div class=\"rp-pair\">\n{listing}\n{stage_of}\n</div>"
    );
    page.push_str(&fallback(form));
    page.push_str("</div>\n\n");
    page.push_str(&verdicts(scenario, form));
}

fn memory(model: MemoryModel) -> &'static str {
    match model {
        MemoryModel::SequentialConsistency => "sequentially consistent",
        MemoryModel::C11 => {
            "Rust's (C11): a load may read an old value, and the reader chooses which"
        }
    }
}

fn stage_html(scenario: &Scenario, variant: &Variant) -> String {
    let id = name(scenario, variant);
    let anchor = variant.id;
    format!(
        "<div class=\"rp-stage\" role=\"group\" tabindex=\"-1\" aria-label=\"The stage of {0}\" data-variant=\"{id}\" \
         data-anchor=\"{anchor}\" data-code=\"code-{anchor}\" data-graph=\"graphs/{id}.js\"><p \
         class=\"rp-status\">The stage needs JavaScript.</p></div>",
        escape(anchor)
    )
}

/// The failing execution as text: for print, for a browser without scripts, and where there is no stage.
fn fallback(form: &Form) -> String {
    let failure = form.reports.iter().find_map(|report| match &report.verdict {
        Verdict::Failed(failure) if !failure.trace.steps.is_empty() => Some((report, failure)),
        _ => None,
    });
    let Some((report, failure)) = failure else { return String::new() };
    let class = if form.stage.played.is_ok() { "rp-static" } else { "rp-shown" };
    let lanes = draw(&failure.trace, Page::plain());
    let text = format!("{}: {}, on {}\n\n{lanes}", failure.kind, failure.message, report.engine);
    // An empty line ends HTML in Markdown, and a margin is not kept: so it is one line.
    let text = escape(&text).replace('\n', "&#10;");
    format!(
        "<pre class=\"rp-code {class}\" tabindex=\"0\" role=\"region\" aria-label=\"The failing execution\">{text}</pre>"
    )
}

/// What each engine says, and how to ask it again.
fn verdicts(scenario: &Scenario, form: &Form) -> String {
    if form.reports.is_empty() {
        return String::new();
    }
    let mut table = String::from(
        "<div class=\"rp-verdicts\" tabindex=\"0\" role=\"region\" aria-label=\"Verdicts\"><table><thead><tr><th>engine</th><th>verdict</th><th>executions</th><th>time</th><th>\
         again</th></tr></thead><tbody>",
    );
    for report in &form.reports {
        let executions = report.verdict.executions().map(thousands).unwrap_or_default();
        let _ = write!(
            table,
            "<tr><td>{0}</td><td>{1}</td><td>{executions}</td><td>{2}</td><td><code>raceproof check {3} \
             --engine {0}</code></td></tr>",
            report.engine,
            inline(&verdict(report, form.variant)),
            duration(report.elapsed),
            name(scenario, form.variant),
        );
    }
    table + "</tbody></table></div>\n\n"
}

/// A verdict in words, with what is known of the engine.
pub(crate) fn verdict(report: &Report, variant: &Variant) -> String {
    let engine = report.engine;
    let told = match &report.verdict {
        // Such a proof says nothing of the failures that only weaker memory has.
        Verdict::Proved { .. }
            if variant.c11.is_some() && engine.memory_model() != MemoryModel::C11 =>
        {
            "proved, but for sequentially consistent memory alone".to_owned()
        }
        Verdict::Proved { .. } => "proved: it holds".to_owned(),
        Verdict::Passed { coverage, .. } => format!("found nothing ({coverage})"),
        Verdict::Failed(failure) => format!("{}: {}", failure.kind, failure.message),
        Verdict::Inconclusive { reason } => format!("no verdict: {reason}"),
        Verdict::NotApplicable { reason } => format!("not applicable: {reason}"),
    };
    let missed =
        variant.why_missed_on(engine).map(|why| format!(" It misses the failure, since {why}."));
    let imagined =
        variant.why_imagined_on(engine).map(|why| format!(" A false alarm, since {why}."));
    told + &missed.or(imagined).unwrap_or_default()
}

/// What is expected, in a word or two.
pub(crate) fn expectation(variant: &Variant) -> String {
    match variant.claim.expect {
        Expect::Holds if variant.c11.is_some_and(|claim| claim.expect.is_failure()) => {
            "goes wrong under C11".to_owned()
        }
        _ => variant.claim.expect.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_story_has_no_links_into_the_source() {
        let told = "//! See [`Lock`](crate::Lock) and [std](https://x.y/z), [`here`].\n";
        assert_eq!(story(told), "See `Lock` and [std](https://x.y/z), `here`.");
    }
}

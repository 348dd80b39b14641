//! The front page, and the pages by which a race is looked up.

use crate::{
    chapter::{expectation, verdict},
    gather::{Chapter, name},
    html::{escape, inline},
};
use raceproof_suite::{
    backend::Engine,
    check::Verdict,
    program::{Scenario, Variant},
    scenarios,
};
use std::fmt::Write;

/// The pages: the file and the title.
pub(crate) const TITLES: &[(&str, &str)] = &[
    ("questions.md", "By question"),
    ("groups.md", "By group"),
    ("topics.md", "By topic"),
    ("engines.md", "By engine"),
];

/// A question, and the scenarios that answer it; and the topics of a course, in its order, in the same form.
pub(crate) type Entry = (&'static str, &'static [&'static str]);

/// What a reader may want to know.
pub(crate) const QUESTIONS: &[Entry] = &[
    (
        "Why does my program hang?",
        &["transfer", "lost-wakeup", "waiting-for-yourself", "workers-never-told", "nested-submit"],
    ),
    (
        "Why does it hang only sometimes?",
        &["lost-wakeup", "notify-unheld", "wait-unheld", "wrong-kind-woken"],
    ),
    (
        "May I read a variable without the lock?",
        &["data-race", "double-checked-init", "refcount", "withdraw"],
    ),
    (
        "Why is my counter too small?",
        &["counter", "add-subtract", "shared-value", "global-interpreter-lock"],
    ),
    ("Does a sleep make the race go away?", &["countdown", "sleep-is-not-join", "server-ready"]),
    ("Why must a wait stand in a loop?", &["stolen-wakeup", "return-after-wait", "thresholds"]),
    ("`notify_one` or `notify_all`?", &["wrong-kind-woken", "thresholds"]),
    ("Must I hold the lock when I notify?", &["notify-unheld", "wait-unheld", "shop"]),
    ("In which order do I take two locks?", &["transfer", "self-transfer"]),
    ("May a method that locks call another that locks?", &["recursive", "self-transfer"]),
    ("What if one path forgets to unlock?", &["forgotten-release", "over-release"]),
    ("How do I stop my workers?", &["sentinel", "workers-never-told", "daemon", "task-done"]),
    (
        "Is an empty queue a finished one?",
        &["empty-then-leave", "parallel-sum", "hungry-consumers"],
    ),
    (
        "Why does joining a child process hang?",
        &["join-before-drain", "pipe-eof", "terminate-reader"],
    ),
    ("Why do my threads run one after the other?", &["serial-start", "eager-call", "echo"]),
    (
        "When is `Relaxed` enough?",
        &["message-passing", "release-sequence", "ticket-lock", "spinlock"],
    ),
    ("When do I need `SeqCst`?", &["store-buffering", "dekker", "peterson", "iriw"]),
    ("Where does a fence go?", &["fence-or-access", "seqlock", "parking", "hazard-pointer"]),
    ("When may memory be freed that others read?", &["last-drop", "rcu", "hazard-pointer"]),
    (
        "Which of these has happened to others?",
        &["read-twice", "register-then-look", "aborted-wait", "stolen-token", "latch-outlived"],
    ),
    (
        "How does a lock work inside?",
        &["spinlock", "ticket-lock", "clh-lock", "mcs-lock", "peterson"],
    ),
];

/// The topics of a course on concurrent programming, in the order in which they build on each other.
pub(crate) const TOPICS: &[Entry] = &[
    (
        "Interleavings and lost updates",
        &["counter", "add-subtract", "countdown", "global-interpreter-lock"],
    ),
    ("Check, then act", &["withdraw", "list-remove", "ping-pong", "parallel-copy", "refcount"]),
    ("Mutual exclusion and reentrance", &["recursive", "forgotten-release", "mailbox"]),
    ("Deadlock", &["transfer", "self-transfer", "nested-submit", "waiting-for-yourself"]),
    (
        "Condition variables",
        &[
            "lost-wakeup",
            "stolen-wakeup",
            "return-after-wait",
            "wrong-kind-woken",
            "thresholds",
            "shop",
            "even-odd",
        ],
    ),
    (
        "Events, semaphores, barriers",
        &[
            "boss-and-workers",
            "clear-on-entry",
            "car-park",
            "over-release",
            "barrier-remainder",
            "phases",
            "timer-cancel",
        ],
    ),
    (
        "Producers and consumers",
        &["sentinel", "task-done", "full-queue", "hungry-consumers", "empty-then-leave"],
    ),
    (
        "Threads, pools, futures",
        &[
            "daemon",
            "join-one-of-two",
            "serial-start",
            "future",
            "eager-call",
            "pool-local-leak",
            "thread-local",
            "primes",
        ],
    ),
    (
        "Processes and pipes",
        &[
            "globals",
            "manager-dict",
            "manager-inserts",
            "shared-value",
            "killed-worker",
            "pipe-eof",
            "join-before-drain",
            "terminate-reader",
        ],
    ),
    ("Coroutines and servers", &["coroutine-pair", "coroutine-counter", "echo", "wrong-client"]),
    (
        "The memory model",
        &[
            "data-race",
            "message-passing",
            "store-buffering",
            "iriw",
            "two-plus-two-writes",
            "release-sequence",
            "fence-or-access",
        ],
    ),
    (
        "Locks from atomics",
        &[
            "spinlock",
            "ticket-lock",
            "clh-lock",
            "mcs-lock",
            "peterson",
            "dekker",
            "double-checked-init",
        ],
    ),
    (
        "Structures without locks",
        &["ring-buffer", "seqlock", "rcu", "hazard-pointer", "chase-lev", "last-drop", "parking"],
    ),
    (
        "From real trackers: waits and notifications",
        &[
            "register-then-look",
            "notify-in-batches",
            "poller-leaves",
            "aborted-wait",
            "stolen-token",
            "value-before",
            "added-too-late",
            "late-waiter",
            "permit-of-the-cancelled",
            "closed-semaphore",
        ],
    ),
    (
        "From real trackers: locks",
        &[
            "read-twice",
            "shard-guard",
            "second-connection",
            "join-under-lock",
            "callback-under-lock",
            "both-upgrade",
            "stolen-under-a-lock",
            "last-owner",
            "finaliser",
            "forked-lock",
            "two-locks-for-one",
        ],
    ),
    (
        "From real trackers: ends",
        &[
            "closed-between",
            "submit-after-shutdown",
            "dead-worker",
            "moving-item",
            "discarded-too-early",
            "closed-twice",
            "empty-then-closed",
            "drained-under-a-worker",
            "locals-outlive",
        ],
    ),
    (
        "From real trackers: memory",
        &[
            "latch-outlived",
            "count-too-late",
            "half-written-entry",
            "epoch",
            "aba",
            "unlinked-node",
        ],
    ),
];

/// A link to a scenario's chapter.
fn to_scenario(scenario: &Scenario) -> String {
    format!("<a href=\"{0}.html\">{0}</a>: {1}", scenario.id, inline(scenario.lesson))
}

/// A link to a variant's stage.
pub(crate) fn to_variant(scenario: &Scenario, variant: &Variant) -> String {
    let id = name(scenario, variant);
    format!("<a data-variant=\"{id}\" href=\"{}.html#{}\">{id}</a>", scenario.id, variant.id)
}

/// `text` with links for names in double braces, as in `{{transfer}}` and `{{transfer/ordered}}`.
///
/// # Panics
///
/// If there is no scenario or variant of such a name.
pub(crate) fn linked(text: &str) -> String {
    let mut parts = text.split("{{");
    let mut linked = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (id, after) = part.split_once("}}").expect("braces are closed");
        let (of, variant) = id.split_once('/').map_or((id, None), |(of, it)| (of, Some(it)));
        let scenario = scenarios::find(of).unwrap_or_else(|| panic!("no scenario {of}"));
        linked += &match variant {
            None => format!("<a href=\"{0}.html\">{0}</a>", scenario.id),
            Some(it) => {
                let variant = scenario.variant(it).unwrap_or_else(|| panic!("no variant {id}"));
                to_variant(scenario, variant)
            }
        };
        linked += after;
    }
    linked
}

/// The page that the book opens with.
pub(crate) fn front(chapters: &[Chapter]) -> String {
    let forms = chapters.iter().map(|chapter| chapter.forms.len()).sum::<usize>();
    let text = linked(include_str!("../pages/front.md"));
    text.replace("[[scenarios]]", &chapters.len().to_string())
        .replace("[[variants]]", &forms.to_string())
}

/// The pages of this file.
pub(crate) fn pages(chapters: &[Chapter]) -> Vec<(String, String)> {
    let texts = [
        entries(
            "By question",
            "What a reader may want to know, and the races that answer it.",
            QUESTIONS,
        ),
        groups(chapters),
        entries(
            "By topic",
            "The topics of a course on concurrent programming, in the order in which they build on each other.",
            TOPICS,
        ),
        engines(chapters),
    ];
    TITLES.iter().zip(texts).map(|((file, _), text)| ((*file).to_owned(), text)).collect()
}

fn entries(title: &str, what: &str, entries: &[Entry]) -> String {
    let mut page = format!("# {title}\n\n{what}\n\n");
    for (question, ids) in entries {
        let _ = write!(page, "## {question}\n\n<ul>");
        for id in *ids {
            let scenario = scenarios::find(id).unwrap_or_else(|| panic!("no scenario {id}"));
            let _ = write!(page, "<li>{}</li>", to_scenario(scenario));
        }
        page += "</ul>\n\n";
    }
    page
}

fn groups(chapters: &[Chapter]) -> String {
    let mut page = String::from(
        "# By group\n\nEvery scenario with its variants: what each is expected to do.\n\n<button type=\"button\" \
         class=\"rp-forget\" data-forget hidden>Forget what I have broken</button>\n\n",
    );
    let mut group = None;
    for Chapter { scenario, forms } in chapters {
        if group != Some(scenario.group) {
            let _ = write!(page, "## {}\n\n", scenario.group.title());
            group = Some(scenario.group);
        }
        let _ = write!(page, "<p>{}</p><ul>", to_scenario(scenario));
        for form in forms {
            let link = to_variant(scenario, form.variant);
            let _ = write!(page, "<li>{link}: {}</li>", inline(&expectation(form.variant)));
        }
        page += "</ul>\n\n";
    }
    page
}

fn engines(chapters: &[Chapter]) -> String {
    let mut page = String::from(
        "# By engine\n\nWhat each engine finds of the variants that go wrong, and what it misses, as this run of it came \
         out. Real threads were run for a hundredth of a second each: whether they find anything is luck.\n\n",
    );
    for engine in Engine::built() {
        let (mut found, mut missed) = (Vec::new(), Vec::new());
        for Chapter { scenario, forms } in chapters {
            for form in
                forms.iter().filter(|form| form.variant.claim_on(engine).expect.is_failure())
            {
                let report = form.reports.iter().find(|report| report.engine == engine);
                let Some(report) = report else { continue };
                let link = to_variant(scenario, form.variant);
                match report.verdict {
                    Verdict::Failed(_) => found.push(link),
                    _ => missed.push(format!("{link}: {}", inline(&verdict(report, form.variant)))),
                }
            }
        }
        let _ = write!(
            page,
            "## {}\n\nIt finds {} of {}.\n\n",
            escape(engine.name()),
            found.len(),
            found.len() + missed.len()
        );
        if !missed.is_empty() {
            let _ =
                write!(page, "Not found:\n\n<ul><li>{}</li></ul>\n\n", missed.join("</li><li>"));
        }
        if !found.is_empty() {
            let _ = write!(page, "Found: {}.\n\n", found.join(", "));
        }
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scenario_has_a_topic_or_a_question_and_each_is_there() {
        let named = |id: &str| QUESTIONS.iter().chain(TOPICS).any(|(_, ids)| ids.contains(&id));
        for (_, ids) in QUESTIONS.iter().chain(TOPICS) {
            ids.iter().for_each(|id| assert!(scenarios::find(id).is_some(), "{id}"));
        }
        let without: Vec<_> =
            scenarios::ALL.iter().map(|scenario| scenario.id).filter(|id| !named(id)).collect();
        assert!(without.is_empty(), "{without:?}");
    }

    #[test]
    fn names_in_braces_are_links() {
        let link = linked("see {{transfer/ordered}}, {{counter}}");
        assert_eq!(
            link,
            "see <a data-variant=\"transfer/ordered\" href=\"transfer.html#ordered\">transfer/ordered</a>, <a \
             href=\"counter.html\">counter</a>"
        );
    }
}

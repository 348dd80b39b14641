"""docs/PEERS.md: what peers.py has found, as a page."""

from statistics import median

HEAD = """\
# loom's users, on loom and here

The loom tests that crates publish in their packages, unchanged, on loom and on
[`crates/loom`](../crates/loom). `ci/peers.sh` runs them, one at a time, each with {limit} seconds of processor time on either
side, and writes this page; it tells a test by its crate, program and path. loom is a copy that prints the executions of a model when it ends; those of a test that
fails are not known. Times are the processor's for the test's process, on two cores that had other work:
good to a factor of two.

Not here: packages without runnable loom tests (async-lock 3.5.0 has one, which is ignored; thingbuf 0.1.6 does not compile with
`--cfg loom`), and of tokio all but `sync`.

"""


def count(result):
    return "" if result is None or result.executions is None else f"{result.executions:,}"


def ratio(loom, ours):
    value = loom / ours
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


def compared(rows):
    """Those that pass on both sides, and of which both count executions."""
    return [
        (loom, ours)
        for _, _, loom, ours in rows
        if loom.verdict == ours.verdict == "passes" and loom.executions and ours.executions
    ]


def summary(found):
    """A line for each crate."""
    lines = [
        "| crate | tests | same verdict | unfinished on loom only | unfinished here only | other differences | "
        "loom's executions by ours, median | loom's time by ours, median |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    names = list(dict.fromkeys(peer for peer, *_ in found))
    for name in [*names, "all"]:
        rows = [row for row in found if name in ("all", row[0])]
        same = sum(loom.verdict == ours.verdict for *_, loom, ours in rows)
        here = sum(ours.verdict == "unfinished" != loom.verdict for *_, loom, ours in rows)
        there = sum((loom.verdict, ours.verdict) == ("unfinished", "passes") for *_, loom, ours in rows)
        both = [(loom, ours) for loom, ours in compared(rows) if loom.executions >= 5]
        executions = ratio(median(l.executions / o.executions for l, o in both), 1) if both else ""
        times = ratio(median(l.seconds / o.seconds for l, o in both), 1) if both else ""
        lines.append(
            f"| {name} | {len(rows)} | {same} | {there} | {here} | {len(rows) - same - here - there} | {executions} | {times} |"
        )
    both = [loom for loom, _ in compared(found) if loom.executions >= 5]
    lines += ["", f"The medians are over the tests that pass on both and of which loom needs at least five executions: {len(both)}."]
    return "\n".join(lines) + "\n"


def differences(found, reasons, needs_reason):
    lines = ["| test | on loom | here | why |", "| --- | --- | --- | --- |"]
    for peer, test, loom, ours in found:
        if needs_reason(loom.verdict, ours.verdict):
            reason = reasons.get((peer, test), ("", "", ""))[2]
            lines.append(f"| {peer} `{test}` | {loom.verdict} | {ours.verdict} | {reason} |")
    return "\n".join(lines) + "\n"


def tables(found, worth):
    lines = []
    for name in dict.fromkeys(peer for peer, *_ in found):
        lines += [
            f"\n## {name}\n",
            "| test | on loom | executions | seconds | here | executions | seconds | executions, ratio | time, ratio |",
            "| --- | --- | --: | --: | --- | --: | --: | --: | --: |",
        ]
        for peer, test, loom, ours in found:
            if peer != name:
                continue
            both = compared([(peer, test, loom, ours)])
            ratios = (ratio(loom.executions, ours.executions), ratio(loom.seconds, ours.seconds)) if both else ("", "")
            lines.append(
                f"| `{test}` | {loom.verdict} | {count(loom)} | {loom.seconds:.2f} | {worth(ours)} | {count(ours)} | "
                f"{ours.seconds:.2f} | {ratios[0]} | {ratios[1]} |"
            )
    return "\n".join(lines) + "\n"


def write(page, found, reasons, worth, needs_reason, limit, missing):
    page.write_text(
        HEAD.format(limit=limit)
        + (f"In the list of `ci/peers.py`, and not run for this page: {', '.join(missing)}.\n\n" if missing else "")
        + summary(found)
        + "\n# Verdicts that differ\n\nNot listed: loom does not come to an end, and here the test passes.\n\n"
        + differences(found, reasons, needs_reason)
        + "\n# Test by test\n\n`proved`: every execution was explored. `bounded`: a limit of the test's ended the search, or bounded the preemptions. The\n"
        + "ratios are loom's by ours.\n"
        + tables(found, worth)
    )

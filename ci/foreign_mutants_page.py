"""docs/MUTANTS.md: what foreign_mutants.py has found, as a page."""

from statistics import median

HEAD = """\
# Mistakes in other crates: which are noticed, on loom and here

A mutant is a crate of the registry with one small mistake: an ordering weakened, a fence left out, two steps swapped, a check left out.
The crate's own loom tests run on it, unchanged, on loom and on [`crates/loom`](../crates/loom), one at a time in the order of their
names, each with {limit} seconds of processor time, until one fails that does not fail without the mistake. `ci/foreign_mutants.sh` does it and
writes this page; the mistakes are in [`ci/foreign_mutants`](../ci/foreign_mutants), line by line.

What no test notices is not therefore right: some tests never come to that line, and some mistakes only cost time. A process
that the system kills is a test that fails: where a mistake frees memory that is in use, that is how some tests end here, and on loom with an index out of bounds
of its own. Times are the processor's, for the tests until the first that fails, or for all of them, on two cores that had other
work: good to a factor of two.

"""


def sorted_out(rows):
    """How many mutants are noticed by both, by loom alone, here alone and by none."""
    def how_many(loom, here):
        return sum((bool(row["loom"]["test"]), bool(row["here"]["test"])) == (loom, here) for row in rows)

    return [how_many(True, True), how_many(True, False), how_many(False, True), how_many(False, False)]


def middle(rows, side):
    """The median of the seconds until a mutant is noticed, of those that are noticed on both sides."""
    both = [row[side]["seconds"] for row in rows if row["loom"]["test"] and row["here"]["test"]]
    return f"{median(both):.2f}" if both else ""


def summary(found, baselines):
    lines = [
        "| crate | tests | unfinished on loom, here, without a mistake | mutants | noticed by both | by loom alone | here alone "
        "| by neither | seconds until noticed, median: loom | here |",
        "| --- | --: | --: | --: | --: | --: | --: | --: | --: | --: |",
    ]
    everything = [row for _, rows in found for row in rows]
    for name, rows in [*found, ("all", everything)]:
        of = [baselines[name]] if name in baselines else list(baselines.values())
        tests = sum(len(baseline["here"]) for baseline in of)
        unfinished = ", ".join(
            str(sum(list(baseline[side].values()).count("unfinished") for baseline in of)) for side in ("loom", "here")
        )
        counts = " | ".join(str(n) for n in [len(rows), *sorted_out(rows)])
        lines.append(f"| {name} | {tests} | {unfinished} | {counts} | {middle(rows, 'loom')} | {middle(rows, 'here')} |")
    return "\n".join(lines) + "\n"


def told_by_limit(found):
    """How many mutants loom notices only because its tests become too long for it."""
    count = sum(is_limit(row["loom"]) for _, rows in found for row in rows)
    return f"\nOf those that loom notices, {count} only by its limit of branches: it says that a loop may go on without end.\n" if count else ""


def alone(found, side, other):
    """The mutants that one side notices and the other does not."""
    for crate, rows in found:
        for row in rows:
            if row[side]["test"] and not row[other]["test"]:
                yield crate, row


def cell(text):
    return text.replace("|", "\\|")


def differences(found):
    lines = ["# Noticed by loom alone\n"]
    table = [f"| {crate}: {row['name']} | `{row['loom']['test']}` | {cell(row['why'])} |" for crate, row in alone(found, "loom", "here")]
    lines += ["| mutant | by | why not here |", "| --- | --- | --- |", *table] if table else ["None."]
    lines += ["\n# Noticed here alone\n"]
    table = [
        f"| {crate}: {row['name']} | `{row['here']['test']}`: {cell(row['here']['how'][:100])} | {unfinished(row['loom'])} |"
        for crate, row in alone(found, "here", "loom")
    ]
    lines += ["| mutant | by | loom's tests |", "| --- | --- | --- |", *table] if table else ["None."]
    return "\n".join(lines) + "\n"


def unfinished(noticed):
    return f"pass, {noticed['unfinished']} of them unfinished" if noticed["unfinished"] else "pass"


def is_limit(noticed):
    """Whether all that was noticed is that an execution is too long for loom."""
    return noticed["how"].startswith("Model exceeded maximum number of branches")


def result(noticed):
    if noticed["test"]:
        limit = ", by its limit of branches" if is_limit(noticed) else ""
        return f"{noticed['seconds']:.2f} s, `{noticed['test'].split('::')[-1]}`{limit}"
    return f"no ({noticed['seconds']:.1f} s)"


def tables(found):
    lines = []
    for crate, rows in found:
        lines += [f"\n## {crate}\n", "| mistake | where | noticed on loom | here |", "| --- | --- | --- | --- |"]
        for row in rows:
            lines.append(f"| {row['name']} | `{row['place']}` | {result(row['loom'])} | {result(row['here'])} |")
    return "\n".join(lines) + "\n"


def page(found, baselines, limit):
    return (
        HEAD.format(limit=limit)
        + summary(found, baselines)
        + told_by_limit(found)
        + "\n"
        + differences(found)
        + "\n# Mutant by mutant\n"
        + tables(found)
    )

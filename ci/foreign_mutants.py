"""Mutates published packages and runs their loom tests on loom and on crates/loom: see foreign_mutants.sh."""

import json
import re
import sys
import tomllib
from dataclasses import asdict, dataclass, field

import foreign_mutants_page
import peers

DATA = peers.ROOT / "ci/foreign_mutants"
PAGE = peers.ROOT / "docs/MUTANTS.md"
SIDES = {False: "loom", True: "here"}


@dataclass
class Noticed:
    """What the tests of a mutant come to on one side."""

    # The first test that fails although it does not fail without the mutant.
    test: str | None = None
    # How its output says that it fails.
    how: str = ""
    # How long the tests took until then, or all of them.
    seconds: float = 0
    # Tests that did not come to an end before that.
    unfinished: int = 0


@dataclass
class Row:
    """A mutant, and what it comes to by side."""

    name: str
    place: str
    why: str = ""
    loom: Noticed = field(default_factory=Noticed)
    here: Noticed = field(default_factory=Noticed)


def fail(text):
    sys.exit(f"ci/foreign_mutants: {text}")


def changed(text, change, where):
    """The lines of a file with one change made: `line` with `from` and `to`, lines to `drop`, or two runs to `swap`.

    `is` is the first line that is changed, without its indentation: so that the change is made where it was meant.
    """
    lines = text.split("\n")
    first = change.get("line") or (change.get("drop") or change["swap"][0])[0]
    if "is" in change and lines[first - 1].strip() != change["is"]:
        fail(f"{where}: line {first} is {lines[first - 1].strip()!r}")
    if "from" in change:
        if lines[first - 1].count(change["from"]) != 1:
            fail(f"{where}: line {first} does not have {change['from']!r} once")
        lines[first - 1] = lines[first - 1].replace(change["from"], change["to"])
    elif "drop" in change:
        begin, end = change["drop"]
        lines[begin - 1 : end] = [""] * (end + 1 - begin)
    else:
        (a, b), (c, d) = change["swap"]
        lines[a - 1 : d] = lines[c - 1 : d] + lines[b : c - 1] + lines[a - 1 : b]
    return "\n".join(lines)


def why_failed(output):
    """The line that says how a test fails."""
    found = re.search(r"panicked at [^\n]*\n([^\n]+)", output)
    return found.group(1).strip() if found else "its process is killed"


class Side:
    """A copy of a package for one of the checkers, and its tests."""

    def __init__(self, peer, folder, work, ours, only):
        self.peer, self.work, self.ours, self.only = peer, work, ours, only
        self.scratch = work / "mutants" / SIDES[ours] / f"{peer.package}-{peer.version}"
        peers.copy(folder, self.scratch, peer)
        self.programs = self.build(fresh=True)
        if self.programs is None:
            fail(f"{peer.package} does not build: see {work}/*.log")
        self.baseline = {test: self.run(*test) for test in self.tests()}

    def build(self, fresh=False):
        return peers.build(self.peer, self.scratch, self.work, self.ours, fresh=fresh)

    def tests(self):
        """Every test in which there is a model, in the order of their names."""
        for binary, program in sorted(self.programs.items()):
            ignored = set(peers.tests(program, "--ignored"))
            for test in sorted(peers.tests(program)):
                if test not in ignored and test.startswith(self.peer.tests) and re.search(self.only, test):
                    yield binary, test

    def run(self, binary, test):
        program = self.programs[binary]
        return peers.run_test(program, test, self.scratch, self.peer.environment, self.ours, peers.LIMIT)

    def judge(self, changes, where):
        """What the tests come to with these changes; None if they cannot be built."""
        files = {change["file"] for change in changes}
        before = {file: (self.scratch / file).read_text() for file in files}
        try:
            for change in changes:
                path = self.scratch / change["file"]
                path.write_text(changed(path.read_text(), change, where))
            self.programs = self.build()
            return self.programs and self.first_failure()
        finally:
            for file, text in before.items():
                (self.scratch / file).write_text(text)

    def first_failure(self):
        found = Noticed()
        for test, baseline in self.baseline.items():
            if baseline.verdict == "fails":
                continue
            result = self.run(*test)
            found.seconds += result.seconds
            if result.verdict == "fails":
                found.test, found.how = "::".join(test), why_failed(result.output)
                break
            found.unfinished += result.verdict == "unfinished"
        return found


def plain(sides):
    """Tests that no checker looks into."""
    here = sides[True].baseline
    return {test for test, result in here.items() if result.verdict == "passes" and not result.models}


def saved(work, data):
    return work / "mutants" / f"{data['package']}-{data['version']}.json"


def examine(data, folder, work):
    """Every mutant of a package, on both sides."""
    [peer] = [p for p in peers.PEERS if (p.package, p.version) == (data["package"], data["version"])]
    sides = {ours: Side(peer, folder, work, ours, data.get("only", "")) for ours in SIDES}
    for test in plain(sides):
        for side in sides.values():
            side.baseline.pop(test, None)
    told = {
        SIDES[ours]: {"::".join(test): result.verdict for test, result in side.baseline.items()}
        for ours, side in sides.items()
    }
    for side, verdicts in told.items():
        for test, verdict in verdicts.items():
            if verdict == "fails":
                print(f"{peer.package} {peer.version}: {test} fails on {side} without a mistake, and is left out", flush=True)
    rows, broken = [], 0
    for mutant in data["mutant"]:
        changes = mutant.get("changes") or [mutant]
        changes = [{"file": data.get("file"), **change} for change in changes]
        where = f"{peer.package} {peer.version}, {mutant['name']}"
        found = {SIDES[ours]: side.judge(changes, where) for ours, side in sides.items()}
        if None in found.values():
            print(f"{where}: does not build", flush=True)
            broken += 1
            continue
        row = Row(mutant["name"], places(changes), **found)
        print(f"{where}: " + "; ".join(f"{side} {one(found[side])}" for side in found), flush=True)
        rows.append(asdict(row))
        saved(work, data).write_text(json.dumps({"baseline": told, "rows": rows}))
    return broken


def one(noticed):
    if noticed.test:
        return f"{noticed.seconds:.2f} s, {noticed.test}: {noticed.how[:100]}"
    return f"not noticed ({noticed.seconds:.2f} s, {noticed.unfinished} unfinished)"


def places(changes):
    """The lines that are changed, by file."""
    def lines(change):
        return change.get("line") or (change.get("drop") or change["swap"][0])[0]

    return ", ".join(f"{change['file']}:{lines(change)}" for change in changes)


def unexplained(found):
    """Mutants that loom notices and crates/loom does not, without a reason."""
    return [
        f"{crate}: {row['name']}"
        for crate, rows in found
        for row in rows
        if row["loom"]["test"] and not row["here"]["test"] and not row["why"]
    ]


def main():
    work = peers.target()
    (work / "mutants").mkdir(parents=True, exist_ok=True)
    everything = [tomllib.loads(path.read_text()) for path in sorted(DATA.glob("*.toml"))]
    names = sys.argv[1:]
    if unknown := set(names) - {data["package"] for data in everything} - {"page"}:
        fail(f"no mutants of {', '.join(sorted(unknown))}")
    chosen = [data for data in everything if not names or data["package"] in names]
    for version in {peers.LOOM[p.loom] for p in peers.PEERS for data in chosen if p.package == data["package"]}:
        peers.counting_loom(work, version)
    broken = 0
    for data in chosen:
        [peer] = [p for p in peers.PEERS if (p.package, p.version) == (data["package"], data["version"])]
        [folder] = peers.fetched(work, [peer])
        broken += examine(data, folder, work)
    found, baselines = [], {}
    for data in everything:
        if saved(work, data).exists():
            name = f"{data['package']} {data['version']}"
            known = json.loads(saved(work, data).read_text())
            reasons = {mutant["name"]: mutant.get("why", "") for mutant in data["mutant"]}
            rows = [{**row, "why": reasons[row["name"]]} for row in known["rows"] if row["name"] in reasons]
            found.append((name, rows))
            baselines[name] = known["baseline"]
    PAGE.write_text(foreign_mutants_page.page(found, baselines, peers.LIMIT))
    without = unexplained(found)
    for line in without:
        print(f"noticed by loom alone, without a reason: {line}")
    sys.exit(1 if broken or without else 0)


if __name__ == "__main__":
    main()

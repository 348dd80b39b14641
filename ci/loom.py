"""Runs the tests of the package in this folder and compares their verdicts: see loom.sh."""

import json
import re
import subprocess
import sys

LIMIT = 10

HEAD = """\
# loom's own tests on this crate, as `ci/loom.sh` finds them: the verdict, and a reason if it is not `passes`.
# `ignored`: loom's authors ignore the test, too.
"""


def binaries():
    build = ["cargo", "test", "--release", "--no-run", "--message-format", "json"]
    built = subprocess.run(build, stdout=subprocess.PIPE, text=True)
    if built.returncode:
        sys.exit("loom's own tests do not compile")
    for message in map(json.loads, built.stdout.splitlines()):
        if message.get("executable") and message["target"]["kind"] == ["test"]:
            yield message["target"]["name"], message["executable"]


def tests(binary, *flags):
    listed = subprocess.run(
        [binary, "--list", "--format", "terse", *flags], stdout=subprocess.PIPE, text=True, check=True
    )
    return [line.removesuffix(": test") for line in listed.stdout.splitlines() if line.endswith(": test")]


def verdict(binary, test):
    """The verdict and the output."""
    try:
        run = subprocess.run(
            [binary, "--exact", test, "--nocapture"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=LIMIT,
        )
    except subprocess.TimeoutExpired:
        return "unfinished", ""
    return "fails" if run.returncode else "passes", run.stdout


def found():
    verdicts = {}
    for name, binary in sorted(binaries()):
        ignored = set(tests(binary, "--ignored"))
        for test in tests(binary):
            is_ignored = test in ignored
            verdicts[f"{name}::{test}"] = ("ignored", "") if is_ignored else verdict(binary, test)
    return verdicts


def expected(file):
    """Verdicts and reasons."""
    rows = {}
    try:
        lines = open(file).read().splitlines()
    except FileNotFoundError:
        return rows
    for line in lines:
        if line and not line.startswith("#"):
            test, verdict, *reason = re.split(r"\s+", line, maxsplit=2)
            rows[test] = verdict, " ".join(reason)
    return rows


def write(file, verdicts, rows):
    width = max(map(len, verdicts))
    with open(file, "w") as out:
        out.write(HEAD)
        for test, (verdict, _) in verdicts.items():
            reason = rows.get(test, ("", ""))[1] if verdict not in ("passes", "ignored") else ""
            out.write(f"{test:{width}}  {verdict:10} {reason}".rstrip() + "\n")


def compare(verdicts, rows):
    wrong = 0
    for test in sorted(verdicts.keys() | rows.keys()):
        verdict, output = verdicts.get(test, ("is not there", ""))
        wanted, reason = rows.get(test, ("no row", ""))
        if verdict != wanted:
            print(f"{test}: {verdict}, and {wanted} was expected\n{output}")
            wrong += 1
        elif verdict not in ("passes", "ignored") and not reason:
            print(f"{test}: {verdict}, and its row gives no reason")
            wrong += 1
    count = {}
    for verdict, _ in verdicts.values():
        count[verdict] = count.get(verdict, 0) + 1
    print(", ".join(f"{number} {verdict}" for verdict, number in sorted(count.items())))
    return wrong


def main():
    file, *flags = sys.argv[1:]
    verdicts, rows = found(), expected(file)
    if flags == ["--write"]:
        write(file, verdicts, rows)
    elif compare(verdicts, rows):
        sys.exit(1)


main()

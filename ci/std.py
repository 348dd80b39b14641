#!/usr/bin/env python3
"""Compares the checker's mirror of std with std itself, item by item, as rustdoc tells both.

    ci/std.py                  # after `cargo doc -p raceproof`: fails if a difference is not explained
    ci/std.py --update HTML    # takes std's items from the documentation of a toolchain, such as
                               # $(rustc --print sysroot)/share/doc/rust/html

The items of std stand in crates/raceproof-tests/tests/std/items.txt, what differs on purpose in differences.txt beside it.
Writes docs/std.md, the table of differences. Signatures are compared by their types: bounds, lifetimes and the names of
parameters are not.
"""

import html
import os
import re
import sys
from fnmatch import fnmatchcase
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "crates/raceproof-tests/tests/std"
MODULES = ["sync", "sync/atomic", "sync/mpsc", "thread", "cell", "hint", "time"]
# The kinds of differences.
KINDS = ["left out", "not const", "differs"]
# Traits that are no promise of std.
UNSTABLE_TRAITS = {"Freeze", "UnsafeUnpin", "CoerceUnsized", "DispatchFromDyn", "DerefPure", "PinCoerceUnsized",
                   "LegacyReceiver", "Receiver", "UseCloned", "CloneFromCell", "TrustedLen", "Step", "Carrier",
                   "CoercePointee", "Allocator", "ByteStr", "ConstParamTy_", "StructuralPartialEq", "AsyncDrop", "TrivialClone"}


def text(markup):
    """A piece of a page as text, in one line."""
    markup = re.sub(r"<wbr>|<br ?/?>", "", markup)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]*>", "", markup))).strip()


def signature(line):
    """A signature without what callers cannot tell."""
    line = line.replace('extern "C" ', "")
    # Allocators are unstable.
    line = re.sub(r"([\]\w>]), A>", r"\1>", line)
    line = re.sub(r"\bcore::|\bstd::|\balloc::|\bself::\b", "", line)
    return line.replace(" ,", ",").replace("( ", "(").replace(", )", ")").replace(",)", ")").replace(", >", ">")


def plain_impl(told):
    """An implementation without parameters, bounds and lifetimes; None if every type has it."""
    told = re.sub(r"where .*$|\bunsafe |\bconst |'\w+,? ?", "", told).replace("<>", "").strip()
    told = told.removeprefix("impl")
    depth = 0
    for at, char in enumerate(told):
        depth += {"<": 1, ">": -1}.get(char, 0)
        if char == " " and depth == 0:
            told = told[at + 1:]
            break
    told = re.sub(r"\(dyn (\w+) \+ Send\)", r"\1", told)
    return None if " for " not in told or re.search(r" for [TU]$", told) else told


def items_of(page, path, of_std):
    """The stable items of a type's page: (name, signature)."""
    for match in re.finditer(r'<section id="([^"]+)" class="(method|impl|associatedconstant)[^"]*">(.*?)</section>',
                             page, re.S):
        name, kind, body = match[1], match[2], match[3]
        header = re.search(r'<h[34] class="code-header">(.*?)</h[34]>', body, re.S)
        if not header:
            continue
        told = signature(text(header[1]))
        if kind == "impl":
            told = plain_impl(told)
            if told and not (set(re.findall(r"\w+", told.split(" for ")[0])) & UNSTABLE_TRAITS):
                yield f"{path}: {told}", ""
        elif "trait-impl" not in match[0].split(">")[0]:
            name = re.sub(r"-\d+$", "", name.split(".")[1])
            yield f"{path}::{name}", told if 'class="since"' in body or not of_std else "unstable"


def read(root, crate):
    """What a crate's pages tell of the modules."""
    found = {}
    for module in MODULES:
        folder = Path(root) / crate / module
        index = (folder / "index.html").read_text() if (folder / "index.html").exists() else ""
        unstable = set(re.findall(r'href="(\w+\.\w+\.html)"[^>]*>[^<]*(?:<wbr>[^<]*)*</a>(?:<wbr>)?<span class="stab unstable', index))
        for page_path in sorted(folder.glob("*.html")):
            name = re.match(r"(struct|enum|trait|fn|macro|type|constant|union)\.(\w+)\.html", page_path.name)
            if not name or page_path.name in unstable:
                continue
            page = page_path.read_text()
            path = f"{module.replace('/', '::')}::{name[2]}"
            if name[1] == "fn":
                code = re.search(r'<pre class="rust item-decl"><code>(.*?)</code>', page, re.S)
                found[path] = signature(text(code[1]))
                continue
            found[path] = name[1]
            if name[1] in ("struct", "enum"):
                found.update(items_of(page, path, crate == "std"))
    return found


def stable(found):
    return {name: told for name, told in found.items() if told != "unstable"}


def update(root):
    DATA.mkdir(exist_ok=True)
    lines = [f"{name} | {told}" if told else name for name, told in sorted(stable(read(root, "std")).items())]
    (DATA / "items.txt").write_text("\n".join(lines) + "\n")
    print(f"{len(lines)} items of std")


def same(name, theirs, ours):
    """Is a use of the one a use of the other, but for bounds?"""
    owner = name.split("::")[-2]

    def plain(told):
        told = re.sub(r"#\[.*?\] ?|where .*$| ⓘ|'\w+,? ?|\b\w+: (?=[^:])|\bmut (?=\w+:)", "", told)
        told = re.sub(r"\bfn (\w+)<.*?>\(", r"fn \1(", told).replace("Self", owner).replace("<>", "")
        told = re.sub(rf"\b{owner}<[^<>]*>", owner, told)
        return re.sub(r" = \w+$", "", told.replace("NonZero<usize>", "NonZeroUsize"))

    return plain(theirs) == plain(ours)


def gap_of(name, theirs, ours):
    """What kind of difference there is, and what it is; None: none."""
    if ours is None:
        return "left out", ""
    if not theirs or same(name, theirs, ours):
        return None
    kind = "not const" if same(name, theirs.replace("const fn", "fn"), ours) else "differs"
    return kind, f": `{theirs}` here `{ours}`"


def main():
    if sys.argv[1:2] == ["--update"]:
        return update(sys.argv[2])
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    if not (target / "doc/raceproof/index.html").exists():
        sys.exit(f"ci/std.py: no documentation in {target / 'doc/raceproof'}: run `cargo doc -p raceproof` first")
    ours = read(target / "doc", "raceproof")
    theirs = {}
    for line in (DATA / "items.txt").read_text().splitlines():
        name, _, told = line.partition(" | ")
        theirs[name] = told
    reasons = []
    for line in (DATA / "differences.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            pattern, kind, reason = (part.strip() for part in line.split(" = ", 2))
            if kind not in KINDS:
                sys.exit(f"ci/std.py: differences.txt: `{kind}` of `{pattern}` is none of {KINDS}")
            reasons.append((pattern, kind, reason, []))
    missing, explained = [], 0
    for name, told in theirs.items():
        gap = gap_of(name, told, ours.get(name))
        if not gap:
            continue
        fitting = [used for pattern, kind, _, used in reasons if kind == gap[0] and fnmatchcase(name, pattern)]
        if fitting:
            fitting[0].append(name)
            explained += 1
        else:
            missing.append(f"{name}: {gap[0]}{gap[1]}")
    table = ["# The mirror and std", "",
             "`raceproof::{sync, thread, cell, hint, time}` have every stable item of std 1.95's modules of these names, with the",
             "same types of parameters and results, but for what follows. Made by `ci/std.py`, which compares them; bounds and",
             "lifetimes it does not compare.", "", "| Item | | Why |", "| --- | --- | --- |"]
    table += [f"| `{pattern}` | {kind} | {reason} |" for pattern, kind, reason, used in reasons if used]
    same_ones = len(theirs) - explained - len(missing)
    page, table = ROOT / "docs/std.md", "\n".join(table) + "\n"
    if not page.exists() or page.read_text() != table:
        missing.append("docs/std.md was not up to date; it is now")
        page.write_text(table)
    unused = [f"{pattern} = {kind}" for pattern, kind, _, used in reasons if not used]
    print(f"{len(theirs)} items of std, {same_ones} the same, {explained} differ on purpose")
    for line in missing + [f"nothing differs any more: {line}" for line in unused]:
        print(line)
    return 1 if missing or unused else 0


if __name__ == "__main__":
    sys.exit(main())

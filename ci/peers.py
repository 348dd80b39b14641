"""Runs loom tests of published packages on loom and on crates/loom: see peers.sh.

The packages come from the registry, in the versions of PEERS below, and are copied below the target directory: nothing
in the registry's folders is touched. Each test is a process of its own, with LIMIT seconds of processor time.
"""

import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import peers_page

ROOT = Path(__file__).resolve().parent.parent
# Seconds of processor time for a test, which may take so many times as long if the machine has other work.
LIMIT = 10
PATIENCE = 6
LOOM = {"0.5": "0.5.6", "0.7": "0.7.2"}
VERDICTS = ROOT / "crates/loom/tests/peers.txt"
HEAD = """\
# Tests of other crates, as `ci/peers.sh` finds them: the verdict on loom and the verdict on this crate, and a reason if they
# differ, unless loom does not come to an end within its time and this crate does.
"""
# What `quick` runs: they are built with the same flags, and so with one build of the checker.
QUICK = {"boxcar", "bytes", "event-listener", "left-right", "parking"}
FACADE = {"0.5": ROOT / "crates/loom-0.5", "0.7": ROOT / "crates/loom"}


@dataclass
class Peer:
    package: str
    version: str
    loom: str
    args: str
    # The flags that make it use loom. Those with the same flags share their dependencies' builds.
    cfg: str = "loom,tokio_unstable"
    # Only tests whose names begin so.
    tests: tuple = ("",)
    environment: dict = field(default_factory=dict)
    # Settings of cargo's.
    settings: tuple = ()


# Crates of which none depends on another.
SEVERAL = "multishot_loom,oneshot_loom,st3_loom,tachyonix_loom"
OTHERS = "async_event_loom,crossbeam_loom,diatomic_waker_loom"

PEERS = [
    Peer("loom", "0.7.2", "0.7", "--features futures,checkpoint --tests"),
    Peer("arcshift", "0.4.10", "0.7", "--features loom --lib", tests=("tests::simple_threading",)),
    Peer("async-event", "0.2.1", "0.5", "--lib", cfg=OTHERS),
    Peer("boxcar", "0.2.14", "0.7", "--features loom --test loom --test loom_buckets"),
    Peer("bytes", "1.12.2", "0.7", "--lib"),
    Peer("burstq", "0.2.0", "0.7", "--lib"),
    Peer("concurrent-queue", "2.5.0", "0.7", "--features loom --test loom"),
    Peer("cordyceps", "0.3.5", "0.7", "--lib"),
    Peer("crossbeam-epoch", "0.9.21", "0.7", "--features loom --test loom", cfg=OTHERS),
    Peer("diatomic-waker", "0.2.3", "0.7", "--lib", cfg=OTHERS),
    Peer("ecow", "0.3.1", "0.7", "--features loom --test loom"),
    Peer("event-listener", "5.4.2", "0.7", "--features loom --test loom"),
    Peer("flashmap", "0.2.0", "0.7", "--features loom --test loom"),
    Peer("haphazard", "0.1.8", "0.7", "--test loom"),
    Peer("hipstr", "0.8.0", "0.7", "--lib", tests=("smart::tests::loom_",)),
    Peer("left-right", "0.11.8", "0.7", "--test loom"),
    Peer("lean_string", "0.8.0", "0.7", "--features loom --test loom"),
    Peer("maitake-sync", "0.2.2", "0.7", "--lib"),
    Peer("maitake-sync", "0.3.0", "0.7", "--lib"),
    Peer("multishot", "0.3.2", "0.5", "--lib", cfg=SEVERAL),
    Peer("oneshot", "0.1.13", "0.7", "--features loom --tests", cfg=SEVERAL),
    Peer("oneshot", "0.2.1", "0.7", "--features loom,std,async --tests", cfg=SEVERAL),
    Peer("parking", "2.2.1", "0.7", "--features loom --test loom"),
    Peer("saa", "5.6.2", "0.7", "--features loom --lib"),
    Peer("scc", "3.8.8", "0.7", "--features loom --lib"),
    Peer("sdd", "4.8.11", "0.7", "--features loom --lib"),
    Peer("sharded-slab", "0.1.7", "0.5", "--lib"),
    Peer("st3", "0.4.1", "0.5", "--test integration", cfg=SEVERAL),
    Peer("swap-buffer-queue", "0.2.1", "0.7", "--lib"),
    Peer("tachyonix", "0.3.1", "0.7", "--lib", cfg=SEVERAL),
    # As in its own checks, at most two preemptions; the runtime's models take hours on either.
    Peer("tokio", "1.54.1", "0.7", "--features full,test-util --lib", tests=("sync::",),
         settings=("profile.release.debug-assertions=true",), environment={"LOOM_MAX_PREEMPTIONS": "2"}),
    Peer("tokio-util", "0.7.20", "0.7", "--features full --lib"),
]


# Packages that do not build.
NOT_BUILT = []


def run(command, **more):
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, **more)


def target():
    metadata = run(["cargo", "metadata", "--format-version", "1", "--no-deps"], cwd=ROOT, check=True)
    return Path(json.loads(metadata.stdout)["target_directory"]) / "peers"


def fetched(work, peers):
    """The folder of each package, as cargo has unpacked it."""
    scratch = work / f"fetch-{os.getpid()}"
    for peer in peers:
        # One at a time: a package may not be depended on twice.
        shutil.rmtree(scratch, ignore_errors=True)
        (scratch / "src").mkdir(parents=True)
        (scratch / "src/lib.rs").write_text("")
        (scratch / "Cargo.toml").write_text(
            '[package]\nname = "fetch"\nversion = "0.0.0"\n[dependencies]\n'
            f'{peer.package} = "={peer.version}"\n[workspace]\n'
        )
        found = run(["cargo", "metadata", "--format-version", "1", "--quiet"], cwd=scratch, check=True)
        [manifest] = [
            package["manifest_path"]
            for package in json.loads(found.stdout)["packages"]
            if (package["name"], package["version"]) == (peer.package, peer.version)
        ]
        yield Path(manifest).parent


def copy(folder, scratch, peer):
    """A copy of a package that may be built there."""
    shutil.rmtree(scratch, ignore_errors=True)
    if peer.package == "loom":
        # Its own tests, as a package that depends on it.
        (scratch / "src").mkdir(parents=True)
        (scratch / "src/lib.rs").write_text("")
        shutil.copytree(folder / "tests", scratch / "tests")
        (scratch / "Cargo.toml").write_text(
            '[package]\nname = "looms-own"\nversion = "0.0.0"\nedition = "2018"\n'
            '[features]\nfutures = []\ncheckpoint = []\n'
            f'[dependencies]\nloom = {{ version = "={peer.version}", features = ["futures", "checkpoint"] }}\n'
            '[dev-dependencies]\nfutures-util = "0.3"\n'
        )
    else:
        # Newer than what was built last: cargo takes all copies of a package for the same one.
        shutil.copytree(
            folder, scratch, ignore=shutil.ignore_patterns("Cargo.lock", "Cargo.toml.orig"), copy_function=shutil.copy
        )
    manifest = scratch / "Cargo.toml"
    text = manifest.read_text()
    # Only their benchmarks use it, and it takes longer to build than all else.
    text = re.sub(r"^\[dev-dependencies\.criterion\]\n(?:(?!\[).*\n)*", "", text, flags=re.M)
    # The copy is below this repository, but no part of it.
    manifest.write_text(text if re.search(r"^\[workspace\]", text, re.M) else text + "\n[workspace]\n")


def counting_loom(work, version):
    """A copy of loom that prints how many executions a model has had: it logs that only where its log is set up."""
    scratch = work / f"loom-{version}"
    model = scratch / "src/model.rs"
    told = [
        ('info!(parent: None, "Completed in', 'println!("\\nloom: {} executions", i - 1); '),
        ("if i >= max_permutations {", 'println!("\\nloom: {} executions", i);'),
        ("if start.elapsed() >= max_duration {", 'println!("\\nloom: {} executions", i);'),
    ]
    if model.exists() and all(line in model.read_text() for _, line in told):
        # What is built with it stays as it is.
        return scratch
    [folder] = fetched(work, [Peer("loom", version, "", "")])
    shutil.rmtree(scratch, ignore_errors=True)
    shutil.copytree(folder, scratch, ignore=shutil.ignore_patterns("Cargo.lock", "Cargo.toml.orig"))
    text = model.read_text()
    for place, line in told:
        assert text.count(place) == 1, f"loom {version}: {place}"
        text = text.replace(place, place + line if place.endswith("{") else line + place)
    model.write_text(text)
    return scratch


def build(peer, scratch, work, ours, fresh=True):
    """The test programs, by name, or None. Its dependencies are chosen anew if it is `fresh`."""
    flags = " ".join(["--cap-lints warn", *(f"--cfg {cfg}" for cfg in peer.cfg.split(",") if cfg)])
    side = "raceproof" if ours else "loom"
    environment = dict(os.environ, RUSTFLAGS=flags, CARGO_TARGET_DIR=str(work / f"build-{side}"))
    for profile in ["CARGO_PROFILE_DEV_OPT_LEVEL", "CARGO_PROFILE_DEV_DEBUG"]:
        environment.pop(profile, None)
    if fresh:
        (scratch / "Cargo.lock").unlink(missing_ok=True)
    loom = FACADE[peer.loom] if ours else work / f"loom-{LOOM[peer.loom]}"
    patch = ["--config", f'patch.crates-io.loom.path="{loom}"']
    settings = [word for setting in peer.settings for word in ("--config", setting)]
    command = ["cargo", *patch, *settings, "test", "--release", "--no-run", "--message-format", "json", *peer.args.split()]
    log = work / f"{peer.package}-{peer.version}-{side}.log"
    with open(log, "w") as errors:
        built = run(command, cwd=scratch, env=environment, stderr=errors)
    if built.returncode:
        with open(log, "a") as errors:
            for message in map(json.loads, built.stdout.splitlines()):
                if message.get("reason") == "compiler-message" and message["message"]["level"] == "error":
                    errors.write(message["message"]["rendered"])
        return None
    return {
        message["target"]["name"]: message["executable"]
        for message in map(json.loads, built.stdout.splitlines())
        if message.get("executable") and message["profile"]["test"]
    }


def tests(program, *flags):
    listed = run([program, "--list", "--format", "terse", *flags], check=True).stdout
    return [line.removesuffix(": test") for line in listed.splitlines() if line.endswith(": test")]


@dataclass
class Result:
    verdict: str
    seconds: float
    executions: int | None = None
    # What the models come to; none on loom.
    models: list = field(default_factory=list)
    output: str = ""


def waited(child, most):
    """The exit code of a process, or None if it was stopped after so many seconds; and what processor time it had."""
    deadline = time.monotonic() + most
    stopped = False
    while True:
        pid, status, used = os.wait4(child.pid, os.WNOHANG)
        if pid:
            child.returncode = os.waitstatus_to_exitcode(status)
            return None if stopped else child.returncode, used.ru_utime + used.ru_stime
        if time.monotonic() > deadline:
            child.kill()
            stopped = True
        time.sleep(0.002)


def run_test(program, test, scratch, environment, ours, limit):
    report = scratch / "report.jsonl"
    report.unlink(missing_ok=True)
    more = {"RACEPROOF_REPORT": str(report)} if ours else {}
    output = scratch / "output.txt"
    with open(output, "wb") as out:
        child = subprocess.Popen(
            [program, "--exact", test, "--nocapture"], stdin=subprocess.DEVNULL, stdout=out,
            stderr=subprocess.STDOUT, cwd=scratch, env={**os.environ, **environment, **more},
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 1)),
        )
        code, seconds = waited(child, PATIENCE * limit)
    ended = code not in (None, -signal.SIGXCPU)
    verdict = "unfinished" if not ended else "fails" if code else "passes"
    with open(output, errors="replace") as text:
        text = text.read(1 << 24)
    result = Result(verdict, seconds, output=text[-10_000:])
    if ours:
        lines = report.read_text().splitlines() if report.exists() else []
        result.models = [json.loads(line) for line in lines]
        counts = [model["executions"] for model in result.models]
    else:
        counts = [int(count) for count in re.findall(r"^loom: (\d+) executions$", text, re.M)]
    if verdict != "unfinished" and counts:
        result.executions = sum(counts)
    return result


def peer_rows(peer, folder, work, sides=(False, True), skip=lambda test: False):
    """Each test, and what it comes to on loom, if that is one of the sides, and here."""
    name = f"{peer.package}-{peer.version}"
    scratch = work / "copies" / name
    copy(folder, scratch, peer)
    programs = {}
    for ours in sides:
        programs[ours] = build(peer, scratch, work, ours)
        if programs[ours] is None:
            side = "crates/loom" if ours else "loom"
            print(f"{name}: does not build on {side}, see {work / name}-*.log")
            NOT_BUILT.append(name)
            return
    for binary, program in sorted(programs[True].items()):
        ignored = set(tests(program, "--ignored"))
        for test in tests(program):
            full_name = f"{binary}::{test}"
            if test in ignored or not test.startswith(peer.tests) or skip(full_name):
                continue
            found = {
                ours: run_test(programs[ours][binary], test, scratch, peer.environment, ours, LIMIT) for ours in sides
            }
            loom, ours = found.get(False), found[True]
            plain = ours.verdict == "passes" and not ours.models
            if plain and (loom is None or loom.verdict == "passes" and not loom.executions):
                continue
            yield full_name, loom, ours


def say(name, test, loom, ours):
    def one(result):
        count = "?" if result.executions is None else f"{result.executions:,}"
        return f"{result.verdict} {count} {result.seconds:.2f} s"

    mark = "" if loom.verdict == ours.verdict else "  <<<<"
    print(f"{name} {test}: {one(loom)} | {one(ours)} {worth(ours)}{mark}", flush=True)


def worth(ours):
    """What it is worth that a test passes."""
    sorts = {model["verdict"] for model in ours.models}
    if ours.verdict != "passes":
        return ours.verdict
    return "fails as expected" if "failed" in sorts else "bounded" if "bounded" in sorts else "proved"


def expected():
    """Verdicts on loom and on crates/loom, and reasons, by crate and test."""
    rows = {}
    for line in VERDICTS.read_text().splitlines() if VERDICTS.exists() else []:
        if line and not line.startswith("#"):
            package, version, test, loom, ours, *reason = line.split(maxsplit=5)
            rows[f"{package} {version}", test] = loom, ours, " ".join(reason)
    return rows


def needs_reason(loom, ours):
    """Whether a difference of verdicts says something else than that loom needs longer."""
    return loom != ours and (loom, ours) != ("unfinished", "passes")


def compare(found):
    """Tells what differs from the recorded verdicts; how many there are of these."""
    wrong, rows = 0, expected()
    for peer, test, loom, ours in found:
        wanted = rows.get((peer, test))
        if wanted is None:
            wrong += 1
            print(f"{peer} {test}: {VERDICTS.name} has no row")
        elif ours.verdict != wanted[1] or loom and loom.verdict != wanted[0]:
            wrong += 1
            there = loom.verdict if loom else wanted[0]
            print(f"{peer} {test}: {there} {ours.verdict}, and {wanted[0]} {wanted[1]} was expected\n{ours.output[-2000:]}")
        elif needs_reason(*wanted[:2]) and not wanted[2]:
            wrong += 1
            print(f"{peer} {test}: {wanted[0]} {wanted[1]}, and its row gives no reason")
    return wrong


def record(found):
    rows = expected()
    with open(VERDICTS, "w") as out:
        out.write(HEAD)
        for peer, test, loom, ours in found:
            reason = rows.get((peer, test), ("", "", ""))[2] if needs_reason(loom.verdict, ours.verdict) else ""
            out.write(f"{peer} {test} {loom.verdict} {ours.verdict} {reason}".rstrip() + "\n")


def quick(work):
    """The tests of small crates here alone; whether their verdicts are the recorded ones."""
    peers = [peer for peer in PEERS if peer.package in QUICK]
    rows, found = expected(), []
    for peer, folder in zip(peers, fetched(work, peers)):
        name = f"{peer.package} {peer.version}"
        for test, _, ours in peer_rows(
            peer, folder, work, sides=[True], skip=lambda test: rows.get((name, test), ("", ""))[1] == "unfinished"
        ):
            found.append((name, test, None, ours))
    wrong = compare(found)
    print(f"{len(found)} tests, {wrong} of them other than expected")
    return wrong or not found


def full(work, names):
    """Runs crates, and writes the page and the verdicts anew, with what was found of others before."""
    unknown = set(names) - {peer.package for peer in PEERS} - {"page"}
    if unknown:
        sys.exit(f"no such crate here: {', '.join(sorted(unknown))}")
    peers = [peer for peer in PEERS if not names or peer.package in names]
    for version in {LOOM[peer.loom] for peer in peers}:
        counting_loom(work, version)
    for peer, folder in zip(peers, fetched(work, peers)):
        found = []
        for test, loom, ours in peer_rows(peer, folder, work):
            say(f"{peer.package} {peer.version}", test, loom, ours)
            found.append((test, vars(loom), vars(ours)))
        if found:
            saved(work, peer).write_text(json.dumps(found))
    found = [
        (f"{peer.package} {peer.version}", test, Result(**loom), Result(**ours))
        for peer in PEERS
        if saved(work, peer).exists()
        for test, loom, ours in json.loads(saved(work, peer).read_text())
    ]
    record(found)
    missing = [f"{peer.package} {peer.version}" for peer in PEERS if not saved(work, peer).exists()]
    peers_page.write(ROOT / "docs/PEERS.md", found, expected(), worth, needs_reason, LIMIT, missing)
    return compare(found)


def saved(work, peer):
    return work / f"{peer.package}-{peer.version}.json"


def main():
    work = target()
    work.mkdir(parents=True, exist_ok=True)
    names = sys.argv[1:]
    wrong = quick(work) if names == ["quick"] else full(work, names)
    sys.exit(1 if wrong or NOT_BUILT else 0)


if __name__ == "__main__":
    main()

"""Runs loom tests of published packages on loom and on crates/loom: see peers.sh.

The packages come from the registry, in the versions of PEERS below, and are copied below the target directory: nothing
in the registry's folders is touched. Each test is a process of its own, with LIMIT seconds.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIMIT = 10
LOOM = {"0.5": "0.5.6", "0.7": "0.7.2"}
FACADE = {"0.5": ROOT / "crates/loom-0.5", "0.7": ROOT / "crates/loom"}


@dataclass
class Peer:
    package: str
    version: str
    loom: str
    args: str
    # The flags that make it use loom.
    cfg: str = "loom"
    # Only tests whose names begin so.
    tests: tuple = ("",)
    environment: dict = field(default_factory=dict)


PEERS = [
    Peer("loom", "0.7.2", "0.7", "--features futures,checkpoint --tests", cfg=""),
    Peer("async-event", "0.2.1", "0.5", "--lib", cfg="async_event_loom"),
    Peer("async-lock", "3.5.0", "0.7", "--features loom --test loom"),
    Peer("boxcar", "0.2.14", "0.7", "--features loom --test loom --test loom_buckets"),
    Peer("bytes", "1.12.2", "0.7", "--lib"),
    Peer("concurrent-queue", "2.5.0", "0.7", "--features loom --test loom"),
    Peer("cordyceps", "0.3.5", "0.7", "--lib"),
    Peer("crossbeam-epoch", "0.9.21", "0.7", "--features loom --test loom", cfg="crossbeam_loom"),
    Peer("crossbeam-epoch", "0.9.14", "0.5", "--features loom --test loom", cfg="crossbeam_loom"),
    Peer("diatomic-waker", "0.2.3", "0.7", "--lib", cfg="diatomic_waker_loom"),
    Peer("event-listener", "5.4.2", "0.7", "--features loom --test loom"),
    Peer("left-right", "0.11.8", "0.7", "--test loom"),
    Peer("maitake-sync", "0.2.2", "0.7", "--lib"),
    Peer("multishot", "0.3.2", "0.5", "--lib", cfg="multishot_loom"),
    Peer("oneshot", "0.1.13", "0.7", "--features loom --tests", cfg="oneshot_loom"),
    Peer("parking", "2.2.1", "0.7", "--features loom --test loom"),
    Peer("sharded-slab", "0.1.7", "0.5", "--lib"),
    Peer("st3", "0.4.1", "0.5", "--test loom", cfg="st3_loom"),
    Peer("tachyonix", "0.3.1", "0.7", "--lib", cfg="tachyonix_loom"),
    Peer("thingbuf", "0.1.6", "0.5", "--lib"),
    # As in its own checks, at most two preemptions; the runtime's models take hours on either.
    Peer("tokio", "1.54.1", "0.7", "--features full --lib", cfg="loom,tokio_unstable", tests=("sync::",),
         environment={"LOOM_MAX_PREEMPTIONS": "2"}),
]


def run(command, **more):
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, **more)


def target():
    metadata = run(["cargo", "metadata", "--format-version", "1", "--no-deps"], cwd=ROOT, check=True)
    return Path(json.loads(metadata.stdout)["target_directory"]) / "peers"


def fetched(work, peers):
    """The folder of each package, as cargo has unpacked it."""
    folders = {}
    for peer in peers:
        # One at a time: a package may not be depended on twice.
        scratch = work / "fetch"
        shutil.rmtree(scratch, ignore_errors=True)
        (scratch / "src").mkdir(parents=True)
        (scratch / "src/lib.rs").write_text("")
        (scratch / "Cargo.toml").write_text(
            f'[package]\nname = "fetch"\nversion = "0.0.0"\n[dependencies]\n'
            f'{peer.package} = "={peer.version}"\n[workspace]\n'
        )
        command = ["cargo", "metadata", "--format-version", "1", "--quiet"]
        found = run(command, cwd=scratch, check=True)
        [manifest] = [
            package["manifest_path"]
            for package in json.loads(found.stdout)["packages"]
            if (package["name"], package["version"]) == (peer.package, peer.version)
        ]
        folders[peer.package, peer.version] = Path(manifest).parent
    return folders


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
        shutil.copytree(folder, scratch, ignore=shutil.ignore_patterns("Cargo.lock", "Cargo.toml.orig"))
    manifest = scratch / "Cargo.toml"
    text = manifest.read_text()
    if not re.search(r"^\[workspace\]", text, re.M):
        # The copy is below this repository, but no part of it.
        manifest.write_text(text + "\n[workspace]\n")


def build(peer, scratch, work, ours):
    """The test programs, by name, or None."""
    flags = " ".join(["--cap-lints warn", *(f"--cfg {cfg}" for cfg in peer.cfg.split(",") if cfg)])
    side = "raceproof" if ours else "loom"
    environment = dict(os.environ, RUSTFLAGS=flags, CARGO_TARGET_DIR=str(work / f"build-{side}"))
    for profile in ["CARGO_PROFILE_DEV_OPT_LEVEL", "CARGO_PROFILE_DEV_DEBUG"]:
        environment.pop(profile, None)
    (scratch / "Cargo.lock").unlink(missing_ok=True)
    patch = ["--config", f'patch.crates-io.loom.path="{FACADE[peer.loom]}"'] if ours else []
    if not ours:
        pin = ["cargo", "update", "--quiet", "--package", "loom", "--precise", LOOM[peer.loom]]
        run(["cargo", "generate-lockfile", "--quiet"], cwd=scratch, env=environment, check=True)
        subprocess.run(pin, cwd=scratch, env=environment, check=True)
    command = ["cargo", *patch, "test", "--release", "--no-run", "--message-format", "json", *peer.args.split()]
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


def run_test(program, test, scratch, environment, ours, limit):
    report = scratch / "report.jsonl"
    report.unlink(missing_ok=True)
    more = {"RACEPROOF_REPORT": str(report)} if ours else {"LOOM_LOG": "loom::model=info", "NO_COLOR": "1"}
    output = scratch / "output.txt"
    begun = time.monotonic()
    with open(output, "wb") as out:
        child = subprocess.Popen(
            [program, "--exact", test, "--nocapture"], stdin=subprocess.DEVNULL, stdout=out,
            stderr=subprocess.STDOUT, cwd=scratch, env={**os.environ, **environment, **more},
        )
        try:
            verdict = "fails" if child.wait(limit) else "passes"
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
            verdict = "unfinished"
    seconds = time.monotonic() - begun
    with open(output, errors="replace") as text:
        text = text.read(1 << 24)
    result = Result(verdict, seconds, output=text)
    if ours:
        lines = report.read_text().splitlines() if report.exists() else []
        result.models = [json.loads(line) for line in lines]
        counts = [model["executions"] for model in result.models]
    else:
        counts = [int(count) for count in re.findall(r"Completed in (\d+) iterations", text)]
    if verdict != "unfinished" and counts:
        result.executions = sum(counts)
    return result


def peer_rows(peer, folder, work, limit):
    name = f"{peer.package}-{peer.version}"
    scratch = work / "copies" / name
    copy(folder, scratch, peer)
    programs = {}
    for ours in [False, True]:
        programs[ours] = build(peer, scratch, work, ours)
        if programs[ours] is None:
            side = "crates/loom" if ours else "loom"
            print(f"{name}: does not build on {side}, see {work / name}-*.log", flush=True)
    if programs[True] is None or programs[False] is None:
        return
    for binary, program in sorted(programs[True].items()):
        ignored = set(tests(program, "--ignored"))
        for test in tests(program):
            if test in ignored or not test.startswith(peer.tests):
                continue
            sides = [
                run_test(programs[ours][binary], test, scratch, peer.environment, ours, limit)
                for ours in [False, True]
            ]
            loom, ours = sides
            if loom.verdict == ours.verdict == "passes" and not ours.models and not loom.executions:
                continue
            yield f"{binary}::{test}", loom, ours


def say(name, test, loom, ours):
    def one(result):
        count = "?" if result.executions is None else f"{result.executions:,}"
        return f"{result.verdict} {count} {result.seconds:.2f} s"

    mark = "" if loom.verdict == ours.verdict else "  <<<<"
    sort = ",".join(sorted({model["verdict"] for model in ours.models}))
    print(f"{name} {test}: {one(loom)} | {one(ours)} {sort}{mark}", flush=True)


def main():
    names = sys.argv[1:]
    work = target()
    work.mkdir(parents=True, exist_ok=True)
    peers = [peer for peer in PEERS if not names or peer.package in names]
    folders = fetched(work, peers)
    with open(work / "results.jsonl", "a") as results:
        for peer in peers:
            name = f"{peer.package} {peer.version}"
            for test, loom, ours in peer_rows(peer, folders[peer.package, peer.version], work, LIMIT):
                say(name, test, loom, ours)
                row = {"peer": name, "test": test, "loom": vars(loom), "ours": vars(ours)}
                for side in ["loom", "ours"]:
                    row[side]["output"] = row[side]["output"][-4000:] if row[side]["verdict"] != "passes" else ""
                results.write(json.dumps(row) + "\n")
                results.flush()


main()

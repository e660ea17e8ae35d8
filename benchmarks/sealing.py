"""What sealing costs: receive, accept and ledger in a sealed store, beside the same in an open one.

    python -m benchmarks.sealing [--rounds N] [FILES ...]

The same published files go into both, so that the only difference is the key. Each measurement is a process of its own,
so that memory is its own too; they take turns, and medians are printed. Aim: at most 1.5 times.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

ROUNDS, MOST = 5, 1.5
EXAMPLES = Path(__file__).parent.parent / "examples" / "police-uk"
KEYS = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
SEALED, OPEN = "sealed", "open"


def _child(way: str, files: Sequence[str]) -> None:
    from datetime import date

    from onrecord import actions
    from onrecord.settings import from_environment

    settings = from_environment({"ONRECORD_KEYS": KEYS} if way == SEALED else {})
    with tempfile.TemporaryDirectory() as place:
        store, paths = Path(place) / "store", [Path(file) for file in files]
        begin = time.perf_counter()
        words = ("police-uk", "a sender", "one", "2018/19", date(2021, 12, 22), settings)
        return_id, _ = actions.receive(store, paths, *words)
        received = time.perf_counter()
        actions.accept(store, return_id, "two", settings)
        counted = time.perf_counter()
        rows = actions.ledger(store, actions.Asked(by="area"), settings).rows()
        end = time.perf_counter()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    found = {"receive": received - begin, "ledger": end - counted, "memory": memory}
    print(json.dumps({**found, "reports": sum(row["received"] for row in rows)}))


def _measure(way: str, files: Sequence[str]) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.sealing", "--child", way, *files]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("ONRECORD_")}
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environ)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main() -> None:
    """Take turns, print medians and ratios; end with 1 where the aim is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sealing")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("files", nargs="*")
    asked = parser.parse_args()
    files = sorted(asked.files) or [str(path) for path in sorted(EXAMPLES.glob("*.csv.gz"))]
    runs: dict[str, list[dict[str, float]]] = {SEALED: [], OPEN: []}
    for _ in range(asked.rounds + 1):
        for way, found in runs.items():
            found.append(_measure(way, files))
    medians = {
        way: {name: statistics.median(run[name] for run in found[1:]) for name in found[0]}
        for way, found in runs.items()
    }
    print(f"{len(files)} files, {medians[OPEN]['reports']:,.0f} reports; median of {asked.rounds} rounds after one")
    missed = False
    for name in ("receive", "ledger"):
        ratio = medians[SEALED][name] / medians[OPEN][name]
        missed |= ratio > MOST
        print(
            f"{name:8} sealed {medians[SEALED][name]:6.2f} s   open {medians[OPEN][name]:6.2f} s   "
            f"{ratio:.2f} times (at most {MOST})"
        )
    print(f"memory   sealed {medians[SEALED]['memory']:6.0f} MB  open {medians[OPEN]['memory']:6.0f} MB at most")
    sys.exit(missed)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        _child(sys.argv[2], sys.argv[3:])
    else:
        main()

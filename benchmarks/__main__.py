"""All benchmarks: what each shows, how long it takes, what it needs; and a way to run them.

    python -m benchmarks             list them, then run those that need no outside files, the shortest first
    python -m benchmarks --list      list them
    python -m benchmarks NAME [...]  run one; what follows the name is its own (``python -m benchmarks NAME --help``)

How long is for two cores of a quiet machine, in round figures. Each runs as a process of its own; the first that ends
badly ends this as well.
"""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 100


@dataclass(frozen=True)
class Benchmark:
    """One benchmark.

    Attributes:
        name: its module in this package.
        shows: what it shows.
        takes: about how long.
        needs: what it reads.
        outside: whether that is something that does not come with the project and is not made up by it.
    """

    name: str
    shows: str
    takes: str
    needs: str
    outside: bool = False


BENCHMARKS = (
    Benchmark(
        "read_to_ledger",
        "read to ledger, beside three plain DuckDB group-bys of the same files: time and memory as ratios",
        "a minute",
        "the street files under examples/, or those that are named",
    ),
    Benchmark(
        "sealing",
        "receive, accept and ledger in a sealed store beside an open one; aim: at most 1.5 times",
        "two minutes",
        "the street files under examples/, or those that are named",
    ),
    Benchmark(
        "cin_census",
        "a Children in Need census to standard rows beside its parsing by lxml; aim: at most ten times",
        "a few minutes",
        "a census that it makes up",
    ),
    Benchmark(
        "cohorts",
        "cumulative incidence with variance of 300 groups beside lifelines; aim: at least 50 times as fast",
        "two minutes",
        "durations that it makes up; lifelines, which is no dependency: pip install lifelines",
        outside=True,
    ),
    Benchmark(
        "standings",
        "standings and days to outcome of ten million reports beside a hand-written query; aim: at most twice",
        "ten minutes",
        "rows that it makes up",
    ),
    Benchmark(
        "rules",
        "a return of a million reports under all rules beside a plain scan; with --pandas, beside pandas too",
        "a quarter of an hour",
        "a return that it makes up; a Python with pandas where --pandas names one",
    ),
    Benchmark(
        "kills",
        "kill -9 at every step that touches a store, 500 times: nothing accepted is lost, nothing is half there",
        "half an hour and more",
        "a store that it makes up",
    ),
    Benchmark(
        "hostile",
        "ten thousand hostile files: each ends with a sentence or a receipt that balances",
        "an hour and more",
        "files that it makes up",
    ),
    Benchmark(
        "rules_in_pandas",
        "the same rules as today's validators write them; 'rules --pandas PYTHON' prepares the files and starts it",
        "long: hours with a million reports",
        "rules as JSON, a folder of Parquet files, and a Python with pandas",
        outside=True,
    ),
)


def listed() -> str:
    """The list as text."""
    lines = []
    for each in BENCHMARKS:
        outside = " (outside files: not run without its name)" if each.outside else ""
        told = (f"shows: {each.shows}", f"takes: {each.takes}", f"needs: {each.needs}{outside}")
        wrapped = [textwrap.fill(line, WIDTH, initial_indent="  ", subsequent_indent="    ") for line in told]
        lines += [each.name, *wrapped]
    return "\n".join(lines)


def run(name: str, arguments: Sequence[str] = ()) -> int:
    """Run one benchmark; its exit code."""
    return subprocess.run([sys.executable, "-m", f"benchmarks.{name}", *arguments], check=False).returncode


def main(arguments: Sequence[str]) -> int:
    """List, run all, or run one; the exit code."""
    names = [each.name for each in BENCHMARKS]
    if arguments and arguments[0] in names:
        return run(arguments[0], arguments[1:])
    if arguments and arguments[0] != "--list":
        print(f"There is no benchmark {arguments[0]!r}. There are: {', '.join(names)}.", file=sys.stderr)
        return 2
    print(listed(), flush=True)
    for each in BENCHMARKS:
        if not arguments and not each.outside:
            print(f"\n{each.name}: {each.takes}", flush=True)
            if code := run(each.name):
                return code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Read to ledger, beside a plain DuckDB group-by of the same files.

    python -m benchmarks.read_to_ledger [FILES ...]

Each measurement is a process of its own, so that memory is its own too; they take turns, and medians are
printed. Three peers, since "plain" can be read three ways: DuckDB told the columns (its fastest way), DuckDB
left to find them out (what an analyst types), and the same with union_by_name (what it then asks for when
plain and compressed files stand side by side).
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

ROUNDS = 5
EXAMPLES = Path(__file__).parent.parent / "examples" / "police-uk"
COLUMNS = (
    "Crime ID", "Month", "Reported by", "Falls within", "Longitude", "Latitude", "Location", "LSOA code", "LSOA name",
    "Crime type", "Last outcome category", "Context",
)  # fmt: skip
GROUP_BY = 'SELECT "Reported by", "Last outcome category", count(*) FROM {source} GROUP BY ALL'


def read_to_ledger(files: Sequence[str]) -> float:
    """Our path: files to standard rows, every row accounted for, standings, ledger by area."""
    from onrecord.engine import open_engine, table_of
    from onrecord.intake.adapters.police_uk import POLICE_UK
    from onrecord.intake.read import gather
    from onrecord.measures.ledger import ledger
    from onrecord.pathways.history import History
    from onrecord.pathways.standings import report_places
    from onrecord.settings import from_environment
    from onrecord.standard.periods import parse_period

    settings = from_environment()
    begin = time.perf_counter()
    with open_engine(settings) as engine:
        rows = POLICE_UK.read(engine, gather([Path(file) for file in files]), None, settings)
        agencies = rows.agencies.filter(rows.agencies.carries_outcomes).to_pyarrow().to_pylist()
        agencies = [
            {**agency, "as_at": rows.as_at, "months": {}, "declared": parse_period("2018/19")} for agency in agencies
        ]
        judged = table_of([{"agency_id": agency["agency_id"], "as_at": agency["as_at"]} for agency in agencies])
        report = rows.tables["report"].inner_join(judged, "agency_id")
        history = History(report, rows.tables["crime"], None, rows.tables["event"])
        places = report_places(history, settings.window_days)
        ledger(places, report.filter(report.duplicate_of.notnull()), agencies, "area", "now", "crime").rows()
    return time.perf_counter() - begin


def _plain(files: Sequence[str], options: str) -> float:
    import duckdb

    begin = time.perf_counter()
    duckdb.connect().execute(GROUP_BY.format(source=f"read_csv({list(files)!r}, {options})")).fetchall()
    return time.perf_counter() - begin


def told_the_columns(files: Sequence[str]) -> float:
    """DuckDB's fastest way: nothing to find out."""
    columns = dict.fromkeys(COLUMNS, "VARCHAR")
    return _plain(files, f"auto_detect=false, header=true, delim=',', quote='\"', escape='\"', columns={columns}")


def left_to_find_out(files: Sequence[str]) -> float:
    """What an analyst types, on the compressed files: with a plain one among them it stops."""
    return _plain([file for file in files if file.endswith(".gz")], "all_varchar=true")


def by_name(files: Sequence[str]) -> float:
    """What DuckDB asks for when plain and compressed files stand side by side."""
    return _plain(files, "all_varchar=true, union_by_name=true")


WAYS: dict[str, Callable[[Sequence[str]], float]] = {
    "onrecord, read to ledger": read_to_ledger,
    "DuckDB group-by, told the columns": told_the_columns,
    "DuckDB group-by, left to find out": left_to_find_out,
    "DuckDB group-by, by name": by_name,
}


def _child(way: str, files: Sequence[str]) -> None:
    seconds = WAYS[way](files)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "memory": memory}))


def _measure(way: str, files: Sequence[str]) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.read_to_ledger", "--child", way, *files]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main(arguments: Sequence[str]) -> None:
    """Run every way in turn and print medians and ratios."""
    files = sorted(arguments) or [str(path) for path in sorted(EXAMPLES.glob("*.csv.gz"))]
    runs: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
    for _ in range(ROUNDS + 1):
        for way in WAYS:
            runs[way].append(_measure(way, files))
    print(f"{len(files)} files, median of {ROUNDS} rounds after one for warming up; each measurement its own process")
    ours = statistics.median(run["seconds"] for run in runs["onrecord, read to ledger"][1:])
    for way, found in runs.items():
        seconds = statistics.median(run["seconds"] for run in found[1:])
        memory = statistics.median(run["memory"] for run in found[1:])
        print(f"{way:36} {seconds:7.3f} s  {memory:7.0f} MB   onrecord takes {ours / seconds:5.2f} times as long")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        _child(sys.argv[2], sys.argv[3:])
    else:
        main(sys.argv[1:])

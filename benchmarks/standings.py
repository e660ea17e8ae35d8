"""Standings at a date, and days from receipt to outcome, beside one hand-written DuckDB query over the same rows.

    python -m benchmarks.standings [--reports N] [--rounds N]

The reports are made up from hashes, so that every run has the same: 2.4 events a report, 300 agencies, three years.
Each measurement is a process of its own, so that memory is its own too; they take turns, and medians are printed. Each
way is first run over a few reports: what Python loads at first use is no part of the time.
Both ways count the same two tables: reports by standing and agency, and of all reports how many had their first
outcome within 28, 90 and 365 days of those followed so long. The hand-written query takes every shortcut that such
rows allow: one line a report, no reopening, no transfer. The bar: within 2 times its time, under 3 GB.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

REPORTS, FEW, ROUNDS = 10_000_000, 1_000, 3
MOST_TIMES, MOST_MEMORY = 2.0, 3000.0
AS_AT, WINDOW = date(2014, 6, 30), 90
EVENTS_PER_TEN = 24
AGENCIES = 300
MADE_UP = """
COPY (
  SELECT 'REP-' || i AS report_id, 'agency-' || (hash(i) % {agencies}) AS agency_id,
    DATE '2011-07-01' + (hash(i, 'day') % 1095)::INT AS received_date, NULL::VARCHAR AS duplicate_of,
    NULL::VARCHAR AS transferred_from, true AS carries_activity, false AS vanished
  FROM range({reports}) AS made(i)
) TO '{folder}/report.parquet' (FORMAT parquet);
COPY (
  SELECT 'EVE-' || j AS event_id, 'REP-' || (j * 10 // {per_ten}) AS report_id, NULL::VARCHAR AS crime_id,
    NULL::VARCHAR AS person_id,
    CASE WHEN hash(j, 'kind') % 10 < 3 THEN 'outcome' WHEN hash(j, 'kind') % 10 < 6 THEN 'interview'
      ELSE 'contact' END AS kind,
    DATE '2011-07-01' + (hash(j * 10 // {per_ten}, 'day') % 1095)::INT + (hash(j, 'after') % 400)::INT AS event_date,
    NULL::DATE AS recorded_date,
    CASE WHEN hash(j, 'kind') % 10 < 3 THEN 'home-office' END AS outcome_scheme,
    CASE WHEN hash(j, 'kind') % 10 < 3 THEN (['1', '3', '8', '14', '15', '16', '18', '21', '22'])[
      1 + (hash(j, 'code') % 9)::INT] END AS outcome_code,
    NULL::VARCHAR AS counterpart
  FROM range({events}) AS made(j)
) TO '{folder}/event.parquet' (FORMAT parquet);
"""
BY_HAND = """
WITH told AS (
  SELECT report_id,
    max(CASE WHEN kind = 'outcome' THEN (event_date - DATE '1900-01-01') * 10 + 9 - standing END) AS last_decision,
    max(event_date) AS last_activity,
    min(event_date) FILTER (kind = 'outcome') AS first_outcome
  FROM (
    SELECT *, CASE WHEN outcome_code = '1' THEN 1 WHEN outcome_code IN ('3', '8') THEN 2 WHEN outcome_code = '22' THEN 3
      ELSE 7 END AS standing
    FROM read_parquet('{folder}/event.parquet') WHERE event_date <= DATE '{as_at}'
  ) GROUP BY report_id
), charged AS (
  SELECT DISTINCT report_id FROM read_parquet('{folder}/event.parquet')
  WHERE kind = 'outcome' AND outcome_code = '1' AND event_date <= DATE '{as_at}'
), placed AS (
  SELECT agency_id, received_date, first_outcome,
    CASE WHEN charged.report_id IS NOT NULL THEN 1 WHEN last_decision IS NOT NULL THEN 9 - last_decision % 10
      WHEN DATE '{as_at}' - greatest(received_date, last_activity) <= {window} THEN 4 ELSE 5 END AS standing
  FROM read_parquet('{folder}/report.parquet') AS report
  LEFT JOIN told USING (report_id) LEFT JOIN charged USING (report_id)
  WHERE received_date <= DATE '{as_at}'
)
SELECT standing, agency_id, count(*),
  count(*) FILTER (DATE '{as_at}' - received_date >= 28),
  count(*) FILTER (DATE '{as_at}' - received_date >= 28 AND first_outcome - received_date <= 28),
  count(*) FILTER (DATE '{as_at}' - received_date >= 90),
  count(*) FILTER (DATE '{as_at}' - received_date >= 90 AND first_outcome - received_date <= 90),
  count(*) FILTER (DATE '{as_at}' - received_date >= 365),
  count(*) FILTER (DATE '{as_at}' - received_date >= 365 AND first_outcome - received_date <= 365)
FROM placed GROUP BY ALL ORDER BY ALL
"""


def by_onrecord(folder: Path) -> tuple[float, dict[str, int]]:
    """Our path: lines, steps, eight predicates, balance; and the clock of one step."""
    import ibis

    from onrecord.engine import open_engine
    from onrecord.measures.cuts import Cut
    from onrecord.measures.ledger import ledger
    from onrecord.pathways.durations import durations
    from onrecord.pathways.history import History
    from onrecord.pathways.standings import kept_places
    from onrecord.settings import from_environment
    from onrecord.standard.measures import measure_named
    from onrecord.standard.periods import parse_period

    begin = time.perf_counter()
    named = {"nation": "Made up", "level": "agency", "as_at": AS_AT, "months": {}, "declared": parse_period("2014")}
    ids = [f"agency-{number}" for number in range(AGENCIES)]
    agencies = [{**named, **dict.fromkeys(("agency_id", "agency", "area", "area_code"), key)} for key in ids]
    with open_engine(from_environment()) as engine:
        report = engine.read_parquet(folder / "report.parquet").mutate(as_at=ibis.literal(AS_AT))
        history = History(report, None, None, engine.read_parquet(folder / "event.parquet"))
        places = kept_places(history, WINDOW)
        duplicate = report.filter(report.duplicate_of.notnull())
        found = ledger(places, duplicate, agencies, "agency", "now", "report").added(["nation"]).rows()[0]
        step = measure_named("timeliness").settings["steps"]["received to outcome"]
        laid = Cut("agency", agencies, "now", "report").laid(durations(history, places, step))
        had = laid.outcome == "step"
        counts = {f"within_{n}": (had & (laid.days <= n) & (laid.followed >= n)).sum() for n in (28, 90, 365)}
        rows = laid.group_by("place_no").agg(n=laid.count(), **counts).to_pyarrow().to_pylist()
    sums = {name: sum(row[name] for row in rows) for name in ("n", *counts)}
    return time.perf_counter() - begin, {**{name: found[name] for name in ("received", "prosecuted", "live")}, **sums}


def by_hand(folder: Path) -> tuple[float, dict[str, int]]:
    """One query that knows these rows."""
    import duckdb

    begin = time.perf_counter()
    query = BY_HAND.format(folder=folder, as_at=AS_AT, window=WINDOW)
    rows = duckdb.connect().execute(query).fetchall()
    took = time.perf_counter() - begin
    received = sum(row[2] for row in rows)
    found = {"received": received, "n": received}
    found |= {name: sum(row[2] for row in rows if row[0] == rank) for name, rank in (("prosecuted", 1), ("live", 4))}
    return took, {**found, **{f"within_{n}": sum(row[at] for row in rows) for n, at in ((28, 4), (90, 6), (365, 8))}}


WAYS: dict[str, Callable[[Path], tuple[float, dict[str, int]]]] = {"onrecord": by_onrecord, "by hand": by_hand}


def _child(way: str, folder: Path) -> None:
    WAYS[way](folder / "few")
    seconds, found = WAYS[way](folder)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "memory": memory, "found": found}))


def _measure(way: str, folder: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.standings", "--child", way, "--folder", str(folder)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def write_rows(folder: Path, reports: int) -> None:
    """The made-up reports and events as Parquet."""
    import duckdb

    folder.mkdir(exist_ok=True)
    words = {"reports": reports, "events": reports * EVENTS_PER_TEN // 10, "per_ten": EVENTS_PER_TEN}
    duckdb.connect().execute(MADE_UP.format(folder=folder, agencies=AGENCIES, **words))


def main(reports: int, rounds: int) -> int:
    """Run both ways in turn, hold their counts against each other, and print medians. Returns 1 where the bar fell."""
    runs: dict[str, list[dict[str, Any]]] = {way: [] for way in WAYS}
    with tempfile.TemporaryDirectory(prefix="onrecord-bench-") as made:
        write_rows(Path(made), reports)
        write_rows(Path(made) / "few", FEW)
        for _ in range(rounds + 1):
            for way in WAYS:
                runs[way].append(_measure(way, Path(made)))
    ours, theirs = (runs[way][0]["found"] for way in WAYS)
    if ours != theirs:
        print(f"The two ways differ: onrecord {ours}, by hand {theirs}")
        return 1
    print(f"{reports:,} reports, {reports * EVENTS_PER_TEN // 10:,} events; median of {rounds} after one to warm up")
    medians = {
        way: {what: statistics.median(run[what] for run in found[1:]) for what in ("seconds", "memory")}
        for way, found in runs.items()
    }
    for way, median in medians.items():
        print(f"{way:10} {median['seconds']:8.2f} s  {median['memory']:7.0f} MB")
    times = medians["onrecord"]["seconds"] / medians["by hand"]["seconds"]
    kept = times <= MOST_TIMES and medians["onrecord"]["memory"] <= MOST_MEMORY
    print(f"{times:.2f} times as long; bar: {MOST_TIMES} times, {MOST_MEMORY:.0f} MB: {'kept' if kept else 'NOT kept'}")
    return 0 if kept else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reports", type=int, default=REPORTS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--child", choices=list(WAYS), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.child:
        _child(asked.child, asked.folder)
    else:
        sys.exit(main(asked.reports, asked.rounds))

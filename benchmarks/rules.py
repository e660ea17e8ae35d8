"""A big return checked by all rules, beside a plain scan of the same files and beside the same rules in pandas.

    python -m benchmarks.rules [--reports N] [--kind csv|parquet] [--faulty SHARE] [--people] [--rounds N]
                               [--pandas PYTHON]

The return is made up, from a seed (``benchmarks.made_up_return``). Each measurement is a process of its own, so that
memory is its own too; they take turns, and medians are printed. The scan is DuckDB's ``min`` and ``count`` of every
column: told the columns, all of them text (its fastest way with CSV), and left to find them out (what a person types).

Ours is the command as a user types it, imports and receipt and all. Two times are taken of it: until every finding lies
in its file, which is what the others do and what the bars are for, and until the receipt lies there too, which says by
how much held rows move a figure.

Pandas runs in the environment of the Python that ``--pandas`` names, once, for it takes long. Today's open validators
of children's data ask for pandas before 2 (csc-validator-be-cin 0.1.13): an environment with ``pandas==1.5.3``,
``numpy<2`` and ``pyarrow<16`` is theirs. Pandas of today copies less, and is several times as fast.
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
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.made_up_return import YEAR, Made, write_return

REPORTS, ROUNDS, FAULTY = 1_000_000, 3, 0.015
# What the command ends with where rows are held.
HELD = 1
MOST_OVER_SCAN, LEAST_OVER_PANDAS, MOST_MEMORY = 8.0, 10.0, 1500.0


def check_all(folder: Path) -> dict[str, Any]:
    """Our path, as a user goes it: the command line, files to a receipt, with every finding in a file."""
    from onrecord.__main__ import main as onrecord

    findings, receipt = folder.parent / "findings.parquet", folder.parent / "receipt.json"
    begin, begun = time.perf_counter(), time.time()
    try:
        onrecord(["check", str(folder), "--findings", str(findings), "--format", "json", "--out", str(receipt)])
    except SystemExit as ended:
        if ended.code != HELD:
            raise
    took = time.perf_counter() - begin
    states = [state for state in json.loads(receipt.read_text())["rules"].values() if state in ("passed", "failed")]
    written = findings.stat().st_mtime - begun
    return {"seconds": written, "whole": took, "rules": len(states), "findings": _rows_of(findings)}


def _rows_of(path: Path) -> int:
    import pyarrow.parquet

    return int(pyarrow.parquet.read_metadata(path).num_rows)


def _scan(folder: Path, told: bool) -> dict[str, Any]:
    import duckdb

    with duckdb.connect() as con:
        for path in sorted(folder.iterdir()):
            source = f"'{path}'"
            if path.suffix == ".csv" and told:
                columns = dict.fromkeys(path.open().readline().strip().split(","), "VARCHAR")
                options = f"header = true, delim = ',', quote = '\"', escape = '\"', columns = {columns}"
                source = f"read_csv('{path}', auto_detect = false, {options})"
            con.execute(f"SELECT min(COLUMNS(*)), count(COLUMNS(*)) FROM {source}").fetchall()
    return {}


def scan_told(folder: Path) -> dict[str, Any]:
    """DuckDB's fastest way: nothing to find out, every cell a text."""
    return _scan(folder, True)


def scan_finding_out(folder: Path) -> dict[str, Any]:
    """What a person types."""
    return _scan(folder, False)


OURS, SCAN, PANDAS = "onrecord, checked with findings", "DuckDB scan, told the columns", "pandas, a pass a rule"
WAYS: dict[str, Callable[[Path], dict[str, Any]]] = {
    OURS: check_all,
    SCAN: scan_told,
    "DuckDB scan, left to find out": scan_finding_out,
}


def _child(way: str, folder: Path) -> None:
    begin, cpu = time.perf_counter(), time.process_time()
    found = WAYS[way](folder)
    found = {"seconds": time.perf_counter() - begin, "cpu": time.process_time() - cpu, **found}
    print(json.dumps({**found, "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


def _printed(command: Sequence[str]) -> dict[str, Any]:
    # As where it is installed: what Python made of the sources once, it keeps.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _in_pandas(python: str, folder: Path) -> dict[str, Any]:
    rules = folder.parent / "rules.json"
    rules.write_text(json.dumps(_rules_for_pandas(), default=str))
    script = str(Path(__file__).parent / "rules_in_pandas.py")
    return _printed([python, script, str(rules), str(folder), str(folder.parent / "in_pandas.parquet")])


def _rules_for_pandas() -> dict[str, Any]:
    """The rules with what their forms need of the code lists, and the types of the fields."""
    from onrecord.standard import codelists
    from onrecord.standard.export import PATTERNS
    from onrecord.standard.periods import parse_period
    from onrecord.standard.records import TABLES, table_named
    from onrecord.standard.rules import all_rules

    period = parse_period(YEAR)
    listed = []
    for rule in all_rules():
        more: dict[str, Any] = {"key": table_named(rule.record).key[-1], "period": [period.first_day, period.last_day]}
        told = rule.parameters
        if rule.form == "allowed":
            words = codelists.codes("not_known") if told.get("not_known") else ()
            codes = codelists.codes(told["code_list"], told.get("scheme", ""))
            if told.get("scheme_field"):
                codes = tuple(f"{row['scheme']}\n{row['code']}" for row in codelists.load(told["code_list"]))
            more["codes"] = [*codes, *words]
        if rule.form == "in_force":
            more["dated"] = _dated_codes(told["code_list"], told.get("scheme", ""))
        if rule.form == "type":
            more["pattern"] = PATTERNS.get(told["type"], "")
        listed.append(
            {
                "code": rule.code,
                "record": rule.record,
                "field": rule.field,
                "form": rule.form,
                "parameters": told,
                **more,
            }
        )
    types = {table.name: {field.name: field.type for field in table.fields} for table in TABLES}
    return {"rules": listed, "types": types}


def _dated_codes(code_list: str, scheme: str) -> list[dict[str, str]]:
    """The codes of a list, of one scheme where one is named, that begin or end on a day that was verified."""
    from onrecord.standard import codelists

    key = codelists.key_column(code_list)
    return [
        {
            "code": row[key],
            "scheme": row.get("scheme", ""),
            "begins": row["valid_from"] or "0001-01-01",
            "ends": row["valid_to"] or "9999-12-31",
        }
        for row in codelists.load(code_list)
        if row["verified"] == "yes"
        and (row["valid_from"] or row["valid_to"])
        and row.get("scheme", "") in ("", scheme or row.get("scheme", ""))
    ]


def main(arguments: Sequence[str]) -> None:
    """Make a return, take turns, print medians and ratios; end with 1 where a bar is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rules")
    parser.add_argument("--reports", type=int, default=REPORTS)
    parser.add_argument("--kind", choices=("csv", "parquet"), default="csv")
    parser.add_argument("--faulty", type=float, default=FAULTY)
    parser.add_argument("--people", action="store_true")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--pandas", metavar="PYTHON")
    asked = parser.parse_args(arguments)
    made = Made(asked.reports, asked.faulty, asked.people)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "return"
        begin = time.perf_counter()
        files = write_return(folder, made, asked.kind)
        size = sum(file.stat().st_size for file in files) / 1e6
        print(
            f"{', '.join(f'{count:,} {record} rows' for record, count in made.rows.items())}; {asked.kind}, "
            f"{size:.0f} MB, made in {time.perf_counter() - begin:.0f} s; a fault in {asked.faulty:.1%} of the rows"
        )
        runs: dict[str, list[dict[str, Any]]] = {way: [] for way in WAYS}
        for _ in range(asked.rounds):
            for way in WAYS:
                runs[way].append(_printed([sys.executable, "-m", "benchmarks.rules", "--child", way, str(folder)]))
        if asked.pandas:
            runs[PANDAS] = [_in_pandas(asked.pandas, folder)]
    sys.exit(_told(runs))


def _told(runs: dict[str, list[dict[str, Any]]]) -> bool:
    """Print what was measured; whether a bar is missed."""

    def median(way: str, what: str) -> float:
        return statistics.median(run[what] for run in runs[way])

    for way, found in runs.items():
        rules = f"  {found[0]['rules']} rules, {found[0]['findings']:,} findings" if "rules" in found[0] else ""
        seconds, cpu, memory = (median(way, what) for what in ("seconds", "cpu", "memory"))
        print(f"{way:32} {seconds:7.2f} s  {cpu:7.2f} s of processor  {memory:6.0f} MB at most{rules}")
    ours, whole, scan = median(OURS, "seconds"), median(OURS, "whole"), median(SCAN, "seconds")
    print(f"With the receipt, the processor's time and memory as above: {whole:.2f} s")
    print(f"Findings: {ours / scan:.1f} times the scan (at most {MOST_OVER_SCAN:.0f}); ", end="")
    print(f"with the receipt {whole / scan:.1f}")
    missed = ours / scan > MOST_OVER_SCAN or median(OURS, "memory") > MOST_MEMORY
    if PANDAS in runs:
        (pandas,) = runs[PANDAS]
        a_rule = runs[OURS][0]["rules"] / pandas["rules"] * pandas["seconds"]
        missed |= a_rule / ours < LEAST_OVER_PANDAS
        print(
            f"Findings: {a_rule / ours:.1f} times as fast as pandas {pandas['version']}, rule for rule (at least "
            f"{LEAST_OVER_PANDAS:.0f}); with the receipt {a_rule / whole:.1f}"
        )
    return missed


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        _child(sys.argv[2], Path(sys.argv[3]))
    else:
        main(sys.argv[1:])

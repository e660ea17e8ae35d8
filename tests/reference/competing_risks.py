"""The data sets of other packages, as counts: how each of them writes a case."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from onrecord.incidence.counts import ENTERED, LIVE, Counts, counts_from

HERE = Path(__file__).parent / "data" / "competing_risks"
Row = Mapping[str, str]
# File, column of the exit, of the outcome ("0" is live), and of the entry where there is one.
WRITTEN = {
    "abortion": ("exit", "cause", "entry"),
    "bmtcrr": ("ftime", "Status", ""),
    "mgus2": ("etime", "ev", ""),
    "bmt35": ("ftime", "status", ""),
}
NOT_HERE = ("mgus2", "bmt35")


def rows(name: str) -> list[dict[str, str]]:
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def numbers(name: str) -> Any:
    return json.loads((HERE / name).read_text("utf-8"))


@cache
def _cases(folder: Path, dataset: str) -> tuple[Row, ...]:
    with (folder / f"{dataset}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


def cases(dataset: str, shared: Path | None = None) -> tuple[Row, ...]:
    folder = HERE if shared is None else shared / "reference" / "competing_risks" / "data"
    return _cases(folder, dataset)


def counts(dataset: str, group: Callable[[Row], str], shared: Path | None = None) -> Counts:
    """The cases of a data set, counted by group."""
    leaves, ends, enters = WRITTEN[dataset]
    all_cases = cases(dataset, shared)
    called = [group(case) for case in all_cases]
    groups = sorted(set(called))
    outcomes = sorted({case[ends] for case in all_cases} - {"0"})
    place = np.array([groups.index(each) for each in called])
    time = np.array([float(case[leaves]) for case in all_cases])
    what = np.array([LIVE if case[ends] == "0" else outcomes.index(case[ends]) for case in all_cases])
    from_start = np.bincount(place, minlength=len(groups))
    if enters:
        entry = np.array([float(case[enters]) for case in all_cases])
        place, time = np.concatenate([place, place]), np.concatenate([time, entry])
        what, from_start = np.concatenate([what, np.full(len(entry), ENTERED)]), np.zeros_like(from_start)
    return counts_from(groups, outcomes, place, time, what, np.ones(len(time), dtype=np.int64), from_start)


def by_column(column: str) -> Callable[[Row], str]:
    """Groups called as the tables of numbers call them: "sex=F", or "all"."""
    return (lambda _: "all") if column == "all" else (lambda case: f"{column}={case[column]}")

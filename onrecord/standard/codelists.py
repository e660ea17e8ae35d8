"""The code lists, read once from ``standard/lists/*.csv``.

A list is a table of strings; the few that the code steers by have a typed view below.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

Row = dict[str, str]


def packaged_rows(package: str, *path: str) -> tuple[Row, ...]:
    """The rows of a CSV file that comes with a package of onrecord."""
    text = files(package).joinpath(*path).read_text(encoding="utf-8")
    return tuple(csv.DictReader(io.StringIO(text, newline="")))


@cache
def load(name: str) -> tuple[Row, ...]:
    """The rows of the code list ``name``, in the order of its file. Raises KeyError for an unknown list."""
    if name not in names():
        raise KeyError(f"there is no code list {name!r}; there are: {', '.join(names())}")
    return packaged_rows("onrecord.standard", "lists", f"{name}.csv")


def names() -> tuple[str, ...]:
    """The names of all code lists, sorted."""
    lists = (files("onrecord.standard") / "lists").iterdir()
    return tuple(sorted(entry.name.removesuffix(".csv") for entry in lists if entry.name.endswith(".csv")))


@dataclass(frozen=True)
class Standing:
    """Where a report can stand in the justice strand: one row of ``standings.csv``."""

    rank: int
    key: str
    label: str
    public_label: str
    what_it_means: str
    merge_1: str
    merge_2: str


@cache
def standings() -> tuple[Standing, ...]:
    """The standings in rank order, lowest rank first."""
    rows = (Standing(rank=int(row.pop("rank")), **row) for row in map(dict, load("standings")))
    return tuple(sorted(rows, key=lambda standing: standing.rank))


def standing_keys() -> tuple[str, ...]:
    """The standings' keys in rank order."""
    return tuple(standing.key for standing in standings())


def rank_of(key: str) -> int:
    """The rank of the standing ``key``. Raises KeyError when there is none."""
    return {standing.key: standing.rank for standing in standings()}[key]


@cache
def reasons() -> tuple[tuple[str, str], ...]:
    """The reasons for *unaccounted*, as (key, label), in the order in which the first that fits is taken."""
    rows = sorted(load("reasons"), key=lambda row: int(row["order"]))
    return tuple((row["key"], row["label"]) for row in rows)


@cache
def labels(name: str, key: str = "key", label: str = "label") -> dict[str, str]:
    """One list as a dictionary from key to label."""
    return {row[key]: row[label] for row in load(name)}

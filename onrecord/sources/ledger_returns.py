"""Ledger returns: agencies' own counts, made figures as they were sent. Nothing is filled in and nothing is mended.

No record is behind them here: whoever holds the figures can check that they add up, and no more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa

from onrecord.errors import FileRefused
from onrecord.figures import About, Figures, figures_from_rows
from onrecord.standard import STANDARD_VERSION, codelists
from onrecord.standard.records import LEDGER_RETURN

KEYS = ("area", "area_code", "agency", "agency_id", "month", "as_at", "definition_version")
TOTAL, MEMO = "received", ("duplicates",)
ORIGIN = "counts that the agency made itself, in a ledger return; no record is behind them here"
WHOLE = re.compile("[0-9]+")


def ledger_return_figures(rows: pa.Table | Iterable[Mapping[str, Any]], known_at: str) -> Figures:
    """Rows of ledger returns as figures: received, the eight standings, and the duplicates beside them.

    Args:
        rows: rows with the columns of a ledger return, as text or as values.
        known_at: the moment whose knowledge this is, ISO 8601.

    Returns:
        Figures by area, agency, month, as_at and definition, sorted; unit report, basis cohort, origin agency
        counts. An agency that is no police force of the standard's list is its own area, without an area code.

    Raises:
        FileRefused: a column or a count is missing, a count is no whole number, or a month of an agency stands
            there twice.
        DoesNotBalance: the standings of a month do not add up to the reports received.
    """
    listed = rows.to_pylist() if isinstance(rows, pa.Table) else list(rows)
    read = sorted((_read(row, place) for place, row in enumerate(listed, 1)), key=_place)
    _each_once(read)
    about = About("ledger return", "report", "cohort", known_at, STANDARD_VERSION, "agency counts", notes=(ORIGIN,))
    return figures_from_rows(about, KEYS, TOTAL, codelists.standing_keys(), read, MEMO)


def _place(row: Mapping[str, Any]) -> tuple[str, str, str]:
    return row["area"], row["agency_id"], row["month"]


def _read(row: Mapping[str, Any], place: int) -> dict[str, Any]:
    if missing := [name for name in LEDGER_RETURN.columns if row.get(name) in (None, "")]:
        raise FileRefused(
            f"Row {place} has no {', '.join(missing)}. Every cell of a ledger return is filled in: a zero is written "
            "as 0, for a blank is no zero. Leave out a month that was not counted."
        )
    agency_id = str(row["agency_id"])
    return {
        **_whose(agency_id),
        **{name: str(row[name]) for name in ("month", "as_at", "definition_version")},
        **{name: _count(row[name], name, place) for name in (TOTAL, *codelists.standing_keys(), *MEMO)},
    }


def _whose(agency_id: str) -> dict[str, Any]:
    """The agency by name and area; one that is not in the list of forces speaks for itself."""
    for force in codelists.load("police_forces"):
        if agency_id in (force["agency_id"], force["agency"]):
            return {name: force[name] or None for name in ("area", "area_code", "agency", "agency_id")}
    return {"area": agency_id, "area_code": None, "agency": agency_id, "agency_id": agency_id}


def _count(value: Any, name: str, place: int) -> int:
    """A count; 12 and "12", and 12.0 as a sheet may have it."""
    text = str(value).removesuffix(".0")
    if not WHOLE.fullmatch(text):
        raise FileRefused(f"Row {place}: {name} is no count. Write a whole number from 0 on, without signs or words.")
    return int(text)


def _each_once(rows: Iterable[Mapping[str, Any]]) -> None:
    seen: set[tuple[str, str]] = set()
    for row in rows:
        whose = row["agency_id"], row["month"]
        if whose in seen:
            raise FileRefused(f"{row['agency']} has two rows for {row['month']}, so its reports would count twice.")
        seen.add(whose)

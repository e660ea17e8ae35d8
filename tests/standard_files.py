"""Made-up returns in the standard's own layout: a CSV file a record. Nothing here is about anybody."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from onrecord import actions
from onrecord.settings import Settings
from onrecord.standard.periods import months_between, parse_period
from onrecord.standard.rules import sound_example

Row = Mapping[str, str]
# Stands for the names of the tables that a return is written with.
WHAT_IS_SENT = "what is sent"


def write_records(folder: Path, records: Mapping[str, Sequence[Row]]) -> Path:
    """Each record as a file of the folder, with the columns that its rows have; returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    if "return" in records:
        records = {**records, "return": [_naming(row, records) for row in records["return"]]}
    for name, rows in records.items():
        columns = list(dict.fromkeys(column for row in rows for column in row))
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, columns, restval="")
            writer.writeheader()
            writer.writerows(rows)
    return folder


def _naming(row: Row, records: Mapping[str, Sequence[Row]]) -> Row:
    """The row of ``return``; unless it says otherwise it names the tables that are sent."""
    if row.get("tables") != WHAT_IS_SENT:
        return row
    named = [name for name in records if name not in ("return", "coverage", "declaration")]
    return {**row, "tables": ";".join(named or ["return"])}


def about(period: str = "2024-01", **changed: str) -> dict[str, str]:
    """The row of ``return``, for a period."""
    (row,) = sound_example().rows["return"]
    last = parse_period(period).last_day.isoformat()
    usual = {**row, "period": period, "as_at": last, "sent_date": last, "tables": WHAT_IS_SENT}
    return {**usual, "standard_version": "1.1.0", **changed}


def covered(period: str = "2024-01", agency: str = "north", state: str = "reported") -> list[dict[str, str]]:
    """The rows of ``coverage``: every month of the period."""
    span = parse_period(period)
    months = months_between(span.first_day, span.last_day)
    return [{"return_id": "RET-1", "agency_id": agency, "month": month, "state": state} for month in months]


def report(report_id: str = "REP-1", day: str = "2024-01-10", agency: str = "north", **changed: str) -> dict[str, str]:
    """A report with no more than it needs."""
    (row,) = sound_example().rows["report"]
    kept = {name: row[name] for name in ("received_precision", "concern", "area_code", "carries_activity", "vanished")}
    return {"report_id": report_id, "agency_id": agency, "received_date": day, **kept, **changed}


def event(report_id: str = "REP-1", day: str = "2024-01-12", **changed: str) -> dict[str, str]:
    """A contact about a report."""
    usual = {"event_id": f"EVE-{report_id}", "report_id": report_id, "kind": "contact", "event_date": day}
    return {**usual, "recorded_date": day, **changed}


def agreed(store: Path, settings: Settings, reference: str = "EXAMPLE-AGREEMENT-1", **changed: Any) -> Path:
    """Write down the sharing agreement that made-up returns name, in a store; returns the store."""
    usual: dict[str, Any] = {
        "parties": ["North", "South"],
        "purposes": ["count", "link", "publish"],
        "first": "2020-01-01",
        "review": "2030-01-01",
        "by": "Ann",
    }
    actions.agree(store, reference, **{**usual, **changed}, settings=settings)
    return store


def declares(included: str, reason: str, measure: str = "ledger") -> dict[str, str]:
    """What a sender says of a measure."""
    return {"return_id": "RET-1", "measure": measure, "included": included, "reason": reason}


def a_return(folder: Path, period: str = "2024-01", agency: str = "north", **records: Sequence[Row]) -> Path:
    """A return of one agency: one report of the first month, unless other records are given."""
    first = parse_period(period).first_day.replace(day=10).isoformat()
    reports = [report(f"REP-{agency}-{period}", first, agency)]
    usual: dict[str, Sequence[Row]] = {
        "return": [about(period)],
        "coverage": covered(period, agency),
        "report": reports,
    }
    return write_records(folder, {**usual, **records})


def a_zero_return(folder: Path, period: str = "2024-01", agency: str = "north", **records: Sequence[Row]) -> Path:
    """A return that says that there was nothing."""
    usual: dict[str, Sequence[Row]] = {
        "return": [about(period, zero_return="true", tables="return")],
        "coverage": covered(period, agency, "zero return"),
    }
    return write_records(folder, {**usual, **records})

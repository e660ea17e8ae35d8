"""Downloads: every table of the site as CSV and as JSON, with all that must be said beside it.

Bytes are the same for the same figures: no clock, no path, one order.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from onrecord.disclosure.safe import SafeFigures
from onrecord.figures import BASES
from onrecord.look.pages import SUPPRESSED


@dataclass(frozen=True)
class Download:
    """One table to download.

    Attributes:
        name: the file's name without its ending.
        title: what it is, in a line.
        content: the safe figures, or a plain list of rows that were published before.
        period: the period, in the standard's writing, where one holds for the whole table.
    """

    name: str
    title: str
    content: SafeFigures | Sequence[Mapping[str, Any]]


def as_csv(download: Download) -> str:
    """The table as CSV: a suppressed count is ``[c]``; a cell that a spreadsheet would run is led by a quote."""
    rows = _rows(download.content)
    columns = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([[_cell(row.get(name)) for name in columns] for row in rows])
    return text.getvalue()


def _cell(value: object) -> object:
    """A text that begins like a formula would be run by a spreadsheet: a leading quote makes it a text."""
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return f"'{value}"
    return "" if value is None else value


def as_json(download: Download) -> str:
    """The table as JSON: ``about`` and ``rows``."""
    content = download.content
    about: dict[str, Any] = {"title": download.title}
    if isinstance(content, SafeFigures):
        about |= {
            "measure": content.about.name,
            "unit": content.about.unit,
            "basis": content.about.basis,
            "basis_says": BASES[content.about.basis],
            "derived": content.about.derived,
            "known_at": content.about.known_at,
            "standard_version": content.about.standard_version,
            "origin": content.about.origin,
            "disclosure_policy": content.policy,
            "disclosure": list(content.says),
            "total": content.total,
            "parts": list(content.parts),
            "notes": list(content.about.notes),
            "sources": list(content.about.sources),
        }
    return json.dumps({"about": about, "rows": _rows(content)}, indent=1, ensure_ascii=False) + "\n"


def _rows(content: SafeFigures | Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    if not isinstance(content, SafeFigures):
        return [dict(row) for row in content]
    counts = (content.total, *content.parts)
    rows = [*content.rows, *([content.sum_row] if content.sum_row else [])]
    return [
        {
            **{key: row[key] for key in content.keys if row.get(key) is not None},
            **{name: SUPPRESSED if row[name] is None else row[name] for name in counts},
        }
        for row in rows
    ]

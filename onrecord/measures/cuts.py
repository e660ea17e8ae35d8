"""How a measure is cut: by nation, area, agency or month; and what every row of it says of itself.

A row of figures names its place, its period, the day it speaks for and its coverage. Units that do not add (a child
whom two agencies know) are grouped at the very cut that is asked for, and never summed from finer ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import ibis.expr.types as ir

from onrecord.engine import table_of
from onrecord.figures import About, Basis, Figures, Identity, figures_from_rows
from onrecord.measures.coverage import ZERO, Row, in_words
from onrecord.standard import STANDARD_VERSION
from onrecord.standard.periods import Period, parse_period

BY: dict[str, tuple[str, ...]] = {
    "nation": ("nation",),
    "area": ("nation", "area", "area_code"),
    "agency": ("nation", "area", "area_code", "agency", "agency_id"),
    "month": ("nation", "month"),
}
ALWAYS = ("level", "period", "as_at", "coverage")
WHOLE_NATION = ("nation", "month")
Counts = Mapping[str, ir.IntegerScalar]


@dataclass(frozen=True)
class Cut:
    """What a measure is about.

    Attributes:
        by: a key of ``BY``.
        agencies: agency_id, agency, area_code, area, nation, level, as_at, months and declared of each agency; those
            that are absent among them are named in the coverage.
        known_at: the moment whose knowledge this is.
        unit: what is counted, a key of ``units``.
        period: the period that was asked for, if one was.
    """

    by: str
    agencies: Sequence[Row]
    known_at: str
    unit: str
    period: Period | None = None

    @property
    def keys(self) -> tuple[str, ...]:
        """The key columns of a table of figures."""
        return (*BY[self.by], *ALWAYS)

    @cached_property
    def of_agency(self) -> dict[str, dict[str, Any]]:
        """Agency to what the key columns say of the place that it is counted in, but for the month."""
        words = with_words(self.agencies, [key for key in BY[self.by] if key != "month"], self.period)
        level = {"level": "nation"} if self.by in WHOLE_NATION else {}
        return {
            agency_id: {key: _words_of({**row, **level}[key]) for key in self.keys if key != "month"}
            for agency_id, row in words.items()
            if not row.get("absent")
        }

    @cached_property
    def places(self) -> list[dict[str, Any]]:
        """The places (nations, areas, agencies) in order."""
        return [dict(place) for place in sorted({tuple(row.items()) for row in self.of_agency.values()})]

    def laid(self, rows: ir.Table) -> ir.Table:
        """Rows with ``place_no``, the number of their place, and for a cut by month ``month``.

        Args:
            rows: with ``agency_id`` and, for a cut by month, ``received_date``.
        """
        numbers = {tuple(place.items()): number for number, place in enumerate(self.places)}
        of = table_of(
            [{"of_agency": key, "place_no": numbers[tuple(row.items())]} for key, row in self.of_agency.items()]
        )
        if self.by == "month":
            rows = rows.mutate(month=rows.received_date.strftime("%Y-%m"))
        return rows.left_join(of, rows.agency_id == of.of_agency).drop("of_agency")

    @property
    def grouped_by(self) -> tuple[str, ...]:
        """The columns of laid rows that a cut groups by."""
        return ("place_no", "month") if self.by == "month" else ("place_no",)

    def counted(self, laid: ir.Table, counts: Counts, also: Sequence[str] = ()) -> list[dict[str, Any]]:
        """Counts of laid rows, with the key columns, by these and others, in their order."""
        by = [*self.grouped_by, *also]
        rows = laid.group_by(by).agg(**counts).order_by(by).to_pyarrow().to_pylist()
        return [{**self.places[row.pop("place_no")], **row} for row in rows]

    def about(self, name: str, basis: Basis, records: int | None, notes: Sequence[str] = ()) -> About:
        """What a table of figures made from records says of itself."""
        return About(
            name, self.unit, basis, self.known_at, STANDARD_VERSION, "records", records=records, notes=tuple(notes)
        )

    def figures(
        self,
        about: About,
        rows: Sequence[Mapping[str, Any]],
        total: str,
        parts: Sequence[str],
        memo: Sequence[str] = (),
        *,
        keys: Sequence[str] = (),
        also: Sequence[str] = (),
        identity: Identity = "adds up",
    ) -> Figures:
        """The rows as figures, with the key columns and other ``keys`` before the counts."""
        return figures_from_rows(about, (*self.keys, *keys), total, parts, rows, memo, identity=identity, also=also)

    def zeros(self) -> list[dict[str, Any]]:
        """The key columns of places, or of their months, of which a zero return says that there was nothing."""
        months = true_zeros(self.agencies, self.by, self.period)
        found = {(tuple(self.of_agency[agency_id].items()), month) for agency_id, month in months}
        return [{**dict(place), **({"month": month} if month else {})} for place, month in sorted(found)]

    def beside(self, *counted: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Several counts of the same places as one list of rows; what one of them has no row for is left out of it."""
        rows: dict[tuple[Any, ...], dict[str, Any]] = {}
        for row in (row for rows_of_one in counted for row in rows_of_one):
            rows.setdefault(tuple(row.get(key) for key in self.keys), {}).update(row)
        return list(rows.values())

    def with_zeros(self, rows: Sequence[Mapping[str, Any]], none: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The rows in order, and one that says ``none`` for each zero return that has no row."""
        named = {tuple(row.get(key) for key in self.keys) for row in rows}
        missing = [zero for zero in self.zeros() if tuple(zero.get(key) for key in self.keys) not in named]
        every = [*({**none, **row} for row in rows), *({**none, **zero} for zero in missing)]
        return sorted(every, key=lambda row: tuple(str(row.get(key)) for key in self.keys))


def _words_of(value: object) -> str:
    """Key columns are text; what is not known is no word, and is not shown."""
    return "" if value is None else str(value)


def true_zeros(agencies: Sequence[Row], by: str, asked: Period | None) -> set[tuple[str, str]]:
    """The agencies, or their months, of which a zero return says that there was nothing; without months, empty ones."""
    keys: set[tuple[str, str]] = set()
    for agency in agencies:
        if agency.get("zero") and not agency.get("absent"):
            months = [month for month, state in agency["months"].items() if state == ZERO]
            shown = [month for month in months if _lies_in(parse_period(month), asked, agency["as_at"])]
            keys |= {(agency["agency_id"], month if by == "month" else "") for month in shown}
    return keys


def _lies_in(month: Period, asked: Period | None, as_at: date) -> bool:
    return month.first_day <= as_at and (asked is None or month.first_day in asked)


def with_words(agencies: Sequence[Row], keys: Sequence[str], asked: Period | None) -> dict[str, Row]:
    """Each agency with the period and coverage of the figure that it is counted in."""
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for agency in agencies:
        groups.setdefault(tuple(agency[key] for key in keys), []).append(agency)
    return {
        agency["agency_id"]: {**agency, **in_words(group, agency["as_at"], asked)}
        for group in groups.values()
        if any(not agency.get("absent") for agency in group)
        for agency in group
    }

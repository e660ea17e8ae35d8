"""What a table of counts is: columns, an identity that must hold, and all that a reader must know beside it.

Figures hold no rows about people. Those made from records must pass disclosure control before anyone but
their holder sees them; :class:`Figures` says where it came from in ``origin``, and only ``sources`` may
write ``public`` there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

from onrecord.errors import DoesNotBalance

Basis = Literal["cohort", "flow", "closed"]
Origin = Literal["records", "agency counts", "public"]
# How the counts of a row hang together: parts of a total, or stages of which each holds the next.
Identity = Literal["adds up", "nested"]
# Units of which one may stand in several rows: their counts are made anew at each level and never summed.
NOT_ADDITIVE = ("child", "suspect")
BASES: Mapping[Basis, str] = {
    "cohort": "what became of those received in the period",
    "flow": "what happened in the period, whenever it was received",
    "closed": "those closed in the period",
}


@dataclass(frozen=True)
class About:
    """What every table of counts says of itself.

    Attributes:
        name: the measure ("ledger").
        unit: what is counted, a key of ``units.csv``.
        basis: cohort, flow or closed.
        known_at: the moment whose knowledge the figures show, ISO 8601.
        standard_version: the version of the standard.
        origin: records, agency counts or public.
        derived: whether a figure is a subtraction from others rather than a count.
        records: how many records are behind the table, None where it was published without them.
        notes: sentences a reader must see.
        sources: where the figures come from, with licence.
    """

    name: str
    unit: str
    basis: Basis
    known_at: str
    standard_version: str
    origin: Origin
    derived: bool = False
    records: int | None = None
    notes: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


@dataclass(frozen=True)
class Figures:
    """A table of counts that hang together in every row: by default the parts add up to the total.

    Attributes:
        about: what the table says of itself.
        keys: names of the columns that say what a row is about (area, period, as_at, coverage, …).
        total: the name of the total's column.
        parts: the names of the columns that must add up to the total; or, where ``identity`` is nested, the stages
            after it, of which none may hold more than the one before.
        memo: count columns beside the identity ("of which …").
        table: keys as text, counts as int64; a null count is *not reported*.
        identity: how the counts of a row hang together.
        also: memo columns that must add up to the total as well, as what flows in and what flows out do.

    Raises:
        DoesNotBalance: a row's counts do not hang together as its identity says, or a count is negative.
    """

    about: About
    keys: tuple[str, ...]
    total: str
    parts: tuple[str, ...]
    table: pa.Table
    memo: tuple[str, ...] = field(default=())
    identity: Identity = "adds up"
    also: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        expected = (*self.keys, self.total, *self.parts, *self.memo)
        if tuple(self.table.column_names) != expected:
            raise ValueError(f"the table's columns are {self.table.column_names}, declared are {list(expected)}")
        self._check_balance()

    def _check_balance(self) -> None:
        for name in (self.total, *self.parts, *self.memo):
            if pc.any(pc.less(self.table[name], 0)).as_py():
                raise DoesNotBalance(f"A count in '{name}' is negative, which a ledger of standings cannot hold.")
        for row in self.rows():
            if self.identity == "nested":
                self._check_stages(row)
            else:
                self._check_sum(row, self.parts)
            if self.also:
                self._check_sum(row, self.also)

    def _check_sum(self, row: Mapping[str, Any], parts: Sequence[str]) -> None:
        counts = [row[name] for name in parts]
        if row[self.total] is not None and None not in counts and sum(counts) != row[self.total]:
            raise DoesNotBalance(
                f"{self._where(row)}: the parts add up to {sum(counts):,} and the total is "
                f"{row[self.total]:,}. Nothing was made from these figures."
            )

    def _check_stages(self, row: Mapping[str, Any]) -> None:
        known = [(name, row[name]) for name in (self.total, *self.parts) if row[name] is not None]
        for (before, most), (name, count) in pairwise(known):
            if count > most:
                raise DoesNotBalance(
                    f"{self._where(row)}: {count:,} reached '{name}' and only {most:,} the stage before, '{before}'. "
                    "Nothing was made from these figures."
                )

    def _where(self, row: Mapping[str, Any]) -> str:
        return ", ".join(str(row[key]) for key in self.keys[:3])

    def rows(self) -> list[dict[str, Any]]:
        """The table as a list of dictionaries, one a row, in order."""
        return list(self.table.to_pylist())

    def where(self, **equal: str) -> Figures:
        """The rows whose key columns hold these values."""
        kept = self.table
        for key, value in equal.items():
            kept = kept.filter(pc.equal(kept[key], value))
        behind = pc.sum(kept[self.total]).as_py() if self.about.records is not None else None
        return replace(self, table=kept, about=replace(self.about, records=behind))

    def added(self, by: Sequence[str] = ()) -> Figures:
        """The sum of the rows, or of the rows that share the keys in ``by``; other keys go.

        Only for parts of one figure (agencies of one nation at one as-at).

        Raises:
            ValueError: children and suspects do not add: one may stand in several rows.
        """
        if self.about.unit in NOT_ADDITIVE:
            raise ValueError(f"figures of the unit {self.about.unit} are made anew at each level, never summed")
        counts = (self.total, *self.parts, *self.memo)
        summed = self.table.group_by(list(by), use_threads=False).aggregate([(name, "sum") for name in counts])
        summed = summed.rename_columns([name.removesuffix("_sum") for name in summed.column_names])
        in_order = summed.select([*by, *counts]).sort_by([(name, "ascending") for name in by])
        return replace(self, keys=tuple(by), table=in_order)


def figures_from_rows(
    about: About,
    keys: Sequence[str],
    total: str,
    parts: Sequence[str],
    rows: Iterable[Mapping[str, Any]],
    memo: Sequence[str] = (),
    *,
    identity: Identity = "adds up",
    also: Sequence[str] = (),
) -> Figures:
    """Figures from dictionaries: keys become text, counts int64; a missing count is *not reported*."""
    listed = list(rows)
    columns = {key: pa.array([_text(row.get(key)) for row in listed], pa.string()) for key in keys}
    columns |= {name: pa.array([row.get(name) for row in listed], pa.int64()) for name in (total, *parts, *memo)}
    return Figures(about, tuple(keys), total, tuple(parts), pa.table(columns), tuple(memo), identity, tuple(also))


def _text(value: object) -> str | None:
    return None if value is None else str(value)

"""What a table of counts is: columns, an identity that must hold, and all that a reader must know beside it.

Figures hold no rows about people. Those made from records must pass disclosure control before anyone but
their holder sees them; :class:`Figures` says where it came from in ``origin``, and only ``sources`` may
write ``public`` there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

from onrecord.errors import DoesNotBalance

Basis = Literal["cohort", "flow", "closed"]
Origin = Literal["records", "agency counts", "public"]
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
    """A table of counts whose parts add up to its total in every row.

    Attributes:
        about: what the table says of itself.
        keys: names of the columns that say what a row is about (area, period, as_at, coverage, …).
        total: the name of the total's column.
        parts: the names of the columns that must add up to the total.
        memo: count columns beside the identity ("of which …").
        table: keys as text, counts as int64; a null count is *not reported*.

    Raises:
        DoesNotBalance: a row's parts do not add up to its total, or a count is negative.
    """

    about: About
    keys: tuple[str, ...]
    total: str
    parts: tuple[str, ...]
    table: pa.Table
    memo: tuple[str, ...] = field(default=())

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
            parts = [row[name] for name in self.parts]
            if row[self.total] is not None and None not in parts and sum(parts) != row[self.total]:
                where = ", ".join(str(row[key]) for key in self.keys[:3])
                raise DoesNotBalance(
                    f"{where}: the parts add up to {sum(parts):,} and the total is "
                    f"{row[self.total]:,}. Nothing was made from these figures."
                )

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

        Only for parts of one figure (agencies of one nation at one as-at): children and suspects do not add.
        """
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
) -> Figures:
    """Figures from dictionaries: keys become text, counts int64; a missing count is *not reported*."""
    listed = list(rows)
    columns = {key: pa.array([_text(row.get(key)) for row in listed], pa.string()) for key in keys}
    columns |= {name: pa.array([row.get(name) for row in listed], pa.int64()) for name in (total, *parts, *memo)}
    return Figures(about, tuple(keys), total, tuple(parts), pa.table(columns), tuple(memo))


def _text(value: object) -> str | None:
    return None if value is None else str(value)

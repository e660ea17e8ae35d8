"""Numbers become columns of text, as the standard has them written: without a loop over rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from onrecord.synthetic.draws import NEVER, Column, Weights, chosen

DIGITS = 7
Columns = Mapping[str, pa.Array]


def numbered(prefix: str, number: Column, given: Column | None = None) -> pa.Array:
    """Identifiers: the prefix and a number of seven digits or more, from 1; null where ``given`` is not true."""
    text = pc.utf8_lpad(pa.array(np.asarray(number, np.int64) + 1).cast(pa.string()), DIGITS, "0")
    return _only(pc.binary_join_element_wise(prefix, text, ""), given)


def words(names: Sequence[str], place: Column, given: Column | None = None) -> pa.Array:
    """The names at some places; null where the place is below 0, or ``given`` is not true."""
    place = np.asarray(place)
    there = place >= 0 if given is None else (place >= 0) & given
    return pa.array(list(names), pa.string()).take(pa.array(place, pa.int32(), mask=~there))


def picked(draw: np.random.Generator, weights: Weights, count: int, given: Column | None = None) -> pa.Array:
    """Weighted choices among the words of a scenario."""
    return words(list(weights), chosen(draw, weights, count), given)


def dates(day: Column, given: Column | None = None) -> pa.Array:
    """Days as 2024-01-31; null where it is NEVER, or ``given`` is not true."""
    day = np.asarray(day)
    there = day < NEVER if given is None else (day < NEVER) & given
    numbers = pa.array(np.where(there, day, 0).astype(np.int32), mask=~there)
    return numbers.cast(pa.date32()).cast(pa.string())


def months(month: Column, given: Column | None = None) -> pa.Array:
    """Months since 1970 as 2024-01."""
    day = np.asarray(month).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    return pc.utf8_slice_codeunits(dates(day, given), 0, 7)


def wholes(number: Column, given: Column | None = None) -> pa.Array:
    """Whole numbers as text."""
    return _only(pa.array(np.asarray(number)).cast(pa.string()), given)


def truths(value: Column, given: Column | None = None) -> pa.Array:
    """true and false as the standard writes them."""
    return words(("false", "true"), np.asarray(value).astype(np.int8), given)


def times(minute: Column, given: Column) -> pa.Array:
    """Minutes of the day as 23:59."""
    hour, past = (pc.utf8_lpad(pa.array(number).cast(pa.string()), 2, "0") for number in (minute // 60, minute % 60))
    return _only(pc.binary_join_element_wise(hour, past, ":"), given)


def always(text: str, count: int, given: Column | None = None) -> pa.Array:
    """The same text in every row."""
    return _only(pa.repeat(text, count), given)


def nothing(count: int) -> pa.Array:
    """An empty column."""
    return pa.nulls(count, pa.string())


def either(condition: Column, first: pa.Array, second: pa.Array) -> pa.Array:
    """``first`` where the condition is true, else ``second``."""
    return pc.if_else(pa.array(condition), first, second)


def table(columns: Mapping[str, pa.Array]) -> pa.Table:
    """A table of text columns."""
    return pa.table({name: column.cast(pa.string()) for name, column in columns.items()})


def _only(text: pa.Array, given: Column | None) -> pa.Array:
    return text if given is None else pc.if_else(pa.array(np.asarray(given, dtype=bool)), text, None)

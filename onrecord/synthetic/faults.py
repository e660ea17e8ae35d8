"""Recording faults, planted in rows that were sound: each breaks one rule, and it is written down where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from onrecord.standard.records import table_named
from onrecord.standard.rules import rule_named
from onrecord.standard.yaml_text import typed_yaml
from onrecord.synthetic.columns import always, dates
from onrecord.synthetic.draws import Column

Fault = Mapping[str, Any]
LAST_DAY = "as_at"


@cache
def faults() -> tuple[Fault, ...]:
    """The faults of ``faults.yaml``, each with its ``record``."""
    text = (files("onrecord.synthetic") / "faults.yaml").read_text(encoding="utf-8")
    return tuple({**fault, "record": rule_named(fault["rule"]).record} for fault in typed_yaml(text))


def planted(
    rows: Mapping[str, pa.Table],
    agency: str,
    rate: float,
    draw: np.random.Generator,
    last_day: int,
    spared: Mapping[str, pa.Array],
) -> tuple[dict[str, pa.Table], list[pa.Table]]:
    """Plant faults in a share of the rows of each record; no row has two.

    Args:
        rows: record to its rows, sound.
        agency: whose they are.
        rate: the share of the rows of a record, spread evenly over its kinds of fault; of each kind one at least.
        draw: where from.
        last_day: the day that the return speaks for.
        spared: rule to the keys of rows that it asks about though they are right: a fault could take that away.

    Returns:
        The rows, and the faults: agency_id, rule, severity, record, key; a row for each finding there ought to be.
    """
    if not rate:
        return dict(rows), []
    made, found = dict(rows), []
    for record, table in rows.items():
        kinds = [fault for fault in faults() if fault["record"] == record]
        free = ~_is_spared(table, record, spared)
        each = max(1, round(rate * table.num_rows / max(1, len(kinds))))
        copies = []
        for fault in kinds:
            may = np.flatnonzero(free & _fits(table, fault["where"]))
            which = np.sort(draw.choice(may, min(each, len(may)), replace=False)) if len(may) else may
            if not len(which):
                continue
            free[which] = False
            if fault.get("copy"):
                copies.append(made[record].take(pa.array(which)))
            else:
                made[record] = _changed(made[record], fault["set"], which, last_day)
            found.append(_written_down(made[record], agency, fault, np.repeat(which, 2 if fault.get("copy") else 1)))
        made[record] = pa.concat_tables([made[record], *copies])
    return made, found


def _is_spared(table: pa.Table, record: str, spared: Mapping[str, pa.Array]) -> Column:
    found = np.zeros(table.num_rows, dtype=bool)
    for rule, keys in spared.items():
        if rule_named(rule).record == record:
            found |= pc.is_in(_keys(table, table_named(record).key), value_set=keys).to_numpy(zero_copy_only=False)
    return found


def _fits(table: pa.Table, where: Mapping[str, Any]) -> Column:
    fits = np.ones(table.num_rows, dtype=bool)
    for name, wanted in where.items():
        column = table.column(name)
        if isinstance(wanted, bool):
            is_so = pc.is_valid(column) if wanted else pc.is_null(column)
        else:
            is_so = pc.is_in(column, value_set=pa.array(wanted, pa.string()))
        fits &= is_so.to_numpy()
    return fits


def _changed(table: pa.Table, changes: Mapping[str, Any], which: Column, last_day: int) -> pa.Table:
    mask = np.zeros(table.num_rows, dtype=bool)
    mask[which] = True
    before = table
    for name, new in changes.items():
        values = _values(before, new, which, last_day)
        column = pc.replace_with_mask(table.column(name).combine_chunks(), pa.array(mask), values)
        table = table.set_column(table.column_names.index(name), name, column)
    return table


def _values(table: pa.Table, new: str | Mapping[str, Any], which: Column, last_day: int) -> pa.Array:
    """What is written instead: a text, nothing, or a day some days after another."""
    if isinstance(new, str):
        return always(new, len(which)) if new else pa.nulls(len(which), pa.string())
    if new["after"] == LAST_DAY:
        return dates(np.full(len(which), last_day + new["days"]))
    day = table.column(new["after"]).take(pa.array(which)).cast(pa.date32()).cast(pa.int32()).to_numpy()
    return dates(day + new["days"])


def _written_down(table: pa.Table, agency: str, fault: Fault, which: Column) -> pa.Table:
    rule, chosen = rule_named(fault["rule"]), table.take(pa.array(which))
    return asked_table(agency, rule.code, _keys(chosen, table_named(rule.record).key))


def _keys(table: pa.Table, fields: Sequence[str]) -> pa.Array:
    """The key of each row as a finding writes it."""
    return pc.binary_join_element_wise(*(table.column(name).combine_chunks() for name in fields), "/")


def asked_table(agency: str, code: str, key: pa.Array) -> pa.Table:
    """Findings that there ought to be: agency_id, rule, severity, record, key."""
    rule = rule_named(code)
    texts = {"agency_id": agency, "rule": code, "severity": rule.severity, "record": rule.record}
    return pa.table({**{name: always(text, len(key)) for name, text in texts.items()}, "key": key})

"""Examples of rules: changes to one small, sound, made-up return."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from onrecord.standard.rules.shape import Example, Rows
from onrecord.standard.yaml_text import untyped_yaml

_ABOUT = frozenset({"alone", "without", "previous", "period"})


def read_yaml(name: str) -> Any:
    """A YAML file of this package, every value as text."""
    return untyped_yaml((files("onrecord.standard.rules") / name).read_text(encoding="utf-8"))


@cache
def sound_example() -> Example:
    """The return in which every rule passes."""
    read = read_yaml("sound_example.yaml")
    return Example({record: tuple(rows) for record, rows in read["rows"].items()}, {}, read["period"])


def changed(changes: Mapping[str, Any]) -> Example:
    """The sound example with changes.

    Args:
        changes: record to rows; each is laid over the row of the sound example in its place, a row further on
            over the first. No rows take the record's rows away. Beside the records: ``alone`` (the records not
            named have no rows), ``without`` (these have none), ``previous`` (changes that make the return
            before), ``period``.
    """
    sound = sound_example()
    previous = changes.get("previous")
    return Example(
        _changed_rows(sound.rows, changes),
        _changed_rows(sound.rows, previous) if previous is not None else {},
        changes.get("period", sound.period),
        changes,
    )


def _changed_rows(sound: Rows, changes: Mapping[str, Any]) -> Rows:
    kept = {"return", *(name for name in changes if name not in _ABOUT)} if changes.get("alone") else set(sound)
    kept -= set(changes.get("without", ()))
    unknown = set(changes) - _ABOUT - set(sound)
    if unknown:
        raise ValueError(f"an example changes {', '.join(sorted(unknown))}, which the sound example does not have")
    changed = {
        record: _laid_over(rows, changes[record]) if record in changes else rows
        for record, rows in sound.items()
        if record in kept
    }
    return changed | {"return": tuple(_naming_what_is_sent(row, changed) for row in changed.get("return", ()))}


def _naming_what_is_sent(row: Mapping[str, str], changed: Rows) -> Mapping[str, str]:
    """A return names the tables that the sound example names and that this one still has, unless it says otherwise."""
    sound = sound_example().rows["return"][0]["tables"]
    if row["tables"] != sound:
        return row
    return {**row, "tables": ";".join(name for name in sound.split(";") if name in changed) or "return"}


def _laid_over(
    rows: Sequence[Mapping[str, str]], changes: Sequence[Mapping[str, str]]
) -> tuple[Mapping[str, str], ...]:
    if not changes:
        return ()
    laid = [{**(rows[place] if place < len(rows) else rows[0]), **change} for place, change in enumerate(changes)]
    return (*laid, *rows[len(changes) :])

"""What an event shows, by its kind or by the detail of its outcome, as the declarations of measures name them.

A mark has ``kinds`` of events, and ``details`` and ``standings`` of outcomes; what it does not name shows nothing. The
few kinds and codes there are lie in one small table that events are joined to once, whatever the number of marks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import ibis
import ibis.expr.types as ir

from onrecord.engine import table_of
from onrecord.standard import codelists

BETWEEN = "\x1f"
LED_TO = "led_to"
Mark = Mapping[str, Sequence[str]]


def marked(event: ir.Table, marks: Mapping[str, Mark]) -> ir.Table:
    """Events with a boolean for each mark, and ``led_to``, the standing that an outcome leads to.

    Args:
        event: with kind, outcome_scheme and outcome_code.
        marks: name of the column to the mark.
    """
    rows = [
        {"shown_by": key, **{name: _shows(kind, outcome, mark) for name, mark in marks.items()}, LED_TO: standing}
        for key, kind, outcome, standing in _kinds_and_codes()
    ]
    code = event.outcome_scheme.fill_null("") + BETWEEN + event.outcome_code.fill_null("")
    known = [row["scheme"] + BETWEEN + row["code"] for row in codelists.load("outcomes")]
    # A code that no list has says nothing: the event is of its kind alone.
    says_more = event.kind.isin(_carry_codes()) & code.isin(known)
    key = ibis.ifelse(says_more, event.kind + BETWEEN + code, event.kind)
    keyed = event.mutate(event_key=key)
    shown = table_of(rows)
    joined = keyed.left_join(shown, keyed.event_key == shown.shown_by)
    return joined.drop("event_key", "shown_by").mutate(**{name: joined[name].fill_null(False) for name in marks})


def _carry_codes() -> list[str]:
    """The kinds of events whose outcome code says something."""
    return [row["kind"] for row in codelists.load("event_kinds") if row["effect"] in ("by_outcome", "court")]


def _kinds_and_codes() -> list[tuple[str, str, codelists.Row | None, str | None]]:
    """Every kind, and every kind with every code that it can carry: key, kind, outcome, and where that leads to."""
    found: list[tuple[str, str, codelists.Row | None, str | None]] = []
    for row in codelists.load("event_kinds"):
        kind = row["kind"]
        found.append((kind, kind, None, "transferred" if row["effect"] == "transfers" else None))
        if kind in _carry_codes():
            for outcome in codelists.load("outcomes"):
                key = BETWEEN.join((kind, outcome["scheme"], outcome["code"]))
                found.append((key, kind, outcome, outcome["standing"]))
    return found


def _shows(kind: str, outcome: codelists.Row | None, mark: Mark) -> bool:
    by_code = outcome is not None and (
        outcome["detail"] in mark.get("details", ()) or outcome["standing"] in mark.get("standings", ())
    )
    return by_code or kind in mark.get("kinds", ())

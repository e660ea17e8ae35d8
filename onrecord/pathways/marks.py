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

KEYS = ("of_kind", "of_scheme", "of_code")
LED_TO = "led_to"
Mark = Mapping[str, Sequence[str]]


def marked(event: ir.Table, marks: Mapping[str, Mark]) -> ir.Table:
    """Events with a boolean for each mark, and ``led_to``, the standing that an outcome leads to.

    Args:
        event: with kind, outcome_scheme and outcome_code.
        marks: name of the column to the mark.
    """
    rows = [
        {**key, **{name: _shows(key["of_kind"], outcome, mark) for name, mark in marks.items()}, LED_TO: standing}
        for key, outcome, standing in _kinds_and_codes()
    ]
    says_more = event.kind.isin(_carry_codes())
    keyed = event.mutate(
        of_kind=event.kind,
        of_scheme=ibis.ifelse(says_more, event.outcome_scheme.fill_null(""), ""),
        of_code=ibis.ifelse(says_more, event.outcome_code.fill_null(""), ""),
    )
    joined = keyed.left_join(table_of(rows), list(KEYS)).drop(*KEYS, *[f"{key}_right" for key in KEYS])
    # A code that no list has says nothing: the event is of its kind alone.
    return joined.mutate(
        **{name: joined[name].fill_null(joined.kind.isin(mark.get("kinds", ()))) for name, mark in marks.items()}
    )


def _carry_codes() -> list[str]:
    """The kinds of events whose outcome code says something."""
    return [row["kind"] for row in codelists.load("event_kinds") if row["effect"] in ("by_outcome", "court")]


def _kinds_and_codes() -> list[tuple[dict[str, str], codelists.Row | None, str | None]]:
    """Every kind, and every kind with every code that it can carry: what tells it, outcome, and where that leads to."""
    found: list[tuple[dict[str, str], codelists.Row | None, str | None]] = []
    for row in codelists.load("event_kinds"):
        leads_to = "transferred" if row["effect"] == "transfers" else None
        found.append((dict(zip(KEYS, (row["kind"], "", ""), strict=True)), None, leads_to))
        if row["kind"] in _carry_codes():
            for outcome in codelists.load("outcomes"):
                key = dict(zip(KEYS, (row["kind"], outcome["scheme"], outcome["code"]), strict=True))
                found.append((key, outcome, outcome["standing"]))
    return found


def _shows(kind: str, outcome: codelists.Row | None, mark: Mark) -> bool:
    by_code = outcome is not None and (
        outcome["detail"] in mark.get("details", ()) or outcome["standing"] in mark.get("standings", ())
    )
    return by_code or kind in mark.get("kinds", ())

"""What an event shows, by its kind or by the detail of its outcome, as the declarations of measures name them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import ibis
import ibis.expr.types as ir

from onrecord.standard import codelists

BETWEEN = "\x1f"


def shows(event: ir.Table, mark: Mapping[str, Sequence[str]]) -> ir.BooleanValue:
    """Whether an event is of one of the kinds, or an outcome with one of the details or standings, of a mark.

    Args:
        event: with kind, outcome_scheme and outcome_code.
        mark: ``kinds``, ``details`` and ``standings``; what it does not name shows nothing.
    """
    codes = [
        outcome["scheme"] + BETWEEN + outcome["code"]
        for outcome in codelists.load("outcomes")
        if outcome["detail"] in mark.get("details", ()) or outcome["standing"] in mark.get("standings", ())
    ]
    carries_code = [row["kind"] for row in codelists.load("event_kinds") if row["effect"] in ("by_outcome", "court")]
    code = event.outcome_scheme.fill_null("") + BETWEEN + event.outcome_code.fill_null("")
    by_code = event.kind.isin(carries_code) & code.isin(codes) if codes else ibis.literal(False)
    by_kind = event.kind.isin(list(mark["kinds"])) if mark.get("kinds") else ibis.literal(False)
    return (by_kind | by_code).fill_null(False)

"""What an event shows, by its kind or by the detail of its outcome, as the declarations of measures name them.

A mark has ``kinds`` of events, and ``details`` and ``standings`` of outcomes; what it does not name shows nothing. The
few steps there are lie in one small table that events are joined to once, whatever the number of marks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

import ibis.expr.types as ir

from onrecord.engine import table_of
from onrecord.pathways.steps import TOLD, Step, steps, with_steps
from onrecord.standard import codelists

Mark = Mapping[str, Sequence[str]]


def marked(event: ir.Table, marks: Mapping[str, Mark]) -> ir.Table:
    """Events with a boolean for each mark.

    Args:
        event: with kind, outcome_scheme and outcome_code.
        marks: name of the column to the mark.
    """
    return marked_by_step(with_steps(event), marks).drop(*TOLD)


def marked_by_step(event: ir.Table, marks: Mapping[str, Mark]) -> ir.Table:
    """The same of events that have the number of their step, ``step_no``."""
    rows = [{"of_step": step.step_no, **{name: _shows(step, mark) for name, mark in marks.items()}} for step in steps()]
    table = table_of(rows)
    joined = event.left_join(table, event.step_no == table.of_step).drop("of_step")
    return joined.mutate(**{name: joined[name].fill_null(False) for name in marks})


@cache
def _outcomes() -> Mapping[tuple[str, str], codelists.Row]:
    return {(row["scheme"], row["code"]): row for row in codelists.load("outcomes")}


def leads_to(step: Step) -> str | None:
    """The standing that a step leads to, as an outcome or as a transfer; None where it is neither."""
    outcome = _outcomes().get((step.outcome_scheme, step.outcome_code))
    return outcome["standing"] if outcome else "transferred" if step.effect == "transfers" else None


def _shows(step: Step, mark: Mark) -> bool:
    outcome = _outcomes().get((step.outcome_scheme, step.outcome_code))
    by_code = outcome is not None and (
        outcome["detail"] in mark.get("details", ()) or outcome["standing"] in mark.get("standings", ())
    )
    return by_code or step.kind in mark.get("kinds", ())

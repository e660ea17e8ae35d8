"""The step table: what each kind of event, with its outcome code, does to a line.

It is data (``event_kinds.csv`` and ``outcomes.csv``); this file only lays the two together and numbers the
steps, so that of two decisions of one moment the one with the lower rank has the higher number.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from functools import cache

import ibis
import ibis.expr.types as ir

from onrecord.engine import table_of
from onrecord.standard import codelists

KEYS = ("kind", "outcome_scheme", "outcome_code")
NO_RANK = 99
# Of two steps of one day: what opens a line first, then what decides, then what a court does.
OPENING, DECIDING, AFTER = 0, 1, 2
# What a step tells of its line, as the bits of one number: of millions of events that is all that is kept.
DECIDES, PROSECUTES, TRANSFERS, OPENS, WITHDRAWS, IN_COURT, CLOSES, UNAVAILABLE, ACTIVITY, ACTION, WAITS = (
    1 << bit for bit in range(11)
)
_BY_EFFECT: dict[str, int] = {
    "decides": DECIDES,
    "transfers": DECIDES | TRANSFERS,
    "opens": OPENS,
    "withdraws_charge": WITHDRAWS,
    "hearing": IN_COURT,
    "court": IN_COURT,
    "closes": CLOSES,
    "says_unavailable": UNAVAILABLE,
}


@dataclass(frozen=True)
class Step:
    """One row of the step table.

    Attributes:
        kind: the event's kind.
        outcome_scheme: the outcome's scheme, empty where the kind alone decides.
        outcome_code: the outcome's code, likewise.
        effect: decides, opens, withdraws_charge, hearing, court, transfers, acknowledges, closes, receipt,
            says_unavailable or none.
        rank: rank of the standing it decides, NO_RANK for none.
        detail: what a reader calls it.
        is_activity: whether it shows that something was done.
        step_no: its number; a lower rank has a higher number.
    """

    kind: str
    outcome_scheme: str
    outcome_code: str
    effect: str
    rank: int
    detail: str
    is_activity: bool
    step_no: int = 0

    @property
    def tells(self) -> int:
        """What it tells of its line, in bits. An outcome that is a transfer (Home Office 20) is one as the event is.

        What is done is activity; receipt is that as well, but nobody has acted on a report by receiving it.
        """
        by_rank = {codelists.rank_of("prosecuted"): PROSECUTES, codelists.rank_of("transferred"): TRANSFERS}
        done = (ACTIVITY if self.effect == "receipt" else ACTIVITY | ACTION) if self.is_activity else 0
        return _BY_EFFECT.get(self.effect, 0) | by_rank.get(self.rank, 0) | done

    @property
    def turn(self) -> int:
        """Where it comes among the steps of one day."""
        return OPENING if self.tells & (OPENS | WITHDRAWS) else AFTER if self.tells & IN_COURT else DECIDING


@cache
def steps() -> tuple[Step, ...]:
    """All steps, by number from 1."""
    found = [step for kind in codelists.load("event_kinds") for step in _steps_of(kind)]
    found.sort(key=lambda step: (-step.rank, step.kind, step.outcome_scheme, step.outcome_code))
    return tuple(replace(step, step_no=number) for number, step in enumerate(found, 1))


def _steps_of(kind: codelists.Row) -> list[Step]:
    activity = kind["activity"] == "1"
    if kind["effect"] == "by_outcome":
        return [
            Step(
                kind["kind"],
                outcome["scheme"],
                outcome["code"],
                "decides",
                codelists.rank_of(outcome["standing"]),
                outcome["detail"],
                activity,
            )
            for outcome in codelists.load("outcomes")
        ]
    rank = codelists.rank_of("transferred") if kind["effect"] == "transfers" else NO_RANK
    return [Step(kind["kind"], "", "", kind["effect"], rank, kind["label"], activity)]


def with_steps(event: ir.Table) -> ir.Table:
    """Events with ``effect``, ``step_no``, ``is_activity``, ``tells`` and ``turn`` in place of kind, scheme and code.

    A step that is not in the table has a null effect: it is a finding, and moves nothing.
    """
    rows = [{**asdict(step), "tells": step.tells, "turn": step.turn} for step in steps()]
    table = table_of(rows).drop("detail", "rank")
    by_outcome = event.kind.isin(
        [row["kind"] for row in codelists.load("event_kinds") if row["effect"] == "by_outcome"]
    )
    event = event.mutate(
        outcome_scheme=ibis.ifelse(by_outcome, event.outcome_scheme.fill_null(""), ""),
        outcome_code=ibis.ifelse(by_outcome, event.outcome_code.fill_null(""), ""),
    )
    return event.left_join(table, KEYS).drop(*KEYS, *[f"{key}_right" for key in KEYS])


def outside_the_table(event: ir.Table) -> ir.Table:
    """Events whose kind, scheme and code the step table does not hold: event_id, report_id."""
    judged = with_steps(event)
    return judged.filter(judged.effect.isnull()).select("event_id", "report_id")


def details() -> ir.Table:
    """Step number to rank and detail: ``step_no``, ``decided_rank``, ``detail``."""
    return table_of([{"step_no": step.step_no, "decided_rank": step.rank, "detail": step.detail} for step in steps()])

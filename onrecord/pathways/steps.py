"""The step table: what each kind of event, with its outcome code, does to a line.

It is data (``event_kinds.csv`` and ``outcomes.csv``); this file only lays the two together and numbers the
steps, so that of two decisions of one moment the one with the lower rank has the higher number.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import ibis
import ibis.expr.types as ir

from onrecord.engine import table_of
from onrecord.standard import codelists

KEYS = ("kind", "outcome_scheme", "outcome_code")
# What a step says of an event, and of which type it is.
TOLD = {"step_no": "int16", "tells": "int16", "turn": "int8"}
BY_OUTCOME, SAYS_NOTHING = "by_outcome", "says_nothing"
# The effects of kinds whose outcome code says something.
CARRY_CODES = (BY_OUTCOME, "court")
NO_RANK = 99
# Of two steps of one day: what opens a line first, then what decides, then what a court does.
OPENING, DECIDING, AFTER = 0, 1, 2
# What a step tells of its line, as the bits of one number: of millions of events that is all that is kept.
DECIDES, PROSECUTES, TRANSFERS, OPENS, WITHDRAWS, IN_COURT, CLOSES, UNAVAILABLE, ACTIVITY, ACTION, ACKNOWLEDGES = (
    1 << bit for bit in range(11)
)
# What no step tells by itself: the body that a transfer names lies inside the coverage.
INSIDE = 1 << 11
_BY_EFFECT: dict[str, int] = {
    "decides": DECIDES,
    "transfers": DECIDES | TRANSFERS,
    "acknowledges": ACKNOWLEDGES,
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
            says_unavailable, says_nothing (an outcome whose code no list has) or none.
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
    """One step of the kind alone, and one for each code that it can carry."""
    activity = kind["activity"] == "1"
    rank = codelists.rank_of("transferred") if kind["effect"] == "transfers" else NO_RANK
    alone = Step(kind["kind"], "", "", kind["effect"], rank, kind["label"], activity)
    if kind["effect"] not in CARRY_CODES:
        return [alone]
    outcomes = codelists.load("outcomes")
    if kind["effect"] != BY_OUTCOME:
        return [alone, *(replace(alone, outcome_scheme=row["scheme"], outcome_code=row["code"]) for row in outcomes)]
    # An outcome whose code no list has says nothing, and moves nothing: it is a finding.
    return [
        replace(alone, effect=SAYS_NOTHING, is_activity=False),
        *(
            replace(
                alone,
                outcome_scheme=row["scheme"],
                outcome_code=row["code"],
                effect="decides",
                rank=codelists.rank_of(row["standing"]),
                detail=row["detail"],
            )
            for row in outcomes
        ),
    ]


def kinds_with_codes() -> list[str]:
    """The kinds of events whose outcome code says something."""
    return [row["kind"] for row in codelists.load("event_kinds") if row["effect"] in CARRY_CODES]


def with_steps(event: ir.Table) -> ir.Table:
    """Events with ``step_no``, ``tells`` and ``turn``: those of their kind and, where it carries one, their code.

    A code that no list has says nothing: the event is of its kind alone. Of a kind that no list has they are null.
    """
    rows = [{name: getattr(step, name) for name in (*KEYS, *TOLD)} for step in steps()]
    table = table_of(rows).rename({f"of_{name}": name for name in (*KEYS, *TOLD)})
    coded = event.kind.isin(kinds_with_codes())
    keyed = event.mutate(
        in_scheme=ibis.ifelse(coded, event.outcome_scheme.fill_null(""), ""),
        by_code=ibis.ifelse(coded, event.outcome_code.fill_null(""), ""),
    )
    joined = keyed.left_join(
        table,
        [
            keyed.kind == table.of_kind,
            keyed.in_scheme == table.of_outcome_scheme,
            keyed.by_code == table.of_outcome_code,
        ],
    )
    alone = {step.kind: step for step in steps() if not step.outcome_code and step.kind in kinds_with_codes()}
    told = {
        name: ibis.coalesce(
            joined[f"of_{name}"],
            joined.kind.cases(*[(kind, getattr(step, name)) for kind, step in alone.items()], else_=None),
        ).cast(TOLD[name])
        for name in TOLD
    }
    return joined.mutate(**told).drop("in_scheme", "by_code", *[f"of_{name}" for name in (*KEYS, *TOLD)])


def details() -> ir.Table:
    """Step number to rank and detail: ``step_no``, ``decided_rank``, ``detail``."""
    return table_of([{"step_no": step.step_no, "decided_rank": step.rank, "detail": step.detail} for step in steps()])

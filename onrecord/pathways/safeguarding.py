"""What was done for the child: where every report stands in the safeguarding strand at a date.

A report has one line for each child in it, and one where it names none. The steps are data
(``safeguarding_steps.csv``): days of an assessment, and kinds of events. A plan, once made, and help, once given, are
not undone by what comes later; of all else the last decision holds, and what opens a line again (a referral, an
enquiry, an assessment) ends it. The readings are those of decision 15.

Each standing has a predicate of its own, and none is what the others leave over. It is never added to the justice
strand.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache, reduce
from operator import add

import ibis
import ibis.expr.types as ir

from onrecord.engine import table_of
from onrecord.pathways.lines import numbered
from onrecord.standard import codelists

CHILD = "child"
OPENS, BEGINS, ENDS, DECIDES, CLOSES = "opens", "begins", "ends", "decides", "closes"
OPENING, DECIDING = 0, 1
EPOCH = date(1900, 1, 1)
# One number orders what decides: the day, openings before decisions, and of one moment the lowest rank last.
TURNS, RANKS = 2, 16
NO_REASON = 2**4 - 1
# Not undone by what comes later.
LASTING = ("plan_made", "helped_without_plan")
BY_SILENCE = ("live", "unaccounted")
LINE = ("line_no", "report_no", "report_id", "person_id", "received_date", "as_at", "vanished", "carries_safeguarding")


@dataclass(frozen=True)
class Standing:
    """Where a report can stand in the safeguarding strand: one row of ``safeguarding_standings.csv``."""

    rank: int
    key: str
    label: str
    public_label: str
    what_it_means: str
    merge_1: str
    merge_2: str


@cache
def standings() -> tuple[Standing, ...]:
    """The standings in rank order."""
    rows = [dict(row) for row in codelists.load("safeguarding_standings")]
    return tuple(sorted((Standing(rank=int(row.pop("rank")), **row) for row in rows), key=lambda each: each.rank))


def standing_keys() -> tuple[str, ...]:
    """The standings' keys in rank order."""
    return tuple(standing.key for standing in standings())


def rank_of(key: str) -> int:
    """The rank of the standing ``key``. Raises KeyError when there is none."""
    return {standing.key: standing.rank for standing in standings()}[key]


@cache
def reasons() -> tuple[str, ...]:
    """The reasons for *unaccounted*, in the order in which the first that fits is taken."""
    rows = sorted(codelists.load("safeguarding_reasons"), key=lambda row: int(row["order"]))
    return tuple(row["key"] for row in rows)


@dataclass(frozen=True)
class Help:
    """What is known of the reports, and of what was done for their children.

    Attributes:
        report: the reports, with ``as_at``, and, where it is known, ``carries_safeguarding``: whether a return of
            children's services covers it.
        involvement: who was what, or None. A child goes by ``person_id``; who has linked the records of several
            senders puts the entity there, and in the assessments.
        assessment: the assessments, or None.
        event: the events, or None.
    """

    report: ir.Table
    involvement: ir.Table | None = None
    assessment: ir.Table | None = None
    event: ir.Table | None = None


def report_standings(known: Help, window_days: int) -> ir.Table:
    """Each report at the lowest rank among the lines of its children.

    Args:
        known: the standard tables. Reports received after their as-at, and those that repeat another, are left out.
        window_days: days without activity after which an open line is no longer live.

    Returns:
        The report's columns and ``is_<standing>`` booleans, ``reason`` (for *unaccounted*), ``has_open_lines`` (help
        was given to one child, and another's line is still live or unaccounted) and ``misplaced`` (on some line no
        predicate holds, or more than one).
    """
    report = numbered(_at_date(known.report), "report_no")
    judged = _line_standings(_lines(report, known.involvement), known, window_days)
    lowest = judged.group_by("report_no").agg(
        place=judged.place.min(),
        misplaced=(judged.holding != 1).any(),
        open_lines=(judged.is_live | judged.is_unaccounted).any(),
    )
    found = report.inner_join(lowest, "report_no")
    found = with_standing(found)
    formal = found.place // (NO_REASON + 1) <= rank_of("helped_without_plan")
    return found.mutate(has_open_lines=formal & found.open_lines).drop("place", "open_lines", "report_no")


def child_lines(known: Help, window_days: int) -> ir.Table:
    """Each line with its report and child, and where it stands: for the standing of children.

    Returns:
        ``report_id``, ``person_id`` (null where the report names no child), ``place``, a number whose least value says
        where several lines stand, and ``holding`` (how many predicates hold).
    """
    report = numbered(_at_date(known.report), "report_no")
    line = _lines(report, known.involvement)
    judged = _line_standings(line, known, window_days)
    return line.select("line_no", "report_id", "person_id").inner_join(judged, "line_no")


def with_standing(table: ir.Table) -> ir.Table:
    """A table with ``place``, as the standing and the reason that it stands for."""
    rank = table.place // (NO_REASON + 1)
    number = table.place % (NO_REASON + 1)
    named = list(enumerate(reasons()))
    return table.mutate(
        **{f"is_{standing.key}": rank == standing.rank for standing in standings()},
        reason=number.cases(*named, else_=ibis.null("string")),
    )


def _at_date(report: ir.Table) -> ir.Table:
    """Reports received by their as-at that repeat no other, with what a source need not say."""
    if "carries_safeguarding" not in report.columns:
        report = report.mutate(carries_safeguarding=ibis.literal(True))
    report = report.mutate(vanished=report.vanished.fill_null(False))
    return report.filter(report.received_date <= report.as_at, report.duplicate_of.isnull())


def _lines(report: ir.Table, involvement: ir.Table | None) -> ir.Table:
    """A line for each report and child, with the columns of ``LINE``."""
    line = report.select(*[name for name in LINE if name in report.columns])
    if involvement is None:
        return numbered(line.mutate(person_id=ibis.null("string")), "line_no")
    child = involvement.filter(involvement.role == CHILD).select("person_id", owner=involvement.report_id).distinct()
    return numbered(line.left_join(child, line.report_id == child.owner).drop("owner"), "line_no")


# ---------------------------------------------------------------- what happened on each line


def _happened(line: ir.Table, known: Help) -> ir.Table:
    """Every step on the line it falls on, up to the as-at: line_no, day, effect, rank, is_activity."""
    parts = [_nothing(line)]
    if known.assessment is not None:
        parts += _of_assessments(_on_lines(line, known.assessment))
    if known.event is not None:
        parts.append(_of_events(line, known.event))
    every = ibis.union(*parts) if len(parts) > 1 else parts[0]
    step = table_of([_as_row(number, row) for number, row in enumerate(codelists.load("safeguarding_steps"))])
    every = every.inner_join(step, "step_no")
    return every.inner_join(line.select("line_no", "as_at"), "line_no").filter(lambda table: table.day <= table.as_at)


def _as_row(number: int, row: codelists.Row) -> dict[str, object]:
    """A step as the engine needs it."""
    rank = rank_of(row["standing"]) if row["standing"] else 0
    return {"step_no": number, "effect": row["effect"], "rank": rank, "is_activity": row["activity"] == "1"}


def _nothing(line: ir.Table) -> ir.Table:
    return line.select("line_no", day=line.received_date, step_no=ibis.literal(0, "int64")).limit(0)


def _on_lines(line: ir.Table, assessment: ir.Table) -> ir.Table:
    """Each assessment with the number of the line it falls on.

    One that names a report falls on the line of its child there, and where the report names no child, on its one line.
    One that names none falls on its child's last report received by the day the assessment's case began.
    """
    line = line.select("line_no", "report_id", child=line.person_id, received=line.received_date)
    naming = assessment.filter(assessment.report_id.notnull()).rename(names="report_id")
    named = naming.inner_join(line, naming.names == line.report_id)
    named = named.filter(named.child.isnull() | (named.child == named.person_id).fill_null(False))
    alone = assessment.filter(assessment.report_id.isnull()).drop("report_id")
    alone = alone.mutate(case_began=ibis.coalesce(alone.referral_date, alone.start_date))
    pairs = alone.inner_join(line, [alone.person_id == line.child, alone.case_began >= line.received])
    last = pairs.group_by("agency_id", "assessment_id").agg(latest=pairs.received.max())
    pairs = pairs.inner_join(last, ["agency_id", "assessment_id"]).filter(lambda table: table.received == table.latest)
    columns = ["line_no", *_fields()]
    return ibis.union(named.select(*columns), pairs.select(*columns)).cache()


@cache
def _fields() -> tuple[str, ...]:
    """The fields of an assessment that the steps read."""
    rows = [row for row in codelists.load("safeguarding_steps") if row["record"] == "assessment"]
    return tuple(dict.fromkeys(name for row in rows for name in (row["field"], row["value_field"]) if name))


def _of_assessments(on_line: ir.Table) -> list[ir.Table]:
    """The steps that an assessment's days are, one table a step."""
    return [
        _step(on_line, number, row)
        for number, row in enumerate(codelists.load("safeguarding_steps"))
        if row["record"] == "assessment"
    ]


def _step(on_line: ir.Table, number: int, row: codelists.Row) -> ir.Table:
    chosen = on_line.filter(on_line[row["field"]].notnull())
    if row["value_field"]:
        chosen = chosen.filter(chosen[row["value_field"]].cast("string").lower() == row["value"].lower())
    return chosen.select("line_no", day=chosen[row["field"]], step_no=ibis.literal(number, "int64"))


def _of_events(line: ir.Table, event: ir.Table) -> ir.Table:
    """The steps that events are. One that names no child, or a suspect, falls on every line of its report."""
    kinds = [
        {"kind": row["value"], "step_no": number}
        for number, row in enumerate(codelists.load("safeguarding_steps"))
        if row["record"] == "event"
    ]
    event = event.select("kind", "event_date", owner=event.report_id, named=event.person_id)
    event = event.inner_join(table_of(kinds), "kind")
    children = line.filter(line.person_id.notnull()).select(owner=line.report_id, named=line.person_id).distinct()
    event = event.left_join(children, ["owner", "named"])
    on_line = event.inner_join(line.select("line_no", "report_id", "person_id"), event.owner == line.report_id)
    on_line = on_line.filter(on_line.named_right.isnull() | (on_line.named == on_line.person_id).fill_null(False))
    return on_line.select("line_no", day=on_line.event_date, step_no=on_line.step_no)


def _line_standings(line: ir.Table, known: Help, window_days: int) -> ir.Table:
    """One row a line: line_no, report_no, ``is_<standing>``, ``holding`` and ``place``."""
    happened = _happened(line, known)
    turn = ibis.ifelse(happened.effect.isin([OPENS, BEGINS]), OPENING, DECIDING)
    day = happened.day.delta(EPOCH, unit="day").cast("int64")
    order = (day * TURNS + turn) * RANKS + (RANKS - 1 - happened.rank)
    happened = happened.mutate(order=order).cache()
    return _judge(line.left_join(_facts(happened), "line_no"), window_days)


def _facts(happened: ir.Table) -> ir.Table:
    """One row a line on which anything fell, with all that its standing depends on."""
    opened = (
        happened.filter(happened.effect.isin([OPENS, BEGINS]))
        .group_by("line_no")
        .agg(opened=lambda table: table.order.max())
    )
    seen = happened.left_join(opened, "line_no")
    decides = seen.effect == DECIDES
    since_opened = seen.order > seen.opened.fill_null(-1)
    return seen.group_by("line_no").agg(
        has_plan=(decides & (seen.rank == rank_of("plan_made"))).any(),
        has_help=(decides & (seen.rank == rank_of("helped_without_plan"))).any(),
        last_decision=seen.order.max(where=decides & since_opened),
        closed=((seen.effect == CLOSES) & since_opened).any(),
        last_activity=seen.day.max(where=seen.is_activity),
        began=seen.day.max(where=seen.effect == BEGINS),
        ended=seen.day.max(where=seen.effect == ENDS),
    )


def _judge(facts: ir.Table, window_days: int) -> ir.Table:
    """Every standing's own predicate, how many hold, and the line's place as one number."""
    plan, help_given = facts.has_plan.fill_null(False), facts.has_help.fill_null(False)
    decided = (RANKS - 1 - facts.last_decision % RANKS).fill_null(0)
    nothing_lasting = ~plan & ~help_given
    since = facts.as_at.delta(_last_sign_of_life(facts), unit="day")
    holds = {
        standing.key: nothing_lasting & (decided == standing.rank)
        for standing in standings()
        if standing.key not in (*LASTING, *BY_SILENCE)
    }
    holds["plan_made"] = plan
    holds["helped_without_plan"] = help_given & ~plan
    undecided = nothing_lasting & facts.last_decision.isnull()
    holds["live"] = undecided & (since <= window_days)
    holds["unaccounted"] = undecided & (since > window_days)
    rank = reduce(add, [ibis.ifelse(holds[standing.key], standing.rank, 0) for standing in standings()])
    reason = ibis.ifelse(holds["unaccounted"], _reason_number(facts), NO_REASON)
    return facts.select(
        "line_no",
        "report_no",
        **{f"is_{key}": holds[key] for key in standing_keys()},
        holding=reduce(add, [ibis.ifelse(hold, 1, 0) for hold in holds.values()]),
        place=rank.cast("int64") * (NO_REASON + 1) + reason,
    )


def _last_sign_of_life(facts: ir.Table) -> ir.DateValue:
    """The day of the last activity, receipt among them."""
    return ibis.greatest(facts.received_date, ibis.coalesce(facts.last_activity, facts.received_date))


def _reason_number(facts: ir.Table) -> ir.IntegerValue:
    """Why a line is unaccounted: the place in ``safeguarding_reasons.csv`` of the first reason that fits."""
    ended = (facts.ended >= facts.began).fill_null(False)
    fits = {
        "no_safeguarding_carried": ~facts.carries_safeguarding.fill_null(True),
        "closed_without_reason": facts.closed.fill_null(False),
        "vanished": facts.vanished,
        "nothing_since_assessment": facts.began.notnull() & ended,
        "assessment_not_ended": facts.began.notnull() & ~ended,
        "assessment_not_begun": facts.began.isnull() & facts.last_activity.notnull(),
        "nothing_for_the_child": facts.last_activity.isnull(),
    }
    return ibis.cases(*[(fits[key], place) for place, key in enumerate(reasons())], else_=NO_REASON)

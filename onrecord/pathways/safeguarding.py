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
from functools import cache, reduce
from operator import add

import ibis
import ibis.expr.types as ir

from onrecord.engine import table_of
from onrecord.pathways.history import History, counted_reports, day_number, numbered
from onrecord.pathways.subjects import CHILD, named_people
from onrecord.standard import codelists

OPENS, BEGINS, ENDS, DECIDES, CLOSES = "opens", "begins", "ends", "decides", "closes"
OPENING, DECIDING = 0, 1
# One number orders what decides: the day, openings before decisions, and of one moment the lowest rank last.
TURNS, RANKS = 2, 16
NO_REASON = 2**4 - 1
# Not undone by what comes later.
LASTING = ("plan_made", "helped_without_plan")
BY_SILENCE = ("live", "unaccounted")
LINE = ("line_no", "report_no", "report_id", "person_id", "received_date", "as_at", "vanished", "carries_safeguarding")


def standings() -> tuple[codelists.Standing, ...]:
    """The standings in rank order."""
    return codelists.standings(codelists.SAFEGUARDING)


def standing_keys() -> tuple[str, ...]:
    """The standings' keys in rank order."""
    return codelists.standing_keys(codelists.SAFEGUARDING)


def rank_of(key: str) -> int:
    """The rank of the standing ``key``. Raises KeyError when there is none."""
    return codelists.rank_of(key, codelists.SAFEGUARDING)


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
        involvement: who was what, or None. A child goes by ``person_id``, in the assessments too: see
            :func:`within_senders`. Who has linked the records of several senders puts the entity there.
        assessment: the assessments, or None.
        event: the events, or None.
    """

    report: ir.Table
    involvement: ir.Table | None = None
    assessment: ir.Table | None = None
    event: ir.Table | None = None


def within_senders(history: History, assessment: ir.Table, carrying: ir.Table) -> Help:
    """What is known where no records are linked: a child is matched within one sender alone.

    A sender's pseudonym of a person is the same in all its returns, and another sender's may be anybody.

    Args:
        history: the standard tables; ``report`` with ``sender``.
        assessment: the assessments, with ``sender``.
        carrying: ``sender`` of all that send assessments. Their reports are covered by a return of children's
            services; so is a report that names no child and that an assessment names.
    """
    report = history.report
    sender = report.select("report_id", "sender")
    child = named_people(history, CHILD).rename(report_id="of_report")
    spoken_of = assessment.select("report_id").distinct().anti_join(child, "report_id")
    sends = report.select("report_id", "sender").semi_join(carrying, "sender").select("report_id")
    covered = sends.union(spoken_of.filter(spoken_of.report_id.notnull()), distinct=True)
    covered = covered.select(covered_id="report_id", carries_safeguarding=ibis.literal(True))
    report = report.left_join(covered, report.report_id == covered.covered_id).drop("covered_id")
    event = history.event.select("report_id", "person_id", "kind", "event_date")
    return Help(
        report=report.mutate(carries_safeguarding=report.carries_safeguarding.fill_null(False)),
        involvement=_by_sender(child.inner_join(sender, "report_id")).mutate(role=ibis.literal(CHILD)),
        assessment=_by_sender(assessment),
        event=_by_sender(event.inner_join(sender, "report_id")),
    )


def _by_sender(rows: ir.Table) -> ir.Table:
    return rows.mutate(person_id=rows.sender + "/" + rows.person_id)


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
    return told_apart(report.inner_join(lowest, "report_no")).drop("report_no")


def places_of_children(known: Help, window_days: int) -> ir.Table:
    """Where each child stands in each report that names her; as ``subjects.places_of_people`` for the justice strand.

    Returns:
        One row for each child and report: agency_id, received_date, report_id, ``subject`` (the child), ``place`` (a
        number whose least value says where several lines stand), ``misplaced`` and ``open_lines``.
    """
    report = numbered(_at_date(known.report), "report_no")
    line = _lines(report, known.involvement)
    judged = _line_standings(line, known, window_days)
    judged = line.filter(line.person_id.notnull()).select("line_no", subject="person_id").inner_join(judged, "line_no")
    found = judged.inner_join(report.select("report_no", "report_id", "agency_id", "received_date"), "report_no")
    return found.select(
        "subject",
        "report_id",
        "agency_id",
        "received_date",
        "place",
        misplaced=found.holding != 1,
        open_lines=found.is_live | found.is_unaccounted,
    )


def told_apart(found: ir.Table) -> ir.Table:
    """What the least place among some lines says, in columns; as ``standings.told_apart`` for the justice strand.

    Args:
        found: with ``place`` (the least of the lines'), ``misplaced`` and ``open_lines`` (on any of them).

    Returns:
        The other columns, and ``is_<standing>``, ``has_open_lines`` and ``reason``.
    """
    rank = found.place // (NO_REASON + 1)
    number = found.place % (NO_REASON + 1)
    return found.mutate(
        **{f"is_{standing.key}": rank == standing.rank for standing in standings()},
        reason=number.cases(*enumerate(reasons()), else_=ibis.null("string")),
        has_open_lines=(rank <= rank_of("helped_without_plan")) & found.open_lines,
    ).drop("place", "open_lines")


def unmatched(known: Help) -> ir.Table:
    """The assessments that name a report and a child who is none of its children: they fall on no line.

    Returns:
        One row for each: report_id, agency_id and received_date of the report.
    """
    report = counted_reports(known.report).select("report_id", "agency_id", "received_date", "as_at")
    if known.assessment is None or known.involvement is None:
        return report.drop("as_at").limit(0)
    began = ibis.coalesce(known.assessment.referral_date, known.assessment.start_date)
    case = known.assessment.select("report_id", "person_id", began=began)
    case = case.inner_join(report, "report_id").filter(lambda row: row.began <= row.as_at)
    children = known.involvement.filter(known.involvement.role == CHILD)
    case = case.semi_join(children, "report_id").anti_join(children, ["report_id", "person_id"])
    return case.select("report_id", "agency_id", "received_date")


def _at_date(report: ir.Table) -> ir.Table:
    """Reports received by their as-at that repeat no other, with what a source need not say."""
    if "carries_safeguarding" not in report.columns:
        report = report.mutate(carries_safeguarding=ibis.literal(True))
    return counted_reports(report.mutate(vanished=report.vanished.fill_null(False)))


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
    order = (day_number(happened.day) * TURNS + turn) * RANKS + (RANKS - 1 - happened.rank)
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

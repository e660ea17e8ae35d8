"""Where every line, and so every report, stands at a date: the justice strand, version 1.

A line stands where its last deciding event puts it. Events of one day are ordered: what opens a line
first, then what decides, then what a court does; then by the day they were recorded; then the lowest rank
last. ``reopened``, ``outcome withdrawn`` and ``charge withdrawn`` (before the first hearing) open a line
again; nothing else moves a line out of *prosecuted*.

Each standing has a predicate of its own, and none is what the others leave over. The lines on which no
predicate holds, or more than one, are counted, and there must be none (:func:`balance`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import ibis
import ibis.expr.types as ir

from onrecord.engine import table_of
from onrecord.errors import DoesNotBalance
from onrecord.pathways.lines import counted_reports, events_on_lines, lines, numbered
from onrecord.pathways.steps import (
    ACTION,
    ACTIVITY,
    CLOSES,
    DECIDES,
    IN_COURT,
    OPENS,
    PROSECUTES,
    TRANSFERS,
    UNAVAILABLE,
    WAITS,
    WITHDRAWS,
    details,
    steps,
    with_steps,
)
from onrecord.standard import codelists

DIVERTED = codelists.rank_of("diverted")
BY_SILENCE = (codelists.rank_of("live"), codelists.rank_of("unaccounted"))
EPOCH = date(1900, 1, 1)
DAYS, TURNS, STEPS = 2**18, 4, 2**10
BELOW_THE_DAY = 2 + 18 + 10
BEFORE_ALL_OTHERS = 2**50
NO_REASON = 2**8 - 1
BY_DECISION = "decides_"


@dataclass(frozen=True)
class History:
    """What is known of the reports: standard tables, some of which a source may lack.

    Attributes:
        report: the reports, with ``as_at``, the day at which each is to be judged.
        crime: the crimes, or None.
        involvement: who was what, or None.
        event: the events.
        covered: the ids (``agency_id``) of agencies inside the coverage: a transfer to one of them waits
            for an acknowledgement. None when no transfer names a body.
    """

    report: ir.Table
    crime: ir.Table | None
    involvement: ir.Table | None
    event: ir.Table
    covered: ir.Table | None = None


def report_standings(history: History, window_days: int) -> ir.Table:
    """Each report at the lowest rank among its lines.

    Args:
        history: the standard tables; ``report.as_at`` says at which day each report is judged. Reports
            received after it, and reports that repeat another, are left out.
        window_days: days without activity after which an open line is no longer live.

    Returns:
        The report's columns, ``report_no`` (a number of its own, to join by), ``is_<standing>`` booleans, ``detail``
        (of the decision), ``reason`` (for *unaccounted*), ``has_open_lines`` (for ranks 1 to 3: a line is still live
        or unaccounted) and ``misplaced`` (on some line no predicate holds, or more than one).
    """
    report = numbered(counted_reports(history.report), "report_no")
    line = lines(report, history.crime, history.involvement)
    judged = line_standings(line, history, window_days)
    is_open = judged.is_live | judged.is_unaccounted
    told = judged.mutate(misplaced=judged.holding != 1, open_lines=is_open)
    if history.crime is None and history.involvement is None:
        return told_apart(told.select(*report.columns, "place", "misplaced", "open_lines"))
    lowest = told.group_by("report_no").agg(
        place=told.place.min(), misplaced=told.misplaced.any(), open_lines=told.open_lines.any()
    )
    return told_apart(report.inner_join(lowest, "report_no"))


def told_apart(found: ir.Table) -> ir.Table:
    """What the least place among some lines says, in columns.

    Args:
        found: with ``place`` (the least of the lines'), ``misplaced`` and ``open_lines`` (on any of them).

    Returns:
        The other columns, and ``is_<standing>``, ``has_open_lines``, ``reason`` and ``detail``.
    """
    rank = found.place // (STEPS * (NO_REASON + 1))
    found = found.mutate(
        **{f"is_{standing.key}": rank == standing.rank for standing in codelists.standings()},
        reason=_reason_named(found.place // STEPS % (NO_REASON + 1)),
        has_open_lines=(rank <= DIVERTED) & found.open_lines,
        step_no=found.place % STEPS,
    )
    found = found.left_join(details(), "step_no")
    return found.drop("place", "open_lines", "step_no", "step_no_right", "decided_rank")


def unaccounted_reports(history: History, window_days: int) -> ir.Table:
    """The reports of which a line is unaccounted, also those that formal action on another line stands before.

    Args:
        history: the standard tables, as for :func:`report_standings`.
        window_days: days without activity after which an open line is no longer live.

    Returns:
        ``report_id``, ``agency_id``, ``received_date``, ``as_at`` and ``reason``: the first that fits, of the lines
        that are unaccounted.
    """
    report = numbered(counted_reports(history.report), "report_no")
    line = lines(report, history.crime, history.involvement)
    judged = line_standings(line, history, window_days)
    found = judged.filter(judged.is_unaccounted).group_by("report_no").agg(place=judged.place.min())
    found = report.inner_join(found, "report_no")
    reason = _reason_named(found.place // STEPS % (NO_REASON + 1))
    return found.select("report_id", "agency_id", "received_date", "as_at", reason=reason)


def line_standings(line: ir.Table, history: History, window_days: int) -> ir.Table:
    """Each line with one column for every standing's own predicate.

    Args:
        line: the lines of the reports judged.
        history: the standard tables.
        window_days: days without activity after which an open line is no longer live.

    Returns:
        The lines with ``is_<standing>`` booleans, ``holding`` (how many of them hold) and ``place``, a number whose
        least value over a report's lines says where the report stands.
    """
    happened = _in_order(_known_events(line, history)).cache()
    return _judge(line.left_join(_facts(happened), "line_no"), line.columns, window_days)


def _known_events(line: ir.Table, history: History) -> ir.Table:
    """Events on lines up to the as-at, with what they tell; a transfer inside the coverage waits to be acknowledged."""
    on_line = events_on_lines(line, history.event)
    event = with_steps(on_line.filter(on_line.event_date <= on_line.as_at))
    event = event.filter(event.step_no.notnull())
    if history.covered is None:
        return event
    event = _with_waiting(event, history.covered, _acknowledged(line, history.event))
    waits = _says(event, TRANSFERS) & event.waits
    return event.mutate(tells=ibis.ifelse(waits, (event.tells & ~(DECIDES | PROSECUTES)) | WAITS, event.tells))


def _says(event: ir.Table, bits: int) -> ir.BooleanValue:
    """Whether a step tells any of these."""
    return (event.tells & bits) != 0


def _acknowledged(line: ir.Table, event: ir.Table) -> ir.Table:
    """The last day on which each report's transfer was acknowledged: ``owner``, ``acknowledged_on``.

    Made from the few events that say so, and not from all events on lines: those would all be kept to be read twice.
    """
    says_so = [kind["kind"] for kind in codelists.load("event_kinds") if kind["effect"] == "acknowledges"]
    on_line = events_on_lines(line, event.filter(event.kind.isin(says_so)))
    known = on_line.filter(on_line.event_date <= on_line.as_at)
    return known.group_by(owner="report_no").agg(acknowledged_on=known.event_date.max())


def _with_waiting(event: ir.Table, covered: ir.Table, acknowledged: ir.Table) -> ir.Table:
    """A transfer waits when it names a body inside the coverage that has not acknowledged it since."""
    inside = covered.select(body=covered.agency_id).distinct().mutate(is_inside=ibis.literal(True))
    joined = event.left_join(inside, event.counterpart == inside.body)
    joined = joined.left_join(acknowledged, joined.report_no == acknowledged.owner)
    late = joined.acknowledged_on.isnull() | (joined.acknowledged_on < joined.event_date)
    return joined.mutate(waits=joined.is_inside.fill_null(False) & late)


def _in_order(on_line: ir.Table) -> ir.Table:
    """What each event tells, with ``order``: one number that sorts a line's events by day, turn, day recorded and step.

    Its highest bits are the day, its lowest the step: so the greatest order of some events says all of the last one.
    """
    day = day_number(on_line.event_date)
    recorded = day_number(ibis.coalesce(on_line.recorded_date, on_line.event_date))
    order = ((day * TURNS + on_line.turn) * DAYS + recorded) * STEPS + on_line.step_no
    return on_line.select("line_no", "tells", order=order)


def day_number(day: ir.DateValue) -> ir.IntegerValue:
    """Days since 1900: eighteen bits are enough until the year 2617."""
    return day.delta(EPOCH, unit="day").cast("int64")


def _day_of(order: ir.IntegerValue) -> ir.IntegerValue:
    """The day (:func:`day_number`) of an event by its ``order``."""
    return order >> BELOW_THE_DAY


def _facts(happened: ir.Table) -> ir.Table:
    """One row a line on which anything fell, with all that its standing depends on.

    What is seldom told is made by itself, so that of the many events no more is made than is needed of all of them.
    """
    opened = _last_opening(happened)
    seen = happened.left_join(opened, "line_no")
    # A prosecution stands before any other decision, whichever came last.
    weight = ibis.ifelse(_says(seen, PROSECUTES), seen.order + BEFORE_ALL_OTHERS, seen.order)
    often = seen.group_by("line_no").agg(
        deciding=weight.max(where=_says(seen, DECIDES) & _since_opened(seen)),
        last_activity=seen.order.max(where=_says(seen, ACTIVITY)),
        told=seen.tells.bit_or(),
    )
    rare = happened.filter(_says(happened, UNAVAILABLE | WAITS | CLOSES)).left_join(opened, "line_no")
    seldom = rare.group_by("line_no").agg(
        said_unavailable=rare.order.max(where=_says(rare, UNAVAILABLE)),
        waits_since=rare.order.max(where=_says(rare, WAITS)),
        closed=(_says(rare, CLOSES) & _since_opened(rare)).any(),
    )
    return often.left_join(seldom, "line_no").drop("line_no_right")


def _since_opened(event: ir.Table) -> ir.BooleanValue:
    """Whether nothing opened the line again after it."""
    return event.order > event.opened.fill_null(-1)


def _last_opening(happened: ir.Table) -> ir.Table:
    """The order of the last event that opened each line again.

    A withdrawn charge opens a line only when the last thing before it, among charges, openings and what a
    court did, was a charge. Only the few lines on which something opens are put in order. Events of one line and one
    order are the same step: which of them comes first makes no difference.
    """
    opening = happened.filter(_says(happened, OPENS | WITHDRAWS)).select("line_no").distinct()
    telling = happened.filter(_says(happened, PROSECUTES | OPENS | WITHDRAWS | IN_COURT))
    telling = telling.semi_join(opening, "line_no")
    telling = telling.mutate(before=telling.tells.lag().over(ibis.window(group_by="line_no", order_by="order")))
    follows_charge = ((telling.before & PROSECUTES) != 0).fill_null(False)
    opens = _says(telling, OPENS) | (_says(telling, WITHDRAWS) & follows_charge)
    return telling.filter(opens).group_by("line_no").agg(opened=lambda table: table.order.max())


def _judge(facts: ir.Table, keep: Sequence[str], window_days: int) -> ir.Table:
    """Every standing's own predicate, how many hold, and the line's place as one number; beside columns to ``keep``."""
    step_no = (facts.deciding & (STEPS - 1)).fill_null(0)
    facts = facts.mutate(last_sign=_last_sign_of_life(facts), step_no=step_no)
    facts = facts.left_join(_decided_by(), "step_no")
    undecided = facts.step_no == 0
    since = day_number(facts.as_at) - facts.last_sign
    unavailable = _says_unavailable(facts)
    holds = {standing.key: facts[f"{BY_DECISION}{standing.key}"].fill_null(False) for standing in _by_decision()}
    holds["live"] = undecided & (since <= window_days) & ~unavailable
    holds["unaccounted"] = undecided & ((since > window_days) | unavailable)
    rank = _sum([ibis.ifelse(holds[standing.key], standing.rank, 0) for standing in codelists.standings()])
    reason = ibis.ifelse(holds["unaccounted"], _reason_number(facts, unavailable), NO_REASON)
    return facts.select(
        *keep,
        **{f"is_{key}": holds[key] for key in codelists.standing_keys()},
        holding=_sum([ibis.ifelse(predicate, 1, 0) for predicate in holds.values()]),
        place=(rank.cast("int64") * (NO_REASON + 1) + reason) * STEPS + facts.step_no,
    )


def _by_decision() -> list[codelists.Standing]:
    """The standings in which a decision puts a line."""
    return [standing for standing in codelists.standings() if standing.rank not in BY_SILENCE]


def _decided_by() -> ir.Table:
    """Step number to what the step decides: ``step_no``, and a boolean for each standing that a decision leads to.

    Each of them is looked up by itself: a step that led to two standings, or a decision that led to none, would show.
    """
    ranks: dict[int, set[int]] = {}
    for step in steps():
        ranks.setdefault(step.step_no, set()).add(step.rank)
    rows = [
        {"step_no": number, **{f"{BY_DECISION}{standing.key}": standing.rank in found for standing in _by_decision()}}
        for number, found in ranks.items()
    ]
    return table_of(rows)


def _last_sign_of_life(facts: ir.Table) -> ir.IntegerValue:
    """The day of the last activity, receipt and a transfer under way among them."""
    received = day_number(facts.received_date)
    later = [ibis.coalesce(_day_of(order), received) for order in (facts.last_activity, facts.waits_since)]
    return ibis.greatest(received, *later)


def _says_unavailable(facts: ir.Table) -> ir.BooleanValue:
    """Whether the source's last word is that the status is unavailable: nobody can then call the line live."""
    return (_day_of(facts.said_unavailable) >= facts.last_sign).fill_null(False)


def _sum(terms: list[ir.IntegerValue]) -> ir.IntegerValue:
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total


def _reason_number(facts: ir.Table, unavailable: ir.BooleanValue) -> ir.IntegerValue:
    """Why a line is unaccounted: the place in ``reasons.csv`` of the first reason that fits."""
    acted_on = ((facts.told & ACTION) != 0).fill_null(False)
    fits = {
        "status_unavailable": unavailable,
        "no_activity_carried": ~facts.carries_activity,
        "closed_without_outcome": facts.closed.fill_null(False),
        "transfer_not_acknowledged": facts.waits_since.notnull(),
        "vanished": facts.vanished,
        "never_acted_on": ~acted_on,
        "silent": acted_on,
    }
    return ibis.cases(*[(fits[key], place) for place, (key, _) in enumerate(codelists.reasons())], else_=NO_REASON)


def _reason_named(number: ir.IntegerValue) -> ir.StringValue:
    named = [(place, key) for place, (key, _) in enumerate(codelists.reasons())]
    return number.cases(*named, else_=ibis.null("string"))


def balance(misplaced: int) -> None:
    """Raise DoesNotBalance when any report stands in no place, or in more than one."""
    if misplaced:
        raise DoesNotBalance(
            f"{misplaced:,} reports stand in no place or in more than one. This is a fault in "
            "onrecord: no ledger was made. Please report it with the version you use."
        )

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

import ibis
import ibis.expr.types as ir

from onrecord.engine import table_of
from onrecord.errors import DoesNotBalance
from onrecord.pathways.history import DAY_BITS, OF_A_REPORT, STEP_BITS, History, date_of, day_number, day_of, step_of
from onrecord.pathways.lines import events_on_lines, key_of, lines
from onrecord.pathways.steps import (
    ACKNOWLEDGES,
    ACTION,
    ACTIVITY,
    CLOSES,
    DECIDES,
    IN_COURT,
    INSIDE,
    OPENS,
    PROSECUTES,
    UNAVAILABLE,
    WITHDRAWS,
    details,
    steps,
)
from onrecord.standard import codelists

DIVERTED = codelists.rank_of("diverted")
LIVE, UNACCOUNTED = BY_SILENCE = (codelists.rank_of("live"), codelists.rank_of("unaccounted"))
BEFORE_ALL_OTHERS = 2**50
REASON_BITS = 8
NO_REASON = 2**REASON_BITS - 1
# What turns on what came before, and few lines have.
SELDOM = OPENS | WITHDRAWS | UNAVAILABLE | CLOSES | INSIDE
PLACE = ("report_no", "place", "misplaced", "open_lines")
LOOKED_AT = ("agency_id", "received_date", "as_at")


def report_standings(history: History, window_days: int) -> ir.Table:
    """Each report at the lowest rank among its lines.

    Args:
        history: the standard tables; ``report.as_at`` says at which day each report is judged. Reports
            received after it, and reports that repeat another, are left out.
        window_days: days without activity after which an open line is no longer live.

    Returns:
        The columns of ``History.judged``, ``report_no`` (a number of its own, to join by), ``is_<standing>``
        booleans, ``detail`` (of the decision), ``reason`` (for *unaccounted*), ``has_open_lines`` (for ranks 1 to 3: a
        line is still live or unaccounted) and ``misplaced`` (on some line no predicate holds, or more than one).
    """
    return told_apart(report_places(history, window_days))


def kept_places(history: History, window_days: int) -> ir.Table:
    """As :func:`report_places`, for who looks at it several times: made once, with agency, days and place alone."""
    return report_places(history, window_days).select(*LOOKED_AT, *PLACE).cache()


def report_places(history: History, window_days: int) -> ir.Table:
    """The reports that are judged, and the least place among their lines, as one number.

    Args:
        history: the standard tables, as for :func:`report_standings`.
        window_days: days without activity after which an open line is no longer live.

    Returns:
        The columns of ``History.judged`` and those of ``PLACE``, which :func:`told_apart` reads.
    """
    judged = line_standings(lines(history), history, window_days)
    told = judged.mutate(misplaced=judged.holding != 1)
    report = history.judged
    if history.has_one_line_each:
        return told.select(*dict.fromkeys((*report.columns, *PLACE)))
    lowest = told.group_by("report_no").agg(
        place=told.place.min(), misplaced=told.misplaced.any(), open_lines=told.open_lines.any()
    )
    return report.inner_join(lowest, "report_no")


def told_apart(found: ir.Table) -> ir.Table:
    """What the least place among some lines says, in columns.

    Args:
        found: with ``place`` (the least of the lines'), ``misplaced`` and ``open_lines`` (on any of them).

    Returns:
        The other columns, and ``is_<standing>``, ``has_open_lines``, ``reason`` and ``detail``.
    """
    rank = rank_in(found.place)
    found = found.mutate(
        **{f"is_{standing.key}": rank == standing.rank for standing in codelists.standings()},
        reason=_reason_in(found.place),
        has_open_lines=(rank <= DIVERTED) & found.open_lines,
        step_no=step_of(found.place),
    )
    found = found.left_join(details(), "step_no")
    return found.drop("place", "open_lines", "step_no", "step_no_right", "decided_rank")


def rank_in(place: ir.IntegerValue) -> ir.IntegerValue:
    """The rank of the standing that a place says."""
    return place >> (REASON_BITS + STEP_BITS)


def unaccounted_reports(history: History, window_days: int) -> ir.Table:
    """The reports of which a line is unaccounted, also those that formal action on another line stands before.

    Args:
        history: the standard tables, as for :func:`report_standings`.
        window_days: days without activity after which an open line is no longer live.

    Returns:
        The columns of ``OF_A_REPORT``, ``reason``: the first that fits, of the lines that are unaccounted; and
        ``since``: the day of the last sign of life on the line of that reason, and of several on that which waits
        longest. What was done since on another line of the report does not help this one.
    """
    judged = line_standings(lines(history), history, window_days)
    waits = judged.filter(judged.is_unaccounted)
    first = waits.group_by("report_no").agg(found=((waits.place << DAY_BITS) | waits.last_sign).min())
    found = history.judged.inner_join(first, "report_no")
    since = date_of(found.found & (2**DAY_BITS - 1))
    return found.select(*OF_A_REPORT, reason=_reason_in(found.found >> DAY_BITS), since=since)


def line_standings(line: ir.Table, history: History, window_days: int) -> ir.Table:
    """Where each line stands, by every standing's own predicate.

    Args:
        line: the lines of the reports judged (:func:`onrecord.pathways.lines.lines`).
        history: the standard tables.
        window_days: days without activity after which an open line is no longer live.

    Returns:
        The lines with ``holding`` (how many predicates hold), ``open_lines`` (whether one of those of an open line
        does), ``is_unaccounted``, ``last_sign`` (the day number of the last sign of life) and ``place``, a number whose
        least value over a report's lines says where the report stands.
    """
    key = key_of(history)
    happened = events_on_lines(line, history)
    seldom = happened.filter(_says(happened, SELDOM)).select(key).distinct()
    few = happened.semi_join(seldom, key)
    facts = ibis.union(_facts(happened, key), _seldom_facts(few, _acknowledged(happened), key))
    return _judge(line.left_join(facts, key), line.columns, window_days)


def _says(event: ir.Table, bits: int) -> ir.BooleanValue:
    """Whether a step tells any of these."""
    return (event.tells & bits) != 0


def _acknowledged(happened: ir.Table) -> ir.Table:
    """The last day on which a report's transfer was acknowledged, on any of its lines: ``acknowledged_on``."""
    known = happened.filter(_says(happened, ACKNOWLEDGES))
    return known.group_by("report_no").agg(acknowledged_on=day_of(known.order.max()))


def _facts(happened: ir.Table, key: str) -> ir.Table:
    """One row a line on which nothing but what is often told fell, with all that its standing depends on."""
    facts = happened.group_by(key).agg(**_often(happened, _says(happened, DECIDES)))
    facts = facts.filter((facts.told & SELDOM) == 0)
    nothing = {"said_unavailable": ibis.null("int64"), "waits_since": ibis.null("int64"), "closed": ibis.literal(False)}
    return facts.mutate(**nothing)


def _often(event: ir.Table, decides: ir.BooleanValue) -> dict[str, ir.IntegerScalar]:
    # A prosecution stands before any other decision, whichever came last.
    weight = ibis.ifelse(_says(event, PROSECUTES), event.order + BEFORE_ALL_OTHERS, event.order)
    return {
        "deciding": weight.max(where=decides),
        "last_activity": event.order.max(where=_says(event, ACTIVITY)),
        "told": event.tells.bit_or(),
    }


def _seldom_facts(happened: ir.Table, acknowledged: ir.Table, key: str) -> ir.Table:
    """The same of the few lines on which something fell that is seldom told, and that turns on what came before it."""
    seen = happened.left_join(_last_opening(happened, key), key).drop(f"{key}_right")
    seen = seen.left_join(acknowledged, "report_no").drop("report_no_right")
    since_opened = seen.order > seen.opened.fill_null(-1)
    # A transfer to a body inside the coverage that has not acknowledged it since waits, and decides nothing.
    late = seen.acknowledged_on.isnull() | (seen.acknowledged_on < day_of(seen.order))
    waits = _says(seen, INSIDE) & late
    return seen.group_by(key).agg(
        **_often(seen, _says(seen, DECIDES) & since_opened & ~waits),
        said_unavailable=seen.order.max(where=_says(seen, UNAVAILABLE)),
        waits_since=seen.order.max(where=waits),
        closed=(_says(seen, CLOSES) & since_opened).any(),
    )


def _last_opening(happened: ir.Table, key: str) -> ir.Table:
    """The order of the last event that opened each line again.

    A withdrawn charge opens a line only when the last thing before it, among charges, openings and what a
    court did, was a charge. Only the few lines on which something opens are put in order. Events of one line and one
    order are the same step: which of them comes first makes no difference.
    """
    opening = happened.filter(_says(happened, OPENS | WITHDRAWS)).select(key).distinct()
    telling = happened.filter(_says(happened, PROSECUTES | OPENS | WITHDRAWS | IN_COURT))
    telling = telling.semi_join(opening, key)
    telling = telling.mutate(before=telling.tells.lag().over(ibis.window(group_by=key, order_by="order")))
    follows_charge = ((telling.before & PROSECUTES) != 0).fill_null(False)
    opens = _says(telling, OPENS) | (_says(telling, WITHDRAWS) & follows_charge)
    return telling.filter(opens).group_by(key).agg(opened=lambda table: table.order.max())


def _judge(facts: ir.Table, keep: Sequence[str], window_days: int) -> ir.Table:
    """Where each line stands: how many predicates hold, and the place as one number; beside columns to ``keep``."""
    last_sign = _last_sign_of_life(facts)
    facts = facts.mutate(
        step_no=step_of(facts.deciding).fill_null(0),
        last_sign=last_sign,
        # The source's last word is that the status is unavailable: nobody can then call the line live.
        unavailable=(day_of(facts.said_unavailable) >= last_sign).fill_null(False),
    )
    facts = facts.left_join(_decided_by(), "step_no")
    undecided, unavailable = facts.step_no == 0, facts.unavailable
    since = day_number(facts.as_at) - facts.last_sign
    live = undecided & (since <= window_days) & ~unavailable
    unaccounted = undecided & ((since > window_days) | unavailable)
    rank = facts.decided_ranks.fill_null(0) + _by_silence(live, LIVE) + _by_silence(unaccounted, UNACCOUNTED)
    holding = facts.decided.fill_null(0) + live.cast("int8") + unaccounted.cast("int8")
    reason = ibis.ifelse(unaccounted, _reason_number(facts, unavailable), NO_REASON)
    return facts.select(
        *keep,
        is_unaccounted=unaccounted,
        last_sign=facts.last_sign,
        open_lines=live | unaccounted,
        holding=holding,
        place=(((rank << REASON_BITS) | reason) << STEP_BITS) | facts.step_no,
    )


def _by_silence(holds: ir.BooleanValue, rank: int) -> ir.IntegerValue:
    return ibis.ifelse(holds, rank, 0)


def _decided_by() -> ir.Table:
    """Step number to what the step decides: ``decided``, to how many standings it leads, and their ranks in one sum.

    Each standing is asked for by itself: a step that led to two, or a decision that led to none, would show.
    """
    by_decision = [standing.rank for standing in codelists.standings() if standing.rank not in BY_SILENCE]
    ranks: dict[int, set[int]] = {}
    for step in steps():
        ranks.setdefault(step.step_no, set()).add(step.rank)
    rows = []
    for number, found in ranks.items():
        leads_to = [rank for rank in by_decision if rank in found]
        rows.append({"step_no": number, "decided": len(leads_to), "decided_ranks": sum(leads_to)})
    return table_of(rows)


def _last_sign_of_life(facts: ir.Table) -> ir.IntegerValue:
    """The day of the last activity, receipt and a transfer under way among them."""
    received = day_number(facts.received_date)
    later = [ibis.coalesce(day_of(order), received) for order in (facts.last_activity, facts.waits_since)]
    return ibis.greatest(received, *later)


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


def _reason_in(place: ir.IntegerValue) -> ir.StringValue:
    """The reason that a place says; null where it says none."""
    number = (place >> STEP_BITS) & NO_REASON
    named = [(place, key) for place, (key, _) in enumerate(codelists.reasons())]
    return number.cases(*named, else_=ibis.null("string"))


def balance(misplaced: int) -> None:
    """Raise DoesNotBalance when any report stands in no place, or in more than one."""
    if misplaced:
        raise DoesNotBalance(
            f"{misplaced:,} reports stand in no place or in more than one. This is a fault in "
            "onrecord: no ledger was made. Please report it with the version you use."
        )

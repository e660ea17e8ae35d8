"""Where children and suspects stand: each at the lowest rank over her or his lines, once in an area and period.

A person of two areas stands once in each, and once in the nation: no level is the sum of another, each is made anew
from the lines. A child stands in both strands. A suspect stands in the justice strand alone: what is done for the child
is no standing of his.

A person goes by ``person_id``, and ``sender`` where the involvement has it. Who has linked the records of several
senders puts the entity there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import ibis
import ibis.expr.types as ir

from onrecord.pathways import safeguarding, standings
from onrecord.pathways.lines import SUSPECT
from onrecord.pathways.safeguarding import CHILD, Help
from onrecord.pathways.standings import History
from onrecord.standard import codelists

PERSON = ("sender", "person_id")


def children_in_justice(history: History, window_days: int, within: Sequence[str]) -> ir.Table:
    """Where each child stands in the justice strand.

    A line is hers when its crime names her (``child_id``), or names no child, or there is no crime, and she is a child
    of the report.

    Args:
        history: the standard tables; only reports of the period that is asked for, with the columns of ``within``.
        window_days: days without activity after which an open line is no longer live.
        within: the columns of ``report`` that say the area: a child stands once for each of their values; none of
            them for one standing over all.

    Returns:
        One row a child and area: the columns of ``within``, the person's, ``is_<standing>`` booleans, ``reason`` and
        ``misplaced`` (on some line no predicate holds, or more than one).
    """
    line = standings.placed_lines(history, window_days).drop("person_id")
    who = _who(history.involvement, CHILD)
    if who is None:
        return _nobody(within)
    if history.crime is not None and "child_id" in history.crime.columns:
        whose = history.crime.select("report_id", "crime_id", "child_id").distinct()
        line = line.left_join(whose, ["report_id", "crime_id"]).drop("report_id_right", "crime_id_right")
        about = line.inner_join(who, "report_id")
        # A crime may name a child who is none of the report's children: it is then all of theirs.
        named = who.select("report_id", child_id=who.person_id, is_known=who.person_id.notnull()).distinct()
        about = about.left_join(named, ["report_id", "child_id"]).drop("report_id_right", "child_id_right")
        hers = ~about.is_known.fill_null(False) | (about.child_id == about.person_id).fill_null(False)
        about = about.filter(hers)
    else:
        about = line.inner_join(who, "report_id")
    return _once(about, history.report, within, standings.with_standing)


def suspects(history: History, window_days: int, within: Sequence[str]) -> ir.Table:
    """Where each suspect stands in the justice strand; as :func:`children_in_justice`, by the lines that name him.

    Reports with no suspect identified have nobody here: see :func:`without_suspect`.
    """
    who = _who(history.involvement, SUSPECT)
    if who is None:
        return _nobody(within)
    line = standings.placed_lines(history, window_days)
    return _once(line.inner_join(who, ["report_id", "person_id"]), history.report, within, standings.with_standing)


def children_in_safeguarding(known: Help, window_days: int, within: Sequence[str]) -> ir.Table:
    """Where each child stands in the safeguarding strand; as :func:`children_in_justice`, by her lines there."""
    who = _who(known.involvement, CHILD)
    if who is None:
        return _nobody(within, safeguarding.standing_keys())
    line = safeguarding.child_lines(known, window_days)
    return _once(line.inner_join(who, ["report_id", "person_id"]), known.report, within, safeguarding.with_standing)


def without_suspect(history: History) -> ir.Table:
    """The reports in which no suspect is identified: counted beside the suspects, and never among them.

    Returns:
        The rows of ``report`` that were received by their as-at, repeat no other and have no suspect.
    """
    report = history.report
    report = report.filter(report.received_date <= report.as_at, report.duplicate_of.isnull())
    who = _who(history.involvement, SUSPECT)
    return report if who is None else report.anti_join(who, "report_id")


def without_child(history: History | Help) -> ir.Table:
    """The reports that name no child: counted beside the children, as :func:`without_suspect`."""
    report = history.report
    report = report.filter(report.received_date <= report.as_at, report.duplicate_of.isnull())
    who = _who(history.involvement, CHILD)
    return report if who is None else report.anti_join(who, "report_id")


def _who(involvement: ir.Table | None, role: str) -> ir.Table | None:
    """Each person of a role in each report, once."""
    if involvement is None:
        return None
    person = [name for name in PERSON if name in involvement.columns]
    return involvement.filter(involvement.role == role).select("report_id", *person).distinct()


def _once(
    line: ir.Table, report: ir.Table, within: Sequence[str], with_standing: Callable[[ir.Table], ir.Table]
) -> ir.Table:
    """One row a person and area, at the lowest rank among the lines."""
    if within:
        line = line.inner_join(report.select("report_id", *within), "report_id")
    person = [name for name in PERSON if name in line.columns]
    lowest = line.group_by([*within, *person]).agg(place=line.place.min(), misplaced=(line.holding != 1).any())
    return with_standing(lowest).drop("place")


def _nobody(within: Sequence[str], keys: Sequence[str] | None = None) -> ir.Table:
    """The same columns without a row: the source names nobody."""
    named = dict.fromkeys((*within, "person_id"), "string") | {"misplaced": "boolean"}
    named |= {f"is_{key}": "boolean" for key in keys or codelists.standing_keys()}
    return ibis.memtable([], schema={**named, "reason": "string"})

"""Which reports are followed: each as its latest return has it, the vanished ones marked, and those asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import ibis.expr.types as ir

from onrecord.engine import table_of
from onrecord.standard.periods import Period


@dataclass(frozen=True)
class Sent:
    """What a return speaks of, so that it is known what it no longer holds.

    Attributes:
        number: the return's number; a later return has a higher one.
        hand: who sent it, and in which layout.
        period: the period it was sent for.
        agencies: the ids of the agencies it speaks of.
    """

    number: int
    hand: tuple[str, str]
    period: Period
    agencies: Sequence[str]


def latest_of(rows: dict[str, ir.Table], several: bool) -> dict[str, ir.Table]:
    """Each report, with all that belongs to it, as the latest return that holds it has it."""
    if not several:
        return rows
    report = rows["report"]
    last = report.group_by("report_id").agg(return_no=report.return_no.max())
    return {name: table.semi_join(last, ["report_id", "return_no"]) for name, table in rows.items()}


def latest_by(rows: ir.Table, key: Sequence[str]) -> ir.Table:
    """Each row of a record that belongs to no one report as the latest return that holds its key has it.

    Args:
        rows: with ``return_no`` and the columns of the key.
        key: what names a row, the sender among it: one sender's names are not another's.
    """
    last = rows.group_by(list(key)).agg(return_no=rows.return_no.max())
    return rows.semi_join(last, [*key, "return_no"])


def with_vanished(report: ir.Table, returns: Sequence[Sent]) -> ir.Table:
    """A report has vanished when a later return of its sender speaks of its agency and day, and no longer holds it.

    Each report stands here as its latest return has it, so that any later return of that period lacks it.

    Args:
        report: the reports, with ``return_no``.
        returns: the returns.
    """
    later = [
        {
            "return_no": earlier.number,
            "agency_id": agency_id,
            "first_day": sent.period.first_day,
            "last_day": sent.period.last_day,
        }
        for earlier in returns
        for sent in returns
        if sent.number > earlier.number and sent.hand == earlier.hand
        for agency_id in sent.agencies
    ]
    if not later:
        return report
    spoken_of = report.inner_join(table_of(later), ["return_no", "agency_id"])
    gone = spoken_of.filter(spoken_of.received_date.between(spoken_of.first_day, spoken_of.last_day))
    gone = gone.select(gone_id=gone.report_id).distinct()
    joined = report.left_join(gone, report.report_id == gone.gone_id)
    return joined.mutate(vanished=joined.vanished | joined.gone_id.notnull()).drop("gone_id")


def asked_for(report: ir.Table, period: Period | None, offence: str | None) -> ir.Table:
    """The reports received in a period, of one published category of offence; None asks for any."""
    if period is not None:
        report = report.filter(report.received_date.between(period.first_day, period.last_day))
    if offence is not None:
        report = report.filter(report.offence.lower() == offence.lower())
    return report

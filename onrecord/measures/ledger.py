"""The ledger: how many reports stand where, at a date. Every report stands in exactly one place.

received = prosecuted + out of court + diverted + live + unaccounted + transferred + no further action
+ not a crime. Each column is a count of its own predicate; the identity is checked, never made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import ibis.expr.types as ir

from onrecord.figures import Figures
from onrecord.measures.cuts import WHOLE_NATION, Cut
from onrecord.pathways.standings import balance, told_apart
from onrecord.pathways.transfers import CAME_ON, FIRST, LEADS_ON, SENT_HERE
from onrecord.standard import codelists
from onrecord.standard.periods import Period

MEMO = ("duplicates", "transferred_in", "matched_transfers", "still_open", "arrest_for_another_offence")
MEMO_OF_PEOPLE = ("reports_naming_none", "still_open", "arrest_for_another_offence", "records")
REASON_PREFIX = "because_"
OTHER_ARREST = "cleared by arrest for another offence"


def ledger(
    places: ir.Table,
    duplicate: ir.Table,
    agencies: Sequence[Mapping[str, Any]],
    by: str,
    known_at: str,
    unit: str,
    period: Period | None = None,
) -> Figures:
    """Count the reports by standing.

    Args:
        places: one row a report with agency_id, received_date, ``place``, ``misplaced`` and ``open_lines``
            (``standings.report_places``); and what ``with_transfers`` says of it, if anything.
        duplicate: the reports that repeat another, with agency_id and received_date.
        agencies: agency_id, agency, area_code, area, nation, level, as_at, months and declared of each agency; those
            that are absent among them are named in the coverage.
        by: nation, area, agency or month (a key of ``BY``).
        known_at: the moment whose knowledge this is.
        unit: what a row of ``places`` is.
        period: the period of receipt that was asked for, if one was.

    Returns:
        Figures with keys (those of ``by``, then level, period, as_at, coverage), total ``received``, the
        standings as parts, and as memo: duplicates, transferred_in (sent on by another agency; in the figure of a
        nation: from outside it), matched_transfers (sent on within the nation: its figure counts the end alone, by the
        day of first receipt, so that nation = sum of areas - matched), still_open (formal action taken, and a line
        still open), arrests for another offence, and one ``because_<reason>`` for each reason of *unaccounted*. An
        agency whose sender says that there was nothing has its row: received 0.

    Raises:
        DoesNotBalance: a report stands in no place or in more than one.
    """
    cut = Cut(by, agencies, known_at, unit, period)
    # Looked at twice where there are transfers: made once.
    places = places.cache() if LEADS_ON in places.columns else places
    laid, repeated = cut.laid(_by_first_receipt(places, cut)), cut.laid(duplicate)
    standing = _alike(laid, cut)
    counts = cut.counted(standing, _counts(standing))
    repeats = cut.counted(repeated, {"duplicates": repeated.count()})
    came = _transfers(places, cut) if LEADS_ON in places.columns else []
    balance(sum(row["misplaced"] for row in counts))
    memo = [*MEMO, *_because()]
    none = dict.fromkeys(("received", *codelists.standing_keys(), *memo), 0)
    rows = cut.with_zeros(cut.beside(counts, repeats, came), none)
    about = cut.about("ledger", "cohort", sum(row["received"] + row["duplicates"] for row in rows))
    return cut.figures(about, rows, "received", codelists.standing_keys(), memo)


def ledger_of_people(places: ir.Table, naming_none: ir.Table, cut: Cut) -> Figures:
    """Count the children, or the suspects, by standing: each once, at the lowest rank over the lines that are theirs.

    Args:
        places: one row for each person and report, from ``places_of_people``, with agency_id and received_date.
        naming_none: the reports that name no such person, with agency_id and received_date.
        cut: what the figures are about, and the unit. Each cut is made anew: people do not add.

    Returns:
        Figures as those of :func:`ledger`; the memo has the reports that name none, and the rows behind.

    Raises:
        DoesNotBalance: somebody stands in no place or in more than one.
    """
    laid, without = cut.laid(places), cut.laid(naming_none)
    standing = _alike(each_once(laid, cut), cut)
    counts = cut.counted(standing, {**_counts(standing), "records": standing.records.sum()})
    beside = cut.counted(without, {"reports_naming_none": without.count()})
    balance(sum(row.get("misplaced", 0) for row in counts))
    memo = [*MEMO_OF_PEOPLE, *_because()]
    none = dict.fromkeys(("received", *codelists.standing_keys(), *memo), 0)
    rows = cut.with_zeros(cut.beside(counts, beside), none)
    about = cut.about("ledger", "cohort", sum(row["records"] for row in rows))
    return cut.figures(about, rows, "received", codelists.standing_keys(), memo)


def each_once(laid: ir.Table, cut: Cut) -> ir.Table:
    """Laid rows of people and reports as one row for each person and place of the cut, at the least ``place``.

    Returns:
        What the cut groups by, ``subject``, ``place``, ``misplaced``, ``open_lines`` and ``records``, the rows behind.
    """
    return laid.group_by([*cut.grouped_by, "subject"]).agg(
        place=laid.place.min(),
        misplaced=laid.misplaced.any(),
        open_lines=laid.open_lines.any(),
        records=laid.count(),
    )


def _alike(laid: ir.Table, cut: Cut) -> ir.Table:
    """Laid rows, those of one place and one standing put together: ``alike`` says how many, before they are told apart.

    Millions of reports stand in a few hundred places, and to tell a few hundred apart costs nothing.
    """
    records = laid.records.sum() if "records" in laid.columns else laid.count()
    alike = laid.group_by([*cut.grouped_by, "place", "misplaced", "open_lines"]).agg(
        alike=laid.count(), records=records
    )
    return told_apart(alike)


def _because() -> list[str]:
    return [f"{REASON_PREFIX}{key}" for key, _ in codelists.reasons()]


def _in_period(rows: ir.Table, period: Period | None) -> ir.Table:
    return rows if period is None else rows.filter(rows.received_date.between(period.first_day, period.last_day))


def _by_first_receipt(places: ir.Table, cut: Cut) -> ir.Table:
    """The reports of the period; where transfers are followed, their ends alone, by the day of first receipt."""
    if cut.by in WHOLE_NATION and LEADS_ON in places.columns:
        ends = places.filter(~places[LEADS_ON])
        places = ends.mutate(received_date=ends[FIRST])
    return _in_period(places, cut.period)


def _transfers(places: ir.Table, cut: Cut) -> list[dict[str, Any]]:
    """How many reports of the period came from another agency, by their own day of receipt."""
    laid = cut.laid(_in_period(places, cut.period))
    matched = laid[CAME_ON] & (cut.by in WHOLE_NATION)
    counts = {"matched_transfers": matched.sum(), "transferred_in": (laid[SENT_HERE] & ~matched).sum()}
    return cut.counted(laid, counts)


def _counts(standing: ir.Table) -> dict[str, ir.IntegerScalar]:
    holds = {"misplaced": standing.misplaced}
    holds |= {key: standing[f"is_{key}"] for key in codelists.standing_keys()}
    holds["still_open"] = standing.has_open_lines
    holds["arrest_for_another_offence"] = (standing.detail == OTHER_ARREST).fill_null(False)
    for key, _ in codelists.reasons():
        holds[f"{REASON_PREFIX}{key}"] = standing.is_unaccounted & (standing.reason == key).fill_null(False)
    counts = {key: standing.alike.sum(where=condition).fill_null(0) for key, condition in holds.items()}
    return {"received": standing.alike.sum(), **counts}

"""Attrition: how many of those received had reached each stage by a day. No stage holds more than the one before.

What counts as a stage's own record is data: ``standard/measures/attrition.yaml``.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce

import ibis
import ibis.expr.types as ir

from onrecord.figures import Figures
from onrecord.measures.cuts import Cut
from onrecord.pathways.history import History
from onrecord.pathways.marks import marked
from onrecord.pathways.subjects import NUMBER, PEOPLE, crimes_of, events_of, named_people, subjects
from onrecord.standard.measures import measure_named

NAME = "attrition"
# Each stage after receipt, and the column that says how many record that very stage.
STAGES = {
    "recorded_as_crime": "with_crime",
    "suspect_identified": "with_suspect",
    "arrested": "with_arrest",
    "charged": "with_charge",
    "convicted": "with_conviction",
}
BY_EVENTS = ("suspect_identified", "arrested", "charged", "convicted")
RECORDS = "records"


def attrition(history: History, cut: Cut) -> Figures:
    """Count those received by the furthest stage that is recorded of them.

    Args:
        history: the standard tables; ``report`` with ``as_at`` and, where children are counted, ``sender``.
        cut: what the figures are about, and the unit.

    Returns:
        Figures with total ``received``, the stages as nested parts, and as memo how many record each stage itself,
        and the number of reports behind.
    """
    reached = stages_reached(history, cut.unit)
    laid = cut.laid(reached)
    if cut.unit in PEOPLE:
        flags = {name: laid[name].any() for name in STAGES.values()}
        laid = laid.group_by([*cut.grouped_by, "subject"]).agg(**{RECORDS: laid.count()}, **flags)
    else:
        laid = laid.mutate(**{RECORDS: ibis.literal(1)})
    memo = (*STAGES.values(), RECORDS)
    rows = cut.with_zeros(cut.counted(laid, _counts(laid)), dict.fromkeys(("received", *STAGES, *memo), 0))
    about = cut.about(NAME, "cohort", sum(row[RECORDS] for row in rows), measure_named(NAME).caveats)
    return cut.figures(about, rows, "received", tuple(STAGES), memo, identity="nested")


def stages_reached(history: History, unit: str) -> ir.Table:
    """Each subject of each report, with a boolean for every stage that is recorded of it."""
    subject = subjects(history, unit)
    crime = crimes_of(subject, history.crime, unit)
    known = crime.filter(crime.recorded_date.isnull() | (crime.recorded_date <= crime.as_at))
    crimes = known.select(NUMBER, with_crime=ibis.literal(True)).distinct()
    settings = measure_named(NAME).settings
    event = marked(events_of(subject, history, unit), {STAGES[stage]: settings[stage] for stage in BY_EVENTS})
    own = {STAGES[stage]: event[STAGES[stage]].any() for stage in BY_EVENTS}
    seen = event.group_by(NUMBER).agg(**own, names_suspect=event.names.notnull().any())
    suspects = named_people(history, "suspect").select(report_id="of_report", has_suspect=ibis.literal(True)).distinct()
    rows = subject.left_join(crimes, NUMBER).drop("subject_no_right")
    rows = rows.left_join(seen, NUMBER).drop("subject_no_right")
    rows = rows.left_join(suspects, "report_id").drop("report_id_right")
    found = {name: rows[name].fill_null(False) for name in STAGES.values()}
    found["with_suspect"] |= rows.names_suspect.fill_null(False) | rows.has_suspect.fill_null(False)
    return rows.select("agency_id", "received_date", "report_id", "subject", **found)


def _counts(laid: ir.Table) -> Mapping[str, ir.IntegerScalar]:
    own = list(STAGES.values())
    furthest = {
        stage: reduce(lambda one, other: one | other, [laid[name] for name in own[place:]]).sum()
        for place, stage in enumerate(STAGES)
    }
    recorded = {name: laid[name].sum() for name in own}
    return {"received": laid.count(), **furthest, **recorded, RECORDS: laid[RECORDS].sum()}

"""The truth as tables: what is known of each report beside what its agency sent."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from onrecord.synthetic.columns import always, dates, nothing, numbered, table, truths, wholes, words
from onrecord.synthetic.courses import COURSES
from onrecord.synthetic.draws import FORCE, NEVER
from onrecord.synthetic.known import KEYS, REASONS, Truth
from onrecord.synthetic.police import Force
from onrecord.synthetic.received import sent_on
from onrecord.synthetic.scenario import agency_name, neighbour

DUPLICATE = "duplicate"
STANDINGS = (DUPLICATE, *(KEYS[rank] for rank in sorted(KEYS)))


def force_truth(force: Force, what: Truth) -> dict[str, pa.Table]:
    """The tables of truth of one force: ``reports``, ``transfers_sent`` and ``transfers_received``."""
    return {
        "reports": _reports(force, what),
        "transfers_sent": _sent(force),
        "transfers_received": _taken_in(force),
    }


def _reports(force: Force, what: Truth) -> pa.Table:
    told, taken, last_day = force.told, force.taken, force.last_day
    count, counts = len(told), told.repeats < 0
    acted = what.first_action <= last_day
    decided = what.decided <= last_day
    child = told.child[:count]
    return table(
        {
            "report_id": force.reports(np.arange(count)),
            "agency_id": always(force.name, count),
            "received_date": dates(told.day),
            "course": words(COURSES, taken.course),
            "standing": words(STANDINGS, what.rank),
            "reason": words((*REASONS, ""), np.where(what.reason < len(REASONS), what.reason, -1)),
            "still_open": truths(what.still_open, counts),
            "lines": wholes(np.bincount(taken.lines.report, minlength=count), counts),
            "acted_on": truths(acted, counts),
            "days_to_first_action": wholes(what.first_action - told.day, acted),
            "days_to_first_decision": wholes(what.decided - told.day, decided),
            "last_sign_of_life": dates(what.last_sign, counts),
            "lines_opened_again": wholes(what.opened, counts),
            "duplicate_of": force.reports(told.repeats, ~counts),
            "child": force.children(child),
            "reports_of_this_child": wholes(np.bincount(child, minlength=len(told.child))[child]),
            "never_believed": truths(told.never_believed[child]),
        }
    )


def _sent(force: Force) -> pa.Table:
    """What was sent on by the last day, and whether its acknowledgement had come."""
    told, taken = force.told, force.taken
    which = np.flatnonzero((told.sent_on >= 0) & (taken.ends <= force.last_day))
    acknowledged = taken.acknowledged[which]
    return table(
        {
            "transfer": numbered(f"{force.tag}T", told.sent_on[which]),
            "report_id": force.reports(which),
            "sent_from": always(force.name, len(which)),
            "sent_to": always(agency_name(FORCE, neighbour(told.force)), len(which)),
            "sent_date": dates(taken.ends[which]),
            "acknowledged": truths(acknowledged <= force.last_day),
            "acknowledged_date": dates(acknowledged, acknowledged <= force.last_day),
        }
    )


def _taken_in(force: Force) -> pa.Table:
    """What came from the neighbour: the same transfer, under this force's report."""
    told, other = force.told, neighbour(force.told.force)
    which = np.flatnonzero(told.came_from >= 0)
    _, theirs = sent_on(other, force.wanted)
    return table(
        {
            "transfer": numbered(f"MUF{other:02}-T", told.came_from[which]),
            "report_id": force.reports(which),
            "received_date": dates(told.day[which]),
            "acknowledges": truths(theirs.acknowledged[told.came_from[which]] < NEVER),
        }
    )


__all__ = ["DUPLICATE", "STANDINGS", "force_truth", "nothing"]

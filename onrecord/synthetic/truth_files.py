"""The truth as files: what is known of each report beside what its agency sent, and how it all adds up."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from onrecord import __version__
from onrecord.standard import STANDARD_VERSION
from onrecord.synthetic.columns import always, dates, numbered, table, truths, wholes, words
from onrecord.synthetic.courses import COURSES
from onrecord.synthetic.draws import FORCE, NEVER
from onrecord.synthetic.known import KEYS, REASONS, Truth
from onrecord.synthetic.police import KINDS, Force, joined, protective_actions, tag
from onrecord.synthetic.received import sent_on
from onrecord.synthetic.scenario import WantedNation, agency_name, neighbour, scenario

if TYPE_CHECKING:
    from onrecord.synthetic.nation import Made

DUPLICATE = "duplicate"
STANDINGS = (DUPLICATE, *(KEYS[rank] for rank in sorted(KEYS)))
README = "README.md"


def force_truth(force: Force, what: Truth) -> dict[str, pa.Table]:
    """The tables of truth of one force, by name: of its reports, its transfers and its protective actions."""
    return {
        "reports": _reports(force, what),
        "protective_actions": _protective(force),
        "transfers_sent": _sent(force),
        "transfers_received": _taken_in(force),
    }


def force_asked(force: Force) -> dict[str, pa.Array]:
    """Rule to the reports that it will ask about, though they are right."""
    return {"report.vanished.sent": force.reports(np.flatnonzero(force.taken.takes("no longer held")))}


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
            "reason": words(REASONS, np.where(what.reason < len(REASONS), what.reason, -1)),
            "still_open": truths(what.still_open, counts),
            "lines": wholes(np.bincount(taken.lines.report, minlength=count), counts),
            "acted_on": truths(acted, counts),
            "days_to_first_action": wholes(what.first_action - told.day, acted),
            "days_to_first_decision": wholes(what.decided - told.day, decided),
            "last_sign_of_life": dates(what.last_sign, counts),
            "waits_since": dates(what.waits_since),
            "lines_opened_again": wholes(what.opened, counts),
            "duplicate_of": force.reports(told.repeats, ~counts),
            "child": force.children(child),
            "reports_of_this_child": wholes(np.bincount(child, minlength=len(told.child))[child]),
            "never_believed": truths(told.never_believed[child]),
        }
    )


def _protective(force: Force) -> pa.Table:
    """What was done by the last day to protect children without a prosecution."""
    done = joined(protective_actions(force))
    known = (done["day"] <= force.last_day) & (force.told.repeats[done["report"]] < 0)
    return table(
        {
            "agency_id": always(force.name, int(known.sum())),
            "report_id": force.reports(done["report"][known]),
            "kind": words(KINDS, done["kind"][known]),
            "date": dates(done["day"][known]),
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
            "transfer": numbered(f"{tag(FORCE, other)}T", told.came_from[which]),
            "report_id": force.reports(which),
            "received_date": dates(told.day[which]),
            "ever_acknowledged": truths(theirs.acknowledged[told.came_from[which]] < NEVER),
        }
    )


def write_summary(folder: Path, made: Made, wanted: WantedNation, form: str) -> None:
    """Write ``truth.json``, with what was wanted and how it adds up, and a README that says what each file is."""
    summary = {
        "made_up": "Nobody in these files exists. They say nothing about any place, agency or people.",
        "onrecord_version": __version__,
        "standard_version": STANDARD_VERSION,
        "wanted": asdict(wanted),
        "as_at": wanted.period.last_day.isoformat(),
        "window_days": scenario()["window_days"],
        "returns": made.returns,
        "rows": dict(sorted(made.rows.items())),
        "ledger": made.ledgers,
        "nation": _together(made.ledgers),
        "planted_faults": dict(sorted(made.faults.items())),
        "asked_about": dict(sorted(made.asked.items())),
    }
    (folder / "truth.json").write_text(json.dumps(summary, indent=1) + "\n", encoding="utf-8")
    text = (files("onrecord.synthetic") / "truth_readme.md").read_text(encoding="utf-8")
    (folder / README).write_text(text.replace("{form}", form), encoding="utf-8")


def _together(ledgers: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    """The ledgers of all forces added up."""
    total: dict[str, int] = {}
    for ledger in ledgers.values():
        for name, count in ledger.items():
            total[name] = total.get(name, 0) + count
    return total

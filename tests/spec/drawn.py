"""Histories and answers drawn as text tables, so that a rule and its example can be read aloud.

A story is a table with a row for everything that happened, in any order::

    day        | what         | suspect
    2014-01-10 | received     |
    2014-02-03 | charged      | A

Columns that matter to no row are left out. ``report`` names the report, where there are several; ``crime``
and ``suspect`` whom an event names; ``to`` the body a report is sent to; ``recorded`` the day an event was
written down; ``repeats`` the report that a report repeats; ``at`` the agency that received a report, and ``from``
the one that sent it on. A day may be a month: ``2014-03``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from onrecord.standard import codelists
from onrecord.standard.periods import parse_period
from tests.generative.oracle import Plain, Stands

Drawn = list[dict[str, str]]

INSIDE = ["Northshire", "Southshire"]
RECEIVED, WITHOUT_ACTIVITY, VANISHED = "received", "received by a source without activity", "vanished"
OUTCOMES = {
    "charged": ("outcome", "home-office", "1"),
    "taken into consideration": ("outcome", "home-office", "4"),
    "cautioned": ("outcome", "home-office", "3"),
    "community resolution": ("outcome", "home-office", "8"),
    "diverted": ("outcome", "home-office", "22"),
    "evidence not enough": ("outcome", "home-office", "15"),
    "no suspect identified": ("outcome", "home-office", "18"),
    "responsibility transferred": ("outcome", "home-office", "20"),
    "cancelled as no crime": ("cancelled", "cancellation", "not a crime: never one"),
    "belongs to another force": ("cancelled", "cancellation", "another force"),
    "a code nobody knows": ("outcome", "home-office", "99"),
    "convicted": ("court result", "court", "convicted"),
    "acquitted": ("court result", "court", "acquitted"),
}
OF_THEIR_OWN = {
    "a receipt written as an event": "received",
    "a step nobody knows": "a step nobody knows",
}


def table(text: str) -> Drawn:
    """The rows of a table drawn with ``|`` between its columns; a line of dashes is only for the eye."""
    lines = [line.strip() for line in text.strip().splitlines() if line.strip().strip("-+| ")]
    head, *rows = [[cell.strip() for cell in line.split("|")] for line in lines]
    return [dict(zip(head, row, strict=True)) for row in rows]


def draw(rows: Drawn) -> str:
    """The rows as a table, for a test that fails."""
    head = [list(row) for row in rows[:1]]
    return "\n".join(" | ".join(cells) for cells in [*head, *(row.values() for row in rows)])


def day(text: str) -> date:
    """The day that is drawn, or the last day of the month that is."""
    return date.fromisoformat(text) if text.count("-") == 2 else parse_period(text).last_day


def history(story: str, crimes: str = "", suspects: str = "", children: str = "") -> Plain:
    """The story as the rows of the standard; every report has the crimes, suspects and children listed.

    ``A of 1, B of 2`` names whom or what only one report has; ``X to Anna`` a crime done to a child.
    """
    made: Plain = {"report": [], "crime": [], "involvement": [], "event": [], "covered": INSIDE}
    for number, row in enumerate(table(story)):
        if row["what"] in (RECEIVED, WITHOUT_ACTIVITY):
            made["report"].append(_report(row))
        elif row["what"] != VANISHED:
            made["event"].append(_event(row, number))
    gone = [_name(row) for row in table(story) if row["what"] == VANISHED]
    for report in made["report"]:
        report["vanished"] = report["report_id"] in gone
        about = {"report_id": report["report_id"]}
        made["crime"] += [about | _crime(crime) for crime in _listed(crimes, report)]
        for role, names in (("suspect", suspects), ("child", children)):
            made["involvement"] += [about | {"person_id": name, "role": role} for name in _listed(names, report)]
    return made


def beside_reports(people: str, named: str, assessments: str = "") -> dict[str, list[dict[str, Any]]]:
    """Drawn people, drawn operations with the reports they took in, and drawn assessments, as rows of their records."""
    persons = table(people) if people.strip() else []
    drawn = table(named) if named.strip() else []
    return {
        "assessment": [_assessment(row, number) for number, row in enumerate(table(assessments))]
        if assessments
        else [],
        "person": [_person(row) for row in persons],
        "operation": [_operation(row) for row in drawn],
        "operation_report": [
            {"operation_id": row["operation"], "report_id": report.strip()}
            for row in drawn
            for report in row["took in"].split(",")
            if report.strip()
        ],
    }


def _person(row: dict[str, str]) -> dict[str, Any]:
    given: dict[str, Any] = {name: value or None for name, value in row.items()}
    return given | {"age": int(row["age"]) if row.get("age") else None}


def _assessment(row: dict[str, str], number: int) -> dict[str, Any]:
    """``report`` and ``child`` name whose it is, ``sender`` who sends it; then its days, and why it was closed."""
    days = {"began": "start_date", "ended": "end_date", "plan": "need_plan_start", "closed": "closed_date"}
    return {
        "assessment_id": f"assessment {number}",
        "agency_id": row.get("at") or INSIDE[0],
        "person_id": row["child"],
        "report_id": row.get("report") or None,
        "sender": row.get("sender") or None,
        "closed_reason": row.get("why") or None,
        **{field: day(row[name]) for name, field in days.items() if row.get(name)},
    }


def _operation(row: dict[str, str]) -> dict[str, Any]:
    return {
        "operation_id": row["operation"],
        "name": row["operation"],
        "lead_agency_id": row.get("led by") or INSIDE[0],
        "kind": "investigation",
        "start_date": day(row["began"]),
        "end_date": day(row["ended"]) if row["ended"] else None,
    }


def _listed(names: str, report: dict[str, Any]) -> list[str]:
    """The names that are listed for every report, or for this one."""
    split = [name.strip().partition(" of ") for name in names.split(",") if name.strip()]
    return [name for name, _, of in split if of in ("", report["report_id"])]


def _crime(drawn: str) -> dict[str, Any]:
    crime, _, child = drawn.partition(" to ")
    return {"crime_id": crime, "child_id": child or None}


def _name(row: dict[str, str]) -> str:
    return row.get("report") or "1"


def _report(row: dict[str, str]) -> dict[str, Any]:
    return {
        "report_id": _name(row),
        "agency_id": row.get("at") or INSIDE[0],
        "transferred_from": row.get("from") or None,
        "received_date": day(row["day"]),
        "received_precision": "day",
        "concern": "CSE",
        "duplicate_of": row.get("repeats") or None,
        "carries_activity": row["what"] == RECEIVED,
    }


def _event(row: dict[str, str], number: int) -> dict[str, Any]:
    kind, scheme, code = _meant(row["what"])
    return {
        "event_id": f"event {number}",
        "report_id": _name(row),
        "crime_id": row.get("crime") or None,
        "person_id": row.get("suspect") or None,
        "kind": kind,
        "event_date": day(row["day"]),
        "recorded_date": day(row["recorded"]) if row.get("recorded") else None,
        "outcome_scheme": scheme,
        "outcome_code": code,
        "counterpart": row.get("to") or None,
    }


def _meant(what: str) -> tuple[str, str | None, str | None]:
    if what in OUTCOMES:
        return OUTCOMES[what]
    kind = OF_THEIR_OWN.get(what, what)
    assert what in OF_THEIR_OWN or what in codelists.labels("event_kinds", "kind"), f"a story knows no {what!r}"
    return kind, None, None


@dataclass(frozen=True)
class Answer:
    """What came out, to be held against a drawn table: only the columns that are drawn are looked at."""

    rows: Sequence[dict[str, str]]

    def only(self, **equal: str) -> Answer:
        """The rows in which these columns hold these values."""
        return Answer([row for row in self.rows if all(row[name] == value for name, value in equal.items())])

    def shows(self, drawn: str) -> None:
        """Fail unless these are the rows."""
        expected = table(drawn)
        found = [{name: row[name] for name in expected[0]} for row in self.rows]
        assert found == expected, f"expected:\n{draw(expected)}\nfound:\n{draw(found)}"


Follow = Callable[..., Answer]


def answer(places: dict[str, Stands]) -> Answer:
    """Where reports stand, as text."""
    return Answer(
        [
            {
                "report": report,
                "standing": place.standing,
                "reason": place.reason or "",
                "lines still open": "yes" if place.has_open_lines else "no",
            }
            for report, place in sorted(places.items())
        ]
    )

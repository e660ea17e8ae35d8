"""What becomes of each report: its course, its crimes and suspects, its lines, and the days on which something is done.

A line is a crime x suspect, as the standard has it. All days are drawn as if there were no end of the period; what lies
after it has not happened yet, and stands in no return.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from onrecord.synthetic.draws import (
    FORCE,
    NEVER,
    Column,
    between,
    chosen,
    fitting,
    happens,
    lags,
    latest,
    owners,
    places,
    roots,
    stream,
    within,
)
from onrecord.synthetic.received import EXPLOITATION, Received, sent_on
from onrecord.synthetic.scenario import WantedNation, scenario

COURSES = (*scenario()["courses"]["weights"], "sent on", "repeats another")
OUTCOMES = (*scenario()["outcomes"]["with_suspect"], *scenario()["outcomes"]["without_suspect"])
WITH_SUSPECT = len(scenario()["outcomes"]["with_suspect"])
KINDS = tuple(scenario()["outcomes"]["opened_again"])
KIND_OF = np.array([KINDS.index(outcome["kind"]) for outcome in OUTCOMES])
CHARGE = KINDS.index("charge")
ACTIONS = tuple(scenario()["courses"]["actions"])
OPENINGS = ("reopened", "outcome withdrawn", "charge withdrawn")
RESULTS = tuple(scenario()["outcomes"]["court"]["results"])
CANCELLATIONS = (*scenario()["courses"]["cancellations"], "another force")
UNTOUCHED = ("never acted on", "no activity carried", "repeats another")
MOST_ACTIONS = 24
YOUNGEST_SUSPECT, OLDEST_SUSPECT = 12, 90


@dataclass(frozen=True)
class Suspects:
    """Everybody who is suspected in a report, a row for each report that names them.

    Attributes:
        report: the report.
        person: the place of the person in this list: the row where they were named first.
        age: the age at the time, in years.
        born: the month of birth, in months since 1970, of who is named first here.
        arrested, bailed: the day, or NEVER.
    """

    report: Column
    person: Column
    age: Column
    born: Column
    arrested: Column
    bailed: Column


@dataclass(frozen=True)
class Lines:
    """The lines of all reports, report by report. Days are NEVER where nothing happens.

    Attributes:
        report: the report.
        crime, suspect: which crime of the report (from 0) and which row of the suspects, or -1.
        decided, outcome: the day of the first decision, and its place in ``OUTCOMES``.
        opened, opening: the day on which it was opened again, and how, a place in ``OPENINGS``.
        again, second: the day of the decision after that, and its place in ``OUTCOMES``.
        heard, result, results: the days of the hearing and of the court's result, and a place in ``RESULTS``.
    """

    report: Column
    crime: Column
    suspect: Column
    decided: Column
    outcome: Column
    opened: Column
    opening: Column
    again: Column
    second: Column
    heard: Column
    result: Column
    results: Column


@dataclass(frozen=True)
class Courses:
    """What becomes of the reports of a force.

    Attributes:
        course: of each report, a place in ``COURSES``.
        crimes: how many crimes were recorded from it.
        first: the day on which something was first done, or NEVER.
        ends: the day on which the course ends by itself: closed, cancelled, sent on, said to be unavailable; or NEVER.
        acknowledged: the day on which the other end said that it has it, or NEVER.
        cancellation: a place in ``CANCELLATIONS``.
        action_report, action_day, action: what was done, report by report: the report, the day, a place in ``ACTIONS``.
        suspects, lines: who is suspected, and the lines.
    """

    course: Column
    crimes: Column
    first: Column
    ends: Column
    acknowledged: Column
    cancellation: Column
    action_report: Column
    action_day: Column
    action: Column
    suspects: Suspects
    lines: Lines

    def takes(self, *names: str) -> Column:
        """Whether the course of each report is one of these."""
        return takes(self.course, *names)


def takes(course: Column, *names: str) -> Column:
    """Whether each course is one of these."""
    return np.isin(course, [COURSES.index(name) for name in names])


def courses(told: Received, wanted: WantedNation) -> Courses:
    """Draw the course of every report of a force."""
    shapes, count = scenario()["courses"], len(told)
    draw = stream(wanted.seed, FORCE, told.force, "courses")
    crimes = _crimes(told, wanted)
    course = _course(draw, told, crimes)
    first = np.where(
        takes(course, *UNTOUCHED), NEVER, told.day + lags(draw, shapes["days_to_first_action"], count)
    ).astype(np.int64)
    stops = first + lags(draw, shapes["days_until_silence"], count)
    afterwards = between(draw, 0, 30, count)
    own = takes(
        course, "closed without an outcome", "status unavailable", "cancelled", "another force", "sent elsewhere"
    )
    _, sent = sent_on(told.force, wanted)
    goes = told.sent_on >= 0
    ends = np.where(own, stops + afterwards, NEVER)
    ends[goes] = sent.sent[told.sent_on[goes]]
    acknowledged = np.full(count, NEVER)
    acknowledged[goes] = sent.acknowledged[told.sent_on[goes]]
    stops = np.where(goes, ends, stops)
    # Who sends a report on at once has done nothing about it.
    first = np.where(goes & (first > ends), NEVER, first)
    suspects, lines, last = _followed(told, wanted, course, crimes, first, stops)
    actions = _actions(stream(wanted.seed, FORCE, told.force, "actions"), first, last)
    return Courses(
        course=course,
        crimes=crimes,
        first=first,
        ends=ends,
        acknowledged=acknowledged,
        cancellation=_cancellation(draw, course),
        suspects=suspects,
        lines=lines,
        **actions,
    )


def _crimes(told: Received, wanted: WantedNation) -> Column:
    """How many crimes were recorded from each report. A duplicate has none of its own."""
    draw = stream(wanted.seed, FORCE, told.force, "crimes")
    weights = scenario()["crimes"]["crimes"]
    return np.where(told.repeats >= 0, 0, np.array(list(weights))[chosen(draw, weights, len(told))])


def _course(draw: np.random.Generator, told: Received, crimes: Column) -> Column:
    shapes = scenario()["courses"]
    propensity = np.exp(scenario()["forces"]["spread_of_silence"] * draw.standard_normal())
    weights = {
        name: weight * (propensity if name in shapes["silence"] else 1) for name, weight in shapes["weights"].items()
    }
    course = chosen(draw, weights, len(told))
    # Only a crime can be cancelled; and whoever is never believed is decided about, each time.
    no_crime = (crimes == 0) & takes(course, "cancelled", "another force")
    first_child = told.child[: len(told)]
    unheard = told.never_believed[first_child] & (first_child != np.arange(len(told)))
    course = np.where(no_crime | unheard, COURSES.index("decided"), course)
    course = np.where(told.sent_on >= 0, COURSES.index("sent on"), course)
    return np.where(told.repeats >= 0, COURSES.index("repeats another"), course)


def _cancellation(draw: np.random.Generator, course: Column) -> Column:
    drawn = chosen(draw, scenario()["courses"]["cancellations"], len(course))
    return np.where(course == COURSES.index("another force"), CANCELLATIONS.index("another force"), drawn)


def _followed(
    told: Received, wanted: WantedNation, course: Column, crimes: Column, first: Column, stops: Column
) -> tuple[Suspects, Lines, Column]:
    """Suspects and lines, and the last day on which work on each report goes on."""
    report, person, age, born = _suspects(told, wanted, crimes)
    named = np.bincount(report, minlength=len(told))
    lines = _lines(told, wanted, course, crimes, named, first, age)
    planned = [np.where(days < NEVER, days, 0) for days in (lines.decided, lines.opened, lines.again)]
    worked_on = latest(len(told), lines.report, np.maximum.reduce(planned), np.zeros(len(told), np.int64))
    # A report is worked on until its last line is decided; or until it falls silent, or its course ends by itself.
    last = np.where(course == COURSES.index("decided"), worked_on, stops)
    draw, shapes = stream(wanted.seed, FORCE, told.force, "arrests"), scenario()["courses"]
    from_, to = first[report], last[report]
    day = (from_ + draw.random(len(report)) * np.maximum(to - from_, 0)).astype(np.int64)
    arrested = np.where(happens(draw, shapes["arrested"], len(report)) & (from_ < NEVER), day, NEVER)
    bailed = np.where(happens(draw, shapes["bailed"], len(report)), arrested, NEVER)
    return Suspects(report, person, age, born, arrested, bailed), lines, last


def _suspects(told: Received, wanted: WantedNation, crimes: Column) -> tuple[Column, Column, Column, Column]:
    """Who is suspected in which report: the report, the person, the age at the time, the month of birth."""
    draw, people = stream(wanted.seed, FORCE, told.force, "suspects"), scenario()["people"]
    weights = people["suspects"]
    named = np.array(list(weights))[chosen(draw, weights, len(told))]
    report = owners(np.where(crimes > 0, named, 0))
    count = len(report)
    adult = people["adults"]
    grown = adult["youngest"] + np.exp(
        np.log(adult["median_years_more"]) + adult["spread"] * draw.standard_normal(count)
    )
    age = np.where(
        happens(draw, people["suspects_under_18"], count),
        between(draw, 14, 17, count),
        np.minimum(grown, 80).astype(int),
    )
    month = told.occurred[report].astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    born = month - age * 12 - between(draw, 1, 10, count)
    own = np.arange(count)
    known = happens(draw, people["suspect_known_already"], count)
    person = roots(np.where(known, (draw.random(count) * own).astype(np.int64), own))
    at_the_time = (month - born[person]) // 12
    person = np.where(
        (at_the_time >= YOUNGEST_SUSPECT) & (at_the_time < OLDEST_SUSPECT) & ~_twice(report, person), person, own
    )
    return report, person, (month - born[person]) // 12, born


def _twice(report: Column, person: Column) -> Column:
    """Whether a report names the person in an earlier row already."""
    key = report.astype(np.int64) * (len(report) + 1) + person
    found = np.ones(len(key), dtype=bool)
    found[np.unique(key, return_index=True)[1]] = False
    return found


def _lines(
    told: Received, wanted: WantedNation, course: Column, crimes: Column, named: Column, first: Column, age: Column
) -> Lines:
    draw, shapes = stream(wanted.seed, FORCE, told.force, "lines"), scenario()["outcomes"]
    counts = np.maximum(crimes, 1) * np.maximum(named, 1)
    report, place = owners(counts), within(counts)
    among = np.maximum(named, 1)[report]
    begins = (np.cumsum(named) - named)[report]
    suspect = np.where(named[report] > 0, begins + place % among, -1)
    crime = np.where(crimes[report] > 0, place // among, -1)
    decided, outcome = _decisions(draw, told, course, report, suspect, first, age)
    goes_along = happens(draw, scenario()["crimes"]["second_goes_with_the_first"], len(report)) & (crime > 0)
    leader = np.where(goes_along, np.arange(len(report)) - among, np.arange(len(report)))
    decided, outcome = decided[leader], outcome[leader]
    opened, opening = _opened(draw, told, report, decided, outcome)
    again_draw = happens(draw, shapes["decided_again"], len(report))
    second = _outcomes(draw, told, report, suspect, age)
    again = np.where((opened < NEVER) & again_draw, opened + 1 + _days_of(draw, second), NEVER)
    final = np.where(again < NEVER, again, np.where(opened < NEVER, NEVER, decided))
    charged = KIND_OF[np.where(again < NEVER, second, outcome)] == CHARGE
    court = _court(stream(wanted.seed, FORCE, told.force, "court"), np.where(charged, final, NEVER))
    return Lines(report, crime, suspect, decided, outcome, opened, opening, again, second, **court)


def _decisions(
    draw: np.random.Generator,
    told: Received,
    course: Column,
    report: Column,
    suspect: Column,
    first: Column,
    age: Column,
) -> tuple[Column, Column]:
    """The day of each line's first decision, NEVER where it has none, and the outcome."""
    outcome = _outcomes(draw, told, report, suspect, age)
    day = first[report] + _days_of(draw, outcome)
    further = np.zeros(len(report), dtype=bool)
    further[1:] = (suspect[1:] >= 0) & (report[1:] == report[:-1]) & (suspect[1:] > suspect[:-1])
    left_open = further & happens(draw, scenario()["courses"]["another_suspect_left_open"], len(report))
    decides = (course[report] == COURSES.index("decided")) & ~left_open
    return np.where(decides, day, NEVER), outcome


def _outcomes(draw: np.random.Generator, told: Received, report: Column, suspect: Column, age: Column) -> Column:
    """An outcome for each line, that fits whether it has a suspect, how old, and what the concern is."""
    exploits = told.concern[report] == EXPLOITATION
    unheard = told.never_believed[told.child[report]]
    ages = np.where(suspect >= 0, age[suspect] if len(age) else -1, -1)
    fits = np.empty((len(OUTCOMES), len(report)), dtype=np.float32)
    for place, outcome in enumerate(OUTCOMES):
        youngest, oldest = outcome.get("ages", (-1, 200))
        may = ((suspect >= 0) == (place < WITH_SUSPECT)) & (ages >= youngest) & (ages <= oldest)
        may &= ~exploits if outcome.get("other_abuse_alone") else True
        may &= ~unheard | (outcome["kind"] == "none")
        fits[place] = np.where(may, outcome["weight"], 0)
    return fitting(draw, fits)


def _days_of(draw: np.random.Generator, outcome: Column) -> Column:
    """Days from the first action to each outcome."""
    named = scenario()["outcomes"]["days"]
    drawn = {name: lags(draw, mixture, len(outcome)) for name, mixture in named.items()}
    of_outcome = np.array([list(named).index(each["days"]) for each in OUTCOMES])[outcome]
    return np.choose(of_outcome, list(drawn.values()))


def _opened(
    draw: np.random.Generator, told: Received, report: Column, decided: Column, outcome: Column
) -> tuple[Column, Column]:
    """The day on which a decided line was opened again, or NEVER, and how."""
    shapes, count, kind = scenario()["outcomes"], len(report), KIND_OF[outcome]
    how: Mapping[str, Any] = shapes["opened_again"]
    share = np.array([how[name]["share"] for name in KINDS])[kind]
    opens = (draw.random(count) < share) & (decided < NEVER) & ~told.never_believed[told.child[report]]
    drawn = [
        np.array([OPENINGS.index(event) for event in how[name]["events"]])[chosen(draw, how[name]["events"], count)]
        for name in KINDS
    ]
    day = decided + 1 + lags(draw, shapes["days_until_opened"], count)
    return np.where(opens, day, NEVER), np.choose(kind, drawn)


def _court(draw: np.random.Generator, charged: Column) -> dict[str, Column]:
    shapes, count = scenario()["outcomes"]["court"], len(charged)
    heard = np.where(
        (charged < NEVER) & happens(draw, shapes["heard"], count),
        charged + 1 + lags(draw, shapes["days_to_hearing"], count),
        NEVER,
    )
    result = np.where(
        (heard < NEVER) & happens(draw, shapes["with_result"], count),
        heard + lags(draw, shapes["days_to_result"], count),
        NEVER,
    )
    return {"heard": heard, "result": result, "results": chosen(draw, shapes["results"], count)}


def _actions(draw: np.random.Generator, first: Column, last: Column) -> dict[str, Column]:
    """What is done from the first to the last day of work, never with a longer pause than the scenario allows."""
    shapes = scenario()["courses"]
    pause = shapes["days_between_actions"]
    done = first < NEVER
    span = np.where(done, np.maximum(last - first, 0), 0)
    gaps = between(draw, pause["least"], pause["most"], len(first))
    counts = np.where(done, np.minimum(1 + span // gaps, MOST_ACTIONS), 0)
    report, place = owners(counts), within(counts)
    day = first[report] + span[report] * place // counts[report]
    action = places(draw, list(shapes["actions"].values()), len(report))
    action = np.where(place == 0, ACTIONS.index("contact"), action)
    return {"action_report": report, "action_day": day, "action": action}

"""A force's rows, as the standard has them: reports, crimes, people, what happened, operations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from onrecord.synthetic.columns import (
    always,
    dates,
    either,
    months,
    nothing,
    numbered,
    picked,
    table,
    times,
    truths,
    wholes,
    words,
)
from onrecord.synthetic.courses import ACTIONS, CANCELLATIONS, OPENINGS, OUTCOMES, RESULTS, Courses
from onrecord.synthetic.draws import (
    FORCE,
    NEVER,
    Column,
    between,
    chosen,
    fitting,
    happens,
    owners,
    places,
    stream,
    within,
)
from onrecord.synthetic.received import CONCERNS, EXPLOITATION, NETWORKS, Received
from onrecord.synthetic.scenario import ELSEWHERE, WantedNation, agency_name, neighbour, scenario

ETHNICITIES = (
    "W1",
    "W2",
    "W3",
    "W9",
    "M1",
    "M2",
    "M3",
    "M9",
    "A1",
    "A2",
    "A3",
    "A4",
    "A9",
    "B1",
    "B2",
    "B9",
    "O2",
    "O9",
)
MINUTES_A_DAY = 1440
DAYS_UNTIL_SENT = 14
# Kinds of event, with the scheme and code of those that have one.
HOME_OFFICE, CANCELLED, COURT = "home-office", "cancellation", "police-uk"
KINDS = (*ACTIONS, *OPENINGS, "arrest", "bail", "outcome", "hearing", "court result", "cancelled", "closed",
         "status unavailable", "transferred", "transfer acknowledged", "received",
         *scenario()["reports"]["entries_without_activity"]["weights"],
         *(kind for when in scenario()["protective_actions"].values() for kind in when["kinds"]))  # fmt: skip
CODES = (
    *((HOME_OFFICE, outcome["code"]) for outcome in OUTCOMES),
    (HOME_OFFICE, "20"),
    *((CANCELLED, code) for code in CANCELLATIONS),
    *((COURT, code) for code in RESULTS),
)
FIRST_RESULT = CODES.index((COURT, RESULTS[0]))
NOTABLE = ("known", "suspected")


def tag(kind: str, number: int) -> str:
    """What the identifiers of an agency begin with."""
    return f"{'MUF' if kind == FORCE else 'MUC'}{number:02}-"


@dataclass(frozen=True)
class Force:
    """A force, ready to be written: what it was told, what became of it, what is wanted."""

    told: Received
    taken: Courses
    wanted: WantedNation

    @property
    def name(self) -> str:
        """What it is called."""
        return agency_name(FORCE, self.told.force)

    @property
    def tag(self) -> str:
        """What its identifiers begin with."""
        return tag(FORCE, self.told.force)

    @property
    def last_day(self) -> int:
        """The day that its return speaks for."""
        return self.wanted.days[1]

    def draw(self, purpose: str) -> np.random.Generator:
        """A stream of its own for a purpose."""
        return stream(self.wanted.seed, FORCE, self.told.force, purpose)

    def reports(self, place: Column, given: Column | None = None) -> pa.Array:
        """Identifiers of reports."""
        return numbered(f"{self.tag}R", place, given)

    def children(self, place: Column, given: Column | None = None) -> pa.Array:
        """Identifiers of children."""
        return numbered(f"{self.tag}C", place, given)

    def suspects(self, place: Column, given: Column | None = None) -> pa.Array:
        """Identifiers of suspects."""
        return numbered(f"{self.tag}S", place, given)

    def operations(self, place: Column) -> pa.Array:
        """Identifiers of operations."""
        return numbered(f"{self.tag}O", place)


def police_rows(force: Force) -> dict[str, pa.Table]:
    """Every record of a force, by name; those without a row are left out."""
    draw = force.draw("details")
    operation, operation_report = _operations(force)
    made = {
        "report": _reports(force, draw),
        "crime": _crimes(force, draw),
        "person": _people(force, draw),
        "involvement": _involvements(force, draw),
        "operation": operation,
        "operation_report": operation_report,
        "event": _events(force, draw),
    }
    return {name: rows for name, rows in made.items() if rows.num_rows}


def _reports(force: Force, draw: np.random.Generator) -> pa.Table:
    told, taken, last_day, shapes = force.told, force.taken, force.last_day, scenario()["reports"]
    count, by_then = len(told), taken.ends <= force.last_day
    exploits, known = told.concern == EXPLOITATION, told.concern != CONCERNS.index("not known")
    long_past = told.day - told.occurred > 366 * 2
    happened_to = np.minimum(told.occurred + between(draw, 0, 60, count), told.day)
    year_end = (told.occurred.astype("datetime64[D]").astype("datetime64[Y]") + 1).astype("datetime64[D]").astype(
        int
    ) - 1
    goes, away = told.sent_on >= 0, taken.takes("another force", "sent elsewhere")
    to = np.where(goes & by_then, 0, np.where(away & by_then, 1, -1))
    criteria = either(exploits, always("CSE", count), picked(draw, shapes["criteria_of_other_abuse"], count))
    return table(
        {
            "report_id": force.reports(np.arange(count)),
            "agency_id": always(force.name, count),
            "received_date": dates(told.day),
            "received_precision": words(("day", "month"), told.to_the_month.astype(int)),
            "received_time": times(
                between(draw, 0, MINUTES_A_DAY - 1, count),
                happens(draw, shapes["with_a_time"], count) & ~told.to_the_month,
            ),
            "source": picked(draw, shapes["source"], count),
            "concern": words(CONCERNS, told.concern),
            "concern_date": dates(np.minimum(told.day + between(draw, 0, 5, count), last_day)),
            "concern_set_by": picked(draw, shapes["concern_set_by"], count),
            "definition_version": words(("CSA", "CSE-2017-ENG"), exploits.astype(int), known),
            "criteria": either(known, criteria, nothing(count)),
            "network": words(NETWORKS, told.network, exploits),
            "network_definition": always("NETWORK-IICSA", count, exploits & _is_notable(told)),
            "settings": picked(draw, shapes["settings"], count),
            "contexts": picked(draw, shapes["contexts"], count),
            "occurred_from": dates(told.occurred),
            "occurred_to": dates(np.where(long_past, year_end, happened_to)),
            "occurred_precision": words(("day", "year"), long_past.astype(int)),
            "duplicate_of": force.reports(told.repeats, told.repeats >= 0),
            "transferred_from": always(agency_name(FORCE, neighbour(told.force)), count, told.came_from >= 0),
            "transferred_to": words((agency_name(FORCE, neighbour(told.force)), ELSEWHERE), to),
            "transfer_acknowledged_date": dates(taken.acknowledged, taken.acknowledged <= last_day),
            "carries_activity": truths(~taken.takes("no activity carried")),
            "vanished": truths(taken.takes("no longer held")),
        }
    )


def _is_notable(told: Received) -> Column:
    return np.isin(told.network, [NETWORKS.index(name) for name in NOTABLE])


def _crimes(force: Force, draw: np.random.Generator) -> pa.Table:
    told, taken, shapes = force.told, force.taken, scenario()["crimes"]
    report = owners(taken.crimes)
    count, late = len(report), shapes["days_to_record"]
    after = np.where(happens(draw, late["share_on_the_day"], count), 0, between(draw, 1, late["most"], count))
    cancelled = taken.takes("cancelled", "another force")[report] & (taken.ends[report] <= force.last_day)
    recorded = np.minimum(
        told.day[report] + after, np.minimum(np.where(cancelled, taken.ends[report], NEVER), force.last_day)
    )
    child, exploits = told.child[report], told.concern[report] == EXPLOITATION
    offence = _offences(draw, told.is_girl[child], told.child_age[report], exploits)
    return table(
        {
            "crime_id": numbered(f"{force.tag}X", np.arange(count)),
            "report_id": force.reports(report),
            "offence_code": words([row["code"] for row in shapes["offences"]], offence),
            "offence_scheme": always(HOME_OFFICE, count),
            "recorded_date": dates(recorded),
            "child_id": force.children(child),
            "cancelled_date": dates(taken.ends[report], cancelled),
            "cancelled_reason": words(CANCELLATIONS, taken.cancellation[report], cancelled),
            "flags": picked(draw, shapes["flags"], count, exploits),
        }
    )


def _offences(draw: np.random.Generator, is_girl: Column, age: Column, exploits: Column) -> Column:
    """An offence for each crime, that fits the child's age and sex, and the concern."""
    rows: Sequence[dict[str, Any]] = scenario()["crimes"]["offences"]
    fits = np.empty((len(rows), len(age)), dtype=np.float32)
    for place, row in enumerate(rows):
        youngest, oldest = row["ages"]
        may = (age >= youngest) & (age <= oldest)
        may &= is_girl == (row["of"] == "F") if "of" in row else True
        may &= exploits if row.get("exploitation_alone") else True
        fits[place] = np.where(may, row["weight"], 0)
    return fitting(draw, fits)


def _people(force: Force, draw: np.random.Generator) -> pa.Table:
    told, named, people = force.told, force.taken.suspects, scenario()["people"]
    children = np.flatnonzero(told.child == np.arange(len(told.child)))
    suspects = np.flatnonzero(named.person == np.arange(len(named.person)))
    unknown = _age_not_known(force)[suspects]
    males = happens(draw, people["male_suspects"], len(suspects))
    return pa.concat_tables(
        [
            described(
                draw,
                "child",
                force.children(children),
                months(told.born[children]),
                nothing(len(children)),
                words(("M", "F"), told.is_girl[children].astype(int)),
            ),
            described(
                draw,
                "suspect",
                force.suspects(suspects),
                months(named.born[suspects], ~unknown),
                picked(draw, people["not_known"], len(suspects), unknown),
                words(("F", "M"), males.astype(int)),
            ),
        ]
    )


def _age_not_known(force: Force) -> Column:
    """Whether the age of each person suspected is not known, by the row where they were named first."""
    share = scenario()["people"]["age_of_a_suspect_not_known"]
    return happens(force.draw("ages"), share, len(force.taken.suspects.person))


def described(
    draw: np.random.Generator, role: str, person: pa.Array, born: pa.Array, age_not_known: pa.Array, sex: pa.Array
) -> pa.Table:
    """The rows of people: what was already drawn, and ethnicity, nationality and disability for their role."""
    people, count = scenario()["people"], len(person)
    known = ~happens(draw, people["ethnicity_not_known"][role], count)
    ethnicity = words(ETHNICITIES, places(draw, [1.0] * len(ETHNICITIES), count))
    return table(
        {
            "person_id": person,
            "birth_month": born,
            "age_not_known": age_not_known,
            "sex": sex,
            "ethnicity": either(known, ethnicity, picked(draw, people["not_known"], count)),
            "ethnicity_scheme": always("self-defined-18plus1", count, known),
            "ethnicity_basis": always("self-defined", count, known),
            "nationality": either(
                happens(draw, people["nationality_given"], count),
                always("GBR", count),
                picked(draw, people["not_known"], count),
            ),
            "disability": picked(draw, people["disability"], count),
        }
    )


def _involvements(force: Force, draw: np.random.Generator) -> pa.Table:
    told, named, people = force.told, force.taken.suspects, scenario()["people"]
    children, suspects = len(told.child), len(named.person)
    unknown = _age_not_known(force)[named.person]
    return pa.concat_tables(
        [
            table(
                {
                    "report_id": force.reports(told.child_report),
                    "person_id": force.children(told.child),
                    "role": always("child", children),
                    "age_at_the_time": wholes(told.child_age),
                    "age_at_the_time_not_known": nothing(children),
                    "relationship": nothing(children),
                    "relationship_to": nothing(children),
                    "factors": picked(draw, people["factors_of_a_child"], children),
                }
            ),
            table(
                {
                    "report_id": force.reports(named.report),
                    "person_id": force.suspects(named.person),
                    "role": always("suspect", suspects),
                    "age_at_the_time": wholes(named.age, ~unknown),
                    "age_at_the_time_not_known": always("unknown", suspects, unknown),
                    "relationship": picked(draw, people["relationship"], suspects),
                    "relationship_to": force.children(told.child[named.report]),
                    "factors": nothing(suspects),
                }
            ),
        ]
    )


# ---------------------------------------------------------------- operations


def _operations(force: Force) -> tuple[pa.Table, pa.Table]:
    """The operations that took in a report at least, and what they took in."""
    told, shapes, draw = force.told, scenario()["operations"], force.draw("operations")
    first, last = force.wanted.days
    operations = max(1, len(told) // shapes["reports_for_each"])
    start = between(draw, first, max(first, last - shapes["days"]["least"]), operations)
    end = start + between(draw, shapes["days"]["least"], shapes["days"]["most"], operations)
    kind = chosen(draw, shapes["kinds"], operations)
    # Each report could come into one of them.
    operation = between(draw, 0, operations - 1, len(told))
    share = np.where(_is_notable(told), shapes["takes_in"]["network"], shapes["takes_in"]["other"])
    taken_in = told.day + between(draw, 0, 30, len(told))
    inside = (taken_in >= start[operation]) & (taken_in <= np.minimum(end[operation], last))
    report = np.flatnonzero(inside & (draw.random(len(told)) < share) & (told.repeats < 0))
    there = np.unique(operation[report])
    return (
        table(
            {
                "operation_id": force.operations(there),
                "name": numbered(f"Made-up Operation {force.told.force:02}-", there),
                "lead_agency_id": always(force.name, len(there)),
                "partners": always(agency_name(FORCE, neighbour(told.force)), len(there), there % 2 == 0),
                "start_date": dates(start[there]),
                "end_date": dates(end[there], end[there] <= last),
                "kind": words(list(shapes["kinds"]), kind[there]),
            }
        ),
        table(
            {
                "operation_id": force.operations(operation[report]),
                "report_id": force.reports(report),
                "taken_in_date": dates(taken_in[report]),
            }
        ),
    )


# ---------------------------------------------------------------- events


@dataclass(frozen=True)
class Happened:
    """Events of one kind, a row each: what they name by place, -1 where nothing; the code a place in ``CODES``."""

    kind: Column | int
    report: Column
    day: Column
    crime: Column | int = -1
    suspect: Column | int = -1
    code: Column | int = -1
    counterpart: Column | int = -1
    by: Column | int = -1


FIELDS = ("kind", "report", "day", "crime", "suspect", "code", "counterpart", "by")
NEIGHBOUR, BEYOND = 0, 1


def _events(force: Force, draw: np.random.Generator) -> pa.Table:
    """Everything that happened by the last day, report by report and day by day."""
    happened = [*_of_lines(force), *_of_suspects(force), *protective_actions(force), *_of_reports(force, draw)]
    columns = joined(happened)
    by_then = columns["day"] <= force.last_day
    columns = {name: column[by_then] for name, column in columns.items()}
    order = np.argsort(columns["report"].astype(np.int64) * NEVER + columns["day"], kind="stable")
    columns = {name: column[order] for name, column in columns.items()}
    count, code, suspects = len(order), columns["code"], force.taken.suspects
    bodies = (agency_name(FORCE, neighbour(force.told.force)), ELSEWHERE)
    person = np.where(columns["suspect"] >= 0, suspects.person[columns["suspect"]] if len(suspects.person) else -1, -1)
    written = columns["day"] + between(draw, 0, scenario()["outcomes"]["days_to_write_down"], count)
    return table(
        {
            "event_id": numbered(f"{force.tag}E", np.arange(count)),
            "report_id": force.reports(columns["report"]),
            "crime_id": numbered(f"{force.tag}X", columns["crime"], columns["crime"] >= 0),
            "person_id": force.suspects(person, person >= 0),
            "agency_id": words(bodies, columns["by"]),
            "kind": words(KINDS, columns["kind"]),
            "event_date": dates(columns["day"]),
            "recorded_date": dates(np.minimum(written, force.last_day + DAYS_UNTIL_SENT)),
            "outcome_scheme": words([scheme for scheme, _ in CODES], code),
            "outcome_code": words([written for _, written in CODES], code),
            "counterpart": words(bodies, columns["counterpart"]),
        }
    )


def joined(happened: Sequence[Happened]) -> dict[str, Column]:
    """Events of several kinds as one: a column for each of ``FIELDS``."""
    return {name: _column(happened, name) for name in FIELDS}


def _column(happened: Sequence[Happened], name: str) -> Column:
    parts = []
    for each in happened:
        value = getattr(each, name)
        parts.append(value if isinstance(value, np.ndarray) else np.full(len(each.report), value))
    return np.concatenate(parts)


def _of_lines(force: Force) -> list[Happened]:
    line, taken = force.taken.lines, force.taken
    starts = (np.cumsum(taken.crimes) - taken.crimes)[line.report]
    crime = np.where(line.crime >= 0, starts + line.crime, -1)
    found = []
    for kind, day, outcome in (
        (KINDS.index("outcome"), line.decided, line.outcome),
        (np.array([KINDS.index(name) for name in OPENINGS])[line.opening], line.opened, -1),
        (KINDS.index("outcome"), line.again, line.second),
        (KINDS.index("hearing"), line.heard, -1),
        (KINDS.index("court result"), line.result, FIRST_RESULT + line.results),
    ):
        there = day < NEVER
        found.append(
            Happened(
                _of(kind, there), line.report[there], day[there], crime[there], line.suspect[there], _of(outcome, there)
            )
        )
    return found


def _of(value: Column | int, there: Column) -> Column | int:
    return value[there] if isinstance(value, np.ndarray) else value


def _of_suspects(force: Force) -> list[Happened]:
    named = force.taken.suspects
    return [
        Happened(KINDS.index(kind), named.report[day < NEVER], day[day < NEVER], suspect=np.flatnonzero(day < NEVER))
        for kind, day in (("arrest", named.arrested), ("bail", named.bailed))
    ]


def protective_actions(force: Force) -> list[Happened]:
    """Notices, orders, referrals and powers: each on a day on which something else was done, so that no line moves."""
    named, taken, draw = force.taken.suspects, force.taken, force.draw("protective actions")
    shapes = scenario()["protective_actions"]
    arrested = np.flatnonzero(named.arrested < NEVER)
    on, kind = _some_of(draw, arrested, shapes["with_an_arrest"])
    of, other = _some_of(draw, np.arange(len(taken.action_report)), shapes["with_another_action"])
    return [
        Happened(kind, named.report[on], named.arrested[on], suspect=on),
        Happened(other, taken.action_report[of], taken.action_day[of]),
    ]


def _some_of(draw: np.random.Generator, rows: Column, shape: Mapping[str, Any]) -> tuple[Column, Column]:
    """The rows with which something more is done, and its kind."""
    some = rows[happens(draw, shape["share"], len(rows))]
    kinds = np.array([KINDS.index(name) for name in shape["kinds"]])
    return some, kinds[chosen(draw, shape["kinds"], len(some))]


def _of_reports(force: Force, draw: np.random.Generator) -> list[Happened]:
    told, taken, shapes = force.told, force.taken, scenario()["reports"]
    goes = np.flatnonzero(taken.takes("sent on"))
    answered = goes[taken.acknowledged[goes] < NEVER]
    noted = np.flatnonzero(happens(draw, shapes["noted_as_received"], len(told)))
    other = shapes["entries_without_activity"]
    written = np.flatnonzero(happens(draw, other["share"], len(told)))
    entries = np.array([KINDS.index(name) for name in other["weights"]])[chosen(draw, other["weights"], len(written))]
    found = [
        Happened(
            np.array([KINDS.index(name) for name in ACTIONS])[taken.action], taken.action_report, taken.action_day
        ),
        Happened(KINDS.index("received"), noted, told.day[noted]),
        Happened(entries, written, told.day[written] + between(draw, 0, other["days_after"], len(written))),
        Happened(KINDS.index("transferred"), goes, taken.ends[goes], counterpart=NEIGHBOUR),
        Happened(KINDS.index("transfer acknowledged"), answered, taken.acknowledged[answered], by=NEIGHBOUR),
    ]
    for name in ("closed without an outcome", "status unavailable"):
        which = np.flatnonzero(taken.takes(name))
        found.append(Happened(KINDS.index(name.removesuffix(" without an outcome")), which, taken.ends[which]))
    return [*found, *_of_all_crimes(force)]


def _of_all_crimes(force: Force) -> list[Happened]:
    """Cancelled, or sent to a body elsewhere: said of each crime of the report, or of the report where it has none."""
    taken = force.taken
    starts = np.cumsum(taken.crimes) - taken.crimes
    found = []
    for kind, names in (("cancelled", ("cancelled", "another force")), ("outcome", ("sent elsewhere",))):
        which = np.flatnonzero(taken.takes(*names))
        counts = np.maximum(taken.crimes[which], 1)
        report = np.repeat(which, counts)
        crime = np.where(taken.crimes[report] > 0, starts[report] + within(counts), -1)
        if kind == "cancelled":
            code: Column | int = CODES.index((CANCELLED, CANCELLATIONS[0])) + taken.cancellation[report]
            counterpart: Column | int = np.where(taken.takes("another force")[report], BEYOND, -1)
        else:
            code, counterpart = CODES.index((HOME_OFFICE, "20")), BEYOND
        found.append(Happened(KINDS.index(kind), report, taken.ends[report], crime, code=code, counterpart=counterpart))
    return found

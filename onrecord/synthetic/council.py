"""A council's rows: the children its force was told of, referred and assessed, and the plans that were made.

The council knows each child under a pseudonym of its own. Days that only a calendar of holidays could judge are not
drawn, so that it is known beforehand which rows a rule will ask about.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from onrecord.synthetic.columns import always, dates, months, numbered, picked, table, truths, wholes, words
from onrecord.synthetic.draws import COUNCIL, FORCE, NEVER, Column, between, chosen, happens, ranged, stream
from onrecord.synthetic.police import described, tag
from onrecord.synthetic.received import EXPLOITATION, OF_AGE, Received, month_of, received
from onrecord.synthetic.scenario import WantedNation, agency_name, scenario

WEEK, FRIDAY, THURSDAY_1970 = 7, 4, 3
POLICE, ABUSE = "6", "N1"
EXPLOITED = "11A"
DONE = ("still open", "assessed", "need plan made", "protection plan made")


@dataclass(frozen=True)
class Assessed:
    """The assessments of a council, a row each. Days are NEVER where nothing happened by the last day.

    Attributes:
        report: the report of the force that led to it.
        child: the place of the child in the force's list.
        referred, starts, ends: the days of the referral, of the start and of the end.
        enquiry, conference: the days of the enquiry (section 47) and of the first conference.
        not_required: whether it was decided that no conference is needed.
        plan, plan_ends, need, need_ends: first and last days of the protection plan and of the child in need plan.
        closed: the day on which the case was closed.
    """

    report: Column
    child: Column
    referred: Column
    starts: Column
    ends: Column
    enquiry: Column
    conference: Column
    not_required: Column
    plan: Column
    plan_ends: Column
    need: Column
    need_ends: Column
    closed: Column

    def __len__(self) -> int:
        return len(self.report)


@dataclass(frozen=True)
class Council:
    """A council, ready to be written.

    Attributes:
        number: its number.
        told: what the force was told in whose area it lies.
        done: its assessments.
        wanted: what is wanted.
    """

    number: int
    told: Received
    done: Assessed
    wanted: WantedNation

    @property
    def name(self) -> str:
        """What it is called."""
        return agency_name(COUNCIL, self.number)

    @property
    def shares_pseudonyms(self) -> bool:
        """Whether it writes the children as its force does: in one return of all they have one pseudonym each."""
        return self.wanted.one_return and self.told.force <= self.wanted.forces

    def assessments(self) -> pa.Array:
        """Identifiers of its assessments."""
        return numbered(f"{tag(COUNCIL, self.number)}A", np.arange(len(self.done)))

    def reports(self) -> pa.Array:
        """Identifiers of the reports that led to its assessments, as the force has them."""
        return numbered(f"{tag(FORCE, self.told.force)}R", self.done.report)

    def children_of_the_force(self) -> pa.Array:
        """Identifiers of the children, as the force has them."""
        return numbered(f"{tag(FORCE, self.told.force)}C", self.done.child)

    def children(self, child: Column) -> pa.Array:
        """Identifiers of children, as the council has them in its return."""
        whose = tag(FORCE, self.told.force) if self.shares_pseudonyms else tag(COUNCIL, self.number)
        return numbered(f"{whose}C", child)


def council(number: int, wanted: WantedNation) -> Council:
    """Draw a council: which of the reports in its area were referred and assessed, and what came of each."""
    a_force = scenario()["councils_a_force"]
    told = received((number - 1) // a_force + 1, wanted)
    draw, last = stream(wanted.seed, COUNCIL, number, "assessments"), wanted.days[1]
    report = _referred(draw, told, (number - 1) % a_force)
    referred = told.day[report] + between(draw, 0, 1, len(report))
    starts = referred + between(draw, 0, scenario()["councils"]["days_to_assessment"] - 1, len(report))
    began = starts <= last
    report, referred, starts = (column[began].astype(np.int64) for column in (report, referred, starts))
    return Council(number, told, _assessed(draw, told, report, referred, starts, last), wanted)


def _referred(draw: np.random.Generator, told: Received, area: int) -> Column:
    """The reports that were referred and assessed: of this area, of a child, and none soon after another."""
    count, shapes = len(told), scenario()["councils"]
    child = told.child[:count]
    age = (month_of(told.day) - told.born[child]) // 12
    may = np.flatnonzero((told.council == area) & (told.repeats < 0) & (age < OF_AGE))
    order = may[np.lexsort((told.day[may], child[may]))]
    # From the report before about the same child, whether or not that one led to an assessment.
    since = np.diff(told.day[order].astype(np.int64), prepend=-NEVER)
    another = np.diff(child[order], prepend=-1) != 0
    apart = order[another | (since > shapes["days_between_assessments"])]
    return np.sort(apart[draw.random(len(apart)) < shapes["referred"] * shapes["assessed"]])


def _assessed(
    draw: np.random.Generator, told: Received, report: Column, referred: Column, starts: Column, last: int
) -> Assessed:
    shapes, count = scenario()["councils"], len(report)
    ends = starts + _takes(draw, shapes["assessment"], count)
    # Still open on the last day, and neither surely within 45 working days nor surely beyond: it ends in time.
    unclear = (ends > last) & (last - starts > shapes["assessment"]["within"][1])
    unclear &= last - starts < shapes["assessment"]["after"][0]
    ends = _by(np.where(unclear, starts + shapes["assessment"]["within"][1], ends), last)
    enquiry = np.where(
        happens(draw, shapes["enquiry"], count), starts + between(draw, 0, shapes["days_to_enquiry"], count), NEVER
    )
    enquiry = _by(enquiry, last)
    held = happens(draw, shapes["conference"]["held"], count) & (enquiry < NEVER)
    conference = np.where(held, _weekday(enquiry + _takes(draw, shapes["conference"], count)), NEVER)
    to_come = held & (conference > last) & (last - enquiry <= shapes["conference"]["within"][1])
    conference = _by(conference, last)
    not_required = (enquiry < NEVER) & (conference == NEVER) & ~to_come
    plan = np.where(happens(draw, shapes["protection_plan"]["share"], count), conference, NEVER)
    plan_ends = _by(plan + ranged(draw, shapes["protection_plan"]["days"], count), last)
    need = np.where(happens(draw, shapes["need_plan"]["share"], count) & (plan == NEVER), ends, NEVER)
    need = _by(need + between(draw, 0, 10, count), last)
    need_ends = _by(need + ranged(draw, shapes["need_plan"]["days"], count), last)
    made = Assessed(
        report=report, child=told.child[report], referred=referred, starts=starts, ends=ends, enquiry=enquiry,
        conference=conference, not_required=not_required, plan=plan, plan_ends=plan_ends, need=need,
        need_ends=need_ends, closed=np.full(count, NEVER),
    )  # fmt: skip
    return replace(made, closed=_closed(draw, made, to_come, last))


def _closed(draw: np.random.Generator, made: Assessed, to_come: Column, last: int) -> Column:
    """The day on which what is over was closed."""
    runs = (made.ends == NEVER) | to_come
    runs |= (made.plan < NEVER) & (made.plan_ends == NEVER)
    runs |= (made.need < NEVER) & (made.need_ends == NEVER)
    days = (made.ends, made.enquiry, made.conference, made.plan_ends, made.need_ends)
    over = np.maximum.reduce([np.where(day < NEVER, day, 0) for day in days]) + between(draw, 1, 20, len(made))
    closes = ~runs & happens(draw, scenario()["councils"]["closed"], len(made))
    return _by(np.where(closes, over, NEVER), last)


def _takes(draw: np.random.Generator, shape: Mapping[str, Any], count: int) -> Column:
    """Days that something takes: surely in time, or surely late."""
    late = happens(draw, shape["late"], count)
    return np.where(late, ranged(draw, shape["after"], count), ranged(draw, shape["within"], count))


def _by(day: Column, last: int) -> Column:
    """The day, or NEVER where it has not come by the last."""
    return np.where(day <= last, day, NEVER)


def _weekday(day: Column) -> Column:
    """The day itself, or the Friday before a weekend."""
    moved: Column = day - np.maximum((day + THURSDAY_1970) % WEEK - FRIDAY, 0)
    return moved


# ---------------------------------------------------------------- rows


def council_rows(made: Council) -> dict[str, pa.Table]:
    """Every record of a council, by name; those without a row are left out."""
    draw = stream(made.wanted.seed, COUNCIL, made.number, "details")
    people = _people(made, draw)
    rows = {"assessment": _assessments(made, draw)}
    if not made.shares_pseudonyms:
        rows["person"] = people
    return {name: of_record for name, of_record in rows.items() if of_record.num_rows}


def _people(made: Council, draw: np.random.Generator) -> pa.Table:
    told, child = made.told, np.unique(made.done.child)
    sex = words(("M", "F"), told.is_girl[child].astype(int))
    return described(draw, "child", made.children(child), months(told.born[child]), pa.nulls(len(child)), sex)


def _assessments(made: Council, draw: np.random.Generator) -> pa.Table:
    told, done, shapes, count = made.told, made.done, scenario()["councils"], len(made.done)
    ended, asked, planned = done.ends < NEVER, done.enquiry < NEVER, done.plan < NEVER
    decided = done.not_required | (done.conference < NEVER)
    alone = ~asked & ~planned & (done.need == NEVER)
    known = (told.force <= made.wanted.forces) if made.wanted.one_return else True
    return table(
        {
            "assessment_id": made.assessments(),
            "agency_id": always(made.name, count),
            "person_id": made.children(done.child),
            "report_id": made.reports() if known else pa.nulls(count),
            "referral_date": dates(done.referred),
            "referral_source": always(POLICE, count),
            "referral_no_further_action": always("false", count),
            "primary_need": always(ABUSE, count),
            "start_date": dates(done.starts),
            "end_date": dates(done.ends),
            "factors": words(*_factors(draw, told.concern[done.report] == EXPLOITATION), ended),
            "section_47_date": dates(done.enquiry),
            "conference_target_date": dates(_weekday(done.enquiry + shapes["conference"]["within"][1]), asked),
            "conference_date": dates(done.conference),
            "conference_not_required": truths(done.not_required, asked & decided),
            "need_plan_start": dates(done.need),
            "need_plan_end": dates(done.need_ends),
            "protection_plan_start": dates(done.plan),
            "protection_plan_end": dates(done.plan_ends),
            "first_category": (category := picked(draw, shapes["categories"], count, planned)),
            "latest_category": category,
            "earlier_protection_plans": wholes(between(draw, 0, 2, count), planned),
            "closed_date": dates(done.closed),
            "closed_reason": words(("RC7", "RC8"), alone.astype(int), done.closed < NEVER),
        }
    )


def _factors(draw: np.random.Generator, exploits: Column) -> tuple[list[str], Column]:
    """What the assessments found: a factor, and beside it exploitation where it was found."""
    shapes, count = scenario()["councils"], len(exploits)
    names = list(shapes["factors"])
    found = exploits & happens(draw, shapes["finds_exploitation"], count)
    place = chosen(draw, shapes["factors"], count)
    return [*names, *(f"{EXPLOITED};{name}" for name in names)], np.where(found, place + len(names), place)


# ---------------------------------------------------------------- truth


def council_truth(made: Council) -> pa.Table:
    """What is true of each assessment: whose it is in the force's rows, what was done, and how long it took."""
    done, count = made.done, len(made.done)
    what = np.select([done.plan < NEVER, done.need < NEVER, done.ends < NEVER], [3, 2, 1], 0)
    return table(
        {
            "assessment_id": made.assessments(),
            "agency_id": always(made.name, count),
            "person_id": made.children(done.child),
            "child_of_the_force": made.children_of_the_force(),
            "report_of_the_force": made.reports(),
            "done": words(DONE, what),
            "days_to_referral": wholes(done.referred - made.told.day[done.report]),
            "days_of_assessment": wholes(done.ends - done.starts, done.ends < NEVER),
            "days_to_conference": wholes(done.conference - done.enquiry, done.conference < NEVER),
            "closed": truths(done.closed < NEVER),
        }
    )


def council_asked(made: Council) -> dict[str, pa.Array]:
    """Rule to the assessments that it will ask about, though they are right: some things do take long."""
    done, shapes, last = made.done, scenario()["councils"], made.wanted.days[1]
    late, late_conference = shapes["assessment"]["after"][0], shapes["conference"]["after"][0]
    ended, held = done.ends < NEVER, done.conference < NEVER
    # A conference that was moved to the Friday before is late all the same.
    apart = WEEK - FRIDAY
    found = {
        "assessment.end_date.over_45_working_days": ended & (done.ends - done.starts >= late),
        "assessment.start_date.over_45_working_days_open": ~ended & (last - done.starts >= late),
        "assessment.conference_date.over_15_working_days": held
        & (done.conference - done.enquiry >= late_conference - apart),
    }
    return {rule: made.assessments().filter(pa.array(where)) for rule, where in found.items()}

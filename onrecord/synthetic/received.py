"""What a force was told: when, about which child, what repeats what, and what came from or went to its neighbour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from onrecord.synthetic.draws import FORCE, NEVER, Column, between, chosen, happens, lags, roots, stream
from onrecord.synthetic.scenario import WantedNation, neighbour, scenario

DAYS_A_YEAR = 365.25
CONCERNS = tuple(scenario()["reports"]["concern"])
NETWORKS = tuple(scenario()["reports"]["network"])
EXPLOITATION = CONCERNS.index("CSE")
YOUNGEST = 8
OF_AGE = 18
# How far back, in reports, a duplicate's first report may lie.
DUPLICATE_REACH = 20


@dataclass(frozen=True)
class SentOn:
    """The reports that a force sends on to its neighbour, as both of them know it. One row each.

    Attributes:
        day: the day the first force received it.
        sent: the day it was sent on; may lie after the period.
        acknowledged: the day the other said that it has it, or NEVER.
        taken_in: the day the other received it, or NEVER.
    """

    day: Column
    sent: Column
    acknowledged: Column
    taken_in: Column


@dataclass(frozen=True)
class Received:
    """The reports of a force, by day of receipt. A column has a value for each report.

    Attributes:
        force: its number.
        day: the day of receipt.
        to_the_month: whether only the month is known, so that the day is its last.
        repeats: the place of the report whose allegation it repeats, or -1.
        sent_on: its number among those sent on to the neighbour, or -1.
        came_from: its number among those that the neighbour sent on, or -1.
        concern, network: places in ``CONCERNS`` and ``NETWORKS``.
        occurred: the day it first happened.
        child: the place of the child of each involvement in the list of children (those in ``own`` begin a person).
        child_report: the report of each involvement of a child; the first of report ``i`` stands at ``i``.
        child_age: the age at the time, in years.
        born: the month of birth of each child, in months since 1970.
        is_girl: whether the child is a girl.
        never_believed: whether every report about the child ends in no further action.
        council: the council of the force, from 0, in whose area the first child of each report lives.
    """

    force: int
    day: Column
    to_the_month: Column
    repeats: Column
    sent_on: Column
    came_from: Column
    concern: Column
    network: Column
    occurred: Column
    child: Column
    child_report: Column
    child_age: Column
    born: Column
    is_girl: Column
    never_believed: Column
    council: Column

    def __len__(self) -> int:
        return len(self.day)


def _own_days(force: int, wanted: WantedNation) -> Column:
    """The days on which a force received its own reports: as many as its size, growing or falling."""
    draw, shapes = stream(wanted.seed, FORCE, force, "size"), scenario()["forces"]
    spread, growth = shapes["spread_of_sizes"], shapes["growth_a_year"]
    size = np.exp(spread * draw.standard_normal() - spread**2 / 2)
    count = max(1, round(wanted.reports * size))
    first, last = wanted.days
    rate = growth["mean"] + growth["spread"] * draw.standard_normal()
    # The day where a curve that grows by ``rate`` a year has gathered a uniform share of its whole.
    whole = np.expm1(rate * (last - first + 1) / DAYS_A_YEAR)
    since = np.log1p(draw.random(count) * whole) / rate * DAYS_A_YEAR
    return np.sort(first + since.astype(np.int32)).astype(np.int32).clip(first, last)


def sent_on(force: int, wanted: WantedNation) -> tuple[Column, SentOn]:
    """Which of a force's own reports it sends on, and what becomes of them at the other end."""
    days, draw, shapes = (
        _own_days(force, wanted),
        stream(wanted.seed, FORCE, force, "transfers"),
        scenario()["transfers"],
    )
    goes = happens(draw, shapes["share"], len(days))
    day = days[goes]
    count = len(day)
    sent = day + lags(draw, shapes["days_until_sent"], count)
    is_acknowledged = happens(draw, shapes["acknowledged"], count)
    acknowledged = np.where(is_acknowledged, sent + lags(draw, shapes["days_until_acknowledged"], count), NEVER)
    silently = happens(draw, shapes["taken_in_without_a_word"], count)
    arrives = np.minimum(sent + between(draw, 0, 3, count), acknowledged)
    return goes, SentOn(day, sent, acknowledged, np.where(is_acknowledged | silently, arrives, NEVER))


def received(force: int, wanted: WantedNation) -> Received:
    """All that a force received in the period, by day."""
    days = _own_days(force, wanted)
    goes, _ = sent_on(force, wanted)
    _, theirs = sent_on(neighbour(force), wanted)
    draw, shapes = stream(wanted.seed, FORCE, force, "reports"), scenario()["reports"]
    came = np.flatnonzero(theirs.taken_in <= wanted.days[1])
    vague = happens(draw, shapes["known_to_the_month"], len(days)) & ~goes
    days = np.where(vague, _last_of_month(days), days)
    day = np.concatenate([days, theirs.taken_in[came]])
    order = np.argsort(day, kind="stable")
    day = day[order].astype(np.int32)
    leaves = np.concatenate([np.where(goes, np.cumsum(goes) - 1, -1), np.full(len(came), -1)])[order]
    came_from = np.concatenate([np.full(len(days), -1), came])[order]
    count = len(day)
    repeats = _repeats(draw, shapes["duplicates"], (leaves < 0) & (came_from < 0))
    of_another = repeats >= 0
    concern, network = chosen(draw, shapes["concern"], count), chosen(draw, shapes["network"], count)
    concern = np.where(of_another, concern[repeats], concern)
    about = _children(stream(wanted.seed, FORCE, force, "children"), shapes, day, repeats)
    # Where a child lives is of the child: reports about the same one lie in the same area.
    council = between(draw, 0, scenario()["councils_a_force"] - 1, count)[about["child"][:count]]
    return Received(
        force=force,
        day=day,
        to_the_month=np.concatenate([vague, np.zeros(len(came), dtype=bool)])[order],
        repeats=repeats,
        sent_on=leaves,
        came_from=came_from,
        concern=concern,
        network=network,
        **about,
        council=council,
    )


def _repeats(draw: np.random.Generator, share: float, may: Column) -> Column:
    """The place of the report that each repeats, or -1: one that came shortly before, and repeats none itself."""
    count = len(may)
    drawn = happens(draw, share, count)
    before = np.arange(count) - between(draw, 1, DUPLICATE_REACH, count)
    there = np.maximum(before, 0)
    return np.where(drawn & may & (before >= 0) & ~drawn[there] & may[there], before, -1)


def _children(draw: np.random.Generator, shapes: Any, day: Column, repeats: Column) -> dict[str, Column]:
    """Who each report is about: a child reported before, or one not known until then; in some a second child."""
    count, people = len(day), scenario()["people"]
    seconds = np.flatnonzero(happens(draw, shapes["two_children"], count) & (repeats < 0))
    report = np.concatenate([np.arange(count), seconds])
    ages = people["age_of_the_child"]
    age = np.array(list(ages))[chosen(draw, ages, len(report))].astype(np.int32)
    long_past, occurred = _occurred(draw, shapes, day, age[:count])
    occurred = np.where(repeats >= 0, occurred[repeats], occurred)
    born = month_of(occurred[report]) - age * 12 - between(draw, 1, 10, len(report))
    own = np.arange(len(report))
    known = happens(draw, shapes["about_a_child_known_already"], count)
    earlier = (draw.random(count) * np.arange(count)).astype(np.int64)
    before = own.copy()
    before[:count] = np.where(known & (repeats < 0), earlier, own[:count])
    before[:count] = np.where(repeats >= 0, repeats, before[:count])
    child = roots(before)
    at_the_time = (month_of(occurred[report]) - born[child]) // 12
    fits = (at_the_time >= YOUNGEST) & (at_the_time < OF_AGE) & ~(long_past[report] | long_past[report[child]])
    # Who does not fit is another child, not known until then; a duplicate is about whom its first report is about.
    child = np.where(fits, child, own)
    child[:count] = np.where(repeats >= 0, child[repeats], child[:count])
    return {
        "occurred": occurred,
        "child": child,
        "child_report": report,
        "child_age": ((month_of(occurred[report]) - born[child]) // 12).astype(np.int32),
        "born": born,
        "is_girl": happens(draw, people["girls"], len(report)),
        "never_believed": happens(draw, shapes["child_never_believed"], len(report)),
    }


def _occurred(draw: np.random.Generator, shapes: Any, day: Column, age: Column) -> tuple[Column, Column]:
    """Whether it was reported in adult life, and the day on which it first happened."""
    count, years = len(day), shapes["years_since_it_happened"]
    long_past = happens(draw, shapes["long_past"], count)
    long_ago = between(draw, int(years["least"] * 366), int(years["most"] * 365), count)
    # No further back than the child's own youth: what is longer ago is told of a later day.
    lately = np.minimum(lags(draw, shapes["days_since_it_happened"], count), 700)
    return long_past, (day - np.where(long_past, long_ago, lately)).astype(np.int32)


def _last_of_month(day: Column) -> Column:
    month = day.astype("datetime64[D]").astype("datetime64[M]")
    return ((month + 1).astype("datetime64[D]") - 1).astype(np.int32)


def month_of(day: Column) -> Column:
    """Months since 1970 of day numbers."""
    return day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)

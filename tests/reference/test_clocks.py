"""When a clock of working days is due, and how many have passed, with numpy's business days as the witness."""

from __future__ import annotations

import random
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
from ibis.backends.duckdb import Backend

from onrecord.engine import open_engine
from onrecord.pathways.clocks import Facts, clocks, run_clocks
from onrecord.settings import Settings
from onrecord.standard.working_days import bank_holidays, calendar

SEED, MADE = 20, 3000
FREE = np.array(bank_holidays(1990, 2049), "datetime64[D]")
BY_CODE = {clock.code: clock for clock in clocks()}


def _assessments(engine: Backend, spans: list[tuple[date, date | None]]) -> Facts:
    starts, ends = zip(*spans, strict=True)
    names = [f"{number}" for number in range(len(spans))]
    rows = pa.table(
        {
            "assessment_id": names,
            "report_id": names,
            "person_id": names,
            "agency_id": ["a"] * len(spans),
            "start_date": pa.array(starts, pa.date32()),
            "end_date": pa.array(ends, pa.date32()),
        }
    )
    agency = pa.table(
        {
            "agency_id": ["a"],
            "country": ["England"],
            "as_at": pa.array([date(2045, 1, 1)], pa.date32()),
            "covered_to": pa.array([None], pa.date32()),
        }
    )
    made = engine.create_table("assessment", rows, temp=True, overwrite=True)
    return Facts(engine.create_table("agency", agency, temp=True, overwrite=True), assessment=made)


def test_due_days_and_elapsed_days_are_those_of_numpy() -> None:
    chance = random.Random(SEED)
    first = date(2013, 4, 15)
    starts = [first + timedelta(chance.randrange(365 * 25)) for _ in range(MADE)]
    spans = [(day, day + timedelta(chance.choice((0, 1, 2, 60, 62, 63, 64, 65, 66, 70)))) for day in starts]
    with open_engine(Settings(threads=2)) as engine:
        found = engine.to_pyarrow(run_clocks(_assessments(engine, list(spans)), [BY_CODE["E-ASM-45WD"]])).to_pylist()
    rows = {int(row["thing_id"]): row for row in found}
    begins, ends = (np.array(days, "datetime64[D]") for days in zip(*spans, strict=True))
    # The working day on or before the start is day 0, so that the 45th after it is due.
    due = np.busday_offset(begins, 45, roll="backward", holidays=FREE)
    passed = np.busday_count(begins + 1, ends + 1, holidays=FREE)
    assert [rows[number]["due"] for number in range(MADE)] == list(due.astype(object))
    assert [rows[number]["elapsed"] for number in range(MADE)] == passed.tolist()
    assert [rows[number]["state"] for number in range(MADE)] == [
        "breached" if count > 45 else "met" for count in passed
    ]


def test_every_day_of_the_calendar_is_numpys() -> None:
    days = calendar()
    every = np.array([day.day for day in days], "datetime64[D]")
    assert [day.is_working for day in days] == np.is_busday(every, holidays=FREE).tolist()
    assert [day.number for day in days] == np.busday_count(every[0], every + 1, holidays=FREE).tolist()


def test_bank_holidays_that_were_moved_or_added_are_in() -> None:
    """As published on gov.uk/bank-holidays: the jubilee of 2022, the funeral of the Queen, the coronation, and the
    substitute days of Christmas 2021 and New Year 2022. Early May moved to the 8th in 2020."""
    days = set(bank_holidays(2020, 2023))
    added = [date(2022, 6, 2), date(2022, 6, 3), date(2022, 9, 19), date(2023, 5, 8)]
    moved = [date(2020, 5, 8), date(2021, 12, 27), date(2021, 12, 28), date(2022, 1, 3)]
    assert days.issuperset([*added, *moved])
    assert not days & {date(2020, 5, 4), date(2022, 5, 30)}

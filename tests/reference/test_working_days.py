"""Working days of England and Wales: Monday to Friday but for bank holidays, with numpy as the witness."""

from __future__ import annotations

import random
from datetime import date, timedelta

import holidays
import numpy as np
import pyarrow as pa

from onrecord.engine import open_engine
from onrecord.intake.check.row_forms import working_days
from onrecord.settings import Settings

FREE = sorted(holidays.country_holidays("GB", subdiv="ENG", years=range(2010, 2041)))
FIRST = date(2010, 1, 1)
MADE = 5000


def _counted(spans: list[tuple[date, date]]) -> list[int]:
    begins, ends = (pa.array(days, pa.date32()) for days in zip(*spans, strict=True))
    table = pa.table({"row": pa.array(range(len(spans)), pa.int64()), "begins": begins, "ends": ends})
    with open_engine(Settings(threads=2)) as engine:
        rows = engine.create_table("spans", table, temp=True)
        found = rows.select("row", days=working_days(rows.begins, rows.ends)).order_by("row").to_pyarrow().to_pydict()
    return list(found["days"])


def _by_numpy(spans: list[tuple[date, date]]) -> list[int]:
    """After the first day, up to and with the last."""
    day = timedelta(1)
    begins, ends = (
        np.array(days, "datetime64[D]") for days in zip(*((a + day, b + day) for a, b in spans), strict=True)
    )
    return [int(count) for count in np.busday_count(begins, ends, holidays=np.array(FREE, "datetime64[D]"))]


def test_spans_of_any_length() -> None:
    chance = random.Random(45)
    begins = [FIRST + timedelta(chance.randrange(365 * 30)) for _ in range(MADE)]
    spans = [(day, day + timedelta(chance.choice((0, 1, 2, 3, 7, 45, 63, 200)))) for day in begins]
    assert _counted(spans) == _by_numpy(spans)


def test_every_day_around_holidays() -> None:
    """Every pair of days from a week before Christmas to a week after New Year, and around Easter, over ten years."""
    middles = [date(year, 12, 28) for year in range(2018, 2028)] + [
        day for day in FREE if day.month in (3, 4) and 2018 <= day.year < 2028
    ]
    spans = [
        (middle + timedelta(first), middle + timedelta(first + length))
        for middle in middles
        for first in range(-10, 10)
        for length in range(12)
    ]
    assert _counted(spans) == _by_numpy(spans)


def test_known_limits() -> None:
    """45 working days from Monday 8 January 2024 end on 11 March, 15 on the 29th; Easter takes two days."""
    monday = date(2024, 1, 8)
    assert _counted([(monday, date(2024, 3, 11)), (monday, date(2024, 1, 29)), (monday, monday)]) == [45, 15, 0]
    assert _counted([(date(2024, 3, 27), date(2024, 4, 2))]) == [2]

"""The check digits of NHS numbers and the check letters of unique pupil numbers, with python-stdnum as the witness."""

from __future__ import annotations

import random

import pyarrow as pa
import pytest
from stdnum.gb import nhs, upn

from onrecord.engine import open_engine
from onrecord.intake.check import Sent, View
from onrecord.intake.check.lookups import Lookups
from onrecord.intake.check.row_forms import Subject, checksum
from onrecord.settings import Settings
from onrecord.standard.records import table_named

MADE = 4000
LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"


def _wrong(field: str, numbers: list[str]) -> list[bool]:
    """What the rule says of numbers of the right form."""
    table = pa.table({"row": pa.array(range(len(numbers)), pa.int64()), field: pa.array(numbers, pa.string())})
    with open_engine(Settings(threads=2)) as engine:
        rows = engine.create_table("numbers", table, temp=True)
        view, sent = View(table_named("identity"), rows), Sent({})
        judged = checksum(Subject(view, field, sent, Lookups(sent, view)), field)
        found = rows.select("row", applies=judged.applies, fails=judged.fails).order_by("row").to_pyarrow().to_pydict()
    assert all(found["applies"])
    return list(found["fails"])


def test_nhs_numbers() -> None:
    chance = random.Random(9)
    nine = [f"{chance.randrange(10**9):09}" for _ in range(MADE // 10)]
    numbers = [first + digit for first in nine for digit in "0123456789"]
    assert _wrong("nhs_number", numbers) == [not nhs.is_valid(number) for number in numbers]


@pytest.mark.parametrize("last", ["digit", "letter"])
def test_unique_pupil_numbers(last: str) -> None:
    """The witness also asks that digits 2 to 4 name an authority it knows: its arithmetic alone is asked here."""
    chance = random.Random(13)
    ends = "0123456789" if last == "digit" else LETTERS
    bodies = [f"{chance.randrange(10**11):011}{chance.choice(ends)}" for _ in range(MADE // 20)]
    numbers = [letter + body for body in bodies for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"]
    assert _wrong("upn", numbers) == [upn.calc_check_digit(number[1:]) != number[0] for number in numbers]


def test_a_letter_that_stands_in_no_number() -> None:
    bodies = [f"1234567890{digit}{letter}" for digit in range(10) for letter in "IOS"]
    assert all(_wrong("upn", [letter + body for body in bodies for letter in LETTERS]))

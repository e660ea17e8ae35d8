"""Figures hang together as they say, or they are not made."""

from __future__ import annotations

from typing import Any

import pytest

from onrecord.errors import DoesNotBalance
from onrecord.figures import About, Figures, figures_from_rows


def made(row: dict[str, Any], unit: str = "report", **how: Any) -> Figures:
    about = About("made up", unit, "cohort", "2014-07-01", "1.1.0", "records")
    return figures_from_rows(about, ("area",), "a", ("b", "c"), [{"area": "North", **row}], ("d", "e"), **how)


def test_stages_may_stay_and_may_not_grow() -> None:
    assert made({"a": 5, "b": 5, "c": 0, "d": 9, "e": 9}, identity="nested").identity == "nested"
    with pytest.raises(DoesNotBalance, match="North: 3 reached 'c' and only 2 the stage before, 'b'"):
        made({"a": 5, "b": 2, "c": 3, "d": 0, "e": 0}, identity="nested")


def test_a_stage_that_is_not_reported_is_passed_over() -> None:
    made({"a": 5, "b": None, "c": 5, "d": 0, "e": 0}, identity="nested")
    with pytest.raises(DoesNotBalance):
        made({"a": 5, "b": None, "c": 6, "d": 0, "e": 0}, identity="nested")


def test_what_comes_in_adds_up_to_the_same_as_what_goes_out() -> None:
    made({"a": 5, "b": 2, "c": 3, "d": 4, "e": 1}, also=("d", "e"))
    with pytest.raises(DoesNotBalance, match="the parts add up to 6 and the total is 5"):
        made({"a": 5, "b": 2, "c": 3, "d": 4, "e": 2}, also=("d", "e"))


@pytest.mark.parametrize("unit", ["child", "suspect"])
def test_people_are_never_summed(unit: str) -> None:
    with pytest.raises(ValueError, match="made anew at each level"):
        made({"a": 5, "b": 2, "c": 3, "d": 0, "e": 0}, unit).added()

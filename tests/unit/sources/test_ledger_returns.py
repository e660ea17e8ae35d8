"""Ledger returns become figures as they were sent: balanced or refused, never mended, never called public."""

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from onrecord.errors import DoesNotBalance, FileRefused
from onrecord.figures import Figures
from onrecord.sources.ledger_returns import ledger_return_figures
from onrecord.standard import codelists
from onrecord.standard.records import LEDGER_RETURN
from onrecord.standard.rules import sound_example

# Avon and Somerset, class 88A, 2021/22 (FOI 1247-22, November 2022), each outcome at its standing: 244 in all.
CLASS_88A = {
    "prosecuted": 23, "out_of_court": 3, "diverted": 1, "live": 53, "unaccounted": 0, "transferred": 2,
    "no_further_action": 161, "not_a_crime": 1,
}  # fmt: skip


def row(**changes: Any) -> dict[str, Any]:
    """The row of the standard's own example, as text."""
    return {**sound_example().rows["ledger_return"][0], **changes}


def figures(*rows: dict[str, Any]) -> Figures:
    return ledger_return_figures(rows, "2024-02-15T00:00:00Z")


def test_a_row_becomes_a_row_of_figures_with_the_duplicates_beside_the_sum() -> None:
    made = figures(row(agency_id="metropolitan"))
    (only,) = made.rows()
    assert (only["area"], only["agency"]) == ("Metropolitan Police", "Metropolitan Police Service")
    assert (only["month"], only["as_at"], only["definition_version"]) == ("2024-01", "2024-01-31", "CSE-2017-ENG")
    assert (only["received"], only["live"], only["duplicates"]) == (20, 16, 1)
    assert made.parts == codelists.standing_keys()
    assert made.memo == ("duplicates",)


def test_the_figures_say_that_the_agency_counted_and_that_no_record_is_behind_them() -> None:
    about = figures(row()).about
    assert (about.unit, about.basis, about.origin, about.records) == ("report", "cohort", "agency counts", None)
    assert "no record is behind them" in about.notes[0]


def test_an_agency_outside_the_list_is_its_own_area_without_a_code() -> None:
    (only,) = figures(row(agency_id="Example Council")).rows()
    assert (only["area"], only["area_code"], only["agency_id"]) == ("Example Council", None, "Example Council")


def test_a_force_may_be_written_by_its_name_and_is_still_one_agency() -> None:
    with pytest.raises(FileRefused, match="two rows for 2024-01"):
        figures(row(agency_id="metropolitan"), row(agency_id="Metropolitan Police Service"))


def test_a_table_of_values_gives_the_same_figures_as_text() -> None:
    typed = {
        name: int(value) if LEDGER_RETURN.field_named(name).type == "integer" else value
        for name, value in row().items()
    }
    table = pa.Table.from_pylist([typed | {"as_at": date(2024, 1, 31)}])
    assert ledger_return_figures(table, "2024-02-15T00:00:00Z") == figures(row())


def test_the_order_of_the_rows_does_not_matter_and_months_add() -> None:
    months = [row(month="2024-02"), row(), row(agency_id="another")]
    assert figures(*months) == figures(*reversed(months))
    (all_three,) = figures(*months).added(["definition_version"]).rows()
    assert (all_three["received"], all_three["duplicates"]) == (60, 3)


def test_cells_that_sum_to_244_under_a_printed_245_are_refused() -> None:
    cells = row(**CLASS_88A, received="244")
    assert figures(cells).rows()[0]["received"] == 244
    with pytest.raises(DoesNotBalance, match="add up to 244 and the total is 245"):
        figures(cells | {"received": "245"})


@pytest.mark.parametrize("blank", ["", None])
@pytest.mark.parametrize("name", LEDGER_RETURN.columns)
def test_a_blank_is_no_zero(name: str, blank: str | None) -> None:
    with pytest.raises(FileRefused, match=f"Row 1 has no {name}.*a zero is written as 0"):
        figures(row(**{name: blank}))


@pytest.mark.parametrize("wrong", ["-1", "c", "1.5", "about 10", "1,000", "٣", True])
def test_what_is_no_count_is_refused_and_never_quoted(wrong: Any) -> None:
    with pytest.raises(FileRefused) as refused:
        figures(row(agency_id="another"), row(live=wrong))
    assert str(refused.value) == "Row 2: live is no count. Write a whole number from 0 on, without signs or words."


def test_no_rows_are_figures_without_rows() -> None:
    assert figures().rows() == []

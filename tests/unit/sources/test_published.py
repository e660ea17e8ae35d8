"""Published figures are as they were published, and only `sources` may call figures public."""

from __future__ import annotations

import re
from pathlib import Path

import onrecord
from onrecord.sources import published

PACKAGE = Path(onrecord.__file__).parent


def test_rotherham_is_a_flow_whose_remainder_is_marked_as_derived() -> None:
    figures = published.rotherham()
    (row,) = figures.rows()
    counts = {name: row[name] for name in (figures.total, *figures.parts)}
    assert counts == {
        "received": 157, "prosecuted": 9, "out_of_court": 2, "no_further_action": 7, "live": 32,
        "no_result_stated": 107,
    }  # fmt: skip
    assert (figures.about.basis, figures.about.derived, figures.about.origin) == ("flow", True, "public")
    assert [count.key for count in published.rotherham_counts() if count.derived] == ["no_result_stated"]


def test_the_ratio_is_called_a_ratio_and_has_no_interval() -> None:
    ratio = published.rotherham_ratio()
    assert (ratio.above, ratio.below, ratio.percent) == (9, 157, 5.7)
    assert "two different groups" in ratio.says
    assert not [name for name in vars(ratio) if "interval" in name or name in ("low", "high")]


def test_six_operations_are_judged_one_led_to_convictions_and_the_seventh_is_not_judged() -> None:
    operations = published.operations()
    assert len(operations) == 7
    judged = [operation for operation in operations if operation.judged]
    assert len(judged) == 6
    assert [operation.name for operation in judged if operation.convictions] == ["Operation Central"]
    assert [operation.convictions for operation in operations if not operation.judged] == [None]


def test_thirty_seven_forces_and_two_bodies_that_report_no_outcomes() -> None:
    by_force = published.police_uk_by_force()
    rows = {row["area"]: row for row in by_force.figures.rows()}
    assert len(rows) == 37
    assert by_force.not_reported == {"British Transport Police": 3282, "Police Service of Northern Ireland": 8857}
    assert len(by_force.missing) == 6
    shares = {area: row["unaccounted"] / row["received"] for area, row in rows.items()}
    assert (min(shares, key=lambda area: shares[area]), max(shares, key=lambda area: shares[area])) == (
        "Merseyside", "Northumbria",
    )  # fmt: skip
    assert [round(100 * share, 1) for share in (shares["Merseyside"], shares["Northumbria"])] == [0.5, 54.6]


def test_only_sources_marks_figures_as_public() -> None:
    """The word stands as an origin in one room; elsewhere it is compared with, never written."""
    written = re.compile(r"About\([^)]*[\"']public[\"']", re.DOTALL)
    found = {path.relative_to(PACKAGE).parts[0] for path in PACKAGE.rglob("*.py") if written.search(path.read_text())}
    assert found == {"sources"}

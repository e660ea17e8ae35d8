"""Downloads: symbols that cannot be taken for numbers, and no cell that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
import json

import pytest

from onrecord.disclosure.policy import policy_named
from onrecord.disclosure.safe import SafeFigures, already_public, protect
from onrecord.errors import NotSafe
from onrecord.figures import About, Figures, figures_from_rows
from onrecord.publish.site import period_ratio
from onrecord.publish.tables import Download, as_csv, as_json
from onrecord.standard import codelists


def ledger(*rows: dict[str, object], level: str = "agency") -> Figures:
    """A ledger by agency from the counts that matter; the others are zero."""
    keys = ["nation", "agency", "agency_id", "level", "as_at"]
    full = []
    for number, row in enumerate(rows):
        counts = {key: row.get(key, 0) for key in codelists.standing_keys()}
        named = {
            "nation": "N",
            "agency": f"A{number}",
            "agency_id": f"I{number}",
            "level": level,
            "as_at": "2020-01-01",
        }
        full.append({**named, **row, **counts, "received": sum(counts.values())})  # type: ignore[arg-type]
    about = About("ledger", "report", "cohort", "now", "1.0.0", "records", records=1)
    return figures_from_rows(about, keys, "received", codelists.standing_keys(), full)


def safe(*rows: dict[str, object], level: str = "agency") -> SafeFigures:
    return protect(ledger(*rows, level=level), policy_named(), "nation", {"nation": "N", "agency": "N"})


def test_safe_figures_cannot_be_made_by_hand() -> None:
    made = safe({"prosecuted": 20, "unaccounted": 30}, {"prosecuted": 40, "unaccounted": 50})
    with pytest.raises(TypeError, match="disclosure control alone"):
        SafeFigures(made.about, made.keys, made.total, made.parts, made.rows, made.sum_row, made.policy, made.says)


def test_figures_made_from_records_are_never_already_public() -> None:
    with pytest.raises(NotSafe, match="protected first"):
        already_public(ledger({"prosecuted": 20}))


def test_nothing_small_nothing_hidden() -> None:
    made = safe({"prosecuted": 20, "unaccounted": 30}, {"prosecuted": 40, "unaccounted": 50})
    assert made.suppressed == 0
    assert made.sum_row is not None
    assert (made.sum_row["received"], made.sum_row["prosecuted"], made.sum_row["level"]) == (140, 60, "nation")


def test_a_small_count_takes_company_and_zeros_stay() -> None:
    made = safe(
        {"prosecuted": 3, "unaccounted": 30},
        {"prosecuted": 40, "unaccounted": 50},
        {"prosecuted": 9, "unaccounted": 60},
    )
    hidden = [(row["agency"], name) for row in made.rows for name in made.parts if row[name] is None]
    assert ("A0", "prosecuted") in hidden
    assert len(hidden) >= 4
    assert all(row["diverted"] == 0 for row in made.rows)
    assert all(row["received"] is not None for row in made.rows)


def test_received_and_unaccounted_of_a_force_are_shown_however_small() -> None:
    made = safe(
        {"no_further_action": 900, "prosecuted": 80, "unaccounted": 2},
        {"no_further_action": 700, "prosecuted": 70, "unaccounted": 3},
        level="force",
    )
    assert [row["unaccounted"] for row in made.rows] == [2, 3]
    assert made.suppressed == 0


def test_standings_are_merged_before_a_total_goes() -> None:
    made = safe({"prosecuted": 40, "out_of_court": 2, "unaccounted": 30}, {"prosecuted": 50, "unaccounted": 20})
    assert "formal_action" in made.parts
    assert made.suppressed == 0
    assert any("merged" in sentence for sentence in made.says)


def test_the_smallest_agencies_stand_together() -> None:
    small = [{"prosecuted": 2, "unaccounted": 4} for _ in range(4)]
    made = safe({"prosecuted": 40, "unaccounted": 60}, *small)
    assert [row["agency"] for row in made.rows] == ["A0", "4 other agencies, together"]
    assert made.rows[1]["received"] == 24


def test_a_suppressed_cell_is_a_symbol_in_csv_and_json() -> None:
    made = safe(
        {"prosecuted": 3, "unaccounted": 30}, {"prosecuted": 40, "unaccounted": 50}, {"prosecuted": 9, "unaccounted": 6}
    )
    download = Download("ledger", "A ledger", made)
    rows = list(csv.DictReader(io.StringIO(as_csv(download))))
    assert rows[0]["prosecuted"] == "[c]"
    assert rows[0]["diverted"] == "0"
    loaded = json.loads(as_json(download))
    assert loaded["rows"][0]["prosecuted"] == "[c]"
    assert loaded["about"]["disclosure_policy"] == "dfe-cin"
    assert loaded["about"]["basis"] == "cohort"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@A1", "\tx"])
def test_a_name_that_begins_like_a_formula_is_led_by_a_quote(text: str) -> None:
    written = as_csv(Download("list", "A list", [{"name": text}]))
    (row,) = csv.DictReader(io.StringIO(written))
    assert row["name"] == f"'{text}"


def test_the_period_ratio_is_the_closed_form() -> None:
    """Witness: the worked value in the statistics note, p = 10 %, lambda = 0.5, g = 0.3: 6.25 %."""
    assert period_ratio(0.10, 0.5, 0.3) == pytest.approx(0.0625)
    assert period_ratio(0.10, 0.5, 0.0) == pytest.approx(0.10)

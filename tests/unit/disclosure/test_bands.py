"""Bands of time: as many as can be shown with none small; or none, with the reason."""

from __future__ import annotations

from itertools import product

import pytest

from onrecord.disclosure.policy import policy_named
from onrecord.disclosure.safe import SafeFigures, protect_bands
from onrecord.errors import NotSafe
from onrecord.figures import About, figures_from_rows

POLICY = policy_named()
SETTLED = ("settled_0_7", "settled_8_28", "settled_29_on")
OPEN = ("open_0_6", "open_7_on")


def protected(settled: tuple[int, ...], still_open: tuple[int, ...], doubt: int = 0, lost: int = 0) -> SafeFigures:
    counts = dict(zip((*SETTLED, *OPEN, "day_in_doubt"), (*settled, *still_open, doubt), strict=True))
    row = {"nation": "Northland", "received": sum(counts.values()), **counts}
    about = About("time to outcome", "report", "cohort", "now", "1.1.0", "records", records=row["received"])
    figures = figures_from_rows(about, ("nation",), "received", tuple(counts), [row])
    return protect_bands(figures, POLICY, [SETTLED, OPEN], [sum(settled) + lost, sum(still_open)])


def shown(*counts: tuple[int, ...]) -> dict[str, int]:
    safe = protected(*counts)
    return {name: safe.rows[0][name] for name in safe.parts}


def test_bands_that_are_not_small_stay_apart() -> None:
    assert shown((20, 30, 40), (50, 60)) == {
        "settled_0_7": 20, "settled_8_28": 30, "settled_29_on": 40, "open_0_6": 50, "open_7_on": 60
    }  # fmt: skip
    assert "No band is so small." in protected((20, 30, 40), (50, 60)).says


def test_a_small_band_stands_with_its_neighbour_and_the_early_ones_stay_apart() -> None:
    assert shown((20, 3, 40), (50, 60)) == {"settled_0_7": 20, "settled_8_on": 43, "open_0_6": 50, "open_7_on": 60}
    assert "Bands of days stand merged, so that none is so small." in protected((20, 3, 40), (50, 60)).says


def test_zero_is_no_small_count() -> None:
    assert shown((0, 30, 40), (0, 60))["settled_0_7"] == 0


def test_two_small_bands_that_make_a_large_one_stand_together() -> None:
    assert shown((4, 4, 40), (50, 60)) == {"settled_0_28": 8, "settled_29_on": 40, "open_0_6": 50, "open_7_on": 60}


def test_whatever_the_counts_nothing_small_is_shown_and_nothing_is_lost() -> None:
    few = (0, 2, POLICY.suppress_to, POLICY.suppress_to + 1)
    for settled in product(few, repeat=3):
        try:
            found = shown(settled, (50, 60))
        except NotSafe:
            assert POLICY.suppress_from <= sum(settled) <= POLICY.suppress_to
            continue
        assert sum(found.values()) == sum(settled) + 110
        assert not any(POLICY.suppress_from <= count <= POLICY.suppress_to for count in found.values())


def test_too_few_in_all_bands_together_are_not_shown() -> None:
    with pytest.raises(NotSafe, match="So few are in all bands together"):
        protected((1, 2, 0), (50, 60))


def test_a_total_that_is_not_the_one_published_beside_is_refused() -> None:
    with pytest.raises(NotSafe, match="not those that are published beside"):
        protected((20, 30, 40), (50, 60), lost=1)


def test_a_report_in_no_band_is_refused() -> None:
    with pytest.raises(NotSafe, match="lie in no band"):
        protected((20, 30, 40), (50, 60), doubt=7)

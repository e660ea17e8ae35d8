"""Intervals at the edges, where no transformation has one."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import beta, binomtest

from onrecord.errors import WrongWords
from onrecord.incidence.intervals import FORMS, ON_REST, ON_SHARE, interval


def test_none_of_so_many_is_clopper_and_pearson() -> None:
    found = interval(np.zeros(2), np.zeros(2), np.array([30.0, 30.9]))
    # scipy's own exact interval is the witness; a part of a case is no case.
    assert found.high.tolist() == pytest.approx([binomtest(0, 30).proportion_ci().high] * 2)
    assert found.low.tolist() == [0, 0]
    assert found.is_exact.all()


def test_all_of_so_many_is_clopper_and_pearson() -> None:
    found = interval(np.ones(1), np.zeros(1), np.array([12.0]), ON_REST, 0.9)
    assert found.low[0] == pytest.approx(beta.ppf(0.05, 12, 1))
    assert found.high[0] == 1


def test_nobody_watched_is_nothing_known() -> None:
    found = interval(np.array([0.0, 1.0]), np.zeros(2), np.zeros(2))
    assert (found.low.tolist(), found.high.tolist()) == ([0, 0], [1, 1])


def test_the_two_forms_are_each_others_mirror() -> None:
    share, error = np.array([0.2]), np.array([0.05])
    one = interval(share, error, np.array([60.0]), ON_SHARE)
    other = interval(1 - share, error, np.array([60.0]), ON_REST)
    assert one.low[0] == pytest.approx(1 - other.high[0])
    assert one.high[0] == pytest.approx(1 - other.low[0])
    assert not one.is_exact[0]


@pytest.mark.parametrize(("form", "level"), [("wald", 0.95), (ON_SHARE, 95.0), (ON_SHARE, 0.0)])
def test_words_that_make_no_sense(form: str, level: float) -> None:
    with pytest.raises(WrongWords):
        interval(np.zeros(1), np.zeros(1), np.ones(1), form, level)


def test_every_form_has_a_name_of_its_own() -> None:
    assert len(set(FORMS.values())) == len(FORMS) == 2

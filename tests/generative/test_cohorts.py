"""Cohorts of any shape: engine and curves of all groups at once agree with the slow, plain way.

Ties and delayed entry are in; nothing is lost, and shares add up to one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onrecord.engine import Engine, arrow_table, open_engine
from onrecord.incidence import curves as of_curves
from onrecord.incidence.counts import ENTERED, LIVE, Counts, counts_from
from onrecord.incidence.curves import curves
from onrecord.incidence.estimates import estimates
from onrecord.incidence.gray import gray
from onrecord.measures.cohorts import counted
from onrecord.settings import Settings
from tests.generative.cohort_oracle import Case, is_rising, told

OUTCOMES = ["charged", "closed", "withdrawn"]
TIMES = [0.0, 1.0, 3.0, 4.5, 7.0, 12.0, 30.0]
CLOSE = 1e-10


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with open_engine(Settings(threads=2)) as opened:
        yield opened


@st.composite
def a_case(draw: st.DrawFn) -> Case:
    """Few days, so that there are ties; some enter late, some on a half day, some are live."""
    entry = draw(st.sampled_from([0.0, 0.0, 0.0, 1.0, 2.0, 5.0, 6.5]))
    stays = draw(st.integers(0 if entry == 0 else 1, 9))
    outcome = draw(st.sampled_from([None, *OUTCOMES]))
    return Case(draw(st.sampled_from("ABC")), entry, entry + stays, outcome)


COHORTS = st.lists(a_case(), min_size=1, max_size=40)


def counts_of(engine: Engine, cases: list[Case]) -> Counts:
    rows = pa.table(
        {
            "area": pa.array([case.group for case in cases]),
            "entry": pa.array([case.entry or None for case in cases], pa.float64()),
            "exit": pa.array([case.exit for case in cases], pa.float64()),
            "outcome": pa.array([case.outcome for case in cases], pa.string()),
        }
    )
    engine.create_table("cases", arrow_table(rows), temp=True, overwrite=True)
    return counted(engine.table("cases"), ["area"])


def directly(cases: list[Case]) -> Counts:
    """The same counts without an engine."""
    groups = sorted({case.group for case in cases})
    outcomes = sorted({case.outcome for case in cases if case.outcome is not None})
    rows = [
        (groups.index(case.group), case.exit, LIVE if case.outcome is None else outcomes.index(case.outcome))
        for case in cases
    ]
    rows += [(groups.index(case.group), case.entry, ENTERED) for case in cases if case.entry]
    group, time, what = (np.array(column) for column in zip(*rows, strict=True))
    from_start = [sum(1 for case in cases if case.group == each and not case.entry) for each in groups]
    ones = np.ones(len(rows), dtype=np.int64)
    return counts_from(groups, outcomes, group, time.astype(float), what, ones, np.array(from_start))


@given(cases=COHORTS, minimum=st.integers(1, 6))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_engine_and_oracle_agree(engine: Engine, cases: list[Case], minimum: int) -> None:
    counts = counts_of(engine, cases)
    found = estimates(curves(counts, minimum), TIMES)
    assert int(counts.cases.sum()) == len(cases) == int(counts.left.sum())
    for place, group in enumerate(counts.groups):
        own = [case for case in cases if case.group == group]
        for at, time in enumerate(TIMES):
            plain = told(own, list(counts.outcomes), time, minimum)
            assert found.at_risk[place, at] == plain.at_risk
            assert (str(found.reason[place, at]) or None) == plain.reason
            if plain.reason is not None:
                assert np.isnan(found.estimate[place, at]).all()
                continue
            shares = found.estimate[place, at].tolist()
            assert shares == pytest.approx(list(plain.shares.values()), abs=CLOSE)
            assert (found.std_error[place, at] ** 2).tolist() == pytest.approx(
                list(plain.variances.values()), abs=CLOSE
            )
            for share, high in zip(shares, found.high[place, at].tolist(), strict=True):
                if share == 0:
                    assert high == pytest.approx(1 - 0.025 ** (1 / max(1, int(plain.effective + 1e-9))), abs=CLOSE)
            assert sum(shares) + plain.still_open == pytest.approx(1, abs=CLOSE)


@given(cases=COHORTS, minimum=st.integers(1, 6))
@settings(max_examples=100, deadline=None)
def test_shares_add_up_never_fall_and_lie_in_their_intervals(cases: list[Case], minimum: int) -> None:
    found = curves(directly(cases), minimum)
    assert (found.share.sum(axis=1) + found.still_open).tolist() == pytest.approx([1.0] * len(found.still_open))
    read = estimates(found, TIMES)
    known = ~np.isnan(read.estimate)
    assert (read.low[known] <= read.estimate[known] + CLOSE).all()
    assert (read.high[known] >= read.estimate[known] - CLOSE).all()
    assert ((read.low[known] >= 0) & (read.high[known] <= 1)).all()
    for group in range(len(found.counts.groups)):
        own = slice(found.counts.first[group], found.counts.first[group + 1])
        for outcome in range(len(found.counts.outcomes)):
            assert is_rising(found.share[own, outcome].tolist())


@given(cases=COHORTS)
@settings(max_examples=60, deadline=None)
def test_a_group_is_told_the_same_whoever_else_is_there(cases: list[Case]) -> None:
    together = estimates(curves(directly(cases)), TIMES).rows()
    for group in {case.group for case in cases}:
        own = [case for case in cases if case.group == group]
        alone = estimates(curves(directly(own)), TIMES).rows()
        outcomes = {row["outcome"] for row in alone}
        assert [row for row in together if row["group"] == group and row["outcome"] in outcomes] == alone


@given(cases=COHORTS)
@settings(max_examples=60, deadline=None)
def test_grids_of_any_size_give_the_same(cases: list[Case]) -> None:
    counts = directly(cases)
    whole = curves(counts, 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(of_curves, "MOST_CELLS", 1)
        one_by_one = curves(counts, 1)
    for name in ("still_open", "share", "variance", "effective"):
        assert getattr(whole, name).tolist() == getattr(one_by_one, name).tolist()


@given(cases=COHORTS, factor=st.sampled_from([2, 5]))
@settings(max_examples=60, deadline=None)
def test_grays_test_is_a_chi_square_that_knows_no_order_of_groups(cases: list[Case], factor: int) -> None:
    renamed = [replace(case, group={"A": "Z", "B": "B", "C": "A"}[case.group]) for case in cases]
    one, other = gray(directly(cases), 1), gray(directly(renamed), 1)
    for test, again in zip(one, other, strict=True):
        assert (test.statistic is None) == (again.statistic is None)
        if test.statistic is not None and again.statistic is not None:
            assert test.statistic >= -CLOSE
            assert again.statistic == pytest.approx(test.statistic, rel=1e-6, abs=1e-9)
            assert test.p is not None
            assert 0 <= test.p <= 1


@given(cases=COHORTS)
@settings(max_examples=30, deadline=None)
def test_grays_test_finds_no_difference_between_a_group_and_itself(cases: list[Case]) -> None:
    twins = [replace(case, group=twin) for case in cases for twin in ("one", "other")]
    for test in gray(directly(twins), 1):
        assert test.statistic is None or test.statistic == pytest.approx(0, abs=1e-9)

"""Cumulative incidence against R's survival, etm and cmprsk, and against what their authors printed."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from onrecord import actions
from onrecord.actions import Wanted
from onrecord.incidence.curves import Curves, curves
from onrecord.incidence.estimates import Estimates, estimates, time_lost
from onrecord.incidence.intervals import ON_REST, ON_SHARE
from onrecord.incidence.periods import steady_period_ratio
from tests.reference.competing_risks import HERE, by_column, counts, numbers, rows
from tests.unit.factories import SETTINGS

COMPUTED, PRINTED = 1e-9, 5e-8
CIF = rows("cif.csv")
FORMS = {"cloglog log(-log(1-F))": ON_REST, "log(-log F)": ON_SHARE}
Expected = dict[str, str]


def of(*datasets: str) -> list[tuple[str, str]]:
    """The data sets with each way they are cut into groups."""
    return sorted({(row["dataset"], row["group"].split("=")[0]) for row in CIF if row["dataset"] in datasets})


def expected(dataset: str, cut: str) -> list[Expected]:
    found = [row for row in CIF if row["dataset"] == dataset and row["group"].split("=")[0] == cut]
    assert len(found) > 20
    return found


def at_one(found: Curves, row: Expected, form: str = ON_SHARE) -> dict[str, float | None]:
    """What ours says at the place of one of their rows."""
    read = estimates(found, [float(row["time"])], form).rows()
    return next(each for each in read if (each["group"], each["outcome"]) == (row["group"], row["cause"]))


def check_estimates_and_errors(found: Curves, dataset: str, theirs: list[Expected]) -> None:
    compared = 0
    for row in theirs:
        ours = at_one(found, row)
        assert ours["estimate"] == pytest.approx(float(row["est"]), abs=COMPUTED)
        # cmprsk's error is Gray's own; survival's jackknife is another estimate where entry is delayed.
        is_greenwood = row["source"] == "etm::etm" or (row["source"] == "survival::survfit" and dataset != "abortion")
        if is_greenwood:
            assert ours["std_error"] == pytest.approx(float(row["se"]), abs=COMPUTED)
            compared += 1
    assert compared > 10


def check_intervals(found: Curves, theirs: list[Expected]) -> None:
    compared = {ON_REST: 0, ON_SHARE: 0}
    for row in theirs:
        if row["source"] != "etm::etm":
            continue
        form = FORMS[row["ci"]]
        ours = at_one(found, row, form)
        if 0 < float(row["est"]) < 1:
            assert ours["interval"] == form
            assert ours["low"] == pytest.approx(float(row["lower"]), abs=COMPUTED)
            assert ours["high"] == pytest.approx(float(row["upper"]), abs=COMPUTED)
            compared[form] += 1
        else:
            # etm leaves out, or gives no width: ours gives an exact bound and says so.
            assert ours["interval"] == "exact bound"
            assert ours["low"] == 0
            assert ours["high"] is not None
            assert 0 < ours["high"] < 1
    assert min(compared.values()) > 5


@pytest.mark.parametrize(("dataset", "cut"), of("abortion"))
def test_with_delayed_entry(dataset: str, cut: str) -> None:
    found = curves(counts(dataset, by_column(cut)))
    check_estimates_and_errors(found, dataset, expected(dataset, cut))
    check_intervals(found, expected(dataset, cut))


@pytest.mark.parametrize(("dataset", "cut"), of("mgus2", "bmt35"))
def test_with_censoring(dataset: str, cut: str, shared: Path) -> None:
    found = curves(counts(dataset, by_column(cut), shared))
    check_estimates_and_errors(found, dataset, expected(dataset, cut))
    check_intervals(found, expected(dataset, cut))


def test_every_row_of_the_table_is_compared() -> None:
    assert {row["dataset"] for row in CIF} == {"abortion", "mgus2", "bmt35"}
    assert {row["ci"] for row in CIF if row["source"] == "etm::etm"} == FORMS.keys()


PUBLISHED = [row for row in numbers("published.json") if "CIF cause" in row["quantity"]]


@pytest.mark.parametrize("row", PUBLISHED, ids=lambda row: f"{row['dataset']} {row['subset']} {row['quantity']}")
def test_what_the_authors_printed(row: dict[str, object]) -> None:
    dataset, subset, quantity = (str(row[name]) for name in ("dataset", "subset", "quantity"))
    cause, time = quantity.removeprefix("CIF cause ").split(" at t=")
    found = curves(counts(dataset, by_column(subset.split("=")[0])))
    place = {"group": subset, "cause": cause, "time": time}
    ours = at_one(found, place, ON_REST)
    for name, printed in (("estimate", "value"), ("std_error", "se"), ("low", "lower"), ("high", "upper")):
        if printed in row:
            assert ours[name] == pytest.approx(row[printed], abs=PRINTED)


def test_the_mean_time_in_each_state(shared: Path) -> None:
    # survival's survfit(rmean = 240), in months; (s0) is what is left of the horizon.
    found = curves(counts("mgus2", by_column("sex"), shared))
    lost = time_lost(found, 240)
    for row in rows("mgus2_rmean.csv"):
        group, state = row[next(iter(row))].split(", ")
        place = found.counts.groups.index(group)
        ours = 240 - lost[place].sum() if state == "(s0)" else lost[place, ["pcm", "death"].index(state)]
        assert ours == pytest.approx(float(row["rmean_months_to_240"]), abs=5e-7)


# ---------------------------------------------------------------- the made-up reports

AS_AT = date(2023, 12, 31)
DEMO = rows("cohort_demo_expected.csv")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], actions.Cohorts]:
    """The synthetic reports as a file of days, followed as the command follows them."""
    file = tmp_path_factory.mktemp("demo") / "reports.csv"
    text = (HERE / "cohort_demo.csv").read_text("utf-8")
    file.write_text(text.replace("report_date", "received", 1).replace("outcome_date", "settled", 1), "utf-8")

    def followed(form: str) -> actions.Cohorts:
        return actions.cohorts(file, Wanted(at=(90, 365, 730), form=form, as_at=AS_AT), SETTINGS)

    return followed


def test_cohorts_of_the_made_up_reports(demo: Callable[[str], actions.Cohorts]) -> None:
    ours = {(row["group"], row["outcome"], row["time"]): row for row in demo("complementary").rows()}
    causes = {"1": "charged", "2": "nfa", "3": "victim_withdrew"}
    asked = {}
    for row in DEMO:
        if row["quantity"].startswith("AJ"):
            cause, time = row["quantity"].removeprefix("AJ cause").removesuffix("d").split(" at ")
            asked[row["cohort"], causes[cause], int(time)] = row
    assert len(asked) == 36
    for key, row in asked.items():
        for name, theirs in (("estimate", "value"), ("std_error", "se"), ("low", "lower"), ("high", "upper")):
            assert ours[key][name] == pytest.approx(float(row[theirs]), abs=COMPUTED), key
    # What is not in the table is what could not be known yet.
    assert {key for key, row in ours.items() if row["reason"]} == ours.keys() - asked.keys()
    assert {row["reason"] for key, row in ours.items() if key not in asked} == {"too early"}


QUANTITIES = {
    "reports in year": "received",
    "charges dated in year (any cohort)": "dated_in_period",
    "period ratio charges/reports": "period_ratio",
    "cohort charges to date": "ended_so_far",
    "cohort crude share charged to date": "share_so_far",
    "closed-only share charged": "share_among_ended",
    "open at as-of date": "still_open",
}


def test_the_period_ratio_of_the_made_up_reports(demo: Callable[[str], actions.Cohorts]) -> None:
    periods = demo("log-log").as_json()["periods"]
    ours = {row["period"]: row for row in periods if row["outcome"] == "charged"}
    compared = 0
    for row in DEMO:
        if row["quantity"] in QUANTITIES:
            assert ours[row["cohort"]][QUANTITIES[row["quantity"]]] == pytest.approx(float(row["value"]), abs=COMPUTED)
            compared += 1
    assert compared == 5 * len(QUANTITIES)
    assert {row["basis"] for row in periods} == {"flow"}


# Printed in the statistics note, to one decimal: period ratio, crude share, among the closed, at 365 and at 730 days.
NOTE = {
    "2019": (5.1, 10.8, 11.7, 8.3, 10.8),
    "2021": (8.5, 8.9, 10.3, 6.9, 8.9),
    "2022": (7.2, 6.9, 8.0, 6.0, None),
    "2023": (6.6, 2.6, 3.9, None, None),
}


def test_period_against_cohort_as_the_statistics_note_prints_it(demo: Callable[[str], actions.Cohorts]) -> None:
    found = demo("log-log")
    assert found.periods is not None
    shares = {row["period"]: row for row in found.periods.rows() if row["outcome"] == "charged"}
    beside = {row["period"]: row["cohort"] for row in found.period_rows() if row["outcome"] == "charged"}
    cohort = {(year, each["time"]): each["estimate"] for year, times in beside.items() for each in times}
    for year, printed in NOTE.items():
        ours = (
            *(shares[year][name] for name in ("period_ratio", "share_so_far", "share_among_ended")),
            *(cohort[year, time] for time in (365, 730)),
        )
        assert tuple(None if share is None else round(100 * share, 1) for share in ours) == printed


ANALYTIC = numbers("period_vs_cohort_analytic.json")["cases"]


@pytest.mark.parametrize("case", ANALYTIC, ids=lambda case: f"g={case['growth_per_year']}")
def test_the_closed_form(case: dict[str, float]) -> None:
    share, rate, growth = case["p_ultimate"], case["rate_per_year"], case["growth_per_year"]
    assert steady_period_ratio(share, rate, growth) == pytest.approx(case["period_ratio"], abs=COMPUTED)
    assert case["period_over_cohort"] == pytest.approx(case["period_ratio"] / share)


def test_a_world_that_grows_comes_to_the_closed_form() -> None:
    # Not the formula again: cases laid out day by day, as many as e^(g t), each a share by the delay's own law.
    share, rate, growth = 0.1, 0.5, 0.3
    days = np.arange(0, 365 * 60)
    arrivals = np.exp(growth * days / 365)
    delay = np.exp(-rate * days / 365) - np.exp(-rate * (days + 1) / 365)
    size = 1 << math.ceil(math.log2(2 * len(days)))
    dated = share * np.fft.irfft(np.fft.rfft(arrivals, size) * np.fft.rfft(delay, size), size)[: len(days)]
    assert dated[-365:].sum() / arrivals[-365:].sum() == pytest.approx(
        steady_period_ratio(share, rate, growth), rel=2e-3
    )


def test_estimates_know_their_curves() -> None:
    found = estimates(curves(counts("bmtcrr", by_column("D"))), [20.0])
    assert isinstance(found, Estimates)
    assert found.curves.given.groups == ("D=ALL", "D=AML")

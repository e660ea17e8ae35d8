"""The step table is complete: every kind, outcome and standing of the lists is one that the engine knows."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from ibis.backends.duckdb import Backend

from onrecord.engine import open_engine, table_of
from onrecord.pathways import history, standings
from onrecord.pathways.steps import (
    ACTION,
    ACTIVITY,
    BY_OUTCOME,
    INSIDE,
    NO_RANK,
    SAYS_NOTHING,
    TOLD,
    Step,
    details,
    kinds_with_codes,
    steps,
    with_steps,
)
from onrecord.settings import Settings
from onrecord.standard import codelists

MOVES = {"decides", "opens", "withdraws_charge", "hearing", "court", "transfers", "acknowledges", "closes"}
SAYS = {"receipt", "says_unavailable", SAYS_NOTHING, "none"}
EVENT = {"event_id": "1", "report_id": "1", "kind": "interview", "outcome_scheme": "", "outcome_code": ""}

NO_LIST = {"outcome_scheme": "home-office", "outcome_code": "no such code"}


@pytest.fixture(scope="module")
def engine() -> Iterator[Backend]:
    with open_engine(Settings()) as opened:
        yield opened


def test_every_kinds_effect_is_one_the_engine_knows() -> None:
    effects = {row["effect"] for row in codelists.load("event_kinds")}
    assert effects - {BY_OUTCOME} == (MOVES | SAYS) - {"decides", SAYS_NOTHING}
    assert BY_OUTCOME in effects
    assert {step.effect for step in steps()} == MOVES | SAYS


def test_every_effect_is_explained_where_steps_are_declared() -> None:
    explained = " ".join((Step.__doc__ or "").split())
    assert [effect for effect in sorted(MOVES | SAYS) if effect not in explained] == []


def test_every_effect_that_moves_a_line_is_told_in_bits() -> None:
    silent = {step.effect for step in steps() if step.tells & ~(ACTIVITY | ACTION) == 0}
    assert silent == {"none", "receipt", SAYS_NOTHING}
    assert {step.tells for step in steps() if step.effect == SAYS_NOTHING} == {0}
    # That a transfer was sent inside the coverage is seen by the body it names, and not by the step.
    assert {step.tells & INSIDE for step in steps()} == {0}


def test_receipt_is_activity_and_no_action() -> None:
    assert {bool(step.tells & ACTION) for step in steps() if step.kind == "received"} == {False}
    assert {step.is_activity for step in steps()} == {True, False}
    assert all(bool(step.tells & ACTIVITY) == step.is_activity for step in steps())


def test_kinds_are_named_once_and_flagged() -> None:
    rows = codelists.load("event_kinds")
    assert len({row["kind"] for row in rows}) == len(rows)
    assert {row["activity"] for row in rows} == {"0", "1"}
    assert {row["strand"] for row in rows} == {"justice", "safeguarding"}
    # What is done for the child decides nothing in the strand of justice.
    assert {row["effect"] for row in rows if row["strand"] == "safeguarding"} == {"none"}


@pytest.mark.parametrize(
    "kind",
    ["received", "contact", "interview", "arrest", "bail", "strategy discussion", "file to prosecutor", "advice"],
)
def test_what_the_design_calls_activity_is_activity(kind: str) -> None:
    assert {step.is_activity for step in steps() if step.kind == kind} == {True}


@pytest.mark.parametrize("kind", ["correction", "flag", "reassignment", "automatic entry"])
def test_what_the_design_calls_paperwork_is_none(kind: str) -> None:
    assert {step.is_activity for step in steps() if step.kind == kind} == {False}


def test_every_outcome_decides_on_a_standing() -> None:
    """None leads to live or unaccounted: those are what silence says, and no outcome can."""
    decided = {row["standing"] for row in codelists.load("outcomes")}
    assert decided == set(codelists.standing_keys()) - {"live", "unaccounted"}


def test_every_outcome_is_named_once() -> None:
    rows = [(row["scheme"], row["code"]) for row in codelists.load("outcomes")]
    assert len(set(rows)) == len(rows)


@pytest.mark.parametrize(
    ("codes", "standing"),
    [
        ("1 1A 4", "prosecuted"),
        ("2 2A 3 3A 6 7 8", "out_of_court"),
        ("22", "diverted"),
        ("20", "transferred"),
        ("5 9 10 11 12 13 14 15 16 17 18 21", "no_further_action"),
    ],
)
def test_home_office_outcomes_stand_where_the_design_says(codes: str, standing: str) -> None:
    rows = [row for row in codelists.load("outcomes") if row["scheme"] == "home-office"]
    assert {row["code"] for row in rows if row["standing"] == standing} == set(codes.split())


def test_every_kind_has_a_step_and_one_for_each_outcome_that_it_can_carry() -> None:
    found = {(step.kind, step.outcome_scheme, step.outcome_code) for step in steps()}
    kinds = [row["kind"] for row in codelists.load("event_kinds")]
    outcomes = [(row["scheme"], row["code"]) for row in codelists.load("outcomes")]
    assert kinds_with_codes()
    assert found == {(kind, "", "") for kind in kinds} | {
        (kind, *outcome) for kind in kinds_with_codes() for outcome in outcomes
    }
    assert len(found) == len(steps())


def test_step_numbers_are_unique_and_ordered_by_rank() -> None:
    """A lower rank has a higher number, so that of two decisions of one moment it is the last."""
    numbered = sorted(steps(), key=lambda step: step.step_no)
    assert [step.step_no for step in numbered] == list(range(1, len(numbered) + 1))
    ranks = [step.rank for step in numbered]
    assert ranks == sorted(ranks, reverse=True)


def test_step_numbers_and_reasons_fit_the_room_they_have() -> None:
    assert max(step.step_no for step in steps()) < history.STEPS
    assert len(codelists.reasons()) < standings.NO_REASON


def test_only_what_decides_has_a_rank() -> None:
    deciding = {"decides", "transfers"}
    assert {step.effect for step in steps() if step.rank != NO_RANK} == deciding
    ranks = {standing.rank for standing in codelists.standings()}
    assert {step.rank for step in steps() if step.effect in deciding} <= ranks - set(standings.BY_SILENCE)


def test_details_name_every_step(engine: Backend) -> None:
    rows = engine.to_pyarrow(details()).to_pylist()
    assert {row["step_no"]: (row["decided_rank"], row["detail"]) for row in rows} == {
        step.step_no: (step.rank, step.detail) for step in steps()
    }
    assert all(row["detail"] for row in rows)


def test_a_code_counts_only_where_the_kind_asks_for_one(engine: Backend) -> None:
    event = table_of(
        [
            EVENT | {"event_id": "an interview, with a code", "outcome_scheme": "home-office", "outcome_code": "1"},
            EVENT | {"event_id": "an outcome", "kind": "outcome", "outcome_scheme": "home-office", "outcome_code": "1"},
            EVENT | {"event_id": "an outcome without a code", "kind": "outcome"},
            EVENT | {"event_id": "an outcome with a code of no list", "kind": "outcome"} | NO_LIST,
            EVENT | {"event_id": "a result in court with a code of no list", "kind": "court result"} | NO_LIST,
            EVENT | {"event_id": "no such kind", "kind": "no such kind"},
        ]
    )
    by_number = {step.step_no: step for step in steps()}
    told = {row["event_id"]: row for row in engine.to_pyarrow(with_steps(event)).to_pylist()}
    judged = {key: by_number[row["step_no"]] for key, row in told.items() if row["step_no"]}
    assert {key: (step.effect, step.outcome_code) for key, step in judged.items()} == {
        "an interview, with a code": ("none", ""),
        "an outcome": ("decides", "1"),
        "an outcome without a code": (SAYS_NOTHING, ""),
        "an outcome with a code of no list": (SAYS_NOTHING, ""),
        "a result in court with a code of no list": ("court", ""),
    }
    for key, step in judged.items():
        assert {name: told[key][name] for name in TOLD} == {name: getattr(step, name) for name in TOLD}
    assert {told["no such kind"][name] for name in TOLD} == {None}

"""The measures: each of the list has its declaration, what makes it, a spec that names it, and its page."""

from __future__ import annotations

from pathlib import Path

import pytest

from onrecord.actions.measuring import ALSO, LEDGER, READ_AT, SAYS, WAYS
from onrecord.figures import BASES as FIGURE_BASES
from onrecord.measures import (
    attrition,
    completeness,
    flow,
    operations,
    outcomes_by_time,
    protective_actions,
    safeguarding,
    timeliness,
)
from onrecord.standard import codelists, measures
from onrecord.standard.measures import as_page, declared_measures, measure_named

LISTED = list(codelists.codes("measures"))
PAGES = [measure.code for measure in declared_measures()]


def test_every_measure_of_the_list_is_declared_and_made() -> None:
    assert PAGES == LISTED
    assert {LEDGER, *WAYS} == set(LISTED)
    assert set(ALSO) | set(SAYS) <= set(WAYS)
    assert set(READ_AT) <= set(WAYS)


@pytest.mark.parametrize("code", LISTED)
def test_every_measure_has_a_spec(code: str, project: Path) -> None:
    specs = "".join(path.read_text(encoding="utf-8") for path in (project / "tests" / "spec").glob("test_what_*.py"))
    assert (f'measured(\n        "{code}",' in specs) or (f'measured("{code}",' in specs) or code == LEDGER


@pytest.mark.parametrize("code", PAGES)
def test_every_page_is_made_from_its_declaration(code: str, project: Path) -> None:
    page = project / "docs" / "measures" / f"{code.replace(' ', '-')}.md"
    assert page.read_text(encoding="utf-8") == as_page(measure_named(code))


@pytest.mark.parametrize("code", PAGES)
def test_a_declaration_says_what_a_reader_must_know(code: str) -> None:
    declared = measure_named(code)
    assert declared.code == code
    assert declared.basis in FIGURE_BASES
    assert declared.caveats
    assert all(sentence.endswith((".", ")")) for sentence in (declared.definition, *declared.caveats))


@pytest.mark.parametrize(
    ("code", "columns", "rows"),
    [
        ("attrition", ["received", *attrition.STAGES, *attrition.STAGES.values(), "records"], []),
        (
            "cohorts",
            [*outcomes_by_time.COUNTS, *outcomes_by_time.ESTIMATED, *outcomes_by_time.BESIDE, "records"],
            outcomes_by_time.KEYS,
        ),
        ("timeliness", ["n", *timeliness.PARTS, *timeliness.WITHIN, *timeliness.QUANTILES, "records"], ["step"]),
        ("completeness", ["rows", *completeness.PARTS, "records"], completeness.KEYS),
        ("operations", ["operations", *operations.PARTS, *operations.MEMO], operations.KEYS),
        ("protective actions", ["actions", *protective_actions.GROUPS, *protective_actions.MEMO], ["kind"]),
        ("flow", ["at_stake", *flow.PARTS, *flow.COMES_IN, "records"], flow.KEYS),
        ("safeguarding", ["received", *codelists.standing_keys(codelists.SAFEGUARDING), *safeguarding.memo()], []),
        ("ledger", ["received", *codelists.standing_keys()], []),
    ],
)
def test_a_declaration_names_the_columns_that_are_made(code: str, columns: list[str], rows: list[str]) -> None:
    declared = measure_named(code)
    assert (list(declared.columns), list(declared.rows)) == (columns, list(rows))


def test_every_protective_kind_is_listed_and_moves_no_line() -> None:
    kinds = {row["kind"]: row for row in codelists.load("event_kinds")}
    # A referral to children's services is no sign of life in the investigation.
    steps = {row["value"] for row in codelists.load("safeguarding_steps") if row["record"] == "event"}
    for kind in protective_actions.kinds():
        assert (kinds[kind]["effect"], kinds[kind]["activity"]) == ("none", "0" if kind == "referral" else "1")
    added = {row["kind"] for row in codelists.load("event_kinds")[len(codelists.load("event_kinds", "1.0.0")) :]}
    assert added - steps <= set(protective_actions.kinds()) <= added


def test_every_mark_of_a_measure_is_in_the_lists() -> None:
    """A detail that is misspelt in a declaration would count nothing, silently."""
    details = {row["detail"] for row in codelists.load("outcomes")}
    kinds = set(codelists.codes("event_kinds"))
    settings = measure_named("timeliness").settings["steps"].values()
    marks = [step[end] for step in settings for end in ("from", "to") if isinstance(step[end], dict)]
    marks += measure_named("attrition").settings.values()
    for mark in marks:
        assert set(mark.get("details", ())) <= details
        assert set(mark.get("kinds", ())) <= kinds
        assert set(mark.get("standings", ())) <= set(codelists.standing_keys())


def test_an_unknown_measure_is_answered_with_those_there_are() -> None:
    with pytest.raises(KeyError, match="attrition"):
        measure_named("luck")


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"moods": 1}, "no moods"),
        ({"definition": ""}, "say its definition"),
        ({"units": ["moon"]}, "no unit moon"),
        ({"identity": "magic"}, "no identity 'magic'"),
        ({"basis": "guess"}, "no such basis"),
    ],
)
def test_a_declaration_that_says_too_little_or_too_much_is_refused(changed: dict[str, object], says: str) -> None:
    said = {name: getattr(measure_named("flow"), name) for name in measures.Measure.__dataclass_fields__}
    said["measure"] = said.pop("code")
    with pytest.raises(ValueError, match=says):
        measures._read(said | changed)

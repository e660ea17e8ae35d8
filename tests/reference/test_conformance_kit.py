"""The conformance kit that comes with the project is the one that this version makes, and its answers are ours.

Its files and rules are compared whole; its answers for a case of each form of rule, and all that are about reading.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from onrecord.actions import kit_answer
from onrecord.intake import kit
from onrecord.intake.kit import Case
from onrecord.intake.kit_reading import reading_cases
from onrecord.standard.export import text_file
from onrecord.standard.rules import all_rules
from onrecord.standard.rules.examples import changed
from tests.unit.factories import SETTINGS

CASES = [*kit.rule_cases(), *reading_cases()]
LEAST = 60


def _of_each_form() -> list[Case]:
    """Every case of reading, and of the rules the first of each form; ``make kit`` makes all of them anew."""
    form = {f"{rule.code}.fails": rule.form for rule in all_rules()}
    first = {form.get(case.name, case.name): case for case in reversed(CASES)}
    return [case for case in CASES if first[form.get(case.name, case.name)] is case]


ANSWERED = _of_each_form()


@pytest.fixture(scope="module")
def folder(project: Path) -> Path:
    return project / "conformance"


def expected(folder: Path, case: Case) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((folder / kit.CASES / case.name / kit.EXPECTED_FILE).read_text(encoding="utf-8"))
    return read


def test_the_kit_is_the_one_that_this_version_makes(folder: Path) -> None:
    assert len(CASES) >= LEAST
    assert {entry.name for entry in (folder / kit.CASES).iterdir()} == {case.name for case in CASES}
    assert (folder / kit.CASES_FILE).read_text(encoding="utf-8") == kit.cases_as_json(CASES)
    assert (folder / kit.RULES_FILE).read_text(encoding="utf-8") == kit.rules_as_json()
    for name in kit.TEXTS:
        assert (folder / name).read_bytes() == text_file(name)
        assert f"`{name}`" in (folder / "README.md").read_text(encoding="utf-8")
    for case in CASES:
        for name, content in {**case.files, **case.before}.items():
            assert (folder / kit.CASES / case.name / name).read_bytes() == content, case.name


@pytest.mark.parametrize("case", [case for case in CASES if case.name.endswith(".fails")], ids=lambda case: case.name)
def test_the_rule_that_a_case_is_about_is_expected_to_find_it(folder: Path, case: Case) -> None:
    given = expected(folder, case)
    rule = case.name.removesuffix(".fails")
    assert rule in {each.code for each in all_rules()}
    assert given["rules_not_passed"][rule] == "failed"
    assert rule in {finding["rule"] for finding in given["findings"]}


@pytest.mark.parametrize("case", ANSWERED, ids=lambda case: case.name)
def test_onrecord_gives_the_receipt_that_the_kit_expects(folder: Path, case: Case) -> None:
    given = kit_answer(folder / kit.CASES / case.name, case.files, case.before, SETTINGS)
    assert json.loads(kit.expected_as_text(given)) == expected(folder, case)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_an_expected_receipt_balances(folder: Path, case: Case) -> None:
    given = expected(folder, case)
    if not given.get("refused"):
        assert given["received"] == given["accepted"] + given["held"] + given["out_of_scope"]
        assert "errored" not in given["rules_not_passed"].values()


def test_the_rules_carry_their_examples_as_changes_to_the_sound_one(folder: Path) -> None:
    written = {each["code"]: each for each in json.loads((folder / kit.RULES_FILE).read_text(encoding="utf-8"))}
    assert set(written) == {rule.code for rule in all_rules()}
    for rule in all_rules():
        for name, example in (("passes", rule.passes), ("fails", rule.fails)):
            said = written[rule.code][name]
            assert said["period"] == example.period
            assert changed({**said["changes"], "period": said["period"]}).rows == example.rows, rule.code

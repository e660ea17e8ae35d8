"""A rule that breaks blocks acceptance, and the sentence blames the rule: what nobody could judge never counts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from onrecord import actions
from onrecord.__main__ import cli
from onrecord.errors import RuleErrored
from onrecord.intake.receipt import NOT_JUDGED
from onrecord.standard.rules import all_rules, rule_named
from tests.standard_files import a_return, agreed
from tests.unit.factories import SETTINGS

BROKEN = replace(
    rule_named("report.vanished.sent"),
    code="report.vanished.broken",
    parameters={"fails": "row.vanished.no_such_method()"},
)


@pytest.fixture
def waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, str]:
    """A store in which a return waits that a broken rule was run on; the rule is whole again afterwards."""
    store = agreed(tmp_path / "store", SETTINGS)
    with monkeypatch.context() as broken:
        broken.setattr("onrecord.intake.checked.all_rules", lambda: (*all_rules(), BROKEN))
        sent = a_return(tmp_path / "sent")
        number, receipt = actions.receive(store, [sent], "standard", "North", "Ann", "2024-01", settings=SETTINGS)
    assert receipt.verdict == NOT_JUDGED
    assert [outcome.rule.code for outcome in receipt.errored] == [BROKEN.code]
    assert "onrecord receive" not in receipt.sentences()[-1]
    return store, number


def test_accept_refuses_and_blames_the_rule(waiting: tuple[Path, str]) -> None:
    store, number = waiting
    with pytest.raises(RuleErrored) as refused:
        actions.accept(store, number, "Bob", SETTINGS)
    assert str(refused.value) == (
        f"{number} was not wholly judged: {BROKEN.code} could not be run. That is a fault in onrecord, not in the "
        "return. Bring onrecord up to date and receive it again."
    )
    assert [entry.state for entry in actions.returns(store, SETTINGS)] == ["received"]
    assert actions.ledger(store, settings=SETTINGS).rows() == []


def test_the_command_says_so_with_the_exit_code_of_a_broken_rule(waiting: tuple[Path, str]) -> None:
    store, number = waiting
    result = CliRunner().invoke(cli, ["accept", str(store), number, "--by", "Bob"])
    assert (result.exit_code, result.stdout) == (RuleErrored.exit_code, "")
    assert f"{BROKEN.code} could not be run" in result.stderr


def test_received_again_with_whole_rules_it_can_be_accepted(waiting: tuple[Path, str], tmp_path: Path) -> None:
    store, _ = waiting
    sent = a_return(tmp_path / "again")
    number, _ = actions.receive(store, [sent], "standard", "North", "Ann", "2024-01", settings=SETTINGS)
    assert actions.accept(store, number, "Bob", SETTINGS).state == "accepted"

"""The list of benchmarks holds every one there is, and says of each what a reader needs to choose."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks import __main__ as benchmarks

# Modules that are no benchmark by themselves.
BESIDE = {"__init__", "__main__", "made_up_return"}


def test_every_benchmark_is_in_the_list(project: Path) -> None:
    there = {path.stem for path in (project / "benchmarks").glob("*.py")} - BESIDE
    assert {each.name for each in benchmarks.BENCHMARKS} == there


def test_the_list_says_what_each_shows_takes_and_needs(capsys: pytest.CaptureFixture[str]) -> None:
    assert benchmarks.main(["--list"]) == 0
    said = re.sub(r"\s+", " ", capsys.readouterr().out)
    for each in benchmarks.BENCHMARKS:
        assert f"{each.name} shows: {each.shows} takes: {each.takes} needs: {each.needs}" in said


def test_without_a_name_those_run_that_need_no_outside_files(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []
    monkeypatch.setattr(benchmarks, "run", lambda name, arguments=(): ran.append(name) or 0)
    assert benchmarks.main([]) == 0
    assert ran == [each.name for each in benchmarks.BENCHMARKS if not each.outside]
    assert "rules_in_pandas" not in ran


def test_the_first_that_ends_badly_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benchmarks, "run", lambda name, arguments=(): 1 if name == "sealing" else 0)
    assert benchmarks.main([]) == 1


def test_one_is_run_by_its_name_with_its_own_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[tuple[str, list[str]]] = []
    monkeypatch.setattr(benchmarks, "run", lambda name, arguments=(): ran.append((name, list(arguments))) or 0)
    assert benchmarks.main(["kills", "--kills", "3"]) == 0
    assert ran == [("kills", ["--kills", "3"])]


def test_a_name_that_is_none_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert benchmarks.main(["speed"]) == 2
    assert "There is no benchmark 'speed'. There are: read_to_ledger" in capsys.readouterr().err

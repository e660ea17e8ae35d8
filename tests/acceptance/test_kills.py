"""Thirty kills of the five hundred that ``benchmarks.kills`` makes: at steps drawn from all that touch the store."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import kills

SEED, KILLS = 20250601, 30


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_thirty_kills_lose_nothing_and_leave_nothing_half_there(tmp_path: Path) -> None:
    came, faults = kills.run(KILLS, SEED, tmp_path / "origin")
    assert faults == []
    steps = came.pop("steps that touch the store, in all")
    assert steps > 500
    assert sum(came.values()) == KILLS
    assert sum(count for outcome, count in came.items() if "killed" in outcome) >= KILLS // 2

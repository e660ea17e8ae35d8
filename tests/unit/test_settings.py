"""Settings are chosen once, at the entry points, and never change."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from datetime import UTC, datetime, timedelta

import pytest

from onrecord.errors import WrongWords
from onrecord.settings import GIBIBYTE, Settings, from_environment


def test_defaults_are_the_printed_ones() -> None:
    settings = Settings()
    assert (settings.window_days, settings.largest_member) == (90, 2 * GIBIBYTE)
    assert (settings.memory_limit, settings.threads) == (None, None)


def test_settings_are_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        Settings().window_days = 1  # type: ignore[misc]


def test_the_environment_may_limit_the_engine() -> None:
    settings = from_environment({"ONRECORD_MEMORY_LIMIT": "2GB", "ONRECORD_THREADS": "3"})
    assert (settings.memory_limit, settings.threads) == ("2GB", 3)


def test_an_empty_environment_limits_nothing() -> None:
    settings = from_environment({"ONRECORD_MEMORY_LIMIT": "", "ONRECORD_THREADS": ""})
    assert (settings.memory_limit, settings.threads) == (None, None)


def test_now_is_this_moment_in_utc() -> None:
    now = from_environment({}).now
    assert now.tzinfo is UTC
    assert abs(datetime.now(UTC) - now) < timedelta(minutes=1)


def test_the_real_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONRECORD_THREADS", "7")
    assert from_environment().threads == 7


def test_threads_that_are_no_number_are_explained() -> None:
    with pytest.raises(WrongWords, match="ONRECORD_THREADS"):
        from_environment({"ONRECORD_THREADS": "many"})

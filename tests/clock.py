"""The settings that the verbs fall back to when none are given: a day of a test's own, in place of today's."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

import pytest

from onrecord import actions
from onrecord.settings import Settings


def run_with(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every verb runs with these settings, whichever file of the actions it stands in."""
    files = [import_module(f"onrecord.actions.{found.name}") for found in iter_modules(actions.__path__)]
    for file in files:
        if hasattr(file, "from_environment"):
            monkeypatch.setattr(file, "from_environment", lambda: settings)

"""The demonstration, run once for all tests that look at what it made."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from onrecord import actions
from onrecord.actions import Ledgers

EXAMPLES = Path(__file__).parent.parent / "examples"


@dataclass(frozen=True)
class Demonstration:
    """What `onrecord demo` made: its ledgers, its store and its site."""

    ledgers: Ledgers
    store: Path
    site: Path


@pytest.fixture(scope="session")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Demonstration:
    """Files in, site out, on the real public data of the examples."""
    out = tmp_path_factory.mktemp("demonstration") / "demo"
    ledgers, _ = actions.demo(EXAMPLES, out)
    return Demonstration(ledgers, out / "store", out / "site")

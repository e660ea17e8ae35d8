"""What all tests share: the demo data, the research material beside the project, and a guard on randomness."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.demonstration import demonstration as demonstration  # a fixture of all
from tests.unit.factories import KEYS

PROJECT = Path(__file__).resolve().parent.parent
SHARED = PROJECT.parent / "shared"


@pytest.hookimpl(tryfirst=True)
def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark every test that asks for the research material."""
    if "shared" in getattr(item, "fixturenames", ()):
        item.add_marker("shared")


@pytest.fixture(scope="session")
def project() -> Path:
    """The folder of the project."""
    return PROJECT


@pytest.fixture(scope="session")
def examples() -> Path:
    """The demo data that come with the project."""
    return PROJECT / "examples"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The research material beside the project.

    Where there is none, the test is skipped, and counted as such. Where it is there, a file that is missing
    fails the test that opens it.
    """
    if not SHARED.is_dir():
        pytest.skip("the research material does not lie beside the project")
    return SHARED


@pytest.fixture(autouse=True)
def keys_at_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands find a key, as they do in use; a test of what happens without one takes it away."""
    monkeypatch.setenv("ONRECORD_KEYS", KEYS)
    monkeypatch.setenv("ONRECORD_WHO", "the tests")


def _global_generators() -> tuple[object, bytes, int]:
    legacy = np.random.get_state(legacy=False)["state"]
    return random.getstate(), legacy["key"].tobytes(), legacy["pos"]


@pytest.fixture(autouse=True)
def no_global_randomness() -> Iterator[None]:
    """Fail a test that draws from, or seeds, the generators the whole process shares."""
    before = _global_generators()
    yield
    if _global_generators() != before:
        pytest.fail(
            "the test used random.random or numpy.random of the whole process: use a generator of its own, with a seed",
            pytrace=False,
        )

"""The error tree: one exit code a class, as its drawing says."""

from __future__ import annotations

import re

from onrecord import errors
from onrecord.errors import OnrecordError

STOPPED = 130  # what a shell says of a command that Ctrl-C ended
CLASSES = [OnrecordError, *OnrecordError.__subclasses__()]


def test_every_class_has_an_exit_code_of_its_own() -> None:
    codes = [error.exit_code for error in CLASSES]
    assert sorted(codes) == [*range(1, len(CLASSES)), STOPPED]


def test_the_drawing_is_the_tree() -> None:
    drawn = re.findall(r"(\w+) +(\d+)   ", errors.__doc__ or "")
    assert {name: int(code) for name, code in drawn} == {error.__name__: error.exit_code for error in CLASSES}


def test_one_class_catches_them_all() -> None:
    assert all(issubclass(error, OnrecordError) for error in CLASSES)
    assert not issubclass(OnrecordError, ValueError | OSError)

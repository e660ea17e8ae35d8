"""What is said to the verbs and what they tell: each step as it is taken, names and days that make sense."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from onrecord.errors import WrongWords
from onrecord.settings import Settings

Tell = Callable[[str], None]


def tell_nobody(_: str) -> None:
    """Tell nobody."""


def no_future(as_at: date | None, settings: Settings) -> None:
    """Refuse a day to come: no file speaks for it."""
    if as_at is not None and as_at > settings.now.date():
        raise WrongWords(f"--as-at {as_at.isoformat()} lies in the future. Write the day the files speak for.")


def must_be_named(name: str, option: str) -> None:
    """Refuse a name that is left empty."""
    if not name.strip():
        raise WrongWords(f"{option} is empty. Write who it is: the name stands in the record.")

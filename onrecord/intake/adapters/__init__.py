"""The layouts that can be read: the standard's own, and those that agencies and publishers already use."""

from __future__ import annotations

from onrecord.errors import WrongWords
from onrecord.intake.adapters.cin_census import CIN_CENSUS
from onrecord.intake.adapters.nibrs import NIBRS
from onrecord.intake.adapters.police_uk import POLICE_UK
from onrecord.intake.examine import STANDARD, Layout
from onrecord.intake.rows import Adapter

ADAPTERS: dict[str, Adapter | Layout] = {adapter.name: adapter for adapter in (STANDARD, NIBRS, POLICE_UK, CIN_CENSUS)}


def adapter_named(name: str) -> Adapter | Layout:
    """The adapter called ``name``. Raises WrongWords, naming those there are."""
    try:
        return ADAPTERS[name]
    except KeyError:
        raise WrongWords(f"There is no adapter {name!r}. There are: {', '.join(ADAPTERS)}.") from None

"""One adapter for each layout that agencies and publishers already use."""

from __future__ import annotations

from onrecord.errors import WrongWords
from onrecord.intake.adapters.nibrs import NIBRS
from onrecord.intake.adapters.police_uk import POLICE_UK
from onrecord.intake.rows import Adapter

ADAPTERS: dict[str, Adapter] = {adapter.name: adapter for adapter in (NIBRS, POLICE_UK)}


def adapter_named(name: str) -> Adapter:
    """The adapter called ``name``. Raises WrongWords, naming those there are."""
    try:
        return ADAPTERS[name]
    except KeyError:
        raise WrongWords(f"There is no adapter {name!r}. There are: {', '.join(ADAPTERS)}.") from None

"""What a run may choose, in one frozen object built at the entry points and handed down."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from onrecord.errors import WrongWords

GIBIBYTE = 1024**3


@dataclass(frozen=True)
class Settings:
    """The choices of one run.

    Attributes:
        window_days: days without activity after which an open report is no longer live.
        memory_limit: the most memory the engine may take, in the engine's words ("2GB"), or None.
        threads: how many threads the engine may use, or None for all.
        largest_member: the most bytes one file inside a zip may unpack to.
        now: the moment the run speaks of as now, in UTC; entry points set it once.
    """

    window_days: int = 90
    memory_limit: str | None = None
    threads: int | None = None
    largest_member: int = 2 * GIBIBYTE
    now: datetime = datetime(1970, 1, 1, tzinfo=UTC)


def from_environment(environ: Mapping[str, str] | None = None) -> Settings:
    """Build the settings of this run: defaults, and what the environment says.

    Reads ``ONRECORD_MEMORY_LIMIT`` and ``ONRECORD_THREADS``. Raises WrongWords when one makes no sense.
    """
    environ = os.environ if environ is None else environ
    chosen: dict[str, Any] = {"now": datetime.now(UTC)}
    if limit := environ.get("ONRECORD_MEMORY_LIMIT"):
        chosen["memory_limit"] = limit
    if threads := environ.get("ONRECORD_THREADS"):
        if not threads.isdecimal() or int(threads) < 1:
            raise WrongWords(f"ONRECORD_THREADS is {threads!r}. Write a whole number from 1, or leave it unset.")
        chosen["threads"] = int(threads)
    return Settings(**chosen)

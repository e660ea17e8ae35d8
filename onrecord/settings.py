"""What a run may choose, in one frozen object built at the entry points and handed down."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from onrecord.errors import WrongWords

GIBIBYTE = 1024**3


def _tell_nobody(_: str) -> None:
    """Say it to no one."""


def _tell_the_person(sentence: str) -> None:
    """Say it on standard error."""
    print(f"onrecord: {sentence}", file=sys.stderr)


@dataclass(frozen=True)
class Settings:
    """The choices of one run.

    Attributes:
        window_days: days without activity after which an open report is no longer live.
        memory_limit: the most memory the engine may take, in the engine's words ("2GB"), or None.
        threads: how many threads the engine may use, or None for all.
        largest_member: the most bytes one file inside a zip may unpack to.
        now: the moment the run speaks of as now, in UTC; entry points set it once.
        who: who is at the keyboard, for the trail: declared, not proven.
        key_file: the file that holds the keys of sealed stores, or None.
        keys: the same keys, where they come from the environment itself; never shown.
        notice: told what a person must hear of, whatever else is printed: what a stopped command had left, say.
    """

    window_days: int = 90
    memory_limit: str | None = None
    threads: int | None = None
    largest_member: int = 2 * GIBIBYTE
    now: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    who: str = "not named"
    key_file: Path | None = None
    keys: str | None = field(default=None, repr=False)
    notice: Callable[[str], None] = _tell_nobody


def from_environment(environ: Mapping[str, str] | None = None) -> Settings:
    """Build the settings of this run: defaults, and what the environment says.

    Reads ``ONRECORD_MEMORY_LIMIT``, ``ONRECORD_THREADS``, ``ONRECORD_WHO``, ``ONRECORD_KEY_FILE`` and
    ``ONRECORD_KEYS``. Raises WrongWords when one makes no sense.
    """
    environ = os.environ if environ is None else environ
    chosen: dict[str, Any] = {
        "now": datetime.now(UTC),
        "who": environ.get("ONRECORD_WHO", "").strip() or _name_of_the_account(),
        "key_file": Path(environ["ONRECORD_KEY_FILE"]) if environ.get("ONRECORD_KEY_FILE") else None,
        "keys": environ.get("ONRECORD_KEYS") or None,
        "notice": _tell_the_person,
    }
    if limit := environ.get("ONRECORD_MEMORY_LIMIT"):
        chosen["memory_limit"] = limit
    if threads := environ.get("ONRECORD_THREADS"):
        if not threads.isdecimal() or int(threads) < 1:
            raise WrongWords(f"ONRECORD_THREADS is {threads!r}. Write a whole number from 1, or leave it unset.")
        chosen["threads"] = int(threads)
    return Settings(**chosen)


def _name_of_the_account() -> str:
    """What the machine calls whoever runs this; an account without a name has none."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "not named"

"""Sharing agreements: written down, and looked at again in time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from onrecord.actions.words import must_be_named
from onrecord.settings import Settings, from_environment
from onrecord.store import agreements as agreed
from onrecord.store.catalogue import Agreement
from onrecord.store.returns import Store


def agree(
    store: Path,
    reference: str,
    parties: Sequence[str],
    purposes: Sequence[str],
    first: str,
    review: str,
    by: str,
    end: str = "",
    settings: Settings | None = None,
) -> Agreement:
    """Write down a sharing agreement, or what it is from now on: of one reference the last word holds.

    Args:
        store: the store's folder; made when it is missing or empty.
        reference: what returns call it.
        parties: who made it.
        purposes: what it allows: count, link, publish, act.
        first, end: the first day of it, and the last or "".
        review: the day by which it is to be looked at again.
        by: who writes it down; declared, not proven.
        settings: the choices of this run.

    Raises:
        WrongWords: the words make no sense.
    """
    settings = settings or from_environment()
    must_be_named(by, "--by")
    at = settings.now.isoformat(timespec="seconds")
    said = Agreement(
        0,
        reference.strip(),
        tuple(parties),
        tuple(purposes),
        first.strip(),
        end.strip(),
        review.strip(),
        by.strip(),
        at,
    )
    agreed.checked_words(said)
    opened = Store.open_or_create(store, settings)
    act = opened.act("agreement", said.reference, by, purposes=list(said.purposes), review=said.review, end=said.last)
    with opened.changing(act) as (now, _):
        now.add("agreements", said)
    return said


def agreements(store: Path, settings: Settings | None = None) -> list[dict[str, Any]]:
    """Every agreement and where it stands today, what needs looking at first. Raises StoreRefused where there is no
    store."""
    settings = settings or from_environment()
    opened = Store.open(store, settings)
    return agreed.rows_of(agreed.standings(opened.rows_of("agreements"), opened.all(), settings.now.date()))

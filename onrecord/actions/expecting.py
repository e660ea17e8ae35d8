"""Who is expected to send, and when; what came, and what is overdue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from onrecord.actions.opening import rows_of
from onrecord.actions.words import must_be_named
from onrecord.engine import Engine, open_engine
from onrecord.errors import WrongWords
from onrecord.intake.receipt import ZERO_RETURN
from onrecord.measures.coverage import spoken_for
from onrecord.settings import Settings, from_environment
from onrecord.standard import codelists
from onrecord.store import expected as calendar
from onrecord.store.catalogue import ACCEPTED, RECEIVED, Expected, Return, same_name
from onrecord.store.returns import Store


def expect(
    store: Path,
    sender: str,
    every: str,
    first: str,
    last: str = "",
    due_days: int = calendar.DUE_DAYS,
    agencies: Sequence[str] = (),
    settings: Settings | None = None,
) -> Expected:
    """Expect returns of a sender from now on.

    Args:
        store: the store's folder; made when it is missing or empty.
        sender: who, as its returns name it.
        every: month, quarter, year or financial-year.
        first, last: the first period, and the last; "" where there is no end.
        due_days: days after the end of a period by which its return is due.
        agencies: the agencies it speaks for; without them, those that its returns name.
        settings: the choices of this run.

    Raises:
        StoreRefused: the folder holds something else.
        WrongWords: the words make no sense, or the sender is expected already.
    """
    settings = settings or from_environment()
    must_be_named(sender, "--add")
    at = settings.now.isoformat(timespec="seconds")
    named = tuple(codelists.agency_named(agency)["agency_id"] for agency in agencies)
    wanted = Expected(0, sender.strip(), every, first.strip(), last.strip(), due_days, named, False, at)
    calendar.checked_words(wanted)
    opened = Store.open_or_create(store, settings)
    for each in calendar.still_expected(opened.rows_of("expected")):
        if same_name(each.sender, sender):
            raise WrongWords(
                f"{each.sender} is expected already, every {each.every} from {each.first}. Remove it first: --remove."
            )
    _written_down(opened, wanted)
    return wanted


def _written_down(store: Store, said: Expected) -> None:
    act = store.act("expected", every=said.every, first=said.first, last=said.last, ended=said.ended)
    with store.changing(act) as (now, _):
        now.add("expected", said)


def expect_no_more(store: Path, sender: str, settings: Settings | None = None) -> Expected:
    """Expect nothing of a sender from now on. What was expected before stays written.

    Raises:
        StoreRefused: there is no store.
        WrongWords: nothing is expected of that sender.
    """
    settings = settings or from_environment()
    opened = Store.open(store, settings)
    now = calendar.still_expected(opened.rows_of("expected"))
    for each in now:
        if same_name(each.sender, sender):
            _written_down(opened, replace(each, ended=True, at=settings.now.isoformat(timespec="seconds")))
            return each
    named = ", ".join(each.sender for each in now) or "nobody yet"
    raise WrongWords(f"Nothing is expected of {sender!r}. Expected are: {named}.")


def expected(store: Path, settings: Settings | None = None) -> tuple[list[dict[str, Any]], str]:
    """Every period of every expected sender up to today, and what came without being expected.

    Returns:
        A row a period (sender, period, state, due, days_overdue, lacking, returns, coverage), and what to do next.

    Raises:
        StoreRefused: there is no store.
    """
    settings = settings or from_environment()
    opened = Store.open(store, settings)
    every = [entry for entry in opened.all() if entry.state in (RECEIVED, ACCEPTED)]
    with open_engine(settings) as engine:
        spoken = _spoken_for(engine, opened, every) if every else {}
    slots = calendar.calendar(opened.rows_of("expected"), every, spoken, _zero_returns(every), settings.now.date())
    return calendar.rows_of(slots), calendar.next_step(slots)


def _spoken_for(engine: Engine, store: Store, entries: Sequence[Return]) -> dict[int, frozenset[tuple[str, str]]]:
    """Return number to the agencies and months that it speaks for."""
    agencies = rows_of(store, engine, entries, "agencies").select("return_no", "agency_id").to_pyarrow().to_pylist()
    months = rows_of(store, engine, entries, "coverage").to_pyarrow().to_pylist()
    return spoken_for(agencies, months, {entry.number: entry.period for entry in entries})


def _zero_returns(entries: Sequence[Return]) -> frozenset[int]:
    return frozenset(entry.number for entry in entries if entry.receipt["verdict"] == ZERO_RETURN)

"""Sharing agreements: what the returns that name one may be used for, from when, until when, and who looks again.

Published data need none: whoever published them has shared them with everybody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from onrecord.errors import NotPermitted, WrongWords
from onrecord.store.catalogue import Agreement, Return

PUBLISHED = "PUBLISHED"
COUNT, LINK, PUBLISH, ACT = "count", "link", "publish", "act"
# What an agreement may allow.
PURPOSES: Mapping[str, str] = {
    COUNT: "make figures from the records, for those who share them",
    LINK: "find out which records are about the same person",
    PUBLISH: "release figures made from the records, after disclosure control",
    ACT: "list what waits for action, for the agency that holds it",
}
SOON_DAYS = 60
# State of an agreement to what it means, in the order of what to look at first.
STATES: Mapping[str, str] = {
    "ended": "it has ended: nothing that names it may be used",
    "review overdue": "the day by which it was to be looked at again has passed",
    "review due": "it is to be looked at again soon",
    "not begun": "it has not begun",
    "in force": "it holds",
}


@dataclass(frozen=True)
class Standing:
    """Where an agreement stands on a day.

    Attributes:
        agreement: which.
        state: a key of ``STATES``.
        returns: the returns that name it.
    """

    agreement: Agreement
    state: str
    returns: tuple[str, ...]


def checked_words(agreement: Agreement) -> Agreement:
    """An agreement, once its words make sense.

    Raises:
        WrongWords: they do not.
    """
    if not agreement.reference.strip() or agreement.reference.casefold() == PUBLISHED.casefold():
        raise WrongWords("--add needs the reference by which returns name the agreement; PUBLISHED is not one.")
    if not [party for party in agreement.parties if party.strip()]:
        raise WrongWords("Say who the agreement is between: --party, once for each.")
    if not agreement.purposes or set(agreement.purposes) - set(PURPOSES):
        raise WrongWords(f"Say what it allows with --purpose: {', '.join(PURPOSES)}.")
    first, review = _day(agreement.first, "--first"), _day(agreement.review, "--review")
    if review < first:
        raise WrongWords(f"--review {review} lies before --first {first}.")
    if agreement.last and _day(agreement.last, "--end") < first:
        raise WrongWords(f"--end {agreement.last} lies before --first {first}.")
    return agreement


def _day(written: str, option: str) -> date:
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise WrongWords(f"{option} is {written!r}. Write a day as 2026-01-31.") from None


def in_force(said: Sequence[Agreement]) -> dict[str, Agreement]:
    """Reference to the agreement, letter case aside: of all that was said of one, the last holds."""
    return {each.reference.casefold(): each for each in said}


def standings(said: Sequence[Agreement], returns: Sequence[Return], today: date) -> list[Standing]:
    """Every agreement and where it stands, what needs looking at first."""
    order = list(STATES)
    found = [
        Standing(
            each,
            _state(each, today),
            tuple(entry.id for entry in returns if entry.agreement.casefold() == each.reference.casefold()),
        )
        for each in in_force(said).values()
    ]
    return sorted(found, key=lambda each: (order.index(each.state), each.agreement.review, each.agreement.reference))


def _state(agreement: Agreement, today: date) -> str:
    if agreement.last and today > date.fromisoformat(agreement.last):
        return "ended"
    if today < date.fromisoformat(agreement.first):
        return "not begun"
    days = (date.fromisoformat(agreement.review) - today).days
    return "review overdue" if days < 0 else "review due" if days <= SOON_DAYS else "in force"


def permitted(entries: Iterable[Return], said: Sequence[Agreement], purpose: str, today: date) -> None:
    """Whether these returns may be used for a purpose today.

    Raises:
        NotPermitted: one came under an agreement that does not allow it, has ended, or is not known here.
    """
    known = in_force(said)
    for entry in entries:
        if entry.agreement in ("", PUBLISHED):
            continue
        agreement = known.get(entry.agreement.casefold())
        if agreement is None:
            raise NotPermitted(
                f"{entry.id} ({entry.sender}, {entry.period}) came under the sharing agreement {entry.agreement!r}, "
                f"which this store does not know, so it may not be used to {purpose}. "
                f"'onrecord agreements STORE --add {entry.agreement} …' writes down what was agreed."
            )
        state = _state(agreement, today)
        if state in ("ended", "not begun"):
            when = f"ended on {agreement.last}" if state == "ended" else f"begins on {agreement.first}"
            raise NotPermitted(
                f"{entry.id} ({entry.sender}, {entry.period}) came under the sharing agreement {agreement.reference}, "
                f"which {when}. Renew it with its parties ({', '.join(agreement.parties)}), or withdraw the return."
            )
        if purpose not in agreement.purposes:
            raise NotPermitted(
                f"{entry.id} ({entry.sender}, {entry.period}) came under the sharing agreement {agreement.reference}, "
                f"which allows to {', '.join(agreement.purposes)} and not to {purpose}. Ask its parties "
                f"({', '.join(agreement.parties)}) before you do."
            )


def rows_of(found: Sequence[Standing]) -> list[dict[str, Any]]:
    """Agreements and where they stand as dictionaries, for a machine."""
    return [
        {
            "reference": each.agreement.reference,
            "state": each.state,
            "parties": list(each.agreement.parties),
            "purposes": list(each.agreement.purposes),
            "first": each.agreement.first,
            "end": each.agreement.last,
            "review": each.agreement.review,
            "returns": list(each.returns),
        }
        for each in found
    ]

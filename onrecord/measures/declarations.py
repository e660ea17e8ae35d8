"""What senders declare of a measure: count us in, or leave us out, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from onrecord.standard import codelists

COMPLETE = "complete"


@dataclass(frozen=True)
class Declared:
    """What senders say of one measure, agency by agency, the reasons in words.

    Attributes:
        left_out: agency to the reason why it is left out.
        said: agency to what is said of its rows, though they are counted; complete ones are not named.
    """

    left_out: Mapping[str, str] = field(default_factory=dict)
    said: Mapping[str, str] = field(default_factory=dict)


def declared(
    measure: str,
    rows: Iterable[Mapping[str, Any]],
    senders: Mapping[int, str],
    holds: Mapping[int, Sequence[str]],
) -> Declared:
    """What senders say of a measure.

    A sender's latest declaration holds for every agency that its returns name. An agency that two senders send is
    left out where one of them says so.

    Args:
        measure: a code of ``measures``.
        rows: measure, included, reason and return_no of the declarations.
        senders: return number to the sender, written in one way.
        holds: return number to the agencies it names.
    """
    words = codelists.labels("declaration_reasons", "code")
    latest: dict[str, Mapping[str, Any]] = {}
    for row in sorted(rows, key=lambda row: int(row["return_no"])):
        if row["measure"] == measure:
            latest[senders[row["return_no"]]] = row
    left_out: dict[str, str] = {}
    said: dict[str, str] = {}
    for number, sender in senders.items():
        row = latest.get(sender, {"included": True, "reason": COMPLETE})
        agencies = dict.fromkeys(holds.get(number, ()), words.get(row["reason"], str(row["reason"])))
        if not row["included"]:
            left_out |= agencies
        elif row["reason"] != COMPLETE:
            said |= agencies
    return Declared(left_out, {agency: says for agency, says in said.items() if agency not in left_out})

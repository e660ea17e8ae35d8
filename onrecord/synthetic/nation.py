"""The whole made-up nation: agency after agency, its return and what is true of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

from onrecord.standard import STANDARD_VERSION
from onrecord.standard.periods import months_between
from onrecord.synthetic.columns import always, table, words
from onrecord.synthetic.courses import courses
from onrecord.synthetic.draws import FORCE, Column
from onrecord.synthetic.known import truth
from onrecord.synthetic.police import DAYS_UNTIL_SENT, Force, police_rows
from onrecord.synthetic.received import received
from onrecord.synthetic.scenario import Wanted, agency_name, neighbour
from onrecord.synthetic.truth_files import force_truth
from onrecord.synthetic.writing import Folder

RETURNS, TRUTH = "returns", "truth"
AGREEMENT = "MADE-UP-AGREEMENT"
ABOUT = ("return", "coverage", "declaration")
NATION = "Made-up Nation"
REPORTED, ZERO = "reported", "zero return"


@dataclass
class Made:
    """What was made.

    Attributes:
        ledgers: agency to its true ledger.
        rows: record to the number of its rows, over all returns.
        returns: sender to the folder of its return.
    """

    ledgers: dict[str, dict[str, int]] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    returns: dict[str, str] = field(default_factory=dict)

    def count(self, tables: Mapping[str, pa.Table]) -> None:
        """Add the rows of some tables."""
        for name, rows in tables.items():
            self.rows[name] = self.rows.get(name, 0) + rows.num_rows


def make(wanted: Wanted, out: Path, form: str, tell: Callable[[str], None]) -> Made:
    """Write the returns of all agencies, and the truth beside them.

    Memory is that of one agency; nothing is written but below ``out``.
    """
    made = Made()
    with Folder(out / TRUTH, form) as true, _shared(wanted, out, form) as shared:
        for number in range(1, wanted.forces + 1):
            tell(f"Making {agency_name(FORCE, number)}, {number:,} of {wanted.forces:,} forces")
            force = Force(told := received(number, wanted), courses(told, wanted), wanted)
            _force(force, made, out, form, shared, true)
        if shared is not None:
            _say_what_it_is(shared, made, wanted, NATION, tuple(made.rows))
            made.returns[NATION] = f"{RETURNS}/{folder_name(NATION)}"
    return made


def _shared(wanted: Wanted, out: Path, form: str) -> AbstractContextManager[Folder | None]:
    return Folder(out / RETURNS / folder_name(NATION), form) if wanted.one_return else nullcontext()


def folder_name(sender: str) -> str:
    """The folder of a sender's return."""
    return sender.lower().replace(" ", "-")


def _force(force: Force, made: Made, out: Path, form: str, shared: Folder | None, true: Folder) -> None:
    rows = police_rows(force)
    last_day, other = force.last_day, neighbour(force.told.force)
    what = truth(force.told, force.taken, last_day, follows_neighbour=other <= force.wanted.forces)
    coverage = _coverage(force.name, force.told.day, force.wanted, return_id(force.wanted, force.name))
    with _folder(force.name, made, out, form, shared) as folder:
        for name, of_record in {**rows, "coverage": coverage}.items():
            folder.write(name, of_record)
        if shared is None:
            _say_what_it_is(folder, made, force.wanted, force.name, tuple(rows))
    made.count({**rows, "coverage": coverage})
    made.ledgers[force.name] = what.ledger()
    for name, of_truth in force_truth(force, what).items():
        true.write(name, of_truth)


def _folder(sender: str, made: Made, out: Path, form: str, shared: Folder | None) -> AbstractContextManager[Folder]:
    if shared is not None:
        return nullcontext(shared)
    made.returns[sender] = f"{RETURNS}/{folder_name(sender)}"
    return Folder(out / made.returns[sender], form)


def return_id(wanted: Wanted, sender: str) -> str:
    """The identifier of a return, which says that it is made up."""
    return (NATION if wanted.one_return else sender).upper().replace(" ", "-")


def _coverage(agency: str, day: Column, wanted: Wanted, identifier: str) -> pa.Table:
    """Every month of the period: reported, or a true zero where nothing was received in it."""
    span = wanted.period
    months = months_between(span.first_day, span.last_day)
    held = np.isin(months, np.unique(day.astype("datetime64[D]").astype("datetime64[M]").astype(str)))
    return table(
        {
            "return_id": always(identifier, len(months)),
            "agency_id": always(agency, len(months)),
            "month": pa.array(months),
            "state": words((ZERO, REPORTED), held.astype(int)),
        }
    )


def _say_what_it_is(folder: Folder, made: Made, wanted: Wanted, sender: str, records: tuple[str, ...]) -> None:
    """The row of ``return``, and the sender's word that it may be counted in the ledger."""
    last = wanted.period.last_day
    about = {
        "return_id": return_id(wanted, sender),
        "sender": sender,
        "period": wanted.period.label,
        "sent_date": (last + timedelta(days=DAYS_UNTIL_SENT)).isoformat(),
        "as_at": last.isoformat(),
        "standard_version": STANDARD_VERSION,
        "tables": ";".join(name for name in records if name not in ("coverage", "operation_report")),
        "zero_return": "false",
        "sharing_agreement": AGREEMENT,
    }
    says = {"return_id": about["return_id"], "measure": "ledger", "included": "true", "reason": "complete"}
    for name, row in (("return", about), ("declaration", says)):
        rows = pa.table({column: [value] for column, value in row.items()})
        folder.write(name, rows)
        made.count({name: rows})

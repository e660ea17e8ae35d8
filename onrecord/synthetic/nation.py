"""The whole made-up nation: agency after agency, its return and what is true of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

from onrecord.standard import STANDARD_VERSION
from onrecord.standard.periods import months_between
from onrecord.synthetic.columns import always, table, words
from onrecord.synthetic.council import council, council_asked, council_rows, council_truth
from onrecord.synthetic.courses import courses
from onrecord.synthetic.draws import COUNCIL, FORCE, Column, stream
from onrecord.synthetic.faults import asked_table, planted
from onrecord.synthetic.known import truth
from onrecord.synthetic.police import DAYS_UNTIL_SENT, Force, police_rows
from onrecord.synthetic.received import received
from onrecord.synthetic.scenario import WantedNation, agency_name, neighbour
from onrecord.synthetic.truth_files import force_asked, force_truth, write_summary
from onrecord.synthetic.writing import Folder

RETURNS, TRUTH = "returns", "truth"
AGREEMENT = "MADE-UP-AGREEMENT"
NATION = "Made-up Nation"
REPORTED, ZERO = "reported", "zero return"
# Records whose rows say what the return is, or belong to another record.
NOT_NAMED = ("coverage", "declaration", "return", "operation_report")


@dataclass
class Made:
    """What was made.

    Attributes:
        ledgers: force to its true ledger, as :meth:`onrecord.synthetic.known.Truth.ledger` has it.
        rows: record to the number of its rows, over all returns.
        returns: sender to the folder of its return, below the folder that everything was written to.
        faults: rule to the findings that the faults planted ought to give.
        asked: rule to the findings that sound rows will give: queries about what is so.
    """

    ledgers: dict[str, dict[str, int]] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    returns: dict[str, str] = field(default_factory=dict)
    faults: dict[str, int] = field(default_factory=dict)
    asked: dict[str, int] = field(default_factory=dict)


class _Nation:
    """The nation while it is made: where its rows and its truth go."""

    def __init__(self, wanted: WantedNation, out: Path, form: str, true: Folder, shared: Folder | None) -> None:
        self.wanted, self.made = wanted, Made()
        self._out, self._form, self._true, self._shared = out, form, true, shared

    def force(self, number: int) -> None:
        """Make a force."""
        force = Force(told := received(number, self.wanted), courses(told, self.wanted), self.wanted)
        follows = neighbour(number) <= self.wanted.forces
        what = truth(told, force.taken, force.last_day, follows)
        self.made.ledgers[force.name] = what.ledger()
        self._is_true(force_truth(force, what))
        coverage = _coverage(force.name, told.day, self.wanted)
        self._agency(force.name, (FORCE, number), police_rows(force), coverage, force_asked(force))

    def council(self, number: int) -> None:
        """Make a council."""
        made = council(number, self.wanted)
        rows = council_rows(made)
        coverage = _coverage(made.name, None if rows else made.done.starts, self.wanted)
        self._is_true({"assessments": council_truth(made)})
        self._agency(made.name, (COUNCIL, number), rows, coverage, council_asked(made))

    def nation(self) -> None:
        """Say what the return of all together is."""
        if self._shared is not None:
            self.made.returns[NATION] = f"{RETURNS}/{folder_name(NATION)}"
            self._write(self._shared, _about(NATION, tuple(self.made.rows), self.wanted))

    def _agency(
        self,
        name: str,
        which: tuple[str, int],
        rows: Mapping[str, pa.Table],
        coverage: pa.Table,
        asked: Mapping[str, pa.Array],
    ) -> None:
        """Write the rows of an agency, with faults where they are wanted, and what will be found in them."""
        draw = stream(self.wanted.seed, *which, "faults")
        sent, faults = planted(rows, name, self.wanted.faults, draw, self.wanted.days[1], asked)
        self._will_be_asked(name, asked)
        with self._folder(name) as folder:
            self._write(folder, {**sent, "coverage": coverage})
            if self._shared is None:
                self._write(folder, _about(name, tuple(sent), self.wanted))
        for found in faults:
            _count(self.made.faults, found.column("rule")[0].as_py(), found.num_rows)
            self._true.write("planted_faults", found)

    @contextmanager
    def _folder(self, sender: str) -> Iterator[Folder]:
        if self._shared is not None:
            yield self._shared
            return
        self.made.returns[sender] = f"{RETURNS}/{folder_name(sender)}"
        with Folder(self._out / self.made.returns[sender], self._form) as folder:
            yield folder

    def _write(self, folder: Folder, tables: Mapping[str, pa.Table]) -> None:
        for name, rows in tables.items():
            folder.write(name, rows)
            _count(self.made.rows, name, rows.num_rows)

    def _is_true(self, tables: Mapping[str, pa.Table]) -> None:
        for name, rows in tables.items():
            self._true.write(name, rows)

    def _will_be_asked(self, agency: str, keys: Mapping[str, pa.Array]) -> None:
        for rule, key in keys.items():
            if len(key):
                _count(self.made.asked, rule, len(key))
                self._true.write("asked_about", asked_table(agency, rule, key))


def make(wanted: WantedNation, out: Path, form: str, tell: Callable[[str], None]) -> Made:
    """Write the returns of all agencies below ``out``, and the truth beside them. Memory is that of one agency."""
    with Folder(out / TRUTH, form) as true, _shared(wanted, out, form) as shared:
        nation = _Nation(wanted, out, form, true, shared)
        for number in range(1, wanted.forces + 1):
            tell(f"{agency_name(FORCE, number)} of {wanted.forces:,}")
            nation.force(number)
        for number in range(1, wanted.councils + 1):
            tell(f"{agency_name(COUNCIL, number)} of {wanted.councils:,}")
            nation.council(number)
        nation.nation()
    write_summary(out / TRUTH, nation.made, wanted, form)
    return nation.made


def _shared(wanted: WantedNation, out: Path, form: str) -> AbstractContextManager[Folder | None]:
    return Folder(out / RETURNS / folder_name(NATION), form) if wanted.one_return else nullcontext()


def folder_name(sender: str) -> str:
    """The folder of a sender's return."""
    return sender.lower().replace(" ", "-")


def _return_id(sender: str) -> str:
    return sender.upper().replace(" ", "-")


def _count(counts: dict[str, int], name: str, more: int) -> None:
    counts[name] = counts.get(name, 0) + more


def _coverage(agency: str, day: Column | None, wanted: WantedNation) -> pa.Table:
    """Every month of the period: reported, or a true zero where nothing was received in it.

    Args:
        agency: whose it is.
        day: the days of receipt; None for an agency that receives no reports, and sent every month.
        wanted: the period.
    """
    span = wanted.period
    months = months_between(span.first_day, span.last_day)
    held = np.ones(len(months), dtype=bool)
    if day is not None:
        held = np.isin(months, np.unique(day.astype("datetime64[D]").astype("datetime64[M]").astype(str)))
    identifier = _return_id(NATION if wanted.one_return else agency)
    return table(
        {
            "return_id": always(identifier, len(months)),
            "agency_id": always(agency, len(months)),
            "month": pa.array(months),
            "state": words((ZERO, REPORTED), held.astype(int)),
        }
    )


def _about(sender: str, records: tuple[str, ...], wanted: WantedNation) -> dict[str, pa.Table]:
    """What a return says of itself, and the sender's word that it is complete for the ledger."""
    last = wanted.period.last_day
    holds = [name for name in records if name not in NOT_NAMED]
    about = {
        "return_id": _return_id(sender),
        "sender": sender,
        "period": wanted.period.label,
        "sent_date": (last + timedelta(days=DAYS_UNTIL_SENT)).isoformat(),
        "as_at": last.isoformat(),
        "standard_version": STANDARD_VERSION,
        "tables": ";".join(holds or ["return"]),
        "zero_return": "false" if holds else "true",
        "sharing_agreement": AGREEMENT,
    }
    says = {"return_id": about["return_id"], "measure": "ledger", "included": "true", "reason": "complete"}
    rows = {"return": about, "declaration": says}
    return {name: pa.table({column: [value] for column, value in row.items()}) for name, row in rows.items()}

"""The catalogue of a store (SQLite): which returns there are, in what state; the wrapped keys; the trail.

Beside the returns stand the answers that senders gave to queries, who is expected to send when, the sharing agreements,
the agencies' designated contacts, who was referred at once, what was made, what was erased and what was judged again.
Of these rows are added and never altered: the last one about a matter holds. Every change is one transaction with its
row in the trail: neither is ever there without the other.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import MISSING, asdict, dataclass, fields
from pathlib import Path
from typing import Any

from onrecord import trail
from onrecord.errors import StoreRefused
from onrecord.trail import Act

FILE = "catalogue.sqlite"
FORMAT = 4
BUSY_SECONDS = 20
RECEIVED, ACCEPTED = "received", "accepted"
SUPERSEDED, WITHDRAWN, ERASED = "superseded", "withdrawn", "erased"
# What may be done to a return, and where it then stands. What is not here is refused.
STEPS: Mapping[str, Mapping[str, str]] = {
    "accept": {RECEIVED: ACCEPTED},
    "supersede": {ACCEPTED: SUPERSEDED},
    "withdraw": {RECEIVED: WITHDRAWN, ACCEPTED: WITHDRAWN},
    "erase": {RECEIVED: ERASED, ACCEPTED: ERASED, SUPERSEDED: ERASED, WITHDRAWN: ERASED},
}
# What is not sealed is read as it is; a store is neither until its first return.
SEALED, OPEN = "sealed", "open"


@dataclass(frozen=True)
class Return:
    """What the catalogue knows of one return.

    Attributes:
        id: its name in the store ("R0001").
        number: the order in which returns came.
        state: received, accepted, superseded, withdrawn or erased: see ``STEPS``.
        adapter: how it was read.
        sender: who sent it (an agency or publisher).
        period: the period it was sent for.
        received_by, received_at: who took it in, and when (UTC).
        accepted_by, accepted_at: who accepted it, and when; None before.
        unit: what the ledger counts.
        counted_row: what a received row is called.
        as_at, first_day, last_day: ISO days.
        received, accepted, held, out_of_scope, not_reported: rows; not reported are among the accepted.
        standard_version, code_version: what it was read with.
        receipt: the whole receipt, as JSON, without a value of any row.
        generation: how often what is kept of it was made anew: an erasure makes a new one. Returns of a store of
            format 2 or before are of generation 0.
        agreement: the reference of the sharing agreement that it came under.
        rules: the fingerprint of the rules that it was judged by; "" where that was not noted.
        supersedes: the return that it takes the place of, once it is accepted; "" where it takes none.
        ended_at, ended_by, ended_why: when it ceased to count, by whom, and why; None while it counts or waits.
    """

    id: str
    number: int
    state: str
    adapter: str
    sender: str
    period: str
    received_by: str
    received_at: str
    accepted_by: str | None
    accepted_at: str | None
    unit: str
    counted_row: str
    as_at: str
    first_day: str | None
    last_day: str | None
    received: int
    accepted: int
    held: int
    out_of_scope: int
    not_reported: int
    standard_version: str
    code_version: str
    receipt: dict[str, Any]
    generation: int = 0
    agreement: str = ""
    rules: str = ""
    supersedes: str = ""
    ended_at: str | None = None
    ended_by: str | None = None
    ended_why: str | None = None

    def counted_at(self, moment: str | None) -> bool:
        """Whether it counts, or counted as known at a moment (UTC, ISO)."""
        if moment is None:
            return self.state == ACCEPTED
        return (
            self.accepted_at is not None
            and self.accepted_at <= moment
            and (self.ended_at is None or self.ended_at > moment)
        )


@dataclass(frozen=True)
class Answer:
    """Why a query is right as it was sent, in the sender's word.

    Attributes:
        number: the order in which answers came.
        sender, adapter: whose returns, and in which layout, it is about.
        rule, rule_version: the query.
        key: the identifiers of the row, joined by "/"; "" for every finding of the rule.
        reason: a code of ``answer_reasons``.
        by, at: who gave it, and when (UTC).
        return_id: the return it was given for.
    """

    number: int
    sender: str
    adapter: str
    rule: str
    rule_version: int
    key: str
    reason: str
    by: str
    at: str
    return_id: str


@dataclass(frozen=True)
class Expected:
    """That a sender is expected to send, or from now on is not.

    Attributes:
        number: the order in which this was said.
        sender: who.
        every: how long a period is, a key of ``onrecord.store.expected.EVERY``.
        first, last: the first period, and the last or "".
        due_days: days after the end of a period by which the return is due.
        agencies: the agencies it is expected to speak for; none where that is left to the sender.
        ended: whether nothing is expected any more.
        at: when this was said (UTC).
    """

    number: int
    sender: str
    every: str
    first: str
    last: str
    due_days: int
    agencies: tuple[str, ...]
    ended: bool
    at: str


@dataclass(frozen=True)
class Agreement:
    """A sharing agreement: what the returns that name it may be used for.

    Attributes:
        number: the order in which it was written down; of one reference, the last holds.
        reference: what returns call it.
        parties: who made it.
        purposes: what it allows, keys of ``agreements.PURPOSES``.
        first, last: the first day of it, and the last or "" where it has no end.
        review: the day by which it is to be looked at again.
        by, at: who wrote it down, and when (UTC).
    """

    number: int
    reference: str
    parties: tuple[str, ...]
    purposes: tuple[str, ...]
    first: str
    last: str
    review: str
    by: str
    at: str


@dataclass(frozen=True)
class Contact:
    """Whom an agency has named for children who may be in danger.

    Attributes:
        number: the order in which it was written down; of one agency, the last holds.
        agency: the agency, as returns name it.
        contact: who, and how to reach them.
        by, at: who wrote it down, and when (UTC).
    """

    number: int
    agency: str
    contact: str
    by: str
    at: str


@dataclass(frozen=True)
class Referral:
    """That a child in a report may be in danger, and was referred at once. Never published.

    Attributes:
        number: the order; its name is RN and this number.
        return_id: the return that holds the report.
        agency: the agency that holds the report.
        report: the keyed pseudonym of the report's identifier; the identifier itself in an open store.
        contact: whether a designated contact was kept for that agency.
        by, at: who referred, and when (UTC).
    """

    number: int
    return_id: str
    agency: str
    report: str
    contact: bool
    by: str
    at: str

    @property
    def id(self) -> str:
        """The reference."""
        return f"RN{self.number:04}"


@dataclass(frozen=True)
class Made:
    """Something that was made from the store, and what from: its lineage.

    Attributes:
        number: the order in which things were made; its name is M and this number.
        what: the measure, as "ledger", or "site".
        asked: what was asked, as words and values.
        known_at: only what was accepted by then went in (UTC).
        inputs: return id to the generation of it that went in.
        settings: what else the figures depend on: the window, the policy.
        code_version, standard_version: what it was made with.
        seed: of whatever was drawn by chance; None where nothing was.
        digest: the SHA-256 of what was made.
        by, at: who made it, and when (UTC).
    """

    number: int
    what: str
    asked: Mapping[str, Any]
    known_at: str
    inputs: Mapping[str, int]
    settings: Mapping[str, Any]
    code_version: str
    standard_version: str
    seed: int | None
    digest: str
    by: str
    at: str

    @property
    def id(self) -> str:
        """What it is called."""
        return f"M{self.number:04}"


@dataclass(frozen=True)
class Erasure:
    """That something was erased for good, by law.

    Attributes:
        number: the order in which things were erased; its name is E and this number.
        kind: "return" or "person".
        returns: return id to the generation before it.
        person: the keyed pseudonym of the person; "" where a return was erased.
        authority: what it was asked for under.
        rows: record name to the rows that went.
        by, second, at: the two people, and when (UTC).
        reports: how many reports went with it.
    """

    number: int
    kind: str
    returns: Mapping[str, int]
    person: str
    authority: str
    rows: Mapping[str, int]
    by: str
    second: str
    at: str
    reports: int

    @property
    def id(self) -> str:
        """What it is called."""
        return f"E{self.number:04}"


@dataclass(frozen=True)
class Recheck:
    """How a return fared when newer rules judged it. What was accepted stays as it was accepted.

    Attributes:
        number: the order.
        return_id, rules: which return, and the fingerprint of the rules.
        verdict: what the receipt would say today.
        found: rule to findings now, of the rules whose findings changed.
        before: the same as the receipt had them.
        by, at: who asked, and when (UTC).
    """

    number: int
    return_id: str
    rules: str
    verdict: str
    found: Mapping[str, int]
    before: Mapping[str, int]
    by: str
    at: str


COLUMNS = tuple(field.name for field in fields(Return))
# The kinds of rows that are added and never altered: table of the catalogue to what a row of it is.
ADDED: dict[str, type[Any]] = {
    "answers": Answer,
    "expected": Expected,
    "agreements": Agreement,
    "made": Made,
    "erasures": Erasure,
    "rechecks": Recheck,
    "contacts": Contact,
    "referrals": Referral,
}
# Table of the catalogue to its columns.
TABLES: dict[str, tuple[str, ...]] = {
    "returns": COLUMNS,
    **{name: tuple(field.name for field in fields(kind)) for name, kind in ADDED.items()},
}
# Columns that hold lists and mappings, as JSON.
AS_JSON = frozenset(
    {"agencies", "parties", "purposes", "asked", "inputs", "settings", "returns", "rows", "found", "before", "receipt"}
)
AS_TUPLES = frozenset({"agencies", "parties", "purposes"})


def one_name(name: str) -> str:
    """A name, but for blanks and capitals."""
    return " ".join(name.split()).casefold()


def same_name(one: str, other: str) -> bool:
    """Whether two names are one, but for blanks and capitals."""
    return one_name(one) == one_name(other)


def _create(table: str) -> str:
    columns = (f'"{name}" INTEGER PRIMARY KEY' if name == "number" else f'"{name}"' for name in TABLES[table])
    return f'CREATE TABLE IF NOT EXISTS "{table}" ({", ".join(columns)})'


def _insert(table: str) -> str:
    names = [name for name in TABLES[table] if table == "returns" or name != "number"]
    listed, marks = ", ".join(f'"{name}"' for name in names), ", ".join(f":{name}" for name in names)
    return f'INSERT INTO "{table}" ({listed}) VALUES ({marks})'  # noqa: S608 - names of this file


class Catalogue:
    """Reads and writes the catalogue of the store in ``folder``. Each write is one transaction with its act."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE

    @contextmanager
    def transaction(self, writes: bool = True) -> Iterator[Transaction]:
        """All that is done inside is done, or nothing is.

        Raises:
            StoreRefused: the catalogue is damaged, locked by another command, or cannot be written.
        """
        connection = None
        try:
            connection = sqlite3.connect(self._path, timeout=BUSY_SECONDS, isolation_level=None)
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA synchronous = FULL")
            # What is deleted (a destroyed key) is overwritten in the file.
            connection.execute("PRAGMA secure_delete = ON")
            connection.execute("BEGIN IMMEDIATE" if writes else "BEGIN")
            self._know_the_format(connection, writes)
            yield Transaction(connection)
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise StoreRefused(
                f"{self._path}: the catalogue cannot be used ({error}). If another command is running, "
                "wait for it to end; if the disk is full or read-only, see to that first. Nothing was changed."
            ) from None
        finally:
            if connection is not None:
                connection.close()

    def _know_the_format(self, connection: sqlite3.Connection, writes: bool) -> None:
        """A catalogue written by a later version may mean something else by the same words.

        One written by an earlier version is brought up to date by the first command that writes.
        """
        found = connection.execute("PRAGMA user_version").fetchone()[0]
        if found > FORMAT:
            raise StoreRefused(
                f"{self._path}: the catalogue is of format {found}; this version of onrecord reads up to {FORMAT}. "
                "Use the version that wrote it."
            )
        if writes and found < FORMAT:
            for table in TABLES:
                connection.execute(_create(table))
            for column in [name for name in COLUMNS if name not in _columns_there(connection, "returns")]:
                default = DEFAULTS[column]
                connection.execute(f'ALTER TABLE "returns" ADD COLUMN "{column}" DEFAULT {_as_sql(default)}')
            connection.execute('CREATE TABLE IF NOT EXISTS "about" ("name" PRIMARY KEY, "value")')
            connection.execute(
                'CREATE TABLE IF NOT EXISTS "keys" ("name" PRIMARY KEY, "wrapped" BLOB, "under" TEXT, "place" TEXT)'
            )
            trail.create(connection)
            connection.execute(f"PRAGMA user_version = {FORMAT}")

    def copy_to(self, path: Path) -> None:
        """A copy of the catalogue as it stands, made by SQLite itself."""
        with sqlite3.connect(self._path) as source, sqlite3.connect(path) as target:
            source.backup(target)
        source.close()
        target.close()

    def create(self) -> None:
        """Make an empty catalogue, or finish one that was only begun."""
        with self.transaction():
            pass

    def all(self) -> list[Return]:
        """Every return, in the order in which they came."""
        with self.transaction(writes=False) as now:
            return now.returns()

    def rows(self, table: str) -> list[Any]:
        """Every row that was added to a table, in the order in which they came."""
        with self.transaction(writes=False) as now:
            return now.rows(table)

    def about(self, name: str) -> str:
        """What the store says of itself under a name, or nothing."""
        with self.transaction(writes=False) as now:
            return now.about(name)


DEFAULTS = {field.name: field.default for field in fields(Return) if field.default is not MISSING}


def _as_sql(default: object) -> str:
    return "NULL" if default is None else str(default) if isinstance(default, int) else f"'{default}'"


def _columns_there(connection: sqlite3.Connection, table: str) -> list[str]:
    return [row["name"] for row in connection.execute(f'PRAGMA table_info("{table}")')]


def _as_row(kept: Any) -> dict[str, Any]:
    return {
        name: json.dumps(value, sort_keys=True) if name in AS_JSON else int(value) if isinstance(value, bool) else value
        for name, value in asdict(kept).items()
    }


def _as_kept(kind: type[Any], row: Mapping[str, Any]) -> Any:
    """A row of the catalogue as what it is; whole numbers that stand for yes and no become that again."""
    bools = {field.name for field in fields(kind) if field.type == "bool"}
    found = {}
    for name, value in row.items():
        read: Any = json.loads(value) if name in AS_JSON else bool(value) if name in bools else value
        found[name] = tuple(read) if name in AS_TUPLES else read
    return kind(**found)


class Transaction:
    """The catalogue inside one transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    # ------------------------------------------------------------ returns

    def next_number(self) -> int:
        """The number after the last return's."""
        last = self.connection.execute("SELECT max(number) AS last FROM returns").fetchone()["last"]
        return int(last or 0) + 1

    def add_return(self, entry: Return) -> None:
        """Enter a new return."""
        self.connection.execute(_insert("returns"), _as_row(entry))

    def returns(self) -> list[Return]:
        """Every return, in the order in which they came."""
        there = [name for name in COLUMNS if name in _columns_there(self.connection, "returns")]
        listed = ", ".join(f'"{name}"' for name in there)
        rows = self.connection.execute(f"SELECT {listed} FROM returns ORDER BY number").fetchall()  # noqa: S608
        return [_as_kept(Return, dict(row)) for row in rows]

    def move(self, return_id: str, step: str, **changes: Any) -> bool:
        """Take a step with a return. False where its state does not allow it."""
        state = self.connection.execute("SELECT state FROM returns WHERE id = ?", (return_id,)).fetchone()
        if state is None or state["state"] not in STEPS[step]:
            return False
        self.change(return_id, state=STEPS[step][state["state"]], **changes)
        return True

    def change(self, return_id: str, **changes: Any) -> None:
        """Write new values into a return's row."""
        assert set(changes) <= set(COLUMNS)
        listed = ", ".join(f'"{name}" = :{name}' for name in changes)
        values = {
            name: json.dumps(value, sort_keys=True) if name in AS_JSON else value for name, value in changes.items()
        }
        self.connection.execute(
            f"UPDATE returns SET {listed} WHERE id = :return_id",  # noqa: S608 - names of this file
            {**values, "return_id": return_id},
        )

    # ------------------------------------------------------------ rows that are added

    def add(self, table: str, kept: Any) -> int:
        """Add a row; its number is given here, and returned."""
        assert isinstance(kept, ADDED[table])
        done = self.connection.execute(_insert(table), _as_row(kept))
        return int(done.lastrowid or 0)

    def rows(self, table: str) -> list[Any]:
        """The rows of a table; none in a catalogue of an earlier version, which lacks it."""
        if not _columns_there(self.connection, table):
            return []
        listed = ", ".join(f'"{name}"' for name in TABLES[table])
        found = self.connection.execute(f'SELECT {listed} FROM "{table}" ORDER BY number').fetchall()  # noqa: S608
        return [_as_kept(ADDED[table], dict(row)) for row in found]

    def forget(self, identifiers: frozenset[str]) -> None:
        """Take identifiers that were erased out of the answers; the answers themselves stay."""
        for answer in self.rows("answers"):
            if identifiers & set(answer.key.split("/")):
                self.connection.execute("UPDATE answers SET key = ? WHERE number = ?", (ERASED, answer.number))

    # ------------------------------------------------------------ what the store says of itself, and its keys

    def about(self, name: str) -> str:
        """What the store says of itself under a name, or nothing."""
        if not _columns_there(self.connection, "about"):
            return ""
        row = self.connection.execute("SELECT value FROM about WHERE name = ?", (name,)).fetchone()
        return str(row["value"]) if row else ""

    def say(self, name: str, value: str) -> None:
        """Write down what the store says of itself."""
        self.connection.execute("INSERT OR REPLACE INTO about VALUES (?, ?)", (name, value))

    def keys(self, place: str | None = None) -> dict[str, tuple[bytes, str]]:
        """Name to wrapped key and what it is wrapped under; of one place (a return), or all."""
        if not _columns_there(self.connection, "keys"):
            return {}
        where, told = ("", ()) if place is None else (" WHERE place = ?", (place,))
        rows = self.connection.execute(f"SELECT name, wrapped, under FROM keys{where}", told).fetchall()  # noqa: S608
        return {row["name"]: (row["wrapped"], row["under"]) for row in rows}

    def keys_under_the_ring(self) -> dict[str, tuple[bytes, str, str]]:
        """Name to wrapped key, fingerprint and place, of the keys that no other key of the store wraps."""
        rows = self.connection.execute("SELECT * FROM keys WHERE name = place OR place = 'store'").fetchall()
        return {row["name"]: (row["wrapped"], row["under"], row["place"]) for row in rows}

    def put_keys(self, place: str, keys: Mapping[str, tuple[bytes, str]]) -> None:
        """Keep wrapped keys, in place of earlier ones of the same names."""
        self.connection.executemany(
            "INSERT OR REPLACE INTO keys VALUES (?, ?, ?, ?)",
            [(name, sealed, under, place) for name, (sealed, under) in keys.items()],
        )

    def destroy_keys(self, place: str) -> None:
        """Destroy the keys of a place for good."""
        self.connection.execute("DELETE FROM keys WHERE place = ?", (place,))

    # ------------------------------------------------------------ the trail

    def write_down(self, act: Act, key: bytes | None) -> None:
        """Put an act into the trail."""
        trail.append(self.connection, act, key)

    def trail(self) -> list[dict[str, Any]]:
        """The rows of the trail."""
        return list(trail.read(self.connection)) if _columns_there(self.connection, trail.TABLE) else []

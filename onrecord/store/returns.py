"""A store: a folder with a catalogue and, for each return, the original files and the standard rows, sealed.

A return is written beside the others first (``incoming``), and moved into place inside the transaction that enters it:
what is not in the catalogue is not in the store. Nothing that lies there is ever altered. An erasure makes a new
generation of what is left, destroys the keys of the old one, and removes it. Whatever a command that was stopped has
left, the next one clears away, and says so.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
from filelock import FileLock, Timeout

from onrecord.engine import Engine, empty_table, hold_in_memory, parquet_bytes
from onrecord.errors import KeyRefused, StoreRefused
from onrecord.settings import Settings
from onrecord.standard.records import IDENTITY, TABLES, table_named
from onrecord.store.catalogue import (
    ERASED,
    FILE,
    OPEN,
    RECEIVED,
    SEALED,
    STEPS,
    Catalogue,
    Erasure,
    Return,
    Transaction,
)
from onrecord.store.identities import IDENTITIES, IDENTITY_KEYS, opened_identities, sealed_identities
from onrecord.store.keys import fingerprint, ring_of
from onrecord.store.sealing import DoesNotOpen, pseudonym
from onrecord.store.vault import (
    PSEUDONYMS,
    TRAIL,
    ReturnKeys,
    Vault,
    Written,
    content_of,
    in_pieces,
    keys_of,
    needs_a_key,
    new_return_keys,
    new_vault,
    path_of,
    rewrapped,
    vault_of,
    wrapped_keys,
)
from onrecord.trail import Act

RETURNS, INCOMING, ASIDE = "returns", "incoming", "set-aside"
ROWS, ORIGINAL, MANIFEST, NAMES = "rows", "original", "manifest.json", "original/names.json"
RECORDS = frozenset(table.name for table in TABLES)
# Kept in columns of its own, whatever the record has: of the coverage what figures need.
OF_ITS_OWN = frozenset({"coverage"})
# The first generation of a return; stores of format 2 or before keep theirs, of generation 0, in its folder itself.
FIRST = 1
# A file as it was sent: its name, and its bytes in pieces.
Original = tuple[str, Iterable[bytes]]


class Store:
    """The returns held in a folder."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        self.folder = folder
        self._settings = settings
        self._catalogue = Catalogue(folder)

    @staticmethod
    def is_there(folder: Path) -> bool:
        """Whether there is a store in ``folder``; one that was only begun is none yet."""
        catalogue = folder / FILE
        return catalogue.is_file() and catalogue.stat().st_size > 0

    @classmethod
    def open(cls, folder: Path, settings: Settings) -> Store:
        """The store in ``folder``. Clears away what a stopped command had left.

        Raises:
            StoreRefused: there is none.
        """
        if not (folder / FILE).is_file():
            raise StoreRefused(f"{folder}: there is no store here. 'onrecord receive {folder} FILE...' makes one.")
        store = cls(folder, settings)
        store.repair()
        return store

    @classmethod
    def open_or_create(cls, folder: Path, settings: Settings) -> Store:
        """The store in ``folder``, made anew where the folder is missing or empty.

        Raises:
            StoreRefused: the folder holds something else, or cannot be written.
        """
        store = cls(folder, settings)
        try:
            if not (folder / FILE).is_file() and _holds_something_else(folder):
                raise StoreRefused(f"{folder}: this is not a store, and it is not empty. Give a new folder.")
            # Another command may be making this store now, or may have been stopped while it did.
            (folder / RETURNS).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreRefused(f"{folder}: a store cannot be made here ({error.strerror}).") from None
        store._catalogue.create()
        store.repair()
        return store

    @contextmanager
    def changing(self, act: Act | None = None) -> Iterator[tuple[Transaction, Vault]]:
        """One change of the store, and its act: both or neither.

        Raises:
            KeyRefused: the store is sealed and its key is not at hand.
            StoreRefused: the catalogue cannot be written.
        """
        with self._catalogue.transaction() as now:
            vault = self._vault(now)
            yield now, vault
            if act is not None:
                now.write_down(act, vault.keys.get(TRAIL))

    def _vault(self, now: Transaction) -> Vault:
        return vault_of(now, ring_of(self._settings), self.folder)

    def act(self, what: str, which: str = "", by: str = "", purpose: str = "", **detail: Any) -> Act:
        """What is done now, for the trail."""
        at = self._settings.now.isoformat(timespec="seconds")
        return Act(at, by.strip() or self._settings.who, what, which, purpose, detail)

    @property
    def is_sealed(self) -> bool:
        """Whether the store is sealed; one without a return is neither."""
        return self._catalogue.about("kind") == SEALED

    def decide_to_seal(self, needed: bool) -> None:
        """Decide, with the first return, whether this store is sealed: it is, wherever a key is at hand.

        Args:
            needed: whether what comes now may only lie sealed.

        Raises:
            KeyRefused: it may, and there is no key, or the store was made open.
        """
        ring = ring_of(self._settings)
        with self._catalogue.transaction() as now:
            kind = now.about("kind")
            if kind == SEALED:
                vault_of(now, ring, self.folder)
                return
            if needed and (kind == OPEN or (not kind and now.returns())):
                raise needs_a_key(
                    self.folder,
                    "this store is open: it was made for published data alone. Records that are not published go into "
                    "a sealed store: give a new folder.",
                )
            if needed and ring is None:
                raise needs_a_key(
                    self.folder, "records that are not published are stored sealed, and no key was given."
                )
            if not kind:
                self._begin(now, ring is not None and not now.returns())

    def _begin(self, now: Transaction, sealed: bool) -> None:
        store_id = uuid.uuid4().hex
        now.say("store_id", store_id)
        now.say("kind", SEALED if sealed else OPEN)
        vault = new_vault(now, store_id, ring_of(self._settings) if sealed else None)
        now.write_down(self.act("store made", kind=SEALED if sealed else OPEN), vault.keys.get(TRAIL))

    def pseudonym(self, identifier: str, sender: str) -> str:
        """The keyed pseudonym of somebody's identifier at a sender.

        Raises:
            KeyRefused: the store is not sealed, or its key is not at hand: no pseudonym is made without one.
        """
        with self._catalogue.transaction(writes=False) as now:
            key = self._vault(now).keys.get(PSEUDONYMS)
        if key is None:
            raise needs_a_key(self.folder, "pseudonyms are made with the key of a sealed store alone.")
        return pseudonym(identifier, sender, key)

    # ------------------------------------------------------------ in

    def put(
        self, engine: Engine, entry: Return, originals: Iterable[Path], tables: Mapping[str, ir.Table], by: str
    ) -> Return:
        """Add a return: write the files as they were sent and the rows, then enter it.

        Args:
            engine: the engine that the tables are in.
            entry: what the catalogue is to know; its id and number are given here.
            originals: the files as they were sent.
            tables: record name to rows; also agencies, coverage, findings and held rows.
            by: who takes it in.

        Returns:
            The entry as it now stands in the catalogue.
        """
        sent = [(path.name, in_pieces(path)) for path in originals]
        with self._staging("the return could not be written ({why}). Nothing was stored.") as staging:
            with self._catalogue.transaction(writes=False) as now:
                vault = self._vault(now)
            written, keys = self._write(engine, vault, staging / str(FIRST), sent, tables, entry.sender)
            with self.changing() as (now, _):
                number = now.next_number()
                entry = replace(entry, id=f"R{number:04}", number=number, state=RECEIVED, generation=FIRST)
                entry = replace(entry, receipt={**entry.receipt, "tables": _hashes_of_tables(written)})
                manifest = _write_manifest(staging / str(FIRST) / MANIFEST, entry, written)
                now.add_return(entry)
                if vault.seals:
                    now.put_keys(entry.id, wrapped_keys(vault, written.return_keys(keys, entry.id, FIRST)))
                act = self.act("received", entry.id, by, manifest=manifest, agreement=entry.agreement)
                now.write_down(act, vault.keys.get(TRAIL))
                _move_into_place(staging, self.folder / RETURNS / entry.id)
        return entry

    def _write(
        self,
        engine: Engine,
        vault: Vault,
        folder: Path,
        originals: Sequence[Original],
        tables: Mapping[str, ir.Table],
        sender: str,
    ) -> tuple[Written, ReturnKeys]:
        """Write all files of one generation of a return."""
        written, keys = Written(vault, folder), new_return_keys()
        for name, content in _named(originals, vault.seals):
            written.add(name, content)
        for name, table in tables.items():
            if name == IDENTITY.name:
                for part, rows in sealed_identities(engine, table, vault, keys.own, sender).items():
                    written.add(f"{ROWS}/{part}.parquet", [parquet_bytes(engine, part, rows)])
            else:
                written.add(f"{ROWS}/{name}.parquet", [parquet_bytes(engine, name, table)])
        return written, keys

    @contextmanager
    def _staging(self, sorry: str) -> Iterator[Path]:
        """A folder for what is not in the store yet; gone afterwards, whatever happens."""
        place = self.folder / INCOMING / uuid.uuid4().hex
        lock = FileLock(f"{place}.lock")
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            with lock:
                place.mkdir()
                yield place
        except OSError as error:
            raise StoreRefused(f"{self.folder}: {sorry.format(why=error.strerror)}") from None
        finally:
            shutil.rmtree(place, ignore_errors=True)
            with suppress(OSError):
                Path(lock.lock_file).unlink()

    # ------------------------------------------------------------ steps

    def step(self, entry: Return, step: str, act: Act, **changes: Any) -> Return:
        """Take a step with a return.

        Raises:
            StoreRefused: its state does not allow it.
        """
        with self.changing(act) as (now, _):
            self._move(now, entry, step, changes)
        return self.find(entry.id)

    def accept(self, entry: Return, by: str) -> Return:
        """Accept a received return; the one that it takes the place of ceases to count with the same step.

        Raises:
            StoreRefused: it is accepted already, or what it replaces does not count.
        """
        act = self.act("accepted", entry.id, by)
        with self.changing(act) as (now, vault):
            self._move(now, entry, "accept", {"accepted_by": act.who, "accepted_at": act.at})
            if entry.supersedes:
                old = self._among(now.returns(), entry.supersedes)
                ended = {"ended_at": act.at, "ended_by": act.who, "ended_why": f"replaced by {entry.id}"}
                self._move(now, old, "supersede", ended)
                now.write_down(self.act("superseded", old.id, by, by_return=entry.id), vault.keys.get(TRAIL))
        return self.find(entry.id)

    def _move(self, now: Transaction, entry: Return, step: str, changes: Mapping[str, Any]) -> None:
        if not now.move(entry.id, step, **changes):
            stands = self._among(now.returns(), entry.id).state
            allowed = " or ".join(STEPS[step])
            raise StoreRefused(
                f"{entry.id} is already {stands}: only a return that is {allowed} can be taken so. Nothing was changed."
            )

    # ------------------------------------------------------------ out

    def all(self) -> list[Return]:
        """Every return, in the order in which they came."""
        return self._catalogue.all()

    def find(self, return_id: str) -> Return:
        """The return called ``return_id``. Raises StoreRefused, naming those there are."""
        return self._among(self.all(), return_id)

    def _among(self, returns: Sequence[Return], return_id: str) -> Return:
        for entry in returns:
            if entry.id.casefold() == return_id.casefold():
                return entry
        known = ", ".join(entry.id for entry in returns[-10:]) or "none yet"
        raise StoreRefused(f"{self.folder}: there is no return {return_id!r}. The latest are: {known}.")

    def accepted(self, known_at: str | None = None) -> list[Return]:
        """The returns that count, or counted as known at a moment, in the order in which they came.

        Raises:
            StoreRefused: one of them was erased since.
        """
        entries = [entry for entry in self.all() if entry.counted_at(known_at)]
        for entry in entries:
            if entry.state == ERASED:
                raise StoreRefused(
                    f"{entry.id} counted then, and was erased by law on {entry.ended_at}: what was known at {known_at} "
                    "cannot be made again. 'onrecord lineage' says which figures it was in."
                )
        return entries

    def rows_of(self, table: str) -> list[Any]:
        """The rows that were added to a table of the catalogue, in the order in which they came."""
        return self._catalogue.rows(table)

    def trail(self) -> list[dict[str, Any]]:
        """The rows of the trail."""
        with self._catalogue.transaction(writes=False) as now:
            return now.trail()

    def read(self, engine: Engine, entries: Sequence[Return], table: str) -> ir.Table | None:
        """The rows of ``table`` in these returns, with ``return_no``; None where none of them has it.

        Returns made to another version or from another layout may lack columns: a record has those that it has
        today, and what a return does not carry is null.

        Raises:
            StoreRefused: a file of rows is missing, or differs from what was received.
        """
        read = {
            entry.number: engine.read_parquet(self._address(engine, entry, table))
            for entry in entries
            if table in entry.receipt["tables"]
        }
        types = _types_of(table, list(read.values()))
        aligned = [_aligned(rows, types).mutate(return_no=ibis.literal(number)) for number, rows in read.items()]
        return ibis.union(*aligned) if len(aligned) > 1 else aligned[0] if aligned else None

    def rows(self, engine: Engine, entries: Sequence[Return], record: str) -> ir.Table:
        """The rows of a record in these returns; a table without a row where none of them has it."""
        found = self.read(engine, entries, record)
        return empty_table({**table_named(record).types, "return_no": "int64"}) if found is None else found

    def originals(self, entry: Return) -> list[tuple[str, bytes]]:
        """The files of a return as they were sent (or, after an erasure, without whom it was of): name and bytes.

        Raises:
            StoreRefused: one is missing, damaged, or was altered.
        """
        folder = self.folder_of(entry)
        names = self._names_of_originals(entry)
        return [(shown, self._content(entry, name)) for name, shown in names.items() if (folder / ORIGINAL).is_dir()]

    def _names_of_originals(self, entry: Return) -> dict[str, str]:
        """Name of each original file in the store to the name that it was sent under."""
        if self._is_sealed_return(entry):
            found: dict[str, str] = json.loads(self._content(entry, NAMES))
            return found
        folder = self.folder_of(entry) / ORIGINAL
        there = sorted(folder.iterdir()) if folder.is_dir() else []
        return {f"{ORIGINAL}/{path.name}": path.name.split("-", 1)[1] for path in there}

    def _is_sealed_return(self, entry: Return) -> bool:
        return entry.generation >= FIRST and self.is_sealed

    def folder_of(self, entry: Return) -> Path:
        """Where the current generation of a return lies."""
        folder = self.folder / RETURNS / entry.id
        return folder / str(entry.generation) if entry.generation >= FIRST else folder

    def _address(self, engine: Engine, entry: Return, table: str) -> str | Path:
        """Where the engine reads a table of a return: its file, or, unsealed, the engine's own memory."""
        name = f"{ROWS}/{table}.parquet"
        if not self._is_sealed_return(entry):
            return self._unharmed(entry, table, self.folder_of(entry) / name)
        return hold_in_memory(engine, f"{entry.id}/{entry.generation}/{name}", self._content(entry, name))

    def _content(self, entry: Return, name: str) -> bytes:
        """What is in a file of a return."""
        if not self._is_sealed_return(entry):
            return (self.folder_of(entry) / name).read_bytes()
        vault, keys = self._keys_of(entry)
        path = path_of(self.folder_of(entry), name, sealed=True)
        key = keys.files.get(f"{entry.generation}/{name}")
        if key is None:
            raise StoreRefused(f"{path}: this part of {entry.id} is missing. Restore the store from a backup.")
        return content_of(path, key, vault.context(name), f"return {entry.id}")

    def _keys_of(self, entry: Return) -> tuple[Vault, ReturnKeys]:
        with self._catalogue.transaction(writes=False) as now:
            vault = self._vault(now)
            return vault, keys_of(vault, now.keys(entry.id), entry.id, self.folder)

    def _unharmed(self, entry: Return, table: str, path: Path) -> Path:
        """The file of an open return's table, once its check sum is what the catalogue has."""
        if not path.is_file():
            raise StoreRefused(f"{path}: this part of return {entry.id} is missing. Restore the store from a backup.")
        if _hash(path) != entry.receipt["tables"][table]:
            raise StoreRefused(
                f"{path}: this part of return {entry.id} is damaged or was altered. Restore the store from a backup."
            )
        return path

    def identities(self, engine: Engine, entry: Return) -> ir.Table | None:
        """The rows of the record identity in a return, opened; None where it has none."""
        if IDENTITIES not in entry.receipt["tables"]:
            return None
        _, keys = self._keys_of(entry)
        sealed, wrapped_by = (self.read(engine, [entry], name) for name in (IDENTITIES, IDENTITY_KEYS))
        assert sealed is not None
        assert wrapped_by is not None
        try:
            return opened_identities(engine, sealed, wrapped_by, keys.own)
        except DoesNotOpen:
            raise StoreRefused(f"{entry.id}: its identities are damaged or were altered. Restore a backup.") from None

    # ------------------------------------------------------------ looked at, copied, moved to another key

    def trail_key(self) -> bytes | None:
        """The key of the trail's marks; None in an open store. Raises KeyRefused where it is not at hand."""
        with self._catalogue.transaction(writes=False) as now:
            return self._vault(now).keys.get(TRAIL)

    def names_of_keys(self, entry: Return) -> set[str]:
        """The names of the files of a return's current generation that can be opened."""
        _, keys = self._keys_of(entry)
        begin = f"{entry.generation}/"
        return {name.removeprefix(begin) for name in keys.files if name.startswith(begin)}

    def catalogue_faults(self) -> list[str]:
        """What SQLite itself finds wrong with the catalogue."""
        with self._catalogue.transaction(writes=False) as now:
            found = now.connection.execute("PRAGMA integrity_check").fetchall()
        return [f"The catalogue is damaged: {row[0]}." for row in found if row[0] != "ok"]

    def copy_catalogue(self, path: Path) -> None:
        """A copy of the catalogue, made by SQLite itself."""
        self._catalogue.copy_to(path)

    def rotate(self, by: str) -> tuple[int, str]:
        """Wrap every key that lies under the ring anew, under its current key; how many, and that key's fingerprint."""
        ring = ring_of(self._settings)
        if ring is None or not self.is_sealed:
            raise needs_a_key(self.folder, "there is nothing to move to another key without a sealed store and a key.")
        with self.changing() as (now, vault):
            moved = rewrapped(now, vault, self.folder)
            mark = fingerprint(ring.current)
            act = self.act("keys rotated", mark, by, keys=moved)
            now.write_down(act, vault.keys.get(TRAIL))
        return moved, mark

    # ------------------------------------------------------------ erased

    def erase_return(self, entry: Return, erasure: Erasure) -> Erasure:
        """Destroy the keys of a return, then all that lies of it. What the catalogue counts of it stays.

        Raises:
            StoreRefused: it is erased already.
        """
        act = self.act("erased return", entry.id, erasure.by, "erasure", second=erasure.second)
        with self.changing(act) as (now, _):
            self._move(now, entry, "erase", _ended(entry, act, "erased by law"))
            now.destroy_keys(entry.id)
            erasure = replace(erasure, number=now.add("erasures", erasure))
        shutil.rmtree(self.folder / RETURNS / entry.id, ignore_errors=True)
        return erasure

    def erase_person(
        self,
        engine: Engine,
        left: Mapping[str, tuple[Mapping[str, ir.Table], Sequence[Original]]],
        erasure: Erasure,
        identifiers: frozenset[str],
    ) -> Erasure:
        """Make the returns that held a person anew without her, and destroy the keys of what held her.

        Args:
            engine: the engine that the tables are in.
            left: return id to what is left of it: its tables, and its files.
            erasure: what is written down of it.
            identifiers: the identifiers of all that goes, which are to stand nowhere any more.
        """
        with self._staging("the erasure could not be written ({why}). Nothing was erased.") as staging:
            with self._catalogue.transaction(writes=False) as now:
                vault = self._vault(now)
            made = {}
            for return_id, (tables, originals) in left.items():
                entry = self.find(return_id)
                folder = staging / return_id / str(entry.generation + 1)
                made[return_id] = (entry, folder, *self._write(engine, vault, folder, originals, tables, entry.sender))
            before = {return_id: _manifest_hash(self.folder_of(entry)) for return_id, (entry, *_) in made.items()}
            moved: list[Path] = []
            try:
                with self.changing() as (now, _):
                    after = {}
                    for return_id, (entry, folder, written, keys) in made.items():
                        new = replace(entry, generation=entry.generation + 1)
                        receipt = _without_identifiers(entry.receipt, identifiers)
                        new = replace(new, receipt={**receipt, "tables": _hashes_of_tables(written)})
                        after[return_id] = _write_manifest(folder / MANIFEST, new, written)
                        now.change(return_id, generation=new.generation, receipt=new.receipt)
                        now.destroy_keys(return_id)
                        if vault.seals:
                            now.put_keys(
                                return_id, wrapped_keys(vault, written.return_keys(keys, return_id, new.generation))
                            )
                        moved.append(self.folder / RETURNS / return_id / str(new.generation))
                        folder.rename(moved[-1])
                    now.forget(identifiers)
                    erasure = replace(erasure, number=now.add("erasures", erasure))
                    act = self.act(
                        "erased person",
                        erasure.id,
                        erasure.by,
                        "erasure",
                        second=erasure.second,
                        manifests_before=before,
                        manifests_after=after,
                    )
                    now.write_down(act, vault.keys.get(TRAIL))
            except BaseException:
                for folder in moved:
                    shutil.rmtree(folder, ignore_errors=True)
                raise
        for entry, *_ in made.values():
            _remove_generation(self.folder / RETURNS / entry.id, entry.generation)
        return erasure

    # ------------------------------------------------------------ repaired

    def repair(self) -> list[str]:
        """Clear away what a command that was stopped had left; says what was found and done, and tells it."""
        if not self._looks_left():
            return []
        said: list[str] = []
        # A store that cannot be written to, or opened, is read as it is: what was left is not in it.
        with suppress(OSError, StoreRefused, KeyRefused), self.changing() as (now, vault):
            said += self._clear_incoming()
            said += self._clear_returns(now.returns())
            for sentence in said:
                now.write_down(self.act("repaired", detail=sentence), vault.keys.get(TRAIL))
        for sentence in said:
            self._settings.notice(f"{self.folder}: {sentence}")
        return said

    def _looks_left(self) -> bool:
        incoming, returns = self.folder / INCOMING, self.folder / RETURNS
        if incoming.is_dir() and any(incoming.iterdir()):
            return True
        there = {path.name for path in returns.iterdir()} if returns.is_dir() else set()
        known = {entry.id: entry for entry in self.all()}
        return bool(there - set(known)) or any(self._is_stale(known[name]) for name in there & set(known))

    def _is_stale(self, entry: Return) -> bool:
        return entry.state == ERASED or bool(_other_generations(self.folder / RETURNS / entry.id, entry.generation))

    def _clear_incoming(self) -> list[str]:
        """Remove what lies in ``incoming`` and nobody is writing now."""
        incoming, found = self.folder / INCOMING, 0
        if not incoming.is_dir():
            return []
        for place in {path.with_suffix("") for path in incoming.iterdir()}:
            lock = FileLock(f"{place}.lock")
            with suppress(Timeout), lock.acquire(timeout=0):
                if place.is_dir():
                    found += 1
                shutil.rmtree(place, ignore_errors=True)
                Path(lock.lock_file).unlink(missing_ok=True)
        if not found:
            return []
        what = "1 command was" if found == 1 else f"{found} commands were"
        return [
            f"{what} stopped before what it was writing was in the store. It was cleared away; nothing that was "
            "accepted is lost. Give that command again."
        ]

    def _clear_returns(self, entries: Sequence[Return]) -> list[str]:
        """Inside the transaction, so that nobody is moving a return into place."""
        known, said = {entry.id: entry for entry in entries}, []
        for place in sorted((self.folder / RETURNS).iterdir()):
            entry = known.get(place.name)
            if entry is None:
                said.append(self._set_aside(place))
            elif entry.state == ERASED:
                shutil.rmtree(place)
                said.append(f"the erasure of {entry.id} was stopped after its keys were destroyed. It was finished.")
            else:
                said += self._clear_generations(place, entry)
        return said

    def _set_aside(self, place: Path) -> str:
        """What the catalogue does not know is not in the store. It is kept, in case the catalogue is the wrong one."""
        aside = self.folder / ASIDE / f"{place.name}-{uuid.uuid4().hex[:8]}"
        aside.parent.mkdir(exist_ok=True)
        place.rename(aside)
        return (
            f"{place.name} lies there and is not in the catalogue. Either a receive was stopped before it was entered: "
            f"then give it again, and remove {aside.relative_to(self.folder)}. Or the catalogue is an older one that "
            "was put back: then put the right one back, and what was set aside too."
        )

    def _clear_generations(self, place: Path, entry: Return) -> list[str]:
        said = []
        for generation in _other_generations(place, entry.generation):
            _remove_generation(place, generation)
            said.append(
                f"an erasure in {entry.id} was stopped before it took effect. Nothing was erased: give it again."
                if generation > entry.generation
                else f"an erasure in {entry.id} was stopped after its keys were destroyed. It was finished."
            )
        return said


def _without_identifiers(receipt: Mapping[str, Any], identifiers: frozenset[str]) -> dict[str, Any]:
    """A receipt whose answers name nothing that was erased."""
    answered = [
        {**each, "key": ERASED} if identifiers & set(str(each["key"]).split("/")) else each
        for each in receipt.get("answered", ())
    ]
    return {**receipt, "answered": answered}


def _ended(entry: Return, act: Act, why: str) -> dict[str, Any]:
    """When a return ceased to count; one that had done so before keeps its day."""
    if entry.ended_at is not None:
        return {}
    return {"ended_at": act.at, "ended_by": act.who, "ended_why": why}


def _other_generations(place: Path, current: int) -> list[int]:
    """The generations of a return that lie there beside the current one."""
    found = sorted(int(path.name) for path in place.iterdir() if path.name.isdecimal()) if place.is_dir() else []
    if current >= FIRST and (place / ROWS).is_dir():
        found.insert(0, 0)
    return [generation for generation in found if generation != current]


def _remove_generation(place: Path, generation: int) -> None:
    if generation >= FIRST:
        shutil.rmtree(place / str(generation), ignore_errors=True)
        return
    for name in (ROWS, ORIGINAL):
        shutil.rmtree(place / name, ignore_errors=True)
    (place / MANIFEST).unlink(missing_ok=True)


def _move_into_place(staging: Path, target: Path) -> None:
    """The last step before the transaction ends. What lies there is a stopped command's: this one holds the lock."""
    if target.exists():
        shutil.rmtree(target)
    staging.rename(target)


def _named(originals: Sequence[Original], sealed: bool) -> Iterator[Original]:
    """The original files under numbered names, since two may share one. In a sealed store their own names are sealed
    too: a file may be called after a child."""
    names = {}
    for number, (name, content) in enumerate(originals, 1):
        own = f"{ORIGINAL}/{number:04}" if sealed else f"{ORIGINAL}/{number:04}-{name}"
        names[own] = name
        yield own, content
    if sealed:
        yield NAMES, [json.dumps(names, sort_keys=True).encode()]


def _hashes_of_tables(written: Written) -> dict[str, str]:
    """Table to the SHA-256 of its Parquet file."""
    begin, end = f"{ROWS}/", ".parquet"
    return {
        name.removeprefix(begin).removesuffix(end): digest
        for name, digest in written.content.items()
        if name.startswith(begin)
    }


def _write_manifest(path: Path, entry: Return, written: Written) -> str:
    """What a generation of a return holds, and the hash of each file as it lies there; returns the manifest's own."""
    about = {name: value for name, value in entry.__dict__.items() if name not in IN_THE_CATALOGUE}
    # In a sealed store no hash of what is sealed lies in the clear: whoever guessed a file could confirm the guess.
    inside = {} if written.vault.seals else {"content": written.content}
    content = {**about, **inside, "files": written.on_disk}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return _hash(path)


# What changes later, and so stands in the catalogue alone.
IN_THE_CATALOGUE = frozenset({"state", "accepted_by", "accepted_at", "ended_at", "ended_by", "ended_why"})


def _manifest_hash(folder: Path) -> str:
    return _hash(folder / MANIFEST) if (folder / MANIFEST).is_file() else ""


def _types_of(table: str, read: Sequence[ir.Table]) -> dict[str, Any]:
    """The columns that the rows of a table are given: those of the record, or all that any of the files has."""
    if table in RECORDS and table not in OF_ITS_OWN:
        return dict(table_named(table).types)
    types: dict[str, Any] = {}
    for rows in read:
        for name, kind in rows.schema().items():
            if name not in types or not types[name].is_string():
                types[name] = kind
    return types


def _aligned(rows: ir.Table, types: Mapping[str, Any]) -> ir.Table:
    there = rows.schema()
    return rows.select(
        **{
            name: ibis.null(kind) if name not in there else rows[name] if there[name] == kind else rows[name].cast(kind)
            for name, kind in types.items()
        }
    )


def _holds_something_else(folder: Path) -> bool:
    if not folder.exists():
        return False
    return not folder.is_dir() or any(
        entry.name not in (RETURNS, INCOMING, ASIDE) and not entry.name.startswith(FILE) for entry in folder.iterdir()
    )


def _hash(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()

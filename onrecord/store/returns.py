"""A store: a folder with a catalogue and, for each return, the original bytes and the standard rows.

A return is written beside the others first and moved into place whole, then entered in the catalogue; what
is not in the catalogue is not in the store.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir

from onrecord.engine import Engine
from onrecord.errors import StoreRefused
from onrecord.standard.records import TABLES, table_named
from onrecord.store.catalogue import ACCEPTED, FILE, RECEIVED, Answer, Catalogue, Expected, Return

ROWS, ORIGINAL, MANIFEST = "rows", "original", "manifest.json"
CHUNK = 1 << 20
RECORDS = frozenset(table.name for table in TABLES)
# Kept in columns of its own, whatever the record has: of the coverage what figures need.
OF_ITS_OWN = frozenset({"coverage"})


class Store:
    """The returns held in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._catalogue = Catalogue(folder)

    @staticmethod
    def is_there(folder: Path) -> bool:
        """Whether there is a store in ``folder``; one that was only begun is none yet."""
        catalogue = folder / FILE
        return catalogue.is_file() and catalogue.stat().st_size > 0

    @classmethod
    def open(cls, folder: Path) -> Store:
        """The store in ``folder``. Raises StoreRefused when there is none."""
        if not (folder / FILE).is_file():
            raise StoreRefused(f"{folder}: there is no store here. 'onrecord receive {folder} FILE...' makes one.")
        return cls(folder)

    @classmethod
    def open_or_create(cls, folder: Path) -> Store:
        """The store in ``folder``, made anew where the folder is missing or empty.

        Raises:
            StoreRefused: the folder holds something else, or cannot be written.
        """
        store = cls(folder)
        try:
            if not (folder / FILE).is_file() and _holds_something_else(folder):
                raise StoreRefused(f"{folder}: this is not a store, and it is not empty. Give a new folder.")
            # Another command may be making this store now, or may have been stopped while it did.
            (folder / "returns").mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreRefused(f"{folder}: a store cannot be made here ({error.strerror}).") from None
        store._catalogue.create()
        return store

    def put(self, entry: Return, originals: Iterable[Path], tables: Mapping[str, ir.Table]) -> Return:
        """Add a return: copy the original bytes, write the rows, then enter it.

        Args:
            entry: what the catalogue is to know; its id and number are given here.
            originals: the files as they were sent.
            tables: record name to rows; also agencies and coverage.

        Returns:
            The entry as it now stands in the catalogue.
        """
        staging = self.folder / "incoming" / uuid.uuid4().hex
        try:
            hashes = _copy_originals(originals, staging / ORIGINAL)
            written = _write_rows(tables, staging / ROWS)
            entry = replace(entry, receipt={**entry.receipt, "tables": written})
            entry = self._into_place(staging, entry, hashes)
        except OSError as error:
            raise StoreRefused(
                f"{self.folder}: the return could not be written ({error.strerror}). Nothing was stored."
            ) from None
        finally:
            shutil.rmtree(staging, ignore_errors=True)
        self._catalogue.add(entry)
        return entry

    def _into_place(self, staging: Path, entry: Return, hashes: Mapping[str, str]) -> Return:
        """Move a finished folder to the first free number: two receivers at once cannot take the same."""
        number = self._catalogue.next_number()
        while True:
            entry = replace(entry, id=f"R{number:04}", number=number, state=RECEIVED)
            _write_manifest(staging / MANIFEST, entry, hashes)
            try:
                staging.rename(self.folder / "returns" / entry.id)
            except OSError:
                if not (self.folder / "returns" / entry.id).exists():
                    raise
                number += 1
            else:
                return entry

    def all(self) -> list[Return]:
        """Every return, in the order in which they came."""
        return self._catalogue.all()

    def find(self, return_id: str) -> Return:
        """The return called ``return_id``. Raises StoreRefused, naming those there are."""
        returns = self.all()
        for entry in returns:
            if entry.id.casefold() == return_id.casefold():
                return entry
        known = ", ".join(entry.id for entry in returns[-10:]) or "none yet"
        raise StoreRefused(f"{self.folder}: there is no return {return_id!r}. The latest are: {known}.")

    def accept(self, entry: Return, by: str, at: str) -> Return:
        """Accept a received return. Raises StoreRefused when it is accepted already."""
        if not self._catalogue.mark_accepted(entry.id, by, at):
            raise StoreRefused(f"{entry.id} is already {self.find(entry.id).state}. Nothing was changed.")
        return replace(entry, state=ACCEPTED, accepted_by=by, accepted_at=at)

    def accepted(self) -> list[Return]:
        """The accepted returns, in the order in which they came."""
        return [entry for entry in self.all() if entry.state == ACCEPTED]

    def read(self, engine: Engine, entries: Sequence[Return], table: str) -> ir.Table | None:
        """The rows of ``table`` in these returns, with ``return_no``; None where none of them has it.

        Returns made to another version or from another layout may lack columns: a record has those that it has
        today, and what a return does not carry is null.

        Raises:
            StoreRefused: a file of rows is missing, or differs from what was received.
        """
        read = {
            entry.number: engine.read_parquet(self._unharmed(entry, table))
            for entry in entries
            if table in entry.receipt["tables"]
        }
        types = _types_of(table, list(read.values()))
        aligned = [_aligned(rows, types).mutate(return_no=ibis.literal(number)) for number, rows in read.items()]
        return ibis.union(*aligned) if len(aligned) > 1 else aligned[0] if aligned else None

    def rows(self, engine: Engine, entries: Sequence[Return], record: str) -> ir.Table:
        """The rows of a record in these returns; a table without a row where none of them has it."""
        found = self.read(engine, entries, record)
        return ibis.memtable([], schema={**table_named(record).types, "return_no": "int64"}) if found is None else found

    def answers(self) -> list[Answer]:
        """The answers that senders gave to queries, in the order in which they came."""
        return self._catalogue.answers()

    def add_answer(self, answer: Answer) -> None:
        """Write down an answer. What was answered before stays written."""
        self._catalogue.add_answer(answer)

    def expected(self) -> list[Expected]:
        """All that was said of who is expected to send, in the order in which it was said."""
        return self._catalogue.expected()

    def add_expected(self, expected: Expected) -> None:
        """Write down who is expected to send, or is no longer."""
        self._catalogue.add_expected(expected)

    def _unharmed(self, entry: Return, table: str) -> Path:
        """The file of a return's table, once its check sum is what the catalogue has."""
        path = self.folder / "returns" / entry.id / ROWS / f"{table}.parquet"
        if not path.is_file():
            raise StoreRefused(f"{path}: this part of return {entry.id} is missing. Restore the store from a backup.")
        if _hash(path) != entry.receipt["tables"][table]:
            raise StoreRefused(
                f"{path}: this part of return {entry.id} is damaged or was altered. Restore the store from a backup."
            )
        return path


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
        entry.name != "returns" and not entry.name.startswith(FILE) for entry in folder.iterdir()
    )


def _copy_originals(originals: Iterable[Path], folder: Path) -> dict[str, str]:
    """Copy files under numbered names, since two may share one; returns name to SHA-256."""
    folder.mkdir(parents=True)
    hashes = {}
    for number, path in enumerate(originals, 1):
        name = f"{number:04}-{path.name}"
        hashes[name] = _copy_and_hash(path, folder / name)
    return hashes


def _copy_and_hash(source: Path, target: Path) -> str:
    digest = hashlib.sha256()
    with source.open("rb") as content, target.open("xb") as copy:
        while chunk := content.read(CHUNK):
            digest.update(chunk)
            copy.write(chunk)
        copy.flush()
        os.fsync(copy.fileno())
    return digest.hexdigest()


def _write_rows(tables: Mapping[str, ir.Table], folder: Path) -> dict[str, str]:
    """Write each table as Parquet; returns table to SHA-256."""
    folder.mkdir(parents=True)
    hashes = {}
    for name, table in tables.items():
        path = folder / f"{name}.parquet"
        table.to_parquet(path, compression="zstd")
        with path.open("rb+") as written:
            os.fsync(written.fileno())
        hashes[name] = _hash(path)
    return hashes


def _hash(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _write_manifest(path: Path, entry: Return, hashes: Mapping[str, str]) -> None:
    content: dict[str, Any] = {**entry.__dict__, "originals": dict(hashes)}
    del content["accepted_by"], content["accepted_at"]
    path.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", encoding="utf-8")

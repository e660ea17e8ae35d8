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
from onrecord.store.catalogue import ACCEPTED, FILE, RECEIVED, Catalogue, Return

ROWS, ORIGINAL, MANIFEST = "rows", "original", "manifest.json"
CHUNK = 1 << 20


class Store:
    """The returns held in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._catalogue = Catalogue(folder)

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

        Raises:
            StoreRefused: a file of rows is missing, or differs from what was received.
        """
        read = [
            engine.read_parquet(self._unharmed(entry, table)).mutate(return_no=ibis.literal(entry.number))
            for entry in entries
            if table in entry.receipt["tables"]
        ]
        return ibis.union(*read) if len(read) > 1 else read[0] if read else None

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

"""Is a store whole: every file where its manifest says, as it was written; every key opens; the trail is unbroken."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from onrecord import trail
from onrecord.errors import KeyRefused, StoreRefused, WrongWords
from onrecord.settings import Settings
from onrecord.store.catalogue import ACCEPTED, ERASED, FILE, RECEIVED, SUPERSEDED, WITHDRAWN, Return
from onrecord.store.returns import FIRST, MANIFEST, RETURNS, ROWS, Store
from onrecord.store.vault import path_of

Tell = Callable[[str], None]


def examined(store: Store, tell: Tell) -> tuple[list[str], list[str]]:
    """What was looked at, in lines, and what is wrong, in sentences.

    Raises:
        KeyRefused: the store is sealed and its key is not at hand.
    """
    faults: list[str] = [*store.catalogue_faults()]
    rows = store.trail()
    wrong, head = trail.faults(iter(rows), store.trail_key())
    faults += [f"The trail: {sentence}" for sentence in wrong]
    faults += _unlike_the_trail(store.all(), rows)
    noted = _manifests_noted(rows)
    entries = [entry for entry in store.all() if entry.state != ERASED]
    files = 0
    for entry in entries:
        tell(f"Looking at {entry.id}")
        found, count = _of_return(store, entry, noted.get((entry.id, entry.generation)))
        faults += found
        files += count
    faults += _agreements_unlike_the_trail(store, rows)
    kind = "sealed" if store.is_sealed else "open"
    looked = [
        f"The store is {kind}: {len(entries):,} returns, {files:,} files, {len(rows):,} rows in the trail.",
        f"The head of the trail, to be noted elsewhere: {head}",
    ]
    return looked, faults


# What stands in the trail to the state of a return after it.
STATES = {
    "received": RECEIVED,
    "accepted": ACCEPTED,
    "superseded": SUPERSEDED,
    "withdrawn": WITHDRAWN,
    "erased return": ERASED,
}


def _unlike_the_trail(entries: list[Return], rows: list[dict[str, Any]]) -> list[str]:
    """Returns whose state in the catalogue is another than the trail tells: somebody wrote into it by hand."""
    told: dict[str, tuple[str, str]] = {}
    for row in rows:
        if row["what"] in STATES:
            accepted_by = row["who"] if row["what"] == "accepted" else told.get(row["which"], ("", ""))[1]
            told[row["which"]] = (STATES[row["what"]], accepted_by)
    known = {entry.id: (entry.state, entry.accepted_by or "") for entry in entries if entry.generation >= FIRST}
    faults = [
        f"{each}: the catalogue says {known[each][0]}, the trail {told[each][0]}: the catalogue was altered."
        for each in sorted(known.keys() & told.keys())
        if known[each] != told[each]
    ]
    faults += [
        f"{each}: the trail tells of it, and it is not in the catalogue." for each in sorted(told.keys() - known)
    ]
    return faults + [f"{each}: the trail does not tell of it." for each in sorted(known.keys() - told)]


def _agreements_unlike_the_trail(store: Store, rows: list[dict[str, Any]]) -> list[str]:
    said = [(each.reference, list(each.purposes), each.review, each.last) for each in store.rows_of("agreements")]
    details = [(row["which"], json.loads(row["detail"])) for row in rows if row["what"] == "agreement"]
    told = [(which, each.get("purposes"), each.get("review"), each.get("end")) for which, each in details]
    if said == told:
        return []
    return ["The sharing agreements in the catalogue are not those that the trail tells of: it was altered."]


def _manifests_noted(rows: list[dict[str, Any]]) -> dict[tuple[str, int], str]:
    """Return and generation to the hash of its manifest, as the trail noted it."""
    noted: dict[tuple[str, int], str] = {}
    for row in rows:
        detail = json.loads(row["detail"] or "{}")
        if row["what"] == "received":
            noted[(row["which"], FIRST)] = detail.get("manifest", "")
        for return_id, after in detail.get("manifests_after", {}).items():
            generation = max((each for name, each in noted if name == return_id), default=FIRST) + 1
            noted[(return_id, generation)] = after
    return noted


def _of_return(store: Store, entry: Return, noted: str | None) -> tuple[list[str], int]:
    if entry.generation < FIRST:
        return _of_old_return(store, entry)
    folder = store.folder_of(entry)
    manifest = folder / MANIFEST
    if not manifest.is_file():
        return [f"{entry.id}: its manifest is missing ({manifest}). Restore the return from a backup."], 0
    if noted is not None and _hash(manifest) != noted:
        return [f"{entry.id}: its manifest was altered after it was written ({manifest})."], 0
    said = json.loads(manifest.read_text(encoding="utf-8"))
    files: dict[str, str] = said["files"]
    own = json.loads(json.dumps(entry.__dict__))
    other = sorted(name for name, value in said.items() if name in own and own[name] != value)
    faults = [f"{entry.id}: the catalogue and its manifest differ in {', '.join(other)}."] if other else []
    there = {path for path in folder.rglob("*") if path.is_file()} - {manifest}
    for name, digest in files.items():
        path = path_of(folder, name, store.is_sealed)
        if path not in there:
            faults.append(f"{entry.id}: {name} is missing ({path}). Restore the return from a backup.")
        elif _hash(path) != digest:
            faults.append(f"{entry.id}: {name} is damaged or was altered ({path}). Restore the return from a backup.")
        there.discard(path)
    faults += [f"{entry.id}: {path} does not belong there: nothing of the return." for path in sorted(there)]
    if store.is_sealed:
        faults += _of_keys(store, entry, set(files))
    return faults, len(files)


def _of_keys(store: Store, entry: Return, files: set[str]) -> list[str]:
    try:
        keys = store.names_of_keys(entry)
    except KeyRefused:
        raise
    except StoreRefused as refused:
        return [f"{entry.id}: {refused}"]
    missing = sorted(files - keys)
    return [f"{entry.id}: the key of {name} is gone. Restore the catalogue from a backup." for name in missing]


def _of_old_return(store: Store, entry: Return) -> tuple[list[str], int]:
    """A return of a store of format 2 or before: its tables are held against the catalogue."""
    faults = []
    for table, digest in entry.receipt["tables"].items():
        path = store.folder_of(entry) / ROWS / f"{table}.parquet"
        if not path.is_file() or _hash(path) != digest:
            faults.append(f"{entry.id}: {table} is missing, damaged or was altered ({path}). Restore it from a backup.")
    return faults, len(entry.receipt["tables"])


def _hash(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def copied(store: Store, out: Path, by: str, settings: Settings, tell: Tell) -> list[str]:
    """Copy a store while nobody changes it, and look at the copy.

    Raises:
        StoreRefused: it cannot be written, or the copy is not whole.
        WrongWords: ``out`` holds something.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise WrongWords(f"{out}: there is something already. Name a new folder for the copy.")
    try:
        with store.changing(store.act("backed up", by=by)):
            # Inside the transaction nobody else writes: what is copied belongs together.
            tell("Copying the store")
            out.mkdir(parents=True, exist_ok=True)
            store.copy_catalogue(out / FILE)
            shutil.copytree(store.folder / RETURNS, out / RETURNS)
    except (OSError, shutil.Error) as error:
        shutil.rmtree(out, ignore_errors=True)
        raise StoreRefused(f"{out}: the copy could not be written ({error}). There is none.") from None
    looked, faults = examined(Store(out, settings), tell)
    if faults:
        raise StoreRefused(f"{out}: the copy is not whole. " + " ".join(faults))
    return looked

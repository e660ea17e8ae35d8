"""The vault: the files of a store, sealed or open, and the keys that open them.

Three keys deep. The ring's key (from outside, ``keys.py``) wraps the store's own keys and each return's key; a return's
key wraps one data key a file and one a person-record. To erase is to destroy keys: a return's, and nothing of it opens
again; or, for one person, hers, and those of every file that held her, which are made anew without her first.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from onrecord.errors import KeyRefused, StoreRefused
from onrecord.store.catalogue import SEALED, Transaction
from onrecord.store.keys import MAKE_ONE, Ring, fingerprint
from onrecord.store.sealing import DoesNotOpen, new_key, opened_chunks, sealed_chunks, unwrapped, wrapped

CHUNK = 1 << 20
ENDING = ".sealed"
# The store's own keys: for pseudonyms, and for the marks of the trail.
PSEUDONYMS, TRAIL = "pseudonyms", "trail"
OF_THE_STORE = (PSEUDONYMS, TRAIL)
STORE = "store"


@dataclass(frozen=True)
class Vault:
    """What opens a store's keys: nothing for an open store.

    Attributes:
        store_id: the store's own name, sealed into everything.
        ring: the keys at hand; None for an open store.
        keys: the store's own keys, unwrapped.
    """

    store_id: str
    ring: Ring | None = None
    keys: Mapping[str, bytes] = field(default_factory=dict, repr=False)

    @property
    def seals(self) -> bool:
        """Whether what is written is sealed."""
        return self.ring is not None

    def context(self, place: str) -> str:
        """The name of a place in this store."""
        return f"{self.store_id}/{place}"


def vault_of(now: Transaction, ring: Ring | None, where: Path) -> Vault:
    """The vault of a store that is there.

    Raises:
        KeyRefused: the store is sealed, and no key is at hand, or another one.
    """
    store_id, kind = now.about("store_id"), now.about("kind")
    if kind != SEALED:
        if now.keys():
            raise StoreRefused(
                f"{where}: the catalogue says that this store is open, and it holds keys: it was altered. Restore the "
                "catalogue from a backup."
            )
        return Vault(store_id)
    if ring is None:
        raise KeyRefused(
            f"{where}: this store is sealed, and no key was given. Set ONRECORD_KEY_FILE to the path of its key file."
        )
    found = {}
    for name, (sealed, under) in now.keys(STORE).items():
        found[name] = _opened_key(ring, sealed, under, f"{store_id}/{STORE}/{name}", where)
    return Vault(store_id, ring, found)


def _opened_key(ring: Ring, sealed: bytes, under: str, context: str, where: Path) -> bytes:
    key = ring.key(under)
    if key is None:
        at_hand = ", ".join(ring.fingerprints)
        raise KeyRefused(
            f"{where}: this store is sealed under the key {under}; the keys given are {at_hand}. Give the key file "
            "that this store was made with, or its backup."
        )
    try:
        return unwrapped(sealed, key, context)
    except DoesNotOpen:
        raise StoreRefused(
            f"{where}: a key in the catalogue is damaged or was altered. Restore the store from a backup."
        ) from None


def new_vault(now: Transaction, store_id: str, ring: Ring | None) -> Vault:
    """Decide, once, whether a store is sealed; write down its own keys, wrapped under the ring's current key."""
    if ring is None:
        return Vault(store_id)
    keys = {name: new_key() for name in OF_THE_STORE}
    mark = fingerprint(ring.current)
    now.put_keys(
        STORE,
        {name: (wrapped(key, ring.current, f"{store_id}/{STORE}/{name}"), mark) for name, key in keys.items()},
    )
    return Vault(store_id, ring, keys)


# ---------------------------------------------------------------- a return's key, and those under it


@dataclass(frozen=True)
class ReturnKeys:
    """The keys of one return, unwrapped.

    Attributes:
        place: the return's id, or what stands for it before it has one.
        own: its own key.
        files: the name of each of its files (generation and path) to the file's key.
    """

    place: str
    own: bytes = field(repr=False)
    files: Mapping[str, bytes] = field(default_factory=dict, repr=False)


def new_return_keys() -> ReturnKeys:
    """Keys for a return that comes now."""
    return ReturnKeys("", new_key())


def wrapped_keys(vault: Vault, keys: ReturnKeys) -> dict[str, tuple[bytes, str]]:
    """A return's keys as the catalogue keeps them."""
    assert vault.ring is not None
    own = wrapped(keys.own, vault.ring.current, vault.context(keys.place))
    files = {
        f"{keys.place}/{name}": (wrapped(key, keys.own, vault.context(f"{keys.place}/{name}")), keys.place)
        for name, key in keys.files.items()
    }
    return {keys.place: (own, fingerprint(vault.ring.current)), **files}


def keys_of(vault: Vault, kept: Mapping[str, tuple[bytes, str]], return_id: str, where: Path) -> ReturnKeys:
    """A return's keys, opened.

    Raises:
        StoreRefused: they were destroyed, or are damaged.
    """
    assert vault.ring is not None
    if return_id not in kept:
        raise StoreRefused(f"{return_id}: its keys are gone, so nothing of it can be read. Was it erased?")
    sealed, under = kept[return_id]
    own = _opened_key(vault.ring, sealed, under, vault.context(return_id), where)
    files = {}
    for name, (wrapped_key, _) in kept.items():
        if name != return_id:
            try:
                files[name.removeprefix(f"{return_id}/")] = unwrapped(wrapped_key, own, vault.context(name))
            except DoesNotOpen:
                raise StoreRefused(
                    f"{where}: a key of {return_id} is damaged or was altered. Restore the store from a backup."
                ) from None
    return ReturnKeys(return_id, own, files)


def rewrapped(now: Transaction, vault: Vault, where: Path) -> int:
    """Wrap what lies under the ring anew, under its current key; how many keys that are."""
    assert vault.ring is not None
    mark, moved = fingerprint(vault.ring.current), 0
    for name, (sealed, under, place) in now.keys_under_the_ring().items():
        context = vault.context(f"{STORE}/{name}" if place == STORE else name)
        key = _opened_key(vault.ring, sealed, under, context, where)
        now.put_keys(place, {name: (wrapped(key, vault.ring.current, context), mark)})
        moved += 1
    return moved


# ---------------------------------------------------------------- files


@dataclass
class Written:
    """What was written of a return so far: name of each file to its hashes and, where it is sealed, its key.

    Attributes:
        vault: of the store.
        folder: where the files go; the name of each is below it.
        content: name to the SHA-256 of what is in the file.
        on_disk: name to the SHA-256 of the file as it lies there.
        keys: name to the file's key; none in an open store.
    """

    vault: Vault
    folder: Path
    content: dict[str, str] = field(default_factory=dict)
    on_disk: dict[str, str] = field(default_factory=dict)
    keys: dict[str, bytes] = field(default_factory=dict, repr=False)

    def add(self, name: str, content: Iterable[bytes]) -> None:
        """Write a file, sealed where the store is, and make sure that it lies on the disk.

        A sealed file is sealed for its name alone: the key that opens it is this return's.
        """
        inside, outside = hashlib.sha256(), hashlib.sha256()
        pieces = _noted(content, inside)
        if self.vault.seals:
            self.keys[name] = new_key()
            pieces = sealed_chunks(pieces, self.keys[name], self.vault.context(name))
        path = path_of(self.folder, name, self.vault.seals)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            for piece in _noted(pieces, outside):
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        self.content[name], self.on_disk[name] = inside.hexdigest(), outside.hexdigest()

    def return_keys(self, keys: ReturnKeys, place: str, generation: int) -> ReturnKeys:
        """The return's keys with those of the files written here."""
        return replace(
            keys, place=place, files={**keys.files, **{f"{generation}/{name}": key for name, key in self.keys.items()}}
        )


def _noted(pieces: Iterable[bytes], digest: hashlib._Hash) -> Iterator[bytes]:
    for piece in pieces:
        digest.update(piece)
        yield piece


def path_of(folder: Path, name: str, sealed: bool) -> Path:
    """Where a file lies."""
    return folder / (f"{name}{ENDING}" if sealed else name)


def content_of(path: Path, key: bytes, context: str, called: str) -> bytes:
    """What is in a sealed file.

    Raises:
        StoreRefused: it is missing, damaged, or was altered or swapped.
    """
    try:
        return b"".join(opened_chunks(path.read_bytes(), key, context))
    except FileNotFoundError:
        raise StoreRefused(f"{path}: this part of {called} is missing. Restore the store from a backup.") from None
    except DoesNotOpen:
        raise StoreRefused(
            f"{path}: this part of {called} is damaged or was altered. Restore the store from a backup."
        ) from None


def in_pieces(path: Path) -> Iterator[bytes]:
    """The bytes of a file."""
    with path.open("rb") as content:
        while piece := content.read(CHUNK):
            yield piece


def needs_a_key(where: Path, why: str) -> KeyRefused:
    """The letter to whoever brings what may only lie sealed, without a key."""
    return KeyRefused(f"{where}: {why} {MAKE_ONE}")

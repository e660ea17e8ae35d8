"""The key ring: the keys that open a sealed store. They come from a file or the environment, never from the store.

A key file has a line a key: the day it was made, and the key (32 bytes in base 64). The last one is the current: new
things are sealed under it, and ``rotate`` moves a store to it. A key goes by its fingerprint, which tells nothing.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from onrecord.errors import KeyRefused, WrongWords
from onrecord.settings import Settings
from onrecord.store.sealing import KEY_BYTES, new_key

HEAD = (
    "# Keys of onrecord. Whoever has this file can open the stores sealed under it; without it nobody can, ever.\n"
    "# Keep it away from the stores and their backups, and keep a copy somewhere safe. The last key is the current.\n"
)
FINGERPRINT = 12
MAKE_ONE = (
    "'onrecord keys new KEYFILE' makes a key file; then set ONRECORD_KEY_FILE to its path. Keep it away from the store."
)


@dataclass(frozen=True)
class Ring:
    """The keys at hand, the oldest first."""

    keys: tuple[bytes, ...] = field(repr=False)

    @property
    def current(self) -> bytes:
        """The key that new things are sealed under."""
        return self.keys[-1]

    def key(self, mark: str) -> bytes | None:
        """The key with that fingerprint, if it is at hand."""
        return next((key for key in self.keys if fingerprint(key) == mark), None)

    @property
    def fingerprints(self) -> tuple[str, ...]:
        """The fingerprints of the keys, the oldest first."""
        return tuple(fingerprint(key) for key in self.keys)


def fingerprint(key: bytes) -> str:
    """What a key goes by: the beginning of its SHA-256, which tells nothing of it."""
    return hashlib.sha256(b"onrecord key\0" + key).hexdigest()[:FINGERPRINT]


def ring_of(settings: Settings) -> Ring | None:
    """The keys that this run was given, or None where it was given none.

    Raises:
        KeyRefused: what was given is no key file.
    """
    if settings.keys is not None:
        return _read(settings.keys.replace(";", "\n").splitlines(), "ONRECORD_KEYS")
    if settings.key_file is None:
        return None
    try:
        lines = settings.key_file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise KeyRefused(f"{settings.key_file}: the key file cannot be read ({why}). {MAKE_ONE}") from None
    return _read(lines, str(settings.key_file))


def _read(lines: Sequence[str], where: str) -> Ring:
    keys = []
    for number, line in enumerate(lines, 1):
        if not (words := line.split()) or words[0].startswith("#"):
            continue
        key = _decoded(words[-1])
        if key is None:
            raise KeyRefused(
                f"{where}, line {number}: this is no key of onrecord ({KEY_BYTES} bytes in base 64). Give the key file "
                "as it was made, or its backup."
            )
        keys.append(key)
    if not keys:
        raise KeyRefused(f"{where}: there is no key in it. {MAKE_ONE}")
    return Ring(tuple(keys))


def _decoded(word: str) -> bytes | None:
    try:
        key = base64.b64decode(word, validate=True)
    except (binascii.Error, ValueError):
        return None
    return key if len(key) == KEY_BYTES else None


def write_key_file(path: Path, today: date) -> str:
    """Make a key file with one new key, which only its owner may read; returns the key's fingerprint.

    Raises:
        WrongWords: there is something under that name, or it cannot be written.
    """
    return _add_line(path, today, os.O_EXCL, HEAD)


def add_key(path: Path, today: date) -> str:
    """Add a new key to a key file, which makes it the current one; returns its fingerprint.

    Raises:
        KeyRefused: the file is no key file.
        WrongWords: it cannot be written.
    """
    ring_of(Settings(key_file=path))
    return _add_line(path, today, os.O_APPEND, "")


def _add_line(path: Path, today: date, how: int, before: str) -> str:
    key = new_key()
    line = f"{before}{today.isoformat()} {base64.b64encode(key).decode()}\n"
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | how, 0o600), "w", encoding="utf-8") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        raise WrongWords(
            f"{path}: there is something under this name already. Give a new name, or say --add."
        ) from None
    except OSError as error:
        raise WrongWords(f"{path}: it cannot be written ({error.strerror}). Give another folder.") from None
    return fingerprint(key)

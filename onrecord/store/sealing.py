"""Sealing: bytes that nobody reads, shortens, swaps or alters without the key (AES-256 in Galois/counter mode).

A sealed file is a row of chunks, each sealed by itself under a nonce of its own: a random beginning, its number, and
whether it is the last (the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár, "Online authenticated
encryption and its nonce-reuse misuse-resistance", 2015). So files of any size are sealed in little memory, and a file
cut short is seen to be. Every file has a key of its own, and is sealed together with the name of its place
(``context``): put in another place it does not open.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import struct
from collections.abc import Iterable, Iterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MAGIC = b"onrecord sealed 1\n"
KEY_BYTES, NONCE_BYTES, TAG_BYTES = 32, 12, 16
PREFIX_BYTES = 7
CHUNK = 1 << 20
SEALED_CHUNK = CHUNK + TAG_BYTES


class DoesNotOpen(Exception):
    """Sealed bytes that this key does not open in this place: another key, or they were altered."""


def new_key() -> bytes:
    """A key drawn by the operating system."""
    return AESGCM.generate_key(KEY_BYTES * 8)


def wrapped(key: bytes, under: bytes, context: str) -> bytes:
    """A key, or other few bytes, sealed under another key together with the name of what it is for."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(under).encrypt(nonce, key, context.encode())


def unwrapped(sealed: bytes, under: bytes, context: str) -> bytes:
    """What :func:`wrapped` sealed. Raises DoesNotOpen."""
    try:
        return AESGCM(under).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], context.encode())
    except (InvalidTag, ValueError):
        raise DoesNotOpen(context) from None


def sealed_chunks(content: Iterable[bytes], key: bytes, context: str) -> Iterator[bytes]:
    """The parts of a sealed file, in order; ``content`` may come in pieces of any size."""
    prefix, cipher, number = os.urandom(PREFIX_BYTES), AESGCM(key), 0
    yield MAGIC + prefix
    waiting = b""
    for piece in _even(content):
        if waiting:
            yield cipher.encrypt(_nonce(prefix, number, last=False), waiting, context.encode())
            number += 1
        waiting = piece
    yield cipher.encrypt(_nonce(prefix, number, last=True), waiting, context.encode())


def opened_chunks(sealed: bytes, key: bytes, context: str) -> Iterator[bytes]:
    """What is in a sealed file, in pieces. Raises DoesNotOpen as soon as a piece does not open."""
    begin = len(MAGIC) + PREFIX_BYTES
    if sealed[: len(MAGIC)] != MAGIC or len(sealed) < begin + TAG_BYTES:
        raise DoesNotOpen(context)
    view, prefix, cipher = memoryview(sealed), sealed[len(MAGIC) : begin], AESGCM(key)
    chunks = range(begin, len(sealed), SEALED_CHUNK)
    for number, start in enumerate(chunks):
        try:
            yield cipher.decrypt(
                _nonce(prefix, number, last=number == len(chunks) - 1),
                view[start : start + SEALED_CHUNK],
                context.encode(),
            )
        except InvalidTag:
            raise DoesNotOpen(context) from None


def opened(sealed: bytes, key: bytes, context: str) -> bytes:
    """All that is in a sealed file. Raises DoesNotOpen."""
    return b"".join(opened_chunks(sealed, key, context))


def _nonce(prefix: bytes, number: int, *, last: bool) -> bytes:
    return prefix + struct.pack(">I?", number, last)


def _even(content: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces of one size, the last one shorter."""
    held = bytearray()
    for piece in content:
        held += piece
        while len(held) >= CHUNK:
            yield bytes(held[:CHUNK])
            del held[:CHUNK]
    if held:
        yield bytes(held)


def pseudonym(identifier: str, sender: str, key: bytes) -> str:
    """The keyed pseudonym of an identifier (HMAC-SHA-256): the same for one sender, of no use to whoever lacks the key.

    Raises:
        ValueError: the key is too short to be one. A pseudonym without a key can be undone by trying all names.
    """
    if len(key) < KEY_BYTES:
        raise ValueError("a pseudonym needs a key")
    said = f"{' '.join(sender.split()).casefold()}\0{identifier.strip()}"
    return hmac.new(key, said.encode(), hashlib.sha256).hexdigest()

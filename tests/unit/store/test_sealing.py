"""Sealing: what is sealed opens with its key in its place, and in no other way."""

from __future__ import annotations

import hashlib
import hmac
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onrecord.store import sealing
from onrecord.store.sealing import (
    CHUNK,
    MAGIC,
    PREFIX_BYTES,
    SEALED_CHUNK,
    DoesNotOpen,
    new_key,
    opened,
    pseudonym,
    sealed_chunks,
    unwrapped,
    wrapped,
)

KEY = bytes(range(32))
HEAD = len(MAGIC) + PREFIX_BYTES


def sealed(content: bytes, key: bytes = KEY, context: str = "here") -> bytes:
    return b"".join(sealed_chunks([content], key, context))


@given(st.lists(st.binary(max_size=70), max_size=6))
def test_what_is_sealed_in_any_pieces_opens_whole(pieces: list[bytes]) -> None:
    whole = b"".join(sealed_chunks(pieces, KEY, "here"))
    assert opened(whole, KEY, "here") == b"".join(pieces)


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 17])
def test_files_of_every_size_around_a_chunk(size: int) -> None:
    content = os.urandom(size)
    made = sealed(content)
    assert opened(made, KEY, "here") == content
    assert size < 64 or content[:64] not in made


def test_two_sealings_of_the_same_differ() -> None:
    assert sealed(b"the same") != sealed(b"the same")


@given(st.binary(min_size=1, max_size=300), st.data())
def test_one_altered_bit_anywhere_does_not_open(content: bytes, data: st.DataObject) -> None:
    made = bytearray(sealed(content))
    place = data.draw(st.integers(0, len(made) - 1))
    made[place] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(DoesNotOpen):
        opened(bytes(made), KEY, "here")


def _chunks(made: bytes) -> list[bytes]:
    return [made[start : start + SEALED_CHUNK] for start in range(HEAD, len(made), SEALED_CHUNK)]


@pytest.mark.parametrize(
    "harm", ["cut short", "a chunk less", "swapped", "twice", "empty", "of another place", "other key"]
)
def test_what_was_moved_cut_or_swapped_does_not_open(harm: str) -> None:
    made = sealed(os.urandom(2 * CHUNK + 5))
    head, chunks = made[:HEAD], _chunks(made)
    assert len(chunks) == 3
    harmed = {
        "cut short": made[:-1],
        "a chunk less": head + b"".join(chunks[:2]),
        "swapped": head + chunks[1] + chunks[0] + chunks[2],
        "twice": head + b"".join([*chunks[:2], *chunks[1:]]),
        "empty": b"",
    }.get(harm, made)
    key, context = (new_key() if harm == "other key" else KEY), ("there" if harm == "of another place" else "here")
    with pytest.raises(DoesNotOpen):
        opened(harmed, key, context)


def test_a_wrapped_key_opens_under_its_key_for_what_it_is_for() -> None:
    key, under = new_key(), new_key()
    made = wrapped(key, under, "R0001")
    assert unwrapped(made, under, "R0001") == key
    for other, context in ((new_key(), "R0001"), (under, "R0002")):
        with pytest.raises(DoesNotOpen):
            unwrapped(made, other, context)
    with pytest.raises(DoesNotOpen):
        unwrapped(b"short", under, "R0001")


def test_a_pseudonym_is_the_keyed_hash_that_the_standard_library_makes() -> None:
    """Witness: hmac of the standard library (RFC 2104), and RFC 4231 holds for it."""
    assert (
        pseudonym(" PER-1 ", "North  Police", KEY) == hmac.new(KEY, b"north police\0PER-1", hashlib.sha256).hexdigest()
    )
    assert pseudonym("PER-1", "north police", KEY) == pseudonym("PER-1", "NORTH POLICE", KEY)
    assert pseudonym("PER-1", "South", KEY) != pseudonym("PER-1", "North", KEY)


@pytest.mark.parametrize("key", [b"", b"short"])
def test_no_pseudonym_is_made_without_a_key(key: bytes) -> None:
    with pytest.raises(ValueError, match="needs a key"):
        pseudonym("PER-1", "North", key)


def test_nothing_else_is_exported_by_chance() -> None:
    assert sealing.KEY_BYTES == 32

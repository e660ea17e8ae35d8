"""Keys come from a file or the environment, are told apart by their fingerprints, and are never shown."""

from __future__ import annotations

import base64
import os
import stat
from datetime import date
from pathlib import Path

import pytest

from onrecord import actions
from onrecord.errors import KeyRefused, WrongWords
from onrecord.settings import Settings
from onrecord.store.keys import add_key, fingerprint, ring_of, write_key_file
from tests.standard_files import a_return, agreed
from tests.unit.factories import KEYS, SETTINGS, WITHOUT_KEY, street_csv

DAY = date(2025, 6, 1)


def test_a_key_file_is_made_for_its_owner_alone_and_never_over_another(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    mark = write_key_file(path, DAY)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    ring = ring_of(Settings(key_file=path))
    assert ring is not None
    assert ring.fingerprints == (mark,)
    with pytest.raises(WrongWords, match="something under this name"):
        write_key_file(path, DAY)
    newer = add_key(path, DAY)
    ring = ring_of(Settings(key_file=path))
    assert ring is not None
    assert (ring.fingerprints, fingerprint(ring.current)) == ((mark, newer), newer)


def test_keys_are_shown_nowhere() -> None:
    ring = ring_of(SETTINGS)
    assert KEYS not in repr(SETTINGS)
    assert KEYS not in repr(ring)
    assert ring_of(WITHOUT_KEY) is None


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "there is no key in it"),
        (b"# only a remark\n", "there is no key in it"),
        (b"2025-06-01 abcd\n", "line 1: this is no key"),
        (b"2025-06-01 " + base64.b64encode(b"short") + b"\n", "line 1: this is no key"),
        (b"\xff\xfe\x00", "it is no text"),
    ],
)
def test_what_is_no_key_file_is_a_letter_that_quotes_nothing(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "keys"
    path.write_bytes(content)
    with pytest.raises(KeyRefused, match=says) as refused:
        ring_of(Settings(key_file=path))
    assert "abcd" not in str(refused.value)
    with pytest.raises(KeyRefused):
        add_key(path, DAY)


def sealed_store(tmp_path: Path, settings: Settings = SETTINGS) -> Path:
    store = agreed(tmp_path / "store", settings)
    actions.receive(store, [a_return(tmp_path / "sent")], "standard", "North", "Ann", "2024-01", settings=settings)
    actions.accept(store, "R0001", "Bob", settings)
    return store


def test_without_the_key_or_with_another_nothing_is_read_and_it_is_said(tmp_path: Path) -> None:
    store = sealed_store(tmp_path)
    with pytest.raises(KeyRefused, match="sealed, and no key was given"):
        actions.ledger(store, settings=WITHOUT_KEY)
    other = Settings(now=SETTINGS.now, keys=base64.b64encode(os.urandom(32)).decode())
    for verb in (lambda: actions.ledger(store, settings=other), lambda: actions.doctor(store, other)):
        with pytest.raises(KeyRefused, match="is sealed under the key"):
            verb()
    assert len(actions.returns(store, WITHOUT_KEY)) == 1


def test_what_is_not_published_is_refused_without_a_key_and_by_an_open_store(tmp_path: Path) -> None:
    sent, store = [a_return(tmp_path / "sent")], tmp_path / "store"
    with pytest.raises(KeyRefused, match="no key was given"):
        actions.receive(store, sent, "standard", "North", "Ann", "2024-01", settings=WITHOUT_KEY)
    assert actions.returns(store, WITHOUT_KEY) == []
    actions.receive(store, [street_csv(tmp_path)], "police-uk", "x", "Ann", "2018-11", settings=WITHOUT_KEY)
    with pytest.raises(KeyRefused, match="made for published data alone"):
        actions.receive(store, sent, "standard", "North", "Ann", "2024-01", settings=SETTINGS)


def test_a_store_moves_to_a_newer_key_and_needs_the_older_no_more(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    write_key_file(keys, DAY)
    old = Settings(now=SETTINGS.now, key_file=keys)
    store = sealed_store(tmp_path, old)
    before = actions.ledger(store, settings=old).rows()
    add_key(keys, DAY)
    moved, mark = actions.rotate_keys(store, "Ann", old)
    # Two keys of the store, and one of the return.
    assert moved == 3
    newest = keys.read_text().splitlines()[-1]
    alone = Settings(now=SETTINGS.now, keys=newest.split()[-1])
    assert actions.ledger(store, settings=alone).rows() == before
    assert actions.doctor(store, alone)[1] == []
    oldest = Settings(now=SETTINGS.now, keys=keys.read_text().splitlines()[2].split()[-1])
    with pytest.raises(KeyRefused, match=mark):
        actions.ledger(store, settings=oldest)

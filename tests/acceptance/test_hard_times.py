"""A full disk, a folder that cannot be written, files cut short: each a sentence, and no loss."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from onrecord import actions
from tests.standard_files import a_return, agreed
from tests.unit.factories import KEYS, SETTINGS

COMMAND = "import sys; from onrecord.__main__ import main; main(sys.argv[1:])"
# As many bytes as no file of a return has, but the catalogue has already.
LIMITED = (
    "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
    "resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size})); "
)


def test_a_machine_without_a_byte_to_spare_is_a_sentence(store: Path, tmp_path: Path) -> None:
    done = run(LIMITED.format(size=0), "receive", store, a_return(tmp_path / "more", "2024-02"), *RECEIVE)
    assert (done.returncode, done.stdout) == (4, "")
    assert "None:" not in done.stderr
    assert "No usable temporary directory" in done.stderr
    unchanged(store)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    store = agreed(tmp_path / "store", SETTINGS)
    actions.receive(store, [a_return(tmp_path / "sent")], "standard", "North", "Ann", "2024-01", settings=SETTINGS)
    actions.accept(store, "R0001", "Bob", SETTINGS)
    return store


def run(code: str, *words: object) -> subprocess.CompletedProcess[str]:
    # Coverage writes a file when a process ends, which has no place on a disk that takes nothing more.
    unmeasured = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    environ = {**unmeasured, "ONRECORD_KEYS": KEYS, "ONRECORD_THREADS": "1"}
    return subprocess.run(
        [sys.executable, "-c", code + COMMAND, *map(str, words)],
        capture_output=True,
        text=True,
        env=environ,
        check=False,
    )


RECEIVE = ("--from", "North", "--by", "Ann", "--period", "2024-02")


def unchanged(store: Path) -> None:
    entries = actions.returns(store, SETTINGS)
    assert [(entry.id, entry.state) for entry in entries] == [("R0001", "accepted")]
    assert actions.doctor(store, SETTINGS)[1] == []
    assert not list((store / "incoming").iterdir())


@pytest.mark.parametrize("size", [700, 3000, 20_000])
def test_a_disk_that_takes_no_more_is_a_sentence_and_nothing_is_stored(store: Path, tmp_path: Path, size: int) -> None:
    """The kernel refuses every byte past the limit, as a full disk does."""
    sent = a_return(tmp_path / "more", "2024-02")
    done = run(LIMITED.format(size=size), "receive", store, sent, *RECEIVE)
    assert (done.returncode, done.stdout) == (4, ""), done.stderr
    assert "Traceback" not in done.stderr
    assert "Nothing was stored" in done.stderr or "Nothing was changed" in done.stderr
    unchanged(store)
    assert run("", "receive", store, sent, *RECEIVE).stdout.strip() == "R0002"


def mount(*words: object) -> bool:
    return subprocess.run(["mount", *map(str, words)], capture_output=True, check=False).returncode == 0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, small, where this machine lets one be made."""
    place = tmp_path / "small"
    place.mkdir()
    if not shutil.which("mount") or not mount("-t", "tmpfs", "-o", "size=700k", "tmpfs", place):
        pytest.skip("a file system cannot be mounted here")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


def test_a_disk_that_is_really_full_is_a_sentence(store: Path, tmp_path: Path, small_disk: Path) -> None:
    kept, sent, filler = small_disk / "store", a_return(tmp_path / "more", "2024-02"), small_disk / "filler"
    shutil.copytree(store, kept)
    with filler.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space left"):
        while True:
            file.write(bytes(4096))
    done = run("", "receive", kept, sent, *RECEIVE)
    assert done.returncode == 4, done.stderr
    assert "Traceback" not in done.stderr
    filler.unlink()
    unchanged(kept)
    assert run("", "receive", kept, sent, *RECEIVE).stdout.strip() == "R0002"


def test_a_folder_that_cannot_be_written_is_read_all_the_same(store: Path, tmp_path: Path, small_disk: Path) -> None:
    kept, sent = small_disk / "store", a_return(tmp_path / "more", "2024-02")
    shutil.copytree(store, kept)
    mount("-o", "remount,ro", small_disk)
    looked = run("", "ledger", kept, "--format", "json")
    assert looked.returncode == 0, looked.stderr
    assert '"received": 1' in looked.stdout
    assert "could not be written into its trail" in looked.stderr
    done = run("", "receive", kept, sent, *RECEIVE)
    assert (done.returncode, done.stdout) == (4, ""), done.stderr
    assert "Traceback" not in done.stderr
    mount("-o", "remount,rw", small_disk)
    unchanged(kept)


@pytest.mark.parametrize("harm", ["cut short", "emptied", "missing", "of another"])
def test_a_file_that_was_harmed_is_named_and_nothing_else_is_lost(store: Path, tmp_path: Path, harm: str) -> None:
    path = store / "returns" / "R0001" / "1" / "rows" / "report.parquet.sealed"
    whole = path.read_bytes()
    other = path.with_name("event.parquet.sealed") if path.with_name("event.parquet.sealed").exists() else None
    replaced = (other or path.with_name("agencies.parquet.sealed")).read_bytes()
    content = {"cut short": whole[:-20], "emptied": b"", "of another": replaced}.get(harm)
    path.unlink() if content is None else path.write_bytes(content)
    done = run("", "ledger", store)
    assert done.returncode == 4
    assert "R0001 is missing" in done.stderr or "R0001 is damaged or was altered" in done.stderr
    looked = run("", "doctor", store)
    assert looked.returncode == 4
    assert "R0001: rows/report.parquet is " in looked.stdout
    path.write_bytes(whole)
    unchanged(store)


def test_two_receivers_at_once_both_land_in_a_sealed_store(store: Path, tmp_path: Path) -> None:
    environ = {**os.environ, "ONRECORD_KEYS": KEYS, "ONRECORD_THREADS": "1"}
    words = [[a_return(tmp_path / f"m{number}", "2024-02"), *RECEIVE] for number in range(3)]
    running = [
        subprocess.Popen(
            [sys.executable, "-c", COMMAND, "receive", str(store), *map(str, each)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environ,
        )
        for each in words
    ]  # fmt: skip
    said = [process.communicate(timeout=120) for process in running]
    assert sorted(out.strip() for out, _ in said) == ["R0002", "R0003", "R0004"], said
    assert actions.doctor(store, SETTINGS)[1] == []


def test_a_copy_restores_what_was_lost(store: Path, tmp_path: Path) -> None:
    before = actions.ledger(store, settings=SETTINGS).rows()
    actions.backup(store, tmp_path / "copy", "Ann", SETTINGS)
    shutil.rmtree(store)
    shutil.copytree(tmp_path / "copy", store)
    assert actions.doctor(store, SETTINGS)[1] == []
    assert actions.ledger(store, settings=SETTINGS).rows() == before

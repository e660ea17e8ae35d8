"""Names, numbers and postcodes sent through every command are found in no log, error, temporary file or stored byte."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from onrecord.__main__ import cli
from onrecord.standard import codelists
from tests.standard_files import a_return, about, report

NAME, NHS, UPN, POSTCODE, PNC = "Kanarienvogel", "9434765919", "H243278544154", "ZZ99 9ZZ", "CANARY/99/1X"
HELD = "KanarienvogelInAHeldRow"
CANARIES = (NAME, NHS, UPN, POSTCODE, PNC, HELD)
# What names people is never asked for by its value: these are the sender's pseudonyms.
PERSON = "PER-1"
SHOWN_ON_PURPOSE = ("check", "unseal")


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for temporary files that this test alone uses."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def a_return_with_names(folder: Path) -> Path:
    people = {"sex": "F", "ethnicity": "not asked", "nationality": "not asked", "disability": "not asked"}
    return a_return(
        folder,
        **{
            "return": [about(tables="report;person;involvement;identity")],
            "report": [report(), report("REP-2", concern=HELD)],
            "person": [{"person_id": PERSON, "birth_month": "2009-04", **people}],
            "involvement": [
                {"report_id": "REP-1", "person_id": PERSON, "role": "child", "age_at_the_time": "14"},
            ],
            "identity": [
                {"person_id": PERSON, "given_names": NAME, "family_name": NAME, "birth_date": "2009-04-01",
                 "postcode": POSTCODE, "nhs_number": NHS, "upn": UPN, "pnc_id": PNC},
            ],
        },
    )  # fmt: skip


def bytes_in(folder: Path) -> Iterator[tuple[str, bytes]]:
    for place, _, names in os.walk(folder):
        for name in names:
            path = Path(place) / name
            yield str(path.relative_to(folder)), path.read_bytes()


def found_in(content: bytes) -> list[str]:
    """The canaries in some bytes, in any usual encoding."""
    return [
        canary
        for canary in CANARIES
        for encoding in ("utf-8", "utf-16-le", "utf-16-be")
        if canary.encode(encoding) in content
    ]


def test_no_canary_is_in_the_clear(tmp_path: Path, temporary: Path) -> None:
    store, site, copy = tmp_path / "store", tmp_path / "site", tmp_path / "copy"
    sent = a_return_with_names(tmp_path / "sent")
    names = ["--from", "North", "--by", "Ann", "--period", "2024-01"]
    agree = ["--add", "EXAMPLE-AGREEMENT-1", "--party", "A", "--first", "2020-01-01", "--review", "2099-01-01"]
    purposes = [word for purpose in ("count", "link", "publish", "act") for word in ("--purpose", purpose)]
    commands: list[list[object]] = [
        ["agreements", store, *agree, *purposes, "--by", "Ann"],
        ["receive", store, sent, *names, "--receipt", tmp_path / "for-the-sender.html"],
        ["accept", store, "R0001", "--by", "Bob"],
        ["receive", store, sent, *names, "--supersedes", "R0001"],
        ["accept", store, "R0002", "--by", "Bob"],
        ["receive", store, sent, *names],
        ["returns", store],
        ["returns", store, "--format", "json"],
        ["answer", store, "R0002"],
        ["expected", store, "--add", "North", "--every", "month", "--first", "2024-01"],
        ["expected", store],
        ["ledger", store, "--by", "agency", "--format", "json"],
        ["ledger", store, "--known-at", "2099-01-01"],
        *(["measure", store, name, "--by", "agency", "--format", "json"] for name in codelists.codes("measures")),
        ["worklist", store],
        ["worklist", store, "--format", "csv"],
        ["contacts", store, "--add", "north", "--contact", "duty desk", "--by", "Ann"],
        ["refer", store, "REP-1", "--by", "Ann"],
        ["publish", store, "--out", site],
        ["lineage", store],
        ["lineage", store, "M0001"],
        ["recheck", store, "--by", "Ann"],
        ["trail", store],
        ["trail", store, "--verify"],
        ["doctor", store],
        ["backup", store, "--out", copy, "--by", "Ann"],
        ["keys", "rotate", store, "--by", "Ann"],
        ["withdraw", store, "R0003", "--by", "Ann", "--reason", "test"],
        ["erase", store, "--person", PERSON, "--from", "North", "--by", "Ann", "--second", "Bob", "--authority", "x",
         "--yes"],
        ["erase", store, "--return", "R0002", "--by", "Ann", "--second", "Bob", "--authority", "x", "--yes"],
        ["accept", store, "R0009", "--by", "Bob"],
        ["receive", store, tmp_path / "nothing", *names],
    ]  # fmt: skip
    run = {str(words[0]) for words in commands}
    # 'unseal' is there to show what is sealed; the others open no store, and what they read is their user's own.
    assert run | {"demo", "standard", "mapping", "cohorts", "synthesise", *SHOWN_ON_PURPOSE} == set(cli.commands)
    for words in commands:
        result = CliRunner().invoke(cli, [str(word) for word in words])
        assert isinstance(result.exception, SystemExit | type(None)), (words, result.exception)
        if words[0] != "receive":
            assert found_in(result.output.encode()) == [], words
        assert found_in(result.stdout.encode()) == [], words
        for folder in (store, site, copy, temporary):
            leaks = {name: found for name, content in bytes_in(folder) if (found := found_in(content))}
            assert leaks == {}, words
    assert found_in(b"".join(content for _, content in bytes_in(sent))) == [*dict.fromkeys(CANARIES)]


def test_the_scan_finds_what_is_in_the_clear(tmp_path: Path) -> None:
    (tmp_path / "a").write_text(f"so {NAME} it is")
    (tmp_path / "b").write_bytes(POSTCODE.encode("utf-16-le"))
    assert sorted(found for _, content in bytes_in(tmp_path) for found in found_in(content)) == [NAME, POSTCODE]

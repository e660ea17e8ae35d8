"""Whatever is given: rows, or a letter that names the file and says what to do. Never a value of a row.

Each fault goes through the command line, into a store that is not there yet: none may be made.
"""

from __future__ import annotations

import gzip
import os
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from onrecord.__main__ import cli
from onrecord.errors import FileRefused
from onrecord.intake.read import gather
from onrecord.settings import from_environment
from onrecord.store.returns import Store
from tests.unit.factories import (
    CANARY,
    SETTINGS,
    STREET_NAME,
    Incident,
    changed,
    in_folder,
    in_zip,
    nibrs_zip,
    read_as,
    release,
    sheet_text,
    street_csv,
    street_row,
    street_text,
    write,
    zip_of,
)

Maker = Callable[[Path], Path]
CANARIES = [street_row(CANARY, location=CANARY), street_row("c2", location=CANARY)]
GOOD = street_text(CANARIES)
HEADER, ROWS = GOOD.split("\n", 1)
RANDOM = b"".join(bytes([(number * 73 + number // 7) % 256]) for number in range(4000))


def street(text: str | bytes, name: str = STREET_NAME) -> Maker:
    content = text.encode() if isinstance(text, str) else text
    return lambda folder: write(folder / name, content)


def as_is(content: bytes, name: str) -> Maker:
    def make(folder: Path) -> Path:
        (folder / name).write_bytes(content)
        return folder / name

    return make


def tables(change: Callable[[dict[str, list[list[str]]]], None]) -> Maker:
    """A release of 2019 with something changed in its tables."""

    def make(folder: Path) -> Path:
        sheets = release("2019", [Incident("1"), Incident("2")])
        sheets["NIBRS_VICTIM.csv"] = changed(sheets["NIBRS_VICTIM.csv"], "SEX_CODE", CANARY)
        change(sheets)
        return in_zip(folder / "release.zip", sheets)

    return make


def cut_gz(at: int) -> Maker:
    return as_is(gzip.compress((HEADER + "\n" + ROWS * 400).encode())[:at], "a-street.csv.gz")


def cut_at_a_line_end(folder: Path) -> Path:
    """A stored (uncompressed) gzip whose bytes end exactly where a line does: an engine sees nothing wrong."""
    whole = gzip.compress(GOOD.encode(), compresslevel=0)
    path = folder / "a-street.csv.gz"
    path.write_bytes(whole[: whole.index(GOOD.encode()) + len(GOOD.encode())])
    return path


def cut_zip(folder: Path) -> Path:
    path = nibrs_zip(folder)
    path.write_bytes(path.read_bytes()[:-200])
    return path


def damaged_member(folder: Path) -> Path:
    path = nibrs_zip(folder, *[Incident(str(number)) for number in range(50)])
    content = bytearray(path.read_bytes())
    content[200:260] = b"\xff" * 60
    path.write_bytes(content)
    return path


def locked_zip(folder: Path) -> Path:
    """The sign for encryption set on every member, in both places where a zip keeps it."""
    path = nibrs_zip(folder)
    content = bytearray(path.read_bytes())
    for sign, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = content.find(sign)
        while start >= 0:
            content[start + place] |= 1
            start = content.find(sign, start + 4)
    path.write_bytes(content)
    return path


def twice_in_zip(folder: Path) -> Path:
    path = zip_of(folder / "twice.zip", {STREET_NAME: GOOD.encode()})
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr(STREET_NAME, GOOD)
    return path


def two_releases(folder: Path) -> Path:
    both = folder / "both"
    for name in ("2018", "2019"):
        in_folder(both / name, release("2019"))
    return both


def other_columns(folder: Path) -> Path:
    both = folder / "both"
    both.mkdir()
    street_csv(both, name="2018-11-a-street.csv")
    write(both / "2018-12-b-street.csv", GOOD.replace("Context", "Contest").encode())
    return both


def renamed(sheets: dict[str, list[list[str]]]) -> None:
    sheets["NIBRS_VICTIM.csv"][0][1] = "VICTIM_NUMBER"


def headerless(sheets: dict[str, list[list[str]]]) -> None:
    del sheets["NIBRS_VICTIM.csv"][0]


def missing(sheets: dict[str, list[list[str]]]) -> None:
    del sheets["NIBRS_VICTIM_OFFENSE.csv"]


def no_agencies(sheets: dict[str, list[list[str]]]) -> None:
    del sheets["agencies.csv"]


def short_row(sheets: dict[str, list[list[str]]]) -> None:
    sheets["NIBRS_VICTIM.csv"].append([CANARY] * 3)


FAULTS: dict[str, tuple[str, str, Maker]] = {
    # what is wrong: how it is read, what the letter must say, what is given
    "empty file": ("police-uk", "empty", as_is(b"", STREET_NAME)),
    "blank file": ("police-uk", "empty", as_is(b"\n \n", STREET_NAME)),
    "empty gz": ("police-uk", "empty", street(b"", "a-street.csv.gz")),
    "missing file": ("police-uk", "no such file", lambda folder: folder / "absent.csv"),
    "wrong file type": ("nibrs", "not a file that can be read here", as_is(b"hello", "README.md")),
    "spreadsheet": ("police-uk", "no CSV file", as_is(b"PK", "a.xlsx")),
    "README as csv": ("police-uk", "names none of the columns", as_is(b"# About\n\nWords.\n", "README.csv")),
    "street file as nibrs": ("nibrs", "tables of an FBI", street(GOOD)),
    "nibrs as street file": ("police-uk", "names none of the columns", nibrs_zip),
    "folder without a table": ("nibrs", "no table", lambda folder: folder),
    "zip without a table": ("nibrs", "no CSV file", lambda folder: zip_of(folder / "a.zip", {"a.txt": b"x"})),
    "truncated zip": ("nibrs", "damaged", cut_zip),
    "damaged member": ("nibrs", "damaged", damaged_member),
    "encrypted zip": ("nibrs", "locked", locked_zip),
    "a name twice in a zip": ("police-uk", "twice", twice_in_zip),
    "zip that is no zip": ("nibrs", "damaged", as_is(GOOD.encode(), "a.zip")),
    "random zip": ("nibrs", "damaged", as_is(RANDOM, "a.zip")),
    "random csv": ("police-uk", "", as_is(RANDOM, STREET_NAME)),
    "random gz": ("police-uk", "damaged", as_is(RANDOM, "a-street.csv.gz")),
    "csv called gz": ("police-uk", "leave .gz out of its name", as_is(GOOD.encode(), "a-street.csv.gz")),
    "gz called csv": ("police-uk", "let its name end in .gz", as_is(gzip.compress(GOOD.encode()), STREET_NAME)),
    "truncated gz": ("police-uk", "cut short", cut_gz(-20)),
    "truncated gz, early": ("police-uk", "cut short", cut_gz(12)),
    "gz cut at a line end": ("police-uk", "cut short", cut_at_a_line_end),
    "NULs": ("police-uk", "not a text file", as_is(b"\0" * 5000, STREET_NAME)),
    "UTF-16 cut within a sign": ("police-uk", "UTF-8", street(GOOD.encode("utf-16")[:-1])),
    "UTF-16 without a mark": ("police-uk", "not a text file", street(GOOD.encode("utf-16-le"))),
    "one line of UTF-8 that is broken": (
        "police-uk",
        "near line 3: it is not UTF-8",
        street(
            GOOD.replace("Under", CANARY + "é")
            .encode()
            .replace(b"\xc3\xa9", b"\xc3", 2)
            .replace(b"\xc3", b"\xc3\xa9", 1)
        ),
    ),
    "lines that end in different ways": ("police-uk", "different ways", street(GOOD.replace("Under", "Un\rder"))),
    "renamed column": ("police-uk", "'Month' is missing", street(GOOD.replace("Month", "Monat"))),
    "no header": ("police-uk", "names none of the columns", street(ROWS)),
    "other columns": ("police-uk", "differ", other_columns),
    "too few columns": (
        "police-uk",
        "near line 4: it has 2 columns where the header has 12",
        street(f"{GOOD}{CANARY},x\n"),
    ),
    "too many columns": (
        "police-uk",
        "near line 4: it has more columns than the 12 of the header",
        street(GOOD + ",".join([CANARY] * 14) + "\n"),
    ),
    "open quote": ("police-uk", "never closes", street(f'{GOOD}"{CANARY},' + "x," * 10 + "x\n")),
    "missing table": ("nibrs", "nibrs_victim_offense", tables(missing)),
    "missing agencies": ("nibrs", "agencies or cde_agencies", tables(no_agencies)),
    "renamed column of a table": ("nibrs", "NIBRS_VICTIM.csv: the column 'victim_id' is missing", tables(renamed)),
    "no header in a table": ("nibrs", "NIBRS_VICTIM.csv: its first line", tables(headerless)),
    "short row in a table": ("nibrs", "NIBRS_VICTIM.csv, near line 4", tables(short_row)),
    "two releases at once": ("nibrs", "twice", two_releases),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_bad_file_is_refused_with_a_letter(tmp_path: Path, fault: str) -> None:
    adapter, words, make = FAULTS[fault]
    (tmp_path / "given").mkdir()
    path, store = make(tmp_path / "given"), tmp_path / "store"
    names = ["--from", "somebody", "--by", "Ann", "--period", "2018-11"]
    result = CliRunner().invoke(cli, ["receive", str(store), str(path), "--as", adapter, *names])
    assert result.exit_code == FileRefused.exit_code, result.output
    assert result.stdout == ""
    letter = result.stderr.strip()
    assert "\n" not in letter
    assert letter.startswith("onrecord: ")
    assert letter.endswith(".")
    assert str(path) in letter or str(path.parent) in letter
    assert words in letter
    assert CANARY not in letter
    assert not store.exists()


@pytest.mark.parametrize("adapter", ["nibrs", "police-uk"])
def test_checking_a_bad_file_says_the_same(tmp_path: Path, adapter: str) -> None:
    result = CliRunner().invoke(cli, ["check", str(tmp_path / "absent.csv"), "--as", adapter])
    assert (result.exit_code, result.stdout) == (FileRefused.exit_code, "")
    assert "no such file" in result.stderr


def test_a_member_larger_than_the_limit_is_refused(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "bomb.zip", {STREET_NAME: GOOD.encode()})
    size = len(GOOD.encode())
    assert read_as("police-uk", path, settings=replace(SETTINGS, largest_member=size)).account.received == 2
    with pytest.raises(FileRefused, match="unpacks to more than") as refused:
        read_as("police-uk", path, settings=replace(SETTINGS, largest_member=size - 1))
    assert str(path) in str(refused.value)


def test_the_limit_holds_against_a_false_size(tmp_path: Path) -> None:
    """A zip may say that its member is small: what counts is what comes out."""
    path = zip_of(tmp_path / "bomb.zip", {STREET_NAME: (GOOD + ROWS * 5000).encode()})
    small = replace(SETTINGS, largest_member=10_000)
    content = path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        true_size = archive.infolist()[0].file_size.to_bytes(4, "little")
    path.write_bytes(content.replace(true_size, (100).to_bytes(4, "little")))
    with pytest.raises(FileRefused):
        read_as("police-uk", path, settings=small)


@pytest.mark.parametrize("adapter", ["nibrs", "police-uk"])
def test_a_header_without_rows_is_nothing_to_accept(tmp_path: Path, adapter: str) -> None:
    if adapter == "nibrs":
        path = in_zip(tmp_path / "a.zip", {name: sheet[:1] for name, sheet in release("2019").items()})
    else:
        path = write(tmp_path / STREET_NAME, HEADER.encode())
    assert read_as(adapter, path).account.received == 0
    names = ["--from", "somebody", "--by", "Ann", "--period", "2018-11"]
    result = CliRunner().invoke(cli, ["receive", str(tmp_path / "s"), str(path), "--as", adapter, *names])
    assert (result.exit_code, result.stdout) == (2, "")
    assert "nothing was stored" in result.stderr
    assert not (tmp_path / "s").exists()


def test_a_damaged_file_changes_nothing_in_a_store(tmp_path: Path) -> None:
    store = str(tmp_path / "store")
    good, bad = street_csv(tmp_path), as_is(RANDOM, "b-street.csv.gz")(tmp_path)
    names = ["--as", "police-uk", "--from", "somebody", "--by", "Ann", "--period", "2018-11"]
    assert CliRunner().invoke(cli, ["receive", store, str(good), *names]).exit_code == 0
    before = sorted((path, path.stat().st_size) for path in (tmp_path / "store").rglob("*"))
    assert CliRunner().invoke(cli, ["receive", store, str(bad), *names]).exit_code == 3
    assert CliRunner().invoke(cli, ["receive", store, str(good), str(bad), *names]).exit_code == 3
    assert sorted((path, path.stat().st_size) for path in (tmp_path / "store").rglob("*")) == before


def test_a_file_that_goes_away_while_reading_is_refused(tmp_path: Path) -> None:
    path = street_csv(tmp_path)
    sources = gather([path])
    path.unlink()
    from onrecord.intake.read import header

    with pytest.raises(FileRefused, match="cannot be opened"):
        header(sources[0])


def test_no_value_of_a_row_in_an_export_without_its_header(tmp_path: Path) -> None:
    sheets = release("2024", [Incident(CANARY)])
    for name, sheet in sheets.items():
        without = in_zip(tmp_path / f"{name}.zip", {**sheets, name: sheet[1:]})
        result = CliRunner().invoke(cli, ["check", str(without), "--as", "nibrs"])
        assert CANARY not in result.stderr, name
    assert CANARY in sheet_text(sheets["NIBRS_incident.csv"])


def test_stored_original_is_what_was_given(tmp_path: Path) -> None:
    """A zip is kept as the zip, not as what was read from it."""
    path = nibrs_zip(tmp_path)
    names = ["--as", "nibrs", "--from", "somebody", "--by", "Ann", "--period", "2019"]
    CliRunner().invoke(cli, ["receive", str(tmp_path / "store"), str(path), *names])
    opened = Store.open(tmp_path / "store", from_environment())
    assert opened.originals(opened.find("R0001")) == [(path.name, path.read_bytes())]
    assert not list((tmp_path / "store" / "incoming").iterdir())
    assert os.listdir(tmp_path / "store" / "returns") == ["R0001"]  # noqa: PTH208 - names alone

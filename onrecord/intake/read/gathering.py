"""Finding: which files that can be tables lie behind what the user named."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import IO

from onrecord.errors import FileRefused

GZIP = ".gz"
DAMAGED_ZIP = "the zip is damaged or cut short. Copy or download it again."
# The most files in one zip, a workbook among them: more are made by a program that means harm.
MOST_MEMBERS = 20_000
CSV, WORKBOOK, PARQUET, XML, OLD, PACKED = "csv", "workbook", "parquet", "xml", "old workbook", "zip"
# What a file is, by the ending of its name. The last two are found so that they can be refused by name, not lost.
KINDS = {
    ".csv": CSV,
    ".tsv": CSV,
    ".txt": CSV,
    ".csv.gz": CSV,
    ".tsv.gz": CSV,
    ".txt.gz": CSV,
    ".xlsx": WORKBOOK,
    ".xlsm": WORKBOOK,
    ".parquet": PARQUET,
    ".xml": XML,
    ".xml.gz": XML,
    ".xls": OLD,
    ".xlsb": OLD,
    ".zip": PACKED,
}
PUBLISHED = (".csv", ".csv.gz")
# What the first bytes of a file say that it is, whatever its name says.
ZIPPED, GZIPPED, COLUMNS, OFFICE, PAGES = "a workbook or a zip", "gzip", "Parquet", "an old or locked workbook", "a PDF"
FIRST_BYTES = {
    b"PK\x03\x04": ZIPPED,
    b"\x1f\x8b": GZIPPED,
    b"PAR1\x15": COLUMNS,
    b"\xd0\xcf\x11\xe0": OFFICE,
    b"%PDF": PAGES,
}
# What to do with a file that is something else than its name says.
REMEDIES = {
    ZIPPED: "It is an Excel workbook or a zip: let its name end in .xlsx or .zip.",
    GZIPPED: "It is packed by gzip: let its name end in .gz as well.",
    COLUMNS: "It is a Parquet file: let its name end in .parquet.",
    OFFICE: "It is a workbook of an older Excel, or one locked by a password: save it as .xlsx without a password.",
    PAGES: "It is a PDF: ask for the table that it was made from.",
}
READABLE = ".csv, .tsv or .txt (also .gz), .xlsx, .parquet, .xml or .zip"


@dataclass(frozen=True)
class Source:
    """One file the user gave, alone, in a folder or in a zip.

    Attributes:
        shown: how the user knows it ("AZ-2016.zip: nibrs_incident.csv").
        name: its bare file name, lower case.
        path: the file on disk; for a member of a zip, the zip.
        member: the member's name inside the zip, or None.
        content: the bytes of the file, or of the zip, where they are held in memory and lie nowhere.
    """

    shown: str
    name: str
    path: Path
    member: str | None = None
    content: bytes | None = field(default=None, repr=False, compare=False)

    @contextmanager
    def container(self) -> Iterator[IO[bytes]]:
        """The file itself, or the zip that it is in, to be read."""
        with self.path.open("rb") if self.content is None else io.BytesIO(self.content) as opened:
            yield opened

    @property
    def is_gzip(self) -> bool:
        """Whether the content is compressed by gzip."""
        return self.name.endswith(GZIP)

    @property
    def kind(self) -> str:
        """What the ending of the name says it is, a value of ``KINDS``."""
        return KINDS[_ending(self.name)]

    @property
    def stem(self) -> str:
        """The bare name without its endings."""
        return self.name.removesuffix(_ending(self.name))


def _ending(name: str) -> str:
    """The longest known ending of a file name, or nothing."""
    return max((ending for ending in KINDS if name.lower().endswith(ending)), key=len, default="")


def gather(paths: Sequence[Path]) -> tuple[Source, ...]:
    """Every file that can be a table behind ``paths``: files as they are, folders with all below, zips opened.

    Raises:
        FileRefused: a path is missing, empty, unreadable or a damaged zip; or no table is found.
    """
    # One file under two spellings is one file.
    distinct = {path.resolve(): path for path in reversed(paths)}
    found = [source for path in paths if distinct[path.resolve()] is path for source in _behind(path)]
    if not found:
        named = ", ".join(str(path) for path in paths)
        raise FileRefused(f"{named}: no table is in there. Give {READABLE}, or a folder of them.")
    return tuple(found)


def are_what_they_say(sources: Sequence[Source]) -> None:
    """Refuse files on the disk whose first bytes say that they are of another kind than their names.

    Raises:
        FileRefused: one is.
    """
    for source in sources:
        _is_what_it_says(source)


def _is_what_it_says(source: Source) -> None:
    usual = {CSV: "", XML: "", WORKBOOK: ZIPPED, PARQUET: COLUMNS}
    if source.member is not None or source.kind not in usual:
        return
    try:
        with source.container() as opened:
            first = opened.read(8)
    except OSError:
        # Who reads it says why it cannot be opened.
        return
    is_a = next((kind for begins, kind in FIRST_BYTES.items() if first.startswith(begins)), "")
    says = GZIPPED if source.is_gzip else usual[source.kind]
    if is_a == says or not first:
        return
    if is_a:
        raise FileRefused(f"{source.shown}: this is another kind of file than its name says. {REMEDIES[is_a]}")
    if says in (GZIPPED, ZIPPED) and first.isascii() and b"\0" not in first:
        instead = "leave .gz out of its name" if says == GZIPPED else "let its name end in .csv"
        raise FileRefused(
            f"{source.shown}: this is another kind of file than its name says. It is plain text: {instead}."
        )


def passed_over(paths: Sequence[Path]) -> tuple[str, ...]:
    """The files in folders and zips that :func:`gather` does not read, for none of them can be a table.

    Hidden files and the shadows that systems leave beside others are not named.
    """
    found: list[str] = []
    for path in dict.fromkeys(paths):
        if path.is_dir():
            found += [in_a_sentence(entry) for entry in _in_folder(path, tables=False)]
        elif path.suffix.lower() == ".zip":
            with zipfile.ZipFile(path) as archive:
                names = [name for name in archive.namelist() if not name.endswith("/")]
            aside = [name for name in names if any(_is_aside(part) for part in PurePosixPath(name).parts)]
            found += [in_a_sentence(f"{path}: {name}") for name in sorted({*names} - {*aside}) if not _is_table(name)]
    return tuple(found)


def csv_files(sources: Sequence[Source]) -> list[Source]:
    """The .csv files alone, as publishers give them; workbooks, texts and others beside them are passed over.

    Raises:
        FileRefused: there is none.
    """
    chosen = [source for source in sources if source.name.endswith(PUBLISHED)]
    if not chosen:
        named = ", ".join(dict.fromkeys(str(source.path) for source in sources))
        raise FileRefused(f"{named}: no CSV file is in there. Give .csv or .csv.gz files, a folder of them or a .zip.")
    are_what_they_say(chosen)
    return chosen


def _behind(path: Path) -> list[Source]:
    if path.is_dir():
        return [Source(in_a_sentence(entry), in_a_sentence(entry.name.lower()), entry) for entry in _in_folder(path)]
    if not path.exists():
        raise FileRefused(f"{path}: there is no such file. Check the spelling and the folder you are in.")
    if path.stat().st_size == 0:
        raise FileRefused(f"{path}: the file is empty (0 bytes). Export or download it again.")
    if path.suffix.lower() == ".zip":
        return _in_zip(path)
    if _ending(path.name):
        return [Source(in_a_sentence(path), in_a_sentence(path.name.lower()), path)]
    raise FileRefused(f"{path}: this is not a file that can be read here. Give {READABLE}.")


def in_a_sentence(name: object) -> str:
    """A name as it can stand in a sentence: a line break or a stray sign in it would break that."""
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in str(name))


def listed(names: Sequence[str], most: int) -> str:
    """The first of some names of columns, as they can stand in a sentence."""
    return ", ".join(map(in_a_sentence, names[:most])) + (", …" if len(names) > most else "")


def _in_folder(folder: Path, tables: bool = True) -> list[Path]:
    """Files below a folder that can be tables, or those that cannot, in the order of their names.

    A link that leads out of the folder is not followed.
    """
    root = folder.resolve()
    found = []
    for place, inside, names in os.walk(folder, followlinks=False):
        inside[:] = [name for name in inside if not _is_aside(name)]
        entries = [Path(place) / name for name in names if bool(_ending(name)) == tables and not _is_aside(name)]
        found += [entry for entry in entries if entry.is_file() and entry.resolve().is_relative_to(root)]
    return sorted(found)


def _is_aside(name: str) -> bool:
    """Shadows that Macs leave, hidden files, and the locks Office puts beside an open file: no tables."""
    return name.startswith((".", "~$")) or name.lower() == "__macosx"


def held_in_memory(files: Sequence[tuple[str, bytes]]) -> tuple[Source, ...]:
    """Files that lie nowhere, by name and content, as :func:`gather` would find them."""
    found: list[Source] = []
    for name, content in files:
        path = Path(name)
        sources = _in_zip(path, content) if path.suffix.lower() == ".zip" else [Source(name, name.lower(), path)]
        found += [replace(source, content=content) for source in sources if _ending(source.name)]
    return tuple(found)


def _in_zip(path: Path, content: bytes | None = None) -> list[Source]:
    try:
        with zipfile.ZipFile(path if content is None else io.BytesIO(content)) as archive:
            names = archive.namelist()
    except Exception:  # the standard library raises a dozen kinds on bytes that are no zip
        raise FileRefused(f"{path}: {DAMAGED_ZIP}") from None
    if len(names) > MOST_MEMBERS:
        raise FileRefused(
            f"{path}: the zip holds {len(names):,} files, more than the {MOST_MEMBERS:,} that are read. "
            "Give the tables alone."
        )
    members = sorted(name for name in names if _is_table(name))
    if len(set(members)) < len(members):
        raise FileRefused(f"{path}: the zip holds a file twice under one name. Zip the files anew.")
    return [
        Source(in_a_sentence(f"{path}: {name}"), in_a_sentence(PurePosixPath(name).name.lower()), path, name)
        for name in members
    ]


def _is_table(member: str) -> bool:
    return bool(_ending(member)) and not any(_is_aside(part) for part in PurePosixPath(member).parts)

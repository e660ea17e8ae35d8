"""Reading: what the user named (files, folders, zips) becomes text tables of the engine.

Nothing is unpacked to disk: members of a zip are held in memory, within a limit.
"""

from __future__ import annotations

import csv
import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, cast

import ibis.expr.types as ir

from onrecord.engine import CsvFault, Engine, hold_in_memory, read_csv
from onrecord.errors import FileRefused

CSV_ENDINGS = (".csv", ".csv.gz")
HEADER_BYTES = 1 << 16
CHUNK = 1 << 20
LISTED = 12
# All that the standard library raises on compressed files that are cut short, altered, encrypted or too new.
DAMAGED = (
    zipfile.BadZipFile,
    gzip.BadGzipFile,
    EOFError,
    zlib.error,
    lzma.LZMAError,
    NotImplementedError,
    RuntimeError,
    ValueError,
)
# An engine takes a name with one of these for a pattern, and may read another file that fits it.
PATTERN_SIGNS = frozenset("*?[")


@dataclass(frozen=True)
class Source:
    """One CSV file the user gave, alone, in a folder or in a zip.

    Attributes:
        shown: how the user knows it ("AZ-2016.zip: nibrs_incident.csv").
        name: its bare file name, lower case.
        path: the file on disk; for a member of a zip, the zip.
        member: the member's name inside the zip, or None.
    """

    shown: str
    name: str
    path: Path
    member: str | None = None

    @property
    def is_gzip(self) -> bool:
        """Whether the content is compressed by gzip."""
        return self.member is None and self.name.endswith(".gz")


def gather(paths: Sequence[Path]) -> tuple[Source, ...]:
    """Every CSV file behind ``paths``: files as they are, folders one level after the other, zips opened.

    Raises:
        FileRefused: a path is missing, empty, unreadable or a damaged zip; or no CSV file is found.
    """
    # One file under two spellings is one file.
    distinct = {path.resolve(): path for path in reversed(paths)}
    found = [source for path in paths if distinct[path.resolve()] is path for source in _behind(path)]
    if not found:
        named = ", ".join(str(path) for path in paths)
        raise FileRefused(f"{named}: no CSV file is in there. Give .csv or .csv.gz files, a folder of them or a .zip.")
    return tuple(found)


def _behind(path: Path) -> list[Source]:
    if path.is_dir():
        inside = sorted(entry for entry in path.rglob("*") if entry.name.lower().endswith(CSV_ENDINGS))
        return [Source(str(entry), entry.name.lower(), entry) for entry in inside if entry.is_file()]
    if not path.exists():
        raise FileRefused(f"{path}: there is no such file. Check the spelling and the folder you are in.")
    if path.stat().st_size == 0:
        raise FileRefused(f"{path}: the file is empty (0 bytes). Export or download it again.")
    if path.suffix.lower() == ".zip":
        return _in_zip(path)
    if path.name.lower().endswith(CSV_ENDINGS):
        return [Source(str(path), path.name.lower(), path)]
    raise FileRefused(f"{path}: this is not a file that can be read here. Give .csv, .csv.gz or .zip.")


def _in_zip(path: Path) -> list[Source]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = sorted(name for name in archive.namelist() if _is_table(name))
    except (*DAMAGED, OSError):
        raise FileRefused(f"{path}: the zip is damaged or cut short. Copy or download it again.") from None
    if len(set(members)) < len(members):
        raise FileRefused(f"{path}: the zip holds a file twice under one name. Zip the files anew.")
    return [Source(f"{path}: {name}", PurePosixPath(name).name.lower(), path, name) for name in members]


def _is_table(member: str) -> bool:
    """A zip made on a Mac carries shadow files under __MACOSX; they are no tables."""
    return member.lower().endswith(".csv") and "__macosx" not in member.lower()


def header(source: Source) -> tuple[str, ...]:
    """The column names of a file.

    Raises:
        FileRefused: the file is empty, damaged, or does not begin with a line of UTF-8 text.
    """
    first = _damaged_is_refused(source, lambda: _first_bytes(source))
    if not first.strip():
        raise FileRefused(f"{source.shown}: the file is empty. Export or download it again.")
    try:
        line = first.split(b"\n", 1)[0].decode("utf-8-sig").strip("\r")
    except UnicodeDecodeError:
        raise FileRefused(f"{source.shown}: the first line is not UTF-8 text. Save it as 'CSV UTF-8'.") from None
    if "\0" in line:
        raise FileRefused(f"{source.shown}: this is not a text file. Give the CSV file as it was published.")
    try:
        return tuple(next(csv.reader(io.StringIO(line)), ()))
    except csv.Error:
        raise FileRefused(
            f"{source.shown}: its lines do not end as lines of a CSV file do. Save it as 'CSV UTF-8'."
        ) from None


@contextmanager
def _opened(source: Source) -> Iterator[IO[bytes]]:
    if source.member is not None:
        with zipfile.ZipFile(source.path) as archive, archive.open(source.member) as content:
            yield content
    elif source.is_gzip:
        with gzip.open(source.path, "rb") as content:
            yield cast("IO[bytes]", content)
    else:
        with source.path.open("rb") as content:
            yield content


def _first_bytes(source: Source) -> bytes:
    with _opened(source) as content:
        return content.read(HEADER_BYTES)


def _damaged_is_refused(source: Source, read: Callable[[], bytes]) -> bytes:
    try:
        return read()
    except DAMAGED:
        raise FileRefused(
            f"{source.shown}: the compressed file is damaged, cut short or locked. Copy or download it again."
        ) from None
    except OSError as error:
        raise FileRefused(f"{source.shown}: it cannot be opened ({error.strerror}).") from None


def check_gzip(sources: Iterable[Source]) -> None:
    """Read every gzip file to its end and compare its check sum: an engine may stop early without a word.

    Raises:
        FileRefused: a file is damaged or cut short.
    """
    with ThreadPoolExecutor() as pool:
        list(pool.map(_check_one, [source for source in sources if source.is_gzip]))


def _check_one(source: Source) -> None:
    def to_the_end() -> bytes:
        with gzip.open(source.path) as content:
            while content.read(CHUNK):
                pass
        return b""

    _damaged_is_refused(source, to_the_end)


def load(
    engine: Engine, name: str, sources: Sequence[Source], wanted: Mapping[str, str], largest_member: int
) -> ir.Table:
    """Read ``sources`` (one layout) as one table of text with the ``wanted`` columns and ``file``.

    Args:
        engine: an open engine.
        name: the table's name in the engine.
        sources: files with the same header.
        wanted: standard column name to the header's name, letter case aside.
        largest_member: the most bytes a member of a zip may unpack to.

    Raises:
        FileRefused: a column is missing, headers differ, or the content does not hold together.
    """
    head = header(sources[0])
    chosen = _columns(sources[0], head, wanted)
    for other in sources[1:]:
        if header(other) != head:
            raise FileRefused(
                f"{other.shown}: its columns differ from those of {sources[0].shown}. "
                "Give files of one layout together, and others on their own."
            )
    check_gzip(sources)
    addresses = list(dict.fromkeys(_address(engine, source, largest_member) for source in sources))
    try:
        return read_csv(engine, name, addresses, _distinct(head), chosen)
    except CsvFault as fault:
        raise FileRefused(_not_utf8(sources) or _fault_sentence(fault)) from None


def _columns(source: Source, head: Sequence[str], wanted: Mapping[str, str]) -> dict[str, str]:
    by_lower = {column.lower(): column for column in reversed(_distinct(head))}
    missing = [column for column in wanted.values() if column.lower() not in by_lower]
    if not missing:
        return {standard: by_lower[column.lower()] for standard, column in wanted.items()}
    if len(missing) == len(wanted):
        # Without its header a file begins with a row, and a row's values are not to be shown.
        raise FileRefused(
            f"{source.shown}: its first line names none of the columns {', '.join(missing)}. Is the "
            "header gone, or is this another kind of file? Give the file as it was published."
        )
    shown = ", ".join(head[:LISTED]) + (", …" if len(head) > LISTED else "")
    raise FileRefused(
        f"{source.shown}: the column '{missing[0]}' is missing. Found: {shown}. "
        "Was it renamed? Give the file as it was published."
    )


def _distinct(head: Sequence[str]) -> list[str]:
    """Column names made distinct: one published file has DATA_YEAR twice, another two columns called 0."""
    seen: dict[str, int] = {}
    distinct = []
    for column in head:
        count = seen.get(column.lower(), 0)
        seen[column.lower()] = count + 1
        distinct.append(f"{column}#{count}" if count else column)
    return distinct


def _address(engine: Engine, source: Source, largest_member: int) -> str:
    if source.member is None:
        has_pattern = set(str(source.path)) & PATTERN_SIGNS
        return hold_in_memory(engine, source.shown, source.path.read_bytes()) if has_pattern else str(source.path)
    content = _damaged_is_refused(source, lambda: _member_bytes(source, largest_member))
    return hold_in_memory(engine, source.shown, content)


def _member_bytes(source: Source, largest_member: int) -> bytes:
    with _opened(source) as content:
        unpacked = content.read(largest_member + 1)
    if len(unpacked) > largest_member:
        raise FileRefused(
            f"{source.shown}: it unpacks to more than {largest_member:,} bytes, which is more than "
            "such a table can hold. Unzip it yourself, look at it, and give the folder."
        )
    return unpacked


def _not_utf8(sources: Iterable[Source]) -> str | None:
    """A sentence on the first line that is not UTF-8 text; the engine does not always find it."""
    for source in sources:
        with _opened(source) as content:
            for number, line in enumerate(content, 1):
                try:
                    line.decode()
                except UnicodeDecodeError:
                    return f"{source.shown}, near line {number}: it is not UTF-8 text. Save it as 'CSV UTF-8'."
    return None


def _fault_sentence(fault: CsvFault) -> str:
    where = f", near line {fault.line}" if fault.line else ""
    return f"{fault.file}{where}: {fault.what}. Give the file as it was published, or mend that line."

"""Opens DuckDB, the embedded engine. No other file imports it: the rest speaks Ibis.

Facts kept here: explicit CSV columns make reading four times faster than sniffing, and an engine must
never fetch an extension from the network nor spill to the folder the user happens to stand in.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

import duckdb
import fsspec
import ibis
import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends.duckdb import Backend

from onrecord.errors import Interrupted, WrongWords
from onrecord.settings import Settings

# What an engine is called elsewhere: no other file names DuckDB.
Engine = Backend
MEMORY_SCHEME = "memory:///"


@contextmanager
def open_engine(settings: Settings) -> Iterator[Backend]:
    """An engine for one action, in memory; spills go to a private folder that is removed.

    The connection is not closed by hand: Ibis drops the tables it made for itself when they are no longer
    used, and it needs the connection to do so.

    Raises:
        WrongWords: the limits of the settings make no sense to the engine.
    """
    with tempfile.TemporaryDirectory(prefix="onrecord-") as spill:
        limits: dict[str, Any] = {
            "temp_directory": spill,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
        if settings.memory_limit:
            limits["memory_limit"] = settings.memory_limit
        if settings.threads:
            limits["threads"] = settings.threads
        try:
            engine = ibis.duckdb.connect(**limits)
        except duckdb.Error:
            raise WrongWords(
                f"The engine cannot start with memory limit {settings.memory_limit} and threads {settings.threads}. "
                "Set ONRECORD_MEMORY_LIMIT as '2GB' and ONRECORD_THREADS as '4', or neither."
            ) from None
        engine.con.register_filesystem(_memory_files())
        try:
            yield engine
        except RuntimeError as error:
            # The engine turns Ctrl-C during a query into this.
            if "interrupted" in str(error).lower():
                raise Interrupted("stopped") from None
            raise
        finally:
            # One file system serves the process, with a folder for each engine: nothing unpacked for one action
            # outlives it, and nothing of another's is touched.
            _forget(_folder_of(engine))


def _memory_files() -> Any:
    return fsspec.filesystem("memory")


def _folder_of(engine: Backend) -> str:
    return f"{MEMORY_SCHEME}{id(engine)}/"


def _forget(folder: str) -> None:
    store = _memory_files().store
    for name in [name for name in store if name.startswith(folder.removeprefix("memory://"))]:
        del store[name]


def table_of(rows: Sequence[Mapping[str, Any]]) -> ir.Table:
    """A small table from dictionaries, by way of Arrow, so that pandas has no say in the types."""
    return ibis.memtable(pa.Table.from_pylist([dict(row) for row in rows]))


def empty_table(*columns: str) -> ir.Table:
    """A table of text columns without a row."""
    return ibis.memtable(pa.schema([(column, pa.string()) for column in columns]).empty_table())


def hold_in_memory(engine: Backend, name: str, content: bytes) -> str:
    """Put bytes where this engine can read them without touching the disk; returns their address.

    The name is encoded, so that no sign in it is taken for a pattern of names.
    """
    address = f"{_folder_of(engine)}{quote(name, safe='')}"
    _memory_files().pipe(address, content)
    return address


def shown_name(address: str) -> str:
    """The name behind an address from :func:`hold_in_memory`; a path stays as it is."""
    return unquote(address.rpartition("/")[2]) if address.startswith(MEMORY_SCHEME) else address


@dataclass
class CsvFault(Exception):
    """A CSV file that does not hold together: which file, near which line, and what is wrong.

    Carries no value of the file: the engine's own message quotes the line, so it is not kept.
    """

    file: str
    line: int | None
    what: str


_COLUMNS = re.compile(r"Expected Number of Columns: (\d+) Found: (\d+)")
_FAULTS = (
    (re.compile(r"unterminated quote", re.I), "a quotation mark opens and never closes"),
    (re.compile(r"(?:unicode|utf-?8|encod)", re.I), "it is not UTF-8 text"),
    (
        re.compile(r"(?:gzip|GZIP|decompress|inflate|compressed)", re.I),
        "the compressed file is damaged or cut short",
    ),
    (re.compile(r"maximum line size", re.I), "a line is longer than 2 MB"),
)


def read_csv(
    engine: Backend, name: str, files: Sequence[str], columns: Sequence[str], wanted: Mapping[str, str]
) -> ir.Table:
    """Read CSV files of one layout into a table of the engine, every value as text.

    Args:
        engine: an open engine.
        name: the table's name.
        files: paths or addresses from :func:`hold_in_memory`; gzip is read as it is.
        columns: all columns of the header, in order, each once.
        wanted: standard name to header name, for the columns to keep.

    Returns:
        A table with the wanted columns, an empty cell as null, ``file``, the file each row came from, and
        ``row``, its number over all files from 0, in their order.

    Raises:
        CsvFault: a line does not fit the header, or a file is damaged.
    """
    # Columns go by their place: a header may hold no name at all, or one that the engine uses itself.
    layout = {f"column_{place}": "VARCHAR" for place in range(len(columns))}
    chosen = {standard: ibis._[f"column_{columns.index(header)}"] for standard, header in wanted.items()}
    keep = {**chosen, "file": ibis._["filename"]}
    try:
        raw = engine.read_csv(
            list(files),
            auto_detect=False,
            header=True,
            delim=",",
            quote='"',
            escape='"',
            columns=layout,
            filename=True,
            parallel=True,
        )
        table = engine.create_table(name, raw.select(**keep), temp=True)
        return table.mutate(row=table.rowid())
    except (
        duckdb.InvalidInputException,
        duckdb.IOException,
        duckdb.ConversionException,
        duckdb.InternalException,
    ) as error:  # the last: text that is not UTF-8, in some columns
        raise _csv_fault(str(error), files) from None


def _csv_fault(message: str, files: Sequence[str]) -> CsvFault:
    file = next((path for path in sorted(files, key=len, reverse=True) if path in message), files[0])
    line = re.search(r"Line: (\d+)", message)
    what = next(
        (text for pattern, text in _FAULTS if pattern.search(message)), "it is not a table of comma-separated values"
    )
    if counted := _COLUMNS.search(message):
        what = _columns_sentence(int(counted[1]), int(counted[2]))
    return CsvFault(shown_name(file), int(line.group(1)) if line else None, what)


def _columns_sentence(expected: int, found: int) -> str:
    """The engine stops counting at the first column too many."""
    if found > expected:
        return f"it has more columns than the {expected} of the header"
    return f"it has {found} columns where the header has {expected}"

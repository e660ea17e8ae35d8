"""Opens DuckDB, the embedded engine. No other file imports it: the rest speaks Ibis.

Facts kept here: explicit CSV columns make reading four times faster than sniffing, and an engine must
never fetch an extension from the network nor spill to the folder the user happens to stand in.
"""

from __future__ import annotations

import io
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import duckdb
import fsspec
import ibis
import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends.duckdb import Backend
from pyarrow import csv

from onrecord.errors import Interrupted, WrongWords
from onrecord.settings import Settings

# What an engine is called elsewhere: no other file names DuckDB.
Engine = Backend
MEMORY_SCHEME = "memory:///"
# Rows that the engine keeps together. A piece of a text file that holds fewer is copied once more to keep the order of
# its rows, which takes as long as to read it.
ROW_GROUP = 122_880
# Bytes of a text file that are read at once, whatever its rows are like; larger pieces take more memory.
LEAST_PIECE, MOST_PIECE = 4_000_000, 64_000_000
# Bytes of its longest line; a cell of Excel holds 32,767 characters.
LONGEST_LINE = 2_000_000
SQL_TYPES = {"int64": "BIGINT", "string": "VARCHAR", "boolean": "BOOLEAN", "date": "DATE"}


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
            "temp_file_encryption": True,
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


def arrow_table(rows: pa.Table) -> ir.Table:
    """An Arrow table as a table of the engine."""
    return ibis.memtable(rows)


def empty_table(types: Mapping[str, str]) -> ir.Table:
    """A table without a row, of columns of these types."""
    return ibis.memtable(ibis.schema(types).to_pyarrow().empty_table())


def empty_text_table(*columns: str) -> ir.Table:
    """A table without a row, of text columns."""
    return empty_table(dict.fromkeys(columns, "string"))


def hold_in_memory(engine: Backend, name: str, content: bytes) -> str:
    """Put bytes where this engine can read them without touching the disk; returns their address.

    The name is encoded, so that no sign in it is taken for a pattern of names.
    """
    address = f"{_folder_of(engine)}{quote(name, safe='')}"
    _memory_files().pipe(address, content)
    return address


def parquet_bytes(engine: Backend, name: str, table: ir.Table) -> bytes:
    """A table as the bytes of a Parquet file, made in memory: nothing touches the disk."""
    address = hold_in_memory(engine, name, b"")
    engine.to_parquet(table, address, compression="zstd")
    return let_go(address)


def as_csv(engine: Backend, table: ir.Table) -> bytes:
    """A table as a CSV file with a header, made in memory."""
    out = io.BytesIO()
    csv.write_csv(engine.to_pyarrow(table), out)
    return out.getvalue()


def let_go(address: str) -> bytes:
    """The bytes that an address from :func:`hold_in_memory` stands for; they are held no longer."""
    files = _memory_files()
    content: bytes = files.cat(address)
    files.rm(address)
    return content


@dataclass
class CsvFault(Exception):
    """A CSV file that does not hold together: which file, near which line, and what is wrong.

    Carries no value of the file: the engine's own message quotes the line, so it is not kept.
    """

    file: str
    line: int | None
    what: str


_COLUMNS = re.compile(r"Expected Number of Columns: (\d+) Found: (\d+)")
MIXED_ENDS = "its lines end in different ways, or a quotation mark stands inside a cell"
_FAULTS = (
    (re.compile(r"unterminated quote", re.I), "a quotation mark opens and never closes"),
    (re.compile(r"maximum line size", re.I), f"a line is longer than {LONGEST_LINE:,} bytes"),
    (re.compile(r"(?:unicode|utf-?8|encod)", re.I), "it is not UTF-8 text"),
    (
        re.compile(r"(?:gzip|GZIP|decompress|inflate|compressed)", re.I),
        "the compressed file is damaged or cut short",
    ),
    (re.compile(r"invalid state", re.I), MIXED_ENDS),
)
# What surrounds a cell's text and is no part of it: all that Python's strip() takes away.
BLANKS = "".join(sign for sign in map(chr, range(0x3001)) if sign.isspace())


def new_text_table(engine: Backend, name: str, columns: Sequence[str]) -> None:
    """Make an empty table of text columns, with ``sheet_no`` and ``line``."""
    types = {**dict.fromkeys(columns, "string"), "sheet_no": "int64", "line": "int64"}
    engine.create_table(name, schema=ibis.schema(types), temp=True, overwrite=True)


def append_csv(
    engine: Backend,
    name: str,
    files: Sequence[str],
    *,
    width: int,
    delimiter: str,
    gzip: bool,
    places: Mapping[str, int],
    first_sheet: int,
    row_bytes: float,
    blanks: bool = True,
    controls: bool = True,
) -> None:
    """Add the rows of CSV files of one layout to a table from :func:`new_text_table`.

    Args:
        engine: an open engine.
        name: the table's name.
        files: paths, or addresses from :func:`hold_in_memory`; UTF-8, with a header.
        width: how many columns they have. All are read as text: to let the engine find out takes four times longer.
        delimiter: the sign between cells.
        gzip: whether the files are compressed.
        places: new column name to the place of its column.
        first_sheet: the sheet_no of the first file; the others follow.
        row_bytes: how many bytes a row has, on average.
        blanks: whether blanks may stand around the text of a cell, and are to be taken away.
        controls: whether control signs, line ends among them, may stand in a cell. Where none can, no row is longer
            than a line, and lines were measured before.

    Raises:
        CsvFault: a line does not fit the header, or a file is damaged.
    """
    # Columns go by their place: a header may hold no name at all, or one that the engine uses itself.
    layout = ", ".join(f"'column_{place}': 'VARCHAR'" for place in range(width))
    # The engine itself reads an empty cell as null, with quotation marks and without.
    chosen = {new: _trimmed(f"column_{place}") if blanks else f"column_{place}" for new, place in places.items()}
    piece = _piece_of(row_bytes)
    # The engine reads as much at once as it is told that a row may have.
    longest = LONGEST_LINE if controls else piece
    for parallel in (True, False):
        source = (
            f"read_csv([{', '.join(map(_literal, files))}], auto_detect = false, header = true, "
            f"delim = {_literal(delimiter)}, quote = '\"', escape = '\"', columns = {{{layout}}}, "
            f"compression = '{'gzip' if gzip else 'none'}', parallel = {parallel}, "
            f"buffer_size = {piece}, max_line_size = {longest})"
        )
        try:
            _insert(engine, name, {**chosen, "sheet_no": f"file_index + {first_sheet}"}, source)
        except (duckdb.Error, UnicodeDecodeError) as error:
            # Several threads lose their way in long cells with many line ends, and call a good file bad; one does not.
            if not parallel:
                raise _csv_fault(_message(error), files) from None
        else:
            return


def _piece_of(row_bytes: float) -> int:
    """Bytes to read at once: a row group, and somewhat more, for rows differ."""
    return int(min(max(1.1 * ROW_GROUP * row_bytes, LEAST_PIECE), MOST_PIECE))


def parquet_columns(engine: Backend, file: str) -> tuple[tuple[str, ...], int]:
    """The column names of a Parquet file, and how many rows it says it has. Raises CsvFault when it is none."""
    try:
        described = _described(engine, file)
        counted = engine.con.execute(f"SELECT count(*) FROM {_parquet(file)}").fetchall()  # noqa: S608 - quoted
    except (duckdb.Error, OSError, ValueError):
        raise _damaged_parquet(file) from None
    return tuple(str(row[0]) for row in described), int(counted[0][0])


def append_parquet(engine: Backend, name: str, file: str, places: Mapping[str, int], sheet_no: int) -> None:
    """Add the rows of a Parquet file to a table from :func:`new_text_table`, each value as text.

    Raises:
        CsvFault: the file is damaged.
    """
    try:
        described = _described(engine, file)
        chosen = {
            new: _trimmed(_as_text(_identifier(described[place][0]), described[place][1]))
            for new, place in places.items()
        }
        _insert(engine, name, {**chosen, "sheet_no": str(sheet_no)}, _parquet(file))
    except (duckdb.Error, OSError, ValueError):
        raise _damaged_parquet(file) from None


def _described(engine: Backend, file: str) -> list[Any]:
    """Name and type of each column of a Parquet file."""
    return list(engine.con.execute(f"DESCRIBE SELECT * FROM {_parquet(file)}").fetchall())  # noqa: S608 - quoted


def _parquet(file: str) -> str:
    # Some writers do not mark text as text.
    return f"read_parquet({_literal(file)}, binary_as_string = true)"


def _damaged_parquet(file: str) -> CsvFault:
    return CsvFault(file, None, "the Parquet file is damaged, or holds bytes that are no text")


def _as_text(column: str, kind: str) -> str:
    """A typed value as its reader would write it: days alone as days, whole numbers without a point."""
    if kind == "TIMESTAMP WITH TIME ZONE":
        return f"strftime({column} AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%SZ')"
    if kind.startswith("TIMESTAMP"):
        return f"regexp_replace(CAST({column} AS VARCHAR), ' 00:00:00$', '')"
    if kind in ("DOUBLE", "FLOAT"):
        whole = f"CAST(TRY_CAST({column} AS BIGINT) AS VARCHAR)"
        return (
            f"CASE WHEN abs({column}) < 1e15 AND {column} = trunc({column}) THEN {whole} "
            f"ELSE CAST({column} AS VARCHAR) END"
        )
    return f"CAST({column} AS VARCHAR)"


def new_cells(engine: Backend, name: str) -> None:
    """Make an empty table for rows that Python reads; its columns come with them, as c0, c1, ..."""
    engine.create_table(name, schema=ibis.schema({"line": "int64"}), temp=True, overwrite=True)


def append_cells(
    engine: Backend, name: str, new: Sequence[int], columns: Sequence[Sequence[str | None]], lines: Sequence[int]
) -> None:
    """Add rows, given by their columns, to a table from :func:`new_cells`; ``new`` are the places it lacks."""
    for place in new:
        engine.con.execute(f"ALTER TABLE {_identifier(name)} ADD COLUMN c{place} VARCHAR")
    cells = {f"c{place}": pa.array(column, pa.string()) for place, column in enumerate(columns)}
    engine.con.register("onrecord_batch", pa.table({"line": pa.array(lines, pa.int64()), **cells}))
    engine.con.execute(f"INSERT INTO {_identifier(name)} BY NAME SELECT * FROM onrecord_batch")  # noqa: S608 - quoted
    engine.con.unregister("onrecord_batch")


def append_table(engine: Backend, name: str, held: str, places: Mapping[str, int], sheet_no: int) -> None:
    """Add the rows of a table from :func:`new_cells` to one from :func:`new_text_table`."""
    width = len(engine.table(held).columns) - 1
    chosen = {new: _trimmed(f"c{place}") for new, place in places.items() if place < width}
    _insert(engine, name, {**chosen, "sheet_no": str(sheet_no), "line": '"line"'}, _identifier(held))


def has_table(engine: Backend, name: str) -> bool:
    """Whether the engine holds a table of that name."""
    return name in engine.list_tables()


def first_rows(engine: Backend, name: str) -> dict[int, tuple[int, int]]:
    """For each sheet_no of a table from :func:`new_text_table`: its first row, and how many it has."""
    found = engine.con.execute(
        f"SELECT sheet_no, min(rowid), count(*) FROM {_identifier(name)} GROUP BY ALL"  # noqa: S608 - quoted
    ).fetchall()
    return {int(number): (int(first), int(count)) for number, first, count in found}


def _insert(engine: Backend, name: str, chosen: Mapping[str, str], source: str) -> None:
    targets = ", ".join(_identifier(column) for column in chosen)
    values = ", ".join(chosen.values())
    engine.con.execute(f"INSERT INTO {_identifier(name)} ({targets}) SELECT {values} FROM {source}")  # noqa: S608 - quoted


def _trimmed(text: str) -> str:
    """Text without the blanks around it, and null where nothing is left. Most text needs no trimming: see first."""
    has_blanks = f"{text} NOT SIMILAR TO '[!-~].*[!-~]'"
    return f"nullif(CASE WHEN {has_blanks} THEN trim({text}, {_literal(BLANKS)}) ELSE {text} END, '')"


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _message(error: duckdb.Error | UnicodeDecodeError) -> str:
    """What the engine says. It quotes a line of the file, and cuts a long one in the middle of a sign."""
    return error.object.decode(errors="replace") if isinstance(error, UnicodeDecodeError) else str(error)


def _csv_fault(message: str, files: Sequence[str]) -> CsvFault:
    file = next((path for path in sorted(files, key=len, reverse=True) if path in message), files[0])
    line = re.search(r"Line: (\d+)", message)
    what = next(
        (text for pattern, text in _FAULTS if pattern.search(message)), "it is not a table of comma-separated values"
    )
    if counted := _COLUMNS.search(message):
        what = _columns_sentence(int(counted[1]), int(counted[2]))
    return CsvFault(file, int(line.group(1)) if line else None, what)


def _columns_sentence(expected: int, found: int) -> str:
    """The engine stops counting at the first column too many."""
    if found > expected:
        return f"it has more columns than the {expected} of the header"
    return f"it has {found} columns where the header has {expected}"


# ---------------------------------------------------------------- statements that are made once and run often


def statement(expression: ir.Table) -> str:
    """An expression over tables that are known by name alone, in the engine's own language."""
    return str(ibis.duckdb.compile(expression))


def rows_of(engine: Backend, made: str) -> list[dict[str, Any]]:
    """The rows that a statement gives."""
    answer = engine.raw_sql(made)
    names = [column[0] for column in answer.description or ()]
    return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]


def table_from(engine: Backend, name: str, made: str, types: Mapping[str, str]) -> ir.Table:
    """A table of this engine that holds what a statement gives, in place of an earlier one of that name.

    Args:
        engine: an open engine.
        name: the table's name.
        made: the statement.
        types: its columns and their types: a statement's small numbers are of a small type.
    """
    schema = ibis.schema(types)
    cast = ", ".join(f'CAST("{column}" AS {SQL_TYPES[str(kind)]}) AS "{column}"' for column, kind in schema.items())
    engine.raw_sql(f'CREATE OR REPLACE TEMP TABLE "{name}" AS SELECT {cast} FROM ({made})')  # noqa: S608
    return engine.table(name)


@contextmanager
def _joined_as_written(engine: Backend) -> Iterator[None]:
    """Joins look up their left side in their right one, which is written as the smaller: the engine guesses worse."""
    engine.raw_sql("SET disabled_optimizers = 'build_side_probe_side'")
    try:
        yield
    finally:
        engine.raw_sql("RESET disabled_optimizers")


# How many marks one whole number holds.
BITS = 60


@dataclass(frozen=True)
class Marked:
    """A table of marked rows: those that are alike are counted together, and only marks that tell keep a row's number.

    Attributes:
        name: the table's name: ``row``, ``alike`` (how many rows) and the columns of marks.
        of: what the names of its columns of marks begin with; their number follows, from 0. Bit 61 is the second of
            column 1.
        telling: the marks that tell something of a row: what is marked, to its bit.
    """

    name: str
    of: str
    telling: Mapping[int, int]

    def put_down(self, engine: Backend, made: str, row: str) -> None:
        """Make the table of what a statement gives: the number of each row, in a column of that name, and its marks."""
        columns = ", ".join(f"{self.of}{column}" for column in range(max(self.telling.values()) // BITS + 1))
        masks: dict[int, int] = {}
        for bit in self.telling.values():
            masks[bit // BITS] = masks.get(bit // BITS, 0) | 1 << bit % BITS
        tells = " OR ".join(f"{self.of}{column} & {mask} <> 0" for column, mask in masks.items())
        alike = f'{columns}, CASE WHEN {tells} THEN "{row}" END AS row, count(*) AS alike'
        kept = f'CREATE OR REPLACE TEMP TABLE "{self.name}" AS SELECT {alike} FROM ({made}) GROUP BY ALL'  # noqa: S608
        with _joined_as_written(engine):
            engine.raw_sql(kept)

    def counted(self, engine: Backend, bits: Mapping[int, int]) -> dict[int, int]:
        """How many rows carry each mark: what is counted, to its bit."""
        wanted = sorted(set(bits.values()))
        sums = ", ".join(f"coalesce(sum(alike) FILTER ({self._has(bit)}), 0)" for bit in wanted)
        (counts,) = engine.raw_sql(f'SELECT {sums} FROM "{self.name}"').fetchall()  # noqa: S608
        return {key: int(counts[wanted.index(bit)]) for key, bit in bits.items()}

    @property
    def laid_out(self) -> str:
        """The statement that gives a row for each telling mark: rule (what is marked), row, key and value, which are
        null."""
        listed = ", ".join(f"CASE WHEN {self._has(bit)} THEN {key} END" for key, bit in self.telling.items())
        each = f'SELECT row, unnest([{listed}]) AS rule FROM "{self.name}" WHERE row IS NOT NULL'  # noqa: S608
        return f"SELECT rule, row, NULL AS key, NULL AS value FROM ({each}) WHERE rule IS NOT NULL"  # noqa: S608

    def _has(self, bit: int) -> str:
        return f"{self.of}{bit // BITS} & {1 << bit % BITS} <> 0"


def view_from(engine: Backend, name: str, made: str) -> None:
    """Let statements call what a statement gives by a name; nothing is run yet."""
    engine.raw_sql(f'CREATE OR REPLACE TEMP VIEW "{name}" AS {made}')


def counted_by(engine: Backend, name: str, column: str) -> dict[Any, int]:
    """A table's rows, counted by the values of a column."""
    return dict(engine.raw_sql(f'SELECT "{column}", count(*) FROM "{name}" GROUP BY 1').fetchall())  # noqa: S608


def named(engine: Backend, name: str, rows: ir.Table) -> None:
    """Let statements call rows by a name."""
    engine.create_view(name, rows, overwrite=True)


def was_stopped(error: Exception) -> bool:
    """Whether somebody pressed Ctrl-C while the engine was at work."""
    return isinstance(error, duckdb.InterruptException) or "interrupted" in str(error).lower()

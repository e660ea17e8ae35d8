"""The tables behind sources, and the text in them: one table of the engine, every row with its address."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby

import ibis
import ibis.expr.types as ir

from onrecord.engine import (
    MIXED_ENDS,
    CsvFault,
    Engine,
    append_csv,
    append_parquet,
    append_table,
    first_rows,
    has_table,
    hold_in_memory,
    new_text_table,
    parquet_columns,
)
from onrecord.errors import FileRefused
from onrecord.intake.read.csv_text import TextLayout, as_utf8, check_count, header_of, look_over
from onrecord.intake.read.gathering import (
    CSV,
    OLD,
    PACKED,
    PARQUET,
    WORKBOOK,
    Source,
    are_what_they_say,
    in_a_sentence,
    listed,
)
from onrecord.intake.read.limits import MOST_COLUMNS, check_archives, first_bytes, whole
from onrecord.intake.read.xml_rows import FORM, read_xml
from onrecord.settings import Settings

LISTED = 12
MOST_ROWS = 200_000_000
PARQUET_MARK = b"PAR1"
# An engine takes a name with one of these for a pattern, and may read another file that fits it.
PATTERN_SIGNS = frozenset("*?[")
# The row number that the user sees, for the first row: a text file begins with its header.
FIRST_LINE = {CSV: 2, PARQUET: 1}


@dataclass(frozen=True)
class Sheet:
    """One table the user gave: a CSV file, a sheet of a workbook, a Parquet file, one kind of element of an XML file.

    Attributes:
        source: the file.
        name: the sheet's or element's name; "" where the file is one table.
        columns: header names as they stand, trimmed; "column 3" where there is none, "name#1" for a second "name".
        notes: what a reader must know, in sentences.
        layout: how a text file is written; None for every other kind.
        without_result: the columns of a workbook's sheet, by their place, that hold a formula whose result is not
            stored, each with the first such row.
    """

    source: Source
    name: str
    columns: tuple[str, ...]
    notes: tuple[str, ...] = ()
    layout: TextLayout | None = None
    without_result: tuple[tuple[int, int], ...] = ()

    @property
    def shown(self) -> str:
        """How the user knows it: "returns.xlsx, sheet report" or "a.zip: report.csv"."""
        if not self.name:
            return self.source.shown
        return f"{self.source.shown}, {'sheet' if self.source.kind == WORKBOOK else 'element'} {self.name}"

    @property
    def stem(self) -> str:
        """What names its record: the sheet or element, else the bare file name without endings; lower case."""
        return (self.name or self.source.stem).lower()

    @property
    def plain(self) -> bool:
        """Whether it is known that no control sign stands in any cell."""
        return self.layout is not None and not self.layout.controls


# ---------------------------------------------------------------- which tables there are


def sheets(engine: Engine, sources: Sequence[Source], settings: Settings) -> tuple[Sheet, ...]:
    """Every table that the sources hold. Text files are looked over; workbooks and XML are read into the engine.

    Raises:
        FileRefused: a file is damaged, empty, of a kind that is not read, or unpacks without end.
    """
    are_what_they_say(sources)
    check_archives(sources, settings)
    texts = [source for source in sources if source.kind == CSV]
    with ThreadPoolExecutor() as pool:
        looked = dict(zip(texts, pool.map(lambda source: _text_sheet(source, settings), texts), strict=True))
    return tuple(
        sheet
        for source in sources
        for sheet in ([looked[source]] if source in looked else _sheets_of(engine, source, settings))
    )


def _text_sheet(source: Source, settings: Settings) -> Sheet:
    head, layout, notes = look_over(source, settings)
    return Sheet(source, "", _distinct(head), notes, layout)


def _sheets_of(engine: Engine, source: Source, settings: Settings) -> list[Sheet]:
    if source.kind in (OLD, PACKED):
        raise FileRefused(f"{source.shown}: {_NOT_READ[source.kind]}")
    if source.kind == PARQUET:
        return [Sheet(source, "", _distinct(_parquet_head(engine, source, settings)))]
    found = (_grids if source.kind == WORKBOOK else _elements)(engine, source, settings)
    if not found:
        raise FileRefused(f"{source.shown}: it holds no row. Export it again.")
    return found


_NOT_READ = {
    OLD: "this is an old or binary Excel format. Open it in Excel and save it as .xlsx.",
    PACKED: "a zip inside a folder or another zip is not opened. Unzip it, or give it by its own name.",
}


def _grids(engine: Engine, source: Source, settings: Settings) -> list[Sheet]:
    # The library is large, and files of other kinds do without it.
    from onrecord.intake.read.workbook import read_workbook

    found = read_workbook(engine, source, settings, lambda name: _held_name(source, name))
    return [
        Sheet(source, grid.name, _distinct(grid.header), grid.notes, without_result=grid.without_result)
        for grid in found
    ]


def _elements(engine: Engine, source: Source, settings: Settings) -> list[Sheet]:
    found = read_xml(engine, source, settings, lambda name: _held_name(source, name))
    note = f"Attributes of its elements are not read. {FORM}"
    return [
        Sheet(source, tag, _distinct(tuple(kind.places)), (note,) if kind.has_attributes else ())
        for tag, kind in found.items()
    ]


def _parquet_head(engine: Engine, source: Source, settings: Settings) -> tuple[str, ...]:
    if first_bytes(source, len(PARQUET_MARK)) != PARQUET_MARK:
        raise FileRefused(f"{source.shown}: this is not a Parquet file. Export it again, or give it as CSV.")
    try:
        names, rows = parquet_columns(engine, _address(engine, source, settings))
    except CsvFault as fault:
        raise FileRefused(f"{source.shown}: {fault.what}. Export it again, or give it as CSV.") from None
    if len(names) > MOST_COLUMNS or rows > MOST_ROWS:
        raise FileRefused(
            f"{source.shown}: it says that it has {len(names):,} columns and {rows:,} rows; more than {MOST_COLUMNS:,} "
            f"or {MOST_ROWS:,} are not read. Give it in parts."
        )
    return tuple(name.strip() for name in names)


def _held_name(source: Source, name: str) -> str:
    """The table in the engine of a sheet that Python had to read."""
    address = "\0".join((str(source.path.absolute()), source.member or "", name))
    return f"held_{hashlib.sha256(address.encode(errors='replace')).hexdigest()[:24]}"


def _distinct(head: Sequence[str]) -> tuple[str, ...]:
    """Column names made distinct: one published file has DATA_YEAR twice, another two columns called 0."""
    taken: set[str] = set()
    distinct = []
    for place, name in enumerate(head, 1):
        wished = name or f"column {place}"
        count = 0
        while (column := f"{wished}#{count}" if count else wished).lower() in taken:
            count += 1
        taken.add(column.lower())
        distinct.append(column)
    return tuple(distinct)


def header(source: Source) -> tuple[str, ...]:
    """The column names of a text file, from its first bytes.

    Raises:
        FileRefused: the file is empty, damaged, or no text.
    """
    return _distinct(header_of(source))


# ---------------------------------------------------------------- the text in them


def text_of(
    engine: Engine, name: str, chosen: Sequence[Sheet], wanted: Sequence[Mapping[str, str]], settings: Settings
) -> ir.Table:
    """One table of text made of all the chosen sheets, whose layouts may differ.

    Args:
        engine: the engine that :func:`sheets` was called with.
        name: the table's name in the engine.
        chosen: sheets, in the order in which their rows shall stand.
        wanted: for each sheet, new column name to its header's name, letter case and blanks around it aside.
        settings: the choices of this run.

    Returns:
        Every new name as text, trimmed, null where the cell is empty or the sheet has no such column; sheet_no
        (the index in ``chosen``), row (from 0, over all sheets, in order) and line (the number the user sees).

    Raises:
        FileRefused: the content of a file does not hold together.
    """
    new_names = list(dict.fromkeys(new for names in wanted for new in names))
    new_text_table(engine, name, new_names)
    places = [_places(sheet, names) for sheet, names in zip(chosen, wanted, strict=True)]
    for sheet, by_name in zip(chosen, places, strict=True):
        _check_results(sheet, by_name)
    for group in _runs(chosen, places):
        _append(engine, name, [chosen[number] for number in group], places[group[0]], group[0], settings)
    found = first_rows(engine, name)
    _check_counts(chosen, found, settings)
    table = engine.table(name)
    row = table.rowid()
    if len(chosen) == 1 and chosen[0].layout is not None:
        return table.select(*new_names, "sheet_no", row=row, line=row + FIRST_LINE[CSV])
    shifts = [
        FIRST_LINE.get(sheet.source.kind, 0) - found.get(number, (0, 0))[0] for number, sheet in enumerate(chosen)
    ]
    counted = row + ibis.array(shifts or [0])[table.sheet_no]
    return table.select(*new_names, "sheet_no", row=row, line=ibis.coalesce(table.line, counted))


def _places(sheet: Sheet, names: Mapping[str, str]) -> dict[str, int]:
    """New column name to the place of its column in the sheet, for those that the sheet has."""
    by_name = {column.lower(): place for place, column in enumerate(sheet.columns)}
    return {new: by_name[old.strip().lower()] for new, old in names.items() if old.strip().lower() in by_name}


def _check_results(sheet: Sheet, places: Mapping[str, int]) -> None:
    """Refuse a sheet in which a column that is read holds a formula that nobody has calculated."""
    for place, row in sheet.without_result:
        if place in places.values():
            raise FileRefused(
                f"{sheet.shown}, row {row}, column {in_a_sentence(sheet.columns[place])}: it holds a formula whose "
                "result is not stored in the file, so that nobody can read what stands there. Open the file in Excel, "
                "save it, and give it again."
            )


def _runs(chosen: Sequence[Sheet], places: Sequence[Mapping[str, int]]) -> Iterator[list[int]]:
    """Numbers of neighbouring sheets that the engine can read at once: text files written alike."""

    def alike(number: int) -> object:
        sheet = chosen[number]
        if sheet.layout is None or len(sheet.columns) == 1:
            return number
        written = sheet.layout.delimiter, sheet.layout.blanks, _is_gzip_to_engine(sheet)
        return len(sheet.columns), *written, sorted(places[number].items())

    for _, group in groupby(range(len(chosen)), alike):
        yield list(group)


def _append(
    engine: Engine, name: str, run: Sequence[Sheet], places: Mapping[str, int], first: int, settings: Settings
) -> None:
    sheet = run[0]
    if sheet.layout is not None:
        _append_text(engine, name, run, places, first, settings)
    elif sheet.source.kind == PARQUET:
        try:
            append_parquet(engine, name, _address(engine, sheet.source, settings), places, first)
        except CsvFault as fault:
            raise FileRefused(f"{sheet.shown}: {fault.what}. Export it again, or give it as CSV.") from None
    else:
        held = _held_name(sheet.source, sheet.name)
        if not has_table(engine, held):
            _sheets_of(engine, sheet.source, settings)
        append_table(engine, name, held, places, first)


def _append_text(
    engine: Engine, name: str, run: Sequence[Sheet], places: Mapping[str, int], first: int, settings: Settings
) -> None:
    addresses = [_text_address(engine, sheet, settings) for sheet in run]
    try:
        _append_csv(engine, name, run, addresses, _is_gzip_to_engine(run[0]), places, first)
    except CsvFault as fault:
        if fault.what != MIXED_ENDS:
            raise _refused(fault, run, addresses) from None
    else:
        return
    # Exports that were put together end their lines in two ways, which the engine does not read.
    addresses = [_held_text(engine, sheet, settings, one_end=True) for sheet in run]
    try:
        _append_csv(engine, name, run, addresses, False, places, first)
    except CsvFault as fault:
        raise _refused(fault, run, addresses) from None


def _append_csv(
    engine: Engine,
    name: str,
    run: Sequence[Sheet],
    addresses: Sequence[str],
    gzip: bool,
    places: Mapping[str, int],
    first: int,
) -> None:
    layouts = [sheet.layout or TextLayout() for sheet in run]
    append_csv(
        engine,
        name,
        addresses,
        width=len(run[0].columns),
        delimiter=layouts[0].delimiter,
        gzip=gzip,
        places=places,
        first_sheet=first,
        row_bytes=sum(each.size for each in layouts) / max(1, sum(each.records for each in layouts)),
        blanks=layouts[0].blanks,
        controls=any(each.controls for each in layouts),
    )


def _refused(fault: CsvFault, run: Sequence[Sheet], addresses: Sequence[str]) -> FileRefused:
    shown = dict(zip(addresses, (sheet.shown for sheet in run), strict=True))
    where = shown.get(fault.file, run[0].shown) + (f", near line {fault.line}" if fault.line else "")
    return FileRefused(f"{where}: {fault.what}. Give the file as it was published, or mend that line.")


def _is_gzip_to_engine(sheet: Sheet) -> bool:
    """Whether the engine itself opens the gzip: not where Python had to hold the content in memory."""
    return sheet.source.is_gzip and _engine_reads(sheet)


def _engine_reads(sheet: Sheet) -> bool:
    """Whether the engine can read the file where it lies."""
    is_utf8 = sheet.layout is not None and sheet.layout.encoding == TextLayout().encoding
    return is_utf8 and len(sheet.columns) > 1 and _on_disk(sheet.source)


def _on_disk(source: Source) -> bool:
    return source.member is None and source.content is None and not set(str(source.path.absolute())) & PATTERN_SIGNS


def _text_address(engine: Engine, sheet: Sheet, settings: Settings) -> str:
    if _engine_reads(sheet):
        return str(sheet.source.path.absolute())
    return _held_text(engine, sheet, settings)


def _held_text(engine: Engine, sheet: Sheet, settings: Settings, one_end: bool = False) -> str:
    """Hold a text file in memory as UTF-8, on request with one kind of line end."""
    encoding = (sheet.layout or TextLayout()).encoding
    try:
        content = b"".join(as_utf8(sheet.source, encoding, settings))
    except UnicodeDecodeError:
        raise FileRefused(f"{sheet.shown}: it was altered while it was read. Give it again.") from None
    if one_end:
        content = content.replace(b"\r\n", b"\n")
    # With one column, an empty line at the end would be a row.
    return hold_in_memory(engine, sheet.shown, content.rstrip(b"\r\n") if len(sheet.columns) == 1 else content)


def _address(engine: Engine, source: Source, settings: Settings) -> str:
    if _on_disk(source):
        return str(source.path.absolute())
    return hold_in_memory(engine, source.shown, whole(source, settings))


def _check_counts(chosen: Sequence[Sheet], found: Mapping[int, tuple[int, int]], settings: Settings) -> None:
    for number, sheet in enumerate(chosen):
        if sheet.layout is not None:
            rows = found.get(number, (0, 0))[1]
            check_count(sheet.source, sheet.layout, sheet.columns, rows, settings)


# ---------------------------------------------------------------- files of one layout


def load(
    engine: Engine, name: str, sources: Sequence[Source], wanted: Mapping[str, str], settings: Settings
) -> tuple[ir.Table, tuple[str, ...]]:
    """Read ``sources`` (one layout) as one table of text with the ``wanted`` columns, ``file``, ``row``, ``line``.

    Beside it: what a reader must know of the files, in sentences.

    Args:
        engine: an open engine.
        name: the table's name in the engine.
        sources: text files with the same header.
        wanted: standard column name to the header's name, letter case aside.
        settings: the choices of this run.

    Raises:
        FileRefused: a column is missing, headers differ, or the content does not hold together.
    """
    heads = {source: header(source) for source in sources}
    _all_there(sources[0], heads[sources[0]], wanted)
    for other in sources[1:]:
        if heads[other] != heads[sources[0]]:
            raise FileRefused(
                f"{other.shown}: its columns differ from those of {sources[0].shown}. "
                "Give files of one layout together, and others on their own."
            )
    chosen = sheets(engine, sources, settings)
    table = text_of(engine, name, chosen, [wanted] * len(chosen), settings)
    notes = tuple(f"{sheet.shown}: {note}" for sheet in chosen for note in sheet.notes)
    return table.mutate(file=ibis.array([sheet.shown for sheet in chosen])[table.sheet_no]), notes


def _all_there(source: Source, head: Sequence[str], wanted: Mapping[str, str]) -> None:
    there = {column.lower() for column in head}
    missing = [column for column in wanted.values() if column.lower() not in there]
    if not missing:
        return
    if len(missing) == len(wanted):
        # Without its header a file begins with a row, and a row's values are not to be shown.
        raise FileRefused(
            f"{source.shown}: its first line names none of the columns {', '.join(missing)}. Is the "
            "header gone, or is this another kind of file? Give the file as it was published."
        )
    raise FileRefused(
        f"{source.shown}: the column '{missing[0]}' is missing. Found: {listed(head, LISTED)}. "
        "Was it renamed? Give the file as it was published."
    )

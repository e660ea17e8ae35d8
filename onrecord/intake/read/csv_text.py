"""Text files: which encoding, which delimiter, which header; and the bytes looked over once, none as a row.

The engine reads the rows. What it would pass over without a word is looked for here: bytes that are no text,
lines without end, and (by counting line ends outside quotation marks) rows that it lost.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from charset_normalizer import from_bytes
from numpy.typing import NDArray

from onrecord.engine import BLANKS, LONGEST_LINE
from onrecord.errors import FileRefused
from onrecord.intake.read.gathering import Source
from onrecord.intake.read.limits import MOST_COLUMNS, chunks, first_bytes
from onrecord.settings import Settings

HEADER_BYTES = 1 << 18
LONGEST_NAME = 300
SAMPLE = 1 << 16
UTF8 = "utf-8"
DELIMITERS = (",", ";", "\t", "|")
MARKS = ((codecs.BOM_UTF8, UTF8), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
WESTERN = "cp1252"
ENCODINGS_SHOWN = {WESTERN: "Windows-1252", "utf-16": "UTF-16", "latin_1": "Latin-1"}
# No Western word has three accented letters in a row; Greek or Cyrillic read as Western has nothing else.
NOT_WESTERN = re.compile("[À-ÖØ-öø-ÿ]{3}")
NO_TEXT = re.compile("[\x00-\x08\x0e-\x1b]")
QUOTED = re.compile('"[^"]*"')
LINE_ENDS = re.compile("\r\n|\r|\n")


Signs = NDArray[np.uint8]
Places = NDArray[np.intp]
NOWHERE: Places = np.empty(0, dtype=np.intp)
LINE_FEED, CARRIAGE_RETURN, SPACE, QUOTE = map(ord, '\n\r "')
DELETE = b"\x7f"
# What stands beside a blank at the edge of a cell.
EDGES = np.zeros(256, dtype=np.bool_)
EDGES[[ord(sign) for sign in (*DELIMITERS, '"', "\r", "\n")]] = True
# The blanks beyond ASCII, as their bytes begin.
WIDE_BLANKS = tuple({blank.encode()[:2] for blank in BLANKS if not blank.isascii()})

# The slow reader's own limit on a cell is far lower than the engine's.
csv.field_size_limit(LONGEST_LINE)


@dataclass(frozen=True)
class TextLayout:
    """How a text file is written.

    Attributes:
        encoding: its encoding, as Python names it.
        delimiter: the sign between its cells.
        records: its records below the header, as line ends outside quotation marks count them; -1 where quotation
            marks do not pair.
        blanks: whether blanks may stand around the text of a cell: to take them away costs as much as to read it.
        controls: whether control signs, as tabs and line ends, may stand in a cell: to look for them in each is dear.
        size: its bytes, as UTF-8.
    """

    encoding: str = UTF8
    delimiter: str = ","
    records: int = 0
    blanks: bool = True
    controls: bool = True
    size: int = 0


def look_over(source: Source, settings: Settings) -> tuple[tuple[str, ...], TextLayout, tuple[str, ...]]:
    """The header as it stands, how the file is written, and what a reader must know.

    Raises:
        FileRefused: it is damaged, empty, or no text in lines.
    """
    first = first_bytes(source, HEADER_BYTES)
    if not first.strip(b"\r\n\t "):
        raise FileRefused(f"{source.shown}: the file is empty. Export or download it again.")
    encoding = _marked(first)
    end = _line_end(_decoded(first, encoding or "latin_1"))
    try:
        looks = _looked_over(source, encoding or UTF8, end, settings)
    except UnicodeDecodeError as error:
        encoding = _guessed(source, error, settings)
        looks = _looked_over(source, encoding, end, settings)
    encoding = encoding or UTF8
    text = _decoded(first, encoding)
    columns, delimiter = first_record(source, text)
    layout = TextLayout(encoding, delimiter, looks.records, looks.blanks, looks.controls, looks.size)
    return columns, layout, tuple(_notes(encoding, looks, len(columns)))


def _notes(encoding: str, looks: _Looks, columns: int) -> Iterator[str]:
    if encoding != UTF8:
        yield (
            f"It is not UTF-8 text and was read as {ENCODINGS_SHOWN.get(encoding, encoding)}: look at names with "
            "accents. Save it as 'CSV UTF-8' to be sure."
        )
    if looks.has_gaps and columns > 1:
        yield "It has empty lines between its rows. Row numbers leave them out."


def _marked(first: bytes) -> str | None:
    return next((encoding for mark, encoding in MARKS if first.startswith(mark)), None)


def _decoded(first: bytes, encoding: str, errors: str = "replace") -> str:
    """The beginning of a file as text, without its mark; it may end in the middle of a sign.

    Programs that put files together leave a second mark behind the first, which is no part of a name either.
    """
    decoder = codecs.getincrementaldecoder("utf-8-sig" if encoding == UTF8 else encoding)
    return decoder(errors).decode(first).lstrip("\ufeff")


def _line_end(text: str) -> bytes:
    """What ends the first line: a line feed, also behind a carriage return; or, on old Macs, a carriage return."""
    ends = LINE_ENDS.search(QUOTED.sub("", text))
    return b"\r" if ends and ends.group() == "\r" else b"\n"


# ---------------------------------------------------------------- encodings


def as_utf8(source: Source, encoding: str, settings: Settings) -> Iterator[bytes]:
    """The file as UTF-8 bytes, a piece at a time. Raises UnicodeDecodeError where it is not of that encoding."""
    decoder = codecs.getincrementaldecoder(encoding)()
    for piece in chunks(source, settings):
        # Most text is plain, and need not be decoded: nothing is left over of the piece before, and nothing follows.
        if encoding == UTF8 and piece.isascii() and not decoder.getstate()[0]:
            yield piece
            continue
        decoded = decoder.decode(piece)
        yield piece if encoding == UTF8 else decoded.encode(UTF8, "replace")
    yield decoder.decode(b"", final=True).encode(UTF8, "replace")


def _guessed(source: Source, error: UnicodeDecodeError, settings: Settings) -> str:
    """The encoding of a file that is not UTF-8 text.

    Windows-1252 is taken wherever it can be: it is what Excel writes in Western Europe, and a guesser that knows
    a few accented letters alone calls a pound sign Polish.
    """
    if error.encoding.lower().replace("_", "-") != UTF8:
        raise _unknown(source) from None
    # The error holds the piece in which it happened; lines without accents say nothing.
    accented = [line for line in bytes(error.object).splitlines() if not line.isascii()]
    if any(_is_utf8(line) for line in accented):
        raise FileRefused(
            f"{source.shown}, near line {_line_of(source, settings)}: it is not UTF-8 text, although other lines are. "
            "Save it as 'CSV UTF-8', or mend that line."
        ) from None
    sample = b"\n".join(accented)[:SAMPLE]
    western = sample.decode(WESTERN, "replace")
    if NO_TEXT.search(western):
        raise _unknown(source) from None
    can_be_western = "\ufffd" not in western
    if can_be_western and not NOT_WESTERN.search(western):
        return WESTERN
    best = from_bytes(sample).best()
    if best is not None and not best.encoding.startswith(("utf", "ascii")):
        return best.encoding
    if can_be_western:
        return WESTERN
    raise _unknown(source) from None


def _unknown(source: Source) -> FileRefused:
    return FileRefused(f"{source.shown}: its encoding cannot be told: it is not UTF-8 text. Save it as 'CSV UTF-8'.")


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _line_of(source: Source, settings: Settings) -> int:
    """The first line that is not UTF-8 text."""
    number, rest = 1, b""
    for piece in chunks(source, settings):
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            if not _is_utf8(line):
                return number
            number += 1
    return number


# ---------------------------------------------------------------- header and delimiter


def first_record(source: Source, text: str) -> tuple[tuple[str, ...], str]:
    """The cells of the first record, and the delimiter that parts it into most."""
    if not text.strip("\r\n\t "):
        raise FileRefused(f"{source.shown}: the file is empty. Export or download it again.")
    if text[:1] in "\r\n":
        raise FileRefused(f"{source.shown}: its first line is empty. Put the column names into the first line.")
    records = {delimiter: _first_two(source, text, delimiter) for delimiter in DELIMITERS}
    # Where two part the header alike, the one is right that parts the next record alike too.
    delimiter = max(DELIMITERS, key=lambda sign: (len(records[sign][0]), len(set(map(len, records[sign]))) == 1))
    names = tuple(name.strip() for name in records[delimiter][0])
    if len(names) > MOST_COLUMNS:
        raise FileRefused(f"{source.shown}: it has more than {MOST_COLUMNS:,} columns. Give the columns that are used.")
    if any(len(name) > LONGEST_NAME for name in names):
        raise FileRefused(
            f"{source.shown}, line 1: a column name is longer than {LONGEST_NAME} characters, or a quotation mark "
            "opens and never closes. Put the column names into the first line."
        )
    return names, delimiter


def _first_two(source: Source, text: str, delimiter: str) -> list[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    found = []
    try:
        for record in reader:
            found.append(record)
            if len(found) > 1:
                break
    except csv.Error:
        if not found:
            raise FileRefused(
                f"{source.shown}: its lines do not end as lines of a CSV file do. Save it as 'CSV UTF-8'."
            ) from None
    return found


def header_of(source: Source) -> tuple[str, ...]:
    """The header of a text file, from its first bytes alone."""
    first = first_bytes(source, HEADER_BYTES)
    encoding = _marked(first) or UTF8
    try:
        text = _decoded(first, encoding, "replace" if encoding == "utf-16" else "strict")
    except UnicodeDecodeError:
        text = first.decode("latin_1")
    if "\0" in text:
        raise FileRefused(_no_text(source, None))
    return first_record(source, text)[0]


# ---------------------------------------------------------------- looking over


class _Looks:
    """What the bytes of a text file show, piece by piece."""

    def __init__(self, source: Source, line_end: bytes) -> None:
        self.source = source
        self.line_end = line_end
        self.ends = 0  # line ends outside quotation marks
        self.lines = 0  # line ends in all
        self.size = 0
        self.trailing = 0  # line ends after the last content
        self.has_gaps = False
        # Lines that end as on old Macs are rare: nobody looks for blanks in them.
        self.has_blanks = line_end != b"\n"
        self._has_controls = line_end != b"\n"  # but for those that end lines
        self._has_returns = False
        self._gap = False
        self._quotes = NOWHERE  # quotation marks in the piece seen last
        self._was_open = False  # whether one was open where it began
        self._since_end = 0
        self._before = b""

    @property
    def blanks(self) -> bool:
        """Whether blanks may stand around the text of a cell."""
        last = self._before[-1:]
        return self.has_blanks or (b"" < last <= b" " and last != b"\n")

    @property
    def controls(self) -> bool:
        """Whether control signs may stand within a cell. Where no blank can, no carriage return stands on its own."""
        return self._has_controls or (self._has_returns and self.blanks)

    @property
    def records(self) -> int:
        """Records below the header; less than none where a quotation mark is left open, so that a reader looks."""
        is_open = self._was_open ^ bool(len(self._quotes) % 2)
        return -1 if is_open else self.ends - self.trailing

    def see(self, piece: bytes) -> None:
        """Look at the next piece."""
        if b"\0" in piece:
            raise FileRefused(_no_text(self.source, self.lines + piece[: piece.index(b"\0")].count(b"\n") + 1))
        self.size += len(piece)
        self._measure(piece)
        # The last two signs of the piece before are looked at again, beside what follows them.
        seen = self._before + piece
        signs = np.frombuffer(seen, dtype=np.uint8)
        low = np.flatnonzero(signs <= SPACE)
        kinds = signs[low]
        ends = low[kinds == self.line_end[0]]
        self._find_controls(piece, kinds)
        self._count(piece, ends[np.searchsorted(ends, len(self._before)) :] - len(self._before))
        self._find_gap(seen, signs, ends)
        self._find_blanks(seen, signs, low)
        self._before = seen[-2:]

    def _measure(self, piece: bytes) -> None:
        first = piece.find(self.line_end)
        self._check_length(self._since_end + (first if first >= 0 else len(piece)))
        last = piece.rfind(self.line_end)
        self._since_end = len(piece) - last - 1 if last >= 0 else self._since_end + len(piece)

    def _check_length(self, length: int) -> None:
        if length > LONGEST_LINE:
            raise FileRefused(too_long(f"{self.source.shown}, near line {self.lines + 1}"))

    def _count(self, piece: bytes, ends: Places) -> None:
        """Line ends, given by their places in the piece, in all and outside quotation marks."""
        self._was_open ^= bool(len(self._quotes) % 2)
        self._quotes = np.flatnonzero(np.frombuffer(piece, dtype=np.uint8) == QUOTE) if b'"' in piece else NOWHERE
        inside = int(self._is_quoted(ends).sum())
        # A cell may begin or end with a line break.
        self.has_blanks = self.has_blanks or inside > 0
        self._has_controls = self._has_controls or inside > 0
        self.lines += len(ends)
        self.ends += len(ends) - inside
        content = piece.rstrip(b"\r\n")
        self.trailing = piece[len(content) :].count(self.line_end) + (0 if content else self.trailing)

    def _is_quoted(self, places: Places) -> NDArray[np.bool_]:
        """Whether places of the piece stand between quotation marks."""
        if not len(self._quotes):
            return np.full(len(places), self._was_open)
        inside: NDArray[np.bool_] = (np.searchsorted(self._quotes, places) + self._was_open) % 2 == 1
        return inside

    def _find_controls(self, piece: bytes, kinds: Signs) -> None:
        """Signs that stand for no letter: among those up to the blank, and the last of ASCII."""
        returns = kinds == CARRIAGE_RETURN
        others = (kinds < SPACE) & (kinds != LINE_FEED) & ~returns
        self._has_returns = self._has_returns or bool(returns.any())
        self._has_controls = self._has_controls or DELETE in piece or bool(others.any())

    def _find_gap(self, seen: bytes, signs: Signs, ends: Places) -> None:
        steps = np.diff(ends)
        empty = (steps == 1) | ((steps == len("\r\n")) & (signs[ends[:-1] + 1] == CARRIAGE_RETURN))
        if self._gap and seen.strip(b"\r\n"):
            self.has_gaps = True
        if empty.any():
            self._gap = True
            self.has_gaps = self.has_gaps or bool(seen[ends[int(empty.argmax())] :].strip(b"\r\n"))

    def _find_blanks(self, seen: bytes, signs: Signs, low: Places) -> None:
        """Blanks that may stand at the edge of a cell; what stands at the edge of a piece is seen with the next."""
        if self.has_blanks:
            return
        within = low[(low > 0) & (low < len(seen) - 1)]
        sign, before, after = signs[within], signs[within - 1], signs[within + 1]
        returns = sign == CARRIAGE_RETURN
        beside = np.flatnonzero(~returns & (sign != LINE_FEED) & (EDGES[before] | EDGES[after]))
        # Between quotation marks a comma ends no cell.
        beside_quote = (before[beside] == QUOTE) | (after[beside] == QUOTE)
        self.has_blanks = bool(
            (returns & (after != LINE_FEED)).any()
            or beside_quote.any()
            or not self._is_quoted(within[beside] - len(self._before)).all()
            or (not seen.isascii() and any(blank in seen for blank in WIDE_BLANKS))
        )


def too_long(where: str) -> str:
    """The sentence on a line or cell without end."""
    return (
        f"{where}: a line is longer than {LONGEST_LINE:,} bytes, which no return needs. Is this another kind of file? "
        "Give the file as it was published, or mend that line."
    )


def _no_text(source: Source, line: int | None) -> str:
    where = f", near line {line}" if line else ""
    return (
        f"{source.shown}{where}: this is not a text file: it holds NUL bytes. Save it as 'CSV UTF-8', "
        "or give the CSV file as it was published."
    )


def _looked_over(source: Source, encoding: str, line_end: bytes, settings: Settings) -> _Looks:
    looks = _Looks(source, line_end)
    pieces = as_utf8(source, encoding, settings)
    try:
        for piece in pieces:
            looks.see(piece)
    except UnicodeDecodeError as error:
        if b"\0" in bytes(error.object) and encoding == UTF8:
            raise FileRefused(_no_text(source, None)) from None
        if encoding != UTF8:
            raise _unknown(source) from None
        raise
    return looks


def check_count(source: Source, layout: TextLayout, columns: Sequence[str], found: int, settings: Settings) -> None:
    """Refuse a file of which the engine read more or fewer rows than it holds.

    Counting line ends is fooled by a stray quotation mark or an empty line: a slow reader then decides.
    """
    if found == layout.records:
        return
    encoding = "utf-8-sig" if layout.encoding == UTF8 else layout.encoding
    text = (line.decode(UTF8) for line in _whole_lines(as_utf8(source, encoding, settings)))
    reader = csv.reader(text, delimiter=layout.delimiter, strict=True)
    try:
        records = _count(reader, empty_is_record=len(columns) == 1) - 1
    except csv.Error:
        raise FileRefused(
            f"{source.shown}, near line {reader.line_num}: a quotation mark opens and never closes, or stands where "
            "it should not. Give the file as it was published, or mend that line."
        ) from None
    if records != found:
        raise FileRefused(
            f"{source.shown}: {found:,} rows were read of it, but it seems to hold {records:,}. A quotation "
            "mark or a line end is not where it should be. Export it again."
        )


def _count(records: Iterable[list[str]], empty_is_record: bool) -> int:
    """Records up to the last that is not empty. With one column, an empty line between others is one too."""
    count = last = 0
    for record in records:
        count += bool(record) or empty_is_record
        last = count if record else last
    return last


def _whole_lines(pieces: Iterator[bytes]) -> Iterator[bytes]:
    rest = b""
    for piece in pieces:
        # A line of bytes ends at \n, \r or both alone; text ends lines at other signs too. The last may go on.
        *lines, rest = (rest + piece).splitlines(keepends=True) or [b""]
        yield from lines
    yield from rest.splitlines(keepends=True)

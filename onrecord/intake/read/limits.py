"""Bytes out of a file, and how many: what unpacks without end, or is damaged, is refused with a sentence.

What counts is what comes out, never the size that a zip says its member has.
"""

from __future__ import annotations

import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from onrecord.errors import FileRefused
from onrecord.intake.read.gathering import MOST_MEMBERS, Source
from onrecord.settings import Settings

CHUNK = 1 << 20
# All members of one zip together may unpack to this many times what one may.
TOTAL_OVER_LARGEST = 8
# Excel has 16,384 columns, and nobody has filled them with a return.
MOST_COLUMNS = 2_000
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
    KeyError,
)


@contextmanager
def damaged_is_refused(source: Source) -> Iterator[None]:
    """Turn what damaged files raise into a sentence."""
    try:
        yield
    except DAMAGED:
        raise FileRefused(
            f"{source.shown}: the compressed file is damaged, cut short or locked. Copy or download it again."
        ) from None
    except OSError as error:
        raise FileRefused(f"{source.shown}: it cannot be opened ({error.strerror}).") from None


@contextmanager
def _opened(source: Source) -> Iterator[IO[bytes]]:
    with _outer(source) as outer:
        if source.is_gzip:
            with gzip.open(outer, "rb") as content:
                yield cast("IO[bytes]", content)
        else:
            yield outer


@contextmanager
def _outer(source: Source) -> Iterator[IO[bytes]]:
    with source.container() as container:
        if source.member is None:
            yield container
        else:
            with zipfile.ZipFile(container) as archive, archive.open(source.member) as content:
                yield content


def chunks(source: Source, settings: Settings) -> Iterator[bytes]:
    """The unpacked bytes of a file, a piece at a time.

    Raises:
        FileRefused: the file is damaged, or what is compressed unpacks to more than the limit.
    """
    limit = settings.largest_member if source.member is not None or source.is_gzip else None
    total = 0
    with damaged_is_refused(source), _opened(source) as content:
        while piece := content.read(CHUNK):
            total += len(piece)
            if limit is not None and total > limit:
                raise FileRefused(
                    f"{source.shown}: it unpacks to more than {limit:,} bytes, which is more than "
                    "such a table can hold. Unzip it yourself, look at it, and give the folder."
                )
            yield piece


def windows(content: IO[bytes], overlap: int) -> Iterator[bytes]:
    """A stream, a piece at a time, each behind the last bytes of what came before: no short sign is cut in two."""
    before = b""
    while piece := content.read(CHUNK):
        yield (seen := before + piece)
        before = seen[-overlap:]


def first_bytes(source: Source, size: int) -> bytes:
    """The first bytes of a file, unpacked."""
    with damaged_is_refused(source), _opened(source) as content:
        return content.read(size)


def whole(source: Source, settings: Settings) -> bytes:
    """All unpacked bytes of a file, within the limit."""
    return b"".join(chunks(source, settings))


@contextmanager
def seekable(source: Source, settings: Settings) -> Iterator[IO[bytes]]:
    """A file to read here and there: the file itself, or a member of a zip held in memory."""
    if source.member is not None or source.content is not None:
        yield io.BytesIO(whole(source, settings))
        return
    with damaged_is_refused(source):
        content = source.path.open("rb")
    with content:
        yield content


class Unpacked(io.RawIOBase):
    """A file that is read piece by piece, for a parser, and refused when it unpacks without end."""

    def __init__(self, source: Source, settings: Settings) -> None:
        self._chunks = chunks(source, settings)
        self._left = b""

    def read(self, size: int = -1) -> bytes:
        """The next bytes, at most ``size``; nothing at the end."""
        if not self._left:
            self._left = next(self._chunks, b"")
        size = len(self._left) if size < 0 else size
        piece, self._left = self._left[:size], self._left[size:]
        return piece


def check_archives(sources: Iterable[Source], settings: Settings) -> None:
    """Refuse a zip whose tables together say that they unpack to more than the limit.

    A member never gives more bytes than it says: the standard library stops there and compares its check sum.
    """
    wanted: dict[Path, set[str]] = {}
    for source in sources:
        if source.member is not None:
            wanted.setdefault(source.path, set()).add(source.member)
    for path, members in wanted.items():
        some = next(source for source in sources if source.path == path)
        with damaged_is_refused(some), some.container() as container, zipfile.ZipFile(container) as archive:
            total = sum(info.file_size for info in archive.infolist() if info.filename in members)
        limit = settings.largest_member * TOTAL_OVER_LARGEST
        if total > limit:
            raise FileRefused(
                f"{path}: its tables unpack to more than {limit:,} bytes together. "
                "Unzip it yourself, look at it, and give fewer tables at a time."
            )


def check_members(source: Source, content: IO[bytes], settings: Settings) -> zipfile.ZipFile:
    """Open a workbook, which is a zip, when its members are not too many nor too large together."""
    with damaged_is_refused(source):
        archive = zipfile.ZipFile(content)
    members = archive.infolist()
    if len(members) > MOST_MEMBERS or sum(info.file_size for info in members) > settings.largest_member:
        raise FileRefused(
            f"{source.shown}: the workbook unpacks to more than {settings.largest_member:,} bytes or "
            f"{MOST_MEMBERS:,} parts, which is more than such a table can hold. Give its tables as CSV."
        )
    return archive

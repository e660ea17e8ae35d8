"""XML in the standard's simple form: a root, in it records named by their tag, in each record its fields.

Read as a stream: what was read is forgotten. Nothing is fetched and no entity is expanded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from onrecord.engine import LONGEST_LINE, Engine
from onrecord.errors import FileRefused
from onrecord.intake.read.gathering import Source
from onrecord.intake.read.held import HeldRows
from onrecord.intake.read.limits import MOST_COLUMNS, Unpacked
from onrecord.settings import Settings

ROOT, RECORD, FIELD = 1, 2, 3
MOST_KINDS = 200
# Nothing is fetched, no entity is expanded, and no element grows without end.
SAFE: Mapping[str, bool] = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "huge_tree": False,
    "remove_comments": True,
    "remove_pis": True,
}
FORM = "The simple form has a root, records in it, and in each record fields that hold text alone."


def safe_xml(source: Source, settings: Settings) -> Iterator[tuple[str, Any]]:
    """The start and end of every element, as lxml's ``iterparse`` gives them, safe from what XML can do.

    Raises:
        FileRefused: it is no XML, declares an entity, or unpacks to more than the limit.
    """
    events = etree.iterparse(Unpacked(source, settings), events=("start", "end"), **SAFE)
    first = True
    while True:
        try:
            event, element = next(events)
        except StopIteration:
            return
        except (etree.LxmlError, LookupError, ValueError, AssertionError) as error:
            line = getattr(error, "lineno", None)
            where = f", near line {line}" if line else ""
            raise FileRefused(
                f"{source.shown}{where}: it is not well-formed XML, or an element in it is too large. Export it again."
            ) from None
        if first:
            _check_doctype(source, element)
            first = False
        yield event, element


def _check_doctype(source: Source, root: Any) -> None:
    declared = root.getroottree().docinfo.internalDTD
    if declared is not None and any(True for _ in declared.iterentities()):
        raise FileRefused(
            f"{source.shown}: it declares entities in a DOCTYPE, which can hide what a file holds. "
            "Take the DOCTYPE out, and give the file again."
        )


def forget(element: Any) -> None:
    """Free an element that was read, and those before it."""
    element.clear()
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]


@dataclass
class Kind:
    """The records of one tag: their table in the engine, the names of their fields, how many were read."""

    rows: HeldRows
    places: dict[str, int] = field(default_factory=dict)
    count: int = 0
    has_attributes: bool = False


def read_xml(engine: Engine, source: Source, settings: Settings, table_of_tag: Any) -> dict[str, Kind]:
    """Read every record into a table of the engine for its tag; returns them by tag, in order of appearance."""
    kinds: dict[str, Kind] = {}
    for tag, fields, has_attributes in _records(source, settings):
        if tag not in kinds:
            if len(kinds) >= MOST_KINDS:
                raise FileRefused(f"{source.shown}: it holds more than {MOST_KINDS} kinds of records. {FORM}")
            kinds[tag] = Kind(HeldRows(engine, table_of_tag(tag)))
        kind = kinds[tag]
        kind.count += 1
        kind.has_attributes |= has_attributes
        cells = {kind.places.setdefault(name, len(kind.places)): ";".join(texts) for name, texts in fields.items()}
        if len(kind.places) > MOST_COLUMNS:
            raise FileRefused(f"{source.shown}: <{tag}> has more than {MOST_COLUMNS:,} fields. {FORM}")
        kind.rows.add(kind.count, cells)
    for kind in kinds.values():
        kind.rows.flush()
    return kinds


def _records(source: Source, settings: Settings) -> Iterator[tuple[str, dict[str, list[str]], bool]]:
    """Each record: its tag, the texts of its fields, and whether something stands in attributes."""
    depth, size = 0, 0
    fields: dict[str, list[str]] = {}
    has_attributes = False
    for event, element in safe_xml(source, settings):
        if event == "start":
            depth += 1
            if depth > FIELD:
                raise FileRefused(f"{_where(source, element)}: a field holds further elements. {FORM}")
            has_attributes |= depth > ROOT and bool(element.attrib)
            continue
        if depth == FIELD:
            size += _add_field(source, element, fields, size)
        elif depth == RECORD:
            yield _tag(source, element), fields, has_attributes
            fields, size, has_attributes = {}, 0, False
        if depth > ROOT:
            forget(element)
        depth -= 1


def _add_field(source: Source, element: Any, fields: dict[str, list[str]], size: int) -> int:
    """Keep the text of a field; returns how many signs it adds to its record."""
    text = (element.text or "").strip()
    if size + len(text) > LONGEST_LINE:
        raise FileRefused(f"{_where(source, element)}: a record is longer than {LONGEST_LINE:,} characters. {FORM}")
    texts = fields.setdefault(_local(element), [])
    if text:
        texts.append(text)
    return len(text) + 1


def _tag(source: Source, element: Any) -> str:
    if (element.text or "").strip():
        raise FileRefused(f"{_where(source, element)}: a record holds text outside its fields. {FORM}")
    return _local(element)


def _where(source: Source, element: Any) -> str:
    return f"{source.shown}, near line {element.sourceline}"


def _local(element: Any) -> str:
    """The name without its namespace. A prefix that stands for none is a part of the name."""
    return str(element.tag).rpartition("}")[2]

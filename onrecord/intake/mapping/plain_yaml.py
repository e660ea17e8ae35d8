"""YAML read as text, lists and entries, each with its line. What is of no use in a mapping is refused.

A mapping comes from outside like any other file: it may be huge, nested without end, refer to itself, or say one
thing twice. None of YAML's own types is read: a code ``1A``, ``6`` or ``No`` stays what was written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import yaml

from onrecord.errors import WrongWords
from onrecord.standard.yaml_text import SAFE_LOADER

LARGEST, DEEPEST, MOST_VALUES = 1_000_000, 24, 50_000
UNSEEN = re.compile(r"[^\t\n\r -\uffff\U00010000-\U0010ffff]|[\x7f-\x9f]")
# The tag of a bare "!", which says "text" and no more.
_BARE = "!"


@dataclass(frozen=True)
class Node:
    """A value of the file: text, a list or entries, and the line it begins on."""

    value: str | list[Node] | dict[str, Node]
    line: int


def read_text(path: Path, largest: int = LARGEST) -> str:
    """The text of a file that belongs to a mapping.

    Raises:
        WrongWords: it is not there, too long, or no UTF-8.
    """
    try:
        with path.open("rb") as file:
            content = file.read(largest + 1)
    except OSError as error:
        raise WrongWords(f"{path}: it cannot be read ({error.strerror}). Check the name and the folder.") from None
    if len(content) > largest:
        raise WrongWords(f"{path}: it is longer than {largest:,} bytes, which no mapping needs. Is it the right file?")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise WrongWords(f"{path}: it is not written in UTF-8. Save it again with the encoding UTF-8.") from None


def read_plain(path: Path) -> Node:
    """The content of a YAML file.

    Raises:
        WrongWords: it is no YAML, or holds what a mapping has no use for; with the line.
    """
    text = read_text(path)
    try:
        return _Reader(path.name, text).read()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        what = getattr(error, "problem", None) or "it holds a sign that no text has"
        raise WrongWords(
            f"{path.name}{where}: this is not YAML ({what}). Look at the indents, the colons and the quotation marks "
            "there and in the line above; a text with a colon or a # in it needs quotation marks."
        ) from None


class _Reader:
    """Reads event by event, so that nothing is built before it is known to be harmless."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.events: Iterator[Any] = yaml.parse(text, Loader=SAFE_LOADER)
        self.left = MOST_VALUES

    def read(self) -> Node:
        found: Node | None = None
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent) and found is not None:
                self._refuse(event, "a second document begins here. Keep one mapping a file")
            if isinstance(event, yaml.NodeEvent):
                found = self._node(event, 1)
        if found is None:
            raise WrongWords(f"{self.name}: it is empty. 'onrecord mapping begin' writes a first draft.")
        return found

    def _refuse(self, event: Any, what: str) -> NoReturn:
        raise WrongWords(f"{self.name}, line {event.start_mark.line + 1}: {what}.")

    def _node(self, event: Any, depth: int) -> Node:
        self.left -= 1
        self._is_plain(event, depth)
        line = event.start_mark.line + 1
        if isinstance(event, yaml.ScalarEvent):
            if UNSEEN.search(event.value):
                self._refuse(event, "it holds a sign that cannot be seen. Write it again by hand")
            return Node(event.value, line)
        if isinstance(event, yaml.SequenceStartEvent):
            return Node(list(self._items(depth)), line)
        return Node(self._entries(depth), line)

    def _is_plain(self, event: Any, depth: int) -> None:
        if isinstance(event, yaml.AliasEvent) or event.anchor:
            self._refuse(
                event, "anchors (&) and aliases (*) are not read. Write it out, or put text in quotation marks"
            )
        if event.tag not in (None, _BARE):
            self._refuse(event, "tags (!) are not read. Put text that begins with ! in quotation marks")
        if depth > DEEPEST:
            self._refuse(event, f"it is nested more than {DEEPEST} deep, which no mapping needs")
        if self.left < 0:
            self._refuse(event, f"it holds more than {MOST_VALUES:,} values. Put long code tables into CSV files")

    def _items(self, depth: int) -> Iterator[Node]:
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            yield self._node(event, depth + 1)

    def _entries(self, depth: int) -> dict[str, Node]:
        entries: dict[str, Node] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key = self._node(event, depth + 1).value
            if not isinstance(key, str):
                self._refuse(
                    event, "a list or entries stand where a name should. Begin the line with a name and a colon"
                )
            if key in entries:
                self._refuse(event, f"'{key}' stands here for the second time (line {entries[key].line}). Keep one")
            entries[key] = self._node(next(self.events), depth + 1)
        return entries

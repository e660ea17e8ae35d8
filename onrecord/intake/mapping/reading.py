"""From the YAML of a mapping to what it says: every fault with its line, all of them at once."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TypeVar

from onrecord.errors import WrongWords
from onrecord.intake.adapters import ADAPTERS
from onrecord.intake.mapping.days import is_format
from onrecord.intake.mapping.declared import (
    KEEP,
    LEFT_OUT,
    Block,
    Codes,
    Condition,
    LeaveOut,
    Mapping,
    Recipe,
    Split,
    TableMap,
)
from onrecord.intake.mapping.plain_yaml import Node, read_plain, read_text
from onrecord.standard import STANDARD_VERSION, VERSIONS, codelists
from onrecord.standard.records import tables_at

MOST_CODES, FAULTS_SHOWN = 5_000, 12
CODE_FILE = ".csv"
LONGEST_NAME = 60
NAME = re.compile(rf"[A-Za-z0-9][A-Za-z0-9._-]{{0,{LONGEST_NAME - 1}}}")
OTHER_LAYOUTS = tuple(ADAPTERS)
TOP = ("mapping", "version", "standard", "about", "code_tables", "tables")
OF_TABLE = ("from", "about", "leave_out", "records", "split", "optional", "may_lack")
OF_LEAVE_OUT = ("when", "reason")
OF_BLOCK = ("when", "split", "distinct")
OF_SPLIT = ("column", "columns", "by")
CONDITIONS = ("all", "any", "not")
TESTS = ("given", "is", "is_not", "contains")
SOURCES = ("column", "constant", "list", "join", "first", "part_number")
READS = ("date", "month", "time", "precision")
CODES = ("codes", "otherwise")
ONE_OF = (*READS, "codes", "yes_no")
OF_RECIPE = (*SOURCES, *READS, *CODES, "with", "split", "yes_no", "prefix", "suffix", "empty", "when")
TRUE, FALSE = "true", "false"
Read = TypeVar("Read")


def read_mapping(path: Path) -> Mapping:
    """The mapping that a file describes.

    Raises:
        WrongWords: the file is no mapping; the sentence names every fault with its line.
    """
    root = read_plain(path)
    reader = _Reader(path)
    found = reader.mapping(root)
    reader.stop_at_faults()
    return found


def refuse(path: Path, faults: Iterable[tuple[int, str]]) -> None:
    """Stop with a sentence for every fault, in the order of the lines; without any, go on."""
    listed = sorted(set(faults))
    if not listed:
        return
    shown = [f"{path.name}, line {line}: {what}" for line, what in listed[:FAULTS_SHOWN]]
    if len(listed) > FAULTS_SHOWN:
        shown.append(f"… and {len(listed) - FAULTS_SHOWN:,} more")
    raise WrongWords("\n".join(shown))


def nearest(word: str, known: Iterable[str]) -> str:
    """What somebody may have meant, as the end of a sentence; else what there is."""
    there = list(known)
    by_lower = {name.lower(): name for name in there}
    found = get_close_matches(word.lower(), by_lower, 1)
    return f"Did you mean '{by_lower[found[0]]}'?" if found else f"There are: {', '.join(there)}."


class _Reader:
    """Reads a mapping and gathers faults, so that all of them can be mended at once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.faults: list[tuple[int, str]] = []
        self.code_tables: dict[str, dict[str, str]] = {}
        self.files = [path]

    def fault(self, node: Node, what: str) -> None:
        self.faults.append((node.line, what))

    def stop_at_faults(self) -> None:
        refuse(self.path, self.faults)

    # ------------------------------------------------------------ the shape of a node

    def entries(self, node: Node, known: Sequence[str], what: str) -> dict[str, Node]:
        """The entries of a node; words that are not known are faults."""
        if not isinstance(node.value, dict):
            self.fault(node, f"{what} is written as entries, a name and a colon each. Known: {', '.join(known)}.")
            return {}
        for word, value in node.value.items():
            if word not in known:
                self.fault(value, f"{what} has no '{word}'. {nearest(word, known)}")
        return {word: value for word, value in node.value.items() if word in known}

    def text(self, node: Node | None, what: str) -> str:
        if node is None:
            return ""
        if isinstance(node.value, str):
            return node.value
        self.fault(node, f"{what} is one word or text, not a list and not entries.")
        return ""

    def texts(self, node: Node | None, what: str) -> tuple[str, ...]:
        """One text or a list of them."""
        if node is None:
            return ()
        return tuple(self.text(each, what) for each in self.items(node))

    def items(self, node: Node | None) -> list[Node]:
        """A list, or the one thing that stands in its place."""
        if node is None:
            return []
        return node.value if isinstance(node.value, list) else [node]

    def flag(self, node: Node | None, what: str) -> bool:
        word = self.text(node, what)
        if node is not None and word not in (TRUE, FALSE):
            self.fault(node, f"{what} is true or false.")
        return word == TRUE

    def several(self, node: Node, read: Callable[[Node], Read | None]) -> tuple[Read, ...]:
        return tuple(found for each in self.items(node) if (found := read(each)) is not None)

    # ------------------------------------------------------------ the mapping and its tables

    def mapping(self, root: Node) -> Mapping:
        top = self.entries(root, TOP, "a mapping")
        name = self.text(top.get("mapping"), "mapping")
        if not name:
            self.fault(root, "the mapping has no name. Begin with a line such as 'mapping: example-force'.")
        elif not NAME.fullmatch(name) or name in OTHER_LAYOUTS:
            self.fault(
                top["mapping"],
                f"the name of a mapping is up to {LONGEST_NAME} letters, digits, '-', '_' and '.', and none of "
                f"{', '.join(OTHER_LAYOUTS)}: it stands in the record.",
            )
        standard = self.text(top.get("standard"), "standard") or STANDARD_VERSION
        if standard not in VERSIONS:
            self.fault(top["standard"], f"the standard has no version '{standard}'. {nearest(standard, VERSIONS)}")
        if "code_tables" in top:
            self._named_code_tables(top["code_tables"])
        self.fields = {
            table.name: table.columns for table in tables_at(standard if standard in VERSIONS else STANDARD_VERSION)
        }
        if "tables" not in top:
            self.fault(root, "it names no tables. 'onrecord mapping begin' writes a first draft.")
        tables = self.several(top["tables"], self.table) if "tables" in top else ()
        return Mapping(
            self.path,
            name,
            self.version(top.get("version")),
            standard,
            tables,
            tuple(self.files),
            self._mark(),
        )

    def version(self, node: Node | None) -> str:
        version = self.text(node, "version") or "1"
        if node is not None and not NAME.fullmatch(version):
            self.fault(node, "the version of a mapping is a number or a short word, such as 2.")
        return version

    def _mark(self) -> str:
        content = "\0".join(read_text(file) for file in self.files)
        return hashlib.sha256(content.encode()).hexdigest()[:12]

    def _named_code_tables(self, node: Node) -> None:
        if not isinstance(node.value, dict):
            self.fault(node, "code_tables is written as entries: a name, and under it a code table.")
            return
        for name, table in node.value.items():
            self.code_tables[name] = self.code_table(table)

    def table(self, node: Node) -> TableMap | None:
        entries = self.entries(node, OF_TABLE, "a table")
        names = self.texts(entries.get("from"), "from")
        if not any(names):
            self.fault(node, "the table has no 'from': the name of its file or sheet, such as 'crimes*'.")
        split = self.split(entries.get("split"))
        blocks = self.blocks(entries.get("records"), split)
        if not blocks:
            self.fault(node, "the table makes no records. Name them under 'records'.")
        return TableMap(
            tuple(name.lower() for name in names if name),
            node.line,
            blocks,
            self.several(entries["leave_out"], self.leave_out) if "leave_out" in entries else (),
            self.flag(entries.get("optional"), "optional"),
            self.texts(entries.get("may_lack"), "may_lack"),
        )

    def leave_out(self, node: Node) -> LeaveOut | None:
        entries = self.entries(node, OF_LEAVE_OUT, "leave_out")
        reason = self.text(entries.get("reason"), "reason") or LEFT_OUT
        known = codelists.codes("out_of_scope_reasons")
        if reason not in known:
            self.fault(entries["reason"], f"'{reason}' is no reason of the standard. {nearest(reason, known)}")
        when = self.condition(entries["when"]) if "when" in entries else None
        if when is None:
            self.fault(node, "leave_out says under 'when' which rows it is about.")
            return None
        return LeaveOut(when, reason)

    def blocks(self, node: Node | None, split: Split | None) -> tuple[Block, ...]:
        if node is None:
            return ()
        found: list[Block] = []
        for record, written in self.entries(node, tuple(self.fields), "records").items():
            found += [self.block(record, each, split) for each in self.items(written)]
        return tuple(found)

    def block(self, record: str, node: Node, split: Split | None) -> Block:
        known = (*OF_BLOCK, *self.fields[record])
        entries = self.entries(node, known, f"the standard's {record}")
        fields: dict[str, Recipe] = {}
        for name, written in entries.items():
            if name not in OF_BLOCK and (recipe := self.recipe(written)) is not None:
                fields[name] = recipe
        if not fields and len(entries) == len(node.value):
            self.fault(node, f"the {record} has no fields.")
        own = self.split(entries.get("split")) or split
        if own is None:
            self._without_part_numbers(fields.values())
        return Block(
            record,
            node.line,
            fields,
            self.condition(entries["when"]) if "when" in entries else None,
            own,
            self.flag(entries.get("distinct"), "distinct"),
        )

    def _without_part_numbers(self, recipes: Iterable[Recipe]) -> None:
        for recipe in recipes:
            if recipe.kind == "part_number":
                self.faults.append((recipe.line, "part_number counts the parts of a split, and there is no split."))
            self._without_part_numbers(recipe.parts)

    def split(self, node: Node | None) -> Split | None:
        if node is None:
            return None
        entries = self.entries(node, OF_SPLIT, "split")
        columns = self.texts(entries.get("columns", entries.get("column")), "column")
        by = self.text(entries.get("by"), "by") or ";"
        if not columns:
            self.fault(node, "split names the column whose cells hold several values.")
            return None
        return Split(columns, by)

    # ------------------------------------------------------------ conditions

    def condition(self, node: Node) -> Condition | None:
        """A condition; several in a list must all hold."""
        if isinstance(node.value, list):
            return Condition("all", node.line, parts=self.several(node, self.condition))
        entries = self.entries(node, ("column", *TESTS, *CONDITIONS), "a condition")
        asked = [word for word in (*TESTS, *CONDITIONS) if word in entries]
        if len(asked) != 1:
            if asked or len(entries) == len(node.value):
                self.fault(node, f"a condition asks one of: {', '.join((*TESTS, *CONDITIONS))}.")
            return None
        (word,) = asked
        if word in CONDITIONS:
            return Condition(word, node.line, parts=self.several(entries[word], self.condition))
        column = self.text(entries.get("column"), "column")
        if not column:
            self.fault(node, "the condition names no column.")
            return None
        return self._test(word, column, entries[word], node.line)

    def _test(self, word: str, column: str, node: Node, line: int) -> Condition:
        if word == "given":
            return Condition("given", line, column, yes=self.flag(node, "given"))
        words = tuple(text.lower() for text in self.texts(node, word))
        if word == "is_not":
            return Condition("not", line, parts=(Condition("is", line, column, words),))
        return Condition(word, line, column, words)

    # ------------------------------------------------------------ what a field is made of

    def recipe(self, node: Node) -> Recipe | None:
        """What a field is made of; a bare text is the name of a column."""
        if isinstance(node.value, str):
            if not node.value:
                self.fault(node, "no column is named here. Leave the field out, or name its column.")
            return Recipe("column", node.line, node.value)
        entries = self.entries(node, OF_RECIPE, "a field")
        kinds = [word for word in SOURCES if word in entries]
        if len(kinds) != 1:
            if kinds or len(entries) == len(node.value):
                self.fault(node, f"a field is made of one of: {', '.join(SOURCES)}.")
            return None
        if len([word for word in ONE_OF if word in entries]) > 1:
            self.fault(node, f"a field is read in one way. Keep one of: {', '.join(ONE_OF)}.")
        (kind,) = kinds
        return self._recipe(kind, entries, node.line)

    def _recipe(self, kind: str, entries: dict[str, Node], line: int) -> Recipe:
        reads = next((word for word in READS if word in entries), "")
        has_parts = kind in ("list", "join", "first")
        if kind == "list" and (wrong := [word for word in (*ONE_OF, "split") if word in entries]):
            self.fault(entries[wrong[0]], f"'{wrong[0]}' stands with each part of a list, not with the list.")
        return Recipe(
            kind,
            line,
            text="" if has_parts else self._one_text(kind, entries[kind]),
            parts=self.several(entries[kind], self.recipe) if has_parts else (),
            between=self.text(entries.get("with"), "with"),
            split=self.text(entries.get("split"), "split"),
            reads=reads,
            formats=self.formats(reads, entries[reads]) if reads else (),
            codes=self.codes(entries),
            yes_no=self.flag(entries.get("yes_no"), "yes_no"),
            prefix=self.text(entries.get("prefix"), "prefix"),
            suffix=self.text(entries.get("suffix"), "suffix"),
            empty=self.text(entries.get("empty"), "empty"),
            when=self.condition(entries["when"]) if "when" in entries else None,
        )

    def _one_text(self, kind: str, node: Node) -> str:
        text = self.text(node, kind)
        if not text:
            self.fault(node, f"'{kind}' is empty here.")
        return text

    def formats(self, reads: str, node: Node) -> tuple[str, ...]:
        found = self.texts(node, reads)
        for text in found:
            if not is_format(reads, text):
                self.fault(
                    node, f"'{text}' is no format of a {'time' if reads == 'time' else 'day'}. {_FORMATS[reads]}"
                )
        return found

    def codes(self, entries: dict[str, Node]) -> Codes | None:
        if "codes" not in entries:
            if "otherwise" in entries:
                self.fault(entries["otherwise"], "'otherwise' belongs to a code table, and there is no 'codes'.")
            return None
        node = entries["codes"]
        return Codes(self.code_table(node), node.line, self.text(entries.get("otherwise"), "otherwise") or KEEP)

    def code_table(self, node: Node) -> dict[str, str]:
        """Entries, the name of a code table of this mapping, or of a CSV file beside it."""
        if isinstance(node.value, dict):
            pairs = [(word, self.text(code, f"the code for '{word}'")) for word, code in node.value.items()]
            return self._each_once(node, pairs)
        name = self.text(node, "codes")
        if name in self.code_tables:
            return self.code_tables[name]
        if name.lower().endswith(CODE_FILE):
            return self._from_file(node, name)
        self.fault(
            node,
            f"there is no code table '{name}'. Write the codes here as entries, or under code_tables, or give the name "
            "of a .csv file beside the mapping.",
        )
        return {}

    def _each_once(self, node: Node, pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
        table: dict[str, str] = {}
        for word, code in pairs:
            if table.setdefault(word.strip().lower(), code) != code:
                self.fault(node, f"the code table has two codes for '{word}' (letter case does not count). Keep one.")
        if len(table) > MOST_CODES:
            self.fault(node, f"the code table has more than {MOST_CODES:,} codes, which no list of the standard needs.")
        return table

    def _from_file(self, node: Node, name: str) -> dict[str, str]:
        """A CSV file: a header, then the sender's word in the first column and the code in the second."""
        if Path(name).name != name or "\\" in name:
            self.fault(node, f"'{name}': a code table lies beside the mapping. Give its bare name.")
            return {}
        path = self.path.parent / name
        try:
            rows = list(csv.reader(io.StringIO(read_text(path), newline=""), strict=True))
        except WrongWords as error:
            self.fault(node, str(error))
            return {}
        except csv.Error:
            self.fault(node, f"{name}: it is not CSV. Save it again as CSV, with commas, in UTF-8.")
            return {}
        wrong = [place for place, row in enumerate(rows, 1) if row and len(row) != len(("word", "code"))]
        if wrong or len(rows) <= 1:
            where = f"line {wrong[0]} has not two columns" if wrong else "it holds no code"
            self.fault(node, f"{name}: {where}. It has a header, then your word, a comma and the standard's code.")
            return {}
        if path not in self.files:
            self.files.append(path)
        return self._each_once(node, [(row[0], row[1].strip()) for row in rows[1:] if row])


_DAYS = "Write it with D, DD, M, MM, MMM, YY, YYYY and the signs between, such as DD/MM/YYYY; or iso; or excel."
_FORMATS = {"date": _DAYS, "month": _DAYS, "precision": _DAYS, "time": "Known: HH:MM, HHMM, excel."}

"""A table and a mapping of it, laid out: what the tests of mappings share."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent, indent
from typing import Any

from onrecord.engine import open_engine
from onrecord.intake.mapping import mapping_from, tried
from onrecord.intake.read import gather
from onrecord.intake.written import Written
from tests.unit.factories import SETTINGS

HEAD = "mapping: example\nversion: 1\nstandard: 1.1.0\n"


class Laid:
    """What was laid out, as plain rows without the values that are empty."""

    def __init__(self, written: Written) -> None:
        self.left_out = dict(written.left_out)
        self.notes = list(written.notes)
        self.headers = dict(written.headers)
        self.sheets = {name: [sheet.shown for sheet in sheets] for name, sheets in written.sheets.items()}
        self.all = {name: rows.order_by("row").to_pyarrow().to_pylist() for name, rows in written.records.items()}

    def rows(self, record: str) -> list[dict[str, Any]]:
        found = [dict(row) for row in self.all[record]]
        assert [row["row"] for row in found] == list(range(len(found)))
        return [
            {
                name: value
                for name, value in row.items()
                if value is not None and name not in ("sheet_no", "row", "line")
            }
            for row in found
        ]

    def column(self, record: str, field: str) -> list[Any]:
        return [row[field] for row in self.all[record]]

    def lines(self, record: str) -> list[int]:
        return self.column(record, "line")


def write(folder: Path, mapping: str, **files: str) -> tuple[Path, list[Path]]:
    """Write a mapping, and files: the name, and the content."""
    path = folder / "m.yaml"
    path.write_text(mapping, encoding="utf-8")
    made = []
    for name, content in files.items():
        made.append(folder / f"{name}.csv")
        made[-1].write_text(dedent(content).lstrip("\n"), encoding="utf-8")
    return path, made


def lay_out(folder: Path, mapping: str, **files: str) -> Laid:
    path, made = write(folder, mapping, **files)
    with open_engine(SETTINGS) as engine:
        return Laid(mapping_from(path).lay_out(engine, gather(made), SETTINGS, "t"))


def try_it(folder: Path, mapping: str, **files: str) -> list[str]:
    path, made = write(folder, mapping, **files)
    with open_engine(SETTINGS) as engine:
        return tried(path, engine, gather(made), SETTINGS)


def table(body: str) -> str:
    """A mapping of one table, ``crimes``, from what stands under it."""
    return f"{HEAD}tables:\n  - from: crimes\n{indent(dedent(body).strip(), ' ' * 4)}\n"


def field(recipe: str, name: str = "report_id", record: str = "report") -> str:
    """A mapping that makes one field, beside a key that needs no column."""
    return table(f"records:\n  {record}:\n    {name}: {recipe}\n")

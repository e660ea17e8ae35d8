"""Rows that Python had to read (Excel, XML), put into the engine as they come."""

from __future__ import annotations

from collections.abc import Mapping

from onrecord.engine import Engine, append_cells, new_cells

AT_ONCE = 20_000


class HeldRows:
    """A table of the engine that grows: columns by their place, and the line that the user sees."""

    def __init__(self, engine: Engine, name: str) -> None:
        self.engine, self.name = engine, name
        self.width = 0
        self._rows: list[Mapping[int, str]] = []
        self._lines: list[int] = []
        new_cells(engine, name)

    def add(self, line: int, cells: Mapping[int, str]) -> None:
        """Add a row: the text of each cell by the place of its column."""
        self._rows.append(cells)
        self._lines.append(line)
        if len(self._rows) >= AT_ONCE:
            self.flush()

    def flush(self) -> None:
        """Hand what is gathered to the engine."""
        width = max((place + 1 for row in self._rows for place in row), default=0)
        before, self.width = self.width, max(width, self.width)
        columns = [[row.get(place) for row in self._rows] for place in range(width)]
        append_cells(self.engine, self.name, range(before, self.width), columns, self._lines)
        self._rows, self._lines = [], []

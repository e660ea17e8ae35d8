"""Tables go to files as they are made, one agency after the other: nothing is kept but what is being written."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow as pa
from pyarrow import csv
from pyarrow import parquet as pq

CSV, PARQUET = "csv", "parquet"
FORMS = (CSV, PARQUET)


class Folder:
    """The files of one folder, one for each table, each written to as often as need be.

    A context: on leaving it, the files are closed.
    """

    def __init__(self, path: Path, form: str) -> None:
        self._path, self._form = path, form
        self._open: dict[str, Any] = {}

    def __enter__(self) -> Folder:
        self._path.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        for writer in self._open.values():
            writer.close()

    def write(self, name: str, rows: pa.Table) -> None:
        """Add rows to the file of a table. All that is written to one table has the same columns."""
        if name not in self._open:
            path = self._path / f"{name}.{self._form}"
            self._open[name] = (
                pq.ParquetWriter(path, rows.schema, compression="zstd")
                if self._form == PARQUET
                else csv.CSVWriter(path, rows.schema, write_options=csv.WriteOptions(quoting_style="needed"))
            )
        self._open[name].write_table(rows)

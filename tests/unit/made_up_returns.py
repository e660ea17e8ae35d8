"""Made-up returns in the standard's own layout: the rules' sound example with forty more reports, as CSV files."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

from onrecord.standard.rules import sound_example

MORE = 40
Rows = dict[str, list[dict[str, str]]]


def sound_rows(more: int = MORE) -> Rows:
    """The sound example, and further reports with a crime, a suspect and an outcome each. No identity."""
    rows: Rows = {name: [dict(row) for row in found] for name, found in sound_example().rows.items()}
    del rows["identity"]
    for number in range(more):
        report, crime = f"M{number:03}", f"MC{number:03}"
        rows["report"].append({**rows["report"][0], "report_id": report})
        rows["crime"].append({**rows["crime"][0], "crime_id": crime, "report_id": report})
        rows["involvement"].append({**rows["involvement"][1], "report_id": report})
        own = {"event_id": f"ME{number:03}", "report_id": report, "crime_id": crime}
        rows["event"].append({**rows["event"][0], **own})
    return rows


def as_files(
    folder: Path, rows: Rows, names: Mapping[str, str] | None = None, delimiter: str = ",", encoding: str = "utf-8"
) -> list[Path]:
    """A CSV file a record; ``names`` gives some of them other names."""
    folder.mkdir(exist_ok=True)
    made = []
    for record, found in rows.items():
        columns = list(dict.fromkeys(name for row in found for name in row))
        path = folder / (names or {}).get(record, f"{record}.csv")
        with path.open("w", newline="", encoding=encoding) as file:
            writer = csv.DictWriter(file, columns, delimiter=delimiter)
            writer.writeheader()
            writer.writerows(found)
        made.append(path)
    return made

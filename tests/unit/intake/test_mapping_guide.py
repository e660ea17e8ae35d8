"""Every mapping in the guide is run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.unit.intake.mappings import lay_out

SENT = """\
Ref,Date reported,How reported,Crime type,Child,Born,Sex
1,30/04/2024,Phone,Grooming online,C1,03/09/2010,Female
2,01/04/2024,,Anti-social behaviour,C2,04/10/2011,Male
3,02/04/2024,Police,Rape,C1,03/09/2010,Female
"""


@pytest.mark.parametrize(
    ("number", "records", "left_out"),
    [
        (0, {"report": 2, "person": 1, "involvement": 2}, {"anti_social_behaviour": 1}),
        (1, {"report": 3}, {}),
        (2, {"person": 2, "involvement": 3}, {}),
    ],
)
def test_it_does_what_the_guide_says(
    project: Path, tmp_path: Path, number: int, records: dict[str, int], left_out: dict[str, int]
) -> None:
    examples = re.findall(r"```yaml\n(.*?)```", (project / "docs" / "mapping.md").read_text(encoding="utf-8"), re.S)
    assert len(examples) == 3
    laid = lay_out(tmp_path, examples[number], crimes_april=SENT)
    assert {name: len(rows) for name, rows in laid.all.items()} == records
    assert laid.left_out == left_out

"""What NOTICE says about licences is about files that are there, and the licence's words come with the package."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from onrecord.standard.export import LICENCE_FILE

WORDS = f"onrecord/standard/texts/{LICENCE_FILE}"


def test_every_file_that_the_notice_names_is_there(project: Path) -> None:
    notice = (project / "NOTICE").read_text(encoding="utf-8")
    named = re.findall(r"(?:^  |, )((?:\w+/)+[\w.*-]*)", notice, re.MULTILINE)
    assert len(named) >= 8
    assert [name for name in named if not list(project.glob(name.rstrip("/")))] == []
    assert WORDS in notice


def test_the_package_carries_the_licence_of_the_text(project: Path) -> None:
    declared = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert set(declared["license-files"]) == {"LICENSE", "NOTICE", WORDS}
    assert all((project / name).is_file() for name in declared["license-files"])

"""Writes the page and the drawings of the step tables to docs/standard (maintainers; after a change of the lists)."""

from pathlib import Path

from onrecord.pathways.drawn import pages

for name, text in pages().items():
    (Path(__file__).parent.parent / "docs" / "standard" / name).write_text(text, encoding="utf-8", newline="\n")

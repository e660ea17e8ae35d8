"""Mapping files: how the tables that an agency can export become records of the standard.

A mapping is a YAML file, written by the people who know the export. ``plain_yaml`` reads it as text with line
numbers, ``reading`` makes a :class:`Mapping` of it, ``testing`` holds that against the standard and against the
files, ``recipes`` and ``days`` turn what a field is made of into expressions of the engine, and ``laying_out``
makes the records. ``beginning`` writes the first draft of a mapping from the headers of files.
"""

from __future__ import annotations

from onrecord.intake.mapping.beginning import begin
from onrecord.intake.mapping.laying_out import mapping_from, tried

__all__ = ["begin", "mapping_from", "tried"]

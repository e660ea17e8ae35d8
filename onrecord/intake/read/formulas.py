"""Formulas of a workbook whose results are not stored beside them: nobody can read what such a cell stands for.

Excel stores them whenever it saves. Programs that write workbooks without calculating do not.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import IO, Any

from lxml import etree
from openpyxl.utils.cell import coordinate_to_tuple

from onrecord.intake.read.limits import windows
from onrecord.intake.read.xml_rows import SAFE, forget

FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
LONGEST_TAG = 64


def without_result(opened: Callable[[], IO[bytes]]) -> dict[int, int]:
    """The place of each column, from 0, that holds a formula without its result, and the first row, from 1.

    Args:
        opened: opens the part of the workbook that holds the sheet.

    Raises:
        lxml.etree.LxmlError: the part is no well-formed XML.
    """
    with opened() as part:
        if not any(FORMULA.search(piece) for piece in windows(part, LONGEST_TAG)):
            return {}
    found: dict[int, int] = {}
    line, place = 0, -1
    with opened() as part:
        for event, element in etree.iterparse(part, events=("start", "end"), tag=("{*}row", "{*}c"), **SAFE):
            is_row = etree.QName(element).localname == "row"
            if event == "start":
                line, place = (int(element.get("r", line + 1)), -1) if is_row else (line, _place(element, place))
            elif is_row:
                forget(element)
            elif _has_no_result(element):
                found.setdefault(place, line)
    return found


def _place(cell: Any, before: int) -> int:
    """The place of a cell's column; one that does not say where it stands follows the one before."""
    return coordinate_to_tuple(cell.get("r"))[1] - 1 if cell.get("r") else before + 1


def _has_no_result(cell: Any) -> bool:
    """A result that is an empty text is stored as one."""
    if cell.find("{*}f") is None:
        return False
    result = cell.find("{*}v")
    return result is None or (not result.text and cell.get("t") != "str")

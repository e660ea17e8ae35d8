"""The forms that a receipt can be had in, as bytes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from onrecord.errors import WrongWords
from onrecord.intake.receipt.data import Receipt

TEXT, JSON, XLSX, HTML = "text", "json", "xlsx", "html"
ENDINGS = {".txt": TEXT, ".json": JSON, ".xlsx": XLSX, ".html": HTML, ".htm": HTML}


def _as_text(receipt: Receipt) -> bytes:
    return "".join(f"{line}\n" for line in receipt.sentences()).encode()


def _as_json(receipt: Receipt) -> bytes:
    return f"{json.dumps(receipt.as_json(), indent=1)}\n".encode()


def _as_workbook(receipt: Receipt) -> bytes:
    # The library is large, and the other forms do without it.
    from onrecord.intake.receipt.sheets import as_workbook

    return as_workbook(receipt)


def _as_page(receipt: Receipt) -> bytes:
    from onrecord.intake.receipt.page import as_page

    return as_page(receipt)


FORMS: Mapping[str, Callable[[Receipt], bytes]] = {TEXT: _as_text, JSON: _as_json, XLSX: _as_workbook, HTML: _as_page}


def receipt_as(receipt: Receipt, form: str) -> bytes:
    """The receipt in a form. Raises WrongWords when there is no such form."""
    if form not in FORMS:
        raise WrongWords(f"There is no form {form!r} of a receipt. There are: {', '.join(FORMS)}.")
    return FORMS[form](receipt)


def form_of(path: Path, form: str | None = None) -> str:
    """The form that a file's name asks for.

    Args:
        path: the file.
        form: the form that was asked for beside, if any.

    Raises:
        WrongWords: the name ends in no form, or in another than was asked for.
    """
    found = ENDINGS.get(path.suffix.lower())
    if found is None or form not in (None, found):
        wanted = [ending for ending, each in ENDINGS.items() if form in (None, each)]
        raise WrongWords(f"{path}: a receipt is written to a file that ends in {' or '.join(wanted)}. Name it so.")
    return found

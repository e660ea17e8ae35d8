"""The letter by which anyone can ask a public body where the reports it received stand, with the sheet to answer in."""

from __future__ import annotations

import textwrap
from importlib.resources import files
from string import Template

from onrecord.errors import WrongWords
from onrecord.standard import codelists
from onrecord.standard.ledger_template import ledger_template_csv, ledger_template_xlsx
from onrecord.standard.periods import Period, months_between, parse_period

LINE = 96
LONGEST_NAME = 100
WINDOW_DAYS = 90
LONGEST_PERIOD = 120
LETTER, SHEET, PLAIN_SHEET = "letter.txt", "ledger-return.xlsx", "ledger-return.csv"


def open_letter() -> str:
    """The same request with places for the body and the months, for everybody to fill in."""
    return _as_text(_open_lines())


def open_letter_paragraphs() -> list[list[str]]:
    """The same, as paragraphs of lines that are not broken yet, for a page."""
    paragraphs = "\n".join(line.strip() for line in _open_lines()).split("\n\n")
    return [paragraph.splitlines() for paragraph in paragraphs if paragraph.strip()]


def _open_lines() -> list[str]:
    return _lines("[the police force or council]", "[month and year]", "[month and year]", "a row a month")


def letter(body: str, period: str) -> str:
    """A request under the Freedom of Information Act 2000 for one body's counts of one period, on one page.

    What only the writer knows (name, address, day) stands in square brackets. The Act holds for public
    authorities of England, Wales and Northern Ireland and of the United Kingdom; Scotland has its own.

    Args:
        body: the name of the body that is asked.
        period: the months asked for: 2013, 2013-04, 2013/14 or 2018-11..2019-01.

    Raises:
        WrongWords: the name is none, or the period is not written as one.
    """
    name, asked = _name(body), _asked(period)
    months = months_between(asked.first_day, asked.last_day)
    rows = "a row a month" if len(months) > 1 else "with one row"
    return _as_text(_lines(name, f"{asked.first_day:%B %Y}", f"{asked.last_day:%B %Y}", rows))


def _lines(body: str, first: str, last: str, months: str) -> list[str]:
    text = (files("onrecord.standard") / "texts" / LETTER).read_text(encoding="utf-8")
    filled = Template(text).substitute(
        body=body, first=first, last=last, months=months, standings=_standings(), window=WINDOW_DAYS
    )
    return filled.splitlines()


def _as_text(lines: list[str]) -> str:
    return "\n".join(_wrapped(line) for line in lines) + "\n"


def letter_files(body: str, period: str) -> dict[str, bytes]:
    """The letter and the sheet, as a workbook and as CSV: name to content, the same bytes each time.

    Raises:
        WrongWords: the name is none, or the period is not written as one.
    """
    return {
        LETTER: letter(body, period).encode(),
        SHEET: ledger_template_xlsx(period, _name(body)),
        PLAIN_SHEET: ledger_template_csv(period, _name(body)).encode(),
    }


def _name(body: str) -> str:
    """The name on one line. It begins with a letter or digit, so that no sheet takes it for a formula."""
    name = " ".join(body.split())
    if not name or len(name) > LONGEST_NAME or not name[0].isalnum() or not name.isprintable():
        raise WrongWords(
            f"The body's name has 1 to {LONGEST_NAME} signs and begins with a letter or a digit, for instance "
            "'South Yorkshire Police'."
        )
    return name


def _asked(period: str) -> Period:
    asked = parse_period(period)
    if len(months_between(asked.first_day, asked.last_day)) > LONGEST_PERIOD:
        raise WrongWords(f"{period!r} is longer than ten years, which no body can count for one request. Ask for less.")
    return asked


def _standings() -> str:
    """The standings in rank order, each with the first sentence of what it means."""
    width = max(len(standing.label) for standing in codelists.standings()) + 2
    meanings = {standing.label: standing.what_it_means.partition(". ")[0] for standing in codelists.standings()}
    return "\n".join(f"  {label:<{width}}{means.removesuffix('.')}." for label, means in meanings.items())


def _wrapped(line: str) -> str:
    """A line broken at the width of the page; what follows the label of a standing stays under it."""
    width = max(len(standing.label) for standing in codelists.standings()) + 4
    indent = " " * width if line.startswith("  ") else ""
    return textwrap.fill(line, LINE, subsequent_indent=indent, break_on_hyphens=False, break_long_words=False)

"""The environment that renders pages: templates, filters, and the files that go beside the pages."""

from __future__ import annotations

import base64
import datetime
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from importlib.resources import files

from jinja2 import BaseLoader, ChoiceLoader, Environment, PackageLoader, PrefixLoader
from markupsafe import Markup

from onrecord.look import charts
from onrecord.standard import codelists, periods

SUPPRESSED = "[c]"
NOT_REPORTED = "[x]"
NOT_APPLICABLE = "[z]"
SYMBOLS = {row["symbol"]: (row["label"], row["meaning"]) for row in codelists.load("cell_symbols")}
# Not strftime: its month names follow the machine's language.
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
STATIC_NAMES = ("NOTICE.txt", "icon.svg", "onrecord.css")


def environment(*loaders: BaseLoader) -> Environment:
    """Make the Jinja environment. Templates of the given loaders go before those of the look."""
    jinja = Environment(
        loader=ChoiceLoader(
            [
                *loaders,
                PackageLoader("onrecord.look"),
                PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")}),
            ]
        ),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    jinja.filters.update(count=count, percent=percent, longdate=longdate, longperiod=longperiod, listed=listed)
    jinja.globals.update(
        Part=charts.Part,
        ledger_squares=charts.ledger_squares,
        legend=charts.legend,
        stacked_bar=charts.stacked_bar,
        swatch=charts.swatch,
        timeline=charts.timeline,
        cell_symbols=SYMBOLS,
    )
    return jinja


def static_files() -> dict[str, bytes]:
    """Read the files that every site folder needs beside its pages: style, icon, notice."""
    folder = files("onrecord.look") / "static"
    return {name: (folder / name).read_bytes() for name in STATIC_NAMES}


@dataclass(frozen=True)
class InlinedStyle:
    """A style sheet for a page that stands alone, and the policy that lets a browser obey it and nothing else."""

    css: Markup
    policy: str


def inlined_style() -> InlinedStyle:
    """The look's style, with that of pages that stand alone, to be written into the page itself."""
    folder = files("onrecord.look") / "static"
    css = "".join((folder / name).read_text(encoding="utf-8") for name in ("onrecord.css", "alone.css"))
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
    return InlinedStyle(Markup(css), policy)  # noqa: S704 our own files


def count(value: int | str | None, symbol: str = SUPPRESSED) -> str:
    """Write a count as 12,062. None becomes the symbol; words and symbols pass unchanged."""
    if value is None:
        return symbol
    return value if isinstance(value, str) else f"{value:,}"


def percent(value: float | None, of: int | None = None, symbol: str = SUPPRESSED) -> str:
    """Write a share with one decimal, as 29.1%: a fraction, or a count `of` a total.

    What is not nothing never reads 0.0%, and what is not all never reads 100.0%.
    """
    if value is None or of == 0:
        return symbol if value is None else NOT_APPLICABLE
    whole = Decimal(100)
    exact = whole * Decimal(str(value)) / (1 if of is None else of)
    rounded = exact.quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)
    if exact > 0 and rounded == 0:
        return "<0.1%"
    if exact < whole and rounded == whole:
        return ">99.9%"
    return f"{rounded}%"


def longdate(value: datetime.date | str) -> str:
    """Write a date as 7 November 2017."""
    day = datetime.date.fromisoformat(value) if isinstance(value, str) else value
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def longperiod(label: str) -> str:
    """Write a period of the standard as a reader says it: October 2018 to January 2019, April 2018 to March 2019."""
    first, last = periods.ends(label)
    if first == last:
        return f"{MONTHS[first.month - 1]} {first.year}"
    if (first.month, last.month, first.year) == (1, len(MONTHS), last.year):
        return str(first.year)
    return f"{MONTHS[first.month - 1]} {first.year} to {MONTHS[last.month - 1]} {last.year}"


def listed(words: Iterable[object], last: str = "and") -> str:
    """Write a list as a, b and c."""
    *first, end = [str(word) for word in words] or [""]
    return f"{', '.join(first)} {last} {end}" if first else end

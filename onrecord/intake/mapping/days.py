"""Days and times as other systems write them, read into the standard's: expressions, from a format such as DD/MM/YYYY.

What cannot be read is left as it was written, so that the rule's finding can quote it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import ibis
import ibis.expr.types as ir

ISO, EXCEL = "iso", "excel"
FORMATS = {ISO: "YYYY-MM-DD"}
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
SHORT = 3
# Signs of a format that stand for a part of the day; everything else stands for itself.
TOKEN = re.compile(r"YYYY|YY|MMMM|MMM|MM|M|DD|D|[A-Za-z]+")
# Two signs for a year: those of this century end here.
LAST_SHORT_YEAR = 69
# A time may follow the day.
AFTER = r"(?:[T ]+[0-9]{1,2}[:.]?[0-9]{2}(?:[:.][0-9]+)*(?:Z|[+-][0-9:]+)?(?: ?[AaPp][.]?[Mm][.]?)?)?"
# A day in Excel is a number; those before March 1900 are off by one there, so they are not read.
EXCEL_ZERO, EXCEL_FIRST, EXCEL_LAST = "1899-12-30", 61, 2_958_465
EXCEL_NUMBER = r"^([0-9]{1,7})([.][0-9]+)?$"
MINUTES_IN_DAY = 24 * 60
CLOCK = r"(?:^|[T ])([0-9]{1,2}):([0-9]{2})(?::[0-9]{2}(?:[.][0-9]+)?)?(Z|[+-][0-9:]+)?(?: ?([AaPp])[.]?[Mm][.]?)?$"
BARE_CLOCK = r"(?:^|[T ])([0-9]{2})([0-9]{2})()()$"
TIMES = {"HH:MM": CLOCK, "HHMM": BARE_CLOCK}
NOON = 12


@dataclass(frozen=True)
class Format:
    """A format of a day: the pattern of the text, and the place of each part in it; 0 where it has none."""

    pattern: str
    year: int
    month: int
    day: int
    has_short_year: bool
    has_month_name: bool


def is_format(reads: str, text: str) -> bool:
    """Whether a text is a format that ``reads`` (date, month, time, precision) understands."""
    if reads == "time":
        return text in (*TIMES, EXCEL)
    return text == EXCEL or day_format(text) is not None


@cache
def day_format(text: str) -> Format | None:
    """The format that is written so; None where it is none."""
    written = FORMATS.get(text, text)
    tokens = list(TOKEN.finditer(written))
    kinds = [token.group()[0] for token in tokens]
    if any(_pattern_of(token.group()) is None for token in tokens) or sorted(kinds) not in (
        ["D", "M", "Y"],
        ["M", "Y"],
    ):
        return None
    touching = any(one.end() == two.start() for one, two in pairwise(tokens))
    pattern, last = "", 0
    for token in tokens:
        pattern += re.escape(written[last : token.start()]) + (_pattern_of(token.group(), touching) or "")
        last = token.end()
    pattern += re.escape(written[last:])
    places = {kind: place for place, kind in enumerate(kinds, 1)}
    return Format(
        f"^{pattern}{AFTER}$",
        places["Y"],
        places["M"],
        places.get("D", 0),
        any(token.group() == "YY" for token in tokens),
        any(token.group() in ("MMM", "MMMM") for token in tokens),
    )


def _pattern_of(token: str, touching: bool = False) -> str | None:
    """What a part of a format looks like. Where two parts touch, each has its full width."""
    if token in ("MMM", "MMMM"):
        return f"(?i:({'|'.join(f'{name[:SHORT]}(?:{name[SHORT:]})?' for name in MONTHS)}))"
    widths = {"YYYY": "{4}", "YY": "{2}", "MM": "{2}" if touching else "{1,2}", "M": "{1,2}"}
    widths |= {"DD": widths["MM"], "D": widths["M"]}
    return f"([0-9]{widths[token]})" if token in widths else None


def read_day(text: ir.StringValue, format_: str) -> ir.StringValue:
    """The day as 2024-01-31, of a month its last day; null where the text has not this format or names no day."""
    if format_ == EXCEL:
        return _excel_day(text)
    form = day_format(format_)
    assert form is not None, f"{format_} was let through"
    year = text.re_extract(form.pattern, form.year)
    if form.has_short_year:
        number = year.try_cast("int64")
        year = ibis.ifelse(number > LAST_SHORT_YEAR, ibis.literal("19") + year, ibis.literal("20") + year)
    month = _month(text.re_extract(form.pattern, form.month), form.has_month_name)
    day = text.re_extract(form.pattern, form.day).lpad(2, "0") if form.day else ibis.literal("01")
    written = ibis.ifelse(text.re_search(form.pattern), year + "-" + month + "-" + day, None)
    read = written.try_cast("date")
    sound = ibis.ifelse(read.cast("string") == written, read, None)
    return _written(sound if form.day else sound + ibis.interval(months=1) - ibis.interval(days=1))


def _written(day: ir.Value) -> ir.StringValue:
    """A day as text. One that was counted from another is a moment to the engine, though not to Ibis."""
    return day.cast("string").substr(0, len("2024-01-31"))


def _month(text: ir.StringValue, is_name: bool) -> ir.StringValue:
    if not is_name:
        return text.lpad(2, "0")
    names = ((name[:SHORT].lower(), f"{number:02}") for number, name in enumerate(MONTHS, 1))
    return text.lower().substr(0, SHORT).cases(*names, else_="")


def _excel_day(text: ir.StringValue) -> ir.StringValue:
    number = text.re_extract(EXCEL_NUMBER, 1).try_cast("int64")
    sound = ibis.ifelse(number.between(EXCEL_FIRST, EXCEL_LAST), number, None)
    return _written(ibis.literal(EXCEL_ZERO).cast("date") + sound.as_interval("D"))


def _days(text: ir.StringValue, formats: Sequence[str]) -> ir.StringValue:
    return ibis.coalesce(*(read_day(text, each) for each in formats))


def as_date(text: ir.StringValue, formats: Sequence[str]) -> ir.StringValue:
    """The day, by the first format that fits; else the text as it was written."""
    return ibis.coalesce(_days(text, formats), text)


def as_month(text: ir.StringValue, formats: Sequence[str]) -> ir.StringValue:
    """The month of a day, as 2024-01; else the text as it was written."""
    return ibis.coalesce(_days(text, formats).substr(0, len("2024-01")), text)


def as_precision(text: ir.StringValue, formats: Sequence[str]) -> ir.StringValue:
    """``day`` or ``month``, by the format that the day is written in; nothing where it is written in none."""
    found = [
        (read_day(text, each).notnull(), "month" if each != EXCEL and not _has_day(each) else "day") for each in formats
    ]
    return ibis.cases(*found, else_=ibis.null("string"))


def _has_day(format_: str) -> bool:
    form = day_format(format_)
    return form is not None and form.day > 0


def as_time(text: ir.StringValue, formats: Sequence[str]) -> ir.StringValue:
    """The time of day as 23:59, of a day with a time the time; else the text as it was written."""
    return ibis.coalesce(*(_excel_time(text) if each == EXCEL else _clock(text, TIMES[each]) for each in formats), text)


def _clock(text: ir.StringValue, pattern: str) -> ir.StringValue:
    hour, half = text.re_extract(pattern, 1).try_cast("int64"), text.re_extract(pattern, 4).lower()
    by_half = ibis.cases(
        (half == "", hour),
        (~hour.between(1, NOON), None),
        (half == "p", hour % NOON + NOON),
        else_=hour % NOON,
    )
    written = by_half.cast("string").lpad(2, "0") + ":" + text.re_extract(pattern, 2)
    return ibis.ifelse(text.re_search(pattern), written, None)


def _excel_time(text: ir.StringValue) -> ir.StringValue:
    part = text.re_extract(EXCEL_NUMBER, 2)
    minutes = (ibis.ifelse(part != "", ibis.literal("0") + part, None).try_cast("float64") * MINUTES_IN_DAY).round()
    minute = minutes.cast("int64") % MINUTES_IN_DAY
    return (minute // 60).cast("string").lpad(2, "0") + ":" + (minute % 60).cast("string").lpad(2, "0")


READ: dict[str, Callable[[ir.StringValue, Sequence[str]], ir.StringValue]] = {
    "date": as_date,
    "month": as_month,
    "precision": as_precision,
    "time": as_time,
}

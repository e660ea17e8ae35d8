"""Pictures of a ledger, as SVG: plain values in, the same bytes out, every time.

A drawing is for the eye only. It is hidden from screen readers, and the page that shows it always gives
the same counts as a table and as a sentence. Nothing here needs a script, a font file or a style
attribute, and every look can be told from every other on a black-and-white print.

Squares scale with the page, so they carry no words. Bars and time lines keep their height and their
14-pixel words at any width: their positions are percentages, not pixels.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

INK = "#0b0c0c"
SOFT = "#505a5f"
FORMAL = "#0b3c6f"
OPEN = "#46525c"
CLOSED = "#87929e"
PALE = "#e3e7eb"
PAPER = "#ffffff"
ACCENT = "#b3541e"

MOST_SQUARES = 400
PROTECTED_WORDS = "1 to 5, protected"

_PITCH = 18  # a multiple of every pattern's tile, so that all squares of one look are the same
_SIDE = 15
_TEXT = 14
_NARROWEST = 250  # how many pixels a bar gets on the narrowest phone we promise
_SLIVER = 0.35  # per cent of the bar; a part that is not empty is never thinner
_PROTECTED_WIDTH = 28  # pixels of a bar; always the same, so that it says nothing about the count
_LETTER = 8.0  # a digit of 14-pixel Liberation Sans, rounded up


@dataclass(frozen=True, slots=True)
class Part:
    """One standing in a ledger. A count of None is protected and never drawn to scale."""

    key: str
    label: str
    count: int | None
    look: str | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """How one standing is drawn, everywhere."""

    fill: str  # a colour, "none", or the name of a pattern
    stroke: str = "none"
    stroke_width: float = 0.0
    dashed: bool = False
    ink: str = INK  # the colour of words written on it
    backed: bool = False  # words need a white ground
    sliver: str = CLOSED  # the one colour of a part too thin for its pattern


@dataclass(frozen=True, slots=True)
class Squares:
    """A ledger in squares, how many records one square is, and the words that say so."""

    svg: Markup
    per_square: int
    caption: str


@dataclass(frozen=True, slots=True)
class Segment:
    """One piece of a bar: where it starts and how wide it is, in per cent of the whole width."""

    part: Part
    start: float
    width: float


@dataclass(frozen=True, slots=True)
class Operation:
    """One line of a time line. An end of None was not stated."""

    label: str
    start_year: int
    end_year: int | None
    achieved: str
    formal: bool = False


# The order is the order of every ledger on every page.
LOOKS: dict[str, Look] = {
    "prosecuted": Look(FORMAL, ink=PAPER, sliver=FORMAL),
    "out_of_court": Look("hatch", FORMAL, 1.2, backed=True, sliver=FORMAL),
    "diverted": Look("bands", FORMAL, 1.2, backed=True, sliver=FORMAL),
    "live": Look("dots", OPEN, 1.2, backed=True, sliver=OPEN),
    "unaccounted": Look(PAPER, ACCENT, 2.2, sliver=ACCENT),
    "transferred": Look(PALE, "#7d8892", 1.0, sliver="#7d8892"),
    "no_further_action": Look(CLOSED, sliver=CLOSED),
    "not_a_crime": Look("crosses", "#7d8892", 1.0, backed=True, sliver="#7d8892"),
    "no_result_stated": Look(PAPER, ACCENT, 1.8, dashed=True, sliver=ACCENT),
    "protected": Look("shade", SOFT, 1.2, backed=True, sliver=SOFT),
}

# A merged standing wears the look of its first member. "settled" runs from prosecution to no further
# action, so it does not wear the blue that means formal action.
MERGED_LOOKS: dict[str, str] = {
    "formal_action": "prosecuted",
    "open": "live",
    "closed": "transferred",
    "settled": "no_further_action",
}

# The dots of "live" lie across the corners of their tile: four quarters make one dot.
_DOTS = [f'<circle cx="{x}" cy="{y}" r="1.25" fill="{OPEN}"/>' for x in ("-.5", "4") for y in ("-.5", "4")]

# Each pattern: the side of its tile, and what is drawn on it.
_PATTERNS: dict[str, tuple[float, str]] = {
    "hatch": (6, f'<path d="M-1.5 1.5l3-3M-1.5 7.5l9-9M4.5 7.5l3-3" stroke="{FORMAL}" stroke-width="1.9"/>'),
    "bands": (6, f'<path d="M0 2.5h6" stroke="{FORMAL}" stroke-width="2.2"/>'),
    "dots": (4.5, "".join(_DOTS)),
    "crosses": (18, f'<path d="M4.5 4.5l8 8M12.5 4.5l-8 8" stroke="{OPEN}" stroke-width="1.5"/>'),
    "shade": (5, f'<path d="M-1 4l2 2M-1-1l7 7M4-1l2 2" stroke="{SOFT}" stroke-width="1.1"/>'),
}

_HIDDEN = Markup('aria-hidden="true" focusable="false"')


def look_of(part: Part) -> Look:
    """Find the look of a part: its own if it has one, else that of its standing."""
    if part.count is None:
        return LOOKS["protected"]
    key = part.look or part.key
    key = MERGED_LOOKS.get(key, key)
    if key not in LOOKS:
        known = ", ".join([*LOOKS, *MERGED_LOOKS])
        raise ValueError(f"There is no look for the standing {key!r}. Give the part one of these: {known}.")
    return LOOKS[key]


def squares_per_part(counts: Sequence[int], most: int = MOST_SQUARES) -> tuple[int, list[int]]:
    """Share squares out: how many records a square is, and how many squares each count gets.

    The squares add up to the rounded total (largest remainder), and a count that is not zero keeps at
    least one square.
    """
    _refuse_negative(counts)
    per_square = 1
    while _rounded(sum(counts), per_square) > most:
        per_square *= 10
    squares = [max(count // per_square, min(count, 1)) for count in counts]
    spare = _whole_squares(counts, per_square) - sum(squares)
    by_remainder = sorted(range(len(counts)), key=lambda place: (-(counts[place] % per_square), place))
    for place in [place for place in by_remainder if counts[place] >= per_square][: max(spare, 0)]:
        squares[place] += 1
    # Parts raised to one square are paid for by the parts that have most to give.
    for _ in range(max(-spare, 0)):
        squares[max(range(len(squares)), key=lambda place: (squares[place], -place))] -= 1
    return per_square, squares


def ledger_squares(
    parts: Sequence[Part],
    *,
    prefix: str,
    columns: int = 20,
    unit: tuple[str, str] = ("report", "reports"),
    protected_words: str = PROTECTED_WORDS,
) -> Squares:
    """Draw a ledger as squares in the given order, protected parts as hatched blocks below them."""
    _refuse_prefix(prefix)
    shown = [part for part in parts if part.count is not None]
    per_square, numbers = squares_per_part([part.count or 0 for part in shown])
    drawing = _squares_svg(shown, numbers, prefix, columns) if sum(numbers) else Markup("")
    blocks = [
        _protected_block(part, f"{prefix}-p{number}", protected_words)
        for number, part in enumerate(part for part in parts if part.count is None)
    ]
    caption = _squares_caption(per_square, sum(numbers), unit)
    return Squares(drawing + Markup("").join(blocks), per_square, caption)


def bar_segments(
    parts: Sequence[Part], *, width: int = 640, widest: int | None = None, total: int | None = None
) -> list[Segment]:
    """Lay a bar out: segments that touch, in order, and together fill the bar's share of the width.

    That share is the total (or the sum of what is known) over `widest`, or all of the width.

    A protected part takes the same small width whatever its count is. A part that is not empty is never
    thinner than a sliver; what slivers gain is taken from the wider parts in proportion.
    """
    _refuse_negative([part.count for part in parts if part.count is not None])
    drawn = [part for part in parts if part.count is None or part.count > 0]
    known = sum(part.count or 0 for part in drawn)
    length = 100.0 if not widest else 100.0 * min((known if total is None else total) / widest, 1.0)
    protected = 100.0 * _PROTECTED_WIDTH / width
    free = max(length - protected * sum(part.count is None for part in drawn), 0.0)
    shares = _shares_with_slivers([part.count or 0 for part in drawn], free)
    edge, segments = 0.0, []
    for part, share in zip(drawn, shares, strict=True):
        wide = protected if part.count is None else share
        segments.append(Segment(part, edge, wide))
        edge += wide
    return segments


def stacked_bar(
    parts: Sequence[Part],
    *,
    prefix: str,
    width: int = 640,
    height: int = 32,
    widest: int | None = None,
    total: int | None = None,
) -> Markup:
    """Draw a ledger as one stacked bar.

    `width` is the usual width on a screen: it decides which segments have room for a percentage. `widest`
    is the total that would fill the width, for bars that also compare totals. `total` is what percentages
    are of; without it a bar with a protected part shows none.
    """
    _refuse_prefix(prefix)
    segments = bar_segments(parts, width=width, widest=widest, total=total)
    base = total if total is not None else _sum_if_all_known(parts)
    body = Markup("").join(_segment_svg(segment, prefix, width, height, base) for segment in segments)
    return Markup('<svg class="or-bar" width="100%" height="{}" {}>{}{}</svg>').format(
        height, _HIDDEN, _definitions([look_of(part) for part in parts], prefix, height), body
    )


def swatch(part: Part, *, prefix: str) -> Markup:
    """Draw one small square in the part's look, for a table or a legend."""
    _refuse_prefix(prefix)
    look = look_of(part)
    return Markup('<svg class="or-swatch" width="17" height="17" viewBox="0 0 17 17" {}>{}{}</svg>').format(
        _HIDDEN, _definitions([look], prefix), _look_path(look, prefix, [(1, 1)])
    )


def legend(parts: Sequence[Part], *, prefix: str) -> Markup:
    """List the looks with their labels, in the order given."""
    rows = [
        Markup("<li>{}{}</li>").format(swatch(part, prefix=f"{prefix}-{number}"), part.label)
        for number, part in enumerate(parts)
    ]
    return Markup('<ul class="or-legend">{}</ul>').format(Markup("").join(rows))


def timeline(
    items: Iterable[Operation | tuple[str, int, int | None, str]],
    *,
    prefix: str,
    first_year: int = 2007,
    last_year: int = 2014,
) -> Markup:
    """Draw operations on an axis of years: an ordered list whose words are real text.

    Where the end was not stated, the year of the start is solid and an arrow runs on to the edge.
    """
    _refuse_prefix(prefix)
    operations = [item if isinstance(item, Operation) else Operation(*item) for item in items]
    _refuse_years(operations, first_year, last_year)
    rows = [_timeline_row(operation, first_year, last_year) for operation in operations]
    return Markup('<div class="or-timeline" id="{}">{}<ol class="or-timeline__list">{}</ol></div>').format(
        prefix, _timeline_axis(first_year, last_year), Markup("").join(rows)
    )


# --- squares ---------------------------------------------------------------------------------------------


def _whole_squares(counts: Sequence[int], per_square: int) -> int:
    """Count the squares that a total makes, with at least one for every count that is not zero."""
    return max(_rounded(sum(counts), per_square), sum(count > 0 for count in counts))


def _rounded(count: int, by: int) -> int:
    """Divide, and round half up, in whole numbers."""
    return (2 * count + by) // (2 * by)


def _squares_svg(parts: Sequence[Part], numbers: Sequence[int], prefix: str, columns: int) -> Markup:
    looks = [look_of(part) for part in parts]
    paths, place = [], 0
    for look, number in zip(looks, numbers, strict=True):
        corners = [
            (1 + _PITCH * (square % columns), 1 + _PITCH * (square // columns))
            for square in range(place, place + number)
        ]
        place += number
        if corners:
            paths.append(_look_path(look, prefix, corners))
    rows = -(-place // columns)
    return Markup('<svg class="or-squares" width="100%" viewBox="0 0 {} {}" {}>{}{}</svg>').format(
        columns * _PITCH - 1, rows * _PITCH - 1, _HIDDEN, _definitions(looks, prefix), Markup("").join(paths)
    )


def _look_path(look: Look, prefix: str, corners: Sequence[tuple[int, int]]) -> Markup:
    """Draw all squares of one look as one path, the outline kept inside the square."""
    inset = look.stroke_width / 2
    side = _number(_SIDE - look.stroke_width)
    steps = [f"M{_number(x + inset)} {_number(y + inset)}h{side}v{side}h-{side}z" for x, y in corners]
    return Markup('<path d="{}"{}/>').format("".join(steps), _paint(look, prefix))


def _protected_block(part: Part, prefix: str, words: str) -> Markup:
    look = LOOKS["protected"]
    block = Markup('<svg class="or-block" width="71" height="17" viewBox="0 0 71 17" {}>{}{}</svg>').format(
        _HIDDEN,
        _definitions([look], prefix),
        Markup('<path d="M1.6 1.6h67.8v13.8h-67.8z"{}/>').format(_paint(look, prefix)),
    )
    return Markup('<div class="or-protected" aria-hidden="true">{}<span>{}: {}</span></div>').format(
        block, part.label, words
    )


def _squares_caption(per_square: int, squares: int, unit: tuple[str, str]) -> str:
    one, many = unit
    if not squares:
        return f"No {many} to draw."
    if per_square == 1:
        return f"One square is one {one}."
    return f"One square is about {per_square:,} {many}. A part that is not empty keeps at least one square."


# --- bars ------------------------------------------------------------------------------------------------


def _shares_with_slivers(counts: Sequence[int], free: float) -> list[float]:
    known = sum(counts)
    if not known:
        return [0.0 for _ in counts]
    plain = [free * count / known for count in counts]
    thin = [0 < share < _SLIVER for share in plain]
    wide = sum(share for share, is_thin in zip(plain, thin, strict=True) if not is_thin)
    left = free - _SLIVER * sum(thin)
    if left <= 0 or wide <= 0:
        return plain
    return [_SLIVER if is_thin else share * left / wide for share, is_thin in zip(plain, thin, strict=True)]


def _sum_if_all_known(parts: Sequence[Part]) -> int | None:
    if any(part.count is None for part in parts):
        return None
    return sum(part.count or 0 for part in parts)


def _segment_svg(segment: Segment, prefix: str, width: int, height: int, base: int | None) -> Markup:
    """Draw one segment in a window of its own, which cuts outlines to their inner half."""
    look = look_of(segment.part)
    start, wide = _number(round(segment.start, 3)), _number(round(segment.width, 3))
    if segment.width * width / 100 < 2 * look.stroke_width + 4:
        body = Markup('<rect y="1" width="100%" height="{}" fill="{}"/>').format(height - 2, look.sliver)
    else:
        body = _framed_rectangle(look, prefix) + _bar_label(segment, look, width, height, base)
    return Markup('<svg x="{}%" width="{}%" height="{}">{}</svg>').format(start, wide, height, body)


def _framed_rectangle(look: Look, prefix: str) -> Markup:
    """Draw the look, and over its edge one pixel of white, so that neighbours never touch."""
    outline = 2 * (look.stroke_width + 1) if look.stroke_width else 0
    clipped = Look(look.fill, look.stroke, outline, look.dashed)
    return Markup(
        '<rect width="100%" height="100%"{}/>'
        '<rect width="100%" height="100%" fill="none" stroke="{}" stroke-width="2"/>'
    ).format(_paint(clipped, prefix), PAPER)


def _bar_label(segment: Segment, look: Look, width: int, height: int, base: int | None) -> Markup:
    count = segment.part.count
    if count is None or not base:
        return Markup("")
    words = f"{_rounded(100 * count, base)}%"
    room = len(words) * _LETTER + 5 + 14  # the words, a per cent sign's extra, and air on both sides
    if segment.width * width / 100 < room:
        return Markup("")
    wide_only = segment.width * _NARROWEST / 100 < room
    backing = Markup("")
    if look.backed:
        backing = Markup('<rect x="6" y="{}" width="{}" height="20" fill="{}"{}/>').format(
            _number(height / 2 - 10), _number(room - 9), PAPER, _wide_class(wide_only)
        )
    return backing + Markup('<text x="9" y="{}" font-size="{}" fill="{}"{}>{}</text>').format(
        _number(height / 2 + 5), _TEXT, look.ink, _wide_class(wide_only), words
    )


def _wide_class(wide_only: bool) -> Markup:
    return Markup(' class="or-wide"') if wide_only else Markup("")


# --- time lines ------------------------------------------------------------------------------------------


def _timeline_axis(first_year: int, last_year: int) -> Markup:
    years = range(first_year, last_year + 1)
    labels = [
        Markup('<text x="{}%" y="15" font-size="{}" fill="{}" text-anchor="middle"{}>{}</text>').format(
            _number(_year_place(year + 0.5, first_year, last_year)),
            _TEXT,
            SOFT,
            _wide_class(bool((year - first_year) % 2)),
            year,
        )
        for year in years
    ]
    return Markup('<svg class="or-timeline__axis" width="100%" height="22" {}>{}</svg>').format(
        _HIDDEN, Markup("").join(labels)
    )


def _timeline_row(operation: Operation, first_year: int, last_year: int) -> Markup:
    when = str(operation.start_year)
    if operation.end_year is None:
        when += ", end not stated"
    elif operation.end_year > operation.start_year:
        when += f" to {operation.end_year}"
    return Markup(
        '<li class="or-timeline__row">'
        '<div class="or-timeline__label"><strong>{}</strong> <span>{}</span></div>'
        '<svg class="or-timeline__bar" width="100%" height="48" {}>{}{}</svg>'
        '<div class="or-timeline__achieved">{}</div></li>'
    ).format(
        operation.label,
        when,
        _HIDDEN,
        _year_lines(first_year, last_year),
        _timeline_bar(operation, first_year, last_year),
        operation.achieved,
    )


def _year_lines(first_year: int, last_year: int) -> Markup:
    places = [_number(_year_place(year, first_year, last_year)) for year in range(first_year, last_year + 2)]
    return Markup("").join(
        Markup('<line x1="{0}%" x2="{0}%" y1="0" y2="100%" stroke="{1}"/>').format(place, "#d5dade") for place in places
    )


def _timeline_bar(operation: Operation, first_year: int, last_year: int) -> Markup:
    colour = FORMAL if operation.formal else OPEN
    start = _year_place(operation.start_year, first_year, last_year)
    known_to = operation.end_year if operation.end_year is not None else operation.start_year
    end = _year_place(min(known_to, last_year) + 1, first_year, last_year)
    drawing = Markup('<rect x="{}%" y="-8" width="{}%" height="16" fill="{}"/>').format(
        _number(start), _number(end - start), colour
    )
    if operation.end_year is None and known_to < last_year:
        drawing += Markup(
            '<line x1="{}%" x2="99%" y1="0" y2="0" stroke="{}" stroke-width="3" stroke-dasharray="3 4"/>'
        ).format(_number(end), colour)
    if operation.end_year is None:
        drawing += Markup(
            '<svg x="100%" width="1" height="1" overflow="visible"><path d="M-12-9l12 9-12 9z" fill="{}"/></svg>'
        ).format(colour)
    # A window without a height of its own hangs the bar on the middle of the row, however high that is.
    return Markup('<svg y="50%" height="1" overflow="visible">{}</svg>').format(drawing)


def _year_place(year: float, first_year: int, last_year: int) -> float:
    return round(100 * (year - first_year) / (last_year + 1 - first_year), 3)


# --- paint -----------------------------------------------------------------------------------------------


def _definitions(looks: Iterable[Look], prefix: str, height: int | None = None) -> Markup:
    """Write each pattern that is used, once, under an id of its own.

    In a bar of a given height a large tile shrinks until a whole number of tiles fills the height.
    """
    names = sorted({look.fill for look in looks} & _PATTERNS.keys())
    if not names:
        return Markup("")
    patterns = [_pattern(name, prefix, height) for name in names]
    return Markup("<defs>{}</defs>").format(Markup("").join(patterns))


def _pattern(name: str, prefix: str, height: int | None) -> Markup:
    tile, drawing = _PATTERNS[name]
    scale = Markup("")
    if height and tile == _PITCH:
        scale = Markup(' patternTransform="scale({})"').format(_number(height / (tile * -(-height // tile))))
    ground = Markup('<rect width="{0}" height="{0}" fill="{1}"/>').format(tile, PAPER)
    return Markup(
        '<pattern id="{0}-{1}" width="{2}" height="{2}" patternUnits="userSpaceOnUse"{3}>{4}{5}</pattern>'
    ).format(prefix, name, tile, scale, ground, Markup(drawing))  # noqa: S704 - a constant of this file


def _paint(look: Look, prefix: str) -> Markup:
    fill = f"url(#{prefix}-{look.fill})" if look.fill in _PATTERNS else look.fill
    paint = Markup(' fill="{}"').format(fill)
    if look.stroke_width:
        paint += Markup(' stroke="{}" stroke-width="{}"').format(look.stroke, _number(look.stroke_width))
    if look.dashed:
        # Two dashes a side of a square, the first half round the corner, so that every corner is closed.
        step = (_SIDE - LOOKS["no_result_stated"].stroke_width) / 2
        dash = 0.6 * step
        paint += Markup(' stroke-dasharray="{} {}" stroke-dashoffset="{}"').format(
            _number(dash), _number(step - dash), _number(dash / 2)
        )
    return paint


def _number(value: float) -> str:
    """Write a number the same way everywhere: at most three decimals, no trailing zeros."""
    return f"{value:.3f}".rstrip("0").rstrip(".")


def _refuse_prefix(prefix: str) -> None:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]*", prefix):
        raise ValueError(f"{prefix!r} cannot begin an id: use a letter, then letters, digits, - or _.")


def _refuse_negative(counts: Iterable[int]) -> None:
    if any(count < 0 for count in counts):
        raise ValueError("A count below zero cannot be drawn.")


def _refuse_years(operations: Sequence[Operation], first_year: int, last_year: int) -> None:
    for operation in operations:
        if not first_year <= operation.start_year <= last_year:
            raise ValueError(f"{operation.label} starts outside the axis, {first_year} to {last_year}.")
        if operation.end_year is not None and operation.end_year < operation.start_year:
            raise ValueError(f"{operation.label} ends before it starts.")

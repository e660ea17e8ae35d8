"""Curves over time as steps, a panel for each outcome, as one SVG that stands alone: plain values in, same bytes out.

The picture has a title and a description for who cannot see it; the same numbers are always to be had as a table.
Lines are told apart by their dashes as well as by their colour, and each is named at its end. Nothing here needs a
script, a font file or a style attribute.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup

from onrecord.look.charts import FORMAL, INK, OPEN, PAPER, SOFT

# Colour, dashes and width of each line: told apart in print without colour too. The warm accent is not among them: it
# is kept for what is missing.
_LINES = (
    (FORMAL, "", 2.4),
    ("#00703c", "9 4", 2.4),
    ("#6f3a8c", "2.5 3", 2.6),
    (OPEN, "12 3 2.5 3", 2.2),
    ("#007a87", "", 1.2),
    (INK, "5 3", 1.2),
)
MOST_LINES = len(_LINES)

_WIDTH, _LEFT, _RIGHT = 760, 60, 170
_PANEL, _TOP, _GAP, _HEAD, _FOOT = 190, 34, 46, 40, 116
_TEXT, _HEADING, _BIG = 14, 15, 17
_DODGE = 4.0  # pixels between the whiskers of two groups at one time
_LETTERS = 17  # of a name at the end of a line
_BEYOND = 1.03  # how much longer the axis is than the last time read off, so that its marks have room
_STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.25)
_MOST_TICKS = 5
_TICKS_APART = 36  # pixels
_BAR = 5  # half the height of the bar at the end of a line, in pixels
_GRID = "#d5dade"
_FONT = "Liberation Sans, Arial, Helvetica, sans-serif"


@dataclass(frozen=True, slots=True)
class Mark:
    """What was read off a curve at a time, as shares from 0 to 1."""

    time: float
    share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Line:
    """One group's curve.

    Attributes:
        label: the group.
        begin: the time at which it begins.
        until: the time until which it holds, or infinity.
        steps: time and share, each time the share changes or more often, in order.
        marks: what was read off.
    """

    label: str
    begin: float
    until: float
    steps: Sequence[tuple[float, float]]
    marks: Sequence[Mark]


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where a panel lies and what its edges stand for."""

    top: float
    horizon: float
    highest: float

    def x(self, time: float) -> float:
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * time / self.horizon

    def y(self, share: float) -> float:
        return self.top + _PANEL * (1 - share / self.highest)


def curve_panels(panels: Mapping[str, Sequence[Line]], at: Sequence[float], level: float = 0.95) -> Markup:
    """Draw curves, a panel for each outcome, all with the same groups in the same order.

    Args:
        panels: outcome to the lines of its groups, at most ``MOST_LINES``.
        at: the times read off; the last one ends the picture.
        level: of the intervals.
    """
    if any(len(lines) > MOST_LINES for lines in panels.values()):
        raise ValueError(f"More than {MOST_LINES} lines cannot be told apart.")
    horizon = _BEYOND * (max(at) or 1.0)
    height = _HEAD + len(panels) * (_TOP + _PANEL + _GAP) - _GAP + _FOOT
    drawn = [
        _panel(
            outcome, lines, at, _Frame(_HEAD + place * (_TOP + _PANEL + _GAP) + _TOP, horizon, _highest(lines, horizon))
        )
        for place, (outcome, lines) in enumerate(panels.items())
    ]
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" width="{0}" height="{1}" viewBox="0 0 {0} {1}" role="img" '
        'aria-labelledby="cohorts-title cohorts-desc" font-family="{2}" fill="{3}">'
        '<title id="cohorts-title">{4}</title><desc id="cohorts-desc">{5}</desc>'
        '<rect width="100%" height="100%" fill="{6}"/>{7}{8}{9}</svg>'
    ).format(
        _WIDTH, height, _FONT, INK, _TITLE, _description(panels), PAPER, _head(), Markup("").join(drawn),
        _foot(height, level),
    ) + Markup("\n")  # fmt: skip


_TITLE = "Share that had ended with each outcome, by time since the beginning"


def _description(panels: Mapping[str, Sequence[Line]]) -> str:
    """The last marks of every line, in a sentence for each outcome."""
    said = []
    for outcome, lines in panels.items():
        ends = [
            f"{line.label} {_percent(line.marks[-1].share)} by {_number(line.marks[-1].time)}"
            if line.marks
            else f"{line.label} no estimate"
            for line in lines
        ]
        said.append(f"{outcome}: {', '.join(ends)}.")
    return " ".join(said)


def _head() -> Markup:
    return _words(_LEFT, 24, _TITLE, _BIG, weight="bold")


def _foot(height: float, level: float) -> Markup:
    lines = (
        "Time since the beginning, in the unit of the data (days, where they are days).",
        f"Cumulative incidence (Aalen-Johansen), with {level * 100:g} % intervals at the times that are marked.",
        "A line ends, with a bar, where its group was last followed. Each panel has its own scale.",
    )
    first = height - 20 * len(lines)
    drawn = [_words(_LEFT, first + 20 * place, line, _TEXT, SOFT) for place, line in enumerate(lines)]
    return Markup("").join(drawn)


def _panel(outcome: str, lines: Sequence[Line], at: Sequence[float], frame: _Frame) -> Markup:
    drawn = [_line(line, place, len(lines), frame) for place, line in enumerate(lines)]
    return Markup("<g>{}{}{}{}</g>").format(
        _words(_LEFT, frame.top - 12, outcome, _HEADING, weight="bold"),
        _axes(at, frame),
        Markup("").join(drawn),
        _names(lines, frame),
    )


def _axes(at: Sequence[float], frame: _Frame) -> Markup:
    step = _step(frame.highest, _STEPS)
    shares = [number * step for number in range(round(frame.highest / step) + 1)]
    right = _WIDTH - _RIGHT
    across = [
        Markup('<path d="M{} {}H{}" stroke="{}" stroke-width="{}"/>{}').format(
            _LEFT,
            _number(frame.y(share)),
            right,
            _GRID if share else INK,
            1,
            _words(_LEFT - 8, frame.y(share) + 4, _percent(share), _TEXT, SOFT, "end"),
        )
        for share in shares
    ]
    bottom = frame.top + _PANEL
    upright = [
        Markup('<path d="M{} {}v5" stroke="{}"/>{}').format(
            _number(frame.x(time)),
            bottom,
            INK,
            _words(frame.x(time), bottom + 21, _number(time), _TEXT, SOFT, "middle"),
        )
        for time in _times(at, frame)
    ]
    return Markup("").join([*across, *upright])


def _line(line: Line, place: int, lines: int, frame: _Frame) -> Markup:
    colour, dashes, width = _LINES[place]
    if not _is_drawn(line, frame):
        return Markup("")
    path = [f"M{_number(frame.x(line.begin))} {_number(frame.y(0))}"]
    level = 0.0
    for time, share in line.steps:
        if time <= min(frame.horizon, line.until) and share != level:
            path.append(f"H{_number(frame.x(time))}V{_number(frame.y(share))}")
            level = share
    path.append(f"H{_number(frame.x(min(line.until, frame.horizon)))}")
    if line.until < frame.horizon:
        path.append(f"m0 {_BAR}v-{2 * _BAR}")
    dashed = Markup(' stroke-dasharray="{}"').format(dashes) if dashes else Markup("")
    drawn = Markup('<path d="{}" fill="none" stroke="{}" stroke-width="{}"{} stroke-linejoin="round"/>').format(
        "".join(path), colour, width, dashed
    )
    shift = (place - (lines - 1) / 2) * _DODGE
    return drawn + Markup("").join(_whisker(mark, shift, colour, frame) for mark in line.marks)


def _whisker(mark: Mark, shift: float, colour: str, frame: _Frame) -> Markup:
    place = _number(frame.x(mark.time) + shift)
    return Markup(
        '<path d="M{0} {1}V{2}" stroke="{3}" stroke-width="1.2"/><circle cx="{0}" cy="{4}" r="2.6" fill="{3}"/>'
    ).format(
        place, _number(frame.y(mark.low)), _number(frame.y(min(mark.high, frame.highest))), colour,
        _number(frame.y(mark.share)),
    )  # fmt: skip


def _names(lines: Sequence[Line], frame: _Frame) -> Markup:
    """The name of each line beside the right edge, with a piece of it; names keep off each other."""
    heights = _apart([frame.y(_at_end(line, frame)) for line in lines], frame)
    drawn = []
    for place, (line, height) in enumerate(zip(lines, heights, strict=True)):
        colour, dashes, width = _LINES[place]
        dashed = Markup(' stroke-dasharray="{}"').format(dashes) if dashes else Markup("")
        drawn.append(
            Markup('<path d="M{} {}h26" stroke="{}" stroke-width="{}"{}/>{}').format(
                _WIDTH - _RIGHT + 8, _number(height), colour, width, dashed,
                _words(_WIDTH - _RIGHT + 40, height + 4, _short(line.label), _TEXT),
            )
        )  # fmt: skip
    return Markup("").join(drawn)


def _apart(heights: Sequence[float], frame: _Frame) -> list[float]:
    """Heights moved as little as makes room for a line of words each, from the highest down and back."""
    room = _TEXT + 4.0
    order = sorted(range(len(heights)), key=lambda place: (heights[place], place))
    moved = list(heights)
    for before, place in pairwise(order):
        moved[place] = max(moved[place], moved[before] + room)
    lowest = frame.top + _PANEL
    for place in reversed(order):
        moved[place] = min(moved[place], lowest)
        lowest = moved[place] - room
    return moved


def _at_end(line: Line, frame: _Frame) -> float:
    shares = [share for time, share in line.steps if time <= min(frame.horizon, line.until)]
    return shares[-1] if shares else 0.0


def _is_drawn(line: Line, frame: _Frame) -> bool:
    return line.begin < min(line.until, frame.horizon)


def _highest(lines: Sequence[Line], horizon: float) -> float:
    """The upper edge of a panel: a whole step above all that is drawn, and never above one."""
    shares = [share for line in lines for time, share in line.steps if time <= horizon]
    reached = max([*shares, *(mark.high for line in lines for mark in line.marks), 0.0])
    step = _step(min(reached, 1.0), _STEPS)
    return min(max(math.ceil(reached / step - 1e-9), 1) * step, 1.0)


def _step(reached: float, steps: Sequence[float]) -> float:
    return next((step for step in steps if reached / step <= _MOST_TICKS), steps[-1])


def _times(at: Sequence[float], frame: _Frame) -> list[float]:
    """The times that get a tick: the beginning, and those read off, later ones first, that run into no other."""
    kept = [0.0]
    for time in sorted(set(at), reverse=True):
        if all(abs(frame.x(each) - frame.x(time)) >= _TICKS_APART for each in kept):
            kept.append(time)
    return kept


def _words(
    x: float, y: float, text: str, size: int, colour: str = INK, anchor: str = "start", weight: str = "normal"
) -> Markup:
    return Markup('<text x="{}" y="{}" font-size="{}" fill="{}" text-anchor="{}" font-weight="{}">{}</text>').format(
        _number(x), _number(y), size, colour, anchor, weight, text
    )


def _short(label: str) -> str:
    return label if len(label) <= _LETTERS else f"{label[: _LETTERS - 1]}…"


def _percent(share: float) -> str:
    return f"{_number(round(100 * share, 1))} %"


def _number(value: float) -> str:
    """Write a number the same way everywhere: at most two decimals, no trailing zeros."""
    return f"{value:.2f}".rstrip("0").rstrip(".") if "." in f"{value:.2f}" else f"{value:.2f}"

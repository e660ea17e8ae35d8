"""The step tables as a page of the documents: a diagram for each strand, and the tables it is drawn from.

Both are made from the lists alone, so that what the page shows is what the engine does. ``tools/draw_steps.py`` writes
them to ``docs/standard``; a test holds the files against this.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from onrecord.look.charts import CLOSED, FORMAL, INK, OPEN, PAPER, SOFT
from onrecord.pathways import safeguarding
from onrecord.standard import codelists

# What an effect of the step table does to a line, in words; the order is that of the drawing.
EFFECTS: Mapping[str, str] = {
    "opens": "opens the line again",
    "withdraws_charge": "opens the line again, before the first hearing",
    "begins": "opens the line again: an assessment runs",
    "transfers": "sends it on: decided once the other body says that it has it",
    "acknowledges": "says that a transfer has come",
    "says_unavailable": "says that nobody can tell: unaccounted",
    "closes": "closes it without a decision",
    "hearing": "a detail of a prosecution",
    "court": "a detail of a prosecution",
    "receipt": "begins it",
    "ends": "ends an assessment",
    "none": "moves nothing",
}
OPEN_WORDS = "live or unaccounted"
# The size of the drawing, in its own units.
WIDTH, LEFT, BOX, GAP, LINE, PAD, LETTERS = 900, 20, 560, 14, 18, 10, 78
RIGHT = 660
COLOURS = {"helped": FORMAL, "formal_action": FORMAL, "open": OPEN, "closed": CLOSED}
DARK = (FORMAL, OPEN)


@dataclass(frozen=True)
class Arrow:
    """One group of steps, and where they put a line: what is drawn in one row."""

    words: str
    to: str
    colour: str


def pages() -> dict[str, str]:
    """Name of a file to what is in it: the page, and a drawing for each strand."""
    return {
        "steps.md": _page(),
        "steps-justice.svg": drawn("The step table of the justice strand", justice()),
        "steps-safeguarding.svg": drawn("The step table of the safeguarding strand", child()),
    }


# ---------------------------------------------------------------- what is drawn


def justice() -> list[Arrow]:
    """The arrows of the justice strand, decisions by rank first."""
    kinds = [row for row in codelists.load("event_kinds") if row["strand"] == "justice"]
    by_rank: dict[int, dict[str, list[str]]] = {}
    for row in codelists.load("outcomes"):
        schemes = by_rank.setdefault(codelists.rank_of(row["standing"]), {})
        schemes.setdefault(row["scheme"], []).append(row["code"])
    arrows = [
        Arrow(_schemes(by_rank[each.rank]), each.label, COLOURS[each.merge_1])
        for each in codelists.standings()
        if each.rank in by_rank
    ]
    return arrows + _others((row["effect"], row["label"], row["activity"]) for row in kinds)


def _schemes(codes: Mapping[str, Iterable[str]]) -> str:
    labels = codelists.labels("outcome_schemes", "code")
    return "; ".join(f"{labels[scheme]}: {', '.join(found)}" for scheme, found in codes.items())


def child() -> list[Arrow]:
    """The arrows of the safeguarding strand."""
    rows = codelists.load("safeguarding_steps")
    arrows = [
        Arrow(_once(row["label"] for row in rows if row["standing"] == each.key), each.label, COLOURS[each.merge_1])
        for each in safeguarding.standings()
        if any(row["standing"] == each.key for row in rows)
    ]
    undecided = [row for row in rows if not row["standing"]]
    return arrows + _others((row["effect"], row["label"], row["activity"]) for row in undecided)


def _others(rows: Iterable[tuple[str, str, str]]) -> list[Arrow]:
    """What decides nothing, an effect a row; what moves nothing is told apart by whether it is a sign of life."""
    found: dict[tuple[str, str], list[str]] = {}
    for effect, label, activity in rows:
        if effect in EFFECTS:
            to = EFFECTS[effect]
            if effect == "none":
                to = "a sign of life: live within the window" if activity == "1" else to
            found.setdefault((effect, to), []).append(label)
    order = list(EFFECTS)
    return [
        Arrow(_once(labels), to, OPEN if effect in ("opens", "withdraws_charge", "begins") else PAPER)
        for (effect, to), labels in sorted(found.items(), key=lambda each: (order.index(each[0][0]), each[0][1]))
    ]


def _once(labels: Iterable[str]) -> str:
    """Labels in their order, each once: an assessment and an event may tell the same step."""
    return "; ".join(dict.fromkeys(labels))


# ---------------------------------------------------------------- the drawing


def drawn(title: str, arrows: Sequence[Arrow]) -> str:
    """The arrows as an SVG: what happens on the left, where it puts a line on the right. The same bytes every time."""
    parts, top = [], 50
    for arrow in arrows:
        lines, to = textwrap.wrap(arrow.words, LETTERS), textwrap.wrap(arrow.to, 28)
        height = max(len(lines), len(to)) * LINE + 2 * PAD
        parts.append(_row(arrow, lines, to, top, height))
        top += height + GAP
    said = f"A line that nothing has decided is {OPEN_WORDS}. The same, as tables, stands on the page."
    head = Markup('<text x="{}" y="30" font-size="18" font-weight="bold" fill="{}">{}</text>').format(LEFT, INK, title)
    return str(
        Markup(
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0} {1}" role="img" font-family="sans-serif" '
            'font-size="14"><title>{2}</title><desc>{3}</desc><rect width="{0}" height="{1}" fill="{4}"/>{5}{6}</svg>\n'
        ).format(WIDTH, top, title, said, PAPER, head, Markup("\n").join(parts))
    )


def _row(arrow: Arrow, lines: Sequence[str], to: Sequence[str], top: int, height: int) -> Markup:
    middle = top + height // 2
    tip = RIGHT - 4
    ink = PAPER if arrow.colour in DARK else INK
    box = Markup('<rect x="{}" y="{}" width="{}" height="{}" rx="4" fill="{}" stroke="{}"/>')
    return (
        box.format(LEFT, top, BOX, height, PAPER, SOFT)
        + _lines(lines, LEFT + PAD, top, height, INK)
        + Markup('<path d="M{0} {1}H{2}M{3} {4}L{2} {1}L{3} {5}" fill="none" stroke="{6}" stroke-width="2"/>').format(
            LEFT + BOX, middle, tip, tip - 8, middle - 6, middle + 6, INK
        )
        + box.format(RIGHT, top, WIDTH - RIGHT - LEFT, height, arrow.colour, SOFT)
        + _lines(to, RIGHT + PAD, top, height, ink)
    )


def _lines(lines: Sequence[str], x: int, top: int, height: int, ink: str) -> Markup:
    first = top + (height - len(lines) * LINE) // 2 + LINE - 5
    made = [
        Markup('<text x="{}" y="{}" fill="{}">{}</text>').format(x, first + number * LINE, ink, line)
        for number, line in enumerate(lines)
    ]
    return Markup("").join(made)


# ---------------------------------------------------------------- the page


def _page() -> str:
    kinds = [
        [row["kind"], row["strand"], _effect(row["effect"]), "yes" if row["activity"] == "1" else "no", row["note"]]
        for row in codelists.load("event_kinds")
    ]
    labels = {each.key: each.label for each in codelists.standings()}
    outcomes = [
        [row["scheme"], row["code"], row["label"], labels[row["standing"]], row["verified"]]
        for row in codelists.load("outcomes")
    ]
    own = {each.key: each.label for each in safeguarding.standings()}
    child_steps = [
        [row["label"], own.get(row["standing"]) or _effect(row["effect"]), "yes" if row["activity"] == "1" else "no"]
        for row in codelists.load("safeguarding_steps")
    ]
    return "\n".join(
        [
            "# The steps",
            "",
            "What each step does to a line. Made by `tools/draw_steps.py` from the code lists, not by hand.",
            "",
            "## Justice",
            "",
            "![The step table of the justice strand](steps-justice.svg)",
            "",
            *_table(["kind of event", "strand", "what it does in the justice strand", "sign of life", "note"], kinds),
            "",
            *_table(["scheme", "code", "outcome", "standing", "verified"], outcomes),
            "",
            "## Safeguarding",
            "",
            "![The step table of the safeguarding strand](steps-safeguarding.svg)",
            "",
            *_table(["step", "what it does", "sign of life"], child_steps),
            "",
        ]
    )


def _effect(effect: str) -> str:
    return "decides, by its outcome" if effect == "by_outcome" else EFFECTS[effect]


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [head, ["---"] * len(head), *rows]
    return [f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines]

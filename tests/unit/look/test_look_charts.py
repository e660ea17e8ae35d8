"""The pictures: nothing lost in rounding, nothing against the page policy, the same bytes each time."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onrecord.look import charts
from onrecord.look.charts import LOOKS, MERGED_LOOKS, MOST_SQUARES, Operation, Part

COUNTS = st.lists(st.integers(0, 3_000_000), min_size=1, max_size=10)
OPTIONAL_COUNTS = st.lists(st.none() | st.integers(0, 50_000), min_size=1, max_size=10)
KEYS = list(LOOKS)


def parts(*counts: int | None) -> list[Part]:
    return [Part(KEYS[place % len(KEYS)], f"label {place}", count) for place, count in enumerate(counts)]


def squares_drawn(svg: str) -> int:
    """Each square of a drawing is one sub-path that closes outside the pattern definitions."""
    return re.sub(r"<defs>.*?</defs>", "", svg).count("z")


def as_xml(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(f"<div>{svg}</div>")


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, as WCAG 2 defines it."""

    def luminance(colour: str) -> float:
        channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@given(COUNTS)
def test_squares_add_up_and_no_part_vanishes(counts: list[int]) -> None:
    per_square, squares = charts.squares_per_part(counts)
    rounded = (2 * sum(counts) + per_square) // (2 * per_square)
    assert sum(squares) == max(rounded, sum(count > 0 for count in counts))
    assert sum(squares) <= MOST_SQUARES
    assert all((count > 0) == (square > 0) for count, square in zip(counts, squares, strict=True))
    if per_square == 1:
        assert squares == counts


@given(COUNTS)
def test_a_square_stands_for_no_more_than_it_must(counts: list[int]) -> None:
    per_square, _ = charts.squares_per_part(counts)
    assert per_square == 1 or (20 * sum(counts) + per_square) // (2 * per_square) > MOST_SQUARES


@pytest.mark.parametrize(("total", "per_square"), [(400, 1), (401, 10), (4004, 10), (4005, 100), (12062, 100)])
def test_what_a_square_stands_for(total: int, per_square: int) -> None:
    assert charts.squares_per_part([total])[0] == per_square


def test_squares_of_rotherham() -> None:
    squares = charts.ledger_squares(parts(9, 2, 7, 32, 107), prefix="a")
    assert squares.per_square == 1
    assert squares.caption == "One square is one report."
    assert squares_drawn(squares.svg) == 157


def test_squares_of_a_large_ledger_say_what_they_stand_for() -> None:
    squares = charts.ledger_squares(parts(1032, 306, 3), prefix="a", unit=("crime", "crimes"))
    assert squares.caption.startswith("One square is about 10 crimes.")
    assert squares_drawn(squares.svg) == 134


def test_a_protected_part_draws_a_block_and_no_squares() -> None:
    squares = charts.ledger_squares(parts(9, None, 7), prefix="a")
    assert "label 1: 1 to 5, protected" in squares.svg
    assert squares_drawn(squares.svg) == 9 + 7 + 1
    assert squares.svg == charts.ledger_squares(parts(9, None, 7), prefix="a").svg


def test_nothing_to_draw() -> None:
    assert charts.ledger_squares(parts(0, 0), prefix="a").svg == ""
    assert charts.ledger_squares([], prefix="a").caption == "No reports to draw."
    assert charts.bar_segments(parts(0, 0)) == []


@given(OPTIONAL_COUNTS, st.none() | st.integers(1, 600_000))
def test_segments_touch_and_fill_their_share(counts: list[int | None], widest: int | None) -> None:
    known = sum(count or 0 for count in counts)
    segments = charts.bar_segments(parts(*counts), widest=widest)
    edge = 0.0
    for segment in segments:
        assert segment.start == pytest.approx(edge)
        assert segment.width > 0 or None in counts
        edge += segment.width
    if known and None not in counts:
        assert edge == pytest.approx(100 * min(known / widest, 1) if widest else 100)


@given(OPTIONAL_COUNTS)
def test_every_part_that_is_not_empty_has_a_segment(counts: list[int | None]) -> None:
    segments = charts.bar_segments(parts(*counts))
    assert [segment.part.count for segment in segments] == [count for count in counts if count != 0]


def test_a_sliver_stays_visible() -> None:
    slight = charts.bar_segments(parts(2, 15637))[0]
    assert slight.width == pytest.approx(0.35)


def test_a_protected_part_has_one_width_whatever_surrounds_it() -> None:
    widths = {
        segment.width
        for known in (1, 60, 9000)
        for segment in charts.bar_segments(parts(known, None, 3))
        if segment.part.count is None
    }
    assert len(widths) == 1


def test_a_bar_with_a_protected_part_shows_percentages_only_of_a_given_total() -> None:
    assert "%</text>" not in charts.stacked_bar(parts(50, None, 50), prefix="a")
    assert "50%</text>" in charts.stacked_bar(parts(50, None, 50), prefix="a", total=101)


def test_percentages_stand_only_where_there_is_room() -> None:
    bar = charts.stacked_bar(parts(3, 97), prefix="a")
    assert "97%</text>" in bar
    assert "3%</text>" not in bar.replace("97%</text>", "")


def test_words_on_a_pattern_have_a_white_ground() -> None:
    bar = charts.stacked_bar([Part("live", "live", 10)], prefix="a")
    assert re.search(r'<rect [^>]*height="20" fill="#ffffff"/><text', bar)


@given(OPTIONAL_COUNTS)
def test_drawings_are_well_formed_and_the_same_each_time(counts: list[int | None]) -> None:
    for draw in (charts.stacked_bar, charts.legend):
        first = draw(parts(*counts), prefix="a")
        assert first == draw(parts(*counts), prefix="a")
        as_xml(first)
    as_xml(charts.ledger_squares(parts(*counts), prefix="a").svg)


def all_drawings() -> str:
    every = [*parts(*range(40, 40 + len(KEYS))), Part("live", "hidden", None)]
    operations = [Operation("Central", 2008, 2010, "convictions", formal=True), ("Czar", 2009, None, "none")]
    return (
        charts.ledger_squares(every, prefix="a").svg
        + charts.stacked_bar(every, prefix="b")
        + charts.legend(every, prefix="c")
        + charts.timeline(operations, prefix="d")
    )


def test_drawings_keep_the_page_policy() -> None:
    drawn = all_drawings()
    assert "style=" not in drawn
    assert "http" not in drawn
    assert set(re.findall(r"url\((.)", drawn)) == {"#"}
    drawings = [element for element in as_xml(drawn).iter("svg") if element.get("width") != "1"]
    outer = re.findall(r'<svg class="[^>]*>', drawn)
    assert drawings
    assert all('aria-hidden="true" focusable="false"' in tag for tag in outer)
    assert all(int(size) >= 14 for size in re.findall(r'font-size="(\d+)"', drawn))


def test_ids_are_unique_and_every_pattern_is_defined() -> None:
    drawn = all_drawings()
    ids = re.findall(r' id="([^"]+)"', drawn)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r"url\(#([^)]+)\)", drawn)) <= set(ids)


def test_labels_are_escaped() -> None:
    part = Part("live", "<b>&", None)
    assert "<b>" not in charts.legend([part], prefix="a") + charts.ledger_squares([part], prefix="a").svg
    assert "<b>" not in charts.timeline([("<b>", 2008, 2009, "<b>")], prefix="a")


def test_every_standing_has_a_look_of_its_own() -> None:
    looks = [(look.fill, look.stroke, look.dashed) for look in LOOKS.values()]
    assert len(set(looks)) == len(looks)
    assert set(MERGED_LOOKS.values()) <= LOOKS.keys()
    assert list(LOOKS)[:8] == [
        *("prosecuted", "out_of_court", "diverted", "live"),
        *("unaccounted", "transferred", "no_further_action", "not_a_crime"),
    ]


def test_the_warm_accent_is_kept_for_what_is_missing() -> None:
    warm = {key for key, look in LOOKS.items() if charts.ACCENT in (look.fill, look.stroke, look.sliver)}
    assert warm == {"unaccounted", "no_result_stated"}


def test_contrast() -> None:
    for look in LOOKS.values():
        ground = charts.PAPER if look.backed else look.fill
        assert contrast(look.ink, ground) >= 4.5
        edge = look.stroke if look.stroke_width else look.fill
        assert contrast(edge, charts.PAPER) >= 3
    assert min(contrast(colour, charts.PAPER) for colour in (charts.SOFT, charts.ACCENT, charts.FORMAL)) >= 4.5


def test_a_merged_standing_wears_its_first_member_or_what_it_is_given() -> None:
    assert charts.look_of(Part("formal_action", "", 1)) == LOOKS["prosecuted"]
    assert charts.look_of(Part("anything", "", 1, look="closed")) == LOOKS["transferred"]
    assert charts.look_of(Part("prosecuted", "", None)) == LOOKS["protected"]


def test_an_end_that_was_not_stated_is_said_in_words() -> None:
    drawn = charts.timeline(
        [
            ("Czar", 2009, None, ""),
            ("Last", 2014, None, ""),
            ("Short", 2010, 2010, ""),
            ("Long", 2008, 2010, ""),
        ],
        prefix="a",
    )
    words = ["2009, end not stated", "2014, end not stated", ">2010</span>", ">2008 to 2010</span>"]
    assert all(word in drawn for word in words)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: charts.stacked_bar(parts(1), prefix="1 a"),
        lambda: charts.stacked_bar([Part("unheard_of", "", 1)], prefix="a"),
        lambda: charts.ledger_squares(parts(-1), prefix="a"),
        lambda: charts.bar_segments(parts(-1)),
        lambda: charts.timeline([("a", 1999, 2001, "")], prefix="a"),
        lambda: charts.timeline([("a", 2010, 2009, "")], prefix="a"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_a_sentence(wrong: object) -> None:
    with pytest.raises(ValueError, match=r"\w+ \w+.*\."):
        wrong()  # type: ignore[operator]

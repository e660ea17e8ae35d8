"""The curves: lines that can be told apart, inside their panels, with words for who cannot see them."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onrecord.look import charts
from onrecord.look.curves import _LINES, MOST_LINES, Line, Mark, curve_panels
from tests.unit.look.test_look_charts import contrast

SVG = "{http://www.w3.org/2000/svg}"
INFINITE = float("inf")


def line(label: str = "2019", share: float = 0.2, begin: float = 0.0, until: float = INFINITE) -> Line:
    steps = [(10.0, share / 2), (60.0, share)]
    return Line(label, begin, until, steps, [Mark(90.0, share, share * 0.6, min(share * 1.6, 1.0))])


def drawn(*lines: Line, outcome: str = "charged") -> ElementTree.Element:
    return ElementTree.fromstring(curve_panels({outcome: lines}, [30.0, 90.0]))


def texts(root: ElementTree.Element) -> list[str]:
    return [str(element.text) for element in root.iter(f"{SVG}text")]


def test_a_panel_for_each_outcome_and_a_name_for_each_line() -> None:
    root = ElementTree.fromstring(curve_panels({"charged": [line()], "closed": [line("2020")]}, [90.0]))
    assert len(root.findall(f"{SVG}g")) == 2
    assert {"charged", "closed", "2019", "2020", "90", "0 %"} <= set(texts(root))


def test_the_description_says_where_every_line_comes_to() -> None:
    root = drawn(line(), Line("2023", 0.0, 40.0, [], []))
    description = root.find(f"{SVG}desc")
    assert description is not None
    assert description.text == "charged: 2019 20 % by 90, 2023 no estimate."
    assert root.get("role") == "img"
    ids = {element.get("id") for element in root.iter() if element.get("id")}
    assert set(str(root.get("aria-labelledby")).split()) == ids


def test_a_line_ends_with_a_bar_where_its_group_was_last_followed() -> None:
    whole, cut = (curve_panels({"charged": [line(until=until)]}, [90.0]) for until in (INFINITE, 50.0))
    assert "v-10" not in whole
    assert "v-10" in cut
    # What happened afterwards is not drawn, nor a curve that had not begun.
    assert cut.count("V") < whole.count("V")
    assert "stroke-linejoin" not in curve_panels({"charged": [line(begin=200.0)]}, [90.0])


def test_drawings_keep_the_page_policy() -> None:
    svg = curve_panels({"<b>&": [line(label="<i>", share=1.0)] * MOST_LINES}, [0.0, 30.0, 90.0])
    assert "style=" not in svg
    assert "<script" not in svg
    assert "<b>" not in svg
    assert svg == curve_panels({"<b>&": [line(label="<i>", share=1.0)] * MOST_LINES}, [0.0, 30.0, 90.0])
    assert all(int(size) >= 14 for size in re.findall(r'font-size="(\d+)"', svg))


def test_every_line_can_be_told_from_every_other_and_from_the_paper() -> None:
    assert len({(dashes, width) for _, dashes, width in _LINES}) == len(_LINES) == MOST_LINES
    assert all(contrast(colour, charts.PAPER) >= 4.5 for colour, _, _ in _LINES)
    # The warm accent is kept for what is missing.
    assert charts.ACCENT not in {colour for colour, _, _ in _LINES}


@given(st.lists(st.floats(0, 1), min_size=1, max_size=MOST_LINES))
def test_all_stays_inside_the_picture_and_names_keep_off_each_other(shares: list[float]) -> None:
    root = drawn(*[line(str(place), share) for place, share in enumerate(shares)])
    height = float(str(root.get("height")))
    heights = [float(each) for path in root.iter(f"{SVG}path") for each in re.findall(r"V([\d.]+)", str(path.get("d")))]
    assert all(0 <= each <= height for each in heights)
    names = {str(element.text): float(str(element.get("y"))) for element in root.iter(f"{SVG}text")}
    ends = sorted(names[str(place)] for place in range(len(shares)) if str(place) in names)
    assert all(later - earlier >= 14 for earlier, later in pairwise(ends))


def test_times_that_would_run_into_each_other_lose_their_tick() -> None:
    root = ElementTree.fromstring(curve_panels({"charged": [line()]}, [1.0, 2.0, 300.0, 365.0]))
    assert {"0", "300", "365"} <= set(texts(root))
    assert not {"1", "2"} & set(texts(root))


def test_a_long_name_is_cut_short() -> None:
    assert "a very long name…" in texts(drawn(line("a very long name of a place")))


def test_more_lines_than_can_be_told_apart() -> None:
    with pytest.raises(ValueError, match="cannot be told apart"):
        drawn(*[line(str(place)) for place in range(MOST_LINES + 1)])

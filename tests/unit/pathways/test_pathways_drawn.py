"""The step tables draw themselves: what is committed is what the lists give, and nothing of them is left out."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree

from onrecord.pathways import safeguarding
from onrecord.pathways.drawn import EFFECTS, child, justice, pages
from onrecord.standard import codelists


@pytest.mark.parametrize("name", sorted(pages()))
def test_what_is_committed_is_what_the_lists_give(name: str, project: Path) -> None:
    """After a change of a list: python tools/draw_steps.py."""
    assert (project / "docs" / "standard" / name).read_text(encoding="utf-8") == pages()[name]


def test_every_kind_outcome_and_step_is_drawn() -> None:
    words = " ".join(arrow.words for arrow in justice())
    for row in codelists.load("event_kinds"):
        if row["strand"] == "justice" and row["effect"] != "by_outcome":
            assert row["label"] in words
    assert all(row["code"] in words for row in codelists.load("outcomes"))
    assert all(
        row["label"] in " ".join(arrow.words for arrow in child()) for row in codelists.load("safeguarding_steps")
    )


def test_every_standing_that_a_step_decides_is_drawn() -> None:
    decided = {row["standing"] for row in codelists.load("outcomes")}
    labels = {each.key: each.label for each in codelists.standings()}
    assert {labels[key] for key in decided} <= {arrow.to for arrow in justice()}
    own = {each.key: each.label for each in safeguarding.standings()}
    assert {own[key] for key in own if key not in ("live", "unaccounted")} <= {arrow.to for arrow in child()}


def test_every_effect_has_its_words() -> None:
    effects = {row["effect"] for name in ("event_kinds", "safeguarding_steps") for row in codelists.load(name)}
    assert effects - {"by_outcome", "decides"} == set(EFFECTS)


@pytest.mark.parametrize("name", [name for name in pages() if name.endswith(".svg")])
def test_a_drawing_says_what_it_is_and_asks_for_nothing(name: str) -> None:
    tree = etree.fromstring(pages()[name].encode())
    assert tree.find("{*}title").text.startswith("The step table")
    assert not tree.xpath("//*[local-name()='script' or local-name()='image' or local-name()='style']")
    width, height = map(int, tree.get("viewBox").split()[2:])
    for text in tree.iter("{*}text"):
        # Eight units a letter are more than a sans-serif letter of this size takes on average.
        assert int(text.get("x")) + 7.2 * len(text.text) < width + 20
        assert int(text.get("y")) < height

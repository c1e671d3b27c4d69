"""Phrases for two sides, and for the places where they differ."""

from __future__ import annotations

import pytest
from comparisons import of

from resnet_inspect.analysis.comparison.difference import Entry
from resnet_inspect.views.words.comparison.sides import (
    against,
    grouped,
    listed,
    of_sides,
    part_label,
)


def test_a_side_that_has_none_says_so() -> None:
    assert against("a", "b") == "a against b"
    assert (against("", "b"), against("a", "")) == ("none against b", "a against none")


@pytest.mark.parametrize(
    ("words", "said"),
    [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (list("abc"), "a, b and c")],
)
def test_words_as_a_list(words: list[str], said: str) -> None:
    assert listed(iter(words)) == said


def test_remarks_that_both_have_stand_once_and_first() -> None:
    assert of_sides(["a", "b"], ["c", "a"]) == ["both: a", "left: b", "right: c"]


def test_places_with_the_same_words_stand_together() -> None:
    pairs = [("×2", "2"), ("÷2", "1"), ("×2", "3")]
    assert grouped(pairs) == ["stages 2 and 3: ×2", "stage 1: ÷2"]
    blocks = [("wider", f"layer1.{n}") for n in range(4)]
    assert grouped(blocks[:2]) == ["layer1.0 and layer1.1: wider"]
    assert grouped(blocks) == ["layer1.0, layer1.1, layer1.2 and layer1.3: wider"]
    assert grouped([*blocks, ("wider", "layer2.0")]) == ["5 blocks: wider"]


def test_a_part_is_called_by_its_stage_its_end_or_its_path() -> None:
    found = of("resnet34", "resnet50")
    assert [part_label(found, section) for section in found.sections] == [
        "the stem", "stage 1", "stage 2", "stage 3", "stage 4", "the head",
    ]  # fmt: skip
    alone = next(e for e in found.entries if e.left is None)
    assert part_label(found, alone).startswith("layer1.0.")
    both = next(e for e in found.entries if isinstance(e, Entry) and e.left is not None)
    assert part_label(found, both) == "conv1"

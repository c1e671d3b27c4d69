"""One change of a step or a section, in words."""

from __future__ import annotations

import pytest
from comparisons import of
from saved import conv, window

from resnet_inspect.analysis.comparison.difference import Change, Entry, Section
from resnet_inspect.analysis.counts.amounts import Amounts
from resnet_inspect.analysis.structure.net_effect import Factor
from resnet_inspect.traces.ops import Activate
from resnet_inspect.views.words.comparison.changes import (
    change_text,
    entry_note,
    section_note,
    value_text,
)


@pytest.mark.parametrize(
    ("part", "value", "written"),
    [
        ("op", Activate("relu"), "relu"),
        ("planes", Factor(1, 2), "×2"),
        ("planes", None, "?"),
        ("dimensions", (Factor(1, 1), Factor(2, 1)), "×1, ÷2"),
        ("failure", None, "complete"),
        ("failure", "ValueError: no", "ValueError: no"),
        ("kernel_size", (3, 3), "3×3"),
        ("stride", (2, 2), "2"),  # the same in every dimension
        ("stride", (1, 2), "1×2"),
        ("output_size", (None, 7), "any×7"),
        ("output_size", (), "nothing"),
        ("input_shape", ((1, 3, 8, 8),), "1×3×8×8"),
        ("input_shape", ((1, 4), (1, 4)), "1×4"),  # two terms of one shape
        ("output_shape", (), "nothing"),
        ("takes", ("a", "b", "a"), "a, b"),
        ("bias", True, "yes"),
        ("parameters", 12_345, "12,345"),
        ("border", "", "none"),
        ("macs", None, "none"),
    ],
)
def test_one_side_of_a_change(part: str, value: object, written: str) -> None:
    assert value_text(part, value) == written


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (Change("stride", (2, 2), (1, 1)), "stride 2 against 1"),
        (Change("in_channels", 64, 128), "in channels 64 against 128"),
        (Change("op", Activate("relu"), Activate("gelu")), "relu against gelu"),
        (Change("failure", None, "E: no"), "forward pass: complete against E: no"),
    ],
)
def test_from_what_to_what(change: Change, said: str) -> None:
    assert change_text(change) == said


def test_ops_of_one_name_are_told_by_all_that_they_are() -> None:
    ops = conv(3, 8, window(3)), conv(3, 16, window(3))
    said = change_text(Change("op", *ops), "→")
    left, _, right = said.partition(" → ")
    assert left != right
    assert "8" in left
    assert "16" in right


def entry(kind: str, *changes: Change) -> Entry:
    return Entry(kind, "", 1, 1, changes, Amounts(), Amounts())  # type: ignore[arg-type]


def test_the_note_of_a_step_has_its_own_changes_alone() -> None:
    own, follows = Change("stride", (1, 1), (2, 2)), Change("macs", 2, 1, follows=True)
    assert entry_note(entry("changed", own, follows)) == "stride 1 → 2"
    assert entry_note(entry("changed", follows)) == "follows what it takes"
    assert entry_note(entry("same")) == ""
    assert entry_note(entry("only left")) == "only left"


def notes(left: str, right: str) -> dict[str, str]:
    """The notes of stages and blocks by their role and number, or by their path."""
    found: dict[str, str] = {}

    def add(section: Section) -> None:
        part = section.left or section.right
        assert part is not None
        key = part.path if section.role == "block" else f"{section.role} {section.number}"
        found[key] = section_note(section)
        for inner in section.sections:
            add(inner)

    for section in of(left, right).sections:
        add(section)
    return found


def test_the_notes_of_stages_and_blocks() -> None:
    found = notes("resnet34", "resnet50")
    assert found["stem 0"] == ""
    assert found["stage 1"] == "3 blocks, planes unchanged → ×4"
    assert found["stage 2"] == "4 blocks, planes ×2, dimensions ÷2"
    assert found["layer1.0"] == "basic → bottleneck, identity → projection shortcut"
    assert found["layer1.1"] == "basic → bottleneck, identity shortcut"
    deeper = notes("resnet18", "resnet34")
    assert deeper["stage 3"] == "2 → 6 blocks, planes ×2, dimensions ÷2"
    assert deeper["layer3.5"] == "only right: identity shortcut"

"""Long networks are aligned with few comparisons."""

from __future__ import annotations

import pytest
from comparisons import check, check_mirror, plain
from saved import ByHand, conv, window

from resnet_inspect.analysis.comparison import alignment, pairing
from resnet_inspect.analysis.comparison.difference import Section
from resnet_inspect.analysis.comparison.networks import compare
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.ops import Activate, Elementwise, Norm


def residual(blocks: int, *, width: int = 16, odd: int | None = None) -> Survey:
    """Blocks of three convolutions with norms; `odd` is the place of one with wider windows."""
    hand = ByHand()
    x = hand.step("stem", conv(3, width, window(3, 1, 1)), hand.input(1, 3, 8, 8), (1, width, 8, 8))
    for i in range(blocks):
        y = x
        for j in range(1, 4):
            wide = window(5, 1, 2) if i == odd else window(3, 1, 1)
            y = hand.step(f"layer.{i}.conv{j}", conv(width, width, wide), y)
            y = hand.step(f"layer.{i}.norm{j}", Norm("batch", width), y)
            y = hand.step(f"layer.{i}.relu{j}", Activate("relu"), y)
        x = hand.step(f"layer.{i}:add", Elementwise("add"), (x, y))
    return Survey(hand.trace(x))


@pytest.fixture
def costs(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How often steps or blocks were weighed against each other, as the only element."""
    counted = [0]
    for name in ("step_cost", "block_cost"):
        weigh = getattr(alignment, name)

        def counting(a: object, b: object, weigh: object = weigh) -> object:
            counted[0] += 1
            return weigh(a, b)  # type: ignore[operator]

        monkeypatch.setattr(pairing, name, counting)
    return counted


def test_one_block_among_a_hundred_is_found_with_few_comparisons(costs: list[int]) -> None:
    found = compare(residual(100), residual(101, odd=40))
    (edit,) = found.edits
    assert isinstance(edit, Section)
    assert edit.right is not None
    assert edit.right.path == "layer.40:add"
    assert costs[0] < 20_000


def test_a_thousand_layers_take_few_comparisons(costs: list[int]) -> None:
    narrow = plain([(4, 3)] * 1000)
    for other, edits in (
        (plain([(8, 3)] * 1000), 1000),
        (plain([*[(4, 3)] * 500, (4, 5), *[(4, 3)] * 500]), 1),
        (plain([(8, k) for k in (1, 3, 5, 7, 9) * 200]), 1000),
    ):
        costs[0] = 0
        found = compare(narrow, other)
        check(found)
        assert len(found.edits) == edits
        assert costs[0] <= 100_000
        check_mirror(narrow, other)

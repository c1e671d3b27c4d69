"""Where a call is in blocks and stages that are written down."""

from __future__ import annotations

from dataclasses import replace

from resnet_inspect.analysis.structure.residual.parts import Anatomy, Block, Stage


def block(first: int, last: int, **more: object) -> Block:
    """A block of these calls whose last is its add."""
    made = Block(
        "basic", "identity", f"b{first}", first, last, 0, 0, 1, tuple(range(first + 1, last)), (),
        False, first, last,
    )  # fmt: skip
    return replace(made, **more)  # type: ignore[arg-type]


def test_a_zero_padded_identity_says_so() -> None:
    assert block(1, 4).shortcut_name == "identity"
    assert block(1, 4, zero_padded=True).shortcut_name == "zero-padded identity"
    assert block(1, 4, shortcut="projection").shortcut_name == "projection"


def test_a_call_belongs_to_the_sum_that_has_it_else_to_the_next() -> None:
    first, second = block(1, 4), replace(block(6, 9), bypass=(5,))
    whole = block(1, 9, sums=(first, second))
    assert whole.parts == (first, second)
    assert [whole.part_at(call) for call in (2, 4, 5, 7, 9)] == [
        first, first, second, second, second,
    ]  # fmt: skip
    assert whole.part_at(1) == first  # no step of either: the first that ends behind it
    assert whole.part_at(12) == second
    assert first.parts == (first,)
    assert first.part_at(99) == first


def test_a_block_is_found_in_whichever_run_and_nothing_between_blocks() -> None:
    one, again = block(2, 5), block(20, 23)
    shared = replace(one, again=(again,))
    stage = Stage(1, "", None, (shared, block(8, 11)), 1, 12, 0, 1)
    stage = replace(stage, again=(replace(stage, first=19, last=24),))
    assert (shared.runs, shared.every_run, stage.runs) == (2, (shared, again), 2)
    found = {call: stage.block_at(call) for call in (1, 2, 5, 6, 7, 8, 11, 12, 21)}
    assert [call for call, inside in found.items() if inside is None] == [1, 6, 7, 12]
    assert found[5] == shared
    assert found[21] == again
    assert [call for call in (0, 1, 12, 13, 18, 19, 24, 25) if stage.holds(call)] == [1, 12, 19, 24]


def test_before_the_first_stage_is_the_stem_and_after_the_last_the_head() -> None:
    stages = (
        Stage(1, "layer1", 3, (block(4, 7),), 3, 7, 0, 1),
        Stage(2, "layer2", 8, (block(9, 12), block(13, 16)), 8, 16, 1, 2),
    )
    anatomy = Anatomy(stages)
    assert anatomy.body == (3, 16)
    assert [one.first for one in anatomy.blocks] == [4, 9, 13]
    assert [anatomy.stage_at(call) for call in (2, 3, 8, 16, 17)] == [
        None, stages[0], stages[1], stages[1], None,
    ]  # fmt: skip
    assert Anatomy(()).body is None

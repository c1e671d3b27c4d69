"""Which block a call is in, and what a block is called."""

from __future__ import annotations

from resnet_inspect.analysis.structure.anatomy import Block
from resnet_inspect.analysis.structure.survey import Survey


def around(survey: Survey, call: int) -> Block | None:
    """The block that the call with this index is in."""
    stage = survey.anatomy.stage_at(call)
    return None if stage is None else stage.block_at(call)


def name(survey: Survey, block: Block) -> str:
    """The path of a block; its number where no module holds it alone."""
    if block.call is not None:
        return block.path
    adds = [[part.add for run in b.every_run for part in run.parts] for b in survey.anatomy.blocks]
    return f"block {next(n for n, own in enumerate(adds, start=1) if block.add in own)}"

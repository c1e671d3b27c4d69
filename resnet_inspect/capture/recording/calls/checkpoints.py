"""Which `torch.utils.checkpoint` a call is run in: it is seen in the frames below its caller."""

from __future__ import annotations

import inspect
import sys
from types import FrameType

from torch import nn
from torch.utils import checkpoint

from resnet_inspect.traces.model import Checkpoint

_CALL = nn.Module._call_impl.__code__
"""What runs when a module is called."""

_REENTRANT = checkpoint.CheckpointFunction.forward.__code__
_PLAIN = inspect.unwrap(getattr(checkpoint, "_checkpoint_impl", checkpoint.checkpoint)).__code__
"""What runs a function under a checkpoint of either kind; both are run by the second."""

Begun = tuple[tuple[FrameType, Checkpoint], ...]
"""The checkpoints between two calls, the outermost first, with the frame that runs each.

A frame is held, not its id, which the next one may be given."""


def begun(before: Begun, index: int, *, is_module: bool) -> Begun:
    """The checkpoints between the call that is being entered and its caller.

    `before` are those of the caller's last call; `index` is the call's own, by which a checkpoint
    is known that has no other call yet.
    """
    calls = 2 if is_module else 1  # a module is entered from within its own frame
    frame: FrameType | None = sys._getframe(1)
    found: list[tuple[FrameType, Checkpoint]] = []
    while frame is not None and calls:
        code = frame.f_code
        calls -= code is _CALL
        if code is _REENTRANT or (code is _PLAIN and not frame.f_locals["use_reentrant"]):
            found.append((frame, _known(frame, before) or _made(frame, index)))
        frame = frame.f_back
    return tuple(reversed(found))


def _known(frame: FrameType, before: Begun) -> Checkpoint | None:
    return next((one for known, one in before if known is frame), None)


def _made(frame: FrameType, index: int) -> Checkpoint:
    chosen = frame.f_locals.get("context_fn", checkpoint.noop_context_fn)
    is_selective = chosen is not checkpoint.noop_context_fn
    return Checkpoint(index, frame.f_code is _REENTRANT, is_selective)

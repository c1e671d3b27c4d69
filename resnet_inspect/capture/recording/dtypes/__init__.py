"""What a real device makes of element types, for a forward on meta.

Meta computes shapes and asks little: it convolves float64 with float32, and autocast passes it by.
Here the CPU is asked instead. What an operation does with some types does not hang on sizes, so the
operation itself is run there once, on tensors of one element each; and what autocast does is seen
from a run without numbers, which torch calls fake tensors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from torch import Tensor

from resnet_inspect.capture.recording.dtypes.autocast import as_autocast_takes
from resnet_inspect.capture.recording.dtypes.refusals import Checking

_FLOATS = frozenset({torch.float32, torch.float16, torch.bfloat16, torch.float64})
"""What a network computes in. Every operation takes tensors that are all of one of these."""

_WHOLE: dict[Any, Any] = dict.fromkeys(
    (torch.max_pool1d, torch.nn.functional.max_pool1d), torch.ops.aten.max_pool1d.default
)
"""Functions that the CPU computes in one piece, where meta takes them apart."""


class AsOnADevice:
    """Runs functions on meta as a device would: refusals and autocast included."""

    def __init__(self) -> None:
        self._checking = Checking()

    @property
    def refusal(self) -> BaseException | None:
        """What was raised last because a device would raise it."""
        return self._checking.refusal

    def run(
        self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> Any:
        """What the function gives; raises what the CPU raises for tensors of these types."""
        if getattr(function, "__name__", "") == "__get__":
            return function(*args, **kwargs)
        if torch._C._is_any_autocast_enabled():
            args, kwargs = as_autocast_takes(function, args, kwargs)
        if _are_of_one_float(args, kwargs):
            return function(*args, **kwargs)
        with self._checking:
            if function in _WHOLE:
                self._checking.check(
                    _WHOLE[function], (args[0] if args else kwargs["input"], 1), {}
                )
            return function(*args, **kwargs)


def _are_of_one_float(args: Iterable[Any], kwargs: Mapping[str, Any]) -> bool:
    """Whether all tensors that a function is given have one floating type."""
    seen = None
    for value in (*args, *kwargs.values()) if kwargs else args:
        for tensor in value if isinstance(value, list | tuple) else (value,):
            if isinstance(tensor, Tensor) and tensor.dtype is not seen:
                if seen is not None or tensor.dtype not in _FLOATS:
                    return False
                seen = tensor.dtype
    return True

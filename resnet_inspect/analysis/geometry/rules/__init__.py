"""The rule of each op: what the elements that it makes see, from what those that it takes see.

Each rule takes the call, its op, what it is given (states and shapes), and the shape made.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from resnet_inspect.analysis.geometry.rules import (
    elementwise,
    joins,
    products,
    reductions,
    resampling,
    reshapes,
    sliding_windows,
)
from resnet_inspect.analysis.geometry.state import Given, Known
from resnet_inspect.traces.model import Call
from resnet_inspect.traces.ops import (
    Activate,
    AdaptivePool,
    Attention,
    Conv,
    Create,
    Elementwise,
    Join,
    Linear,
    MatMul,
    Norm,
    Pool,
    Reduce,
    Resample,
    Reshape,
)
from resnet_inspect.traces.tensors import Shape

Rule = Callable[[Call, Any, Given, Sequence[Shape], Shape], Known]

RULES: dict[type, Rule] = {
    Conv: sliding_windows.conv,
    Pool: sliding_windows.pool,
    AdaptivePool: sliding_windows.adaptive,
    Norm: elementwise.norm,
    Linear: products.linear,
    Attention: products.attention,
    MatMul: products.matmul,
    Activate: elementwise.activate,
    Elementwise: elementwise.elementwise,
    Join: joins.join,
    Resample: resampling.resample,
    Reshape: reshapes.reshape,
    Reduce: reductions.reduce,
    Create: elementwise.create,
}
"""Every op that has one; behind any other the field is lost."""

"""What is wrong by the shapes and dtypes that went in: nothing here trusts an exception's words.

Each op has a rule: layers that slide a window (`windows`), those with a number of features
(`features`), what takes several tensors (`operands`, `residual`). It finds nothing where the layer
could have computed, whatever was raised.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from resnet_inspect.analysis.failure.by_shape.dtypes import dtype
from resnet_inspect.analysis.failure.by_shape.features import attention, linear, norm
from resnet_inspect.analysis.failure.by_shape.operands import elementwise, join, matmul
from resnet_inspect.analysis.failure.by_shape.windows import conv, pool
from resnet_inspect.analysis.failure.facts import Diagnosis, Facts
from resnet_inspect.traces.ops import Attention, Conv, Elementwise, Join, Linear, MatMul, Norm, Pool

_RULES: dict[type, Callable[[Facts, Any], Diagnosis | None]] = {
    Conv: conv,
    Pool: pool,
    Linear: linear,
    Norm: norm,
    Attention: attention,
    Elementwise: elementwise,
    Join: join,
    MatMul: matmul,
}

_ERRORS = frozenset({"RuntimeError", "ValueError", "IndexError", "AssertionError"})
"""What torch raises for shapes and dtypes. Where all else was raised, shapes are not the matter."""


def diagnosis(facts: Facts) -> Diagnosis | None:
    """What is wrong with what the call was given, if its op has a rule that sees it."""
    if facts.error not in _ERRORS or not facts.given:
        return None
    rule = _RULES.get(type(facts.call.op))
    found = None if rule is None else rule(facts, facts.call.op)
    return found or dtype(facts)

"""The state dicts in what a file says: dictionaries of named tensors, however deep they lie."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from resnet_inspect.sources.checkpoint.contents import Placed
from resnet_inspect.sources.checkpoint.pickles import Made, PickleError

NESTED = 3
"""How deep in the dictionaries of a file weights are looked for."""
_KEY = 1_000
"""Characters of a key under which weights are looked for."""
_LARGEST_MODULE = 2**21
"""Characters of all the names in a network that was pickled whole."""

Reader = Callable[[Any], Placed | None]
"""The tensor that a value is, or None for another value."""


def state_dicts(root: Any, tensor: Reader) -> Iterator[tuple[str, dict[str, Placed]]]:
    """Every dictionary of named tensors with the keys that lead to it.

    A network that was pickled whole is as good as its state dict. Raises `PickleError` for one
    that lies in itself.
    """
    seen = set()
    waiting: deque[tuple[tuple[str, ...], Any]] = deque([((), root)])
    while waiting:
        place, one = waiting.popleft()
        if len(place) > NESTED or id(one) in seen:
            continue
        seen.add(id(one))
        if _is_module(one):
            tensors = _of_module(one, tensor)
            inner: Mapping[str, Any] = {}
        else:
            inner = entries(one)
            tensors = dict(_of_entries(inner, tensor))
        if tensors:
            yield ".".join(place), tensors
        waiting += (((*place, name), value) for name, value in inner.items() if len(name) < _KEY)


def entries(one: Any) -> Mapping[str, Any]:
    """What lies in a dictionary or in the attributes of an object, by names; {} for all else."""
    if isinstance(one, Mapping):
        return {name: value for name, value in one.items() if isinstance(name, str)}
    if isinstance(one, Made):
        return one.items or (one.state if isinstance(one.state, dict) else {})
    return {}


_PACKED = "_packed_params."


def _of_entries(named: Mapping[str, Any], tensor: Reader) -> Iterator[tuple[str, Placed]]:
    """The tensors of a dictionary; those that a quantized layer has packed, as if it had not."""
    for name, value in named.items():
        found = tensor(value)
        if found is not None:
            yield name, found
        elif isinstance(value, tuple) and name.endswith("_packed_params"):
            layer = name.removesuffix("_packed_params").removesuffix(_PACKED)
            for part, inner in zip(("weight", "bias"), value, strict=False):
                found = tensor(inner)
                if found is not None:
                    yield f"{layer}{part}", found


def _is_module(one: Any) -> bool:
    state = one.state if isinstance(one, Made) else None
    return isinstance(state, dict) and {"_parameters", "_buffers", "_modules"} <= state.keys()


def _of_module(one: Made, tensor: Reader) -> dict[str, Placed]:
    """What would be the state dict of a network that was pickled whole.

    A module that lies in several has its tensors under each of their names, as in a state dict.
    """
    found: dict[str, Placed] = {}
    left = _LARGEST_MODULE
    waiting = [("", one)]
    while waiting:
        prefix, module = waiting.pop()
        for kind in ("_parameters", "_buffers"):
            named = entries(module.state[kind])
            left -= len(named) * (1 + len(prefix)) + sum(map(len, named))
            if left < 0:
                raise PickleError("it has more modules in each other than a network")
            for name, value in named.items():
                placed = tensor(value)
                if placed is not None:
                    found[f"{prefix}{name}"] = placed
        inner = entries(module.state["_modules"])
        left -= len(inner) * (1 + len(prefix)) + sum(map(len, inner))
        if left < 0:
            raise PickleError("it has more modules in each other than a network")
        waiting += [(f"{prefix}{n}.", m) for n, m in [*inner.items()][::-1] if _is_module(m)]
    return found

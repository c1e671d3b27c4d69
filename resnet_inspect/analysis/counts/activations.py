"""Activation memory: bytes that the steps write, and bytes of the distinct storages they leave."""

from __future__ import annotations

from resnet_inspect.traces.model import Trace


def written(trace: Trace) -> tuple[int, ...]:
    """For each call, bytes of the tensors it produces itself; in-place results count again."""
    found = [0] * len(trace.calls)
    for activation, index in trace.producer.items():
        found[index] += trace.activations[activation].tensor.nbytes
    return tuple(found)


def from_outside(trace: Trace) -> dict[int, int]:
    """Tensors that no recorded call made and the network was not given, and who takes each first.

    A constant of the code is one; so is the result of code that cannot be watched (numpy,
    TorchScript functions), whose cost no total has.
    """
    given = {port.activation for port in trace.inputs}
    found: dict[int, int] = {}
    for index in trace.steps:
        for port in trace.calls[index].inputs:
            if port.activation not in given and port.activation not in trace.producer:
                found.setdefault(port.activation, index)
    return found


def held(trace: Trace) -> tuple[int, ...]:
    """For each call, bytes of the storages it was the first to write.

    A result that shares its input's storage (in place, or a view) adds nothing; the storage of a
    network input is not an activation. A storage counts as large as its largest tensor.
    """
    largest: dict[int, int] = {}
    first: dict[int, int] = {}
    given = {trace.activations[port.activation].storage for port in trace.inputs}
    for activation, index in sorted(trace.producer.items()):
        storage = trace.activations[activation].storage
        if storage in given:
            continue
        first.setdefault(storage, index)
        nbytes = trace.activations[activation].tensor.nbytes
        largest[storage] = max(largest.get(storage, 0), nbytes)
    found = [0] * len(trace.calls)
    for storage, index in first.items():
        found[index] += largest[storage]
    return tuple(found)

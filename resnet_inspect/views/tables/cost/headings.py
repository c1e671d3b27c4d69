"""The columns of what networks cost, and what `--columns` and `--sort` can name."""

from __future__ import annotations

from collections.abc import Sequence

from resnet_inspect.views.tables.table import Align, Heading, check_columns


def _heading(key: str, title: str, worth: int, meaning: str, align: Align = "right") -> Heading:
    return Heading(key, title, align, worth, meaning=meaning)


_COSTS = (
    _heading("model", "model", 0, "the network, with what its builder was given", "left"),
    _heading("input", "input", 0, "shape of the first input, batch first", "left"),
    _heading("parameters", "params", 3, "parameters, frozen ones included"),
    _heading("macs", "MACs", 3, "multiply-accumulates of a forward pass"),
    _heading("macs_ratio", "× MACs", 7, "MACs over those of the first network"),
    _heading("training_macs", "MACs of a step", 6, "multiply-accumulates forward and backward"),
    _heading("weights_bytes", "weights", 6, "bytes of weights and buffers"),
    _heading("peak_bytes", "live", 5, "bytes of the activations alive at once, at the most"),
    _heading("inference_bytes", "inference", 2, "bytes to run: weights, live, input"),
    _heading("gradient_bytes", "gradients", 8, "bytes of the gradients of trainable weights"),
    _heading("optimizer_bytes", "optimizer", 8, "bytes of what the optimizer keeps"),
    _heading("saved_bytes", "saved", 4, "bytes that autograd saves for the backward pass"),
    _heading("working_bytes", "at work", 9, "bytes at work beside these, at the fullest moment"),
    _heading("input_bytes", "of input", 9, "bytes of the inputs"),
    _heading("training_bytes", "training", 1, "bytes to train: all of these but live"),
    _heading("training_ratio", "× training", 7, "bytes to train over those of the first network"),
)
_FLOPS = _heading("flops", "FLOPs", 3, "floating-point operations of a forward pass, 2 × MACs")
_BATCHES = (
    _heading(
        "inference_batch", "largest batch", 1, "samples that can be run at once in `--memory`"
    ),
    _heading("training_batch", "to train", 1, "samples that can be trained on at once in it"),
)
HEADINGS = {heading.key: heading for heading in (*_COSTS, _FLOPS, *_BATCHES)}
"""What `--columns` and `--sort` can name; FLOPs are shown where they are asked for."""


def check_keys(keys: Sequence[str]) -> None:
    """Raise `UnknownName` for a key that no column has."""
    check_columns(keys, HEADINGS)


def shown(candidates: int, available: int | None = None) -> tuple[str, ...]:
    """The columns for so many candidates: ratios for several, batches where memory is given."""
    costs = (c.key for c in _COSTS if candidates > 1 or not c.key.endswith("_ratio"))
    return (*costs, *((c.key for c in _BATCHES) if available is not None else ()))

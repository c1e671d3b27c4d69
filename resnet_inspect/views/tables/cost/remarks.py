"""What the figures rest on, and what is known of the networks beside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from resnet_inspect.analysis.cost import gradients, memory
from resnet_inspect.analysis.cost.memory import Optimizer
from resnet_inspect.views.tables.cost.figures import Candidate
from resnet_inspect.views.words import text


def title_of(keys: Sequence[str], optimizer: Optimizer) -> str:
    """What the columns come to."""
    runs, trains = (_explained(keys, *of) for of in (_RUN, _TRAINED))
    aims = [*(["to run"] if runs else []), *([f"to train with {optimizer}"] if trains else [])]
    passes = [*(["a forward pass"] if _explained(keys, "macs", "flops") else [])]
    passes += ["a step"] if "training_macs" in keys else []
    parts = [f"memory {' and '.join(aims)}"] if aims else []
    parts += [f"MACs of {' and of '.join(passes)}"] if passes else []
    return ", ".join(parts) or "what networks need"


def _explained(keys: Sequence[str], *parts: str) -> bool:
    """Whether there is a column whose key begins with one of these."""
    return any(key.startswith(parts) for key in keys)


_RUN = ("inference", "peak")
_TRAINED = ("training_b", "training_r", "gradient", "optimizer", "saved", "working")


def remarks_of(
    candidates: Sequence[Candidate],
    optimizers: Sequence[Optimizer],
    available: int | None,
    keys: Sequence[str],
) -> Iterator[str]:
    """What the figures rest on, and what is known of these networks beside."""
    runs, trains = (_explained(keys, *of) for of in (_RUN, _TRAINED))
    kept = ""
    if len(optimizers) > 1:
        kept = ", what the optimizer keeps for each"
    elif numbers := memory.KEPT[optimizers[0]]:
        kept = f", {text.count(numbers, 'number')} of {optimizers[0]} for each"
    if runs:
        yield "inference: weights, buffers, the input and the activations alive at once (live)"
    if trains:
        yield (
            f"training: weights, buffers, a gradient for each trainable weight{kept}, the input,"
            " what autograd saves and what is at work beside it at the fullest moment"
        )
    if "training_macs" in keys:
        yield (
            "MACs of a step: forward and backward; what is frozen needs fewer, what is in a"
            " checkpoint is run again"
        )
    if runs or trains:
        yield "not in it: workspace of convolution algorithms, the allocator's slack"
    for one in candidates:
        yield from _particulars(one)
    if available is not None:
        yield f"largest batch: what fits into {text.nbytes(available)}"


def _particulars(candidate: Candidate) -> Iterator[str]:
    """What a reader of a network's figures should know of it."""
    trace, label = candidate.survey.trace, text.visible(candidate.label)
    if any(one.selective for call in trace.calls for one in call.checkpoints):
        yield (
            f"{label}: its selective checkpoints are counted as if they kept nothing but what they"
            " take: a rough figure"
        )
    of_all = candidate.survey.totals.parameters
    if 0 < of_all.trainable < of_all.total:
        frozen = text.integer(of_all.total - of_all.trainable)
        yield f"{label}: {frozen} of its {text.integer(of_all.total)} parameters are frozen"
    if not any(own.trainable for module in trace.modules for own in module.parameters):
        yield f"{label}: no parameter of it is trained, so that a step is a forward pass"
    elif cut := gradients.cut(trace):
        yield (
            f"{label}: nothing is trained in the reentrant checkpoint of"
            f" {text.some([text.visible(path) for path in cut])}, which takes nothing that wants a"
            " gradient: use_reentrant=False"
        )

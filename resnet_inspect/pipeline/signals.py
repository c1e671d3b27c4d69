"""One step of a network on a real device, and what flows through it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resnet_inspect.errors import BadInput, InspectError, WorkFailed
from resnet_inspect.escaping import first_line
from resnet_inspect.pipeline.building.networks import (
    Built,
    Order,
    Tell,
    give_shapes,
    import_torch,
    silent,
)
from resnet_inspect.pipeline.forward_errors import forward_error
from resnet_inspect.pipeline.tracing import settled
from resnet_inspect.sources import subject, surroundings
from resnet_inspect.traces.signals import Watched

if TYPE_CHECKING:
    from resnet_inspect.capture.inputs import InputSize
    from resnet_inspect.capture.recording.forward import Mode


def signal(
    model: str,
    input_size: InputSize | None = None,
    *,
    device: str | None = None,
    dtype: str | None = None,
    mode: Mode = "eval",
    arguments: Mapping[str, Any] | None = None,
    weights: str | Path | None = None,
    loss: str | None = None,
    data: str | Path | None = None,
    seed: int = 0,
    call: str = "forward",
    tell: Tell = silent,
) -> Watched:
    """Run a named network forward and back once, and measure what flows at every call.

    Args:
        model: the name of a variant, or of your own code, as `trace` takes it.
        input_size: as `trace` takes it, batch first; the input is standard normal noise.
        device: "cpu" by default; meta computes nothing that could flow.
        dtype: element type of input and weights.
        mode: "eval", "train" or "as found"; batch norms use the batch's statistics in "train".
        arguments: for the builder.
        weights: a file of weights; fresh ones without it.
        loss: "cross-entropy" with random labels, or "mean-square" of the outputs; None for the
            first where the network gives class scores, and else the second.
        data: a folder of images to draw the batch from, in place of noise.
        seed: of fresh weights, noise or the choice of images, labels and dropout.
        call: another method than forward.
        tell: called with the name of each step that takes time.

    Raises what `trace` raises, and `WorkFailed` for a backward pass that cannot be.

    """
    chosen = subject(model)
    if device == "meta":
        raise BadInput("meta computes nothing that could flow", hint="--device cpu, cuda, mps")
    tell("importing torch")
    import_torch()
    import torch

    from resnet_inspect.capture import backends
    from resnet_inspect.capture.recording.failure import ForwardRaised
    from resnet_inspect.capture.signals.step import Step
    from resnet_inspect.capture.wrappers import unwrapped
    from resnet_inspect.sources import seed as seeds

    where = backends.resolve(device or "cpu")
    step = Step(loss, seed)
    with surroundings(chosen), seeds.of(seed), torch.random.fork_rng(devices=()):
        order = Order.of(
            chosen,
            input_size,
            mode=mode,
            dtype=dtype,
            arguments=arguments,
            weights=weights,
            tell=tell,
            call=call,
        )
        order = settled(order)
        built = _with_noise(order.on(where), seed)
        if data is not None:
            tell(f"reading images from {data}")
            built = _with_images(built, data, seed)
        network, wrappers = unwrapped(built.model)
        give_shapes(network, built.args, built.kwargs)
        torch.manual_seed(seed)
        tell(f"running {chosen.name} forward and back on {where}")
        try:
            ready = replace(built, model=network, notes=(*wrappers, *built.notes))
            traced = order.captured(ready, where, step=step)
        except ForwardRaised as raised:
            raise forward_error(raised, by_name=True) from raised.__cause__
        except InspectError:
            raise
        except Exception as error:
            raise WorkFailed(
                f"the backward pass raised: {first_line(error).partition(' Hint:')[0]}",
                hint="torch.autograd.set_detect_anomaly(True) around a step of your own says where",
            ) from error
        return traced, (step.signals(len(traced.calls)),)


def _with_noise(built: Built, seed: int) -> Built:
    """The same with floating inputs from that seed."""
    import torch
    from torch.utils._pytree import tree_map

    random = torch.Generator().manual_seed(seed)

    def noise(value: Any) -> Any:
        if not isinstance(value, torch.Tensor) or not value.is_floating_point():
            return value
        drawn = torch.randn(value.shape, generator=random, device="cpu")
        return drawn.to(device=value.device, dtype=value.dtype)

    return replace(built, args=tree_map(noise, built.args), kwargs=tree_map(noise, built.kwargs))


def _with_images(built: Built, data: str | Path, seed: int) -> Built:
    """The same with images in place of its only input; raises `BadInput` where it takes another."""
    import torch

    from resnet_inspect.capture.images import batch_of

    given = built.args[0] if len(built.args) == 1 and not built.kwargs else None
    if not isinstance(given, torch.Tensor):
        raise BadInput(
            "images go into a network with one input, N×3×H×W",
            hint="leave out --data: noise goes into any",
        )
    images = batch_of(data, tuple(given.shape), seed).to(given)
    note = f"its input is {len(images)} images of {Path(data).name}"
    return replace(built, args=(images,), notes=(*built.notes, note))

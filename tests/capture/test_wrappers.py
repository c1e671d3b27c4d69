"""What is wrapped around a network or its layers: the layers inside are traced as if it were not.

And a network on one device is traced as on any other.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
import torchvision
from torch import Tensor, nn
from torch.nn.utils import parametrizations, parametrize, prune
from torch.utils.checkpoint import checkpoint

import resnet_inspect as ri
from resnet_inspect.traces import invariants
from resnet_inspect.traces.model import Call, Trace
from resnet_inspect.traces.ops import Elementwise

SIZE = (1, 3, 32, 32)

pytestmark = pytest.mark.filterwarnings("ignore:.torch.nn.utils.weight_norm:FutureWarning")


def small() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1),
        nn.Sequential(nn.Conv2d(8, 8, 3, 2, 1), nn.BatchNorm2d(8), nn.ReLU()),
        nn.Flatten(),
        nn.Linear(8 * 256, 10),
    )


def checked(model: nn.Module, size: Any = SIZE, **options: Any) -> ri.Survey:
    survey = ri.Survey(ri.trace(model, size, **options))
    assert invariants.check(survey.trace) == []
    total = sum({id(p): p.numel() for p in model.parameters()}.values())
    assert survey.totals.parameters.total == total
    assert sum(own.total for own in survey.parameters) == total
    return survey


def what_ran(trace: Trace) -> tuple[Any, ...]:
    """All that a trace says of the forward pass: calls, tensors, modules."""
    return trace.calls, trace.activations, trace.modules


def steps(trace: Trace) -> list[tuple[Any, ...]]:
    """Path, op and shapes of each step."""

    def of(ports: Any) -> list[tuple[int, ...]]:
        return [trace.spec(port).shape for port in ports]

    return [
        (c.path, c.op, of(c.inputs), of(c.outputs))
        for c in map(trace.calls.__getitem__, trace.steps)
    ]


# -- around the whole network --------------------------------------------------------------------


def compiled(model: nn.Module) -> nn.Module:
    wrapped: Any = torch.compile(model, backend="eager")
    return wrapped


def compiled_and_run(model: nn.Module) -> nn.Module:
    wrapped = compiled(model)
    wrapped(torch.ones(SIZE))
    return wrapped


def compiled_in_place(model: nn.Module) -> nn.Module:
    model.compile(backend="eager")
    model(torch.ones(SIZE))
    return model


def both(model: nn.Module) -> nn.Module:
    return compiled(nn.DataParallel(model))


@pytest.mark.parametrize(
    ("wrap", "words"),
    [
        (compiled, ["torch.compile"]),
        (compiled_and_run, ["torch.compile"]),
        (compiled_in_place, []),
        (nn.DataParallel, ["DataParallel"]),
        (both, ["torch.compile", "DataParallel"]),
    ],
)
@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_a_wrapper_is_taken_off_and_named(
    wrap: Callable[[nn.Module], nn.Module], words: list[str], device: str
) -> None:
    plain = checked(small(), device=device).trace
    wrapped = checked(wrap(small()), device=device).trace
    assert what_ran(wrapped) == what_ran(plain)
    assert wrapped.model_name == plain.model_name == "Sequential"
    assert len(wrapped.provenance.notes) == len(words)
    for word, note in zip(words, wrapped.provenance.notes, strict=True):
        assert note.startswith(word)


def test_a_compiled_model_stays_compiled() -> None:
    torch._dynamo.reset()
    made: list[int] = []

    def backend(graph: Any, inputs: Any) -> Any:
        made.append(len(inputs))
        return graph.forward

    inner = small().eval()
    wrapped: Any = torch.compile(inner, backend=backend)
    image = torch.ones(SIZE)
    with torch.no_grad():
        before = wrapped(image)
        assert len(made) == 1
        ri.trace(wrapped, SIZE)
        assert torch.equal(wrapped(image), before)
    assert len(made) == 1, "the trace made it compile again"
    assert wrapped._orig_mod is inner


@pytest.mark.parametrize("wrap", [compiled, nn.DataParallel])
@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_a_wrapper_inside_a_network_is_a_container(
    wrap: Callable[[nn.Module], nn.Module], device: str
) -> None:
    plain = checked(small(), device=device)
    model = small()
    model[1] = wrap(model[1])
    survey = checked(model, device=device)
    inner = "_orig_mod" if wrap is compiled else "module"
    paths = [c.path.replace(f"1.{inner}", "1") for c in survey.trace.calls if c.path != "1"]
    assert paths == [c.path for c in plain.trace.calls]
    assert [s[1:] for s in steps(survey.trace)] == [s[1:] for s in steps(plain.trace)]
    assert survey.totals.macs == plain.totals.macs
    assert survey.totals.not_counted == ()


# -- around a layer's weight ---------------------------------------------------------------------


class Symmetric(nn.Module):
    def forward(self, weight: Tensor) -> Tensor:
        return (weight + weight.flip(-1)) / 2


def parametrized(layer: nn.Module) -> nn.Module:
    return parametrize.register_parametrization(layer, "weight", Symmetric())


def parametrized_bias(layer: nn.Module) -> nn.Module:
    return parametrize.register_parametrization(layer, "bias", Symmetric())


WEIGHTS = {
    # parameters that the wrapper adds to a convolution with 8 output channels and one linear
    # layer with 10: a norm for each output
    "parametrization of the weight": (parametrized, 0),
    "parametrization of the bias": (parametrized_bias, 0),
    "weight norm": (parametrizations.weight_norm, 8 + 10),
    "spectral norm": (parametrizations.spectral_norm, 0),
    "weight norm by a hook": (nn.utils.weight_norm, 8 + 10),
    "spectral norm by a hook": (nn.utils.spectral_norm, 0),
}


@pytest.mark.parametrize("device", ["cpu", "meta"])
@pytest.mark.parametrize("mode", ["train", "eval"])
@pytest.mark.parametrize("name", WEIGHTS)
def test_a_computed_weight_changes_neither_steps_nor_macs(
    name: str, mode: Any, device: str
) -> None:
    wrap, added = WEIGHTS[name]
    plain = checked(small(), device=device, mode=mode)
    model = small()
    wrap(model[1][0])
    wrap(model[3])
    survey = checked(model, device=device, mode=mode)
    assert steps(survey.trace) == steps(plain.trace)
    assert survey.totals.macs == plain.totals.macs == (1024 * 8 * 27) + (256 * 8 * 72) + 20_480
    assert survey.totals.not_counted == ()
    assert survey.totals.parameters.total == plain.totals.parameters.total + added
    by_path = {c.path: survey.parameters[c.index].total for c in survey.trace.calls}
    assert by_path["1.0"] == 8 * 72 + 8 + (8 if added else 0)
    assert by_path["3"] == 20_480 + 10 + (10 if added else 0)
    names = [m.class_name for m in survey.trace.modules if m.path in ("1.0", "3")]
    assert names == ["Conv2d", "Linear"]


@pytest.mark.parametrize("wrap", [parametrizations.spectral_norm, nn.utils.spectral_norm])
def test_spectral_norm_keeps_its_vectors_in_train_mode(wrap: Callable[..., nn.Module]) -> None:
    model = small().train()
    wrap(model[1][0])
    vectors = {name: b for name, b in model.named_buffers() if name.endswith(("_u", "_v"))}
    assert len(vectors) == 2
    before = {name: buffer.clone() for name, buffer in vectors.items()}
    for device in ("cpu", "meta"):
        ri.trace(model, SIZE, mode="train", device=device)
        now = dict(model.named_buffers())
        assert all(now[name] is buffer for name, buffer in vectors.items())
        assert all(torch.equal(now[name], copy) for name, copy in before.items())
    model(torch.ones(SIZE))  # a real step does move them
    assert not all(torch.equal(dict(model.named_buffers())[n], c) for n, c in before.items())


# -- hooks, checkpoints, quantizable blocks ------------------------------------------------------


def flow(trace: Trace) -> list[tuple[str, list[str]]]:
    """Each step and the steps that made its inputs; "input" for the network's."""

    def makers(call: Call) -> list[str]:
        found = (trace.producer.get(port.activation) for port in call.inputs)
        return ["input" if maker is None else trace.calls[maker].path for maker in found]

    return [(trace.calls[i].path, makers(trace.calls[i])) for i in trace.steps]


def test_a_hook_that_changes_a_result_is_respected() -> None:
    model = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(4, 2, 1))
    model[0].register_forward_hook(lambda module, args, result: result[:, :, ::2, ::2])
    survey = checked(model)
    assert flow(survey.trace) == [("0", ["input"]), (":slice", ["0"]), ("1", [":slice"])]
    shapes = [survey.trace.spec(survey.trace.calls[i].outputs[0]).shape for i in survey.trace.steps]
    assert shapes == [(1, 4, 32, 32), (1, 4, 16, 16), (1, 2, 16, 16)]
    assert survey.totals.macs == 1024 * 4 * 27 + 256 * 2 * 4


def test_a_hook_that_changes_the_arguments_is_respected() -> None:
    model = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(4, 2, 1))
    model[1].register_forward_pre_hook(lambda module, args: (args[0].repeat(1, 1, 2, 2),))
    survey = checked(model)
    assert flow(survey.trace) == [("0", ["input"]), (":repeat", ["0"]), ("1", [":repeat"])]
    assert survey.totals.macs == 1024 * 4 * 27 + 4096 * 2 * 4


def test_a_hook_of_the_network_itself_changes_its_output() -> None:
    model = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1))
    model.register_forward_hook(lambda module, args, result: result.flatten(1))
    trace = checked(model).trace
    assert [trace.spec(port).shape for port in trace.outputs] == [(1, 4096)]
    assert flow(trace) == [("0", ["input"]), (":flatten", ["0"])]


def test_a_pruned_layer_is_a_plain_layer() -> None:
    model = small()
    prune.random_unstructured(model[1][0], "weight", 0.5)
    survey = checked(model)
    assert steps(survey.trace) == steps(checked(small()).trace)


class Checkpointed(nn.Module):
    def __init__(self, reentrant: bool | None) -> None:
        super().__init__()
        self.inner = small()
        self.reentrant = reentrant

    def forward(self, x: Tensor) -> Any:
        if self.reentrant is None:
            return self.inner(x)
        return checkpoint(self.inner, x, use_reentrant=self.reentrant)


@pytest.mark.filterwarnings("ignore:None of the inputs have requires_grad")
@pytest.mark.parametrize("mode", ["train", "eval"])
@pytest.mark.parametrize("device", ["cpu", "meta"])
@pytest.mark.parametrize("reentrant", [True, False])
def test_checkpointing_runs_the_layers_once(reentrant: bool, device: str, mode: Any) -> None:
    plain = checked(Checkpointed(None), device=device, mode=mode).trace
    survey = checked(Checkpointed(reentrant), device=device, mode=mode)
    calls = tuple(replace(call, checkpoints=()) for call in survey.trace.calls)
    assert what_ran(replace(survey.trace, calls=calls)) == what_ran(plain)
    assert survey.totals.not_counted == ()


def residual_adds(trace: Trace) -> list[Call]:
    return [
        c
        for c in trace.calls
        if isinstance(c.op, Elementwise) and "add" in c.op.name and len(c.inputs) == 2
    ]


def test_a_quantizable_resnet_has_its_eight_residual_adds() -> None:
    plain = torchvision.models.resnet18()
    model = torchvision.models.quantization.resnet18(quantize=False)
    survey = checked(model, (1, 3, 64, 64))
    original = checked(plain, (1, 3, 64, 64))
    assert len(residual_adds(original.trace)) == 8
    assert len(residual_adds(survey.trace)) == 8
    assert len(survey.anatomy.blocks) == len(original.anatomy.blocks) == 8
    assert survey.totals.parameters.total == 11_689_512
    assert survey.totals.macs == original.totals.macs
    assert survey.totals.not_counted == ()


# -- one device against another ------------------------------------------------------------------

NETWORKS = {
    "resnet18": lambda: torchvision.models.resnet18(),
    "resnet50": lambda: torchvision.models.resnet50(),
}


@pytest.mark.parametrize("mode", ["eval", "train"])
@pytest.mark.parametrize("name", NETWORKS)
def test_meta_records_what_the_cpu_records(name: str, mode: Any) -> None:
    model = NETWORKS[name]()
    size = (2, 3, 64, 64)
    on_cpu = ri.trace(model, size, device="cpu", mode=mode)
    on_meta = ri.trace(model, size, device="meta", mode=mode)
    assert (on_cpu.provenance.device, on_meta.provenance.device) == ("cpu", "meta")
    assert what_ran(on_meta) == what_ran(on_cpu)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
class TestOnAGpu:
    @pytest.mark.parametrize("mode", ["eval", "train"])
    @pytest.mark.parametrize("name", NETWORKS)
    def test_cuda_records_what_meta_and_the_cpu_record(self, name: str, mode: Any) -> None:
        model = NETWORKS[name]()
        size = (2, 3, 224, 224)
        traces = [ri.trace(model, size, device=d, mode=mode) for d in ("meta", "cpu", "cuda")]
        assert [t.provenance.device for t in traces] == ["meta", "cpu", "cuda:0"]
        assert what_ran(traces[0]) == what_ran(traces[1]) == what_ran(traces[2])

    def test_a_model_on_the_cpu_is_lent_to_the_gpu_and_comes_back(self) -> None:
        model = torchvision.models.resnet18()
        state = copy.deepcopy(model.state_dict())
        tensors = list(map(id, model.state_dict(keep_vars=True).values()))
        ri.trace(model, (2, 3, 64, 64), device="cuda", mode="train")
        assert list(map(id, model.state_dict(keep_vars=True).values())) == tensors
        now = model.state_dict()
        assert all(now[name].device.type == "cpu" for name in state)
        assert all(torch.equal(now[name], value) for name, value in state.items())

    def test_a_model_on_the_gpu_keeps_its_statistics_and_random_numbers(self) -> None:
        model = nn.Sequential(small(), nn.Dropout()).cuda()
        state = copy.deepcopy(model.state_dict())
        numbers = torch.cuda.get_rng_state()
        for device in (None, "cpu", "meta"):
            ri.trace(model, SIZE, device=device, mode="train")
        now = model.state_dict()
        assert all(now[name].is_cuda and torch.equal(now[name], v) for name, v in state.items())
        assert torch.equal(torch.cuda.get_rng_state(), numbers)

    @pytest.mark.parametrize("device", ["meta", "cpu", "cuda"])
    def test_layers_that_keep_lists_of_weights_follow_to_the_device(self, device: str) -> None:
        survey = checked(nn.LSTM(4, 5), (3, 1, 4), device=device)
        assert survey.trace.provenance.device.startswith(device)
        assert survey.totals.not_counted == (("LSTM", 1),)

    def test_several_cards_are_one(self) -> None:
        trace = ri.trace(nn.DataParallel(small().cuda()), SIZE)
        assert what_ran(trace) == what_ran(ri.trace(small(), SIZE))
        assert trace.provenance.device == "cuda:0"

    def test_no_memory_stays_taken(self) -> None:
        model = torchvision.models.resnet18()
        ri.trace(model, (2, 3, 64, 64), device="cuda")
        taken = torch.cuda.memory_allocated()
        trace = ri.trace(model, (2, 3, 64, 64), device="cuda")
        assert trace.calls
        assert torch.cuda.memory_allocated() == taken

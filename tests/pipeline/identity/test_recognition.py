"""Files of weights, and state dicts: which networks they are of."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from weight_files import SMALL, Weights, network, real, under, weights

import resnet_inspect as ri
from resnet_inspect.analysis.identity import Candidate
from resnet_inspect.errors import CheckpointError
from resnet_inspect.pipeline.building.weights import shapes_of
from resnet_inspect.views.words.identity import said
from tests.foreign_networks import children, hugging_face, sorted_names


def identified(file: Path, **options: Any) -> tuple[str, dict[str, object], bool]:
    best = ri.identify(file, **options).candidates[0]
    return best.name, dict(best.arguments), best.match.fits


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "weights.pth"


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("resnet18", {}),
        ("resnet34", {}),
        ("resnet50", {"num_classes": 10}),
        ("resnext50_32x4d", {}),
        ("wide_resnet50_2", {}),
        ("fcn_resnet50", {"aux_loss": True, "num_classes": 5}),
        ("deeplabv3_resnet50", {"num_classes": 3}),
        ("r3d_18", {"num_classes": 7}),
        ("paper:resnet34_c", {}),
        ("paper:plain18", {}),
        ("paper:cifar_resnet20_b", {"classes": 100}),
        ("paper:preact_resnet164", {}),
        ("resnet:bottleneck:1,2,1:width=16,groups=4,width_per_group=32,channels=1", {}),
    ],
)
def test_a_network_is_known_by_its_weights(
    file: Path, name: str, arguments: dict[str, object]
) -> None:
    torch.save(weights(name, **arguments), file)
    found = ri.identify(file)
    best = found.candidates[0]
    assert best.match.fits
    chosen = (best.name, dict(best.arguments))
    if name.startswith("resnet:"):  # the options of a design have no order
        assert shapes_of(network(best.name, **dict(best.arguments))) == shapes_of(network(name))
    else:
        same = [(one.name, dict(one.arguments)) for one in (best, *found.equals)]
        assert (name, arguments) in same
        assert chosen == same[0]


def test_the_papers_stride_cannot_be_told_and_is_said(file: Path) -> None:
    torch.save(weights("paper:resnet50"), file)
    found = ri.identify(file)
    assert found.candidates[0].name == "resnet50"
    assert len(found.candidates) == 4
    assert "paper:resnet50" in {one.name for one in found.equals}


@pytest.mark.parametrize(
    ("wrapped", "place"),
    [
        (lambda w: w, ""),
        (lambda w: under("module.", w), ""),
        (lambda w: {"state_dict": under("model.", w), "pytorch-lightning_version": "2"},
         "state_dict"),
        (lambda w: {"epoch": 3, "model": w, "optimizer": {
            "state": {i: {"momentum_buffer": t} for i, t in enumerate(w.values())},
            "param_groups": [{"lr": 0.1}],
        }}, "model"),
        (lambda w: {"state_dict_ema": under("module.", w)}, "state_dict_ema"),
        (lambda w: {"model_ema": {"n_averaged": torch.tensor(1), **under("module.", w)}},
         "model_ema"),
        (lambda w: {name: t.half() if t.is_floating_point() else t for name, t in w.items()}, ""),
        (lambda w: {n: t for n, t in w.items() if not n.endswith("num_batches_tracked")}, ""),
    ],
    ids=["plain", "ddp", "lightning", "optimizer", "ema", "averaged", "fp16", "no counters"],
)  # fmt: skip
def test_wrapped_weights_are_found(
    file: Path, wrapped: Callable[[Weights], Any], place: str
) -> None:
    torch.save(wrapped(weights("paper:cifar_resnet20_b")), file)
    found = ri.identify(file)
    assert found.place == place
    assert found.candidates[0].name == "paper:cifar_resnet20_b"
    assert found.candidates[0].match.fits


def test_a_file_of_before_1_6_is_read(file: Path) -> None:
    torch.save(real(), file, _use_new_zipfile_serialization=False)
    assert identified(file) == (SMALL, {}, True)


def test_a_backbone_without_its_head_is_nearest_to_its_network(file: Path) -> None:
    tensors = {n: t for n, t in weights("resnet34").items() if not n.startswith("fc.")}
    torch.save(under("backbone.", tensors), file)
    name, _, fits = identified(file)
    assert (name, fits) == ("resnet34", False)
    with pytest.raises(CheckpointError, match=r"is resnet34 without its head.*missing: fc\.weight"):
        ri.trace(weights=file)


# Other names, several networks, other kinds


def best(given: Any, **options: Any) -> Candidate:
    return ri.identify(given, **options).candidates[0]


def test_the_others_that_fit_are_named_in_the_trace(file: Path) -> None:
    torch.save(weights("paper:cifar_resnet20"), file)
    notes = ri.trace(weights=file).provenance.notes
    assert any("cannot tell it from paper:cifar_plain20" in note for note in notes)


def test_a_state_dict_in_memory_is_identified_as_it_is_and_as_it_is_wrapped() -> None:
    model = network(SMALL)
    assert best(model.state_dict()).name == SMALL
    found = ri.identify({"epoch": 3, "model": model.state_dict()})
    assert (found.kind, found.place, found.candidates[0].match.fits) == (
        "state dict",
        "model",
        True,
    )
    with pytest.raises(CheckpointError, match="no tensors that have names"):
        ri.identify({"a": 3})


def test_second_names_of_tensors_are_no_others(file: Path) -> None:
    """A backbone and a Sequential of its children; a head that is tied to another."""
    model = nn.Module()
    model.net = network("resnet18")
    model.features = nn.Sequential(*list(model.net.children())[:-2])
    head = real()
    cases = (on_cpu(model.state_dict()), 120), ({**head, "head.weight": head["fc.weight"]}, 1)
    for tensors, tied in cases:
        torch.save(tensors, file)
        for given in (file, tensors):
            match = best(given).match
            assert match.fits
            assert (match.counts["tied"], match.share) == (tied, 1.0)


def on_cpu(tensors: Weights) -> Weights:
    """The same, of no numbers, still with as many names for each."""
    made: dict[int, Tensor] = {}
    for tensor in tensors.values():
        key = tensor.untyped_storage()._cdata
        made.setdefault(key, torch.zeros((), dtype=tensor.dtype).expand(tensor.shape))
    return {name: made[one.untyped_storage()._cdata] for name, one in tensors.items()}


@pytest.mark.parametrize("renamed", [children, hugging_face, sorted_names])
@pytest.mark.parametrize("name", ["resnet18", "resnet50"])
def test_networks_are_known_under_foreign_names(
    renamed: Callable[[nn.Module], Weights], name: str
) -> None:
    found = ri.identify(renamed(network(name)))
    match = found.candidates[0].match
    assert found.candidates[0].name == name
    assert match.counts["renamed"] == len(renamed(network(name)))
    assert match.lacks_head if renamed is children else match.fits


@pytest.mark.parametrize(
    "design",
    [
        "bottleneck:2,1:stem=cifar,classes=7",
        "basic:1,2,1:width=24,channels=4",
        "bottleneck:1,1:width=16,groups=4,width_per_group=32",
        "basic:2,2,2:width=64,stem_width=16,stem=cifar,preact=true",
        "bottleneck:1,2:preact=true,stem=cifar",
        "basic:1,2:width=16,shortcut=C",
    ],
)
def test_designs_are_known_under_foreign_names(design: str) -> None:
    words = {"layer": "block_", "conv": "c", "bn": "n", "downsample": "shortcut", "fc": "out"}
    foreign = {}
    for name, tensor in weights(f"resnet:{design}").items():
        other = name
        for word, its in words.items():
            other = other.replace(word, its)
        foreign[f"net.{other}"] = tensor
    found = best(foreign)
    assert found.match.fits, found
    wanted = shapes_of(network(f"resnet:{design}"))
    assert shapes_of(network(found.name, **dict(found.arguments))) == wanted


def test_networks_of_three_dimensions_are_said_to_be() -> None:
    volumes = {
        name: tensor
        if tensor.dim() < 4
        else torch.zeros(()).expand(*tensor.shape, tensor.shape[-1])
        for name, tensor in weights("resnet50").items()
    }
    found = ri.identify(volumes)
    assert "3-D convolutions, bottleneck blocks, 3, 4, 6, 3 a stage" in said(found)
    assert all(one.name in ("r3d_18", "mc3_18", "r2plus1d_18") for one in found.candidates)
    assert best(weights("r3d_18", num_classes=5)).name == "r3d_18"


def test_nothing_is_said_of_shortcuts_that_no_weight_tells_of() -> None:
    assert "a plain or residual network" in said(ri.identify(weights("vgg11_bn")))


def test_norms_folded_into_convolutions_are_understood(file: Path) -> None:
    model = network("resnet18")
    norms = [name for name, one in model.named_modules() if isinstance(one, nn.BatchNorm2d)]
    folded: Weights = {
        name: tensor
        for name, tensor in weights("resnet18").items()
        if name.rpartition(".")[0] not in norms
    }
    for name, one in model.named_modules():
        if isinstance(one, nn.Conv2d):
            folded |= {f"{name}.bias": torch.zeros(one.out_channels)}
            folded |= {f"{name}.scale": torch.ones(()), f"{name}.zero_point": torch.ones(())}
    found = ri.identify(folded)
    assert said(found).endswith(
        "is resnet18 with its norms folded into its convolutions: all 22 tensors match"
    )
    torch.save(folded, file)
    with pytest.raises(CheckpointError, match="norms folded"):
        ri.trace(weights=file)


@pytest.mark.filterwarnings("ignore")
def test_quantized_weights_are_read_and_understood(file: Path) -> None:
    if "fbgemm" not in torch.backends.quantized.supported_engines:
        pytest.skip("this torch cannot quantize here")
    weight = torch.quantize_per_tensor(torch.zeros(4, 3, 3, 3), 0.1, 0, torch.qint8)
    layer = torch.ao.nn.quantized.Linear(4, 10)
    layer = {f"fc.{name}": value for name, value in layer.state_dict().items()}
    torch.save({"conv1.weight": weight, "conv1.bias": torch.zeros(4), **layer}, file)
    for given in (file, torch.load(file, weights_only=True)):
        found = {name: (one.shape, one.dtype) for name, one in ri.identify(given).tensors.items()}
        assert found["conv1.weight"] == ((4, 3, 3, 3), "qint8")
        assert found["fc.weight"] == ((10, 4), "qint8")


def test_what_is_known_to_none_is_said(file: Path) -> None:
    torch.save({"a.weight": torch.zeros(2, 3)}, file)
    found = ri.identify(file)
    assert not found.candidates
    with pytest.raises(CheckpointError, match="no network that is known"):
        ri.trace(weights=file)

"""Files of weights: identified, traced with, and refused where they are not safe."""

from __future__ import annotations

import io
import json
import os
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import resnet_inspect as ri
from resnet_inspect import pipeline
from resnet_inspect.analysis.identity import Candidate
from resnet_inspect.errors import BadInput, CheckpointError
from resnet_inspect.pipeline.building.weights import shapes_of
from resnet_inspect.pipeline.tracing import trace
from resnet_inspect.sources import checkpoint, source, subject
from resnet_inspect.views.words.identity import said
from tests.foreign_networks import children, hugging_face, sorted_names

SMALL = "resnet:basic:1,1:width=8,stem=cifar"
Weights = dict[str, Tensor]


def network(name: str, **arguments: Any) -> nn.Module:
    chosen = subject(name)
    return source(chosen.source).build(chosen.name, arguments, torch.device("meta"))


def weights(name: str, **arguments: Any) -> Weights:
    """A state dict of that shape whose tensors are all one number, so that a file is small."""
    return {
        key: torch.zeros((), dtype=tensor.dtype).expand(tensor.shape)
        for key, tensor in network(name, **arguments).state_dict().items()
    }


def real(name: str = SMALL) -> Weights:
    chosen = subject(name)
    return source(chosen.source).build(chosen.name, {}, torch.device("cpu")).state_dict()


def under(prefix: str, tensors: Weights) -> Weights:
    return {prefix + name: tensor for name, tensor in tensors.items()}


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


def test_a_moving_average_beside_the_weights_is_named(file: Path) -> None:
    tensors = weights("paper:cifar_resnet20_b")
    torch.save({"state_dict": tensors, "state_dict_ema": dict(tensors)}, file)
    found = ri.identify(file)
    assert found.place == "state_dict"
    assert [(one.place, one.tensors, one.is_alike) for one in found.others] == [
        ("state_dict_ema", 128, True)
    ]


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


def test_another_stem_is_no_other_head() -> None:
    """All but the stem of a ResNet-50-D is a ResNet-50's."""
    pytest.importorskip("timm")
    found = best(weights("timm:resnet50d", num_classes=4))
    assert (found.name, dict(found.arguments)) == ("timm:resnet50d", {"num_classes": 4})


def test_timm_is_asked_where_nothing_else_fits(file: Path) -> None:
    pytest.importorskip("timm")
    torch.save(weights("timm:seresnet18", num_classes=7), file)
    assert identified(file) == ("timm:seresnet18", {"num_classes": 7}, True)


# Other names, several networks, other kinds


def best(given: Any, **options: Any) -> Candidate:
    return ri.identify(given, **options).candidates[0]


def test_of_networks_that_fit_alike_the_commonest_comes_first() -> None:
    found = ri.identify(weights("resnet50", num_classes=7, channels=4))
    names = [(one.name, dict(one.arguments)) for one in (found.candidates[0], *found.equals)]
    ours, papers = {"num_classes": 7, "channels": 4}, {"classes": 7, "channels": 4}
    assert names == [
        ("resnet50", ours),
        ("quantized_resnet50", ours),
        ("paper:resnet50_v1_5", papers),
        ("paper:resnet50", papers),
    ]
    found = ri.identify(weights("paper:cifar_resnet20"))
    assert [one.name for one in (found.candidates[0], *found.equals)] == [
        "paper:cifar_resnet20",
        "paper:cifar_plain20",
    ]


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


def test_several_networks_in_a_file_are_all_named() -> None:
    two = under("rgb.", weights("resnet18")) | under("depth.", weights("resnet34", num_classes=3))
    found = ri.identify(two)
    assert found.candidates[0].name == "resnet34"
    (other,) = found.others
    assert (other.place, other.tensors, other.is_alike) == ("rgb", 122, False)
    assert other.best is not None
    assert other.best.name == "resnet18"
    average = under("model.", weights(SMALL)) | under("ema.module.", weights(SMALL))
    found = ri.identify({"state_dict": average})
    assert [(one.place, one.is_alike) for one in found.others] == [("state_dict.ema.module", True)]
    assert best({"state_dict": average}, under="state_dict.ema").match.prefix == "ema.module."
    assert best(two, under="rgb.").name == "resnet18"
    with pytest.raises(CheckpointError, match="no weights under 'sound'") as refused:
        ri.identify(two, under="sound")
    assert "rgb, depth" in refused.value.hint


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


# Held against load_state_dict


@pytest.mark.parametrize("change", ["nothing", "drop", "add", "reshape", "prefix"])
def test_what_fits_is_what_load_state_dict_takes(file: Path, change: str) -> None:
    tensors = dict(real())
    if change == "drop":
        tensors.pop("layer1.0.bn1.bias")
    elif change == "add":
        tensors["neck.weight"] = torch.zeros(3)
    elif change == "reshape":
        tensors["fc.weight"] = torch.zeros(7, 16)
    elif change == "prefix":
        tensors = under("module.", tensors)
    torch.save(tensors, file)
    model = network(SMALL).to_empty(device="cpu")
    try:
        model.load_state_dict({n.removeprefix("module."): t for n, t in tensors.items()})
        taken = True
    except RuntimeError:
        taken = False
    assert identified(file, against=SMALL)[2] is taken
    if taken:
        assert len(ri.trace(SMALL, weights=file).calls) > 0
    else:
        with pytest.raises(CheckpointError, match="does not fit resnet:basic"):
            ri.trace(SMALL, weights=file)


# Tracing with weights


def test_a_trace_of_weights_is_that_of_the_network(file: Path) -> None:
    torch.save({"state_dict": under("module.", weights("resnet18", num_classes=10))}, file)
    found = ri.trace(weights=file)
    assert found.calls == ri.trace("resnet18", arguments={"num_classes": 10}).calls
    assert dict(found.provenance.arguments) == {"num_classes": "10"}
    assert "only their shapes" in found.provenance.notes[-1]


CHECKS_ITS_WEIGHT = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)

    def forward(self, x):
        if not x.is_meta and float(self.fc.weight.sum()) != 24.0:
            raise ValueError("these are not the weights of the file")
        return self.fc(x)
"""


@pytest.mark.parametrize("kind", ["torch", "legacy", "safetensors", "index"])
def test_on_a_real_device_the_numbers_are_those_of_the_file(tmp_path: Path, kind: str) -> None:
    code = tmp_path / "net.py"
    code.write_text(CHECKS_ITS_WEIGHT)
    tensors = {"fc.weight": torch.full((2, 4), 3.0), "fc.bias": torch.zeros(2)}
    file = written(tmp_path, kind, tensors)
    for device in ("meta", "cpu"):
        assert ri.trace(f"{code}:Net", (1, 4), weights=file, device=device).failure is None
    other = written(tmp_path, kind, {**tensors, "fc.weight": torch.ones(2, 4)})
    with pytest.raises(ri.ForwardError, match="not the weights of the file"):
        ri.trace(f"{code}:Net", (1, 4), weights=other, device="cpu")


def written(folder: Path, kind: str, tensors: Weights) -> Path:
    """A file of that kind with these weights."""
    file = folder / {"safetensors": "w.safetensors", "index": "w.index.json"}.get(kind, "w.pth")
    if kind in ("torch", "legacy"):
        torch.save(tensors, file, _use_new_zipfile_serialization=kind == "torch")
    elif kind == "safetensors":
        save_file = pytest.importorskip("safetensors.torch").save_file
        save_file(tensors, file, metadata={"format": "pt"})
    else:
        places = {name: f"shard-{i}.pth" for i, name in enumerate(tensors)}
        for name, shard in places.items():
            torch.save({name: tensors[name]}, folder / shard)
        file.write_text(json.dumps({"metadata": {}, "weight_map": places}))
    return file


@pytest.mark.parametrize("kind", ["torch", "legacy", "safetensors", "index"])
def test_every_format_gives_the_same_shapes_types_and_numbers(tmp_path: Path, kind: str) -> None:
    tensors = real() | {"half": torch.ones(2, 3).half(), "bf16": torch.ones(1).bfloat16()}
    tensors["none"] = torch.zeros(0, 3)
    found = checkpoint.read(written(tmp_path, kind, tensors))
    assert {name: (spec.shape, spec.dtype) for name, spec in found.tensors.items()} == {
        name: (tuple(one.shape), str(one.dtype).removeprefix("torch."))
        for name, one in tensors.items()
    }
    values = checkpoint.values(found)
    assert all(torch.equal(values[name], tensors[name]) for name in tensors)


def test_weights_are_checked_also_where_the_trace_is_in_the_cache(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RESNET_INSPECT_NO_CACHE")
    monkeypatch.setenv("RESNET_INSPECT_CACHE_DIR", str(file.parent / "cache"))
    # Other tests of this process have run code of users, after which nothing is kept.
    monkeypatch.setattr(trace, "ran_no_other_code", lambda: True)
    torch.save({name: tensor for name, tensor in real().items() if name != "fc.bias"}, file)
    ri.trace(SMALL, cache=True)
    assert pipeline.cached(SMALL) is not None
    with pytest.raises(CheckpointError, match=r"1 is missing: fc\.bias"):
        ri.trace(SMALL, weights=file, cache=True)


def test_weights_are_for_networks_that_are_named(file: Path) -> None:
    torch.save(real(), file)
    with pytest.raises(BadInput, match="named"):
        ri.trace(nn.Linear(2, 2), (1, 2), weights=file)
    with pytest.raises(BadInput, match="which model"):
        ri.trace()


# Bad files


class _RunsCode:
    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (self.path,)

    path = ""


def _with_code(folder: Path) -> Any:
    bad = _RunsCode()
    bad.path = str(folder / "was run")
    return bad


def saved(value: object, **options: Any) -> bytes:
    stream = io.BytesIO()
    torch.save(value, stream, **options)
    return stream.getvalue()


def safetensors(header: object, numbers: bytes = b"", length: int | None = None) -> bytes:
    written = json.dumps(header).encode()
    return (len(written) if length is None else length).to_bytes(8, "little") + written + numbers


def bomb() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", b"0" * 10_000_000)
    return stream.getvalue()


def entry(shape: list[int], *offsets: int, dtype: str = "F32") -> dict[str, object]:
    return {"dtype": dtype, "shape": shape, "data_offsets": list(offsets)}


OLD = {"_use_new_zipfile_serialization": False}
BAD: dict[str, tuple[Callable[[Path], bytes], str]] = {
    "empty": (lambda _: b"", "is empty"),
    "a web page": (lambda _: b"\n<!DOCTYPE html><html>", "is a web page"),
    "git lfs": (lambda _: b"version https://git-lfs.github.com/spec/v1\n", "Git LFS pointer"),
    "gzip": (lambda _: b"\x1f\x8b\x08\x00", "gzip"),
    "keras": (lambda _: b"\x89HDF\r\n\x1a\n", "HDF5"),
    "text": (lambda _: b"hello", "no checkpoint that is known"),
    "zip": (lambda _: bomb().replace(b"data.pkl", b"data.txt"), "is a zip archive"),
    "a zip bomb": (lambda _: bomb(), "would unpack to 10,000,000"),
    "truncated": (lambda _: saved(real())[:5000], "is truncated"),
    "truncated, old": (lambda _: saved(real(), **OLD)[:-999], "truncated"),
    "cut in its head, old": (lambda _: saved(real(), **OLD)[:300], "truncated"),
    "code": (lambda f: saved({"a": _with_code(f)}), "would run code: it names .*mkdir"),
    "code, old": (lambda f: saved({"a": _with_code(f)}, **OLD), "would run code: it names"),
    "a pickle with code": (lambda f: pickle.dumps(_with_code(f)), "would run code: it names"),
    "a number": (lambda _: saved(3), "no tensors that have names"),
    "a tensor": (lambda _: saved(torch.zeros(2)), "no tensors that have names"),
    "a list": (lambda _: saved([torch.zeros(2)]), "no tensors that have names"),
    "json": (lambda _: b'{"calls": []}', "no weight_map"),
    "half a json": (lambda _: b'{"weight_map": {', "no JSON"),
    "deep json": (lambda _: b'{"weight_map":' + b"[" * 200_000, "no JSON"),
    "a missing shard": (
        lambda _: b'{"weight_map": {"a": "1.pth", "b": "2.pth"}}', "needs 2 files.*1.pth, 2.pth"
    ),
    "a shard elsewhere": (
        lambda _: b'{"weight_map": {"a": "../../etc/passwd"}}', "no file beside it"
    ),
    "no shard": (lambda _: b'{"weight_map": {"a": 3}}', "no file beside it"),
    "truncated safetensors": (
        lambda _: safetensors({"a": entry([2], 0, 8)}, b"1234"), "8 bytes of weights, 4 are there"
    ),
    "a lying shape": (
        lambda _: safetensors({"a": entry([2**40], 0, 8)}, b"12345678"), "not lie where its shape"
    ),
    "overlapping": (
        lambda _: safetensors({"a": entry([1], 0, 4), "b": entry([1], 2, 6)}, b"123456"),
        "not lie where its shape",
    ),
    "a negative shape": (
        lambda _: safetensors({"a": entry([-1, -1], 0, 4)}, b"1234"), "has no shape"
    ),
    "an unknown type": (
        lambda _: safetensors({"a": entry([1], 0, 4, dtype="X")}, b"1234"), "unknown type"
    ),
    "no place": (lambda _: safetensors({"a": {"dtype": "F32"}}), "no type, shape and place"),
    "a header past the end": (
        lambda _: safetensors({"a": entry([1], 0, 4)}, b"1234", length=5_000), "cannot be in"
    ),
    "no header": (lambda _: safetensors({}), "no tensors that have names"),
}  # fmt: skip


@pytest.mark.parametrize("kind", BAD)
def test_bad_files_are_refused_in_one_sentence(file: Path, kind: str) -> None:
    content, sentence = BAD[kind]
    file.write_bytes(content(file.parent))
    with pytest.raises(CheckpointError, match=sentence) as caught:
        ri.identify(file)
    assert str(file) in caught.value.message
    assert not (file.parent / "was run").exists()


def test_the_code_in_those_files_would_have_run(tmp_path: Path) -> None:
    pickle.loads(pickle.dumps(_with_code(tmp_path)))
    assert (tmp_path / "was run").exists()


@pytest.mark.parametrize("length", [0x3C, 0x4B50, 0x80])
def test_a_header_of_any_length_is_that_of_safetensors(file: Path, length: int) -> None:
    """The first bytes of its length may be those of a web page, of a zip or of a pickle."""
    header = json.dumps({"a": entry([1], 0, 4)}, separators=(",", ":")).encode()
    file.write_bytes(length.to_bytes(8, "little") + header.ljust(length) + b"1234")
    assert checkpoint.read(file).tensors["a"].shape == (1,)


def test_more_declared_than_there_is_is_refused(file: Path) -> None:
    """A storage of 4 bytes is declared as one of 4 TB; on meta nothing would notice."""
    with zipfile.ZipFile(io.BytesIO(saved({"a": torch.zeros(1)}))) as archive:
        entries = {one.filename: archive.read(one) for one in archive.infolist()}
    (pickled,) = [name for name in entries if name.endswith("data.pkl")]
    count = b"K\x01tq\x07Q"  # 1 element, end of the tuple, its number, persistent id
    assert count in entries[pickled]
    huge = b"\x8a\x06" + (10**12).to_bytes(6, "little") + b"tq\x07Q"
    entries[pickled] = entries[pickled].replace(count, huge)
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    with pytest.raises(CheckpointError, match="declares 4,000,000,000,000 bytes"):
        ri.identify(file)


@pytest.mark.parametrize("path", [".", "nowhere.pth", os.devnull])
def test_what_is_no_file_is_refused(path: str) -> None:
    with pytest.raises(CheckpointError, match=r"directory|no such file|no regular file"):
        pipeline.identify(path)

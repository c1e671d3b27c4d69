"""Weights under their network's own names, and programs that load them, which are run."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import resnet_inspect as ri
from resnet_inspect import pipeline
from resnet_inspect.errors import CheckpointError, OutputError
from resnet_inspect.sources import source, subject
from tests.foreign_networks import children, hugging_face, sorted_names

Weights = dict[str, Tensor]


def built(name: str, **arguments: Any) -> nn.Module:
    chosen = subject(name)
    torch.manual_seed(1)
    return source(chosen.source).build(chosen.name, arguments, torch.device("cpu"))


def numbered(model: nn.Module) -> nn.Module:
    """Norms too have numbers of their own, so that none can be taken for another."""
    for number, buffer in enumerate(model.state_dict().values()):
        if buffer.is_floating_point() and buffer.dim() == 1:
            buffer.copy_(torch.rand_like(buffer) + number)
    return model.eval()


SMALL = "resnet:basic:1,1:width=8,stem=cifar"


def scores(model: nn.Module, channels: int = 3) -> Tensor:
    torch.manual_seed(2)
    with torch.no_grad():
        return model.eval()(torch.rand(2, channels, 64, 64))


def ran(program: str, channels: int = 3) -> Tensor:
    """What the network of a program gives, once the program has been run."""
    names: dict[str, Any] = {}
    exec(compile(program, "program.py", "exec"), names)
    return scores(names["model"], channels)


def loaded(file: Path, against: str | None = None) -> str:
    return pipeline.loading(pipeline.identify(file, against))


WRAPPED: dict[str, Callable[[Weights], Any]] = {
    "plain": lambda w: w,
    "a prefix": lambda w: {f"module.{name}": tensor for name, tensor in w.items()},
    "a key, a prefix and others": lambda w: {
        "epoch": 3,
        "model": {"n_averaged": torch.tensor(1), **{f"net.{n}": t for n, t in w.items()}},
    },
    "what is no tensor": lambda w: {**w, "epoch": 3},
    "tied": lambda w: {**w, "classifier.weight": w["fc.weight"]},
    "sequential": lambda w: {n.replace("fc.", "fc.1."): t for n, t in w.items()},
    "other names": lambda w: {n.replace("layer", "a").replace("bn", "n"): t for n, t in w.items()},
    "names in a circle": lambda w: {
        {"conv1": "bn1", "bn1": "conv1"}.get(n.partition(".")[0], n.partition(".")[0])
        + n[len(n.partition(".")[0]) :]: t
        for n, t in w.items()
    },
    "one other name": lambda w: {("a.w" if n == "conv1.weight" else n): t for n, t in w.items()},
}  # fmt: skip


@pytest.mark.parametrize("kind", WRAPPED)
def test_programs_load_what_was_saved(tmp_path: Path, kind: str) -> None:
    model = numbered(built(SMALL))
    file = tmp_path / "it's \U0001f600 net.pth"
    torch.save(WRAPPED[kind](model.state_dict()), file)
    program = loaded(file, SMALL)
    assert torch.equal(ran(program), scores(model))
    assert "random" not in program


@pytest.mark.parametrize("renamed", [children, hugging_face], ids=lambda one: one.__name__)
def test_programs_change_names(tmp_path: Path, renamed: Callable[[nn.Module], Weights]) -> None:
    name = "resnet:bottleneck:2,1:width=8"
    model = numbered(built(name))
    file = tmp_path / "net.pth"
    torch.save({"neck.weight": torch.zeros(3), **renamed(model)}, file)
    names: dict[str, Any] = {}
    exec(loaded(file, name), names)
    own = names["model"].state_dict()
    wanted = {n: one for n, one in model.state_dict().items() if not n.startswith("fc.")}
    assert all(torch.equal(own[n], one) for n, one in wanted.items())
    if renamed is children:
        assert dict(names["begins"]) == {"0": "conv1", "1": "bn1", "4": "layer1", "5": "layer2"}


@pytest.mark.parametrize("kind", ["safetensors", "index"])
def test_programs_read_other_formats(tmp_path: Path, kind: str) -> None:
    save_file = pytest.importorskip("safetensors.torch").save_file
    model = numbered(built(SMALL))
    tensors = {f"net.{name}": tensor for name, tensor in model.state_dict().items()}
    file = tmp_path / "net.safetensors"
    if kind == "safetensors":
        save_file(tensors, file)
    else:
        import json

        shards = {"a.safetensors": {}, "b.bin": {}}  # type: dict[str, Weights]
        for number, (name, tensor) in enumerate(tensors.items()):
            shards[list(shards)[number % 2]][name] = tensor
        save_file(shards["a.safetensors"], tmp_path / "a.safetensors")
        torch.save(shards["b.bin"], tmp_path / "b.bin")
        places = {name: shard for shard, held in shards.items() for name in held}
        file = tmp_path / "net.safetensors.index.json"
        file.write_text(json.dumps({"weight_map": places}))
    assert torch.equal(ran(loaded(file, SMALL)), scores(model))


def test_what_is_missing_and_left_out_is_named(tmp_path: Path) -> None:
    model = numbered(built(SMALL))
    tensors = {n: t for n, t in model.state_dict().items() if not n.startswith("fc.")}
    file = tmp_path / "net.pth"
    torch.save({**tensors, "bn1.weight": torch.zeros(9), "neck.weight": torch.zeros(3)}, file)
    found = pipeline.identify(file, SMALL)
    program = pipeline.loading(found)
    assert "# Left out: bn1.weight (is (9,), not (8,)), neck.weight" in program
    assert (
        "# Not in the file, so random, as it was built: bn1.weight, fc.weight, fc.bias" in program
    )
    names: dict[str, Any] = {}
    exec(program, names)
    own = names["model"].state_dict()
    kept = tensors.keys() - {"bn1.weight"}
    assert all(torch.equal(own[name], tensors[name]) for name in kept)


def test_programs_build_with_the_classes_and_channels_that_were_found(tmp_path: Path) -> None:
    model = built("resnet18", num_classes=7, channels=4)
    file = tmp_path / "net.pth"
    torch.save(model.state_dict(), file)
    program = loaded(file)
    assert "get_model('resnet18', weights=None, num_classes=7)" in program
    assert torch.equal(ran(program, 4), scores(model, 4))
    found = ri.trace(weights=file)
    assert found.activations[found.inputs[0].activation].tensor.shape == (1, 4, 224, 224)
    assert any("paper:resnet18_v1_5" in note for note in found.provenance.notes)


def test_programs_of_timm_are_run(tmp_path: Path) -> None:
    pytest.importorskip("timm")
    model = built("timm:resnet10t", num_classes=3, in_chans=2)
    file = tmp_path / "net.pth"
    torch.save(model.state_dict(), file)
    assert torch.equal(ran(loaded(file, "timm:resnet10t"), 2), scores(model, 2))


def test_a_program_stands_alone(tmp_path: Path) -> None:
    file = tmp_path / "net.pth"
    torch.save(built(SMALL).state_dict(), file)
    (tmp_path / "load.py").write_text(loaded(file, SMALL))
    subprocess.run([sys.executable, "load.py"], cwd=tmp_path, check=True)


# Conversion


@pytest.mark.parametrize(
    "renamed", [children, hugging_face, sorted_names], ids=lambda one: one.__name__
)
def test_a_converted_file_has_the_networks_own_names(
    tmp_path: Path, renamed: Callable[[nn.Module], Weights]
) -> None:
    load_file = pytest.importorskip("safetensors.torch").load_file
    name = "resnet:bottleneck:2,1:width=8"
    model = numbered(built(name))
    file, output = tmp_path / "net.pth", tmp_path / "out.safetensors"
    torch.save(renamed(model), file)
    weights = pipeline.checkpoint_of(file)
    done = pipeline.convert(weights, pipeline.identified(weights, name), output)
    converted = load_file(output)
    wanted = model.state_dict()
    if renamed is children:
        assert "are missing: fc.weight, fc.bias" in done
        wanted = {name: one for name, one in wanted.items() if not name.startswith("fc.")}
    assert converted.keys() == wanted.keys()
    assert all(torch.equal(converted[name], one) for name, one in wanted.items())
    assert ri.identify(output, name).candidates[0].match.counts["renamed"] == 0


def test_a_file_that_torch_refuses_is_converted_and_its_program_loads_that(tmp_path: Path) -> None:
    pytest.importorskip("safetensors")
    model = numbered(built(SMALL))
    file, output = tmp_path / "net.pth", tmp_path / "out.safetensors"
    torch.save({"model": model.state_dict(), "args": argparse.Namespace(lr=0.1)}, file)
    weights = pipeline.checkpoint_of(file)
    found = pipeline.identified(weights, SMALL)
    with pytest.raises(CheckpointError, match=r"names argparse\.Namespace") as refused:
        pipeline.loading(found)
    assert "--convert" in refused.value.hint
    pipeline.convert(weights, found, output)
    assert torch.equal(ran(pipeline.loading(found, output)), scores(model))
    before = output.read_bytes()
    with pytest.raises(OutputError, match="exists already"):
        pipeline.convert(weights, found, output)
    pipeline.convert(weights, found, output, overwrite=True)
    assert output.read_bytes() == before
    assert sorted(one.name for one in tmp_path.iterdir()) == ["net.pth", "out.safetensors"]


def test_what_no_network_takes_is_not_converted(tmp_path: Path) -> None:
    file, output = tmp_path / "net.pth", tmp_path / "out.safetensors"
    torch.save({"a.weight": torch.zeros(2, 3)}, file)
    weights = pipeline.checkpoint_of(file)
    with pytest.raises(CheckpointError, match="no network takes these weights"):
        pipeline.convert(weights, pipeline.identified(weights), output)
    assert not output.exists()

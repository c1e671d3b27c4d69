"""The programs that take feature maps, each run as it stands."""

from __future__ import annotations

import io
import subprocess
import sys
from contextlib import redirect_stdout
from pathlib import Path

import pytest
import torch

import resnet_inspect as ri
from resnet_inspect import pipeline
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.analysis.taps.pyramid import find
from resnet_inspect.errors import BadInput
from tests import decoded_networks
from tests import tapped_networks as networks

OWN = Path(networks.__file__)
DECODED = Path(decoded_networks.__file__)


def written_and_printed(survey: Survey) -> tuple[str, str]:
    """The program, and what it prints."""
    program = pipeline.features(survey, run_code=True)
    stdout = io.StringIO()
    path = list(sys.path)
    try:
        with redirect_stdout(stdout):
            exec(compile(program, "features.py", "exec"), {"__name__": "__main__"})
    finally:
        sys.path[:] = path
    return program, stdout.getvalue()


def promised(survey: Survey) -> list[str]:
    return sorted(f"{tap.path} {tap.shape}" for tap in find(survey).all)


def prints_what_is_promised(survey: Survey, way: str) -> str:
    """A program that goes this way, and prints the maps of the taps; the program."""
    program, printed = written_and_printed(survey)
    assert way in program
    assert sorted(printed.splitlines()) == promised(survey)
    return program


FX, HOOKS, TIMM = "create_feature_extractor(", "register_forward_hook", "features_only=True"


@pytest.mark.parametrize(
    ("name", "way"),
    [
        ("UNet", FX),
        ("Padded", FX),
        ("Gated", FX),
        ("Deformable", FX),
        ("Pyramid", FX),
        ("Branches", FX),
        ("Encoder", FX),
        ("AddedSkips", FX),
        ("SkipsOfEachBlock", FX),
        ("Queries", HOOKS),
        ("LowRank", FX),
        ("HandedOn", FX),
        ("Classifier", HOOKS),
        ("OneReLU", HOOKS),
        ("Overwritten", HOOKS),
        ("body_and_pyramid", HOOKS),
    ],
)
def test_the_program_for_a_file_of_one_s_own(name, way):
    survey = Survey(ri.trace(f"{OWN}:{name}", (2, 3, 64, 96)))
    prints_what_is_promised(survey, way)


@pytest.mark.filterwarnings("ignore:traced on the CPU")
@pytest.mark.parametrize(
    ("name", "way"),
    [
        ("segmenter", HOOKS),
        ("gated_skips", FX),
        ("joined_at_the_deepest", FX),
        ("Autoencoder", FX),
        ("MaskedQueries", HOOKS),
        ("windowed", FX),
    ],
)
def test_the_program_for_networks_with_a_decoder(name, way):
    survey = Survey(ri.trace(f"{DECODED}:{name}", (1, 3, 64, 64)))
    prints_what_is_promised(survey, way)


@pytest.mark.parametrize("kind", ["tuple", "dict", "output", "model output"])
def test_the_maps_within_what_an_encoder_returns(kind):
    survey = Survey(ri.trace(f"{OWN}:Classifier", (1, 3, 64, 64), arguments={"kind": kind}))
    prints_what_is_promised(survey, HOOKS)


@pytest.mark.parametrize(
    ("name", "arguments", "way"),
    [
        ("fcn_resnet50", {}, FX),
        ("fasterrcnn_resnet50_fpn", {"min_size": 96, "max_size": 96}, HOOKS),
        ("paper:cifar_resnet20", {"classes": 3}, FX),
        ("resnet:basic:1,1", {}, FX),
    ],
)
def test_the_program_for_a_named_network_downloads_nothing(monkeypatch, name, arguments, way):
    monkeypatch.setattr(torch.hub, "load_state_dict_from_url", None)
    size = None if "rcnn" in name else (1, 3, 64, 64)
    survey = Survey(ri.trace(name, size, arguments=arguments))
    program = prints_what_is_promised(survey, way)
    assert ("weights_backbone=None" in program) == (name.startswith(("fcn", "faster")))


@pytest.mark.parametrize(("name", "way"), [("resnet18", TIMM), ("mobilenetv2_050", FX)])
def test_timm_s_own_way_is_taken_where_it_gives_the_same(name, way):
    pytest.importorskip("timm")
    survey = Survey(ri.trace(f"timm:{name}", (1, 3, 64, 64)))
    prints_what_is_promised(survey, way)


def test_a_map_that_is_overwritten_is_copied_before_it_is():
    """The next layer's ReLU works in place: what a hook keeps must not change with it."""
    network = networks.Overwritten().eval()
    survey = Survey(ri.trace(network, (1, 3, 32, 32)))
    program = pipeline.features(survey)
    space: dict = {}
    exec(program, space)
    x = torch.randn(1, 3, 32, 32)
    with torch.no_grad():
        kept = space["features"](network, x)["b.1"]
        wanted = network.b[1](network.b[0](network.a(x)))
    assert torch.equal(kept, wanted)
    assert (kept < 0).any()


def test_a_function_s_map_is_taken_where_it_goes_into_a_layer():
    network = networks.Branches()
    survey = Survey(ri.trace(network, (1, 3, 64, 64)))
    space: dict = {}
    program = pipeline.features(survey)
    exec(program, space)
    with torch.no_grad():
        maps = space["features"](network, torch.rand(1, 3, 64, 64))
    reached = {tap.path: tap.shape for tap in find(survey).all if tap.path != ":add #8"}
    assert {name: tuple(one.shape) for name, one in maps.items()} == reached
    assert "# :add #8 goes from function to function" in program


def test_a_mapping_and_a_method():
    survey = Survey(ri.trace(f"{OWN}:Named", {"image": (1, 3, 32, 32)}))
    program, printed = written_and_printed(survey)
    assert '{"image": torch.rand(1, 3, 32, 32)}' in program
    assert printed == "encoder (1, 8, 16, 16)\n"
    survey = Survey(ri.trace(f"{OWN}:Named", (1, 3, 32, 32), call="encode"))
    program, printed = written_and_printed(survey)
    assert printed == "encoder (1, 8, 16, 16)\n"


def test_a_network_that_was_given_as_a_module_is_left_to_the_reader():
    survey = Survey(ri.trace(networks.UNet(), (1, 3, 32, 32)))
    program, printed = written_and_printed(survey)
    assert printed == ""
    assert "# maps = features(model, torch.rand(1, 3, 32, 32))" in program


def test_dtype_mode_and_arguments_are_those_of_the_trace():
    survey = Survey(
        ri.trace(f"{OWN}:sizes", (2, 3, 32, 32), dtype="bf16", mode="train", arguments={"wide": 4})
    )
    program, printed = written_and_printed(survey)
    assert "found(wide=4)" in program
    assert "model.train()" in program
    assert sorted(printed.splitlines()) == ["0 (2, 4, 16, 16)", "1 (2, 4, 8, 8)"]


def test_what_no_hook_reaches_is_said():
    survey = Survey(ri.trace(f"{OWN}:Unreached", (1, 3, 32, 32)))
    program, printed = written_and_printed(survey)
    assert "# before :relu, a function that no hook reaches" in program
    assert ":relu (1, 8, 16, 16)" in printed.splitlines()


def test_a_program_runs_in_a_process_of_its_own(tmp_path):
    file = tmp_path / "features.py"
    survey = Survey(ri.trace(f"{OWN}:Padded", (1, 3, 32, 32)))
    file.write_text(pipeline.features(survey, run_code=True), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "error::SyntaxWarning", str(file)],
        capture_output=True, text=True, cwd=tmp_path, check=True,
    )  # fmt: skip
    assert sorted(done.stdout.splitlines()) == promised(survey)


def test_a_file_alone_is_built_by_the_only_function_that_gives_a_network(tmp_path):
    file = tmp_path / "only_here.py"
    file.write_text(
        "from torch import nn\n\n\n"
        "def build() -> nn.Module:\n    return nn.Sequential(nn.Conv2d(3, 4, 3, 2, 1))\n",
        encoding="utf-8",
    )
    program, printed = written_and_printed(Survey(ri.trace(str(file), (1, 3, 16, 16))))
    assert 'only_here").build' in program
    assert printed == "0 (1, 4, 8, 8)\n"


def test_no_maps_no_program():
    survey = Survey(ri.trace(torch.nn.Linear(3, 4), (1, 3)))
    with pytest.raises(BadInput, match="no feature map"):
        pipeline.features(survey)

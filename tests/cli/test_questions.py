"""The commands that ask questions of a network, on saved traces."""

from __future__ import annotations

import ast

import pytest
from commands import SAVED, inspect, refused

TRACE = str(SAVED)


def test_taps_lists_every_stride() -> None:
    done = inspect("taps", TRACE, "--format", "csv")
    assert (done.returncode, done.stderr) == (0, "")
    paths = [line.split(",")[1] for line in done.stdout.splitlines()[1:]]
    assert paths == ["relu", "layer1", "layer2", "layer3", "layer4"]


def test_taps_prints_python() -> None:
    done = inspect("taps", TRACE, "--python")
    assert done.returncode == 0
    ast.parse(done.stdout)


def test_a_decoder_has_the_channels_asked_for() -> None:
    channels = ("--decoder", "unet", "--decoder-channels", "8,4")
    done = inspect("taps", TRACE, *channels, "--format", "csv")
    out = [line.split(",")[6] for line in done.stdout.splitlines()[1:]]
    assert out == ["8", "4", "4", "4", "4"]


def test_cost_of_several_saved_traces_side_by_side() -> None:
    other = str(SAVED.with_name("resnet18.json"))
    done = inspect("cost", TRACE, other, "--memory", "16GiB", "--format", "csv")
    assert done.returncode == 0, done.stderr
    assert [line.split(",")[0] for line in done.stdout.splitlines()] == [
        "model", "resnet50", "resnet18",
    ]  # fmt: skip


def test_cost_of_a_builder_s_argument() -> None:
    done = inspect("cost", "resnet50", "--vary", "width_per_group=64,128", "--format", "csv")
    assert done.returncode == 0, done.stderr
    rows = [line.split(",") for line in done.stdout.splitlines()[1:]]
    # Doubled inner width of ResNet-50 is Wide ResNet-50-2.
    assert [row[2] for row in rows] == ["25557032", "68883240"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("taps", TRACE, "--decoder-channels", "8"), ("--decoder unet",)),
        (("taps", TRACE, "--decoder", "unet", "--decoder-channels", "0"), ("positive",)),
        (("taps", TRACE, "--decoder", "fpn", "--decoder-channels", "8,4"), ("one number",)),
        (("taps", TRACE, "--python", "--format", "csv"), ("--python",)),
        (("taps", TRACE, "--batch", "2"), ("saved trace", "input options")),
        (("cost",), ("MODELS",)),
        (("cost", TRACE, "--memory", "many"), ("no amount", "16GiB")),
        (("cost", TRACE, "--memory", "-1"), ("no amount",)),
        (("cost", TRACE, "--roofline", "10T"), ("10T,100G",)),
        (("cost", TRACE, "--optimizer", "lion"), ("sgd",)),
        (("cost", TRACE, "--image-size", "1,x"), ("no shape",)),
        (("cost", TRACE, "--batch", "1,8"), ("saved trace",)),
        (("cost", TRACE, "--vary", "num_classes"), ("--set",)),
        (("cost", TRACE, TRACE, "--roofline", "1T,1G"), ("one network",)),
    ],
)
def test_bad_input_gets_one_line(arguments: tuple[str, ...], words: tuple[str, ...]) -> None:
    refused(inspect(*arguments), 2, *words)


def test_explain_teaches_from_a_saved_trace() -> None:
    done = inspect("explain", TRACE, "layer2.0.conv2")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("layer2.0.conv2\n")
    assert "weight: 128·128·3·3 = 147,456" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 88


def test_explain_says_which_call_it_is() -> None:
    done = inspect("explain", TRACE, "layer1.0.relu")
    assert done.returncode == 0
    assert "runs 3 times" in done.stderr
    done = inspect("explain", TRACE, "layer1.0.relu", "--nth", "3", "--format", "json")
    assert done.stderr == ""
    assert "after the add of layer1.0" in done.stdout


def test_explain_refuses_what_is_not_there() -> None:
    refused(inspect("explain", TRACE, "layer2.0.conv9"), 2, "unknown layer", "layer2.0.conv1")
    refused(inspect("explain", TRACE, "layer1.0.relu", "--nth", "4"), 2, "3 calls")
    refused(inspect("explain", TRACE, "--format", "csv"), 2, "text, md, json, html")


def test_adamw_keeps_what_adam_does() -> None:
    figures = [
        inspect("cost", TRACE, "--optimizer", name, "--format", "csv").stdout
        for name in ("adam", "adamw")
    ]
    assert figures[1] == figures[0].replace("adam", "adamw")
    assert figures[0]

"""The assertions for other test suites, and the plugin, run in this very process."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch  # noqa: F401 - must be there before a test suite within this one begins
from torch import nn

import resnet_inspect as ri
from resnet_inspect.pytest import RENEW, assert_architecture, assert_shape

pytest_plugins = ["pytester"]
SIZE = (1, 3, 8, 8)


def network(width: int = 4) -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, width, 3), nn.ReLU(), nn.Conv2d(width, 2, 1))


@pytest.mark.parametrize("name", ["net.lock", "net.json"])
def test_a_golden_file_is_written_only_if_asked(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    golden = tmp_path / name
    with pytest.raises(AssertionError, match=f"{name} is not there.*--renew-architecture"):
        assert_architecture(network(), golden, input_size=SIZE)
    assert not golden.exists()
    monkeypatch.setenv(RENEW, "1")
    assert_architecture(network(), golden, input_size=SIZE)
    monkeypatch.delenv(RENEW)
    assert ri.load(golden).calls[1].path == "0"
    assert_architecture(network(), golden)
    before = golden.read_bytes()
    with pytest.raises(AssertionError) as caught:
        assert_architecture(network(width=6), golden)
    said = str(caught.value).splitlines()
    assert said[0].startswith(f"the architecture is not what {golden} (left) says")
    assert any(line.startswith("0: out channels 4 against 6") for line in said)
    assert max(map(len, said[1:])) <= 100
    assert golden.read_bytes() == before
    monkeypatch.setenv(RENEW, "1")
    assert_architecture(network(width=6), golden)
    assert golden.read_bytes() != before


def test_what_did_not_change_is_not_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(RENEW, "1")
    golden = tmp_path / "net.lock"
    assert_architecture(network(), golden, input_size=SIZE)
    golden.write_text(golden.read_text(encoding="utf-8") + "# mine\n", encoding="utf-8")
    assert_architecture(network(), golden)
    assert golden.read_text(encoding="utf-8").endswith("# mine\n")


def test_shapes_that_a_team_promises() -> None:
    assert_shape("resnet50", "layer3", (1024, 14, 14))
    assert_shape("resnet50", "layer3", (None, 1024, 7, 7), input_size=(2, 3, 112, 112))
    assert_shape(network(), "2", (1, 2, 6, 6), input_size=SIZE)
    assert_shape(network(), "0", (4, None, None))
    with pytest.raises(AssertionError, match=r"^0 gives \(1, 4, 6, 6\), not \(5, 6, 6\)$"):
        assert_shape(network(), "0", (5, 6, 6), input_size=SIZE)
    with pytest.raises(AssertionError, match=r"no layer 'layer33' was called; did you mean layer3"):
        assert_shape("resnet18", "layer33", (1,))


def test_the_model_is_left_as_it_was() -> None:
    model = network().train()
    assert_shape(model, "0", (4, 6, 6), input_size=SIZE)
    assert all(module.training for module in model.modules())
    assert not any(module._forward_hooks for module in model.modules())


SUITE = """
from torch import nn

def test_network(assert_architecture, assert_shape):
    net = nn.Sequential(nn.Conv2d(3, {width}, 3), nn.ReLU())
    assert_shape(net, "0", ({width}, 6, 6), input_size=(1, 3, 8, 8))
    assert_architecture(net, "golden.lock", input_size=(1, 3, 8, 8))
"""


def test_the_plugin_offers_fixtures_and_an_option(pytester: pytest.Pytester) -> None:
    suite = pytester.mkdir("suite")

    def run(width: int, *options: str) -> pytest.RunResult:
        (suite / "test_it.py").write_text(SUITE.format(width=width), encoding="utf-8")
        return pytester.runpytest_inprocess("-p", "resnet_inspect.pytest", "-q", *options)

    run(4).stdout.fnmatch_lines(["*golden.lock is not there*"])
    run(4, "--renew-architecture").assert_outcomes(passed=1)
    assert (suite / "golden.lock").is_file()
    run(4).assert_outcomes(passed=1)
    failed = run(5)
    failed.assert_outcomes(failed=1)
    failed.stdout.fnmatch_lines(["*--renew-architecture*", "*0: out channels 4 against 5*"])
    failed.stdout.no_fnmatch_line("*pipeline*")

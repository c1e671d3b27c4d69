"""`resnet-inspect draw`, on saved traces."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from commands import SAVED, inspect, refused

TRACE = str(SAVED)
DENSE = str(SAVED.with_name("dense.json"))


def test_each_suffix_has_its_format(tmp_path: Path) -> None:
    begins = {"svg": "<?xml", "html": "<!DOCTYPE", "mmd": "%% resnet50", "dot": "digraph"}
    for suffix, begin in begins.items():
        file = tmp_path / f"net.{suffix}"
        done = inspect("draw", TRACE, "-o", str(file))
        assert (done.returncode, done.stdout) == (0, "")
        assert f"wrote {file}" in done.stderr
        assert file.read_text(encoding="utf-8").startswith(begin)


def test_stdout_gets_mermaid_a_block_as_text_and_bars_as_svg() -> None:
    assert "\nflowchart TD\n" in inspect("draw", TRACE).stdout
    assert "⊕" in inspect("draw", TRACE, "--block", "layer2.0").stdout
    bars = inspect("draw", TRACE, "--bars", "-o", "-").stdout
    assert ET.fromstring(bars.encode()).tag.endswith("svg")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("draw", TRACE, "--block", "layer9.0"), ("layer9.0", "did you mean layer")),
        (("draw", DENSE, "--block", "block1.0"), ("no residual block was found",)),
        (("draw", TRACE, "--block", "layer2.0", "--bars"), ("two pictures",)),
        (("draw", TRACE, "--block", "layer2.0", "--level", "layer"), ("--level", "whole")),
        (("draw", TRACE, "--bars", "--format", "dot"), ("svg or pdf or png or html",)),
        (("draw", TRACE, "--format", "text"), ("--block",)),
        (("draw", TRACE, "-o", "net.gif"), (".gif", ".svg")),
        (("draw", TRACE, "--format", "png"), ("png needs a file",)),
        (("draw", TRACE, "--format", "sgv"), ("did you mean svg",)),
    ],
)
def test_what_cannot_be_drawn(arguments: tuple[str, ...], words: tuple[str, ...]) -> None:
    refused(inspect(*arguments), 2, *words)

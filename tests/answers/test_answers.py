"""What Python gets for a question; nothing here imports torch."""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from saved import DATA, trace_of

import resnet_inspect as ri
from resnet_inspect.errors import BadInput, MissingDependency, OutputError, UnknownName


@pytest.fixture(scope="module")
def t() -> ri.Inspection:
    return ri.load(DATA / "resnet18.json")


def test_an_answer_is_one_thing_in_every_form(t: ri.Inspection, tmp_path: Path) -> None:
    answer = t.taps()
    assert len(answer) == 5
    assert [row["path"] for row in answer] == ["relu", "layer1", "layer2", "layer3", "layer4"]
    read = list(csv.DictReader(io.StringIO(answer.to_csv())))
    assert [row["channels"] for row in read] == [str(row["channels"]) for row in answer.rows]
    assert len(json.loads(answer.to_json())["rows"]) == 5
    for row in answer.rows:
        assert str(row["path"]) in answer.to_markdown()
        assert str(row["path"]) in str(answer)
        assert str(row["path"]) in answer._repr_html_()
    assert repr(answer.table) == f"<Table: taps of {answer.table.title}>"
    assert answer.table._repr_html_() == answer._repr_html_()  # type: ignore[attr-defined]
    answer.save(tmp_path / "taps.md")
    assert (tmp_path / "taps.md").read_text(encoding="utf-8") == answer.to_markdown()
    with pytest.raises(OutputError):
        answer.save(tmp_path / "taps.md")
    with pytest.raises(UnknownName):
        answer.save(tmp_path / "taps.xyz")
    with pytest.raises(UnknownName):
        answer.render("xyz")


def test_a_frame_has_the_rows_or_says_that_pandas_is_not_here(
    t: ri.Inspection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingDependency, match="pandas"):
        t.taps().to_pandas()
    monkeypatch.undo()
    assert list(t.taps().to_pandas()["path"]) == [row["path"] for row in t.taps()]


def test_a_difference_is_said_in_words_and_rows(t: ri.Inspection) -> None:
    assert t.diff(t).summary == ("no difference",)
    other = trace_of("plain")
    found = t.diff(other)
    assert found.summary != ("no difference",)
    assert found.rows == ri.diff(DATA / "resnet18.json", other).rows


def test_costs_are_those_of_the_command_and_grow_with_the_optimizer(t: ri.Inspection) -> None:
    (sgd,), (adam,) = t.cost().rows, t.cost("adam", memory=8 * 2**30).rows
    assert sgd["parameters"] == 11_689_512
    assert adam["training_bytes"] == sgd["training_bytes"] + 2 * 4 * 11_689_512
    assert adam["training_batch"] > 0
    (frozen,) = t.cost(freeze="stem,stage 1-4").rows
    assert frozen["gradient_bytes"] == 4 * (512 * 1000 + 1000)
    two = ri.cost(t, DATA / "resnet50.json")
    assert [row["model"] for row in two] == ["resnet18", "resnet50"]
    with pytest.raises(BadInput, match="which network"):
        ri.cost()


def test_an_explanation_is_one_thing_in_every_form(t: ri.Inspection) -> None:
    found = t.explain("layer2.0.conv2")
    assert found.rows
    assert found.rows == ri.explain(str(DATA / "resnet18.json"), "layer2.0.conv2").rows
    sections = json.loads(found.to_json())["sections"]
    assert [row["sentence"] for row in found.rows] == [
        s for one in sections for s in one["sentences"]
    ]
    assert "147,456" in str(found)
    assert "147,456" in found._repr_html_()
    assert t.explain("layer1.0.relu", nth=2).rows != t.explain("layer1.0.relu").rows


def test_a_drawing_is_a_picture_or_a_chart(t: ri.Inspection, tmp_path: Path) -> None:
    whole, block, bars = t.draw(), t.draw("block", "layer2.0"), t.draw("bars")
    for drawing in (whole, block, bars):
        assert ElementTree.fromstring(drawing._repr_svg_()).tag.endswith("svg")
        assert drawing.to_html().startswith("<!DOCTYPE html>")
    assert str(whole).startswith("flowchart") or "flowchart" in whole.to_mermaid()
    assert "digraph" in block.to_dot()
    with pytest.raises(BadInput, match="boxes and links"):
        bars.to_mermaid()
    with pytest.raises(UnknownName):
        t.draw("pie")
    whole.save(tmp_path / "net.svg")
    assert (tmp_path / "net.svg").read_text(encoding="utf-8") == whole.to_svg()

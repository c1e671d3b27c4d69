"""Figures: a new kind is a function and a line."""

from __future__ import annotations

import sys

import pytest
from saved import DATA

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.cli import main
from resnet_inspect.cli.commands import draw
from resnet_inspect.views.figures import FIGURES, Kind
from resnet_inspect.views.figures.shapes import Picture, Words


def test_a_new_kind_of_figure_is_an_option_of_draw(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def name(survey: Survey, wanted: str) -> Picture:
        return Picture("name", "", 100, 20, (Words(50, 10, f"{wanted} {survey.trace.model_name}"),))

    monkeypatch.setitem(FIGURES, "name", Kind(name, "Only its name.", of="WORD", placed=True))
    monkeypatch.delitem(sys.modules, draw.__name__)
    assert main(["draw", "--help"]) == 0
    listed = capsys.readouterr().out
    assert "--name WORD" in listed
    assert "Only its name." in listed
    saved = str(DATA / "resnet18.json")
    assert main(["draw", saved, "--name", "the"]) == 0
    assert "the resnet18" in capsys.readouterr().out
    assert main(["draw", saved, "--name", "the", "--bars"]) == 2
    assert "two pictures" in capsys.readouterr().err

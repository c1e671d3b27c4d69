"""The card of the network: its totals, its parts and where it comes from."""

from __future__ import annotations

from card_texts import entries, said

from resnet_inspect.analysis.structure.anatomy import Stage
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.views.cards import card_of
from resnet_inspect.views.tables import VIEWS, assembly
from resnet_inspect.views.tables.rows.selection import Selection


def test_the_network(survey: Survey) -> None:
    of_network = card_of(survey, "network")
    assert of_network.title == survey.trace.model_name
    written = [e.text for e in entries(of_network, "totals")]
    assert written == [total.cell.text for total in assembly.totals(survey)]
    remarks = [e.text for e in entries(of_network, "remarks")]
    assert remarks == list(VIEWS["totals"](survey, Selection()).remarks)
    stages = [e.target for e in entries(of_network, "parts") if isinstance(e.target, Stage)]
    assert stages == list(survey.anatomy.stages)
    assert entries(of_network, "parts")
    assert said(of_network, "provenance")["source"] == survey.trace.provenance.source

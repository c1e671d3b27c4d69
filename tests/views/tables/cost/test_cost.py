"""The tables of costs: their figures, their columns, and what is said of them."""

from __future__ import annotations

import pytest
from saved import survey_of

from resnet_inspect.analysis.cost.roofline import Device
from resnet_inspect.analysis.structure.freezing import frozen, parameters_of
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.errors import UnknownName
from resnet_inspect.formats import FORMATS, render
from resnet_inspect.views.tables import cost
from resnet_inspect.views.tables.cost.figures import Candidate
from resnet_inspect.views.tables.cost.headings import HEADINGS
from resnet_inspect.views.tables.cost.roofline import view as table_of_roofline

PARAMETERS = {"resnet18": 11_689_512, "resnet34": 21_797_672, "resnet50": 25_557_032}


def cells(table, row, *keys):
    return tuple(table.cell(table.rows[row], key).value for key in keys)


def test_a_row_for_each_candidate_with_ratios_to_the_first():
    names = ("resnet18", "resnet34", "resnet50")
    table = cost.view([Candidate(name, survey_of(name)) for name in names])
    for row, name in enumerate(names):
        count, ratio = cells(table, row, "parameters", "macs_ratio")
        assert count == PARAMETERS[name]
        macs = {"resnet18": 1_814_073_344, "resnet34": 3_663_761_408, "resnet50": 4_089_184_256}
        assert ratio == macs[name] / macs["resnet18"]


def test_one_candidate_has_no_ratios_and_no_batch_unless_asked():
    survey = survey_of("resnet50")
    keys = cost.view([Candidate("resnet50", survey)]).shown
    assert not any(key.endswith(("_ratio", "_batch")) for key in keys)
    table = cost.view([Candidate("resnet50", survey)], available=2**34)
    assert "training_batch" in table.shown
    assert "what fits into 16.00 GiB" in table.remarks[-1]


@pytest.mark.parametrize("format", sorted(FORMATS))
def test_the_tables_can_be_written_in_every_format(format):
    survey = survey_of("resnet50")
    assert "resnet50" in render(cost.view([Candidate("resnet50", survey)]), format)
    assert "conv2" in render(table_of_roofline(survey, Device(1e13, 1e11)), format)


def test_one_network_is_read_downwards_and_its_parts_sum_to_the_total():
    table = cost.downwards(Candidate("resnet50", survey_of("resnet50")), ["adam"])
    found = {row.cells[0].value: row.cells[1].value for row in table.rows}
    held = ("weights", "gradient", "optimizer", "saved", "working", "input")
    assert sum(found[f"{part}_bytes"] for part in held) == found["training_bytes"]


def test_columns_are_chosen_and_rows_sorted_largest_first():
    names = ("resnet18", "resnet50", "resnet34")
    rows = [Candidate(name, survey_of(name)) for name in names]
    table = cost.view(rows, columns=("model", "macs"), sort="macs")
    assert table.shown == ("model", "macs")
    assert [row.cells[0].value for row in table.rows] == ["resnet50", "resnet34", "resnet18"]
    with pytest.raises(UnknownName):
        cost.view(rows, sort="mac")


@pytest.mark.parametrize(
    ("columns", "title", "first_words"),
    [
        (
            (),
            "memory to run and to train with sgd, MACs of a forward pass and of a step",
            ["inference", "training", "MACs of a step", "not in it"],
        ),
        (("model", "flops", "macs_ratio"), "MACs of a forward pass", []),
        (("model", "training_bytes"), "memory to train with sgd", ["training", "not in it"]),
        (("model", "inference_bytes"), "memory to run", ["inference", "not in it"]),
        (("model", "parameters"), "what networks need", []),
    ],
)
def test_what_is_said_is_of_the_columns_that_are_shown(columns, title, first_words):
    every = [Candidate(name, survey_of(name)) for name in ("resnet18", "resnet50")]
    table = cost.view(every, columns=columns)
    assert table.title == title
    assert [remark.partition(":")[0] for remark in table.remarks] == first_words


def test_flops_are_twice_the_macs_and_shown_where_they_are_asked_for():
    every = [Candidate(name, survey_of(name)) for name in PARAMETERS]
    table = cost.view(every, columns=("model", "macs", "flops"))
    assert all(
        cells(table, row, "flops") == (2 * cells(table, row, "macs")[0],) for row in range(3)
    )
    assert "flops" not in cost.view(every).shown


def test_every_column_says_what_it_is_and_no_two_are_called_alike():
    assert all(heading.meaning for heading in HEADINGS.values())
    titles = [heading.title for heading in HEADINGS.values()]
    assert len(set(titles)) == len(titles)


def test_what_is_frozen_is_said():
    survey = survey_of("resnet18")
    table = cost.view(
        [Candidate("resnet18", Survey(frozen(survey.trace, parameters_of(survey, "stem"))))]
    )
    assert table.remarks[-1] == "resnet18: 9,536 of its 11,689,512 parameters are frozen"

"""Costs: the table's figures against closed formulas, and the roofline against its definition."""

from __future__ import annotations

import pytest
from saved import survey_of

from resnet_inspect.analysis.cost import memory, roofline
from resnet_inspect.analysis.cost.roofline import Device
from resnet_inspect.analysis.structure.freezing import frozen, parameters_of
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.errors import UnknownName
from resnet_inspect.formats import FORMATS, render
from resnet_inspect.views.tables import cost
from resnet_inspect.views.tables.cost import Candidate
from resnet_inspect.views.tables.roofline import view as table_of_roofline

PARAMETERS = {"resnet18": 11_689_512, "resnet34": 21_797_672, "resnet50": 25_557_032}


def cells(table, row, *keys):
    return tuple(table.cell(table.rows[row], key).value for key in keys)


@pytest.mark.parametrize(
    ("optimizer", "kept"), [("sgd", 0), ("momentum", 1), ("adam", 2), ("adamw", 2)]
)
def test_training_holds_weights_gradients_and_what_the_optimizer_keeps(optimizer, kept):
    survey = survey_of("resnet50")
    found = memory.of(survey.trace, optimizer)
    weights = 4 * PARAMETERS["resnet50"]
    assert (found.parameters, found.gradients, found.optimizer) == (
        weights,
        weights,
        kept * weights,
    )
    assert found.input == 4 * 3 * 224 * 224
    assert found.training == weights * (2 + kept) + found.buffers + found.input + found.held
    assert found.inference == weights + found.buffers + found.input + found.peak


def test_the_largest_batch_fits_and_one_more_does_not():
    found = memory.of(survey_of("resnet50").trace, "adam")
    available = 16 * 2**30
    for training, each in ((True, found.held), (False, found.peak)):
        largest = found.largest_batch(available, 1, training=training)
        fixed = (found.training if training else found.inference) - each - found.input
        assert fixed + largest * (each + found.input) <= available
        assert fixed + (largest + 1) * (each + found.input) > available


def test_nothing_fits_where_not_even_the_weights_do():
    assert memory.of(survey_of("resnet50").trace).largest_batch(10**6, 1, training=True) == 0


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


def step_of(path):
    survey = survey_of("resnet50")
    return next(s for s in roofline.steps(survey) if survey.trace.calls[s.call].path == path)


def test_the_intensity_of_a_convolution_is_its_formula():
    # layer1.0.conv2: 64 to 64 planes, 3×3, on 56×56 at float32.
    flops = 2 * 64 * 64 * 9 * 56 * 56
    moved = 4 * (2 * 64 * 56 * 56 + 64 * 64 * 9)
    step = step_of("layer1.0.conv2")
    assert (step.flops, step.nbytes, step.intensity) == (flops, moved, flops / moved)
    assert step.bound(Device(1e12, 1e11)) == "compute"
    assert step.bound(Device(1e15, 1e11)) == "memory"
    assert step.seconds(Device(1e12, 1e11)) == flops / 1e12
    assert step.seconds(Device(1e15, 1e11)) == moved / 1e11


def test_an_addition_reads_two_maps_and_writes_one():
    assert step_of("layer1.0:add").nbytes == 3 * 4 * 256 * 56 * 56


def test_a_flatten_moves_nothing():
    survey = survey_of("resnet50")
    assert "flatten" not in {survey.trace.calls[s.call].path for s in roofline.steps(survey)}
    assert not any(":flatten" in survey.trace.calls[s.call].path for s in roofline.steps(survey))


def test_the_steps_flops_sum_to_the_network_s():
    survey = survey_of("resnet50")
    assert sum(step.flops for step in roofline.steps(survey)) == 2 * 4_089_184_256


def test_the_roofline_s_shares_sum_to_one_and_the_remark_is_their_split():
    device = Device(1e13, 1e11)
    table = table_of_roofline(survey_of("resnet50"), device)
    rows = [dict(zip(table.shown, (c.value for c in row.cells), strict=True)) for row in table.rows]
    assert sum(row["share"] for row in rows) == pytest.approx(1)
    waiting = sum(row["share"] for row in rows if row["bound"] == "memory")
    assert f"{waiting * 100:.1f}% of it in steps bound by memory" in table.remarks[1]
    assert all((row["intensity"] < 100) == (row["bound"] == "memory") for row in rows)


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


@pytest.mark.parametrize("name", ["resnet18", "resnet34", "resnet50"])
@pytest.mark.parametrize("parts", ["stem", "stage 1-4", "stem,stage 1-4", "stem,stage 1-4,head"])
def test_a_step_needs_what_a_forward_needs(name, parts):
    survey = survey_of(name)
    trace = frozen(survey.trace, parameters_of(survey, parts))
    found = memory.of(trace)
    assert found.training >= found.inference
    batches = [found.largest_batch(2**33, 1, training=training) for training in (True, False)]
    assert batches[0] <= batches[1]


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
    assert all(heading.meaning for heading in cost.HEADINGS.values())
    titles = [heading.title for heading in cost.HEADINGS.values()]
    assert len(set(titles)) == len(titles)


def test_what_is_frozen_is_said():
    survey = survey_of("resnet18")
    table = cost.view(
        [Candidate("resnet18", Survey(frozen(survey.trace, parameters_of(survey, "stem"))))]
    )
    assert table.remarks[-1] == "resnet18: 9,536 of its 11,689,512 parameters are frozen"

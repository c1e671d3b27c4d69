"""What is said of the networks of torchvision and timm, against their tables and their gradients.

A few networks stand for all. `RESNET_INSPECT_SWEEP='torchvision timm'` in the environment runs the
tests on every network of torchvision, and on one of each family of timm; `docs/sweep.md` has the
outcome.
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from fractions import Fraction
from functools import cache
from itertools import pairwise
from math import prod

import pytest
import torch
from torch import Tensor, nn

import resnet_inspect as ri
from resnet_inspect.analysis.geometry.receptive_field import ReceptiveField
from resnet_inspect.analysis.structure.net_effect import map_of, of_stage
from resnet_inspect.sources import listed, source, subject
from resnet_inspect.sources.catalogue import variant
from resnet_inspect.views.lessons import lesson
from resnet_inspect.views.words import text

timm = pytest.importorskip("timm")

SOME = (
    "convnext_tiny", "mnasnet0_5", "shufflenet_v2_x0_5", "swin_t", "vit_b_16",
    "timm:hrnet_w18_small", "timm:dpn48b", "timm:poolformer_s12",
)  # fmt: skip

SOME_WITH_GRADIENTS = ("mnasnet0_5", "timm:dpn48b")

SMALL = ("nano", "atto", "pico", "femto", "tiny", "small", "_s", "xx", "0")
"""What the names of small networks have in them."""

SIDE = 96
"""Of the images of the gradients."""


_ASKED = os.environ.get("RESNET_INSPECT_SWEEP", "").split()


def networks() -> list[str]:
    names = [] if _ASKED else list(SOME)
    if "torchvision" in _ASKED:
        names += [found.name for found in source("torchvision").variants()]
    if "timm" in _ASKED:
        families: dict[str, list[str]] = defaultdict(list)
        for found in listed(["timm:*"]):
            if not found.name.startswith("timm:test_"):
                families[found.family].append(found.name)
        names += [representative(family) for family in families.values()]
    return names


def representative(names: list[str]) -> str:
    """The first small network of a family, by its name."""
    return next((name for word in SMALL for name in names if word in name), names[0])


@cache
def survey_of(name: str) -> ri.Survey:
    return ri.trace(name).survey


@pytest.mark.parametrize("name", networks())
def test_stem_blocks_and_head_cover_the_network(name: str) -> None:
    survey = survey_of(name)
    if survey.anatomy.body is None:
        return
    first, last = survey.anatomy.body
    for view in ("blocks", "stages"):
        table = ri.tabulate(survey.trace, view)
        outer = [row for row in table.rows if row.level == 0 and row.kind != "rest"]
        covered = [False] * len(survey.trace.calls)
        for row in table.rows:
            if row.kind != "rest" and (view == "stages" or not row.subtotal):
                for start, end in row.spans:
                    covered[start : end + 1] = [True] * (end + 1 - start)
        missing = [s for s in survey.trace.steps_within(first, last) if not covered[s]]
        assert missing == []
        assert sum(table.cell(row, "macs").value for row in outer) == survey.whole.macs


@pytest.mark.parametrize("name", networks())
def test_the_net_effects_of_the_stages_multiply_to_the_whole(name: str) -> None:
    survey = survey_of(name)
    stages = survey.anatomy.stages
    effects = [of_stage(survey, stage) for stage in stages]
    if not stages or None in effects:
        return
    for before, after in pairwise(stages):
        if not comes_from(survey.trace, after.input, before.output):
            return  # two streams side by side
        assert map_of(survey, before.output) == map_of(survey, after.input), after.number
    first, last = map_of(survey, stages[0].input), map_of(survey, stages[-1].output)
    assert first is not None
    assert last is not None
    made = prod(Fraction(e.planes.after) / Fraction(e.planes.before) for e in effects if e)
    assert first.channels * made == last.channels


def comes_from(trace: ri.Trace, activation: int, source: int) -> bool:
    waiting, seen = [activation], {activation}
    while waiting:
        step = trace.producer.get(waiting.pop())
        found = (
            {port.activation for port in trace.calls[step].inputs} if step is not None else set()
        )
        waiting += found - seen
        seen |= found
    return source in seen


@pytest.mark.parametrize("name", networks())
def test_no_sentence_contradicts_the_tables(name: str) -> None:
    survey = survey_of(name)
    trace, totals = survey.trace, survey.totals
    blocks = ri.tabulate(trace, "blocks")
    rows = [row for row in blocks.rows if row.kind == "block"]
    said = sentences(survey, "network")
    counted = re.findall(r"It has (\d+) residual blocks? in (\d+) stages?", said)
    kinds = ("block", "stage")
    shown = [str(len({r.spans for r in ri.tabulate(trace, v).rows if r.kind == k}))
             for v, k in zip(("blocks", "stages"), kinds, strict=True)]  # fmt: skip
    assert counted == ([tuple(shown)] if rows else [])
    assert f"It holds {text.count(totals.parameters.total, 'parameter')}" in said
    if totals.last_feature_map:
        assert f"is {text.shape(totals.last_feature_map)}." in said
    for block, row in zip(survey.anatomy.blocks, rows, strict=True):
        said = sentences(survey, block)
        for part in block.parts:
            shape = trace.spec(trace.calls[part.add].outputs[0]).shape
            assert f"both {text.shape(shape)}" in said
        assert blocks.cell(row, "parameters").text in said or "holds no parameter" in said
        weighted = "F(x) + W·x" in said or "W·x" in said
        assert weighted == (blocks.cell(row, "shortcut").text == "projection")
    for stage in survey.anatomy.stages:
        said = sentences(survey, stage)
        shapes = [trace.activations[a].tensor.shape for a in (stage.input, stage.output)]
        assert f"{text.shape(shapes[0])} becomes {text.shape(shapes[1])}" in said


def sentences(survey: ri.Survey, of: object) -> str:
    sections = lesson(survey, of).sections  # type: ignore[arg-type]
    return " ".join(sentence for section in sections for sentence in section.sentences)


# Gradients.


def built(name: str) -> nn.Module:
    chosen = subject(name)
    plain = name.removeprefix("timm:")
    return source(chosen.source).build(plain, {}, torch.device("cpu")).eval()


def image_of(name: str) -> tuple[int, ...] | None:
    """A small image; None of what takes none, or is too large."""
    survey = survey_of(name)
    given = [survey.trace.spec(port).shape for port in survey.trace.inputs]
    if len(given) != 1 or len(given[0]) != 4 or survey.whole.parameters > 100e6:
        return None
    if ":" not in name and variant(name).family == "detection":
        return None
    return (1, given[0][1], SIDE, SIDE)


@pytest.mark.parametrize("name", networks() if _ASKED else SOME_WITH_GRADIENTS)
def test_no_finite_field_is_refuted_by_a_gradient(name: str) -> None:
    """Of the deepest map whose field, counted whole, is smaller than the image."""
    image = image_of(name)
    if image is None:
        pytest.skip("no single image that is small")
    model = built(name)
    try:
        inspected = ri.trace(model, image)
    except ri.InspectError:
        image = survey_of(name).trace.spec(survey_of(name).trace.inputs[0]).shape
        inspected = ri.trace(model, image)
    survey = inspected.survey
    for step in reversed(survey.trace.steps):
        call = survey.trace.calls[step]
        field = survey.receptive_fields.get(call.outputs[0].activation) if call.outputs else None
        if field is None or call.module is None or not is_small(field, image[2:]):
            continue
        seen = gradient(model, call.module, call.nth, image, field)
        if seen is not None:
            assert all(a <= size for a, size in zip(seen, field.size, strict=True)), call.path
            return
    pytest.skip("no field is known to be smaller than the image")


def is_small(field: ReceptiveField, image: tuple[int, ...]) -> bool:
    return (
        len(field.size) == len(field.dimensions) == 2
        and not field.statistics
        and not field.gate
        and all(size < side / 2 for size, side in zip(field.size, image, strict=True))
    )


def gradient(
    model: nn.Module, path: str, nth: int, image: tuple[int, ...], field: ReceptiveField
) -> tuple[int, ...] | None:
    """How far the pixels extend that the middle element of what a module gives depends on."""
    made: list[Tensor] = []
    layer = model.get_submodule(path)
    hook = layer.register_forward_hook(lambda _m, _a, out: made.append(out))
    pixels = torch.randn(image, requires_grad=True)
    model(pixels)
    hook.remove()
    out = made[nth - 1] if len(made) >= nth else None
    if not isinstance(out, Tensor) or not out.requires_grad:
        return None
    for dimension in field.dimensions:
        out = out.narrow(dimension, out.shape[dimension] // 2, 1)
    (found,) = torch.autograd.grad(out.double().pow(2).sum(), pixels)
    rows, columns = found.abs().sum((0, 1)).nonzero(as_tuple=True)
    return (extent(rows), extent(columns)) if len(rows) else None


def extent(places: Tensor) -> int:
    return int(places.max() - places.min()) + 1

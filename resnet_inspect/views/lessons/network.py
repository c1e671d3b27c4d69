"""The lesson of the network: its way, its depth, its parts and its shortcuts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from resnet_inspect.analysis.failure import sentence as raised
from resnet_inspect.analysis.structure import depth
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.ops import Attention, Recurrent
from resnet_inspect.views.figures import drawings
from resnet_inspect.views.lessons import field, page, strides
from resnet_inspect.views.lessons.block import gradient, sums
from resnet_inspect.views.lessons.page import Section, section
from resnet_inspect.views.tables.columns import COLUMNS
from resnet_inspect.views.tables.rows.line import Line
from resnet_inspect.views.tables.rows.sections import sections as lines_of
from resnet_inspect.views.words import structure, text


def sections(survey: Survey, network: str, width: int, ascii: bool) -> tuple[Section, ...]:
    """The sections of the network's lesson."""
    return page.filled(
        section(
            "its way",
            _way(survey),
            page.STAGES,
            drawing=drawings.way(survey, width, page.HEIGHT, None, ascii),
        ),
        section("its depth", _depth(survey), page.STAGES),
        section("its parts", _parts(survey)),
        section("its shortcuts", _shortcuts(survey), page.SHORTCUT_OPTIONS, page.IDENTITY),
        section("its strides", strides.of_network(survey), page.BOTTLENECK, page.STRIDE),
        section("what one element sees", _sees(survey), page.RECEPTIVE_FIELD),
    )


def _way(survey: Survey) -> Iterator[str]:
    trace = survey.trace
    if trace.failure is not None:
        yield f"The forward pass raised: {raised(trace)}. What follows is true up to there."
    shapes = [
        page.listed([text.shape(trace.spec(port).shape) for port in ports])
        for ports in (trace.inputs, trace.outputs)
    ]
    if all(shapes):
        yield f"It turns {shapes[0]} into {shapes[1]}."
    stages = survey.anatomy.stages
    if not stages:
        yield (
            "No residual block was recognised: no sum of a branch and a shortcut was found"
            f"{' in what can be looked into' if survey.opaque else ''}."
        )
    else:
        many = [str(len(stage.blocks)) for stage in stages]
        of = f" of {page.listed(many)} blocks" if len(many) > 1 else ""
        blocks_ = text.count(len(survey.anatomy.blocks), "residual block")
        yield f"It has {blocks_} in {text.count(len(stages), 'stage')}{of}."
        runs = {stage.runs for stage in stages}
        if max(runs) > 1:
            each = "They are" if len(runs) == 1 else "Some are"
            times = f"{max(runs)} times" if len(runs) == 1 else f"up to {max(runs)} times"
            yield f"{each} run {times}, with the same weights; each is counted once."
    hidden = structure.opaque(survey)
    if hidden:
        inside = structure.them(survey)
        yield f"{hidden}: what is in {inside}, and whether there are blocks, is not known."
    whole = survey.totals
    yield (
        f"It holds {text.count(whole.parameters.total, 'parameter')} and takes"
        f" {text.integer(whole.macs)} multiply-accumulates for this input."
    )
    if whole.not_counted:
        names = page.listed([name for name, _ in whole.not_counted])
        yield f"Those of {names} are not among them: no rule covers them."


def _depth(survey: Survey) -> Iterator[str]:
    found = depth.of_network(survey)
    if not found.layers:
        return
    counted = page.listed(
        [
            text.count(len(steps), noun)
            for steps, noun in ((found.convolutions, "convolution"), (found.linear, "linear layer"))
            if steps
        ]
    )
    layers = text.count(found.layers, "weighted layer")
    verb = "is" if found.layers == 1 else "are"
    yield (
        f"On the longest way from its input to its output there {verb} {counted}: {layers}, counted"
        " as the names of the ResNets count."
    )
    yield "Norms, pools and activations are not counted."
    hidden = structure.opaque(survey)
    if hidden:
        yield f"{hidden}: the weighted layers in {structure.them(survey)} are not counted."
    others = Counter(
        noun
        for step in survey.trace.steps
        for op, noun in ((Attention, "attention layer"), (Recurrent, "recurrent layer"))
        if isinstance(survey.trace.calls[step].op, op)
    )
    if others:
        named = page.listed([text.count(many, noun) for noun, many in others.items()])
        yield f"Nor are the weighted layers within {named}."
    if found.gates:
        yield "Nor are layers that compute a gate: it scales a map and is no way of its own."
    if found.adapters:
        many = text.count(len(found.adapters), "layer")
        verb, be = ("stands", "is") if len(found.adapters) == 1 else ("stand", "are")
        yield f"{many} of adapters {verb} beside other layers and {be} part of those."
    if found.projections:
        many = text.count(len(found.projections), "projection")
        verb = "lies on a shortcut" if len(found.projections) == 1 else "lie on shortcuts"
        yield f"{many} {verb} and not on that way."


def _parts(survey: Survey) -> Iterator[str]:
    whole = survey.whole
    counted = "counted multiply-accumulates" if whole.uncounted else "multiply-accumulates"
    lines = (
        lines_of(survey, blocks=False)
        if survey.anatomy.stages
        else [
            Line("layer", 0, call=trace_call, amounts=survey.amounts(index, last))
            for index in survey.trace.children[0][:20]
            for trace_call in (survey.trace.calls[index],)
            for last in (survey.trace.last_descendant[index],)
        ]
    )
    for line in lines:
        held = line.amounts
        if not (held.parameters or held.macs):
            continue
        shares = [
            f"{text.share(part / of)} of the {what}"
            for part, of, what in (
                (held.parameters, whole.parameters, "parameters"),
                (held.macs, whole.macs, counted),
            )
            if of
        ]
        name = _name(survey, line)
        effect = f" ({line.note})" if line.stage is not None else ""
        yield f"{name}{effect} has {page.listed(shares)}."


def _name(survey: Survey, line: Line) -> str:
    if line.stage is not None:
        path = f", {line.stage.path}," if line.stage.path else ""
        return f"Stage {line.stage.number}{path}"
    if line.kind in {"stem", "head"}:
        return f"The {line.kind}"
    return COLUMNS["path"].cell(survey, line).text


def _shortcuts(survey: Survey) -> Iterator[str]:
    found = [part for block in survey.anatomy.blocks for part in block.parts]
    if not found:
        return
    identities = [block for block in found if block.shortcut == "identity"]
    projections = len(found) - len(identities)
    kinds = [
        text.count(many, f"{kind} shortcut")
        for many, kind in ((len(identities), "identity"), (projections, "projection"))
        if many
    ]
    yield f"It has {page.listed(kinds)}."
    clean = [block for block in identities if gradient.is_clean(survey, block)]
    if not clean:
        return
    yield (
        f"Over {text.count(len(clean), 'identity')} the gradient reaches a block's fork, where"
        " branch and shortcut part, as it was at its sum, whatever the branch's weights are."
    )
    closed = sum(bool(sums.applied(survey, block)) for block in clean)
    if closed == len(clean):
        yield (
            "Between two blocks it still passes what is applied to each sum, so the way through"
            " several blocks is not wholly free."
        )
    elif not closed:
        yield "Nothing is applied to those sums within their blocks."


def _sees(survey: Survey) -> Iterator[str]:
    end = survey.last_feature_map
    if end is None:
        return
    shape = text.shape(survey.trace.activations[end].tensor.shape)
    known = "last feature map that is known" if survey.opaque else "last feature map"
    yield f"The {known} is {shape}."
    yield from field.sees(survey, end)

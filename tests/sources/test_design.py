"""Networks as a line: what it says is what is read, built, counted and found."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paper_counts import counted

import resnet_inspect as ri
from resnet_inspect.errors import BadInput, UnknownName
from resnet_inspect.sources.design import Design, read


@pytest.mark.parametrize(
    ("line", "shortcuts"),
    [
        ("basic:2,2:shortcut=A", ["identity", "identity", "zero-padded identity", "identity"]),
        ("basic:2,2:shortcut=B", ["identity", "identity", "projection", "identity"]),
        ("basic:2,2:shortcut=C", ["projection"] * 4),
        ("basic:2,2:shortcut=none", []),
        ("bottleneck:2,2:shortcut=A", ["zero-padded identity", "identity"] * 2),
        ("bottleneck:2,2:shortcut=B", ["projection", "identity"] * 2),
    ],
)
@pytest.mark.parametrize("more", ["", ",preact=true", ",preact=true,stride=1x1", ",stem=cifar"])
def test_the_shortcuts_found_are_the_ones_built(line: str, shortcuts: list[str], more: str) -> None:
    survey = ri.Survey(ri.trace(f"resnet:{line}{more}", (1, 3, 65, 65)))
    assert [block.shortcut_name for block in survey.anatomy.blocks] == shortcuts
    remarks = ri.tabulate(survey.trace, "stages").remarks
    stand_in = "no residual block was recognised: modules stand in for stages and blocks"
    assert (stand_in in remarks) == (not shortcuts)


designs = st.builds(
    Design,
    block=st.sampled_from(["basic", "bottleneck"]),
    depths=st.lists(st.integers(1, 3), min_size=1, max_size=4).map(tuple),
    width=st.sampled_from([1, 8, 24, 64]),
    stem=st.sampled_from(["imagenet", "cifar"]),
    classes=st.sampled_from([None, 1, 7]),
    channels=st.integers(1, 4),
    shortcut=st.sampled_from(["A", "B", "C", "none"]),
    preact=st.booleans(),
    stride=st.sampled_from(["1x1", "3x3"]),
)


def written(design: Design) -> str:
    """The line of a design."""
    options = {
        "width": design.width,
        "stem": design.stem,
        "channels": design.channels,
        "shortcut": design.shortcut,
        "preact": design.preact,
        "stride": design.stride,
    } | ({} if design.classes is None else {"classes": design.classes})
    depths = ",".join(map(str, design.depths))
    return f"{design.block}:{depths}:" + ",".join(f"{k}={v}" for k, v in options.items())


@settings(max_examples=40, deadline=None)
@given(designs)
def test_any_design_is_read_built_counted_and_found(design: Design) -> None:
    line = written(design)
    assert read(line) == design
    survey = ri.Survey(ri.trace(f"resnet:{line}"))
    assert (survey.totals.parameters.total, survey.totals.macs) == counted(design)
    if design.shortcut == "none":
        assert survey.anatomy.blocks == ()
        return
    assert tuple(len(stage.blocks) for stage in survey.anatomy.stages) == design.depths
    assert {block.kind for block in survey.anatomy.blocks} == {design.block}
    shapes = [survey.trace.activations[s.output].tensor.shape for s in survey.anatomy.stages]
    assert all(2 * a[1] == b[1] and -(-a[2] // 2) == b[2] for a, b in pairwise(shapes))


def test_options_can_be_given_in_the_name_and_as_arguments() -> None:
    """What is set wins over what the name says."""
    one = ri.trace("paper:resnet34:shortcut=B,classes=7", arguments={"classes": 10, "width": 32})
    other = ri.trace("resnet:basic:3,4,6,3:width=32,classes=10")
    assert one.calls == other.calls
    assert ("classes", "10") in [(k, str(v)) for k, v in one.provenance.arguments]
    depths = ri.trace("resnet:basic:1,1", arguments={"depths": (2, 2), "stem": "cifar"})
    assert len(ri.Survey(depths).anatomy.blocks) == 4


@pytest.mark.parametrize(
    ("line", "error", "words"),
    [
        ("bottleneck:3,4:widht=32", UnknownName, ["unknown option 'widht'", "did you mean width"]),
        ("bottleneck:3,4:num_classes=9", UnknownName, ["'num_classes'", "did you mean classes"]),
        ("botleneck:3,4", UnknownName, ["unknown block 'botleneck'", "bottleneck"]),
        ("bottleneck", BadInput, ["'bottleneck' has no depths", "bottleneck:3,4,6,3:width=32"]),
        ("ResNet18", BadInput, ["'ResNet18' has no depths", "your own is resnet.py:NAME"]),
        ("", BadInput, ["no depths"]),
        ("basic:", BadInput, ["no depths"]),
        ("basic:2,,2", BadInput, ["depths '2,,2'", "whole numbers from 1"]),
        ("basic:2,0", BadInput, ["depths '2,0'"]),
        ("basic:2,-1", BadInput, ["depths '2,-1'"]),
        ("basic:2,²", BadInput, ["depths '2,²'"]),
        ("basic:2:width", BadInput, ["'width' is no OPTION=VALUE"]),
        ("basic:2:width=0", BadInput, ["width=0: a whole number from 1 to 16,384"]),
        ("basic:2:width=" + "9" * 5000, BadInput, ["a whole number from 1 to 16,384"]),
        ("basic:2:width=1.5", BadInput, ["width=1.5"]),
        ("basic:2:width=8,width=9", BadInput, ["width is given twice: 8 and 9"]),
        ("basic:2:stem=cifra", BadInput, ["stem=cifra: it is one of imagenet, cifar"]),
        ("basic:2:preact=maybe", BadInput, ["preact=maybe: it is one of false, true"]),
        ("basic:2,2,2:groups=4", BadInput, ["groups and width_per_group are for the 3×3"]),
        ("bottleneck:2:width=1,width_per_group=1", BadInput, ["leaves a group no plane"]),
        ("basic:1000,1000,1001", BadInput, ["3 stages with 3,001 blocks are too many"]),
        ("basic:1,1,1,1,1,1,1,1,1", BadInput, ["9 stages with 9 blocks are too many"]),
        ("basic:1,1,1:width=16384,classes=9", None, []),
        ("basic:1,1,1,1:width=16384", BadInput, ["the last stage would have 131,072 planes"]),
        ("bottleneck:1:groups=16384,width_per_group=64", BadInput, ["1,048,576 planes"]),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(
    line: str, error: type[BadInput | UnknownName] | None, words: list[str]
) -> None:
    if error is None:
        assert read(line).width == 16_384
        return
    with pytest.raises(error) as raised:
        ri.trace(f"resnet:{line}")
    for word in words:
        assert word in f"{raised.value.message}\n{raised.value.hint}"
    assert "\n" not in raised.value.message

"""Weights compared with networks by names and shapes; nothing here knows torch."""

from __future__ import annotations

import pytest

from resnet_inspect.analysis.identity import (
    Candidate,
    Identity,
    looks_of,
    match,
    parameters,
    resized,
)
from resnet_inspect.traces.tensors import Shape, TensorSpec
from resnet_inspect.views.tables.identity import candidates, tensors
from resnet_inspect.views.words.identity import said

NETWORK: dict[str, Shape] = {
    "conv1.weight": (8, 3, 7, 7),
    "bn1.weight": (8,),
    "bn1.running_mean": (8,),
    "bn1.num_batches_tracked": (),
    "layer1.0.conv1.weight": (8, 8, 3, 3),
    "layer1.0.conv2.weight": (8, 8, 3, 3),
    "fc.weight": (1000, 8),
    "fc.bias": (1000,),
}


def specs(shapes: dict[str, Shape]) -> dict[str, TensorSpec]:
    return {name: TensorSpec(shape, "float32", 4) for name, shape in shapes.items()}


def changed(**shapes: Shape | None) -> dict[str, TensorSpec]:
    """The network's own weights but for these; None leaves one out, __ stands for a dot."""
    made: dict[str, Shape | None] = {
        **NETWORK,
        **{name.replace("__", "."): shape for name, shape in shapes.items()},
    }
    return specs({name: shape for name, shape in made.items() if shape is not None})


@pytest.mark.parametrize("prefix", ["", "module.", "model.", "backbone.", "module.a.0."])
def test_a_prefix_is_found_whatever_it_is(prefix: str) -> None:
    fit = match(specs({prefix + name: shape for name, shape in NETWORK.items()}), NETWORK)
    assert (fit.prefix, fit.fits, fit.share) == (prefix, True, 1.0)
    assert dict(fit.counts) == {"matches": len(NETWORK)}


def test_what_differs_is_missing_or_extra_is_told_apart() -> None:
    fit = match(changed(fc__weight=(10, 8), fc__bias=None, neck__weight=(4, 4, 1, 1)), NETWORK)
    assert not fit.fits
    assert [pair.name for pair in fit.having("differs")] == ["fc.weight"]
    assert [pair.wanted_name for pair in fit.having("missing")] == ["fc.bias"]
    assert [pair.name for pair in fit.having("extra")] == ["neck.weight"]
    assert fit.share == 6 / 9


def test_what_lies_outside_the_prefix_is_of_what_wraps_the_network() -> None:
    wrapped = {f"module.{name}": shape for name, shape in NETWORK.items()}
    fit = match(specs({"n_averaged": (), **wrapped}), NETWORK)
    assert fit.fits
    assert [pair.name for pair in fit.having("outside")] == ["n_averaged"]


def test_other_names_with_the_same_shapes_in_order_are_renamed() -> None:
    fit = match(changed(fc__weight=None, fc__bias=None, linear__weight=(1000, 8),
                        linear__bias=(1000,)), NETWORK)  # fmt: skip
    assert fit.fits
    assert [(pair.name, pair.wanted_name) for pair in fit.having("renamed")] == [
        ("linear.weight", "fc.weight"),
        ("linear.bias", "fc.bias"),
    ]
    other = changed(fc__weight=None, fc__bias=None, linear__weight=(1000, 8))
    assert not match(other, NETWORK).having("renamed")


def test_counters_of_norms_are_missed_only_where_there_are_others() -> None:
    assert match(changed(bn1__num_batches_tracked=None), NETWORK).fits
    network = {**NETWORK, "bn2.num_batches_tracked": ()}
    assert not match(specs(NETWORK), network).fits


def test_nothing_in_common_fits_nothing() -> None:
    fit = match(specs({"a": (1,), "b": (2, 2)}), NETWORK)
    assert (fit.fits, fit.share, fit.prefix) == (False, 0.0, "")
    assert not match({}, {}).fits


def test_a_changed_head_and_stem_are_sizes_for_the_builder() -> None:
    assert resized(match(specs(NETWORK), NETWORK)) == (None, None)
    fit = match(changed(fc__weight=(10, 8), conv1__weight=(8, 1, 7, 7)), NETWORK)
    assert resized(fit) == (10, 1)
    # Another kernel is no other number of channels.
    assert resized(match(changed(conv1__weight=(8, 1, 3, 3)), NETWORK)) == (None, None)


def test_statistics_are_no_parameters() -> None:
    assert parameters(specs(NETWORK)) == 8 * 147 + 8 + 2 * 8 * 72 + 8000 + 1000


def resnet(
    block: str, depths: tuple[int, ...], width: int = 64, inner: int = 64, groups: int = 1
) -> dict[str, Shape]:
    """Names and shapes of a ResNet as its paper has them, without its norms."""
    expansion = 4 if block == "bottleneck" else 1
    shapes: dict[str, Shape] = {"conv1.weight": (width, 3, 7, 7)}
    planes = width
    for stage, depth in enumerate(depths):
        out = width * 2**stage * expansion
        middle = inner * 2**stage * groups if block == "bottleneck" else out
        for unit in range(depth):
            name = f"layer{stage + 1}.{unit}."
            if block == "bottleneck":
                shapes[f"{name}conv1.weight"] = (middle, planes, 1, 1)
                shapes[f"{name}conv2.weight"] = (middle, middle // groups, 3, 3)
                shapes[f"{name}conv3.weight"] = (out, middle, 1, 1)
            else:
                shapes[f"{name}conv1.weight"] = (out, planes, 3, 3)
                shapes[f"{name}conv2.weight"] = (out, out, 3, 3)
            if planes != out:
                shapes[f"{name}downsample.0.weight"] = (out, planes, 1, 1)
            planes = out
    return {**shapes, "fc.weight": (1000, planes)}


@pytest.mark.parametrize(
    ("shapes", "design", "layers"),
    [
        (resnet("basic", (2, 2, 2, 2)), "basic:2,2,2,2", 18),
        (resnet("basic", (3, 4, 6, 3)), "basic:3,4,6,3", 34),
        (resnet("bottleneck", (3, 4, 6, 3)), "bottleneck:3,4,6,3", 50),
        (resnet("bottleneck", (3, 8, 36, 3)), "bottleneck:3,8,36,3", 152),
        (
            resnet("bottleneck", (3, 4, 6, 3), inner=4, groups=32),
            "bottleneck:3,4,6,3:groups=32,width_per_group=4",
            50,
        ),
        (
            resnet("bottleneck", (3, 4, 6, 3), inner=128),
            "bottleneck:3,4,6,3:width_per_group=128",
            50,
        ),
        (resnet("basic", (1, 2), width=16), "basic:1,2:width=16", 8),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
@pytest.mark.parametrize("prefix", ["", "module.encoder."])
def test_a_design_is_read_from_shapes(
    shapes: dict[str, Shape], design: str, layers: int, prefix: str
) -> None:
    found = looks_of(specs({prefix + name: shape for name, shape in shapes.items()}))
    assert found is not None
    assert (found.design, found.layers) == (design, layers)


def test_head_stem_and_shortcut_are_read_from_shapes() -> None:
    shapes = resnet("basic", (1, 1, 1))
    shapes |= {"conv1.weight": (64, 1, 3, 3), "fc.weight": (100, 256)}
    plain = {name: shape for name, shape in shapes.items() if "downsample" not in name}
    for given, shortcut in ((shapes, ""), (plain, ",shortcut=A")):
        found = looks_of(specs(given))
        assert found is not None
        assert found.design == f"basic:1,1,1:stem=cifar,classes=100,channels=1{shortcut}"


@pytest.mark.parametrize(
    ("extra", "shortcut"),
    [
        ({}, ""),  # one stage, whose blocks change nothing: B, as is usual, has no weight here
        ({"layer1.0.downsample.0.weight": (64, 64, 1, 1)}, ",shortcut=C"),
        ({"layer1.0.se.fc1.weight": (4, 64, 1, 1)}, ""),
        ({"layer2.0.conv1.weight": (64, 64, 3, 3), "layer2.0.conv2.weight": (64, 64, 3, 3)},
         ",shortcut=A"),
        ({"layer2.0.conv1.weight": (), "layer2.0.conv2.weight": (3,)}, ""),
    ],
)  # fmt: skip
def test_a_shortcut_is_known_by_its_weights(extra: dict[str, Shape], shortcut: str) -> None:
    found = looks_of(
        specs(resnet("basic", (1,), width=64) | {"conv1.weight": (64, 1, 7, 7)} | extra)
    )
    assert found is not None
    depths = "1,1" if "layer2.0.conv1.weight" in extra else "1"
    assert found.design == f"basic:{depths}:channels=1{shortcut}"


def test_weights_without_stages_look_like_nothing() -> None:
    assert looks_of(specs({"features.0.weight": (64, 3, 3, 3)})) is None


def identity(found: dict[str, TensorSpec], *names: str) -> Identity:
    compared = tuple(Candidate(name, (), match(found, NETWORK)) for name in names)
    return Identity("net.pth", "torch", "state_dict", (), found, None, compared)


def test_the_sentence_says_what_fits_and_what_does_not() -> None:
    assert said(identity(specs(NETWORK), "net")) == "net.pth is net: all 8 tensors match"
    assert said(identity(changed(fc__weight=(10, 8), fc__bias=None), "net")) == (
        "net.pth is nearest to net: 6 of 8 tensors match; "
        "1 differs: fc.weight is 10×8, not 1000×8; 1 is missing: fc.bias"
    )
    assert said(identity(specs(NETWORK))).startswith("net.pth is of no network that is known")


def test_tables_have_every_tensor_and_say_what_cannot_be_told() -> None:
    known = identity(changed(fc__bias=None, neck=(1,)), "net", "twin")
    assert [row.cells[1].value for row in tensors(known).rows].count("matches") == 7
    assert [row.cells[1].value for row in tensors(known, only_differences=True).rows] == [
        "missing",
        "extra",
    ]
    remarks = candidates(known).remarks
    assert "the weights lie under state_dict" in remarks
    assert "names and shapes cannot tell it from twin" in remarks


def test_names_in_a_file_move_no_cursor() -> None:
    found = identity(changed(evil__x=(1,)) | specs({"\x1b[2J": (1,)}), "net")
    written = said(found) + "".join(cell.text for row in tensors(found).rows for cell in row.cells)
    assert "\x1b" not in written

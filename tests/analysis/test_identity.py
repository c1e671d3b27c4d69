"""Weights compared with networks by names and shapes; nothing here knows torch."""

from __future__ import annotations

import time

import pytest

from resnet_inspect.analysis.identity import (
    Candidate,
    Identity,
    likeness_of,
    match,
    parameters,
    resized,
)
from resnet_inspect.analysis.identity.alignment import aligned, in_order
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


def sizes(given: dict[str, TensorSpec]) -> tuple[int | None, int | None]:
    return resized(match(given, NETWORK), tuple(given))


def test_a_changed_head_and_stem_are_sizes_for_the_builder() -> None:
    assert sizes(specs(NETWORK)) == (None, None)
    assert sizes(changed(fc__weight=(10, 8), conv1__weight=(8, 1, 7, 7))) == (10, 1)
    # Another kernel is no other number of channels.
    assert sizes(changed(conv1__weight=(8, 1, 3, 3))) == (None, None)


def test_a_layer_behind_those_that_match_is_no_stem() -> None:
    """As in a decoder: its layers come after those of the encoder."""
    decoder = changed(conv1__weight=None, up__weight=(8, 128, 7, 7))
    assert list(decoder)[-1] == "up.weight"
    assert sizes(decoder) == (None, None)
    encoder = {"stem.weight": decoder.pop("up.weight"), **decoder}
    assert sizes(encoder) == (None, 128)
    assert sizes(dict(sorted(encoder.items()))) == (None, 128)


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
    found = likeness_of(specs({prefix + name: shape for name, shape in shapes.items()}))
    assert found is not None
    assert (found.design, found.layers) == (design, layers)


def test_head_stem_and_shortcut_are_read_from_shapes() -> None:
    shapes = resnet("basic", (1, 1, 1))
    shapes |= {"conv1.weight": (64, 1, 3, 3), "fc.weight": (100, 256)}
    plain = {name: shape for name, shape in shapes.items() if "downsample" not in name}
    for given, shortcut in ((shapes, ""), (plain, ",shortcut=A")):
        found = likeness_of(specs(given))
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
    found = likeness_of(
        specs(resnet("basic", (1,), width=64) | {"conv1.weight": (64, 1, 7, 7)} | extra)
    )
    assert found is not None
    depths = "1,1" if "layer2.0.conv1.weight" in extra else "1"
    assert found.design == f"basic:{depths}:channels=1{shortcut}"


def test_weights_without_stages_look_like_nothing() -> None:
    assert likeness_of(specs({"features.0.weight": (64, 3, 3, 3)})) is None


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


def test_a_shortcut_before_its_branch_is_told_from_what_has_its_shape() -> None:
    """The last convolution of a bottleneck and its projection have one shape, as have norms."""
    theirs: dict[str, Shape] = {
        "b.conv1.weight": (4, 16, 1, 1),
        "b.bn1.weight": (4,),
        "b.conv3.weight": (16, 16, 1, 1),
        "b.bn3.weight": (16,),
        "b.downsample.0.weight": (16, 16, 1, 1),
        "b.downsample.1.weight": (16,),
    }
    ours: dict[str, Shape] = {
        "x.shortcut.a.weight": (16, 16, 1, 1),
        "x.shortcut.b.weight": (16,),
        "x.layer.0.weight": (4, 16, 1, 1),
        "x.layer.1.weight": (4,),
        "x.layer.2.weight": (16, 16, 1, 1),
        "x.layer.3.weight": (16,),
    }
    wanted = {
        "b.conv1.weight": "x.layer.0.weight",
        "b.bn1.weight": "x.layer.1.weight",
        "b.conv3.weight": "x.layer.2.weight",
        "b.bn3.weight": "x.layer.3.weight",
        "b.downsample.0.weight": "x.shortcut.a.weight",
        "b.downsample.1.weight": "x.shortcut.b.weight",
    }
    assert aligned(ours, theirs, {}) == wanted
    assert aligned(dict(sorted(ours.items(), key=lambda one: one[0])), theirs, {}) == wanted


def test_names_that_were_sorted_are_put_into_the_order_of_the_layers() -> None:
    given = ["a.10.weight", "a.9.weight", "bn1.bias", "bn1.weight", "conv1.weight", "fc.weight"]
    assert in_order(given) == [
        "conv1.weight", "bn1.weight", "bn1.bias", "a.9.weight", "a.10.weight", "fc.weight",
    ]  # fmt: skip
    assert in_order(["b.weight", "a.weight"]) == ["b.weight", "a.weight"]


def test_a_long_network_is_aligned_soon() -> None:
    """Some thousand layers, of which those at both ends differ, so that nothing is cut off."""
    ours: dict[str, Shape] = {f"a.{n}.weight": (8, 8, 3, 3) for n in range(3_000)}
    theirs: dict[str, Shape] = {f"b{n}.weight": shape for n, shape in enumerate(ours.values())}
    first, last = {"stem.weight": (9, 3, 7, 7)}, {"fc.weight": (5, 8)}
    other = {"stem.weight": (9, 3, 5, 5)}, {"fc.weight": (6, 8)}
    start = time.process_time()
    assert len(aligned(first | ours | last, other[0] | theirs | other[1], {})) == 3_000
    assert time.process_time() - start < 2


@pytest.mark.parametrize(
    ("blocks", "design"),
    [
        ([(64, 64, 3), (64, 64, 3), (128, 64, 3), (128, 128, 3), (128, 64, 1)], "basic:1,1"),
        ([(128, 64, 1), (128, 64, 3), (128, 128, 3), (128, 128, 3), (128, 128, 3)],
         "basic:2:width=128,stem_width=64"),
        ([(32, 64, 1), (32, 8, 3), (64, 32, 1), (32, 64, 1), (32, 8, 3), (64, 32, 1)],
         "bottleneck:2:width=16,stem_width=64,groups=4,width_per_group=32"),
    ],
)  # fmt: skip
def test_a_design_is_read_from_shapes_alone(
    blocks: list[tuple[int, int, int]], design: str
) -> None:
    shapes: dict[str, Shape] = {"0.weight": (64, 3, 7, 7)}
    for number, (out, inner, window) in enumerate(blocks, start=1):
        shapes[f"{number}.weight"] = (out, inner, window, window)
    found = likeness_of(specs(shapes | {"99.weight": (1000, blocks[-1][0])}))
    assert found is not None
    assert found.design.partition(",shortcut")[0] == design


def test_norms_that_are_folded_are_neither_missing_nor_extra() -> None:
    network: dict[str, Shape] = {
        "conv1.weight": (8, 3, 7, 7), "bn1.weight": (8,), "bn1.bias": (8,),
        "bn1.running_mean": (8,), "bn1.running_var": (8,), "fc.weight": (5, 8),
    }  # fmt: skip
    fit = match(
        specs({"c.weight": (8, 3, 7, 7), "c.bias": (8,), "c.scale": (), "f.w": (5, 8)}), network
    )
    assert dict(fit.counts) == {"renamed": 2, "folded": 6}
    assert (fit.fits, fit.leaves_nothing, fit.share) == (False, True, 1.0)
    one = Identity("net.pth", "torch", "", (), {}, None, (Candidate("net", (), fit),))
    assert "is net with its norms folded into its convolutions" in said(one)

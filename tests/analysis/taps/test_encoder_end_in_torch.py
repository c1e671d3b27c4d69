"""Where the way down of networks with a decoder ends, and what the decoder gives."""

from __future__ import annotations

import pytest
from torch import nn

import resnet_inspect as ri
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.analysis.taps.pyramid import find
from resnet_inspect.analysis.taps.tap import Tap
from tests import decoded_networks as networks

DOWN = [("encoder.a", 2, 8), ("encoder.b", 4, 16), ("encoder.c", 8, 32)]
WIDTHS = [("decoder.blocks.2", 1, 4), ("decoder.blocks.1", 2, 8), ("decoder.blocks.0", 4, 16)]


def rows(taps: tuple[Tap, ...]) -> list[tuple[str, int, int]]:
    """Name, stride and channels of each."""
    return [(tap.path, int(tap.stride[0]), tap.channels) for tap in taps]


@pytest.mark.filterwarnings("ignore:traced on the CPU")
@pytest.mark.parametrize(
    ("network", "down", "up", "layer"),
    [
        (
            networks.Segmenter(networks.Centred(nn.Identity())),
            DOWN,
            [("decoder", 1, 4), *WIDTHS[1:]],
            "encoder.c",
        ),
        (
            networks.Segmenter(networks.Centred(networks.Everywhere())),
            DOWN,
            [("decoder", 1, 4), *WIDTHS[1:]],
            "encoder.c",
        ),
        (
            networks.Segmenter(networks.Linked()),
            DOWN,
            [("decoder", 1, 4), *WIDTHS[1:]],
            "encoder.c",
        ),
        (
            networks.Segmenter(networks.Nested()),
            DOWN,
            [("decoder", 1, 4), ("decoder.x02", 2, 8), ("decoder.x11", 4, 16)],
            "encoder.c",
        ),
        (networks.Segmenter(networks.Perceptrons()), DOWN, [("decoder", 2, 4)], "encoder.c"),
        (
            networks.Segmenter(networks.PooledGates(), 32),
            DOWN,
            [("decoder", 2, 32), ("decoder.gates.0", 4, 32)],
            "encoder.c",
        ),
        (
            networks.gated_skips(),
            [("0", 1, 8), ("1.below.0", 2, 16), ("1.below.1.below", 4, 32)],
            [("1", 1, 8), ("1.below", 2, 16)],
            "1.below.1.below",
        ),
        (
            networks.joined_at_the_deepest(),
            [("0", 2, 8), ("1.below.1.below", 4, 32)],
            [("1", 2, 16)],
            "1.below.1.below",
        ),
        (
            networks.Autoencoder(),
            [("encoder.0", 1, 8), ("encoder.1", 2, 16), ("encoder.2", 4, 32)],
            [("decoder.5", 1, 8), ("decoder.3", 2, 16)],
            "encoder.2",
        ),
        (
            networks.Autoencoder(codes=16),
            [("encoder.0", 1, 8), ("encoder.1", 2, 16), ("encoder.2", 4, 32)],
            [("decoder.5", 1, 8), ("decoder.3", 2, 16)],
            "encoder.2",
        ),
        (
            networks.MaskedQueries(),
            [
                (f"backbone.{name}", stride, planes)
                for name, stride, planes in (("a", 2, 8), ("b", 4, 16), ("c", 8, 32))
            ],
            [],
            "backbone.c",
        ),
        (networks.Heads(), DOWN, [("up", 4, 16)], "encoder.c"),
        (networks.Scores(), DOWN, [(":interpolate", 4, 12)], "encoder.c"),
        (networks.Lateral(), DOWN, [("joined", 4, 16), (":cat #2", 8, 32)], "encoder.c"),
        (
            networks.Hourglass(),
            [("stem", 2, 8), ("ups.0", 4, 8)],
            [(":add #3", 2, 8), ("ups.1", 4, 8)],
            "ups.0",
        ),
        (networks.Tasks(), [("trunk.0", 2, 8), ("trunk", 4, 16)], [("depth.0", 2, 8)], "trunk"),
        (networks.windowed(), [("0[0]", 4, 8), ("0[1]", 8, 16)], [("1", 4, 24)], ""),
    ],
)
def test_the_way_down_ends_before_the_decoder(network, down, up, layer):
    found = find(Survey(ri.trace(network, (1, 3, 64, 64))))
    assert rows(found.down) == down
    assert rows(found.up) == up
    assert found.last_layer == layer
    for tap in found.down:
        assert tap.size == (64 // int(tap.stride[0]),) * 2


def test_of_two_images_the_taps_are_of_the_first():
    sizes = {"x": (1, 3, 64, 64), "y": (1, 3, 64, 64)}
    found = find(Survey(ri.trace(networks.Compared(), sizes)))
    assert rows(found.down) == DOWN
    assert found.last_layer == "encoder.c"


@pytest.mark.parametrize(
    ("network", "blocks"),
    [(networks.gated_skips(), 0), (networks.Segmenter(networks.PooledGates(), 32), 0)],
)
def test_gates_of_skips_are_no_residual_blocks(network, blocks):
    assert len(Survey(ri.trace(network, (1, 3, 64, 64))).anatomy.blocks) == blocks

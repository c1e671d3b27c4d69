"""What is known of signals, from papers and by computation."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from math import log, sqrt

import pytest
import torch
from anchors import ANCHORS, Anchor, Spread
from anchors import growth as measured_growth
from flowing import Seen
from torch import nn
from torch.nn import functional

import resnet_inspect as ri
from resnet_inspect import pipeline
from resnet_inspect.analysis.signals.findings import root_mean_square
from resnet_inspect.analysis.signals.signal import Signal
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.capture.recording.forward import capture
from resnet_inspect.capture.signals.step import Step
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.signals import Signals

growth = cache(measured_growth)
QUICK = [anchor for anchor in ANCHORS if "resnet" not in anchor.name]
"""Those that take less than ten seconds for five seeds."""


def plain_growth(name: str, seed: int) -> float:
    """The same by a script of its own."""
    from resnet_inspect.sources import seed as seeds
    from resnet_inspect.sources import source, subject

    chosen = subject(name)
    with seeds.of(seed):
        model = source(chosen.source).build(chosen.name, {}, torch.device("cpu")).train()
    x = torch.randn(32, 3, 32, 32, generator=torch.Generator().manual_seed(seed))
    labels = torch.randint(10, (32,), generator=torch.Generator().manual_seed(seed))
    seen = Seen(model, ("conv1", f"layer3.{len(model.layer3) - 1}.conv2"))
    functional.cross_entropy(model(x), labels).backward()
    first, last = (seen.gradients[place].double().norm().item() for place in range(2))
    first, last = first / sqrt(seen.gradients[0].numel()), last / sqrt(seen.gradients[1].numel())
    return first / last


def test_batch_norm_makes_the_gradient_of_a_plain_net_explode() -> None:
    """Yang et al. 2019, arXiv:1902.08129: by a factor a layer; He et al. 2015, 4.1: not vanish."""
    plain = [growth("paper:cifar_plain20", seed) for seed in range(5)]
    residual = growth("paper:cifar_resnet20", 0)
    assert all(10 < ratio < 30 for ratio in plain)
    assert residual < min(plain) / 2


@pytest.mark.parametrize("anchor", QUICK, ids=lambda anchor: anchor.line)
def test_what_was_known_of_one_seed_is_within_the_error_of_five(anchor: Anchor) -> None:
    spread = Spread(tuple(growth(anchor.model, seed) for seed in range(5)))
    assert spread.deviations_of(anchor.expected) < 3
    assert spread.error < 1.3
    own = plain_growth(anchor.model, 0)
    assert growth(anchor.model, 0) == pytest.approx(own, rel=1e-4), "plain autograd"


@pytest.mark.parametrize("place", [2, -1])
def test_shortcuts_keep_the_gradient_in_a_deep_network(place: int) -> None:
    """One seed, which the ratio of any other may differ from by half."""
    anchor = ANCHORS[place]
    assert "resnet-56" in anchor.name
    assert growth(anchor.model, 0) == pytest.approx(anchor.expected, rel=0.5)


def test_means_and_errors_of_ratios_are_those_of_their_logarithms() -> None:
    spread = Spread((1.0, 4.0, 16.0))
    assert spread.mean == pytest.approx(4)
    assert spread.deviation == pytest.approx(log(4))
    assert spread.error == pytest.approx(4 ** (1 / sqrt(3)))
    assert spread.deviations_of(4.0) == 0
    assert spread.deviations_of(16.0) == pytest.approx(1 / sqrt(4 / 3))


def test_variance_on_the_trunk_grows_within_a_stage_and_starts_anew() -> None:
    """Brock et al. 2021, arXiv:2101.08692, figure 1: about one for each block, in training mode."""
    name = "resnet:basic:4,4:width=32,stem=cifar,preact=true"
    trace, (signals,) = pipeline.signal(name, (16, 3, 32, 32), mode="train")
    survey = Survey(trace)
    for stage in survey.anatomy.stages:
        adds = [signals.flows[block.add] for block in stage.blocks]
        variances = [flow.channel_variance for flow in adds if flow is not None]
        rises = [b - a for a, b in pairwise(variances)]
        assert len(rises) == 3
        assert all(0.3 < rise < 3.0 for rise in rises), variances
    ends = [signals.flows[block.add] for stage in survey.anatomy.stages for block in stage.blocks]
    assert ends[3] is not None
    assert ends[4] is not None
    assert ends[4].channel_variance < ends[3].channel_variance


def trained(name: str, steps: int) -> tuple[Trace, tuple[Signals, ...]]:
    """The first and the last of some steps on images of ten prototypes in noise."""
    from resnet_inspect.sources import seed as seeds
    from resnet_inspect.sources import source, subject

    chosen = subject(name)
    with seeds.of(0):
        model = source(chosen.source).build(chosen.name, {}, torch.device("cpu")).train()
    random = torch.Generator().manual_seed(0)
    prototypes = torch.randn(10, 3, 16, 16, generator=random) / 2
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    with ri.watch(model, signals=True, every=steps - 1, forwards=None) as w:
        for _ in range(steps):
            labels = torch.randint(10, (32,), generator=random)
            images = prototypes[labels] + torch.randn(32, 3, 16, 16, generator=random)
            optimizer.zero_grad()
            functional.cross_entropy(model(images), labels).backward()
            optimizer.step()
    return w.trace, w.signals


def test_responses_of_a_residual_net_become_smaller_than_those_of_a_plain_one() -> None:
    """He et al. 2015, figure 7: of 3x3 layers after batch norm, before relu and add.

    At the start a batch norm makes every response 1, in both.
    """
    found = []
    for name in ("paper:cifar_plain20", "paper:cifar_resnet20"):
        trace, (start, end) = trained(name, 20)
        norms = [c.index for c in trace.calls if c.module and ".bn" in c.module]
        assert len(norms) == 18
        firsts, lasts = ([one.flows[i] for i in norms] for one in (start, end))
        assert [flow.std for flow in firsts if flow] == pytest.approx([1.0] * 18, abs=1e-3)
        found.append([flow.std for flow in lasts if flow and flow.std])
    plain, residual = found
    assert all(r < p for p, r in zip(plain[1::2], residual[1::2], strict=True)), "ends of branches"
    assert sum(residual) < sum(plain)


@pytest.mark.parametrize("seed", range(5))
def test_with_he_initialisation_a_plain_net_keeps_its_variance(seed: int) -> None:
    """He et al. 2015, arXiv:1502.01852; the error is that of Hanin 2018, arXiv:1801.03744."""
    torch.manual_seed(seed)
    width, depth = 512, 8
    layers = [nn.Linear(width, width, bias=False) for _ in range(depth)]
    model = nn.Sequential(*(part for layer in layers for part in (layer, nn.ReLU())))
    moments = []
    for is_he in (False, True):
        if is_he:
            for layer in layers:
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
        step = Step("mean-square", 0)
        trace = capture(model, (torch.randn(32, width),), step=step)
        depths = Signal(Survey(trace), step.signals(len(trace.calls))).depth
        moments.append([(root_mean_square(point.flow) or 0) ** 2 for point in depths])
    default, he = moments
    for place, moment in enumerate(he, 1):
        assert abs(log(moment / 2)) < 3 * sqrt(5 * place / width), place
    ratios = [after / before for before, after in pairwise(default)]
    assert ratios == pytest.approx([1 / 6] * (depth - 1), rel=0.3), "uniform within 1/sqrt(width)"

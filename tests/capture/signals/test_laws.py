"""What is known of signals, from papers and by computation."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from flowing import Seen
from torch.nn import functional

from resnet_inspect import pipeline
from resnet_inspect.analysis.signals import Signal
from resnet_inspect.analysis.structure.survey import Survey


def growth(name: str, seed: int) -> float:
    trace, (signals,) = pipeline.signal(name, (32, 3, 32, 32), mode="train", seed=seed)
    found = Signal(Survey(trace), signals).growth
    assert found is not None
    return found.ratio


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
    first, last = (seen.gradients[place].square().mean().sqrt().item() for place in range(2))
    return first / last


def test_batch_norm_makes_the_gradient_of_a_plain_net_explode() -> None:
    """Yang et al. 2019, arXiv:1902.08129: by a factor a layer; He et al. 2015, 4.1: not vanish."""
    plain = [growth("paper:cifar_plain20", seed) for seed in range(2)]
    residual = growth("paper:cifar_resnet20", 0)
    assert all(10 < ratio < 30 for ratio in plain)
    assert residual < min(plain) / 2
    assert growth("paper:cifar_plain20", 0) == pytest.approx(
        plain_growth("paper:cifar_plain20", 0), rel=1e-4
    )


def test_without_norms_it_vanishes_and_shortcuts_keep_it() -> None:
    line = "resnet:basic:{0},{0},{0}:width=16,stem=cifar,shortcut={1},norm=none,init=default"
    assert growth(line.format(3, "none"), 0) < 1e-6
    assert growth(line.format(3, "A"), 0) > 0.02


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

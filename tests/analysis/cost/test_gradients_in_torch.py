"""Where gradients are wanted, against a real step."""

from __future__ import annotations

import pytest
from real_steps import flops, step, traced
from torch import nn
from torch.utils.checkpoint import checkpoint

from resnet_inspect.analysis.cost import gradients, macs
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.views.tables import cost
from resnet_inspect.views.tables.cost.figures import Candidate

pytestmark = pytest.mark.filterwarnings("ignore:None of the inputs have requires_grad")


class FirstCut(nn.Module):
    """A reentrant checkpoint on the images, which want no gradient: nothing in it is trained."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 8, 3), nn.Conv2d(8, 8, 3)

    def forward(self, x):
        return self.second(checkpoint(self.first, x, use_reentrant=True))


def test_a_reentrant_checkpoint_trains_nothing_if_it_takes_no_gradient():
    model, trace = FirstCut(), traced(FirstCut())
    step(model)
    assert (model.first.weight.grad, gradients.cut(trace)) == (None, ("first",))
    assert model.second.weight.grad is not None
    assert 2 * macs.training_macs(Survey(trace)) == flops(model)
    (said,) = (r for r in cost.view([Candidate.of(Survey(trace))]).remarks if "reentrant" in r)
    assert "of first, which takes nothing that wants a gradient" in said

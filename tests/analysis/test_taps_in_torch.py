"""The taps of every classifier, taken with torchvision's own feature extraction."""

from __future__ import annotations

import pytest
import torch

from resnet_inspect import pipeline
from resnet_inspect.analysis import taps
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.sources.catalogue import VARIANTS
from resnet_inspect.views.tables.taps import extractor

CLASSIFIERS = [v.name for v in VARIANTS.values() if v.family == "classification"]


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_the_python_that_is_printed_gives_the_promised_shapes(name):
    survey = Survey(pipeline.trace(name, (2, 3, 193, 160)))
    space: dict = {}
    with torch.device("meta"):
        exec(extractor(survey), space)
        given = space["features"].eval()(torch.empty(2, 3, 193, 160))
    promised = [tap.shape for tap in taps.find(survey)]
    assert len(promised) == 5
    assert [tuple(tensor.shape) for tensor in given.values()] == promised

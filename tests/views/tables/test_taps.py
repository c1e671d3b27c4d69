"""The tables of taps and of decoders over them."""

from __future__ import annotations

from saved import survey_of

from resnet_inspect.formats import render
from resnet_inspect.views.tables import taps as views


def test_the_tables_can_be_written_in_every_format():
    for make in (views.view, views.unet, views.fpn):
        table = make(survey_of("resnet50"))
        for name in ("text", "md", "csv", "json", "html", "latex"):
            assert "layer3" in render(table, name)


def test_where_to_look_with_grad_cam_is_said():
    assert views.view(survey_of("resnet50")).remarks == (
        "Grad-CAM: target_layers=[model.get_submodule('layer4')], the last 2,048 maps of 7×7",
    )

"""The files that are offered."""

from __future__ import annotations

from resnet_inspect.tui.screens.export import file_name


def test_the_files_that_are_offered_have_names_that_every_system_takes() -> None:
    assert file_name("resnet18", "-layers.md") == "resnet18-layers.md"
    assert file_name("bottleneck:3,4,6,3:width=32", ".svg") == "bottleneck-3-4-6-3-width-32.svg"

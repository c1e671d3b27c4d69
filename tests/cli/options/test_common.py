"""How options are added to a command."""

from __future__ import annotations

import click

from resnet_inspect.cli.options.common import common_options, with_options


def test_options_stand_in_their_order() -> None:
    @click.option("--last")
    def command() -> None: ...

    added = with_options([click.option("--one"), common_options, click.option("--two")], command)
    names = [parameter.name for parameter in click.command()(added).params]
    assert names == ["one", "force", "debug", "two", "last"]

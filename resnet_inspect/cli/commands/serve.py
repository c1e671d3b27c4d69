"""`resnet-inspect serve`: the explorer in a browser."""

from __future__ import annotations

import click

from resnet_inspect.cli.diagnostics import remark
from resnet_inspect.cli.help import HELP, Documented
from resnet_inspect.cli.parameters.networks import ModelName
from resnet_inspect.errors import MissingDependency, WorkFailed


@click.command(
    name="serve",
    cls=Documented,
    context_settings=HELP,
    examples=[
        ("resnet-inspect serve resnet50 --open", "the explorer in the browser of this machine"),
        ("resnet-inspect serve model.py:Net --allow-code", "your own network; this runs your code"),
        ('resnet-inspect serve --host 0.0.0.0 --token "$(openssl rand -hex 16)"', "for others too"),
    ],
)
@click.argument("model", type=ModelName(), required=False)
@click.option("--host", default="127.0.0.1", show_default=True,
              help="Where it listens; what others can reach needs --token.")  # fmt: skip
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True,
              help="The port that it listens on.")  # fmt: skip
@click.option("--token", default="", metavar="SECRET",
              help="What must be in the address to be let in: ?token=SECRET.")  # fmt: skip
@click.option("--open", "show", is_flag=True, help="Open the page in the browser.")
@click.option("--allow-code", is_flag=True,
              help="Let own files and modules be named, which runs their code here.")  # fmt: skip
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def command(
    model: str | None,
    host: str,
    port: int,
    token: str,
    show: bool,
    allow_code: bool,
    debug: bool,
) -> int:
    """Show the explorer of MODEL in a browser, until ctrl+c. Needs the extra `serve`.

    Each tab has a process of its own, which ends with it. Who can open the page can do what the
    explorer does: trace networks, read saved traces and weights, write exports where this process
    may write. Only pages of this server may ask it.
    """
    from resnet_inspect import pipeline
    from resnet_inspect.sources import subject

    try:
        from resnet_inspect.tui.serving import LOOPBACK, serve
    except ImportError as error:
        raise MissingDependency(
            "textual-serve is not here", hint="pip install 'resnet-inspect[serve]'"
        ) from error
    if host not in LOOPBACK and not token:
        raise click.UsageError(f"--host {host} can be reached by others: give a --token too")
    is_code = model and not pipeline.is_trace_file(model) and subject(model).source == "code"
    if is_code and not allow_code:
        raise click.UsageError(f"{model} is code, which would run here: --allow-code lets it")
    try:
        serve(
            model, host, port, token, show=show, code=allow_code,
            told=lambda address: remark(f"serving on {address} (ctrl+c ends it)"),
        )  # fmt: skip
    except OSError as error:
        raise WorkFailed(f"port {port} of {host}: {error.strerror or error}") from error
    return 0

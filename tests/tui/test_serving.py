"""The explorer in a browser: who is let in, and that nothing stays when a tab is closed."""

from __future__ import annotations

import asyncio
import os
import shlex
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from resnet_inspect import sources
from resnet_inspect.cli import main
from resnet_inspect.errors import UsageError

pytest.importorskip("textual_serve")
from aiohttp import ClientSession, CookieJar, web

from resnet_inspect.tui import serving

STUB = "import sys, time; print('__GANGLION__', flush=True); open({0!r}, 'w').close(); {1}"
"""A process that says it is an explorer, leaves a note, and then waits."""


def asked(
    ask: Callable[[ClientSession, serving.Server], Awaitable[None]],
    token: str = "",
    command: str = "true",
) -> None:
    """Ask a server something, within the test's own process."""

    async def run() -> None:
        server = serving.Server(None, "127.0.0.1", 8000, token, show=False)
        server.command, server.told = command, lambda address: None
        runner = web.AppRunner(await server._make_app())
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0]
        jar = CookieJar(unsafe=True)  # for an address that is a number
        async with ClientSession(f"http://{host}:{port}", cookie_jar=jar) as client:
            await ask(client, server)
        await runner.cleanup()

    asyncio.run(run())


def test_only_its_own_pages_may_ask() -> None:
    """No site that gives itself this machine's address, and none that opens a socket to it."""

    async def ask(client: ClientSession, server: serving.Server) -> None:
        page = await client.get("/")
        assert page.status == 200
        assert "default-src 'self'" in page.headers["Content-Security-Policy"]
        for headers in ({"Host": "evil.example"}, {"Origin": "http://evil.example"}):
            for path in ("/", "/ws", "/static/js/textual.js", "/download/x"):
                assert (await client.get(path, headers=headers)).status == 403
        assert (await client.get("/", headers={"Origin": str(page.url.origin())})).status == 200

    asked(ask)


def test_its_page_takes_nothing_from_elsewhere() -> None:
    """Fonts neither; and it calls itself as it was called."""

    async def ask(client: ClientSession, server: serving.Server) -> None:
        answer = await client.get("/")
        page, own = await answer.text(), f"//{answer.url.authority}"
        addresses = [
            part.split('"')[0] for part in page.split('"http')[1:] if "w3.org" not in part[:20]
        ]
        assert addresses
        assert all(own in address for address in addresses)
        assert f'"ws:{own}/ws"' in page

    asked(ask)


def test_with_a_token_nobody_is_let_in_without_it() -> None:
    """Once shown, a cookie has it, which scripts cannot read."""

    async def ask(client: ClientSession, server: serving.Server) -> None:
        for path in (
            "/",
            "/?token=",
            "/?token=no",
            "/?token=é",
            "/ws?token=no",
            "/static/js/textual.js",
        ):
            assert (await client.get(path)).status == 403, path
        page = await client.get("/?token=yes")
        assert page.status == 200
        assert "httponly" in page.headers["Set-Cookie"].lower()
        assert (await client.get("/static/js/textual.js")).status == 200
        assert server.address.endswith("?token=yes")

    asked(ask, token="yes")


@pytest.mark.parametrize(
    ("does", "ended"), [("sys.stdin.buffer.read(5)", 0), ("time.sleep(60)", -9)]
)
def test_a_closed_tab_leaves_no_process(
    does: str, ended: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither one that ends when it is asked, nor one that does not listen."""
    monkeypatch.setattr(serving, "_GRACE", 0.3 if ended else 30.0)
    note = tmp_path / "pid"
    command = f"exec {shlex.join([sys.executable, '-c', STUB.format(str(note), does)])}"
    started: list[Any] = []
    monkeypatch.setattr(serving._Tab, "start", _noting(serving._Tab.start, started))

    async def ask(client: ClientSession, server: serving.Server) -> None:
        socket = await client.ws_connect("/ws")
        while not note.exists():
            await asyncio.sleep(0.02)
        await socket.close()
        while server._open:
            await asyncio.sleep(0.02)

    asked(ask, command=command)
    (tab,) = started
    # 255: of two of asyncio's own threads the other one has asked for the code.
    assert tab._process.returncode in (ended, 255)
    with pytest.raises(ProcessLookupError):
        os.kill(tab._process.pid, 0)


def _noting(
    start: Callable[..., Awaitable[None]], started: list[Any]
) -> Callable[..., Awaitable[None]]:
    async def noted(self: Any, *given: Any) -> None:
        started.append(self)
        await start(self, *given)

    return noted


def test_own_code_is_refused_unless_it_is_allowed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """By any spelling, before it runs; a name that can be reached by others needs a token."""
    assert main(["serve", "model.py:Net"]) == 2
    assert "--allow-code" in capsys.readouterr().err
    assert main(["serve", "--host", "0.0.0.0"]) == 2
    assert "--token" in capsys.readouterr().err
    monkeypatch.setenv(sources.NO_CODE, "1")
    for written in ("model.py:Net", "code:model.py:Net", "package.module:net"):
        with pytest.raises(UsageError, match="own code"):
            sources.source(sources.subject(written).source)


def test_without_textual_serve_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line."""
    monkeypatch.setitem(sys.modules, "resnet_inspect.tui.serving", None)
    assert main(["serve"]) == 3
    assert "pip install 'resnet-inspect[serve]'" in capsys.readouterr().err


def test_the_command_of_a_tab_is_one_word_for_each_argument() -> None:
    """Whatever a model is called."""
    assert shlex.split(serving.command_of("a b;rm -rf $HOME"))[-2:] == ["tui", "a b;rm -rf $HOME"]

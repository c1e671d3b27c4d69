"""The explorer in a browser: a process of its own for each tab, shown by textual-serve.

Whoever can open the page can do what the explorer does on this machine: trace networks, read saved
traces, write exports. So only pages that this server gave may talk to it, from this machine unless
a token is asked for; own code, which would run, is refused unless it is allowed.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import os
import re
import shlex
import subprocess
import sys
import webbrowser
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web
from textual_serve import server
from textual_serve.app_service import AppService

from resnet_inspect.sources import NO_CODE

LOOPBACK = ("127.0.0.1", "localhost", "::1")
"""Names of this machine that no other one reaches."""
_COOKIE = "resnet_inspect_token"
_GRACE = 5.0
"""Seconds that a process has to end by itself when its tab is closed."""
_POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; script-src 'self' 'unsafe-inline';"
    " connect-src 'self' ws: wss:; img-src 'self' data:; frame-ancestors 'none'"
)


class _Tab(AppService):
    """The process of a tab, which ends with it."""

    async def stop(self) -> None:
        """Ask it to end, and end it where it does not."""
        timer = asyncio.get_running_loop().call_later(_GRACE, self._end)
        try:
            with contextlib.suppress(ConnectionError):
                await super().stop()
            if self._process is not None:
                await self._process.wait()
        finally:
            timer.cancel()

    def _end(self) -> None:
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()


class Server(server.Server):
    """textual-serve for one explorer, closed to other sites."""

    def __init__(self, model: str | None, host: str, port: int, token: str, *, show: bool) -> None:
        super().__init__(command_of(model), host, port, title="resnet-inspect")
        vars(server)["AppService"] = _Tab  # what textual-serve makes of each tab
        self.token = token
        self.show = show
        self.told: Callable[[str], None] = print
        """What is told where the page is."""
        self._open: set[asyncio.Task[Any]] = set()

    @property
    def address(self) -> str:
        """Where the page is, for whoever may see it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}/" + (f"?token={self.token}" if self.token else "")

    def initialize_logging(self) -> None:
        """It logs nothing."""

    async def on_startup(self, app: web.Application) -> None:
        """Say where the page is, and open it if that was asked for."""
        self.told(self.address)
        if self.show:
            webbrowser.open(self.address)

    async def on_shutdown(self, app: web.Application) -> None:
        """End the process of every tab that is open."""
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _make_app(self) -> web.Application:
        app = await super()._make_app()
        app.middlewares.append(self._guard)
        return app

    @web.middleware
    async def _guard(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """Let in what this server's own page asks, and who has the token if there is one."""
        name = urlsplit(f"//{request.host}").hostname
        if self.host in LOOPBACK and name not in LOOPBACK:  # a site that names itself as this one
            raise web.HTTPForbidden(text="this server answers to this machine alone")
        origin = request.headers.get("Origin")
        if origin is not None and urlsplit(origin).netloc != request.host:
            raise web.HTTPForbidden(text="another site asks")
        given = request.query.get("token", request.cookies.get(_COOKIE, ""))
        if self.token and not hmac.compare_digest(given.encode(), self.token.encode()):
            raise web.HTTPForbidden(text="the token is missing or another one")
        response = await handler(request)
        if not response.prepared:
            response.headers["Content-Security-Policy"] = _POLICY
            response.headers["Referrer-Policy"] = "no-referrer"
            if self.token:
                response.set_cookie(_COOKIE, self.token, httponly=True, samesite="Strict")
        return response

    async def handle_index(self, request: web.Request) -> web.Response:
        """The page, without what its template takes from elsewhere, at the name it was asked by."""
        made = await super().handle_index(request)
        assert isinstance(made, web.Response)
        written = made.text or ""
        for scheme in ("http", "ws"):
            own = f"{scheme}:{self.public_url.partition(':')[2]}"
            written = written.replace(own, f"{scheme}://{request.host}")
        foreign = rf'<link\s[^>]*"https?://(?!{re.escape(request.host)}/)[^>]*>'
        written = re.sub(foreign, '<link rel="icon" href="data:,">', written)
        made.text = written
        return made

    async def handle_websocket(self, request: web.Request) -> web.WebSocketResponse:
        """Drive the process of a tab; it is known while it is open."""
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            return await super().handle_websocket(request)
        finally:
            self._open.discard(task)


def command_of(model: str | None) -> str:
    """The command of a tab's process, as a shell takes it."""
    words = [sys.executable, "-m", "resnet_inspect", "tui", *([] if model is None else [model])]
    return subprocess.list2cmdline(words) if os.name == "nt" else "exec " + shlex.join(words)


def serve(
    model: str | None,
    host: str,
    port: int,
    token: str,
    *,
    show: bool,
    code: bool,
    told: Callable[[str], None],
) -> None:
    """Serve the explorer until it is interrupted; own code runs only with `code`.

    Raises `OSError` if the port cannot be had.
    """
    if not code:
        os.environ[NO_CODE] = "1"
    serving = Server(model, host, port, token, show=show)
    serving.told = told
    serving.serve()

"""What every HTML page begins and ends with, whatever is on it: it fetches nothing."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from importlib import resources

_FORBIDDEN = "base-uri 'none'; form-action 'none'"
UNSCRIPTED = f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; {_FORBIDDEN}"
"""The policy of a page without a script."""


def scripted(script: str, style: str | None = None) -> str:
    """The policy of a page with this script and no other; with a style, only with that one too."""
    styles = "'unsafe-inline'" if style is None else _digest(style)
    sources = f"style-src {styles}; script-src {_digest(script)}"
    return f"default-src 'none'; img-src data:; {sources}; {_FORBIDDEN}"


def _digest(text: str) -> str:
    from base64 import b64encode  # only pages with a script take the time to load these
    from hashlib import sha256

    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def document(title: str, style: str, body: Iterable[str], policy: str = UNSCRIPTED) -> str:
    """A page with these lines in its body; the title is text."""
    lines = [
        "<!DOCTYPE html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="color-scheme" content="light dark">',
        '<meta name="generator" content="resnet-inspect">',
        f"<title>{as_html(title)}</title>",
        '<link rel="icon" href="data:,">',
        f"<style>{style}</style>",
        "</head>",
        "<body>",
        *body,
        "</body>",
        "</html>",
    ]
    return "\n".join(lines) + "\n"


TEXT = "resnet-inspect-text"
"""The class of what is read from top to bottom; `lesson.css` is of what is in it."""


def text(title: str, style: str, body: Iterable[str]) -> str:
    """A page to be read, in an element of its own: inside another page it changes nothing there."""
    return document(title, style, [f'<article class="{TEXT}">', *body, "</article>"])


def as_html(written: str) -> str:
    """Text that a browser shows as it is; it would read a carriage return as a new line."""
    return escape(written).replace("\r", "&#13;")


def asset(name: str, room: str = "resnet_inspect.formats") -> str:
    """A style or script that lies in a room, as text."""
    text = resources.files(room).joinpath(name).read_text(encoding="utf-8")
    return text.replace("\r\n", "\n")

"""One HTML page that explores a network, or two side by side, and needs nothing else.

It is put together here of the modules beside this file: each is a script that a person can read,
and together they are the one script that the page's content security policy lets run. The data is
JSON, deflated; nothing in it can become markup, since the script sets texts only.
"""

from __future__ import annotations

import re
from functools import cache
from html import escape

from resnet_inspect.formats import plain
from resnet_inspect.formats.document import as_html, asset, document, scripted
from resnet_inspect.formats.explorer.packing import packed, packed_cards
from resnet_inspect.formats.figures.svg import THEMES
from resnet_inspect.views.pages import Page

MODULES = (
    "dom", "state", "rows", "data", "filter", "shapes", "tree", "grid", "figure", "card", "keys",
    "main",
)  # fmt: skip
"""The scripts, each after those that it takes something from."""
_IMPORT = re.compile(r"^import [^;]*;\n", re.MULTILINE)
_EXPORT = re.compile(r"^export ", re.MULTILINE)


def render(page: Page) -> str:
    """The page as one file."""
    style, program = stylesheet(), script()
    body = [
        f"<header><div><h1>{as_html(page.title)}</h1>"
        '<span id="tabs" role="tablist" aria-label="panes"></span>',
        '<span id="buttons"></span></div>',
        f"<p>{as_html(page.caption)}</p>",
        *(f'<p class="warning">{as_html(said)}</p>' for said in page.warnings),
        '<div><input id="filter" type="search" aria-label="filter" placeholder="/ conv 3x3'
        ' params&gt;1M" autocomplete="off" spellcheck="false" aria-keyshortcuts="/">',
        '<output id="count"></output><span id="tools"></span></div></header>',
        f"<noscript>{_unscripted(page)}</noscript>",
        '<main id="panes"><nav id="tree" aria-label="tree"></nav><div id="middle">',
        '<section id="figures" aria-label="figure"><div id="zoom"></div></section>',
        '<section id="table" aria-label="table"></section></div>',
        '<aside id="card" aria-label="card"></aside></main>',
        '<dialog id="help" aria-label="keys"></dialog>',
        f'<script type="text/plain" id="page-data">{packed(page)}</script>',
        f'<script type="text/plain" id="page-cards">{packed_cards(page)}</script>',
        f'<script type="module">{program}</script>',
    ]
    return document(page.title, style, body, scripted(program, style))


def _unscripted(page: Page) -> str:
    """What is read where no script runs: what differs, and the stages of each network."""
    said = ["<p>Tree, figure, tables and cards need a script, which is not run here.</p>"]
    if page.comparison is not None:
        said += [f"<p>{as_html(sentence)}</p>" for sentence in page.comparison.summary]
    said += [f"<pre>{as_html(plain.render(one.tables['stages']))}</pre>" for one in page.networks]
    return "".join(said)


def frame(page: Page, height: int) -> str:
    """The page in a frame of its own, for a place inside another one; height in pixels."""
    return (
        f'<iframe srcdoc="{escape(render(page))}" sandbox="allow-scripts" title="resnet-inspect"'
        f' style="width: 100%; height: {height}px; border: 1px solid #8888"></iframe>'
    )


@cache
def script() -> str:
    """The modules as one script: what they take from each other is in the same file."""
    return "\n".join(_EXPORT.sub("", _IMPORT.sub("", _asset(f"{name}.js"))) for name in MODULES)


@cache
def stylesheet() -> str:
    """The style of the page, with the colours of figures."""
    light, dark = THEMES["light"], THEMES["dark"]

    def both(role: str) -> str:
        return f"light-dark({light[role]}, {dark[role]})"

    rules = []
    names = []
    for role in light:
        kind, _, name = role.partition(" ")
        name = name.replace(" ", "-")
        if kind in ("fill", "stroke") and light[role] != "none":
            names.append(f"--{kind}-{name}: {both(role)};")
            rules.append(f"svg rect.{name} {{ {kind}: {both(role)}; }}")
    for role in ("ink", "muted", "shortcut text"):
        rules.append(f"text.{role.replace(' ', '-')} {{ fill: {both(role)}; }}")
    for role in light:
        name = role.replace(" ", "-")
        rules.append(
            f".way.{name} {{ stroke: {both(role)}; }} .point.{name} {{ fill: {both(role)}; }}"
        )
    return "\n".join([f":root {{ {' '.join(names)} }}", *rules, _asset("page.css")])


def _asset(name: str) -> str:
    return asset(name, "resnet_inspect.formats.explorer")

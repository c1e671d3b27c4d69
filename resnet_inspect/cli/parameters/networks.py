"""A network and its layers by name, completed from what is known without running it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import click
from click.shell_completion import CompletionItem

from resnet_inspect.cli.parameters.type import Type
from resnet_inspect.escaping import visible


class ModelName(Type):
    """A model's name; checked later, completed here."""

    name = "model"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """The variants whose names begin so."""
        from resnet_inspect.sources.catalogue import names

        found = [CompletionItem(name) for name in names() if name.startswith(incomplete)]
        return found or [CompletionItem(incomplete, type="file")]


class LayerPath(Type):
    """The path of a layer of the model before it, completed where its trace is at hand."""

    name = "path"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """What is written; the trace decides."""
        return str(value)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """The paths that begin so, of a saved trace or of one in the cache; nothing is run."""
        try:
            given = (ctx.params.get("model"), ctx.params.get("file"), *ctx.args)
            paths = _paths(next(filter(None, given), ""))
        except Exception:  # a broken file, a name that is none: tab says nothing
            return []
        return [CompletionItem(p) for p in paths if p.startswith(incomplete) and _is_literal(p)]


def _is_literal(word: str) -> bool:
    """Whether a shell takes a word as it is written; what a file brings must be no command."""
    return re.fullmatch(r"[\w@%+=:,./-]+", word) is not None and visible(word) == word


def _paths(model: str) -> Iterable[str]:
    from resnet_inspect import pipeline

    trace = pipeline.load(model) if model.endswith(".json") else pipeline.cached(model)
    return dict.fromkeys(call.path for call in trace.calls if call.path) if trace else ()

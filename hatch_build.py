"""What a package index shows: the README with whole addresses, and the project's links.

The address of the repository is given once, as `address` under
`[tool.hatch.metadata.hooks.custom]` in pyproject.toml. Without one the README is as it is here, and
there are no links.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

_LINK = re.compile(r"(?P<picture>!?)\[(?P<text>[^\]]*)\]\((?P<target>[^)\s]+)\)")
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|#|/", re.IGNORECASE)
_PAGES = {"Documentation": "docs/index.md", "Changelog": "CHANGELOG.md"}


class Addresses(MetadataHookInterface):
    """Adds the README and the links to what pyproject.toml says of the project."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Give the README as text, and where there is an address, the links."""
        address = str(self.config.get("address", "")).rstrip("/")
        readme = (Path(self.root) / "README.md").read_text(encoding="utf-8")
        if address:
            readme = with_addresses(readme, address)
            pages = {name: f"{address}/blob/HEAD/{page}" for name, page in _PAGES.items()}
            metadata["urls"] = {"Repository": address, **pages}
        metadata["readme"] = {"content-type": "text/markdown", "text": readme}


def with_addresses(page: str, address: str) -> str:
    """The page, in which links within the repository lead to its newest state at that address."""

    def whole(link: re.Match[str]) -> str:
        if _ELSEWHERE.match(link["target"]):
            return link[0]
        kind = "raw" if link["picture"] else "blob"
        return f"{link['picture']}[{link['text']}]({address}/{kind}/HEAD/{link['target']})"

    return _LINK.sub(whole, page)

"""Where config.toml and state.json are: found through XDG, or where the environment says."""

from __future__ import annotations

import os
from pathlib import Path

APPLICATION = "resnet-inspect"
CONFIG_VARIABLE = "RESNET_INSPECT_CONFIG"
STATE_VARIABLE = "RESNET_INSPECT_STATE"


def config_path() -> Path:
    """Where config.toml is, or would be."""
    return _path(CONFIG_VARIABLE, "user_config_path", "config.toml")


def state_path() -> Path:
    """Where state.json is, or would be."""
    return _path(STATE_VARIABLE, "user_state_path", "state.json")


def _path(variable: str, kind: str, name: str) -> Path:
    told = os.environ.get(variable)
    if told:
        return Path(told).expanduser()
    import platformdirs

    folder: Path = getattr(platformdirs, kind)(APPLICATION, appauthor=False)
    return folder / name

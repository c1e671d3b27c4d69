"""Child processes that run code of a test."""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path

import pytest
from children import SAVED, MakeChild

from resnet_inspect.tui.process.child import Child

FAKE = """
import json, os, signal, subprocess, sys, time

SAVED = open({saved!r}, encoding="utf-8").read()

def say(**answer):
    sys.stdout.write(json.dumps(answer) + "\\n")
    sys.stdout.flush()

def requests():
    for line in iter(sys.stdin.readline, ""):
        yield json.loads(line)

{body}
"""


@pytest.fixture
def fake(tmp_path: Path) -> MakeChild:
    """Makes a child whose process runs this code."""

    def make(body: str) -> Child:
        script = tmp_path / "worker.py"
        script.write_text(FAKE.format(saved=str(SAVED), body=textwrap.dedent(body)))
        return Child([sys.executable, "-S", str(script)])

    return make

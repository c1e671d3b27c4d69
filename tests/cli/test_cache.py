"""The trace cache in whole processes: what torch is spared, and what the command says of it."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import commands
import pytest
from saved import trace_of

import resnet_inspect as ri
from resnet_inspect import cache, pipeline
from resnet_inspect.traces.model import Trace

SAVED = trace_of("resnet18")
SMALL = "resnet:basic:1,1:width=8,stem=cifar"


pytestmark = pytest.mark.usefixtures("cache_folder")


def entry(**asked: object) -> cache.Entry:
    found = cache.entry(**asked)
    assert found is not None
    return found


def inspect(*arguments: str, without_torch: bool = False) -> subprocess.CompletedProcess[str]:
    if not without_torch:
        return commands.inspect(*arguments)
    code = (
        "import sys\nfor name in ('torch', 'torchvision', 'timm'): sys.modules[name] = None\n"
        f"from resnet_inspect.cli import main; sys.exit(main({list(arguments)!r}))"
    )
    return commands.python("-c", code, afresh=True)


def traced(*arguments: str, without_torch: bool = False) -> str:
    done = inspect("trace", *arguments, "--format", "md", without_torch=without_torch)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_the_second_time_neither_torch_nor_torchvision_is_imported(cache_folder: Path) -> None:
    first = traced(SMALL)
    assert len(list(cache_folder.iterdir())) == 1
    assert pipeline.cached(SMALL) == replace_time(ri.trace(SMALL), pipeline.cached(SMALL))
    assert traced(SMALL, without_torch=True) == first
    assert traced(SMALL, "--input", "1,3,32,32", "--dtype", "float32", without_torch=True) == first
    assert inspect("trace", SMALL, "--batch", "2", without_torch=True).returncode == 3
    assert inspect("trace", SMALL, "--no-cache", without_torch=True).returncode == 3
    (path,) = cache_folder.iterdir()
    path.write_bytes(path.read_bytes()[:-9])
    assert inspect("trace", SMALL, without_torch=True).returncode == 3


def replace_time(trace: Trace, other: Trace | None) -> Trace:
    """A trace made when another was."""
    assert other is not None
    made = replace(trace.provenance, captured_at=other.provenance.captured_at)
    return replace(trace, provenance=made)


def test_your_own_code_is_never_kept_nor_what_runs_beside_it(
    cache_folder: Path, tmp_path: Path
) -> None:
    code = tmp_path / "model.py"
    code.write_text("from torch import nn\nclass Net(nn.Sequential): pass\n")
    done = inspect("cost", f"{code}:Net", SMALL)
    assert done.returncode == 0, done.stderr
    assert not cache_folder.exists()


def test_from_python_nothing_is_kept_unless_asked(cache_folder: Path) -> None:
    ri.trace(SMALL)
    assert not cache_folder.exists()


def test_the_command_says_where_it_is_and_removes_it(cache_folder: Path) -> None:
    entry(network="a").keep(SAVED)
    assert inspect("cache", "path").stdout == f"{cache_folder}\n"
    done = inspect("cache", "clear")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.startswith("resnet-inspect: removed 1 trace, ")
    assert not list(cache_folder.iterdir())
    assert inspect("cache", "polish").returncode == 2


def test_the_command_says_in_one_line_that_there_is_no_cache(cache_folder: Path) -> None:
    cache_folder.mkdir()
    cache_folder.chmod(0o777)
    done = inspect("trace", SMALL, "--format", "md")
    assert done.returncode == 0
    assert done.stderr.count("\n") == 1
    assert "no cache: others can write" in done.stderr
    assert not list(cache_folder.iterdir())

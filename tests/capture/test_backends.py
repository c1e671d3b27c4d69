"""A device is added by a class in the registry, and is then everywhere that devices are named."""

from __future__ import annotations

import pytest
from commands import python

from resnet_inspect.capture import backends
from resnet_inspect.errors import UnknownName

TOY = """
from resnet_inspect.capture import backends

class Abacus(backends.Cpu):
    about = "beads on rods"
    numbered = True

backends.BACKENDS["abacus"] = Abacus()
from resnet_inspect.cli import main
"""


def run(code: str) -> str:
    done = python("-c", TOY + code)
    return done.stdout + done.stderr


@pytest.mark.parametrize("command", ["trace", "measure"])
def test_the_help_names_it(command: str) -> None:
    written = " ".join(run(f"main(['{command}', '--help'])").split())
    assert "cpu, cuda, cuda:1, mps, abacus, abacus:1." in written.replace("cpu (default)", "cpu")


def test_it_runs_there_and_an_unknown_one_is_told_of_it() -> None:
    name = "resnet:basic:1:width=8"
    table = run(f"main(['trace', '{name}', '--device', 'abacus:2', '--view', 'totals'])")
    assert "parameters" in table
    told = run(f"main(['trace', '{name}', '--device', 'abakus'])")
    assert "did you mean abacus" in told
    assert "mps, abacus, abacus:N" in told


def test_only_kinds_with_numbers_take_one() -> None:
    assert backends.written("N") == ("meta", "cpu", "cuda", "cuda:N", "mps")
    for name in ("cpu:0", "meta:1", "cuda:x"):
        with pytest.raises(UnknownName):
            backends.resolve(name)

"""Pickles, instruction by instruction."""

from __future__ import annotations

import pickletools

from resnet_inspect.sources.checkpoint.pickles import _STEPS


def test_every_instruction_of_a_pickle_is_known_but_those_of_registries() -> None:
    known = {one.name for one in pickletools.opcodes if one.code.encode("latin-1") in _STEPS}
    others = {"STOP", "EXT1", "EXT2", "EXT4", "NEXT_BUFFER", "READONLY_BUFFER"}
    assert known == {one.name for one in pickletools.opcodes} - others

"""Every command once, by a program that is installed without what the tests need.

    python tests/smoke.py .venv-smoke/bin/resnet-inspect

It knows the standard library only, works in an empty folder with a cache of its own, and ends with
1 if a command exits with another code than it should, or does not print what it should.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

NETWORK = """
from torch import nn

class Net(nn.Module):
    def __init__(self, wide=12):
        super().__init__()
        self.conv1 = nn.Conv2d(3, wide, 3, padding=1)
        self.conv2 = nn.Conv2d(12, 16, 3, padding=1)
        self.fc = nn.Linear(16, 2)

    def forward(self, x):
        return self.fc(self.conv2(self.conv1(x)).mean((2, 3)))

if __name__ == "__main__":
    import torch
    torch.save(Net().state_dict(), "net.pth")
"""

SMALL = ("--image-size", "32")
FILES = tuple(f"t.{suffix}" for suffix in ("txt", "md", "csv", "json", "html", "tex"))

STEPS: tuple[tuple[tuple[str, ...], int, str], ...] = (
    (("--version",), 0, "torchvision"),
    (("--help",), 0, "Commands"),
    (("list", "resnet1*"), 0, "resnet18"),
    (("trace", "resnet18", "--save", "r18.json"), 0, "11,689,512"),
    (("trace", "net.py:Net", *SMALL, "--no-cache"), 0, "conv2"),
    (("trace", "net.py:Net", *SMALL, "--set", "wide=8"), 1, "it takes 12 channels, not 8"),
    (("show", "r18.json", "--view", "stages"), 0, "stage 1"),
    (("show", "r18.json", "--where", "stride:2", "--format", "md"), 0, "maxpool"),
    (("export", "r18.json", *FILES), 0, "wrote t.tex"),
    (("taps", "resnet18", "--decoder", "unet"), 0, "upsample"),
    (("taps", "resnet18", "--python"), 0, "import torch"),
    (("cost", "resnet18", "resnet34"), 0, "21,797,672"),
    (("measure", "net.py:Net", *SMALL, "--repeats", "2", "--save", "m.json"), 0, "samples/s"),
    (("measure", "m.json", "--where", "time>0"), 0, "conv1"),
    (("signal", "net.py:Net", *SMALL, "--batch", "4", "--save", "s.json"), 0, "grad rms"),
    (("signal", "s.json", "-o", "flow.svg"), 0, "wrote flow.svg"),
    (("train", "-o", "run"), 3, "pip install"),
    (("report", "nowhere", "-o", "run.html"), 1, "nowhere"),
    (("attribute", "net.py:Net", "net.py"), 3, "pip install"),
    (("verify", "net.py:Net", *SMALL), 0, "torchinfo"),
    (("verify", "net.py:Net", "--against", "net.py:Net", *SMALL), 0, "the same"),
    (("draw", "resnet18", "-o", "net.svg"), 0, "wrote net.svg"),
    (("draw", "resnet18", "-o", "net.html"), 0, "wrote net.html"),
    (("explain", "resnet18", "layer2.0.conv1"), 0, "its shape"),
    (("identify", "net.pth"), 0, "tensors"),
    (("identify", "net.pth", "--against", "net.py:Net"), 0, "match"),
    (("diff", "resnet18", "resnet34", "--where", "only right"), 0, "convolutions"),
    (("lock", "net.py:Net", "-o", "net.lock", *SMALL), 0, "wrote net.lock"),
    (("check", "net.py:Net", "--lock", "net.lock"), 0, "net.lock"),
    (("check", "net.py:Net", "--lock", "r18.json"), 1, ""),
    (("tui", "--help"), 0, "Usage"),
    (("serve", "resnet18"), 3, "pip install"),
    (("completion", "bash"), 0, "COMPREPLY"),
    (("completion", "zsh"), 0, "compdef"),
    (("completion", "fish"), 0, "complete"),
    (("cache", "path"), 0, "cache"),
)
"""The words after the program, the code that it is to exit with, and what it is to print."""


def main(program: str) -> int:
    """Run all of it; the number of failures is told, and 1 returned if there are any."""
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        environment = {
            **os.environ, "RESNET_INSPECT_CACHE_DIR": str(here / "cache"), "COLUMNS": "120",
        }  # fmt: skip
        environment.pop("PYTHONPATH", None)
        (here / "net.py").write_text(NETWORK, encoding="utf-8")
        python = Path(program).resolve().parent / "python"
        subprocess.run([python, "net.py"], cwd=here, env=environment, check=True)
        failures = sum(
            not _passes([str(Path(program).resolve()), *words], code, said, here, environment)
            for words, code, said in (*_helps(), *STEPS)
        )
    print(f"{failures} of {len(STEPS)} failed" if failures else "all passed")
    return int(failures > 0)


def _helps() -> list[tuple[tuple[str, ...], int, str]]:
    """The help of every command that is run."""
    commands = dict.fromkeys(words[0] for words, _, _ in STEPS if not words[0].startswith("-"))
    return [((command, "--help"), 0, "Usage") for command in commands]


def _passes(
    command: Sequence[str], code: int, said: str, here: Path, environment: Mapping[str, str]
) -> bool:
    begun = time.perf_counter()
    done = subprocess.run(
        command, cwd=here, env=environment, capture_output=True, text=True, encoding="utf-8",
        timeout=300, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    printed = done.stdout + done.stderr
    passes = done.returncode == code and said in printed and "defect" not in printed
    how = "ok" if passes else f"FAILED: exit code {done.returncode}, not {code}; wanted {said!r}"
    print(f"{time.perf_counter() - begun:5.1f} s  {' '.join(command[1:])}: {how}", flush=True)
    if not passes:
        print(printed)
    return passes


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

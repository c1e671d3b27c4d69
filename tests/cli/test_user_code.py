"""The user's own code on the command line: what can be named, what is run, and what goes wrong.

Most runs are in this process, where torch is imported already.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import resnet_inspect as ri
from resnet_inspect.cli.entry_point import run
from resnet_inspect.sources import code_place, sources, subject

ROOT = Path(__file__).parents[2]

NETWORK = """
import torch
from torch import nn

class Unit(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x):
        return torch.relu(x + self.second(torch.relu(self.first(x))))

class Net(nn.Module):
    def __init__(self, channels, num_classes=10, units=2):
        super().__init__()
        self.stem = nn.Conv2d(3, channels, 3, stride=2, padding=1)
        self.units = nn.Sequential(*[Unit(channels) for _ in range(units)])
        self.head = nn.Linear(channels, num_classes)

    def forward(self, x):
        return self.head(self.units(self.stem(x)).mean((2, 3)))

    @classmethod
    def wide(cls, num_classes=10):
        return cls(16, num_classes)

def small(num_classes=10):
    net = Net(8, num_classes)
    return net

def test():
    print(small()(torch.zeros(1, 3, 8, 8)).shape)
"""


def parameters(channels: int, classes: int = 10, units: int = 2) -> int:
    """What `Net` has, by formula."""
    unit = 2 * (channels * channels * 9 + channels)
    return channels * 27 + channels + units * unit + channels * classes + classes


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The current folder, empty; afterwards nothing is left in it that was not written here."""
    monkeypatch.chdir(tmp_path)
    path, modules = list(sys.path), set(sys.modules)
    yield tmp_path
    assert sys.path == path
    kept = [sys.modules[name] for name in set(sys.modules) - modules]
    assert not [m for m in kept if str(tmp_path) in str(getattr(m, "__file__", ""))]
    assert not list(tmp_path.rglob("__pycache__"))


@pytest.fixture
def write(folder: Path) -> Callable[..., None]:
    def write(name: str, text: str = NETWORK) -> None:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")

    return write


Say = Callable[..., tuple[int, str, str]]


@pytest.fixture
def say(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Say:
    """Run the command line here: exit code, stdout, stderr; also what is written below Python."""

    def say(*arguments: str) -> tuple[int, str, str]:
        capfd.readouterr()
        code = run(arguments)
        return code, *capfd.readouterr()

    return say


def traced(say: Say, folder: Path, *arguments: str) -> ri.Survey:
    """The trace that a run keeps."""
    kept = folder / "kept.json"
    code, _, err = say("trace", *arguments, "--save", str(kept), "--force")
    assert code == 0, err
    survey = ri.Survey(ri.load(kept))
    kept.unlink()
    return survey


# -- what can be named ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "place"),
    [
        ("model.py:Net", ("model.py", "Net")),
        ("model.py", ("model.py", "")),
        ("model.py:", ("model.py", "")),
        ("nets/model.py:Net.wide", ("nets/model.py", "Net.wide")),
        (r"C:\nets\model.py", (r"C:\nets\model.py", "")),
        (r"C:\nets\model.py:Net", (r"C:\nets\model.py", "Net")),
        ("C:model.py", ("C:model.py", "")),
        ("a b/mö:del.py:Net", ("a b/mö:del.py", "Net")),
        ("package.module:make", ("package.module", "make")),
        ("module:make", ("module", "make")),
        ("nets/", ("nets/", "")),
        ("resnet50d.a1_in1k", None),
        ("resnet51", None),
        ("a b:c", None),
        ("resnet50:", None),
    ],
)
def test_what_names_code(written: str, place: tuple[str, str] | None) -> None:
    assert code_place(written) == place
    if place is not None:
        named = subject(written)
        assert (named.source, named.written, named.origin) == ("code", written, written)
        assert named.title == place[1]


def test_code_is_told_apart_without_torch() -> None:
    asks = (
        "import sys; from resnet_inspect.sources import subject;"
        "subject('model.py:Net'); assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", asks], check=True, cwd=ROOT)


@pytest.mark.parametrize(
    ("name", "title", "channels"),
    [
        ("model.py:small", "small", 8),
        ("model.py:Net.wide", "Net.wide", 16),
        ("./model.py:small", "small", 8),
        ("model:small", "small", 8),
        ("model.py", "Net", 8),
    ],
)
def test_a_function_or_method_or_file_alone(
    write: Callable[..., None], folder: Path, say: Say, name: str, title: str, channels: int
) -> None:
    write("model.py")
    survey = traced(say, folder, name, "--set", "num_classes=7", "--image-size", "32")
    assert survey.totals.parameters.total == parameters(channels, 7)
    assert len(survey.anatomy.blocks) == 2
    origin = survey.trace.provenance
    assert (survey.trace.model_name, origin.source, origin.device) == (title, name, "meta")
    assert origin.arguments == (("num_classes", "7"),)


def test_a_class_and_an_instance(write: Callable[..., None], folder: Path, say: Say) -> None:
    write("model.py", NETWORK + "\nmade = Net(4)\n")
    survey = traced(say, folder, "model.py:Net", "--set", "channels=5", "--set", "units=3")
    assert survey.totals.parameters.total == parameters(5, units=3)
    survey = traced(say, folder, "model.py:made")
    assert survey.totals.parameters.total == parameters(4)
    code, _, err = say("trace", "model.py:made", "--set", "channels=5")
    assert (code, err.count("\n")) == (2, 1)
    assert "made is an instance already" in err


def test_files_beside_it_and_relative_imports_resolve(
    write: Callable[..., None], folder: Path, say: Say
) -> None:
    unit, _, net = NETWORK.partition("class Net")
    for name in ("alone/parts.py", "package/deep/parts.py", "bare/deep/parts.py"):
        write(name, unit)
    imports = "import torch\nfrom torch import nn\n"
    write("alone/model.py", f"{imports}from parts import Unit\nclass Net{net}")
    write("package/__init__.py", "")
    write("package/deep/__init__.py", "")
    write("package/model.py", f"{imports}from .deep.parts import Unit\nclass Net{net}")
    write("package/deep/inner.py", "from ..model import small\n")
    write("bare/deep/inner.py", f"{imports}from ..deep.parts import Unit\nclass Net{net}")
    for name in (
        "alone/model.py:small",
        "package/model.py:small",
        "package/deep/inner.py:small",
        "package.deep.inner:small",
        "bare/deep/inner.py:small",
    ):
        survey = traced(say, folder, name, "--image-size", "16")
        assert survey.totals.parameters.total == parameters(8), name


def test_a_lazy_import_in_the_forward_resolves(
    write: Callable[..., None], folder: Path, say: Say
) -> None:
    write("steps.py", "def half(x):\n    return x / 2\n")
    write(
        "model.py",
        """
        from torch import nn
        class Net(nn.Module):
            def forward(self, x):
                from steps import half
                return half(x)
        """,
    )
    trace = traced(say, folder, "model.py", "--image-size", "16").trace
    assert [call.path for call in trace.calls] == ["", ":div"]


@pytest.mark.parametrize("name", ["types.py", "my net-v1.2.py", "mödel (1).py", "code.py"])
def test_any_file_name_will_do(
    write: Callable[..., None], folder: Path, say: Say, name: str
) -> None:
    write(f"a folder/{name}")
    survey = traced(say, folder, f"a folder/{name}:small", "--image-size", "16")
    assert survey.totals.parameters.total == parameters(8)


def test_a_file_that_was_changed_is_read_anew(
    write: Callable[..., None], folder: Path, say: Say
) -> None:
    for channels in (3, 4):
        write("parts.py", f"CHANNELS = {channels}\n")
        write("model.py", NETWORK + "\nfrom parts import CHANNELS\nmade = Net(CHANNELS)\n")
        survey = traced(say, folder, "model.py:made", "--image-size", "16")
        assert survey.totals.parameters.total == parameters(channels)


def test_python_takes_the_same_names(write: Callable[..., None], folder: Path) -> None:
    write("model.py")
    trace = ri.trace("model.py:small", (1, 3, 16, 16), arguments={"num_classes": 3})
    assert ri.Survey(trace).totals.parameters.total == parameters(8, 3)
    assert trace.provenance.notes == ()
    noted = ri.trace("model.py:small").provenance.notes
    assert noted == ("no input shape is given: 1×3×224×224 is taken",)


def test_an_instance_that_is_in_use_is_left_alone(
    write: Callable[..., None], monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    write("live_net.py", NETWORK + "\nmade = Net(4)\n")
    with monkeypatch.context() as only_here:
        only_here.syspath_prepend(str(folder))
        only_here.setattr(sys, "dont_write_bytecode", True)
        import live_net  # type: ignore[import-not-found]

        ri.trace("live_net:made", (1, 3, 16, 16), dtype="bf16")
    weight = live_net.made.head.weight
    assert (weight.device.type, str(weight.dtype)) == ("cpu", "torch.float32")
    assert sys.modules.pop("live_net") is live_net


# -- where it is built ---------------------------------------------------------------------------

NUMBERS = """
import torch
from torch import nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        rates = [rate.item() for rate in torch.linspace(0, 0.1, 3)]
        self.layers = nn.Sequential(*[nn.Dropout(rate) for rate in rates], nn.Conv2d(3, 4, 1))
    def forward(self, x):
        return self.layers(x)
"""


def test_what_needs_numbers_is_built_on_the_cpu_and_still_run_on_meta(
    write: Callable[..., None], folder: Path, say: Say
) -> None:
    write("model.py", NUMBERS)
    code, _, err = say("trace", "model.py", "--image-size", "8", "--save", "t.json")
    assert code == 0
    assert err == "resnet-inspect: built on the CPU, since meta has no numbers to build it with\n"
    assert ri.load("t.json").provenance.device == "meta"


@pytest.mark.parametrize("line", ["x * float(x.sum())", "x + torch.ones(1, 3, 1, 1)"])
def test_what_needs_numbers_to_run_is_run_on_the_cpu(
    write: Callable[..., None], folder: Path, say: Say, line: str
) -> None:
    write(
        "model.py",
        f"""
        import torch
        from torch import nn
        class Net(nn.Conv2d):
            def __init__(self):
                super().__init__(3, 3, 1)
            def forward(self, x):
                return {line}
        """,
    )
    survey = traced(say, folder, "model.py", "--image-size", "8")
    assert survey.trace.provenance.device == "cpu"
    assert "meta cannot run" in survey.trace.provenance.notes[-1]


# -- inputs and outputs --------------------------------------------------------------------------

TWO = """
import torch
from dataclasses import dataclass
from torch import nn
@dataclass
class Result:
    logits: torch.Tensor
    maps: list
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(10, 4)
        self.conv = nn.Conv2d(3, 4, 1)
    def forward(self, x, ids, mask=None):
        assert ids.dtype == torch.int64 and x.dtype == torch.float32
        maps = self.conv(x)
        if mask is not None:
            assert mask.dtype == torch.bool
            maps = maps.masked_fill(mask, 0.0)
        return Result(self.words(ids), [{"c1": maps}, maps + 1])
"""


@pytest.mark.parametrize(
    "inputs",
    [
        ("1,3,8,8", "1,5:int64"),
        ("1,3,8,8", "ids=1,5:int64"),
        ("x=1,3,8,8", "ids=1,5:int64", "mask=1,1,8,8:bool"),
        ("ids=1,5:int64", "1x3x8x8"),
        ("1,3,8,8", "1,5:int64", "1,1,8,8:bool"),
    ],
)
@pytest.mark.parametrize("device", ["meta", "cpu"])
def test_several_inputs(
    write: Callable[..., None], folder: Path, say: Say, inputs: tuple[str, ...], device: str
) -> None:
    write("model.py", TWO)
    given = [word for one in inputs for word in ("--input", one)]
    trace = traced(say, folder, "model.py", *given, "--device", device).trace
    taken = {(trace.spec(port).shape, trace.spec(port).dtype) for port in trace.inputs}
    expected = {((1, 3, 8, 8), "float32"), ((1, 5), "int64"), ((1, 1, 8, 8), "bool")}
    assert taken == (expected if len(inputs) == 3 else expected - {((1, 1, 8, 8), "bool")})
    made = {port.label: trace.spec(port).shape for port in trace.outputs}
    assert made == {"logits": (1, 5, 4), "maps.0.c1": (1, 4, 8, 8), "maps.1": (1, 4, 8, 8)}


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        (["x=1,3,8,8", "x=1,3,8,8"], "x= is given twice"),
        (["1,3,8,8:flot32"], "unknown dtype 'flot32' (did you mean float32"),
        (["a b=1,3,8,8"], "is no input"),
        (["x=1,3,a"], "no shape"),
        (["x=1,3,8,0"], "positive"),
    ],
)
def test_inputs_that_cannot_be(
    write: Callable[..., None], say: Say, inputs: list[str], words: str
) -> None:
    write("model.py", TWO)
    code, out, err = say("trace", "model.py", *(w for one in inputs for w in ("--input", one)))
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert words in err


# -- what the code does meanwhile ----------------------------------------------------------------


def test_what_it_prints_is_not_in_the_result(write: Callable[..., None], say: Say) -> None:
    noise = """
        import os, sys
        print("at import")
        os.write(1, b"below python\\n")
        sys.__stdout__.write("past the redirection\\n")
    """
    write("model.py", textwrap.dedent(noise) + NETWORK)
    code, out, err = say("trace", "model.py:small", "--format", "json", "--image-size", "16")
    assert code == 0
    assert json.loads(out)["rows"]
    assert {"at import", "below python", "past the redirection"} <= set(err.splitlines())


def test_it_does_not_get_our_arguments_or_stdin(write: Callable[..., None], say: Say) -> None:
    write("model.py", NETWORK + "\nimport argparse\nargparse.ArgumentParser().parse_args()\n")
    assert say("trace", "model.py:small", "--image-size", "16")[0] == 0
    write("asks.py", NETWORK + "\nclasses = input()\n")
    code, out, err = say("trace", "asks.py:small")
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert "EOFError" in err
    assert "__main__" in err


RAISES = "    raise ValueError('no\\nsecond line')\n"


@pytest.mark.parametrize(
    ("text", "name", "code", "words"),
    [
        (
            "from torch import nn\nclass N(nn.Module):\n    def __init__(self):\n"
            "        self.c = nn.Conv2d(3, 8, 3)\n",
            "model.py:N",
            1,
            [
                "cannot assign module before Module.__init__() call (model.py, line 4)",
                "super().__init__() goes first in its __init__",
            ],
        ),
        ("x = 1\ndef f(:\n", "model.py", 1, ["model.py, line 2 does not parse: invalid syntax"]),
        ("x = '\x00'", "model.py", 1, ["null bytes"]),
        ("x = 1\n\n1 / 0\n", "model.py", 1, ["ZeroDivisionError: division", "model.py, line 3"]),
        ("import nowhere_at_all", "model.py", 1, ["'nowhere_at_all'", "pip install nowhere_at"]),
        ("import sys\nsys.exit(3)", "model.py", 1, ["importing model.py calls sys.exit(3)"]),
        ("", "model.py", 2, ["model.py holds no network"]),
        ("x = 1", "model.py:x", 2, ["x in model.py is no network but an int"]),
        ("def f(): return 1", "model.py:f", 2, ["f in model.py gives an int, no nn.Module"]),
        ("def f():\n" + RAISES, "model.py:f", 1, ["ValueError: no (model.py, line 2)"]),
        ("def f(): exit(2)", "model.py:f", 1, ["building model.py calls sys.exit(2)"]),
        (NETWORK, "model.py:Net", 2, ["Net needs channels", "--set channels=", "holds small"]),
        (NETWORK, "model.py:smal", 2, ["unknown name in model.py 'smal'", "did you mean small?"]),
        (NETWORK, "model.py:Net.narrow", 2, ["'Net.narrow'", "it holds Unit, Net, small"]),
        (NETWORK + "\ndef big(): return small(99)", "model.py", 2, ["2 networks: small, big"]),
        (
            NETWORK.replace("return net", "pass"),
            "model.py",
            2,
            ["needs arguments: Unit (channels)"],
        ),
        ("from torch import nn\nf = lambda: nn.Conv2d(0, 0, 'a')", "model.py:f", 1, ["line 2"]),
    ],
)
def test_code_that_cannot_be_used(
    write: Callable[..., None], say: Say, text: str, name: str, code: int, words: list[str]
) -> None:
    write("model.py", text)
    done, out, err = say("trace", name)
    assert (done, out) == (code, ""), err
    assert (err.count("\n"), err.startswith("resnet-inspect: ")) == (1, True), err
    assert "Traceback" not in err
    for word in words:
        assert word in err
    assert "Traceback (most recent call last)" in say("trace", name, "--debug")[2]


def test_an_argument_it_does_not_take(write: Callable[..., None], say: Say) -> None:
    write("model.py")
    code, _, err = say("trace", "model.py:small", "--set", "numclasses=3")
    assert code == 2
    assert "unknown argument of small 'numclasses' (did you mean num_classes?" in err


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("modle.py:Net", ["unknown file 'modle.py'", "did you mean model.py?"]),
        ("nowhere/model.py", ["unknown file 'nowhere/model.py'"]),
        ("./", ["./ is a folder", "model.py"]),
        ("./notes.txt", ["no Python file", "FILE.py:NAME"]),
        ("nowhere.at.all:Net", ["there is no module nowhere.at.all"]),
        ("torchvison:resnet18", ["did you mean torchvision:?"]),
        ("resnet18:", ["unknown model", "FILE.py:NAME"]),
        ("x" * 300 + ".py", ["cannot be read", "too long"]),
        ("x" * 300, ["unknown model"]),
    ],
)
def test_files_and_modules_that_are_not_there(
    write: Callable[..., None], say: Say, name: str, words: list[str]
) -> None:
    write("model.py")
    write("notes.txt", "")
    code, out, err = say("trace", name)
    assert (code, out, err.count("\n")) == (2, "", 1), err
    for word in words:
        assert word in err


def test_a_forward_that_exits_is_a_forward_that_failed(
    write: Callable[..., None], folder: Path, say: Say
) -> None:
    write("model.py", NETWORK.replace("return self.head(", "exit(4)\n        return self.head("))
    code, _, err = say("trace", "model.py:small", "--image-size", "16", "--save", "t.json")
    assert code == 1
    assert "sys.exit(4)" in err
    assert ri.load("t.json").failure is not None


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
def test_an_endless_forward_is_stopped_and_its_trace_kept(write: Callable[..., None]) -> None:
    endless = "print('ready', flush=True)\n        while True: pass\n        return self.head("
    write("model.py", NETWORK.replace("return self.head(", f"x = self.stem(x); {endless}"))
    process = subprocess.Popen(
        [sys.executable, "-m", "resnet_inspect", "trace", "model.py:small", "--save", "t.json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8",
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert process.stderr is not None
    assert process.stderr.readline() == "ready\n"
    time.sleep(0.1)
    started = time.monotonic()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert time.monotonic() - started < 5
    assert process.returncode == 130
    assert err.endswith("resnet-inspect: interrupted after 1 call, in small\n")
    assert "stem" in out
    trace = ri.load("t.json")
    assert trace.failure is not None
    assert trace.failure.error == "KeyboardInterrupt"
    assert [call.path for call in trace.calls] == ["", "stem"]


def test_export_takes_code_and_writes_nothing_beside_it(
    write: Callable[..., None], folder: Path, say: Say
) -> None:
    write("model.py")
    assert say("export", "model.py", "out.md", "--view", "stages", "--image-size", "16")[0] == 0
    assert sorted(path.name for path in folder.iterdir()) == ["model.py", "out.md"]
    assert "stage 1" in Path("out.md").read_text(encoding="utf-8")


# -- sources of others ---------------------------------------------------------------------------


def test_another_package_can_be_a_source(
    write: Callable[..., None], folder: Path, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (ROOT / "docs" / "sources.md").read_text(encoding="utf-8")
    (module,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    write("others/ninety_nets.py", module)
    named = "[resnet_inspect.sources]\nninety = ninety_nets\ntorchvision = ninety_nets\n"
    write("others/ninety-1.0.dist-info/entry_points.txt", named)
    write("others/ninety-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: ninety\n")
    sources.cache_clear()
    with monkeypatch.context() as only_here:
        only_here.syspath_prepend(str(folder / "others"))
        only_here.setattr(sys, "dont_write_bytecode", True)
        survey = traced(say, folder, "ninety:7")
        assert sources()["torchvision"] == "resnet_inspect.sources.torchvision"
    sources.cache_clear()
    del sys.modules["ninety_nets"]
    assert survey.totals.parameters.total == 3 * 7 + 7
    assert survey.trace.provenance.source == "ninety:7"
    assert survey.trace.spec(survey.trace.inputs[0]).shape == (1, 3, 32, 32)


def test_what_it_left_for_the_end_of_the_program_is_done(tmp_path: Path) -> None:
    ends = "\nimport atexit\natexit.register(print, 'at the end', flush=False)\n"
    ends += "log = open('log.txt', 'w')\nlog.write('whole')\n"
    (tmp_path / "model.py").write_text(NETWORK + ends, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "resnet_inspect", "trace", "model.py:small", "--image-size", "16"],
        capture_output=True, cwd=tmp_path, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0
    assert done.stdout.endswith("at the end\n")
    assert (tmp_path / "log.txt").read_text(encoding="utf-8") == "whole"


@pytest.mark.parametrize("command", ["signal", "measure"])
def test_an_exception_of_a_backward_pass_that_cannot_be_written_is_named(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mute.py").write_text(
        "import torch\n"
        "class Mute(Exception):\n"
        "    def __str__(self): raise RuntimeError\n"
        "class Refused(torch.autograd.Function):\n"
        "    forward = staticmethod(lambda ctx, x: x.clone())\n"
        "    @staticmethod\n"
        "    def backward(ctx, gradient): raise Mute\n"
        "class Net(torch.nn.Conv2d):\n"
        "    def __init__(self): super().__init__(3, 4, 3)\n"
        "    def forward(self, x): return Refused.apply(super().forward(x))\n"
    )
    arguments = [command, f"{tmp_path / 'mute.py'}:Net", "--input", "1,3,8,8"]
    assert run([*arguments, *(["--backward"] if command == "measure" else [])]) == 1
    said = capsys.readouterr().err
    assert "raised: Mute" in said
    assert "defect" not in said


def test_an_exception_that_cannot_be_written_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mute.py").write_text(
        "from torch import nn\n"
        "class Mute(BaseException):\n"
        "    def __str__(self): raise RuntimeError\n"
        "class Forward(nn.Module):\n"
        "    def forward(self, x): raise Mute\n"
        "class Build(nn.Module):\n"
        "    def __init__(self): raise Mute\n"
    )
    for name, line in (("Forward", 5), ("Build", 7)):
        arguments = ["trace", f"{tmp_path / 'mute.py'}:{name}", "--input", "1,3,8,8"]
        assert run(arguments) == 1
        said = capsys.readouterr().err
        assert f"Mute (mute.py, line {line}" in said
        assert "defect" not in said


def test_what_cannot_be_asked_stands_in_nobodys_way(write: Callable[..., None], say: Say) -> None:
    write(
        "model.py",
        NETWORK
        + """
class Proxy:
    @property
    def __class__(self):
        raise RuntimeError("not there yet")

class Kind(type(nn.Module)):
    def __getattribute__(self, name):
        raise ValueError(name)

class Odd(nn.Module, metaclass=Kind):
    pass

request = Proxy()
""",
    )
    code, out, _ = say("trace", "model.py:small", "--input", "1,3,16,16")
    assert (code, "units.1" in out) == (0, True)
    code, _, err = say("trace", "model.py", "--set", "channels=8", "--input", "1,3,16,16")
    assert (code, err.count("\n")) in ((0, 0), (2, 1))


@pytest.mark.parametrize("command", [("trace", "--device", "cpu"), ("signal",), ("measure",)])
def test_weights_that_the_code_left_on_meta_are_a_line(
    command: tuple[str, ...], write: Callable[..., None], say: Say
) -> None:
    write("model.py", NETWORK.replace("net = Net(8", "net = Net(8, num_classes).to('meta') #"))
    name, *options = command
    code, out, err = say(name, "model.py:small", "--input", "1,3,16,16", *options)
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert "Net has weights on meta" in err
    assert "defect" not in err

"""The modules of a network, and what they hold, from where torch keeps it."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils import parametrizations

from resnet_inspect.capture.members import (
    check_made,
    class_name,
    floating_dtype,
    has_own_call,
    home,
    is_training,
    modules,
    named_modules,
    named_tensors,
    on,
    python_class,
    registered,
    switch,
    tensors,
)
from resnet_inspect.errors import UntraceableModel
from resnet_inspect.traces.modules import PythonClass


def shared() -> nn.Sequential:
    """A layer under two names, and a weight that two layers have."""
    layer = nn.Linear(4, 4)
    model = nn.Sequential(layer, nn.Sequential(layer, nn.BatchNorm1d(4)), nn.Linear(4, 4))
    model[2].weight = layer.weight  # type: ignore[union-attr]
    return model


def test_names_are_torchs_own_in_its_order() -> None:
    model = shared()
    assert list(named_modules(model)) == list(model.named_modules(remove_duplicate=False))
    assert modules(model) == list(model.modules())
    for register, named in (
        ("_parameters", model.named_parameters),
        ("_buffers", model.named_buffers),
    ):
        assert [(n, id(t)) for n, t in named_tensors(model, register)] == [
            (n, id(t)) for n, t in named()
        ]
    assert [id(t) for t in tensors(model)] == [
        id(t) for t in (*model.parameters(), *model.buffers())
    ]


def test_a_network_within_itself_is_named_there_and_not_entered_again() -> None:
    model = nn.Sequential(nn.ReLU())
    model.itself = model
    assert [name for name, _ in named_modules(model)] == ["", "0", "itself"]
    assert modules(model) == [model, model[0]]


def test_names_of_modules_that_share_modules_come_to_an_end() -> None:
    """Each of forty holds the next one twice: 2**40 names."""
    layer: nn.Module = nn.ReLU()
    for _ in range(40):
        layer = nn.ModuleList([layer, layer])
    assert len(modules(layer)) == 41
    assert sum(1 for _ in named_modules(layer)) <= 41 * 1000


def test_what_a_class_makes_of_its_registers_is_not_asked() -> None:
    class Lies(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Linear(2, 2)

        def modules(self) -> Any:
            raise RuntimeError

        parameters = named_modules = named_parameters = modules

        def __getattr__(self, name: str) -> Any:
            raise RuntimeError(name)

        def __eq__(self, other: object) -> bool:
            raise RuntimeError

        __hash__ = None  # type: ignore[assignment]

    model = Lies()
    assert [name for name, _ in named_modules(model)] == ["", "fc"]
    assert [name for name, _ in named_tensors(model, "_parameters")] == ["fc.weight", "fc.bias"]


def test_what_is_no_module_or_tensor_is_not_registered() -> None:
    model = nn.Module()
    model._modules.update(none=None, fc=nn.Linear(2, 2))
    model.register_parameter("bias", None)
    assert list(registered(model, "_modules")) == ["fc"]
    assert registered(model, "_parameters") == {}
    del model._buffers
    assert registered(model, "_buffers") == {}


def test_a_module_that_was_not_made_ready_is_named() -> None:
    class Bare(nn.Module):
        def __init__(self) -> None:
            pass

    with pytest.raises(UntraceableModel, match="Bare is no whole") as refused:
        check_made(Bare())
    assert refused.value.hint.startswith("Bare.__init__ must call super()")
    model = nn.Sequential()
    model._modules["0"] = Bare()
    with pytest.raises(UntraceableModel, match=r"^0, a Bare, is no whole nn\.Module"):
        check_made(model)
    check_made(shared())


class Refuses(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(4)

    def train(self, mode: bool = True) -> Any:
        raise SystemExit


def test_a_mode_is_taken_also_where_a_class_refuses_it() -> None:
    model = Refuses()
    switch(model, False)
    assert [is_training(one) for one in modules(model)] == [False, False]
    switch(model, True)
    assert [is_training(one) for one in modules(model)] == [True, True]


def test_whether_a_mode_is_told_may_be_an_error() -> None:
    class Secret(nn.Module):
        training = property(lambda self: 1 / 0, lambda self, value: None)  # type: ignore[assignment]

    assert not is_training(Secret())


@pytest.mark.filterwarnings("ignore:.torch.jit:FutureWarning")
def test_classes_are_those_that_a_user_would_name() -> None:
    plain, normed = nn.Linear(2, 2), parametrizations.weight_norm(nn.Linear(2, 2))
    assert type(normed).__name__ == "ParametrizedLinear"
    assert python_class(normed) == python_class(plain)
    assert python_class(plain) == PythonClass("torch.nn.modules.linear", "Linear")
    assert class_name(Refuses()) == "Refuses"
    made = torch.fx.symbolic_trace(nn.Sequential(plain))
    assert python_class(made) == PythonClass("", type(made).__name__)
    assert python_class(torch.jit.script(plain)) == PythonClass("", "Linear")


def test_the_dtype_is_that_of_the_first_floating_tensor() -> None:
    model = nn.Module()
    model.register_buffer("count", torch.zeros(1, dtype=torch.int64))
    assert floating_dtype(model) == torch.get_default_dtype()
    model.register_buffer("scale", torch.zeros(1, dtype=torch.float16))
    assert floating_dtype(model) == torch.float16
    model.weight = nn.Parameter(torch.zeros(1, dtype=torch.float64))
    assert floating_dtype(model) == torch.float64, "parameters come before buffers"


def test_a_network_is_at_home_where_its_first_tensor_is() -> None:
    assert home(nn.Linear(2, 2, device="meta")).type == "meta"
    assert home(nn.ReLU(), (3, torch.zeros(1, device="meta"))).type == "meta"
    assert home(nn.ReLU()) == torch.device("cpu")


def test_what_is_nowhere_is_not_moved() -> None:
    model, nowhere = nn.Linear(2, 2), nn.Linear(2, 2, device="meta")
    assert on(model, torch.device("cpu")) is model
    assert on(nowhere, torch.device("meta")) is nowhere
    with pytest.raises(UntraceableModel, match="Linear has weights on meta"):
        on(nowhere, torch.device("cpu"))


def test_a_class_with_a_call_of_its_own_is_known() -> None:
    class Calls(nn.Module):
        def __call__(self, x: Tensor) -> Tensor:
            return x

    assert has_own_call(Calls())
    assert not has_own_call(nn.Linear(2, 2))

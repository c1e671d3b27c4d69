"""One step that is observed: what calls give, what comes back to them, and what weights become."""

from __future__ import annotations

from math import sqrt

import pytest
import torch
from torch import Tensor, nn

from resnet_inspect.capture.signals import reductions as observed
from resnet_inspect.capture.signals.observer import Observer


def layer() -> nn.Linear:
    found = nn.Linear(2, 2, bias=False)
    found.weight.data = torch.tensor([[3.0, 0.0], [0.0, 4.0]])
    return found


def test_a_weight_has_its_norm_before_the_step_and_that_of_its_gradient() -> None:
    model, observer = layer(), Observer()
    with observer.watching(model):
        (model(torch.ones(1, 2)) * torch.tensor([[3.0, 4.0]])).sum().backward()
        model.weight.data.zero_()
    (weight,) = observer.signals(0).weights
    assert (weight.path, weight.elements, weight.norm) == ("weight", 4, 5.0)
    assert weight.gradient_norm == pytest.approx(sqrt(9 + 9 + 16 + 16))
    assert not model.weight._post_accumulate_grad_hooks
    model(torch.ones(1, 2)).sum().backward()
    assert observer.signals(0).weights == (weight,), "its hooks are off"


def test_the_gradient_of_a_call_is_that_of_what_it_gave() -> None:
    x, observer = torch.tensor([[1.0, 2.0]], requires_grad=True), Observer()
    made = x * 2
    observer.observe(1, [torch.tensor([1]), made])  # the first that is floating
    assert observer.may_come
    assert not observer.has_come
    (made * torch.tensor([[3.0, 4.0]])).sum().backward()
    assert observer.has_come
    nothing, flow, after = observer.signals(3).flows
    assert nothing is after is None
    assert flow is not None
    assert (flow.elements, flow.mean, flow.largest, flow.gradient_norm) == (2, 3.0, 4.0, 5.0)


def test_a_container_gives_what_its_last_call_gave(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is reduced once, and again where it was changed since."""
    counted: list[Tensor] = []

    def reduced(given: Tensor) -> Tensor:
        counted.append(given)
        return observed.reduced(given)

    monkeypatch.setattr("resnet_inspect.capture.signals.observer.reduced", reduced)
    observer, made = Observer(), torch.ones(2, 3)
    for call in (2, 1):
        observer.observe(call, [made])
    assert len(counted) == 1
    observer.observe(0, [made.mul_(2)])
    last, *before = observer.signals(3).flows
    assert before[0] == before[1] is not None
    assert last is not None
    assert last.mean == 2


def test_several_passes_bring_no_gradient_that_could_be_told() -> None:
    x, observer = torch.ones(1, 2, requires_grad=True), Observer()
    made = x * 2
    observer.observe(0, [made])
    made.sum().backward(retain_graph=True)
    made.sum().backward()
    (flow,) = observer.signals(1).flows
    assert flow is not None
    assert (flow.gradient_passes, flow.gradient_norm) == (2, None)


def test_a_pass_that_raises_is_not_whole() -> None:
    def refuse(gradient: Tensor) -> None:
        raise ValueError

    for hook, whole in ((None, True), (refuse, False)):
        x, observer = torch.ones(1, 2, requires_grad=True), Observer()
        before = x * 2
        if hook is not None:
            before.register_hook(hook)
        made = before * 2
        observer.observe(0, [made])
        if hook is None:
            made.sum().backward()
        else:
            with pytest.raises(ValueError):  # noqa: PT011
                made.sum().backward()
        assert observer.signals(1).is_whole is whole


def test_a_gradient_that_is_not_finite_has_no_norm_and_is_said_to_be_so() -> None:
    model, observer = layer(), Observer()
    with observer.watching(model):
        made = model(torch.ones(1, 2))
        observer.observe(0, [made])
        (made * torch.inf).sum().backward()
    signals = observer.signals(1, loss=torch.tensor(torch.nan), name="its own")
    (weight,), (flow,) = signals.weights, signals.flows
    assert flow is not None
    assert (weight.gradient_norm, weight.gradient_nonfinite) == (None, True)
    assert (flow.gradient_norm, flow.gradient_nonfinite) == (None, True)
    assert (signals.loss, signals.loss_name) == (None, "its own")


def update(change: float, model: nn.Linear | None = None) -> float | None:
    model, observer = model or layer(), Observer()
    observer.watch(model)
    observer.sample(model)
    with torch.no_grad():
        model.weight.add_(change)
    observer.compare(model)
    observer.leave()
    return observer.signals(0).weights[0].update_ratio


def test_an_update_is_a_part_of_the_norm() -> None:
    assert update(0.5) == pytest.approx(1.0 / 5)  # four elements by a half: a norm of one
    assert update(0.0) == 0.0
    frozen = layer().requires_grad_(False)
    assert update(0.5, frozen) is None, "nobody looked"


def test_what_became_another_parameter_is_not_compared() -> None:
    model, observer = layer(), Observer()
    observer.watch(model)
    observer.sample(model)
    model.weight = nn.Parameter(torch.zeros(3, 2))
    observer.compare(model)
    observer.leave()
    assert observer.signals(0).weights[0].update_ratio is None

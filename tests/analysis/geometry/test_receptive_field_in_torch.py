"""Receptive fields against the support of a gradient, on random networks of many kinds of parts.

A field that is said is never refuted: the gradient of one output element stays within it. Where a
norm or a gate makes an element depend on all, that holds for the gradient with the statistics, or
the gate, held fast. Of networks of windows alone the field is the support, to the pixel.
"""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

import resnet_inspect as ri
from resnet_inspect.analysis.geometry.receptive_field import Fields, Lost, ReceptiveField, find

C = 8
SIDE = 48


class Part(nn.Module):
    """A part with convolutions of its own; `held` keeps gates and statistics out of gradients."""

    held = False

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Conv2d(C, C, 1), nn.Conv2d(C, C, 3, padding=1)
        self.lin, self.wide = nn.Linear(C, C), nn.Linear(C, 3 * C)
        self.norm, self.over_channels = nn.GroupNorm(2, C), nn.LayerNorm(C)
        self.eca, self.look = nn.Conv1d(1, 1, 3, padding=1), nn.Conv2d(2, 1, 3, padding=1)

    def fast(self, gate: Tensor) -> Tensor:
        return gate.detach() if self.held else gate


def part(forward: Callable[[Part, Tensor], Tensor]) -> Callable[[], Part]:
    """A kind of part from its forward."""
    return lambda: type(forward.__name__, (Part,), {"forward": forward})()


def standardised(self: Part, x: Tensor) -> Tensor:
    if not self.held:
        return self.norm(x)
    grouped = x.view(x.shape[0], 2, -1)
    mean, var = grouped.mean(2, keepdim=True), grouped.var(2, keepdim=True, correction=0)
    return ((grouped - mean.detach()) / (var.detach() + 1e-5).sqrt()).view_as(x)


@part
def permuted(self: Part, x: Tensor) -> Tensor:
    return self.lin(self.over_channels(x.permute(0, 2, 3, 1))).permute(0, 3, 1, 2)


@part
def transposed(self: Part, x: Tensor) -> Tensor:
    tokens = self.over_channels(x.flatten(2).transpose(1, 2)) @ self.lin.weight
    return tokens.transpose(1, 2).reshape(x.shape)


@part
def turned(self: Part, x: Tensor) -> Tensor:
    return self.two(x.transpose(2, 3))


@part
def shuffled(self: Part, x: Tensor) -> Tensor:
    n, c, h, w = x.shape
    return x.view(n, 2, c // 2, h, w).transpose(1, 2).reshape(n, c, h, w)


@part
def split(self: Part, x: Tensor) -> Tensor:
    a, b = x.chunk(2, 1)
    return torch.cat([b, a.tanh()], 1)


group_norm = part(standardised)


@part
def se_linear(self: Part, x: Tensor) -> Tensor:
    n, c = x.shape[:2]
    gate = torch.sigmoid(self.lin(F.adaptive_avg_pool2d(x, 1).view(n, c)))
    return x * self.fast(gate).view(n, c, 1, 1).expand_as(x)


@part
def se_mean(self: Part, x: Tensor) -> Tensor:
    return x * self.fast(torch.sigmoid(self.one(x.mean((2, 3), keepdim=True))))


@part
def se_index(self: Part, x: Tensor) -> Tensor:
    return x.mul(self.fast(self.lin(x.flatten(2).mean(-1)).sigmoid())[:, :, None, None])


@part
def eca(self: Part, x: Tensor) -> Tensor:
    y = F.adaptive_avg_pool2d(x, 1).squeeze(-1).transpose(-1, -2)
    return x * self.fast(self.eca(y).transpose(-1, -2).unsqueeze(-1).sigmoid())


@part
def cbam(self: Part, x: Tensor) -> Tensor:
    gate = self.one(F.adaptive_avg_pool2d(x, 1)) + self.one(F.adaptive_max_pool2d(x, 1))
    x = x * self.fast(gate.sigmoid())
    looked = torch.cat([x.mean(1, keepdim=True), x.amax(1, keepdim=True)], 1)
    return x * self.look(looked).sigmoid()


@part
def selective(self: Part, x: Tensor) -> Tensor:
    ways = torch.stack([self.one(x), self.two(x)], 1)
    s = self.lin(ways.sum(1).mean((2, 3)))
    gate = torch.stack([s, self.lin(s)], 1).softmax(1)
    return (ways * self.fast(gate)[..., None, None]).sum(1)


@part
def fourier(self: Part, x: Tensor) -> Tensor:
    return torch.fft.fft2(x).real


@part
def sort(self: Part, x: Tensor) -> Tensor:
    return x.sort(dim=-1).values


@part
def picked(self: Part, x: Tensor) -> Tensor:
    order = x.mean((0, 1, 2)).argsort()
    return x[..., order]


@part
def channels_sorted(self: Part, x: Tensor) -> Tensor:
    return x.sort(dim=1).values


@part
def over_positions(self: Part, x: Tensor) -> Tensor:
    n, c, h, w = x.shape
    weight = torch.linspace(1, 2, h * w, dtype=x.dtype, device=x.device).repeat(h * w, 1)
    return F.linear(x.flatten(2), weight).view(n, c, h, w)


@part
def along_rows(self: Part, x: Tensor) -> Tensor:
    return x + x.mean(3, keepdim=True)


@part
def attention(self: Part, x: Tensor) -> Tensor:
    n, c, h, w = x.shape
    qkv = self.wide(x.flatten(2).transpose(1, 2)).view(n, h * w, 3, 2, c // 2)
    q, k, v = qkv.permute(2, 0, 3, 1, 4).unbind(0)
    seen = (q @ k.transpose(-2, -1)).softmax(-1) @ v
    return seen.transpose(1, 2).reshape(n, h * w, c).transpose(1, 2).view(n, c, h, w)


def windowed_attention_of(self: Part, x: Tensor) -> Tensor:
    n, c, h, w = x.shape
    s = 4 if h % 4 == w % 4 == 0 else 1
    y = x.permute(0, 2, 3, 1).reshape(n, h // s, s, w // s, s, c).permute(0, 1, 3, 2, 4, 5)
    q, k, v = self.wide(y.reshape(-1, s * s, c)).chunk(3, -1)
    y = (q @ k.transpose(-2, -1)).softmax(-1) @ v
    y = y.view(n, h // s, w // s, s, s, c).permute(0, 1, 3, 2, 4, 5).reshape(n, h, w, c)
    return y.permute(0, 3, 1, 2)


windowed_attention = part(windowed_attention_of)


@part
def windows_and_grid(self: Part, x: Tensor) -> Tensor:
    n, c, h, w = x.shape
    s = 3 if h % 3 == 0 else 1
    return windowed_attention_of(self, x).reshape(n, c, s, h // s, w).tanh().reshape(n, c, h, w)


@part
def added_windows(self: Part, x: Tensor) -> Tensor:
    return x + windowed_attention_of(self, x)


@part
def context(self: Part, x: Tensor) -> Tensor:
    return x + self.one(F.adaptive_avg_pool2d(x, 1))


@part
def returned(self: Part, x: Tensor) -> Tensor:
    pooled = F.interpolate(F.adaptive_avg_pool2d(x, 1), x.shape[2:], mode="nearest")
    return torch.cat([x[:, :4], pooled[:, 4:]], 1)


@part
def nearest(self: Part, x: Tensor) -> Tensor:
    return self.two(F.interpolate(F.avg_pool2d(x, 2), scale_factor=2))


@part
def bilinear(self: Part, x: Tensor) -> Tensor:
    size = [2 * n for n in x.shape[2:]]
    y = F.interpolate(x, size, mode="bilinear", align_corners=x.shape[2] % 3 == 0)
    return F.avg_pool2d(self.two(y), 2)


@part
def odd_sizes(self: Part, x: Tensor) -> Tensor:
    y = F.interpolate(x, (x.shape[2] * 2 // 3, x.shape[3] * 2 // 3), mode="bilinear")
    return self.two(y)


@part
def smoothed(self: Part, x: Tensor) -> Tensor:
    size = [n // 2 for n in x.shape[2:]]
    return F.interpolate(x, size, mode="bilinear", antialias=True)


@part
def unshuffled(self: Part, x: Tensor) -> Tensor:
    return F.pixel_shuffle(F.pixel_unshuffle(x, 2), 2)


@part
def skip(self: Part, x: Tensor) -> Tensor:
    return self.two(x) + F.interpolate(self.one(F.max_pool2d(x, 2)), x.shape[2:])


@part
def softmax_over_map(self: Part, x: Tensor) -> Tensor:
    return x.flatten(2).softmax(-1).view_as(x)


@part
def cut_and_padded(self: Part, x: Tensor) -> Tensor:
    return F.pad(x[:, :, 1:, ::2], (1, 2, 0, 1))


@part
def rolled(self: Part, x: Tensor) -> Tensor:
    return x.roll(1, 3)


@part
def turned_around(self: Part, x: Tensor) -> Tensor:
    return self.two(x.flip(2, 3)).flip(-1)


@part
def turned_tokens(self: Part, x: Tensor) -> Tensor:
    return torch.flip(x.flatten(2), (2,)).view_as(x)


@part
def einsum_channels(self: Part, x: Tensor) -> Tensor:
    y = torch.einsum("bchw,dc->bdhw", x, self.lin.weight)
    return torch.tensordot(y, self.lin.weight, ([1], [0])).permute(0, 3, 1, 2)


@part
def einsum_gate(self: Part, x: Tensor) -> Tensor:
    return torch.einsum("bchw,bc->bchw", x, self.fast(self.lin(x.mean((2, 3))).sigmoid()))


@part
def einsum_positions(self: Part, x: Tensor) -> Tensor:
    weight = torch.linspace(1, 2, x.shape[2] ** 2, dtype=x.dtype).view(x.shape[2], -1)
    return torch.einsum("...hw,hi,wj->...ij", x, weight, weight[:1].repeat(x.shape[3], 1))


@part
def einsum_attention(self: Part, x: Tensor) -> Tensor:
    q, k, v = self.wide(x.flatten(2).mT).chunk(3, -1)
    weights = torch.einsum("bqc,bkc->bqk", q, k).softmax(-1)
    return torch.einsum("bqk,bkc->bcq", weights, v).view_as(x)


@part
def einsum_linear_attention(self: Part, x: Tensor) -> Tensor:
    q, k, v = self.wide(x.flatten(2).mT).chunk(3, -1)
    context = torch.einsum("bnd,bne->bde", k, v)
    return torch.einsum("bnd,bde->ben", q, context).view_as(x)


@part
def unfolded(self: Part, x: Tensor) -> Tensor:
    weight = self.two.weight.flatten(1)
    return (weight @ F.unfold(x, 3, padding=2, dilation=2)).view_as(x)


@part
def folded(self: Part, x: Tensor) -> Tensor:
    columns = nn.Unfold(4, stride=2, padding=1)(x)
    return F.fold(columns.tanh(), x.shape[2:], 4, stride=2, padding=1)


@part
def patches(self: Part, x: Tensor) -> Tensor:
    return x.unfold(2, 2, 2).unfold(3, 3, 2).amax((4, 5))


@part
def local_attention(self: Part, x: Tensor) -> Tensor:
    n, c, h, w = x.shape
    near = F.unfold(self.one(x), 3, padding=1).view(n, c, 9, h, w)
    return (near * (x[:, :, None] * near).sum(1, keepdim=True).softmax(2)).sum(2)


@part
def strips(self: Part, x: Tensor) -> Tensor:
    half = x.shape[2] // 2
    return torch.cat([x[:, :, :half].tanh(), x[:, :, half:]], 2)


@part
def padded_with_zeros(self: Part, x: Tensor) -> Tensor:
    rows = torch.zeros_like(x[:, :, :2])
    return F.conv2d(torch.cat([rows, x, rows], 2), self.two.weight.transpose(2, 3), padding=(0, 1))


@part
def padded_around(self: Part, x: Tensor) -> Tensor:
    return self.two(torch.cat((x[..., -2:], x, x[..., :2]), -1))


@part
def summed_and_joined(self: Part, x: Tensor) -> Tensor:
    return torch.cat([F.adaptive_avg_pool2d(x, (1, x.shape[3])), x], 2)


@part
def uneven(self: Part, x: Tensor) -> Tensor:
    return F.adaptive_avg_pool2d(x, (x.shape[2] * 2 // 3 - 1, x.shape[3] // 2 + 1))


@part
def instance_norm_by_hand(self: Part, x: Tensor) -> Tensor:
    mean = self.fast(x.mean((2, 3), keepdim=True))
    x = x - mean
    return x / self.fast((x * x).mean((2, 3), keepdim=True) + 1e-3).sqrt()


@part
def group_norm_by_hand(self: Part, x: Tensor) -> Tensor:
    grouped = x.reshape(x.shape[0], 2, -1)
    var, mean = torch.var_mean(grouped, dim=2, keepdim=True)
    return ((grouped - self.fast(mean)) * self.fast(var + 1e-3).rsqrt()).view_as(x)


@part
def response_norm_by_hand(self: Part, x: Tensor) -> Tensor:
    size = torch.linalg.vector_norm(x, dim=(2, 3), keepdim=True)
    return x + x * self.fast(size / (size.mean(1, keepdim=True) + 1e-3))


@part
def centred(self: Part, x: Tensor) -> Tensor:
    return torch.sub(x, self.fast(x.mean((-1, -2))).unsqueeze(-1)[..., None])


@part
def unbatched_mean(self: Part, x: Tensor) -> Tensor:
    return x - x.mean(1, keepdim=True)


WINDOWS: tuple[Callable[[], nn.Module], ...] = (
    lambda: nn.Conv2d(C, C, 3, padding=1),
    lambda: nn.Conv2d(C, C, 3, stride=2, padding=1),
    lambda: nn.Conv2d(C, C, (1, 5), padding=(0, 2)),
    lambda: nn.Conv2d(C, C, 3, padding=2, dilation=2, groups=C),
    lambda: nn.AvgPool2d(2),
    lambda: nn.AvgPool2d(3, 1, 1),
    lambda: nn.Conv2d(C, C, 2),
    lambda: nn.Tanh(),
    lambda: nn.BatchNorm2d(C),
    lambda: nn.ZeroPad2d((1, 0, 2, 0)),
    lambda: nn.ConvTranspose2d(C, C, 4, 2, 1),
)
KEPT = (permuted, transposed, shuffled, split, unbatched_mean, unshuffled, turned, nearest, skip)
OTHERS = (
    *KEPT, group_norm, se_linear, se_mean, se_index, eca, cbam, selective, fourier, sort, picked,
    channels_sorted, over_positions, along_rows, attention, windowed_attention, added_windows,
    context, returned, bilinear, odd_sizes, smoothed, softmax_over_map, cut_and_padded, rolled,
    turned_around, turned_tokens, einsum_channels, einsum_gate, einsum_positions,
    einsum_attention, einsum_linear_attention, unfolded, folded, patches, local_attention, strips,
    windows_and_grid, padded_with_zeros, padded_around, summed_and_joined, uneven,
    instance_norm_by_hand,
    group_norm_by_hand, response_norm_by_hand, centred,
)  # fmt: skip


def network(*parts: nn.Module) -> nn.Sequential:
    torch.manual_seed(len(parts))
    made = nn.Sequential(nn.Conv2d(3, C, 1), *parts).double().eval()
    for weight in made.parameters():
        nn.init.normal_(weight, std=0.5)
    return made


def field_of(net: nn.Module) -> tuple[ReceptiveField | Lost | None, Fields]:
    trace = ri.trace(net, (1, 3, SIDE, SIDE), dtype="float64")
    fields = find(trace)
    end = trace.outputs[0].activation
    return fields.found.get(end) or fields.lost.get(end), fields


def support(net: nn.Module, held: bool) -> tuple[list[tuple[int, int]], tuple[int, ...]]:
    """From where to where the gradient of the middle element is not zero, and that element."""
    for module in net.modules():
        if isinstance(module, Part):
            module.held = held
    x = torch.randn(1, 3, SIDE, SIDE, dtype=torch.float64, requires_grad=True)
    y = net(x)
    at = tuple(n // 2 for n in y.shape[2:])
    weights = torch.randn(y.shape[1], dtype=torch.float64)
    (y[(0, slice(None), *at)] * weights).sum().backward()
    assert x.grad is not None
    reached = x.grad[0].abs().sum(0) > 0
    found = []
    for axis in (0, 1):
        places = reached.any(1 - axis).nonzero().flatten()
        found.append((int(places.min()), int(places.max()) + 1) if len(places) else (0, 0))
    return found, at


def check(net: nn.Module) -> str:
    """Hold what is said of a network against its gradient; what was said."""
    field, _ = field_of(net)
    assert field is not None
    if isinstance(field, Lost):
        return "lost"
    if field.whole:
        return "all"
    flagged = bool(field.statistics or field.gate)
    reached, at = support(net, held=flagged)
    for axis, (first, last) in enumerate(reached):
        if field.seam and (first == 0 or last == SIDE):  # the middle is beside the seam
            continue
        assert last - first <= field.size[axis], (net, field, reached)
        if field.start and field.jump and all(isinstance(n, int) for n in field.jump):
            assert first >= field.start[axis] + at[axis] * field.jump[axis] - SLACK
            assert (
                last <= field.start[axis] + at[axis] * field.jump[axis] + field.size[axis] + SLACK
            )
    return "flagged" if flagged else "seam" if field.seam else "finite"


SLACK = 8
"""Pixels by which windows move in steps behind an upsampling."""


@pytest.mark.parametrize("seed", range(40))
def test_the_field_of_windows_is_the_support_of_the_gradient(seed: int) -> None:
    draw = random.Random(seed)
    net = network(*(draw.choice(WINDOWS[:-1])() for _ in range(draw.randint(1, 5))))
    field, _ = field_of(net)
    assert isinstance(field, ReceptiveField)
    reached, at = support(net, held=False)
    for axis, (first, last) in enumerate(reached):
        begin = field.start[axis] + at[axis] * field.jump[axis]
        end = begin + field.size[axis]
        assert (first, last) == (max(begin, 0), min(end, SIDE))


@pytest.mark.parametrize("seed", range(150))
def test_no_gradient_refutes_the_field_of_a_random_network(seed: int) -> None:
    draw = random.Random(1000 + seed)
    parts = [draw.choice(WINDOWS if draw.random() < 0.5 else OTHERS)() for _ in range(4)]
    try:
        net = network(*parts)
        support(net, held=False)
    except (RuntimeError, ValueError):
        return  # sizes that do not fit
    check(net)


SAID = {
    "lost": (fourier, sort, picked),
    "all": (
        over_positions, attention, context, returned, softmax_over_map, einsum_positions,
        einsum_attention, einsum_linear_attention,
    ),
    "flagged": (
        group_norm, se_linear, se_mean, se_index, eca, cbam, selective, einsum_gate,
        instance_norm_by_hand, group_norm_by_hand, response_norm_by_hand, centred,
    ),
    "seam": (rolled, padded_around),
    "finite": (
        *KEPT, channels_sorted, along_rows, windowed_attention, added_windows, bilinear, odd_sizes,
        smoothed,
        cut_and_padded, turned_around, turned_tokens, einsum_channels, unfolded, folded, patches,
        local_attention, strips, windows_and_grid, padded_with_zeros, uneven, summed_and_joined,
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("said", "kind"), [(said, kind) for said, kinds in SAID.items() for kind in kinds]
)
def test_what_is_said_of_each_kind_of_part(said: str, kind: Callable[[], Part]) -> None:
    net = network(nn.Conv2d(C, C, 3, padding=1), kind(), nn.Conv2d(C, C, 3, padding=1))
    assert check(net) == said
    if said == "flagged":  # through the statistics or the gate it does depend on more
        field, _ = field_of(net)
        reached, _ = support(net, held=False)
        assert isinstance(field, ReceptiveField)
        assert reached == [(0, SIDE)] * 2
        assert all(size < SIDE for size in field.size)
    if said == "all":
        assert support(net, held=False)[0] == [(0, SIDE)] * 2

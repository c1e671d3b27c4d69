"""Small models whose numbers other tools get wrong: each against a formula or a second counter."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import torch
import torchvision
from small_networks import Forward, branch, ones, parameter, surveyed
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.functional import scaled_dot_product_attention as attend

import resnet_inspect as ri
from resnet_inspect.oracle import flop_counter_macs
from resnet_inspect.views.tables.rows.selection import Selection
from resnet_inspect.views.tables.trace import layers


@dataclass
class Case:
    """A model whose every step is counted, with its true numbers."""

    build: Callable[[], nn.Module]
    size: Any
    parameters: int
    macs: int


def tied() -> nn.Module:
    model = nn.Sequential(nn.Linear(100, 100, bias=False), nn.Linear(100, 100, bias=False))
    model[1].weight = model[0].weight
    return model


def shared_by_two_parents() -> nn.Module:
    shared = nn.Conv2d(4, 4, 3, padding=1)
    return nn.Sequential(
        nn.Sequential(shared, nn.ReLU()), nn.Sequential(shared, nn.Conv2d(4, 2, 1))
    )


def called_twice() -> nn.Module:
    return Forward(lambda m, x: m.conv(m.conv(x)), conv=nn.Conv2d(4, 4, 3, padding=1))


def functional_only() -> nn.Module:
    def run(m: Any, x: Tensor) -> Tensor:
        x = functional.relu(functional.conv2d(x, m.kernel, stride=2, padding=1))
        return functional.linear(x.flatten(1), m.matrix, m.bias)

    return Forward(run, kernel=parameter(8, 3, 3, 3), matrix=parameter(5, 128), bias=parameter(5))


def option_a() -> nn.Module:
    """A residual block with the paper's option A: a strided slice, padded with zero channels."""

    def run(m: Any, x: Tensor) -> Tensor:
        shortcut = functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 2, 2))
        return functional.relu(m.bn(m.conv(x)) + shortcut)

    return Forward(run, conv=nn.Conv2d(4, 8, 3, 2, 1, bias=False), bn=nn.BatchNorm2d(8))


def in_place() -> nn.Module:
    def run(m: Any, x: Tensor) -> Tensor:
        y = m.conv(x)
        y += x
        y.mul_(2).relu_()
        y[:, 0] = 0
        return functional.relu(y, inplace=True)

    return Forward(run, conv=nn.Conv2d(4, 4, 3, padding=1))


def attention(m: Any, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    return attend(q, k, v)


def attention_pool(m: Any, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """The layers are never called: a function takes their weights, as CLIP's pool does."""
    return functional.multi_head_attention_forward(
        q, k, v, 8, 2, None, torch.cat([m.q.bias, m.k.bias, m.v.bias]), None, None, False, 0.0,
        m.o.weight, m.o.bias, use_separate_proj_weight=True, q_proj_weight=m.q.weight,
        k_proj_weight=m.k.weight, v_proj_weight=m.v.weight, need_weights=False,
    )[0]  # fmt: skip


COUNTED = {
    "two layers with one weight": Case(tied, (1, 100), 10_000, 20_000),
    "a layer shared by two parents": Case(
        shared_by_two_parents, (1, 4, 8, 8), 4 * 4 * 9 + 4 + 4 * 2 + 2,
        2 * 64 * 4 * 4 * 9 + 64 * 4 * 2,
    ),
    "a layer called twice": Case(called_twice, (1, 4, 8, 8), 148, 2 * 64 * 4 * 4 * 9),
    "a parameter on the network itself": Case(
        lambda: Forward(lambda m, x: m.conv(x) * m.scale, conv=nn.Conv2d(3, 8, 3),
                        scale=parameter(1, 8, 1, 1)),
        (1, 3, 8, 8), 8 * 27 + 8 + 8, 36 * 8 * 27,
    ),
    "functions instead of layers": Case(
        functional_only, (1, 3, 8, 8), 8 * 27 + 5 * 128 + 5, 16 * 8 * 27 + 5 * 128
    ),
    "linear on an image": Case(
        lambda: nn.Linear(64, 32, bias=False), (1, 3, 64, 64), 64 * 32, 393_216
    ),
    "transposed convolution": Case(
        lambda: nn.ConvTranspose2d(16, 24, 4, 2, 1, bias=False), (1, 16, 16, 16), 6_144, 1_572_864
    ),
    "grouped transposed convolution": Case(
        lambda: nn.ConvTranspose2d(8, 12, 3, 2, groups=4), (1, 8, 5, 5),
        8 * 3 * 9 + 12, 25 * 8 * 3 * 9,
    ),
    "transposed convolution as a function": Case(
        lambda: Forward(lambda m, x: functional.conv_transpose2d(x, m.w, stride=2),
                        w=parameter(4, 6, 2, 2)),
        (1, 4, 5, 5), 4 * 6 * 4, 25 * 4 * 6 * 4,
    ),
    "grouped convolution": Case(
        lambda: nn.Conv2d(8, 16, 3, groups=4), (2, 8, 6, 6), 16 * 2 * 9 + 16, 2 * 16 * 16 * 2 * 9
    ),
    "depthwise convolution": Case(
        lambda: nn.Conv2d(8, 8, 3, groups=8, padding="same"), (1, 8, 6, 6), 80, 36 * 8 * 9
    ),
    "an image without a batch": Case(lambda: nn.Conv2d(3, 4, 3), (3, 8, 8), 112, 36 * 4 * 27),
    "a layer never called": Case(
        lambda: Forward(lambda m, x: m.used(x), used=nn.Conv2d(3, 8, 3, bias=False),
                        unused=nn.Conv2d(8, 80, 3, bias=False)),
        (1, 3, 8, 8), 5_976, 36 * 8 * 27,
    ),
    "a branch not taken": Case(branch, (1, 3, 8, 8), 4 * 28 + 8 * 28, 36 * 4 * 27),
    "option A shortcut": Case(option_a, (1, 4, 8, 8), 8 * 4 * 9 + 16, 16 * 8 * 4 * 9),
    "operations in place": Case(in_place, (1, 4, 8, 8), 148, 64 * 4 * 4 * 9),
    "strided slices and a concatenation": Case(
        lambda: Forward(
            lambda m, x: m.conv(torch.cat([x[:, ::2], x[:, 1::2, ::1]], dim=1)),
            conv=nn.Conv2d(4, 2, 3),
        ),
        (1, 4, 8, 8), 2 * 37, 36 * 2 * 36,
    ),
    "interpolation": Case(
        lambda: Forward(lambda m, x: m.conv(functional.interpolate(x, scale_factor=2)),
                        conv=nn.Conv2d(3, 4, 1)),
        (1, 3, 8, 8), 16, 256 * 12,
    ),
    "scaled dot product attention": Case(
        lambda: Forward(attention), ((2, 4, 7, 8), (2, 4, 9, 8), (2, 4, 9, 6)), 0,
        2 * 4 * 7 * 9 * (8 + 6),
    ),
    "attention with a mask": Case(
        lambda: Forward(
            lambda m, q, k, v, mask: attend(q, k, v, attn_mask=mask)
        ),
        ((2, 4, 7, 8), (2, 4, 9, 8), (2, 4, 9, 6), (7, 9)), 0, 2 * 4 * 7 * 9 * (8 + 6),
    ),
    "attention whose query is a parameter": Case(
        lambda: Forward(
            lambda m, x, mask: attend(m.query, x, x, attn_mask=mask),
            query=parameter(2, 3, 8),
        ),
        ((2, 7, 8), (3, 7)), 48, 2 * 3 * 7 * (8 + 8),
    ),
    "matmul of two results": Case(
        lambda: Forward(lambda m, x, y: x @ y), ((2, 3, 4), (2, 4, 5)), 0, 2 * 3 * 4 * 5
    ),
    "matmul with a parameter to the left": Case(
        lambda: Forward(lambda m, x: m.w @ x, w=parameter(3, 4)), (4, 5), 12, 60
    ),
    "matmul with a parameter to the left and a name to the right": Case(
        lambda: Forward(lambda m, x: torch.matmul(m.w, other=x), w=parameter(3, 4)), (4, 5), 12, 60
    ),
    "matmul with a parameter to the right": Case(
        lambda: Forward(lambda m, x: torch.matmul(x, m.w), w=parameter(4, 3)), (2, 5, 4), 12, 120
    ),
    "addmm with names": Case(
        lambda: Forward(lambda m, x: torch.addmm(input=m.b, mat1=m.w, mat2=x),
                        w=parameter(3, 4), b=parameter(5)),
        (4, 5), 17, 60,
    ),
    "bmm and baddbmm": Case(
        lambda: Forward(lambda m, x, y: torch.baddbmm(torch.bmm(x, y), x, y)),
        ((2, 3, 4), (2, 4, 5)), 0, 2 * 2 * 3 * 4 * 5,
    ),
    "an einsum with a parameter": Case(
        lambda: Forward(lambda m, x: torch.einsum("bchw,dc->bdhw", x, m.w), w=parameter(5, 4)),
        (2, 4, 3, 3), 20, 2 * 9 * 4 * 5,
    ),
    "an einsum of lists, with dots and without a result": Case(
        lambda: Forward(lambda m, x: torch.einsum("...ij,jk", [x, m.w]), w=parameter(4, 5)),
        (2, 3, 3, 4), 20, 2 * 3 * 3 * 4 * 5,
    ),
    "an einsum that sums over nothing, and one of one tensor": Case(
        lambda: Forward(lambda m, x: torch.einsum(
            "bc->b", torch.einsum("bc,c->bc", x, m.w)), w=parameter(4)),
        (2, 4), 4, 0,
    ),
    "tensordot": Case(
        lambda: Forward(lambda m, x: torch.tensordot(torch.tensordot(x, m.w, 1), m.v,
                                                     ([0, -1], [1, 0])),
                        w=parameter(4, 5), v=parameter(5, 2, 3)),
        (2, 4), 20 + 30, 2 * 4 * 5 + 2 * 5 * 3,
    ),
    "attention that adds keys": Case(
        lambda: Forward(
            lambda m, x: m.attention(x, x, x)[0],
            attention=nn.MultiheadAttention(8, 2, add_bias_kv=True, add_zero_attn=True),
        ),
        (5, 1, 8), 4 * (64 + 8) + 2 * 8, 5 * 4 * 64 + 2 * 5 * (5 + 2) * 8,
    ),
    "attention as a function, with the weights of layers": Case(
        lambda: Forward(attention_pool, **{
            name: nn.Linear(12 if name == "k" else 10 if name == "v" else 8, width)
            for name, width in {"q": 8, "k": 8, "v": 8, "o": 6}.items()
        }),
        ((1, 3, 8), (7, 3, 12), (7, 3, 10)), 8 * 8 + 8 * 12 + 8 * 10 + 8 * 6 + 3 * 8 + 6,
        3 * (64 + 7 * (96 + 80) + 2 * 7 * 8 + 48),
    ),
    "a layer called past its hooks": Case(
        lambda: Forward(lambda m, x: m.conv.forward(x), conv=nn.Conv2d(3, 4, 3)),
        (1, 3, 8, 8), 112, 36 * 4 * 27,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", COUNTED)
def test_parameters_and_macs_are_exact(name: str) -> None:
    case = COUNTED[name]
    model = case.build().eval()
    survey = surveyed(model, case.size, device="cpu")
    assert survey.totals.not_counted == ()
    assert survey.totals.parameters.total == case.parameters
    assert survey.totals.macs == case.macs == flop_counter_macs(model, *ones(case.size))


NEEDS_NUMBERS = {"a branch not taken"}


@pytest.mark.parametrize("name", [name for name in COUNTED if name not in NEEDS_NUMBERS])
def test_meta_gives_the_same_calls_as_the_cpu(name: str) -> None:
    case = COUNTED[name]
    model = case.build()
    on_cpu = ri.trace(model, case.size, device="cpu")
    on_meta = ri.trace(model, case.size, device="meta")
    assert on_meta.provenance.device == "meta"
    assert on_meta.modules == on_cpu.modules
    assert on_meta.calls == on_cpu.calls
    assert on_meta.activations == on_cpu.activations


def test_a_tied_weight_is_credited_once_and_named_where_it_is_again() -> None:
    survey = surveyed(tied(), (1, 100))
    assert [own.total for own in survey.parameters] == [0, 10_000, 0]
    assert survey.trace.module_at["1"].parameters[0].same_as == "0.weight"


def test_a_shared_layer_has_both_names_and_keeps_its_caller_s() -> None:
    survey = surveyed(shared_by_two_parents(), (1, 4, 8, 8))
    assert survey.trace.module_at["0.0"].aliases == ("1.0",)
    assert [c.path for c in survey.trace.calls] == ["", "0", "0.0", "0.1", "1", "1.0", "1.1"]
    assert [own.total for own in survey.parameters] == [0, 0, 148, 0, 0, 0, 10]


def test_a_layer_called_twice_has_two_calls_and_its_parameters_once() -> None:
    survey = surveyed(called_twice(), (1, 4, 8, 8))
    assert [(c.path, c.nth) for c in survey.trace.calls] == [("", 1), ("conv", 1), ("conv", 2)]
    assert [own.total for own in survey.parameters] == [0, 148, 0]


def test_parameters_of_functions_are_credited_to_the_functions() -> None:
    survey = surveyed(functional_only(), (1, 3, 8, 8))
    credited = {c.path: survey.parameters[c.index].total for c in survey.trace.calls}
    assert credited[":conv2d"] == 8 * 27
    assert credited[":linear"] == 5 * 128 + 5


def test_layers_whose_weights_a_function_takes_are_not_called_but_used() -> None:
    case = COUNTED["attention as a function, with the weights of layers"]
    survey = surveyed(case.build(), case.size)
    assert survey.never_called == ()
    assert survey.read_by == {
        "q": (":multi_head_attention_forward", ":cat"),
        "k": (":multi_head_attention_forward", ":cat"),
        "v": (":multi_head_attention_forward", ":cat"),
        "o": (":multi_head_attention_forward",),
    }
    credited = {c.path: survey.parameters[c.index].total for c in survey.trace.calls}
    assert credited[":cat"] == 3 * 8
    assert any("q, k, v, o (in :multi" in r for r in layers.view(survey, Selection()).remarks)


def test_an_unused_layer_beside_one_whose_weights_are_taken_is_never_called() -> None:
    def run(m: Any, x: Tensor) -> Tensor:
        return functional.linear(x, m.heads["a"].weight)

    heads = nn.ModuleDict({"a": nn.Linear(4, 2), "b": nn.Linear(4, 3)})
    survey = surveyed(Forward(run, heads=heads), (1, 4))
    assert [module.path for module in survey.never_called] == ["heads.b"]
    assert survey.read_by == {"heads.a": (":linear",)}


def test_what_holds_nothing_is_not_missed_and_many_modules_have_one_remark() -> None:
    """PEFT gives each layer dicts that stay empty."""
    parts = {str(i): nn.Linear(2, 1) for i in range(9)}
    model = Forward(
        lambda m, x: m.layer(x),
        layer=nn.Linear(4, 2),
        none=nn.ModuleDict(),
        empty=nn.ParameterDict(),
        spare=nn.ModuleList([nn.ModuleDict(parts)[key] for key in list(parts)[:8]]),
    )
    remarks = layers.view(surveyed(model, (1, 4)), Selection()).remarks
    assert [r for r in remarks if r.startswith("never")] == ["never called: spare (24 parameters)"]
    model = Forward(lambda m, x: m.layer(x), layer=nn.Linear(4, 2), **parts)
    remarks = layers.view(surveyed(model, (1, 4)), Selection()).remarks
    said = "never called: 0 and 8 more (27 parameters)"
    assert [r for r in remarks if r.startswith("never")] == [said]


@pytest.mark.parametrize("seed", range(40))
def test_an_einsum_of_two_tensors_costs_what_torch_makes_of_it(seed: int) -> None:
    draw = random.Random(seed)
    size = {letter: draw.randint(1, 4) for letter in "abcde"}
    left, right = (draw.sample(sorted(size), draw.randint(1, 4)) for _ in range(2))
    both = sorted({*left, *right})
    made = draw.sample(both, draw.randint(0, len(both)))
    equation = f"{''.join(left)},{''.join(right)}->{''.join(made)}"
    shapes = [tuple(size[letter] for letter in letters) for letters in (left, right)]
    held: Any = parameter(*shapes[0])
    model = Forward(lambda m, x: torch.einsum(equation, m.held, x), held=held)
    totals = surveyed(model, shapes[1]).totals
    assert totals.not_counted == ()
    assert totals.macs == flop_counter_macs(model, torch.ones(shapes[1]))


def test_the_branch_is_chosen_on_defined_input_values() -> None:
    model = branch()
    for device in ("cpu", "meta"):
        for _ in range(5):
            survey = surveyed(model, (1, 3, 8, 8), device=device)
            assert [c.module for c in survey.trace.calls if c.module] == ["narrow"]
            assert survey.trace.provenance.device == "cpu"
    assert any("meta cannot run" in note for note in survey.trace.provenance.notes)


# -- whole networks ------------------------------------------------------------------------------


def test_a_partly_frozen_network_is_counted_whole() -> None:
    model = torchvision.models.resnet18()
    for name, weight in model.named_parameters():
        weight.requires_grad_(not name.startswith("layer1"))
    parameters = surveyed(model, (1, 3, 64, 64), device="meta").totals.parameters
    assert parameters.total == 11_689_512
    assert parameters.frozen == 147_968
    assert parameters.trainable == 11_689_512 - 147_968


def test_vision_transformer_counts_attention_and_its_projections() -> None:
    with torch.device("meta"):
        model = torchvision.models.vit_b_16().eval()
    totals = surveyed(model, (1, 3, 224, 224)).totals
    assert totals.parameters.total == 86_567_656
    assert round(totals.macs / 1e9, 3) == 17.564
    assert totals.not_counted == ()
    assert totals.macs == flop_counter_macs(model, torch.empty(1, 3, 224, 224, device="meta"))


def test_auxiliary_heads_run_in_train_mode() -> None:
    with torch.device("meta"):
        model = torchvision.models.googlenet(aux_logits=True, init_weights=False)
    image = torch.empty(2, 3, 224, 224, device="meta")
    in_train = surveyed(model, (2, 3, 224, 224), mode="train")
    in_eval = surveyed(model, (2, 3, 224, 224), mode="eval")
    for survey in (in_train, in_eval):
        assert survey.totals.parameters.total == 13_004_888
        assert survey.totals.not_counted == ()
    assert in_train.totals.macs == flop_counter_macs(model.train(), image)
    assert in_eval.totals.macs == flop_counter_macs(model.eval(), image)
    # an auxiliary head: 1×1 convolution to 128 channels on 4×4, then two linear layers
    heads = sum(16 * channels * 128 + 2_048 * 1_024 + 1_024 * 1_000 for channels in (512, 528))
    assert in_train.totals.macs - in_eval.totals.macs == 2 * heads
    assert len(in_train.trace.outputs) == 3


# -- what no rule covers is said by name ---------------------------------------------------------


UNCOUNTED = {
    "einsum": (
        lambda: Forward(
            lambda m, x: m.head(torch.einsum("bc,ce,ed->bd", x, m.w, m.w)),
            w=parameter(8, 8),
            head=nn.Linear(8, 2),
        ),
        (1, 8),
        "einsum",
        8 * 2,
    ),
    "bilinear": (lambda: nn.Bilinear(4, 5, 3), ((2, 4), (2, 5)), "Bilinear", 0),
    "a solution": (
        lambda: Forward(lambda m, x: torch.linalg.solve(x @ x.mT + torch.eye(4), x)),
        (4, 4),
        "linalg_solve",
        64,
    ),
}


F = functional
WITHOUT_PRODUCTS: dict[str, Callable[[Tensor, Tensor], Any]] = {
    "cross entropy": lambda x, y: F.cross_entropy(x, y.argmax(1)),
    "its module": lambda x, y: nn.CrossEntropyLoss()(x, y.softmax(1)),
    "negative log likelihood": lambda x, y: F.nll_loss(x.log_softmax(1), y.argmax(1)),
    "squared error": lambda x, y: nn.MSELoss()(x, y),
    "absolute error": lambda x, y: F.l1_loss(x, y) + F.smooth_l1_loss(x, y) + F.huber_loss(x, y),
    "binary": lambda x, y: (
        F.binary_cross_entropy_with_logits(x, y) + F.binary_cross_entropy(x.sigmoid(), y.sigmoid())
    ),
    "divergence": lambda x, y: F.kl_div(x.log_softmax(1), y.softmax(1), reduction="batchmean"),
    "triplets": lambda x, y: nn.TripletMarginLoss()(x, y, x + y),
    "cosine": lambda x, y: (
        nn.CosineSimilarity()(x, y) + F.cosine_embedding_loss(x, y, torch.ones(6))
    ),
    "margins": lambda x, y: F.soft_margin_loss(x, y) + F.margin_ranking_loss(x, y, y),
    "multi-label": lambda x, y: nn.MultiLabelSoftMarginLoss()(x, y),
    "Gaussian, Poisson": lambda x, y: F.gaussian_nll_loss(x, y, y.exp()) + F.poisson_nll_loss(x, y),
    "distances": lambda x, y: torch.cdist(x, y) + F.pairwise_distance(x, y) + torch.dist(x, y),
    "all distances": lambda x, y: F.pdist(x),
    "Fourier": lambda x, y: (
        torch.fft.ifft(torch.fft.fft(x) * 2).real + torch.fft.irfft(torch.fft.rfft(x))
    ),
    "Fourier in two dimensions": lambda x, y: torch.fft.fftshift(torch.fft.fft2(x)).abs(),
    "comparisons": lambda x, y: torch.isclose(x, y) | torch.greater_equal(x, y) | x.less(y),
    "aliases": lambda x, y: torch.multiply(torch.subtract(x, y), torch.divide(x, y)).negative(),
    "places": lambda x, y: x.scatter_add(1, y.long().clamp(0, 3), y).index_add(
        0, torch.arange(6), y
    ),
    "new places": lambda x, y: (
        torch.zeros(6, 4).scatter(1, y.long().clamp(0, 3), x).index_fill(0, torch.arange(2), 0.0)
    ),
    "stacks": lambda x, y: torch.hstack([x, y]).sum() + torch.vstack([x, y]).sum(),
    "diagonals": lambda x, y: torch.diag_embed(x).sum() + torch.trace(y),
    "outer products": lambda x, y: torch.outer(x[0], y[0]).sum() + torch.kron(x, y).sum(),
    "cross products": lambda x, y: torch.linalg.cross(x[:, :3], y[:, :3]),
    "norms": lambda x, y: torch.linalg.vector_norm(x) + torch.linalg.norm(y) + torch.dist(x, y),
    "running": lambda x, y: torch.cummax(x, 1)[0] + torch.logcumsumexp(y, 1) + x.cumsum(0),
    "without NaN": lambda x, y: torch.nanmean(x) + torch.nansum(y),
    "complex": lambda x, y: torch.view_as_real(torch.complex(x, y).conj() * 2).sum(),
    "sorted": lambda x, y: x.sort(1)[0] + y.topk(4, 1)[0] + x.gather(1, y.argsort(1)),
    "bags": lambda x, y: F.embedding_bag(y.long().clamp(0, 5), x),
    "quantized and back": lambda x, y: torch.quantize_per_tensor(
        x, 0.1, 0, torch.qint8
    ).dequantize(),
}


@pytest.mark.parametrize("name", WITHOUT_PRODUCTS)
def test_what_multiplies_no_weights_leaves_the_total_whole(name: str) -> None:
    work = WITHOUT_PRODUCTS[name]
    model = Forward(lambda m, x, y: (m.head(x), work(x, y)), head=nn.Linear(4, 3))
    totals = surveyed(model, ((6, 4), (6, 4)), device="cpu").totals
    assert totals.not_counted == ()
    assert totals.macs == 6 * 4 * 3 == flop_counter_macs(model, *ones(((6, 4), (6, 4))))


@pytest.mark.parametrize("name", UNCOUNTED)
@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_what_no_rule_covers_is_named_and_the_total_is_partial(name: str, device: str) -> None:
    build, size, reported, macs = UNCOUNTED[name]
    survey = surveyed(build(), size, device=device)
    assert dict(survey.totals.not_counted)[reported] == 1
    assert survey.totals.macs == macs
    assert None in survey.macs

"""What torch says of norms and of functions on tensors."""

from __future__ import annotations

import re
from math import prod

from resnet_inspect.analysis.failure.by_message.rules import Rules
from resnet_inspect.analysis.failure.facts import Diagnosis, Facts

RULES = Rules()

_MOST_GROUPS = 2**16
"""Of those that are tried; no network has as many."""


@RULES.says(
    r"^ValueError: [Ee]xpected (?P<wanted>\dD(?: or \dD)*(?:, \dD)*) input "
    r"\(got (?P<got>\d)D input\)"
)
def _norm_rank(facts: Facts, found: re.Match[str]) -> Diagnosis:
    finding = f"it takes {found['wanted']} input, not {found['got']}D"
    wanted, got = max(map(int, re.findall(r"\d", found["wanted"]))), int(found["got"])
    inputs = facts.trace.inputs
    if inputs and len(facts.trace.spec(inputs[0]).shape) == 3 and (wanted, got) == (4, 3):
        return Diagnosis(
            f"{finding}: the input is one image without a batch",
            "x.unsqueeze(0), or an input of 1×C×H×W",
        )
    if got == 2 and wanted > 2:
        return Diagnosis(f"{finding}: it comes after flatten", "BatchNorm1d is for features")
    if 3 <= got <= 5:
        return Diagnosis(finding, f"BatchNorm{got - 2}d is for {got}D input")
    return Diagnosis(finding, "")


@RULES.says(r"[Ee]xpected more than 1 (?P<what>value per channel|spatial element) when training")
def _one_value(facts: Facts, found: re.Match[str]) -> Diagnosis:
    if "spatial" in found["what"]:
        return Diagnosis("it normalises over one spatial element", "give a larger image")
    return Diagnosis(
        "in training mode it has one value for each channel, and so no variance",
        "a batch of 2 or more (--batch 2), a larger image, or eval mode",
    )


@RULES.says(
    r"number of channels in input to be divisible by num_groups.*shape \[(?P<shape>[\d, ]+)\] "
    r"and num_groups=(?P<groups>\d+)"
)
def _norm_groups(facts: Facts, found: re.Match[str]) -> Diagnosis:
    channels, groups = int(found["shape"].split(",")[1]), int(found["groups"])
    most = min(channels, groups, _MOST_GROUPS)
    fits = next((n for n in range(most, 0, -1) if channels % n == 0), 1)
    return Diagnosis(f"{channels} channels do not divide into {groups} groups", f"{fits} groups do")


@RULES.says(r"Given normalized_shape=\[(?P<wanted>[\d, ]+)\], expected input with shape")
def _layer_norm(facts: Facts, found: re.Match[str]) -> Diagnosis:
    wanted = tuple(int(n) for n in found["wanted"].split(","))
    finding = f"it normalises {'×'.join(map(str, wanted))}, the last dimensions of its input"
    if len(wanted) == 1 and facts.shape[1:2] == wanted:
        return Diagnosis(
            finding,
            f"put the channels last (x.permute(0, 2, 3, 1)), or use GroupNorm(1, {wanted[0]})",
        )
    last = facts.shape[-len(wanted) :]
    return Diagnosis(finding, f"make its normalized_shape {'×'.join(map(str, last))}")


@RULES.says(r"shape '\[(?P<shape>[-\d, ]+)\]' is invalid for input of size (?P<size>\d+)")
def _view(facts: Facts, found: re.Match[str]) -> Diagnosis:
    shape = tuple(int(n) for n in found["shape"].split(","))
    finding = f"{int(found['size']):,} elements do not fill {'×'.join(map(str, shape))}"
    if len(shape) == 2 and len(facts.shape) > 2:
        features = prod(facts.shape[1:])
        return Diagnosis(
            f"{finding}: each of {facts.shape[0]} has {features:,}",
            "torch.flatten(x, 1) takes any map; pool to a fixed size before it",
        )
    return Diagnosis(finding, "take the sizes from x.shape instead of numbers")


@RULES.says(r"view size is not compatible with input tensor's size and stride")
def _not_contiguous(facts: Facts, found: re.Match[str]) -> Diagnosis:
    maker = f" as {facts.given[0].maker} left it" if facts.given else ""
    return Diagnosis(f"a view cannot cross memory{maker}", "reshape() in place of view()")


@RULES.says(
    r"Dimension out of range \(expected to be in range of \[(?P<low>-?\d+), (?P<high>-?\d+)\], "
    r"but got (?P<got>-?\d+)\)"
)
def _dimension(facts: Facts, found: re.Match[str]) -> Diagnosis:
    return Diagnosis(
        f"it asks for dimension {found['got']}, and there are {int(found['high']) + 1}",
        f"a dimension from {found['low']} to {found['high']}",
    )


@RULES.says(r"IndexError: too many indices for tensor of dimension (?P<rank>\d+)")
def _indices(facts: Facts, found: re.Match[str]) -> Diagnosis:
    return Diagnosis(f"it is indexed as if it had more than {found['rank']} dimensions", "")


@RULES.says(
    r"'indices' to have one of the following scalar types: Long, Int"
    r"|tensors used as indices must be long"
)
def _embedding_dtype(facts: Facts, found: re.Match[str]) -> Diagnosis | None:
    if not facts.weights:  # what indexes a tensor is not told apart from what is indexed
        return None
    given = facts.given[0].spec.dtype if facts.given else "another type"
    return Diagnosis(f"it looks up whole numbers, not {given}", "give int64 indices: x.long()")


@RULES.says(r"IndexError: index out of range in self")
def _embedding_index(facts: Facts, found: re.Match[str]) -> Diagnosis:
    rows = facts.weights[0].shape[0] if facts.weights and facts.weights[0].shape else None
    high = f"0 to {rows - 1:,}" if rows else "what its table has"
    return Diagnosis("an index is not in its table", f"give indices from {high}")


@RULES.says(
    r"Input and output must have the same number of spatial dimensions.*spatial dimensions of "
    r"\[(?P<given>[\d, ]*)\] and output size of [\[(](?P<wanted>[\d, ]*)[\])]"
)
def _interpolated(facts: Facts, found: re.Match[str]) -> Diagnosis:
    given, wanted = (found[name].count(",") + 1 for name in ("given", "wanted"))
    return Diagnosis(
        f"it is given {wanted} sizes for {given} spatial dimensions",
        f"size takes {given} numbers, as in other.shape[2:]",
    )


@RULES.says(r"pixel_shuffle.*(?:upscale_factor = (?P<factor>\d+)|divisible by (?P<square>\d+))")
def _pixel_shuffle(facts: Facts, found: re.Match[str]) -> Diagnosis | None:
    square = int(found["factor"]) ** 2 if found["factor"] else int(found["square"])
    if len(facts.shape) < 3 or facts.shape[-3] % square == 0:
        return None
    return Diagnosis(
        f"{facts.shape[-3]:,} channels do not divide by {square}",
        f"have the layer before it give a multiple of {square} channels",
    )


@RULES.says(
    r"Padding size should be less than the corresponding input dimension"
    r".*padding \((?P<pad>[\d, ]+)\)"
)
def _reflected(facts: Facts, found: re.Match[str]) -> Diagnosis:
    return Diagnosis(
        f"a map of {'×'.join(map(str, facts.shape[2:]))} cannot be reflected by "
        f"{found['pad'].split(',')[0]}",
        "give a larger image, or pad with zeros",
    )


@RULES.says(r"Found parameter numbers = (?P<wanted>\d+) and channel size = (?P<given>\d+)")
def _prelu(facts: Facts, found: re.Match[str]) -> Diagnosis:
    return Diagnosis(
        f"it has slopes for {found['wanted']} channels, not {found['given']}",
        f"make its num_parameters {found['given']} or 1",
    )


@RULES.says(
    r"input\.size\(-1\) must be equal to input_size\. Expected (?P<wanted>\d+), got (?P<given>\d+)"
)
def _recurrent(facts: Facts, found: re.Match[str]) -> Diagnosis:
    return Diagnosis(
        f"it takes {int(found['wanted']):,} features for each step, not {int(found['given']):,}",
        f"make its input_size {found['given']}",
    )


@RULES.says(r"more than one element of the written-to tensor refers to a single memory location")
def _overlapping(facts: Facts, found: re.Match[str]) -> Diagnosis:
    maker = f" that {facts.given[0].maker} made" if facts.given else ""
    return Diagnosis(
        f"it writes in place into a tensor{maker} whose elements share memory",
        "x.clone() before it, or x = x + y in place of x += y",
    )


@RULES.says(
    r"output with shape \[(?P<shape>[\d, ]*)\] doesn't match the broadcast shape "
    r"\[(?P<wanted>[\d, ]*)\]"
)
def _grows(facts: Facts, found: re.Match[str]) -> Diagnosis:
    have, want = (found[name].replace(", ", "×") for name in ("shape", "wanted"))
    return Diagnosis(
        f"it works in place on {have}, and the result is {want}",
        "x = x + y in place of x += y",
    )

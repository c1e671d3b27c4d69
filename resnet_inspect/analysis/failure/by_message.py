"""What is wrong by the words of the exception, where they leave no doubt.

A rule is a pattern of torch's or Python's words. It may still find nothing: the words alone prove
little where the trace does not bear them out.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from math import prod

from resnet_inspect.analysis.failure.facts import Diagnosis, Facts

Rule = Callable[[Facts, re.Match[str]], Diagnosis | None]

_CERTAIN: list[tuple[re.Pattern[str], Rule]] = []
_LIKELY: list[tuple[re.Pattern[str], Rule]] = []


def certain(facts: Facts) -> Diagnosis | None:
    """What no shape could excuse: devices, memory, recursion, an interrupt."""
    return _asked(_CERTAIN, facts)


def diagnosis(facts: Facts) -> Diagnosis | None:
    """What the words say, after the shapes were found to be in order."""
    return _asked(_LIKELY, facts)


def _asked(rules: list[tuple[re.Pattern[str], Rule]], facts: Facts) -> Diagnosis | None:
    said = f"{facts.error}: {facts.message}"
    for pattern, rule in rules:
        found = pattern.search(said)
        known = None if found is None else rule(facts, found)
        if known is not None:
            return known
    return None


def _says(pattern: str, *, certain: bool = False) -> Callable[[Rule], Rule]:
    """Register a rule for exceptions whose "Class: message" the pattern is found in."""

    def register(rule: Rule) -> Rule:
        (_CERTAIN if certain else _LIKELY).append((re.compile(pattern), rule))
        return rule

    return register


# -- certain -------------------------------------------------------------------------------------


@_says(r"^KeyboardInterrupt\b", certain=True)
def _interrupted(facts: Facts, found: re.Match[str]) -> Diagnosis:
    return Diagnosis("interrupted while it ran", "")


@_says(r"^RecursionError: ", certain=True)
def _recursion(facts: Facts, found: re.Match[str]) -> Diagnosis:
    depth, call = 0, facts.call
    while call.parent is not None:
        call = facts.trace.calls[call.parent]
        depth += call.module == facts.call.module
    if depth > 1:
        return Diagnosis(f"it calls itself, {depth:,} deep", "have its forward call its parts")
    return Diagnosis("its forward calls itself without end", "")


@_says(r"^OutOfMemoryError: |out of memory|can't allocate memory|^MemoryError", certain=True)
def _memory(facts: Facts, found: re.Match[str]) -> Diagnosis:
    wanted = re.search(r"tried to allocate ([\d,.]+ ?\w+)", facts.message, re.IGNORECASE)
    finding = f"no memory for {wanted[1]} more" if wanted else "out of memory"
    return Diagnosis(finding, "--device meta needs none; a smaller batch or image needs less")


@_says(r"NVIDIA driver|not compiled with CUDA|No CUDA GPUs|HIP GPUs", certain=True)
def _no_cuda(facts: Facts, found: re.Match[str]) -> Diagnosis:
    return Diagnosis(
        "its forward asks for CUDA, and none can be used here",
        "follow the input instead: x.to(other.device), not x.cuda()",
    )


@_says(
    r"Tensor on device (?P<given>[\w:]+) is not on the expected device (?P<wanted>[\w:]+)"
    r"|at least two devices, (?P<first>[\w:]+) and (?P<second>[\w:]+)"
    r"|is on (?P<is>[\w:]+),? (?:but expected|different from other tensors on) "
    r"(?:them to be on |it to be on )?(?P<other>[\w:]+)",
    certain=True,
)
def _devices(facts: Facts, found: re.Match[str]) -> Diagnosis:
    one, two = [device for device in found.groups() if device][:2]
    two = two.rstrip(".!,")
    made = ", ".join(dict.fromkeys(given.maker for given in facts.given[1:]))
    held = "registered as a buffer, it moves with the model; made in forward, it needs device="
    who = f" ({made} may be the one)" if made and len(facts.given) > 1 else ""
    return Diagnosis(f"a tensor on {one} meets one on {two}{who}", f"{held}x.device")


# -- nothing, or too much, was handed on ---------------------------------------------------------


@_says(r"NoneType")
def _none(facts: Facts, found: re.Match[str]) -> Diagnosis:
    silent = facts.silent_call()
    if "not callable" in found.string:
        return Diagnosis("None is called as a layer", "build the layer, or ask `is not None` first")
    finding = "None stands where a tensor must"
    if silent is None:
        return Diagnosis(finding, "")
    return Diagnosis(
        f"{finding}: {facts.named(silent)} returned no tensor", "its forward lacks a return"
    )


@_says(
    r"invalid combination of arguments - got \((?P<kind>tuple|list|dict|OrderedDict)\b"
    r"|must be Tensor, not (?P<given>tuple|list|dict|OrderedDict)\b"
    r"|^AttributeError: '(?P<held>tuple|list|dict|OrderedDict)' object has no attribute"
    r"|can only concatenate (?P<joined>tuple|list) "
    r"|for [-+*/@]: '(?P<left>tuple|list|dict|OrderedDict)' and 'Tensor'"
    r"|for [-+*/@]: 'Tensor' and '(?P<right>tuple|list|dict|OrderedDict)'"
)
def _collection(facts: Facts, found: re.Match[str]) -> Diagnosis:
    kind = next(group for group in found.groups() if group)
    how = "out['out']" if "ict" in kind else "out[0]"
    call = facts.gave_several()
    finding = f"a {kind} stands where one tensor must"
    if call is None:
        return Diagnosis(finding, f"take one tensor out of it, as in {how}")
    if "ict" in kind:
        how = f"out['{call.outputs[0].label}']"
    return Diagnosis(f"{finding}: {facts.named(call)} returned it", f"take one of it: {how}")


@_says(
    r"^ValueError: (?:not enough|too many) values to unpack "
    r"\(expected (?P<n>\d+)(?:, got (?P<got>\d+))?"
)
def _unpacked(facts: Facts, found: re.Match[str]) -> Diagnosis:
    got = f", not {found['got']}" if found["got"] else ""
    return Diagnosis(
        f"its forward unpacks {found['n']} values{got}",
        f"have the call return {found['n']}, or unpack what it returns"
        if not got
        else f"unpack {found['got']}, or have what is called return {found['n']}",
    )


# -- names and arguments -------------------------------------------------------------------------


@_says(r"^(?:\w*AttributeError): '(?P<owner>\w+)' object has no attribute '(?P<name>\w+)'")
def _attribute(facts: Facts, found: re.Match[str]) -> Diagnosis | None:
    module = facts.module
    if found["owner"] == "Tensor":
        return Diagnosis(f"a tensor has no '{found['name']}'", "")
    if module is None or module.class_name != found["owner"]:
        return None
    known = [child.rpartition(".")[2] for child in module.children]
    known += [held.name for held in (*module.parameters, *module.buffers)]
    close = difflib.get_close_matches(found["name"], known, n=1, cutoff=0.5)
    return Diagnosis(
        f"its forward asks for self.{found['name']}, which it has not",
        f"self.{close[0]} is the nearest" if close else f"set self.{found['name']} in its __init__",
    )


@_says(r'^NotImplementedError: .*\[(?P<name>\w+)\] is missing the required "forward"')
def _no_forward(facts: Facts, found: re.Match[str]) -> Diagnosis:
    name = found["name"]
    if name == "ModuleList":
        return Diagnosis(
            "a ModuleList is a list and has no forward",
            "call its layers in a loop, or make it an nn.Sequential",
        )
    if name in {"ModuleDict", "ParameterList", "ParameterDict"}:
        return Diagnosis(f"a {name} only holds and has no forward", "call what it holds")
    return Diagnosis(
        f"class {name} has no forward", "define forward(self, x), indented inside the class"
    )


@_says(r"^TypeError: (?P<owner>\w+)\.forward\(\) missing \d+ required .*?arguments?: (?P<names>.+)")
def _missing_argument(facts: Facts, found: re.Match[str]) -> Diagnosis:
    names = re.findall(r"'(\w+)'", found["names"])
    wanted = " and ".join(names)
    if facts.call.parent is None:
        return Diagnosis(
            f"its forward also takes {wanted}",
            "give every input: input_size={" + ", ".join(f"'{n}': (…)" for n in names) + ", …}",
        )
    return Diagnosis(f"its forward also takes {wanted}", f"pass {wanted} where it is called")


@_says(
    r"^TypeError: (?P<owner>\w+)\.forward\(\) takes (?:from \d+ to )?(?P<takes>\d+) positional "
    r"arguments? but (?P<given>\d+) were given"
)
def _too_many_arguments(facts: Facts, found: re.Match[str]) -> Diagnosis:
    takes, given = int(found["takes"]) - 1, int(found["given"]) - 1
    inputs = "inputs" if facts.call.parent is None else "arguments"
    return Diagnosis(f"its forward takes {takes}, not {given} {inputs}", f"give it {takes}")


@_says(r"^TypeError: \w+\.forward\(\) got an unexpected keyword argument '(?P<name>\w+)'")
def _unknown_argument(facts: Facts, found: re.Match[str]) -> Diagnosis:
    return Diagnosis(f"its forward has no argument {found['name']}", "name one that it has")


@_says(r"^KeyError: '?(?P<key>[^']*)'?$")
def _key(facts: Facts, found: re.Match[str]) -> Diagnosis:
    at = f" ({facts.where})" if facts.where else ""
    finding = f"its forward asks for the key '{found['key']}', which is not there{at}"
    call = facts.gave_several()
    if call is None:
        return Diagnosis(finding, "")
    there = ", ".join(port.label for port in call.outputs[:6])
    return Diagnosis(finding, f"{facts.named(call)} gave: {there}")


@_says(r"^IndexError: index (?P<index>-?\d+) is out of range$")
def _layer_index(facts: Facts, found: re.Match[str]) -> Diagnosis | None:
    module = facts.module
    if module is None:
        return None
    lists = [
        child
        for path in module.children
        if (child := facts.trace.module_at.get(path)) is not None
        and child.class_name in {"ModuleList", "Sequential"}
    ]
    held = ", ".join(f"{child.path} has {len(child.children)}" for child in lists)
    return Diagnosis(f"its forward asks for layer {found['index']} of a list", held)


# -- norms ---------------------------------------------------------------------------------------


@_says(
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


@_says(r"[Ee]xpected more than 1 (?P<what>value per channel|spatial element) when training")
def _one_value(facts: Facts, found: re.Match[str]) -> Diagnosis:
    if "spatial" in found["what"]:
        return Diagnosis("it normalises over one spatial element", "give a larger image")
    return Diagnosis(
        "in training mode it has one value for each channel, and so no variance",
        "a batch of 2 or more (--batch 2), a larger image, or eval mode",
    )


@_says(
    r"number of channels in input to be divisible by num_groups.*shape \[(?P<shape>[\d, ]+)\] "
    r"and num_groups=(?P<groups>\d+)"
)
def _norm_groups(facts: Facts, found: re.Match[str]) -> Diagnosis:
    channels, groups = int(found["shape"].split(",")[1]), int(found["groups"])
    fits = max(n for n in range(1, groups + 1) if channels % n == 0)
    return Diagnosis(f"{channels} channels do not divide into {groups} groups", f"{fits} groups do")


@_says(r"Given normalized_shape=\[(?P<wanted>[\d, ]+)\], expected input with shape")
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


# -- functions -----------------------------------------------------------------------------------


@_says(r"shape '\[(?P<shape>[-\d, ]+)\]' is invalid for input of size (?P<size>\d+)")
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


@_says(r"view size is not compatible with input tensor's size and stride")
def _not_contiguous(facts: Facts, found: re.Match[str]) -> Diagnosis:
    maker = f" as {facts.given[0].maker} left it" if facts.given else ""
    return Diagnosis(f"a view cannot cross memory{maker}", "reshape() in place of view()")


@_says(
    r"Dimension out of range \(expected to be in range of \[(?P<low>-?\d+), (?P<high>-?\d+)\], "
    r"but got (?P<got>-?\d+)\)"
)
def _dimension(facts: Facts, found: re.Match[str]) -> Diagnosis:
    return Diagnosis(
        f"it asks for dimension {found['got']}, and there are {int(found['high']) + 1}",
        f"a dimension from {found['low']} to {found['high']}",
    )


@_says(r"IndexError: too many indices for tensor of dimension (?P<rank>\d+)")
def _indices(facts: Facts, found: re.Match[str]) -> Diagnosis:
    return Diagnosis(f"it is indexed as if it had more than {found['rank']} dimensions", "")


@_says(
    r"'indices' to have one of the following scalar types: Long, Int"
    r"|tensors used as indices must be long"
)
def _embedding_dtype(facts: Facts, found: re.Match[str]) -> Diagnosis | None:
    if not facts.weights:  # what indexes a tensor is not told apart from what is indexed
        return None
    given = facts.given[0].spec.dtype if facts.given else "another type"
    return Diagnosis(f"it looks up whole numbers, not {given}", "give int64 indices: x.long()")


@_says(r"IndexError: index out of range in self")
def _embedding_index(facts: Facts, found: re.Match[str]) -> Diagnosis:
    rows = facts.weights[0].shape[0] if facts.weights and facts.weights[0].shape else None
    high = f"0 to {rows - 1:,}" if rows else "what its table has"
    return Diagnosis("an index is not in its table", f"give indices from {high}")


@_says(
    r"Input and output must have the same number of spatial dimensions.*spatial dimensions of "
    r"\[(?P<given>[\d, ]*)\] and output size of [\[(](?P<wanted>[\d, ]*)[\])]"
)
def _interpolated(facts: Facts, found: re.Match[str]) -> Diagnosis:
    given, wanted = (found[name].count(",") + 1 for name in ("given", "wanted"))
    return Diagnosis(
        f"it is given {wanted} sizes for {given} spatial dimensions",
        f"size takes {given} numbers, as in other.shape[2:]",
    )


@_says(r"pixel_shuffle.*(?:upscale_factor = (?P<factor>\d+)|divisible by (?P<square>\d+))")
def _pixel_shuffle(facts: Facts, found: re.Match[str]) -> Diagnosis | None:
    square = int(found["factor"]) ** 2 if found["factor"] else int(found["square"])
    if len(facts.shape) < 3 or facts.shape[-3] % square == 0:
        return None
    return Diagnosis(
        f"{facts.shape[-3]:,} channels do not divide by {square}",
        f"have the layer before it give a multiple of {square} channels",
    )


@_says(
    r"Padding size should be less than the corresponding input dimension"
    r".*padding \((?P<pad>[\d, ]+)\)"
)
def _reflected(facts: Facts, found: re.Match[str]) -> Diagnosis:
    return Diagnosis(
        f"a map of {'×'.join(map(str, facts.shape[2:]))} cannot be reflected by "
        f"{found['pad'].split(',')[0]}",
        "give a larger image, or pad with zeros",
    )


@_says(r"Found parameter numbers = (?P<wanted>\d+) and channel size = (?P<given>\d+)")
def _prelu(facts: Facts, found: re.Match[str]) -> Diagnosis:
    return Diagnosis(
        f"it has slopes for {found['wanted']} channels, not {found['given']}",
        f"make its num_parameters {found['given']} or 1",
    )


@_says(
    r"input\.size\(-1\) must be equal to input_size\. Expected (?P<wanted>\d+), got (?P<given>\d+)"
)
def _recurrent(facts: Facts, found: re.Match[str]) -> Diagnosis:
    return Diagnosis(
        f"it takes {int(found['wanted']):,} features for each step, not {int(found['given']):,}",
        f"make its input_size {found['given']}",
    )


@_says(r"more than one element of the written-to tensor refers to a single memory location")
def _overlapping(facts: Facts, found: re.Match[str]) -> Diagnosis:
    maker = f" that {facts.given[0].maker} made" if facts.given else ""
    return Diagnosis(
        f"it writes in place into a tensor{maker} whose elements share memory",
        "x.clone() before it, or x = x + y in place of x += y",
    )


@_says(
    r"output with shape \[(?P<shape>[\d, ]*)\] doesn't match the broadcast shape "
    r"\[(?P<wanted>[\d, ]*)\]"
)
def _grows(facts: Facts, found: re.Match[str]) -> Diagnosis:
    have, want = (found[name].replace(", ", "×") for name in ("shape", "wanted"))
    return Diagnosis(
        f"it works in place on {have}, and the result is {want}",
        "x = x + y in place of x += y",
    )

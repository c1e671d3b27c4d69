"""What Python says of a call: of names, arguments, and what was handed on."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence

from resnet_inspect.analysis.failure.by_message.rules import Rules
from resnet_inspect.analysis.failure.facts import Diagnosis, Facts
from resnet_inspect.traces.model import Trace

RULES = Rules()


@RULES.says(r"NoneType")
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


@RULES.says(
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


@RULES.says(
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


@RULES.says(r"^(?:\w*AttributeError): '(?P<owner>\w+)' object has no attribute '(?P<name>\w+)'")
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


@RULES.says(r'^NotImplementedError: .*\[(?P<name>\w+)\] is missing the required "forward"')
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


@RULES.says(
    r"^TypeError: (?P<owner>\w+)\.forward\(\) missing \d+ required .*?arguments?: (?P<names>.+)"
)
def _missing_argument(facts: Facts, found: re.Match[str]) -> Diagnosis:
    names = re.findall(r"'(\w+)'", found["names"])
    wanted = " and ".join(names)
    if facts.call.parent is None:
        return Diagnosis(
            f"its forward also takes {wanted}", f"give every input: {_inputs(facts.trace, names)}"
        )
    return Diagnosis(f"its forward also takes {wanted}", f"pass {wanted} where it is called")


def _inputs(trace: Trace, names: Sequence[str]) -> str:
    """How to give the inputs of these names beside those that are there.

    As options, or for a module as an argument of Python.
    """
    if trace.provenance.source.startswith("python:"):
        return "input_size={" + ", ".join(f"'{name}': (…)" for name in names) + ", …}"
    there = []
    for port in trace.inputs:
        spec = trace.spec(port)
        name = "" if port.label.isdecimal() or not port.label else f"{port.label}="
        kind = "" if spec.dtype.startswith(("float", "bfloat")) else f":{spec.dtype}"
        there.append(f"--input {name}{','.join(map(str, spec.shape))}{kind}")
    return " ".join((*there, *(f"--input {name}=SHAPE" for name in names)))


@RULES.says(
    r"^TypeError: (?P<owner>\w+)\.forward\(\) takes (?:from \d+ to )?(?P<takes>\d+) positional "
    r"arguments? but (?P<given>\d+) were given"
)
def _too_many_arguments(facts: Facts, found: re.Match[str]) -> Diagnosis:
    takes, given = int(found["takes"]) - 1, int(found["given"]) - 1
    inputs = "inputs" if facts.call.parent is None else "arguments"
    return Diagnosis(f"its forward takes {takes}, not {given} {inputs}", f"give it {takes}")


@RULES.says(r"^TypeError: \w+\.forward\(\) got an unexpected keyword argument '(?P<name>\w+)'")
def _unknown_argument(facts: Facts, found: re.Match[str]) -> Diagnosis:
    return Diagnosis(f"its forward has no argument {found['name']}", "name one that it has")


@RULES.says(r"^KeyError: '?(?P<key>[^']*)'?$")
def _key(facts: Facts, found: re.Match[str]) -> Diagnosis:
    at = f" ({facts.where})" if facts.where else ""
    finding = f"its forward asks for the key '{found['key']}', which is not there{at}"
    call = facts.gave_several()
    if call is None:
        return Diagnosis(finding, "")
    there = ", ".join(port.label for port in call.outputs[:6])
    return Diagnosis(finding, f"{facts.named(call)} gave: {there}")


@RULES.says(r"^IndexError: index (?P<index>-?\d+) is out of range$")
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

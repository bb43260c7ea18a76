"""Sizes, types, words and units: what keeps the code easy to read. Prints the guide figures with ``-s``."""

from __future__ import annotations

import ast
import re
import statistics

FUNCTION_LINES = 60
KERNEL_LINES = 80
FILE_LINES = 600
FILE_GUIDE = 400

# A name says its unit, or that it is a count, a place in an array, a code, a direction, a ratio,
# or the weight or cost of an optimisation, in whatever its caller counts.
UNITS = (
    "m|km|mm|m2|km2|db|dbm|dbi|dbd|mhz|khz|hz|ghz|deg|degrees|rad|w|mw|s|ms|ns|px|cells|share|mbps|gbps|k|kelvin"
    "|ppm|bits|bytes"
)
UNIT = re.compile(rf"(^|_)({UNITS})(_re|_per_(m|km|s|px|hz))?$")
COUNT = re.compile(
    r"^(n_\w+|\w*epsg\w*|seed|\w*level|zoom|index|limit|rank|digits|workers|state|code|number|order|model|axis|side"
    r"|needed|people|households|adults|candidate|n|\w*(row|col)s?\d?|\w+_(index|count))$"
)
RATIO = re.compile(
    r"^(\w*ratio|\w*factor|probability|weight|alpha|x|y|value|low|high|sign|fill|total|forward|right|up"
    r"|(cos|sin|tan|log)_\w+|\w+_value|goal|bound|above|budget|left|held|rate|covered)$"
)


def body_lines(function):
    """Lines of a function without its docstring."""
    length = function.end_lineno - function.lineno + 1
    first = function.body[0]
    if (
        isinstance(first, ast.Expr)
        and isinstance(first.value, ast.Constant)
        and isinstance(first.value.value, str)
    ):
        length -= first.end_lineno - first.lineno + 1
    return length


def is_public(module, function, outer):
    parts = (*module.name.split("."), *outer, function.name)
    return "<locals>" not in outer and not any(part.startswith("_") for part in parts)


def arguments(function):
    given = function.args
    every = [*given.posonlyargs, *given.args, *given.kwonlyargs]
    return [argument for argument in every if argument.arg not in {"self", "cls"}]


def test_functions_fit_on_a_screen(modules):
    wrong = []
    for module in modules:
        limit = KERNEL_LINES if module.is_kernel else FUNCTION_LINES
        wrong += [
            module.at(function, f"{function.name}: {body_lines(function)} lines, at most {limit}")
            for function, _outer in module.functions()
            if body_lines(function) > limit
        ]
    assert not wrong, "\n".join(wrong)


def test_files_stay_small(modules):
    wrong = [
        f"{module.path}: {len(module.text.splitlines())} lines, at most {FILE_LINES}"
        for module in modules
        if len(module.text.splitlines()) > FILE_LINES
    ]
    assert not wrong, "\n".join(wrong)


def test_public_functions_are_typed(modules):
    wrong = []
    for module in modules:
        for function, outer in module.functions():
            if is_public(module, function, outer):
                bare = [argument.arg for argument in arguments(function) if argument.annotation is None]
                if bare or function.returns is None:
                    wrong.append(module.at(function, f"{function.name}: untyped {bare or 'result'}"))
    assert not wrong, "\n".join(wrong)


def test_public_things_say_what_they_are(modules):
    """
    Modules, classes and functions have a docstring; a function's names each argument and its result.

    A method that fills a port, or overrides another's, may leave the details to where they are described.
    """
    wrong = []
    derived = {
        node.name
        for module in modules
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ClassDef) and node.bases
    }
    ports = {
        part.name
        for module in modules
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ClassDef) and "Protocol" in [ast.unparse(one) for one in node.bases]
        for part in node.body
        if isinstance(part, ast.FunctionDef)
    }
    for module in modules:
        if ast.get_docstring(module.tree) is None:
            wrong.append(f"{module.path}: module without a docstring")
        wrong += [
            module.at(node, f"{node.name}: class without a docstring")
            for node in module.tree.body
            if isinstance(node, ast.ClassDef)
            and not node.name.startswith("_")
            and not ast.get_docstring(node)
        ]
        for function, outer in module.functions():
            if is_public(module, function, outer):
                is_override = bool(outer) and (outer[-1] in derived or function.name in ports)
                gaps = gaps_of(function)[: 0 if is_override and ast.get_docstring(function) else None]
                wrong += [module.at(function, f"{function.name}: {what}") for what in gaps]
    assert not wrong, "\n".join(wrong)


def gaps_of(function):
    """What the docstring of a public function leaves out."""
    words = ast.get_docstring(function)
    if words is None:
        return ["no docstring"]
    marks = {ast.unparse(mark).split(".")[-1] for mark in function.decorator_list}
    gaps = [
        f"argument {argument.arg} not described"
        for argument in arguments(function)
        if not re.search(rf"^(?:\w+, )*{argument.arg}(?:, \w+)*$", words, re.MULTILINE)
    ]
    result = "" if function.returns is None else ast.unparse(function.returns)
    silent = result in {"None", "Never", "NoReturn", "Iterator[None]"} or marks & {
        "property",
        "setter",
        "cached_property",
    }
    if not silent and not re.search(r"^(Returns|Yields)$", words, re.MULTILINE):
        gaps.append("result not described")
    return gaps


def test_numbers_of_the_engine_carry_their_unit(modules):
    wrong = []
    for module in modules:
        if module.floor != "geo":
            continue
        for function, _outer in module.functions():
            for argument in arguments(function):
                kind = "" if argument.annotation is None else ast.unparse(argument.annotation)
                name = argument.arg.lstrip("_")
                known = UNIT.search(name) or COUNT.match(name) or RATIO.match(name)
                if kind.replace(" | None", "") in {"float", "int"} and not known:
                    wrong.append(module.at(argument, f"{function.name}({argument.arg}: {kind})"))
    assert not wrong, "\n".join(wrong)


def test_own_exceptions_lead(modules):
    """At least nine of ten failures raised by the product are of its own tree."""
    own, raised = own_exceptions(modules)
    share = sum(name in own for name in raised) / max(len(raised), 1)
    assert share >= 0.9, sorted({name for name in raised if name not in own})


def own_exceptions(modules):
    """Names of the product's exceptions, and of every exception raised; makers of errors are not names."""
    own = {
        node.name
        for module in modules
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ClassDef) and node.name.endswith("Error")
    }
    raised = []
    for module in modules:
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
                name = ast.unparse(node.exc.func).rpartition(".")[2]
                if name.lstrip("_")[:1].isupper():
                    raised.append(name)
    return own, raised


def test_guide_figures_are_printed(modules, capsys):
    lengths = sorted(body_lines(function) for module in modules for function, _outer in module.functions())
    long_files = [module.path for module in modules if len(module.text.splitlines()) > FILE_GUIDE]
    own, raised = own_exceptions(modules)
    share = sum(name in own for name in raised) / max(len(raised), 1)
    with capsys.disabled():
        print(
            f"\nguide: {len(lengths)} functions, median {statistics.median(lengths):.0f} lines (aim 8), "
            f"90th percentile {lengths[int(0.9 * len(lengths))]} (aim 25); files over {FILE_GUIDE} lines: "
            f"{', '.join(long_files) or 'none'}; own exceptions {share:.0%} (aim 90 %)"
        )
    assert lengths

"""Every text exists in every language, with equal placeholders, and every code has its text."""

from __future__ import annotations

import ast
import json
import re
import unicodedata
from string import Formatter

import pytest

LANGUAGES = ("vi", "en")
SLOTS = ("message", "remedy")
VIETNAMESE = re.compile("[ăâđêôơưàáảãạèéẻẽẹìíỉĩịòóỏõọùúủũụỳýỷỹỵ]", re.IGNORECASE)


@pytest.fixture(scope="module")
def texts(root):
    """Language -> key -> text."""
    found = {}
    for language in LANGUAGES:
        found[language] = {}
        folder = root / "data" / "i18n"
        for path in [folder / f"{language}.json", *sorted(folder.rglob(f"*.{language}.json"))]:
            pairs = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=list)
            keys = [key for key, _text in pairs]
            double = sorted({key for key in keys if keys.count(key) > 1})
            assert not double, f"{path.name}: keys written twice {double}"
            found[language] |= dict(pairs)
    return found


def placeholders(text):
    return {name for _before, name, _spec, _how in Formatter().parse(text) if name is not None}


def test_both_languages_have_the_same_keys(texts):
    assert texts["vi"], "no texts found"
    assert sorted(texts["vi"].keys() ^ texts["en"].keys()) == []


def test_placeholders_agree(texts):
    wrong = [
        f"{key}: {placeholders(text)} and {placeholders(texts['en'][key])}"
        for key, text in texts["vi"].items()
        if key in texts["en"] and placeholders(text) != placeholders(texts["en"][key])
    ]
    assert not wrong, "\n".join(wrong)


def test_texts_are_composed_and_not_empty(texts):
    wrong = [
        f"{language}: {key}"
        for language, pairs in texts.items()
        for key, text in pairs.items()
        if not text.strip() or unicodedata.normalize("NFC", text) != text
    ]
    assert not wrong, "\n".join(wrong)


def test_sentences_are_translated(texts):
    """A Vietnamese sentence carries its diacritics, and its English counterpart is not the same text."""
    wrong = []
    for key, text in texts["vi"].items():
        words = re.findall(r"\w+", re.sub(r"\{\w+\}", "", text))
        if len(words) >= 6 and (not VIETNAMESE.search(text) or text == texts["en"].get(key)):
            wrong.append(f"{key}: {text}")
    assert not wrong, "\n".join(wrong)


def test_every_code_has_its_text_in_every_language(modules, texts):
    faults, failures, either = codes(modules)
    assert faults or either, "no code of a fault was found: the rule looks in the wrong place"
    assert failures, "no code of a failure was found: the rule looks in the wrong place"
    wrong = []
    for language in LANGUAGES:
        known = texts[language].keys()
        for code, where in faults.items():
            wrong += [
                f"{where} issue.{code}.{slot} ({language})" for slot in SLOTS if not is_fault(code, known)
            ]
        wrong += [
            f"{where} error.{code} ({language})"
            for code, where in failures.items()
            if not is_failure(code, known)
        ]
        wrong += [
            f"{where} neither issue.{code} nor error.{code} ({language})"
            for code, where in either.items()
            if not (is_fault(code, known) or is_failure(code, known))
        ]
    assert not wrong, "\n".join(sorted(set(wrong)))


def test_every_literal_text_key_exists(modules, texts):
    """What a screen or the command line asks for by name is there."""
    wrong = [
        module.at(node, node.args[0].value)
        for module in modules
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call)
        and name_of(node.func) == "tr"
        and node.args
        and isinstance(node.args[0], ast.Constant)
        and node.args[0].value not in texts["vi"]
    ]
    assert not wrong, "\n".join(wrong)


def is_fault(code, known):
    return all(f"issue.{code}.{slot}" in known for slot in SLOTS)


def is_failure(code, known):
    return f"error.{code}" in known


def name_of(function):
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def codes(modules):
    """
    Codes written in the source, each with a place where it stands.

    Found are ``Issue(code="x")``, ``SomeError("x")`` and calls of any function of the product that takes an
    argument ``code``; the last may end as a fault or as a failure.
    """
    families = exceptions(modules)
    makers = code_takers(modules)
    faults, failures, either = {}, {}, {}
    for module in modules:
        for node in ast.walk(module.tree):
            if not isinstance(node, ast.Call):
                continue
            name = name_of(node.func)
            is_root = module.path == "geo/errors.py" and ast.unparse(node.func) == "super().__init__"
            if name in families or is_root:
                note(failures, module, node, constant(node, 0))
            elif name == "Issue":
                note(faults, module, node, constant(node, None))
            elif name in makers:
                note(either, module, node, constant(node, makers[name]))
    return faults, failures, either


def note(found, module, node, code):
    if code is not None:
        found.setdefault(code, module.at(node, ""))


def constant(node, position):
    """Constant text given as ``code`` by name or by place."""
    given = [word.value for word in node.keywords if word.arg == "code"]
    if not given and position is not None and len(node.args) > position:
        given = [node.args[position]]
    value = given[0] if given else None
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else None


def exceptions(modules):
    """Names of the product's exceptions whose first argument is a code."""
    tree = {"PlannerError"}
    for _round in range(4):
        for module in modules:
            for node in ast.walk(module.tree):
                if isinstance(node, ast.ClassDef) and tree & {name_of(base) for base in node.bases}:
                    tree.add(node.name)
    return tree - {"RangeError"}


def code_takers(modules):
    """Function -> place of its argument ``code``."""
    found = {}
    for module in modules:
        for function, outer in module.functions():
            names = [argument.arg for argument in [*function.args.posonlyargs, *function.args.args]]
            names = names[1:] if outer and names[:1] in (["self"], ["cls"]) else names
            every = [*names, *(argument.arg for argument in function.args.kwonlyargs)]
            if "code" in every and function.name != "__init__":
                found[function.name] = names.index("code") if "code" in names else None
    return found

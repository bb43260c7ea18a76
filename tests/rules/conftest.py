"""The product's own source, parsed once for all rules."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FLOORS = ("geo", "layers", "planning", "screens")
MADE = frozenset({".venv", ".git", "node_modules", "vendor", "var", "dist", "__pycache__", "test-results"})
HIDDEN_KEPT = frozenset({".ci", ".streamlit"})

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """One module of the product: its path from the root, dotted name, text and tree."""

    path: str
    name: str
    text: str
    tree: ast.Module

    @property
    def floor(self) -> str:
        return self.name.split(".")[0]

    @property
    def is_kernel(self) -> bool:
        return self.path.startswith("geo/kernels/")

    @property
    def is_door(self) -> bool:
        return self.path in {"geo/io.py", "planning/data.py"} or self.path.startswith(
            ("layers/store/", "layers/exchange/")
        )

    @property
    def is_edge(self) -> bool:
        return self.floor not in {"geo", "layers", "planning"} or self.path.startswith(
            ("planning/cli/", "planning/__main__")
        )

    def functions(self) -> Iterator[tuple[Function, tuple[str, ...]]]:
        """Every function with the names of what it stands in."""
        yield from _functions(self.tree, ())

    def imports(self) -> Iterator[tuple[int, str]]:
        """Every module imported, with its line."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((node.lineno, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)

    def at(self, node: ast.AST | int, words: str) -> str:
        line = node if isinstance(node, int) else node.lineno
        return f"{self.path}:{line} {words}"


def _functions(node: ast.AST, outer: tuple[str, ...]) -> Iterator[tuple[Function, tuple[str, ...]]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield child, outer
            yield from _functions(child, (*outer, child.name, "<locals>"))
        else:
            yield from _functions(child, (*outer, child.name) if isinstance(child, ast.ClassDef) else outer)


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def modules() -> tuple[Module, ...]:
    paths = [ROOT / "app.py", ROOT / "main.py"]
    for floor in FLOORS:
        paths += sorted((ROOT / floor).rglob("*.py"))
    found = []
    for path in paths:
        local = path.relative_to(ROOT).as_posix()
        text = path.read_text(encoding="utf-8")
        name = local.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
        found.append(Module(path=local, name=name, text=text, tree=ast.parse(text, local)))
    assert {module.floor for module in found} >= set(FLOORS)
    return tuple(found)


@pytest.fixture(scope="session")
def files() -> tuple[Path, ...]:
    """Every file a person would commit."""
    return tuple(_committed(ROOT))


def _committed(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        hidden = path.name.startswith(".") and path.name not in HIDDEN_KEPT
        if path.is_dir():
            if path.name not in MADE and not hidden:
                yield from _committed(path)
        elif path.name != ".DS_Store":
            yield path

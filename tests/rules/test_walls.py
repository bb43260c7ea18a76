"""Who may import, open files and ask the clock: the rules that import contracts cannot say."""

from __future__ import annotations

import ast
import tomllib

FORBIDDEN_NAMES = frozenset({"utils", "helpers", "common", "misc", "base", "manager", "handler"})
# typing and collections.abc hold names for signatures only
KERNELS_MAY = ("typing", "collections.abc", "__future__", "math", "numpy", "numba", "geo.kernels")
ENTRY_MAY = ("streamlit", "screens")
FLOORS = ("geo", "layers", "planning", "screens")

OPENERS = frozenset(
    [
        "connect",
        "create_engine",
        "fromfile",
        "hardlink_to",
        "loadtxt",
        "memmap",
        "mkdir",
        "mkdtemp",
        "mkstemp",
        "NamedTemporaryFile",
        "open",
        "read_bytes",
        "read_csv",
        "read_dataframe",
        "read_excel",
        "read_file",
        "read_parquet",
        "read_text",
        "rename",
        "rmtree",
        "save",
        "savez",
        "savez_compressed",
        "symlink_to",
        "TemporaryDirectory",
        "to_excel",
        "to_file",
        "to_parquet",
        "touch",
        "unlink",
        "write_bytes",
        "write_dataframe",
        "write_text",
        "Reader",
        "ZipFile",
    ]
)
# rio-tiler opens a raster by itself, in its own tile arithmetic; see docs/decisions/0002-tiles.md.
OPENERS_ALLOWED = frozenset({("screens/tiles.py", "Reader")})

CLOCK = frozenset(
    [
        "datetime.now",
        "datetime.today",
        "datetime.utcnow",
        "date.today",
        "time.time",
        "time.time_ns",
        "time.localtime",
        "os.getenv",
        "getpass.getuser",
        "secrets.token_hex",
        "secrets.token_bytes",
    ]
)
# A door may name a scratch file by chance: the name never reaches a result.
CHANCE = frozenset({"uuid.uuid4", "uuid4"})

MAP_TEXT = frozenset(
    {"Popup", "Tooltip", "DivIcon", "Html", "LayerControl", "GeoJsonTooltip", "GeoJsonPopup"}
)
STREAMLIT_HTML = frozenset({"unsafe_allow_html"})


def dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def begins(name: str, allowed: tuple[str, ...]) -> bool:
    return any(name == start or name.startswith(start + ".") for start in allowed)


def test_kernels_import_numbers_only(modules):
    wrong = [
        module.at(line, name)
        for module in modules
        if module.is_kernel
        for line, name in module.imports()
        if not begins(name, KERNELS_MAY)
    ]
    assert not wrong, "\n".join(wrong)


def test_the_two_entry_files_only_hand_over(modules):
    entries = [module for module in modules if module.path in {"app.py", "main.py"}]
    assert len(entries) == 2
    for module in entries:
        assert all(begins(name, ENTRY_MAY) for _line, name in module.imports()), module.path
        assert not list(module.functions()), module.path


def test_only_the_four_doors_open_files(modules):
    wrong = []
    for module in modules:
        if module.is_door:
            continue
        for node in ast.walk(module.tree):
            if not isinstance(node, ast.Call):
                continue
            name = dotted(node.func).rpartition(".")[2] or getattr(node.func, "attr", "")
            is_table_rename = name == "rename" and bool(node.keywords)
            if name in OPENERS and not is_table_rename and (module.path, name) not in OPENERS_ALLOWED:
                wrong.append(module.at(node, f"{name}()"))
    assert not wrong, "\n".join(wrong)


OPTIONAL = {("planning/cluster.py", "distributed")}
"""Packages that need not be installed, and the one module that asks for each."""


def test_imports_stand_at_the_top(modules):
    """Inside a function only a door may import, and only a heavy library of others."""
    wrong = []
    for module in modules:
        for function, _outer in module.functions():
            for node in ast.walk(function):
                names = []
                if isinstance(node, ast.Import):
                    names = [alias.name for alias in node.names]
                elif isinstance(node, ast.ImportFrom):
                    names = [str(node.module)]
                wrong += [
                    module.at(node, f"{name} inside {function.name}")
                    for name in names
                    if (not module.is_door or begins(name, FLOORS)) and (module.path, name) not in OPTIONAL
                ]
    assert not wrong, "\n".join(wrong)


def test_the_contract_between_screens_names_every_screen(modules, root):
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    named = {
        name
        for contract in contracts
        if contract["type"] == "independence"
        for name in contract["modules"]
        if name.startswith("screens.")
    }
    entry = next(module for module in modules if module.path == "screens/main.py")
    shown = {
        f"screens.{node.value.id}"
        for node in ast.walk(entry.tree)
        if isinstance(node, ast.Attribute) and node.attr == "render" and isinstance(node.value, ast.Name)
    }
    assert shown, "no screen found: the rule looks in the wrong place"
    assert named == shown


def test_no_type_checking_trick_hides_a_cycle(modules):
    wrong = [module.path for module in modules if "TYPE_CHECKING" in module.text]
    assert not wrong


def test_no_module_has_a_name_that_says_nothing(modules):
    wrong = [module.path for module in modules if FORBIDDEN_NAMES & set(module.name.split("."))]
    assert not wrong


def test_nothing_below_the_screens_catches_everything(modules):
    wrong = []
    for module in modules:
        if module.floor in {"screens", "app", "main"}:
            continue
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ExceptHandler):
                kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
                if any(kind is None or dotted(kind) in {"Exception", "BaseException"} for kind in kinds):
                    wrong.append(module.at(node, "catches everything"))
    assert not wrong, "\n".join(wrong)


def test_no_failure_without_a_name_of_its_own(modules):
    nameless = {"ValueError", "Exception", "RuntimeError", "TypeError", "AssertionError"}
    wrong = []
    for module in modules:
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Raise) and node.exc is not None:
                raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
                if dotted(raised) in nameless:
                    wrong.append(module.at(node, f"raises {dotted(raised)}"))
            elif isinstance(node, ast.Assert):
                wrong.append(module.at(node, "assert: vanishes under python -O"))
    assert not wrong, "\n".join(wrong)


def test_time_chance_and_environment_come_from_the_edges(modules):
    wrong = []
    for module in modules:
        if module.is_edge:
            continue
        # a door may tell a library its settings through the environment; nobody may ask it
        told = {
            node.value
            for node in ast.walk(module.tree)
            if module.is_door and isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store)
        }
        for node in ast.walk(module.tree):
            name = dotted(node.func) if isinstance(node, ast.Call) else dotted(node)
            if isinstance(node, ast.Call) and any(
                name == asked or name.endswith("." + asked) for asked in CLOCK
            ):
                wrong.append(module.at(node, name))
            elif isinstance(node, ast.Call) and name.endswith("default_rng") and not node.args:
                wrong.append(module.at(node, "default_rng() without a seed"))
            elif isinstance(node, ast.Attribute) and name == "os.environ" and node not in told:
                wrong.append(module.at(node, name))
        wrong += [module.at(line, name) for line, name in module.imports() if name == "random"]
    assert not wrong, "\n".join(wrong)


def test_texts_reach_a_map_through_its_one_maker(modules):
    wrong = []
    for module in modules:
        for node in ast.walk(module.tree):
            if module.path != "screens/mapview.py" and isinstance(node, ast.Attribute | ast.Name | ast.alias):
                name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", None)
                if (name or getattr(node, "name", "")) in MAP_TEXT:
                    wrong.append(module.at(node, "makes map text outside screens/mapview.py"))
            if isinstance(node, ast.keyword) and node.arg in STREAMLIT_HTML:
                wrong.append(module.at(node.value, f"{node.arg}: text would not be escaped"))
    assert not wrong, "\n".join(wrong)

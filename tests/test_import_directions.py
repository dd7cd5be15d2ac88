"""Imports point one way, and private names of other packages stay in one module."""

import ast
import functools
import sys
from pathlib import Path

import pytest

import sklearn_automl

PACKAGE = Path(sklearn_automl.__file__).parent
NAME = PACKAGE.name

# What each part may import of the others; what is not here yet may come.
ARROWS = {
    "exceptions": set(),
    "_options": set(),
    "_processes": set(),
    "_sklearn_compat": set(),
    "inspection": set(),
    "space": {"exceptions"},
    "samplers": {"space", "exceptions", "_options"},
    "schedulers": {"space", "samplers", "exceptions"},
    "storage": {"space", "exceptions"},
}
ARROWS["execution"] = {*ARROWS, "_sklearn_compat"} - {"inspection"}
ARROWS["model_selection"] = {*ARROWS, "execution"} - {"inspection"}
ARROWS["nas"] = {*ARROWS} - {"model_selection"}
ARROWS["__init__"] = {*ARROWS}

PURE = {"space", "samplers", "schedulers"}
# What the pure parts are made of: no estimators, no workers, no clock.
ALLOWED_IN_PURE = {"numpy", "scipy", "cmaes", *sys.stdlib_module_names} - {
    "asyncio",
    "concurrent",
    "logging",
    "multiprocessing",
    "random",
    "subprocess",
    "threading",
    "time",
}
OPTIONAL = {
    "ConfigSpace",
    "cmaes",
    "dask",
    "distributed",
    "matplotlib",
    "pandas",
    "ray",
    "rich",
    "skorch",
    "torch",
}

FILES = sorted(PACKAGE.rglob("*.py"))
every_file = pytest.mark.parametrize(
    "file", FILES, ids=lambda file: str(file.relative_to(PACKAGE))
)


def part_of(file):
    """Return the folder or module right below the package that a file belongs to."""
    return file.relative_to(PACKAGE).with_suffix("").parts[0]


def imported_names(tree):
    """Yield ``(module, name)`` of every import, with an empty name for a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, ""
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative import"
            for alias in node.names:
                yield node.module, alias.name


def when_imported(body):
    """Yield the imports that run when the module itself is imported."""
    for node in body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from imported_names(node)
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from when_imported(ast.iter_child_nodes(node))


@functools.cache
def parse(file):
    return ast.parse(file.read_text(encoding="utf-8"))


def is_private(module, name):
    words = [*module.split("."), name]
    return any(w.startswith("_") and not w.startswith("__") for w in words if w)


def test_every_part_has_its_arrows():
    assert {part_of(file) for file in FILES} <= set(ARROWS)


@every_file
def test_imports_point_one_way(file):
    part = part_of(file)
    for module, name in imported_names(parse(file)):
        if module.split(".")[0] != NAME:
            continue
        # ``from sklearn_automl import x`` names a part, or what __init__ makes public.
        other = [*module.split("."), name][1]
        assert other in ARROWS[part] | {part}, f"{part} imports {module}"


@every_file
def test_the_pure_parts_need_only_numbers(file):
    if part_of(file) not in PURE:
        return
    tops = {module.split(".")[0] for module, _ in imported_names(parse(file))}
    # Trees are a library's business; the forest's sampler is made of scikit-learn's.
    own = {"sklearn"} if file.name == "_forest.py" else set()
    assert tops <= ALLOWED_IN_PURE | {NAME} | own


@every_file
def test_the_pure_parts_draw_from_a_generator_that_is_passed_in(file):
    if part_of(file) not in PURE:
        return
    calls = [
        ast.unparse(node)
        for node in ast.walk(parse(file))
        if isinstance(node, ast.Call)
    ]
    made = ("np.random.", "numpy.random.", "default_rng(", "check_random_state(")
    # One with a fixed seed tries a distribution out.
    fixed = "np.random.default_rng(0)"
    assert {call for call in calls if call.startswith(made)} <= {fixed}


@every_file
def test_private_names_of_others_are_in_the_compatibility_module(file):
    if part_of(file) == "_sklearn_compat":
        return
    private = [
        f"{module}: {name}"
        for module, name in imported_names(parse(file))
        if module.split(".")[0] not in {NAME, "__future__"} and is_private(module, name)
    ]
    assert not private


@functools.cache
def own_private_names():
    """Return the private attributes that the package itself defines."""
    names = set()
    for file in FILES:
        if part_of(file) == "_sklearn_compat":
            continue
        for node in ast.walk(parse(file)):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                names.add(node.name)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                names.add(node.id)
            elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                names.add(node.attr)
    return names


@every_file
def test_private_attributes_of_others_are_used_in_the_compatibility_module(file):
    if part_of(file) == "_sklearn_compat":
        return
    known = own_private_names()
    foreign = [
        ast.unparse(node)
        for node in ast.walk(parse(file))
        if isinstance(node, ast.Attribute)
        and is_private("", node.attr)
        and node.attr not in known
        # What is inherited, such as BaseSearchCV's own steps, is called on itself.
        and ast.unparse(node.value) not in {"self", "cls", "super()"}
        and not ast.unparse(node.value).endswith("SearchCV")
    ]
    assert not foreign


@every_file
def test_what_is_optional_is_imported_where_it_is_used(file):
    if part_of(file) == "nas":
        return  # imported only by those who have torch
    tops = {module.split(".")[0] for module, _ in when_imported(parse(file).body)}
    assert not tops & OPTIONAL


@every_file
def test_only_nas_imports_torch(file):
    if part_of(file) == "nas":
        return
    tops = {module.split(".")[0] for module, _ in imported_names(parse(file))}
    assert not tops & {"torch", "skorch"}


def test_the_compatibility_module_imports_what_it_is_for():
    # The other tests would pass too if it were not there.
    tree = parse(PACKAGE / "_sklearn_compat.py")
    assert any(is_private(*pair) for pair in imported_names(tree))

"""What the house's rules ask of the package: each check returns all offences it finds.

A check reads the source and imports nothing, so that it can be tried on a small tree
with a leak in it.
"""

import ast
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

# What each part may import of the others; what is not here yet may come.
_FOR_ALL = {"_options", "exceptions"}
_FOR_THOSE_THAT_RUN = {*_FOR_ALL, "_processes", "_sklearn_compat"}
ARROWS = {
    "exceptions": set(),
    "_options": {"exceptions"},
    "_processes": {"exceptions"},
    "_sklearn_compat": set(),
    "ensemble": {*_FOR_ALL, "_sklearn_compat"},
    # It reads results of any search, scikit-learn's too, and knows none of ours.
    "inspection": {"exceptions"},
    "space": _FOR_ALL,
    "samplers": {*_FOR_ALL, "space"},
    "schedulers": {*_FOR_ALL, "space", "samplers"},
    "storage": {*_FOR_THOSE_THAT_RUN, "space"},
}
_CORE = {"ensemble", "space", "samplers", "schedulers", "storage"}
ARROWS["execution"] = {*_FOR_THOSE_THAT_RUN, *_CORE}
# A search draws itself by its own results: `inspection` is loaded when it is asked to.
ARROWS["model_selection"] = {*ARROWS["execution"], "execution", "inspection"}
ARROWS["nas"] = {*ARROWS["execution"], "execution", "inspection"}
ARROWS["__init__"] = {"model_selection", "nas"}

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
    "catboost",
    "cmaes",
    "dask",
    "distributed",
    "lightgbm",
    "matplotlib",
    "optuna",
    "pandas",
    "ray",
    "rich",
    "skorch",
    "torch",
    "xgboost",
}
COMPATIBILITY = "_sklearn_compat"
# The parameters of scikit-learn's `_fit_and_score` whose names are nobody else's.
FIT_AND_SCORE_PARAMETERS = {
    "callback_ctx",
    "caller",
    "candidate_progress",
    "fit_params",
    "return_estimator",
    "return_n_test_samples",
    "return_parameters",
    "return_times",
    "score_params",
    "split_progress",
}
# Which rooms of nas may import these rooms of nas.
ONLY_FOR = {
    "estimators": set(),
    "_base": {"estimators", "_classifier", "_regressor"},
    "search": {"estimators", "_base", "_classifier", "_regressor"},
}


class House:
    """The files of a package, by the names of their modules."""

    def __init__(self, folder: Path) -> None:
        self.name = folder.name
        self.trees: dict[str, ast.Module] = {}
        # All nodes of each tree: nearly every check goes through them.
        self.nodes: dict[str, list[ast.AST]] = {}
        self.files: dict[str, str] = {}
        for file in sorted(folder.rglob("*.py")):
            parts = file.relative_to(folder.parent).with_suffix("").parts
            module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            self.trees[module] = ast.parse(file.read_text(encoding="utf-8"))
            self.nodes[module] = list(ast.walk(self.trees[module]))
            self.files[module] = file.relative_to(folder).as_posix()
        self._own_imports = {m: self._find_own_imports(m) for m in self.trees}

    def part(self, module: str) -> str:
        """Return the folder or module right below the package."""
        return [*module.split("."), "__init__"][1]

    def outside_of(self, *parts: str) -> Iterator[tuple[str, list[ast.AST]]]:
        """Yield the modules that belong to none of some parts, and their nodes."""
        for module, nodes in self.nodes.items():
            if self.part(module) not in parts:
                yield module, nodes

    def own_imports(self, module: str) -> list[str]:
        """Return the modules of the package that a module imports, at any time."""
        return self._own_imports[module]

    def _find_own_imports(self, module: str) -> list[str]:
        found = []
        for source, name in imports(self.nodes[module]):
            if source.split(".")[0] == self.name:
                whole = f"{source}.{name}"
                found.append(whole if whole in self.trees else source)
        # A module that ray sends to a worker asks for itself there.
        return [other for other in found if other != module]

    def run_at_import(self, module: str) -> Iterator[ast.AST]:
        """Yield the imports of a module that run when it is imported itself."""
        return run_at_import(self.trees[module].body)

    def offence(self, module: str, text: str) -> str:
        return f"{self.files[module]}: {text}"


def imports(nodes) -> Iterator[tuple[str, str]]:
    """Yield ``(module, name)`` of every import, with an empty name for a module."""
    for node in nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, ""
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            for alias in node.names:
                yield node.module, alias.name


def run_at_import(body) -> Iterator[ast.AST]:
    """Yield the import statements that run when the module itself is imported."""
    for node in body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from run_at_import(ast.iter_child_nodes(node))


def is_private(*words: str) -> bool:
    return any(w.startswith("_") and not w.startswith("__") for w in words if w)


def top(module: str) -> str:
    return module.split(".")[0]


# ---- arrows ----------------------------------------------------------------------


def parts_without_arrows(house: House) -> list[str]:
    return [
        house.offence(module, "a part that ARROWS does not name")
        for module in house.trees
        if house.part(module) not in ARROWS
    ]


def relative_imports(house: House) -> list[str]:
    # The other checks read absolute names only.
    return [
        house.offence(module, f"line {node.lineno} imports relatively")
        for module, nodes in house.nodes.items()
        for node in nodes
        if isinstance(node, ast.ImportFrom) and node.level
    ]


def wrong_arrows(house: House) -> list[str]:
    offences = []
    for module in house.trees:
        part = house.part(module)
        for other in house.own_imports(module):
            # ``import sklearn_automl`` would be an import of everything.
            if house.part(other) not in ARROWS.get(part, set()) | {part}:
                offences.append(house.offence(module, f"{part} imports {other}"))
    return offences


def circles(house: House) -> list[str]:
    graph = {module: set(house.own_imports(module)) for module in house.trees}
    return [
        "circle of imports: " + ", ".join(house.files[module] for module in circle)
        for circle in _circles(graph)
    ]


def _circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Return the groups of nodes that reach each other (or themselves)."""
    reached = {node: set(others) for node, others in graph.items()}
    for between in graph:
        for others in reached.values():
            if between in others:
                others |= reached[between]
    groups = {
        frozenset(other for other in reached[node] if node in reached.get(other, ()))
        for node in graph
        if node in reached[node]
    }
    return sorted(sorted(group) for group in groups)


# ---- inside of nas ---------------------------------------------------------------


def room(house: House, module: str) -> str:
    """Return the folder or module right below nas; empty for what is elsewhere."""
    words = module.split(".")
    return words[2] if words[1:2] == ["nas"] and len(words) > 2 else ""


def _between_rooms(house: House) -> Iterator[tuple[str, str, str]]:
    for module in house.trees:
        for other in house.own_imports(module):
            mine, theirs = room(house, module), room(house, other)
            if mine and theirs and mine != theirs:
                yield module, mine, theirs


def circles_of_nas_rooms(house: House) -> list[str]:
    graph: dict[str, set[str]] = {}
    for _, mine, theirs in _between_rooms(house):
        graph.setdefault(mine, set()).add(theirs)
        graph.setdefault(theirs, set())
    return ["circle of rooms of nas: " + ", ".join(c) for c in _circles(graph)]


def nas_rooms_that_know_too_much(house: House) -> list[str]:
    offences = []
    for module, mine, theirs in _between_rooms(house):
        is_supernet = mine == "supernet" or mine.startswith("supernet_")
        if (theirs in ONLY_FOR and mine not in ONLY_FOR[theirs]) or (
            is_supernet and theirs == "strategies"
        ):
            offences.append(house.offence(module, f"nas/{mine} imports nas/{theirs}"))
    return offences


def private_modules_used_by_nas(house: House) -> list[str]:
    return [
        house.offence(module, f"imports {other}")
        for module in house.trees
        if house.part(module) == "nas"
        for other in house.own_imports(module)
        if house.part(other) != "nas" and is_private(*other.split(".")[2:])
    ]


# ---- what is not ours ------------------------------------------------------------


def impure_imports(house: House) -> list[str]:
    offences = []
    for module, nodes in house.nodes.items():
        if house.part(module) not in PURE:
            continue
        allowed = ALLOWED_IN_PURE | {house.name}
        # The forest's sampler is made of scikit-learn's trees.
        if house.files[module] == "samplers/_forest.py":
            allowed = allowed | {"sklearn"}
        tops = {top(name) for name, _ in imports(nodes)}
        offences += [
            house.offence(module, f"{house.part(module)} imports {name}")
            for name in sorted(tops - allowed)
        ]
    return offences


def generators_made_in_pure_parts(house: House) -> list[str]:
    made = ("np.random.", "numpy.random.", "default_rng(", "check_random_state(")
    # One with a fixed seed tries a distribution out.
    fixed = "np.random.default_rng(0)"
    return [
        house.offence(module, f"calls {call}")
        for module, nodes in house.nodes.items()
        if house.part(module) in PURE
        for node in nodes
        if isinstance(node, ast.Call)
        and (call := ast.unparse(node)).startswith(made)
        and call != fixed
    ]


def private_imports_of_others(house: House) -> list[str]:
    return [
        house.offence(module, f"imports {source}: {name}")
        for module, nodes in house.outside_of(COMPATIBILITY)
        for source, name in imports(nodes)
        if top(source) not in {house.name, "__future__"}
        and is_private(*source.split("."), name)
    ]


def private_attributes_of_others(house: House) -> list[str]:
    known = _own_private_names(house)
    return [
        house.offence(module, f"uses {ast.unparse(node)}")
        for module, nodes in house.outside_of(COMPATIBILITY)
        for node in nodes
        if isinstance(node, ast.Attribute)
        and is_private(node.attr)
        and node.attr not in known
        and ast.unparse(node) != "os._exit"  # Python's own, and public
        # What is inherited, such as BaseSearchCV's own steps, is called on itself.
        and ast.unparse(node.value) not in {"self", "cls", "super()"}
        and not ast.unparse(node.value).endswith("SearchCV")
    ]


def _own_private_names(house: House) -> set[str]:
    """Return the private attributes that the package itself defines."""
    names = set()
    for _, nodes in house.outside_of(COMPATIBILITY):
        for node in nodes:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                names.add(node.name)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                names.add(node.id)
            elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                names.add(node.attr)
    return names


def private_parameters_of_scikit_learn(house: House) -> list[str]:
    """Find the parameter names of ``_fit_and_score`` in dicts and other strings."""
    offences = []
    for module, nodes in house.outside_of(COMPATIBILITY):
        found = {
            node.value
            for node in nodes
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
        found |= {
            keyword.arg
            for node in nodes
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "dict"
            for keyword in node.keywords
            if keyword.arg
        }
        offences += [
            house.offence(module, f"names {name!r}")
            for name in sorted(found & FIT_AND_SCORE_PARAMETERS)
        ]
    return offences


def optional_imports_when_imported(house: House) -> list[str]:
    # nas is imported only by those who have torch.
    return [
        house.offence(module, f"imports {name} when it is imported itself")
        for module, _ in house.outside_of("nas")
        for name in sorted(
            {top(source) for source, _ in imports(house.run_at_import(module))}
            & OPTIONAL
        )
    ]


def inspection_loaded_by_others(house: House) -> list[str]:
    # Those who do not draw need not load it, and it can be read without them.
    return [
        house.offence(module, f"imports {source} when it is imported itself")
        for module, _ in house.outside_of("inspection")
        for source, _ in imports(house.run_at_import(module))
        if house.part(source) == "inspection" and top(source) == house.name
    ]


def torch_outside_of_nas(house: House) -> list[str]:
    return [
        house.offence(module, f"imports {source}")
        for module, nodes in house.outside_of("nas")
        for source, _ in imports(nodes)
        if top(source) in {"torch", "skorch"}
    ]


CHECKS: dict[str, Callable[[House], list[str]]] = {
    check.__name__: check
    for check in (
        parts_without_arrows,
        relative_imports,
        wrong_arrows,
        circles,
        circles_of_nas_rooms,
        nas_rooms_that_know_too_much,
        private_modules_used_by_nas,
        impure_imports,
        generators_made_in_pure_parts,
        private_imports_of_others,
        private_attributes_of_others,
        private_parameters_of_scikit_learn,
        optional_imports_when_imported,
        inspection_loaded_by_others,
        torch_outside_of_nas,
    )
}

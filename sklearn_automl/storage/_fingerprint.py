"""What an object is, as text that is the same in every process.

A hash of its pickle is not: pickles of scipy's distributions, of classes of
``__main__`` and of sets differ from process to process.
"""

import functools
import hashlib
import io
import logging
import types
from collections.abc import Callable, Mapping
from typing import Any

import joblib
import numpy as np
from scipy import stats

from sklearn_automl.storage._digest import digest

__all__ = ["describe", "describe_data"]

# Longer texts are cut, and their digest stands for the rest. A pipeline that ends in
# XGBoost has 2,000 characters: errors have to find which parameter differs.
_MAX_LENGTH = 20_000

_MAX_DEPTH = 12

# Objects hold each other, and all that is around them.
_MAX_OBJECT_DEPTH = 8

# What is installed has a version.
_INSTALLED = {"builtins", "numpy", "scipy", "sklearn", "sklearn_automl"}

#: What is being described: an object, in another, in another.
Path = tuple[Any, ...]


def describe(value: Any) -> str:
    """Return what a parameter is: its class and, in turn, what it is made of.

    Parameters
    ----------
    value : object
        An estimator, a distribution, a function, or any other parameter.

    Returns
    -------
    text : str
        At most about 20,000 characters, for people to read; equal for equal values.
    """
    return _bounded(_describe(value, ()))


def describe_data(data: Any) -> str:
    """Return the type, the shape and a digest of data."""
    if data is None:
        return "None"
    try:
        its_hash = joblib.hash(data, hash_name="sha1")
    # Whatever a third-party container raises when it is pickled.
    except Exception:  # noqa: BLE001
        its_hash = digest(_describe(data, ()))
    shape = getattr(data, "shape", None)
    size = f"of shape {tuple(shape)}" if shape is not None else f"of {_length(data)}"
    return f"{type(data).__name__} {size}, {its_hash}"


def _describe(value: Any, path: Path) -> str:
    if value is None or isinstance(value, bool | int | float | complex | str | bytes):
        return repr(value)
    if isinstance(value, type):
        return f"class {_name_and_code(value)}"
    if len(path) > _MAX_DEPTH or any(value is outer for outer in path):
        return f"<{type(value).__qualname__}>"
    path = (*path, value)
    for kinds, describe_kind in _KINDS:
        if isinstance(value, kinds):
            content = describe_kind(value, path)
            is_own = isinstance(value, dict | list | tuple | set | frozenset)
            # A class that someone derived from it can have more.
            more = is_own and getattr(value, "__dict__", None)
            return content + _describe_object(value, path) if more else content
    if isinstance(value, stats.rv_continuous | stats.rv_discrete):
        return _describe_family(value, path)
    if hasattr(value, "dist") and hasattr(value, "kwds"):  # frozen, of scipy.stats
        family = _describe_family(value.dist, path)
        return f"{family}{_describe((value.args, value.kwds), path)}"
    return _describe_object(value, path)


def _describe_array(value: np.ndarray, path: Path) -> str:
    if value.dtype.hasobject:
        return f"array {_describe(value.tolist(), path)}"
    values = hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()[:16]
    return f"array({value.dtype}, {value.shape}, {values})"


def _describe_sequence(value: Any, path: Path) -> str:
    inner = ", ".join(_describe(v, path) for v in value)
    return f"{type(value).__name__}({inner})"


def _describe_set(value: Any, path: Path) -> str:
    inner = ", ".join(sorted(_describe(v, path) for v in value))
    return f"{type(value).__name__}({inner})"


def _describe_mapping(value: Any, path: Path) -> str:
    items = [f"{_describe(k, path)}: {_describe(v, path)}" for k, v in value.items()]
    return "{" + ", ".join(sorted(items)) + "}"


def _describe_partial(value: Any, path: Path) -> str:
    inner = _describe((value.func, value.args, value.keywords), path)
    return f"partial{inner}"


def _describe_function(value: Any, path: Path) -> str:
    name = _name(value)
    code = getattr(value, "__code__", None)
    if code is None:
        return name
    made_with = (value.__defaults__, value.__kwdefaults__, _cells_of(value))
    inner = f"{_code(code, path)} {_describe(made_with, path)}"
    return f"{name}[{digest(inner)}]"


def _describe_method(value: Any, path: Path) -> str:
    return f"{_describe(value.__self__, path)}.{value.__name__}"


def _describe_family(family: Any, path: Path) -> str:
    # Such as the table of ``rv_discrete(values=...)``, or a histogram.
    plain = bool | int | float | str | np.ndarray | list
    state = {k: v for k, v in vars(family).items() if isinstance(v, plain)}
    state = {k: v for k, v in state.items() if "doc" not in k}
    return f"{family.name} {_call(_name_and_code(type(family)), state, path)}"


def _describe_object(value: Any, path: Path) -> str:
    name = _name_and_code(type(value))
    if len(path) > _MAX_OBJECT_DEPTH:
        return name
    state = getattr(value, "__dict__", None)
    if hasattr(value, "get_params"):  # more than its parameters: metadata requests
        state = {**(state or {}), **value.get_params(deep=False)}
    if state:
        return _call(name, state, path)
    try:
        return f"{name}({joblib.hash(value)})"
    # It cannot be pickled; its class is all that can be told.
    except Exception:  # noqa: BLE001
        return name


# Not what they hold: they are of the process, not of the search.
_SURROUNDINGS = logging.Logger | types.ModuleType | io.IOBase

_KINDS: list[tuple[Any, Callable[[Any, Path], str]]] = [
    (_SURROUNDINGS, lambda v, _: f"{_name(type(v))} {getattr(v, 'name', None)}"),
    (np.generic, lambda value, _: f"{type(value).__name__}({value.item()!r})"),
    (np.ndarray, _describe_array),
    (range | slice, lambda value, _: repr(value)),
    (list | tuple, _describe_sequence),
    (set | frozenset, _describe_set),
    (Mapping, _describe_mapping),
    (functools.partial, _describe_partial),
    (types.MethodType, _describe_method),
    (types.FunctionType | types.BuiltinFunctionType | np.ufunc, _describe_function),
]


def _call(name: str, arguments: Mapping[str, Any], path: Path) -> str:
    inner = [f"{k}={_describe(v, path)}" for k, v in sorted(arguments.items())]
    return f"{name}({', '.join(inner)})"


def _name(value: Any) -> str:
    module = getattr(value, "__module__", None)
    name = getattr(value, "__qualname__", None) or value.__name__
    return f"{module}.{name}" if module else str(name)


def _name_and_code(kind: type) -> str:
    """Return the name of a class, and a digest of what its methods do."""
    codes = []
    for base in kind.__mro__:
        if base.__module__.partition(".")[0] in _INSTALLED:
            continue
        for name, member in sorted(vars(base).items()):
            function = getattr(member, "__func__", getattr(member, "fget", member))
            if isinstance(function, types.FunctionType):
                codes.append(f"{name} {_code(function.__code__, ())}")
    return f"{_name(kind)}[{digest(' '.join(codes))}]" if codes else _name(kind)


def _code(code: types.CodeType, path: Path) -> str:
    """Return what a function does, without the file and the lines it is in."""
    constants = [
        _code(c, path) if isinstance(c, types.CodeType) else _describe(c, path)
        for c in code.co_consts
    ]
    return f"{code.co_code.hex()} {code.co_names} {constants}"


def _cells_of(function: types.FunctionType) -> list[Any]:
    cells = function.__closure__ or ()
    return [cell.cell_contents for cell in cells if cell != types.CellType()]


def _length(data: Any) -> str:
    return f"length {len(data)}" if hasattr(data, "__len__") else "unknown length"


def _bounded(text: str) -> str:
    text = text.encode(errors="backslashreplace").decode()  # SQLite wants UTF-8
    if len(text) <= _MAX_LENGTH:
        return text
    return f"{text[:_MAX_LENGTH]}... [{digest(text)}]"

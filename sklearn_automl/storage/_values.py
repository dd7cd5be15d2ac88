"""Values as JSON and back: plain data only, so that reading never runs anything."""

import json
import math
import re
from collections.abc import Callable, Hashable
from typing import Any

import numpy as np

__all__ = ["decode", "encode", "encode_key"]

# Where an object is in memory says nothing about it.
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


def encode(value: Any) -> str:
    """Return a value as JSON.

    Parameters
    ----------
    value : object
        None, a bool, number, NumPy scalar or string, or a list, tuple or dict of such.

    Returns
    -------
    text : str
        What :func:`decode` makes an equal value of, with the same types.

    Raises
    ------
    TypeError
        If the value holds anything else.
    """
    return json.dumps(_tagged(value), allow_nan=False, separators=(",", ":"))


def decode(text: str) -> Any:
    """Return the value that :func:`encode` made a text of.

    Raises
    ------
    ValueError
        If the text is not such.
    """
    try:
        return _untagged(json.loads(text))
    except (ArithmeticError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise ValueError(f"not a value that was written here: {error}") from None


def encode_key(key: Hashable) -> str:
    """Return as JSON what identifies a configuration: ``SearchSpace.key``.

    Of values that are not plain data only the type and their ``repr`` can be told.
    """
    return json.dumps(_tagged_key(key), allow_nan=False, separators=(",", ":"))


def _tagged_key(key: Any) -> Any:
    if isinstance(key, tuple):
        return [_tagged_key(part) for part in key]
    try:
        tagged = _tagged(key)
    except TypeError:
        tagged = f"{type(key).__qualname__}: {key!r}"
    return _ADDRESS.sub("", tagged) if isinstance(tagged, str) else tagged


def _tagged(value: Any) -> Any:
    """Return a value in JSON's types; a dict with one key is a tag."""
    if isinstance(value, np.longdouble | np.clongdouble):
        return _tagged(float(value))  # no Python type holds it
    if isinstance(value, np.datetime64 | np.timedelta64):
        return {"numpy": [value.dtype.str, int(value.astype(np.int64))]}
    if isinstance(value, np.generic):
        return {"numpy": [value.dtype.str, _tagged(value.item())]}
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else {"float": repr(float(value))}
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, list):
        return [_tagged(v) for v in value]
    if isinstance(value, tuple):
        return {"tuple": [_tagged(v) for v in value]}
    if isinstance(value, dict):
        return {"dict": [[_tagged(k), _tagged(v)] for k, v in value.items()]}
    raise TypeError(f"a {type(value).__name__} is not plain data: {value!r}")


def _untagged(data: Any) -> Any:
    if isinstance(data, list):
        return [_untagged(v) for v in data]
    if not isinstance(data, dict):
        return data
    ((tag, content),) = data.items()
    return _FROM_TAG[tag](content)


def _numpy(content: Any) -> Any:
    dtype, value = content
    if np.dtype(dtype).hasobject:
        raise ValueError(f"{dtype!r} is not the type of a number")
    if np.dtype(dtype).kind in "mM":
        return np.int64(value).view(dtype)
    value = _untagged(value)
    number = np.dtype(dtype).type(value)
    if isinstance(number, np.integer) and int(number) != value:  # numpy < 2 wraps it
        raise ValueError(f"{value!r} is not a number of type {dtype!r}")
    return number


_FROM_TAG: dict[str, Callable[[Any], Any]] = {
    "float": float,
    "tuple": lambda content: tuple(_untagged(v) for v in content),
    "dict": lambda content: {_untagged(k): _untagged(v) for k, v in content},
    "numpy": _numpy,
}

"""What is in a file of a module that is not ours: the name of its class, and arguments.

No code is imported for a file. A class is looked up among those that the program has
imported already, and it must be one of modules, spaces or optimizers of torch.
"""

import sys
from typing import Any

import numpy as np
import torch
from torch import nn

from sklearn_automl.nas.architecture import Architecture
from sklearn_automl.nas.space import ArchitectureSpace

__all__ = ["class_data", "class_of_data", "space_data", "space_of_data"]

# What a class in a file may be.
_KINDS = (nn.Module, ArchitectureSpace, torch.optim.Optimizer)

_CLASS, _TUPLE = "class", "tuple"


def space_data(space: ArchitectureSpace, architecture: Architecture) -> dict[str, Any]:
    """Return a space that makes modules of its own as data.

    Parameters
    ----------
    space : ArchitectureSpace
        That of a fitted net.

    architecture : Architecture
        What the net is. Of arguments that are searched, the chosen value is kept.

    Returns
    -------
    dict
        What JSON can hold.

    Raises
    ------
    ValueError
        If the space has a parameter that is neither data nor a class.
    """
    owner = type(space).__name__
    if hasattr(space, "settled"):
        space = space.settled(architecture)
    params = space.get_params(deep=False)
    return {
        **class_data(type(space)),
        "params": {k: _value_data(v, f"{k} of {owner}") for k, v in params.items()},
    }


def space_of_data(data: dict[str, Any]) -> ArchitectureSpace:
    """Return the space that data is about, the inverse of ``space_data``."""
    space: ArchitectureSpace = class_of_data(data, ArchitectureSpace)(
        **{name: _value_of_data(value) for name, value in data["params"].items()}
    )
    return space


def class_data(kind: type) -> dict[str, str]:
    """Return a class as data.

    Parameters
    ----------
    kind : type
        A class.

    Returns
    -------
    dict
        Its module and name.

    Raises
    ------
    ValueError
        If the class cannot be found by them.
    """
    if "<locals>" in kind.__qualname__:
        raise ValueError(
            f"{kind.__qualname__} cannot be saved: a class that is defined inside a "
            "function cannot be found again. Define it at the top level of a module, "
            "or pickle the estimator with cloudpickle."
        )
    return {_CLASS: f"{kind.__module__}:{kind.__qualname__}"}


def class_of_data(data: dict[str, Any], *kinds: type) -> Any:
    """Return the class that data is about.

    Parameters
    ----------
    data : dict
        Of ``class_data``.

    *kinds : type
        What the class must be a subclass of; by default what files can hold.

    Returns
    -------
    type
        The class, of a module that was imported before.

    Raises
    ------
    ValueError
        If there is no such class.
    """
    module, _, name = str(data[_CLASS]).partition(":")
    found: Any = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    if found is None:
        raise ValueError(
            f"The file needs the class {name} of the module {module!r}, which is not "
            f"imported. load does not import code: write 'import {module}' before load."
        )
    if not isinstance(found, type) or not issubclass(found, kinds or _KINDS):
        raise ValueError(
            f"{module}.{name} is not a class that such a file can contain."
        )
    return found


def _value_data(value: Any, whose: str) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, type) and issubclass(value, _KINDS):
        return class_data(value)
    if isinstance(value, list):
        return [_value_data(v, whose) for v in value]
    if isinstance(value, tuple):
        return {_TUPLE: [_value_data(v, whose) for v in value]}
    raise ValueError(
        f"The parameter {whose} cannot be saved: it contains {value!r}. A file "
        "contains numbers, text, lists and classes of modules. Pickle the estimator "
        "instead."
    )


def _value_of_data(data: Any) -> Any:
    if isinstance(data, list):
        return [_value_of_data(value) for value in data]
    if not isinstance(data, dict):
        return data
    if _TUPLE in data:
        return tuple(_value_of_data(value) for value in data[_TUPLE])
    return class_of_data(data)

"""What a parameter is called in a history: by the class it belongs to.

Names of steps and places of modules may change from search to search, classes do not.
"""

from collections import Counter
from collections.abc import Container
from typing import Any

from sklearn_automl.space.defaults import DataShape, models_of, units_of
from sklearn_automl.storage import name_of_class

__all__ = ["KeyMaker", "class_names", "is_estimator"]

# These change how an estimator runs, or only the chance in it.
_NOT_COMPARED = {"memory", "n_jobs", "random_state", "thread_count", "verbose"}


def class_names(estimator: Any, searched: set[str]) -> list[str]:
    """Return the names of the classes that an estimator is made of, sorted.

    ``searched`` are names of parameters: an estimator that is searched is not a part.
    """
    parts = [estimator]
    parts += [
        value
        for name, value in estimator.get_params(deep=True).items()
        if is_estimator(value) and not _is_searched(name, searched)
    ]
    return sorted(name_of_class(type(part)) for part in parts)


class KeyMaker:
    """Make the keys of parameters of an estimator.

    The key of ``"svc__C"`` of a pipeline is ``"sklearn.SVC:C"``. That of a step itself
    is its place, such as ``"sklearn.Pipeline:[0]"``. If an estimator has several parts
    of one class, their keys are numbered.

    Parameters
    ----------
    estimator : estimator
        The estimator of the search.
    """

    def __init__(self, estimator: Any) -> None:
        self._estimator = estimator
        self._own = estimator.get_params(deep=True)
        self._keys: dict[str, str] = {}  # of parameters whose owner is not searched
        self._number: dict[str, int] = {}  # of each part, among those of its class
        seen: Counter[str] = Counter()
        for name in sorted(self._own):
            if is_estimator(self._own[name]):
                kind = name_of_class(type(self._own[name]))
                self._number[name] = seen[kind]
                seen[kind] += 1

    def key(self, name: str, config: dict[str, Any]) -> str:
        """Return the key of a parameter, in a configuration that may choose its owner.

        Parameters
        ----------
        name : str
            The name of the parameter.

        config : dict
            Values of parameters.

        Returns
        -------
        key : str
            The class that owns it, and its name there.
        """
        prefix = name.rpartition("__")[0]
        if prefix and _is_searched(prefix, config):
            return self._key(name, config)
        if name not in self._keys:
            self._keys[name] = self._key(name, {})
        return self._keys[name]

    def _key(self, name: str, config: dict[str, Any]) -> str:
        prefix, _, last = name.rpartition("__")
        owner = self._value(prefix, config) if prefix else self._estimator
        if not is_estimator(owner):
            return f"{name_of_class(type(self._estimator))}:{name}"
        number = self._number.get(prefix, 0)
        its_class = name_of_class(type(owner)) + (f"#{number + 1}" if number else "")
        return f"{its_class}:{_place_of_part(owner, last)}"

    def fixed(self, searched: set[str]) -> dict[str, Any]:
        """Return the parameters that are not searched, by their keys."""
        return {
            self.key(name, {}): value
            for name, value in self._own.items()
            if name.rpartition("__")[2] not in _NOT_COMPARED
            and not _is_searched(name, searched)
            and not is_estimator(value)
            and not _has_estimators(value)
        }

    def units(self, shape: DataShape) -> dict[str, float]:
        """Return what one of a parameter is on data, by key, for those with a unit."""
        return {
            self.key(prefix + parameter, {}): unit
            for prefix, name, _, its_shape in models_of(self._estimator, shape)
            for parameter, unit in units_of(name.rpartition(".")[2], its_shape).items()
        }

    def own(self, name: str) -> Any:
        """Return the value that the estimator itself has; KeyError if it has none."""
        return self._own[name]

    def _value(self, name: str, config: dict[str, Any]) -> Any:
        """Return the part of a name, as it is with a configuration."""
        if name in config:
            return config[name]
        prefix, _, last = name.rpartition("__")
        if prefix and prefix in config and is_estimator(config[prefix]):
            return config[prefix].get_params(deep=True).get(last)
        return self._own.get(name)


def _place_of_part(owner: Any, name: str) -> str:
    """Return the name of a parameter; for a step of a pipeline, its place."""
    if name in owner.get_params(deep=False):
        return name
    parts = [k for k in owner.get_params(deep=True) if "__" not in k]
    parts = [k for k in parts if k not in owner.get_params(deep=False)]
    return f"[{parts.index(name)}]" if name in parts else name


def is_estimator(value: Any) -> bool:
    """Tell whether a value is an estimator, and not the class of one."""
    return hasattr(value, "get_params") and not isinstance(value, type)


def _is_searched(name: str, searched: Container[str]) -> bool:
    """Tell whether a parameter, or a part that it belongs to, is searched."""
    parts = name.split("__")
    return any("__".join(parts[:i]) in searched for i in range(1, len(parts) + 1))


def _has_estimators(value: Any) -> bool:
    """Tell whether this is the list of parts of an estimator, such as `steps`."""
    if not isinstance(value, list | tuple) or not value:
        return False
    return all(isinstance(part, tuple) and len(part) > 1 for part in value)

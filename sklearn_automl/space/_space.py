"""Search spaces: which configurations exist, and their map to the unit cube."""

import math
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from itertools import chain, product
from typing import Any

import numpy as np
from numpy.random import Generator

from sklearn_automl.space._domains import Choice
from sklearn_automl.space._parameter import Configuration, Parameter
from sklearn_automl.space._parse import drawing_failed, parse

__all__ = ["SearchSpace"]

# Up to this size it is found out how far alternatives overlap.
_MAX_COUNTED = 10_000


class SearchSpace:
    """Everything that a search may choose from.

    Parameters
    ----------
    param_distributions : dict, list of dict or ConfigurationSpace
        Parameter names as keys. The values are lists, ``scipy.stats`` frozen
        distributions (or any object with ``rvs``), or :class:`When`. A list of dicts
        holds alternatives: a configuration comes from one of them. A
        ``ConfigurationSpace`` of the package ConfigSpace becomes a dict.

    Attributes
    ----------
    size : int or float
        Number of configurations, ``math.inf`` if there are infinitely many. A
        configuration that several alternatives contain counts in each of them.

    branches : tuple of tuple of Parameter
        The parameters of each alternative, parents before their children.

    columns : tuple of Parameter
        The coordinates of the unit cube. With several alternatives the first one is
        the choice among them. A parameter that several alternatives define alike is
        one coordinate.

    Raises
    ------
    TypeError
        If a name is not a string, or a value neither a sequence nor a distribution.

    ValueError
        If the space is empty, or a condition cannot hold.

    See Also
    --------
    When : Values that exist only when another parameter has certain values.

    Notes
    -----
    Keys are sorted, so the order in which a dict was written does not change what is
    drawn. The alternatives of a list are equally probable. (RandomizedSearchCV weights
    alternatives that consist of lists only by their number of configurations, so small
    alternatives are rarely drawn.)

    Examples
    --------
    >>> from sklearn_automl.space import SearchSpace, When
    >>> space = SearchSpace(
    ...     {"kernel": ["linear", "poly"], "degree": When("kernel", "poly", [2, 3])}
    ... )
    >>> space.size
    3
    >>> for config in space:
    ...     print(config)
    {'kernel': 'linear'}
    {'kernel': 'poly', 'degree': 2}
    {'kernel': 'poly', 'degree': 3}
    """

    def __init__(
        self, param_distributions: Mapping[str, Any] | Sequence[Mapping[str, Any]]
    ) -> None:
        self.branches = parse(param_distributions)
        self._names_of = tuple(frozenset(p.name for p in b) for b in self.branches)
        self.columns = self._make_columns()
        sizes = [_count(branch) for branch in self.branches]
        self.size: float = sum(sizes)
        if len(self.branches) > 1 and self.size <= _MAX_COUNTED:
            self.size = sum(1 for _ in self)  # alternatives can overlap

    @property
    def names(self) -> list[str]:
        """Names of all parameters, sorted."""
        return sorted({p.name for branch in self.branches for p in branch})

    def sample(self, rng: Generator) -> Configuration:
        """Draw a configuration.

        Parameters
        ----------
        rng : numpy.random.Generator
            Source of randomness.

        Returns
        -------
        config : dict
            Values of the active parameters.
        """
        branch = self.branches[int(rng.integers(len(self.branches)))]
        config: Configuration = {}
        for parameter in branch:
            if parameter.is_active(config):
                try:
                    config[parameter.name] = parameter.domain.sample(rng)
                # A user's own object may raise anything, at any call.
                except Exception as error:
                    raise drawing_failed(parameter.name, error) from error
        return config

    def __iter__(self) -> Iterator[Configuration]:
        """Yield each configuration of a finite space, in ``ParameterGrid``'s order."""
        if self.size == math.inf:
            raise ValueError(
                "This search space cannot be enumerated: "
                f"{', '.join(self._endless_names())} can take any number of values. "
                "Pass lists, or use a sampler other than 'grid'."
            )
        configs = chain.from_iterable(_enumerate(branch) for branch in self.branches)
        if len(self.branches) == 1:
            return configs
        return _each_once(configs, self.key)

    def encode(self, config: Configuration) -> np.ndarray:
        """Map a configuration to the unit cube.

        Parameters
        ----------
        config : dict
            A configuration of this space.

        Returns
        -------
        vector : ndarray of shape (n_columns,)
            Coordinates in [0, 1]; NaN where a parameter is inactive.
        """
        branch_index = self.branch_of(config)
        columns = self._column_of[branch_index]
        vector = np.full(len(self.columns), np.nan)
        if len(self.branches) > 1:
            vector[0] = (branch_index + 0.5) / len(self.branches)
        for parameter in self.branches[branch_index]:
            if parameter.name in config:
                value = config[parameter.name]
                vector[columns[parameter.name]] = parameter.domain.to_unit(value)
        return vector

    def decode(self, vector: np.ndarray) -> Configuration:
        """Map a point of the unit cube to the configuration there.

        Parameters
        ----------
        vector : ndarray of shape (n_columns,)
            Coordinates in [0, 1]. Those of parameters that turn out to be inactive
            are not read, and may be NaN.

        Returns
        -------
        config : dict
            Values of the active parameters.
        """
        n = len(self.branches)
        branch_index = 0 if n == 1 else min(int(vector[0] * n), n - 1)
        branch, columns = self.branches[branch_index], self._column_of[branch_index]
        config: Configuration = {}
        for parameter in branch:
            if parameter.is_active(config):
                u = float(vector[columns[parameter.name]])
                config[parameter.name] = parameter.domain.from_unit(u)
        return config

    def key(self, config: Configuration) -> Hashable:
        """Return what identifies ``config``, even if its values are not hashable.

        Parameters
        ----------
        config : dict
            A configuration of this space.

        Returns
        -------
        key : hashable
            Equal for two configurations if and only if they are the same.
        """
        i = self.branch_of(config)
        # None, not left out, where a parameter is inactive: places stay the same.
        return i, *(
            parameter.domain.key(config[parameter.name])
            if parameter.name in config
            else None
            for parameter in self.branches[i]
        )

    def conform(self, config: Configuration) -> Configuration:
        """Return ``config`` with the space's own values, of the space's own types.

        Parameters
        ----------
        config : dict
            A configuration of this space. Its values equal those of the space, as
            ``5.0`` and ``numpy.int64(5)`` equal ``5``; ``True`` does not count as a
            number.

        Returns
        -------
        config : dict
            A new one, with the same keys in the same order.
        """
        domains = {p.name: p.domain for p in self.branches[self.branch_of(config)]}
        return {name: domains[name].conform(value) for name, value in config.items()}

    def check(self, config: Configuration, label: str = "configuration") -> None:
        """Raise an error that says why ``config`` is not in this space.

        Parameters
        ----------
        config : dict
            The configuration to check.

        label : str, default="configuration"
            What to call it in the error.

        Raises
        ------
        TypeError
            If it is not a dict.

        ValueError
            If a name is unknown, missing or inactive, or a value outside its domain.
        """
        if not isinstance(config, dict):
            raise TypeError(
                f"{label} must be a dict of parameters, got {config!r} (of type "
                f"{type(config).__name__})."
            )
        if config not in self:
            # The alternative with the same names says most about what is wrong.
            closest = min(
                self.branches, key=lambda b: len({p.name for p in b} ^ {*config})
            )
            raise ValueError(
                f"{label}={config!r} is not in the search space: "
                f"{_why_not(config, closest)}"
            )

    def __contains__(self, config: object) -> bool:
        if not isinstance(config, dict):
            return False
        return any(self._is_of(i, config) for i in range(len(self.branches)))

    def branch_of(self, config: Configuration) -> int:
        """Return the number of the alternative that contains a configuration.

        Parameters
        ----------
        config : dict
            A configuration of this space.

        Returns
        -------
        branch_index : int
            Number of the first alternative that contains it.
        """
        if len(self.branches) == 1:
            return 0
        for i in range(len(self.branches)):
            if self._is_of(i, config):
                return i
        raise ValueError(f"{config!r} is not in the search space.")

    def _is_of(self, branch_index: int, config: Configuration) -> bool:
        """Tell whether ``config`` is of this alternative; ``_why_not`` says why not."""
        if not config.keys() <= self._names_of[branch_index]:
            return False
        # Parents come first: activity is looked up when they hold values they can have.
        return all(
            parameter.name in config and config[parameter.name] in parameter.domain
            if parameter.is_active(config)
            else parameter.name not in config
            for parameter in self.branches[branch_index]
        )

    def column_of(self, branch_index: int, parameter: Parameter) -> int:
        """Return the column of a parameter of an alternative.

        Parameters
        ----------
        branch_index : int
            Number of the alternative.

        parameter : Parameter
            One of its parameters.

        Returns
        -------
        column : int
            Place in ``columns``.
        """
        return self._column_of[branch_index][parameter.name]

    def _make_columns(self) -> tuple[Parameter, ...]:
        columns: list[Parameter] = []
        if len(self.branches) > 1:
            # Names, not numbers: the choice has no order.
            names = [f"alternative {i}" for i in range(len(self.branches))]
            columns.append(Parameter("", Choice(names)))
        self._column_of: list[dict[str, int]] = []
        for branch in self.branches:
            place = {}
            for parameter in branch:
                if parameter not in columns:
                    columns.append(parameter)
                place[parameter.name] = columns.index(parameter)
            self._column_of.append(place)
        return tuple(columns)

    def _endless_names(self) -> list[str]:
        endless = {
            repr(p.name)
            for branch in self.branches
            for p in branch
            if p.domain.size == math.inf
        }
        return sorted(endless)

    def __repr__(self) -> str:
        texts = []
        for branch in self.branches:
            items = [f"{p.name!r}: {p.describe()}" for p in branch]
            texts.append("{" + ", ".join(items) + "}")
        inner = texts[0] if len(texts) == 1 else "[" + ", ".join(texts) + "]"
        return f"SearchSpace({inner})"


def _each_once(
    configs: Iterator[Configuration], key: Callable[[Configuration], Hashable]
) -> Iterator[Configuration]:
    seen = set()
    for config in configs:
        if (its_key := key(config)) not in seen:
            seen.add(its_key)
            yield config


def _enumerate(branch: tuple[Parameter, ...]) -> Iterator[Configuration]:
    """Yield the configurations of a branch, the last parameter varying fastest."""
    if not any(p.conditions for p in branch):
        names = [p.name for p in branch]
        for values in product(*(list(p.domain.values()) for p in branch)):
            yield dict(zip(names, values, strict=True))
        return

    def extend(i: int, config: Configuration) -> Iterator[Configuration]:
        if i == len(branch):
            yield dict(config)
        elif not branch[i].is_active(config):
            yield from extend(i + 1, config)
        else:
            for value in branch[i].domain.values():
                yield from extend(i + 1, {**config, branch[i].name: value})

    yield from extend(0, {})


def _count(branch: tuple[Parameter, ...]) -> float:
    """Count the configurations without listing them.

    Only the values of parameters that others depend on are gone through, and each is
    forgotten after the last one that depends on it; the rest multiply.
    """
    domains = {p.name: p.domain for p in branch}
    last_use = {c.parent: i for i, p in enumerate(branch) for c in p.conditions}
    counts: dict[Hashable, tuple[Configuration, float]] = {(): ({}, 1)}
    for i, parameter in enumerate(branch):
        longer: dict[Hashable, tuple[Configuration, float]] = {}
        for config, n in counts.values():
            decisions = [config]
            if parameter.is_active(config):
                if parameter.name in last_use:
                    values = parameter.domain.values()
                    decisions = [{**config, parameter.name: v} for v in values]
                else:
                    n *= parameter.domain.size
            for decided in decisions:
                kept = {k: v for k, v in decided.items() if last_use[k] > i}
                key = tuple((k, domains[k].key(v)) for k, v in kept.items())
                _, n_before = longer.get(key, (kept, 0))
                longer[key] = kept, n_before + n
        counts = longer
    return sum(n for _, n in counts.values())


def _why_not(config: Configuration, branch: tuple[Parameter, ...]) -> str:
    """Say why ``config`` is not of this branch; nothing if it is."""
    names = {p.name for p in branch}
    for name in config:
        if name not in names:
            return f"{name!r} is not one of its parameters {sorted(names)}."
    # Parents come first: activity is looked up when they hold values they can have.
    for parameter in branch:
        name = parameter.name
        active = parameter.is_active(config)
        if active and name not in config:
            return f"{name!r} is missing."
        if not active and name in config:
            return f"{name!r} is not active: {parameter.describe()}."
        if active and config[name] not in parameter.domain:
            return f"{name!r}={config[name]!r} is outside of {parameter.domain!r}."
    return ""

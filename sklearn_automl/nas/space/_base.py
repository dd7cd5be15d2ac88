"""What all spaces have in common: decisions, and small steps from one to another."""

import copy
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from numbers import Integral, Real
from typing import Any, Self

import numpy as np
from numpy.random import Generator
from sklearn.base import BaseEstimator
from torch import nn

from sklearn_automl._options import HasOptions
from sklearn_automl.nas.architecture import HEADS, Architecture
from sklearn_automl.nas.networks import Network
from sklearn_automl.nas.space._supergraph import HEAD, HeadChoice, Path, SuperGraph
from sklearn_automl.space import Configuration, SearchSpace

__all__ = ["ArchitectureSpace", "is_integer", "is_list"]

# After so many steps that led nowhere, the architecture is drawn at random.
_MAX_TRIES = 100


class ArchitectureSpace(HasOptions, BaseEstimator, ABC):
    """A set of architectures, which decisions describe.

    Decisions may depend on each other. They are a
    :class:`~sklearn_automl.space.SearchSpace` of lists and conditions, so every sampler
    of such spaces can search architectures too. The constructor takes only options.
    :meth:`bind` returns a copy for inputs of one shape, and this copy has
    ``decisions``.
    """

    _decisions: SearchSpace
    _input_shape: tuple[int, ...]

    # ---- what a subclass decides -----------------------------------------------------

    @abstractmethod
    def _check(self) -> None:
        """Raise a ValueError if an option of a bound space cannot be used."""

    @abstractmethod
    def _param_distributions(self) -> Mapping[str, Any]:
        """Return the decisions of a bound space, as lists and ``When``."""

    @abstractmethod
    def architecture(self, config: Configuration) -> Architecture:
        """Return the architecture that decisions mean.

        Parameters
        ----------
        config : dict
            A configuration of ``decisions``.

        Returns
        -------
        architecture : Architecture
            Two configurations that mean the same network give equal architectures,
            unless only the order of branches differs.
        """

    def operation_names(self) -> tuple[str, ...] | None:
        """Return the operations that architectures of a bound space can have.

        Returns
        -------
        names : tuple of str or None
            Names in the registry. None if it is not known.
        """
        return None

    def reference(self) -> Configuration | None:
        """Return the decisions of a strong network that was designed by hand.

        A search trains this network first. So the table has a baseline, and no search
        ends with a lower score.

        Returns
        -------
        config : dict or None
            A configuration of ``decisions``. None if the space has no such network.
        """
        return None

    def _step(self, config: Configuration, rng: Generator) -> Configuration | None:
        """Return a neighbour, or None if the step that was drawn leads nowhere."""
        return self._altered(config, rng)

    # ---- one network for all of them -------------------------------------------------

    def supergraph(self) -> SuperGraph:
        """Return the graph that holds all architectures of a bound space.

        Returns
        -------
        graph : SuperGraph
            The graph from which a supernet is made.

        Raises
        ------
        ValueError
            If the options at one place give different shapes.
        """
        raise self._refuse_supernet("it has no supergraph")

    def path(self, config: Configuration) -> Path:  # noqa: ARG002
        """Return the path of an architecture in the graph of all architectures.

        Parameters
        ----------
        config : dict
            A configuration of ``decisions``.

        Returns
        -------
        path : dict of str to int
            For each choice of :meth:`supergraph`, the number of the option that is
            taken.
        """
        raise self._refuse_supernet("it has no supergraph")

    def config_of(self, path: Path) -> Configuration:  # noqa: ARG002
        """Return the decisions that a path means: the inverse of :meth:`path`.

        Parameters
        ----------
        path : dict of str to int
            For each choice, the number of an option.

        Returns
        -------
        config : dict
            A configuration of ``decisions``.
        """
        raise self._refuse_supernet("it has no supergraph")

    def strongest(self, weights: Mapping[str, np.ndarray]) -> Path:
        """Return the path whose options have the largest weights.

        Parameters
        ----------
        weights : dict of str to ndarray
            For each choice, the weights of its options.

        Returns
        -------
        path : dict of str to int
            A path of one architecture.
        """
        return {name: int(values.argmax()) for name, values in weights.items()}

    def skip_groups(self) -> list[list[str]]:
        """Return groups of choices; each group has its own limit of identities."""
        return [list(self.supergraph().choices)]

    def check_sharing(self) -> None:
        """Raise a ValueError if architectures of a bound space cannot share weights."""
        if self.makes_own_modules:
            raise self._refuse_supernet("its build makes modules of its own")
        self.supergraph()  # says what is in its way

    def _check_heads_mix(self) -> None:
        """Refuse heads that give vectors of different lengths."""
        if len(self._heads()) > 1 and "flatten" in self._heads():
            raise self._refuse_supernet(
                "'flatten' gives longer vectors than its other heads. Pass "
                "heads=['flatten'] or leave it out"
            )

    def _refuse_supernet(self, why: str) -> ValueError:
        return ValueError(
            f"{type(self).__name__} cannot share weights: {why}. Strategies and "
            "estimations without a supernet can search it as it is."
        )

    # ---- for those who search --------------------------------------------------------

    def bind(self, input_shape: Sequence[int]) -> Self:
        """Return a copy of this space for inputs of one shape.

        Parameters
        ----------
        input_shape : tuple of int
            ``(n_features,)``, ``(n_channels, length)`` or ``(n_channels, height,
            width)``.

        Returns
        -------
        space : ArchitectureSpace
            The copy.

        Raises
        ------
        ValueError
            If an option cannot be used at all, or cannot be used for inputs of this
            shape.
        """
        bound = copy.copy(self)
        bound._input_shape = tuple(int(size) for size in input_shape)
        if not 1 <= len(bound._input_shape) <= 3:
            raise ValueError(
                f"input_shape={input_shape!r} must have one, two or three sizes: "
                "features, or channels and the size of a sequence or an image."
            )
        bound._check()
        bound._decisions = SearchSpace(bound._param_distributions())
        return bound

    @property
    def decisions(self) -> SearchSpace:
        """The decisions of a bound space."""
        if not hasattr(self, "_decisions"):
            raise RuntimeError(
                f"This {type(self).__name__} is not bound to a shape of inputs yet: "
                "call bind(input_shape) and use the copy it returns."
            )
        return self._decisions

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of one input of a bound space."""
        return self._input_shape

    @property
    def n_dims(self) -> int:
        """0 for flat data, 1 for sequences, 2 for images."""
        return len(self._input_shape) - 1

    @property
    def makes_own_modules(self) -> bool:
        """Whether a subclass makes other modules than :class:`Network`."""
        return type(self).build is not ArchitectureSpace.build

    def build(self, architecture: Architecture, n_outputs: int) -> nn.Module:
        """Return the network of an architecture, with new weights.

        A subclass can return another module, for instance with an architecture as one
        of its parts. Every training then trains this module. If the module has a method
        ``standardize``, it is called with the training inputs first.

        Parameters
        ----------
        architecture : Architecture
            Of this bound space.

        n_outputs : int
            Number of outputs of the network.

        Returns
        -------
        network : Module
            A torch module that returns logits of classes, or standardised predictions.
            It shares no weights with modules that this method returned before.
        """
        return Network(architecture, self._input_shape, n_outputs)

    def mutate(self, config: Configuration, rng: Generator) -> Configuration:
        """Return a neighbour: another architecture that is one step away.

        Parameters
        ----------
        config : dict
            A configuration of ``decisions``. It is not changed.

        rng : numpy.random.Generator
            Source of randomness.

        Returns
        -------
        config : dict
            The neighbour. In a space with only one architecture, it is `config`.
        """
        own = self.architecture(config)
        for _ in range(_MAX_TRIES):
            other = self._step(config, rng)
            if other is not None and self.architecture(other) != own:
                return other
        return self.decisions.sample(rng)

    def crossover(
        self, first: Configuration, second: Configuration, rng: Generator
    ) -> Configuration:
        """Return a mixture: each decision comes from one of two parents.

        Parameters
        ----------
        first, second : dict
            Configurations of ``decisions``.

        rng : numpy.random.Generator
            Source of randomness.

        Returns
        -------
        config : dict
            The mixture. A decision that only one parent has is taken from this parent.
        """
        mixed = {**first, **second}
        for name in sorted(first.keys() & second.keys()):
            mixed[name] = (first, second)[int(rng.integers(2))][name]
        return self._completed(mixed, rng)

    # ---- helpers of the subclasses ---------------------------------------------------

    def _altered(
        self, config: Configuration, rng: Generator, fixed: str = ""
    ) -> Configuration | None:
        """Change one decision to another value, not that of the name ``fixed``."""
        changeable = [
            p
            for p in self.decisions.branches[0]
            if p.name in config and p.name != fixed and p.domain.size > 1
        ]
        if not changeable:
            return None
        chosen = changeable[int(rng.integers(len(changeable)))]
        own = chosen.domain.key(config[chosen.name])
        others = [v for v in chosen.domain.values() if chosen.domain.key(v) != own]
        altered = dict(config)
        altered[chosen.name] = others[int(rng.integers(len(others)))]
        return self._completed(altered, rng)

    def _completed(self, config: Configuration, rng: Generator) -> Configuration:
        """Return the same decisions without those that are inactive.

        What is missing, or is not possible, is drawn.
        """
        complete: Configuration = {}
        for parameter in self.decisions.branches[0]:
            if parameter.is_active(complete):
                name = parameter.name
                if name in config and config[name] in parameter.domain:
                    complete[name] = config[name]
                else:
                    complete[name] = parameter.domain.sample(rng)
        return complete

    def _nearest(self, wanted: Mapping[str, Any]) -> Configuration:
        """Return a configuration that is as close to what is wanted as lists allow.

        What is not wanted in any way gets the first value of its list.
        """
        config: Configuration = {}
        for parameter in self.decisions.branches[0]:
            if parameter.is_active(config):
                values = list(parameter.domain.values())
                value = wanted.get(parameter.name)
                config[parameter.name] = _closest(value, values)
        return config

    def _check_list(self, name: str, allowed: Sequence[Any], which: str = "") -> None:
        """Refuse an option that is no list, or holds what is not allowed."""
        values = getattr(self, name)
        if not is_list(values) or any(v not in allowed for v in values):
            raise self._refuse(
                name, f"a list of some of {', '.join(map(repr, allowed))}{which}"
            )

    def _check_positive(self, name: str) -> None:
        """Refuse an option that is no positive integer."""
        if not is_integer(getattr(self, name), 1):
            raise self._refuse(name, "a positive integer")

    def _check_positives(self, name: str) -> None:
        """Refuse an option that is no list of positive integers."""
        values = getattr(self, name)
        if not is_list(values) or not all(is_integer(v, 1) for v in values):
            raise self._refuse(name, "a list of integers, each at least 1")

    def _heads(self) -> tuple[str, ...]:
        """Return the heads to choose from; flat data has none."""
        return ("avg",) if self.n_dims == 0 else tuple(self.heads or ("avg", "max"))

    def _check_heads(self) -> None:
        if self.heads is not None:
            self._check_list("heads", HEADS)

    def _head_choice(self) -> HeadChoice:
        return HeadChoice(self._heads())

    def _head_decision(self) -> dict[str, Any]:
        """Return the decision for a head, if there are several."""
        heads = list(self._heads())
        return {HEAD: heads} if len(heads) > 1 else {}

    def _head(self, config: Configuration) -> str:
        """Return the head of an architecture."""
        head: str = config.get(HEAD, self._heads()[0])
        return head

    def _path_of_head(self, config: Configuration) -> dict[str, int]:
        """Return the part of a path that a decision for a head means."""
        return {HEAD: self._heads().index(config[HEAD])} if HEAD in config else {}

    def _head_on(self, path: Path) -> Configuration:
        """Return the decision for a head that a path means."""
        return {HEAD: self._heads()[path[HEAD]]} if HEAD in path else {}


def is_list(values: Any) -> bool:
    """Tell whether it is a list of something, or a tuple."""
    is_sequence = isinstance(values, Sequence) and not isinstance(values, str)
    return is_sequence and len(values) > 0


def is_integer(value: Any, least: int) -> bool:
    is_number = isinstance(value, Integral) and not isinstance(value, bool)
    return is_number and value >= least


def _closest(wanted: Any, values: Sequence[Any]) -> Any:
    """Return the value that is wanted, or the nearest number, or the first value."""
    if wanted in values:
        return wanted
    if isinstance(wanted, Real) and all(isinstance(v, Real) for v in values):
        return min(values, key=lambda value: abs(value - wanted))
    return values[0]

"""Spaces of the arguments of a user's own module."""

import copy
import difflib
import inspect
from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.random import Generator
from torch import nn

from sklearn_automl._options import refusal
from sklearn_automl.nas.architecture import INPUT, Architecture, Node
from sklearn_automl.nas.networks import StandardizedInputs
from sklearn_automl.nas.space._base import ArchitectureSpace
from sklearn_automl.space import Configuration, When

__all__ = ["ModuleSpace", "module_of"]

# What an architecture can hold as it is.
_PLAIN = bool | int | float | str | None

# The decision where there is nothing to decide. No argument has this name.
_NOTHING = "module"


class ModuleSpace(ArchitectureSpace):
    """Networks of your own module, whose constructor's arguments are searched.

    Read more in the :ref:`User Guide <nas_own_modules>`.

    .. versionadded:: 0.1

    Parameters
    ----------
    module : class or callable
        A class of torch modules, or a function that returns a module. The module must
        return logits of classes, or predictions of the standardised target. If it has
        arguments named ``input_shape``, ``n_inputs`` (the number of features or
        channels) or ``n_outputs``, their values are taken from the data.

    standardize : bool, default=True
        Whether the inputs of the module are standardised, as for other networks. If
        True, a wrapper standardises them, and your module is ``module_.module``.

    **arguments : dict
        Arguments of the module. Lists, distributions and
        :class:`~sklearn_automl.space.When` are searched. Anything else is passed on as
        it is. If an argument is a module, each network gets a copy of it. Results show
        the names of classes and other objects in a list.

    See Also
    --------
    ChainSpace : Layers that follow each other, without a module of your own.

    Notes
    -----
    Strategies and estimations with a supernet cannot search this space, because modules
    with different arguments cannot share weights.

    Examples
    --------
    >>> import numpy as np
    >>> from torch import nn
    >>> from sklearn_automl.nas import ModuleSpace
    >>> class Perceptron(nn.Sequential):
    ...     def __init__(self, n_inputs, n_outputs, width=8, activation=nn.ReLU):
    ...         first, last = nn.Linear(n_inputs, width), nn.Linear(width, n_outputs)
    ...         super().__init__(first, activation(), last)
    >>> space = ModuleSpace(Perceptron, width=[8, 16], activation=[nn.ReLU, nn.GELU])
    >>> space = space.bind((4,))
    >>> config = space.decisions.sample(np.random.default_rng(0))
    >>> space.architecture(config).nodes[0].label
    'Perceptron to 16 GELU'
    """

    def __init__(self, module: Any, *, standardize: bool = True, **arguments: Any):
        self.module = module
        self.standardize = standardize
        self.arguments = arguments

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: ARG002
        """Get the module and its arguments.

        Parameters
        ----------
        deep : bool, default=True
            Makes no difference.

        Returns
        -------
        params : dict
            Names and values.
        """
        return {
            "module": self.module,
            "standardize": self.standardize,
            **self.arguments,
        }

    def set_params(self, **params: Any) -> Self:
        """Set the module or its arguments, including new arguments.

        Parameters
        ----------
        **params : dict
            Names and values.

        Returns
        -------
        space : ModuleSpace
            This space.
        """
        for name in ("module", "standardize"):
            if name in params:
                setattr(self, name, params.pop(name))
        self.arguments = {**self.arguments, **params}
        return self

    # ---- as ArchitectureSpace says ---------------------------------------------------

    def operation_names(self) -> tuple[str, ...]:
        """Return the operations that architectures can have: none is registered.

        Returns
        -------
        names : tuple
            Empty.
        """
        return ()

    def architecture(self, config: Configuration) -> Architecture:
        """Return the architecture that decisions mean.

        Parameters
        ----------
        config : dict
            A configuration of ``decisions``.

        Returns
        -------
        architecture : Architecture
            One node, whose options are the arguments that were chosen.
        """
        options = {
            name: _checked(name, value)
            for name, value in config.items()
            if name != _NOTHING
        }
        name = _name_of(self.module)
        node = Node("module", name, (INPUT,), tuple(sorted(options.items())))
        return Architecture((node,))

    def build(self, architecture: Architecture, n_outputs: int) -> nn.Module:
        """Return the module of an architecture, with new weights.

        Parameters
        ----------
        architecture : Architecture
            Of this bound space.

        n_outputs : int
            How many numbers the network gives.

        Returns
        -------
        module : Module
            Your module, with a wrapper that standardises the inputs if `standardize` is
            True.
        """
        arguments = {
            **self._of_data(n_outputs),
            **self._fixed(),
            **self._chosen(architecture),
        }
        module = self.module(**{name: _own(v) for name, v in arguments.items()})
        if not isinstance(module, nn.Module):
            raise TypeError(
                f"module={self.module!r} of ModuleSpace returned {module!r}; it must "
                "return a torch Module."
            )
        # A module that standardises its inputs itself gets them as they are.
        if not self.standardize or hasattr(module, "standardize"):
            return module
        return StandardizedInputs(module, self._input_shape)

    def settled(self, architecture: Architecture) -> "ModuleSpace":
        """Return the space of this one architecture.

        Parameters
        ----------
        architecture : Architecture
            Of this bound space.

        Returns
        -------
        space : ModuleSpace
            Not bound. Nothing is left to be searched.
        """
        arguments = {**self._fixed(), **self._chosen(architecture)}
        return type(self)(self.module, standardize=self.standardize, **arguments)

    def check_sharing(self) -> None:
        """Raise a ValueError, because modules of your own cannot share weights."""
        raise self._refuse_supernet(
            "modules with different arguments have no weights in common"
        )

    def _check(self) -> None:
        if not callable(self.module) or isinstance(self.module, nn.Module):
            raise self._refuse(
                "module", "a class of torch modules, or a function that returns one"
            )
        is_other_class = inspect.isclass(self.module) and not issubclass(
            self.module, nn.Module
        )
        if is_other_class:
            raise self._refuse("module", "a subclass of torch.nn.Module")
        if not isinstance(self.standardize, bool):
            raise self._refuse("standardize", "True or False")
        for name, value in self.arguments.items():
            if isinstance(value, list) and not value:
                raise refusal(name, value, "ModuleSpace", "a list of some values")
        self._check_arguments()

    def _check_arguments(self) -> None:
        """Refuse arguments that the module does not take, and miss those it needs."""
        parameters = inspect.signature(self.module).parameters
        takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
        for name in self.arguments:
            if name not in parameters and not takes_any:
                near = difflib.get_close_matches(name, parameters, 1)
                hint = f" Did you mean {near[0]!r}?" if near else ""
                raise ValueError(
                    f"{name!r} is not an argument of {_name_of(self.module)}.{hint} It "
                    f"takes {', '.join(parameters)}."
                )
        known = {*self.arguments, "input_shape", "n_inputs", "n_outputs"}
        variable = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
        for name, parameter in parameters.items():
            is_needed = parameter.default is parameter.empty
            if is_needed and parameter.kind not in variable and name not in known:
                raise ValueError(
                    f"{_name_of(self.module)} needs the argument {name!r}: pass "
                    f"ModuleSpace({_name_of(self.module)}, {name}=...)."
                )

    def _param_distributions(self) -> Mapping[str, Any]:
        searched = {k: v for k, v in self.arguments.items() if _is_searched(v)}
        pairs = {k: _with_texts(_leaf(v)) for k, v in searched.items()}
        decisions = {k: _as_texts(v, pairs[k], pairs) for k, v in searched.items()}
        return decisions or {_NOTHING: [_name_of(self.module)]}

    def _step(self, config: Configuration, rng: Generator) -> Configuration | None:
        names = [
            p.name
            for p in self.decisions.branches[0]
            if p.name in config and p.domain.size > 1
        ]
        if not names:
            return None
        name = names[int(rng.integers(len(names)))]
        # What is missing is drawn, along with what depends on it.
        rest = {k: v for k, v in config.items() if k != name}
        return self._completed(rest, rng)

    # ---- arguments -------------------------------------------------------------------

    def _fixed(self) -> dict[str, Any]:
        return {k: v for k, v in self.arguments.items() if not _is_searched(v)}

    def _of_data(self, n_outputs: int) -> dict[str, Any]:
        """Return what the module wants to know of the data."""
        found = {
            "input_shape": self._input_shape,
            "n_inputs": self._input_shape[0],
            "n_outputs": n_outputs,
        }
        parameters = inspect.signature(self.module).parameters
        return {name: value for name, value in found.items() if name in parameters}

    def _chosen(self, architecture: Architecture) -> dict[str, Any]:
        """Return the arguments that the options of a node mean."""
        chosen = {}
        for name, text in architecture.nodes[-1].options:
            argument = self.arguments.get(name)
            if not _is_searched(argument):
                continue  # in a space that is settled, it is there as it is
            values = [v for t, v in _with_texts(_leaf(argument)) if _is_same(t, text)]
            chosen[name] = values[0] if values else text
        return chosen


def module_of(space: ArchitectureSpace) -> dict[str, Any]:
    """Return the parameters of a net that make it train what a space makes.

    Parameters
    ----------
    space : ArchitectureSpace
        Of the architectures.

    Returns
    -------
    dict
        Empty if those are networks of ours.
    """
    return {"module": space} if space.makes_own_modules else {}


def _is_searched(value: Any) -> bool:
    return isinstance(value, list | range | When) or hasattr(value, "rvs")


def _own(value: Any) -> Any:
    """Return what a network may train: a copy of a module."""
    return copy.deepcopy(value) if isinstance(value, nn.Module) else value


def _name_of(value: Any) -> str:
    name = getattr(value, "__qualname__", None) or type(value).__qualname__
    return str(name).rpartition(".")[2]


def _leaf(value: Any) -> Any:
    """Return the list or the distribution under conditions."""
    while isinstance(value, When):
        value = value.domain
    return value


def _with_texts(values: Any) -> list[tuple[Any, Any]]:
    """Return a text for each value of a list that is no text or number itself.

    Decisions and architectures hold these: they are written to files, and compared in
    other processes.
    """
    pairs: list[tuple[Any, Any]] = []
    if not isinstance(values, list | range):
        return pairs
    for i, value in enumerate(values):
        text = value.item() if isinstance(value, np.generic) else value
        if not isinstance(text, _PLAIN):
            text = _name_of(value) if hasattr(value, "__qualname__") else repr(value)
            # An address is another one in the next process.
            if " at 0x" in text or any(_is_same(text, other) for other, _ in pairs):
                text = f"{_name_of(value)} {i}"
        pairs.append((text, value))
    return pairs


def _as_texts(value: Any, own: list[tuple[Any, Any]], all_pairs: Any) -> Any:
    """Return what a space of decisions gets in the place of values."""
    if not isinstance(value, When):
        return [text for text, _ in own] if own else value
    deciding = all_pairs.get(value.parent, [])
    several = isinstance(value.values, list | tuple | set)
    values = [
        _text_among(deciding, v) for v in (value.values if several else [value.values])
    ]
    return When(value.parent, values, _as_texts(value.domain, own, all_pairs))


def _text_among(pairs: list[tuple[Any, Any]], value: Any) -> Any:
    texts = [text for text, other in pairs if other is value]
    return texts[0] if texts else value


def _is_same(text: Any, other: Any) -> bool:
    return type(text) is type(other) and text == other


def _checked(name: str, value: Any) -> Any:
    """Return what a distribution drew, if an architecture can hold it."""
    if isinstance(value, _PLAIN):
        return value
    raise ValueError(
        f"The distribution of {name!r} of ModuleSpace drew {value!r}. It must draw "
        "numbers or text; pass a list of anything else."
    )

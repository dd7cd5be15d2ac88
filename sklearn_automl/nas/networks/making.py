"""How a net gets its module: from a class, or from an architecture and its space."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from torch import nn

from sklearn_automl.nas.architecture import Architecture
from sklearn_automl.nas.networks.datasets import rows_of

__all__ = ["Made", "is_space", "made_by"]


class Made:
    """A net whose module can be that of an architecture.

    The shape of the inputs and the number of outputs are those of the data that a fit
    begins with, unless ``module__input_shape`` and ``module__n_outputs`` say them.
    """

    module: Any
    criterion: Any
    architecture: Architecture | None
    count_outputs: Any
    get_params_for: Any
    initialized_instance: Any

    def look_at(self, X: Any, y: Any) -> None:
        """Take note of the shapes that the module of an architecture depends on.

        Parameters
        ----------
        X : array-like, tensor or torch Dataset
            The inputs.

        y : array-like, tensor or None
            The target.
        """
        if self.architecture is None:
            return
        X, y = rows_of(X, y)
        if y is not None:
            self.input_shape_ = tuple(np.shape(X)[1:])
            self.n_outputs_ = self.count_outputs(y)

    def initialize_module(self) -> Any:
        """Make the module."""
        options = self.get_params_for("module")
        if self.architecture is not None:
            options["architecture"] = self.architecture
            for name in ("input_shape", "n_outputs"):
                if name not in options:
                    options[name] = self._seen(f"{name}_")
        elif is_space(self.module) or getattr(self.module, "needs_architecture", False):
            raise ValueError(
                f"{type(self).__name__} has no architecture: pass one, such as "
                "best_architecture_ of a search, or a module of your own."
            )
        if is_space(self.module):
            self.module_ = made_by(self.module, **options)
        else:
            self.module_ = self.initialized_instance(self.module, options)
        return self

    def make_criterion(self) -> Any:
        """Return the loss, for those who train without this net.

        Returns
        -------
        criterion : Module
            What the net would make.
        """
        options = self.get_params_for("criterion")
        return self.initialized_instance(self.criterion, options)

    def _seen(self, name: str) -> Any:
        if not hasattr(self, name):
            raise ValueError(
                f"{type(self).__name__} does not know the shape of the data yet: call "
                "fit or partial_fit, or pass module__input_shape and "
                "module__n_outputs."
            )
        return getattr(self, name)


def is_space(module: Any) -> bool:
    """Tell whether something is a space of architectures, and no class of modules."""
    return hasattr(module, "bind") and hasattr(module, "build")


def made_by(
    space: Any,
    architecture: Architecture | Mapping[str, Any],
    input_shape: tuple[int, ...],
    n_outputs: int,
) -> nn.Module:
    """Return the module that a space makes of an architecture.

    Parameters
    ----------
    space : ArchitectureSpace
        Whose ``build`` makes it.

    architecture : Architecture or dict
        Of the space, or what its ``to_dict`` returns.

    input_shape : tuple of int
        Shape of one input.

    n_outputs : int
        How many numbers it is to give.

    Returns
    -------
    module : Module
        With new weights.

    Raises
    ------
    TypeError
        If the space has made something else.
    """
    if not isinstance(architecture, Architecture):
        architecture = Architecture.from_dict(architecture)
    module = space.bind(input_shape).build(architecture, n_outputs)
    if not isinstance(module, nn.Module):
        raise TypeError(
            f"build of {type(space).__name__} returned {module!r} (of type "
            f"{type(module).__name__}); it must return a torch Module."
        )
    return module

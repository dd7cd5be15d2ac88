"""Options of the net that trains: named as in skorch, with two underscores."""

import inspect
from typing import Any

import torch
from sklearn.base import BaseEstimator, clone
from sklearn.metrics import get_scorer
from torch import nn

from sklearn_automl._sklearn_compat import (
    InvalidParameterError,
    asks_for_probabilities,
)
from sklearn_automl.nas.networks import check_weighable

__all__ = ["NetOptions", "is_net_option"]

# The name that options have together in the constructor.
_WHOLE = "net_options"

# What options can be of; those of the module belong to the search space.
_OF = ("callbacks", "criterion", "iterator_train", "iterator_valid", "optimizer")
# Options of the net itself.
_OWN = ("memory_format", "mixed_precision")

# On seven tables of at most 2,000 rows, accuracy after 1,500 steps is 0.3 points higher
# than without. See `benchmarks/bench_nas_tables.py`.
# Measured on tables (+.3 points). On sequences it costs as much: lean cells of
# `benchmarks/bench_nas.py mnist1d-lean`, two seeds.
_SMOOTHING, _LABEL_SMOOTHING = "criterion__label_smoothing", 0.1

_OPTIMIZERS: dict[str, tuple[Any, dict[str, Any]]] = {
    "adam": (torch.optim.Adam, {}),
    "adamw": (torch.optim.AdamW, {}),
    "sgd": (torch.optim.SGD, {"momentum": 0.9, "nesterov": True}),
}


class NetOptions(BaseEstimator):
    """An estimator that hands options like ``criterion__weight`` to its net."""

    optimizer: Any
    criterion: Any
    callbacks: Any
    weight_decay: float
    scoring: Any
    input_shape_: tuple[int, ...]

    #: The optimizers that have a name.
    _optimizer_names = frozenset(_OPTIMIZERS)

    def _take_net_options(self, options: dict[str, Any]) -> None:
        """Store what a constructor has got beside its parameters.

        Parameters
        ----------
        options : dict
            Their names have two underscores.

        Raises
        ------
        TypeError
            If one is no option of the net.
        """
        for name in options:
            # That of the argument itself is refused later, as values are.
            if not is_net_option(name) and name != _WHOLE:
                raise TypeError(
                    f"{type(self).__name__}.__init__() got an unexpected keyword "
                    f"argument {name!r}. Options of the net are "
                    f"{' and '.join(_OWN)}, and those that begin with "
                    f"{', '.join(f'{prefix}__' for prefix in _OF)}."
                )
        self._store(options)

    def _net_options(self) -> dict[str, Any]:
        """Return the options of the net that were given.

        Returns
        -------
        dict
            Names and values.
        """
        return {k: v for k, v in vars(self).items() if is_net_option(k) or k == _WHOLE}

    def get_params(self, deep=True):
        """Get parameters, those of the net included.

        Parameters
        ----------
        deep : bool, default=True
            Whether parameters of the search space and other objects are included.

        Returns
        -------
        dict
            Names and values.
        """
        return {**super().get_params(deep=deep), **self._net_options()}

    def set_params(self, **params):
        """Set parameters, those of the net included.

        Parameters
        ----------
        **params : dict
            Names and values.

        Returns
        -------
        object
            The estimator itself.
        """
        own = {k: v for k, v in params.items() if is_net_option(k)}
        super().set_params(**{k: v for k, v in params.items() if k not in own})
        self._store(own)
        return self

    def _store(self, options: dict[str, Any]) -> None:
        for name, value in options.items():
            setattr(self, name, value)

    def _options_of_training(self) -> dict[str, Any]:
        """Return the options of the net: its loss, its optimizer and what is in them.

        Returns
        -------
        dict
            Parameters of a skorch net.
        """
        if isinstance(self.optimizer, str):
            optimizer, options = _OPTIMIZERS[self.optimizer]
        else:
            optimizer, options = self.optimizer, {}
        if "weight_decay" in inspect.signature(optimizer).parameters:
            options = {**options, "weight_decay": self.weight_decay}
        found = {f"optimizer__{name}": value for name, value in options.items()}
        found["optimizer"] = optimizer
        if self.criterion is not None:
            found["criterion"] = self.criterion
        if _WHOLE in vars(self):
            raise InvalidParameterError(
                f"{type(self).__name__} takes the options of the net by their names: "
                f"pass {type(self).__name__}(**options), not {_WHOLE}=options."
            )
        return {**found, **self._net_options()}

    def _smoothing(self) -> dict[str, Any]:
        """Return how labels are smoothed, where the user has not decided on the loss.

        Returns
        -------
        dict
            An option of the net, or none.
        """
        if self.criterion is not None or _SMOOTHING in self._net_options():
            return {}
        if len(self.input_shape_) > 1:
            return {}  # small networks of convolutions hardly overfit
        scorer = self.scoring
        if isinstance(scorer, str):
            scorer = get_scorer(scorer)
        if asks_for_probabilities(scorer):
            return {}  # smoothed probabilities are too far from 0 and 1
        return {_SMOOTHING: _LABEL_SMOOTHING}

    def _check_net(
        self, net: Any, *, makes_own_modules: bool, weighs_rows: bool
    ) -> None:
        """Refuse options that no training could begin with.

        Parameters
        ----------
        net : skorch net
            The one that is going to be trained.

        makes_own_modules : bool
            Whether the search space makes other modules than ours.

        weighs_rows : bool
            Whether rows have weights in the loss.

        Raises
        ------
        InvalidParameterError
            If an option cannot be used.

        ValueError
            If the loss cannot weigh rows, and has to.
        """
        net = clone(net)
        try:
            net.check_computing(type(self).__name__)
        except ValueError as error:
            raise InvalidParameterError(str(error)) from error
        parts = {
            "criterion": net.make_criterion,
            "optimizer": lambda: _make_optimizer(net),
            "callbacks": net.initialize_callbacks,
        }
        made = {}
        for name, make in parts.items():
            if name == "callbacks" and self.callbacks == "disable":
                continue
            try:
                made[name] = make()
            # The constructors are the user's, or torch's.
            except Exception as error:
                raise InvalidParameterError(
                    f"The {name!r} parameter of {type(self).__name__}, with the "
                    f"options that begin with {name}__, cannot be used: {error}"
                ) from error
        self._check_names_of_callbacks(net)
        if weighs_rows:
            check_weighable(made["criterion"])
        if isinstance(made["criterion"], nn.NLLLoss) and not makes_own_modules:
            raise InvalidParameterError(
                "criterion=NLLLoss needs probabilities, and the networks of this "
                "search space return logits. Pass CrossEntropyLoss, or a search space "
                "that makes your own modules."
            )

    def _check_names_of_callbacks(self, net: Any) -> None:
        """Refuse an option of a callback that is not there; skorch ignores it."""
        known = {name for name, _ in getattr(net, "callbacks_", [])}
        known |= {name for name, _ in net.get_default_callbacks()}
        for option in self._net_options():
            prefix, name = [*option.split("__"), ""][:2]
            if prefix == "callbacks" and name not in known:
                raise InvalidParameterError(
                    f"{option} is an option of a callback that does not exist. The "
                    f"callbacks are {', '.join(sorted(known))}. To name another one, "
                    f"pass a pair, such as callbacks=[({name!r}, callback)]."
                )


def is_net_option(name: str) -> bool:
    """Tell whether a parameter of a search is an option of its nets."""
    prefix, separator, rest = name.partition("__")
    return name in _OWN or (prefix in _OF and bool(separator) and bool(rest))


def _make_optimizer(net: Any) -> None:
    weight = nn.Parameter(torch.zeros(1))
    args, options = net.get_params_for_optimizer("optimizer", [("weight", weight)])
    net.optimizer(*args, **options)

"""Keywords that other packages have, and what they are called here."""

from collections.abc import Callable
from functools import wraps
from inspect import Parameter, signature
from typing import Any

from sklearn_automl.model_selection._parameter_names import did_you_mean

__all__ = ["explaining_keywords"]

_SPACE = ("param_distributions", "param_grid")
_NUMBER = ("n_iter", "n_generations")
_NAMES_HERE = {
    "config": _SPACE,
    "iid": (),
    "max_budget": ("max_resources",),
    "max_evals": _NUMBER,
    "min_budget": ("min_resources",),
    "n_calls": _NUMBER,
    "n_candidates": _NUMBER,
    "n_iter": _NUMBER,
    "n_trials": _NUMBER,
    "num_samples": _NUMBER,
    "param_distributions": _SPACE,
    "param_grid": _SPACE,
    "param_space": _SPACE,
    "pre_dispatch": (),
    "reduction_factor": ("factor",),
    "search_spaces": _SPACE,
    "seed": ("random_state",),
    "space": _SPACE,
    "timeout": ("time_limit", "trial_timeout"),
}


def explaining_keywords(init: Callable[..., None]) -> Callable[..., None]:
    """Return a constructor that says what an unknown keyword is called here."""
    parameters = signature(init).parameters
    if any(p.kind is Parameter.VAR_KEYWORD for p in parameters.values()):
        return init  # a class of the user's, which passes on what it does not know
    names = [name for name in parameters if name != "self"]

    @wraps(init)
    def explaining(self: Any, *args: Any, **params: Any) -> None:
        for name in params:
            if name not in names:
                raise TypeError(
                    f"{type(self).__name__}.__init__() got an unexpected keyword "
                    f"argument {name!r}.{_advice(name, names)}"
                )
        init(self, *args, **params)

    return explaining


def _advice(name: str, names: list[str]) -> str:
    if name not in _NAMES_HERE:
        return did_you_mean(name, names)
    if "n_iter" in _NAMES_HERE[name] and "n_iterations" in names:
        return " The rungs say how many are tried; 'n_iterations' repeats them."
    here = [repr(n) for n in _NAMES_HERE[name] if n in names]
    if not here:
        return " Leave it out: nothing here depends on it."
    return f" It is called {' or '.join(here)} here."

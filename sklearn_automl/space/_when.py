"""Conditions between hyperparameters."""

from typing import Any

__all__ = ["When"]


class When:
    """Values of a parameter that exists only when another one has certain values.

    Parameters
    ----------
    parent : str
        Name of the parameter that decides, a key of the same dict.

    values : object or list, tuple or set of objects
        The value of `parent` under which the parameter is active, or several of them.
        If a value is an estimator, it must be the same object as in the list of
        `parent`.

    domain : list, distribution or When
        What the parameter can be when it is active: anything that is allowed as a
        value of `param_distributions`. A nested `When` means that both conditions
        must hold.

    See Also
    --------
    SearchSpace : The space that such conditions are part of.

    Notes
    -----
    An inactive parameter is left out of the configuration, so the estimator keeps the
    value that it has.

    Examples
    --------
    >>> from scipy.stats import loguniform
    >>> from sklearn_automl.space import When
    >>> param_distributions = {
    ...     "kernel": ["linear", "rbf", "poly"],
    ...     "gamma": When("kernel", ["rbf", "poly"], loguniform(1e-4, 1e1)),
    ...     "degree": When("kernel", "poly", [2, 3, 4]),
    ... }
    """

    def __init__(self, parent: str, values: Any, domain: Any) -> None:
        self.parent = parent
        self.values = values
        self.domain = domain

    def __repr__(self) -> str:
        return f"When({self.parent!r}, {self.values!r}, {self.domain!r})"

"""Portfolios: a few configurations of an estimator that together do well on most data.

``benchmarks/make_portfolios.py`` makes them. The file has numbers for unknown data;
``space/defaults/_units.py`` says which of them depend on the data, and how.
"""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from sklearn.base import is_classifier, is_regressor

from sklearn_automl.space import Configuration, SearchSpace, nearest
from sklearn_automl.space.defaults import (
    DataShape,
    models_of,
    space_for,
    unit_of,
)

__all__ = ["default_portfolio", "portfolio_for"]

_TASKS = ("classification", "regression")


def default_portfolio(
    estimator: Any, task: str | None = None, X: Any = None, y: Any = None
) -> list[Configuration]:
    """Return configurations that together do well on most data, the best one first.

    They are what ``initial_params="portfolio"`` tries first.

    Parameters
    ----------
    estimator : estimator object
        An estimator of scikit-learn, LightGBM or XGBoost, or a pipeline or another
        estimator that is made of these.

    task : {"classification", "regression"}, default=None
        What the estimator is used for; None asks the estimator.

    X : array-like of shape (n_samples, n_features), default=None
        The data. Some values depend on the number of features and their variance.
        Without data, they are the values for 30 standardised features.

    y : array-like of shape (n_samples,), default=None
        The target. Some values depend on its standard deviation. Without a target it
        counts as 1.

    Returns
    -------
    configs : list of dict
        Names of parameters as keys. All values are in the default space of the
        estimator. Parameters that you have set are left out.

    Raises
    ------
    TypeError
        If `estimator` is not an estimator object.

    ValueError
        If the package has no portfolio for it, or `task` is not a task.

    See Also
    --------
    sklearn_automl.space.default_space : The search space of an estimator.
    SearchHistory : Learns from your own searches.

    Notes
    -----
    For a pipeline, the last step decides. If several parts of an estimator have a
    portfolio, each configuration has values for all of these parts.

    Examples
    --------
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sklearn.svm import SVC
    >>> from sklearn_automl.storage import default_portfolio
    >>> portfolio = default_portfolio(make_pipeline(StandardScaler(), SVC()))
    >>> sorted(portfolio[0])
    ['svc__C', 'svc__gamma']
    """
    if task not in (None, *_TASKS):
        raise ValueError(
            f"task={task!r} is not a task; pass 'classification', 'regression', or "
            "None to ask the estimator."
        )
    if isinstance(estimator, type) or not hasattr(estimator, "get_params"):
        raise TypeError(
            f"estimator must be an estimator object, got {estimator!r}. Pass an "
            "instance, such as LogisticRegression()."
        )
    return portfolio_for(estimator, DataShape.of(X, y), task)


def portfolio_for(
    estimator: Any, shape: DataShape, task: str | None = None
) -> list[Configuration]:
    """Return the portfolio for data of which some facts are known."""
    task = task or _task_of(estimator)
    known = _read().get(task or "", {})
    found = [
        [_fitted(config, name, part, its_shape, prefix) for config in known[name]]
        for prefix, name, part, its_shape in models_of(estimator, shape)
        if name in known
    ]
    if not found:
        raise _no_portfolio(estimator, task)
    merged = [
        {k: v for config in configs for k, v in config.items()}
        for configs in zip(*found, strict=False)
    ]
    # What the user has set can have been all that two of them differed in.
    return [c for i, c in enumerate(merged) if c and c not in merged[:i]]


def _task_of(estimator: Any) -> str | None:
    if is_classifier(estimator):
        return "classification"
    return "regression" if is_regressor(estimator) else None


def _fitted(
    config: Mapping[str, Any], name: str, part: Any, shape: DataShape, prefix: str
) -> Configuration:
    """Return what a configuration has for the default space, with names of the whole.

    A value outside of the space becomes the nearest one in it.
    """
    class_name = name.rpartition(".")[2]
    space = SearchSpace(space_for(part, shape))
    fitted: Configuration = {}
    for parameter in space.branches[0]:
        if parameter.name not in config or not parameter.is_active(fitted):
            continue
        value = config[parameter.name]
        unit = unit_of(class_name, parameter.name, shape)
        if unit != 1.0:
            value *= unit
        fitted[parameter.name] = nearest(parameter.domain, value)
    return {prefix + key: value for key, value in fitted.items()}


def _no_portfolio(estimator: Any, task: str | None) -> ValueError:
    names = [_names(key) for key in _TASKS if task in (None, key)]
    what = type(estimator).__name__
    if getattr(estimator, "steps", None):
        what = f"{type(estimator.steps[-1][1]).__name__}, the last step of the {what}"
    return ValueError(
        f"There is no portfolio for {what}{'' if task is None else f' ({task})'}. "
        f"These have one: {', '.join(names)}, and pipelines that end with one of them. "
        "Pass initial_params as a list of configurations, or None."
    )


def _names(task: str) -> str:
    return ", ".join(sorted(key.rpartition(".")[2] for key in _read()[task]))


@cache
def _read() -> dict[str, dict[str, list[Configuration]]]:
    """Return the configurations of the file, by task and class."""
    file = files("sklearn_automl.storage").joinpath("portfolios", "portfolios.json")
    return {
        task: {
            name: [_with_tuples(config) for config in configs]
            for name, configs in portfolios.items()
        }
        for task, portfolios in json.loads(file.read_text(encoding="utf-8")).items()
    }


def _with_tuples(config: Mapping[str, Any]) -> Configuration:
    """Return a configuration with tuples again: JSON has made lists of them."""
    return {k: tuple(v) if isinstance(v, list) else v for k, v in config.items()}

"""What is refused before the first fit, with words that say what to do instead.

The amounts of the resource are checked in ``_amounts``, the names of parameters in
``_parameter_names``, the search space in ``space``.
"""

import inspect
import math
import reprlib
from collections.abc import Iterable
from numbers import Integral
from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn import get_config
from sklearn.base import is_classifier, is_regressor
from sklearn.metrics import check_scoring
from sklearn.pipeline import Pipeline
from sklearn.utils import check_array, get_tags
from sklearn.utils.multiclass import type_of_target

from sklearn_automl._sklearn_compat import (
    InvalidParameterError,
    check_refit,
    num_samples,
)
from sklearn_automl.exceptions import warn
from sklearn_automl.model_selection._parameter_names import did_you_mean
from sklearn_automl.model_selection._selection import warn_of_unused_name

__all__ = [
    "as_numbers",
    "check_fit_names",
    "check_lengths",
    "check_metrics",
    "check_n_samples",
    "check_parameters",
    "check_target",
    "class_labels",
    "decisive_metric",
]


# ---- parameters of the search ----------------------------------------------------


def check_parameters(search: Any) -> None:
    """Refuse what the types and ranges of ``_parameter_constraints`` let through."""
    name = type(search).__name__
    if isinstance(search.estimator, type):
        raise TypeError(
            f"The 'estimator' parameter of {name} must be an instance, not the class "
            f"{search.estimator.__name__}: pass {search.estimator.__name__}()."
        )
    if search.n_jobs == 0:
        raise InvalidParameterError(
            f"The 'n_jobs' parameter of {name} must not be 0. Pass a number of "
            "workers, -1 for all cores, or None for 1."
        )
    if search.resource == "n_folds" and search.folds == "all":
        raise InvalidParameterError(
            f"The 'folds' parameter of {name} must be 'grow' with resource='n_folds'. "
            "Got 'all' instead, which would leave no rungs."
        )
    score = search.error_score
    if isinstance(score, bool) or (score != "raise" and math.isinf(score)):
        raise InvalidParameterError(
            f"The 'error_score' parameter of {name} must be 'raise', nan or a finite "
            f"number. Got {score!r} instead."
        )
    if callable(search.scoring):
        check_scoring(search.estimator, search.scoring)


def check_metrics(search: Any, names: list[str] | None) -> None:
    """Refuse a `refit` or `promotion_metric` that names no metric.

    ``names`` are those of the metrics, None if there is a single one. Those of a
    callable `scoring` are not known before its first scores.
    """
    scoring, promotion, refit = search.scoring, search.promotion_metric, search.refit
    if names is not None:
        if not names:
            raise ValueError(
                f"scoring={scoring!r} returned an empty dict; it must return a number, "
                "or a dict with a number for each metric."
            )
        check_refit(search, names)
        if promotion is not None and promotion not in names:
            raise ValueError(
                f"promotion_metric={promotion!r} is not one of the metrics in "
                f"scoring: {names}."
            )
        return
    if promotion is not None:
        raise ValueError(
            f"promotion_metric={promotion!r} needs several metrics, but "
            f"scoring={scoring!r} is a single one. Leave it at None, or pass a list or "
            "a dict of metrics as scoring."
        )
    if isinstance(refit, str):
        warn_of_unused_name(search)


def decisive_metric(search: Any) -> str | None:
    """Return which of several metrics decides; None for the first or only one."""
    if search.promotion_metric is not None:
        metric: str = search.promotion_metric
        return metric
    return search.refit if isinstance(search.refit, str) else None


def check_n_samples(n_samples: Any) -> None:
    """Refuse data in the place of their number of rows."""
    is_number = isinstance(n_samples, Integral) and not isinstance(n_samples, bool)
    if not is_number or n_samples < 1:
        shape = getattr(n_samples, "shape", None)
        got = f"an array of shape {shape}" if shape else reprlib.repr(n_samples)
        raise ValueError(
            f"n_samples must be the number of rows of X, an int of at least 1, got "
            f"{got}. Pass len(X) or X.shape[0]."
        )


# ---- data ------------------------------------------------------------------------


def check_target(estimator: Any, y: Any) -> None:
    """Refuse, once, a target that would make every fit fail."""
    # A pipeline does not have the first tag of its last step.
    is_supervised = is_classifier(estimator) or is_regressor(estimator)
    if y is None:
        if is_supervised or get_tags(estimator).target_tags.required:
            raise ValueError(
                f"{type(estimator).__name__} requires y to be passed, but the target "
                "y is None."
            )
        return
    if not is_supervised or _is_ragged(y):
        return
    try:
        y = check_array(
            y, accept_sparse=True, ensure_2d=False, allow_nd=True, dtype=None
        )
    except ValueError as error:
        text = str(error).replace("Input contains", "Input y contains")
        raise ValueError(text) from None
    is_column = y.ndim == 1 or (y.ndim == 2 and y.shape[1] == 1)
    if not is_classifier(estimator) or not is_column or issparse(y):
        return
    if as_numbers(y, "y").max() == 0:
        warn(
            f"y has one class, {np.ravel(y)[0]}: some classifiers cannot be fitted, "
            "and the others are always right."
        )


def _is_ragged(y: Any) -> bool:
    """Tell whether the rows of a target are sequences of many lengths."""
    if not isinstance(y, list | tuple):
        return False
    lengths = {len(row) if isinstance(row, list | tuple) else None for row in y}
    return len(lengths) > 1


def as_numbers(values: Any, name: str) -> np.ndarray:
    """Return for each row the number, from 0 on, of its value among all values."""
    values = np.asarray(values).ravel()
    try:
        numbers: np.ndarray = np.unique(values, return_inverse=True)[1].ravel()
    except TypeError as error:
        raise ValueError(
            f"{name} holds values of types that have no order ({error}); pass "
            "integers or strings, and no None."
        ) from None
    return numbers


def class_labels(estimator: Any, y: Any) -> np.ndarray | None:
    """Return each row's class as an integer; None if there are no classes to keep.

    Where y has several outputs, so has the result, with other integers in each.
    """
    if y is None or not is_classifier(estimator) or _is_ragged(y):
        return None
    kind = type_of_target(y)
    if kind in {"binary", "multiclass"}:
        return as_numbers(y, "y")
    if kind not in {"multilabel-indicator", "multiclass-multioutput"}:
        return None
    columns = y.toarray().T if issparse(y) else np.asarray(y).T
    numbers = [as_numbers(column, "y") for column in columns]
    firsts = np.cumsum([0, *(column.max() + 1 for column in numbers[:-1])])
    return np.column_stack(numbers) + firsts


def check_lengths(X: Any, params: dict[str, Any]) -> None:
    """Refuse groups and weights that are not those of the rows of X."""
    n_samples = num_samples(X)
    for name, values in params.items():
        is_by_row = name == "groups" or name.endswith("sample_weight")
        if not is_by_row or not hasattr(values, "__len__"):
            continue
        if num_samples(values) != n_samples:
            raise ValueError(
                f"{name} has {num_samples(values)} values, but X has {n_samples} "
                "rows; pass one for each row of X."
            )


def check_fit_names(estimator: Any, names: Iterable[str]) -> None:
    """Refuse parameters that ``fit`` does not take, where its signature says so."""
    if get_config()["enable_metadata_routing"]:
        return  # it has refused them itself
    owner = f"{type(estimator).__name__}.fit"
    if isinstance(estimator, Pipeline):
        steps = [name for name, _ in estimator.steps]
        for name in names:
            step, delimiter, _ = name.partition("__")
            if not delimiter or step not in steps:
                raise TypeError(
                    f"{owner} does not accept the parameter {name!r}. Put the name of "
                    f"a step and two underscores before it, as in "
                    f"'{steps[-1]}__sample_weight'; the steps are {steps}."
                )
        return
    parameters = inspect.signature(estimator.fit).parameters
    if any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
        return
    known = [name for name in parameters if name not in {"X", "y"}]
    for name in names:
        if name not in known:
            raise TypeError(
                f"{owner} does not accept the parameter {name!r}; besides X and y it "
                f"takes {known}.{did_you_mean(name, known)}"
            )

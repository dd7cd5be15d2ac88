"""Whether a scorer works without the model, tried before a search with an ensemble.

It scores made-up predictions for the test rows of one fold, as it will score averaged
ones after the search. Nothing is fitted.
"""

import warnings
from typing import Any

import numpy as np

from sklearn_automl._sklearn_compat import (
    check_fit_params,
    metric_names,
    safe_split,
)
from sklearn_automl.ensemble._stand_in import FoldAverage, UnknownRowsError
from sklearn_automl.model_selection._data import Data
from sklearn_automl.model_selection._ensemble_scores import (
    classes_of,
    scorer_of,
    text_of_unscorable,
)

__all__ = ["check_scorer_of_ensemble"]

# What a scorer raises that looks for something which the model has and predictions have
# not. Other errors may come from the made-up values.
_LOOKS_INSIDE = (
    AttributeError,
    TypeError,
    LookupError,
    NotImplementedError,
    UnknownRowsError,
)

# How sure a made-up prediction is.
_SURE = 0.7


def check_scorer_of_ensemble(search: Any, data: Data, scorers: Any) -> None:
    """Refuse a scorer that needs the model itself, before any fit.

    Raises
    ------
    ValueError
        If the scorer finds nothing to score in predictions.
    """
    train, test = data.folds.splits[0]
    X, y = safe_split(search.estimator, data.X, data.y, test, train)
    params = check_fit_params(data.X, params=data.routed.scorer.score, indices=test)
    scorer = scorer_of(scorers, _metric_of(search, scorers), data)
    classes = classes_of(search, data)
    methods = ["predict"]
    if classes is not None:
        known = np.isin(classes, np.asarray(data.y)[np.concatenate([train, test])])
        classes = classes[known]
        # Which one the models will have is not known before they are fitted.
        methods = ["predict_proba", "decision_function"]
    errors = []
    for method in methods:
        average = FoldAverage(scorer, X, y, params, classes=classes, method=method)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                average(_made_up(y, classes, method))
        except _LOOKS_INSIDE as error:
            errors.append(error)
        # The user's scorer may raise anything of made-up values.
        except Exception:  # noqa: BLE001
            return
        else:
            return
    raise ValueError(text_of_unscorable(search, errors[0])) from errors[0]


def _metric_of(search: Any, scorers: Any) -> str | None:
    """Return the metric that the ensemble will be scored by, if there are several."""
    names = metric_names(scorers)
    if names is None:
        return None
    wanted = [m for m in (search.refit, search.promotion_metric) if isinstance(m, str)]
    return [*wanted, *names][0]


def _made_up(y: Any, classes: np.ndarray | None, method: str) -> np.ndarray:
    """Return predictions that are often right, and not always."""
    others = np.roll(np.asarray(y), 1, axis=0)
    if classes is None:
        return others
    values = np.full((len(others), len(classes)), (1 - _SURE) / len(classes))
    values += _SURE * (np.ravel(others)[:, None] == classes)
    if method == "decision_function" and len(classes) == 2:
        return values[:, 1] - values[:, 0]
    return values

"""The rows of ``cv_results_`` that no other row beats in every metric."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

__all__ = ["front_among", "pareto_front"]

_SCORE = "mean_test_"
_COST = "_time"
#: What says how much of the resource a row has had, if the table tells: a search knows
#: it by its jobs. The number of folds comes first, because all folds are only run with
#: all of the rest.
_AMOUNTS = ("n_folds", "n_resources")


def pareto_front(
    cv_results: Mapping[str, Any], metrics: Sequence[str] | None = None
) -> np.ndarray:
    """Return the rows of ``cv_results_`` that no other row beats in every metric.

    A row beats another one if it is at least as good in all metrics, and better in at
    least one. Rows that are equal in all metrics do not beat each other.

    Only evaluations with the most resource on the most folds are compared, because a
    score on a part of the data is not comparable with one on all data. Rows that failed
    are left out.

    A callable `refit` can choose among these rows.

    Read more in the :ref:`User Guide <pareto_front>`.

    .. versionadded:: 0.1

    Parameters
    ----------
    cv_results : dict of ndarray
        The ``cv_results_`` of a search of this package, or of scikit-learn.

    metrics : list of str, default=None
        What is compared: metrics, such as "accuracy", and columns of seconds, such as
        "mean_fit_time" or "mean_score_time". More is better for metrics, and less for
        seconds. A single metric has the name "score". None means all metrics and no
        times.

    Returns
    -------
    rows : ndarray of int
        Numbers of the rows, ascending. Empty if no row has finite values.

    Raises
    ------
    ValueError
        If ``metrics`` is empty, or has a name that is not in the table.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_automl.model_selection import pareto_front
    >>> cv_results = {
    ...     "mean_test_score": np.array([0.95, 0.90, 0.80]),
    ...     "mean_fit_time": np.array([3.0, 1.0, 2.0]),
    ... }
    >>> pareto_front(cv_results, ["score", "mean_fit_time"])
    array([0, 1])
    """
    values = _values(cv_results, metrics)
    is_usable = np.isfinite(values).all(axis=1)
    if "status" in cv_results:
        is_usable &= np.asarray(cv_results["status"]) == "completed"
    rows = np.flatnonzero(is_usable)
    for name in _AMOUNTS:
        if name in cv_results and len(rows):
            amounts = np.asarray(cv_results[name])[rows]
            rows = rows[amounts == amounts.max()]
    return rows[_is_unbeaten(values[rows])]


def front_among(cv_results: Mapping[str, Any], rows: Sequence[int]) -> np.ndarray:
    """Return which of some rows no other one of them beats in every metric."""
    values = _values(cv_results, None)
    rows = [row for row in rows if np.isfinite(values[row]).all()]
    return np.asarray(rows, dtype=int)[_is_unbeaten(values[rows])]


def _values(cv_results: Mapping[str, Any], metrics: Sequence[str] | None) -> np.ndarray:
    """Return a column for each metric, of which more is better."""
    known = [k.removeprefix(_SCORE) for k in cv_results if k.startswith(_SCORE)]
    if metrics is None:
        metrics = known
    if isinstance(metrics, str) or not len(metrics):
        raise ValueError(
            f"metrics must be a list with at least one name, got {metrics!r}. Pass "
            f"some of {known}, or a column of seconds such as 'mean_fit_time'."
        )
    columns = []
    for name in metrics:
        if _SCORE + name in cv_results:
            columns.append(np.asarray(cv_results[_SCORE + name], dtype=float))
        elif name.endswith(_COST) and name in cv_results:
            columns.append(-np.asarray(cv_results[name], dtype=float))
        else:
            times = [k for k in cv_results if k.startswith("mean") and _COST in k]
            raise ValueError(
                f"metrics has {name!r}, which cv_results does not have. Its metrics "
                f"are {known}, and its columns of seconds {times}."
            )
    return np.column_stack(columns)


def _is_unbeaten(values: np.ndarray) -> np.ndarray:
    """Tell which rows no other row beats; more is better in every column."""
    is_unbeaten = np.zeros(len(values), dtype=bool)
    # A row can only be beaten by one that comes before it in this order.
    order = np.lexsort(-values.T[::-1])
    front = np.empty((0, values.shape[1]))
    for row in order:
        at_least = (front >= values[row]).all(axis=1)
        better = (front > values[row]).any(axis=1)
        if not (at_least & better).any():
            is_unbeaten[row] = True
            front = np.vstack([front, values[row]])
    return is_unbeaten
